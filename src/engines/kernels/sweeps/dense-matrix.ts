/**
 * The links of a group as rows of a matrix of whole numbers: what a neighbour adds to the field of each site.
 *
 * Fields are sums of 32-bit integers in units of their own for each site, so they are exact: whether a field was
 * kept up to date for a million flips or added up anew, in any order, it is the same number, and a draw does not
 * depend on which. Rounding happens once, when weights are turned into units.
 */
import type { FieldConditional, SiteGroup } from '../site-tables.ts';

/** Neighbouring positions that are next to each other. */
export interface Run {
  readonly from: number;
  readonly count: number;
  /** Number of its first row. */
  readonly row: number;
}

export interface DenseMatrix {
  readonly runs: readonly Run[];
  readonly rows: number;
  /** Row and weight of each link, in the order of the conditional's. */
  readonly row: Int32Array;
  readonly weight: Int32Array;
  /** The constant of each site. */
  readonly field: Int32Array;
  /** Units in an energy of 1, for each site: a power of two. */
  readonly units: Float64Array;
}

export interface DenseLimits {
  /** Least average number of links of a site. */
  readonly leastLinks: number;
  /** Least part of the rows' entries that are links. */
  readonly leastFilled: number;
}

/** Numbers of a matrix at most. */
const MAX_NUMBERS = 2 ** 26;
/** Runs at most; each is a piece of code. */
const MAX_RUNS = 16;
/** Positions between runs that are not worth another run. */
const MAX_GAP = 16;
/** How much all roundings of a site's field together may change its energy. */
const MAX_ERROR = 2 ** -12;
/** Fields stay below this many units. */
const MAX_UNITS = 2 ** 30;

/**
 * @param within whether the rows of the group's own sites are wanted in one run
 * @returns null if the links are too few, the matrix is too large, or its weights are too unlike for 32 bits: when
 * the roundings could add up to more than 2⁻¹² of energy at some site
 */
export function denseMatrix(group: SiteGroup, limits: DenseLimits, within: boolean): DenseMatrix | null {
  const c = group.conditional;
  if (c.kind !== 'field') return null;
  const links = c.start[group.count] - c.start[0];
  if (group.count === 0 || links < limits.leastLinks * group.count) return null;
  const runs = runsOf(c, group, within);
  const last = runs.at(-1);
  if (!last || runs.length > MAX_RUNS) return null;
  const rows = last.row + last.count;
  if (links < limits.leastFilled * rows * group.count || rows * group.count > MAX_NUMBERS) return null;
  const numbers = inUnits(c, group);
  if (!numbers) return null;
  const rowAt = new Int32Array(last.from + last.count);
  for (const r of runs) for (let k = 0; k < r.count; k++) rowAt[r.from + k] = r.row + k;
  const row = new Int32Array(links);
  for (let p = 0; p < group.count; p++)
    for (let l = c.start[p]; l < c.start[p + 1]; l++) {
      if (c.other[l] === group.from + p) return null;
      row[l] = rowAt[c.other[l]];
    }
  return { runs, rows, row, ...numbers };
}

function runsOf(c: FieldConditional, group: SiteGroup, within: boolean): Run[] {
  const end = c.start[group.count];
  let size = group.from + group.count;
  for (let l = 0; l < end; l++) if (c.other[l] >= size) size = c.other[l] + 1;
  const there = new Uint8Array(size);
  for (let l = 0; l < end; l++) there[c.other[l]] = 1;
  if (within) there.fill(1, group.from, group.from + group.count);
  const out: { from: number; count: number; row: number }[] = [];
  for (let i = 0; i < size; i++) {
    if (there[i] === 0) continue;
    const run = out.at(-1);
    if (run && i <= run.from + run.count + MAX_GAP) run.count = i + 1 - run.from;
    else out.push({ from: i, count: 1, row: 0 });
  }
  let row = 0;
  for (const run of out) {
    run.row = row;
    row += run.count;
  }
  return out;
}

function inUnits(c: FieldConditional, group: SiteGroup): Omit<DenseMatrix, 'runs' | 'rows' | 'row'> | null {
  const weight = new Int32Array(c.start[group.count]);
  const field = new Int32Array(group.count);
  const units = new Float64Array(group.count);
  for (let p = 0; p < group.count; p++) {
    let largest = Math.abs(c.field[p]);
    for (let l = c.start[p]; l < c.start[p + 1]; l++) largest += Math.abs(c.weight[l]);
    // Bounded for the sake of single precision, where thresholds are made.
    const power = Math.floor(Math.log2(MAX_UNITS / Math.max(largest, 2 ** -30)));
    const unit = 2 ** Math.max(-60, Math.min(60, power));
    const size = 1 / unit;
    field[p] = Math.round(c.field[p] * unit);
    let error = Math.abs(c.field[p] - field[p] * size);
    for (let l = c.start[p]; l < c.start[p + 1]; l++) {
      const whole = Math.floor(c.weight[l] * unit + 0.5);
      weight[l] = whole;
      error += Math.abs(c.weight[l] - whole * size);
    }
    if (!(error <= MAX_ERROR)) return null;
    units[p] = unit;
  }
  return { weight, field, units };
}
