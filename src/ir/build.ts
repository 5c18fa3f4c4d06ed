/**
 * The one place where IR nodes are made. Nodes are interned; constants are
 * folded and units dropped as they are built, so that what users write and what
 * derivatives produce comes out small. `x·0 = 0` is applied: energies are finite
 * wherever they are defined.
 */
import type { Domain } from '../domain.ts';
import { TooLarge } from '../limits.ts';
import type { Span } from '../syntax/span.ts';
import { isCheap } from './cost.ts';
import { functions } from './functions.ts';
import { type ClosedLoop, closeLoop, type OpenLoop, rewriteScan, scanAt, usesOfLoop } from './scan.ts';
import { isConst, simplify } from './simplify.ts';
import {
  type Axis,
  type FnName,
  type IndexSet,
  type Lambda,
  type MatrixFn,
  type Node,
  type Recurrence,
  type ReduceKind,
  type SetKind,
  type Slot,
  Uses,
} from './types.ts';
import { children } from './walk.ts';

export { isConst } from './simplify.ts';

type Args = readonly Node[];

/** Distributes over `Omit`, keeping the union's discriminant. */
type Bare<T> = T extends Node ? Omit<T, 'id'> : never;

const mergeAxes = (lists: readonly (readonly Axis[])[]): readonly Axis[] => {
  let out: readonly Axis[] = [];
  for (const list of lists) {
    if (list.length === 0 || list === out) continue;
    if (out.length === 0) {
      out = list;
      continue;
    }
    const seen = new Map(out.map((a) => [a.id, a]));
    for (const a of list) seen.set(a.id, a);
    if (seen.size > out.length) out = [...seen.values()].sort((a, b) => a.id - b.id);
  }
  return out;
};

const without = (axes: readonly Axis[], drop: readonly Axis[]): readonly Axis[] =>
  axes.filter((a) => !drop.includes(a));

/** What a builder refuses to outgrow. */
export interface Bounds {
  readonly nodes: number;
  readonly operationDepth: number;
  readonly slots: number;
}

export class Builder {
  /** Set while a program is checked: what is made of it later may be larger. */
  bounds: Bounds | null = null;
  /** By id: the length of the longest path down to a leaf, loops counted several times. */
  private readonly depths: number[] = [];
  private nextNode = 0;
  private nextAxis = 0;
  private nextSet = 0;
  private nextSlot = 0;
  private readonly table = new Map<string, Node>();
  private readonly ranges = new Map<number, IndexSet>();
  private readonly formals = new Map<string, Axis>();
  /** Recurrences, by what they are made of. */
  readonly loops = new Map<string, ClosedLoop>();

  // ── Names ─────────────────────────────────────────────────────────────────

  set(name: string, kind: SetKind, span?: Span): IndexSet {
    return { id: this.nextSet++, name, kind, span };
  }

  /** The anonymous index set of `size` elements; one object for each size. */
  range(size: number): IndexSet {
    let s = this.ranges.get(size);
    if (!s) {
      s = this.set('', { kind: 'range', size });
      this.ranges.set(size, s);
    }
    return s;
  }

  axis(set: IndexSet, name = ''): Axis {
    return { id: this.nextAxis++, name: name || set.name || 'i', set };
  }

  slot(role: Slot['role'], name: string, domain: Domain, sets: readonly IndexSet[], span?: Span): Slot {
    if (this.bounds !== null && this.nextSlot >= this.bounds.slots)
      throw new TooLarge(
        `it has more than ${this.bounds.slots} unknowns, parameters and data, fields of records counted`,
      );
    return { id: this.nextSlot++, role, name, domain, sets, span };
  }

  // ── Leaves ────────────────────────────────────────────────────────────────

  const(value: number): Node {
    return this.intern(`c${Object.is(value, -0) ? '-0' : value}`, { op: 'const', value, axes: [], uses: 0 });
  }

  axisNode(axis: Axis): Node {
    return this.intern(`a${axis.id}`, { op: 'axis', axis, axes: [axis], uses: 0 });
  }

  size(set: IndexSet): Node {
    const n = staticSize(set);
    return n === undefined
      ? this.intern(`n${set.id}`, { op: 'size', set, axes: [], uses: 0 })
      : this.const(n);
  }

  read(slot: Slot, indices: Args): Node {
    return this.intern(`r${slot.id}[${ids(indices)}]`, {
      op: 'read',
      slot,
      indices,
      axes: mergeAxes(indices.map((i) => i.axes)),
      uses: usesOf(indices) | Uses[slot.role],
    });
  }

