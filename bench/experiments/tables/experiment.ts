/** One table, one split, one fit: what its energy says of rows that it has not seen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageLibrary } from '../../../src/cli/library.ts';
import { compileProgram } from '../../../src/compile.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { memoryHost } from '../../../src/io/memory-host.ts';
import { moduleReader } from '../../../src/modules.ts';
import { Stream } from '../../../src/random/stream.ts';
import type { JobResult } from '../../../src/run/results.ts';
import { openSession, runJob, type Session } from '../../../src/run/session.ts';
import { calibration } from '../../../src/stats/calibration.ts';
import { type TableSimilarity, tableSimilarity } from '../../../src/stats/two-sample.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { commonest, type Filling, featuresOf, logistic, meanArea, nearest, ridge } from './baselines.ts';
import { type Coordinates, coordinatesOf } from './scores.ts';
import type { TableSet } from './sets.ts';
import { columnNumber, locationOf, pickRows, type Table, wholeRows, writeTable } from './table.ts';

/** The programs lie here, whether this runs compiled or not. */
export const sources = join(process.cwd(), 'bench', 'experiments', 'tables');

/** Share of the rows that tests. */
const TEST = 0.3;
/** Share of the cells of whole test rows that are deleted, to be completed. */
const DELETED = 0.2;

/** Of a label: how many are right and how sure that was. Of a number: errors in the column's own units. */
export interface Prediction {
  readonly accuracy?: number;
  readonly area?: number;
  readonly logLoss?: number;
  readonly calibrationError?: number;
  readonly rmse?: number;
  /** Share of held-out numbers inside their interval of 90 %. */
  readonly coverage?: number;
}

/** How well deleted cells are filled. */
export interface Filled {
  /** Of labels. */
  readonly accuracy: number;
  /** Of numbers, in standard deviations of the column. */
  readonly rmse: number;
  /** Of the real ones, in their interval of 90 %. */
  readonly coverage?: number;
}

export interface Outcome {
  readonly seconds: { readonly fit: number; readonly draw: number; readonly fill: number };
  readonly loss: number;
  /** Learned on real rows, tested on real rows: the energy itself and a linear model. */
  readonly energy: Prediction;
  readonly linear: Prediction;
  /** A linear model that learned from as many drawn rows as there are draws. */
  readonly linearFromDraws: Prediction;
  /** Draws beside held-out rows, and the rows that were learned from beside them. */
  readonly draws: TableSimilarity;
  readonly rows: TableSimilarity;
  readonly filled: { readonly energy: Filled; readonly nearest: Filled; readonly commonest: Filled };
  readonly train: Table;
  readonly drawn: Table;
  readonly test: Table;
}

export interface Settings {
  readonly seed: number;
  readonly engine: Engine;
  /** Texts that are replaced in the program, to try things. */
  readonly replace: readonly (readonly [string, string])[];
}

