/** Records draws: unknowns, reports, the energy and its terms. */
import { sizeOfShape } from '../arrays.ts';
import { type Domain, isDiscrete, stateCount, valueMap } from '../domain.ts';
import type { Evaluator, Output } from '../engines/engine.ts';
import type { IndexSet } from '../ir/types.ts';
import type { Draws, Quantity } from '../stats/draws.ts';
import { chainsOf } from './chains.ts';
import { roomFor } from './memory.ts';
import { batchInputs, type Model, type States } from './model.ts';

export interface Recorder {
  /** Appends the chains' present states as draw number `i`; answers the energies. */
  record(states: States, i: number): Float64Array;
  /** The draws recorded so far, `count` of each chain. */
  draws(count: number): Draws;
  /** Of `count` draws of each chain keeps every second one, the last among them, as the first ⌊count/2⌋. */
  halve(count: number): void;
  dispose(): void;
}

interface Track {
  readonly quantity: Omit<Quantity, 'values'>;
  readonly size: number;
  readonly values: Float64Array;
}

export function makeRecorder(model: Model, chains: number, total: number): Recorder {
  const { chain, batch, compile } = chainsOf(model, chains);
  const { terms, reports } = model.energy;
  const outputs: Output[] = [
    ...terms.map((t, i) => ({ name: `t${i}`, axes: [chain], node: batch.on(t.body) })),
    ...reports.map((r, i) => ({
      name: `r${i}`,
      axes: [chain, ...r.value.axes],
      node: batch.on(r.value.body),
    })),
  ];
  const track = (q: Omit<Quantity, 'values'>): Track => {
    const size = sizeOfShape(q.shape);
    const values = roomFor(
      chains * total * size,
      `\`${q.name}\` in ${total} draws of ${chains} chains`,
      model.energy.span,
      'keep fewer: `draws` and `chains` say how many; `thin` draws as long and keeps every so many',
    );
    return { quantity: q, size, values };
  };
  const unknowns = model.unknowns.map((u) =>
    track({
      name: u.slot.name,
      role: 'unknown',
      shape: latticeShape(u.slot.sets, model.sizeOf),
      ...kindOf(u.slot.domain, model.sizeOf),
    }),
  );
  const reported = reports.map((r) =>
    track({
      name: r.name,
      role: 'report',
      shape: latticeShape(
        r.value.axes.map((a) => a.set),
        model.sizeOf,
      ),
      ...kindOf(r.domain, model.sizeOf),
    }),
  );
  const byTerm = terms.map((t) => track({ name: t.name, role: 'term', shape: [], kind: 'real' }));
  const energy = track({ name: 'energy', role: 'energy', shape: [], kind: 'real' });
  const run: Evaluator | null = outputs.length > 0 ? compile(outputs) : null;
  const put = (t: Track, data: ArrayLike<number>, i: number): void => {
    for (let c = 0; c < chains; c++)
      for (let k = 0; k < t.size; k++) t.values[(c * total + i) * t.size + k] = data[c * t.size + k];
  };
  return {
    record(states, i) {
      const out = run?.run(batchInputs(model, batch.slots, states, chains));
      const sum = new Float64Array(chains);
      terms.forEach((_, k) => {
        const data = out!.get(`t${k}`)!.data;
        for (let c = 0; c < chains; c++) sum[c] += data[c];
        put(byTerm[k], data, i);
      });
      reports.forEach((_, k) => {
        put(reported[k], out!.get(`r${k}`)!.data, i);
      });
      model.unknowns.forEach((u, k) => {
        put(unknowns[k], states.get(u.slot)!, i);
      });
      put(energy, sum, i);
      return sum;
    },
    draws(count) {
      const quantities = [...unknowns, ...reported, energy, ...byTerm].map((t): Quantity => {
        if (count === total) return { ...t.quantity, values: t.values };
        const values = new Float64Array(chains * count * t.size);
        for (let c = 0; c < chains; c++)
          values.set(t.values.subarray(c * total * t.size, (c * total + count) * t.size), c * count * t.size);
        return { ...t.quantity, values };
      });
      return { chains, draws: count, quantities };
    },
    halve(count) {
      for (const { values, size } of [...unknowns, ...reported, energy, ...byTerm])
        for (let c = 0; c < chains; c++)
          for (let i = 0; i < count >> 1; i++) {
            const from = (c * total + 2 * i + 1 + (count & 1)) * size;
            values.copyWithin((c * total + i) * size, from, from + size);
          }
    },
    dispose: () => run?.dispose(),
  };
}

/** Lattices contribute their sides, so that pictures and names (`s[0,3]`) come out right. */
export function latticeShape(sets: readonly IndexSet[], sizeOf: (s: IndexSet) => number): number[] {
  return sets.flatMap((s) => (s.kind.kind === 'lattice' ? [...s.kind.dims] : [sizeOf(s)]));
}

export function kindOf(
  d: Domain,
  sizeOf: (s: IndexSet) => number,
): Pick<Quantity, 'kind' | 'labels' | 'lo' | 'hi'> {
  if (!isDiscrete(d)) return { kind: 'real' };
  const k = stateCount(d, sizeOf);
  if (d.kind === 'category' || d.kind === 'permutation') {
    const labels =
      d.values.kind.kind === 'labels' ? d.values.kind.labels : Array.from({ length: k }, (_, i) => String(i));
    return { kind: 'category', labels, lo: 0, hi: k - 1 };
  }
  const { offset, scale } = valueMap(d);
  return { kind: 'integer', lo: offset, hi: offset + scale * (k - 1) };
}
