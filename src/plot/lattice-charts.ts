import type { Draws, Quantity } from '../stats/draws.ts';
import type { ColourMap } from './colour-maps.ts';
import type { ChartContext } from './context.ts';
import { type Field, lattice } from './lattice.ts';
import { clampHuge } from './numbers.ts';
import { plural } from './text.ts';

/** How a quantity is to be seen as a picture: its sides where its shape does not say, and its colours. */
export interface LatticeHint {
  /** The quantity's name. */
  readonly name: string;
  readonly rows?: number;
  readonly cols?: number;
  readonly map?: ColourMap;
}

export interface LatticeShape {
  readonly rows: number;
  readonly cols: number;
  readonly map?: ColourMap;
}

/** Grids with a shorter side than this are tables of scalars rather than pictures. */
const LEAST_DISCRETE = 4;
const LEAST_REAL = 8;

/** The sides of the picture a quantity makes, or undefined where it is none. A hint that does not fit is ignored. */
export function latticeShape(quantity: Quantity, hints: readonly LatticeHint[]): LatticeShape | undefined {
  const { shape } = quantity;
  const size = shape.reduce((a, b) => a * b, 1);
  const hint = hints.find((h) => h.name === quantity.name);
  const [rows, cols] = shape.length === 2 ? shape : [0, 0];
  if (hint !== undefined) {
    const r = hint.rows ?? (hint.cols === undefined ? rows : size / hint.cols);
    const c = hint.cols ?? (hint.rows === undefined ? cols : size / hint.rows);
    if (Number.isInteger(r) && Number.isInteger(c) && r > 0 && r * c === size) {
      return { rows: r, cols: c, map: hint.map };
    }
  }
  const least = quantity.kind === 'real' ? LEAST_REAL : LEAST_DISCRETE;
  return Math.min(rows, cols) >= least ? { rows, cols } : undefined;
}

const isSpin = (q: Quantity): boolean => q.kind === 'integer' && q.lo === -1 && q.hi === 1;

/** Colours by domain: spins, bits and grey levels as such, reals about zero where they have both signs. */
function mapOf(q: Quantity): ColourMap {
  if (q.kind === 'category') return 'category';
  if (isSpin(q)) return 'spin';
  if (q.kind === 'integer') return q.lo === 0 && q.hi === 1 ? 'ink' : 'grey';
  return q.values.some((v) => v < 0) && q.values.some((v) => v > 0) ? 'diverging' : 'sequential';
}

/** The recorded draws to show: the last of each chain, or evenly spaced ones of a single chain. */
function picks(draws: Draws, most: number): readonly { chain: number; draw: number }[] {
  if (draws.chains > 1) {
    return Array.from({ length: Math.min(most, draws.chains) }, (_, chain) => ({
      chain,
      draw: draws.draws - 1,
    }));
  }
  const n = Math.min(most, draws.draws);
  return Array.from({ length: n }, (_, i) => ({
    chain: 0,
    draw: Math.ceil(((i + 1) * draws.draws) / n) - 1,
  }));
}

/** By site the mean over all finite draws, or for categories the most frequent code (the least of equals). */
function summaryField(q: Quantity, size: number): Float64Array {
  const count = q.values.length / size;
  return Float64Array.from({ length: size }, (_, site) => {
    if (q.kind === 'category') {
      const seen = new Map<number, number>();
      for (let d = 0; d < count; d++) {
        const v = q.values[d * size + site];
        if (Number.isFinite(v)) seen.set(v, (seen.get(v) ?? 0) + 1);
      }
      const order = [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      return order[0]?.[0] ?? Number.NaN;
    }
    let sum = 0;
    let n = 0;
    for (let d = 0; d < count; d++) {
      const v = q.values[d * size + site];
      if (!Number.isFinite(v)) continue;
      sum += clampHuge(v) / count;
      n++;
    }
    return n === 0 ? Number.NaN : sum * (count / n);
  });
}

/** A scale about zero that reaches to the greatest magnitude. */
function symmetric(values: ArrayLike<number>): { readonly lo: number; readonly hi: number } {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(clampHuge(values[i])));
  }
  return { lo: -most, hi: most };
}

/** Two charts of a quantity on a grid: some draws, and the mean (of categories the most frequent) by site. */
export function latticeCharts(
  ctx: ChartContext,
  draws: Draws,
  quantity: Quantity,
  shape: LatticeShape,
): readonly { readonly part: string; readonly title: string; readonly svg: string }[] {
  const { rows, cols } = shape;
  const size = rows * cols;
  const map = shape.map ?? mapOf(quantity);
  const scale =
    map === 'diverging'
      ? symmetric(quantity.values)
      : map === 'category'
        ? {}
        : { lo: quantity.lo, hi: quantity.hi };
  const chosen = picks(draws, 4);
  const fields = chosen.map(({ chain, draw }): Field => {
    const at = (chain * draws.draws + draw) * size;
    const caption = draws.chains > 1 ? `chain ${chain + 1}, draw ${draw + 1}` : `draw ${draw + 1}`;
    return { rows, cols, caption, values: quantity.values.subarray(at, at + size) };
  });
  const grid = `${rows} × ${cols} sites`;
  const drawsTitle = `Draws of ${quantity.name}`;
  const category = quantity.kind === 'category';
  const meanTitle = category ? `Most frequent value of ${quantity.name}` : `Mean of ${quantity.name}`;
  const meanMap: ColourMap = map === 'spin' ? 'diverging' : map;
  const mean: Field = { rows, cols, values: summaryField(quantity, size) };
  const all = `${grid} · over ${plural(draws.chains * draws.draws, 'draw')}`;
  return [
    {
      part: 'draws',
      title: drawsTitle,
      svg: lattice(ctx, fields, {
        title: drawsTitle,
        subtitle: grid,
        map,
        labels: quantity.labels,
        ...scale,
      }),
    },
    {
      part: category ? 'mode' : 'mean',
      title: meanTitle,
      svg: lattice(ctx, [mean], {
        title: meanTitle,
        subtitle: all,
        map: meanMap,
        labels: quantity.labels,
        // Means of reals vary less than draws: on the scale of the draws they would all look alike.
        ...(map === 'diverging' ? symmetric(mean.values) : map === 'sequential' ? {} : scale),
      }),
    },
  ];
}