export async function experiment(set: TableSet, table: Table, settings: Settings): Promise<Outcome> {
  const { seed } = settings;
  const stream = new Stream(seed, 'tables', set.name);
  const order = Int32Array.from({ length: table.rows }, (_, i) => i);
  stream.fork('split').shuffle(order);
  const held = Math.round(TEST * table.rows);
  const learnable = pickRows(table, order.subarray(held));
  const train = pickRows(learnable, wholeRows(learnable));
  const all = pickRows(table, order.subarray(0, held));
  const test = pickRows(all, wholeRows(all));
  const holes = withHoles(test, stream.fork('holes'));
  const coordinates = coordinatesOf(learnable);
  const target = columnNumber(table, set.target);
  const numeric = table.specs[target].kind === 'real';

  // Where the target is a number, rows without it are completed, too: that predicts it.
  const blind: Table = {
    ...test,
    columns: test.columns.map((c, j) => (j === target ? c.map(() => Number.NaN) : c)),
  };
  const session = await open(set, settings, {
    'train.csv': writeTable(coordinates.into(learnable)),
    'test.csv': writeTable(coordinates.into(test)),
    'holes.csv': writeTable(coordinates.into(numeric ? joined(holes, blind) : holes)),
  });
  const fit = await job(session, 'learn', seed, 'fit');
  if (fit.failure.length > 0) throw new EnergyError(fit.failure);
  const sampled = await job(session, 'draws', seed, 'sample');
  const filled = await job(session, 'filled', seed, 'complete');
  const drawn = coordinates.outOf(drawnTable(table, sampled.draws));
  const similar = (t: Table): TableSimilarity => tableSimilarity(columnsOf(test), columnsOf(t));
  const linear = (from: Table): Prediction => linearModel(from, test, set.target);
  return {
    seconds: { fit: fit.seconds, draw: seconds(sampled), fill: filled.seconds },
    loss: fit.loss,
    energy: numeric
      ? predictedNumber(filled, holes.rows, test, target, coordinates)
      : predictedLabel(await job(session, 'target', seed, 'predict')),
    linear: linear(train),
    linearFromDraws: linear(drawn),
    draws: similar(drawn),
    rows: similar(train),
    filled: {
      energy: filledByEnergy(filled, holes, test, coordinates),
      nearest: filledBy(nearest(train), holes, test),
      commonest: filledBy(commonest(train), holes, test),
    },
    train,
    drawn,
    test,
  };
}

