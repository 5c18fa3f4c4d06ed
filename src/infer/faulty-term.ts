/** What is wrong at a state whose energy is not a number: the first term to blame, named. */
import { type DiscreteDomain, stateCount, valueMap } from '../domain.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { type Batch, makeBatch } from '../ir/batch.ts';
import type { Node, Slot } from '../ir/types.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { matrixFault } from './matrix-fault.ts';
import { batchInputs, compile, fault, type Model, type States } from './model.ts';

/** Values of a site among which a fault is looked for. */
const MAX_TRIED = 64;

/** Finds the term whose value is not finite at a state, or with another value at the site, and says so. */
export function notFinite(model: Model, slot: Slot, states: States, chain: number, site: number): Error {
  const d = slot.domain as DiscreteDomain;
  const { offset, scale } = valueMap(d);
  const here = states.get(slot)!;
  const { size } = model.unknowns.find((u) => u.slot === slot)!;
  // The state is what was before: it is one of the values to choose from that has no energy.
  const tried = Math.min(stateCount(d, model.sizeOf), MAX_TRIED);
  for (let v = 0; v < tried; v++) {
    const values = Float64Array.from(here);
    values[chain * size + site] = offset + scale * v;
    const found = faultyTerm(model, new Map([...states, [slot, values]]), chain, true);
    if (found) return found;
  }
  return (
    faultyTerm(model, states, chain) ??
    fault(
      'E0701',
      slot.span ?? model.energy.span,
      `the conditional energy of \`${slot.name}\` at element ${site} is not a number`,
    )
  );
}

/**
 * The first term that is NaN or infinite at the state of a chain, as an error that names it.
 * @param possible whether +∞ is no fault: such a state has probability 0
 */
export function faultyTerm(model: Model, states: States, chain: number, possible = false): Error | undefined {
  const b = model.builder;
  const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(1))]);
  const one = new Map(
    model.unknowns.map((u) => [u.slot, states.get(u.slot)!.slice(chain * u.size, (chain + 1) * u.size)]),
  );
  const run = compile(
    model,
    model.energy.terms.map((t, i) => ({ name: String(i), axes: batch.axes, node: batch.on(t.body) })),
  );
  const out = run.run(batchInputs(model, batch.slots, one, 1));
  run.dispose();
  for (const [i, t] of model.energy.terms.entries()) {
    const value = out.get(String(i))!.data[0];
    if (Number.isFinite(value) || (possible && value === Number.POSITIVE_INFINITY)) continue;
    if (Number.isNaN(value)) {
      const outside = readsOutside(model, t.body, batch, one);
      if (outside) return outside;
    }
    const where = model.unknowns
      .filter((u) => u.size <= 4)
      .map((u) => `${u.slot.name} = ${[...one.get(u.slot)!].map((x) => Number(x.toPrecision(4))).join(', ')}`)
      .join('; ');
    const matrix = Number.isNaN(value)
      ? matrixFault(b, batch, t.body, (nodes) => {
          const again = compile(
            model,
            nodes.map((node, k) => ({ name: String(k), axes: batch.axes, node })),
          );
          const found = again.run(batchInputs(model, batch.slots, one, 1));
          again.dispose();
          return nodes.map((_, k) => found.get(String(k))!.data[0]);
        })
      : undefined;
    return fault(
      'E0701',
      t.span,
      `the term \`${t.name}\` is ${Number.isNaN(value) ? 'not a number' : value > 0 ? 'infinite' : '−∞'}${where ? ` at ${where}` : ''}${
        matrix ? `: ${matrix.why}` : ''
      }`,
      matrix?.suggestion ?? 'look for log or sqrt of something negative, or a division by zero',
    );
  }
  return undefined;
}

/** E0706 if the term is not a number because it reads outside an array; engines need not say so, the reference does. */
function readsOutside(model: Model, body: Node, batch: Batch, state: States): Error | undefined {
  const run = compile(
    model,
    [{ name: 'value', axes: batch.axes, node: batch.on(body) }],
    new Map(),
    referenceEngine(),
  );
  try {
    run.run(batchInputs(model, batch.slots, state, 1));
    return undefined;
  } catch (e) {
    if (e instanceof EnergyError) return e;
    throw e;
  } finally {
    run.dispose();
  }
}
