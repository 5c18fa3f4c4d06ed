import { describe, expect, it } from 'vitest';
import { type ComparisonPicture, comparisonChart } from '../../src/plot/comparison.ts';
import { linkedomContext } from '../../src/plot/linkedom.ts';
import { textWidth } from '../../src/plot/text.ts';
import { Stream } from '../../src/random/stream.ts';
import { compareTables } from '../../src/stats/comparison.ts';
import type { ComparedColumn } from '../../src/stats/marginal-distances.ts';
import { shortNames } from '../../src/stats/short-names.ts';
import { count, ctx, fault, hostile, texts, unplaced } from './well-formed.ts';

const labels = [
  'a quite long name of a category',
  'blue',
  'green and yellow',
  'red',
  'violet',
  'white',
  'black',
];

/** A table of all kinds of columns; the draws' second column is shifted, and their first two go together. */
function columns(width: number, rows: number, seed: number): ComparedColumn[] {
  const s = new Stream(seed, 'chart');
  const reals = (): Float64Array => Float64Array.from({ length: rows }, () => s.normal());
  const codes = (k: number): Float64Array => Float64Array.from({ length: rows }, () => s.int(k));
  const first = reals();
  return Array.from({ length: width }, (_, i): ComparedColumn => {
    const name = i % 7 === 3 ? `r.a_column_with_a_name_that_goes_on_and_on_${i}` : `r.column_${i}`;
    switch (i % 5) {
      case 3:
        return { name, kind: 'discrete', form: 'category', labels, data: codes(7), draws: codes(6) };
      case 4:
        return { name, kind: 'discrete', form: 'integer', data: codes(12), draws: codes(11) };
      default: {
        const draws = i === 0 ? first : reals().map((v, r) => (i === 1 ? v + 0.6 * first[r] + 0.4 : v));
        return { name, kind: 'continuous', form: 'real', data: reals(), draws };
      }
    }
  });
}

const compared = (width: number, rows: number, seed = 1): ComparisonPicture =>
  compareTables(columns(width, rows, seed), rows, new Stream(seed, 'compare'));

