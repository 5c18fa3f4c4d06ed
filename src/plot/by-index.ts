import * as Plot from '@observablehq/plot';
import type { Draws, Quantity } from '../stats/draws.ts';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody, type LegendItem, PANEL_LEFT } from './frame.ts';
import { clampHuge, extent, finite, mean, padded, quantile, type Range } from './numbers.ts';
import { drawPanel } from './panel.ts';
import { plural } from './text.ts';
import { ink, seriesInk } from './theme.ts';

/** Shorter lines are read one by one. */
const LEAST = 8;
/** More elements than this are shown evenly spread. */
const MOST = 400;
/** Values of a category that have a colour each; the rest is left blank. */
const MOST_LABELS = 8;

/** Whether a quantity is a line of elements long enough to be seen as one. */
export const isLine = ({ shape }: Quantity): boolean => shape.length === 1 && shape[0] >= LEAST;

interface Place {
  /** The element's number. */
  readonly i: number;
  /** Its finite values over all draws, sorted. */
  readonly sorted: Float64Array;
  /** From where to where it is drawn. */
  readonly x1: number;
  readonly x2: number;
}

/**
 * An array over one index as a line: of numbers the median by element and the intervals that hold half and nine
 * tenths of the draws; of two values the mean; of categories the share of each value, one upon another.
 */
export function byIndex(ctx: ChartContext, draws: Draws, quantity: Quantity): string {
  const [size] = quantity.shape;
  const width = CHART_WIDTH;
  const shown = Math.min(size, MOST);
  const numbers = Array.from({ length: shown }, (_, k) =>
    shown === size ? k : Math.round((k * (size - 1)) / (shown - 1)),
  );
  const half = shown === size ? 0.5 : (size - 1) / (shown - 1) / 2;
  const places = numbers.map(
    (i): Place => ({ i, sorted: valuesAt(quantity, i).sort(), x1: i - half, x2: i + half }),
  );
  const picture = pictureOf(quantity, places);
  const frame = {
    width,
    title: `${quantity.name} by index`,
    subtitle: `${picture?.what ?? 'elements'} of ${plural(size, 'element')} over ${plural(draws.chains * draws.draws, 'draw')}`,
    legend: picture?.legend,
  };
  if (!picture) return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no finite values to draw') });
  const height = 300;
  const panel = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 0,
    width: width - CHART_MARGIN - PANEL_LEFT + 6,
    height,
    xAxis: { range: { lo: -0.5, hi: size - 0.5 }, label: 'index', integers: true },
    yAxis: { range: picture.range, label: picture.label },
    marks: picture.marks,
  });
  return drawFrame(ctx, { ...frame, body: { height, markup: panel } });
}

interface Picture {
  readonly what: string;
  readonly label: string;
  readonly range: Range;
  readonly legend: readonly LegendItem[];
  readonly marks: readonly Plot.Markish[];
}

/** One element in all draws of all chains, what is not finite left out. */
function valuesAt({ values, shape }: Quantity, i: number): Float64Array {
  const [size] = shape;
  const own = new Float64Array(values.length / size);
  for (let d = 0; d < own.length; d++) own[d] = values[d * size + i];
  return finite(own).map(clampHuge);
}

function pictureOf(q: Quantity, places: readonly Place[]): Picture | null {
  const known = places.filter((p) => p.sorted.length > 0);
  if (known.length === 0) return null;
  if (q.kind === 'category') return shares(q, known);
  const two = q.kind === 'integer' && q.lo !== undefined && q.hi !== undefined && isPair(q.lo, q.hi);
  return two ? means(q, known, { lo: q.lo!, hi: q.hi! }) : bands(q, known);
}

/** Bits and spins. */
const isPair = (lo: number, hi: number): boolean => hi - lo === 1 || (lo === -1 && hi === 1);

function bands(q: Quantity, places: readonly Place[]): Picture {
  const at = places.map(({ i, sorted }) => {
    const [q5, q25, q50, q75, q95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantile(sorted, p));
    return { i, q5, q25, q50, q75, q95 };
  });
  const color = ink(seriesInk(0));
  const whole = q.kind === 'integer';
  const curve = whole ? 'step' : 'linear';
  const span = extent(
    at.map((p) => p.q5),
    at.map((p) => p.q95),
  );
  const area = (y1: string, y2: string, fillOpacity: number): Plot.Markish =>
    Plot.areaY(at, { x: 'i', y1, y2, fill: color, fillOpacity, curve });
  return {
    what: 'median and intervals',
    label: q.name,
    range: padded(span),
    legend: [
      { label: 'median', color, shape: 'line' },
      { label: '25 % to 75 %', color, shape: 'box', opacity: 0.5 },
      { label: '5 % to 95 %', color, shape: 'box', opacity: 0.2 },
    ],
    marks: [
      area('q5', 'q95', 0.2),
      area('q25', 'q75', 0.3),
      Plot.line(at, { x: 'i', y: 'q50', stroke: color, strokeWidth: 2, curve }),
    ],
  };
}

function means(q: Quantity, places: readonly Place[], range: Range): Picture {
  const at = places.map(({ i, sorted, x1, x2 }) => ({ i, y: mean(sorted), x1, x2 }));
  const color = ink(seriesInk(0));
  return {
    what: 'mean',
    label: `mean of ${q.name}`,
    range,
    legend: [],
    marks: [
      Plot.rect(at, {
        x1: 'x1',
        x2: 'x2',
        y1: range.lo < 0 ? 0 : range.lo,
        y2: 'y',
        fill: color,
        fillOpacity: 0.35,
      }),
      Plot.line(at, { x: 'i', y: 'y', stroke: color, strokeWidth: 1.5, curve: 'step' }),
    ],
  };
}

function shares(q: Quantity, places: readonly Place[]): Picture {
  const labels = q.labels ?? [];
  const codes = [...new Set(places.flatMap((p) => [...new Set(p.sorted)]))].sort((a, b) => a - b);
  const coloured = codes.slice(0, MOST_LABELS);
  const bars = places.flatMap(({ sorted, x1, x2 }) => {
    let y = 0;
    return coloured.map((code, k) => {
      const share = sorted.filter((v) => v === code).length / sorted.length;
      const bar = { k, x1, x2, y1: y, y2: y + share };
      y += share;
      return bar;
    });
  });
  return {
    what: 'share of each value',
    label: `share of ${q.name}`,
    range: { lo: 0, hi: 1 },
    legend: coloured.map((code, k) => ({
      label: labels[code] ?? String(code),
      color: ink(seriesInk(k)),
      shape: 'box' as const,
      opacity: 0.85,
    })),
    marks: coloured.map((_, k) =>
      Plot.rect(
        bars.filter((b) => b.k === k && b.y2 > b.y1),
        { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: ink(seriesInk(k)), fillOpacity: 0.85 },
      ),
    ),
  };
}
