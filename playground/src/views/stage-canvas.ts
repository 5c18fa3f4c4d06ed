/** Canvases of the stage: in device pixels, as wide as their place, with what is written on them. */
import { h } from '../dom.ts';
import { cssColour } from '../theme.ts';

export interface StageCanvas {
  readonly canvas: HTMLCanvasElement;
  /** A context in CSS pixels, cleared; null while nothing of it can be seen. */
  begin(): { readonly g: CanvasRenderingContext2D; readonly width: number; readonly height: number } | null;
}

export function stageCanvas(label: string, height: number): StageCanvas {
  const canvas = h('canvas', {
    class: 'stage-canvas',
    role: 'img',
    'aria-label': label,
    style: `height: ${height}px`,
  });
  let width = 0;
  let tall = height;
  new ResizeObserver(() => {
    width = canvas.clientWidth;
    tall = canvas.clientHeight;
  }).observe(canvas);
  return {
    canvas,
    begin() {
      if (width === 0) return null;
      const ratio = devicePixelRatio;
      const [w, t] = [Math.round(width * ratio), Math.round(tall * ratio)];
      if (canvas.width !== w) canvas.width = w;
      if (canvas.height !== t) canvas.height = t;
      const g = canvas.getContext('2d');
      if (!g) return null;
      g.setTransform(ratio, 0, 0, ratio, 0, 0);
      g.clearRect(0, 0, width, tall);
      g.font = '11px system-ui, sans-serif';
      return { g, width, height: tall };
    },
  };
}

export const colourOfLine = (i: number): string => cssColour(`--c${i % 8}`);

/** The last `length` numbers of each of several lines. */
export interface Window {
  readonly length: number;
  /** Numbers kept so far, at most `length`. */
  readonly count: number;
  push(values: ArrayLike<number>): void;
  /** Number `i` of line `line`, the oldest first. */
  at(line: number, i: number): number;
  clear(): void;
  range(): { readonly lo: number; readonly hi: number } | null;
}

export function makeWindow(lines: number, length: number): Window {
  const data = new Float64Array(lines * length);
  let next = 0;
  let count = 0;
  const at = (line: number, i: number): number =>
    data[line * length + ((next - count + i + 2 * length) % length)];
  return {
    length,
    get count() {
      return count;
    },
    push(values) {
      for (let l = 0; l < lines; l++) data[l * length + next] = values[l];
      next = (next + 1) % length;
      count = Math.min(length, count + 1);
    },
    at,
    clear() {
      next = count = 0;
    },
    range() {
      let lo = Number.POSITIVE_INFINITY;
      let hi = Number.NEGATIVE_INFINITY;
      for (let l = 0; l < lines; l++)
        for (let i = 0; i < count; i++) {
          const v = at(l, i);
          if (!Number.isFinite(v)) continue;
          if (v < lo) lo = v;
          if (v > hi) hi = v;
        }
      return lo <= hi ? { lo, hi } : null;
    },
  };
}
