/**
 * The expressions of a program over as few axes as possible. Derivatives and users name the same index set by
 * many axes; two of them that nothing has at once are made one, so that what is equal becomes one node and
 * what runs over the same set can share a loop.
 */

import { resultKey } from '../../../ir/matrix.ts';
import { freeStates } from '../../../ir/scan.ts';
import {
  type Axis,
  type FnName,
  type IndexSet,
  type Lambda,
  type Node,
  type Recurrence,
  type Slot,
  Uses,
} from '../../../ir/types.ts';
import { children, visit } from '../../../ir/walk.ts';
import type { Output } from '../../engine.ts';

type Axes = readonly Axis[];
type SizeOf = (set: IndexSet) => number;
type Bare<T> = T extends Node ? Omit<T, 'id'> : never;

/** Makes nodes, equal ones once; ids grow, children are older than parents. */
export class Maker {
  private readonly table = new Map<string, Node>();
  private next = 0;

  axis(axis: Axis): Node {
    return this.intern(`a${axis.id}`, { op: 'axis', axis, axes: [axis], uses: 0 });
  }

  const(value: number): Node {
    return this.intern(`c${Object.is(value, -0) ? '-0' : value}`, { op: 'const', value, axes: [], uses: 0 });
  }

  call(fn: FnName, ...args: readonly Node[]): Node {
    return this.intern(`${fn}(${ids(args)})`, {
      op: 'call',
      fn,
      args,
      axes: union(args),
      uses: usesOf(args),
    });
  }

  reduce(kind: 'sum' | 'prod' | 'max' | 'min', over: Axes, body: Node, where: Node | null): Node {
    const parts = where ? [body, where] : [body];
    return this.intern(`${kind}<${over.map((a) => a.id)}>${ids(parts)}`, {
      op: 'reduce',
      kind,
      over,
      where,
      body,
      axes: union(parts).filter((a) => !over.includes(a)),
      uses: usesOf(parts),
    });
  }

  intern(key: string, bare: Bare<Node>): Node {
    const known = this.table.get(key);
    if (known) return known;
    const made = { ...bare, id: this.next++ } as Node;
    this.table.set(key, made);
    return made;
  }
}

const ids = (nodes: readonly Node[]): string => nodes.map((n) => n.id).join(',');
const usesOf = (nodes: readonly Node[]): number => nodes.reduce((u, n) => u | n.uses, 0);

/** The free axes of the nodes, by id. */
export function union(nodes: readonly { readonly axes: Axes }[]): Axes {
  if (nodes.length === 1) return nodes[0].axes;
  let out: Axes = [];
  for (const { axes } of nodes) {
    if (axes.every((a) => out.includes(a))) continue;
    out = out.every((a) => axes.includes(a))
      ? axes
      : [...new Set([...out, ...axes])].sort((a, b) => a.id - b.id);
  }
  return out;
}

/** The axes that a node binds in its parts. */
function boundBy(n: Node): Axes {
  switch (n.op) {
    case 'at':
      return n.params;
    case 'reduce':
      return n.over;
    case 'scatter':
      return [...n.over, ...n.into];
    case 'matrix':
      return n.args.flatMap((a) => a.axes);
    case 'scan':
      return [...n.loop.params, n.loop.over, ...n.loop.axes];
    default:
      return [];
  }
}

/** A recurrence whose states are an array like any other, read at the step before while it is filled. */
export interface Recurring {
  readonly over: Axis;
  /** The dimensions of the states: the position, params, the state's own. */
  readonly axes: Axes;
  readonly backward: boolean;
  readonly init: Node;
  readonly body: Node;
  /** Reads of these are reads of the states, and of the states one step before. */
  readonly now: Slot;
  readonly before: Slot;
}

export interface Graph {
  readonly outputs: readonly Output[];
  /** By `now` and `before`. */
  readonly loops: ReadonlyMap<Slot, Recurring>;
  readonly maker: Maker;
  /** Axes along which instances lie side by side that must not influence each other's rounding (chains). */
  readonly batch: ReadonlySet<Axis>;
}

/**
 * @param varies whether a slot is supplied at every run
 */
