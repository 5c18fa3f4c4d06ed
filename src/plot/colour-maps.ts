import { clampHuge } from './numbers.ts';
import type { Rgba } from './png.ts';

/**
 * How values become pixels. Colours of pictures are fixed, the same on light and dark grounds.
 * - `spin`: −1 navy, +1 amber.
 * - `grey`: the least value black, the greatest white; `ink` the reverse.
 * - `sequential`: dark violet to yellow, even in lightness; `diverging`: blue, white, red about the middle.
 * - `category`: codes 0, 1, … by hue.
 */
export type ColourMap = 'spin' | 'grey' | 'ink' | 'sequential' | 'diverging' | 'category';

type Rgb = readonly [number, number, number];

const SPIN: readonly Rgb[] = [
  [22, 36, 71],
  [250, 176, 60],
];

/** Anchors along van der Walt and Smith's viridis (2015). */
const SEQUENTIAL: readonly Rgb[] = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

const DIVERGING: readonly Rgb[] = [
  [33, 83, 148],
  [103, 159, 205],
  [246, 246, 244],
  [233, 141, 95],
  [166, 38, 30],
];

const CATEGORY: readonly Rgb[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [213, 94, 0],
  [240, 228, 66],
  [70, 78, 88],
];

const GREY: readonly Rgb[] = [
  [0, 0, 0],
  [255, 255, 255],
];

const INK: readonly Rgb[] = [
  [252, 252, 250],
  [20, 22, 26],
];

function along(anchors: readonly Rgb[], t: number): Rgb {
  const at = Math.min(1, Math.max(0, t)) * (anchors.length - 1);
  const i = Math.min(anchors.length - 2, Math.floor(at));
  const f = at - i;
  const mix = (c: 0 | 1 | 2): number => Math.round(anchors[i][c] + f * (anchors[i + 1][c] - anchors[i][c]));
  return [mix(0), mix(1), mix(2)];
}

/** Colours beyond the eighth: hues apart by the golden angle, lightness in three steps. */
function categoryColour(code: number): Rgb {
  const i = Math.abs(Math.trunc(code)) % 4096;
  if (i < CATEGORY.length) return CATEGORY[i];
  const hue = (i * 137.508) % 360;
  const light = [0.45, 0.62, 0.32][i % 3];
  const chroma = 0.5 * Math.min(light, 1 - light);
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (light - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

const opaque = (c: Rgb): Rgba => [c[0], c[1], c[2], 255];
const CLEAR: Rgba = [0, 0, 0, 0];

/** The colour of a value between `lo` and `hi`; transparent where it is not finite. */
export function colourOf(map: ColourMap, value: number, lo: number, hi: number): Rgba {
  if (Number.isNaN(value)) return CLEAR;
  const [v, a, b] = [value, lo, hi].map(clampHuge);
  const t = b > a ? (v - a) / (b - a) : 0.5;
  switch (map) {
    case 'spin':
      return opaque(along(SPIN, t));
    case 'grey':
      return opaque(along(GREY, t));
    case 'ink':
      return opaque(along(INK, t));
    case 'sequential':
      return opaque(along(SEQUENTIAL, t));
    case 'diverging':
      return opaque(along(DIVERGING, t));
    case 'category':
      return Number.isFinite(value) ? opaque(categoryColour(value)) : CLEAR;
  }
}

export const cssColour = (c: Rgba): string =>
  `#${c
    .slice(0, 3)
    .map((v) => v.toString(16).padStart(2, '0'))
    .join('')}`;
