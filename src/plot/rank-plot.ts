import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody } from './frame.ts';
import { group, label } from './markup.ts';
import { drawPanel } from './panel.ts';
import type { Series } from './series.ts';
import { plural } from './text.ts';
import { ink, seriesInk } from './theme.ts';

/**
 * Histograms of each chain's ranks among all draws, `bins` equal bins: counts[chain][bin]. Tied values share
 * the ranks they occupy evenly, which is the mean over random tie-breaking. Values that are not finite have
 * no rank. (Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021, section 4.)
 */
export function rankHistograms(
  chains: readonly ArrayLike<number>[],
  bins: number,
): readonly (readonly number[])[] {
  const all: { readonly value: number; readonly chain: number }[] = [];
  chains.forEach((values, chain) => {
    for (let i = 0; i < values.length; i++)
      if (Number.isFinite(values[i])) all.push({ value: values[i], chain });
  });
  all.sort((a, b) => a.value - b.value);
  const counts = chains.map(() => new Array<number>(bins).fill(0));
  const scale = bins / all.length;
  for (let from = 0; from < all.length; ) {
    let to = from + 1;
    while (to < all.length && all[to].value === all[from].value) to++;
    const lo = from * scale;
    const hi = to * scale;
    for (let b = Math.floor(lo); b < Math.min(bins, Math.ceil(hi)); b++) {
      const share = (Math.min(hi, b + 1) - Math.max(lo, b)) / (hi - lo);
      for (let i = from; i < to; i++) counts[all[i].chain][b] += share;
    }
    from = to;
  }
  return counts;
}

export interface RankOptions {
  readonly title?: string;
  readonly note?: string;
  readonly bins?: number;
}

/**
 * Rank plot: for each chain a histogram of its ranks among the draws of all chains. Chains that explore the
 * same distribution give flat histograms; the band holds 95 % of bins where draws are independent.
 */
export function rankPlot(ctx: ChartContext, series: Series, options: RankOptions = {}): string {
  const width = CHART_WIDTH;
  const shown = series.chains.slice(0, 16);
  const draws = Math.max(0, ...series.chains.map((c) => c.length));
  const bins = options.bins ?? Math.max(2, Math.min(20, Math.floor(draws / 5)));
  const frame = {
    width,
    title: options.title ?? `Ranks of ${series.name}, by chain`,
    subtitle: [
      'flat is good; the band holds 95 % of bins if draws were independent',
      shown.length < series.chains.length ? `first 16 of ${series.chains.length} chains` : '',
      options.note ?? '',
    ]
      .filter((s) => s !== '')
      .join(' · '),
  };
  const counts = rankHistograms(series.chains, bins).slice(0, shown.length);
  const sizes = counts.map((c) => c.reduce((a, b) => a + b, 0));
  const largest = Math.max(0, ...sizes);
  if (largest === 0) return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no finite values to rank') });

  const expected = largest / bins;
  const half = 1.96 * Math.sqrt(expected * (1 - 1 / bins));
  const top = Math.max(expected + half * 1.3, ...counts.flat()) * 1.08;
  const columns = Math.min(4, shown.length);
  const rows = Math.ceil(shown.length / columns);
  const cell = { width: (width - 2 * CHART_MARGIN + 12) / columns, height: rows > 1 ? 172 : 210 };
  const parts = counts.map((c, i) => {
    const x = CHART_MARGIN - 6 + (i % columns) * cell.width;
    const y = Math.floor(i / columns) * cell.height;
    const bars = c.map((n, b) => ({ x1: b / bins, x2: (b + 1) / bins, n }));
    const fill = ink(seriesInk(i));
    const own = sizes[i] / bins;
    const panel = drawPanel(ctx, {
      x,
      y: y + 18,
      width: cell.width,
      height: cell.height - 24,
      margins: { top: 6, right: 12, left: 34, bottom: 24 },
      xAxis: {
        range: { lo: 0, hi: 1 },
        ticks: [0, 1],
        format: (v) => (v === 0 ? 'low' : 'high'),
        label: 'rank',
      },
      yAxis: { range: { lo: 0, hi: top } },
      marks: [
        Plot.rect([0], { x1: 0, x2: 1, y1: Math.max(0, own - half), y2: own + half, fill: ink('faint') }),
        Plot.rect(bars, {
          x1: 'x1',
          x2: 'x2',
          y1: 0,
          y2: 'n',
          fill,
          fillOpacity: 0.75,
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([own], { stroke: ink('fg'), strokeOpacity: 0.7, strokeDasharray: '4 3' }),
      ],
    });
    return panel + label(x + 34, y + 14, `chain ${i + 1}`, { size: 12, weight: 600, ink: seriesInk(i) });
  });
  const body = group(0, 6, ...parts);
  return drawFrame(ctx, {
    ...frame,
    description: `${frame.title}: ${plural(series.chains.length, 'chain')}, draws in each of ${bins} rank bins`,
    body: { height: rows * cell.height + 6, markup: body },
  });
}
