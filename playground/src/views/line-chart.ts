/** A chart of lines that grow: energies and reports by draw, a loss by step. Drawn on a canvas. */
import { formatNumber, niceTicks, padded, tickFormat } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import { cssColour } from '../theme.ts';

export interface LineChart {
  readonly element: HTMLElement;
  /** Points drawn so far, of all lines. */
  readonly points: number;
  /** Adds values at x = `from`, `from` + 1, … to a line. */
  append(line: number, from: number, values: ArrayLike<number>): void;
  /** Adds one point. */
  add(line: number, x: number, y: number): void;
  /** Takes other points for all of a line, which ends where the chart then does. */
  set(line: number, x: readonly number[], y: readonly number[]): void;
  /** Draws with the next frame. */
  redraw(): void;
}

export interface LineChartOptions {
  readonly name: string;
  /** What is counted along x: `draw`, `step`. */
  readonly unit: string;
  /** The last x; x starts at 1. */
  readonly end: number;
  readonly lines: number;
  readonly height: number;
  /** What each line is called, where that is not plain. */
  readonly labels?: readonly string[];
}

interface Line {
  x: number[];
  y: number[];
}

const LEFT = 56;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;

export function lineChart(o: LineChartOptions): LineChart {
  const canvas = h('canvas', { class: 'line-canvas', role: 'img', style: `height: ${o.height}px` });
  // The latest value of each line in its colour: a legend at the same time.
  const latest = Array.from({ length: o.lines }, (_, i) =>
    h('span', { class: 'line-value', style: `color: var(--c${i % 8})` }),
  );
  const element = h(
    'figure',
    { class: 'line-chart', 'data-scalar': o.name },
    h('figcaption', {}, h('strong', {}, o.name), ...latest),
    canvas,
  );
  const lines: Line[] = Array.from({ length: o.lines }, () => ({ x: [], y: [] }));
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  let points = 0;
  let { end } = o;
  let asked = false;

  const add = (line: number, x: number, y: number): void => {
    lines[line].x.push(x);
    lines[line].y.push(y);
    points++;
    if (!Number.isFinite(y)) return;
    if (y < lo) lo = y;
    if (y > hi) hi = y;
  };
  const set = (line: number, x: readonly number[], y: readonly number[]): void => {
    points -= lines[line].x.length;
    lines[line].x = [];
    lines[line].y = [];
    lo = Number.POSITIVE_INFINITY;
    hi = Number.NEGATIVE_INFINITY;
    for (const l of lines)
      for (const v of l.y) {
        lo = Math.min(lo, v);
        hi = Math.max(hi, v);
      }
    x.forEach((at, i) => {
      add(line, at, y[i]);
    });
    end = Math.max(1, ...x.slice(-1));
  };
  const redraw = (): void => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
  new ResizeObserver(redraw).observe(canvas);

  function draw(): void {
    const [width, height] = [canvas.clientWidth, o.height];
    const ratio = devicePixelRatio;
    if (width === 0) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const g = canvas.getContext('2d');
    if (!g) return;
    g.scale(ratio, ratio);
    const range = padded(lo <= hi ? { lo, hi } : undefined, 0.08);
    const plot = { width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
    const px = (x: number): number => LEFT + ((x - 1) / Math.max(1, end - 1)) * plot.width;
    const py = (y: number): number => TOP + ((range.hi - y) / (range.hi - range.lo)) * plot.height;
    grid(g, px, py, lo <= hi ? niceTicks(range, o.height < 120 ? 2 : 4) : [], width);
    g.lineJoin = 'round';
    g.lineWidth = end > 400 ? 1 : 1.4;
    lines.forEach((line, i) => {
      g.strokeStyle = cssColour(`--c${i % 8}`);
      g.globalAlpha = 0.85;
      stroke(g, line, px, py);
    });
    g.globalAlpha = 1;
    lines.forEach((line, i) => {
      const y = line.y.at(-1);
      const label = o.labels?.[i];
      latest[i].textContent = y === undefined ? '' : `${label ? `${label} ` : ''}${formatNumber(y, 4)}`;
    });
    canvas.setAttribute(
      'aria-label',
      `${o.name} by ${o.unit}: ${points} points, between ${formatNumber(lo)} and ${formatNumber(hi)}`,
    );
  }

  function grid(
    g: CanvasRenderingContext2D,
    px: (x: number) => number,
    py: (y: number) => number,
    ticks: readonly number[],
    width: number,
  ): void {
    g.font = `11px ${getComputedStyle(canvas).fontFamily}`;
    g.lineWidth = 1;
    g.textBaseline = 'middle';
    g.textAlign = 'right';
    const format = tickFormat(ticks);
    for (const t of ticks) {
      const y = Math.round(py(t)) + 0.5;
      g.strokeStyle = cssColour('--line');
      g.beginPath();
      g.moveTo(LEFT, y);
      g.lineTo(width - RIGHT, y);
      g.stroke();
      g.fillStyle = cssColour('--muted');
      g.fillText(format(t), LEFT - 8, y);
    }
    g.fillStyle = cssColour('--muted');
    g.textBaseline = 'alphabetic';
    const inner = niceTicks({ lo: 0, hi: end }, 5, true).filter(
      (t) => t > 0 && t < end * (end < 1e5 ? 0.93 : 0.8),
    );
    for (const [i, t] of [1, ...inner, end].entries()) {
      const last = i === inner.length + 1;
      g.textAlign = i === 0 ? 'left' : last ? 'right' : 'center';
      g.fillText(last ? `${o.unit} ${t.toLocaleString('en')}` : t.toLocaleString('en'), px(t), o.height - 5);
    }
  }
  return {
    element,
    get points() {
      return points;
    },
    append(line, from, values) {
      for (let i = 0; i < values.length; i++) add(line, from + i, values[i]);
    },
    add,
    set,
    redraw,
  };
}

/** A line with at most two points (least and greatest) in a column of pixels, so that long ones stay cheap. */
function stroke(
  g: CanvasRenderingContext2D,
  { x, y }: Line,
  px: (x: number) => number,
  py: (y: number) => number,
): void {
  g.beginPath();
  let pen = false;
  for (let i = 0; i < x.length; ) {
    const column = Math.floor(px(x[i]) * 2);
    let [low, high] = [i, i];
    let j = i;
    for (; j < x.length && Math.floor(px(x[j]) * 2) === column; j++) {
      if (y[j] < y[low]) low = j;
      if (y[j] > y[high]) high = j;
    }
    for (const k of low < high ? [low, high] : low > high ? [high, low] : [low]) {
      if (!Number.isFinite(y[k])) {
        pen = false;
        continue;
      }
      if (pen) g.lineTo(px(x[k]), py(y[k]));
      else g.moveTo(px(x[k]), py(y[k]));
      pen = true;
    }
    i = j;
  }
  g.stroke();
}
