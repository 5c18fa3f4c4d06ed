import * as Plot from '@observablehq/plot';
import { binCount, binned, displayRange, edges } from './bins.ts';
import type { ChartContext } from './context.ts';
import { clampHuge, finite, formatNumber, mean, niceTicks, quantile } from './numbers.ts';
import { drawPanel, levelAxis } from './panel.ts';
import { type Frequencies, frequencies, levelsOf, pooled, type Series } from './series.ts';
import { plural, textWidth } from './text.ts';
import { ink } from './theme.ts';

/** Where a marginal goes, and what it is told apart from. */
export interface MarginalPanel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** A second sample under the first: the data the draws should look like. */
  readonly reference?: Series;
  /** Axis labels and interval; off in small multiples. */
  readonly detailed: boolean;
}

export interface DrawnMarginal {
  readonly markup: string;
  /** What the picture leaves out: `3 values beyond the axis`; empty where nothing is. */
  readonly note: string;
}

/** More values than this are drawn as the most frequent ones and `other`, or binned where they have an order. */
const MANY_LEVELS = 40;

const clamped = (s: Series): Float64Array => finite(pooled(s));

function drawReal(ctx: ChartContext, series: Series, at: MarginalPanel): DrawnMarginal {
  const values = clamped(series);
  const reference = at.reference === undefined ? undefined : clamped(at.reference);
  const range = reference === undefined ? displayRange(values) : displayRange(values, reference);
  const count = Math.min(
    Math.floor(at.width / 7),
    binCount(values.length > 0 ? values : (reference ?? []), range),
  );
  const bins = binned(values, range, count);
  const width = (range.hi - range.lo) / count;
  const heights = bins.counts.map((n) => (bins.total === 0 ? 0 : n / bins.total / width));
  const under = reference === undefined ? undefined : binned(reference, range, count);
  const underHeights = under?.counts.map((n) => (under.total === 0 ? 0 : n / under.total / width));
  const top = Math.max(...heights, ...(underHeights ?? []), Number.MIN_VALUE);
  const at0 = edges(bins);
  const bars = (hs: readonly number[], fill: string, fillOpacity: number): Plot.Markish =>
    Plot.rect(
      hs.map((h, i) => ({ x1: at0[i], x2: at0[i + 1], h })).filter((b) => b.h > 0),
      { x1: 'x1', x2: 'x2', y1: 0, y2: 'h', fill, fillOpacity, insetLeft: 0.5, insetRight: 0.5 },
    );
  const marks: Plot.Markish[] = [];
  if (underHeights === undefined) marks.push(bars(heights, ink('c0'), 0.75));
  else {
    const steps = heights.flatMap((h, i) => [
      { x: at0[i], h },
      { x: at0[i + 1], h },
    ]);
    const outline = [{ x: range.lo, h: 0 }, ...steps, { x: range.hi, h: 0 }];
    marks.push(bars(underHeights, ink('neutral'), 0.6));
    marks.push(
      Plot.line(outline, { x: 'x', y: 'h', stroke: ink('c0'), strokeWidth: 2, strokeLinejoin: 'round' }),
    );
  }
  const interval = at.detailed && reference === undefined && values.length > 1;
  if (interval) marks.push(...intervalMarks(values, range, top));
  marks.push(Plot.ruleY([0], { stroke: ink('muted'), strokeOpacity: 0.5 }));
  const outside = bins.outside + (under?.outside ?? 0);
  const markup = drawPanel(ctx, {
    ...place(at),
    margins: at.detailed ? {} : { top: 6, bottom: 22, left: 8, right: 8 },
    xAxis: { range, label: at.detailed ? series.name : undefined },
    yAxis: {
      range: { lo: interval ? -top * 0.14 : 0, hi: top * 1.06 },
      label: at.detailed ? 'density' : undefined,
      show: at.detailed ? 'all' : 'none',
      ticks: niceTicks({ lo: 0, hi: top * 1.06 }, 5),
    },
    marks,
  });
  return { markup, note: outside > 0 ? `${plural(outside, 'value')} beyond the axis` : '' };
}

