/**
 * Tables of weights over several variables, and products of them walked in blocks. The dimensions of every table are
 * in one order, that of elimination reversed: what is summed out first is the last dimension, at stride 1.
 */

/**
 * Weights: exp(scale)·data, or exp(scale − data) where `log`; the largest is exp(scale) but for rounding. Tables are in
 * the logarithm where their weights are too far from each other to multiply safely.
 */
export interface Table {
  readonly scope: Int32Array;
  readonly data: Float64Array;
  readonly log: boolean;
  readonly scale: number;
  /** The logarithm of the largest over the smallest weight that is not zero. */
  readonly range: number;
}

/** Up to this range weights are kept as they are; and products of tables up to twice that. */
const SAFE = 300;
const SAFE_PRODUCT = 2 * SAFE;

/** Energies as weights; null where all of them are +∞. */
export function tableOf(scope: Int32Array, energy: Float64Array): Table | null {
  const [least, most] = ends(energy);
  if (least === Number.POSITIVE_INFINITY) return null;
  const range = most - least;
  const log = range > SAFE;
  const data = new Float64Array(energy.length);
  if (log) for (let i = 0; i < data.length; i++) data[i] = energy[i] - least;
  else for (let i = 0; i < data.length; i++) data[i] = Math.exp(least - energy[i]);
  return { scope, data, log, scale: -least, range };
}

/** The least number and the largest finite one. */
function ends(x: Float64Array): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < x.length; i++) {
    if (x[i] < least) least = x[i];
    if (x[i] > most && x[i] < Number.POSITIVE_INFINITY) most = x[i];
  }
  return [least, most];
}

/** Whether a product of the tables has to be taken in the logarithm. */
export const needsLog = (tables: readonly Table[]): boolean =>
  tables.some((t) => t.log) || tables.reduce((sum, t) => sum + t.range, 0) > SAFE_PRODUCT;

/** The same table in the logarithm. */
export function inLog(t: Table): Table {
  if (t.log) return t;
  const data = t.data.map((w) => -Math.log(w));
  return { ...t, data, log: true };
}

/**
 * A table as it was summed up, brought to a largest weight of 1; null where all weights are 0. The data are the
 * table's own afterwards.
 */
export function normalised(scope: Int32Array, data: Float64Array, log: boolean, scale: number): Table | null {
  if (log) {
    const [least, most] = ends(data);
    if (least === Number.POSITIVE_INFINITY) return null;
    for (let i = 0; i < data.length; i++) data[i] -= least;
    const range = most - least;
    if (range > SAFE) return { scope, data, log, scale: scale - least, range };
    for (let i = 0; i < data.length; i++) data[i] = Math.exp(-data[i]);
    return { scope, data, log: false, scale: scale - least, range };
  }
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const x = data[i];
    if (x > most) most = x;
    if (x < least && x > 0) least = x;
  }
  if (most === 0) return null;
  if (most !== 1) {
    const by = 1 / most;
    for (let i = 0; i < data.length; i++) data[i] *= by;
  }
  return { scope, data, log, scale: scale + Math.log(most), range: Math.log(most / least) };
}

/** A table with dimensions in another order: dimension d of the result is dimension `from[d]`. */
export function transposed(
  data: Float64Array,
  sizes: ArrayLike<number>,
  from: ArrayLike<number>,
): Float64Array {
  const n = from.length;
  if (isIdentity(from)) return data;
  const own = new Int32Array(n);
  let below = 1;
  for (let d = n - 1; d >= 0; d--) {
    own[d] = below;
    below *= sizes[d];
  }
  const out = new Float64Array(data.length);
  const digits = new Int32Array(n);
  let at = 0;
  for (let e = 0; e < out.length; e++) {
    out[e] = data[at];
    for (let d = n - 1; d >= 0; d--) {
      at += own[from[d]];
      if (++digits[d] < sizes[from[d]]) break;
      at -= digits[d] * own[from[d]];
      digits[d] = 0;
    }
  }
  return out;
}

function isIdentity(from: ArrayLike<number>): boolean {
  for (let d = 0; d < from.length; d++) if (from[d] !== d) return false;
  return true;
}

/** Numbers that one block takes, the states of the last dimension included; they stay in the first caches. */
const BLOCK = 4096;

/**
 * The joint states of some variables, in blocks of the last dimensions, and where each of several tables over some
 * of them has its numbers: table t has that of the block's i-th state at base[t] + offset[t][i]. Walked once.
 */
export interface Walk {
  /** Blocks, and states in each. */
  readonly blocks: number;
  readonly block: number;
  readonly base: Int32Array;
  readonly offset: readonly Int32Array[];
  /** To the next block. */
  advance(): void;
}

/**
 * @param scope of the walk, in the order of all dimensions
 * @param scopes of the tables; variables of theirs that are not in `scope` are at their first state
 * @param k states of the last dimension, which is not walked
 */
