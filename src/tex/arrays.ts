/**
 * Which index sets an expression of the text is over, as far as declarations say so:
 * what is needed to write `sum(s)` as Σᵢ sᵢ. Sets are told apart by how they are
 * written (`site`, `3`); null means that the text alone does not say.
 */
import { scalarFunctions } from '../check/scalar-functions.ts';
import type { DomainExpr, Expr, IndexArg, Program } from '../syntax/tree.ts';

export type Sets = readonly string[];

/** What the names of a program are. */
export interface Names {
  readonly arrays: ReadonlyMap<string, Sets>;
  /** The record type of an unknown, of data or of a field. */
  readonly records: ReadonlyMap<string, string>;
  /** Fields of record types: `Row.age`. */
  readonly fields: ReadonlyMap<string, Sets>;
  readonly sets: ReadonlySet<string>;
  readonly enums: ReadonlySet<string>;
  readonly energies: ReadonlySet<string>;
}

/** How an index set is written in a shape; null for anything but a name or a number. */
const setName = (e: Expr): string | null =>
  e.kind === 'name' ? e.name : e.kind === 'number' ? e.text : null;

/** Domains whose states are vectors over their first argument. */
const vectors = new Set(['simplex', 'ordered', 'unit', 'permutation', 'subset']);

export function setsOf(d: DomainExpr): Sets | null {
  const own = d.dims.map(setName);
  if (vectors.has(d.name.text)) own.push(d.args?.[0] ? setName(d.args[0].value) : null);
  if (d.name.text === 'cholesky_corr') {
    const side = d.args?.[0] ? setName(d.args[0].value) : null;
    own.push(side, side);
  }
  return own.every((s) => s !== null) ? (own as string[]) : null;
}

/** The names that a file declares; `energies` are those that it uses from others. */
export function namesOf(program: Program, energies: Iterable<string> = []): Names {
  const arrays = new Map<string, Sets>();
  const records = new Map<string, string>();
  const fields = new Map<string, Sets>();
  const types = new Set(program.items.flatMap((i) => (i.kind === 'type' ? [i.name.text] : [])));
  const declare = (name: string, d: DomainExpr): void => {
    const sets = setsOf(d);
    if (sets) arrays.set(name, sets);
    if (types.has(d.name.text)) records.set(name, d.name.text);
  };
  for (const i of program.items) {
    if (i.kind === 'const') arrays.set(i.name.text, []);
    if ((i.kind === 'data' || i.kind === 'param') && i.domain) declare(i.name.text, i.domain);
    if (i.kind !== 'type') continue;
    for (const f of i.fields) {
      const sets = setsOf(f.domain);
      if (sets) fields.set(`${i.name.text}.${f.name.text}`, sets);
    }
  }
  const named = (kinds: readonly string[]): Set<string> =>
    new Set(program.items.flatMap((i) => (kinds.includes(i.kind) && i.kind !== 'use' ? [i.name.text] : [])));
  return {
    arrays,
    records,
    fields,
    sets: named(['index', 'set', 'enum']),
    enums: named(['enum']),
    energies: new Set([...named(['energy']), ...energies]),
  };
}

/** The names with further ones, which hide those of the file. */
export function withNames(names: Names, more: Iterable<readonly [string, Sets | null]>): Names {
  const arrays = new Map(names.arrays);
  const sets = new Set(names.sets);
  for (const [name, over] of more) {
    sets.delete(name);
    if (over) arrays.set(name, over);
    else arrays.delete(name);
  }
  return { ...names, arrays, sets };
}

const joined = (parts: readonly (Sets | null)[]): Sets | null => {
  const out: string[] = [];
  for (const p of parts) {
    if (p === null) return null;
    for (const s of p) if (!out.includes(s)) out.push(s);
  }
  return out;
};