/** Mean as a dot, central 50 % and 90 % intervals as lines, below the histogram. */
function intervalMarks(values: Float64Array, range: { lo: number; hi: number }, top: number): Plot.Markish[] {
  const sorted = Float64Array.from(values).sort();
  const y = -top * 0.075;
  const cut = (v: number): number => Math.min(range.hi, Math.max(range.lo, v));
  const bar = (p: number, strokeWidth: number): Plot.Markish => {
    const ends = [quantile(sorted, p), quantile(sorted, 1 - p)].map((v) => ({ x: cut(v), y }));
    return Plot.line(ends, { x: 'x', y: 'y', stroke: ink('fg'), strokeWidth, strokeLinecap: 'round' });
  };
  const centre = [{ x: cut(mean(values)), y }];
  const dot = { x: 'x', y: 'y', r: 4.5, fill: ink('bg'), stroke: ink('fg'), strokeWidth: 2 };
  return [bar(0.05, 1.5), bar(0.25, 4), Plot.dot(centre, dot)];
}

interface Table {
  readonly levels: Frequencies['levels'];
  readonly shares: readonly number[];
  readonly reference?: readonly number[];
  readonly note: string;
}

/** Shares by level; of many levels the most frequent in either sample. */
function shareTable(series: Series, reference: Series | undefined, most: number): Table {
  const levels = levelsOf(series, ...(reference === undefined ? [] : [reference]));
  const own = frequencies(series, levels);
  const other = reference === undefined ? undefined : frequencies(reference, levels);
  const share = (f: Frequencies): readonly number[] => f.counts.map((n) => (f.total === 0 ? 0 : n / f.total));
  const shares = share(own);
  const under = other === undefined ? undefined : share(other);
  if (levels.length <= most) return { levels, shares, reference: under, note: '' };
  const weight = (i: number): number => Math.max(shares[i], under?.[i] ?? 0);
  const order = levels.map((_, i) => i).sort((a, b) => weight(b) - weight(a) || a - b);
  const keep = order.slice(0, most);
  const rest = order.slice(most).reduce((sum, i) => sum + shares[i], 0);
  return {
    levels: keep.map((i) => levels[i]),
    shares: keep.map((i) => shares[i]),
    reference: under === undefined ? undefined : keep.map((i) => under[i]),
    note: `the ${keep.length} most frequent of ${plural(levels.length, 'value')}; the others ${exactPercent(rest)}`,
  };
}

const percent = (v: number): string => `${formatNumber(v * 100)} %`;

const exactPercent = (v: number): string =>
  v > 0 && v < 0.0005 ? '<0.1 %' : `${v === 0 || v === 1 ? v * 100 : (v * 100).toFixed(1)} %`;

function drawUpright(ctx: ChartContext, series: Series, table: Table, at: MarginalPanel): string {
  const rows = table.levels.map((_, i) => ({ i, share: table.shares[i], under: table.reference?.[i] ?? 0 }));
  const top = Math.max(...rows.map((r) => Math.max(r.share, r.under)), 1e-9);
  const marks = shareMarks(rows, table.reference !== undefined, false);
  const room = (at.width - 60) / Math.max(1, table.levels.length);
  const most = Math.min(table.levels.length, Math.floor(at.width / 22));
  if (at.detailed && room > 44 && table.reference === undefined) {
    const text = {
      x: 'i',
      y: 'share',
      text: (r: ShareRow) => exactPercent(r.share),
      dy: -8,
      fontSize: 11,
    };
    marks.push(Plot.text(rows, { ...text, fill: ink('muted') }));
  }
  marks.push(Plot.ruleY([0], { stroke: ink('muted'), strokeOpacity: 0.5 }));
  return drawPanel(ctx, {
    ...place(at),
    margins: at.detailed ? {} : { top: 6, bottom: 22, left: 8, right: 8 },
    xAxis: { ...levelAxis(table.levels, most), label: at.detailed ? series.name : undefined },
    yAxis: {
      range: { lo: 0, hi: top * 1.1 },
      format: percent,
      label: at.detailed ? 'share' : undefined,
      show: at.detailed ? 'all' : 'none',
    },
    marks,
  });
}

