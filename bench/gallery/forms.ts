/** Forms that several pictures share: ridges, intervals, lines through points, glowing densities, boards. */
import {
  area,
  band,
  box,
  c,
  density,
  disc,
  dots,
  extent,
  field,
  HEIGHT,
  hill,
  line,
  lines,
  linspace,
  maps,
  mean,
  path,
  picture,
  quantile,
  range,
  scale,
  series,
  text,
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Drawn, Ran } from './studio.ts';

/** Densities of some numbers over one axis, behind each other. */
export function hills(
  all: readonly (readonly number[])[],
  options: { readonly colours?: readonly string[]; readonly over?: Xy } = {},
): string {
  const x = scale(options.over ?? extent(all.flat(), 0.02), [14, WIDTH - 14]);
  const [lo, hi] = options.over ?? extent(all.flat(), 0.02);
  const at = linspace(lo, hi, 120);
  return picture(
    ...all.map((values, i) => hill(at.map(x), density(values, at), 172, 140, (options.colours ?? series)[i])),
    line([14, 172.5], [WIDTH - 14, 172.5], c.dim, 1),
  );
}

/** One density a row, overlapping. */
export function ridges(
  all: readonly (readonly number[])[],
  options: { readonly over?: Xy; readonly zero?: boolean; readonly colour?: (i: number) => string } = {},
): string {
  const over = options.over ?? extent(all.flat(), 0.02);
  const x = scale(over, [12, WIDTH - 12]);
  const at = linspace(over[0], over[1], 90);
  const step = (HEIGHT - 60) / Math.max(1, all.length - 1);
  const tall = Math.min(70, 2.1 * step + 12);
  return picture(
    ...(options.zero ? [line([x(0), 12], [x(0), HEIGHT - 12], c.dim, 1)] : []),
    ...all.map((values, i) =>
      hill(
        at.map(x),
        density(values, at),
        46 + i * step,
        tall * 0.6,
        options.colour?.(i) ?? series[i % series.length],
      ),
    ),
  );
}

/** Means with intervals of 50 and 90 %, in order. */
export function intervals(
  all: readonly (readonly number[])[],
  options: { readonly marks?: readonly number[]; readonly zero?: number; readonly colour?: string } = {},
): string {
  const colour = options.colour ?? c.blue;
  const ends = all.map((v) => [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantile(v, p)));
  const x = scale(
    extent([...ends.flat(), ...(options.marks ?? []), ...(options.zero === undefined ? [] : [options.zero])]),
    [16, WIDTH - 16],
  );
  const step = (HEIGHT - 24) / all.length;
  return picture(
    ...(options.zero === undefined
      ? []
      : [line([x(options.zero), 8], [x(options.zero), HEIGHT - 8], c.dim, 1)]),
    ...ends.map(([a, b, m, d, e], i) => {
      const y = 12 + step * (i + 0.5);
      const mark = options.marks?.[i];
      return (
        line([x(a), y], [x(e), y], colour, 2, 0.6) +
        line([x(b), y], [x(d), y], colour, Math.min(8, step * 0.5)) +
        disc(x(m), y, Math.min(4, step * 0.28), c.pale) +
        (mark === undefined ? '' : disc(x(mark), y, Math.min(3.4, step * 0.25), c.amber))
      );
    }),
  );
}

/** Points with the curves of some draws and their mean. */
export function fitted(
  points: readonly Xy[],
  over: Xy,
  curve: (draw: number, x: number) => number,
  count: number,
  options: {
    readonly y?: Xy;
    readonly colours?: (i: number) => string;
    readonly colour?: string;
    readonly r?: number;
  } = {},
): string {
  const xs = linspace(over[0], over[1], 48);
  const picked = range(30).map((i) => Math.floor(((i + 0.5) * count) / 30));
  const all = picked.map((d) => xs.map((x) => curve(d, x)));
  const y = scale(options.y ?? extent([...points.map((p) => p[1]), ...all.flat()]), [HEIGHT - 12, 12]);
  const x = scale(over, [12, WIDTH - 12]);
  const colour = options.colour ?? c.blue;
  const middle = xs.map((_, k) => mean(all.map((a) => a[k])));
  return picture(
    lines(
      all.map((a) => xs.map((v, k): Xy => [x(v), y(a[k])])),
      colour,
      1,
      0.28,
    ),
    path(
      xs.map((v, k): Xy => [x(v), y(middle[k])]),
      colour,
      2.4,
    ),
    ...points.map((p, i) => disc(x(p[0]), y(p[1]), options.r ?? 3.4, options.colours?.(i) ?? c.amber)),
  );
}

