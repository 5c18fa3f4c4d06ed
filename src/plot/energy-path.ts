import * as Plot from '@observablehq/plot';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody, PANEL_LEFT } from './frame.ts';
import { extent, formatNumber, padded } from './numbers.ts';
import { drawPanel } from './panel.ts';
import { type EnergyByStep, pathPoints } from './path-points.ts';
import { groupDigits } from './text.ts';
import { ink, seriesInk } from './theme.ts';

export const ENERGY_PATH_TITLE = 'Lowest energy by step';

const HEIGHT = 300;

/** How the lowest energy of a search came down: a line of stairs over its steps, restarts one after another. */
export function energyPath(ctx: ChartContext, path: EnergyByStep): string {
  const { x, y } = pathPoints(path);
  const range = extent(y);
  if (!range) {
    const body = emptyBody(CHART_WIDTH, 'no finite energies to draw');
    return drawFrame(ctx, { width: CHART_WIDTH, title: ENERGY_PATH_TITLE, body });
  }
  const { step, energy } = path;
  const last = step.length - 1;
  const steps = extent(x) ?? { lo: 0, hi: 1 };
  const points = x.map((at, i) => ({ x: at, y: y[i] }));
  const stroke = ink(seriesInk(0));
  const markup = drawPanel(ctx, {
    x: PANEL_LEFT,
    y: 0,
    width: CHART_WIDTH - CHART_MARGIN - PANEL_LEFT,
    height: HEIGHT,
    xAxis: { range: steps.hi > steps.lo ? steps : padded(steps), label: 'step', integers: true },
    yAxis: { range: padded(range), label: 'energy' },
    marks: [Plot.line(points, { x: 'x', y: 'y', stroke, strokeWidth: 2, strokeLinejoin: 'round' })],
  });
  const low = `${formatNumber(energy[last], 6)} after ${groupDigits(String(step[last]))} steps`;
  const first = y[0] < energy[0] ? `; the first was ${formatNumber(energy[0])}` : '';
  return drawFrame(ctx, {
    width: CHART_WIDTH,
    title: ENERGY_PATH_TITLE,
    subtitle: `${low}${first}; restarts one after another`,
    body: { height: HEIGHT, markup },
  });
}
