/** Distributions on whole numbers, elementwise. Forms and names follow Stan's functions reference. */
import type { Builder } from '../ir/build.ts';
import type { Node } from '../ir/types.ts';
import { lbeta, lchoose, lgamma, log, log1p, num, plusOne, total, xlog1mp, xlogy } from './density-parts.ts';
import { type ElementwiseDistribution, elementwise, type Range, ranges } from './distribution.ts';

const row = (
  name: string,
  parameters: Readonly<Record<string, Range>>,
  support: string,
  formula: string,
  doc: string,
  density: ElementwiseDistribution['density'],
  bounds: ElementwiseDistribution['bounds'],
  check?: ElementwiseDistribution['check'],
): ElementwiseDistribution =>
  elementwise(name, parameters, support, formula, doc, density, {
    on: 'whole',
    ...(bounds ? { bounds } : {}),
    ...(check ? { check } : {}),
  });

const { real, positive, nonnegative, probability, chance, whole, count } = ranges;
const COUNTS = '0, 1, 2, …';
const upwards: ElementwiseDistribution['bounds'] = (b) => ({ lo: num(b, 0) });
const oneBit: ElementwiseDistribution['bounds'] = (b) => ({ lo: num(b, 0), hi: num(b, 1) });
/** 0 … n, the first parameter. */
const upToN: ElementwiseDistribution['bounds'] = (b, [n]) => ({ lo: num(b, 0), hi: n });

/** ln(Γ(y + α) / (Γ(α) y!)), which keeps its digits for large α. */
const compounds = (b: Builder, y: Node, alpha: Node): Node =>
  b.neg(b.add(log(b, b.add(alpha, y)), lbeta(b, alpha, plusOne(b, y))));

export const countDistributions: readonly ElementwiseDistribution[] = [
  row(
    'bernoulli',
    { p: probability },
    '0 or 1',
    'p for y = 1, 1 − p for y = 0',
    '1 with probability p.',
    (b, y, [p]) => b.add(xlogy(b, y, p), xlog1mp(b, b.sub(num(b, 1), y), p)),
    oneBit,
  ),
  row(
    'bernoulli_logit',
    { eta: real },
    '0 or 1',
    'e^(y eta) / (1 + e^eta)',
    '1 with log-odds eta.',
    (b, y, [eta]) => b.sub(b.mul(y, eta), b.call('softplus', eta)),
    oneBit,
  ),
  row(
    'binomial',
    { n: count, p: probability },
    '0 … n',
    'choose(n, y) p^y (1 − p)^(n − y)',
    'Successes in n trials with probability p.',
    (b, y, [n, p]) => total(b, lchoose(b, n, y), xlogy(b, y, p), xlog1mp(b, b.sub(n, y), p)),
    upToN,
  ),
  row(
    'binomial_logit',
    { n: count, eta: real },
    '0 … n',
    'choose(n, y) e^(y eta) / (1 + e^eta)^n',
    'Successes in n trials with log-odds eta.',
    (b, y, [n, eta]) => total(b, lchoose(b, n, y), b.mul(y, eta), b.neg(b.mul(n, b.call('softplus', eta)))),
    upToN,
  ),
  row(
    'beta_binomial',
    { n: count, a: positive, b: positive },
    '0 … n',
    'choose(n, y) B(y + a, n − y + b) / B(a, b)',
    'Successes in n trials whose probability is beta(a, b).',
    (b, y, [n, p, q]) =>
      total(b, lchoose(b, n, y), lbeta(b, b.add(y, p), b.add(b.sub(n, y), q)), b.neg(lbeta(b, p, q))),
    upToN,
  ),
  row(
    'poisson',
    { rate: nonnegative },
    COUNTS,
    'rate^y e^(−rate) / y!',
    'Counts with mean rate.',
    (b, y, [rate]) => total(b, xlogy(b, y, rate), b.neg(rate), b.neg(lgamma(b, plusOne(b, y)))),
    upwards,
  ),
  row(
    'poisson_log',
    { eta: real },
    COUNTS,
    'exp(y eta − e^eta) / y!',
    'Counts with mean exp(eta).',
    (b, y, [eta]) => total(b, b.mul(y, eta), b.neg(b.call('exp', eta)), b.neg(lgamma(b, plusOne(b, y)))),
    upwards,
  ),
  row(
    'neg_binomial',
    { shape: positive, rate: positive },
    COUNTS,
    'choose(y + shape − 1, y) (rate/(rate + 1))^shape (1/(rate + 1))^y',
    'Poisson counts whose rate is gamma(shape, rate).',
    (b, y, [shape, rate]) =>
      total(
        b,
        compounds(b, y, shape),
        b.neg(b.mul(shape, log1p(b, b.div(num(b, 1), rate)))),
        b.neg(b.mul(y, log1p(b, rate))),
      ),
    upwards,
  ),
  row(
    'neg_binomial_mean',
    { mu: nonnegative, phi: positive },
    COUNTS,
    'choose(y + phi − 1, y) (mu/(mu + phi))^y (phi/(mu + phi))^phi',
    'Counts with mean mu and variance mu + mu²/phi.',
    (b, y, [mu, phi]) =>
      total(
        b,
        compounds(b, y, phi),
        xlogy(b, y, b.div(mu, b.add(mu, phi))),
        b.neg(b.mul(phi, log1p(b, b.div(mu, phi)))),
      ),
    upwards,
  ),
  row(
    'geometric',
    { p: chance },
    COUNTS,
    'p (1 − p)^y',
    'Failures before the first success.',
    (b, y, [p]) => b.add(log(b, p), xlog1mp(b, y, p)),
    upwards,
  ),
  row(
    'discrete_uniform',
    { low: whole, high: whole },
    'low … high, both included',
    '1 / (high − low + 1)',
    'Every whole number of a range alike.',
    (b, _, [low, high]) => b.neg(log(b, plusOne(b, b.sub(high, low)))),
    (_, [lo, hi]) => ({ lo, hi }),
    ([low, high]) =>
      low !== undefined && high !== undefined && low > high
        ? `\`low\` of \`discrete_uniform\` must not be above \`high\`, found ${low} and ${high}`
        : null,
  ),
];