/** The index sets of an expression. */
export function setsOver(n: Names, e: Expr): Sets | null {
  const each = (...parts: readonly Expr[]): Sets | null => joined(parts.map((p) => setsOver(n, p)));
  switch (e.kind) {
    case 'number':
    case 'boolean':
    case 'string':
      return [];
    case 'name':
      return e.name === 'pi' || e.name === 'inf' ? [] : (n.arrays.get(e.name) ?? null);
    case 'unary':
      return each(e.operand);
    case 'binary':
      return e.op === '@' ? contracted(setsOver(n, e.left), setsOver(n, e.right)) : each(e.left, e.right);
    case 'if':
      return each(e.condition, e.then, e.otherwise);
    case 'index':
      return indexed(n, fieldsBelow(n, e.target), e.indices);
    case 'field':
      return fieldsBelow(n, e);
    case 'call':
      return called(n, e);
    case 'array':
      return e.generator.where ? null : arraySets(n, e, false);
    case 'scan': {
      const over = setName(e.binder.set);
      const state = setsOver(n, e.init);
      return over === null || state === null ? null : joined([[over], state]);
    }
    default:
      return null;
  }
}

/**
 * The sets of `[e for i in S, …]`; `tuples` says whether a set of tuples is one of them,
 * which is so for a name but not where its elements are to be written.
 */
export function arraySets(n: Names, e: Extract<Expr, { kind: 'array' }>, tuples: boolean): Sets | null {
  const bound = e.generator.binders.flatMap((b) => b.names.map((x): readonly [string, Sets] => [x.text, []]));
  const own = e.generator.binders.map((b) => (b.names.length === 1 || tuples ? setName(b.set) : null));
  const body = setsOver(withNames(n, bound), e.body);
  if (body === null || own.some((s) => s === null)) return null;
  return joined([own as string[], body]);
}

/** Of `r.age`: the sets of the record, then those of the field. */
function fieldsBelow(n: Names, e: Expr): Sets | null {
  if (e.kind !== 'field') return setsOver(n, e);
  if (e.target.kind !== 'name') return null;
  if (n.enums.has(e.target.name)) return [];
  const type = n.records.get(e.target.name);
  const own = n.arrays.get(e.target.name);
  if (type === undefined || own === undefined) return own?.length === 0 ? [] : null;
  const field = n.fields.get(`${type}.${e.field.text}`);
  return field ? [...own, ...field] : null;
}

function contracted(left: Sets | null, right: Sets | null): Sets | null {
  if (!left || !right || left.length === 0 || right.length === 0) return null;
  return left.at(-1) === right[0] ? [...left.slice(0, -1), ...right.slice(1)] : null;
}

/** An element, a looked-up array, or the elements of a set. */
function indexed(n: Names, own: Sets | null, indices: readonly IndexArg[]): Sets | null {
  const at: (Sets | null)[] = indices.map((i, k) => {
    if (i.kind === 'slice') return i.from === null && i.to === null && own ? own.slice(k, k + 1) : null;
    if (i.value.kind === 'name' && n.sets.has(i.value.name)) return [i.value.name];
    return setsOver(n, i.value);
  });
  return joined(at);
}

const reductions = new Set([
  'sum',
  'mean',
  'prod',
  'logsumexp',
  'all',
  'any',
  'softmin',
  'size',
  'variance',
  'sd',
]);

function called(n: Names, e: Extract<Expr, { kind: 'call' }>): Sets | null {
  if (e.callee.kind !== 'name') return null;
  const [first] = e.args;
  const name = e.callee.name;
  const overAll = reductions.has(name) || ((name === 'max' || name === 'min') && e.args.length === 1);
  if (overAll)
    return first && e.args.length === 1 && first.value.kind === 'for' && name !== 'size'
      ? scalarBody(n, first.value)
      : [];
  if (n.energies.has(name)) return [];
  if (scalarFunctions.has(name) || name === 'max' || name === 'min')
    return joined(e.args.map((a) => setsOver(n, a.value)));
  return null;
}

/** A comprehension whose body is a number reduces to one. */
function scalarBody(n: Names, e: Extract<Expr, { kind: 'for' }>): Sets | null {
  const bound = e.generator.binders.flatMap((b) => b.names.map((x): readonly [string, Sets] => [x.text, []]));
  return setsOver(withNames(n, bound), e.body);
}
