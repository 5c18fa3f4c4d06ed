/**
 * What an expression is, as far as its text tells: enough to know which fields it has. Works on trees with
 * holes, where the checker has nothing to say.
 */
import type { DomainExpr, Expr } from '../syntax/tree.ts';
import { Env, type Sym } from './symbols.ts';

export type Kind =
  /** A record, or an array of records. */
  | { readonly kind: 'record'; readonly type: Sym }
  /** The name of an enum. */
  | { readonly kind: 'enum'; readonly symbol: Sym }
  /** One of its values. */
  | { readonly kind: 'value'; readonly of: Sym }
  | { readonly kind: 'set'; readonly elements: readonly Kind[]; readonly lattice: Lattice | null }
  | { readonly kind: 'element'; readonly lattice: Lattice | null }
  | { readonly kind: 'tuple'; readonly items: readonly Kind[] }
  | { readonly kind: 'distribution' }
  | { readonly kind: 'unknown' };

export interface Lattice {
  readonly coordinates: readonly string[];
  readonly sides: readonly string[];
}

/** The declaration behind an import; undefined where its file is not there. */
export type Follow = (symbol: Sym) => Sym | undefined;

const unknown: Kind = { kind: 'unknown' };
/** Declarations may refer to each other in circles while they are written. */
const MAX_DEPTH = 24;

export class Typing {
  private readonly follow: Follow;
  private readonly isDistribution: (name: string) => boolean;

  constructor(follow: Follow, isDistribution: (name: string) => boolean) {
    this.follow = follow;
    this.isDistribution = isDistribution;
  }

  ofName(name: string, env: Env, depth = 0): Kind {
    const symbol = env.lookup(name);
    return symbol ? this.ofSymbol(symbol, depth) : unknown;
  }

  ofSymbol(symbol: Sym, depth = 0): Kind {
    if (depth > MAX_DEPTH) return unknown;
    const { env } = symbol;
    switch (symbol.kind) {
      case 'import': {
        const meant = this.follow(symbol);
        return meant ? this.ofSymbol(meant, depth + 1) : unknown;
      }
      case 'enum':
        return { kind: 'enum', symbol };
      case 'index':
        return setOver(latticeOf(symbol.value ?? null));
      case 'set':
        return symbol.value ? this.ofExpr(symbol.value, env, depth + 1) : unknown;
      case 'open':
        return setOver(null);
      case 'argument':
        if (symbol.domain?.name.text === 'set' && !env.lookup('set')) {
          const items = symbol.domain.dims.map((d) => this.elementOf(this.ofExpr(d, env, depth + 1)));
          return { kind: 'set', elements: items, lattice: items.length === 0 ? anyGrid : null };
        }
        return symbol.domain ? this.ofDomain(symbol.domain, env, depth + 1) : unknown;
      case 'data':
      case 'field':
        return symbol.domain ? this.ofDomain(symbol.domain, env, depth + 1) : unknown;
      case 'param':
        return symbol.domain ? this.ofDomain(symbol.domain, env, depth + 1) : unknown;
      case 'let':
      case 'report':
      case 'state':
        return symbol.value ? this.ofExpr(symbol.value, env, depth + 1) : unknown;
      case 'binder': {
        const set = symbol.value ? this.ofExpr(symbol.value, env, depth + 1) : unknown;
        if (set.kind === 'enum') return { kind: 'value', of: set.symbol };
        if (set.kind !== 'set') return { kind: 'element', lattice: null };
        if (symbol.components === 1) return this.elementOf(set);
        return set.elements[symbol.component ?? 0] ?? unknown;
      }
      default:
        return unknown;
    }
  }

  ofDomain(d: DomainExpr, env: Env, depth = 0): Kind {
    const symbol = env.lookup(d.name.text);
    const meant = symbol?.kind === 'import' ? this.follow(symbol) : symbol;
    if (meant?.kind === 'type') return { kind: 'record', type: meant };
    if (meant?.kind === 'enum') return { kind: 'value', of: meant };
    if (meant?.kind === 'index' || meant?.kind === 'open')
      return this.elementOf(this.ofSymbol(meant, depth + 1));
    const over = d.args?.[0]?.value;
    if (d.name.text === 'category' && over) {
      const set = this.ofExpr(over, env, depth + 1);
      return set.kind === 'enum' ? { kind: 'value', of: set.symbol } : this.elementOf(set);
    }
    return unknown;
  }

