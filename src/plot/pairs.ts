import * as Plot from '@observablehq/plot';
import { association, paired } from './association.ts';
import { binCount, binned, displayRange, edges } from './bins.ts';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody } from './frame.ts';
import { element, label } from './markup.ts';
import { clampHuge, finite, padded } from './numbers.ts';
import { type Axis, drawPanel, levelAxis } from './panel.ts';
import { frequencies, levelsOf, pooled, type Series } from './series.ts';
import { fitText, plural } from './text.ts';
import { ink } from './theme.ts';

export interface PairsOptions {
  readonly title?: string;
  readonly note?: string;
}

const MOST = 6;
/** More points than this are thinned evenly. */
const POINTS = 1200;
/** Points are drawn in this many paths, so that overlap darkens up to as many times. */
const LAYERS = 6;
/** Discrete values with more levels than this are drawn like reals. */
const MANY_LEVELS = 24;

/** One variable of the matrix: its axis, and where a value lies on it. */
interface Variable {
  readonly series: Series;
  readonly discrete: boolean;
  readonly axis: Axis;
  readonly position: (v: number) => number;
}

function variable(series: Series, room: number): Variable {
  const levels = series.kind === 'real' ? [] : levelsOf(series);
  if (series.kind === 'real' || levels.length > MANY_LEVELS) {
    const range = padded(displayRange(finite(pooled(series))), 0.04);
    return { series, discrete: false, axis: { range }, position: clampHuge };
  }
  const at = new Map(levels.map((l, i) => [l.value, i]));
  const axis = levelAxis(levels, Math.floor(room / 28), 46);
  return { series, discrete: true, axis, position: (v) => at.get(v) ?? Number.NaN };
}

/** The fractional parts of multiples of the golden ratio: even, and the same every time. */
const even = (i: number, step: number): number => (i * step) % 1;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

const inside = (v: number, { range }: Axis): boolean => v >= range.lo && v <= range.hi;

function scatter(a: Variable, b: Variable, box: Box): string {
  const { x, y } = paired(a.series, b.series);
  const every = Math.max(1, Math.ceil(x.length / POINTS));
  const paths = Array.from({ length: LAYERS }, () => '');
  const px = (v: number, axis: Axis): number =>
    ((v - axis.range.lo) / (axis.range.hi - axis.range.lo)) * box.size;
  for (let i = 0, k = 0; i < x.length; i += every, k++) {
    const u = a.position(x[i]) + (a.discrete ? 0.5 * (even(k, 0.618034) - 0.5) : 0);
    const v = b.position(y[i]) + (b.discrete ? 0.5 * (even(k, 0.754878) - 0.5) : 0);
    if (!inside(u, a.axis) || !inside(v, b.axis)) continue;
    paths[k % LAYERS] += `M${px(u, a.axis).toFixed(1)},${(box.size - px(v, b.axis)).toFixed(1)}h0`;
  }
  const style = { fill: 'none', stroke: ink('c0'), 'stroke-linecap': 'round', 'stroke-opacity': 0.45 };
  const width = x.length > 400 ? 2.4 : 3.6;
  return paths
    .filter((d) => d !== '')
    .map((d) =>
      element('path', { d, ...style, 'stroke-width': width, transform: `translate(${box.x},${box.y})` }),
    )
    .join('');
}

function heat(a: Variable, b: Variable, box: Box): string {
  const { x, y } = paired(a.series, b.series);
  const counts = new Map<string, { u: number; v: number; n: number }>();
  for (let i = 0; i < x.length; i++) {
    const [u, v] = [a.position(x[i]), b.position(y[i])];
    const cell = counts.get(`${u},${v}`);
    if (cell === undefined) counts.set(`${u},${v}`, { u, v, n: 1 });
    else cell.n++;
  }
  const cells = [...counts.values()].sort((p, q) => p.u - q.u || p.v - q.v);
  const most = Math.max(...cells.map((c) => c.n));
  const scale = (axis: Axis): number => box.size / (axis.range.hi - axis.range.lo);
  const [sx, sy] = [scale(a.axis), scale(b.axis)];
  return cells
    .map((c) =>
      element('rect', {
        x: box.x + (c.u - 0.47 - a.axis.range.lo) * sx,
        y: box.y + box.size - (c.v + 0.47 - b.axis.range.lo) * sy,
        width: 0.94 * sx,
        height: 0.94 * sy,
        fill: ink('c0'),
        'fill-opacity': Math.max(0.04, Math.round((c.n / most) * 100) / 100),
      }),
    )
    .join('');
}

