/** Small multiples of a comparison's columns: draws in colour over the data in grey. */
import * as Plot from '@observablehq/plot';
import type { Histogram } from '../stats/histogram.ts';
import type { MarginalDistance } from '../stats/marginal-distances.ts';
import type { ChartContext } from './context.ts';
import { element, group, label } from './markup.ts';
import { drawPanel } from './panel.ts';
import { fitText, textWidth } from './text.ts';
import { ink } from './theme.ts';

const GAP = 22;
const HEIGHT = 142;
const HEADING = 20;
const FONT = 11;

export interface Drawn {
  readonly height: number;
  readonly markup: string;
}

/** `0.12`: a distance in 0 … 1. */
const distanceText = (v: number): string => (Number.isNaN(v) ? '–' : v.toFixed(2));
/** Bold letters are wider by about this. */
const BOLD = 1.1;

/** Columns in rows of three, each with its name, its distance and what chance alone would make of it. */
export function drawColumns(
  ctx: ChartContext,
  columns: readonly (MarginalDistance & { readonly title: string })[],
  width: number,
): Drawn {
  const perRow = columns.length === 1 ? 1 : columns.length === 2 || columns.length === 4 ? 2 : 3;
  const cell = (width + GAP) / perRow - GAP;
  const parts = columns.map((c, i) => {
    const kind = c.measure === 'total_variation' ? 'TV' : 'KS';
    const badge = `${kind} ${distanceText(c.distance)}`;
    const chance = ` / ${distanceText(c.chance)}`;
    const room = BOLD * textWidth(badge, 12) + textWidth(chance, 12);
    const far = c.distance > c.chance;
    const heading = [
      label(0, 13, fitText(c.title, (cell - room - 8) / BOLD, 13), { size: 13, weight: 600 }),
      label(cell - textWidth(chance, 12), 13, badge, {
        size: 12,
        anchor: 'end',
        weight: far ? 650 : undefined,
        ink: far ? 'c1' : 'muted',
      }),
      label(cell, 13, chance, { size: 12, anchor: 'end', ink: 'muted' }),
    ];
    const inside = hasShares(c.histogram)
      ? group(0, HEADING, drawHistogram(ctx, c.histogram, cell, HEIGHT - HEADING - 12))
      : label(cell / 2, HEIGHT / 2, 'no values', { anchor: 'middle', ink: 'muted' });
    return group((i % perRow) * (cell + GAP), Math.floor(i / perRow) * HEIGHT, ...heading, inside);
  });
  return { height: Math.ceil(columns.length / perRow) * HEIGHT, markup: parts.join('') };
}

const hasShares = ({ data, draws }: Histogram): boolean => [...data, ...draws].some((v) => v > 0);

function drawHistogram(ctx: ChartContext, h: Histogram, width: number, height: number): string {
  if (h.kind === 'bins') return drawBins(ctx, h, width, height);
  const fits = h.labels.every((l) => textWidth(l, FONT) + 4 <= (width - 16) / h.labels.length);
  const numbers = h.labels.every((l) => /^−?[\d.]+$/.test(l));
  return h.others === 0 && (fits || numbers) ? drawUpright(h, width, height) : drawSideways(h, width, height);
}

