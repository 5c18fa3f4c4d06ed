/**
 * Permutations and subsets by exchanges: two elements of an arrangement that are not
 * given change places (of a subset one in it and one outside), and the move is
 * accepted with probability min(1, exp(−ΔE)): Metropolis et al., J. Chem. Phys. 21
 * (1953) 1087. Proposals are symmetric and one of n proposes nothing, so that flat
 * energies do not make a sweep periodic. A sweep proposes as many exchanges of each
 * arrangement as it has free elements; arrangements that share no factor move at
 * once.
 *
 * Requirements: a move that breaks more of them is refused, one that breaks fewer is
 * taken, and while some are broken the rest is a walk on states that break as many;
 * from a state that keeps all, the chain never leaves the support.
 */
import { exchangeEnergy } from '../analyse/exchanges.ts';
import { isArranged } from '../domain.ts';
import type { Evaluator } from '../engines/engine.ts';
import type { Stream } from '../random/stream.ts';
import { chainsOf } from './chains.ts';
import { faultyTerm } from './faulty-term.ts';
import { arrangedVectors } from './joint-states.ts';
import { batchInputs, type Clamp, fault, type Model, type States, type UnknownLayout } from './model.ts';
import type { Transition } from './transition.ts';

/** An arrangement that can move: its free elements within a state of the unknown. */
interface Vector {
  /** Which of the unknown's arrangements it is. */
  readonly number: number;
  readonly free: Int32Array;
}

interface Part {
  readonly layout: UnknownLayout;
  readonly subset: boolean;
  readonly run: Evaluator;
  /** Arrangements that are moved at once; each has its own energy then. */
  readonly groups: readonly (readonly Vector[])[];
  /** Energies of a chain. */
  readonly width: number;
}

interface Level {
  readonly energy: ArrayLike<number>;
  readonly broken: ArrayLike<number> | null;
}