  /** The whole slot as an array over fresh axes. */
  readAll(slot: Slot): Lambda {
    const axes = slot.sets.map((s) => this.axis(s));
    return {
      axes,
      body: this.read(
        slot,
        axes.map((a) => this.axisNode(a)),
      ),
    };
  }

  // ── Arrays ────────────────────────────────────────────────────────────────

  /**
   * `f[indices]`. Renaming and cheap bodies are substituted; anything dearer read
   * through an index map stays materialised.
   */
  apply(f: Lambda, indices: Args): Node {
    const renaming =
      indices.every((i) => i.op === 'axis') && new Set(indices.map((i) => i.id)).size === indices.length;
    if (renaming || isCheap(f.body)) return this.substitute(f.body, f.axes, indices);
    return this.at(f.axes, f.body, indices);
  }

  at(params: readonly Axis[], body: Node, indices: Args): Node {
    return this.intern(`@${axisIds(params)}.${body.id}[${ids(indices)}]`, {
      op: 'at',
      params,
      body,
      indices,
      axes: mergeAxes([without(body.axes, params), ...indices.map((i) => i.axes)]),
      uses: usesOf(indices) | body.uses,
    });
  }

  // ── Functions ─────────────────────────────────────────────────────────────

  call(fn: FnName, ...args: Node[]): Node {
    if (args.every((a) => a.op === 'const')) {
      const value = functions[fn].eval(...args.map((a) => (a.op === 'const' ? a.value : 0)));
      if (Number.isFinite(value)) return this.const(value);
    }
    return simplify(this, fn, args) ?? this.rawCall(fn, args);
  }

  private rawCall(fn: FnName, args: Args): Node {
    return this.intern(`${fn}(${ids(args)})`, {
      op: 'call',
      fn,
      args,
      axes: mergeAxes(args.map((a) => a.axes)),
      uses: usesOf(args),
    });
  }

  add = (a: Node, b: Node): Node => this.call('add', a, b);
  sub = (a: Node, b: Node): Node => this.call('sub', a, b);
  mul = (a: Node, b: Node): Node => this.call('mul', a, b);
  div = (a: Node, b: Node): Node => this.call('div', a, b);
  neg = (a: Node): Node => this.call('neg', a);

  /** Many are added by halves, so that the expression does not become as deep as they are many. */
  addAll(nodes: Args): Node {
    if (nodes.length === 0) return this.const(0);
    if (nodes.length <= 64) return nodes.reduce((a, b) => this.add(a, b));
    const half = Math.floor(nodes.length / 2);
    return this.add(this.addAll(nodes.slice(0, half)), this.addAll(nodes.slice(half)));
  }

  // ── Binders ───────────────────────────────────────────────────────────────

  reduce(kind: ReduceKind, over: readonly Axis[], body: Node, where: Node | null = null): Node {
    if (where?.op === 'const' && where.value !== 0) where = null;
    if (over.length === 0 && where === null) return body;
    if (kind === 'sum' && isConst(body, 0)) return body;
    if (kind === 'sum' && where === null) {
      // Axes that the body does not mention only multiply.
      const idle = over.filter((a) => !body.axes.includes(a));
      if (idle.length > 0) {
        const rest = over.filter((a) => body.axes.includes(a));
        const count = idle.map((a) => this.size(a.set)).reduce((a, b) => this.mul(a, b));
        return this.mul(count, this.reduce('sum', rest, body));
      }
      if (body.op === 'call' && body.fn === 'neg') return this.neg(this.reduce(kind, over, body.args[0]));
      if (body.op === 'reduce' && body.kind === 'sum' && body.where === null)
        return this.reduce('sum', [...over, ...body.over], body.body);
    }
    return this.intern(`${kind}${axisIds(over)}|${where?.id ?? ''}|${body.id}`, {
      op: 'reduce',
      kind,
      over,
      where,
      body,
      axes: without(mergeAxes([body.axes, where?.axes ?? []]), over),
      uses: body.uses | (where?.uses ?? 0),
    });
  }

  sum(over: readonly Axis[], body: Node, where: Node | null = null): Node {
    return this.reduce('sum', over, body, where);
  }

  mean(over: readonly Axis[], body: Node, where: Node | null = null): Node {
    const count = where
      ? this.sum(over, where)
      : over.map((a) => this.size(a.set)).reduce((a, b) => this.mul(a, b), this.const(1));
    return this.div(this.sum(over, body, where), count);
  }

