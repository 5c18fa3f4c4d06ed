/** Programs of discrete unknowns, made at random as text: every way in which a term can touch a site. */
import * as fc from 'fast-check';

/** An unknown of a random program. */
interface Unknown {
  readonly name: string;
  readonly domain: string;
  readonly category: boolean;
  readonly shape: 'scalar' | 'site' | 'table';
}

interface IndexSpec {
  readonly text: string;
  readonly size: number;
  readonly lattice: boolean;
  readonly wrap: boolean;
}

const indices: readonly IndexSpec[] = [
  { text: 'line(4)', size: 4, lattice: true, wrap: false },
  { text: 'ring(5)', size: 5, lattice: true, wrap: true },
  { text: '3', size: 3, lattice: false, wrap: false },
  { text: 'line(2)', size: 2, lattice: true, wrap: false },
  { text: 'ring(3)', size: 3, lattice: true, wrap: true },
];

const domains: readonly Omit<Unknown, 'name' | 'shape'>[] = [
  { domain: 'bit', category: false },
  { domain: 'spin', category: false },
  { domain: 'category(3)', category: true },
  { domain: 'category(part)', category: true },
  { domain: 'category(row)', category: true },
  { domain: 'Kind', category: true },
  { domain: 'int(-1, 2)', category: false },
  { domain: 'ordinal(3)', category: false },
  { domain: 'cyclic(4)', category: false },
];

/** Tables to look a category up in, one for each domain. */
const tables: Readonly<Record<string, string>> = {
  'category(3)': 'look3',
  'category(part)': 'lookpart',
  'category(row)': 'lookrow',
  Kind: 'lookkind',
};

/** The element as a number: itself, or the value that its category is looked up as. */
const numeric = (u: Unknown, at: string): string => {
  const element = `${u.name}${at}`;
  return u.category ? `${tables[u.domain]}[${element}]` : element;
};

const header = (index: IndexSpec): string => `index site = ${index.text}
index part = 2
index row = 2
index col = 3
enum Kind = { a, b, c }
param look3    : real[3] = [0.3, -0.7, 1.1]
param lookpart : real[part] = [-0.4, 0.9]
param lookrow  : real[row] = [0.7, -0.6]
param lookkind : real[Kind] = [0.5, -0.2, 0.8]
param w  : real[site] = [0.3 + 0.4 * i - 0.1 * i ^ 2 for i in site]
param J  : real[site, site] = [0.2 * sin(3 * i + j) + 0.1 for i in site, j in site]
param K  : real[row, col] = [0.3 * cos(2 * i - j) for i in row, j in col]
set   pair = { (i, j) for i in site, j in site where i != j and mod(i + 2 * j, 3) != 0 }
data  edge : site[link, 2] from "edges.csv"
`;

/** Ends of links, some of them loops. */
export const edgesOf = (size: number): string =>
  Array.from({ length: 5 }, (_, e) => `${(3 * e + 1) % size},${(e * e) % size}`).join('\n');

type Template = (pick: Picks) => string | undefined;
interface Picks {
  readonly index: IndexSpec;
  /** An unknown over `site`, and another one (perhaps the same). */
  readonly u: Unknown | undefined;
  readonly v: Unknown | undefined;
  readonly scalar: Unknown | undefined;
  readonly table: Unknown | undefined;
}

