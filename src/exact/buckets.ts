/**
 * Bucket elimination (Dechter, Artificial Intelligence 113 (1999) 41): each factor goes into the bucket of that of its
 * variables which is summed out first; buckets are worked off in this order, and what is left of each goes into
 * another one behind it.
 */
import type { DiscreteGraph } from './graph.ts';
import { placesOf } from './order.ts';
import { transposed } from './tables.ts';

/** What stands in a bucket. */
export interface Scoped {
  /** The last to be summed out first. */
  readonly scope: Int32Array;
  readonly data: Float64Array;
}

export interface Work<T extends Scoped> {
  /** Prepares a factor; null where it forbids everything. */
  readonly table: (scope: Int32Array, energy: Float64Array) => T | null;
  /** Two tables as one. */
  readonly joined: (a: T, b: T, scope: Int32Array) => T | null;
  /**
   * A bucket, with its variable in front of the others, `parent` the place of the bucket that gets what is left; −1
   * where only a number is. Null where nothing is allowed.
   */
  readonly bucket: (b: BucketWork<T>) => T | null;
}

export interface BucketWork<T> {
  /** Its place in the order. */
  readonly at: number;
  readonly variable: number;
  /** The others, the last to be summed out first. */
  readonly separator: Int32Array;
  readonly tables: readonly T[];
  readonly parent: number;
}

/** Tables that are joined before they are walked together take at most this many numbers. */
const SMALL = 2 ** 14;

/** @returns false where no state is allowed; `bucket` has then not been called for all */
export function workOff<T extends Scoped>(
  { states, factors }: DiscreteGraph,
  order: Int32Array,
  work: Work<T>,
): boolean {
  const at = placesOf(order);
  const later = (v: number, w: number): number => at[w] - at[v];
  const incoming: T[][] = Array.from(order, () => []);
  const turned = memoised();
  const prepared = new Map<Float64Array, T | null>();
  for (const { scope, energy } of factors) {
    const own = scope.slice().sort(later);
    const data = turned(scope, own, states, energy);
    let made = own.length === 0 ? undefined : prepared.get(data);
    if (made === undefined) {
      made = work.table(own, data);
      prepared.set(data, made);
    }
    if (!made) return false;
    if (own.length > 0) incoming[at[own[own.length - 1]]].push({ ...made, scope: own });
  }
  for (let i = 0; i < order.length; i++) {
    const variable = order[i];
    const tables = joinSmall(incoming[i], states, later, work.joined);
    incoming[i] = [];
    if (!tables) return false;
    const separator = unionOf(tables, later).slice(0, -1);
    const parent = separator.length === 0 ? -1 : at[separator[separator.length - 1]];
    const left = work.bucket({ at: i, variable, separator, tables, parent });
    if (!left) return false;
    if (parent >= 0) incoming[parent].push(left);
  }
  return true;
}

/** Tables in the order of elimination; the same object for the same table turned the same way. */
function memoised(): (
  scope: Int32Array,
  own: Int32Array,
  states: Int32Array,
  energy: Float64Array,
) => Float64Array {
  const known = new Map<Float64Array, Map<string, Float64Array>>();
  return (scope, own, states, energy) => {
    const from = Int32Array.from(own, (v) => scope.indexOf(v));
    const sizes = Int32Array.from(scope, (v) => states[v]);
    const key = `${from.join()} ${sizes.join()}`;
    const turns = known.get(energy) ?? new Map<string, Float64Array>();
    known.set(energy, turns);
    const made = turns.get(key) ?? transposed(energy, sizes, from);
    turns.set(key, made);
    return made;
  };
}

export const unionOf = (tables: readonly Scoped[], later: (v: number, w: number) => number): Int32Array =>
  tables.length === 1
    ? tables[0].scope
    : Int32Array.from(new Set(tables.flatMap((t) => [...t.scope]))).sort(later);

/**
 * Joins tables that are small together, and, of more than three, those that are small beside the whole or of which
 * one contains the other: each table costs a look for every joint state. Null where a product forbids everything.
 */
function joinSmall<T extends Scoped>(
  tables: readonly T[],
  states: Int32Array,
  later: (v: number, w: number) => number,
  joined: Work<T>['joined'],
): T[] | null {
  const byScope = new Map<string, T>();
  for (const t of tables) {
    const key = t.scope.join();
    const there = byScope.get(key);
    const made = there ? joined(there, t, t.scope) : t;
    if (!made) return null;
    byScope.set(key, made);
  }
  const list = [...byScope.values()];
  if (list.length < 2) return list;
  const sizeOf = (scope: Int32Array): number => scope.reduce((n, v) => n * states[v], 1);
  const whole = sizeOf(unionOf(list, later));
  list.sort((a, b) => a.data.length - b.data.length);
  search: while (list.length > 1) {
    for (let i = 0; i < Math.min(4, list.length - 1); i++)
      for (let j = i + 1; j < list.length; j++) {
        const scope = unionOf([list[i], list[j]], later);
        const size = sizeOf(scope);
        const most =
          list.length > 3 ? Math.max(SMALL, list[j].data.length, whole / 8) : Math.min(SMALL, whole / 2);
        if (size > most) continue;
        const made = joined(list[i], list[j], scope);
        if (!made) return null;
        list.splice(j, 1);
        list.splice(i, 1);
        const behind = list.findIndex((t) => t.data.length > made.data.length);
        list.splice(behind < 0 ? list.length : behind, 0, made);
        continue search;
      }
    break;
  }
  return list;
}
