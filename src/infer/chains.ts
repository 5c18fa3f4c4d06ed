/** Expressions on the states of several chains: evaluated side by side, or one after another where that is quicker. */
import { type HostArray, sizeOfShape } from '../arrays.ts';
import type { Arrays, Evaluator, Output } from '../engines/engine.ts';
import { type Batch, makeBatch } from '../ir/batch.ts';
import type { Axis } from '../ir/types.ts';
import { compile, type Model } from './model.ts';

export interface Chains {
  readonly chain: Axis;
  readonly batch: Batch;
  /**
   * Compiles outputs whose first axis is `chain`. Inputs whose slots begin with the axis' set, and results, are
   * arrays of all chains, whether or not these are evaluated together.
   */
  readonly compile: (outputs: readonly Output[], extra?: Arrays) => Evaluator;
}

export function chainsOf(model: Model, chains: number): Chains {
  const b = model.builder;
  const apart = model.engine.oneByOne === true && chains > 1;
  const set = apart ? b.set('', { kind: 'range', size: 1 }) : b.range(chains);
  const chain = b.axis(set, 'chain');
  const batch = makeBatch(b, model.energy.unknowns, [chain]);
  if (!apart) return { chain, batch, compile: (outputs, extra) => compile(model, outputs, extra) };
  return {
    chain,
    batch,
    compile: (outputs, extra) => {
      const one = compile(model, outputs, extra);
      return { run: (inputs) => oneAfterAnother(one, inputs, chains, set), dispose: () => one.dispose() };
    },
  };
}

function oneAfterAnother(
  one: Evaluator,
  inputs: Arrays,
  chains: number,
  set: Axis['set'],
): ReadonlyMap<string, HostArray> {
  const given = [...inputs];
  const whole = new Map<string, HostArray & { readonly data: Float64Array }>();
  for (let c = 0; c < chains; c++) {
    const own = new Map(
      given.map(([slot, array]) => [slot, slot.sets[0] === set ? part(array, c, chains) : array]),
    );
    // Copied before anything else is evaluated.
    for (const [name, { shape, data }] of one.borrow ? one.borrow(own) : one.run(own)) {
      const size = sizeOfShape(shape);
      let all = whole.get(name);
      if (!all) {
        all = { shape: [chains, ...shape.slice(1)], data: new Float64Array(chains * size) };
        whole.set(name, all);
      }
      all.data.set(data, c * size);
    }
  }
  return whole;
}

function part({ shape, data }: HostArray, c: number, chains: number): HostArray {
  const size = data.length / chains;
  return { shape: [1, ...shape.slice(1)], data: data.subarray(c * size, (c + 1) * size) };
}