const n = numeric;
const terms: readonly Template[] = [
  ({ u }) => u && `sum(w[i] * ${n(u, '[i]')} for i in site)`,
  ({ u, v }) =>
    u && v && `sum(J[i, j] * ${n(u, '[i]')} * ${n(v, '[j]')} for i in site, j in site where i < j)`,
  ({ u, v }) => u && v && `-sum(${n(u, '[i]')} * ${n(v, '[j]')} for (i, j) in pair)`,
  ({ u, index }) =>
    u && index.lattice
      ? `0.7 * sum(${n(u, '[p]')} * ${n(u, '[q]')} for (p, q) in neighbours(site))`
      : undefined,
  ({ u, v }) => u && v && `sum(${n(u, '[i]')} * ${n(v, '[i]')} for i in site)`,
  ({ u, v, index }) =>
    u && v
      ? index.wrap
        ? `sum(w[t] * ${n(u, '[t - 1]')} * ${n(v, '[t]')} * ${n(u, '[t + 1]')} for t in site)`
        : `sum(w[t] * ${n(u, '[t - 1]')} * ${n(v, '[t]')} * ${n(u, '[t]')} for t in site where t > 0)`
      : undefined,
  ({ u, v }) => u && v && `sum((if t > 0 then ${n(u, '[t - 1]')} * ${n(v, '[t]')} else 0.3) for t in site)`,
  // Guards that depend on unknowns.
  ({ u, v }) => u && v && `sum(w[i] * ${n(u, '[i]')} for i in site where ${n(v, '[i]')} > 0)`,
  ({ u, v }) => u && v && `sum((if ${n(u, '[i]')} > 0.1 then ${n(v, '[i]')} else w[i]) for i in site)`,
  // Everything at once.
  ({ u }) => u && `0.5 * (sum(${n(u, '[i]')} for i in site) - 1) ^ 2`,
  ({ u }) => u && `max(w[i] * ${n(u, '[i]')} for i in site)`,
  ({ u, v }) => u && v && `logsumexp(${n(u, '[i]')} + w[i] * ${n(v, '[i]')} for i in site)`,
  ({ u }) => u && `0.3 * prod(1.5 + 0.4 * ${n(u, '[i]')} for i in site)`,
  // Sums inside sums, and sums times something.
  ({ u, v }) =>
    u && v && `sum(exp(0.3 * sum(J[i, j] * ${n(u, '[j]')} for j in site)) * ${n(v, '[i]')} for i in site)`,
  ({ u, v }) => u && v && `sum(${n(u, '[i]')} for i in site) * sum(w[j] * ${n(v, '[j]')} for j in site)`,
  ({ u, scalar }) =>
    u && scalar && `${n(scalar, '')} * sum(${n(u, '[i]')} for i in site) - 0.4 * ${n(scalar, '')}`,
  ({ u, scalar }) => u && scalar && `sum(${n(u, '[i]')} * w[i] for i in site) / (3 + ${n(scalar, '')})`,
  // Index maps from data, with loops.
  ({ u }) => u && `sum(${n(u, '[edge[e, 0]]')} * ${n(u, '[edge[e, 1]]')} for e in link)`,
  ({ u, v }) =>
    u && v && `sum(w[edge[e, 1]] * ${n(u, '[edge[e, 0]]')} * ${n(v, '[edge[e, 0]]')} for e in link)`,
  // Equality of categories and numbers.
  ({ u }) => u && `0.6 * sum(${u.name}[i] == ${u.name}[j] for i in site, j in site where i < j)`,
  ({ u }) =>
    u && `0.4 * any(${n(u, '[i]')} > 0.2 for i in site) - 0.3 * all(${n(u, '[i]')} > -0.5 for i in site)`,
  // A finite sum over a category's values.
  ({ u }) => u && `softmin(k * ${n(u, '[0]')} + 0.1 * k ^ 2 for k in 0..3)`,
  // Two indices, and a lookup at an unknown place.
  ({ table }) => table && `sum(K[r, c] * ${n(table, '[r, c]')} for r in row, c in col)`,
  ({ table }) =>
    table &&
    `sum(${n(table, '[r, c]')} * ${n(table, '[r, d]')} for r in row, c in col, d in col where c < d)`,
  ({ table }) => table && `sum(${n(table, '[0, c]')} * ${n(table, '[1, c]')} for c in col)`,
  // Inner sums that touch a few sites each.
  ({ table }) => table && `sum(exp(0.3 * sum(${n(table, '[r, c]')} for c in col)) for r in row)`,
  ({ u }) => u && `sum(exp(0.2 * sum(${n(u, '[edge[e, k]]')} for k in 2)) for e in link)`,
  // Unknowns that are looked up where another unknown says.
  ({ table, scalar }) =>
    table && scalar?.domain === 'category(row)'
      ? `sum(${n(table, `[${scalar.name}, c]`)} for c in col)`
      : undefined,
  ({ u, scalar }) =>
    u && scalar?.domain === 'category(row)'
      ? `[${n(u, '[edge[0, 0]]')} + 0.5 * r for r in row][${scalar.name}]`
      : undefined,
  ({ table, v }) =>
    table && v?.domain === 'category(row)'
      ? `sum(w[i] * ${n(table, `[${v.name}[i], 1]`)} for i in site) + sum(K[${v.name}, 0])`
      : undefined,
];

