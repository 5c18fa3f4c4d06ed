/** `~` and `log_density`: domains, supports, ranges of parameters, broadcasting, exact limits. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { evaluateScalar } from '../../src/engines/reference/index.ts';
import type { Slot } from '../../src/ir/types.ts';
import { open, rendered } from '../run/kit.ts';

const diagnose = (text: string): string => rendered(compileText(text, 'test.energy'));
const INF = Number.POSITIVE_INFINITY;

/** The energy at a state of the unknowns, by name; with data as files. */
async function energyAt(
  text: string,
  state: Readonly<Record<string, readonly number[]>>,
  files: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { model } = await open(text, { files });
  const m = model();
  const arrays = new Map(m.constants);
  for (const u of m.unknowns)
    arrays.set(u.slot as Slot, { shape: [...u.shape], data: Float64Array.from(state[u.slot.name]) });
  return m.energy.terms.reduce((sum, t) => sum + evaluateScalar(t.body, arrays, m.sizeOf), 0);
}

describe('constants outside the range of a parameter', () => {
  it.each([
    ['x ~ normal(0, -1)', '`sigma` of `normal` must be > 0, found -1'],
    ['x ~ student_t(0, 0, 1)', '`nu` of `student_t` must be > 0, found 0'],
    ['x ~ uniform(2, 1)', '`low` of `uniform` must be below `high`, found 2 and 1'],
    ['k ~ bernoulli(1.5)', '`p` of `bernoulli` must be between 0 and 1, found 1.5'],
    ['k ~ binomial(2.5, 0.5)', '`n` of `binomial` must be a whole number ≥ 0, found 2.5'],
    ['k ~ geometric(0)', '`p` of `geometric` must be above 0 and at most 1, found 0'],
    ['k ~ discrete_uniform(3, 1)', '`low` of `discrete_uniform` must not be above `high`, found 3 and 1'],
    ['c ~ categorical([0.2, 0.2, 0.2])', 'sum to 1, found [0.2, 0.2, 0.2]'],
    ['k ~ ordered_logistic(x, [1, 0])', 'ascending numbers, found [1, 0]'],
    ['v ~ normal(mu = 0, sigma = [1, -2, 3])', '`sigma` of `normal` must be > 0, found -2'],
    ['M ~ wishart(0.5, M)', '`nu` of `wishart` must be above 1 for 2×2 matrices, found 0.5'],
    ['term t = -normal(0, 0).log_density(x)', '`sigma` of `normal` must be > 0, found 0'],
  ])('%s', (line, message) => {
    const text = diagnose(
      `energy E(x : real, k : int(0, 2), c : category(3), v : real[3], M : real[2, 2]) {\n  ${line}\n}`,
    );
    expect(text).toContain('error[E0306]');
    expect(text).toContain(message);
  });

  it('the place is the argument, also of named ones in another order', () => {
    expect(diagnose('energy E(x : real) {\n  x ~ normal(sigma = -1, mu = 0)\n}')).toContain(
      'test.energy:2:14',
    );
  });
});

describe('what stands left of ~', () => {
  it.each([
    ['x ~ poisson(3)', 'E0310', '`poisson` is on whole numbers (0, 1, 2, …), found real'],
    ['x ~ poisson(3)', 'E0310', 'declare `x` as whole numbers, e.g. `int(0, …)`'],
    ['(x / 2) ~ bernoulli(0.5)', 'E0310', '`floor` and `round` make whole numbers'],
    ['v ~ multinomial(3, [0.2, 0.3, 0.5])', 'E0310', '`multinomial` is on whole numbers'],
    ['c ~ normal(0, 1)', 'E0307', 'is not a number'],
    ['c ~ ordered_logistic(0, [0, 1])', 'E0307', 'is not a number'],
    [
      'k ~ categorical([0.5, 0.5])',
      'E0310',
      '`categorical` is on the values of a category, found an integer',
    ],
    ['c ~ categorical([0.5, 0.5])', 'E0302', '`p` of `categorical` is over the values of `category(3)` here'],
    ['x ~ von_mises(0, 1)', 'E0310', 'declare `x` as `angle`'],
    ['x ~ dirichlet(1)', 'E0310', '`dirichlet` is on vectors, found a number'],
    ['v ~ wishart(4, M)', 'E0310', '`wishart` is on square matrices'],
    ['v ~ multi_normal([0, 0], M)', 'E0302', '`mu` of `multi_normal` is a vector over `3` here'],
    ['v ~ dirichlet([1, 2])', 'E0302', '`alpha` of `dirichlet` is a vector over `3` here'],
    ['v ~ multi_normal(0, M)', 'E0302', '`Sigma` of `multi_normal` is a square matrix over `3` here'],
    ['k ~ ordered_logistic(0, [0, 1, 2])', 'E0306', 'with 3 cutpoints has 4 levels; this value has 3'],
  ])('%s', (line, code, message) => {
    const text = diagnose(
      `energy E(x : real, k : int(0, 2), c : category(3), v : real[3], M : real[2, 2]) {\n  ${line}\n}`,
    );
    expect(text).toContain(`error[${code}]`);
    expect(text).toContain(message);
  });

  it('data that hold counts are to be declared so', () => {
    const text = diagnose('data n : real[i] from "n.csv"\nenergy E(r : real(0, inf)) {\n  n ~ poisson(r)\n}');
    expect(text).toContain('declare the data `n` as whole numbers, e.g. `int(0, …)`');
  });

  it('a prior outside of the domain of its parameter is a fault', () => {
    const text = diagnose('param a : real ~ half_normal(1)\nenergy E(x : real) { x ~ normal(a, 1) }');
    expect(text).toContain('`half_normal` is on y ≥ 0, but the domain is real');
    expect(diagnose('param a : real(0, inf) ~ half_normal(1)\nenergy E(x : real) { x ~ normal(a, 1) }')).toBe(
      '',
    );
  });
});