export function graphOf(outputs: readonly Output[], sizeOf: SizeOf, varies: (slot: Slot) => boolean): Graph {
  const nodes: Node[] = [];
  visit(
    outputs.map((o) => o.node),
    (n) => nodes.push(n),
  );
  const states = ownStates(nodes);
  const batch = batchAxes(outputs, nodes, varies);
  const to = mergedAxes(outputs, nodes, batch, states);
  const maker = new Maker();
  const first = rebuild(maker, nodes, to, sizeOf, new Set(), states);
  let roots: readonly Output[] = outputs.map((o) => ({
    ...o,
    axes: o.axes.map(to),
    node: first.made.get(o.node)!,
  }));
  let loops = first.loops;
  const both = logistic([...new Set(first.made.values())]);
  if (both.size > 0) {
    const again = rebuild(maker, reachable(roots, loops), (a) => a, sizeOf, both, new Map());
    roots = roots.map((o) => ({ ...o, node: again.made.get(o.node)! }));
    loops = new Map(
      [...loops].flatMap(([slot, l]) => {
        const [init, body] = [again.made.get(l.init), again.made.get(l.body)];
        return init && body ? [[slot, { ...l, init, body }] as const] : [];
      }),
    );
  }
  return { outputs: roots, loops, maker, batch: new Set([...batch].map(to)) };
}

/** Everything that outputs are made of, parts first; the states of a recurrence are made of its init and body. */
export function reachable(outputs: readonly Output[], loops: ReadonlyMap<Slot, Recurring>): readonly Node[] {
  const out: Node[] = [];
  const seen = new Set<Node>();
  const path: { readonly node: Node; readonly below: readonly Node[]; next: number }[] = [];
  const enter = (n: Node): void => {
    if (seen.has(n)) return;
    seen.add(n);
    const loop = n.op === 'read' ? loops.get(n.slot) : undefined;
    const states = loop && n.op === 'read' && n.slot === loop.now ? [loop.init, loop.body] : [];
    path.push({ node: n, below: [...states, ...children(n)], next: 0 });
  };
  for (const { node } of outputs) {
    enter(node);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      if (top.next < top.below.length) enter(top.below[top.next++]);
      else {
        path.pop();
        out.push(top.node);
      }
    }
  }
  return out;
}

/**
 * The states of recurrences that become arrays: those that read no other state, and in whose steps neither matrix
 * functions nor recurrences depend on the state.
 */
function ownStates(nodes: readonly Node[]): ReadonlyMap<Slot, Recurrence> {
  const out = new Map<Slot, Recurrence>();
  const seen = new Set<Recurrence>();
  for (const n of nodes) {
    if (n.op !== 'scan' || seen.has(n.loop)) continue;
    seen.add(n.loop);
    const { init, body, state } = n.loop;
    if (freeStates(init).size > 0 || [...freeStates(body)].some((s) => s !== state)) continue;
    let simple = true;
    visit([body], (m) => {
      if (m.op === 'matrix' && freeStates(m).has(state)) simple = false;
      if (m.op === 'scan')
        for (const part of [m.loop.init, m.loop.body]) if (freeStates(part).has(state)) simple = false;
    });
    if (simple) out.set(state, n.loop);
  }
  return out;
}

/** The axes that are the first index of what is supplied at every run, if results lead with such an axis too. */
function batchAxes(
  outputs: readonly Output[],
  nodes: readonly Node[],
  varies: (slot: Slot) => boolean,
): ReadonlySet<Axis> {
  const set = outputs[0]?.axes[0]?.set;
  const out = new Set<Axis>();
  if (!set) return out;
  for (const n of nodes)
    if (n.op === 'read' && n.slot.role !== 'state' && varies(n.slot) && n.slot.sets[0] === set) {
      const [first] = n.indices;
      if (first.op === 'axis') out.add(first.axis);
    }
  if (out.size > 0) for (const o of outputs) if (o.axes[0]?.set === set) out.add(o.axes[0]);
  return out;
}