  ofExpr(e: Expr, env: Env, depth = 0): Kind {
    if (depth > MAX_DEPTH) return unknown;
    switch (e.kind) {
      case 'name':
        return this.ofName(e.name, env, depth + 1);
      case 'field': {
        const target = this.ofExpr(e.target, env, depth + 1);
        return this.ofField(target, e.field.text, depth + 1);
      }
      case 'index': {
        const target = this.ofExpr(e.target, env, depth + 1);
        return target.kind === 'set' ? this.elementOf(target) : target;
      }
      case 'call':
        return this.ofCall(e, env, depth + 1);
      case 'binary':
        return e.op === '+' || e.op === '-' ? this.ofExpr(e.left, env, depth + 1) : unknown;
      case 'set': {
        const inner = binderEnv(e, env);
        const body = this.ofExpr(e.body, inner, depth + 1);
        const elements = body.kind === 'tuple' ? body.items : [body];
        return { kind: 'set', elements, lattice: null };
      }
      case 'tuple':
        return { kind: 'tuple', items: e.items.map((i) => this.ofExpr(i, env, depth + 1)) };
      default:
        return unknown;
    }
  }

  /** What `target.name` is. */
  ofField(target: Kind, name: string, depth = 0): Kind {
    if (target.kind === 'enum') return { kind: 'value', of: target.symbol };
    if (target.kind !== 'record') return unknown;
    const field = target.type.parts?.find((f) => f.name === name);
    return field ? this.ofSymbol(field, depth + 1) : unknown;
  }

  private ofCall(e: Expr & { kind: 'call' }, env: Env, depth: number): Kind {
    if (e.callee.kind !== 'name') return unknown;
    const { name } = e.callee;
    const symbol = env.lookup(name);
    const meant = symbol?.kind === 'import' ? this.follow(symbol) : symbol;
    if (meant?.kind === 'fn') {
      const { value, domain } = meant;
      const own = meant.parts?.[0]?.env ?? meant.env;
      if (domain && domain.name.text !== 'set') return this.ofDomain(domain, own, depth + 1);
      return value ? this.ofExpr(value, own, depth + 1) : unknown;
    }
    const first = e.args[0]?.value;
    if (name === 'neighbours' && first) {
      const one = this.elementOf(this.ofExpr(first, env, depth + 1));
      return { kind: 'set', elements: [one, one], lattice: null };
    }
    if (name === 'union' && first) return this.ofExpr(first, env, depth + 1);
    return this.isDistribution(name) ? { kind: 'distribution' } : unknown;
  }

  private elementOf(set: Kind): Kind {
    if (set.kind === 'enum') return { kind: 'value', of: set.symbol };
    if (set.kind !== 'set') return { kind: 'element', lattice: null };
    if (set.lattice) return { kind: 'element', lattice: set.lattice };
    return set.elements.length === 1
      ? set.elements[0]
      : set.elements.length > 1
        ? { kind: 'tuple', items: set.elements }
        : { kind: 'element', lattice: null };
  }
}

const setOver = (lattice: Lattice | null): Kind => ({
  kind: 'set',
  elements: [{ kind: 'element', lattice }],
  lattice,
});

/** What an index set that is any may have: the coordinates of a grid are mostly meant. */
const anyGrid: Lattice = { coordinates: ['row', 'col'], sides: ['rows', 'cols'] };
const lineOf: Lattice = { coordinates: ['i'], sides: ['length'] };
const block: Lattice = { coordinates: ['layer', 'row', 'col'], sides: ['layers', 'rows', 'cols'] };

function latticeOf(value: Expr | null): Lattice | null {
  if (value?.kind !== 'call' || value.callee.kind !== 'name') return null;
  const { name } = value.callee;
  if (name === 'line' || name === 'ring') return lineOf;
  if (name !== 'grid') return null;
  const more = { ...block, coordinates: [...block.coordinates, 'w'] };
  return [null, lineOf, anyGrid, block, more][value.args.length] ?? null;
}

/** The names of a comprehension, for its body. */
function binderEnv(e: Expr & { kind: 'set' }, env: Env): Env {
  const inner = new Env(env, e.span, false);
  for (const b of e.generator.binders)
    b.names.forEach((n, component) => {
      inner.define({
        kind: 'binder',
        name: n.text,
        span: n.span,
        doc: '',
        item: null,
        env,
        value: b.set,
        component,
        components: b.names.length,
      });
    });
  return inner;
}