/** The marginal of one variable on its axis, heights in 0 … 1. */
function diagonal(v: Variable): Plot.Markish[] {
  const style = { fill: ink('neutral'), fillOpacity: 0.8 };
  if (v.discrete) {
    const { counts } = frequencies(v.series);
    const top = Math.max(1, ...counts);
    const bars = counts.map((n, i) => ({ x1: i - 0.4, x2: i + 0.4, h: n / top })).filter((b) => b.h > 0);
    return [Plot.rect(bars, { x1: 'x1', x2: 'x2', y1: 0, y2: 'h', ...style })];
  }
  const values = finite(pooled(v.series));
  const bins = binned(values, v.axis.range, Math.min(28, binCount(values, v.axis.range)));
  const at = edges(bins);
  const top = Math.max(1, ...bins.counts);
  const bars = bins.counts.map((n, i) => ({ x1: at[i], x2: at[i + 1], h: n / top })).filter((b) => b.h > 0);
  return [Plot.rect(bars, { x1: 'x1', x2: 'x2', y1: 0, y2: 'h', ...style, insetRight: 0.5 })];
}

/**
 * Scatter matrix of up to six scalars: below the diagonal each pair of draws (two discrete scalars as shaded
 * cells, a discrete and a real one as jittered strips), on it the marginals, above it their association
 * (Pearson's r; η and V where categories are involved).
 */
export function pairs(ctx: ChartContext, all: readonly Series[], options: PairsOptions = {}): string {
  const width = CHART_WIDTH;
  const shown = all.filter((s) => pooled(s).some(Number.isFinite)).slice(0, MOST);
  const draws = shown.length === 0 ? 0 : pooled(shown[0]).length;
  const facts = [
    plural(draws, 'draw'),
    draws > POINTS ? `1 in ${Math.ceil(draws / POINTS)} shown` : '',
    all.length > MOST ? `first ${MOST} of ${all.length} scalars` : '',
    options.note ?? '',
  ];
  const frame = {
    width,
    title: options.title ?? `Pairs: ${shown.map((s) => s.name).join(', ')}`,
    subtitle: facts.filter((f) => f !== '').join(' · '),
  };
  if (shown.length === 0)
    return drawFrame(ctx, { ...frame, body: emptyBody(width, 'no finite values to draw') });

  const left = 62;
  const gap = 8;
  const k = shown.length;
  const size = Math.min(240, (width - CHART_MARGIN - left + gap) / k - gap);
  const variables = shown.map((s) => variable(s, size));
  const parts: string[] = [];
  const zero = { top: 0, right: 0, bottom: 0, left: 0 };
  const axisOf = (v: Variable, show: boolean): Axis => ({
    ...v.axis,
    show: show ? 'all' : 'none',
    grid: true,
  });
  for (let row = 0; row < k; row++) {
    for (let col = 0; col < k; col++) {
      const box = { x: left + col * (size + gap), y: 24 + row * (size + gap), size };
      const [a, b] = [variables[col], variables[row]];
      if (col > row) {
        parts.push(associationText(a, b, box));
        continue;
      }
      const [showX, showY] = [row === k - 1, col === 0 && row > 0];
      const margins = { ...zero, bottom: showX ? 24 : 0, left: showY ? left : 0 };
      const panel = {
        x: box.x - margins.left,
        y: box.y,
        width: size + margins.left,
        height: size + margins.bottom,
        margins,
        framed: true,
        xAxis: axisOf(a, showX),
      };
      if (col === row) {
        const yAxis: Axis = { range: { lo: 0, hi: 1.18 }, show: 'none' };
        parts.push(drawPanel(ctx, { ...panel, yAxis, marks: diagonal(a) }));
        parts.push(
          label(box.x + size / 2, box.y - 6, fitText(a.series.name, size, 13), {
            anchor: 'middle',
            size: 13,
            weight: 600,
          }),
        );
      } else {
        parts.push(drawPanel(ctx, { ...panel, yAxis: axisOf(b, showY), marks: [] }));
        parts.push(a.discrete && b.discrete ? heat(a, b, box) : scatter(a, b, box));
      }
    }
  }
  return drawFrame(ctx, { ...frame, body: { height: 24 + k * (size + gap) + 20, markup: parts.join('') } });
}

function associationText(a: Variable, b: Variable, box: Box): string {
  const { symbol, value } = association(a.series, b.series);
  const known = Number.isFinite(value);
  const text = known ? `${symbol} = ${value.toFixed(2).replace(/^-/, '−')}` : '–';
  const strength = known ? 0.45 + 0.55 * Math.min(1, Math.abs(value)) : 0.45;
  return label(box.x + box.size / 2, box.y + box.size / 2 + 5, text, {
    anchor: 'middle',
    size: Math.min(17, box.size / 5.5),
    weight: known && Math.abs(value) > 0.5 ? 650 : 400,
    opacity: strength,
  });
}
