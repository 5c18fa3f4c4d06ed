/** Pictures of one state, as `minimize` leaves it: what is a grid, in the colours of its values. */
import type { ColourMap } from './colour-maps.ts';
import type { ChartContext } from './context.ts';
import { lattice } from './lattice.ts';
import type { RunChart } from './run-charts.ts';

/** Sides below these are tables of numbers rather than pictures, as in charts of draws. */
const LEAST_DISCRETE = 4;
const LEAST_REAL = 8;
/** So many whole numbers have a colour each. */
const FEW = 8;

interface Grid {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float64Array;
  /** Names of the values 0, 1, …, where they have names. */
  readonly labels?: readonly string[];
}

/**
 * @param state nested arrays by name, names of categories as strings: what `state.json` holds
 * @returns a picture of each matrix; other values are left out
 */
export function stateCharts(
  ctx: ChartContext,
  state: Readonly<Record<string, unknown>>,
): readonly RunChart[] {
  return Object.entries(state).flatMap(([name, value], i): RunChart[] => {
    const grid = gridOf(value);
    if (!grid) return [];
    const { rows, cols } = grid;
    const title = `${name} of least energy`;
    const svg = lattice(ctx, [grid], { title, subtitle: `${rows} × ${cols} sites`, ...coloursOf(grid) });
    const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    return [{ file: `state-${i}-${slug}.svg`.replace('--', '-'), title, svg }];
  });
}

function gridOf(value: unknown): Grid | null {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return null;
  const rows = value.length;
  const cols = value[0].length;
  const cells: unknown[] = value.flat();
  if (cells.length !== rows * cols) return null;
  if (cells.every((c) => typeof c === 'string')) {
    if (Math.min(rows, cols) < LEAST_DISCRETE) return null;
    const labels = [...new Set(cells)].sort();
    return { rows, cols, labels, values: Float64Array.from(cells, (c) => labels.indexOf(c)) };
  }
  if (!cells.every((c) => typeof c === 'number')) return null;
  const least = cells.every((c) => Number.isInteger(c)) ? LEAST_DISCRETE : LEAST_REAL;
  return Math.min(rows, cols) < least ? null : { rows, cols, values: Float64Array.from(cells) };
}

/** Spins, bits, a few whole numbers, grey levels, reals with both signs or one. */
function coloursOf({ values, labels }: Grid): {
  readonly map: ColourMap;
  readonly labels?: readonly string[];
  readonly lo?: number;
  readonly hi?: number;
} {
  if (labels) return { map: 'category', labels };
  const [lo, hi] = [values.reduce((a, v) => Math.min(a, v)), values.reduce((a, v) => Math.max(a, v))];
  if (values.every(Number.isInteger)) {
    if (values.every((v) => v === -1 || v === 1)) return { map: 'spin', lo: -1, hi: 1 };
    if (lo >= 0 && hi <= 1) return { map: 'ink', lo: 0, hi: 1 };
    if (lo >= 0 && hi < FEW)
      return { map: 'category', labels: Array.from({ length: hi + 1 }, (_, v) => String(v)) };
    return { map: 'grey', lo, hi };
  }
  if (lo < 0 && hi > 0) return { map: 'diverging', lo: -Math.max(-lo, hi), hi: Math.max(-lo, hi) };
  return { map: 'sequential' };
}
