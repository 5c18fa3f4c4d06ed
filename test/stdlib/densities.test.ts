/** Gaussians, mixtures, experts, chains and distributions of the standard library against direct formulas. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../check/evaluate.ts';
import { expectClose, logSumExp, logZ, range, rows, sum } from './kit.ts';

describe('Gaussians, mixtures, experts', () => {
  it('precision, covariance and Cholesky factor agree', async () => {
    const text = `use GaussianPrecision, GaussianCovariance, GaussianCholesky from "std/gaussian"
index n = 3
const rho = 0.4
energy E(x : real[n]) {
  let S  = [if i == j then 2.0 else rho for i in n, j in n]
  let mu = [0.5 * i for i in n]
  term precision  = GaussianPrecision(x, mu, inverse(S))
  term covariance = GaussianCovariance(x, mu, S)
  term factor     = GaussianCholesky(x, mu, cholesky(S))
  report exact    = -multi_normal(mu, S).log_density(x)
  report volume   = 0.5 * log_det(S)
}`;
    const { terms, reports } = await evaluate(text, 'E', { x: [1, -0.3, 2.2] });
    const exact = reports.exact[0] - 1.5 * Math.log(2 * Math.PI);
    expect(terms.covariance).toBeCloseTo(exact, 10);
    expect(terms.factor).toBeCloseTo(exact, 10);
    expect(terms.precision).toBeCloseTo(exact - reports.volume[0], 10);
  });

  it('Gaussian fields and conditional autoregressions by their precisions', async () => {
    const text = `use GaussianField, ConditionalAutoregressive, field_precision from "std/gaussian"
use adjacency, degree from "std/graph"
index v = 5
set edge = { (i, j) for i in v, j in v where i < j and (j - i == 1 or i == 0) }
energy E(x : real[v]) {
  term field = GaussianField(x, edge, 1.7, 0.6)
  term exact = 0.5 * quad(field_precision(v, edge, 1.7, 0.6), x)
  term car   = ConditionalAutoregressive(x, edge, 1.3, 0.8)
  term D     = 0.65 * sum(degree(v, edge) * x ^ 2) - 0.65 * 0.8 * quad(adjacency(v, edge), x)
}`;
    const { terms } = await evaluate(text, 'E', { x: [1, -0.3, 2.2, 0.1, -1.4] });
    expect(terms.field).toBeCloseTo(terms.exact, 10);
    expect(terms.car).toBeCloseTo(terms.D, 10);
  });

  it('mixtures sum over components', async () => {
    const text = `use GaussianMixture, FullGaussianMixture, responsibilities from "std/mixture"
index part = 2
index n = 2
energy E(x : real[n]) {
  let w     = log_softmax([0.0 + k for k in part])
  let mu    = [1.0 * i - k for k in part, i in n]
  let sigma = [1.0 + k for k in part, i in n]
  term diagonal = GaussianMixture(x, w, mu, sigma)
  term full     = FullGaussianMixture(x, w, mu, [if i == j then 1.0 + k else 0.0 for k in part, i in n, j in n])
  report r      = responsibilities(x, w, mu, sigma)
}`;
    const x = [0.4, 1.9];
    const { terms, reports } = await evaluate(text, 'E', { x });
    const w = [0, 1].map((k) => k - logSumExp([0, 1]));
    const parts = [0, 1].map(
      (k) =>
        w[k] +
        sum(
          x.map(
            (v, i) => -0.5 * ((v - (i - k)) / (1 + k)) ** 2 - Math.log(1 + k) - 0.5 * Math.log(2 * Math.PI),
          ),
        ),
    );
    expect(terms.diagonal).toBeCloseTo(-logSumExp(parts), 10);
    expect(terms.full).toBeCloseTo(terms.diagonal, 10);
    expect(reports.r[1]).toBeCloseTo(Math.exp(parts[1] - logSumExp(parts)), 10);
  });

  it.each([
    ['BernoulliMixture', 'bit[n]', 'eta : real[part, n]'],
    ['CategoryMixture', 'category(value)[n]', 'eta : real[part, n, value]'],
  ])('%s is normalised', async (name, domain, eta) => {
    const text = `use ${name} from "std/mixture"
index part = 2
index n = 3
index value = 3
param ${eta} = normal(0, 2)
energy E(x : ${domain}) { term all = ${name}(x, log_softmax([0.5 * k for k in part]), eta) }`;
    expect(await logZ(text)).toBeCloseTo(0, 10);
  });

  it('products of Student-t experts', async () => {
    const text = `use StudentExperts, FieldOfExperts from "std/experts"
index n = 2
index expert = 3
index site = grid(2, 3)
index window = grid(2, 2)
param W : real[expert, n] = normal(0, 1)
param alpha : real(0, inf)[expert] = uniform(0.5, 2)
param filter : real[expert, window] = normal(0, 1)
energy E(x : real[n], y : real[site]) {
  term vector = StudentExperts(x, W, alpha)
  term image  = FieldOfExperts(y, filter, alpha)
}`;
    const x = [0.7, -1.1];
    const y = [0.1, 0.5, -0.3, 0.9, 1.4, 0.2];
    const { terms, param } = await evaluate(text, 'E', { x, y });
    const alpha = param('alpha');
    const W = rows(param('W'), 2);
    const F = rows(param('filter'), 4);
    expect(terms.vector).toBeCloseTo(
      sum(range(3).map((j) => alpha[j] * Math.log(1 + 0.5 * (W[j][0] * x[0] + W[j][1] * x[1]) ** 2))),
      10,
    );
    let image = 0;
    for (let r = 0; r < 2; r++)
      for (let c = 0; c < 3; c++)
        for (let j = 0; j < 3; j++) {
          let z = 0;
          for (let k = 0; k < 4; k++) z += F[j][k] * y[((r + (k >> 1)) % 2) * 3 + ((c + (k & 1)) % 3)];
          image += alpha[j] * Math.log(1 + 0.5 * z * z);
        }
    expect(terms.image).toBeCloseTo(image, 10);
  });
});

describe('Markov random fields and chains', () => {
  it('tables of edges', async () => {
    const text = `use PairwiseField from "std/markov"
index state = 2
index node = 3
set edge = { (i, j) for i in node, j in node where j - i == 1 }
param unary : real[node, state] = normal(0, 1)
param pair  : real[edge, state, state] = normal(0, 1)
energy E(x : category(state)[node]) { term all = PairwiseField(x, edge, unary, pair) }`;
    const x = [1, 0, 1];
    const { energy, param } = await evaluate(text, 'E', { x });
    const [u, t] = [param('unary'), param('pair')];
    expect(energy).toBeCloseTo(u[1] + u[2] + u[5] + t[2] + t[5], 12);
  });

  it('the forward recursion is the sum over paths', async () => {
    const text = `use hidden_markov_log_density from "std/series"
use HiddenMarkov from "std/markov"
index state = 2
index time = 4
param seen : real[time, state] = normal(0, 1)
energy Paths(z : category(state)[time]) {
  term all = HiddenMarkov(z, [0.3 + 0.4 * k for k in state], [if a == b then 0.8 else 0.2 for a in state, b in state], seen)
}
energy Summed(x : bit) {
  term a = 0 * x
  report all = hidden_markov_log_density(
    [log(0.3 + 0.4 * k) for k in state], [if a == b then log(0.8) else log(0.2) for a in state, b in state], seen
  )
}`;
    const { reports } = await evaluate(text, 'Summed', { x: [0] });
    expect(reports.all[0]).toBeCloseTo(await logZ(text, 'Paths'), 10);
  });

  it('a Markov chain is normalised', async () => {
    const text = `use MarkovChain from "std/markov"
index state = 3
index time = 4
energy E(z : category(state)[time]) {
  term all = MarkovChain(z, [1 / 3 for k in state], [(1 + (a == b)) / 4 for a in state, b in state])
}`;
    expect(await logZ(text)).toBeCloseTo(0, 10);
  });

  it('autoregressions, walks and GARCH step by step', async () => {
    const text = `use random_walk, autoregression, garch_variance, smooth_level, Autoregressive from "std/series"
index time = 4
energy E(z : real[time]) {
  term ar = Autoregressive(z, 0.6, 0.5)
  report walk = random_walk(z, 1, 0.5)
  report x    = autoregression(z, 0.6, 0.5)
  report v    = garch_variance(z, 0.1, 0.2, 0.6)
  report l    = smooth_level(z, 0.3, 1)
}`;
    const z = [0.5, -1, 2, 0.25];
    const { terms, reports } = await evaluate(text, 'E', { z });
    expect(reports.walk).toEqual([1.25, 0.75, 1.75, 1.875]);
    const x = [(0.5 * 0.5) / 0.8];
    const v = [0.1 / 0.2];
    const l = [1 + 0.3 * (z[0] - 1)];
    for (const t of [1, 2, 3]) {
      x.push(0.6 * x[t - 1] + 0.5 * z[t]);
      v.push(0.1 + 0.2 * z[t - 1] ** 2 + 0.6 * v[t - 1]);
      l.push(l[t - 1] + 0.3 * (z[t] - l[t - 1]));
    }
    expectClose(reports.x, x);
    expectClose(reports.v, v);
    expectClose(reports.l, l);
    const normal = (y: number, m: number, s: number): number =>
      -0.5 * ((y - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
    const density = normal(z[0], 0, 0.5 / 0.8) + sum([1, 2, 3].map((t) => normal(z[t], 0.6 * z[t - 1], 0.5)));
    expect(terms.ar).toBeCloseTo(-density, 10);
  });
});

describe('distributions', () => {
  it.each([
    ['zero_inflated_poisson_log_density(k, 0.3, 4)', 60],
    ['zero_inflated_neg_binomial_log_density(k, 0.2, 3, 1.5)', 150],
    ['zero_inflated_binomial_log_density(k, 0.3, 7, 0.4)', 7],
    ['hurdle_poisson_log_density(k, 0.25, 3)', 60],
  ])('%s sums to one', async (call, most) => {
    const text = `use ${call.split('(')[0]} from "std/distributions"
energy E(k : int(0, ${most})) { term all = -${call} }`;
    expect(await logZ(text)).toBeCloseTo(0, 8);
  });

  // The trapezoidal rule on a fine grid of an int, which is exact enough for smooth densities.
  it.each([
    ['truncated_normal_log_density(x, 0.5, 1, -1, 2)', -1, 2, 1],
    ['normal_above_log_density(x, 0.5, 1, 0)', 0, 9, 1],
    ['skew_normal_log_density(x, 0.5, 1.2, 3)', -9, 12, 0],
    ['exp_mod_normal_log_density(x, 0.5, 0.4, 1.5)', -4, 20, 0],
    ['asymmetric_laplace_log_density(x, 0, 0.5, 0.25)', -40, 20, 0],
    ['kumaraswamy_log_density(x, 2, 3)', 1e-9, 1 - 1e-9, 0],
    ['inverse_gaussian_log_density(x, 1, 3)', 1e-9, 25, 0],
    ['log_logistic_log_density(x, 1, 6)', 1e-9, 60, 0],
    ['generalised_pareto_log_density(x, 0.5, 0.1)', 0, 120, 0],
  ])('%s integrates to one', async (call, from, to) => {
    const n = 20000;
    const h = (to - from) / n;
    const text = `use ${call.split('(')[0]} from "std/distributions"
energy E(k : int(0, ${n})) {
  let x = ${from} + ${h} * k
  term density = -${call}
  term weight  = -log(${h}) - (if k == 0 or k == ${n} then log(0.5) else 0)
}`;
    expect(await logZ(text)).toBeCloseTo(0, 3);
  });

  it('distributions under other parameters map over arrays after `~`', async () => {
    const text = `use beta_mean, gamma_mean, symmetric_dirichlet from "std/distributions"
index item = 2
energy E(x : real(0, 1)[item], y : real(0, inf)[item], w : simplex(item)) {
  let mu = [0.2 + 0.3 * i for i in item]
  x ~ beta_mean(mu, 10)
  y ~ gamma_mean(mu, 2)
  w ~ symmetric_dirichlet(item, 3)
  report x = -sum(beta(mu * 10, (1 - mu) * 10).log_density(x))
  report y = -sum(gamma(2, 2 / mu).log_density(y))
  report w = -dirichlet([3 for i in item]).log_density(w)
}`;
    const { terms, reports } = await evaluate(text, 'E', { x: [0.3, 0.6], y: [0.5, 2], w: [0.4, 0.6] });
    for (const k of ['x', 'y', 'w']) expect(terms[k]).toBeCloseTo(reports[k][0], 12);
  });

  it('censoring and rounding are probabilities of what was seen', async () => {
    const text = `use censored_above_log_density, censored_below_log_density, rounded_normal_log_density from "std/distributions"
energy E(mu : real) {
  term above   = sum(censored_above_log_density([0.5, 2.0], mu, 1, 2))
  term below   = sum(censored_below_log_density([0.5, -1.0], mu, 1, -1))
  term rounded = sum(exp(rounded_normal_log_density([0.25 * k - 15 for k in 120], mu, 1, 0.25)))
}`;
    const { terms } = await evaluate(text, 'E', { mu: [0.3] });
    const phi = -0.5 * 0.2 ** 2 - 0.5 * Math.log(2 * Math.PI);
    // 1 − Φ(1.7) and Φ(−1.3), Abramowitz and Stegun, table 26.1.
    expect(terms.above).toBeCloseTo(phi + Math.log(0.0445654628), 8);
    expect(terms.below).toBeCloseTo(phi + Math.log(0.0968004846), 8);
    expect(terms.rounded).toBeCloseTo(1, 10);
  });
});
