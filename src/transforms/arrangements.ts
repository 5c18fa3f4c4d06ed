/**
 * Arrangements (permutations and subsets) with some elements given: how many there
 * are, the one with a given number, one at random. Numbers are lexicographic: the
 * factorial number system for permutations, combinadics for subsets (D. Knuth, "The
 * Art of Computer Programming" 4A, §7.2.1.2–3).
 */
import type { ArrangedDomain } from '../domain.ts';
import type { Stream } from '../random/stream.ts';

/** All arrangements that agree with what is given. */
export interface Completions {
  readonly kind: ArrangedDomain['kind'];
  /** Positions that are not given, ascending. */
  readonly positions: Int32Array;
  /** `permutation`: the values left for them, ascending. */
  readonly values: Int32Array;
  /** `subset`: how many of them are 1. */
  readonly ones: number;
  /** How many arrangements there are; Infinity when they are too many for a number. */
  readonly count: number;
}

/** Over how many elements one arrangement is. */
export const arrangedOver = (d: ArrangedDomain) => (d.kind === 'permutation' ? d.values : d.of);

/**
 * @param fixed 1 where an element is given, as many as there are elements
 * @param values what is given there
 * @returns a string instead that says why no arrangement agrees: `holds 3 twice`
 */
export function completions(
  d: ArrangedDomain,
  fixed: ArrayLike<number>,
  values: ArrayLike<number>,
): Completions | string {
  const n = fixed.length;
  const positions = Int32Array.from({ length: n }, (_, i) => i).filter((i) => fixed[i] === 0);
  const free = positions.length;
  if (d.kind === 'permutation') {
    const taken = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      if (fixed[i] === 0) continue;
      if (taken[values[i]]) return `holds ${nameOf(d, values[i])} twice`;
      taken[values[i]] = 1;
    }
    const left = Int32Array.from({ length: n }, (_, v) => v).filter((v) => taken[v] === 0);
    let count = 1;
    for (let i = 2; i <= free; i++) count *= i;
    return { kind: d.kind, positions, values: left, ones: 0, count };
  }
  let given = 0;
  for (let i = 0; i < n; i++) if (fixed[i] !== 0) given += values[i];
  const ones = d.count - given;
  if (ones < 0) return `holds ${given} elements; the subset has ${d.count}`;
  if (ones > free)
    return free === 0
      ? `holds ${given} elements; the subset has ${d.count}`
      : `leaves ${free} elements free, too few for a subset of ${d.count} with ${given} given`;
  return { kind: d.kind, positions, values: new Int32Array(0), ones, count: binomial(free, ones) };
}

const nameOf = (d: ArrangedDomain, v: number): string =>
  d.kind === 'permutation' && d.values.kind.kind === 'labels' ? d.values.kind.labels[v] : String(v);

/** Why an array is no arrangement: `holds 3 twice`; undefined where it is one. */
export function arrangementFault(d: ArrangedDomain, x: ArrayLike<number>): string | undefined {
  const all = completions(d, new Uint8Array(x.length).fill(1), x);
  return typeof all === 'string' ? all : undefined;
}

/** Writes arrangement number `code`, 0 … count − 1, into the free positions of x. */
export function writeArrangement(c: Completions, code: number, x: Float64Array): void {
  const n = c.positions.length;
  let rest = code;
  if (c.kind === 'permutation') {
    const left = [...c.values];
    let block = c.count;
    for (let i = 0; i < n; i++) {
      block /= n - i;
      const k = Math.floor(rest / block);
      rest -= k * block;
      x[c.positions[i]] = left.splice(k, 1)[0];
    }
    return;
  }
  let ones = c.ones;
  for (let i = 0; i < n; i++) {
    const without = binomial(n - i - 1, ones);
    const within = rest >= without;
    x[c.positions[i]] = within ? 1 : 0;
    if (!within) continue;
    rest -= without;
    ones--;
  }
}

/**
 * Fills the free positions of x at random, as near to what stands there as can be:
 * an arrangement stays as it is; values that are taken, or too many, are replaced by
 * others drawn uniformly. Where nothing stands there (−1) all are drawn.
 */
export function completeAtRandom(c: Completions, stream: Stream, x: Float64Array): void {
  if (c.kind === 'permutation') {
    const left = new Set(c.values);
    const open: number[] = [];
    for (const i of c.positions) if (!left.delete(x[i])) open.push(i);
    const rest = [...left];
    stream.shuffle(rest);
    open.forEach((i, k) => {
      x[i] = rest[k];
    });
    return;
  }
  const ones = [...c.positions].filter((i) => x[i] === 1);
  const zeros = [...c.positions].filter((i) => x[i] !== 1);
  for (const i of zeros) x[i] = 0;
  const pick = (from: number[]): number => from.splice(stream.int(from.length), 1)[0];
  for (let k = ones.length; k < c.ones; k++) x[pick(zeros)] = 1;
  for (let k = ones.length; k > c.ones; k--) x[pick(ones)] = 0;
}

/** n over m; exact where n times it is below 2⁵³. */
export function binomial(n: number, m: number): number {
  if (m < 0 || m > n) return 0;
  let out = 1;
  for (let i = 1; i <= Math.min(m, n - m); i++) out = (out * (n - i + 1)) / i;
  return out;
}
