/** The options of `fit`, read from a job or the command line; defaults are those of the table in `options.ts`. */
import type { OptionValue } from '../check/values.ts';
import { laterLosses, type OptionSpec, verbNamed } from '../options.ts';
import { at, EnergyError, type Place } from '../syntax/diagnostic.ts';
import type { AdamOptions } from './adam.ts';
import type { LearnCode } from './codes.ts';

export interface DiscrepancyOptions {
  readonly kind: 'discrepancy';
  /** Time of the heat equation on each state graph, before scaling with its number of states. */
  readonly t: number;
  /** Time of real unknowns, in units of each column's variance. */
  readonly tReal: number;
  /** Times of int, ordinal and cyclic unknowns, and of categories, where they differ from t. */
  readonly tOrdered?: number;
  readonly tCategory?: number;
  /** Number of times t, t/4, t/16, … among which each row draws. */
  readonly scales?: number;
  /** M, negatives for each row. */
  readonly draws: number;
  /** w, weight of the row itself among its negatives. */
  readonly stabilise: number;
}

export interface FitOptions {
  readonly loss: DiscrepancyOptions;
  readonly optimizer: { readonly kind: 'adam' } & AdamOptions;
  /** Optimiser steps. */
  readonly steps?: number;
  /** Passes over the rows, instead of steps. Neither: as many as make about `defaultSteps` steps. */
  readonly epochs?: number;
  /** Rows in a step; all rows where there are fewer. */
  readonly batch: number;
  /** Largest norm of a gradient; 0: no limit. */
  readonly clip: number;
  /** Decay of the moving average of the parameters; 0 keeps the last ones. */
  readonly average: number;
  readonly seed: number;
}

/** Steps, about, of a fit that is told neither steps nor epochs. */
export const defaultSteps = 2000;

type Values = Readonly<Record<string, OptionValue>>;

/**
 * @param values options by name, as the checker leaves them; absent ones get their defaults
 * @throws EnergyError E0717 for both `steps` and `epochs`, E0718 for decays of 1 and times of 0
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
  const asked = values.loss;
  if (asked?.kind === 'call' && laterLosses.includes(asked.name))
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0720' satisfies LearnCode,
        place: at(asked.span),
        message: `the loss \`${asked.name}\` is not available in this version`,
        suggestion: 'use `discrepancy(t = 0.1, draws = 32)`, which needs no chains',
      },
    ]);
  const loss = nested(specs, values, 'loss', 'discrepancy');
  const adam = nested(specs, values, 'optimizer', 'adam');
  const t = loss('t')!;
  const made: FitOptions = {
    loss: {
      kind: 'discrepancy',
      t,
      tReal: loss('t_real') ?? t,
      tOrdered: loss('t_ordered'),
      tCategory: loss('t_category'),
      scales: loss('scales'),
      draws: loss('draws')!,
      stabilise: loss('stabilise')!,
    },
    optimizer: { kind: 'adam', rate: adam('rate')!, beta1: adam('beta1')!, beta2: adam('beta2')! },
    steps: numberOf(specs, values, 'steps'),
    epochs: numberOf(specs, values, 'epochs'),
    batch: numberOf(specs, values, 'batch')!,
    clip: numberOf(specs, values, 'clip')!,
    average: numberOf(specs, values, 'average')!,
    seed: numberOf(specs, values, 'seed')!,
  };
  const { average, optimizer } = made;
  const below1 = { average, beta1: optimizer.beta1, beta2: optimizer.beta2 };
  for (const [name, value] of Object.entries(below1))
    if (value >= 1)
      throw outOfRange(values, name, `\`${name}\` is less than 1: at 1 nothing new would count`);
  if (made.loss.t === 0 && made.loss.tReal === 0)
    throw outOfRange(values, 't', '`t` is more than 0: rows that are not perturbed teach nothing');
  return made;
}

function outOfRange(values: Values, name: string, message: string): EnergyError {
  const nestedIn = Object.values(values).find((v) => v.kind === 'call' && v.options[name] !== undefined);
  const given = values[name] ?? (nestedIn?.kind === 'call' ? nestedIn.options[name] : undefined);
  const place: Place = given ? at(given.span) : { kind: 'data', file: 'options' };
  return new EnergyError([{ severity: 'error', code: 'E0718' satisfies LearnCode, place, message }]);
}

/** The options of `loss = discrepancy(…)` and the like. */
function nested(
  specs: readonly OptionSpec[],
  values: Values,
  name: string,
  kind: string,
): (option: string) => number | undefined {
  const spec = specs.find((s) => s.name === name);
  const inner = spec?.type.kind === 'call' ? spec.type.values[kind] : [];
  const given = values[name];
  return (option) => numberOf(inner, given?.kind === 'call' ? given.options : {}, option);
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
