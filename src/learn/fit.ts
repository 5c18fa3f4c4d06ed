/**
 * `fit`: parameters of an energy from rows of data, by a loss (`losses/`) and an
 * optimiser.
 *
 * A step is a function of (parameters, moments, step number): which rows it takes and
 * every random number come from streams named by the seed and the step. So the same
 * seed gives the same bytes on one engine, and a run that goes on from a checkpoint
 * gives those of a run that was never interrupted.
 */
import { shapeOf } from '../bind/bound.ts';
import type { Arrays } from '../engines/engine.ts';
import type { Slot } from '../ir/types.ts';
import { Stream } from '../random/stream.ts';
import { rest } from '../signal.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { averageStep, clipByNorm } from './averaging.ts';
import { type Checkpoint, resumeFrom, type Training, takeCheckpoint } from './checkpoint.ts';
import { returned } from './faults.ts';
import type { FitArgs, FitProgress, FitResult } from './fit-result.ts';
import { enough, freshTraining, judged, type Kept, subjectOf } from './fit-state.ts';
import { type Judge, makeJudge } from './held-out.ts';
import { type FitHistory, HistoryRecorder, RateClock } from './history.ts';
import { type Imputation, makeImputation } from './impute.ts';
import { makeOptimizer } from './optimizers/make.ts';
import { restore } from './optimizers/optimizer.ts';
import { rateAt } from './optimizers/schedule.ts';
import { refuseSearch } from './optimizers/search-faults.ts';
import { stepsOf } from './options.ts';
import { type PreparedFit, prepareFit } from './prepare.ts';
import { asInputs, emptyRows, gather, numberOf } from './rows.ts';
import { faultOfStep } from './step-fault.ts';
import { refuseOutside, type StepValues, type TermEnergies } from './training.ts';

export type { FitArgs, FitHistory, FitProgress, FitResult, TermEnergies };

/** Steps between checkpoints. */
const checkpointEvery = 100;
/** Milliseconds of work between looks at the rest of the world. */
const yieldEvery = 50;
/** How often a fit goes back to a checkpoint, with half the rate, before it gives up. */
const mostReturns = 3;

/**
 * Learns the parameters that the energy reads, and those that their priors read.
 * @throws EnergyError for rows that are missing, not finite or outside the support
 *   (E0712–E0714), for a checkpoint of something else (E0715), for an energy without
 *   parameters (E0716), for an unknown that the loss cannot perturb (E0719), for a loss
 *   that is not meant for the energy, for an unknown without data that cannot be summed
 *   out (E0746). What goes wrong later ends the fit with status `failed`.
 */
export async function fit(asked: FitArgs): Promise<FitResult> {
  const began = performance.now();
  const prepared = prepareFit(asked);
  try {
    const { args, rows, aside, loss, program, batches } = prepared;
    const { bound, energy, options, engine } = args;
    const imputation = makeImputation(program, rows, batches.size, bound.sizeOf, bound.constants);
    if (imputation) prepared.own(imputation);
    if (options.optimizer.kind === 'lbfgs')
      refuseSearch(energy, options, loss, imputation !== null, batches.size, rows.count);
    const judge = aside && makeJudge(bound, energy, engine, rows, aside, loss, options, program);
    if (judge) prepared.own(judge);
    return await train(args, { ...prepared, imputation, judge }, began);
  } finally {
    prepared.dispose();
  }
}

interface Parts extends PreparedFit {
  /** Null where no cell is missing. */
  readonly imputation: Imputation | null;
  readonly judge: Judge | null;
}

