/** Recurrences for `evaluate.ts`: all states of an instance are worked out, in order, when one is first read. */
import { axesOfLoop, usesOfLoop } from '../../ir/scan.ts';
import {
  type Axis,
  type Node,
  type ReadNode,
  type Recurrence,
  type ScanNode,
  type Slot,
  Uses,
} from '../../ir/types.ts';
import { visit } from '../../ir/walk.ts';
import { type Algebra, type Environment, forEachPosition, OutOfRange, type SizeOf } from './evaluate.ts';

export interface ScanReader<T> {
  readonly scan: (n: ScanNode, env: Environment) => T;
  /** A read of the state before. */
  readonly state: (n: ReadNode, env: Environment) => T;
}

/**
 * @param forget drops what is memoised of a node: it depends on the state before, which changes
 */
export function scanReader<T>(
  algebra: Algebra<T>,
  sizeOf: SizeOf,
  evaluate: (n: Node, env: Environment) => T,
  forget: (n: Node) => void,
): ScanReader<T> {
  /** By instance, and the state at each position: row-major over the state's axes. */
  const runs = new Map<Recurrence, Map<number, readonly (readonly T[])[]>>();
  const before = new Map<Slot, readonly T[]>();
  const moving = new Map<Recurrence, readonly Node[]>();

  const movingOf = (loop: Recurrence): readonly Node[] => {
    let known = moving.get(loop);
    if (!known) {
      const out: Node[] = [];
      visit([loop.body], (n) => {
        if ((n.uses & Uses.state) !== 0 || (n.op === 'scan' && (usesOfLoop(n.loop) & Uses.state) !== 0))
          out.push(n);
      });
      moving.set(loop, out);
      known = out;
    }
    return known;
  };

  const flat = (axes: readonly Axis[], positions: readonly number[]): number =>
    axes.reduce((f, a, d) => f * sizeOf(a.set) + positions[d], 0);

  const run = (loop: Recurrence, params: readonly number[]): readonly (readonly T[])[] => {
    const { over, axes, state } = loop;
    const env: Environment = new Map(loop.params.map((p, d) => [p.id, params[d]]));
    const every = (n: Node, at: Environment): readonly T[] => {
      const out: T[] = [];
      forEachPosition(axes, sizeOf, at, (inner) => {
        out.push(evaluate(n, inner));
      });
      return out;
    };
    const outer = before.get(state);
    let now = every(loop.init, env);
    const count = sizeOf(over.set);
    const out: (readonly T[])[] = new Array(count);
    for (let step = 0; step < count; step++) {
      const t = loop.backward ? count - 1 - step : step;
      before.set(state, now);
      for (const n of movingOf(loop)) {
        forget(n);
        if (n.op === 'scan' && (usesOfLoop(n.loop) & Uses.state) !== 0) runs.delete(n.loop);
      }
      env.set(over.id, t);
      now = every(loop.body, env);
      out[t] = now;
    }
    if (outer) before.set(state, outer);
    return out;
  };

  return {
    scan: (n, env) => {
      const { loop } = n;
      const axes = axesOfLoop(loop);
      const at = n.indices.map((i) => algebra.value(evaluate(i, env)));
      const shape = axes.map((a) => sizeOf(a.set));
      if (!at.every((p, d) => Number.isInteger(p) && p >= 0 && p < shape[d]))
        throw new OutOfRange(`[scan over ${loop.over.name}]`, at, shape);
      const k = loop.params.length;
      const params = at.slice(0, k);
      let instances = runs.get(loop);
      if (!instances) {
        instances = new Map();
        runs.set(loop, instances);
      }
      const key = flat(loop.params, params);
      let states = instances.get(key);
      if (!states) {
        states = run(loop, params);
        instances.set(key, states);
      }
      return states[at[k]][flat(loop.axes, at.slice(k + 1))];
    },
    state: (n, env) => {
      const values = before.get(n.slot);
      if (!values) throw new Error(`the state ${n.slot.name} is read outside of its recurrence`);
      const at = n.indices.map((i) => algebra.value(evaluate(i, env)));
      const shape = n.slot.sets.map(sizeOf);
      if (!at.every((p, d) => Number.isInteger(p) && p >= 0 && p < shape[d]))
        throw new OutOfRange(n.slot.name, at, shape);
      // The params are those of the instance that runs: what is left are the state's own indices.
      const size = values.length;
      const place = at.reduce((f, p, d) => f * shape[d] + p, 0);
      return values[size === 0 ? 0 : place % size];
    },
  };
}
