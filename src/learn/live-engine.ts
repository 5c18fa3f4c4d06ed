/**
 * An engine for parameters that change between evaluations. What samplers compile takes the parameters of its model for
 * constants; compiled by this engine they stay inputs, and every evaluation adds their present values. So a sampler that
 * knows nothing of learning moves chains on an energy that learns.
 */
import { isAuto } from '../engines/choice.ts';
import type { Arrays, Engine, Evaluator, Output } from '../engines/engine.ts';
import type { Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';

export interface LiveEngine {
  /** Has no sweep kernels: their tables are made from parameters once. */
  readonly engine: Engine;
  /** The present values: every live slot that some program reads. */
  readonly set: (values: Arrays) => void;
}

/**
 * @param live slots whose values `set` gives
 * @param typical of several engines, the one that suits these outputs serves all programs
 */
export function liveEngine(
  inner: Engine,
  live: ReadonlySet<Slot>,
  typical: readonly Output[],
  sizeOf: Parameters<Engine['compile']>[0]['sizeOf'],
): LiveEngine {
  const base = isAuto(inner) ? inner.choose({ outputs: typical, sizeOf }).engine : inner;
  let values: Arrays = new Map();
  const { name, epsilon, separable, oneByOne } = base;
  return {
    set: (now) => {
      values = now;
    },
    engine: {
      name,
      epsilon,
      separable,
      oneByOne,
      compile: (program, constants): Evaluator => {
        const read = slotsRead(program.outputs.map((o) => o.node));
        const own = [...live].filter((slot) => read.has(slot));
        const evaluator = base.compile(program, new Map([...constants].filter(([slot]) => !live.has(slot))));
        if (own.length === 0) return evaluator;
        const { borrow } = evaluator;
        const all = (inputs: Arrays): Arrays => {
          const out = new Map(inputs);
          for (const slot of own) {
            const value = values.get(slot);
            if (value) out.set(slot, value);
          }
          return out;
        };
        return {
          run: (inputs) => evaluator.run(all(inputs)),
          ...(borrow ? { borrow: (inputs: Arrays) => borrow(all(inputs)) } : {}),
          dispose: () => evaluator.dispose(),
        };
      },
    },
  };
}
