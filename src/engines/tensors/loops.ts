/** Tensor operations as loops over float32 arrays. Sums accumulate in float64. */
import type { ReduceKind } from '../../ir/types.ts';
import type { HostLoop } from './ops.ts';

type Floats = Float32Array;

// ── Transposition ───────────────────────────────────────────────────────────

/** Side of the squares that are turned at once: two of them fit into the fastest memory. */
const TILE = 16;

/** Dimension d of the result is dimension permutation[d] of an operand of shape `shape`. */
export function transposeLoop(shape: readonly number[], permutation: readonly number[]): HostLoop {
  const strides = new Array<number>(shape.length).fill(1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1];
  const dims = permutation.map((d) => ({ size: shape[d], step: strides[d] })).filter((d) => d.size !== 1);
  if (dims.length === 0) return (out, [x]) => out.set(x);
  let to = 1;
  const placed = dims.map((d) => ({ ...d, to: 0 }));
  for (let d = placed.length - 1; d >= 0; d--) {
    placed[d].to = to;
    to *= placed[d].size;
  }
  const last = placed[placed.length - 1];
  const first = placed.find((d) => d.step === 1)!;
  const others = placed.filter((d) => d !== last && d !== first);
  const inner: (out: Floats, x: Floats, to: number, from: number) => void =
    last === first
      ? (out, x, to, from) => copyRow(out, to, x, from, last.size)
      : (out, x, to, from) => turn(out, x, to, from, first, last);
  return (out, [x]) => {
    if (out.length === 0) return;
    const go = (d: number, to: number, from: number): void => {
      if (d === others.length) inner(out, x, to, from);
      else {
        const { size, step, to: put } = others[d];
        for (let i = 0; i < size; i++) go(d + 1, to + i * put, from + i * step);
      }
    };
    go(0, 0, 0);
  };
}

interface Placed {
  readonly size: number;
  /** Elements between neighbours in the operand, and in the result. */
  readonly step: number;
  readonly to: number;
}

/** One plane: `rows` are neighbours in the operand, `columns` in the result. */
function turn(out: Floats, x: Floats, to: number, from: number, rows: Placed, columns: Placed): void {
  for (let r = 0; r < rows.size; r += TILE) {
    const lastRow = Math.min(r + TILE, rows.size);
    for (let c = 0; c < columns.size; c += TILE) {
      const lastColumn = Math.min(c + TILE, columns.size);
      for (let i = r; i < lastRow; i++) {
        const put = to + i * rows.to;
        const take = from + i;
        for (let j = c; j < lastColumn; j++) out[put + j] = x[take + j * columns.step];
      }
    }
  }
}

// ── Gather and scatter ──────────────────────────────────────────────────────

/** A stretch of consecutive entries of an index table. */
interface Run {
  readonly to: number;
  readonly from: number;
  readonly length: number;
}

function runsOf(index: Int32Array): readonly Run[] | null {
  const runs: Run[] = [];
  let start = 0;
  for (let j = 1; j <= index.length; j++) {
    if (j < index.length && index[j] === index[j - 1] + 1) continue;
    runs.push({ to: start, from: index[start], length: j - start });
    start = j;
    if (runs.length * 16 > index.length) return null;
  }
  return runs;
}

/** out[o, j, i] = x[o, index[j], i] for x of shape [outer, n, inner], 0 where `index` is −1; other entries are in range. */
export function gatherLoop(outer: number, n: number, inner: number, index: Int32Array): HostLoop {
  const gaps = Array.from(index.keys()).filter((j) => index[j] < 0);
  if (gaps.length === 0) return fullGatherLoop(outer, n, inner, index);
  const m = index.length;
  const full = fullGatherLoop(
    outer,
    n,
    inner,
    index.map((k) => Math.max(k, 0)),
  );
  return (out, ins) => {
    full(out, ins);
    for (let o = 0; o < outer; o++)
      for (const j of gaps) out.fill(0, (o * m + j) * inner, (o * m + j + 1) * inner);
  };
}

function fullGatherLoop(outer: number, n: number, inner: number, index: Int32Array): HostLoop {
  const m = index.length;
  const runs = inner === 1 ? runsOf(index) : null;
  if (runs)
    return (out, [x]) => {
      for (let o = 0; o < outer; o++)
        for (const r of runs) {
          const s = o * n + r.from;
          out.set(x.subarray(s, s + r.length), o * m + r.to);
        }
    };
  if (inner === 1) return (out, [x]) => gatherColumns(out, x, outer, n, index);
  return (out, [x]) => {
    for (let o = 0; o < outer; o++)
      for (let j = 0; j < m; j++) copyRow(out, (o * m + j) * inner, x, (o * n + index[j]) * inner, inner);
  };
}