describe('supports', () => {
  const requirements = (text: string): number => {
    const c = compileText(text, 'test.energy');
    expect(rendered(c)).toBe('');
    return [...c.program.energies.values()][0].energy.support.length;
  };

  it.each([
    ['x : real(0, inf)', 'x ~ gamma(2, 1)', 0],
    ['x : real', 'x ~ gamma(2, 1)', 1],
    ['x : real', 'x ~ beta(2, 1)', 2],
    ['x : int(0, 5)', 'x ~ binomial(5, 0.5)', 0],
    ['x : int(0, 6)', 'x ~ binomial(5, 0.5)', 1],
    ['x : int(-1, 2)', 'x ~ bernoulli(0.5)', 2],
    ['x : bit', 'x ~ bernoulli(0.5)', 0],
    ['x : bit', '(x == 1) ~ bernoulli(0.5)', 0],
    ['x : real(0, 1)[3]', 'x ~ dirichlet(1)', 0],
    ['x : real[3]', 'x ~ dirichlet(1)', 1],
    ['x : int(0, 4)[3]', 'x ~ multinomial(4, [0.2, 0.3, 0.5])', 1],
    ['x : real', 'term t = -gamma(2, 1).log_density(x) + x ^ 2', 0],
  ])('%s with %s: %i requirements', (args, line, count) => {
    expect(requirements(`energy E(${args}) {\n  ${line}\n}`)).toBe(count);
  });

  it('log_density is −∞ outside', async () => {
    const text = 'energy E(x : real) {\n  term t = exp(uniform(0, 2).log_density(x))\n}';
    expect(await energyAt(text, { x: [1.5] })).toBeCloseTo(0.5, 12);
    expect(await energyAt(text, { x: [3] })).toBe(0);
    const counts =
      'energy E(x : int(0, 9)[2]) {\n  term t = exp(multinomial(3, [0.5, 0.5]).log_density(x))\n}';
    expect(await energyAt(counts, { x: [1, 2] })).toBeCloseTo(3 / 8, 12);
    expect(await energyAt(counts, { x: [1, 1] })).toBe(0);
  });
});

describe('exact limits', () => {
  it.each([
    ['bernoulli(p)', 'bit', 0, 0, 0],
    ['bernoulli(p)', 'bit', 1, 0, INF],
    ['bernoulli(p)', 'bit', 1, 1, 0],
    ['bernoulli(p)', 'bit', 0, 1, INF],
    ['binomial(4, p)', 'int(0, 4)', 0, 0, 0],
    ['binomial(4, p)', 'int(0, 4)', 2, 0, INF],
    ['binomial(4, p)', 'int(0, 4)', 4, 1, 0],
    ['binomial(4, p)', 'int(0, 4)', 3, 1, INF],
    ['poisson(p)', 'int(0, 9)', 0, 0, 0],
    ['poisson(p)', 'int(0, 9)', 3, 0, INF],
    ['neg_binomial_mean(p, 2)', 'int(0, 9)', 0, 0, 0],
    ['neg_binomial_mean(p, 2)', 'int(0, 9)', 1, 0, INF],
    ['geometric(p)', 'int(0, 9)', 0, 1, 0],
    ['geometric(p)', 'int(0, 9)', 1, 1, INF],
  ])('%s on %s at %d with p = %d is %d', async (dist, domain, y, p, want) => {
    const data = `data p : real from "p.json"\nenergy E(y : ${domain}) {\n  y ~ ${dist}\n}`;
    const close = (found: number): void =>
      want === INF ? expect(found).toBe(INF) : expect(found).toBeCloseTo(want, 14);
    close(await energyAt(data, { y: [y] }, { 'p.json': `{"p": ${p}}` }));
    const constant = `energy E(y : ${domain}) {\n  y ~ ${dist.replace('p)', `${p})`).replace('(p,', `(${p},`)}\n}`;
    close(await energyAt(constant, { y: [y] }));
  });

  it('data on the edge of a support', async () => {
    const at = (dist: string): Promise<number> =>
      energyAt(
        `data x : real from "x.json"\nenergy E(a : real) {\n  a ~ normal(0, 1)\n  x ~ ${dist}\n}`,
        { a: [0] },
        { 'x.json': '{"x": 0}' },
      );
    const rest = 0.5 * Math.log(2 * Math.PI);
    expect(await at('gamma(1, 2)')).toBeCloseTo(rest - Math.log(2), 12);
    expect(await at('inv_gamma(2, 1)')).toBe(INF);
    expect(await at('lognormal(0, 1)')).toBe(INF);
    expect(await at('weibull(1, 2)')).toBeCloseTo(rest + Math.log(2), 12);
  });
});

