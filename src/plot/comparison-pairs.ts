/** The associations of a comparison: as matrices of data, draws and their difference, and of the worst pairs. */
import { type PairAssociations, worstPairs } from '../stats/pair-associations.ts';
import type { Drawn } from './comparison-columns.ts';
import { element, group, label } from './markup.ts';
import { pngDataUri } from './png.ts';
import { fitText, textWidth } from './text.ts';
import { ink } from './theme.ts';

const GAP = 26;
/** More columns than this have no room for their names. */
const MOST_NAMED = 20;
const MOST_WORST = 8;

type Rgb = readonly [number, number, number];
/** Colours that show on light and dark grounds; strength is opacity. */
const [BELOW, ABOVE]: readonly [Rgb, Rgb] = [
  [46, 134, 204],
  [232, 104, 30],
];

/** Matrices side by side, a key to their colours, and the pairs that differ most. */
export function drawPairs(all: PairAssociations, titleOf: (name: string) => string, width: number): Drawn {
  const k = all.names.length;
  const names = all.names.map(titleOf);
  const named = k <= MOST_NAMED;
  const left = named ? Math.min(130, Math.max(...names.map((n) => textWidth(n, 10))) + 8) : 0;
  const size = (width - left - 2 * GAP) / 3;
  const room = size / k;
  const differences = all.data.map((a, i) => {
    const b = all.draws[i];
    return a === null || b === null ? null : b - a;
  });
  const reach = Math.max(0.1, ...differences.map((d) => Math.abs(d ?? 0)));
  const matrix = (
    index: number,
    title: string,
    values: readonly (number | null)[],
    scale: number,
  ): string => {
    const x = left + index * (size + GAP);
    return group(
      x,
      0,
      label(0, 11, title, { size: 12, ink: 'muted' }),
      element('image', {
        x: 0,
        y: 18,
        width: size,
        height: size,
        href: matrixImage(k, values, scale),
        preserveAspectRatio: 'none',
      }),
      element('rect', { x: 0, y: 18, width: size, height: size, fill: 'none', stroke: ink('faint') }),
    );
  };
  const parts = [
    ...(named
      ? names.map((n, i) =>
          label(left - 6, 18 + (i + 0.5) * room + 3.5, fitText(n, left - 8, 10), {
            size: 10,
            anchor: 'end',
            ink: 'muted',
          }),
        )
      : []),
    matrix(0, 'data', all.data, 1),
    matrix(1, 'draws', all.draws, 1),
    matrix(2, 'draws − data', differences, reach),
    group(left, 18 + size + 8, key(size, 1)),
    group(left + 2 * (size + GAP), 18 + size + 8, key(size, reach)),
  ];
  const under = 18 + size + 48;
  const worst = drawWorst(all, titleOf, width);
  return { height: under + worst.height, markup: parts.join('') + group(0, under, worst.markup) };
}

/** From −scale to scale. */
function key(width: number, scale: number): string {
  const steps = 48;
  const bar = Array.from({ length: steps }, (_, i) => {
    const t = (2 * (i + 0.5)) / steps - 1;
    const [r, g, b] = t < 0 ? BELOW : ABOVE;
    return element('rect', {
      x: (i * width) / steps,
      y: 0,
      width: width / steps + 0.3,
      height: 6,
      fill: `rgb(${r},${g},${b})`,
      'fill-opacity': Math.round(100 * Math.abs(t)) / 100,
    });
  });
  const text = (x: number, v: string, anchor: 'start' | 'middle' | 'end'): string =>
    label(x, 19, v, { size: 10, anchor, ink: 'muted' });
  const end = String(Number(scale.toFixed(2)));
  return [...bar, text(0, `−${end}`, 'start'), text(width / 2, '0', 'middle'), text(width, end, 'end')].join(
    '',
  );
}

