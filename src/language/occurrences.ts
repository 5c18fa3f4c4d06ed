/**
 * Every name of a file with what it means: a declaration, or something of the language. One walk over the
 * tree, in the scopes of the checker; what it makes is what definitions, references, renaming, hovering and
 * colours read.
 */
import { distributions } from '../check/distributions.ts';
import { type VerbSpec, verbNamed } from '../options.ts';
import type { Span } from '../syntax/span.ts';
import type {
  Arg,
  DomainExpr,
  Expr,
  Generator,
  Item,
  Name,
  Program,
  RunItem,
  Statement,
} from '../syntax/tree.ts';
import {
  activations,
  builtin,
  builtinOf,
  callable,
  domains,
  meaning,
  type Occurrence,
  type Target,
} from './builtins.ts';
import { type Declarations, Env, expertsOf, type Sym } from './symbols.ts';
import { type Follow, type Kind, Typing } from './typing.ts';

/** In the order of the text. @param follow finds what an import means */
export function occurrencesOf(tree: Program, declared: Declarations, follow: Follow): readonly Occurrence[] {
  const walk = new Walk(declared, follow);
  for (const item of tree.items) walk.item(item);
  return walk.found.sort((a, b) => a.span.start - b.span.start);
}

class Walk {
  readonly found: Occurrence[] = [];
  private readonly declared: Declarations;
  private readonly follow: Follow;
  private readonly typing: Typing;
  /** Places that were written down: a tree may show one name twice (`report x`). */
  private readonly seen = new Set<number>();
  /** The declarations of the file by the places of their names. */
  private readonly byPlace: ReadonlyMap<number, Sym>;

  constructor(declared: Declarations, follow: Follow) {
    this.declared = declared;
    this.byPlace = new Map(declared.all.map((s) => [s.span.start, s]));
    this.follow = follow;
    this.typing = new Typing(follow, (name) => distributions.has(name));
  }

  private add(name: string, span: Span, target: Target, declares = false, expr?: Expr): void {
    if (this.seen.has(span.start)) return;
    this.seen.add(span.start);
    this.found.push({ name, span, target, declares, ...(expr ? { expr } : {}) });
  }

  private declare(symbol: Sym): void {
    this.add(symbol.name, symbol.span, meaning(symbol), true);
  }

  private topLevel(name: Name): void {
    const symbol = this.byPlace.get(name.span.start);
    if (symbol) this.declare(symbol);
  }

  item(item: Item): void {
    const { file } = this.declared;
    if (item.kind === 'use') {
      for (const n of item.names) {
        const local = this.byPlace.get((n.as ?? n.name).span.start);
        if (n.as) this.add(n.name.text, n.name.span, meaning(local && this.follow(local)));
        if (local) this.declare(local);
      }
      return;
    }
    this.topLevel(item.name);
    switch (item.kind) {
      case 'const':
        if (item.type) this.domain(item.type, file);
        this.expr(item.value, file);
        return;
      case 'index':
        if (item.value) this.expr(item.value, file);
        return;
      case 'set':
        this.expr(item.value, file);
        return;
      case 'enum':
      case 'type': {
        const symbol = this.byPlace.get(item.name.span.start);
        for (const part of symbol?.parts ?? []) {
          this.declare(part);
          if (part.domain) this.domain(part.domain, file);
        }
        return;
      }
      case 'data':
        this.domain(item.domain, file);
        return;
      case 'param':
        if (item.domain) this.domain(item.domain, file);
        if (item.init) this.expr(item.init, file);
        if (item.prior) this.expr(item.prior, file);
        return;
      case 'fn':
      case 'energy':
        this.body(item);
        return;
      case 'run':
        this.job(item);
        return;
    }
  }

  private body(item: Item & { kind: 'fn' | 'energy' }): void {
    const env = this.declared.bodies.get(item);
    if (!env) return;
    const symbol = this.byPlace.get(item.name.span.start);
    for (const part of symbol?.parts ?? []) this.declare(part);
    for (const p of item.params) this.domain(p.domain, env);
    if (item.kind === 'fn' && item.result) this.domain(item.result, env);
    for (const s of item.body) this.statement(s, env, item);
    if (item.kind === 'fn') this.expr(item.value, env);
    else if (item.algebra) this.expr(item.algebra, env);
  }

  private statement(s: Statement, env: Env, item: Item): void {
    switch (s.kind) {
      case 'term':
      case 'let':
      case 'report': {
        const short =
          s.kind === 'report' && s.value.kind === 'name' && s.value.span.start === s.name.span.start;
        this.expr(s.value, env);
        if (short) return;
        const symbol: Sym = {
          kind: s.kind,
          name: s.name.text,
          span: s.name.span,
          doc: s.doc,
          item,
          env,
          value: s.value,
        };
        if (s.kind !== 'term' && !env.own(symbol.name)) env.define(symbol);
        this.declare(symbol);
        return;
      }
      case 'param': {
        const { name, domain, init, prior, doc } = s.item;
        const symbol: Sym = {
          kind: 'param',
          name: name.text,
          span: name.span,
          doc,
          item,
          env,
          domain,
          value: init,
        };
        if (domain) this.domain(domain, env);
        if (init) this.expr(init, env);
        if (prior) this.expr(prior, env);
        if (!env.own(symbol.name)) env.define(symbol);
        this.declare(symbol);
        return;
      }
      case 'sample': {
        const inner = this.generator(s.generator, env, s.span);
        this.expr(s.target, inner);
        this.expr(s.dist, inner);
        return;
      }
      case 'require':
        this.expr(s.condition, this.generator(s.generator, env, s.span));
        return;
    }
  }

