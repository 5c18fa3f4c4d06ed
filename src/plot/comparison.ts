/** A whole comparison as one figure: the classifier's verdict, the columns, the pairs. */
import type { ClassifierTest } from '../stats/classifier-test.ts';
import type { Comparison } from '../stats/comparison.ts';
import { shortNames } from '../stats/short-names.ts';
import { accuracyText, pText, strength } from '../stats/verdict.ts';
import { type Drawn, drawColumns } from './comparison-columns.ts';
import { drawPairs, fitNames } from './comparison-pairs.ts';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody } from './frame.ts';
import { element, group, label } from './markup.ts';
import { formatNumber } from './numbers.ts';
import { fitText, groupDigits, plural, textWidth } from './text.ts';
import { ink } from './theme.ts';

/** What of a comparison is drawn. */
export type ComparisonPicture = Omit<Comparison, 'similarity'>;

export interface ComparisonChartOptions {
  readonly title?: string;
}

/** Columns with a panel of their own, at most: the worst ones. */
const MOST_PANELS = 24;
const INNER = CHART_WIDTH - 2 * CHART_MARGIN;

/**
 * One figure in three parts: how often a classifier tells draws from data, and by what; the columns, worst first,
 * draws over data, each with its distance and the distance that chance makes; the associations of all pairs.
 */
export function comparisonChart(
  ctx: ChartContext,
  c: ComparisonPicture,
  options: ComparisonChartOptions = {},
): string {
  const worth =
    c.worth < 0.9 * c.rows.draws ? ` (worth ${groupDigits(String(c.worth))} independent ones)` : '';
  const facts = [
    `${plural(c.rows.draws, 'draw')}${worth} and ${plural(c.rows.data, 'row')} of ${plural(c.columns, 'column')}`,
    c.missing.cells > 0
      ? `${plural(c.missing.cells, 'missing cell')} in ${plural(c.missing.rows, 'row')} left out`
      : '',
  ];
  const frame = {
    width: CHART_WIDTH,
    title: options.title ?? 'Draws beside data',
    subtitle: facts.filter((f) => f !== '').join(' · '),
    legend: [
      { label: 'draws', color: ink('c0'), shape: 'box' as const },
      { label: 'data', color: ink('neutral'), shape: 'box' as const },
    ],
  };
  if (c.marginals.length === 0)
    return drawFrame(ctx, { ...frame, body: emptyBody(CHART_WIDTH, 'no columns to compare') });
  const titleOf = shortNames(c.marginals.map((m) => m.name).concat(c.associations.names));
  const panels = c.marginals.slice(0, MOST_PANELS).map((m) => ({ ...m, title: titleOf(m.name) }));
  const shown = panels.length < c.columns ? ` · ${panels.length} of ${c.columns} shown` : '';
  const parts: (readonly [heading: string, note: string, body: Drawn])[] = [
    [
      'Can they be told apart?',
      c.kernelTest ? kernelText(c.mmd, c.kernel, c.kernelTest) : '',
      drawVerdict(c.classifier, titleOf),
    ],
    [
      `Columns, worst first${shown}`,
      'distance / by chance (KS of numbers, TV of states)',
      drawColumns(ctx, panels, INNER),
    ],
  ];
  if (c.associations.names.length > 1) {
    const { names } = c.associations;
    const some = names.length < c.columns ? ` · ${names.length} of ${c.columns} columns` : '';
    parts.push([
      `How columns go together${some}`,
      'r of numbers, η with a category, V of categories',
      drawPairs(c.associations, titleOf, INNER),
    ]);
  }
  let y = 6;
  const markup: string[] = [];
  for (const [heading, note, body] of parts) {
    const room = INNER - textWidth(heading, 15) - 16;
    markup.push(
      element('line', {
        x1: CHART_MARGIN,
        x2: CHART_WIDTH - CHART_MARGIN,
        y1: y,
        y2: y,
        stroke: ink('faint'),
      }),
      label(CHART_MARGIN, y + 24, heading, { size: 15, weight: 650 }),
      label(CHART_WIDTH - CHART_MARGIN, y + 24, fitText(note, room, 11.5), {
        size: 11.5,
        anchor: 'end',
        ink: 'muted',
      }),
      group(CHART_MARGIN, y + 38, body.markup),
    );
    y += 38 + body.height + 10;
  }
  return drawFrame(ctx, { ...frame, body: { height: y, markup: markup.join('') } });
}

