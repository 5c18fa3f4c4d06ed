/** Values as pixels: a canvas for each of a few chains, its colours by domain, as large as there is room. */
import { type ColourMap, colourOf } from '../../../src/plot/colour-maps.ts';
import type { Quantity } from '../../../src/stats/draws.ts';
import { h } from '../dom.ts';

/** What pixels are of. */
export interface PixelSource {
  readonly name: string;
  readonly kind: Quantity['kind'];
  /** Rows and columns are the last two; others are side by side. */
  readonly shape: readonly number[];
  readonly chains: number;
  readonly cyclic: boolean;
  readonly lo?: number;
  readonly hi?: number;
  /** Pictures side by side; absent: two, or four of many. */
  readonly across?: number;
  /** What there are several of: `chain`. */
  readonly of?: string;
}

export interface Pixels {
  readonly element: HTMLElement;
  /** @param values of all chains, one after another; @param from where they begin */
  draw(values: ArrayLike<number>, from?: number): void;
}

/** @param read what a stored number stands for: bytes of films and frames are counted from their least */
export function pixelGrid(o: PixelSource, read: (stored: number) => number = (x) => x): Pixels {
  const [rows, cols] = o.shape.length === 1 ? [1, o.shape[0]] : o.shape.slice(-2);
  const size = o.shape.reduce((a, b) => a * b, 1);
  const slices = Math.max(1, Math.round(size / (rows * cols)));
  const across = Math.ceil(Math.sqrt((slices * rows) / cols));
  const [width, height] = [across * (cols + 1) - 1, Math.ceil(slices / across) * (rows + 1) - 1];
  const side = o.across ?? (o.chains > 4 ? 4 : o.chains > 1 ? 2 : 1);
  const canvases = Array.from({ length: o.chains }, (_, c) =>
    h('canvas', {
      width,
      height,
      role: 'img',
      'aria-label': `${o.name} in ${o.of ?? 'chain'} ${c + 1}`,
      title: `${o.of ?? 'chain'} ${c + 1}`,
    }),
  );
  const element = h(
    'div',
    {
      class: 'pixels',
      'data-chains': o.chains,
      style: `--across: ${side}`,
    },
    ...canvases,
  );
  sized(element, canvases, side, width, height);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const palette = makePalette(o);
  return {
    element,
    draw(values, from = 0) {
      const colour = palette(values, from, o.chains * size, read);
      canvases.forEach((canvas, c) => {
        let at = from + c * size;
        for (let s = 0; s < slices; s++) {
          const left = (s % across) * (cols + 1);
          const top = Math.floor(s / across) * (rows + 1);
          for (let r = 0; r < rows; r++) {
            let to = (top + r) * width + left;
            for (let k = 0; k < cols; k++) pixels[to++] = colour(values[at++]);
          }
        }
        canvas.getContext('2d')?.putImageData(image, 0, 0);
      });
    },
  };
}

/** Whole multiples of a pixel where they are large, else as much as there is room for. */
function sized(
  element: HTMLElement,
  canvases: readonly HTMLCanvasElement[],
  across: number,
  width: number,
  height: number,
): void {
  new ResizeObserver(() => {
    const room = (element.clientWidth - 8 * (across - 1)) / across;
    if (room <= 0) return;
    const tall = (across === 1 ? 460 : 236) / height;
    const scale = Math.max(0.2, Math.min(room / width, tall, 40));
    const whole = scale >= 3 ? Math.floor(scale) : scale;
    for (const c of canvases) c.style.width = `${whole * width}px`;
  }).observe(element);
}

/** The steps that a continuous scale is drawn in. */
const STEPS = 256;

type Packed = (stored: number) => number;

/** Packed RGBA by tables. The range of reals widens as values arrive and never shrinks. */
function makePalette(
  o: PixelSource,
): (values: ArrayLike<number>, from: number, count: number, read: (x: number) => number) => Packed {
  let lo = o.lo ?? Number.POSITIVE_INFINITY;
  let hi = o.hi ?? Number.NEGATIVE_INFINITY;
  const known = o.lo !== undefined && o.hi !== undefined;
  let table = new Uint32Array(0);
  let made = '';
  return (values, from, count, read) => {
    if (!known)
      for (let i = from; i < from + count; i++) {
        const v = read(values[i]);
        if (v < lo) lo = v;
        if (v > hi && v < Number.POSITIVE_INFINITY) hi = v;
      }
    const map = o.cyclic ? 'cyclic' : mapOf(o.kind, lo, hi);
    const [a, b] = map === 'diverging' ? [-Math.max(-lo, hi), Math.max(-lo, hi)] : [lo, hi];
    const whole = o.kind !== 'real' && b - a < STEPS;
    const steps = whole ? b - a + 1 : STEPS;
    const key = `${map} ${a} ${b}`;
    if (key !== made) {
      made = key;
      const step = steps === 1 ? 0 : (b - a) / (steps - 1);
      const turn = whole ? steps : steps - 1;
      table = Uint32Array.from({ length: steps }, (_, i) =>
        map === 'cyclic' ? packed(hue(i / turn)) : packed(colourOf(map, a + i * step, a, b)),
      );
    }
    const scale = b > a ? (steps - 1) / (b - a) : 0;
    return (stored) => {
      const value = read(stored);
      if (Number.isNaN(value)) return 0;
      const at = Math.round((value - a) * scale);
      return table[at < 0 ? 0 : at >= steps ? steps - 1 : at];
    };
  };
}

/** Colours by domain, as in the charts. */
function mapOf(kind: Quantity['kind'], lo: number, hi: number): ColourMap {
  if (kind === 'category') return 'category';
  if (kind === 'integer') {
    if (lo === -1 && hi === 1) return 'spin';
    return lo === 0 && hi === 1 ? 'ink' : hi - lo < 8 ? 'category' : 'sequential';
  }
  return lo < 0 && hi > 0 ? 'diverging' : 'sequential';
}

/** Once around in hue at even lightness and chroma (Oklab, Ottosson 2020): `turn` 0 … 1. */
function hue(turn: number): readonly [number, number, number, number] {
  const [light, chroma] = [0.72, 0.125];
  const [a, b] = [chroma * Math.cos(2 * Math.PI * turn), chroma * Math.sin(2 * Math.PI * turn)];
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const byte = (x: number): number => {
    const c = Math.max(0, Math.min(1, x));
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
  };
  return [
    byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    byte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
    255,
  ];
}

/** Little-endian, as every machine with a browser is. */
const packed = ([r, g, b, a]: readonly [number, number, number, number]): number =>
  ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
