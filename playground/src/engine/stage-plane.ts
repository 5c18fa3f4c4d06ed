/** The energy of a state of two reals over the plane, around where chains are. */
import type { HostArray } from '../../../src/arrays.ts';
import { rangeOf } from '../../../src/domain.ts';
import { compile, type Model, type States } from '../../../src/infer/model.ts';
import { makeBatch, violationsOf } from '../../../src/ir/batch.ts';
import type { Slot } from '../../../src/ir/types.ts';
import type { StagePlane, StageSettings } from '../staged.ts';

const SIDE = 96;
/** Room beyond the outermost chains, as a part of the width they take. */
const MARGIN = 0.35;

export interface EnergyPlane {
  /** @param states whose chains the plane is laid around; energies are +∞ where something required does not hold */
  around(states: States, chains: number, settings: StageSettings): StagePlane;
  dispose(): void;
}

/** @param model whose unknowns are two reals */
export function makePlane(model: Model): EnergyPlane {
  const numbers = model.unknowns.flatMap((u) =>
    Array.from({ length: u.size }, (_, element) => ({ ...u, element })),
  );
  const total = SIDE * SIDE;
  const b = model.builder;
  const axis = b.axis(b.range(total), 'point');
  const batch = makeBatch(b, model.energy.unknowns, [axis]);
  const { terms, support } = model.energy;
  const run = compile(model, [
    ...terms.map((t, i) => ({ name: `t${i}`, axes: [axis], node: batch.on(t.body) })),
    ...support.map((c, i) => ({ name: `s${i}`, axes: [axis], node: violationsOf(b, c, batch.on) })),
  ]);
  return {
    around(states, chains, { weights, temperature }) {
      const [x, y] = numbers.map(({ slot, size, element }) => {
        const all = Array.from({ length: chains }, (_, c) => states.get(slot)![c * size + element]);
        return around(all, rangeOf(slot.domain));
      });
      const inputs = new Map<Slot, HostArray>();
      for (const [k, { slot, shape, size, element }] of numbers.entries()) {
        const [lo, hi] = k === 0 ? x : y;
        const input = batch.slots.get(slot)!;
        const array = inputs.get(input) ?? { shape: [total, ...shape], data: new Float64Array(total * size) };
        for (let i = 0; i < total; i++) {
          const at = k === 0 ? i % SIDE : Math.floor(i / SIDE);
          array.data[i * size + element] = lo + ((at + 0.5) / SIDE) * (hi - lo);
        }
        inputs.set(input, array);
      }
      const out = run.run(inputs);
      const values = new Float32Array(total);
      terms.forEach((_, k) => {
        const { data } = out.get(`t${k}`)!;
        const weight = (weights[k] ?? 1) / temperature;
        if (weight !== 0) for (let i = 0; i < total; i++) values[i] += weight * data[i];
      });
      support.forEach((_, k) => {
        const { data } = out.get(`s${k}`)!;
        for (let i = 0; i < total; i++) if (data[i] > 0) values[i] = Number.POSITIVE_INFINITY;
      });
      return { x, y, n: SIDE, values };
    },
    dispose: () => run.dispose(),
  };
}

/** An interval that holds all values with some room, within the domain. */
function around(
  values: readonly number[],
  range: { readonly lo: number; readonly hi: number },
): readonly [number, number] {
  const lo = Math.min(...values);
  const hi = Math.max(...values);
  const room = MARGIN * Math.max(hi - lo, 1e-3 * Math.max(1, Math.abs(lo)), 0.5);
  return [Math.max(range.lo, lo - room), Math.min(range.hi, hi + room)];
}