  scatter(
    into: readonly Axis[],
    over: readonly Axis[],
    indices: Args,
    body: Node,
    where: Node | null = null,
  ): Node {
    if (isConst(body, 0)) return body;
    return this.intern(`s${axisIds(into)}${axisIds(over)}[${ids(indices)}]|${where?.id ?? ''}|${body.id}`, {
      op: 'scatter',
      into,
      over,
      indices,
      where,
      body,
      axes: mergeAxes([
        into,
        without(mergeAxes([body.axes, where?.axes ?? [], ...indices.map((i) => i.axes)]), over),
      ]),
      uses: body.uses | usesOf(indices) | (where?.uses ?? 0),
    });
  }

  // ── Matrices ──────────────────────────────────────────────────────────────

  /**
   * A function of matrices read at indices (`matrix.ts` has the functions as arrays). The axes that arguments bind
   * are renamed to ones that only such arguments use and that no argument has free: equal matrices are the same
   * whatever their axes were called, and no binder elsewhere shares an axis with a matrix.
   */
  matrix(fn: MatrixFn, args: readonly Lambda[], indices: Args): Node {
    if (fn === 'solve' && isConst(args[1].body, 0)) return args[1].body;
    const batch = args.flatMap((a) => without(a.body.axes, a.axes));
    const own = args.map((a) => this.canonical(a, batch));
    const bodies = own.map((a) => a.body);
    const key = own.map((a) => `${axisIds(a.axes)}${a.body.id}`).join(';');
    return this.intern(`${fn}:${key}[${ids(indices)}]`, {
      op: 'matrix',
      fn,
      args: own,
      indices,
      axes: mergeAxes([...args.map((a) => without(a.body.axes, a.axes)), ...indices.map((i) => i.axes)]),
      uses: usesOf(indices) | usesOf(bodies),
    });
  }

  private canonical({ axes, body }: Lambda, avoid: readonly Axis[]): Lambda {
    const taken = new Set(avoid);
    const to = axes.map((a) => {
      for (let k = 0; ; k++) {
        const key = `${a.set.id},${k}`;
        const formal = this.formals.get(key) ?? this.axis(a.set, a.name);
        this.formals.set(key, formal);
        if (taken.has(formal)) continue;
        taken.add(formal);
        return formal;
      }
    });
    return {
      axes: to,
      body: this.substitute(
        body,
        axes,
        to.map((a) => this.axisNode(a)),
      ),
    };
  }

  // ── Recurrences ───────────────────────────────────────────────────────────

  /** The state at position `time` of a recurrence whose init and body may have free axes. */
  scan(open: OpenLoop, time: Node, at: Args): Node {
    const { loop, outer } = closeLoop(this, open);
    return this.scanAt(loop, [...outer.map((a) => this.axisNode(a)), time, ...at]);
  }

  /** The states read at indices: those of the params, the position, those of the state. */
  scanAt(loop: Recurrence, indices: Args): Node {
    return scanAt(this, loop, indices, (own, at) =>
      this.intern(`x${own.state.id}[${ids(at)}]`, {
        op: 'scan',
        loop: own,
        indices: at,
        axes: mergeAxes(at.map((i) => i.axes)),
        uses: usesOf(at) | usesOfLoop(own),
      }),
    );
  }

  // ── Substitution ──────────────────────────────────────────────────────────

  /** `body` with each axis replaced by an expression, avoiding capture. */
  substitute(body: Node, axes: readonly Axis[], by: Args): Node {
    const env = new Map<Axis, Node>();
    axes.forEach((a, i) => {
      const to = by[i];
      if (!(to.op === 'axis' && to.axis === a)) env.set(a, to);
    });
    return env.size === 0 ? body : this.rewrite(body, env, null);
  }

  /**
   * Rebuilds `node` with `onRead` applied to every slot read (indices already
   * rewritten); `undefined` keeps the read. Used to instantiate energies on
   * batches and to restrict them to a site.
   */
  mapReads(node: Node, onRead: (slot: Slot, indices: Args) => Node | undefined): Node {
    return this.rewrite(node, new Map(), onRead);
  }

