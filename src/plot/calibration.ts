import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, drawFrame, emptyBody, PANEL_LEFT } from './frame.ts';
import { label } from './markup.ts';
import { drawPanel } from './panel.ts';
import { plural } from './text.ts';
import { ink } from './theme.ts';

/** Forecasts whose stated probability lies in one bin. */
export interface ReliabilityBin {
  readonly lo: number;
  readonly hi: number;
  readonly count: number;
  /** Mean stated probability; NaN of an empty bin. */
  readonly stated: number;
  /** Share that came true; NaN of an empty bin. */
  readonly observed: number;
}

export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  readonly total: number;
  /** Expected calibration error Σ (nᵦ/n)·|observed − stated|, in 0 … 1; NaN without forecasts. */
  readonly ece: number;
}

/**
 * Reliability in equal bins of stated probability (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017,
 * section 2). Forecasts that are not in 0 … 1, or whose outcome is not finite, are left out.
 * @throws RangeError where there are not as many outcomes as forecasts.
 */
export function reliability(stated: ArrayLike<number>, outcome: ArrayLike<number>, bins = 10): Reliability {
  if (stated.length !== outcome.length) {
    throw new RangeError(`${stated.length} forecasts and ${outcome.length} outcomes do not pair up`);
  }
  const sums = Array.from({ length: bins }, () => ({ count: 0, stated: 0, observed: 0 }));
  let total = 0;
  for (let i = 0; i < stated.length; i++) {
    if (!(stated[i] >= 0 && stated[i] <= 1) || !Number.isFinite(outcome[i])) continue;
    const s = sums[Math.min(bins - 1, Math.floor(stated[i] * bins))];
    s.count++;
    s.stated += stated[i];
    s.observed += outcome[i];
    total++;
  }
  const done = sums.map((s, i) => ({
    lo: i / bins,
    hi: (i + 1) / bins,
    count: s.count,
    stated: s.count === 0 ? Number.NaN : s.stated / s.count,
    observed: s.count === 0 ? Number.NaN : s.observed / s.count,
  }));
  const ece = done.reduce(
    (sum, b) => (b.count === 0 ? sum : sum + (b.count / total) * Math.abs(b.observed - b.stated)),
    0,
  );
  return { bins: done, total, ece: total === 0 ? Number.NaN : ece };
}

/** Wilson's (1927) score interval at 95 % for a share of n. */
function wilson(share: number, n: number): readonly [number, number] {
  const z = 1.96;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

export interface CalibrationOptions {
  /** What is forecast; the ECE is put after it. Default `Calibration`. */
  readonly title?: string;
  readonly note?: string;
}

/**
 * Reliability diagram: the share that came true against the probability stated, with Wilson's 95 % intervals,
 * the diagonal of perfect calibration, and below how often each probability was stated. The title carries
 * the expected calibration error.
 */
export function calibration(ctx: ChartContext, data: Reliability, options: CalibrationOptions = {}): string {
  const width = 520;
  const name = options.title ?? 'Calibration';
  const frame = {
    width,
    title: Number.isNaN(data.ece) ? name : `${name} (ECE ${data.ece.toFixed(3)})`,
    subtitle: [plural(data.total, 'forecast'), 'bars: 95 % intervals', options.note ?? '']
      .filter((s) => s !== '')
      .join(' · '),
  };
  if (data.total === 0) return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no forecasts to judge') });
  const points = data.bins
    .filter((b) => b.count > 0)
    .map((b) => {
      const [low, high] = wilson(b.observed, b.count);
      return { ...b, low, high };
    });
  const line = [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
  ];
  const share = { lo: 0, hi: 1 };
  const percent = (v: number): string => `${Math.round(v * 100)} %`;
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const margins = { left: 58, right: 18 };
  const panelWidth = width - CHART_MARGIN - PANEL_LEFT;
  const main = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 0,
    width: panelWidth,
    height: 400,
    margins: { ...margins, top: 28, bottom: 10 },
    xAxis: { range: share, ticks, grid: true, show: 'none' },
    yAxis: { range: share, ticks, format: percent, label: 'came true' },
    framed: true,
    marks: [
      Plot.line(line, { x: 'x', y: 'y', stroke: ink('muted'), strokeDasharray: '5 4' }),
      Plot.link(points, {
        x1: 'stated',
        x2: 'stated',
        y1: 'stated',
        y2: 'observed',
        stroke: ink('c1'),
        strokeWidth: 7,
        strokeOpacity: 0.3,
      }),
      Plot.ruleX(points, { x: 'stated', y1: 'low', y2: 'high', stroke: ink('c0'), strokeWidth: 1.5 }),
      Plot.line(points, { x: 'stated', y: 'observed', stroke: ink('c0'), strokeWidth: 2 }),
      Plot.dot(points, {
        x: 'stated',
        y: 'observed',
        r: 4.5,
        fill: ink('c0'),
        stroke: ink('bg'),
        strokeWidth: 1.5,
      }),
    ],
  });
  const below = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 400,
    width: panelWidth,
    height: 100,
    margins: { ...margins, top: 4, bottom: 42 },
    xAxis: { range: share, ticks, format: percent, label: 'stated probability' },
    yAxis: { range: { lo: 0, hi: Math.max(...data.bins.map((b) => b.count)) }, show: 'none' },
    marks: [
      Plot.rect(
        data.bins.filter((b) => b.count > 0),
        { x1: 'lo', x2: 'hi', y1: 0, y2: 'count', fill: ink('neutral'), insetLeft: 1, insetRight: 1 },
      ),
      Plot.ruleY([0], { stroke: ink('muted'), strokeOpacity: 0.5 }),
    ],
  });
  const caption =
    label(PANEL_LEFT + 50, 425, 'how', { size: 11, anchor: 'end', ink: 'muted' }) +
    label(PANEL_LEFT + 50, 439, 'often', { size: 11, anchor: 'end', ink: 'muted' });
  return drawFrame(ctx, { ...frame, body: { height: 500, markup: main + below + caption } });
}
