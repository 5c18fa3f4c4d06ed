/**
 * Rows that are kept aside and judge: their loss, with the same perturbations at every
 * look, so that looks differ by the parameters alone.
 */
import type { BoundProgram } from '../bind/bound.ts';
import type { Arrays, Engine } from '../engines/engine.ts';
import type { Energy } from '../ir/types.ts';
import { Stream } from '../random/stream.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import type { LearnCode } from './codes.ts';
import type { Loss } from './losses/loss.ts';
import { makeLoss } from './losses/registry.ts';
import { discrepancyOptions, type FitOptions } from './options.ts';
import { asInputs, emptyRows, gather, type Rows, someRows, wholeRows } from './rows.ts';
import type { TrainingProgram } from './training.ts';

export interface Judge {
  /**
   * The mean loss of the held-out rows.
   * @param params coordinates of the parameters, as inputs
   * @param values the parameters themselves
   */
  readonly loss: (params: Arrays, values: Arrays) => number;
  readonly dispose: () => void;
}

/** Steps of rows that one look takes, at most. */
const MOST_BATCHES = 32;

/** Rows to learn from and rows that judge: a share drawn once from the seed, of which whole rows judge. */
export function splitRows(
  rows: Rows,
  options: FitOptions,
): { readonly learn: Rows; readonly judge: Rows | null } {
  if (options.heldOut === 0) return { learn: rows, judge: null };
  const aside = Math.round(options.heldOut * rows.count);
  if (aside === 0 || aside === rows.count)
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0718' satisfies LearnCode,
        place: { kind: 'data', file: 'options' },
        message: `a share of ${options.heldOut} of ${rows.count} ${rows.count === 1 ? 'row' : 'rows'} leaves none ${aside === 0 ? 'to judge by' : 'to learn from'}`,
        suggestion: 'give another `held_out`, or none',
      },
    ]);
  const order = Int32Array.from({ length: rows.count }, (_, i) => i);
  new Stream(options.seed, 'fit', 'held out').shuffle(order);
  const judge = someRows(rows, order.slice(0, aside).sort());
  // What is missing has no loss.
  const whole = wholeRows(judge);
  if (whole.length === 0)
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0718' satisfies LearnCode,
        place: { kind: 'data', file: 'options' },
        message: `none of the ${aside} held-out ${aside === 1 ? 'row' : 'rows'} is whole, and rows with missing cells cannot judge`,
        suggestion: 'give a larger `held_out`, or none',
      },
    ]);
  return {
    learn: someRows(rows, order.slice(aside).sort()),
    judge: whole.length < judge.count ? someRows(judge, whole) : judge,
  };
}

/**
 * The loss of the fit on other rows; where that compares with chains, whose states depend on the parameters, energy
 * discrepancy with its defaults.
 */
export function makeJudge(
  bound: BoundProgram,
  energy: Energy,
  engine: Engine,
  learn: Rows,
  rows: Rows,
  loss: Loss,
  options: FitOptions,
  program: TrainingProgram,
): Judge {
  const size = Math.min(options.batch, rows.count);
  const stream = new Stream(options.seed, 'fit', 'judge');
  const own = makeLoss(
    { bound, energy, engine, rows: learn, batch: size, steps: 1, stream },
    loss.comparable === false ? discrepancyOptions() : options.loss,
  );
  const evaluator = program.compile(
    [{ name: 'loss', axes: [], node: program.coordinates.on(own.shown ?? own.objective) }],
    own.constants,
  );
  const states = emptyRows(rows, size);
  // Parameters of the loss itself have slots of their own here.
  const theirs = [...(loss.own?.keys() ?? [])];
  const aliases = [...(own.own?.keys() ?? [])].map((slot, i) => [slot, theirs[i]] as const);
  const batches = Math.min(MOST_BATCHES, Math.floor(rows.count / size));
  const inputs = new Map([...asInputs(rows, states, own.rows.slots, [size]), ...own.inputs]);
  return {
    loss: (params, values) => {
      let sum = 0;
      for (let k = 0; k < batches; k++) {
        const picked = Int32Array.from({ length: size }, (_, i) => k * size + i);
        gather(rows, picked, states);
        own.draw({ step: 0, states, picked, stream: stream.fork(k), params: values });
        const all = new Map([
          ...params,
          ...inputs,
          ...aliases.map(([to, from]) => [to, params.get(from)!] as const),
        ]);
        sum += evaluator.run(all).get('loss')!.data[0];
      }
      return sum / batches;
    },
    dispose: () => {
      evaluator.dispose();
      own.dispose?.();
    },
  };
}
