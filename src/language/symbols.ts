/**
 * The names that a file declares and where they can be said: what the checker knows while it checks and
 * forgets. Scopes are those of the checker: the file, an energy or function, and what a `for`, `scan` or
 * `let` opens inside it.
 */
import type { Span } from '../syntax/span.ts';
import type {
  DomainExpr,
  EnergyItem,
  Expr,
  FnItem,
  Item,
  Name,
  Parameter,
  Program,
  UseItem,
} from '../syntax/tree.ts';

export type SymbolKind =
  | Exclude<Item['kind'], 'use'>
  /** A name that `use` takes from another file. */
  | 'import'
  /** A value of an enum. */
  | 'member'
  | 'field'
  /** Of an energy or a function. */
  | 'argument'
  | 'let'
  | 'term'
  | 'report'
  /** A name of a generator, `p` in `for p in pixel`. */
  | 'binder'
  /** The value one step before, in a `scan`. */
  | 'state'
  /** An index set that is declared by its use. */
  | 'open';

export interface Sym {
  readonly kind: SymbolKind;
  readonly name: string;
  /** Of the name where it is declared. */
  readonly span: Span;
  readonly doc: string;
  /** The declaration of the file that it is, or is part of; null for what is only thought of for a moment. */
  readonly item: Item | null;
  /** Where its domain and value are understood. */
  readonly env: Env;
  readonly domain?: DomainExpr | null;
  readonly value?: Expr | null;
  /** Of a binder: which of the names of its tuple. */
  readonly component?: number;
  readonly components?: number;
  /** Members of an enum, fields of a type, arguments of an energy or function. */
  readonly parts?: readonly Sym[];
  /** Of an import: the file as it is written, and the name there. */
  readonly from?: { readonly written: string; readonly name: Name; readonly use: UseItem };
}

/** Names in scope. Those of a scope within hide those of the scope around it. */
export class Env {
  readonly parent: Env | null;
  readonly span: Pick<Span, 'start' | 'end'>;
  readonly inner: Env[] = [];
  private readonly names = new Map<string, Sym>();

  /** @param kept whether the scope belongs to the text, and is found by its place */
  constructor(parent: Env | null, span: Pick<Span, 'start' | 'end'>, kept = true) {
    this.parent = parent;
    this.span = span;
    if (kept) parent?.inner.push(this);
  }

  define(symbol: Sym): void {
    this.names.set(symbol.name, symbol);
  }

  own(name: string): Sym | undefined {
    return this.names.get(name);
  }

  lookup(name: string): Sym | undefined {
    return this.names.get(name) ?? this.parent?.lookup(name);
  }

  /** What can be said at an offset, innermost first; a `let` only below its line. */
  visible(offset: number): Sym[] {
    const seen = new Set<string>();
    const out: Sym[] = [];
    for (let env: Env | null = this; env; env = env.parent)
      for (const s of env.names.values()) {
        if (seen.has(s.name)) continue;
        const sequential = s.kind === 'let' || s.kind === 'report';
        if (sequential && (s.value?.span.end ?? s.span.end) > offset) continue;
        seen.add(s.name);
        out.push(s);
      }
    return out;
  }

  /** The innermost scope around an offset. */
  at(offset: number): Env {
    let env: Env = this;
    for (;;) {
      const next: Env | undefined = env.inner.findLast((e) => e.span.start <= offset && offset <= e.span.end);
      if (!next) return env;
      env = next;
    }
  }
}

export interface Declarations {
  readonly file: Env;
  /** The declarations of the file in the order of its text; imports among them. */
  readonly all: readonly Sym[];
  /** The scopes of energies and functions. */
  readonly bodies: ReadonlyMap<Item, Env>;
}

/** Domains whose argument names an index set. */
const overSets = new Set([
  'category',
  'simplex',
  'ordered',
  'unit',
  'cholesky_corr',
  'permutation',
  'subset',
]);

/** The names of index sets that a domain mentions. */
export function setNames(d: DomainExpr): readonly (Expr & { kind: 'name' })[] {
  const first = overSets.has(d.name.text) ? d.args?.[0]?.value : undefined;
  return [...(first ? [first] : []), ...d.dims].flatMap((e) => (e.kind === 'name' ? [e] : []));
}

