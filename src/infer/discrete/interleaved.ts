/** Two transitions of the same unknowns in turn: many sweeps of one, then a step of the other. */
import type { Transition } from '../transition.ts';

/** @param period sweeps of `main` for each step of `rare`; the first comes after the first `period` sweeps */
export function interleaved(main: Transition, rare: Transition, period: number): Transition {
  let since = 0;
  return {
    name: rare.name,
    ...(main.repeats ? { repeats: true } : {}),
    step(states, streams, heat) {
      for (let left = heat.sweeps; left > 0; ) {
        const sweeps = Math.min(left, period - since);
        main.step(states, streams, { ...heat, sweeps });
        left -= sweeps;
        since = (since + sweeps) % period;
        if (since !== 0) continue;
        main.settle?.(states);
        rare.step(states, streams, { ...heat, sweeps: 1 });
        main.changed?.();
      }
    },
    settle(states) {
      main.settle?.(states);
    },
    changed() {
      main.changed?.();
      rare.changed?.();
    },
    freeze() {
      main.freeze?.();
      rare.freeze?.();
    },
    fault: (states) => main.fault?.(states) ?? rare.fault?.(states),
    info: (chain) => ({ ...main.info?.(chain), ...rare.info?.(chain) }),
    dispose() {
      main.dispose();
      rare.dispose();
    },
  };
}
