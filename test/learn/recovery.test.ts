/** That fits recover what data were drawn from, with tolerances from standard errors (`information.ts`). */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Domain, isDiscrete, stateCount, valueMap } from '../../src/domain.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import type { Slot } from '../../src/ir/types.ts';
import { type FitArgs, fit as learn } from '../../src/learn/fit.ts';
import type { FitOptions } from '../../src/learn/options.ts';
import { makePerturbation } from '../../src/learn/perturb.ts';
import { Stream } from '../../src/random/stream.ts';
import { information, inverse } from './information.ts';
import {
  boltzmann,
  dot,
  filled,
  quickOptions,
  realLine,
  sameTimes,
  span,
  spinFeatures,
  type Toy,
  toy,
} from './toy.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await tfjsEngine('wasm');
});

const T = 0.5;
const draws = 16;
const decay = 0.99;
const batch = 250;
const options = (changes: Partial<FitOptions>): FitOptions =>
  quickOptions({
    loss: { kind: 'discrepancy', t: T, tReal: T, draws, stabilise: 1 },
    optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999 },
    batch,
    clip: 5,
    average: decay,
    ...changes,
  });

/**
 * A moving average with weights (1 − d)dᵏ has the variance of a mean of (1 + d)/(1 − d)
 * iterates, and with slowly varying iterates that of the minimiser for the rows that they
 * saw, so the noise of the optimiser is that of a fit to this many rows.
 */
const rowsAveraged = (batch * (1 + decay)) / (1 - decay);

/** One draw of negatives for all rows, for the information matrix. */
function negativesOf(u: Slot, values: readonly number[], rows: number): Float64Array {
  const column = {
    shape: [rows, ...u.sets.map((s) => staticSize(s)!)],
    data: Float64Array.from(values),
  };
  const p = makePerturbation({
    unknowns: [u],
    sizeOf: (s) => staticSize(s)!,
    columns: new Map([[u, column]]),
    rows,
    draws,
    times: sameTimes(T),
  });
  p.draw(new Map([[u, column.data]]), new Stream(77));
  return p.negatives.get(u)!;
}

/** Independent draws from probabilities ∝ exp(−energies), by inversion. */
function drawStates(energies: readonly number[], rows: number, seed: number): number[] {
  const weights = energies.map((e) => Math.exp(-e));
  const total = weights.reduce((a, c) => a + c, 0);
  const s = new Stream(seed);
  return Array.from({ length: rows }, () => {
    let u = s.uniform() * total;
    const k = weights.findIndex((w) => {
      u -= w;
      return u < 0;
    });
    return k < 0 ? weights.length - 1 : k;
  });
}

const from = (t: Toy, values: Readonly<Record<string, number>> = {}): FitArgs['params'] =>
  new Map(t.bound.program.params.map((p) => [p.slot, filled(p.slot, values[p.slot.name] ?? 0)]));

describe('a Boltzmann machine of five spins', () => {
  it('is recovered from 2,000 exact draws within the asymptotic error', async () => {
    const s = new Stream(41);
    const theta = Array.from({ length: 15 }, () => 0.5 * s.normal());
    const states = Array.from({ length: 32 }, (_, k) => [0, 1, 2, 3, 4].map((i) => 2 * ((k >> i) & 1) - 1));
    const energies = states.map((x) => -dot(theta, spinFeatures(x)));
    const rows = 2000;
    const data = drawStates(energies, rows, 5).flatMap((k) => states[k]);
    const t = boltzmann(new Builder(), data);
    const r = await learn({ ...t, params: from(t), options: options({ steps: 600 }), engine });
    const found = [...Array.from(r.params.get(t.J)!.data), ...Array.from(r.params.get(t.h)!.data)];
    const H = information(
      spinFeatures,
      theta,
      Float64Array.from(data),
      negativesOf(t.s, data, rows),
      rows,
      draws,
    );
    const errors = inverse(H).map((row, i) => Math.sqrt(row[i] * (1 / rows + 1 / rowsAveraged)));
    // The errors are small beside the couplings, so the test can tell them from zero.
    expect(Math.max(...errors)).toBeLessThan(0.1);
    // 15 normal z: |z| < 4 fails by chance with probability 1e-3; Σz² has mean 15 and sd √30.
    const z = found.map((v, i) => (v - theta[i]) / errors[i]);
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(4);
    expect(dot(z, z)).toBeLessThan(15 + 4 * Math.sqrt(30));
  });
});

