/** Distributions on the line, a half-line, an interval and the circle. Forms and names follow Stan's functions reference. */
import type { Builder } from '../ir/build.ts';
import type { Node } from '../ir/types.ts';
import {
  HALF_LOG_2PI,
  half,
  lbeta,
  lgamma,
  log,
  log1p,
  minusOne,
  num,
  plusOne,
  square,
  total,
  xlog1mp,
  xlogy,
  zeroAtZero,
} from './density-parts.ts';
import { type ElementwiseDistribution, elementwise, type Place, ranges } from './distribution.ts';

type Nodes = readonly Node[];

const row = elementwise;
const { real, positive, nonnegative } = ranges;
const LINE = 'any real number';
const HALF_LINE = 'y ≥ 0';
const fromZero: ElementwiseDistribution['bounds'] = (b) => ({ lo: num(b, 0) });
const fromZeroOn = { bounds: fromZero };
const LOG_PI = Math.log(Math.PI);
const LOG_2 = Math.LN2;

const standard = (b: Builder, y: Node, mu: Node, sigma: Node): Node => b.div(b.sub(y, mu), sigma);

const normal = (b: Builder, y: Node, [mu, sigma]: Nodes): Node =>
  b.sub(
    b.mul(num(b, -0.5), square(b, standard(b, y, mu, sigma))),
    b.add(log(b, sigma), num(b, HALF_LOG_2PI)),
  );

const cauchy = (b: Builder, y: Node, [mu, sigma]: Nodes): Node =>
  b.neg(total(b, num(b, LOG_PI), log(b, sigma), log1p(b, square(b, standard(b, y, mu, sigma)))));

/** Γ((ν+1)/2) / (Γ(ν/2) √π) is 1 / B(½, ν/2), which keeps its digits for large ν. */
const studentT = (b: Builder, y: Node, [nu, mu, sigma]: Nodes): Node => {
  const z2 = square(b, standard(b, y, mu, sigma));
  return b.neg(
    total(
      b,
      lbeta(b, num(b, 0.5), half(b, nu)),
      half(b, log(b, nu)),
      log(b, sigma),
      b.mul(half(b, plusOne(b, nu)), log1p(b, b.div(z2, nu))),
    ),
  );
};

const gamma = (b: Builder, y: Node, [shape, rate]: Nodes): Node =>
  total(
    b,
    b.mul(shape, log(b, rate)),
    b.neg(lgamma(b, shape)),
    xlogy(b, minusOne(b, shape), y),
    b.neg(b.mul(rate, y)),
  );

const locationScale = (_: Builder, [loc, scale]: Nodes): Place => ({ on: 'line', loc, scale });

/** ln y lies around ln s, as widely whatever s. */
const scaleOnly = (b: Builder, s: Node): Place => ({ on: 'log', loc: log(b, s), scale: null });

/** The same where the spread of ln y falls with a power of the shape. */
const shaped = (b: Builder, s: Node, shape: Node, power: 0.5 | 1): Place => ({
  ...scaleOnly(b, s),
  scale: shape.op === 'const' ? null : b.div(num(b, 1), b.call('pow', shape, num(b, power))),
});

/** Twice the density on one half. */
const folded =
  (density: ElementwiseDistribution['density'], place: (b: Builder, p: Nodes) => Nodes) =>
  (b: Builder, y: Node, p: Nodes): Node =>
    b.add(density(b, y, place(b, p)), num(b, LOG_2));

