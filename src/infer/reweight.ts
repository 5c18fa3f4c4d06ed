/** An energy whose terms have weights and a temperature that are set from outside: Σ (wₖ / T)·Eₖ, the support as it is. */
import type { HostArray } from '../arrays.ts';
import { wholeLine } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Energy, Slot } from '../ir/types.ts';

export interface Weights {
  /** One for each term, in order. */
  readonly terms: readonly number[];
  /** T of exp(−E/T). */
  readonly temperature: number;
}

export interface Weighted {
  readonly energy: Energy;
  /** What the slots that it reads hold. */
  readonly values: ReadonlyMap<Slot, HostArray>;
}

/**
 * Makes the same expressions for all weights: they read numbers, so that trying many of them does not let the builder
 * grow. A term of weight 0 is left out, whatever it may be where it is infinite; one of weight 1 stays as it is.
 */
export function reweighting(b: Builder, energy: Energy): (weights: Weights) => Weighted {
  const slots = energy.terms.map((t) => b.slot('param', `weight of ${t.name}`, wholeLine, []));
  return ({ terms, temperature }) => {
    const values = new Map<Slot, HostArray>();
    const scaled = energy.terms.flatMap((term, k) => {
      const factor = (terms[k] ?? 1) / temperature;
      if (factor === 0) return [];
      if (factor === 1) return [term];
      values.set(slots[k], { shape: [], data: Float64Array.of(factor) });
      return [{ ...term, body: b.mul(b.read(slots[k], []), term.body) }];
    });
    return { energy: { ...energy, terms: scaled }, values };
  };
}
