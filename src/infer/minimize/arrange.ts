/**
 * Descent of permutations and subsets: two elements change places, and in permutations a stretch is turned round or an
 * element moves to another place (2-opt and or-opt of the travelling salesman, Croes, Oper. Res. 6 (1958) 791), as long
 * as any such move lowers the energy.
 */
import { isArranged } from '../../domain.ts';
import type { Slot } from '../../ir/types.ts';
import { arrangedVectors } from '../joint-states.ts';
import type { Clamp, Model } from '../model.ts';
import type { Work } from './types.ts';
import type { Whole } from './whole.ts';

/** Energies that may be evaluated. */
const MOST = 400_000;

export interface ArrangedDescent {
  /** Moves the arrangements of `states`, those of one chain; answers the energy and how many were evaluated. */
  fall(
    states: Map<Slot, Float64Array>,
    work: Work,
  ): Promise<{ readonly energy: number; readonly evaluations: number }>;
}

/** @returns null where no arrangement can move */
export function arrangedDescent(model: Model, clamp: Clamp, whole: Whole): ArrangedDescent | null {
  const vectors = model.unknowns.flatMap((u) => {
    const { slot } = u;
    if (!isArranged(slot.domain)) return [];
    const permutes = slot.domain.kind === 'permutation';
    return arrangedVectors(model, u, clamp).flatMap(({ from, completions }) =>
      completions.count > 1 ? [{ slot, permutes, free: completions.positions.map((i) => from + i) }] : [],
    );
  });
  if (vectors.length === 0) return null;
  return {
    async fall(states, work) {
      let energy = whole.energy(states);
      let evaluations = 1;
      const better = (x: Float64Array, undo: () => void): boolean => {
        const e = whole.energy(states);
        evaluations++;
        work.steps++;
        if (e < energy - 1e-12 * Math.max(1, Math.abs(energy))) {
          energy = e;
          work.passed(e, states);
          return true;
        }
        undo();
        return x.length === 0;
      };
      for (let improved = true; improved && evaluations < MOST; ) {
        improved = false;
        for (const { slot, permutes, free } of vectors) {
          const x = states.get(slot)!;
          const n = free.length;
          for (let i = 0; i < n && evaluations < MOST; i++) {
            if (work.due()) await work.rest();
            if (work.stopped) return { energy, evaluations };
            for (let j = i + 1; j < n; j++) {
              if (x[free[i]] === x[free[j]]) continue;
              const swap = (): void => turn(x, free, i, j, false);
              swap();
              if (better(x, swap)) improved = true;
              if (!permutes || j === i + 1) continue;
              const reverse = (): void => turn(x, free, i, j, true);
              reverse();
              if (better(x, reverse)) improved = true;
              for (const way of [1, -1]) {
                shift(x, free, i, j, way);
                if (better(x, () => shift(x, free, i, j, -way))) improved = true;
              }
            }
          }
        }
      }
      return { energy, evaluations };
    },
  };
}

type Places = ArrayLike<number>;

/** Exchanges the ends of a stretch, or turns all of it round. */
function turn(x: Float64Array, free: Places, i: number, j: number, all: boolean): void {
  for (let a = i, b = j; a < b; a++, b--) {
    [x[free[a]], x[free[b]]] = [x[free[b]], x[free[a]]];
    if (!all) return;
  }
}

/** Moves the first element of a stretch behind its last one (1), or the last before the first (−1). */
function shift(x: Float64Array, free: Places, i: number, j: number, way: number): void {
  if (way > 0) {
    const first = x[free[i]];
    for (let k = i; k < j; k++) x[free[k]] = x[free[k + 1]];
    x[free[j]] = first;
    return;
  }
  const last = x[free[j]];
  for (let k = j; k > i; k--) x[free[k]] = x[free[k - 1]];
  x[free[i]] = last;
}
