/** The main demonstration: one loss, an image set and a table, shown on one page. */
import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { linkedomContext } from '../../plot/linkedom.ts';
import { htmlPage } from '../../plot/page.ts';
import { digits } from '../demo/digits.ts';
import { demoPrograms, packageRoot } from '../demo/project.ts';
import { wine } from '../demo/wine.ts';
import type { Work } from '../demo/work.ts';
import { engineOf } from '../open.ts';
import type { CommonOptions } from '../program.ts';
import { ExitCode, type Io, type Terminal } from '../terminal.ts';

export async function demoCommand(io: Io, terminal: Terminal, o: CommonOptions): Promise<number> {
  const began = performance.now();
  const out = path.resolve(io.cwd, o.output ?? 'runs/demo');
  const root = await packageRoot();
  const engine = await engineOf(o.engine, o.backend);
  const work: Work = { io, terminal, engine, out };
  const ctx = linkedomContext();
  terminal.line(`digits, on ${engine.name}`);
  const one = await digits(work, ctx, path.join(root, demoPrograms.digits));
  terminal.line('wine');
  const two = await wine(work, ctx, path.join(root, demoPrograms.wine));
  const seconds = (performance.now() - began) / 1000;
  const facts = { ...one.facts, ...two.facts, seconds };
  const page = htmlPage({
    title: 'One energy, many questions',
    subtitle:
      'Two small programs, trained by energy discrepancy on this machine and asked to draw, to complete and to classify.',
    sections: [
      ...one.sections,
      ...two.sections,
      {
        heading: 'Figures of this run',
        table: {
          columns: ['what', 'value'],
          rows: Object.entries(facts).map(([k, v]) => [k.replaceAll('_', ' '), Number(v.toPrecision(4))]),
        },
      },
    ],
    footer: `Made by energy demo in ${seconds.toFixed(0)} s on ${engine.name}. Digits and wine: UCI Machine Learning Repository, as bundled with scikit-learn.`,
  });
  const host = nodeHost({ root: io.cwd });
  const file = path.join(host.permit(out), 'index.html');
  await host.write(file, page);
  terminal.line(`${seconds.toFixed(0)} s; open ${path.relative(io.cwd, file)}`);
  terminal.event({ event: 'result', verb: 'demo', page: path.relative(io.cwd, file), ...facts });
  return ExitCode.fine;
}