  private rewrite(
    root: Node,
    env: ReadonlyMap<Axis, Node>,
    onRead: ((slot: Slot, indices: Args) => Node | undefined) | null,
  ): Node {
    const memo = new Map<Node, Node>();
    const go = (n: Node): Node => {
      if (onRead === null && !n.axes.some((a) => env.has(a))) return n;
      const known = memo.get(n);
      if (known) return known;
      const out = step(n);
      memo.set(n, out);
      return out;
    };
    /** Rewrites below a binder: bound axes are shadowed, and renamed where a replacement would be captured. */
    const under = (
      bound: readonly Axis[],
      parts: Args,
      avoid: readonly Axis[] = [],
    ): { bound: readonly Axis[]; parts: Node[] } => {
      const inner = new Map([...env].filter(([a]) => !bound.includes(a)));
      const used = new Set<Axis>(avoid);
      for (const p of parts) for (const a of p.axes) for (const f of inner.get(a)?.axes ?? []) used.add(f);
      const renamed = bound.map((a) => {
        if (!used.has(a)) return a;
        const fresh = this.axis(a.set, a.name);
        inner.set(a, this.axisNode(fresh));
        return fresh;
      });
      const same = inner.size === env.size && renamed.every((a, i) => a === bound[i]);
      return {
        bound: renamed,
        parts: parts.map((p) => (same ? go(p) : this.rewrite(p, inner, onRead))),
      };
    };
    const step = (n: Node): Node => {
      switch (n.op) {
        case 'const':
        case 'size':
          return n;
        case 'axis':
          return env.get(n.axis) ?? n;
        case 'read': {
          const indices = n.indices.map(go);
          return onRead?.(n.slot, indices) ?? this.read(n.slot, indices);
        }
        case 'at': {
          const { bound, parts } = under(n.params, [n.body]);
          return this.apply({ axes: bound, body: parts[0] }, n.indices.map(go));
        }
        case 'call':
          return this.call(n.fn, ...n.args.map(go));
        case 'reduce': {
          const { bound, parts } = under(n.over, n.where ? [n.body, n.where] : [n.body]);
          return this.reduce(n.kind, bound, parts[0], parts[1] ?? null);
        }
        case 'matrix': {
          const args = n.args.map((a): Lambda => {
            const { bound, parts } = under(a.axes, [a.body]);
            return { axes: bound, body: parts[0] };
          });
          return this.matrix(n.fn, args, n.indices.map(go));
        }
        case 'scan':
          return rewriteScan(this, n, n.indices.map(go), onRead);
        case 'scatter': {
          // `into` axes are free in the result but not in the parts: they can be renamed; any
          // other replacement turns the scatter into a read of it.
          const to = n.into.map((a) => env.get(a) ?? this.axisNode(a));
          const names = to.flatMap((t) => (t.op === 'axis' ? [t.axis] : []));
          const all = [n.body, ...n.indices, ...(n.where ? [n.where] : [])];
          const { bound, parts } = under(n.over, all, names);
          const free = without(mergeAxes(parts.map((p) => p.axes)), bound);
          const direct =
            names.length === to.length &&
            new Set(names).size === to.length &&
            !names.some((a) => free.includes(a));
          const into = direct ? names : n.into.map((a) => this.axis(a.set, a.name));
          const k = n.indices.length;
          const made = this.scatter(into, bound, parts.slice(1, 1 + k), parts[0], parts[1 + k] ?? null);
          return direct || made.op === 'const' ? made : this.at(into, made, to);
        }
      }
    };
    return go(root);
  }

  private intern(key: string, node: Bare<Node>): Node {
    const known = this.table.get(key);
    if (known) return known;
    const made = { ...node, id: this.nextNode } as Node;
    const depth =
      stepOf(made) + children(made).reduce((most, c) => Math.max(most, this.depths[c.id] ?? 0), 0);
    if (this.bounds !== null) {
      if (this.nextNode >= this.bounds.nodes)
        throw new TooLarge(
          `it makes more than ${this.bounds.nodes} operations, functions and energies written out`,
        );
      if (depth > this.bounds.operationDepth)
        throw new TooLarge(
          `it makes operations on results of operations, more than ${this.bounds.operationDepth} one on the other`,
        );
    }
    this.depths[this.nextNode++] = depth;
    this.table.set(key, made);
    return made;
  }
}

/** What a node adds to the depth: working out a loop takes more stack than a function. */
function stepOf(n: Node): number {
  switch (n.op) {
    case 'const':
    case 'axis':
    case 'size':
    case 'read':
    case 'call':
      return 1;
    default:
      return 4;
  }
}

const ids = (nodes: Args): string => nodes.map((n) => n.id).join(',');
const axisIds = (axes: readonly Axis[]): string => `<${axes.map((a) => a.id).join(',')}>`;
const usesOf = (nodes: Args): number => nodes.reduce((u, n) => u | n.uses, 0);

/** The number of elements where it is known before data are bound. */
export function staticSize(set: IndexSet): number | undefined {
  switch (set.kind.kind) {
    case 'range':
      return set.kind.size;
    case 'lattice':
      return set.kind.dims.reduce((a, b) => a * b, 1);
    case 'labels':
      return set.kind.labels.length;
    default:
      return undefined;
  }
}
