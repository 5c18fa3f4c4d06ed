import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody, PANEL_LEFT } from './frame.ts';
import { drawMarginal, hasValues } from './marginal-panel.ts';
import { deviation, finite, formatNumber, mean, quantile } from './numbers.ts';
import { pooled, type Series } from './series.ts';
import { plural } from './text.ts';
import { ink } from './theme.ts';

export interface MarginalOptions {
  readonly title?: string;
  readonly note?: string;
  /** A second sample to lay under the first, e.g. the data. */
  readonly reference?: Series;
  /** What the two samples are called: default `samples` and `data`. */
  readonly names?: readonly [string, string];
}

/**
 * The marginal distribution of one scalar over all chains: a histogram with mean, central 50 % and 90 %
 * intervals for reals, shares for integers and categories; with a reference sample, both in one picture.
 */
export function marginal(ctx: ChartContext, series: Series, options: MarginalOptions = {}): string {
  const width = CHART_WIDTH;
  const { reference } = options;
  const names = options.names ?? ['samples', 'data'];
  const values = finite(pooled(series));
  const base = { width, title: options.title ?? `Marginal of ${series.name}` };
  if (!hasValues(series, reference)) {
    return drawFrame(ctx, {
      ...base,
      subtitle: options.note,
      body: emptyBody(width, 'no finite values to draw'),
    });
  }
  const height = 300;
  const drawn = drawMarginal(ctx, series, {
    x: PANEL_LEFT,
    y: 0,
    width: width - CHART_MARGIN - PANEL_LEFT,
    height,
    reference,
    detailed: true,
  });
  const facts = [summary(series, values), drawn.note, options.note ?? ''];
  return drawFrame(ctx, {
    ...base,
    subtitle: facts.filter((f) => f !== '').join(' · '),
    legend:
      reference === undefined
        ? undefined
        : [
            { label: names[0], color: ink('c0'), shape: series.kind === 'real' ? 'line' : 'box' },
            { label: names[1], color: ink('neutral'), shape: 'box' },
          ],
    body: { height, markup: drawn.markup },
  });
}

function summary(series: Series, values: Float64Array): string {
  const count = plural(values.length, 'value');
  if (series.kind === 'category' || values.length === 0) return count;
  const sorted = Float64Array.from(values).sort();
  const [low, high] = [quantile(sorted, 0.05), quantile(sorted, 0.95)].map((v) => formatNumber(v));
  const centre = `mean ${formatNumber(mean(values))}, sd ${formatNumber(deviation(values))}`;
  return `${count} · ${centre} · 90 % in [${low}, ${high}]`;
}
