/** Bounds of real unknowns that depend on other unknowns, at given states. */
import type { Evaluator, Output } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { type Batch, makeBatch } from '../ir/batch.ts';
import { compile, type Model, type States, type UnknownLayout } from './model.ts';

/** chains × elements each; ∓∞ where there is no bound. */
export interface BoundValues {
  readonly lo: ArrayLike<number>;
  readonly hi: ArrayLike<number>;
}

/** The bounds of an unknown for the states of some chains; null where the domain's numbers are all there is. */
export type DependentBounds = (u: UnknownLayout, states: States, chains: number) => BoundValues | null;

/** A bound reads unknowns that are declared before its own, so states may be filled in that order. */
export function dependentBounds(model: Model): DependentBounds {
  const b = model.builder;
  const batches = new Map<number, Batch>();
  const programs = new Map<string, Evaluator>();
  const batchOf = (chains: number): Batch => {
    const known = batches.get(chains);
    if (known) return known;
    const made = makeBatch(b, model.energy.unknowns, [b.axis(b.range(chains), 'chain')]);
    batches.set(chains, made);
    return made;
  };
  return (u, states, chains) => {
    const d = u.slot.domain;
    if (d.kind !== 'real' || (!d.lower && !d.upper)) return null;
    const batch = batchOf(chains);
    const key = `${u.slot.id} ${chains}`;
    let program = programs.get(key);
    if (!program) {
      const outputs: Output[] = [];
      const add = (name: string, bound: typeof d.lower): void => {
        if (bound) outputs.push({ name, axes: [...batch.axes, ...bound.axes], node: batch.on(bound.body) });
      };
      add('lo', d.lower);
      add('hi', d.upper);
      program = compile(model, outputs, new Map(), referenceEngine());
      programs.set(key, program);
    }
    const before = model.unknowns.slice(0, model.unknowns.indexOf(u));
    const out = program.run(
      new Map(
        before.map((v) => [
          batch.slots.get(v.slot)!,
          { shape: [chains, ...v.shape], data: states.get(v.slot)! },
        ]),
      ),
    );
    const all = (x: number): Float64Array => new Float64Array(chains * u.size).fill(x);
    return { lo: out.get('lo')?.data ?? all(d.lo), hi: out.get('hi')?.data ?? all(d.hi) };
  };
}