function drawBins(
  ctx: ChartContext,
  h: Extract<Histogram, { kind: 'bins' }>,
  width: number,
  height: number,
): string {
  const step = (h.hi - h.lo) / h.data.length;
  const at = (i: number): number => h.lo + i * step;
  const bars = h.data.map((share, i) => ({ x1: at(i), x2: at(i + 1), share })).filter((b) => b.share > 0);
  const outline = [
    { x: h.lo, share: 0 },
    ...h.draws.flatMap((share, i) => [
      { x: at(i), share },
      { x: at(i + 1), share },
    ]),
    { x: h.hi, share: 0 },
  ];
  const top = Math.max(...h.data, ...h.draws);
  return drawPanel(ctx, {
    x: -8,
    y: 0,
    width: width + 16,
    height,
    margins: { top: 4, bottom: 22, left: 8, right: 8 },
    xAxis: { range: { lo: h.lo, hi: h.hi } },
    yAxis: { range: { lo: 0, hi: top * 1.04 }, show: 'none' },
    marks: [
      Plot.rect(bars, {
        x1: 'x1',
        x2: 'x2',
        y1: 0,
        y2: 'share',
        fill: ink('neutral'),
        fillOpacity: 0.6,
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.line(outline, {
        x: 'x',
        y: 'share',
        stroke: ink('c0'),
        strokeWidth: 2,
        strokeLinejoin: 'round',
      }),
      Plot.ruleY([0], { stroke: ink('muted'), strokeOpacity: 0.5 }),
    ],
  });
}

type Levels = Extract<Histogram, { kind: 'levels' }>;

function drawUpright(h: Levels, width: number, height: number): string {
  const floor = height - 20;
  const room = width / h.labels.length;
  const top = Math.max(...h.data, ...h.draws);
  const bar = (share: number, i: number, half: number, fill: string, opacity: number): string => {
    const tall = (share / top) * (floor - 6);
    if (!(tall > 0)) return '';
    const x = (i + 0.5 - half) * room;
    return element('rect', {
      x,
      y: floor - tall,
      width: 2 * half * room,
      height: tall,
      fill,
      'fill-opacity': opacity,
    });
  };
  const widest = Math.max(...h.labels.map((l) => textWidth(l, FONT))) + 8;
  const every = Math.max(1, Math.ceil(widest / room));
  return [
    ...h.data.map((v, i) => bar(v, i, 0.42, ink('neutral'), 0.6)),
    ...h.draws.map((v, i) => bar(v, i, 0.2, ink('c0'), 0.95)),
    element('line', {
      x1: 0,
      x2: width,
      y1: floor,
      y2: floor,
      stroke: ink('muted'),
      'stroke-opacity': 0.5,
    }),
    ...h.labels.map((l, i) =>
      i % every === 0
        ? label((i + 0.5) * room, floor + 15, l, { size: FONT, anchor: 'middle', ink: 'muted' })
        : '',
    ),
  ].join('');
}

function drawSideways(h: Levels, width: number, height: number): string {
  const most = h.others > 0 ? Math.floor((height - 14) / 13) : Math.floor(height / 13);
  const order = h.labels
    .map((_, i) => i)
    .sort((a, b) => Math.max(h.data[b], h.draws[b]) - Math.max(h.data[a], h.draws[a]) || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
  const hidden = h.others + h.labels.length - order.length;
  const left = Math.min(width * 0.45, Math.max(...order.map((i) => textWidth(h.labels[i], FONT))) + 2);
  const room = Math.min(22, (height - (hidden > 0 ? 14 : 0)) / order.length);
  const top = Math.max(...order.map((i) => Math.max(h.data[i], h.draws[i])), 1e-9);
  const bar = (share: number, k: number, half: number, fill: string, opacity: number): string =>
    share > 0
      ? element('rect', {
          x: left + 6,
          y: (k + 0.5 - half) * room,
          width: (share / top) * (width - left - 6),
          height: 2 * half * room,
          fill,
          'fill-opacity': opacity,
        })
      : '';
  return [
    ...order.map((i, k) => bar(h.data[i], k, 0.42, ink('neutral'), 0.6)),
    ...order.map((i, k) => bar(h.draws[i], k, 0.2, ink('c0'), 0.95)),
    ...order.map((i, k) =>
      label(left, (k + 0.5) * room + 4, fitText(h.labels[i], left, FONT), {
        size: FONT,
        anchor: 'end',
        ink: 'muted',
      }),
    ),
    hidden > 0
      ? label(left + 6, order.length * room + 11, `and ${hidden} more`, { size: FONT, ink: 'muted' })
      : '',
  ].join('');
}
