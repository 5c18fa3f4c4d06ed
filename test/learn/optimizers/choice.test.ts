import { describe, expect, it } from 'vitest';
import type { OptionValue } from '../../../src/check/values.ts';
import { fitOptions } from '../../../src/learn/options.ts';
import { verbNamed } from '../../../src/options.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';

const span = { file: 'options.energy', start: 0, end: 1 };
const value = (x: number | string | boolean): OptionValue =>
  typeof x === 'number'
    ? { kind: 'number', value: x, span }
    : typeof x === 'string'
      ? { kind: 'word', value: x, span }
      : { kind: 'boolean', value: x, span };

const asked = (
  name: string,
  options: Readonly<Record<string, number | string | boolean>> = {},
  rest: Readonly<Record<string, number>> = {},
) =>
  fitOptions({
    optimizer: {
      kind: 'call',
      name,
      options: Object.fromEntries(Object.entries(options).map(([k, v]) => [k, value(v)])),
      span,
    },
    ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, value(v)])),
  });

const fault = (...args: Parameters<typeof asked>): string => {
  try {
    asked(...args);
  } catch (e) {
    if (e instanceof EnergyError) return `${e.diagnostics[0].code} ${e.diagnostics[0].message}`;
    throw e;
  }
  return 'none';
};

describe('an optimiser that is asked for', () => {
  it('has the defaults of the table', () => {
    expect(fitOptions().optimizer).toEqual({
      kind: 'adam',
      rate: 0.001,
      beta1: 0.9,
      beta2: 0.999,
      schedule: 'constant',
      warmup: 0,
    });
    expect(asked('sgd').optimizer).toEqual({
      kind: 'sgd',
      rate: 0.01,
      momentum: 0,
      nesterov: false,
      schedule: 'constant',
      warmup: 0,
    });
    expect(asked('lbfgs').optimizer).toEqual({ kind: 'lbfgs', memory: 10, tolerance: 1e-7 });
  });

  it('is made of every entry of the table', () => {
    const spec = verbNamed('fit')!.options.find((o) => o.name === 'optimizer')!;
    const names = spec.type.kind === 'call' ? Object.keys(spec.type.values) : [];
    expect(names).toEqual(['adam', 'adamw', 'sgd', 'rmsprop', 'adagrad', 'lbfgs']);
    for (const name of names) expect(asked(name).optimizer.kind).toBe(name);
  });

  it('takes what is given', () => {
    expect(
      asked('sgd', { rate: 0.5, momentum: 0.9, nesterov: true, schedule: 'cosine', warmup: 20, floor: 0.1 })
        .optimizer,
    ).toEqual({
      kind: 'sgd',
      rate: 0.5,
      momentum: 0.9,
      nesterov: true,
      schedule: 'cosine',
      warmup: 20,
      floor: 0.1,
    });
  });

  it('takes all rows with lbfgs, unless somebody says how many', () => {
    expect(asked('lbfgs').batch).toBe(Number.POSITIVE_INFINITY);
    expect(asked('lbfgs', {}, { batch: 50 }).batch).toBe(50);
    expect(asked('adam').batch).toBe(128);
  });

  it('is refused where it would not do what it says', () => {
    expect(fault('adam', { beta1: 1 })).toMatch(/^E0718 `beta1` is less than 1/);
    expect(fault('rmsprop', { beta2: 1 })).toMatch(/^E0718 `beta2`/);
    expect(fault('sgd', { momentum: 1 })).toMatch(/^E0718 `momentum`/);
    expect(fault('sgd', { nesterov: true })).toMatch(/^E0718 `nesterov`/);
    expect(fault('adamw', { rate: 1, decay: 1 })).toMatch(/^E0718 `decay`/);
    expect(fault('adam', { floor: 0.1 })).toMatch(/^E0718 `floor`.*schedule/);
    expect(fault('adam', { schedule: 'exponential', floor: 0 })).toMatch(/^E0718 `floor` is more than 0/);
    expect(fault('adam', { warmup: 10, schedule: 'linear', floor: 0.5 })).toBe('none');
  });
});
