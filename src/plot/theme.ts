import type { Theme } from './context.ts';

/**
 * The palette, as named inks with a value for light and one for dark grounds. Series colours c0 … c7 are
 * those of Okabe and Ito (Color Universal Design, 2008), reordered so that neighbours differ in lightness,
 * with yellow darkened on white and blue lightened on black.
 */
const INKS = {
  bg: ['#ffffff', '#14171c'],
  fg: ['#1c2127', '#e7eaee'],
  muted: ['#5c6670', '#a3adb8'],
  faint: ['#d5dae0', '#343b45'],
  neutral: ['#a9b2bc', '#66717e'],
  c0: ['#0072b2', '#4aa8e6'],
  c1: ['#d55e00', '#f0813a'],
  c2: ['#009e73', '#2bc79b'],
  c3: ['#b85a92', '#e39ac6'],
  c4: ['#d18f00', '#f2b632'],
  c5: ['#3f9fd8', '#8fd0f7'],
  c6: ['#857400', '#f0e442'],
  c7: ['#3d4751', '#c3cad2'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type Ink = keyof typeof INKS;

const SERIES: readonly Ink[] = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'];

/** The ink of the i-th series; repeats after eight. */
export const seriesInk = (i: number): Ink => SERIES[i % SERIES.length];

/** How an ink is written in a mark's `fill` or `stroke`; `element` turns it into a class with a fallback. */
export const ink = (name: Ink): string => `var(--ec-${name})`;

/** The ink named by such a value, if it is one. */
export function inkOf(value: string): Ink | undefined {
  const name = /^var\(--ec-([a-z0-9]+)\)$/.exec(value)?.[1];
  return name !== undefined && name in INKS ? (name as Ink) : undefined;
}

/** The light value, used as the presentation attribute where a renderer reads no style sheet. */
export const inkFallback = (name: Ink): string => INKS[name][0];

/** The class that paints `fill` or `stroke` with an ink. */
export const inkClass = (property: 'fill' | 'stroke', name: Ink): string => `ec-${property[0]}-${name}`;

function rules(root: string, column: 0 | 1, used: ReadonlySet<string>): string {
  const lines = [`${root}{color:${INKS.fg[column]}}`];
  for (const name of Object.keys(INKS) as Ink[]) {
    for (const property of ['fill', 'stroke'] as const) {
      const cls = inkClass(property, name);
      if (used.has(cls)) lines.push(`${root} .${cls}{${property}:${INKS[name][column]}}`);
    }
  }
  return lines.join('');
}

/**
 * The style sheet of one chart: only the inks its markup uses, scoped to the theme's root class, so charts of
 * different themes can stand in one page.
 */
export function stylesheet(theme: Theme, markup: string): string {
  const used = new Set(markup.match(/ec-[fs]-[a-z0-9]+/g) ?? []);
  const root = `.ec-${theme}`;
  const base =
    '.ec{max-width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",sans-serif}' +
    '.ec image{image-rendering:pixelated}';
  switch (theme) {
    case 'light':
      return base + rules(root, 0, used);
    case 'dark':
      return base + rules(root, 1, used);
    case 'auto':
      return `${base}${rules(root, 0, used)}@media (prefers-color-scheme:dark){${rules(root, 1, used)}}`;
  }
}