export function walk(
  scope: ArrayLike<number>,
  scopes: readonly ArrayLike<number>[],
  states: Int32Array,
  k: number,
): Walk {
  const n = scope.length;
  const sizes = Int32Array.from(scope, (v) => states[v]);
  const strides = scopes.map((own) => {
    const at = new Map<number, number>();
    let below = 1;
    for (let d = own.length - 1; d >= 0; d--) {
      at.set(own[d], below);
      below *= states[own[d]];
    }
    return Int32Array.from(scope, (v) => at.get(v) ?? 0);
  });
  let inner = n;
  let block = 1;
  while (inner > 0 && block * sizes[inner - 1] * k <= BLOCK) block *= sizes[--inner];
  let blocks = 1;
  for (let d = 0; d < inner; d++) blocks *= sizes[d];
  const offset = strides.map((stride) => {
    const out = new Int32Array(block);
    let made = 1;
    for (let d = n - 1; d >= inner; d--) {
      const width = made;
      for (let s = 1; s < sizes[d]; s++) for (let i = 0; i < width; i++) out[made++] = out[i] + s * stride[d];
    }
    return out;
  });
  const base = new Int32Array(scopes.length);
  const digits = new Int32Array(inner);
  return {
    blocks,
    block,
    base,
    offset,
    advance() {
      for (let d = inner - 1; d >= 0; d--) {
        const turn = ++digits[d] === sizes[d];
        const by = turn ? 1 - sizes[d] : 1;
        for (let t = 0; t < base.length; t++) base[t] += by * strides[t][d];
        if (!turn) return;
        digits[d] = 0;
      }
    },
  };
}

/**
 * Sums of products over the last dimension of each table: out[from + i] = Σ_v Π_t t[base + offset[i] + v].
 * @param room of block × k numbers
 */
export function sumProducts(
  out: Float64Array,
  from: number,
  k: number,
  tables: readonly Float64Array[],
  { block, base, offset }: Walk,
  room: Float64Array,
): void {
  const m = tables.length;
  if (m > 3) {
    multiply(room, k, tables, block, base, offset);
    for (let i = 0, at = 0; i < block; i++) {
      let sum = 0;
      for (let v = 0; v < k; v++) sum += room[at++];
      out[from + i] = sum;
    }
    return;
  }
  const [x, y, z] = tables;
  const [p, q, r] = base;
  const [f, g, h] = offset;
  if (m === 1) {
    for (let i = 0; i < block; i++) {
      const a = p + f[i];
      let sum = 0;
      for (let v = 0; v < k; v++) sum += x[a + v];
      out[from + i] = sum;
    }
  } else if (m === 2 && k === 2) {
    for (let i = 0; i < block; i++) {
      const a = p + f[i];
      const b = q + g[i];
      out[from + i] = x[a] * y[b] + x[a + 1] * y[b + 1];
    }
  } else if (m === 2) {
    for (let i = 0; i < block; i++) {
      const a = p + f[i];
      const b = q + g[i];
      let sum = 0;
      for (let v = 0; v < k; v++) sum += x[a + v] * y[b + v];
      out[from + i] = sum;
    }
  } else if (k === 2) {
    for (let i = 0; i < block; i++) {
      const a = p + f[i];
      const b = q + g[i];
      const c = r + h[i];
      out[from + i] = x[a] * y[b] * z[c] + x[a + 1] * y[b + 1] * z[c + 1];
    }
  } else {
    for (let i = 0; i < block; i++) {
      const a = p + f[i];
      const b = q + g[i];
      const c = r + h[i];
      let sum = 0;
      for (let v = 0; v < k; v++) sum += x[a + v] * y[b + v] * z[c + v];
      out[from + i] = sum;
    }
  }
}

/** Products of all tables at a block's states and those of the last dimension: room[i·k + v]. */
export function multiply(
  room: Float64Array,
  k: number,
  tables: readonly Float64Array[],
  block: number,
  base: Int32Array,
  offset: readonly Int32Array[],
): void {
  tables.forEach((x, t) => {
    const p = base[t];
    const f = offset[t];
    let at = 0;
    if (t === 0)
      for (let i = 0; i < block; i++) for (let v = 0, a = p + f[i]; v < k; v++) room[at++] = x[a + v];
    else for (let i = 0; i < block; i++) for (let v = 0, a = p + f[i]; v < k; v++) room[at++] *= x[a + v];
  });
}

/** Sums of all tables, as `multiply`. */
export function addUp(
  room: Float64Array,
  k: number,
  tables: readonly Float64Array[],
  block: number,
  base: Int32Array,
  offset: readonly Int32Array[],
): void {
  tables.forEach((x, t) => {
    const p = base[t];
    const f = offset[t];
    let at = 0;
    if (t === 0)
      for (let i = 0; i < block; i++) for (let v = 0, a = p + f[i]; v < k; v++) room[at++] = x[a + v];
    else for (let i = 0; i < block; i++) for (let v = 0, a = p + f[i]; v < k; v++) room[at++] += x[a + v];
  });
}