/** What a file declares, and the arguments and open index sets of its energies and functions. */
export function declarationsOf(tree: Program): Declarations {
  const file = new Env(null, { start: 0, end: Number.MAX_SAFE_INTEGER });
  const all: Sym[] = [];
  const add = (symbol: Sym): void => {
    all.push(symbol);
    // The first of two declarations is the one that counts.
    if (!file.own(symbol.name)) file.define(symbol);
  };
  const bodies = new Map<Item, Env>();
  tree.items.forEach((item, i) => {
    if (item.kind === 'use') {
      for (const n of item.names) {
        const { text, span } = n.as ?? n.name;
        const from = { written: item.from, name: n.name, use: item };
        add({ kind: 'import', name: text, span, doc: '', item, env: file, from });
      }
      return;
    }
    const { kind, doc } = item;
    const base = { kind, name: item.name.text, span: item.name.span, doc, item, env: file } as const;
    switch (item.kind) {
      case 'const':
        add({ ...base, domain: item.type, value: item.value });
        return;
      case 'index':
      case 'set':
      case 'run':
        add({ ...base, value: item.value });
        return;
      case 'enum':
        add({ ...base, parts: item.members.map((m) => partOf('member', m, item, file)) });
        return;
      case 'type':
        add({ ...base, parts: item.fields.map((f) => partOf('field', f.name, item, file, f.domain)) });
        return;
      case 'data':
        add({ ...base, domain: item.domain });
        return;
      case 'param':
        add({ ...base, domain: item.domain, value: item.init });
        return;
      case 'fn':
      case 'energy': {
        const end = tree.items[i + 1]?.span.start ?? Number.MAX_SAFE_INTEGER;
        const env = new Env(file, { start: item.span.start, end: Math.max(item.span.end, end - 1) });
        bodies.set(item, env);
        const parts = item.params.map((p) => partOf('argument', p.name, item, env, p.domain));
        add({
          ...base,
          parts,
          ...(item.kind === 'fn' ? { domain: item.result, value: item.value } : { value: item.algebra }),
        });
        return;
      }
    }
  });
  for (const item of tree.items)
    if (item.kind === 'data')
      for (const e of item.domain.dims)
        if (e.kind === 'name' && !file.lookup(e.name)) add(openSet(e, item, file));
  for (const symbol of all)
    if (symbol.item?.kind === 'fn' || symbol.item?.kind === 'energy')
      openSignature(symbol.item, bodies.get(symbol.item)!, symbol.parts ?? []);
  return { file, all, bodies };
}

const partOf = (
  kind: 'member' | 'field' | 'argument',
  name: Name,
  item: Item,
  env: Env,
  domain?: DomainExpr,
): Sym => ({ kind, name: name.text, span: name.span, doc: '', item, env, domain });

const openSet = (e: Expr & { kind: 'name' }, item: Item, env: Env): Sym => ({
  kind: 'open',
  name: e.name,
  span: e.span,
  doc: '',
  item,
  env,
});

/** Arguments, and the index sets that the signature leaves to its callers. */
function openSignature(item: FnItem | EnergyItem, env: Env, args: readonly Sym[]): void {
  for (const a of args) if (!env.own(a.name)) env.define(a);
  const leave = (domain: DomainExpr): void => {
    for (const e of setNames(domain)) if (!env.lookup(e.name)) env.define(openSet(e, item, env));
  };
  // A set of tuples says the names of its components before the arrays over them do.
  const sets = (p: Parameter): boolean => p.domain.name.text === 'set';
  for (const p of [...item.params].sort((p, q) => Number(sets(q)) - Number(sets(p)))) leave(p.domain);
}

/** The experts of a product of energies. */
export function expertsOf(energy: Sym): readonly Sym[] {
  if (energy.kind !== 'energy' || !energy.value) return [];
  const out: Sym[] = [];
  const visit = (e: Expr): void => {
    if (e.kind === 'name') {
      const symbol = energy.env.lookup(e.name);
      if (symbol && symbol !== energy && (symbol.kind === 'energy' || symbol.kind === 'import'))
        out.push(symbol);
    } else if (e.kind === 'binary') {
      visit(e.left);
      visit(e.right);
    }
  };
  visit(energy.value);
  return out;
}
