/**
 * The expressions of a program over as few axes as possible. Derivatives and users name the same index set by
 * many axes; two of them that nothing has at once are made one, so that what is equal becomes one node and
 * what runs over the same set can share a loop.
 */
import { freeStates } from '../../../ir/scan.ts';
import type { Axis, IndexSet, Node, Recurrence, Slot } from '../../../ir/types.ts';
import { children, visit } from '../../../ir/walk.ts';
import type { Output } from '../../engine.ts';
import { Maker } from './maker.ts';
import { rebuild } from './rebuild.ts';

type Axes = readonly Axis[];
type SizeOf = (set: IndexSet) => number;

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
  const { made, loops } = rebuild(maker, nodes, to, sizeOf, states);
  return {
    outputs: outputs.map((o) => ({ ...o, axes: o.axes.map(to), node: made.get(o.node)! })),
    loops,
    maker,
    batch: new Set([...batch].map(to)),
  };
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