async function train(args: FitArgs, parts: Parts, from: number): Promise<FitResult> {
  const { bound, options } = args;
  const { rows, batches, loss, program, imputation, judge } = parts;
  const kept: Kept = new Map([...(loss.kept ?? []), ...(imputation?.kept ?? [])]);
  const seconds = { compile: 0, perturb: 0, evaluate: 0, observe: 0, update: 0 };
  const steps = stepsOf(options, batches.stepsPerEpoch);
  const noise = new Stream(options.seed, 'fit', 'step');
  const { coordinates, learned } = program;
  const own = loss.own ?? new Map<Slot, Float64Array>();
  const shapes = learned.map((p) => shapeOf(p, bound.sizeOf));
  const start = new Map([
    ...args.params,
    ...[...own].map(([slot, data]) => [slot, { shape: shapeOf(slot, bound.sizeOf), data }] as const),
  ]);
  const fresh = coordinates.toFree(start);
  refuseOutside(program, parts.all, batches.size, coordinates.inputs(fresh, shapes));
  const optimizer = makeOptimizer(options.optimizer, {
    lengths: fresh.map((p) => p.length),
    decays: learned.map((slot) => !own.has(slot)),
    epsilon: args.engine.epsilon,
  });
  const subject = subjectOf(args, {
    rows: parts.all.count,
    batch: batches.size,
    program,
    kept,
    shapes,
    optimizer,
    steps,
  });
  let training = args.resume ? resumeFrom(subject, args.resume) : freshTraining(fresh, kept, optimizer);
  // What a program reads stays the same arrays whatever training goes back to.
  const live = training.params.map((p) => p.slice());
  const states = emptyRows(rows, batches.size);
  const current = coordinates.inputs(live, shapes);
  const inputs = new Map([
    ...current,
    ...asInputs(rows, states, loss.rows.slots, [batches.size]),
    ...loss.inputs,
  ]);
  const gradients = live.map((p) => new Float64Array(p.length));
  const valuesOf = (free: readonly Float64Array[]): Arrays => coordinates.toValues(free, shapes);
  const adopt = (t: Training): void => {
    restore(optimizer, t.optimizer);
    training = { ...t, optimizer };
    t.params.forEach((p, i) => {
      live[i].set(p);
    });
    for (const [name, data] of kept) data.set(t.kept.get(name)!);
    imputation?.restored();
  };
  adopt(training);
  let began = from;
  seconds.compile = since(began);

  const first = optimizer.steps;
  const history = new HistoryRecorder(Math.max(0, steps - first));
  const terms: { step: number; terms: readonly TermEnergies[] }[] = [];
  const looks: { step: number; loss: number }[] = [];
  const rateOf = (step: number): number =>
    options.optimizer.kind === 'lbfgs' ? 1 : rateAt(step, steps, options.optimizer);
  const lookEvery = Math.max(10, Math.floor(steps / 100));
  const diagnostics: Diagnostic[] = [];
  let status: FitResult['status'] = 'done';
  const keep = (): Checkpoint => takeCheckpoint(subject, { ...training, params: live, kept });
  let checkpoint = keep();
  let lastYield = performance.now();
  const clock = new RateClock();
  /** Where the last step has already evaluated the next one. */
  let known: StepValues | null = null;

  for (let step = first; step < steps; step++) {
    if (args.signal?.aborted) {
      status = 'stopped';
      break;
    }
    if (enough(training, options)) break;
    const picked = batches.at(step);
    const out = known ?? evaluate(step, picked);
    known = null;
    const gradientNorm = clipByNorm(gradients, optimizer.kind === 'search' ? 0 : options.clip);
    const why = faultOfStep(out, gradientNorm, gradients, () => ({
      ...program.explaining,
      inputs,
      picked: picked.map((i) => numberOf(rows, i)),
      step: step + 1,
    }));
    if (why) {
      const back = resumeFrom(subject, checkpoint);
      // What fails at the parameters it began with fails at any rate.
      if (training.returns >= mostReturns || optimizer.steps === 0) {
        status = 'failed';
        diagnostics.push(why);
        break;
      }
      adopt({ ...back, returns: training.returns + 1, slowed: training.slowed / 2 });
      const from = back.optimizer.steps;
      diagnostics.push(returned(why, from, training.slowed));
      checkpoint = keep();
      history.backTo(from);
      while (terms.length > 0 && terms[terms.length - 1].step > from) terms.pop();
      while (looks.length > 0 && looks[looks.length - 1].step > from) looks.pop();
      step = from - 1;
      continue;
    }
    const done = step + 1;
    const looking = done % lookEvery === 0 || done === steps;
    // Before the update, so that the terms are those of the step's energies.
    let mark = performance.now();
    const observed = looking ? program.terms(inputs) : undefined;
    seconds.observe += since(mark);

    mark = performance.now();
    if (optimizer.kind === 'search') {
      const spent = seconds.perturb + seconds.evaluate;
      const searched = optimizer.step(live, gradients, out.loss, () => {
        known = evaluate(step, picked);
        return known.loss;
      });
      // Evaluations within the search are counted where they belong.
      mark += 1000 * (seconds.perturb + seconds.evaluate - spent);
      if (!searched.evaluated) known = null;
      if (!searched.moved) {
        settle(step);
        break;
      }
    } else optimizer.step(live, gradients, rateOf(step) * training.slowed);
    if (options.average > 0) averageStep(training.average, live, options.average);
    seconds.update += since(mark);

    mark = performance.now();
    const heldOut = looking && judge ? look() : undefined;
    if (heldOut !== undefined) looks.push({ step: done, loss: heldOut });
    seconds.observe += since(mark);

    history.push(done, out, gradientNorm);
    if (observed) terms.push({ step: done, terms: observed });
    args.onStep?.({ step: done, steps, ...out, gradientNorm, rate: clock.tick(), terms: observed, heldOut });
    if (done % checkpointEvery === 0) {
      checkpoint = keep();
      await args.onCheckpoint?.(checkpoint);
    }
    if (since(lastYield) * 1000 > yieldEvery) {
      began += await rest(args.signal);
      lastYield = performance.now();
    }
  }
  if (status !== 'failed') {
    checkpoint = keep();
    const sparse = optimizer.steps > first ? program.fewInSupport(inputs) : null;
    if (sparse) diagnostics.push(sparse);
  }
  const final = resumeFrom(subject, checkpoint);
  const values = new Map([...args.params, ...valuesOf(final.best?.params ?? judged(final, options))]);
  if (status !== 'failed') diagnostics.push(...(loss.verdict?.(values) ?? []));
  return {
    status,
    diagnostics,
    params: new Map([...values].filter(([slot]) => !own.has(slot))),
    steps: final.optimizer.steps,
    history: history.arrays(),
    terms,
    heldOut: looks,
    best: final.best && { step: final.best.step, loss: final.best.loss },
    own: new Map([...own.keys()].map((slot) => [slot.name, values.get(slot)!.data[0]])),
    checkpoint,
    timings: { ...seconds, total: since(began) },
  };

  /** Draws what a step compares its rows with, and evaluates loss and gradients. */
  function evaluate(step: number, picked: Int32Array): StepValues {
    let mark = performance.now();
    const stream = noise.fork(step);
    gather(rows, picked, states);
    imputation?.move(picked, states, current, stream.fork('missing'));
    loss.draw({
      step,
      states,
      picked,
      stream,
      get params() {
        return valuesOf(live);
      },
    });
    seconds.perturb += since(mark);
    mark = performance.now();
    const out = program.step(inputs, gradients);
    seconds.evaluate += since(mark);
    return out;
  }

  /** A last look, where a fit ends before its last step. */
  function settle(step: number): void {
    if (terms.at(-1)?.step !== step) terms.push({ step, terms: program.terms(inputs) });
    if (judge && looks.at(-1)?.step !== step) looks.push({ step, loss: look() });
  }

  /** The loss of held-out rows, and whether it is the best so far. */
  function look(): number {
    const params = judged({ ...training, params: live }, options);
    const found = judge!.loss(coordinates.inputs(params, shapes), valuesOf(params));
    const better = Number.isFinite(found) && !(training.best && training.best.loss <= found);
    training = better
      ? {
          ...training,
          looks: 0,
          best: { loss: found, step: optimizer.steps, params: params.map((p) => p.slice()) },
        }
      : { ...training, looks: training.looks + 1 };
    return found;
  }
}

const since = (mark: number): number => (performance.now() - mark) / 1000;
