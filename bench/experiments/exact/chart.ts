/** Lines over one axis, each named at its end, with the chart parts of the library. */
import * as Plot from '@observablehq/plot';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, PANEL_LEFT } from '../../../src/plot/frame.ts';
import { linkedomContext } from '../../../src/plot/linkedom.ts';
import { label } from '../../../src/plot/markup.ts';
import { extent, padded } from '../../../src/plot/numbers.ts';
import { drawPanel } from '../../../src/plot/panel.ts';
import { textWidth } from '../../../src/plot/text.ts';
import { ink, seriesInk } from '../../../src/plot/theme.ts';
import { spread } from '../../../src/plot/training-curve.ts';

export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
  /** Values beyond it are cut off. */
  readonly top?: number;
  readonly log?: boolean;
  /** A vertical or horizontal line that everything is held against. */
  readonly markX?: number;
  readonly markY?: number;
}

const HEIGHT = 380;
const MARGINS = { top: 28, bottom: 42, right: 10 };
const LABEL = 12;

/** An SVG document. */
export function lineChart(chart: LineChart): string {
  const ctx = linkedomContext('light');
  const { lines, top = Number.POSITIVE_INFINITY } = chart;
  const cut = lines.map((l) => ({ ...l, y: l.y.map((v) => Math.min(v, top)) }));
  const xRange = extent(...cut.map((l) => l.x))!;
  const reach = extent(...cut.map((l) => l.y))!;
  const yRange = chart.log ? { lo: reach.lo / 1.03, hi: reach.hi * 1.03 } : padded(reach);
  const room = Math.ceil(Math.max(...lines.map((l) => textWidth(l.name, LABEL * 1.05)))) + 10;
  const width = CHART_WIDTH - CHART_MARGIN - PANEL_LEFT - room;
  const marks = [
    ...(chart.markX === undefined
      ? []
      : [Plot.ruleX([chart.markX], { stroke: ink('muted'), strokeDasharray: '4 4' })]),
    ...(chart.markY === undefined
      ? []
      : [Plot.ruleY([chart.markY], { stroke: ink('muted'), strokeDasharray: '4 4' })]),
    ...cut.map((l, i) =>
      Plot.line(
        l.x.map((x, k) => ({ x, y: l.y[k] })),
        { x: 'x', y: 'y', stroke: ink(seriesInk(i)), strokeWidth: 2.5, strokeLinejoin: 'round' },
      ),
    ),
  ];
  const panel = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 0,
    width,
    height: HEIGHT,
    margins: MARGINS,
    xAxis: { range: xRange, label: chart.xLabel },
    yAxis: { range: yRange, label: chart.yLabel, log: chart.log },
    marks,
  });
  const inside = HEIGHT - MARGINS.top - MARGINS.bottom;
  const share = (v: number): number =>
    chart.log
      ? Math.log(v / yRange.lo) / Math.log(yRange.hi / yRange.lo)
      : (v - yRange.lo) / (yRange.hi - yRange.lo);
  const ends = cut.map((l) => MARGINS.top + inside * (1 - share(l.y[l.y.length - 1])));
  const names = spread(ends, 17, { lo: MARGINS.top + 6, hi: MARGINS.top + inside }).map((y, i) =>
    label(PANEL_LEFT + width - 2, y + 4, lines[i].name, { size: LABEL, weight: 600, ink: seriesInk(i) }),
  );
  return drawFrame(ctx, {
    width: CHART_WIDTH,
    title: chart.title,
    subtitle: chart.subtitle,
    body: { height: HEIGHT, markup: panel + names.join('') },
  });
}