/** For each axis the one that it becomes. */
function mergedAxes(
  outputs: readonly Output[],
  nodes: readonly Node[],
  batch: ReadonlySet<Axis>,
  states: ReadonlyMap<Slot, Recurrence>,
): (a: Axis) => Axis {
  const near = new Map<Axis, Set<Axis>>();
  const seen = new Set<string>();
  const together = (axes: Axes): void => {
    const all = [...new Set(axes)];
    const key = all
      .map((a) => a.id)
      .sort()
      .join(',');
    if (seen.has(key)) return;
    seen.add(key);
    for (const a of all) {
      let list = near.get(a);
      if (!list) {
        list = new Set();
        near.set(a, list);
      }
      for (const b of all) if (b !== a) list.add(b);
    }
  };
  for (const o of outputs) together(o.axes);
  for (const n of nodes) {
    const bound = boundBy(n);
    // What depends on a state will depend on the position of its loop.
    const steps = [...freeStates(n)].flatMap((s) => states.get(s)?.over ?? []);
    if (bound.length === 0 && steps.length === 0) {
      if (n.axes.length > 0) together(n.axes);
    } else together([...n.axes, ...steps, ...bound, ...children(n).flatMap((c) => c.axes)]);
  }
  const to = new Map<Axis, Axis>();
  const leaders = new Map<IndexSet, { readonly axis: Axis; readonly near: Set<Axis> }[]>();
  for (const a of [...near.keys()].sort((x, y) => x.id - y.id)) {
    let list = leaders.get(a.set);
    if (!list) {
      list = [];
      leaders.set(a.set, list);
    }
    const same = list.find((l) => !l.near.has(a) && batch.has(l.axis) === batch.has(a));
    if (same) {
      to.set(a, same.axis);
      for (const x of near.get(a)!) same.near.add(x);
      same.near.delete(a);
    } else {
      to.set(a, a);
      list.push({ axis: a, near: near.get(a)! });
    }
  }
  return (a) => to.get(a) ?? a;
}

/** The arguments of which both softplus and sigmoid are needed. */
function logistic(nodes: readonly Node[]): ReadonlySet<Node> {
  const of = (fn: FnName): Node[] =>
    nodes.flatMap((n) => (n.op === 'call' && n.fn === fn ? [n.args[0]] : []));
  const sigmoid = new Set(of('sigmoid'));
  return new Set(of('softplus').filter((x) => sigmoid.has(x)));
}

