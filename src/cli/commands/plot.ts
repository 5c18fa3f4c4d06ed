import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { readRun } from '../../io/run-folder.ts';
import { htmlPage } from '../../plot/page.ts';
import type { RunChart } from '../../plot/run-charts.ts';
import { runPictures } from '../run-pictures.ts';
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
  const { charts } = await runPictures(host, from, record);
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