  /** The names of a generator, in a scope of their own; each may be used by the sets after it. */
  private generator(g: Generator | null, env: Env, span: Span): Env {
    if (!g) return env;
    const inner = new Env(env, span);
    for (const b of g.binders) {
      this.expr(b.set, inner);
      b.names.forEach((n, component) => {
        this.bind(inner, 'binder', n, b.set, component, b.names.length);
      });
    }
    if (g.where) this.expr(g.where, inner);
    return inner;
  }

  private bind(
    env: Env,
    kind: 'binder' | 'state',
    n: Name,
    value: Expr,
    component = 0,
    components = 1,
  ): void {
    const symbol: Sym = {
      kind,
      name: n.text,
      span: n.span,
      doc: '',
      item: null,
      // `for site in site`: the set is that of the scope around.
      env: kind === 'state' || nameOf(value) === n.text ? (env.parent ?? env) : env,
      value,
      component,
      components,
    };
    env.define(symbol);
    this.declare(symbol);
  }

  private domain(d: DomainExpr, env: Env): void {
    const symbol = env.lookup(d.name.text);
    const target = symbol
      ? meaning(symbol)
      : domains.has(d.name.text)
        ? builtin('domain')
        : meaning(undefined);
    this.add(d.name.text, d.name.span, target);
    for (const a of d.args ?? []) {
      if (a.name) this.add(a.name.text, a.name.span, builtin('option'));
      this.expr(a.value, env);
    }
    if (d.on) this.expr(d.on, env);
    for (const dim of d.dims) this.expr(dim, env);
  }

  private args(args: readonly Arg[], env: Env, callee: Sym | undefined, owner?: string): void {
    for (const a of args) {
      if (a.name) {
        const name = a.name.text;
        const symbol = callee && this.argumentNamed(callee, name);
        this.add(name, a.name.span, symbol ? meaning(symbol) : builtin('option', undefined, owner));
      }
      this.expr(a.value, env);
    }
  }

  /** An argument of an energy or function, of an expert of it, or of the function that a parameter is an instance of. */
  private argumentNamed(callee: Sym, name: string, depth = 0): Sym | undefined {
    if (depth > 16) return undefined;
    if (callee.kind === 'import') {
      const meant = this.follow(callee);
      return meant && this.argumentNamed(meant, name, depth + 1);
    }
    const own = callee.parts?.find((p) => p.name === name);
    if (own || callee.kind === 'fn') return own;
    for (const expert of expertsOf(callee)) {
      const found = this.argumentNamed(expert, name, depth + 1);
      if (found) return found;
    }
    return undefined;
  }

  private use(e: Expr & { kind: 'name' }, env: Env, called = false): Sym | undefined {
    const symbol = env.lookup(e.name);
    const own = builtinOf(e.name);
    // An unknown called `gamma` does not hide the function: only the function can be called.
    const hidden = called && own.kind === 'builtin' && !callable(symbol);
    const target: Target = symbol && !hidden ? { kind: 'symbol', symbol } : own;
    this.add(e.name, e.span, target, false, e);
    return hidden ? undefined : symbol;
  }

  private expr(e: Expr, env: Env): void {
    switch (e.kind) {
      case 'number':
      case 'string':
      case 'boolean':
      case 'error':
        return;
      case 'name':
        this.use(e, env);
        return;
      case 'field':
        this.expr(e.target, env);
        this.add(
          e.field.text,
          e.field.span,
          this.fieldOf(this.typing.ofExpr(e.target, env), e.field.text),
          false,
          e,
        );
        return;
      case 'index':
        this.expr(e.target, env);
        for (const i of e.indices) {
          if (i.kind === 'at') this.expr(i.value, env);
          else {
            if (i.from) this.expr(i.from, env);
            if (i.to) this.expr(i.to, env);
          }
        }
        return;
      case 'call': {
        if (e.callee.kind !== 'name') {
          this.expr(e.callee, env);
          this.args(e.args, env, undefined);
          return;
        }
        const symbol = this.use(e.callee, env, true);
        const instance =
          symbol?.kind === 'param' && symbol.value?.kind === 'call' && symbol.value.callee.kind === 'name'
            ? symbol.env.lookup(symbol.value.callee.name)
            : undefined;
        if (symbol === undefined && e.callee.name === 'mlp') this.network(e, env);
        else this.args(e.args, env, instance ?? symbol, symbol ? undefined : e.callee.name);
        return;
      }
      case 'unary':
        this.expr(e.operand, env);
        return;
      case 'binary':
        this.expr(e.left, env);
        this.expr(e.right, env);
        return;
      case 'if':
        this.expr(e.condition, env);
        this.expr(e.then, env);
        this.expr(e.otherwise, env);
        return;
      case 'for':
      case 'array':
      case 'set': {
        const inner = this.generator(e.generator, env, e.span);
        this.expr(e.body, inner);
        return;
      }
      case 'vector':
      case 'tuple':
        for (const i of e.items) this.expr(i, env);
        return;
      case 'record':
        this.record(e, env, env);
        return;
      case 'scan': {
        this.expr(e.init, env);
        const inner = new Env(env, e.span);
        this.expr(e.binder.set, env);
        e.binder.names.forEach((n, i) => {
          this.bind(inner, 'binder', n, e.binder.set, i, e.binder.names.length);
        });
        this.bind(inner, 'state', e.state, e.init);
        this.expr(e.body, inner);
        return;
      }
    }
  }