const requirements: readonly Template[] = [
  ({ u }) => u && `${u.name}[i] != ${u.name}[j] for i in site, j in site where i < j`,
  ({ u, v }) => u && v && `${n(u, '[i]')} + ${n(v, '[i]')} < 1.5 for i in site`,
  ({ u }) => u && `sum(${n(u, '[i]')} for i in site) > -0.513`,
  ({ u }) => u && `all_different(${u.name}[i] for i in site)`,
  ({ table }) => table && `${table.name}[0, c] != ${table.name}[1, c] for c in col`,
  ({ u, scalar }) =>
    u && scalar && `${n(scalar, '')} <= ${n(u, '[i]')} + 1.013 for i in site where w[i] > 0.4`,
];

export interface RandomProgram {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  readonly seed: number;
}

export const randomProgram: fc.Arbitrary<RandomProgram> = fc
  .record({
    index: fc.constantFrom(...indices),
    unknowns: fc.array(
      fc.record({
        domain: fc.constantFrom(...domains),
        shape: fc.constantFrom('scalar', 'site', 'site', 'table'),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    terms: fc.array(fc.record({ t: fc.nat(terms.length - 1), a: fc.nat(9), b: fc.nat(9) }), {
      minLength: 1,
      maxLength: 4,
    }),
    requires: fc.array(fc.record({ t: fc.nat(requirements.length - 1), a: fc.nat(9), b: fc.nat(9) }), {
      maxLength: 2,
    }),
    seed: fc.nat(1_000_000),
  })
  .map(({ index, unknowns, terms: chosen, requires, seed }): RandomProgram => {
    const all = unknowns.map(
      ({ domain, shape }, i): Unknown => ({ ...domain, name: `u${i}`, shape: shape as Unknown['shape'] }),
    );
    const over = (shape: Unknown['shape']): readonly Unknown[] => all.filter((x) => x.shape === shape);
    const pick = (list: readonly Unknown[], k: number): Unknown | undefined =>
      list.length === 0 ? undefined : list[k % list.length];
    const picks = (a: number, b: number): Picks => ({
      index,
      u: pick(over('site'), a),
      v: pick(over('site'), b),
      scalar: pick(over('scalar'), a),
      table: pick(over('table'), a),
    });
    const lines: string[] = [];
    chosen.forEach(({ t, a, b }, i) => {
      const body = terms[t](picks(a, b));
      if (body) lines.push(`  term t${i} = ${body}`);
    });
    for (const { t, a, b } of requires) {
      const body = requirements[t](picks(a, b));
      if (body) lines.push(`  require ${body}`);
    }
    const dims = { scalar: '', site: '[site]', table: '[row, col]' };
    const signature = all.map((x) => `${x.name} : ${x.domain}${dims[x.shape]}`).join(', ');
    return {
      text: `${header(index)}\nenergy E(${signature}) {\n${lines.join('\n')}\n}\n`,
      files: { 'edges.csv': edgesOf(index.size) },
      seed,
    };
  });
