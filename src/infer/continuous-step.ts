/** Real unknowns as one transition: a sampler of unconstrained coordinates between reading and writing states. */
import type { ContinuousPart } from './continuous.ts';
import type { RealSampler } from './real-sampler.ts';
import type { Transition } from './transition.ts';

export function continuousStep(name: string, real: ContinuousPart, sampler: RealSampler): Transition {
  let stale = false;
  return {
    name,
    step(states, streams, { sweeps, warming }) {
      if (stale) sampler.refresh(real.read(states));
      stale = false;
      for (let i = 0; i < sweeps; i++) sampler.step(streams, warming);
      real.write(sampler.state.z, states);
    },
    changed() {
      stale = true;
    },
    freeze: () => sampler.freeze(),
    info: (chain) => sampler.info(chain),
    last: (chain) => sampler.last(chain),
    dispose: () => real.dispose(),
  };
}
