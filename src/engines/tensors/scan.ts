/**
 * Recurrences: one step of the tape each. What they read is lowered as usual, for all
 * positions at once; the loop itself runs on the host in float64 (`loops/program.ts`),
 * where a step costs a fraction of what one tensor operation does.
 */
import { axesOfLoop } from '../../ir/scan.ts';
import type { Axis, IndexSet, Node, Recurrence, ScanNode, Slot } from '../../ir/types.ts';
import { compileLoop } from '../loops/program.ts';
import { gather, type IndexingContext } from './indexing.ts';
import type { HostLoop } from './ops.ts';
import type { HostVal, Static } from './static.ts';
import type { Ref } from './tape.ts';
import { shapeOf, sizeOfAxes, type Val } from './vals.ts';

export interface ScanContext extends IndexingContext {
  /** All states of the recurrences met so far. */
  readonly loops: Map<Recurrence, Val>;
  readonly wholeSlot: (slot: Slot) => Val;
}

const place = (i: Node): Axis | Node => (i.op === 'axis' ? i.axis : i);

/** The states that a node reads, over its axes. */
export function scanVal(c: ScanContext, n: ScanNode): Val {
  const states = statesOf(c, n);
  const own = axesOfLoop(n.loop);
  return gather(
    c,
    states,
    states.axes.map((axis) => ({ axis, at: place(n.indices[own.indexOf(axis)]) })),
  );
}

function statesOf(c: ScanContext, n: ScanNode): Val {
  let known = c.loops.get(n.loop);
  if (!known) {
    known = runLoop(c, n.loop);
    c.loops.set(n.loop, known);
  }
  return known;
}

function runLoop(c: ScanContext, loop: Recurrence): Val {
  const { tape } = c;
  const axes = axesOfLoop(loop);
  if (sizeOfAxes(c, axes) === 0) return { ref: tape.constant(new Float32Array(0), shapeOf(c, axes)), axes };
  const ins: Ref[] = [];
  const take = (v: Val): readonly Axis[] => {
    ins.push(v.ref);
    return v.axes;
  };
  const program = compileLoop(loop, c.sizeOf, {
    node: (n) => take(c.lower(n)),
    slot: (slot) => take(c.wholeSlot(slot)),
    states: (n) => take(statesOf(c, n)),
  });
  const shape = shapeOf(c, program.axes);
  const fill: HostLoop = (out, arrays) => {
    out.set(program.run(arrays));
  };
  return {
    ref: tape.emit({ op: 'host', name: 'scan', loop: fill }, ins, shape, `${loop.state.id}`),
    axes: program.axes,
  };
}

/** The same at compile time, in float64. */
export function staticScan(
  known: Pick<Static, 'evaluate' | 'gather' | 'whole'>,
  sizeOf: (set: IndexSet) => number,
  n: ScanNode,
  at: readonly HostVal[],
): HostVal {
  const { axes, data } = staticStates(known, sizeOf, n.loop);
  const own = axesOfLoop(n.loop);
  return known.gather(
    data,
    axes.map((a) => a.set),
    axes.map((a) => at[own.indexOf(a)]),
  );
}

function staticStates(
  known: Pick<Static, 'evaluate' | 'gather' | 'whole'>,
  sizeOf: (set: IndexSet) => number,
  loop: Recurrence,
): HostVal {
  const ins: ArrayLike<number>[] = [];
  const take = (v: { readonly axes: readonly Axis[]; readonly data: ArrayLike<number> }): readonly Axis[] => {
    ins.push(v.data);
    return v.axes;
  };
  const program = compileLoop(loop, sizeOf, {
    node: (n) => take(known.evaluate(n)),
    slot: (slot) => take(known.whole(slot)),
    states: (n) => take(staticStates(known, sizeOf, n.loop)),
  });
  return { axes: program.axes, data: program.run(ins) };
}
