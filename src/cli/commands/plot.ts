import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { readDraws, readRun } from '../../io/run-folder.ts';
import { linkedomContext } from '../../plot/linkedom.ts';
import { htmlPage } from '../../plot/page.ts';
import { type RunChart, runCharts } from '../../plot/run-charts.ts';
import type { Draws } from '../../stats/draws.ts';
import { ExitCode, type Io, type Terminal } from '../terminal.ts';

/** Draws the charts that fit a run into its folder (or -o): SVG files and `index.html`. */
export async function plotCommand(
  io: Io,
  terminal: Terminal,
  dir: string,
  o: { readonly output?: string },
): Promise<number> {
  const host = nodeHost({ root: io.cwd });
  const from = host.permit(path.resolve(io.cwd, dir));
  const to = o.output ? host.permit(path.resolve(io.cwd, o.output)) : path.join(from, 'plots');
  const record = await readRun(host, from);
  const draws: Draws = record.draws ? await readDraws(host, from) : { chains: 0, draws: 0, quantities: [] };
  const charts = runCharts(linkedomContext(), draws, { history: historyOf(record.run) });
  for (const c of charts) await host.write(path.join(to, c.file), c.svg);
  await host.write(path.join(to, 'index.html'), page(path.basename(dir), charts));
  terminal.line(`${charts.length} charts → ${path.join(path.relative(io.cwd, to) || '.', 'index.html')}`);
  terminal.event({
    event: 'result',
    verb: 'plot',
    folder: path.relative(io.cwd, to),
    files: [...charts.map((c) => c.file), 'index.html'],
  });
  return ExitCode.fine;
}

const page = (title: string, charts: readonly RunChart[]): string =>
  htmlPage({
    title,
    subtitle: 'Charts of one run.',
    sections: charts.map((c) => ({ heading: c.title, svg: c.svg })),
  });

function historyOf(run: Readonly<Record<string, unknown>>) {
  const h = run.history;
  if (typeof h !== 'object' || h === null) return undefined;
  const list = (name: string): number[] | undefined => {
    const v = (h as Record<string, unknown>)[name];
    return Array.isArray(v) && v.every((x) => typeof x === 'number') ? v : undefined;
  };
  const steps = list('step');
  const curves = [
    { name: 'loss', key: 'loss', unit: 'nats' },
    { name: 'data', key: 'dataEnergy', unit: 'energy' },
    { name: 'negatives', key: 'negativeEnergy', unit: 'energy' },
  ];
  return (
    steps &&
    curves.flatMap(({ name, key, unit }) => {
      const values = list(key);
      return values ? [{ name, steps, values, unit }] : [];
    })
  );
}
