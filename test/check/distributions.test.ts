/** Every distribution's density integrates (or sums) to one, constants included. */
import { describe, expect, it } from 'vitest';
import { distributions } from '../../src/check/distributions.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { batchInputs, compile } from '../../src/infer/model.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { open } from '../run/kit.ts';

/** exp(−E) at each value. */
async function densities(domain: string, dist: string, values: readonly number[]): Promise<number[]> {
  const { model } = await open(`energy E(x : ${domain}) {\n  x ~ ${dist}\n}`);
  const m = model();
  const b = m.builder;
  const axis = b.axis(b.range(values.length), 'state');
  const batch = makeBatch(b, m.energy.unknowns, [axis]);
  const node = batch.on(totalEnergy(b, m.energy));
  const states = new Map([[m.unknowns[0].slot, Float64Array.from(values)]]);
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
];
const whole: readonly [string, string, string, number, number][] = [
  ['bernoulli', 'bernoulli(0.3)', 'bit', 0, 1],
  ['bernoulli_logit', 'bernoulli_logit(0.7)', 'bit', 0, 1],
  ['binomial', 'binomial(12, 0.3)', 'int(0, 12)', 0, 12],
  ['binomial_logit', 'binomial_logit(12, -0.4)', 'int(0, 12)', 0, 12],
  ['poisson', 'poisson(3.5)', 'int(0, 60)', 0, 60],
  ['poisson_log', 'poisson_log(1.2)', 'int(0, 60)', 0, 60],
];

describe('densities are normalised', () => {
  it('every distribution is here', () => {
    expect([...line, ...whole].map(([name]) => name).sort()).toEqual([...distributions.keys()].sort());
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
