/** Two reals as a plane: chains as dots with trails, where they have been, and below them the energy where it is known. */
import { formatNumber, niceTicks, tickFormat } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import type { StageInfo, StagePlane } from '../staged.ts';
import { cssColour } from '../theme.ts';
import { colourOfLine, makeWindow, stageCanvas } from './stage-canvas.ts';

const HEIGHT = 400;
const TRAIL = 6;
const BEEN = 6000;
const LEFT = 46;
const BOTTOM = 22;
const LEVELS = 9;
/** The contours reach this far above the least energy. */
const DEPTH = 9;

export interface PlaneView {
  readonly element: HTMLElement;
  /** Places of the chains. */
  add(x: readonly number[], y: readonly number[]): void;
  ground(plane: StagePlane): void;
  draw(): void;
  changed(): void;
}

export function planeView(info: NonNullable<StageInfo['plane']>, chains: number): PlaneView {
  const [xs, ys] = [makeWindow(chains, TRAIL), makeWindow(chains, TRAIL)];
  let been: number[] = [];
  let ground: StagePlane | null = null;
  let picture: HTMLCanvasElement | null = null;
  let range: { x: [number, number]; y: [number, number] } | null = null;
  const view = stageCanvas(`Chains in the plane of ${info.x.name} and ${info.y.name}`, HEIGHT);
  const element = h(
    'figure',
    { class: 'stage-plane', 'data-stage': 'plane' },
    h(
      'figcaption',
      {},
      h('strong', {}, `${info.x.name}, ${info.y.name}`),
      ` ${chains} chains${info.whole ? ' over the energy: the darker, the lower' : ''}`,
    ),
    view.canvas,
  );

  /** The interval that is shown, following the chains without jumping. */
  const follow = (): void => {
    const reach = (w: typeof xs, odd: number): [number, number] => {
      const values = been.filter((_, i) => i % 2 === odd).sort((a, b) => a - b);
      const seen = w.range();
      const lo = values.length > 40 ? values[Math.floor(values.length * 0.002)] : (seen?.lo ?? 0);
      const hi = values.length > 40 ? values[Math.ceil(values.length * 0.998) - 1] : (seen?.hi ?? 1);
      const room = 0.12 * Math.max(hi - lo, 1e-6 + 1e-3 * Math.abs(lo));
      return [lo - room, hi + room];
    };
    const wanted = ground
      ? { x: [...ground.x] as [number, number], y: [...ground.y] as [number, number] }
      : { x: reach(xs, 0), y: reach(ys, 1) };
    const blend = (a: [number, number], b: [number, number]): [number, number] =>
      [0, 1].map((i) => a[i] + 0.12 * (b[i] - a[i])) as [number, number];
    range = range ? { x: blend(range.x, wanted.x), y: blend(range.y, wanted.y) } : wanted;
  };

  return {
    element,
    add(x, y) {
      xs.push(x);
      ys.push(y);
      for (let c = 0; c < chains; c++) been.push(x[c], y[c]);
      if (been.length > 2 * BEEN) been = been.slice(-BEEN);
    },
    ground(plane) {
      ground = plane;
      picture = null;
    },
    changed() {
      been = [];
    },
    draw() {
      const at = view.begin();
      if (!at || xs.count === 0) return;
      const { g, width, height } = at;
      follow();
      if (!range) return;
      const [bottom, { x: rx, y: ry }] = [height - BOTTOM, range];
      const px = (v: number): number => LEFT + ((v - rx[0]) / (rx[1] - rx[0])) * (width - LEFT);
      const py = (v: number): number => bottom - ((v - ry[0]) / (ry[1] - ry[0])) * bottom;
      g.save();
      g.beginPath();
      g.rect(LEFT, 0, width - LEFT, bottom);
      g.clip();
      g.fillStyle = cssColour('--ground');
      g.fillRect(LEFT, 0, width - LEFT, bottom);
      if (ground) {
        picture ??= contours(ground);
        g.imageSmoothingEnabled = true;
        const [left, top] = [px(ground.x[0]), py(ground.y[1])];
        g.drawImage(picture, left, top, px(ground.x[1]) - left, py(ground.y[0]) - top);
      }
      g.fillStyle = cssColour('--ink');
      g.globalAlpha = 0.16;
      for (let i = 0; i < been.length; i += 2) g.fillRect(px(been[i]) - 0.7, py(been[i + 1]) - 0.7, 1.4, 1.4);
      const newest = xs.count - 1;
      for (let c = 0; c < chains; c++) {
        g.strokeStyle = g.fillStyle = colourOfLine(c);
        g.lineWidth = 1.3;
        for (let i = 1; i <= newest; i++) {
          g.globalAlpha = (0.35 * (i + 1)) / TRAIL;
          g.beginPath();
          g.moveTo(px(xs.at(c, i - 1)), py(ys.at(c, i - 1)));
          g.lineTo(px(xs.at(c, i)), py(ys.at(c, i)));
          g.stroke();
        }
        g.globalAlpha = 1;
        g.beginPath();
        g.arc(px(xs.at(c, newest)), py(ys.at(c, newest)), 3.6, 0, 7);
        g.fill();
        g.strokeStyle = cssColour('--card');
        g.lineWidth = 1;
        g.stroke();
      }
      g.restore();
      g.fillStyle = cssColour('--muted');
      const [tx, ty] = [niceTicks({ lo: rx[0], hi: rx[1] }, 5), niceTicks({ lo: ry[0], hi: ry[1] }, 5)];
      const [fx, fy] = [tickFormat(tx), tickFormat(ty)];
      g.textAlign = 'center';
      g.textBaseline = 'alphabetic';
      for (const t of tx) if (px(t) < width - 12) g.fillText(fx(t), px(t), height - 6);
      g.textAlign = 'right';
      g.textBaseline = 'middle';
      for (const t of ty) if (py(t) > 6 && py(t) < bottom - 4) g.fillText(fy(t), LEFT - 7, py(t));
      view.canvas.setAttribute(
        'aria-label',
        `Chains in the plane: the first at ${formatNumber(xs.at(0, newest))}, ${formatNumber(ys.at(0, newest))}`,
      );
    },
  };
}

