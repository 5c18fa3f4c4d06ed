import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody } from './frame.ts';
import { clampHuge, extent, formatNumber } from './numbers.ts';
import { drawPanel } from './panel.ts';
import { fitText, plural, textWidth } from './text.ts';
import { ink, seriesInk } from './theme.ts';

/** The mean energy of one term in each group. */
export interface TermMeans {
  readonly name: string;
  readonly means: readonly number[];
}

export interface TermBarOptions {
  readonly title?: string;
  readonly subtitle?: string;
}

const MOST = 24;

/**
 * Mean energy of each term, one bar for each group (`data` and `negatives`): where the two differ, that term
 * still has something to learn. Every bar carries its value.
 * @throws RangeError where a term has not one mean for each group.
 */
export function termBars(
  ctx: ChartContext,
  groups: readonly string[],
  terms: readonly TermMeans[],
  options: TermBarOptions = {},
): string {
  const width = CHART_WIDTH;
  for (const t of terms) {
    if (t.means.length !== groups.length) {
      throw new RangeError(
        `'${t.name}' has ${plural(t.means.length, 'mean')} for ${plural(groups.length, 'group')}`,
      );
    }
  }
  const shown = terms.slice(0, MOST);
  const frame = {
    width,
    title: options.title ?? `Energy by term: ${groups.join(' and ')}`,
    subtitle: [
      options.subtitle ?? '',
      shown.length < terms.length ? `first ${MOST} of ${terms.length} terms` : '',
    ]
      .filter((s) => s !== '')
      .join(' · '),
    legend: groups.map((g, i) => ({ label: g, color: ink(seriesInk(i)), shape: 'box' as const })),
  };
  if (shown.length === 0 || groups.length === 0) {
    return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no terms to compare') });
  }
  const half = 0.38;
  const thick = (2 * half) / groups.length;
  const bars = shown.flatMap((t, i) =>
    t.means.map((v, g) => ({
      v: Number.isNaN(v) ? 0 : clampHuge(v),
      y1: i - half + g * thick,
      y2: i - half + (g + 1) * thick,
      middle: i - half + (g + 0.5) * thick,
      text: formatNumber(v),
      g,
    })),
  );
  const row = Math.max(30, 18 * groups.length + 12);
  const height = shown.length * row + 46;
  const span = extent(
    [0],
    bars.map((b) => b.v),
  ) ?? { lo: 0, hi: 1 };
  const room = 90;
  const names = Math.min(180, Math.max(...shown.map((t) => textWidth(t.name, 11.5)))) + 14;
  const innerWidth = width - 2 * CHART_MARGIN - names;
  const size = Math.max(span.hi - span.lo, Number.MIN_VALUE * 1e10);
  const pad = (size * room) / Math.max(100, innerWidth - 2 * room);
  const none = span.hi === span.lo;
  const range = none
    ? { lo: -1, hi: 1 }
    : { lo: span.lo < 0 ? span.lo - pad : 0, hi: span.hi > 0 ? span.hi + pad : 0 };
  const values = (side: 'left' | 'right'): Plot.Markish =>
    Plot.text(
      bars.filter((b) => b.v < 0 === (side === 'left')),
      {
        x: 'v',
        y: 'middle',
        text: 'text',
        dx: side === 'left' ? -5 : 5,
        textAnchor: side === 'left' ? 'end' : 'start',
        fontSize: 11.5,
        fill: ink('muted'),
      },
    );
  const markup = drawPanel(ctx, {
    x: CHART_MARGIN,
    y: 0,
    width: width - 2 * CHART_MARGIN,
    height,
    margins: { top: 4, left: names, right: 8, bottom: 42 },
    xAxis: { range, label: 'mean energy', grid: true },
    yAxis: {
      range: { lo: shown.length - 0.5, hi: -0.5 },
      ticks: shown.map((_, i) => i),
      format: (i) => fitText(shown[i]?.name ?? '', names - 14, 11),
      grid: false,
    },
    marks: [
      ...groups.map((_, g) =>
        Plot.rect(
          bars.filter((b) => b.g === g),
          { x1: 0, x2: 'v', y1: 'y1', y2: 'y2', fill: ink(seriesInk(g)), fillOpacity: 0.85, insetTop: 1 },
        ),
      ),
      Plot.ruleX([0], { stroke: ink('muted') }),
      values('left'),
      values('right'),
    ],
  });
  return drawFrame(ctx, { ...frame, body: { height, markup } });
}
