import * as Plot from '@observablehq/plot';
import { density } from './bins.ts';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody, type LegendItem, PANEL_LEFT } from './frame.ts';
import { clampHuge, extent, padded, type Range } from './numbers.ts';
import { type Axis, drawPanel, levelAxis } from './panel.ts';
import { frequencies, levelsOf, type Series } from './series.ts';
import { plural } from './text.ts';
import { ink, seriesInk } from './theme.ts';

export interface TraceOptions {
  readonly title?: string;
  /** Shown after the sizes: `R-hat 1.01, ESS 830`. */
  readonly note?: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Values by draw, from 1: at most two points (least and greatest, in order of time) in each of `columns`
 * columns, so spikes survive.
 */
export function decimate(values: ArrayLike<number>, columns: number): readonly Point[] {
  const at = (i: number): Point => ({
    x: i + 1,
    y: Number.isFinite(values[i]) ? clampHuge(values[i]) : Number.NaN,
  });
  if (values.length <= 2 * columns) return Array.from({ length: values.length }, (_, i) => at(i));
  const points: Point[] = [];
  for (let c = 0; c < columns; c++) {
    const from = Math.floor((c * values.length) / columns);
    const to = Math.floor(((c + 1) * values.length) / columns);
    let low = -1;
    let high = -1;
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(values[i])) continue;
      if (low < 0 || values[i] < values[low]) low = i;
      if (high < 0 || values[i] > values[high]) high = i;
    }
    if (low < 0) points.push({ x: from + 1, y: Number.NaN });
    else if (low === high) points.push(at(low));
    else points.push(at(Math.min(low, high)), at(Math.max(low, high)));
  }
  return points;
}

/** One key for each chain, or none for a single chain or for more chains than colours. */
export const chainLegend = (chains: number): readonly LegendItem[] | undefined =>
  chains < 2 || chains > 8
    ? undefined
    : Array.from({ length: chains }, (_, i) => ({
        label: `chain ${i + 1}`,
        color: ink(seriesInk(i)),
        shape: 'line',
      }));

function sideMarks(series: Series, range: Range): { marks: Plot.Markish[]; top: number } {
  const marks: Plot.Markish[] = [];
  let top = 0;
  const opacity = series.chains.length > 8 ? 0.4 : 0.9;
  if (series.kind === 'real') {
    series.chains.forEach((chain, i) => {
      const curve = density(Float64Array.from(chain, clampHuge), range);
      for (const p of curve) top = Math.max(top, p.y);
      const stroke = ink(seriesInk(i));
      marks.push(Plot.line(curve, { x: 'y', y: 'x', stroke, strokeWidth: 1.5, strokeOpacity: opacity }));
    });
    return { marks, top };
  }
  const { levels, counts, total } = frequencies(series);
  const bars = levels.map((_, i) => ({ i, share: total === 0 ? 0 : counts[i] / total }));
  for (const b of bars) top = Math.max(top, b.share);
  const rects = {
    x1: 0,
    x2: 'share',
    y1: (b: { i: number }) => b.i - 0.38,
    y2: (b: { i: number }) => b.i + 0.38,
  };
  marks.push(
    Plot.rect(
      bars.filter((b) => b.share > 0),
      { ...rects, fill: ink('neutral') },
    ),
  );
  return { marks, top };
}

/**
 * A trace plot: the value of one scalar by recorded draw, a line for each chain, with each chain's density
 * (for discrete scalars the frequencies) at the right on the same scale. Gaps are draws that are not finite.
 */
export function trace(ctx: ChartContext, series: Series, options: TraceOptions = {}): string {
  const width = CHART_WIDTH;
  const draws = Math.max(0, ...series.chains.map((c) => c.length));
  const missing = series.chains.reduce(
    (n, c) => n + Array.from(c).filter((v) => !Number.isFinite(v)).length,
    0,
  );
  const facts = [
    `${plural(series.chains.length, 'chain')} × ${plural(draws, 'draw')}`,
    missing > 0 ? `${plural(missing, 'value')} not finite` : '',
    options.note ?? '',
  ];
  const frame = {
    width,
    title: options.title ?? `Trace of ${series.name}`,
    subtitle: facts.filter((f) => f !== '').join(' · '),
    legend: chainLegend(series.chains.length),
  };
  const span = extent(...series.chains);
  if (span === undefined)
    return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no finite values to draw') });

  const discrete = series.kind !== 'real';
  const levels = discrete ? levelsOf(series) : [];
  const position = new Map(levels.map((l, i) => [l.value, i]));
  const yAxis: Axis = discrete
    ? { ...levelAxis(levels, 9), label: series.name }
    : { range: padded(span), label: series.name };
  const side = sideMarks(series, yAxis.range);
  const height = 280;
  const sideWidth = 130;
  const opacity = series.chains.length > 8 ? 0.35 : 0.8;
  const marks = series.chains.flatMap((chain, i): Plot.Markish[] => {
    const values = discrete ? Float64Array.from(chain, (v) => position.get(v) ?? Number.NaN) : chain;
    const points = decimate(values, 560);
    const stroke = ink(seriesInk(i));
    const line = Plot.line(points, {
      x: 'x',
      y: 'y',
      stroke,
      strokeWidth: draws > 400 ? 0.8 : 1.3,
      strokeOpacity: opacity,
      curve: discrete && draws <= 400 ? 'step' : 'linear',
    });
    return draws > 60 ? [line] : [line, Plot.dot(points, { x: 'x', y: 'y', r: 2.2, fill: stroke })];
  });
  const margins = { top: 28, bottom: 42 };
  const main = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 0,
    width: width - sideWidth - CHART_MARGIN - PANEL_LEFT,
    height,
    margins: { ...margins, right: 8 },
    xAxis: {
      range: { lo: draws > 1 ? 1 : 0.5, hi: Math.max(1.5, draws) },
      label: 'recorded draw',
      integers: true,
    },
    yAxis,
    marks,
  });
  const right = drawPanel(ctx, {
    x: width - sideWidth - CHART_MARGIN,
    y: 0,
    width: sideWidth,
    height,
    margins: { ...margins, left: 4, right: 8 },
    xAxis: {
      range: { lo: 0, hi: side.top > 0 ? side.top * 1.05 : 1 },
      label: discrete ? 'share' : 'density',
      ticks: [],
    },
    yAxis: { ...yAxis, show: 'none' },
    marks: [Plot.ruleX([0], { stroke: ink('faint') }), ...side.marks],
  });
  return drawFrame(ctx, { ...frame, body: { height, markup: main + right } });
}