describe('a Gaussian', () => {
  it('is recovered with its mean and precision', async () => {
    const rows = 2000;
    const s = new Stream(8);
    const data = Array.from({ length: rows }, () => 2 + 3 * s.normal());
    const b = new Builder();
    const x = b.slot('unknown', 'x', realLine, [], span);
    const mu = b.slot('param', 'mu', realLine, [], span);
    const lambda = b.slot('param', 'lambda', { kind: 'real', lo: 0, hi: Number.POSITIVE_INFINITY }, [], span);
    const deviation = b.sub(b.read(x, []), b.read(mu, []));
    const t = toy(b, {
      terms: { well: b.mul(b.mul(b.const(0.5), b.read(lambda, [])), b.call('square', deviation)) },
      unknowns: [[x, data]],
      params: [mu, lambda],
    });
    const params = from(t, { mu: 0, lambda: 1 });
    const r = await learn({ ...t, params, options: options({ steps: 800 }), engine });
    const mean = data.reduce((a, v) => a + v, 0) / rows;
    const precision = rows / data.reduce((a, v) => a + (v - mean) ** 2, 0);
    // −U = θ₁x + θ₂x² with θ = (λμ, −λ/2); dμ = dθ₁/λ + 2μ/λ·dθ₂ and dλ = −2dθ₂.
    const theta = [precision * mean, -precision / 2];
    const C = inverse(
      information(
        (v) => [v[0], v[0] ** 2],
        theta,
        Float64Array.from(data),
        negativesOf(x, data, rows),
        rows,
        draws,
      ),
    );
    const g = [1 / precision, (2 * mean) / precision];
    const noise = 1 / rows + 1 / rowsAveraged;
    const muError = Math.sqrt(
      (g[0] * g[0] * C[0][0] + 2 * g[0] * g[1] * C[0][1] + g[1] * g[1] * C[1][1]) * noise,
    );
    const lambdaError = 2 * Math.sqrt(C[1][1] * noise);
    expect(muError).toBeLessThan(0.5);
    expect(lambdaError / precision).toBeLessThan(0.25);
    expect(Math.abs(r.params.get(mu)!.data[0] - mean)).toBeLessThan(4 * muError);
    expect(Math.abs(r.params.get(lambda)!.data[0] - precision)).toBeLessThan(4 * lambdaError);
  });
});

const base = new Builder();
const unary: readonly Domain[] = [
  { kind: 'category', values: base.range(4) },
  { kind: 'ordinal', size: 5 },
  { kind: 'int', lo: -2, hi: 2 },
  { kind: 'cyclic', size: 6 },
];

describe.each(unary)('a free energy of each value of a $kind', (domain) => {
  it('becomes minus the log-frequency', async () => {
    if (!isDiscrete(domain)) throw new Error('not discrete');
    const b = new Builder();
    const states = stateCount(domain, (s) => staticSize(s)!);
    const values = b.range(states);
    const { offset } = valueMap(domain);
    const x = b.slot('unknown', 'x', domain, [], span);
    const w = b.slot('param', 'w', realLine, [values], span);
    const code = b.sub(b.read(x, []), b.const(offset));
    const rows = 1000;
    const truth = Array.from({ length: states }, (_, k) => Math.sin(2 * k) + 0.3 * k);
    const codes = drawStates(truth, rows, 6);
    const data = codes.map((k) => offset + k);
    const t = toy(b, { terms: { bias: b.read(w, [code]) }, unknowns: [[x, data]], params: [w] });
    const r = await learn({ ...t, params: from(t), options: options({ steps: 500 }), engine });
    // The model can be any distribution, so its minimiser for the empirical distribution is that
    // distribution: what is left is the noise of the optimiser. Differences to value 0 are compared.
    const counts = Array.from({ length: states }, (_, k) => codes.filter((c) => c === k).length);
    const theta = counts.slice(1).map((c) => Math.log(c / counts[0]));
    const learned = Array.from(r.params.get(w)!.data);
    const found = learned.slice(1).map((v) => learned[0] - v);
    const H = information(
      (v) => theta.map((_, k) => (v[0] - offset === k + 1 ? 1 : 0)),
      theta,
      Float64Array.from(data),
      negativesOf(x, data, rows),
      rows,
      draws,
    );
    inverse(H).forEach((row, k) => {
      const error = Math.sqrt(row[k] / rowsAveraged);
      expect(error).toBeLessThan(0.1);
      expect(Math.abs(found[k] - theta[k])).toBeLessThan(4 * error);
    });
  });
});
