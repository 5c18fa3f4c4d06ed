/** Data and draws side by side: small pictures, or points of a plane. */
import { niceTicks, padded, tickFormat } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import type { Beside, BesidePictures } from '../staged.ts';
import { cssColour } from '../theme.ts';
import { pixelGrid } from './pixels.ts';
import { stageCanvas } from './stage-canvas.ts';

export interface BesideView {
  readonly element: HTMLElement;
  redraw(): void;
}

export function besideView({ pictures, points }: Beside): BesideView {
  const sides = ['data', 'draws'] as const;
  if (!points) {
    return {
      element: h(
        'section',
        { class: 'beside', 'aria-label': 'Data and draws' },
        ...pictures.flatMap((p) => sides.map((side) => smallPictures(p, side))),
      ),
      redraw() {},
    };
  }
  const range = (odd: number) => {
    const values = sides.flatMap((s) => Array.from(points[s]).filter((_, i) => i % 2 === odd));
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    const [lo, hi] = [
      sorted[Math.floor(sorted.length * 0.002)],
      sorted[Math.ceil(sorted.length * 0.998) - 1],
    ];
    return padded({ lo, hi }, 0.06);
  };
  const [rx, ry] = [range(0), range(1)];
  const views = sides.map((side) => {
    const view = stageCanvas(`${side}: ${points.x} and ${points.y}`, 240);
    const draw = (): void => {
      const at = view.begin();
      if (!at) return;
      const { g, width, height } = at;
      const [left, bottom] = [40, height - 20];
      const px = (v: number): number => left + ((v - rx.lo) / (rx.hi - rx.lo)) * (width - left);
      const py = (v: number): number => bottom - ((v - ry.lo) / (ry.hi - ry.lo)) * bottom;
      g.fillStyle = cssColour('--ground');
      g.fillRect(left, 0, width - left, bottom);
      g.fillStyle = cssColour('--muted');
      const [tx, ty] = [niceTicks(rx, 4), niceTicks(ry, 4)];
      const [fx, fy] = [tickFormat(tx), tickFormat(ty)];
      g.textAlign = 'center';
      for (const t of tx) if (px(t) < width - 10) g.fillText(fx(t), px(t), height - 5);
      g.textAlign = 'right';
      g.textBaseline = 'middle';
      for (const t of ty) if (py(t) > 6) g.fillText(fy(t), left - 6, py(t));
      g.save();
      g.beginPath();
      g.rect(left, 0, width - left, bottom);
      g.clip();
      g.fillStyle = cssColour(side === 'data' ? '--c1' : '--c0');
      g.globalAlpha = 0.5;
      const all = points[side];
      for (let i = 0; i < all.length; i += 2) {
        g.beginPath();
        g.arc(px(all[i]), py(all[i + 1]), 1.8, 0, 7);
        g.fill();
      }
      g.restore();
    };
    new ResizeObserver(() => requestAnimationFrame(draw)).observe(view.canvas);
    return { side, view, draw };
  });
  return {
    element: h(
      'section',
      { class: 'beside', 'aria-label': 'Data and draws' },
      ...views.map(({ side, view }) =>
        h('figure', {}, h('figcaption', {}, h('strong', {}, side), ` ${points.x}, ${points.y}`), view.canvas),
      ),
    ),
    redraw() {
      for (const v of views) v.draw();
    },
  };
}

function smallPictures(p: BesidePictures, side: 'data' | 'draws'): HTMLElement {
  const pixels = pixelGrid({
    ...p,
    chains: p.count,
    across: p.count === 1 ? 1 : 8,
    of: side === 'data' ? 'row' : 'draw',
  });
  pixels.draw(p[side]);
  return h(
    'figure',
    {},
    h(
      'figcaption',
      {},
      h('strong', {}, side),
      ` ${p.name}`,
      p.count === 1 && `, ${p.shape[0]} rows below each other`,
    ),
    pixels.element,
  );
}
