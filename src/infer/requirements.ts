/** How often each requirement is broken in each chain. */
import { violationsOf } from '../ir/batch.ts';
import { chainsOf } from './chains.ts';
import { batchInputs, type Model, type States } from './model.ts';

/** For each requirement of the energy, in order, a count for each chain. */
export function brokenRequirements(model: Model, states: States, chains: number): Float64Array[] {
  if (model.energy.support.length === 0) return [];
  const { chain, batch, compile } = chainsOf(model, chains);
  const run = compile(
    model.energy.support.map((c, i) => ({
      name: String(i),
      axes: [chain],
      node: violationsOf(model.builder, c, batch.on),
    })),
  );
  try {
    const out = run.run(batchInputs(model, batch.slots, states, chains));
    return model.energy.support.map((_, i) => Float64Array.from(out.get(String(i))!.data));
  } finally {
    run.dispose();
  }
}
