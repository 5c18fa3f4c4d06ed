/**
 * Steps too large for the memory, in slices of rows: where the objective is a mean over rows, it and its gradient are
 * the means of those of the slices.
 */
import type { HostArray } from '../arrays.ts';
import type { Arrays } from '../engines/engine.ts';
import { OutOfMemory } from '../engines/out-of-memory.ts';
import type { Slot } from '../ir/types.ts';
import type { Loss } from './losses/loss.ts';
import { compileTraining, type StepValues, type TrainingProgram, type TrainingSpec } from './training.ts';

/** Slices of a step at most. */
const MOST_SLICES = 4096;

/**
 * The programs of a fit; if a step takes more than the engine has, for as few slices as fit.
 * @param batch rows of a step
 * @param lossOf the same loss for so many rows
 * @throws EnergyError E0716; OutOfMemory where even a single row takes more than there is, or the loss is no mean over rows
 */
export function fittingTraining(
  spec: TrainingSpec,
  batch: number,
  lossOf: (batch: number) => Loss,
): TrainingProgram {
  try {
    return compileTraining(spec);
  } catch (e) {
    if (!(e instanceof OutOfMemory) || e.limit === undefined || spec.loss.byRow !== true) throw e;
    let least = Math.ceil(e.bytes / e.limit);
    for (let slices = 2; slices <= Math.min(batch, MOST_SLICES); slices++) {
      if (batch % slices !== 0 || slices < least) continue;
      const loss = lossOf(batch / slices);
      try {
        return sliced(spec.loss, compileTraining({ ...spec, loss }), slices);
      } catch (again) {
        loss.dispose?.();
        if (!(again instanceof OutOfMemory)) throw again;
        least = slices + 1;
      }
    }
    throw e;
  }
}

/** A program for a slice, run on all slices of a step. */
function sliced(whole: Loss, part: TrainingProgram, slices: number): TrainingProgram {
  const pairs = pairsOf(whole, part.loss, slices);
  const slice = (inputs: Arrays, k: number): Arrays => {
    const out = new Map<Slot, HostArray>(inputs);
    for (const { from, to, cut } of pairs) {
      const array = inputs.get(from)!;
      out.set(to, cut ? rowsOf(array, k, slices) : array);
    }
    return out;
  };
  return {
    ...part,
    loss: whole,
    slices,
    step: (inputs, gradients) => {
      const own = gradients.map((g) => new Float64Array(g.length));
      const values: StepValues[] = [];
      for (const g of gradients) g.fill(0);
      for (let k = 0; k < slices; k++) {
        values.push(part.step(slice(inputs, k), own));
        gradients.forEach((g, i) => {
          for (let j = 0; j < g.length; j++) g[j] += own[i][j] / slices;
        });
      }
      return {
        loss: mean(values.map((v) => v.loss)),
        rowEnergy: mean(values.map((v) => v.rowEnergy)),
        negativeEnergy: meanOfNumbers(values.map((v) => v.negativeEnergy)),
      };
    },
    terms: (inputs) => {
      const all = Array.from({ length: slices }, (_, k) => part.terms(slice(inputs, k)));
      return all[0].map(({ name }, i) => ({
        name,
        rows: mean(all.map((t) => t[i].rows)),
        negatives: meanOfNumbers(all.map((t) => t[i].negatives)),
      }));
    },
    fewInSupport: (inputs) => part.fewInSupport(slice(inputs, 0)),
    dispose: () => {
      part.dispose();
      part.loss.dispose?.();
    },
  };
}

interface Pair {
  readonly from: Slot;
  readonly to: Slot;
  /** Whether its first dimension is that of the rows. */
  readonly cut: boolean;
}

/** What the loss of a step reads, and the same of a slice; both were made alike. */
function pairsOf(whole: Loss, part: Loss, slices: number): readonly Pair[] {
  const rows = [...whole.rows.slots.values()].map((from, i): Pair => {
    return { from, to: [...part.rows.slots.values()][i], cut: true };
  });
  const others = [...part.inputs];
  const inputs = [...whole.inputs].map(([from, { shape }], i): Pair => {
    const [to, own] = others[i];
    const same = own.shape.length === shape.length && own.shape.every((n, d) => n === shape[d]);
    const first = own.shape.length > 0 && own.shape[0] * slices === shape[0];
    if (!same && !first) throw new Error(`${from.name} is neither of the rows nor of all of them`);
    return { from, to, cut: !same };
  });
  return [...rows, ...inputs];
}

function rowsOf({ shape, data }: HostArray, k: number, slices: number): HostArray {
  const size = data.length / slices;
  return { shape: [shape[0] / slices, ...shape.slice(1)], data: data.subarray(k * size, (k + 1) * size) };
}

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;

/** NaN where none is a number. */
const meanOfNumbers = (x: readonly number[]): number => mean(x.filter((v) => !Number.isNaN(v)));
