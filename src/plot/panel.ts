import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { element, group, serialize } from './markup.ts';
import { logTicks, niceTicks, type Range, tickFormat } from './numbers.ts';
import type { Frequencies } from './series.ts';
import { fitText, textWidth } from './text.ts';
import { ink } from './theme.ts';

export interface Axis {
  readonly range: Range;
  readonly label?: string;
  readonly log?: boolean;
  /** Default: about one tick for every 80 px across, 45 px up. */
  readonly ticks?: readonly number[];
  readonly format?: (v: number) => string;
  /** Whole numbers only. */
  readonly integers?: boolean;
  readonly grid?: boolean;
  /** `none` leaves ticks and labels out but keeps the scale. */
  readonly show?: 'all' | 'none';
}

export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export interface Panel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Defaults are made from the labels that have to fit. */
  readonly margins?: Partial<Margins>;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  readonly marks: readonly Plot.Markish[];
  /** A thin line around the plotting area. */
  readonly framed?: boolean;
}

const FONT = 11;

function resolve(axis: Axis, length: number, spacing: number): Required<Pick<Axis, 'ticks' | 'format'>> {
  const count = Math.max(3, Math.min(10, Math.floor(length / spacing)));
  const ticks =
    axis.ticks ?? (axis.log === true ? logTicks(axis.range) : niceTicks(axis.range, count, axis.integers));
  const format = axis.format ?? (axis.log === true ? tickFormatLog : tickFormat(ticks));
  return { ticks, format };
}

const tickFormatLog = (v: number): string => tickFormat([v])(v);

/** Every other tick label, or fewer, until the widest fits between neighbours. */
function thinned(ticks: readonly number[], format: (v: number) => string, axis: Axis, length: number) {
  if (axis.log === true || ticks.length < 2) return ticks;
  const px = length / (axis.range.hi - axis.range.lo);
  const widest = Math.max(...ticks.map((t) => textWidth(format(t), FONT))) + 8;
  const gap = Math.min(...ticks.slice(1).map((t, i) => (t - ticks[i]) * px));
  const every = Math.ceil(widest / Math.max(gap, 1e-9));
  return every <= 1 ? ticks : ticks.filter((_, i) => i % every === 0);
}

/** The inner width left for marks is `width` less these. */
export function marginsOf(panel: Omit<Panel, 'marks'>): Margins {
  const showX = panel.xAxis.show !== 'none';
  const showY = panel.yAxis.show !== 'none';
  const top = panel.margins?.top ?? (showY && panel.yAxis.label !== undefined ? 28 : 10);
  const bottom = panel.margins?.bottom ?? (showX ? (panel.xAxis.label === undefined ? 24 : 42) : 6);
  const y = resolve(panel.yAxis, panel.height - top - bottom, 42);
  const widest = Math.max(0, ...y.ticks.map((t) => textWidth(y.format(t), FONT)));
  const left = panel.margins?.left ?? (showY ? Math.ceil(widest) + 16 : 6);
  return { top, bottom, left, right: panel.margins?.right ?? 14 };
}

/**
 * Marks over two scales with quiet axes, as a positioned group. Scales are linear or logarithmic with the
 * domain given, so a category is drawn at its position 0, 1, … with its own tick labels.
 */
export function drawPanel(ctx: ChartContext, panel: Panel): string {
  const margins = marginsOf(panel);
  const { xAxis, yAxis } = panel;
  const innerWidth = panel.width - margins.left - margins.right;
  const x = resolve(xAxis, innerWidth, 80);
  const y = resolve(yAxis, panel.height - margins.top - margins.bottom, 42);
  const xTicks = thinned(x.ticks, x.format, xAxis, innerWidth);
  const marks: Plot.Markish[] = [];
  const gridStyle = { stroke: 'currentColor', strokeOpacity: 0.1 };
  if (xAxis.grid === true) marks.push(Plot.gridX(xTicks, gridStyle));
  if (yAxis.grid !== false && yAxis.show !== 'none') marks.push(Plot.gridY(y.ticks, gridStyle));
  if (panel.framed === true) marks.push(Plot.frame({ stroke: ink('faint') }));
  marks.push(...panel.marks);
  const tick = { tickSize: 0, tickPadding: 7, color: ink('muted') };
  if (xAxis.show !== 'none') {
    const text = xAxis.label === undefined ? null : fitText(xAxis.label, innerWidth, FONT);
    marks.push(
      Plot.axisX(xTicks, {
        ...tick,
        tickFormat: x.format,
        label: text,
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: margins.bottom - 4,
      }),
    );
  }
  if (yAxis.show !== 'none') {
    const text = yAxis.label === undefined ? null : fitText(yAxis.label, panel.width - 20, FONT);
    marks.push(Plot.axisY(y.ticks, { ...tick, tickFormat: y.format, label: text, labelArrow: 'none' }));
  }
  const svg = Plot.plot({
    document: ctx.document,
    width: panel.width,
    height: panel.height,
    marginTop: margins.top,
    marginRight: margins.right,
    marginBottom: margins.bottom,
    marginLeft: margins.left,
    x: { type: xAxis.log === true ? 'log' : 'linear', domain: [xAxis.range.lo, xAxis.range.hi], axis: null },
    y: { type: yAxis.log === true ? 'log' : 'linear', domain: [yAxis.range.lo, yAxis.range.hi], axis: null },
    color: { type: 'identity' },
    marks,
  });
  const content = Array.from(svg.childNodes, serialize).join('');
  const inner = element(
    'g',
    { fill: 'currentColor', 'font-size': FONT, 'text-anchor': 'middle', 'font-variant': 'tabular-nums' },
    content,
  );
  return group(panel.x, panel.y, inner);
}

/** Positions 0 … k−1 as an axis: at most `most` of the labels, evenly spread, each cut to `room` px. */
export function levelAxis(
  levels: Frequencies['levels'],
  most: number,
  room = 120,
): Pick<Axis, 'range' | 'ticks' | 'format'> {
  const every = Math.max(1, Math.ceil(levels.length / Math.max(1, most)));
  return {
    range: { lo: -0.6, hi: Math.max(0.6, levels.length - 0.4) },
    ticks: levels.map((_, i) => i).filter((i) => i % every === 0),
    format: (i) => fitText(levels[i]?.label ?? '', room, FONT),
  };
}
