import { type ColourMap, colourOf, cssColour } from './colour-maps.ts';
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, CHART_WIDTH, drawFrame, emptyBody, type LegendItem } from './frame.ts';
import { element, escapeText, group, label } from './markup.ts';
import { extent, formatNumber } from './numbers.ts';
import { pngDataUri, type Rgba } from './png.ts';
import { fitText, plural } from './text.ts';
import { ink } from './theme.ts';

/** A field on a grid, row-major. */
export interface Field {
  readonly rows: number;
  readonly cols: number;
  readonly values: ArrayLike<number>;
  readonly caption?: string;
}

export interface LatticeOptions {
  readonly title?: string;
  readonly subtitle?: string;
  /** Default: `spin` for values ±1 alone, else `sequential`. */
  readonly map?: ColourMap;
  /** The values at the ends of the colour scale; default: the least and greatest of all fields. */
  readonly lo?: number;
  readonly hi?: number;
  /** A category's value names, in code order, for the key. */
  readonly labels?: readonly string[];
  /** Pictures side by side; default by their number. */
  readonly columns?: number;
  /** Most fields drawn; default 100. */
  readonly most?: number;
}

/** The sides of an embedded picture are at least this, so viewers that smooth do not blur the sites. */
const MIN_PIXELS = 160;

/**
 * A field as a PNG address, each site a square of whole pixels. Colours are collected into a palette where
 * there are at most 256 of them.
 * @throws RangeError where the values do not fill the grid.
 */
export function fieldUri(field: Field, map: ColourMap, lo: number, hi: number): string {
  const { rows, cols, values } = field;
  if (values.length !== rows * cols) {
    throw new RangeError(
      `a field of ${rows} × ${cols} sites needs ${rows * cols} values, found ${values.length}`,
    );
  }
  const zoom = Math.max(1, Math.ceil(MIN_PIXELS / Math.max(rows, cols)));
  const width = cols * zoom;
  const height = rows * zoom;
  const palette: Rgba[] = [];
  const codes = new Map<string, number>();
  const site = Array.from(values, (v) => {
    const c = colourOf(map, v, lo, hi);
    const key = c.join();
    let code = codes.get(key);
    if (code === undefined) {
      code = palette.length;
      codes.set(key, code);
      palette.push(c);
    }
    return code;
  });
  const indexed = palette.length <= 256;
  const data = new Uint8Array(width * height * (indexed ? 1 : 4));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / zoom) * cols;
    for (let x = 0; x < width; x++) {
      const code = site[row + Math.floor(x / zoom)];
      if (indexed) data[y * width + x] = code;
      else data.set(palette[code], (y * width + x) * 4);
    }
  }
  return pngDataUri(width, height, indexed ? { kind: 'palette', data, palette } : { kind: 'rgba', data });
}

function defaultMap(fields: readonly Field[]): ColourMap {
  const spins = fields.every((f) => Array.from(f.values).every((v) => v === 1 || v === -1));
  return spins ? 'spin' : 'sequential';
}

/** Panel width by how many there are: one stands large, a gallery is a wall of thumbnails. */
function columnsFor(n: number): number {
  if (n <= 4) return Math.max(1, n);
  if (n <= 6) return 3;
  if (n <= 8) return 4;
  if (n <= 15) return 5;
  if (n <= 40) return 8;
  return 10;
}

function swatches(fields: readonly Field[], map: ColourMap, labels: readonly string[] | undefined) {
  const seen = new Set<number>();
  for (const f of fields) for (const v of Array.from(f.values)) if (Number.isFinite(v)) seen.add(v);
  const codes = [...seen].sort((a, b) => a - b).slice(0, 24);
  return codes.map((v): LegendItem => {
    const color = map === 'spin' ? cssColour(colourOf(map, v, -1, 1)) : cssColour(colourOf(map, v, 0, 1));
    return {
      label: labels?.[v] ?? (map === 'spin' && v > 0 ? `+${formatNumber(v)}` : formatNumber(v)),
      color,
      shape: 'box',
    };
  });
}

