/** Drawing for pictures of 320 × 200: few marks, own ground, the same in light and dark pages. */
import { escapeText } from '../../src/plot/markup.ts';
import { pngDataUri, type Rgba } from '../../src/plot/png.ts';

export const WIDTH = 320;
export const HEIGHT = 200;

export const c = {
  amber: '#f9b342',
  blue: '#4aa8e6',
  teal: '#2bc79b',
  rose: '#ea7ba6',
  violet: '#a292f5',
  orange: '#f0813a',
  sky: '#8fd0f7',
  pale: '#e4ebf2',
  dim: '#5d6a7a',
  deep: '#1d2a3c',
} as const;
export const series = [c.blue, c.amber, c.teal, c.rose, c.violet, c.orange, c.sky, c.pale] as const;

export type Xy = readonly [number, number];

const n1 = (x: number): string => String(Math.round(x * 10) / 10);

/** A path through points: where it begins, then steps of tenths, written as short as can be. */
function track(points: readonly Xy[]): string {
  let [x, y] = [Math.round(points[0][0] * 10), Math.round(points[0][1] * 10)];
  let out = `M${x / 10} ${y / 10}`;
  const short = (v: number): string => String(v / 10).replace(/^(-?)0\./, '$1.');
  let first = true;
  for (const [px, py] of points.slice(1)) {
    const [nx, ny] = [Math.round(px * 10), Math.round(py * 10)];
    if (nx === x && ny === y) continue;
    const [a, b] = [short(nx - x), short(ny - y)];
    out += `${first ? 'l' : a.startsWith('-') ? '' : ' '}${a}${b.startsWith('-') ? '' : ' '}${b}`;
    first = false;
    [x, y] = [nx, ny];
  }
  return first ? `${out}h0` : out;
}