/** A symmetric matrix as a picture; the diagonal and what is undefined are clear. */
function matrixImage(k: number, values: readonly (number | null)[], scale: number): string {
  const zoom = Math.max(1, Math.ceil(240 / k));
  const side = k * zoom;
  const data = new Uint8Array(4 * side * side);
  const fill = (row: number, col: number, v: number): void => {
    const [r, g, b] = v < 0 ? BELOW : ABOVE;
    const alpha = Math.round(255 * Math.min(1, Math.abs(v) / scale));
    for (let y = row * zoom; y < (row + 1) * zoom; y++) {
      for (let x = col * zoom; x < (col + 1) * zoom; x++) data.set([r, g, b, alpha], 4 * (y * side + x));
    }
  };
  for (let j = 1, at = 0; j < k; j++) {
    for (let i = 0; i < j; i++, at++) {
      const v = values[at];
      if (v === null) continue;
      fill(i, j, v);
      fill(j, i, v);
    }
  }
  return pngDataUri(side, side, { kind: 'rgba', data });
}

/** `a × b` in a width: the longer name is cut first. */
export function fitNames(names: readonly string[], width: number, size: number): string {
  const whole = names.join(' × ');
  if (names.length < 2 || textWidth(whole, size) <= width) return fitText(whole, width, size);
  const room = width - textWidth(' × ', size);
  const [a, b] = names.map((n) => textWidth(n, size));
  const first = Math.min(a, Math.max(room / 2, room - b));
  return `${fitText(names[0], first, size)} × ${fitText(names[1], room - first, size)}`;
}

const SYMBOLS = { correlation: 'r', correlation_ratio: 'η', cramers_v: 'V' } as const;
const ROW = 21;

const signed = (v: number): string => (Math.round(100 * v) / 100 + 0).toFixed(2).replace(/^-/, '−');

/** Each pair a line: data and draws as dots on −1 … 1. */
function drawWorst(all: PairAssociations, titleOf: (name: string) => string, width: number): Drawn {
  const pairs = worstPairs(all, MOST_WORST).filter((p) => Math.abs(p.data - p.draws) > 0.005);
  if (pairs.length === 0) return { height: 0, markup: '' };
  const far = (p: (typeof pairs)[number]): boolean => Math.abs(p.data - p.draws) > all.chance;
  const title = (p: (typeof pairs)[number]): string => p.names.map(titleOf).join(' × ');
  const left = Math.min(width * 0.42, Math.max(...pairs.map((p) => textWidth(title(p), 12))) + 14);
  const right = 110;
  const least = Math.min(0, ...pairs.flatMap((p) => [p.data, p.draws]));
  const lo = least < 0 ? -1 : 0;
  const x = (v: number): number => left + ((v - lo) / (1 - lo)) * (width - left - right);
  const ticks = lo < 0 ? [-1, -0.5, 0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const bottom = 22 + pairs.length * ROW;
  const parts = [
    label(0, 11, 'worst pairs', { size: 12, ink: 'muted' }),
    label(width, 11, `by chance up to ${all.chance.toFixed(2)}`, { size: 12, anchor: 'end', ink: 'muted' }),
    ...ticks.map((t) =>
      element('line', {
        x1: x(t),
        x2: x(t),
        y1: 20,
        y2: bottom,
        stroke: ink('muted'),
        'stroke-opacity': t === 0 ? 0.45 : 0.15,
      }),
    ),
    ...ticks.map((t) =>
      label(x(t), bottom + 14, String(t).replace('-', '−'), { size: 10, anchor: 'middle', ink: 'muted' }),
    ),
    ...pairs.map((p, i) => {
      const y = 22 + (i + 0.5) * ROW;
      const color = far(p) ? ink('c1') : ink('muted');
      return [
        label(0, y + 4, fitNames(p.names.map(titleOf), left - 12, 12), { size: 12 }),
        element('line', {
          x1: x(p.data),
          x2: x(p.draws),
          y1: y,
          y2: y,
          stroke: color,
          'stroke-width': 2.5,
          'stroke-opacity': 0.7,
        }),
        element('circle', { cx: x(p.data), cy: y, r: 5, fill: ink('neutral') }),
        element('circle', { cx: x(p.draws), cy: y, r: 4, fill: ink('c0') }),
        label(width, y + 4, `${SYMBOLS[p.measure]} ${signed(p.data)} → ${signed(p.draws)}`, {
          size: 12,
          anchor: 'end',
          ink: far(p) ? 'fg' : 'muted',
        }),
      ].join('');
    }),
  ];
  return { height: bottom + 22, markup: parts.join('') };
}
