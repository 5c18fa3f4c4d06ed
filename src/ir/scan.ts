/**
 * Recurrences as nodes: `ScanNode` of `types.ts`.
 *
 * A recurrence is closed: what it depends on from outside are axes of its own
 * (`params`), so nothing in it can be captured, equal recurrences are one object, and
 * every read of one is an array read at indices. Where a param is given anything but
 * an axis, the recurrence is specialised instead: only the instances asked for are run.
 */
import type { Builder } from './build.ts';
import { type Axis, type Node, type Recurrence, type ScanNode, type Slot, Uses } from './types.ts';
import { children } from './walk.ts';

type Axes = readonly Axis[];
type Args = readonly Node[];
type OnRead = (slot: Slot, indices: Args) => Node | undefined;

/** A recurrence as it is written: `init` and `body` may have further free axes. */
export interface OpenLoop {
  readonly over: Axis;
  readonly axes: Axes;
  /** Over the sets of `axes`: the previous state. */
  readonly state: Slot;
  readonly init: Node;
  readonly body: Node;
  readonly backward?: boolean;
}

/** A recurrence and the axes outside that its params stand for. */
export interface ClosedLoop {
  readonly loop: Recurrence;
  readonly outer: Axes;
}

// ── Making ──────────────────────────────────────────────────────────────────

/** The same recurrence with params for its free axes. */
export function closeLoop(b: Builder, open: OpenLoop): ClosedLoop {
  const { over, axes, state: origin, init, body } = open;
  const backward = open.backward === true;
  const key = `${origin.id}|${over.id}|${axes.map((a) => a.id)}|${init.id}|${body.id}|${backward}`;
  const known = b.loops.get(key);
  if (known) return known;
  const outer = [
    ...new Set([
      ...init.axes.filter((a) => !axes.includes(a)),
      ...body.axes.filter((a) => a !== over && !axes.includes(a)),
    ]),
  ].sort((x, y) => x.id - y.id);
  const fresh = (a: Axis): Axis => b.axis(a.set, a.name);
  const own = { params: outer.map(fresh), over: fresh(over), axes: axes.map(fresh) };
  const from = [...outer, over, ...axes];
  const to = [...own.params, own.over, ...own.axes].map((a) => b.axisNode(a));
  const state = b.slot('state', origin.name, origin.domain, [
    ...outer.map((a) => a.set),
    ...axes.map((a) => a.set),
  ]);
  const params = to.slice(0, outer.length);
  const loop: Recurrence = {
    ...own,
    state,
    origin,
    backward,
    init: b.substitute(init, [...outer, ...axes], [...params, ...to.slice(outer.length + 1)]),
    body: b.mapReads(b.substitute(body, from, to), (slot, indices) =>
      slot === origin ? b.read(state, [...params, ...indices]) : undefined,
    ),
  };
  const made = { loop, outer };
  b.loops.set(key, made);
  return made;
}

/** The recurrence with other parts; params stay what they are as far as the parts mention them. */
function reopen(b: Builder, loop: Recurrence, init: Node, body: Node): ClosedLoop {
  const back = b.mapReads(body, (slot, indices) =>
    slot === loop.state ? b.read(loop.origin, indices.slice(loop.params.length)) : undefined,
  );
  return closeLoop(b, { ...loop, state: loop.origin, init, body: back });
}

/**
 * A recurrence read at indices, specialised where a param's is not an axis of its own.
 * @param make makes the node
 */
export function scanAt(
  b: Builder,
  loop: Recurrence,
  indices: Args,
  make: (loop: Recurrence, indices: Args) => Node,
): Node {
  const { params } = loop;
  const from: Axis[] = [];
  const to: Node[] = [];
  params.forEach((p, k) => {
    const index = indices[k];
    const first = indices.indexOf(index);
    if (index.op !== 'axis') to.push(index);
    else if (first < k) to.push(b.axisNode(params[first]));
    else return;
    from.push(p);
  });
  if (from.length === 0) return make(loop, indices);
  const put = (n: Node): Node => b.substitute(n, from, to);
  const closed = reopen(b, loop, put(loop.init), put(loop.body));
  return scanAt(b, closed.loop, indicesOf(b, loop, closed, indices), make);
}

/** The indices of a recurrence made from another one, given those of that. */
function indicesOf(b: Builder, before: Recurrence, { outer }: ClosedLoop, indices: Args): Args {
  const lead = outer.map((a) => {
    const k = before.params.indexOf(a);
    return k < 0 ? b.axisNode(a) : indices[k];
  });
  return [...lead, ...indices.slice(before.params.length)];
}

/** What `onRead` made of the recurrences met so far. */
const rewritten = new WeakMap<OnRead, Map<Recurrence, ClosedLoop | null>>();

/** The scan at new indices, with `onRead` applied to what the recurrence reads. */
export function rewriteScan(b: Builder, n: ScanNode, indices: Args, onRead: OnRead | null): Node {
  const closed = onRead && rewriteLoop(b, n.loop, onRead);
  return closed ? b.scanAt(closed.loop, indicesOf(b, n.loop, closed, indices)) : b.scanAt(n.loop, indices);
}

function rewriteLoop(b: Builder, loop: Recurrence, onRead: OnRead): ClosedLoop | null {
  let known = rewritten.get(onRead);
  if (!known) {
    known = new Map();
    rewritten.set(onRead, known);
  }
  let out = known.get(loop);
  if (out === undefined) {
    const init = b.mapReads(loop.init, onRead);
    const body = b.mapReads(loop.body, onRead);
    out = init === loop.init && body === loop.body ? null : reopen(b, loop, init, body);
    known.set(loop, out);
  }
  return out;
}

// ── Looking ─────────────────────────────────────────────────────────────────

const none: ReadonlySet<Slot> = new Set();
const states = new WeakMap<Node, ReadonlySet<Slot>>();

/** The states of recurrences around the expression that it reads. */
export function freeStates(n: Node): ReadonlySet<Slot> {
  if ((n.uses & Uses.state) === 0) return none;
  let known = states.get(n);
  if (known === undefined) {
    const out = new Set<Slot>();
    for (const c of children(n)) for (const s of freeStates(c)) out.add(s);
    if (n.op === 'read' && n.slot.role === 'state') out.add(n.slot);
    if (n.op === 'scan') out.delete(n.loop.state);
    known = out;
    states.set(n, known);
  }
  return known;
}

/** Which roles of slot a recurrence reads; its own state is none. */
export function usesOfLoop({ init, body, state }: Recurrence): number {
  const both = init.uses | body.uses;
  const others = [init, body].some((n) => [...freeStates(n)].some((s) => s !== state));
  return others ? both : both & ~Uses.state;
}

/** All axes of the array of states, in the order of its indices. */
export const axesOfLoop = (l: Recurrence): Axes => [...l.params, l.over, ...l.axes];

/** The first position that the recurrence visits. */
export const firstPosition = (b: Builder, l: Recurrence): Node =>
  l.backward ? b.sub(b.size(l.over.set), b.const(1)) : b.const(0);

/**
 * The state that the step at `time` starts from.
 * @param at the indices of the params
 */
export function stateBefore(b: Builder, l: Recurrence, at: Args, time: Node, state: Args): Node {
  const [more, before] = l.backward
    ? [b.call('lt', time, firstPosition(b, l)), b.add(time, b.const(1))]
    : [b.call('gt', time, b.const(0)), b.sub(time, b.const(1))];
  const init = b.apply({ axes: [...l.params, ...l.axes], body: l.init }, [...at, ...state]);
  return b.call('select', more, b.scanAt(l, [...at, before, ...state]), init);
}