/** A series with the band of what is behind it. */
export function ribbon(
  n: number,
  draws: (t: number) => readonly number[],
  points: readonly Xy[],
  options: {
    readonly y?: Xy;
    readonly colour?: string;
    readonly joined?: boolean;
    readonly symmetric?: boolean;
  } = {},
): string {
  const colour = options.colour ?? c.blue;
  const at = range(n).map((t) => draws(t));
  const q = (p: number): number[] => at.map((v) => quantile(v, p));
  const [low, first, middle, third, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map(q);
  const y = scale(options.y ?? extent([...low, ...high, ...points.map((p) => p[1])]), [HEIGHT - 12, 12]);
  const x = scale([0, n - 1], [12, WIDTH - 12]);
  const xs = range(n).map(x);
  return picture(
    band(xs, low.map(y), high.map(y), colour, 0.22),
    band(xs, first.map(y), third.map(y), colour, 0.35),
    path(
      xs.map((v, i): Xy => [v, y(middle[i])]),
      colour,
      2.2,
    ),
    options.joined
      ? path(
          points.map(([a, b]): Xy => [x(a), y(b)]),
          c.amber,
          1.3,
          0.8,
        )
      : '',
    dots(
      points.map(([a, b]): Xy => [x(a), y(b)]),
      2.6,
      c.amber,
    ),
  );
}

/** The density of an energy over the plane, with points on it. */
export function glow(
  ran: Ran,
  energy: string,
  over: number,
  points: readonly Xy[] = [],
  options: {
    readonly map?: (typeof maps)[keyof typeof maps];
    readonly power?: number;
    readonly middle?: Xy;
    readonly most?: number;
  } = {},
): string {
  const [rows, cols] = [100, 160];
  const unit = over / rows;
  const [mx, my] = options.middle ?? [0, 0];
  const xs: number[] = [];
  const ys: number[] = [];
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < cols; k++) {
      xs.push(mx + (k + 0.5 - cols / 2) * unit);
      ys.push(my - (r + 0.5 - rows / 2) * unit);
    }
  const p = ran.density(energy, xs, ys);
  const top = quantile([...p], 0.999);
  const x = (v: number): number => WIDTH / 2 + ((v - mx) / unit) * 2;
  const y = (v: number): number => HEIGHT / 2 - ((v - my) / unit) * 2;
  return picture(
    field(rows, cols, options.map ?? maps.glow, (r, k) => (p[r * cols + k] / top) ** (options.power ?? 0.6)),
    points.length === 0
      ? ''
      : dots(
          points.slice(0, options.most ?? 240).map(([a, b]): Xy => [x(a), y(b)]),
          1.1,
          '#ffffff',
          0.75,
        ),
  );
}

/** Bars side by side. */
export function bars(
  values: readonly number[],
  options: {
    readonly colours?: (i: number) => string;
    readonly labels?: readonly string[];
    readonly second?: readonly number[];
  } = {},
): string {
  const base = options.labels ? 168 : 182;
  const top = Math.max(...values, ...(options.second ?? []));
  const step = (WIDTH - 36) / values.length;
  const wide = step * (options.second ? 0.36 : 0.68);
  return picture(
    ...values.map((v, i) => {
      const x = 18 + step * (i + 0.5);
      const tall = (v / top) * (base - 20);
      const colour = options.colours?.(i) ?? c.blue;
      const other = options.second?.[i];
      return (
        box(x - (other === undefined ? wide / 2 : wide), base - tall, wide, tall, colour, 'rx="2"') +
        (other === undefined
          ? ''
          : box(
              x + 1,
              base - (other / top) * (base - 20),
              wide,
              (other / top) * (base - 20),
              c.amber,
              'rx="2"',
            )) +
        (options.labels ? text(x, 187, options.labels[i], 13, c.pale) : '')
      );
    }),
    line([14, base + 0.5], [WIDTH - 14, base + 0.5], c.dim, 1),
  );
}

