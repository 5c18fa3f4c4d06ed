/**
 * What follows from the buckets of a sum: marginals, in the order of elimination reversed (Lauritzen & Spiegelhalter,
 * J. R. Stat. Soc. B 50 (1988) 157), and independent draws of the joint distribution (Dawid, Stat. Comput. 2 (1992)
 * 25): each variable given those of its separator.
 */
import type { Stream } from '../random/stream.ts';
import type { Bucket } from './sum.ts';
import { addUp, multiply, transposed, walk } from './tables.ts';

export interface Marginals {
  /** For each variable the probabilities of its states. */
  readonly single: readonly Float64Array[];
  /** For each wanted scope the probabilities of its joint states, row-major; null where no clique contains it. */
  readonly joint: readonly (Float64Array | null)[];
}

/** Where probabilities of joint states are added up; its scope ends with the bucket's variable. */
interface Target {
  readonly scope: Int32Array;
  readonly data: Float64Array;
}

/** @param wanted scopes, each of distinct variables */
export function marginalsOf(
  states: Int32Array,
  order: Int32Array,
  buckets: readonly Bucket[],
  wanted: readonly ArrayLike<number>[] = [],
): Marginals {
  const place = new Int32Array(states.length);
  order.forEach((v, i) => {
    place[v] = i;
  });
  const sizeOf = (scope: Int32Array): number => scope.reduce((n, v) => n * states[v], 1);
  const single = Array.from(states, (k) => new Float64Array(k));
  const targets: Target[][] = buckets.map(() => []);
  const found = wanted.map((list): Target | null => {
    const scope = Int32Array.from(list).sort((v, w) => place[w] - place[v]);
    if (scope.length === 0) return null;
    const at = place[scope[scope.length - 1]];
    const { separator, variable } = buckets[at];
    if (!scope.every((v) => v === variable || separator.includes(v))) return null;
    const target = { scope, data: new Float64Array(sizeOf(scope)) };
    targets[at].push(target);
    return target;
  });
  /** Probabilities of the joint states of each separator, while they are needed. */
  const apart: (Float64Array | null)[] = buckets.map(() => null);
  const children: number[][] = buckets.map(() => []);
  buckets.forEach(({ parent }, i) => {
    if (parent >= 0) children[parent].push(i);
  });
  for (let i = buckets.length - 1; i >= 0; i--) {
    const into = children[i].map((c): Target => {
      const { separator } = buckets[c];
      apart[c] = new Float64Array(sizeOf(separator));
      return { scope: separator, data: apart[c] };
    });
    spread(buckets[i], states, apart[i] ?? Float64Array.of(1), single[buckets[i].variable], [
      ...into,
      ...targets[i],
    ]);
    apart[i] = null;
  }
  const joint = found.map((target, n) => {
    if (!target) return null;
    const sizes = Int32Array.from(target.scope, (v) => states[v]);
    return transposed(
      target.data,
      sizes,
      Array.from(wanted[n], (v) => target.scope.indexOf(v)),
    );
  });
  return { single, joint };
}

/** Adds the probabilities of a bucket's joint states to those of its variable and to all targets. */
function spread(
  { variable, separator, tables, log }: Bucket,
  states: Int32Array,
  above: Float64Array,
  single: Float64Array,
  targets: readonly Target[],
): void {
  const k = states[variable];
  const m = tables.length;
  const data = tables.map((t) => t.data);
  const w = walk(
    separator,
    [...tables, ...targets].map((t) => t.scope),
    states,
    k,
  );
  const room = new Float64Array(w.block * k).fill(log ? 0 : 1);
  for (let b = 0; b < w.blocks; b++) {
    if (m === 0) room.fill(1);
    else (log ? addUp : multiply)(room, k, data, w.block, w.base, w.offset);
    for (let i = 0; i < w.block; i++) {
      const from = i * k;
      if (log) toWeights(room, from, k);
      let sum = 0;
      for (let v = 0; v < k; v++) sum += room[from + v];
      const by = sum > 0 ? above[b * w.block + i] / sum : 0;
      for (let v = 0; v < k; v++) {
        const p = room[from + v] * by;
        room[from + v] = p;
        single[v] += p;
      }
    }
    targets.forEach(({ data: to }, t) => {
      const base = w.base[m + t];
      const offset = w.offset[m + t];
      for (let i = 0, at = 0; i < w.block; i++)
        for (let v = 0, o = base + offset[i]; v < k; v++) to[o + v] += room[at++];
    });
    w.advance();
  }
}

/** Energies to weights of which the largest is 1; zeros where all are +∞. */
function toWeights(x: Float64Array, from: number, k: number): void {
  let least = Number.POSITIVE_INFINITY;
  for (let v = from; v < from + k; v++) if (x[v] < least) least = x[v];
  for (let v = from; v < from + k; v++)
    x[v] = least === Number.POSITIVE_INFINITY ? 0 : Math.exp(least - x[v]);
}

/**
 * Draws all variables jointly: one uniform number for each.
 * @param buckets of a sum that is not zero
 * @returns writes codes
 */
export function drawer(
  states: Int32Array,
  buckets: readonly Bucket[],
): (stream: Stream, codes: Uint16Array | Int32Array) => void {
  const weight = new Float64Array(states.reduce((x, y) => Math.max(x, y), 1));
  return (stream, codes) => {
    for (let i = buckets.length - 1; i >= 0; i--) {
      const { variable, tables, log } = buckets[i];
      const k = states[variable];
      for (let v = 0; v < k; v++) weight[v] = log ? 0 : 1;
      for (const { scope, data } of tables) {
        let at = 0;
        for (let d = 0; d < scope.length - 1; d++) at = at * states[scope[d]] + codes[scope[d]];
        at *= k;
        if (log) for (let v = 0; v < k; v++) weight[v] += data[at + v];
        else for (let v = 0; v < k; v++) weight[v] *= data[at + v];
      }
      if (log) toWeights(weight, 0, k);
      let total = 0;
      for (let v = 0; v < k; v++) total += weight[v];
      let left = stream.uniform() * total;
      let state = -1;
      for (let v = 0; v < k; v++) {
        if (!(weight[v] > 0)) continue;
        state = v;
        left -= weight[v];
        if (left < 0) break;
      }
      codes[variable] = state;
    }
  };
}
