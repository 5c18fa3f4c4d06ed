/** The energy of one state as the program declares it, in float64, and how often requirements are broken there. */
import { isArranged } from '../../domain.ts';
import { referenceEngine } from '../../engines/reference/index.ts';
import { makeBatch, totalEnergy, violationsOf } from '../../ir/batch.ts';
import { batchInputs, compile, type Model, type States } from '../model.ts';

export interface Whole {
  /** +∞ where a requirement is broken or the energy is not a number. */
  energy(states: States): number;
  /** The sum of the terms, whatever is required. */
  level(states: States): number;
  /** How many requirements are broken; 0 in the support. */
  broken(states: States): number;
  dispose(): void;
}

/** The model on an engine that computes in float64: its own, or one that makes kernels, or the reference. */
export function precise(model: Model): Model {
  const engine = [model.engine, model.kernels].find((e) => e && e.epsilon < 1e-12) ?? referenceEngine();
  return engine === model.engine ? model : { ...model, engine };
}

export function wholeEnergy(model: Model): Whole {
  const b = model.builder;
  const one = b.axis(b.range(1), 'state');
  const batch = makeBatch(b, model.energy.unknowns, [one]);
  const broken = model.energy.support
    .filter((c) => !(c.implied && isArranged(c.implied.domain)))
    .map((c) => violationsOf(b, c, batch.on));
  const run = compile(model, [
    { name: 'energy', axes: [one], node: batch.on(totalEnergy(b, model.energy)) },
    { name: 'broken', axes: [one], node: b.addAll(broken) },
  ]);
  const at = (states: States) => {
    const out = run.run(batchInputs(model, batch.slots, states, 1));
    return { energy: out.get('energy')!.data[0], broken: out.get('broken')!.data[0] };
  };
  return {
    energy(states) {
      const { energy, broken } = at(states);
      return broken > 0 || Number.isNaN(energy) ? Number.POSITIVE_INFINITY : energy;
    },
    level: (states) => at(states).energy,
    broken: (states) => at(states).broken,
    dispose: () => run.dispose(),
  };
}

/** Energies that differ by rounding, or by where a descent ended. */
export const same = (a: number, b: number, tolerance = 1e-7): boolean =>
  a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