const line: readonly ElementwiseDistribution[] = [
  row(
    'normal',
    { mu: real, sigma: positive },
    LINE,
    'exp(−(y − mu)² / 2 sigma²) / (sigma √(2π))',
    'Gaussian with mean mu and standard deviation sigma.',
    normal,
    { place: locationScale },
  ),
  row(
    'student_t',
    { nu: positive, mu: real, sigma: positive },
    LINE,
    '(1 + z²/nu)^(−(nu + 1)/2) / (sigma √nu B(½, nu/2)), z = (y − mu) / sigma',
    'Student t with nu degrees of freedom, location mu and scale sigma.',
    studentT,
    { place: (b, [, ...p]) => locationScale(b, p) },
  ),
  row(
    'cauchy',
    { mu: real, sigma: positive },
    LINE,
    '1 / (π sigma (1 + z²)), z = (y − mu) / sigma',
    'Cauchy with location mu and scale sigma.',
    cauchy,
    { place: locationScale },
  ),
  row(
    'laplace',
    { mu: real, scale: positive },
    LINE,
    'exp(−|y − mu| / scale) / (2 scale)',
    'Double exponential with location mu.',
    (b, y, [mu, s]) => b.neg(total(b, num(b, LOG_2), log(b, s), b.div(b.call('abs', b.sub(y, mu)), s))),
    { place: locationScale },
  ),
  row(
    'logistic',
    { mu: real, s: positive },
    LINE,
    'e^(−z) / (s (1 + e^(−z))²), z = (y − mu) / s',
    'Logistic with location mu and scale s.',
    (b, y, [mu, s]) => {
      const z = standard(b, y, mu, s);
      return b.neg(total(b, z, log(b, s), b.mul(num(b, 2), b.call('softplus', b.neg(z)))));
    },
    { place: locationScale },
  ),
  row(
    'gumbel',
    { mu: real, beta: positive },
    LINE,
    'exp(−z − e^(−z)) / beta, z = (y − mu) / beta',
    'Of the largest of many: location mu, scale beta.',
    (b, y, [mu, beta]) => {
      const z = standard(b, y, mu, beta);
      return b.neg(total(b, log(b, beta), z, b.call('exp', b.neg(z))));
    },
    { place: locationScale },
  ),
];

const halfLine: readonly ElementwiseDistribution[] = [
  row(
    'half_normal',
    { sigma: positive },
    HALF_LINE,
    '2 exp(−y² / 2 sigma²) / (sigma √(2π))',
    '|x| of a Gaussian with mean 0.',
    folded(normal, (b, [sigma]) => [num(b, 0), sigma]),
    { bounds: fromZero, place: (b, [sigma]) => scaleOnly(b, sigma) },
  ),
  row(
    'half_cauchy',
    { sigma: positive },
    HALF_LINE,
    '2 / (π sigma (1 + (y/sigma)²))',
    '|x| of a Cauchy with location 0.',
    folded(cauchy, (b, [sigma]) => [num(b, 0), sigma]),
    { bounds: fromZero, place: (b, [sigma]) => scaleOnly(b, sigma) },
  ),
  row(
    'half_student_t',
    { nu: positive, sigma: positive },
    HALF_LINE,
    '2 student_t(nu, 0, sigma)',
    '|x| of a Student t with location 0.',
    folded(studentT, (b, [nu, sigma]) => [nu, num(b, 0), sigma]),
    { bounds: fromZero, place: (b, [, sigma]) => scaleOnly(b, sigma) },
  ),
  row(
    'exponential',
    { rate: positive },
    HALF_LINE,
    'rate e^(−rate y)',
    'Exponential with mean 1/rate.',
    (b, y, [rate]) => b.sub(log(b, rate), b.mul(rate, y)),
    { bounds: fromZero, place: (b, [rate]) => scaleOnly(b, b.div(num(b, 1), rate)) },
  ),
  row(
    'gamma',
    { shape: positive, rate: positive },
    HALF_LINE,
    'rate^shape y^(shape − 1) e^(−rate y) / Γ(shape)',
    'Gamma with mean shape / rate.',
    gamma,
    { bounds: fromZero, place: (b, [shape, rate]) => shaped(b, b.div(shape, rate), shape, 0.5) },
  ),
  row(
    'inv_gamma',
    { shape: positive, scale: positive },
    HALF_LINE,
    'scale^shape y^(−shape − 1) e^(−scale/y) / Γ(shape)',
    '1/x of a gamma.',
    (b, y, [a, s]) =>
      zeroAtZero(
        b,
        y,
        total(
          b,
          b.mul(a, log(b, s)),
          b.neg(lgamma(b, a)),
          b.neg(b.mul(plusOne(b, a), log(b, y))),
          b.neg(b.div(s, y)),
        ),
      ),
    { bounds: fromZero, place: (b, [shape, scale]) => shaped(b, b.div(scale, shape), shape, 0.5) },
  ),
  row(
    'chi_squared',
    { nu: positive },
    HALF_LINE,
    'y^(nu/2 − 1) e^(−y/2) / (2^(nu/2) Γ(nu/2))',
    'Sum of nu squares of standard normals.',
    (b, y, [nu]) => gamma(b, y, [half(b, nu), num(b, 0.5)]),
    fromZeroOn,
  ),
  row(
    'lognormal',
    { mu: real, sigma: positive },
    HALF_LINE,
    'exp(−(ln y − mu)² / 2 sigma²) / (y sigma √(2π))',
    'ln y is Gaussian with mean mu and standard deviation sigma.',
    (b, y, p) => zeroAtZero(b, y, b.sub(normal(b, log(b, y), p), log(b, y))),
    { bounds: fromZero, place: (_, [loc, scale]) => ({ on: 'log', loc, scale }) },
  ),
  row(
    'weibull',
    { shape: positive, scale: positive },
    HALF_LINE,
    '(shape/scale) (y/scale)^(shape − 1) exp(−(y/scale)^shape)',
    'Weibull: a lifetime whose hazard is a power of age.',
    (b, y, [k, s]) => {
      const u = b.div(y, s);
      return total(b, b.sub(log(b, k), log(b, s)), xlogy(b, minusOne(b, k), u), b.neg(b.call('pow', u, k)));
    },
    { bounds: fromZero, place: (b, [shape, scale]) => shaped(b, scale, shape, 1) },
  ),
  row(
    'pareto',
    { y_min: positive, alpha: positive },
    'y ≥ y_min',
    'alpha y_min^alpha / y^(alpha + 1)',
    'Power law from y_min on.',
    (b, y, [low, a]) => b.sub(b.add(log(b, a), b.mul(a, log(b, low))), b.mul(plusOne(b, a), log(b, y))),
    { bounds: (_, [low]) => ({ lo: low }) },
  ),
];