/** A square board in the middle. */
export function board(
  rows: number,
  cols: number,
  cell: (row: number, col: number, x: number, y: number, side: number) => string,
): string {
  const side = Math.floor(Math.min(184 / rows, 304 / cols));
  const [left, top] = [(WIDTH - side * cols) / 2, (HEIGHT - side * rows) / 2];
  const cells: string[] = [];
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < cols; k++) cells.push(cell(r, k, left + k * side, top + r * side, side));
  return picture(...cells);
}

/** Nodes and edges at places between −1 and 1. */
export function network(
  places: readonly Xy[],
  edges: readonly (readonly [number, number, string?, number?])[],
  node: (i: number) => { readonly colour: string; readonly r?: number; readonly label?: string },
  reach: Xy = [132, 82],
): string {
  const at = (i: number): Xy => [WIDTH / 2 + reach[0] * places[i][0], HEIGHT / 2 + reach[1] * places[i][1]];
  return picture(
    ...edges.map(([i, j, colour, width]) => line(at(i), at(j), colour ?? c.dim, width ?? 1.6)),
    ...places.map((_, i) => {
      const [x, y] = at(i);
      const { colour, r = 8, label } = node(i);
      return disc(x, y, r, colour) + (label ? text(x, y + 4.5, label, 12, '#10151d') : '');
    }),
  );
}

export const onCircle = (n: number, radius = 1, turn = -Math.PI / 2): Xy[] =>
  range(n).map((i) => [
    radius * Math.cos(turn + (2 * Math.PI * i) / n),
    radius * Math.sin(turn + (2 * Math.PI * i) / n),
  ]);

/** Two columns of draws as points. */
export const pairsOf = (d: Drawn, i = 0, j = 1): Xy[] => range(d.count).map((k) => [d.at(k)[i], d.at(k)[j]]);

/** A cloud of points in two colours of depth. */
export function cloud(points: readonly Xy[], colour: string, data: readonly Xy[] = []): string {
  const all = [...points, ...data];
  const x = scale(extent(all.map((p) => p[0])), [14, WIDTH - 14]);
  const y = scale(extent(all.map((p) => p[1])), [HEIGHT - 14, 14]);
  const put = (list: readonly Xy[]): Xy[] => list.map(([a, b]) => [x(a), y(b)]);
  return picture(dots(put(points.slice(0, 700)), 1.5, colour, 0.55), dots(put(data), 2.2, c.amber));
}

export { area, band };

/** Where two numbers are, as a glow over the whole picture. */
export function heat(
  xs: readonly number[],
  ys: readonly number[],
  [overX, overY]: readonly [Xy, Xy],
  map: (typeof maps)[keyof typeof maps],
): string {
  const [rows, cols] = [50, 80];
  const h = new Float64Array(rows * cols);
  const x = scale(overX, [0, cols]);
  const y = scale(overY, [rows, 0]);
  xs.forEach((v, i) => {
    const [cx, cy] = [x(v), y(ys[i])];
    for (let dr = -3; dr <= 3; dr++)
      for (let dk = -3; dk <= 3; dk++) {
        const [r, k] = [Math.floor(cy) + dr, Math.floor(cx) + dk];
        if (r < 0 || r >= rows || k < 0 || k >= cols) continue;
        h[r * cols + k] += Math.exp(-0.35 * ((r + 0.5 - cy) ** 2 + (k + 0.5 - cx) ** 2));
      }
  });
  const top = Math.max(...h);
  return field(rows, cols, map, (r, k) => (h[r * cols + k] / top) ** 0.6);
}
