/** Sums over all states by bucket elimination (`buckets.ts`), with weights scaled so that none is lost. */
import { type BucketWork, workOff } from './buckets.ts';
import type { DiscreteGraph } from './graph.ts';
import {
  addUp,
  inLog,
  multiply,
  needsLog,
  normalised,
  sumProducts,
  type Table,
  tableOf,
  walk,
} from './tables.ts';

/** A bucket as draws and marginals need it: its tables are weights (or energies where `log`) over separator and variable. */
export interface Bucket {
  readonly variable: number;
  readonly separator: Int32Array;
  readonly tables: readonly Table[];
  readonly log: boolean;
  readonly parent: number;
}

export interface Summed {
  /** ln Σ exp(−E); −∞ where no state is allowed. */
  readonly logZ: number;
  /** In the order of elimination; empty where they were not to be kept or no state is allowed. */
  readonly buckets: readonly Bucket[];
}

/** @param keep whether buckets are kept: `Elimination.kept` numbers or so, instead of `peak` */
export function sumOut(graph: DiscreteGraph, order: Int32Array, keep: boolean): Summed {
  const { states } = graph;
  const buckets: Bucket[] = [];
  let scales = 0;
  if (graph.constant === Number.POSITIVE_INFINITY) return { logZ: Number.NEGATIVE_INFINITY, buckets };
  const some = workOff<Table>(graph, order, {
    table: (scope, energy) => {
      const t = tableOf(scope, energy);
      if (t && scope.length === 0) scales += t.scale;
      return t;
    },
    joined: (a, b, scope) => product(a, b, scope, states),
    bucket: (work) => {
      const log = needsLog(work.tables);
      const tables = log ? work.tables.map(inLog) : work.tables;
      if (keep) {
        const { variable, separator, parent } = work;
        buckets.push({ variable, separator, parent, tables, log });
      }
      const left = summed({ ...work, tables }, log, states);
      if (left && work.parent < 0) scales += left.scale;
      return left;
    },
  });
  if (!some) return { logZ: Number.NEGATIVE_INFINITY, buckets: [] };
  return { logZ: scales - graph.constant, buckets };
}

function product(a: Table, b: Table, scope: Int32Array, states: Int32Array): Table | null {
  const log = needsLog([a, b]);
  const both = log ? [inLog(a), inLog(b)] : [a, b];
  const data = joinedData(
    both.map((t) => t.data),
    [a.scope, b.scope],
    scope,
    states,
    log ? addUp : multiply,
  );
  return normalised(scope, data, log, a.scale + b.scale);
}

/** The numbers of several tables over `scope`, put together by `on`. All scopes end with the same variable. */
export function joinedData(
  tables: readonly Float64Array[],
  scopes: readonly Int32Array[],
  scope: Int32Array,
  states: Int32Array,
  on: typeof multiply,
): Float64Array {
  const k = states[scope[scope.length - 1]];
  const w = walk(scope.subarray(0, -1), scopes, states, k);
  const each = w.block * k;
  const data = new Float64Array(each * w.blocks);
  for (let i = 0; i < w.blocks; i++) {
    on(data.subarray(i * each, (i + 1) * each), k, tables, w.block, w.base, w.offset);
    w.advance();
  }
  return data;
}

function summed(
  { variable, separator, tables }: BucketWork<Table>,
  log: boolean,
  states: Int32Array,
): Table | null {
  const k = states[variable];
  if (tables.length === 0)
    return { scope: separator, data: Float64Array.of(1), log: false, scale: Math.log(k), range: 0 };
  const data = tables.map((t) => t.data);
  const w = walk(
    separator,
    tables.map((t) => t.scope),
    states,
    k,
  );
  const out = new Float64Array(w.block * w.blocks);
  const room = new Float64Array(w.block * k);
  for (let i = 0; i < w.blocks; i++) {
    const from = i * w.block;
    if (log) {
      addUp(room, k, data, w.block, w.base, w.offset);
      for (let j = 0; j < w.block; j++) out[from + j] = minusLogSum(room, j * k, k);
    } else sumProducts(out, from, k, data, w, room);
    w.advance();
  }
  return normalised(
    separator,
    out,
    log,
    tables.reduce((sum, t) => sum + t.scale, 0),
  );
}

/** −log Σ exp(−x) over k numbers. */
function minusLogSum(x: Float64Array, from: number, k: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let v = from; v < from + k; v++) if (x[v] < least) least = x[v];
  if (least === Number.POSITIVE_INFINITY) return least;
  let sum = 0;
  for (let v = from; v < from + k; v++) sum += Math.exp(least - x[v]);
  return least - Math.log(sum);
}