describe('arrays', () => {
  it('parameters broadcast by index set, and are summed', async () => {
    const text =
      'index g = 2\nindex i = 3\nenergy E(y : real[g, i], mu : real[i], s : real(0, inf)[g]) {\n  y ~ normal(mu, s)\n}';
    const y = [0.1, 0.2, 0.3, 1.1, 1.2, 1.3];
    const [mu, s] = [
      [0, 1, 2],
      [0.5, 2],
    ];
    const want = y.reduce((sum, v, k) => {
      const z = (v - mu[k % 3]) / s[Math.floor(k / 3)];
      return sum + (z * z) / 2 + Math.log(s[Math.floor(k / 3)]) + 0.5 * Math.log(2 * Math.PI);
    }, 0);
    expect(await energyAt(text, { y, mu, s })).toBeCloseTo(want, 12);
  });

  it('draws map: categories, vectors, matrices with leading indices', async () => {
    const p = [0.1, 0.2, 0.7, 0.5, 0.25, 0.25];
    const chosen =
      'index item = 2\nindex part = 3\nenergy E(z : category(part)[item], p : real[item, part]) {\n  z ~ categorical(p)\n}';
    expect(await energyAt(chosen, { z: [2, 1], p })).toBeCloseTo(-Math.log(0.7) - Math.log(0.25), 12);
    const shared =
      'index item = 2\nindex part = 3\nenergy E(z : category(part)[item], p : real[part]) {\n  z ~ categorical(p)\n}';
    expect(await energyAt(shared, { z: [2, 0], p: p.slice(0, 3) })).toBeCloseTo(-Math.log(0.7 * 0.1), 12);
    const looked =
      'index item = 2\nindex part = 3\nindex g = 2\nenergy E(z : category(part)[item], h : category(g)[item], p : real[g, part]) {\n  z ~ categorical(p[h, :])\n}';
    expect(await energyAt(looked, { z: [2, 1], h: [1, 0], p })).toBeCloseTo(
      -Math.log(0.25) - Math.log(0.2),
      12,
    );
    const simplices = looked.replace('p : real[g, part]', 'p : simplex(part)[g]').replace('p[h, :]', 'p[h]');
    expect(await energyAt(simplices, { z: [2, 1], h: [1, 0], p })).toBeCloseTo(
      -Math.log(0.25) - Math.log(0.2),
      12,
    );
    const vectors =
      'index item = 2\nenergy E(w : real(0, 1)[item, 2], a : real(0, inf)[item]) {\n  w[i, :] ~ dirichlet(a[i]) for i in item\n}';
    const one = 'energy E(w : real(0, 1)[2]) {\n  w ~ dirichlet(1.5)\n}';
    const two = 'energy E(w : real(0, 1)[2]) {\n  w ~ dirichlet(3)\n}';
    expect(await energyAt(vectors, { w: [0.2, 0.8, 0.6, 0.4], a: [1.5, 3] })).toBeCloseTo(
      (await energyAt(one, { w: [0.2, 0.8] })) + (await energyAt(two, { w: [0.6, 0.4] })),
      12,
    );
    const normals =
      'index item = 2\nenergy E(x : real[item, 2], m : real[2], S : real[2, 2]) {\n  x ~ multi_normal(m, S)\n}';
    const normal = 'energy E(x : real[2], m : real[2], S : real[2, 2]) {\n  x ~ multi_normal(m, S)\n}';
    const rest = { m: [0.5, -1], S: [2, 0.3, 0.3, 1] };
    expect(await energyAt(normals, { x: [1, 2, 3, 4], ...rest })).toBeCloseTo(
      (await energyAt(normal, { x: [1, 2], ...rest })) + (await energyAt(normal, { x: [3, 4], ...rest })),
      10,
    );
  });

  it('an enum is drawn from an array over its values', async () => {
    const text =
      'enum Job = { clerk, nurse, other }\nenergy E(j : Job, eta : real[Job]) {\n  j ~ categorical_logit(eta)\n}';
    expect(await energyAt(text, { j: [1], eta: [0, 1, 2] })).toBeCloseTo(
      Math.log(1 + Math.E + Math.E ** 2) - 1,
      12,
    );
  });
});