function gatherColumns(out: Floats, x: Floats, outer: number, n: number, index: Int32Array): void {
  const m = index.length;
  let o = 0;
  // Four rows at a time: one load of the index serves four.
  for (; o + 4 <= outer; o += 4) {
    const s = o * n;
    const d = o * m;
    for (let j = 0; j < m; j++) {
      const k = s + index[j];
      out[d + j] = x[k];
      out[d + m + j] = x[k + n];
      out[d + 2 * m + j] = x[k + 2 * n];
      out[d + 3 * m + j] = x[k + 3 * n];
    }
  }
  for (; o < outer; o++) {
    const s = o * n;
    const d = o * m;
    for (let j = 0; j < m; j++) out[d + j] = x[s + index[j]];
  }
}

function copyRow(out: Floats, to: number, x: Floats, from: number, length: number): void {
  if (length >= 32) out.set(x.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) out[to + i] = x[from + i];
}

const clampIndex = (v: number, n: number): number => {
  const k = (v + 0.5) | 0;
  return k <= 0 ? 0 : k >= n ? n - 1 : k;
};

/** As `gatherLoop`, with the index table as a second array; entries out of range are clamped. */
export const dynamicGatherLoop =
  (outer: number, n: number, inner: number): HostLoop =>
  (out, [x, index]) => {
    const m = index.length;
    for (let o = 0; o < outer; o++)
      for (let j = 0; j < m; j++) {
        const from = (o * n + clampIndex(index[j], n)) * inner;
        if (inner === 1) out[o * m + j] = x[from];
        else copyRow(out, (o * m + j) * inner, x, from, inner);
      }
  };

/** out[o, k, i] = Σ x[o, j, i] over j with index[j] = k; entries outside 0…n−1 are left out. */
export function scatterLoop(outer: number, n: number, inner: number, index: Int32Array | null): HostLoop {
  return (out, [x, dynamic]) => {
    const m = index ? index.length : dynamic.length;
    out.fill(0);
    for (let o = 0; o < outer; o++)
      for (let j = 0; j < m; j++) {
        const k = index ? index[j] : Math.floor(dynamic[j] + 0.5);
        if (!(k >= 0 && k < n)) continue;
        const to = (o * n + k) * inner;
        const from = (o * m + j) * inner;
        for (let i = 0; i < inner; i++) out[to + i] += x[from + i];
      }
  };
}

// ── Reductions ──────────────────────────────────────────────────────────────

/** Reduces the middle dimension of [outer, k, inner]. Sums and products accumulate in float64. */
export function reduceLoop(
  kind: Exclude<ReduceKind, 'logsumexp'>,
  outer: number,
  k: number,
  inner: number,
): HostLoop {
  if (kind === 'sum' && inner === 1) return (out, [x]) => sumRows(out, x, outer, k);
  if (kind === 'sum') return (out, [x]) => sumColumns(out, x, null, outer, k, inner);
  const acc = new Float64Array(inner);
  return (out, [x]) => {
    for (let o = 0; o < outer; o++) {
      acc.fill(kind === 'prod' ? 1 : kind === 'max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
      for (let j = 0; j < k; j++) {
        const s = (o * k + j) * inner;
        if (kind === 'prod') for (let i = 0; i < inner; i++) acc[i] *= x[s + i];
        else if (kind === 'max') for (let i = 0; i < inner; i++) acc[i] = Math.max(acc[i], x[s + i]);
        else for (let i = 0; i < inner; i++) acc[i] = Math.min(acc[i], x[s + i]);
      }
      out.set(acc, o * inner);
    }
  };
}

/** out[i] = Σ w[k]·x[k, i]: a product that tfjs would first copy x for. */
export const weightedSumLoop =
  (k: number, inner: number): HostLoop =>
  (out, [w, x]) =>
    sumColumns(out, x, w, 1, k, inner);

/** out[o, i] = Σ w[k]·x[o, k, i], four rows at a time; no weights are all ones. */
function sumColumns(out: Floats, x: Floats, w: Floats | null, outer: number, k: number, inner: number): void {
  const acc = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    acc.fill(0);
    let p = o * k * inner;
    let j = 0;
    for (; j + 4 <= k; j += 4) {
      const q = p + inner;
      const r = q + inner;
      const s = r + inner;
      if (w === null) for (let i = 0; i < inner; i++) acc[i] += x[p + i] + x[q + i] + (x[r + i] + x[s + i]);
      else {
        const [a, b, c, d] = [w[j], w[j + 1], w[j + 2], w[j + 3]];
        for (let i = 0; i < inner; i++) acc[i] += a * x[p + i] + b * x[q + i] + (c * x[r + i] + d * x[s + i]);
      }
      p = s + inner;
    }
    for (; j < k; j++, p += inner) {
      const a = w === null ? 1 : w[j];
      for (let i = 0; i < inner; i++) acc[i] += a * x[p + i];
    }
    out.set(acc, o * inner);
  }
}

