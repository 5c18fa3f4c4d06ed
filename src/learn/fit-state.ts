/** What changes from step to step of a fit, where it begins, and what a checkpoint of it is of. */
import { averaged, averageStart } from './averaging.ts';
import type { Subject, Training } from './checkpoint.ts';
import type { FitArgs } from './fit-result.ts';
import { describeOptimizer } from './optimizers/choice.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import type { FitOptions } from './options.ts';
import type { TrainingProgram } from './training.ts';

/** What the loss and missing cells keep from step to step, by name; changed in place. */
export type Kept = ReadonlyMap<string, Float64Array>;

/** Training before its first step. */
export const freshTraining = (
  params: readonly Float64Array[],
  kept: Kept,
  optimizer: Optimizer,
): Training => ({
  params,
  optimizer,
  average: averageStart(params),
  slowed: 1,
  returns: 0,
  best: null,
  looks: 0,
  kept: new Map([...kept].map(([name, data]) => [name, data.slice()])),
});

/** Whether held-out rows have had no new best for long. */
export const enough = (t: Training, { patience }: FitOptions): boolean =>
  patience !== undefined && t.best !== null && t.looks >= patience;

/** The parameters that count: their average where one is kept. */
export const judged = (t: Training, options: FitOptions): readonly Float64Array[] =>
  options.average > 0 && t.average.step > 0 ? averaged(t.average, options.average) : t.params;

/** What a checkpoint of this fit is of. */
export function subjectOf(
  { energy, options }: FitArgs,
  parts: {
    readonly rows: number;
    readonly batch: number;
    readonly program: TrainingProgram;
    readonly kept: Kept;
    readonly shapes: readonly (readonly number[])[];
    readonly optimizer: Optimizer;
    readonly steps: number;
  },
): Subject {
  const { program, kept, shapes, optimizer, steps } = parts;
  const { average, seed, heldOut } = options;
  const { kind, ...rest } = options.loss;
  const said = Object.entries(rest)
    .map(([name, value]) => `${name} = ${value}`)
    .sort();
  return {
    names: program.learned.map((p) => p.name),
    shapes,
    facts: {
      energy: energy.name,
      rows: String(parts.rows),
      seed: String(seed),
      batch: String(parts.batch),
      loss: `${kind}(${said.join(', ')})`,
      optimizer: describeOptimizer(options.optimizer, steps),
      average: String(average),
      held_out: String(heldOut),
    },
    averaging: average > 0,
    moments: [...optimizer.kept.keys()],
    counters: optimizer.counters.length,
    kept: new Map([...kept].map(([name, data]) => [name, data.length])),
  };
}