/** A colour bar with its end values, 260 px wide. */
function colourBar(map: ColourMap, lo: number, hi: number): string {
  const width = 160;
  const low = formatNumber(lo);
  const high = formatNumber(hi);
  const stops = Array.from({ length: width }, (_, i) => lo + (hi - lo) * (i / (width - 1)));
  const uri = fieldUri({ rows: 1, cols: width, values: stops }, map, lo, hi);
  const picture = { x: 0, y: 0, width, height: 10, href: uri, preserveAspectRatio: 'none' };
  return (
    element('image', picture) +
    element('rect', { ...frameOf(width, 10), stroke: ink('neutral') }) +
    label(0, 25, low, { size: 11, ink: 'muted' }) +
    label(width, 25, high, { size: 11, ink: 'muted', anchor: 'end' })
  );
}

const frameOf = (width: number, height: number) => ({
  x: 0,
  y: 0,
  width,
  height,
  fill: 'none',
  stroke: ink('faint'),
  'stroke-width': 1,
});

/**
 * Fields on grids as pictures: spins, grey levels, categories, means. One picture or a gallery, each site a
 * square, each picture with its caption; embedded as PNG, so a field of 10⁵ sites costs kilobytes. Sites that
 * are not a number are left transparent.
 */
export function lattice(ctx: ChartContext, fields: readonly Field[], options: LatticeOptions = {}): string {
  const width = CHART_WIDTH;
  const drawable = fields.filter((f) => f.rows > 0 && f.cols > 0);
  const shown = drawable.slice(0, options.most ?? 100);
  const title = options.title ?? plural(shown.length, 'field');
  if (shown.length === 0) {
    return drawFrame(ctx, {
      width,
      title,
      subtitle: options.subtitle,
      body: emptyBody(width, 'no sites to draw'),
    });
  }
  const map = options.map ?? defaultMap(shown);
  const span = extent(...shown.map((f) => f.values)) ?? { lo: 0, hi: 1 };
  const lo = options.lo ?? (map === 'spin' ? -1 : span.lo);
  const hi = options.hi ?? (map === 'spin' ? 1 : span.hi);
  const discrete = map === 'spin' || map === 'category';

  const columns = Math.max(1, Math.min(options.columns ?? columnsFor(shown.length), shown.length));
  const gap = columns > 5 ? 10 : 18;
  const inner = width - 2 * CHART_MARGIN;
  const side = Math.min(columns === 1 ? 440 : 300, (inner + gap) / columns - gap);
  const captionHeight = shown.some((f) => f.caption !== undefined) ? 20 : 0;
  const tallest = Math.max(...shown.map((f) => Math.min(side * 2, (side * f.rows) / f.cols)));
  const left =
    columns * (side + gap) - gap < inner * 0.75 ? (width - columns * (side + gap) + gap) / 2 : CHART_MARGIN;
  const parts = shown.map((f, i) => {
    const x = left + (i % columns) * (side + gap);
    const y = 4 + Math.floor(i / columns) * (tallest + captionHeight + gap);
    const scale = Math.min(side / f.cols, tallest / f.rows);
    const [w, h] = [f.cols * scale, f.rows * scale];
    const size = { width: w, height: h };
    const picture = element(
      'image',
      { x: 0, y: 0, ...size, href: fieldUri(f, map, lo, hi), preserveAspectRatio: 'none' },
      f.caption === undefined ? '' : element('title', {}, escapeText(f.caption)),
    );
    const caption =
      f.caption === undefined
        ? ''
        : label(w / 2, h + 15, fitText(f.caption, side, 11.5), {
            anchor: 'middle',
            ink: 'muted',
            size: 11.5,
          });
    return group(x + (side - w) / 2, y, picture, element('rect', frameOf(w, h)), caption);
  });
  const rows = Math.ceil(shown.length / columns);
  const height = 4 + rows * (tallest + captionHeight + gap) - gap;
  const bar = discrete || !(hi > lo) ? '' : group(left, height + 16, colourBar(map, lo, hi));
  const hidden = drawable.length - shown.length;
  return drawFrame(ctx, {
    width,
    title,
    subtitle: [options.subtitle ?? '', hidden > 0 ? `${hidden} more not shown` : '']
      .filter((s) => s !== '')
      .join(' · '),
    description: `${title}: ${shown.map((f) => `${f.rows} by ${f.cols}`)[0]} sites, ${plural(shown.length, 'picture')}`,
    legend: discrete ? swatches(shown, map, options.labels) : undefined,
    body: { height: height + (bar === '' ? 8 : 48), markup: parts.join('') + bar },
  });
}