interface Box {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where each text stands; widths without the reserve of `textWidth`. */
function boxes(svg: string): Box[] {
  const out: Box[] = [];
  const at: (readonly [number, number])[] = [[0, 0]];
  const anchors: string[] = ['start'];
  const sizes: number[] = [12];
  const attribute = (tag: string, name: string): string | undefined =>
    new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  for (const [, tag, text] of svg.matchAll(/(<[^>]*>)([^<]*)/g)) {
    if (/^<(g|text|svg)\b/.test(tag) && !tag.endsWith('/>')) {
      const move = /translate\(([-\d.]+),?\s*([-\d.]+)?\)/.exec(attribute(tag, 'transform') ?? '');
      const [x, y] = at[at.length - 1];
      at.push([x + Number(move?.[1] ?? 0), y + Number(move?.[2] ?? 0)]);
      anchors.push(attribute(tag, 'text-anchor') ?? anchors[anchors.length - 1]);
      sizes.push(Number(attribute(tag, 'font-size') ?? sizes[sizes.length - 1]));
      if (tag.startsWith('<text') && text.trim() !== '') {
        const size = sizes[sizes.length - 1];
        const width = 0.88 * textWidth(text, size);
        const [ox, oy] = at[at.length - 1];
        const shift = { start: 0, middle: 0.5, end: 1 }[anchors[anchors.length - 1]] ?? 0;
        const left = ox + Number(attribute(tag, 'x') ?? 0) - shift * width;
        const length = (v = '0'): number => Number.parseFloat(v) * (v.endsWith('em') ? size : 1);
        const base = oy + length(attribute(tag, 'y')) + length(attribute(tag, 'dy'));
        out.push({ text, x: left, y: base - 0.75 * size, width, height: 0.75 * size });
      }
    } else if (/^<\/(g|text|svg)>/.test(tag)) {
      at.pop();
      anchors.pop();
      sizes.pop();
    }
  }
  return out;
}

/** Pairs of texts that lie upon each other, and texts that leave the figure. */
function collisions(svg: string): string[] {
  const all = boxes(svg);
  const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
  const out = all
    .filter((b) => b.x < -1 || b.x + b.width > width + 1)
    .map((b) => `${b.text} leaves the figure`);
  all.forEach((a, i) => {
    for (const b of all.slice(i + 1)) {
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      if (!apart) out.push(`${a.text} | ${b.text}`);
    }
  });
  return out;
}

describe('comparisonChart', () => {
  it.each([
    [2, 60],
    [5, 400],
    [14, 200],
    [41, 120],
  ])('draws %i columns of %i rows without texts upon each other', (width, rows) => {
    const svg = comparisonChart(ctx, compared(width, rows));
    expect(fault(svg)).toBeUndefined();
    expect(unplaced(svg)).toBeUndefined();
    expect(collisions(svg)).toEqual([]);
  });

  it('finds texts that do lie upon each other', () => {
    const svg = comparisonChart(ctx, compared(5, 60));
    const twice = svg.replace(/(<text [^>]*>Can they be told apart\?<\/text>)/, '$1$1');
    expect(collisions(twice).length).toBe(collisions(svg).length + 1);
  });

  it('says how often they are told apart, by what, and how many columns are left out', () => {
    const c = compared(41, 400);
    const words = texts(comparisonChart(ctx, c));
    expect(words).toContain('told apart by a classifier');
    expect(words).toContain('Columns, worst first · 24 of 41 shown');
    expect(words.some((w) => w.includes('column 0') && w.includes('column 1'))).toBe(true);
    expect(words).toContain('400 draws and 400 rows of 41 columns');
  });

  it('has a picture where there are few rows, one column, or nothing but a constant', () => {
    const few = comparisonChart(ctx, compared(3, 5));
    expect(texts(few)).toContain('too few rows for a classifier: 20 of each side are needed');
    const still = Float64Array.from({ length: 30 }, () => 2);
    const one: ComparedColumn = { name: 'x', kind: 'continuous', form: 'real', data: still, draws: still };
    for (const table of [
      [one],
      [one, { ...one, name: 'y' }],
      [{ ...one, data: still.map(() => Number.NaN) }],
    ]) {
      const svg = comparisonChart(ctx, compareTables(table, 30, new Stream(1)));
      expect(fault(svg)).toBeUndefined();
      expect(unplaced(svg)).toBeUndefined();
    }
  });

  it('escapes hostile names and labels', () => {
    const [first, ...rest] = columns(4, 60, 1);
    const table = [
      { ...first, name: hostile },
      ...rest.map((c) => ({ ...c, labels: c.labels && [hostile] })),
    ];
    const svg = comparisonChart(ctx, compareTables(table, 60, new Stream(1)), { title: hostile });
    expect(fault(svg)).toBeUndefined();
    expect(svg).not.toContain('<script');
  });

  it('is a function of its input, in light, dark or both', () => {
    const c = compared(5, 60);
    expect(comparisonChart(ctx, c)).toBe(comparisonChart(ctx, c));
    expect(count(comparisonChart(ctx, c), '@media (prefers-color-scheme:dark)')).toBe(1);
    expect(comparisonChart(linkedomContext('dark'), c)).not.toContain('@media');
  });
});

describe('shortNames', () => {
  it('leaves out the record that all share', () => {
    expect(['r.a_b', 'r.c'].map(shortNames(['r.a_b', 'r.c']))).toEqual(['a b', 'c']);
    expect(['r.a', 's'].map(shortNames(['r.a', 's']))).toEqual(['r.a', 's']);
    expect(['s[0]'].map(shortNames(['s[0]']))).toEqual(['s[0]']);
  });
});
