/** Exact sums over all joint states of the free discrete unknowns. */
import { isArranged } from '../domain.ts';
import { makeBatch, totalEnergy, violationsOf } from '../ir/batch.ts';
import type { Slot } from '../ir/types.ts';
import { MAX_ENUMERATED } from '../plan/plan.ts';
import { faultyTerm } from './faulty-term.ts';
import { jointStates } from './joint-states.ts';
import { batchInputs, type Clamp, compile, fault, type Model } from './model.ts';

export interface Enumeration {
  readonly states: number;
  /** ln Σ exp(−E) */
  readonly logZ: number;
}

/** Called for each chunk of states with their energies (+∞ outside the support). */
export type OnStates = (states: ReadonlyMap<Slot, Float64Array>, energy: Float64Array, count: number) => void;

/** How many states are evaluated together. */
const CHUNK = 4096;

/**
 * Visits every joint state in mixed-radix order, the last unknown fastest; of
 * permutations and subsets the arrangements only, in lexicographic order.
 * @throws EnergyError when an unknown is real or there are more than 2²² states
 */
export function enumerateStates(model: Model, clamp: Clamp, onStates: OnStates = () => {}): Enumeration {
  const b = model.builder;
  const { digits, total, real } = jointStates(model, clamp);
  if (real)
    throw fault(
      'E0703',
      real.span ?? model.energy.span,
      `\`${real.name}\` is real: its states cannot be enumerated`,
      'give it a value, or sample instead',
    );
  if (total > MAX_ENUMERATED)
    throw fault(
      'E0703',
      model.energy.span,
      `\`${model.energy.name}\` has ${total.toPrecision(3)} states; at most ${MAX_ENUMERATED} (2²²) are enumerated`,
      'give some of the unknowns',
    );
  const chunk = Math.min(CHUNK, total);
  const set = b.range(chunk);
  const axis = b.axis(set, 'state');
  const batch = makeBatch(b, model.energy.unknowns, [axis]);
  const broken = model.energy.support
    .filter((c) => !(c.implied && isArranged(c.implied.domain)))
    .map((c) => violationsOf(b, c, batch.on));
  const outputs = [{ name: 'energy', axes: [axis], node: batch.on(totalEnergy(b, model.energy)) }];
  if (broken.length > 0) outputs.push({ name: 'broken', axes: [axis], node: b.addAll(broken) });
  const run = compile(model, outputs);
  const states = new Map(
    model.unknowns.map((u) => {
      const x = new Float64Array(chunk * u.size);
      for (let c = 0; c < chunk; c++) x.set(clamp.values.get(u.slot)!, c * u.size);
      return [u.slot, x] as const;
    }),
  );
  // Running log-sum-exp over chunks.
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let from = 0; from < total; from += chunk) {
    const count = Math.min(chunk, total - from);
    for (let c = 0; c < count; c++) {
      let rest = from + c;
      for (let j = digits.length - 1; j >= 0; j--) {
        const g = digits[j];
        g.write(states.get(g.slot)!.subarray(c * g.size, (c + 1) * g.size), rest % g.count);
        rest = Math.floor(rest / g.count);
      }
    }
    const out = run.run(batchInputs(model, batch.slots, states, chunk));
    const energy = Float64Array.from(out.get('energy')!.data);
    const violations = out.get('broken')?.data;
    if (violations)
      for (let c = 0; c < count; c++) if (violations[c] > 0) energy[c] = Number.POSITIVE_INFINITY;
    let top = max;
    for (let c = 0; c < count; c++) {
      if (Number.isNaN(energy[c]))
        throw (
          faultyTerm(model, states, c, true) ??
          fault(
            'E0701',
            model.energy.span,
            `the energy \`${model.energy.name}\` is not a number in some state`,
          )
        );
      if (-energy[c] > top) top = -energy[c];
    }
    if (top > Number.NEGATIVE_INFINITY) {
      let part = 0;
      for (let c = 0; c < count; c++) part += Math.exp(-energy[c] - top);
      sum = (max === Number.NEGATIVE_INFINITY ? 0 : sum * Math.exp(max - top)) + part;
      max = top;
    }
    onStates(states, energy, count);
  }
  run.dispose();
  if (max === Number.NEGATIVE_INFINITY)
    throw fault(
      'E0702',
      model.energy.support[0]?.span ?? model.energy.span,
      'no state satisfies the requirements: the support is empty',
    );
  return { states: total, logZ: max + Math.log(sum) };
}