function sumRows(out: Floats, x: Floats, rows: number, k: number): void {
  for (let r = 0; r < rows; r++) {
    const end = (r + 1) * k;
    let j = r * k;
    // Four accumulators hide the latency of the addition.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (; j + 4 <= end; j += 4) {
      a += x[j];
      b += x[j + 1];
      c += x[j + 2];
      d += x[j + 3];
    }
    for (; j < end; j++) a += x[j];
    out[r] = a + b + (c + d);
  }
}

// ── Elementwise ─────────────────────────────────────────────────────────────

export const mapLoop =
  (f: (x: number) => number): HostLoop =>
  (out, [x]) => {
    for (let i = 0; i < out.length; i++) out[i] = f(x[i]);
  };

/**
 * Sine (or cosine, with a shift of a quarter turn): reduction to half a turn around
 * zero and the Taylor polynomial of degree 15 in float64; error below 10⁻⁷ plus
 * |x|·2⁻⁵³.
 */
export const sineLoop =
  (quarter: number): HostLoop =>
  (out, [x]) => {
    for (let i = 0; i < out.length; i++) {
      let t = x[i] * 0.15915494309189535 + quarter;
      t -= Math.floor(t + 0.5);
      // Fold to a quarter turn: sin(π − y) = sin y.
      if (t > 0.25) t = 0.5 - t;
      else if (t < -0.25) t = -0.5 - t;
      const y = t * 6.283185307179586;
      const z = y * y;
      const p = 1 / 120 + z * (-1 / 5040 + z * (1 / 362880 + z * (-1 / 39916800 + z / 6227020800)));
      out[i] = y * (1 + z * (-1 / 6 + z * p));
    }
  };

/** Strides of an operand of shape `shape` read over `out`; 0 where it broadcasts. */
function strides(shape: readonly number[], out: readonly number[]): readonly number[] {
  const s = new Array<number>(out.length).fill(0);
  let step = 1;
  for (let d = out.length - 1, e = shape.length - 1; e >= 0; d--, e--) {
    if (shape[e] !== 1) s[d] = step;
    step *= shape[e];
  }
  return s;
}

/** Calls `row` with the start of each innermost row: in the result and in every operand. */
function overRows(
  out: readonly number[],
  steps: readonly (readonly number[])[],
  row: (to: number, from: readonly number[]) => void,
): void {
  const last = out.length - 1;
  const from = steps.map(() => 0);
  const go = (d: number, to: number): number => {
    if (d >= last) {
      row(to, from);
      return to + (last >= 0 ? out[last] : 1);
    }
    for (let i = 0; i < out[d]; i++) {
      to = go(d + 1, to);
      for (let k = 0; k < from.length; k++) from[k] += steps[k][d];
    }
    for (let k = 0; k < from.length; k++) from[k] -= steps[k][d] * out[d];
    return to;
  };
  go(0, 0);
}

/** out = f(x, y) with broadcasting. */
export function map2Loop(
  f: (x: number, y: number) => number,
  out: readonly number[],
  xs: readonly number[],
  ys: readonly number[],
): HostLoop {
  const steps = [strides(xs, out), strides(ys, out)];
  const n = out.at(-1) ?? 1;
  const [a, b] = steps.map((s) => s.at(-1) ?? 0);
  return (to, [x, y]) =>
    overRows(out, steps, (o, [p, q]) => {
      for (let i = 0; i < n; i++) to[o + i] = f(x[p + a * i], y[q + b * i]);
    });
}

/** out = c ≠ 0 ? x : y with broadcasting. */
export function selectLoop(out: readonly number[], shapes: readonly (readonly number[])[]): HostLoop {
  const steps = shapes.map((s) => strides(s, out));
  const n = out.at(-1) ?? 1;
  const [a, b, c] = steps.map((s) => s.at(-1) ?? 0);
  return (to, [t, x, y]) =>
    overRows(out, steps, (o, [p, q, r]) => {
      for (let i = 0; i < n; i++) to[o + i] = t[p + a * i] !== 0 ? x[q + b * i] : y[r + c * i];
    });
}