  private network(e: Expr & { kind: 'call' }, env: Env): void {
    for (const a of e.args) {
      if (a.name) this.add(a.name.text, a.name.span, builtin('option', undefined, 'mlp'));
      const act = a.name?.text === 'act' && a.value.kind === 'name' && activations.has(a.value.name);
      if (act && a.value.kind === 'name')
        this.add(a.value.name, a.value.span, builtin('function'), false, a.value);
      else this.expr(a.value, env);
    }
  }

  /** @param places where the targets are understood: the arguments of the energy that values are given to */
  private record(e: Expr & { kind: 'record' }, env: Env, places: Env): void {
    for (const entry of e.entries) {
      const inner = this.generator(entry.generator, env, entry.span);
      this.expr(entry.target, places === env ? inner : over(places, inner, entry.span));
      this.expr(entry.value, inner);
    }
  }

  private fieldOf(target: Kind, name: string): Target {
    switch (target.kind) {
      case 'record':
        return meaning(target.type.parts?.find((f) => f.name === name));
      case 'enum':
        return meaning(target.symbol.parts?.find((m) => m.name === name));
      case 'element':
        return builtin('coordinate');
      case 'set':
        return builtin('side');
      default:
        return name === 'log_density' ? builtin('log_density') : { kind: 'unknown' };
    }
  }

  private job(item: RunItem): void {
    const { file } = this.declared;
    const e = item.value;
    if (e.kind !== 'call' || e.callee.kind !== 'name') {
      this.expr(e, file);
      return;
    }
    const verb = verbNamed(e.callee.name);
    this.add(e.callee.name, e.callee.span, verb ? builtin('verb') : { kind: 'unknown' });
    const first = e.args[0]?.value;
    const energy = verb?.takesEnergy && first?.kind === 'name' ? file.lookup(first.name) : undefined;
    this.options(e.args, verb ?? null, this.placesOf(energy));
  }

  /** The arguments of an energy as names of places. */
  private placesOf(energy: Sym | undefined): Env {
    const env = new Env(this.declared.file, { start: 0, end: 0 }, false);
    const add = (symbol: Sym | undefined, depth: number): void => {
      const meant = symbol?.kind === 'import' ? this.follow(symbol) : symbol;
      if (!meant || depth > 16) return;
      for (const p of meant.parts ?? []) if (!env.own(p.name)) env.define(p);
      for (const expert of expertsOf(meant)) add(expert, depth + 1);
    };
    add(energy, 0);
    return env;
  }

  private options(args: readonly Arg[], owner: Pick<VerbSpec, 'name' | 'options'> | null, places: Env): void {
    const { file } = this.declared;
    for (const a of args) {
      const spec = a.name ? owner?.options.find((o) => o.name === a.name?.text) : undefined;
      if (a.name)
        this.add(a.name.text, a.name.span, spec ? builtin('option', spec, owner?.name) : { kind: 'unknown' });
      const v = a.value;
      const type = spec?.type;
      const words = type?.kind === 'word' ? type.values : type?.kind === 'number' ? (type.words ?? []) : [];
      if (v.kind === 'name' && words.includes(v.name))
        this.add(v.name, v.span, builtin('value', spec, owner?.name));
      else if (type?.kind === 'call' && (v.kind === 'call' || v.kind === 'name')) {
        const callee = v.kind === 'call' ? v.callee : v;
        const options = callee.kind === 'name' ? type.values[callee.name] : undefined;
        if (callee.kind !== 'name' || !options) {
          this.expr(v, file);
          continue;
        }
        this.add(callee.name, callee.span, builtin('method', spec, owner?.name));
        if (v.kind === 'call') this.options(v.args, { name: callee.name, options }, places);
      } else if (v.kind === 'record') this.record(v, file, places);
      else if (type?.kind === 'unknown') this.expr(v, places);
      else this.expr(v, file);
    }
  }
}

const nameOf = (e: Expr): string | null => (e.kind === 'name' ? e.name : null);

/** The names of `inner`'s generator before those of `places`. */
function over(places: Env, inner: Env, span: Span): Env {
  const env = new Env(places, span, false);
  for (const s of inner.visible(span.end)) if (s.kind === 'binder' && inner.own(s.name) === s) env.define(s);
  return env;
}
