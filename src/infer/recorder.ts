/** Records draws: unknowns, reports, the energy and its terms. */
import { sizeOfShape } from '../arrays.ts';
import { type Domain, isDiscrete, stateCount, valueMap } from '../domain.ts';
import { workOf } from '../engines/cost.ts';
import type { Evaluator, Output } from '../engines/engine.ts';
import { makeBatch } from '../ir/batch.ts';
import type { IndexSet } from '../ir/types.ts';
import type { Dimension, Draws, Quantity, SamplerStat } from '../stats/draws.ts';
import { roomFor } from './memory.ts';
import { batchInputs, compile, energyOutputs, type Model, type States } from './model.ts';
import type { LastMove } from './transition.ts';

export interface Recorder {
  /**
   * Appends the chains' present states as draw number `i`. Draws come in order; reports and energies follow later.
   * @param moves what led there, chain by chain, where it is recorded
   */
  record(states: States, i: number, moves?: readonly LastMove[]): void;
  /** Evaluates what has not been yet: what was recorded is whole then. Answers the energies of the last draw. */
  flush(): Float64Array | null;
  /** The draws recorded so far, `count` of each chain, whole. */
  draws(count: number): Draws;
  /** Of `count` draws of each chain keeps every second one, the last among them, as the first ⌊count/2⌋. */
  halve(count: number): void;
  dispose(): void;
}

/** Draws wait to be evaluated together while their numbers are no more than this: a call costs as much as many a draw. */
const TOGETHER = 2 ** 14;
const MOST = 64;

interface Track {
  readonly quantity: Omit<Quantity, 'values'>;
  readonly size: number;
  readonly values: Float64Array;
}

/** Numbers that evaluating one draw comes to, about. */
function numbersOf(model: Model): number {
  const program = { outputs: energyOutputs(model.builder, model.energy, 1), sizeOf: model.sizeOf };
  const { elements, transcendentals, products, recurrences } = workOf(program);
  const own = model.unknowns.reduce((n, u) => n + u.size, 1);
  return own + elements + transcendentals + products + recurrences;
}

/** @param stats what is recorded of transitions */
export function makeRecorder(
  model: Model,
  chains: number,
  total: number,
  stats: readonly SamplerStat['name'][] = [],
): Recorder {
  const b = model.builder;
  const waiting = Math.max(1, Math.min(MOST, total, Math.floor(TOGETHER / (chains * numbersOf(model)))));
  const chain = b.axis(b.range(waiting * chains), 'chain');
  const batch = makeBatch(b, model.energy.unknowns, [chain]);
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
      ...dimsOf(u.slot.sets),
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
      ...dimsOf(r.value.axes.map((a) => a.set)),
      ...kindOf(r.domain, model.sizeOf),
    }),
  );
  const byTerm = terms.map((t) => track({ name: t.name, role: 'term', shape: [], kind: 'real' }));
  const energy = track({ name: 'energy', role: 'energy', shape: [], kind: 'real' });
  const sampler = stats.map((name): SamplerStat & { readonly size: 1 } => {
    return { name, size: 1, values: new Float64Array(chains * total) };
  });
  const all: readonly { readonly size: number; readonly values: Float64Array }[] = [
    ...unknowns,
    ...reported,
    energy,
    ...byTerm,
    ...sampler,
  ];
  /** The first `count` draws of each chain. */
  const firstOf = ({ values, size }: (typeof all)[number], count: number): Float64Array => {
    if (count === total) return values;
    const out = new Float64Array(chains * count * size);
    for (let c = 0; c < chains; c++)
      out.set(values.subarray(c * total * size, (c * total + count) * size), c * count * size);
    return out;
  };
  const run: Evaluator | null = outputs.length > 0 ? compile(model, outputs) : null;
  /** Draw `i` of all chains from row `row` on. */
  const put = (t: Track, data: ArrayLike<number>, row: number, i: number): void => {
    for (let c = 0; c < chains; c++)
      for (let k = 0; k < t.size; k++) t.values[(c * total + i) * t.size + k] = data[(row + c) * t.size + k];
  };
  /** States of draws that wait: those of all chains, draw by draw. */
  const held = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(waiting * chains * u.size)]));
  const numbers: number[] = [];
  const putAll = (t: Track, data: ArrayLike<number>): void => {
    for (let j = 0; j < numbers.length; j++) put(t, data, j * chains, numbers[j]);
  };
  let energies: Float64Array | null = null;
  const flush = (): Float64Array | null => {
    const count = numbers.length;
    if (count === 0) return energies;
    // Rows beyond hold what they held, at first nothing that is a state: the last one again.
    for (const u of model.unknowns) {
      const x = held.get(u.slot)!;
      const row = chains * u.size;
      for (let j = count; j < waiting; j++) x.copyWithin(j * row, (count - 1) * row, count * row);
    }
    const out = run?.run(batchInputs(model, batch.slots, held, waiting * chains));
    const sum = new Float64Array(waiting * chains);
    terms.forEach((_, k) => {
      const { data } = out!.get(`t${k}`)!;
      for (let r = 0; r < sum.length; r++) sum[r] += data[r];
      putAll(byTerm[k], data);
    });
    reports.forEach((_, k) => {
      const { data } = out!.get(`r${k}`)!;
      putAll(reported[k], data);
    });
    putAll(energy, sum);
    energies = sum.slice((count - 1) * chains, count * chains);
    numbers.length = 0;
    return energies;
  };
  return {
    flush,
    record(states, i, moves) {
      for (const { name, values } of sampler)
        for (let c = 0; c < chains; c++) values[c * total + i] = moves?.[c][name] ?? Number.NaN;
      model.unknowns.forEach((u, k) => {
        const x = states.get(u.slot)!;
        held.get(u.slot)!.set(x, numbers.length * chains * u.size);
        put(unknowns[k], x, 0, i);
      });
      numbers.push(i);
      if (numbers.length === waiting) flush();
    },
    draws(count) {
      flush();
      const quantities = [...unknowns, ...reported, energy, ...byTerm].map(
        (t): Quantity => ({ ...t.quantity, values: firstOf(t, count) }),
      );
      if (sampler.length === 0) return { chains, draws: count, quantities };
      const own = sampler.map((s): SamplerStat => ({ name: s.name, values: firstOf(s, count) }));
      return { chains, draws: count, quantities, sampler: own };
    },
    halve(count) {
      flush();
      // A draw that is left out leaves its divergence to the next.
      const strays = sampler.find((s) => s.name === 'diverging')?.values;
      for (let c = 0; strays && c < chains; c++)
        for (let i = 0; i < count >> 1; i++) {
          const at = c * total + 2 * i + 1 + (count & 1);
          strays[at] = Math.max(strays[at], strays[at - 1]);
        }
      for (const { values, size } of all)
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

/** What the dimensions of `latticeShape` run over; nothing where no set has a name. */
export function dimsOf(sets: readonly IndexSet[]): Pick<Quantity, 'dims'> {
  if (sets.every((s) => s.name === '')) return {};
  const dims = sets.flatMap(({ name, kind }): Dimension[] => {
    if (kind.kind === 'labels') return [{ name, labels: kind.labels }];
    if (kind.kind !== 'lattice') return [{ name }];
    return kind.dims.map((_, i) => ({ name: name === '' ? '' : `${name}_${kind.coordinates[i] ?? i}` }));
  });
  return { dims };
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