function drawSideways(ctx: ChartContext, table: Table, at: MarginalPanel): string {
  const n = table.levels.length;
  const rows = table.levels.map((_, i) => ({ i, share: table.shares[i], under: table.reference?.[i] ?? 0 }));
  const top = Math.max(...rows.map((r) => Math.max(r.share, r.under)), 1e-9);
  const room = Math.min(at.width * 0.38, 220);
  const axis = levelAxis(table.levels, Math.max(2, Math.floor((at.height - 30) / 14)), room);
  const left = Math.max(...table.levels.map((l) => Math.min(room, textWidth(l.label, 11)))) + 14;
  return drawPanel(ctx, {
    ...place(at),
    margins: { top: 4, left, right: 16, bottom: at.detailed ? 42 : 22 },
    xAxis: {
      range: { lo: 0, hi: top * 1.06 },
      format: percent,
      label: at.detailed ? 'share' : undefined,
      grid: true,
    },
    yAxis: { ...axis, range: { lo: n - 0.4, hi: -0.6 }, grid: false },
    marks: shareMarks(rows, table.reference !== undefined, true),
  });
}

interface ShareRow {
  readonly i: number;
  readonly share: number;
  readonly under: number;
}

/** Bars; with a reference, the reference as the broader grey bar behind. */
function shareMarks(rows: readonly ShareRow[], referenced: boolean, sideways: boolean): Plot.Markish[] {
  const bar = (key: 'share' | 'under', half: number, fill: string, fillOpacity: number): Plot.Markish => {
    const across = { from: (r: ShareRow) => r.i - half, to: (r: ShareRow) => r.i + half };
    const data = rows.filter((r) => r[key] > 0);
    return sideways
      ? Plot.rect(data, { x1: 0, x2: key, y1: across.from, y2: across.to, fill, fillOpacity })
      : Plot.rect(data, { y1: 0, y2: key, x1: across.from, x2: across.to, fill, fillOpacity });
  };
  return referenced
    ? [bar('under', 0.42, ink('neutral'), 0.6), bar('share', 0.2, ink('c0'), 0.95)]
    : [bar('share', 0.38, ink('c0'), 0.8)];
}

const place = (at: MarginalPanel) => ({ x: at.x, y: at.y, width: at.width, height: at.height });

/** Whether the labels stand beside each other under upright bars. */
function labelsFit(table: Table, width: number): boolean {
  const room = (width - 60) / Math.max(1, table.levels.length);
  return table.levels.every((l) => textWidth(l.label, 11) + 6 <= room);
}

/**
 * One marginal in a box: a histogram for reals, shares for discrete values; the first sample in colour over
 * the reference in grey. Integers with many values are binned, categories with many values are cut to the
 * most frequent.
 */
export function drawMarginal(ctx: ChartContext, series: Series, at: MarginalPanel): DrawnMarginal {
  if (series.kind === 'real') return drawReal(ctx, series, at);
  const ordered = series.kind === 'integer' && series.labels === undefined;
  const levels = levelsOf(series, ...(at.reference === undefined ? [] : [at.reference]));
  if (ordered && levels.length > MANY_LEVELS) return drawReal(ctx, series, at);
  const most = ordered ? MANY_LEVELS : Math.max(4, Math.min(24, Math.floor((at.height - 30) / 14)));
  const table = shareTable(series, at.reference, most);
  const upright = ordered || labelsFit(table, at.width);
  const markup = upright ? drawUpright(ctx, series, table, at) : drawSideways(ctx, table, at);
  return { markup, note: table.note };
}

/** Whether there is anything finite to draw. */
export const hasValues = (...all: readonly (Series | undefined)[]): boolean =>
  all.some((s) => s !== undefined && pooled(s).some((v) => Number.isFinite(clampHuge(v))));
