/**
 * `fit`: parameters of an energy from rows of data, by energy discrepancy
 * (`discrepancy.ts`) and Adam (`adam.ts`).
 *
 * A step is a function of (parameters, moments, step number): which rows it takes and
 * every random number come from streams named by the seed and the step. So the same
 * seed gives the same bytes on one engine, and a run that goes on from a checkpoint
 * gives those of a run that was never interrupted.
 */
import { type BoundProgram, type ParamValues, shapeOf } from '../bind/bound.ts';
import type { DataRows } from '../check/values.ts';
import type { Engine } from '../engines/engine.ts';
import type { Energy } from '../ir/types.ts';
import { Stream } from '../random/stream.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { adamStart, adamStep, averaged, averageStart, averageStep, clipByNorm } from './adam.ts';
import { type Checkpoint, resumeFrom, type Subject, type Training, takeCheckpoint } from './checkpoint.ts';
import { explainGradient, explainLoss, type FailedStep } from './faults.ts';
import { type FitOptions, stepsOf } from './options.ts';
import { makePerturbation } from './perturb.ts';
import { asInputs, emptyRows, gather, type Minibatches, minibatches, type Rows, readRows } from './rows.ts';
import { compileTraining, refuseOutside, type TermEnergies, type TrainingProgram } from './training.ts';

export type { TermEnergies };

export interface FitArgs {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly rows: DataRows;
  /** Where learning starts, e.g. `initialParams`; every parameter of the program. */
  readonly params: ParamValues;
  readonly options: FitOptions;
  readonly engine: Engine;
  /** After every step. */
  readonly onStep?: (e: FitProgress) => void;
  /** After every 100 steps: something to write to disk. */
  readonly onCheckpoint?: (c: Checkpoint) => void | Promise<void>;
  /** Heard after at most about 50 ms and a step. */
  readonly signal?: { readonly aborted: boolean };
  readonly resume?: Checkpoint;
}

export interface FitProgress {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Mean energy of the rows of the step, and of their negatives in the support. */
  readonly rowEnergy: number;
  readonly negativeEnergy: number;
  /** Steps a second, lately. */
  readonly rate: number;
  /** After every hundredth of the run, but at least 10 steps apart, and at its end. */
  readonly terms?: readonly TermEnergies[];
}

/** One entry for each step of this call. */
export interface FitHistory {
  readonly step: Float64Array;
  readonly loss: Float64Array;
  readonly gradientNorm: Float64Array;
  readonly rowEnergy: Float64Array;
  readonly negativeEnergy: Float64Array;
}

export interface FitResult {
  /** `failed`: something was not finite, see `diagnostics`; `params` are those of the last checkpoint. */
  readonly status: 'done' | 'stopped' | 'failed';
  readonly diagnostics: readonly Diagnostic[];
  /** Every parameter of the program in its own coordinates, float64: learned ones averaged if `average` > 0. */
  readonly params: ParamValues;
  /** Steps that led to `params`, those before a resumption included. */
  readonly steps: number;
  readonly history: FitHistory;
  readonly terms: readonly { readonly step: number; readonly terms: readonly TermEnergies[] }[];
  readonly checkpoint: Checkpoint;
  /** Seconds. */
  readonly timings: {
    readonly compile: number;
    readonly perturb: number;
    /** Loss and gradients. */
    readonly evaluate: number;
    /** Energies of terms. */
    readonly observe: number;
    /** Adam and averaging. */
    readonly update: number;
    readonly total: number;
  };
}

/** Steps between checkpoints. */
const checkpointEvery = 100;
/** Milliseconds of work between looks at the rest of the world. */
const yieldEvery = 50;

/**
 * Learns the parameters that the energy reads, and those that their priors read.
 * @throws EnergyError for rows that are missing, not finite or outside the support
 *   (E0712–E0714), for a checkpoint of something else (E0715), for an energy without
 *   parameters (E0716), for an unknown that the loss cannot perturb (E0719). What goes wrong later ends the fit with status `failed`.
 */
