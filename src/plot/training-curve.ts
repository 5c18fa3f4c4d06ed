import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody, PANEL_LEFT } from './frame.ts';
import { group, label } from './markup.ts';
import { clampHuge, extent, formatNumber, padded, type Range } from './numbers.ts';
import { drawPanel } from './panel.ts';
import { fitText, textWidth } from './text.ts';
import { ink, seriesInk } from './theme.ts';
import { decimate } from './trace.ts';

/** One measured quantity of a training run. */
export interface Curve {
  readonly name: string;
  /** Step numbers; default 0, 1, … */
  readonly steps?: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Curves of one unit share a panel: `nats`, `accuracy`; the axis label. Default `loss`. */
  readonly unit?: string;
}

export interface TrainingOptions {
  readonly title?: string;
  readonly subtitle?: string;
  /** Smoothing length in points; default one eightieth of the run. */
  readonly smoothing?: number;
  /** Default: logarithmic where all values are positive and span a factor of 100. */
  readonly log?: boolean;
}

/**
 * Two-sided exponential average: weights exp(−|i − j| / length) over all finite values, normalised, so the line
 * does not lag behind. NaN only where no value is finite.
 */
export function smooth(values: ArrayLike<number>, length: number): Float64Array {
  const n = values.length;
  const keep = length <= 0 ? 0 : Math.exp(-1 / length);
  const sums = new Float64Array(n);
  const weights = new Float64Array(n);
  const pass = (from: number, step: 1 | -1, own: 0 | 1): void => {
    let sum = 0;
    let weight = 0;
    for (let i = from; i >= 0 && i < n; i += step) {
      const known = Number.isFinite(values[i]) ? 1 : 0;
      const value = known === 1 ? clampHuge(values[i]) : 0;
      sums[i] += keep * sum + own * value;
      weights[i] += keep * weight + own * known;
      sum = keep * sum + value;
      weight = keep * weight + known;
    }
  };
  pass(0, 1, 1);
  pass(n - 1, -1, 0);
  return sums.map((s, i) => (weights[i] > 0 ? s / weights[i] : Number.NaN));
}

/** At most `most` of the points of a smooth line, evenly spaced, the last always among them. */
function sampled(values: ArrayLike<number>, most: number): readonly { x: number; y: number }[] {
  const n = values.length;
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, k) => {
    const i = count === 1 ? n - 1 : Math.round((k * (n - 1)) / (count - 1));
    return { x: i + 1, y: values[i] };
  });
}

/** Positions in order, each moved as little as needed so neighbours are `gap` apart, inside the range. */
export function spread(positions: readonly number[], gap: number, range: Range): readonly number[] {
  const order = positions.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p);
  let last = Number.NEGATIVE_INFINITY;
  for (const o of order) {
    o.p = Math.max(o.p, last + gap, range.lo);
    last = o.p;
  }
  let limit = range.hi;
  for (const o of order.toReversed()) {
    o.p = Math.min(o.p, limit);
    limit = o.p - gap;
  }
  const out = new Array<number>(positions.length);
  for (const o of order) out[o.i] = o.p;
  return out;
}

const LABEL_WIDTH = 230;
const LABEL_SIZE = 12.5;
const MOST = 8;

interface Drawn {
  readonly curve: Curve;
  readonly raw: readonly { x: number; y: number }[];
  readonly line: readonly { x: number; y: number }[];
  readonly last: number;
}

function prepare(curve: Curve, smoothing: number | undefined): Drawn {
  const length = smoothing ?? curve.values.length / 80;
  const smoothed = smooth(curve.values, length);
  const step = (x: number): number => curve.steps?.[x - 1] ?? x - 1;
  const place = (points: readonly { x: number; y: number }[]) =>
    points.map((p) => ({ x: step(p.x), y: p.y }));
  return {
    curve,
    raw: place(decimate(curve.values, 400)),
    line: place(sampled(smoothed, 300)),
    last: smoothed.length === 0 ? Number.NaN : smoothed[smoothed.length - 1],
  };
}

/**
 * What a fit reported by step: smoothed lines over the faint raw values, each named at its end with its last
 * value; one panel for each unit.
 */