/** The energy as bands between contours, as one pixel for each value. */
function contours({ n, values }: StagePlane): HTMLCanvasElement {
  const scale = 6;
  const side = n * scale;
  const canvas = h('canvas', { width: side, height: side });
  const g = canvas.getContext('2d');
  if (!g) return canvas;
  let least = Number.POSITIVE_INFINITY;
  for (const v of values) if (v < least) least = v;
  const image = g.createImageData(side, side);
  const band = (i: number, j: number): number => {
    // Between the values of four neighbours, so that bands have smooth edges.
    const [u, v] = [
      Math.min(n - 1.001, Math.max(0, (j + 0.5) / scale - 0.5)),
      Math.min(n - 1.001, Math.max(0, (i + 0.5) / scale - 0.5)),
    ];
    const [c, r] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [u - c, v - r];
    const at = (y: number, x: number): number => values[y * n + x] - least;
    const e =
      (1 - b) * ((1 - a) * at(r, c) + a * at(r, c + 1)) + b * ((1 - a) * at(r + 1, c) + a * at(r + 1, c + 1));
    return Number.isFinite(e) ? Math.min(LEVELS, Math.floor((LEVELS * e) / DEPTH)) : LEVELS;
  };
  const rgb = /(\d+)\D+(\d+)\D+(\d+)/.exec(cssColour('--accent'))?.slice(1).map(Number) ?? [0, 103, 163];
  for (let i = 0; i < side; i++)
    for (let j = 0; j < side; j++) {
      // Rows of the picture go down, values go up.
      const to = ((side - 1 - i) * side + j) * 4;
      image.data.set(rgb, to);
      image.data[to + 3] = 150 * (1 - band(i, j) / LEVELS) ** 1.3;
    }
  g.putImageData(image, 0, 0);
  return canvas;
}
