/** An optimiser and its options, read from the table in `src/options.ts`. */
import type { OptimizerChoice } from './optimizer.ts';
import { fallsOverSteps, type RateOptions, type Schedule, schedules } from './schedule.ts';

/** Options by name, defaults filled in; those without a value have no default. */
export interface NamedOptions {
  readonly kind: string;
  readonly [option: string]: number | string | boolean | undefined;
}

/** @param named as the checker leaves it, so of the kinds and types of the table */
export function optimizerChoice(named: NamedOptions): OptimizerChoice {
  const number = (name: string): number => {
    const value = named[name];
    if (typeof value !== 'number') throw new Error(`the optimiser ${named.kind} has no number \`${name}\``);
    return value;
  };
  const rated = (): RateOptions => ({
    rate: number('rate'),
    schedule: scheduleOf(named.schedule),
    warmup: number('warmup'),
    ...(named.floor === undefined ? {} : { floor: number('floor') }),
  });
  switch (named.kind) {
    case 'adam':
      return { kind: 'adam', ...rated(), beta1: number('beta1'), beta2: number('beta2') };
    case 'adamw': {
      const moments = { beta1: number('beta1'), beta2: number('beta2') };
      return { kind: 'adamw', ...rated(), ...moments, decay: number('decay') };
    }
    case 'sgd':
      return { kind: 'sgd', ...rated(), momentum: number('momentum'), nesterov: named.nesterov === true };
    case 'rmsprop':
      return { kind: 'rmsprop', ...rated(), beta2: number('beta2'), momentum: number('momentum') };
    case 'adagrad':
      return { kind: 'adagrad', ...rated() };
    case 'lbfgs':
      return { kind: 'lbfgs', memory: number('memory'), tolerance: number('tolerance') };
    default:
      throw new Error(`there is no optimiser ${named.kind}`);
  }
}

function scheduleOf(word: NamedOptions[string]): Schedule {
  const found = schedules.find((s) => s === word);
  if (!found) throw new Error(`there is no schedule ${word}`);
  return found;
}

/**
 * An option at which the optimiser would not do what it is asked for, and a sentence that says so; null where there is
 * none.
 */
export function optimizerFault(
  choice: OptimizerChoice,
): { readonly option: string; readonly message: string } | null {
  if (choice.kind === 'lbfgs') return null;
  const { kind, schedule = 'constant', floor } = choice;
  const below1 =
    kind === 'adam' || kind === 'adamw'
      ? { beta1: choice.beta1, beta2: choice.beta2 }
      : kind === 'rmsprop'
        ? { beta2: choice.beta2, momentum: choice.momentum }
        : kind === 'sgd'
          ? { momentum: choice.momentum }
          : {};
  for (const [option, value] of Object.entries(below1))
    if (value >= 1) return { option, message: `\`${option}\` is less than 1: at 1 nothing new would count` };
  if (kind === 'adamw' && choice.rate * choice.decay >= 1)
    return {
      option: 'decay',
      message: `\`decay\` times \`rate\` is less than 1: at ${choice.rate * choice.decay} a step would forget the parameters`,
    };
  if (kind === 'sgd' && choice.nesterov && choice.momentum === 0)
    return { option: 'nesterov', message: '`nesterov` looks ahead along the momentum: give `momentum`, too' };
  if (floor !== undefined && schedule === 'constant')
    return {
      option: 'floor',
      message: '`floor` is where a falling rate ends: give a `schedule`, e.g. `schedule = cosine`, too',
    };
  if (floor === 0 && schedule === 'exponential')
    return { option: 'floor', message: '`floor` is more than 0: an exponential never falls to 0' };
  return null;
}

/** For checkpoints: the optimiser and its options, and the number of steps where rates depend on it. */
export function describeOptimizer(choice: OptimizerChoice, steps: number): string {
  const { kind, ...options } = choice;
  const said = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${value}`)
    .sort();
  const over = choice.kind !== 'lbfgs' && fallsOverSteps(choice) ? ` over ${steps} steps` : '';
  return `${kind}(${said.join(', ')})${over}`;
}