export function trainingCurve(
  ctx: ChartContext,
  curves: readonly Curve[],
  options: TrainingOptions = {},
): string {
  const width = CHART_WIDTH;
  const frame = {
    width,
    title: options.title ?? 'Training',
    subtitle: options.subtitle ?? 'smoothed lines over the values of each step',
  };
  const usable = curves.filter((c) => extent(c.values) !== undefined);
  if (usable.length === 0) {
    return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no finite values to draw') });
  }
  const units = [...new Set(usable.map((c) => c.unit ?? 'loss'))];
  const height = units.length === 1 ? 320 : 230;
  const steps = extent(...usable.map((c) => c.steps ?? [0, c.values.length - 1])) ?? { lo: 0, hi: 1 };
  const xRange = steps.hi > steps.lo ? steps : padded(steps);
  const groups = units.map((unit) =>
    usable
      .filter((c) => (c.unit ?? 'loss') === unit)
      .slice(0, MOST)
      .map((c) => prepare(c, options.smoothing)),
  );
  const widest = Math.max(...groups.flat().map((d) => textWidth(endLabel(d), LABEL_SIZE * 1.04)));
  let first = 0;
  const parts = units.map((unit, u) => {
    const box = { width, height, xRange, first, labelWidth: Math.ceil(widest) + 10, log: options.log };
    first += groups[u].length;
    return group(0, u * height, drawUnit(ctx, groups[u], unit, box));
  });
  return drawFrame(ctx, { ...frame, body: { height: units.length * height, markup: parts.join('') } });
}

/** `train 0.31`: what stands at the end of a line. */
function endLabel(d: Drawn): string {
  const value = formatNumber(d.last);
  const text = fitText(d.curve.name, LABEL_WIDTH - 20 - textWidth(value, LABEL_SIZE), LABEL_SIZE);
  return `${text} ${value}`;
}

interface UnitBox {
  /** Room at the right for the names of the lines, the same in all panels. */
  readonly labelWidth: number;
  readonly width: number;
  readonly height: number;
  readonly xRange: Range;
  /** Colour of the first curve. */
  readonly first: number;
  readonly log?: boolean;
}

function drawUnit(ctx: ChartContext, drawn: readonly Drawn[], unit: string, box: UnitBox): string {
  const span = extent(...drawn.map((d) => d.curve.values)) ?? { lo: 0, hi: 1 };
  const log = span.lo > 0 && span.hi > span.lo && (box.log ?? span.hi / span.lo > 100);
  const yRange = log ? { lo: span.lo / 1.15, hi: span.hi * 1.15 } : padded(span);
  const margins = { top: 28, bottom: 42, right: 10 };
  const names = drawn.map(endLabel);
  const room = box.labelWidth;
  const panelWidth = box.width - CHART_MARGIN - PANEL_LEFT - room;
  const marks = drawn.flatMap((d, i): Plot.Markish[] => {
    const stroke = ink(seriesInk(box.first + i));
    const few = d.raw.length <= 40;
    return [
      Plot.line(d.raw, { x: 'x', y: 'y', stroke, strokeOpacity: 0.28, strokeWidth: 1 }),
      ...(few ? [Plot.dot(d.raw, { x: 'x', y: 'y', r: 2, fill: stroke, fillOpacity: 0.5 })] : []),
      Plot.line(d.line, { x: 'x', y: 'y', stroke, strokeWidth: 2.5, strokeLinejoin: 'round' }),
    ];
  });
  const panel = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 0,
    width: panelWidth,
    height: box.height,
    margins,
    xAxis: { range: box.xRange, label: 'step', integers: true },
    yAxis: { range: yRange, label: log ? `${unit} (log scale)` : unit, log },
    marks,
  });
  const inside = box.height - margins.top - margins.bottom;
  const at = (v: number): number => {
    const f = log
      ? Math.log(v / yRange.lo) / Math.log(yRange.hi / yRange.lo)
      : (v - yRange.lo) / (yRange.hi - yRange.lo);
    return margins.top + inside * (1 - f);
  };
  const wanted = drawn.map((d) => (Number.isFinite(d.last) ? at(d.last) : margins.top + inside / 2));
  const x = PANEL_LEFT + panelWidth - 2;
  const ends = spread(wanted, 17, { lo: margins.top + 6, hi: margins.top + inside }).map((y, i) =>
    label(x, y + 4, names[i], { size: LABEL_SIZE, weight: 600, ink: seriesInk(box.first + i) }),
  );
  return panel + ends.join('');
}
