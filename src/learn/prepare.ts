/** What a fit is made of before its first step: rows, loss, programs; and what a step will take. */
import type { BoundProgram, ParamValues } from '../bind/bound.ts';
import { Stream } from '../random/stream.ts';
import type { FitArgs } from './fit-result.ts';
import { splitRows } from './held-out.ts';
import { sumLatent } from './latent.ts';
import type { Loss } from './losses/loss.ts';
import { makeLoss } from './losses/registry.ts';
import { stepsOf } from './options.ts';
import { type Minibatches, minibatches, type Rows, readRows } from './rows.ts';
import { fittingTraining } from './slices.ts';
import type { TrainingProgram } from './training.ts';

export interface PreparedFit {
  /** With the energy over the unknowns that have data. */
  readonly args: FitArgs;
  readonly all: Rows;
  /** Rows to learn from, and rows that are kept aside. */
  readonly rows: Rows;
  readonly aside: ReturnType<typeof splitRows>['judge'];
  readonly batches: Minibatches;
  readonly loss: Loss;
  readonly program: TrainingProgram;
  /** Hands over what is to be freed with the rest. */
  readonly own: (part: { dispose?(): void }) => void;
  readonly dispose: () => void;
}

/** @throws as `fit`; OutOfMemory where a step takes more than there is, and cannot be taken in slices */
export function prepareFit(asked: FitArgs): PreparedFit {
  const visible = sumLatent(withFrozen(asked.bound, asked.params), asked.energy, asked.rows, asked.engine);
  const args = { ...asked, bound: visible.bound, energy: visible.energy };
  const { bound, energy, options, engine } = args;
  const all = readRows(bound, args.rows);
  const { learn: rows, judge: aside } = splitRows(all, options);
  const batches = minibatches(rows.count, options.batch, new Stream(options.seed, 'fit', 'rows'));
  const lossOf = (batch: number): Loss =>
    makeLoss(
      {
        bound,
        energy,
        joint: visible.joint,
        engine,
        rows,
        batch,
        steps: stepsOf(options, batches.stepsPerEpoch),
        stream: new Stream(options.seed, 'fit', 'loss'),
      },
      options.loss,
    );
  const loss = lossOf(batches.size);
  const owned: { dispose?(): void }[] = [loss];
  const dispose = (): void => {
    for (const x of owned) x.dispose?.();
  };
  try {
    const program = fittingTraining({ bound, energy, loss, engine, rows: rows.count }, batches.size, lossOf);
    owned.push(program);
    const own = (part: { dispose?(): void }): void => void owned.push(part);
    return { args, all, rows, aside, batches, loss, program, own, dispose };
  } catch (e) {
    dispose();
    throw e;
  }
}

/** What a step of a fit takes, for people who plan. */
export interface StepPlan {
  readonly energy: string;
  readonly loss: string;
  /** Rows of a step. */
  readonly rows: number;
  /** A step is so many evaluations, of slices of its rows. */
  readonly slices: number;
  /** Bytes that an evaluation takes at its peak; null where the engine does not plan that. */
  readonly memory: number | null;
  readonly engine: string;
  readonly engineWhy: string | null;
}

/** @throws as `fit` */
export function planFit(asked: FitArgs): StepPlan {
  const { args, batches, program, dispose } = prepareFit(asked);
  dispose();
  return {
    energy: args.energy.name,
    loss: args.options.loss.kind,
    rows: batches.size,
    slices: program.slices,
    memory: program.memory,
    ...program.engine,
  };
}

/** Parameters of files that are used `frozen` are constants here, like data. */
function withFrozen(bound: BoundProgram, params: ParamValues): BoundProgram {
  const frozen = bound.program.params.flatMap(({ slot, frozen }) => {
    const value = frozen ? params.get(slot) : undefined;
    return value ? [[slot, value] as const] : [];
  });
  return frozen.length === 0 ? bound : { ...bound, constants: new Map([...bound.constants, ...frozen]) };
}
