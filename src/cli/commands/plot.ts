import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { readDraws, readRun } from '../../io/run-folder.ts';
import { comparisonChart } from '../../plot/comparison.ts';
import { historyCurves } from '../../plot/history-curves.ts';
import { linkedomContext } from '../../plot/linkedom.ts';
import { htmlPage } from '../../plot/page.ts';
import { type RunChart, runCharts } from '../../plot/run-charts.ts';
import type { Draws } from '../../stats/draws.ts';
import { comparisonFile, comparisonIn } from '../show-compare.ts';
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
  const ctx = linkedomContext();
  const comparison = comparisonIn(record.run);
  const charts = [
    ...(comparison
      ? [{ file: comparisonFile, title: 'Draws beside data', svg: comparisonChart(ctx, comparison) }]
      : []),
    ...runCharts(ctx, draws, { history: historyOf(record.run) }),
  ];
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
  const [step, loss, dataEnergy, negativeEnergy] = ['step', 'loss', 'dataEnergy', 'negativeEnergy'].map(list);
  if (!step || !loss || !dataEnergy) return undefined;
  return historyCurves({ step, loss, dataEnergy, negativeEnergy: negativeEnergy ?? [], looks: looksIn(h) });
}

/** Looks at held-out rows, as far as they are what they should be. */
function looksIn(history: object): { readonly step: number; readonly heldOut: number | null }[] {
  const looks = 'looks' in history && Array.isArray(history.looks) ? history.looks : [];
  return looks.flatMap((l: unknown) => {
    if (typeof l !== 'object' || l === null || !('step' in l) || !('heldOut' in l)) return [];
    const { step, heldOut } = l;
    return typeof step === 'number' && typeof heldOut === 'number' ? [{ step, heldOut }] : [];
  });
}
