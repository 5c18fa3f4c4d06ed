/** Conditionals of two-state sites among two-state neighbours, in pairs: a field for each site and a weight for each link. */
import type { FieldConditional } from '../engines/kernels/site-tables.ts';
import type { Slot } from '../ir/types.ts';
import { NEGLIGIBLE } from './pairs.ts';
import type { Placed, Range, Tabulated } from './tabulate.ts';

/** Whether the factor adds fields and weights only. */
export const isPairwise = ({ kind, columns, table }: Tabulated): boolean =>
  kind === 'energy' &&
  columns.length <= 2 &&
  columns.every((c) => c.states === 2) &&
  table.every(Number.isFinite);

/** @returns null if there are more links than `maxLinks` */
export function fieldConditional(
  { slot, from, count }: Range,
  factors: readonly Placed[],
  maxLinks: number,
): FieldConditional | null {
  const field = new Float64Array(count);
  const start = new Int32Array(count + 1);
  const to = from + count;
  const pairs = factors.filter((f) => f.positions.length === 2).map((f) => pairOf(f, slot));
  for (const f of factors) if (f.positions.length === 1) addFields(f, from, to, field);
  let links = 0;
  for (const pair of pairs) links += countLinks(pair, from, to, field, start);
  if (links > maxLinks) return null;
  for (let s = 0; s < count; s++) start[s + 1] += start[s];
  const next = start.slice(0, count);
  const other = new Int32Array(links);
  const weight = new Float64Array(links);
  for (const pair of pairs) fillLinks(pair, from, to, next, other, weight);
  return { kind: 'field', field, ...merged(start, other, weight, count) };
}

/** The energy of two columns, row by row, is first·x + second·y + both·x·y and a constant. */
interface Pair {
  readonly tabulated: Tabulated;
  readonly p: Int32Array;
  readonly q: Int32Array;
  readonly pHere: boolean;
  readonly qHere: boolean;
  readonly weights: {
    readonly first: Float64Array;
    readonly second: Float64Array;
    readonly both: Float64Array;
  };
}

function pairOf({ tabulated, positions }: Placed, slot: Slot): Pair {
  const { columns, table } = tabulated;
  const rows = table.length / 4;
  const [first, second, both] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)];
  for (let r = 0; r < rows; r++) {
    const t = 4 * r;
    first[r] = table[t + 2] - table[t];
    second[r] = table[t + 1] - table[t];
    const w = table[t + 3] - table[t + 1] - first[r];
    const largest = Math.max(
      Math.abs(table[t]),
      Math.abs(table[t + 1]),
      Math.abs(table[t + 2]),
      Math.abs(table[t + 3]),
    );
    both[r] = Math.abs(w) <= 4 * NEGLIGIBLE * largest ? 0 : w;
  }
  return {
    tabulated,
    p: positions[0],
    q: positions[1],
    pHere: columns[0].slot === slot,
    qHere: columns[1].slot === slot,
    weights: { first, second, both },
  };
}

/** Adds to the fields, and counts the links of each site one place further on. @returns how many there are */
function countLinks(pair: Pair, from: number, to: number, field: Float64Array, start: Int32Array): number {
  const { p, q, pHere, qHere } = pair;
  const { first, second, both } = pair.weights;
  const { instances, mask, row, weight } = pair.tabulated;
  let links = 0;
  for (let e = 0; e < instances; e++) {
    if (mask !== null && mask[e] === 0) continue;
    const r = row === null ? 0 : row[e];
    const scale = weight === null ? 1 : weight[e];
    const x = p[e];
    const y = q[e];
    const w = both[r] * scale;
    const linked = w !== 0 && x >= 0 && y >= 0 && x !== y;
    if (pHere && x >= from && x < to) {
      field[x - from] += first[r] * scale;
      if (x === y) field[x - from] += second[r] * scale + w;
      else if (linked) {
        start[x - from + 1]++;
        links++;
      }
    }
    if (qHere && y >= from && y < to && x !== y) {
      field[y - from] += second[r] * scale;
      if (linked) {
        start[y - from + 1]++;
        links++;
      }
    }
  }
  return links;
}

function fillLinks(
  pair: Pair,
  from: number,
  to: number,
  next: Int32Array,
  other: Int32Array,
  weightOf: Float64Array,
): void {
  const { p, q, pHere, qHere } = pair;
  const { both } = pair.weights;
  const { instances, mask, row, weight } = pair.tabulated;
  for (let e = 0; e < instances; e++) {
    if (mask !== null && mask[e] === 0) continue;
    const w = both[row === null ? 0 : row[e]] * (weight === null ? 1 : weight[e]);
    const x = p[e];
    const y = q[e];
    if (w === 0 || x < 0 || y < 0 || x === y) continue;
    if (pHere && x >= from && x < to) {
      const at = next[x - from]++;
      other[at] = y;
      weightOf[at] = w;
    }
    if (qHere && y >= from && y < to) {
      const at = next[y - from]++;
      other[at] = x;
      weightOf[at] = w;
    }
  }
}

function addFields({ tabulated, positions }: Placed, from: number, to: number, field: Float64Array): void {
  const { instances, mask, row, weight, table } = tabulated;
  const p = positions[0];
  for (let e = 0; e < instances; e++) {
    if (mask && mask[e] === 0) continue;
    if (p[e] < from || p[e] >= to) continue;
    const r = row ? 2 * row[e] : 0;
    field[p[e] - from] += (table[r + 1] - table[r]) * (weight ? weight[e] : 1);
  }
}

/** One link for each neighbour of a site, ascending; none of weight 0. */
function merged(
  start: Int32Array,
  other: Int32Array,
  weight: Float64Array,
  count: number,
): Pick<FieldConditional, 'start' | 'other' | 'weight'> {
  const to = new Int32Array(count + 1);
  let length = 0;
  for (let s = 0; s < count; s++) {
    let ascending = true;
    for (let l = start[s] + 1; l < start[s + 1]; l++) if (other[l] <= other[l - 1]) ascending = false;
    if (!ascending) sortLinks(start[s], start[s + 1], other, weight);
    const first = length;
    for (let l = start[s]; l < start[s + 1]; l++) {
      if (length > first && other[length - 1] === other[l]) {
        weight[length - 1] += weight[l];
        continue;
      }
      if (length > first && weight[length - 1] === 0) length--;
      other[length] = other[l];
      weight[length++] = weight[l];
    }
    if (length > first && weight[length - 1] === 0) length--;
    to[s + 1] = length;
  }
  if (length === other.length) return { start: to, other, weight };
  return { start: to, other: other.slice(0, length), weight: weight.slice(0, length) };
}

/** Sorts the links of a site by neighbour, equal ones in the order in which they came. */
function sortLinks(from: number, to: number, other: Int32Array, weight: Float64Array): void {
  const degree = to - from;
  const order = Array.from({ length: degree }, (_, i) => i);
  const [o, w] = [other.slice(from, to), weight.slice(from, to)];
  order.sort((x, y) => o[x] - o[y] || x - y);
  for (let i = 0; i < degree; i++) {
    other[from + i] = o[order[i]];
    weight[from + i] = w[order[i]];
  }
}
