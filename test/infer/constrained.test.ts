/** Sampling real unknowns whose domains are not products of intervals, against closed forms. */
import { describe, expect, it } from 'vitest';
import { clampOf, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { summarise } from '../../src/stats/summary.ts';
import { open } from '../run/kit.ts';

/** Means and their Monte-Carlo errors by name. */
async function means(text: string, seed = 1, draws = 800) {
  const opened = await open(text);
  const model = opened.model();
  const job = opened.compiled.program.jobs[0];
  const given = job?.options.given;
  const clamp = given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model);
  const result = await sample(model, clamp, { chains: 4, draws, warmup: 500, seed });
  const out = new Map(summarise(result.draws).quantities.map((q) => [q.name, q]));
  return (name: string) => {
    const q = out.get(name);
    if (!q) throw new Error(`no ${name} among ${[...out.keys()].join(' ')}`);
    return { mean: q.mean ?? Number.NaN, mcse: q.mcse_mean ?? 0 };
  };
}

const near = (x: { mean: number; mcse: number }, value: number): void => {
  expect(x.mcse).toBeGreaterThan(0);
  expect(Math.abs(x.mean - value), `${x.mean} ± ${x.mcse}, expected ${value}`).toBeLessThan(4.5 * x.mcse);
};

describe('constrained real unknowns', { timeout: 120_000 }, () => {
  it('simplex: a Dirichlet has the means and variances of the book', async () => {
    const of = await means(`energy E(w : simplex(3)) {
      term density = -(1 * log(w[0]) + 2 * log(w[1]) + 3 * log(w[2]))
      report square = w[1] ^ 2
    }`);
    near(of('w[0]'), 2 / 9);
    near(of('w[1]'), 3 / 9);
    near(of('w[2]'), 4 / 9);
    near(of('square'), (3 * 4) / (9 * 10));
  });

  it('several vectors at once, some of them given', async () => {
    const of = await means(`index g = 2
    energy E(w : simplex(3)[g]) { term density = -sum(log(w[i, 0]) for i in g)  report both = w[1, 0] * w[0, 0] }
    run d = sample(E, given = { w[0, j] = [0.2, 0.3, 0.5][j] for j in 0..3 })`);
    near(of('w[1,0]'), 2 / 4);
    near(of('both'), 0.2 * (2 / 4));
  });

  it('a vector is given whole or not at all', async () => {
    const opened = await open(`energy E(w : simplex(3)) { term t = w[0] }
    run d = sample(E, given = { w[0] = 0.5 })
    run e = sample(E, given = { w[j] = 0.5 for j in 0..3 })`);
    const [some, wrong] = opened.compiled.program.jobs.map((j) => j.options.given);
    if (some?.kind !== 'given' || wrong?.kind !== 'given') throw new Error('no given');
    const model = opened.model();
    await expect(sample(model, clampOf(model, some.entries), { draws: 2 })).rejects.toMatchObject({
      diagnostics: [{ code: 'E0705', message: expect.stringContaining('depend on each other') }],
    });
    expect(() => clampOf(model, wrong.entries)).toThrow(/sum to 1/);
  });

  it('ordered: the order statistics of three Gaussians', async () => {
    const of = await means('energy E(x : ordered(3)) { x ~ normal(0, 1) }', 2);
    const outer = 1.5 / Math.sqrt(Math.PI);
    near(of('x[0]'), -outer);
    near(of('x[1]'), 0);
    near(of('x[2]'), outer);
  });

  it('unit: von Mises–Fisher on the sphere', async () => {
    const of = await means('energy E(u : unit(3)) { term pull = -2 * u[2] }', 3);
    // coth κ − 1/κ
    near(of('u[2]'), 1 / Math.tanh(2) - 1 / 2);
    near(of('u[0]'), 0);
  });

  it('cholesky_corr: uniform factors, and correlations under LKJ(1)', async () => {
    const flat = await means(`energy E(L : cholesky_corr(3)) {
      term none = 0 * L[1, 0]
      report square = L[1, 0] ^ 2
      report disc   = L[2, 0] ^ 2 + L[2, 1] ^ 2
    }`);
    near(flat('square'), 1 / 3);
    near(flat('disc'), 1 / 2);
    // Correlations uniform over correlation matrices: density of L is Π L_kk^(K − k − 1), k from 0; (r + 1)/2 is beta(K/2, K/2).
    const lkj = await means(`energy E(L : cholesky_corr(3)) {
      term uniform = -log(L[1, 1])
      report r2 = (L[2, 0] * L[1, 0] + L[2, 1] * L[1, 1]) ^ 2
      report r1 = L[1, 0] ^ 2
    }`);
    near(lkj('r2'), 1 / 4);
    near(lkj('r1'), 1 / 4);
  });

  it('bounds that depend on other unknowns: uniform on a triangle, and a chain of three', async () => {
    const two = await means('energy E(a : real(0, 1), b : real(0, 1 - a)) { term none = 0 * a }');
    near(two('a'), 1 / 3);
    near(two('b'), 1 / 3);
    const three = await means(`energy E(a : real(0, 1), b : real(a, 1), c : real(b, 1)) {
      term none = 0 * a
    }`);
    near(three('a'), 1 / 4);
    near(three('b'), 2 / 4);
    near(three('c'), 3 / 4);
  });

  it('bounds that depend on a discrete unknown, on an array, and with elements given', async () => {
    const of = await means(`index i = 2
    energy E(n : int(1, 3), x : real(0, n)[i]) { term none = 0 * x[0] }
    run d = sample(E, given = { x[0] = 1.5 })`);
    // p(n) ∝ n for n ≥ 2: the given x is outside for n = 1.
    near(of('n'), (2 * 2 + 3 * 3) / 5);
    near(of('x[1]'), (2 * 1 + 3 * 1.5) / 5);
  });

  it('angle: von Mises, whatever the turns', async () => {
    const of = await means(`energy E(x : angle) {
      term pull = -2 * cos(x - 3)
      report c = cos(x)
      report s = sin(x)
      report inside = x >= -pi and x < pi
    }`);
    const A = 0.6977746579640079; // I₁(2)/I₀(2)
    near(of('c'), A * Math.cos(3));
    near(of('s'), A * Math.sin(3));
    expect(of('inside').mean).toBe(1);
  });

  it('angle: an energy that jumps at the cut keeps its distribution', async () => {
    const of = await means('energy E(x : angle) { term tilt = 0.5 * x }', 5);
    // exp(−x/2) on (−π, π)
    const [a, k] = [Math.PI, 0.5];
    near(of('x'), 1 / k - a / Math.tanh(k * a));
  });
});