const inside: readonly ElementwiseDistribution[] = [
  row(
    'beta',
    { a: positive, b: positive },
    '0 ≤ y ≤ 1',
    'y^(a − 1) (1 − y)^(b − 1) / B(a, b)',
    'Beta with mean a / (a + b).',
    (b, y, [p, q]) =>
      total(b, b.neg(lbeta(b, p, q)), xlogy(b, minusOne(b, p), y), xlog1mp(b, minusOne(b, q), y)),
    { bounds: (b) => ({ lo: num(b, 0), hi: num(b, 1) }) },
  ),
  row(
    'uniform',
    { low: real, high: real },
    'low ≤ y ≤ high',
    '1 / (high − low)',
    'Uniform on an interval.',
    (b, _, [low, high]) => b.neg(log(b, b.sub(high, low))),
    {
      bounds: (_, [lo, hi]) => ({ lo, hi }),
      check: ([low, high]) =>
        low !== undefined && high !== undefined && low >= high
          ? `\`low\` of \`uniform\` must be below \`high\`, found ${low} and ${high}`
          : null,
    },
  ),
  row(
    'von_mises',
    { mu: real, kappa: nonnegative },
    'an angle: an interval of length 2π',
    'exp(kappa cos(y − mu)) / (2π I₀(kappa))',
    'Normal distribution on the circle with mean mu and concentration kappa.',
    (b, y, [mu, kappa]) =>
      b.sub(
        b.mul(kappa, b.call('cos', b.sub(y, mu))),
        b.add(b.call('log_i0', kappa), num(b, Math.log(2 * Math.PI))),
      ),
    { on: 'angle' },
  ),
];

export const realDistributions: readonly ElementwiseDistribution[] = [...line, ...halfLine, ...inside];
