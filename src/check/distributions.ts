/**
 * Distributions for `~`: log-densities with all their constants, as IR. One row
 * each. Densities are with respect to counting or Lebesgue measure; forms and
 * parameter names follow Stan's functions reference.
 */
import type { Builder } from '../ir/build.ts';
import type { Node } from '../ir/types.ts';

export interface Distribution {
  readonly name: string;
  readonly params: readonly string[];
  readonly density: (b: Builder, y: Node, p: readonly Node[]) => Node;
  /** Where the density is positive; absent: everywhere. The ends carry no mass that matters. */
  readonly support?: (b: Builder, p: readonly Node[]) => { readonly lo?: Node; readonly hi?: Node };
  readonly doc: string;
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
const LOG_PI = Math.log(Math.PI);
const LOG2 = Math.LN2;

const log = (b: Builder, x: Node): Node => b.call('log', x);
const sq = (b: Builder, x: Node): Node => b.call('square', x);
const lg = (b: Builder, x: Node): Node => b.call('lgamma', x);
const c = (b: Builder, x: number): Node => b.const(x);
const sumOf = (b: Builder, ...xs: Node[]): Node => b.addAll(xs);

const normal = (b: Builder, y: Node, [mu, sigma]: readonly Node[]): Node =>
  b.sub(b.mul(c(b, -0.5), sq(b, b.div(b.sub(y, mu), sigma))), b.add(log(b, sigma), c(b, HALF_LOG_2PI)));

const cauchy = (b: Builder, y: Node, [mu, sigma]: readonly Node[]): Node =>
  b.neg(sumOf(b, c(b, LOG_PI), log(b, sigma), b.call('log1p', sq(b, b.div(b.sub(y, mu), sigma)))));

const nonNegative: Distribution['support'] = (b) => ({ lo: c(b, 0) });

const bernoulliLogit = (b: Builder, y: Node, [eta]: readonly Node[]): Node =>
  b.sub(b.mul(y, eta), b.call('softplus', eta));

const row = (
  name: string,
  params: string,
  density: Distribution['density'],
  doc: string,
  support?: Distribution['support'],
): Distribution => ({ name, params: params.split(' ').filter(Boolean), density, doc, support });

const rows: readonly Distribution[] = [
  row('normal', 'mu sigma', normal, 'Gaussian with mean mu and standard deviation sigma.'),
  row(
    'half_normal',
    'sigma',
    (b, y, [sigma]) => b.add(normal(b, y, [c(b, 0), sigma]), c(b, LOG2)),
    '|x| of a Gaussian with mean 0.',
    nonNegative,
  ),
  row('cauchy', 'mu sigma', cauchy, 'Cauchy with location mu and scale sigma.'),
  row(
    'half_cauchy',
    'sigma',
    (b, y, [sigma]) => b.add(cauchy(b, y, [c(b, 0), sigma]), c(b, LOG2)),
    '|x| of a Cauchy with location 0.',
    nonNegative,
  ),
  row(
    'student_t',
    'nu mu sigma',
    (b, y, [nu, mu, sigma]) => {
      const half = b.mul(c(b, 0.5), b.add(nu, c(b, 1)));
      const z2 = sq(b, b.div(b.sub(y, mu), sigma));
      return sumOf(
        b,
        b.sub(lg(b, half), lg(b, b.mul(c(b, 0.5), nu))),
        b.neg(b.mul(c(b, 0.5), b.add(log(b, nu), c(b, LOG_PI)))),
        b.neg(log(b, sigma)),
        b.neg(b.mul(half, b.call('log1p', b.div(z2, nu)))),
      );
    },
    'Student t with nu degrees of freedom, location mu, scale sigma.',
  ),
  row(
    'laplace',
    'mu scale',
    (b, y, [mu, s]) => b.neg(sumOf(b, c(b, LOG2), log(b, s), b.div(b.call('abs', b.sub(y, mu)), s))),
    'Double exponential with location mu.',
  ),
  row(
    'logistic',
    'mu s',
    (b, y, [mu, s]) => {
      const z = b.div(b.sub(y, mu), s);
      return b.neg(sumOf(b, z, log(b, s), b.mul(c(b, 2), b.call('softplus', b.neg(z)))));
    },
    'Logistic with location mu and scale s.',
  ),
  row(
    'exponential',
    'rate',
    (b, y, [rate]) => b.sub(log(b, rate), b.mul(rate, y)),
    'Exponential with the given rate.',
    nonNegative,
  ),
  row(
    'lognormal',
    'mu sigma',
    (b, y, p) => b.sub(normal(b, log(b, y), p), log(b, y)),
    'ln x is Gaussian.',
    nonNegative,
  ),
  row(
    'gamma',
    'shape rate',
    (b, y, [a, r]) =>
      sumOf(b, b.mul(a, log(b, r)), b.neg(lg(b, a)), b.mul(b.sub(a, c(b, 1)), log(b, y)), b.neg(b.mul(r, y))),
    'Gamma with shape and rate (mean shape / rate).',
    nonNegative,
  ),
  row(
    'inv_gamma',
    'shape scale',
    (b, y, [a, s]) =>
      sumOf(
        b,
        b.mul(a, log(b, s)),
        b.neg(lg(b, a)),
        b.neg(b.mul(b.add(a, c(b, 1)), log(b, y))),
        b.neg(b.div(s, y)),
      ),
    '1/x is gamma.',
    nonNegative,
  ),
  row(
    'beta',
    'a b',
    (b, y, [a, bb]) =>
      sumOf(
        b,
        b.sub(lg(b, b.add(a, bb)), b.add(lg(b, a), lg(b, bb))),
        b.mul(b.sub(a, c(b, 1)), log(b, y)),
        b.mul(b.sub(bb, c(b, 1)), b.call('log1p', b.neg(y))),
      ),
    'Beta on (0, 1).',
    (b) => ({ lo: c(b, 0), hi: c(b, 1) }),
  ),
  row(
    'uniform',
    'low high',
    (b, _, [lo, hi]) => b.neg(log(b, b.sub(hi, lo))),
    'Uniform on [low, high].',
    (_, [lo, hi]) => ({ lo, hi }),
  ),
  row(
    'bernoulli',
    'p',
    (b, y, [p]) => b.add(b.mul(y, log(b, p)), b.mul(b.sub(c(b, 1), y), b.call('log1p', b.neg(p)))),
    '1 with probability p.',
  ),
  row('bernoulli_logit', 'eta', bernoulliLogit, '1 with probability 1/(1+exp(−eta)).'),
  row(
    'binomial_logit',
    'n eta',
    (b, y, [n, eta]) =>
      sumOf(
        b,
        lg(b, b.add(n, c(b, 1))),
        b.neg(lg(b, b.add(y, c(b, 1)))),
        b.neg(lg(b, b.add(b.sub(n, y), c(b, 1)))),
        b.mul(y, eta),
        b.neg(b.mul(n, b.call('softplus', eta))),
      ),
    'Successes in n trials, log-odds eta.',
  ),
  row(
    'binomial',
    'n p',
    (b, y, [n, p]) =>
      sumOf(
        b,
        lg(b, b.add(n, c(b, 1))),
        b.neg(lg(b, b.add(y, c(b, 1)))),
        b.neg(lg(b, b.add(b.sub(n, y), c(b, 1)))),
        b.mul(y, log(b, p)),
        b.mul(b.sub(n, y), b.call('log1p', b.neg(p))),
      ),
    'Successes in n trials with probability p.',
  ),
  row(
    'poisson',
    'rate',
    (b, y, [rate]) => sumOf(b, b.mul(y, log(b, rate)), b.neg(rate), b.neg(lg(b, b.add(y, c(b, 1))))),
    'Counts with mean rate.',
    nonNegative,
  ),
  row(
    'poisson_log',
    'eta',
    (b, y, [eta]) => sumOf(b, b.mul(y, eta), b.neg(b.call('exp', eta)), b.neg(lg(b, b.add(y, c(b, 1))))),
    'Counts with mean exp(eta).',
    nonNegative,
  ),
];

export const distributions: ReadonlyMap<string, Distribution> = new Map(rows.map((d) => [d.name, d]));