export async function fit(asked: FitArgs): Promise<FitResult> {
  const args = { ...asked, bound: withFrozen(asked.bound, asked.params) };
  const { bound, energy, options, engine } = args;
  const began = performance.now();
  const rows = readRows(bound, args.rows);
  const batches = minibatches(rows.count, options.batch, new Stream(options.seed, 'fit', 'rows'));
  const program = compileTraining({ bound, energy, options, engine, batch: batches.size, rows: rows.count });
  try {
    return await train(args, rows, batches, program, began);
  } finally {
    program.dispose();
  }
}

/** Parameters of files that are used `frozen` are constants here, like data. */
function withFrozen(bound: BoundProgram, params: ParamValues): BoundProgram {
  const frozen = bound.program.params.flatMap(({ slot, frozen }) => {
    const value = frozen ? params.get(slot) : undefined;
    return value ? [[slot, value] as const] : [];
  });
  return frozen.length === 0 ? bound : { ...bound, constants: new Map([...bound.constants, ...frozen]) };
}

async function train(
  args: FitArgs,
  rows: Rows,
  batches: Minibatches,
  program: TrainingProgram,
  began: number,
): Promise<FitResult> {
  const { bound, energy, options } = args;
  const seconds = { compile: 0, perturb: 0, evaluate: 0, observe: 0, update: 0 };
  const steps = stepsOf(options, batches.stepsPerEpoch);
  const noise = new Stream(options.seed, 'fit', 'step');
  const { coordinates, learned } = program;
  const shapes = learned.map((p) => shapeOf(p, bound.sizeOf));
  const fresh = coordinates.toFree(args.params);
  refuseOutside(program, rows, batches.size, coordinates.inputs(fresh, shapes));
  const perturbation = makePerturbation({
    unknowns: energy.unknowns,
    sizeOf: bound.sizeOf,
    constants: bound.constants,
    columns: rows.columns,
    rows: batches.size,
    ...options.loss,
  });
  const subject = subjectOf(args, program, shapes, batches.size, rows.count);
  const training = args.resume ? resumeFrom(subject, args.resume) : freshTraining(fresh);
  const states = emptyRows(rows, batches.size);
  const { slots } = program.discrepancy.negatives;
  const inputs = new Map([
    ...coordinates.inputs(training.params, shapes),
    ...asInputs(rows, states, program.discrepancy.rows.slots, [batches.size]),
    ...asInputs(rows, perturbation.negatives, slots, [batches.size, options.loss.draws]),
  ]);
  const gradients = training.params.map((p) => new Float64Array(p.length));
  seconds.compile = since(began);

  const first = training.adam.step;
  const history = new HistoryRecorder(Math.max(0, steps - first));
  const terms: { step: number; terms: readonly TermEnergies[] }[] = [];
  const termsEvery = Math.max(10, Math.floor(steps / 100));
  const diagnostics: Diagnostic[] = [];
  let status: FitResult['status'] = 'done';
  let checkpoint = takeCheckpoint(subject, training);
  let lastYield = performance.now();
  const clock = new RateClock();

  for (let step = first; step < steps; step++) {
    if (args.signal?.aborted) {
      status = 'stopped';
      break;
    }
    let mark = performance.now();
    const picked = batches.at(step);
    gather(rows, picked, states);
    perturbation.draw(states, noise.fork(step));
    seconds.perturb += since(mark);

    mark = performance.now();
    const out = program.step(inputs, gradients);
    seconds.evaluate += since(mark);

    const gradientNorm = clipByNorm(gradients, options.clip);
    if (!Number.isFinite(out.loss) || !Number.isFinite(gradientNorm)) {
      status = 'failed';
      const failed: FailedStep = { ...program.explaining, inputs, picked, step: step + 1 };
      diagnostics.push(Number.isFinite(out.loss) ? explainGradient(failed, gradients) : explainLoss(failed));
      break;
    }
    const done = step + 1;
    // Before the update, so that the terms are those of the step's energies.
    mark = performance.now();
    const observed = done % termsEvery === 0 || done === steps ? program.terms(inputs) : undefined;
    seconds.observe += since(mark);

    mark = performance.now();
    adamStep(training.params, gradients, training.adam, options.optimizer);
    if (options.average > 0) averageStep(training.average, training.params, options.average);
    seconds.update += since(mark);

    history.push(done, out, gradientNorm);
    if (observed) terms.push({ step: done, terms: observed });
    args.onStep?.({ step: done, steps, ...out, gradientNorm, rate: clock.tick(), terms: observed });
    if (done % checkpointEvery === 0) {
      checkpoint = takeCheckpoint(subject, training);
      await args.onCheckpoint?.(checkpoint);
    }
    if (since(lastYield) * 1000 > yieldEvery) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      lastYield = performance.now();
    }
  }
  if (status !== 'failed') {
    checkpoint = takeCheckpoint(subject, training);
    const sparse = training.adam.step > first ? program.fewInSupport(inputs) : null;
    if (sparse) diagnostics.push(sparse);
  }
  const kept = resumeFrom(subject, checkpoint);
  return {
    status,
    diagnostics,
    params: new Map([...args.params, ...coordinates.toValues(finalParams(kept, options), shapes)]),
    steps: kept.adam.step,
    history: history.arrays(),
    terms,
    checkpoint,
    timings: { ...seconds, total: since(began) },
  };
}

