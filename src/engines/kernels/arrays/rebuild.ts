/** The program's nodes anew: on merged axes, recurrences as arrays, what no loop needs to know rewritten. */
import { resultKey } from '../../../ir/matrix.ts';
import {
  type Axis,
  type IndexSet,
  type Lambda,
  type Node,
  type Recurrence,
  type Slot,
  Uses,
} from '../../../ir/types.ts';
import type { Recurring } from './graph.ts';
import { ids, type Maker, union } from './maker.ts';

type Axes = readonly Axis[];
type SizeOf = (set: IndexSet) => number;

export function rebuild(
  make: Maker,
  nodes: readonly Node[],
  to: (a: Axis) => Axis,
  sizeOf: SizeOf,
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
