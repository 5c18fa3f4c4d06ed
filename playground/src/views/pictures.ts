/** Lattices at work: a picture of each of a few chains, one pixel a site, redrawn with every frame. */
import { type ColourMap, colourOf } from '../../../src/plot/colour-maps.ts';
import { h } from '../dom.ts';
import type { Picture } from '../protocol.ts';

export interface PicturesView {
  readonly element: HTMLElement;
  show(pictures: readonly Picture[]): void;
}

export function picturesView(): PicturesView {
  const element = h('div', { class: 'pictures' });
  const strips = new Map<string, Strip>();
  return {
    element,
    show(pictures) {
      for (const p of pictures) {
        let strip = strips.get(p.name);
        if (!strip) {
          strip = makeStrip(p);
          strips.set(p.name, strip);
          element.append(strip.element);
        }
        strip.draw(p);
      }
    },
  };
}

interface Strip {
  readonly element: HTMLElement;
  draw(p: Picture): void;
}

function makeStrip(first: Picture): Strip {
  const { name, rows, cols, shown } = first;
  const canvases = Array.from({ length: shown }, (_, c) =>
    h('canvas', {
      width: cols,
      height: rows,
      role: 'img',
      'aria-label': `${name} in chain ${c + 1}`,
      title: `chain ${c + 1}`,
    }),
  );
  const element = h(
    'figure',
    { class: shown > 4 ? 'strip strip-many' : 'strip', 'data-unknown': name },
    h(
      'figcaption',
      {},
      h('strong', {}, name),
      ` ${rows} × ${cols} · ${shown === 1 ? 'one chain' : `${shown} chains side by side`}`,
    ),
    h('div', { class: 'strip-pictures' }, ...canvases),
  );
  const image = new ImageData(cols, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const palette = makePalette();
  return {
    element,
    draw(p) {
      const colours = palette(p);
      canvases.forEach((canvas, c) => {
        for (let i = 0; i < pixels.length; i++) pixels[i] = colours(p.values[c * pixels.length + i]);
        canvas.getContext('2d')?.putImageData(image, 0, 0);
      });
    },
  };
}

/** The steps that a continuous scale is drawn in. */
const STEPS = 256;

type Packed = (value: number) => number;

/** Values to packed RGBA pixels, by tables. The range of reals widens as values arrive and never shrinks. */
function makePalette(): (p: Picture) => Packed {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  let table = new Uint32Array(0);
  let made = '';
  return (p) => {
    if (p.lo !== undefined && p.hi !== undefined) [lo, hi] = [p.lo, p.hi];
    else
      for (const v of p.values) {
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      }
    const map = mapOf(p, lo, hi);
    const [a, b] = map === 'diverging' ? [-Math.max(-lo, hi), Math.max(-lo, hi)] : [lo, hi];
    const whole = p.kind !== 'real' && b - a < STEPS;
    const steps = whole ? b - a + 1 : STEPS;
    const key = `${map} ${a} ${b}`;
    if (key !== made) {
      made = key;
      const step = steps === 1 ? 0 : (b - a) / (steps - 1);
      table = Uint32Array.from({ length: steps }, (_, i) => packed(colourOf(map, a + i * step, a, b)));
    }
    const scale = b > a ? (steps - 1) / (b - a) : 0;
    return (value) => (Number.isNaN(value) ? 0 : table[Math.round((value - a) * scale)]);
  };
}

/** Colours by domain, as in the charts. */
function mapOf(p: Picture, lo: number, hi: number): ColourMap {
  if (p.kind === 'category') return 'category';
  if (p.kind === 'integer') {
    if (lo === -1 && hi === 1) return 'spin';
    return lo === 0 && hi === 1 ? 'ink' : 'grey';
  }
  return lo < 0 && hi > 0 ? 'diverging' : 'sequential';
}

/** Little-endian, as every machine with a browser is. */
const packed = ([r, g, b, a]: readonly [number, number, number, number]): number =>
  ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
