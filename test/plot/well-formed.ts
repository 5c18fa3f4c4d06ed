import { linkedomContext } from '../../src/plot/linkedom.ts';
import type { Series } from '../../src/plot/series.ts';

export const ctx = linkedomContext('auto');

const TAG = /^<(\/?)([A-Za-z][\w:-]*)((?:\s+[A-Za-z_][\w:.-]*="[^"<]*")*)\s*(\/?)>$/;
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39|#\d+);)/;

/**
 * What is wrong with a piece of XML, or undefined: tags balance, attributes are quoted and distinct, no bare
 * ampersand, no character XML forbids, one root.
 */
export function fault(xml: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml)) return 'forbidden character';
  if (/[\ud800-\udfff]/u.test(xml)) return 'lone surrogate';
  const open: string[] = [];
  let roots = 0;
  for (const part of xml.split(/(<[^>]*>)/)) {
    if (part === '') continue;
    if (ENTITY.test(part)) return `bare ampersand in ${part.slice(0, 60)}`;
    if (!part.startsWith('<')) {
      if (part.includes('<') || part.includes('>')) return `stray bracket in ${part.slice(0, 60)}`;
      if (open.length === 0) return 'text outside the root';
      continue;
    }
    const match = TAG.exec(part);
    if (match === null) return `malformed tag ${part.slice(0, 80)}`;
    const [, closing, name, attributes, empty] = match;
    const names = [...attributes.matchAll(/\s([\w:.-]+)=/g)].map((m) => m[1]);
    if (new Set(names).size < names.length) return `attribute twice in ${part.slice(0, 80)}`;
    if (closing === '/') {
      if (open.pop() !== name) return `unbalanced ${part}`;
    } else if (empty !== '/') {
      if (open.length === 0) roots++;
      open.push(name);
    }
  }
  if (open.length > 0) return `unclosed ${open.join()}`;
  return roots === 1 ? undefined : `${roots} roots`;
}

/** Coordinates that no renderer can place. */
export const unplaced = (svg: string): string | undefined =>
  /\b(?:x|y|x1|x2|y1|y2|cx|cy|r|d|width|height|transform|viewBox|points)="[^"]*(?:NaN|Infinity|undefined)[^"]*"/.exec(
    svg,
  )?.[0];

/** The text a reader sees, in order. */
export const texts = (svg: string): readonly string[] =>
  [...svg.matchAll(/<(?:text|tspan)\b[^>]*>([^<]*)(?=<)/g)].map((m) => m[1]).filter((t) => t !== '');

export const count = (svg: string, piece: string): number => svg.split(piece).length - 1;

/** Uniform numbers in [0, 1), reproducible (a 32-bit linear congruential generator: enough for pictures). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

export function normals(n: number, seed: number): Float64Array {
  const u = uniform(seed);
  return Float64Array.from({ length: n }, () => {
    const radius = Math.sqrt(-2 * Math.log(u() + 1e-12));
    return radius * Math.cos(2 * Math.PI * u());
  });
}

export const real = (name: string, ...chains: readonly ArrayLike<number>[]): Series => ({
  name,
  kind: 'real',
  chains,
});

export const category = (name: string, labels: readonly string[], values: ArrayLike<number>): Series => ({
  name,
  kind: 'category',
  labels,
  chains: [values],
});

/** Scalars that break careless charts. */
export const awkward: readonly (readonly [string, Series])[] = [
  ['one draw', real('x', [1.5])],
  ['no draws', real('x', [])],
  ['no chains', real('x')],
  ['constant', real('x', [2, 2, 2, 2], [2, 2, 2, 2])],
  ['constant zero', real('x', [0, 0, 0])],
  ['nearly constant', real('x', [1, 1 + 1e-15, 1])],
  ['all NaN', real('x', [Number.NaN, Number.NaN])],
  ['some NaN', real('x', [Number.NaN, 1, 2, Number.NaN, 3])],
  ['infinite', real('x', [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, 2])],
  ['huge', real('x', [-1.7e308, 1.7e308, 0, 1])],
  ['tiny', real('x', [5e-324, 1e-310, 0])],
  ['offset', real('x', [1e9, 1e9 + 1e-3, 1e9 + 2e-3])],
  ['many chains', real('x', ...Array.from({ length: 40 }, (_, i) => normals(30, i)))],
  ['ragged chains', real('x', [1, 2, 3], [1], [])],
  ['spins', { name: 's', kind: 'integer', lo: -1, hi: 1, chains: [[1, -1, 1, 1]] }],
  ['one integer', { name: 'k', kind: 'integer', chains: [[3, 3]] }],
  ['wide integers', { name: 'k', kind: 'integer', lo: 0, hi: 1e9, chains: [[0, 1e9, 5]] }],
  ['integer NaN', { name: 'k', kind: 'integer', lo: 0, hi: 3, chains: [[Number.NaN, Number.NaN]] }],
  ['no labels', { name: 'z', kind: 'category', chains: [[0, 1, 2]] }],
  ['label out of range', category('z', ['a'], [0, 7])],
  [
    '1000 categories',
    category(
      'z',
      Array.from({ length: 1000 }, (_, i) => `category number ${i}`),
      Array.from({ length: 3000 }, (_, i) => (i * i) % 1000),
    ),
  ],
];

export const hostile = '</svg><script>alert("&\'")</script>\u0000\ud800\u202e ]]> <!-- é 漢';