/** One step is a sweep over every arrangement; its acceptance is the share of proposed exchanges that were taken. */
export function makeExchange(model: Model, clamp: Clamp, chains: number): Transition {
  const b = model.builder;
  const { chain, batch, compile } = chainsOf(model, chains);
  const parts = model.unknowns.flatMap((layout): Part[] => {
    const { slot, size } = layout;
    if (!isArranged(slot.domain)) return [];
    const all = arrangedVectors(model, layout, clamp);
    const vectors = all.flatMap(({ from, completions }, number): Vector[] =>
      completions.count > 1 ? [{ number, free: completions.positions.map((i) => from + i) }] : [],
    );
    if (size === 0 || vectors.length === 0) return [];
    const { each, energy, violations } = exchangeEnergy(b, model.energy, slot);
    const axes = [chain, ...(each ?? [])];
    const outputs = [{ name: 'energy', axes, node: batch.on(energy) }];
    if (violations) outputs.push({ name: 'violations', axes, node: batch.on(violations) });
    return [
      {
        layout,
        subset: slot.domain.kind === 'subset',
        run: compile(outputs),
        groups: each ? [vectors] : vectors.map((v) => [v]),
        width: each ? all.length : 1,
      },
    ];
  });
  const proposed = new Float64Array(chains);
  const taken = new Float64Array(chains);

  const levelOf = (p: Part, states: States): Level => {
    const out = p.run.run(batchInputs(model, batch.slots, states, chains));
    return {
      energy: Float64Array.from(out.get('energy')!.data),
      broken: out.get('violations')?.data.slice() ?? null,
    };
  };

  /** Energies of states in the support are numbers; ∞ is left again in a warm-up. */
  const refuseNotFinite = (p: Part, level: Level, i: number, states: States, atRest: boolean): void => {
    const e = level.energy[i];
    if (level.broken && level.broken[i] > 0) return;
    if (e > Number.NEGATIVE_INFINITY && !(atRest && e === Number.POSITIVE_INFINITY)) return;
    const { slot } = p.layout;
    throw (
      faultyTerm(model, states, Math.floor(i / p.width)) ??
      fault(
        'E0701',
        slot.span ?? model.energy.span,
        `the energy of an arrangement of \`${slot.name}\` is not a number`,
      )
    );
  };

  function move(
    p: Part,
    group: readonly Vector[],
    now: { energy: Float64Array; broken: Float64Array | null },
    states: States,
    streams: readonly Stream[],
    beta: number,
  ): void {
    const { size, slot } = p.layout;
    const x = states.get(slot)!;
    const pairs = new Int32Array(chains * group.length * 2).fill(-1);
    let any = false;
    for (let c = 0; c < chains; c++)
      group.forEach(({ free }, g) => {
        const at = 2 * (c * group.length + g);
        if (propose(x, c * size, free, p.subset, streams[c], pairs, at)) {
          exchange(x, pairs[at], pairs[at + 1]);
          any = true;
        }
      });
    if (!any) return;
    const next = levelOf(p, states);
    for (let c = 0; c < chains; c++)
      group.forEach(({ number }, g) => {
        const at = 2 * (c * group.length + g);
        if (pairs[at] < 0) return;
        const i = c * p.width + (p.width > 1 ? number : 0);
        refuseNotFinite(p, next, i, states, false);
        const before = now.broken?.[i] ?? 0;
        const after = next.broken?.[i] ?? 0;
        const u = streams[c].uniform();
        const gain = now.energy[i] === Number.POSITIVE_INFINITY ? 0 : now.energy[i] - next.energy[i];
        proposed[c]++;
        if (after < before || (after === before && (before > 0 || u < Math.exp(beta * gain)))) {
          taken[c]++;
          now.energy[i] = next.energy[i];
          if (now.broken) now.broken[i] = after;
        } else exchange(x, pairs[at], pairs[at + 1]);
      });
  }

  return {
    name: 'exchange',
    step(states, streams, { beta, sweeps }) {
      for (let i = 0; i < sweeps; i++) sweep(states, streams, beta);
    },
    freeze() {
      proposed.fill(0);
      taken.fill(0);
    },
    info: (chain) => (proposed[chain] === 0 ? {} : { acceptance: taken[chain] / proposed[chain] }),
    dispose() {
      for (const p of parts) p.run.dispose();
    },
  };

  function sweep(states: States, streams: readonly Stream[], beta: number): void {
    for (const p of parts) {
      const level = levelOf(p, states);
      for (let i = 0; i < chains * p.width; i++) refuseNotFinite(p, level, i, states, beta === 1);
      const now = {
        energy: Float64Array.from(level.energy),
        broken: level.broken && Float64Array.from(level.broken),
      };
      for (const group of p.groups) {
        const most = group.reduce((n, v) => Math.max(n, v.free.length), 0);
        for (let k = 0; k < most; k++) move(p, group, now, states, streams, beta);
      }
    }
  }
}

/** Two places of x to exchange, written to pairs[at], pairs[at + 1]; false where nothing is proposed. */
function propose(
  x: Float64Array,
  from: number,
  free: Int32Array,
  subset: boolean,
  stream: Stream,
  pairs: Int32Array,
  at: number,
): boolean {
  const n = free.length;
  const i = stream.int(n);
  const j = stream.int(n);
  if (i === j) return false;
  if (subset) {
    let ones = 0;
    for (const e of free) if (x[from + e] === 1) ones++;
    const one = stream.int(ones);
    const zero = stream.int(n - ones);
    pairs[at] = from + nth(x, from, free, 1, one);
    pairs[at + 1] = from + nth(x, from, free, 0, zero);
    return true;
  }
  pairs[at] = from + free[i];
  pairs[at + 1] = from + free[j];
  return true;
}

/** The n-th of the free elements that has a value. */
function nth(x: Float64Array, from: number, free: Int32Array, value: number, n: number): number {
  let left = n;
  for (const e of free) if (x[from + e] === value && left-- === 0) return e;
  return free[0];
}

function exchange(x: Float64Array, i: number, j: number): void {
  const kept = x[i];
  x[i] = x[j];
  x[j] = kept;
}
