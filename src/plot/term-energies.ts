import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody } from './frame.ts';
import { label } from './markup.ts';
import { clampHuge, deviation, extent, finite, formatNumber, mean, niceTicks, padded } from './numbers.ts';
import { drawPanel } from './panel.ts';
import { pooled, type Series } from './series.ts';
import { fitText, plural } from './text.ts';
import { ink } from './theme.ts';

export interface TermOptions {
  readonly title?: string;
  readonly subtitle?: string;
}

const MOST = 16;
const ROW = 62;
const NAME_WIDTH = 140;
const STATS_WIDTH = 160;

interface Band {
  readonly x: number;
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}

/** By column of draws: the mean of all chains' values there, and their least and greatest. */
function bands(series: Series, columns: number): readonly Band[] {
  const draws = Math.max(0, ...series.chains.map((c) => c.length));
  const n = Math.min(columns, draws);
  const out: Band[] = [];
  for (let k = 0; k < n; k++) {
    const from = Math.floor((k * draws) / n);
    const to = Math.floor(((k + 1) * draws) / n);
    const values: number[] = [];
    for (const c of series.chains) {
      for (let i = from; i < Math.min(to, c.length); i++)
        if (Number.isFinite(c[i])) values.push(clampHuge(c[i]));
    }
    const span = extent(values);
    const x = (from + to + 1) / 2;
    if (span === undefined) out.push({ x, low: Number.NaN, mid: Number.NaN, high: Number.NaN });
    else out.push({ x, low: span.lo, mid: mean(values), high: span.hi });
  }
  return out;
}

/**
 * The energy of each term by recorded draw, one row a term with a scale of its own: the mean over chains and
 * their spread, and at the right mean ± standard deviation. Shows which term moves, drifts or got out of hand.
 */
export function termEnergies(ctx: ChartContext, terms: readonly Series[], options: TermOptions = {}): string {
  const width = CHART_WIDTH;
  const shown = terms.slice(0, MOST);
  const chains = Math.max(0, ...shown.map((t) => t.chains.length));
  const subtitle = [
    options.subtitle ?? `line: mean of ${plural(chains, 'chain')}; band: least to greatest; right: mean ± sd`,
    shown.length < terms.length ? `first ${MOST} of ${terms.length} terms` : '',
  ];
  const frame = {
    width,
    title: options.title ?? 'Energy by term',
    subtitle: subtitle.filter((s) => s !== '').join(' · '),
  };
  const draws = Math.max(0, ...shown.flatMap((t) => t.chains.map((c) => c.length)));
  if (draws === 0) return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no draws to show') });
  const parts = shown.map((term, i) => {
    const y = i * ROW;
    const last = i === shown.length - 1;
    const values = finite(pooled(term));
    const lost = pooled(term).length - values.length;
    const points = bands(term, 220);
    const few = points.length <= 40;
    const range = padded(extent(values), 0.08);
    const panel = drawPanel(ctx, {
      x: CHART_MARGIN + NAME_WIDTH,
      y,
      width: width - 2 * CHART_MARGIN - NAME_WIDTH - STATS_WIDTH,
      height: ROW - 6 + (last ? 40 : 0),
      margins: { top: 4, bottom: last ? 44 : 4, left: 64, right: 10 },
      xAxis: {
        range: { lo: 0.5, hi: draws + 0.5 },
        label: 'recorded draw',
        integers: true,
        show: last ? 'all' : 'none',
      },
      yAxis: { range, ticks: niceTicks(range, 2) },
      framed: false,
      marks: [
        Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: ink('c0'), fillOpacity: 0.2 }),
        Plot.line(points, { x: 'x', y: 'mid', stroke: ink('c0'), strokeWidth: 1.5 }),
        ...(few ? [Plot.dot(points, { x: 'x', y: 'mid', r: 2, fill: ink('c0') })] : []),
      ],
    });
    const middle = y + ROW / 2 - 2;
    const right = width - CHART_MARGIN;
    const sd = formatNumber(deviation(values), 2);
    const stats = values.length === 0 ? 'never finite' : `${formatNumber(mean(values))} ± ${sd}`;
    return (
      panel +
      label(CHART_MARGIN, middle + 4, fitText(term.name, NAME_WIDTH - 6, 13.5), { size: 13.5, weight: 600 }) +
      label(right, middle + 4, stats, { anchor: 'end', size: 13 }) +
      (lost === 0
        ? ''
        : label(right, middle + 20, `${plural(lost, 'draw')} not finite`, {
            anchor: 'end',
            size: 11,
            ink: 'c1',
          }))
    );
  });
  return drawFrame(ctx, { ...frame, body: { height: shown.length * ROW + 40, markup: parts.join('') } });
}