const since = (mark: number): number => (performance.now() - mark) / 1000;

const freshTraining = (params: readonly Float64Array[]): Training => ({
  params,
  adam: adamStart(params),
  average: averageStart(params),
});

const finalParams = (t: Training, options: FitOptions): readonly Float64Array[] =>
  options.average > 0 && t.average.step > 0 ? averaged(t.average, options.average) : t.params;

function subjectOf(
  args: FitArgs,
  program: TrainingProgram,
  shapes: readonly (readonly number[])[],
  batch: number,
  rows: number,
): Subject {
  const { loss, average, seed } = args.options;
  return {
    names: program.learned.map((p) => p.name),
    shapes,
    facts: {
      energy: args.energy.name,
      rows: String(rows),
      seed: String(seed),
      batch: String(batch),
      draws: String(loss.draws),
      average: String(average),
    },
    averaging: average > 0,
  };
}

class HistoryRecorder {
  private length = 0;
  private readonly columns: readonly Float64Array[];

  constructor(capacity: number) {
    this.columns = Array.from({ length: 5 }, () => new Float64Array(capacity));
  }

  push(
    step: number,
    out: { readonly loss: number; readonly rowEnergy: number; readonly negativeEnergy: number },
    gradientNorm: number,
  ): void {
    const values = [step, out.loss, gradientNorm, out.rowEnergy, out.negativeEnergy];
    values.forEach((v, c) => {
      this.columns[c][this.length] = v;
    });
    this.length++;
  }

  arrays(): FitHistory {
    const [step, loss, gradientNorm, rowEnergy, negativeEnergy] = this.columns.map((c) =>
      c.slice(0, this.length),
    );
    return { step, loss, gradientNorm, rowEnergy, negativeEnergy };
  }
}

/** Steps a second over the last second or so. */
class RateClock {
  private last = performance.now();
  private mean = 0;

  tick(): number {
    const now = performance.now();
    const took = Math.max(now - this.last, 1e-3) / 1000;
    this.last = now;
    // Weight by time, so that slow and fast steps count for as long as they last.
    const keep = this.mean === 0 ? 0 : Math.exp(-took);
    this.mean = keep * this.mean + (1 - keep) * took;
    return 1 / this.mean;
  }
}
