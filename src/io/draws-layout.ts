/** How draws are laid out in files: what describes them, and the names of their columns. */
import { sizeOfShape, unravel } from '../arrays.ts';
import type { Dimension, Draws, Quantity, SamplerStat } from '../stats/draws.ts';
import { elementName, samplerStats } from '../stats/draws.ts';
import { checkedSize } from './binary.ts';
import { dataFault, type IoCode } from './codes.ts';
import { isRecord } from './json-data.ts';

/** A quantity without its values: what `run.json` and a Parquet file's metadata say of it. */
export type QuantityInfo = Omit<Quantity, 'values'>;

export interface DrawsLayout {
  readonly chains: number;
  readonly draws: number;
  readonly quantities: readonly QuantityInfo[];
  /** What is told of the transition that led to each draw. */
  readonly sampler?: readonly SamplerStat['name'][];
}

export const layoutOf = ({ chains, draws, quantities, sampler }: Draws): DrawsLayout => ({
  chains,
  draws,
  quantities: quantities.map(({ values: _, ...info }) => info),
  ...(sampler ? { sampler: sampler.map((s) => s.name) } : {}),
});

/** The layout as JSON values: absent fields left out, infinite bounds as texts. */
export function layoutToJson(layout: DrawsLayout): Readonly<Record<string, unknown>> {
  const bound = (x: number): number | string => (Number.isFinite(x) ? x : String(x));
  return {
    chains: layout.chains,
    draws: layout.draws,
    quantities: layout.quantities.map(({ lo, hi, ...info }) => ({
      ...info,
      ...(lo === undefined ? {} : { lo: bound(lo) }),
      ...(hi === undefined ? {} : { hi: bound(hi) }),
    })),
    ...(layout.sampler ? { sampler: layout.sampler } : {}),
  };
}

/** The layout in a JSON value; EnergyError `code` where it is none. */
export function layoutFromJson(value: unknown, code: IoCode, file: string): DrawsLayout {
  const bad = (what: string) => dataFault(code, file, `The description of the draws in \`${file}\` ${what}.`);
  if (!isRecord(value)) throw bad('is missing');
  const { chains, draws, quantities } = value;
  if (!isCount(chains) || !isCount(draws)) throw bad('has no counts of chains and draws');
  if (!Array.isArray(quantities)) throw bad('lists no quantities');
  const sampler = samplerFromJson(value.sampler, bad);
  return {
    chains,
    draws,
    quantities: quantities.map((q: unknown) => quantityFromJson(q, bad)),
    ...(sampler ? { sampler } : {}),
  };
}

function samplerFromJson(value: unknown, bad: (what: string) => Error): DrawsLayout['sampler'] {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || new Set(value).size < value.length) throw bad('lists no columns of a sampler');
  return value.map((v: unknown) => {
    const name = samplerStats.find((s) => s === v);
    if (!name) throw bad('names a column of a sampler that is not known');
    return name;
  });
}

const isCount = (x: unknown): x is number =>
  typeof x === 'number' && Number.isInteger(x) && x >= 0 && x < 2 ** 31;

const roles = ['unknown', 'report', 'term', 'energy'] as const;
const kinds = ['real', 'integer', 'category'] as const;

function quantityFromJson(value: unknown, bad: (what: string) => Error): QuantityInfo {
  if (!isRecord(value) || typeof value.name !== 'string') throw bad('has a quantity without a name');
  const { name, shape, labels } = value;
  const role = roles.find((r) => r === value.role);
  const kind = kinds.find((k) => k === value.kind);
  if (!role || !kind) throw bad(`gives \`${name}\` no role or kind that is known`);
  if (!Array.isArray(shape) || checkedSize(shape) === undefined) throw bad(`gives \`${name}\` no shape`);
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((l) => typeof l === 'string'))) {
    throw bad(`gives \`${name}\` labels that are no texts`);
  }
  const dims = dimsFromJson(value.dims, shape.length, () =>
    bad(`gives \`${name}\` no dimensions that are known`),
  );
  const bound = (side: 'lo' | 'hi'): Partial<Record<'lo' | 'hi', number>> => {
    const x = value[side];
    if (x === undefined) return {};
    const number = typeof x === 'string' ? Number(x) : x;
    if (typeof number !== 'number' || Number.isNaN(number))
      throw bad(`gives \`${name}\` a bound that is no number`);
    return { [side]: number };
  };
  return {
    name,
    role,
    shape: shape as number[],
    ...(dims === undefined ? {} : { dims }),
    kind,
    ...(labels === undefined ? {} : { labels: labels as string[] }),
    ...bound('lo'),
    ...bound('hi'),
  };
}

function dimsFromJson(value: unknown, rank: number, bad: () => Error): readonly Dimension[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length !== rank) throw bad();
  return value.map((d: unknown): Dimension => {
    if (!isRecord(d) || typeof d.name !== 'string') throw bad();
    const { name, labels } = d;
    if (labels === undefined) return { name };
    if (!Array.isArray(labels) || !labels.every((l): l is string => typeof l === 'string')) throw bad();
    return { name, labels };
  });
}

/**
 * The name of each quantity in a file, distinct and none of `reserved`: `term.` before a term's name, the plain
 * name otherwise; where that is taken, the role goes before it (`unknown.chain`), and then `_` after it.
 */
export function fileNames(quantities: readonly QuantityInfo[], reserved: readonly string[] = []): string[] {
  const taken = new Set(reserved);
  const plain = (q: QuantityInfo): string => (q.role === 'term' ? `term.${q.name}` : q.name);
  return quantities.map((q) => {
    let name = plain(q);
    if (taken.has(name)) name = `${q.role}.${q.name}`;
    while (taken.has(name)) name += '_';
    taken.add(name);
    return name;
  });
}

/** What a sampler's column is called beside the quantities, and never otherwise. */
export const samplerName = (name: SamplerStat['name']): string => `sampler.${name}`;

/** All names that sampler's columns may have: those of quantities are others. */
export const samplerNames: readonly string[] = samplerStats.map(samplerName);

/** The names of a quantity's scalar elements, row-major, in the language's own notation: `s[0,3]`. */
export const elementNames = (name: string, shape: readonly number[]): string[] =>
  Array.from({ length: sizeOfShape(shape) }, (_, i) => elementName(name, unravel(i, shape)));

/** Whether all values are whole numbers of 32 bits (no NaN, no −0), so that they may be stored as integers. */
export const fitInt32 = (values: Float64Array): boolean => values.every((v) => Object.is(v, v | 0));

/** Values of one scalar element, chain after chain. */
export function elementValues(quantity: Quantity, element: number, rows: number): Float64Array {
  const size = sizeOfShape(quantity.shape);
  const out = new Float64Array(rows);
  for (let r = 0, from = element; r < rows; r++, from += size) out[r] = quantity.values[from];
  return out;
}
