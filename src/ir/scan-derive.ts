/**
 * Reverse mode through recurrences, for `derive.ts`: the adjoint of a recurrence is
 * one that runs the other way (Griewank and Walther, *Evaluating Derivatives*, 2008, ch. 3).
 *
 * With x(t) = f(t, x(t−1)), x(−1) = x₀ and G(t) the derivative with respect to x(t) of
 * what reads it outside, let c(t) be the derivative with respect to x(t−1) through step t:
 *   λ(t) = G(t) + c(t+1),   c(t) = λ(t)·∂f(t, x)/∂x at x = x(t−1),   c(T) = 0;
 * then x₀ has the adjoint c(0), and everything else that f reads Σ_t λ(t)·∂f(t, x(t−1)).
 */
import { wholeLine } from '../domain.ts';
import { type Adjoint, combine, masked } from './adjoint.ts';
import { type Builder, isConst } from './build.ts';
import { axesOfLoop, type ClosedLoop, closeLoop, firstPosition, stateBefore } from './scan.ts';
import { transposeRead } from './transpose.ts';
import type { Axis, Lambda, Node, Recurrence, ScanNode, Slot } from './types.ts';
import { slotsRead } from './walk.ts';

type Args = readonly Node[];
type Gradient = (b: Builder, root: Node, slots: readonly Slot[]) => Map<Slot, Lambda>;

/** Whether a recurrence reads one of the slots, its own steps or a recurrence in them. */
export function loopReads(loop: Recurrence, wanted: ReadonlySet<Slot>): boolean {
  return wantedOf(loop, wanted).length > 0;
}

function wantedOf({ init, body }: Recurrence, wanted: ReadonlySet<Slot>): readonly Slot[] {
  const read = slotsRead([init, body]);
  return [...wanted].filter((s) => read.has(s));
}

/** Collects the adjoints of the nodes that read one recurrence, and passes them on when all are known. */
export interface ScanRules {
  readonly add: (n: ScanNode, adj: Adjoint) => void;
  /** To be called for every scan, parents first, after `add`. */
  readonly close: (n: ScanNode) => void;
}

/**
 * @param nodes what the root is made of
 * @param give receives the derivative with respect to a slot
 */
export function scanRules(
  b: Builder,
  nodes: readonly Node[],
  slots: readonly Slot[],
  gradient: Gradient,
  give: (slot: Slot, part: Lambda) => void,
): ScanRules {
  const wanted = new Set(slots);
  const last = new Map<Recurrence, Node>();
  for (const n of nodes) if (n.op === 'scan' && !last.has(n.loop)) last.set(n.loop, n);
  const open = new Map<Recurrence, { readonly axes: readonly Axis[]; readonly parts: Adjoint[] }>();
  return {
    add: (n, adj) => {
      let known = open.get(n.loop);
      if (!known) {
        known = { axes: axesOfLoop(n.loop).map((a) => b.axis(a.set, a.name)), parts: [] };
        open.set(n.loop, known);
      }
      known.parts.push(transposeRead(b, adj, n.axes, [], known.axes, n.indices));
    },
    close: (n) => {
      const known = open.get(n.loop);
      if (!known || last.get(n.loop) !== n) return;
      const direct: Lambda = { axes: known.axes, body: masked(b, combine(b, known.parts)) };
      const through = wantedOf(n.loop, wanted);
      for (const [slot, part] of loopGradient(b, n.loop, direct, through, gradient)) give(slot, part);
    },
  };
}

/**
 * The derivative of Σ G·x with respect to what a recurrence x reads.
 * @param direct G, over the params, the position and the state
 */
function loopGradient(
  b: Builder,
  loop: Recurrence,
  direct: Lambda,
  slots: readonly Slot[],
  gradient: Gradient,
): ReadonlyMap<Slot, Lambda> {
  // One step and the start as plain arrays, whose state before and adjoints are inputs.
  const k = loop.params.length;
  const axes = axesOfLoop(loop).map((a) => b.axis(a.set, a.name));
  const at = axes.map((a) => b.axisNode(a));
  const sets = axes.map((a) => a.set);
  const start = axes.filter((_, d) => d !== k);
  const atStart = start.map((a) => b.axisNode(a));
  const before = b.slot('input', loop.state.name, loop.state.domain, sets);
  const cotangent = b.slot('input', `${loop.state.name} adjoint`, wholeLine, sets);
  const atFirst = b.slot(
    'input',
    `${loop.state.name} start`,
    wholeLine,
    start.map((a) => a.set),
  );
  const step = b.mapReads(b.substitute(loop.body, axesOfLoop(loop), at), (slot, indices) =>
    slot === loop.state ? b.read(before, [...indices.slice(0, k), at[k], ...indices.slice(k)]) : undefined,
  );
  const init = b.substitute(loop.init, [...loop.params, ...loop.axes], atStart);
  const root = b.add(
    b.sum(axes, b.mul(b.read(cotangent, at), step)),
    b.sum(start, b.mul(b.read(atFirst, atStart), init)),
  );
  const parts = gradient(b, root, [before, ...slots]);

  const place = (indices: Args): [lead: Args, time: Node, state: Args] => [
    indices.slice(0, k),
    indices[k],
    indices.slice(k + 1),
  ];
  const stateAt = (indices: Args): Node => stateBefore(b, loop, ...place(indices));
  const back = backwards(b, loop, parts.get(before)!, (slot, indices, carried) => {
    if (slot === before) return stateAt(indices);
    return slot === cotangent ? b.add(b.apply(direct, indices), carried(place(indices)[2])) : undefined;
  });
  const onRead = (slot: Slot, indices: Args): Node | undefined => {
    if (slot === before) return stateAt(indices);
    if (slot === cotangent)
      return b.add(b.apply(direct, indices), back?.before(...place(indices)) ?? b.const(0));
    return slot === atFirst
      ? (back?.at(indices.slice(0, k), firstPosition(b, loop), indices.slice(k)) ?? b.const(0))
      : undefined;
  };
  return new Map(
    slots.map((s) => {
      const part = parts.get(s)!;
      return [s, { axes: part.axes, body: b.mapReads(part.body, onRead) }];
    }),
  );
}

interface Backwards {
  readonly at: (lead: Args, time: Node, state: Args) => Node;
  readonly before: (lead: Args, time: Node, state: Args) => Node;
}

/**
 * The recurrence c, or null where no step depends on the one before.
 * @param step λ·∂f/∂x over params, position and state
 * @param onRead what stands for the inputs, given the reader of c one step later
 */
function backwards(
  b: Builder,
  loop: Recurrence,
  step: Lambda,
  onRead: (slot: Slot, indices: Args, carried: (state: Args) => Node) => Node | undefined,
): Backwards | null {
  if (isConst(step.body, 0)) return null;
  const k = loop.params.length;
  const axes = step.axes.slice(k + 1);
  const state = b.slot(
    'state',
    `${loop.origin.name} adjoint`,
    wholeLine,
    axes.map((a) => a.set),
  );
  const closed: ClosedLoop = closeLoop(b, {
    over: step.axes[k],
    axes,
    state,
    init: b.const(0),
    body: b.mapReads(step.body, (slot, indices) => onRead(slot, indices, (at) => b.read(state, at))),
    backward: !loop.backward,
  });
  const lead = (all: Args): Args => closed.outer.map((a) => all[step.axes.indexOf(a)]);
  return {
    at: (all, time, at) => b.scanAt(closed.loop, [...lead(all), time, ...at]),
    before: (all, time, at) => stateBefore(b, closed.loop, lead(all), time, at),
  };
}
