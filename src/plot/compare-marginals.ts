import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody } from './frame.ts';
import { drawMarginal, hasValues } from './marginal-panel.ts';
import { label } from './markup.ts';
import { finite, formatNumber } from './numbers.ts';
import { frequencies, levelsOf, pooled, type Series } from './series.ts';
import { fitText, plural, textWidth } from './text.ts';
import { ink } from './theme.ts';

/** One column of a table, twice. */
export interface ColumnPair {
  readonly samples: Series;
  readonly data: Series;
}

export interface CompareOptions {
  readonly title?: string;
  readonly note?: string;
  readonly names?: readonly [string, string];
}

/**
 * How far two samples of a column are apart, in 0 … 1: for categories the total variation distance of their
 * frequencies, for numbers the greatest difference of their distribution functions (Kolmogorov and Smirnov).
 * NaN where one of them is empty.
 */
export function marginalDistance(a: Series, b: Series): number {
  if (a.kind === 'category') {
    const levels = levelsOf(a, b);
    const [p, q] = [frequencies(a, levels), frequencies(b, levels)];
    if (p.total === 0 || q.total === 0) return Number.NaN;
    return levels.reduce((sum, _, i) => sum + Math.abs(p.counts[i] / p.total - q.counts[i] / q.total), 0) / 2;
  }
  const x = finite(pooled(a)).sort();
  const y = finite(pooled(b)).sort();
  if (x.length === 0 || y.length === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let worst = 0;
  while (i < x.length && j < y.length) {
    const v = Math.min(x[i], y[j]);
    while (i < x.length && x[i] === v) i++;
    while (j < y.length && y[j] === v) j++;
    worst = Math.max(worst, Math.abs(i / x.length - j / y.length));
  }
  return worst;
}

const MOST = 30;

/** Small multiples of a table's columns: samples in colour over the data in grey, with their distance. */
export function compareMarginals(
  ctx: ChartContext,
  columns: readonly ColumnPair[],
  options: CompareOptions = {},
): string {
  const width = CHART_WIDTH;
  const names = options.names ?? ['samples', 'data'];
  const shown = columns.slice(0, MOST);
  const facts = [
    'at each column’s right: Kolmogorov–Smirnov (numbers) or total variation (categories)',
    shown.length < columns.length ? `first ${MOST} of ${plural(columns.length, 'column')}` : '',
    options.note ?? '',
  ];
  const frame = {
    width,
    title: options.title ?? `Columns: ${names[0]} beside ${names[1]}`,
    subtitle: facts.filter((f) => f !== '').join(' · '),
    legend: [
      { label: names[0], color: ink('c0'), shape: 'box' as const },
      { label: names[1], color: ink('neutral'), shape: 'box' as const },
    ],
  };
  if (shown.length === 0)
    return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no columns to compare') });
  const perRow = shown.length === 1 ? 1 : shown.length === 2 || shown.length === 4 ? 2 : 3;
  const gap = 20;
  const cell = (width - 2 * CHART_MARGIN + gap) / perRow - gap;
  const height = perRow === 1 ? 260 : 170;
  const parts = shown.map(({ samples, data }, i) => {
    const x = CHART_MARGIN + (i % perRow) * (cell + gap);
    const y = Math.floor(i / perRow) * (height + 14);
    const distance = marginalDistance(samples, data);
    const kind = samples.kind === 'category' ? 'TV' : 'KS';
    const badge = Number.isNaN(distance) ? '' : `${kind} ${formatNumber(Number(distance.toFixed(3)))}`;
    const name = fitText(samples.name, cell - textWidth(badge, 12) - 12, 13);
    const heading =
      label(x, y + 14, name, { size: 13, weight: 600 }) +
      label(x + cell, y + 14, badge, { size: 12, anchor: 'end', ink: distance > 0.1 ? 'c1' : 'muted' });
    const box = {
      x: x - 8,
      y: y + 20,
      width: cell + 16,
      height: height - 20,
      reference: data,
      detailed: false,
    };
    const inside = hasValues(samples, data)
      ? drawMarginal(ctx, samples, box).markup
      : label(x + cell / 2, y + height / 2, 'no finite values', { anchor: 'middle', ink: 'muted' });
    return heading + inside;
  });
  const rows = Math.ceil(shown.length / perRow);
  return drawFrame(ctx, { ...frame, body: { height: rows * (height + 14), markup: parts.join('') } });
}
