/** Where searches begin: random states of the support with a finite energy. */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { faultyTerm } from '../faulty-term.ts';
import { mendStarts } from '../feasible-start.ts';
import { type Clamp, fault, type Model } from '../model.ts';
import { type Scales, startStates } from '../start.ts';

const TRIES = 100;

/**
 * A state of one chain.
 * @param usable whether a search can begin there
 * @param mend brings discrete unknowns nearer to what is required, in place
 * @throws EnergyError E0701 naming a term, E0702 where no start was found in 100 tries
 */
export function startFor(
  model: Model,
  clamp: Clamp,
  stream: Stream,
  scales: Scales | undefined,
  usable: (states: Map<Slot, Float64Array>) => boolean,
  mend: (states: Map<Slot, Float64Array>) => void = () => {},
): Map<Slot, Float64Array> {
  for (let attempt = 0; ; attempt++) {
    const states = startStates(model, clamp, [stream], undefined, scales);
    mendStarts(model, clamp, [stream.fork('mend', attempt)], states);
    if (usable(states)) return states;
    mend(states);
    if (usable(states)) return states;
    if (attempt >= TRIES) throw noStart(model, states);
  }
}

function noStart(model: Model, states: ReadonlyMap<Slot, Float64Array>): Error {
  const required = model.energy.support.some((c) => !c.implied);
  return (
    (required ? undefined : faultyTerm(model, states, 0)) ??
    fault(
      'E0702',
      model.energy.support[0]?.span ?? model.energy.span,
      `no state of finite energy was found for \`${model.energy.name}\` from ${TRIES} random starts`,
      'check what `require` and the distributions allow, or give some of the unknowns',
    )
  );
}
