/** The options of `fit`, read from a job or the command line; defaults are those of the table in `options.ts`. */
import type { OptionValue } from '../check/values.ts';
import { type OptionSpec, verbNamed } from '../options.ts';
import { at, EnergyError, type Place } from '../syntax/diagnostic.ts';
import type { LearnCode } from './codes.ts';
import { optimizerChoice, optimizerFault } from './optimizers/choice.ts';
import type { OptimizerChoice } from './optimizers/optimizer.ts';

/** A loss and its options, by the names of the table in `options.ts`; those without a value have no default. */
export interface LossChoice {
  readonly kind: string;
  readonly [option: string]: OptionScalar | undefined;
}

export type OptionScalar = number | string | boolean;

/** A numeric option of a loss that has a default. */
export function lossNumber(loss: LossChoice, name: string): number {
  const value = loss[name];
  if (typeof value !== 'number') throw new Error(`the loss ${loss.kind} has no number \`${name}\``);
  return value;
}

/** A numeric option of a loss that may be absent. */
export const lossOption = (loss: LossChoice, name: string): number | undefined =>
  loss[name] === undefined ? undefined : lossNumber(loss, name);

export interface FitOptions {
  readonly loss: LossChoice;
  readonly optimizer: OptimizerChoice;
  /** Optimiser steps. */
  readonly steps?: number;
  /** Passes over the rows, instead of steps. Neither: as many as make about `defaultSteps` steps. */
  readonly epochs?: number;
  /** Rows in a step; all rows where there are fewer. Infinite where the optimiser takes all. */
  readonly batch: number;
  /** Largest norm of a gradient; 0: no limit. */
  readonly clip: number;
  /** Decay of the moving average of the parameters; 0 keeps the last ones. */
  readonly average: number;
  /** Share of the rows that is kept aside and judges; 0: none. */
  readonly heldOut: number;
  /** Looks at held-out rows without a new best after which a fit ends. */
  readonly patience?: number;
  readonly seed: number;
}

/** Steps, about, of a fit that is told neither steps nor epochs. */
export const defaultSteps = 2000;

type Values = Readonly<Record<string, OptionValue>>;

/**
 * @param values options by name, as the checker leaves them; absent ones get their defaults
 * @throws EnergyError E0717 for both `steps` and `epochs`, E0718 for decays of 1, times of 0 and the like
 */
export function fitOptions(values: Values = {}): FitOptions {
  const specs = verbNamed('fit')!.options;
  const { steps, epochs } = values;
  if (steps && epochs)
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0717' satisfies LearnCode,
        place: at(epochs.span),
        message: 'a fit takes `steps` or `epochs`, not both',
        notes: [{ message: '`steps` is given here', place: at(steps.span) }],
      },
    ]);
  const loss = choiceOf(specs, values, 'loss', 'discrepancy');
  const optimizer = optimizerChoice(choiceOf(specs, values, 'optimizer', 'adam'));
  const made: FitOptions = {
    loss,
    optimizer,
    steps: numberOf(specs, values, 'steps'),
    epochs: numberOf(specs, values, 'epochs'),
    batch:
      optimizer.kind === 'lbfgs' && !values.batch
        ? Number.POSITIVE_INFINITY
        : numberOf(specs, values, 'batch')!,
    clip: numberOf(specs, values, 'clip')!,
    average: numberOf(specs, values, 'average')!,
    heldOut: numberOf(specs, values, 'held_out')!,
    patience: numberOf(specs, values, 'patience'),
    seed: numberOf(specs, values, 'seed')!,
  };
  const below1 = { average: made.average, held_out: made.heldOut };
  for (const [name, value] of Object.entries(below1))
    if (value >= 1)
      throw outOfRange(
        values,
        name,
        `\`${name}\` is less than 1: at 1 ${name === 'held_out' ? 'no row would be left to learn from' : 'nothing new would count'}`,
      );
  const fault = optimizerFault(optimizer);
  if (fault) throw outOfRange(values, fault.option, fault.message);
  if (loss.t === 0 && !loss.t_real && !loss.t_ordered && !loss.t_cyclic && !loss.t_category)
    throw outOfRange(values, 't', '`t` is more than 0: rows that are not perturbed teach nothing');
  if (loss.t_last !== undefined && (loss.t === 0 || loss.t_last === 0))
    throw outOfRange(
      values,
      't_last',
      '`t` and `t_last` are more than 0: between them times fall geometrically',
    );
  if (loss.sites !== undefined && loss.kind === 'discrepancy' && loss.kernel !== 'grid')
    throw outOfRange(
      values,
      'sites',
      '`sites` counts what `kernel = grid` looks at: other kernels perturb every element',
    );
  if (made.patience !== undefined && made.heldOut === 0)
    throw outOfRange(values, 'patience', '`patience` counts looks at held-out rows: give `held_out`, too');
  return made;
}

/** The loss or the optimiser that is asked for, with its options, else `standard`. */
function choiceOf(
  specs: readonly OptionSpec[],
  values: Values,
  name: 'loss' | 'optimizer',
  standard: string,
): LossChoice {
  const spec = specs.find((s) => s.name === name);
  if (spec?.type.kind !== 'call') throw new Error(`the table of options has no ${name}`);
  const given = values[name];
  const kind = given?.kind === 'call' ? given.name : standard;
  const options = given?.kind === 'call' ? given.options : {};
  const chosen: Record<string, OptionScalar> = {};
  for (const option of spec.type.values[kind]) {
    const value = options[option.name];
    if (value?.kind === 'number' || value?.kind === 'boolean' || value?.kind === 'word')
      chosen[option.name] = value.value;
    else if (option.default !== undefined) chosen[option.name] = option.default;
  }
  return { ...chosen, kind };
}

/** Energy discrepancy with the defaults of its table. */
export const discrepancyOptions = (): LossChoice =>
  choiceOf(verbNamed('fit')!.options, {}, 'loss', 'discrepancy');

function outOfRange(values: Values, name: string, message: string): EnergyError {
  const nestedIn = Object.values(values).find((v) => v.kind === 'call' && v.options[name] !== undefined);
  const given = values[name] ?? (nestedIn?.kind === 'call' ? nestedIn.options[name] : undefined);
  const place: Place = given ? at(given.span) : { kind: 'data', file: 'options' };
  return new EnergyError([{ severity: 'error', code: 'E0718' satisfies LearnCode, place, message }]);
}

function numberOf(specs: readonly OptionSpec[], values: Values, name: string): number | undefined {
  const given = values[name];
  if (given?.kind === 'number') return given.value;
  const standard = specs.find((s) => s.name === name)?.default;
  return typeof standard === 'number' ? standard : undefined;
}

/**
 * The number of optimiser steps: `steps`, else `epochs` passes of ⌊rows/batch⌋ steps
 * each, else the smallest number of passes that makes `defaultSteps` steps.
 */
export function stepsOf(options: FitOptions, stepsPerEpoch: number): number {
  if (options.steps !== undefined) return options.steps;
  return (options.epochs ?? Math.ceil(defaultSteps / stepsPerEpoch)) * stepsPerEpoch;
}