function kernelText(mmd: number, kernel: string, test: NonNullable<Comparison['kernelTest']>): string {
  return `MMD² ${formatNumber(mmd, 2)} (${kernel} kernel, ${pText(test.p)})`;
}

const SCALE = { left: 250, width: 220 } as const;

/** How often a classifier is right, on a scale from a coin to certainty, and what it goes by. */
function drawVerdict(test: ClassifierTest | null, titleOf: (name: string) => string): Drawn {
  if (test === null)
    return {
      height: 34,
      markup: label(0, 16, 'too few rows for a classifier: 20 of each side are needed', {
        size: 13,
        ink: 'muted',
      }),
    };
  const word = strength(test);
  const color = word === null ? ink('c2') : ink(test.accuracy < 0.65 ? 'c4' : 'c1');
  const x = (p: number): number => SCALE.left + (Math.min(1, Math.max(0.5, p)) - 0.5) * 2 * SCALE.width;
  const line = (from: number, to: number, y: number, stroke: string, w: number): string =>
    element('line', { x1: from, x2: to, y1: y, y2: y, stroke, 'stroke-width': w, 'stroke-linecap': 'round' });
  const parts = [
    label(0, 32, accuracyText(test), { size: 31, weight: 700 }),
    label(0, 53, 'told apart by a classifier', { size: 12.5, ink: 'muted' }),
    label(0, 71, word === null ? `no better than a coin (${pText(test.p)})` : `${word} (${pText(test.p)})`, {
      size: 12.5,
      weight: 600,
    }),
    line(x(0.5), x(1), 26, ink('faint'), 8),
    line(x(test.accuracy - 2 * test.error), x(test.accuracy + 2 * test.error), 26, color, 8),
    element('circle', {
      cx: x(test.accuracy),
      cy: 26,
      r: 8,
      fill: color,
      stroke: ink('bg'),
      'stroke-width': 2,
    }),
    label(x(0.5), 50, '50 %', { size: 11, ink: 'muted' }),
    label(x(0.5), 64, 'a coin', { size: 11, ink: 'muted' }),
    label(x(0.75), 50, '75 %', { size: 11, anchor: 'middle', ink: 'muted' }),
    label(x(1), 50, '100 %', { size: 11, anchor: 'end', ink: 'muted' }),
    label(x(1), 64, 'always', { size: 11, anchor: 'end', ink: 'muted' }),
    drawTellers(word === null ? [] : test.by.slice(0, 4), titleOf),
  ];
  return { height: 84, markup: parts.join('') };
}

/** The columns and pairs by which they are told apart, as bars. */
function drawTellers(by: ClassifierTest['by'], titleOf: (name: string) => string): string {
  const left = SCALE.left + SCALE.width + 34;
  const width = INNER - left;
  if (by.length === 0) return label(left, 30, 'no column or pair stands out', { size: 12, ink: 'muted' });
  const most = Math.max(...by.map((b) => b.share));
  return [
    label(left, 9, 'mostly by', { size: 11, ink: 'muted' }),
    ...by.map((b, i) => {
      const y = 15 + i * 17;
      return (
        element('rect', {
          x: left,
          y,
          width: Math.max(2, (b.share / most) * width),
          height: 14,
          rx: 2,
          fill: ink('c1'),
          'fill-opacity': 0.22,
        }) + label(left + 5, y + 11, fitNames(b.names.map(titleOf), width - 8, 11.5), { size: 11.5 })
      );
    }),
  ].join('');
}
