/** Every distribution's density integrates (or sums) to one, constants included. */
import { describe, expect, it } from 'vitest';
import { distributions } from '../../src/check/distributions.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { batchInputs, compile } from '../../src/infer/model.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { open } from '../run/kit.ts';

/** exp(−E) at each value. */
async function densities(
  domain: string,
  dist: string,
  values: readonly (number | readonly number[])[],
): Promise<number[]> {
  const { model } = await open(`energy E(x : ${domain}) {\n  x ~ ${dist}\n}`);
  const m = model();
  const b = m.builder;
  const axis = b.axis(b.range(values.length), 'state');
  const batch = makeBatch(b, m.energy.unknowns, [axis]);
  const node = batch.on(totalEnergy(b, m.energy));
  const states = new Map([[m.unknowns[0].slot, Float64Array.from(values.flat())]]);
  const out = compile(m, [{ name: 'e', axes: [axis], node }], new Map(), referenceEngine()).run(
    batchInputs(m, batch.slots, states, values.length),
  );
  return Array.from(out.get('e')!.data, (e) => Math.exp(-e));
}

/**
 * ∫ f over the line, a half-line or an interval by the trapezoidal rule after a double-exponential change of
 * variables (H. Takahasi and M. Mori, 1974): for these densities exact to ten digits.
 */
async function integral(domain: string, dist: string, lo: number, hi: number): Promise<number> {
  const h = 1 / 64;
  const t = Array.from({ length: 1025 }, (_, i) => (i - 512) * h);
  const points = t.map((u) => {
    const s = (Math.PI / 2) * Math.sinh(u);
    const ds = (Math.PI / 2) * Math.cosh(u);
    if (Number.isFinite(lo) && Number.isFinite(hi)) {
      const half = (hi - lo) / 2;
      return { x: lo + half * (1 + Math.tanh(s)), w: (half * ds) / Math.cosh(s) ** 2 };
    }
    if (Number.isFinite(lo)) return { x: lo + Math.exp(s), w: ds * Math.exp(s) };
    return { x: Math.sinh(s), w: ds * Math.cosh(s) };
  });
  const inside = points.filter(({ x, w }) => Number.isFinite(x) && w > 0 && x > lo && x < hi);
  const f = await densities(
    domain,
    dist,
    inside.map(({ x }) => x),
  );
  return f.reduce((a, p, i) => a + (Number.isNaN(p) ? 0 : p * inside[i].w * h), 0);
}

const line: readonly [string, string, string, number, number][] = [
  ['normal', 'normal(0.5, 1.5)', 'real', -Infinity, Infinity],
  ['half_normal', 'half_normal(0.7)', 'real(0, inf)', 0, Infinity],
  ['cauchy', 'cauchy(-1, 2)', 'real', -Infinity, Infinity],
  ['half_cauchy', 'half_cauchy(3)', 'real(0, inf)', 0, Infinity],
  ['student_t', 'student_t(3, 1, 0.5)', 'real', -Infinity, Infinity],
  // One half: the rule wants smooth functions.
  ['laplace', 'laplace(0.3, 2)', 'real', 0.3, Infinity],
  ['logistic', 'logistic(1, 0.5)', 'real', -Infinity, Infinity],
  ['exponential', 'exponential(0.8)', 'real(0, inf)', 0, Infinity],
  ['lognormal', 'lognormal(0.2, 0.6)', 'real(0, inf)', 0, Infinity],
  ['gamma', 'gamma(2.5, 1.5)', 'real(0, inf)', 0, Infinity],
  ['inv_gamma', 'inv_gamma(2.5, 1.5)', 'real(0, inf)', 0, Infinity],
  ['beta', 'beta(2.5, 1.5)', 'real(0, 1)', 0, 1],
  ['uniform', 'uniform(-1, 2)', 'real(-1, 2)', -1, 2],
  ['half_student_t', 'half_student_t(3, 0.8)', 'real(0, inf)', 0, Infinity],
  ['gumbel', 'gumbel(0.5, 1.5)', 'real', -Infinity, Infinity],
  ['chi_squared', 'chi_squared(3.5)', 'real(0, inf)', 0, Infinity],
  ['weibull', 'weibull(1.8, 2.5)', 'real(0, inf)', 0, Infinity],
  ['pareto', 'pareto(0.5, 2.5)', 'real(0.5, inf)', 0.5, Infinity],
  ['von_mises', 'von_mises(0.7, 1.5)', 'real(-3.2, 3.2)', -Math.PI, Math.PI],
];
const whole: readonly [string, string, string, number, number][] = [
  ['bernoulli', 'bernoulli(0.3)', 'bit', 0, 1],
  ['bernoulli_logit', 'bernoulli_logit(0.7)', 'bit', 0, 1],
  ['binomial', 'binomial(12, 0.3)', 'int(0, 12)', 0, 12],
  ['binomial_logit', 'binomial_logit(12, -0.4)', 'int(0, 12)', 0, 12],
  ['poisson', 'poisson(3.5)', 'int(0, 60)', 0, 60],
  ['poisson_log', 'poisson_log(1.2)', 'int(0, 60)', 0, 60],
  ['neg_binomial', 'neg_binomial(2.5, 1.5)', 'int(0, 200)', 0, 200],
  ['neg_binomial_mean', 'neg_binomial_mean(3, 1.5)', 'int(0, 400)', 0, 400],
  ['geometric', 'geometric(0.3)', 'int(0, 200)', 0, 200],
  ['beta_binomial', 'beta_binomial(12, 2, 0.7)', 'int(0, 12)', 0, 12],
  ['discrete_uniform', 'discrete_uniform(-2, 5)', 'int(-2, 5)', -2, 5],
  ['categorical', 'categorical([0.2, 0.5, 0.3])', 'category(3)', 0, 2],
  ['categorical_logit', 'categorical_logit([0.2, -4, 3])', 'category(3)', 0, 2],
  ['ordered_logistic', 'ordered_logistic(0.4, [-1, 0.3, 2])', 'int(2, 5)', 2, 5],
];
/** Of vectors and matrices; here they are related to those above, or summed. */
const arrays: readonly string[] = [
  'multinomial',
  'dirichlet',
  'multi_normal',
  'multi_normal_precision',
  'multi_normal_cholesky',
  'lkj_corr_cholesky',
  'wishart',
  'inv_wishart',
];

