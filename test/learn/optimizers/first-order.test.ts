/** Optimisers that take one gradient a step: closed forms, and tfjs's own optimisers on the same gradients. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeOptimizer } from '../../../src/learn/optimizers/make.ts';
import { type RatedChoice, restore } from '../../../src/learn/optimizers/optimizer.ts';
import { Stream } from '../../../src/random/stream.ts';

const rate = 0.1;
const choices: Readonly<Record<string, RatedChoice>> = {
  adam: { kind: 'adam', rate, beta1: 0.9, beta2: 0.99 },
  adamw: { kind: 'adamw', rate, beta1: 0.9, beta2: 0.99, decay: 0.3 },
  sgd: { kind: 'sgd', rate, momentum: 0, nesterov: false },
  momentum: { kind: 'sgd', rate, momentum: 0.8, nesterov: false },
  nesterov: { kind: 'sgd', rate, momentum: 0.8, nesterov: true },
  rmsprop: { kind: 'rmsprop', rate, beta2: 0.9, momentum: 0 },
  'rmsprop with momentum': { kind: 'rmsprop', rate, beta2: 0.9, momentum: 0.7 },
  adagrad: { kind: 'adagrad', rate },
};

/** Where a scalar is after each of some gradients. */
function path(choice: RatedChoice, gradients: readonly number[], start = 0): number[] {
  const optimizer = makeOptimizer(choice, { lengths: [1] });
  const theta = [Float64Array.of(start)];
  return gradients.map((g) => {
    optimizer.step(theta, [Float64Array.of(g)], choice.rate);
    return theta[0][0];
  });
}

describe('adam', () => {
  it('moves by rate·g/(|g| + ε) as long as the gradient is constant', () => {
    // With constant g both corrected moments are exactly g and g².
    const params = [Float64Array.of(1, -2), Float64Array.of(3)];
    const gradients = [Float64Array.of(0.5, -4), Float64Array.of(1e-3)];
    const optimizer = makeOptimizer(choices.adam, { lengths: [2, 1] });
    for (let k = 0; k < 7; k++) optimizer.step(params, gradients, rate);
    expect(optimizer.steps).toBe(7);
    expect(params[0][0]).toBeCloseTo(1 - 7 * 0.1 * (0.5 / (0.5 + 1e-8)), 12);
    expect(params[0][1]).toBeCloseTo(-2 + 7 * 0.1 * (4 / (4 + 1e-8)), 12);
    expect(params[1][0]).toBeCloseTo(3 - 7 * 0.1 * (1e-3 / (1e-3 + 1e-8)), 12);
  });

  it('follows Algorithm 1 where the gradient changes', () => {
    // m₂ = 0.9·0.1·1 + 0.1·(−3) = −0.21; v₂ = 0.99·0.01 + 0.01·9 = 0.0999
    const m = -0.21 / (1 - 0.81);
    const v = 0.0999 / (1 - 0.99 ** 2);
    expect(path(choices.adam, [1, -3])[1]).toBeCloseTo(
      -0.1 / (1 + 1e-8) - (0.1 * m) / (Math.sqrt(v) + 1e-8),
      12,
    );
  });

  it('leaves parameters without a gradient where they are', () => {
    expect(path(choices.adam, [0, 0], 5)).toEqual([5, 5]);
  });
});

describe('adamw', () => {
  it('shrinks by rate·decay beside the step of adam, not within its moments', () => {
    expect(path(choices.adamw, [0, 0], 5)[1]).toBeCloseTo(5 * (1 - 0.1 * 0.3) ** 2, 12);
    const gradients = [1, -3, 0.5];
    let theta = 2;
    let before = 2;
    path(choices.adam, gradients, 2).forEach((at) => {
      theta = theta * (1 - 0.03) + (at - before);
      before = at;
    });
    expect(path(choices.adamw, gradients, 2)[2]).toBeCloseTo(theta, 12);
  });

  it('spares parameters that are not to decay', () => {
    const optimizer = makeOptimizer(choices.adamw, { lengths: [1, 1], decays: [true, false] });
    const params = [Float64Array.of(1), Float64Array.of(1)];
    optimizer.step(params, [Float64Array.of(0), Float64Array.of(0)], rate);
    expect(params.map((p) => p[0])).toEqual([1 - 0.1 * 0.3, 1]);
  });
});