/** The whole picture. */
export const picture = (...marks: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui,sans-serif" font-weight="600"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#172131"/><stop offset="1" stop-color="#0c1119"/></linearGradient></defs><rect width="${WIDTH}" height="${HEIGHT}" fill="url(#g)"/>${marks.join('')}</svg>\n`;

export const group = (attributes: string, ...marks: readonly string[]): string =>
  `<g ${attributes}>${marks.join('')}</g>`;

/** From numbers to pixels, in either direction. */
export type Scale = (x: number) => number;
export const scale =
  (from: Xy, to: Xy): Scale =>
  (x) =>
    to[0] + ((x - from[0]) / (from[1] - from[0] || 1)) * (to[1] - to[0]);

export function extent(values: Iterable<number>, pad = 0.06): Xy {
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    lo = Math.min(lo, v);
    hi = Math.max(hi, v);
  }
  const room = (hi - lo || 1) * pad;
  return [lo - room, hi + room];
}

/** The same scale in both directions, with everything in sight. */
export function square(
  points: readonly Xy[],
  pad = 0.12,
): { readonly x: Scale; readonly y: Scale; readonly unit: number } {
  const [x0, x1] = extent(
    points.map((p) => p[0]),
    pad,
  );
  const [y0, y1] = extent(
    points.map((p) => p[1]),
    pad,
  );
  const unit = Math.min(WIDTH / (x1 - x0), HEIGHT / (y1 - y0));
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return { x: (x) => WIDTH / 2 + (x - cx) * unit, y: (y) => HEIGHT / 2 - (y - cy) * unit, unit };
}

export const dots = (points: readonly Xy[], r: number, colour: string, opacity = 1): string =>
  `<path d="${points.map(([x, y]) => `M${n1(x)} ${n1(y)}h0`).join('')}" stroke="${colour}" stroke-width="${n1(2 * r)}" stroke-linecap="round" fill="none"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`;

export const disc = (x: number, y: number, r: number, fill: string, more = ''): string =>
  `<circle cx="${n1(x)}" cy="${n1(y)}" r="${n1(r)}" fill="${fill}"${more && ` ${more}`}/>`;

export const path = (points: readonly Xy[], colour: string, width = 2, opacity = 1, closed = false): string =>
  `<path d="${track(points)}${closed ? 'Z' : ''}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="round"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`;

export const area = (points: readonly Xy[], fill: string, opacity = 1): string =>
  `<path d="${track(points)}Z" fill="${fill}"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`;

/** Strokes of a few colours, those of one colour as one path. */
export function strokes(
  all: readonly { readonly points: readonly Xy[]; readonly colour: string }[],
  width: number,
  opacity = 1,
): string {
  const byColour = new Map<string, (readonly Xy[])[]>();
  for (const s of all) byColour.set(s.colour, [...(byColour.get(s.colour) ?? []), s.points]);
  return [...byColour]
    .map(
      ([colour, list]) =>
        `<path d="${list.map((p) => track(p)).join('')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`,
    )
    .join('');
}

/** Between two curves over the same x. */
export const band = (
  xs: readonly number[],
  low: readonly number[],
  high: readonly number[],
  fill: string,
  opacity: number,
): string =>
  area(
    [...xs.map((x, i): Xy => [x, high[i]]), ...xs.map((x, i): Xy => [x, low[i]]).reverse()],
    fill,
    opacity,
  );

/** Several lines as one path: a fan of draws. */
export const lines = (
  all: readonly (readonly Xy[])[],
  colour: string,
  width: number,
  opacity: number,
): string =>
  `<path d="${all.map((p) => track(p)).join('')}" fill="none" stroke="${colour}" stroke-width="${width}" opacity="${opacity}" stroke-linejoin="round"/>`;

export const line = (from: Xy, to: Xy, colour: string, width = 1, opacity = 1): string =>
  path([from, to], colour, width, opacity);

export const box = (x: number, y: number, w: number, h: number, fill: string, more = ''): string =>
  `<rect x="${n1(x)}" y="${n1(y)}" width="${n1(w)}" height="${n1(h)}" fill="${fill}"${more && ` ${more}`}/>`;

export const text = (
  x: number,
  y: number,
  content: string,
  size: number,
  fill: string,
  more = 'text-anchor="middle"',
): string =>
  `<text x="${n1(x)}" y="${n1(y)}" font-size="${size}" fill="${fill}" ${more}>${escapeText(content)}</text>`;

type Rgb = readonly [number, number, number];
const rgb = (hex: string): Rgb =>
  [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;

/** From dark to glowing. */
const GLOW = ['#0f1520', '#22305a', '#553a8c', '#a8437f', '#e8743f', '#f9b342', '#fff0c2'].map(rgb);
const COOL = ['#0f1520', '#14304d', '#15597d', '#1f8f9a', '#4cc4a2', '#b4ecb4', '#f4ffe4'].map(rgb);
/** About a middle. */
const TWO = ['#4aa8e6', '#27557c', '#141c29', '#8a4a22', '#f9b342'].map(rgb);
export const maps = { glow: GLOW, cool: COOL, two: TWO } as const;

export function shade(map: readonly Rgb[], t: number): Rgb {
  const at = Math.min(1, Math.max(0, t)) * (map.length - 1);
  const i = Math.min(map.length - 2, Math.floor(at));
  const f = at - i;
  return [0, 1, 2].map((k) => Math.round(map[i][k] + f * (map[i + 1][k] - map[i][k]))) as unknown as Rgb;
}
export const css = ([r, g, b]: Rgb): string =>
  `#${[r, g, b].map((v) => v.toString(16).padStart(2, '0')).join('')}`;

export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels with few colours: `at(row, col)` is a number of the palette. */
export function pixels(
  rows: number,
  cols: number,
  palette: readonly string[],
  at: (row: number, col: number) => number,
  where: Placed = { x: 0, y: 0, width: WIDTH, height: HEIGHT },
  smooth = false,
): string {
  const data = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) for (let k = 0; k < cols; k++) data[r * cols + k] = at(r, k);
  const colours = palette.map((p): Rgba => [...rgb(p), 255]);
  const uri = pngDataUri(cols, rows, { kind: 'palette', data, palette: colours });
  const rendering = smooth ? '' : ' style="image-rendering:pixelated"';
  return `<image x="${n1(where.x)}" y="${n1(where.y)}" width="${n1(where.width)}" height="${n1(where.height)}" preserveAspectRatio="none"${rendering} href="${uri}"/>`;
}

/** A field of numbers between 0 and 1, smooth, as large as the picture. */
export function field(
  rows: number,
  cols: number,
  map: readonly Rgb[],
  at: (row: number, col: number) => number,
  where?: Placed,
  smooth = true,
): string {
  const LEVELS = 48;
  const palette = Array.from({ length: LEVELS }, (_, i) => css(shade(map, i / (LEVELS - 1))));
  const level = (r: number, k: number): number =>
    Math.round(Math.min(1, Math.max(0, at(r, k))) * (LEVELS - 1));
  return pixels(rows, cols, palette, level, where, smooth);
}

/** A smooth density of numbers, at `xs`, its highest 1 (Gaussian kernel, Silverman's width). */
export function density(values: readonly number[], xs: readonly number[], width?: number): number[] {
  const n = values.length;
  const mean = values.reduce((a, v) => a + v, 0) / n;
  const sd = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / n) || 1;
  const sorted = [...values].sort((a, b) => a - b);
  const iqr = sorted[Math.floor(0.75 * (n - 1))] - sorted[Math.floor(0.25 * (n - 1))];
  const h = width ?? 0.9 * Math.min(sd, iqr / 1.34 || sd) * n ** -0.2;
  const out = xs.map((x) => values.reduce((a, v) => a + Math.exp(-0.5 * ((x - v) / h) ** 2), 0));
  const most = Math.max(...out, 1e-300);
  return out.map((d) => d / most);
}

export const quantile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const i = Math.floor(at);
  return sorted[i] + (at - i) * ((sorted[i + 1] ?? sorted[i]) - sorted[i]);
};
export const mean = (values: readonly number[]): number => values.reduce((a, v) => a + v, 0) / values.length;
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const linspace = (from: number, to: number, n: number): number[] =>
  range(n).map((i) => from + ((to - from) * i) / (n - 1));

/** A hill over a base line. */
export function hill(
  xs: readonly number[],
  heights: readonly number[],
  base: number,
  tall: number,
  colour: string,
): string {
  const top = xs.map((x, i): Xy => [x, base - tall * heights[i]]);
  return area([[xs[0], base], ...top, [xs[xs.length - 1], base]], colour, 0.28) + path(top, colour, 2);
}