/** @param both see `logistic`: there the two share their exponential */
function rebuild(
  make: Maker,
  nodes: readonly Node[],
  to: (a: Axis) => Axis,
  sizeOf: SizeOf,
  both: ReadonlySet<Node>,
  states: ReadonlyMap<Slot, Recurrence>,
): { readonly made: ReadonlyMap<Node, Node>; readonly loops: ReadonlyMap<Slot, Recurring> } {
  const made = new Map<Node, Node>();
  const loops = new Map<Recurrence, Recurrence>();
  const slots = new Map<Recurrence, { readonly now: Slot; readonly before: Slot }>();
  const recurring = new Map<Slot, Recurring>();
  /** The two slots that stand for the states of a recurrence. */
  const slotsOf = (loop: Recurrence): { readonly now: Slot; readonly before: Slot } => {
    let known = slots.get(loop);
    if (!known) {
      const { state, over, params, axes } = loop;
      const sets = [over, ...params, ...axes].map((a) => a.set);
      const id = -1 - 2 * slots.size;
      const slot = (n: number): Slot => ({ ...state, id: n, role: 'input', sets });
      known = { now: slot(id), before: slot(id - 1) };
      slots.set(loop, known);
    }
    return known;
  };
  const of = (n: Node): Node => made.get(n)!;
  const list = (ns: readonly Node[]): Node[] => ns.map(of);
  for (const n of nodes) made.set(n, step(n));
  return { made, loops: recurring };

  function readStates(slot: Slot, indices: readonly Node[]): Node {
    const key = `r${slot.id}[${ids(indices)}]`;
    return make.intern(key, { op: 'read', slot, indices, axes: union(indices), uses: Uses.input });
  }

  function step(n: Node): Node {
    switch (n.op) {
      case 'const':
        return make.const(n.value);
      case 'axis':
        return make.axis(to(n.axis));
      case 'size':
        return make.const(sizeOf(n.set));
      case 'read': {
        const indices = list(n.indices);
        const own = states.get(n.slot);
        if (own) return readStates(slotsOf(own).before, [make.axis(to(own.over)), ...indices]);
        return make.intern(`r${n.slot.id}[${ids(indices)}]`, { ...bare(n), indices, axes: union(indices) });
      }
      case 'at': {
        const [body, indices, params] = [of(n.body), list(n.indices), n.params.map(to)];
        const axes = union([{ axes: body.axes.filter((a) => !params.includes(a)) }, ...indices]);
        return make.intern(`@<${params.map((p) => p.id)}>${body.id}[${ids(indices)}]`, {
          ...bare(n),
          params,
          body,
          indices,
          axes,
        });
      }
      case 'call':
        if ((n.fn === 'softplus' || n.fn === 'sigmoid') && both.has(n.args[0]))
          return logisticBy(make, n.fn, of(n.args[0]));
        return make.call(n.fn, ...list(n.args));
      case 'reduce': {
        const [over, body, where] = [n.over.map(to), of(n.body), n.where && of(n.where)];
        return n.kind === 'logsumexp'
          ? logsumexp(make, over, body, where)
          : make.reduce(n.kind, over, body, where);
      }
      case 'scatter': {
        const [into, over, body, where] = [
          n.into.map(to),
          n.over.map(to),
          of(n.body),
          n.where && of(n.where),
        ];
        const indices = list(n.indices);
        const parts = [body, ...indices, ...(where ? [where] : [])];
        const free = union(parts).filter((a) => !over.includes(a));
        const axes = union([{ axes: free }, { axes: [...into].sort((a, b) => a.id - b.id) }]);
        const key = `s<${into.map((a) => a.id)}><${over.map((a) => a.id)}>${where?.id ?? ''}|${body.id}[${ids(indices)}]`;
        return make.intern(key, { ...bare(n), into, over, body, where, indices, axes });
      }
      case 'matrix': {
        const args = n.args.map((a): Lambda => ({ axes: a.axes.map(to), body: of(a.body) }));
        const indices = list(n.indices);
        const free = args.map((a) => ({ axes: a.body.axes.filter((x) => !a.axes.includes(x)) }));
        const next = { ...bare(n), args, indices, axes: union([...free, ...indices]) };
        return make.intern(`${resultKey({ ...next, id: 0 })}[${ids(indices)}]`, next);
      }
      case 'scan': {
        if (states.get(n.loop.state) === n.loop) {
          const { over, params, axes, backward, init, body } = n.loop;
          const own = slotsOf(n.loop);
          const l = { over: to(over), axes: [over, ...params, ...axes].map(to), backward };
          const whole = { ...l, init: of(init), body: of(body), ...own };
          recurring.set(own.now, whole).set(own.before, whole);
          const at = list(n.indices);
          const k = params.length;
          return readStates(own.now, [at[k], ...at.slice(0, k), ...at.slice(k + 1)]);
        }
        let loop = loops.get(n.loop);
        if (!loop) {
          const { params, over, axes, init, body } = n.loop;
          loop = {
            ...n.loop,
            params: params.map(to),
            over: to(over),
            axes: axes.map(to),
            init: of(init),
            body: of(body),
          };
          loops.set(n.loop, loop);
        }
        const indices = list(n.indices);
        return make.intern(`x${loop.state.id}[${ids(indices)}]`, {
          ...bare(n),
          loop,
          indices,
          axes: union(indices),
        });
      }
    }
  }
}

function bare<N extends Node>(n: N): Omit<N, 'id'> {
  const { id: _, ...rest } = n;
  return rest;
}

/** m + ln Σ exp(x − m) with the maximum m; m itself where that is not finite. */
function logsumexp(make: Maker, over: Axes, body: Node, where: Node | null): Node {
  const top = make.reduce('max', over, body, where);
  const sum = make.reduce('sum', over, make.call('exp', make.call('sub', body, top)), where);
  const finite = make.call('eq', make.call('sub', top, top), make.const(0));
  return make.call('select', finite, make.call('add', top, make.call('log', sum)), top);
}

/** With e = exp(−|x|): softplus is max(x, 0) + ln(1 + e), sigmoid is 1/(1 + e) or e/(1 + e). */
function logisticBy(make: Maker, fn: 'softplus' | 'sigmoid', x: Node): Node {
  const e = make.call('exp', make.call('neg', make.call('abs', x)));
  if (fn === 'softplus') return make.call('add', make.call('relu', x), make.call('log1p', e));
  const top = make.call('select', make.call('ge', x, make.const(0)), make.const(1), e);
  return make.call('div', top, make.call('add', make.const(1), e));
}
