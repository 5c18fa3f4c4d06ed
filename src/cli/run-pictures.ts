/** The charts that fit a run's folder. */
import type { Host } from '../io/host.ts';
import { type RunRecord, readDraws } from '../io/run-folder.ts';
import { comparisonChart } from '../plot/comparison.ts';
import type { Theme } from '../plot/context.ts';
import { ENERGY_PATH_TITLE, energyPath } from '../plot/energy-path.ts';
import { historyCurves } from '../plot/history-curves.ts';
import { linkedomContext } from '../plot/linkedom.ts';
import { type EnergyByStep, falls } from '../plot/path-points.ts';
import { type RunChart, runCharts } from '../plot/run-charts.ts';
import { stateCharts } from '../plot/state-charts.ts';
import type { Draws } from '../stats/draws.ts';
import { comparisonFile, comparisonIn } from './show-compare.ts';

const nothing: Draws = { chains: 0, draws: 0, quantities: [] };

export interface RunPictures {
  readonly charts: readonly RunChart[];
  /** Empty where the run has none. */
  readonly draws: Draws;
}

export async function runPictures(
  host: Host,
  dir: string,
  record: RunRecord,
  theme: Theme = 'auto',
): Promise<RunPictures> {
  const draws = record.draws ? await readDraws(host, dir) : nothing;
  const ctx = linkedomContext(theme);
  const comparison = comparisonIn(record.run);
  const beside = comparison
    ? [{ file: comparisonFile, title: 'Draws beside data', svg: comparisonChart(ctx, comparison) }]
    : [];
  const path = pathIn(record.run);
  const searched =
    path && falls(path)
      ? [{ file: 'energy-path.svg', title: ENERGY_PATH_TITLE, svg: energyPath(ctx, path) }]
      : [];
  const charts = [
    ...beside,
    ...stateCharts(ctx, stateIn(record.run)),
    ...searched,
    ...runCharts(ctx, draws, { history: historyOf(record.run) }),
  ];
  return { charts, draws };
}

/** Of `minimize`: unknowns, then what it reports. */
function stateIn(run: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { state, reports } = run;
  return { ...(isRecord(state) ? state : {}), ...(isRecord(reports) ? reports : {}) };
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

const listIn = (record: object, name: string): readonly number[] | undefined => {
  const v = (record as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(v) && v.every((x) => typeof x === 'number') ? v : undefined;
};

/** Of `minimize`: how its lowest energy came down, as far as that is what it should be. */
function pathIn({ energy_path: path }: Readonly<Record<string, unknown>>): EnergyByStep | undefined {
  if (!isRecord(path)) return undefined;
  const [step, energy] = ['step', 'energy'].map((name) => listIn(path, name));
  return step && energy && step.length === energy.length ? { step, energy } : undefined;
}

function historyOf(run: Readonly<Record<string, unknown>>) {
  const h = run.history;
  if (typeof h !== 'object' || h === null) return undefined;
  const [step, loss, dataEnergy, negativeEnergy] = ['step', 'loss', 'dataEnergy', 'negativeEnergy'].map(
    (name) => listIn(h, name),
  );
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