describe('densities are normalised', () => {
  it('every distribution is here', () => {
    expect([...[...line, ...whole].map(([name]) => name), ...arrays].sort()).toEqual(
      [...distributions.keys()].sort(),
    );
  });

  it.each(line)('%s', async (name, dist, domain, lo, hi) => {
    const share = name === 'laplace' ? 0.5 : 1;
    expect(await integral(domain, dist, lo, hi)).toBeCloseTo(share, 7);
  });

  it.each(whole)('%s', async (_, dist, domain, lo, hi) => {
    const values = Array.from({ length: hi - lo + 1 }, (__, i) => lo + i);
    const total = (await densities(domain, dist, values)).reduce((a, p) => a + p, 0);
    expect(total).toBeCloseTo(1, 10);
  });
});

describe('densities of arrays', () => {
  const close = (found: readonly number[], want: readonly number[]): void => {
    expect(found.length).toBe(want.length);
    want.forEach((w, i) => {
      expect(found[i] / w).toBeCloseTo(1, 10);
    });
  };
  const points = [0.05, 0.3, 0.8];

  it('multinomial sums to one over all counts of its total', async () => {
    const states = Array.from({ length: 36 }, (_, i) => [Math.floor(i / 6), i % 6]).flatMap(([x, y]) =>
      x + y <= 5 ? [[x, y, 5 - x - y]] : [],
    );
    const p = await densities('int(0, 5)[3]', 'multinomial(5, [0.2, 0.5, 0.3])', states);
    expect(p.reduce((a, x) => a + x, 0)).toBeCloseTo(1, 10);
  });

  it('dirichlet of two is beta; one number stands for all', async () => {
    const two = points.map((x) => [x, 1 - x]);
    close(
      await densities('real(0, 1)[2]', 'dirichlet([2.5, 0.7])', two),
      await densities('real(0, 1)', 'beta(2.5, 0.7)', points),
    );
    close(
      await densities('real(0, 1)[2]', 'dirichlet(1.7)', two),
      await densities('real(0, 1)[2]', 'dirichlet([1.7, 1.7])', two),
    );
  });

  it.each([
    ['multi_normal(0.4, [[2.25]])'],
    ['multi_normal_precision(0.4, [[1 / 2.25]])'],
    ['multi_normal_cholesky([0.4], [[1.5]])'],
  ])('%s is a normal', async (dist) => {
    close(await densities('real[1]', dist, points), await densities('real', 'normal(0.4, 1.5)', points));
  });

  it('wishart of one is gamma, inv_wishart is inv_gamma', async () => {
    close(
      await densities('real[1, 1]', 'wishart(3.5, [[0.8]])', points),
      await densities('real(0, inf)', 'gamma(1.75, 1 / 1.6)', points),
    );
    close(
      await densities('real[1, 1]', 'inv_wishart(3.5, [[0.8]])', points),
      await densities('real(0, inf)', 'inv_gamma(1.75, 0.4)', points),
    );
  });

  it('lkj_corr_cholesky of two integrates to one over the correlation', async () => {
    const n = 20_000;
    const rs = Array.from({ length: n }, (_, i) => -1 + (2 * (i + 0.5)) / n);
    const p = await densities(
      'real[2, 2]',
      'lkj_corr_cholesky(1.5)',
      rs.map((r) => [1, 0, r, Math.sqrt(1 - r * r)]),
    );
    expect(p.reduce((a, x) => a + x, 0) * (2 / n)).toBeCloseTo(1, 6);
  });
});