async function open(set: TableSet, settings: Settings, files: Record<string, string>): Promise<Session> {
  const name = `${set.name}.energy`;
  let text = readFileSync(join(sources, 'programs', name), 'utf8');
  for (const [from, to] of settings.replace) text = text.replaceAll(from, to);
  const host = memoryHost(files);
  const compiled = await compileProgram(text, name, moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  return openSession(compiled.program, host, settings.engine, { seed: settings.seed });
}

type Of<V extends JobResult['verb']> = Extract<JobResult, { readonly verb: V }>;

async function job<V extends JobResult['verb']>(
  s: Session,
  name: string,
  seed: number,
  verb: V,
): Promise<Of<V>> {
  const found = s.program.jobs.find((j) => j.name === name);
  if (!found) throw new Error(`the program has no job ${name}`);
  const seeded = {
    ...found,
    options: { ...found.options, seed: { kind: 'number', value: seed, span: found.span } as const },
  };
  const result = await runJob(s, seeded, () => undefined);
  if (result.verb !== verb) throw new Error(`${name} is no ${verb}`);
  return result as Of<V>;
}

/** Every cell is missing with the same probability, but one cell of a row stays. */
function withHoles(t: Table, stream: Stream): Table {
  const columns = t.columns.map((c) => c.slice());
  for (let i = 0; i < t.rows; i++) {
    const stays = stream.int(columns.length);
    columns.forEach((c, j) => {
      if (stream.uniform() < DELETED && j !== stays) c[i] = Number.NaN;
    });
  }
  return { ...t, columns };
}

const joined = (a: Table, b: Table): Table => ({
  ...a,
  rows: a.rows + b.rows,
  columns: a.columns.map((c, j) => Float64Array.of(...c, ...b.columns[j])),
});

function drawnTable(like: Table, draws: Of<'sample'>['draws']): Table {
  const rows = draws.chains * draws.draws;
  const columns = like.specs.map((s) => {
    const q = draws.quantities.find((x) => x.role === 'unknown' && x.name.endsWith(`.${s.name}`));
    if (!q) throw new Error(`nothing like ${s.name} was drawn`);
    return q.values;
  });
  return { specs: like.specs, rows, columns };
}

const columnsOf = (t: Table) =>
  t.specs.map((s, j) => ({
    name: s.name,
    kind: s.kind === 'real' ? ('continuous' as const) : ('discrete' as const),
    values: t.columns[j],
  }));

/** States of a discrete column, and the first of them. */
function statesOf(t: Table, j: number): { readonly first: number; readonly count: number } {
  const s = t.specs[j];
  if (s.kind === 'real') throw new Error(`${s.name} is real`);
  return s.kind === 'label'
    ? { first: 0, count: s.labels.length }
    : { first: s.low, count: s.high - s.low + 1 };
}

function linearModel(train: Table, test: Table, name: string): Prediction {
  const target = columnNumber(train, name);
  const features = featuresOf(train, name);
  const [y, truth] = [train.columns[target], test.columns[target]];
  if (train.specs[target].kind === 'real') {
    const guess = ridge(features(train), y)(features(test));
    return { rmse: rootMeanSquare(guess.map((x, i) => x - truth[i])) };
  }
  const { first, count } = statesOf(train, target);
  const code = (c: Float64Array): Int32Array => Int32Array.from(c, (x) => x - first);
  return judged(logistic(features(train), code(y), count)(features(test)), code(truth), count);
}

function judged(p: Float64Array, truth: Int32Array, classes: number): Prediction {
  const c = calibration(p, truth, classes);
  return {
    accuracy: c.accuracy,
    area: meanArea(p, truth, classes),
    logLoss: c.log_loss,
    calibrationError: c.expected_calibration_error,
  };
}

const predictedLabel = ({ probabilities, truth, labels }: Of<'predict'>): Prediction =>
  judged(probabilities, truth, labels.length);

/** The mean of the completions, in the column's own units. */
function predictedNumber(
  { cells, draws, completions }: Of<'complete'>,
  from: number,
  test: Table,
  target: number,
  coordinates: Coordinates,
): Prediction {
  const scores = coordinates.columns[target];
  if (!scores) throw new Error('the target is not real');
  const errors = new Float64Array(test.rows);
  let inside = 0;
  cells.forEach((cell, k) => {
    if (cell.row < from) return;
    const truth = test.columns[target][cell.row - from];
    const values = completions.subarray(k * draws, (k + 1) * draws);
    errors[cell.row - from] = values.reduce((s, z) => s + scores.back(z), 0) / draws - truth;
    if (scores.back(cell.q5!) <= truth && truth <= scores.back(cell.q95!)) inside++;
  });
  return { rmse: rootMeanSquare(errors), coverage: inside / test.rows };
}

function filledByEnergy(
  { cells, draws, completions }: Of<'complete'>,
  holes: Table,
  truth: Table,
  coordinates: Coordinates,
): Filled {
  const columns = holes.columns.map((c) => c.slice());
  let [inside, reals] = [0, 0];
  cells.forEach((cell, k) => {
    if (cell.row >= holes.rows) return;
    const j = holes.specs.findIndex((s) => cell.unknown.name.endsWith(`.${s.name}`));
    const scores = coordinates.columns[j];
    const mean = (of: (x: number) => number): number =>
      completions.subarray(k * draws, (k + 1) * draws).reduce((s, x) => s + of(x), 0) / draws;
    if (holes.specs[j].kind === 'label') columns[j][cell.row] = cell.value;
    else if (!scores) columns[j][cell.row] = cell.mean ?? mean((x) => x);
    else {
      columns[j][cell.row] = mean(scores.back);
      const x = truth.columns[j][cell.row];
      reals++;
      if (scores.back(cell.q5!) <= x && x <= scores.back(cell.q95!)) inside++;
    }
  });
  return { ...judgeFilled({ ...holes, columns }, holes, truth), coverage: inside / reals };
}

const filledBy = (fill: Filling, holes: Table, truth: Table): Filled =>
  judgeFilled(fill(holes), holes, truth);

function judgeFilled(filled: Table, holes: Table, truth: Table): Filled {
  const errors: number[] = [];
  let [right, labels] = [0, 0];
  holes.columns.forEach((c, j) => {
    const { sd } = locationOf(truth.columns[j]);
    c.forEach((x, i) => {
      if (!Number.isNaN(x)) return;
      const [a, b] = [filled.columns[j][i], truth.columns[j][i]];
      if (holes.specs[j].kind !== 'label') errors.push((a - b) / sd);
      else {
        labels++;
        if (a === b) right++;
      }
    });
  });
  return { accuracy: right / labels, rmse: rootMeanSquare(errors) };
}

const rootMeanSquare = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((s, e) => s + e * e, 0) / x.length);

const seconds = (r: Of<'sample'>): number => r.seconds.compile + r.seconds.warmup + r.seconds.sampling;