describe('the others', () => {
  it('follow their recurrences', () => {
    expect(path(choices.sgd, [1, -3])).toEqual([-0.1, -0.1 + 0.1 * 3]);
    // b₁ = 1, b₂ = 0.8 − 3
    expect(path(choices.momentum, [1, -3])[1]).toBeCloseTo(-0.1 + 0.1 * 2.2, 12);
    expect(path(choices.nesterov, [1, -3])[1]).toBeCloseTo(-0.1 * 1.8 - 0.1 * (-3 + 0.8 * -2.2), 12);
    expect(path(choices.rmsprop, [2])[0]).toBeCloseTo(-0.1 / Math.sqrt(0.1), 7);
    expect(path(choices.adagrad, [3, 4])[1]).toBeCloseTo(-0.1 - 0.1 * (4 / 5), 9);
  });

  it('agree to keep nothing that is not needed', () => {
    const keptBy = (name: string): string[] => [
      ...makeOptimizer(choices[name], { lengths: [3] }).kept.keys(),
    ];
    expect(Object.keys(choices).map(keptBy)).toEqual([
      ['first', 'second'],
      ['first', 'second'],
      [],
      ['velocity'],
      ['velocity'],
      ['second'],
      ['second', 'velocity'],
      ['squares'],
    ]);
  });
});

describe.each(Object.entries(choices))('%s', (_, choice) => {
  const lengths = [5, 1, 12];
  const draw = (stream: Stream): Float64Array[] =>
    lengths.map((n) => Float64Array.from({ length: n }, () => 2 * stream.uniform() - 1));
  const run = (cut: number | null): Float64Array[] => {
    const stream = new Stream(3);
    const params = draw(stream);
    let optimizer = makeOptimizer(choice, { lengths });
    for (let step = 0; step < 40; step++) {
      if (step === cut) {
        const next = makeOptimizer(choice, { lengths });
        restore(next, optimizer);
        optimizer = next;
      }
      optimizer.step(params, draw(stream), rate / (1 + step));
    }
    return params;
  };

  it('goes on from its state to the same bytes', () => {
    const whole = run(null);
    for (const cut of [1, 7, 22, 39]) expect(run(cut)).toEqual(whole);
  });
});

describe('tfjs on the same gradients', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    await tf.ready();
  });

  // ε under the root there and beside it here: small enough to be told apart from neither.
  const epsilon = 1e-16;
  const theirs: Readonly<Record<string, () => tf.Optimizer>> = {
    adam: () => tf.train.adam(rate, 0.9, 0.99, 1e-8),
    sgd: () => tf.train.sgd(rate),
    momentum: () => tf.train.momentum(rate, 0.8),
    nesterov: () => tf.train.momentum(rate, 0.8, true),
    rmsprop: () => tf.train.rmsprop(rate, 0.9, 0, epsilon),
    'rmsprop with momentum': () => tf.train.rmsprop(rate, 0.9, 0.7, epsilon),
    adagrad: () => tf.train.adagrad(rate, epsilon),
  };

  it.each(Object.keys(theirs))('%s, step by step', (name) => {
    const stream = new Stream(9);
    const size = 50;
    const start = Float64Array.from({ length: size }, () => Math.fround(stream.uniform()));
    const params = [start.slice()];
    const variable = tf.variable(tf.tensor1d(Float32Array.from(start)));
    const optimizer = makeOptimizer(choices[name], { lengths: [size] });
    const other = theirs[name]();
    let worst = 0;
    for (let step = 0; step < 60; step++) {
      const g = Float64Array.from({ length: size }, () => Math.fround(2 * stream.uniform() - 0.8));
      optimizer.step(params, [g], rate);
      const tensor = tf.tensor1d(Float32Array.from(g));
      other.applyGradients([{ name: variable.name, tensor }]);
      tensor.dispose();
      variable.dataSync().forEach((x, i) => {
        worst = Math.max(worst, Math.abs(x - params[0][i]));
      });
    }
    // Sixty roundings of numbers below 30, and what they do to moments.
    expect(worst).toBeLessThan(60 * 30 * 2 ** -24);
    expect(worst).toBeGreaterThan(0);
    variable.dispose();
  });
});
