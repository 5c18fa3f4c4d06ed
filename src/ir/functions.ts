/**
 * The scalar functions of the IR, one row each: its value and its partial
 * derivatives as expressions. `null` is a partial that is zero everywhere it is
 * defined (comparisons, floor). Truth values are 0 and 1.
 */

import { besselRatio, logI0 } from './bessel.ts';
import type { Builder } from './build.ts';
import { erf, erfc } from './error-function.ts';
import { lbeta, lgamma } from './log-gamma.ts';
import { inverseMills, logPhi } from './normal-tails.ts';
import { digamma, sigmoid, softplus, trigamma } from './special.ts';
import type { FnName, Node } from './types.ts';

export interface ScalarFunction {
  /** −1: any number. */
  readonly arity: number;
  readonly eval: (...x: number[]) => number;
  /** ∂f/∂xᵢ for each argument; absent means zero. `self` is the call itself. */
  readonly partials?: (b: Builder, x: readonly Node[], self: Node) => readonly (Node | null)[];
  /** Repeating it costs no more than a memory access. */
  readonly cheap?: boolean;
  /** Its value is a truth value. */
  readonly truth?: boolean;
  /** Arguments that are only evaluated when needed (select). */
  readonly lazy?: boolean;
}

const fn = (
  arity: number,
  evaluate: ScalarFunction['eval'],
  partials?: ScalarFunction['partials'],
  extra: Partial<ScalarFunction> = {},
): ScalarFunction => ({ arity, eval: evaluate, partials, ...extra });

const compare = (evaluate: (a: number, b: number) => boolean): ScalarFunction =>
  fn(2, (a, b) => (evaluate(a, b) ? 1 : 0), undefined, { cheap: true, truth: true });

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

export const functions: Readonly<Record<FnName, ScalarFunction>> = {
  add: fn(
    2,
    (a, b) => a + b,
    (b) => [b.const(1), b.const(1)],
    { cheap: true },
  ),
  sub: fn(
    2,
    (a, b) => a - b,
    (b) => [b.const(1), b.const(-1)],
    { cheap: true },
  ),
  mul: fn(
    2,
    (a, b) => a * b,
    (_, [x, y]) => [y, x],
    { cheap: true },
  ),
  div: fn(
    2,
    (a, b) => a / b,
    (b, [, y], self) => [b.div(b.const(1), y), b.neg(b.div(self, y))],
  ),
  neg: fn(
    1,
    (a) => -a,
    (b) => [b.const(-1)],
    { cheap: true },
  ),
  square: fn(
    1,
    (a) => a * a,
    (b, [x]) => [b.mul(b.const(2), x)],
    { cheap: true },
  ),
  pow: fn(2, Math.pow, (b, [x, y], self) => [
    b.mul(y, b.call('pow', x, b.sub(y, b.const(1)))),
    // 0ʸ is constant in y > 0.
    y.op === 'const'
      ? null
      : b.call('select', b.call('eq', x, b.const(0)), b.const(0), b.mul(self, b.call('log', x))),
  ]),
  exp: fn(1, Math.exp, (_, __, self) => [self]),
  expm1: fn(1, Math.expm1, (b, _, self) => [b.add(self, b.const(1))]),
  log: fn(1, Math.log, (b, [x]) => [b.div(b.const(1), x)]),
  log1p: fn(1, Math.log1p, (b, [x]) => [b.div(b.const(1), b.add(b.const(1), x))]),
  sqrt: fn(1, Math.sqrt, (b, _, self) => [b.div(b.const(0.5), self)]),
  abs: fn(1, Math.abs, (b, [x]) => [b.call('sign', x)]),
  sign: fn(1, Math.sign),
  floor: fn(1, Math.floor),
  ceil: fn(1, Math.ceil),
  round: fn(1, Math.round),
  /** Remainder with the sign of the divisor, as index arithmetic on rings needs. */
  mod: fn(
    2,
    (a, b) => a - b * Math.floor(a / b),
    (b, [x, y]) => [b.const(1), b.neg(b.call('floor', b.div(x, y)))],
  ),
  min: fn(2, Math.min, (b, [x, y]) => [b.call('le', x, y), b.call('gt', x, y)]),
  max: fn(2, Math.max, (b, [x, y]) => [b.call('ge', x, y), b.call('lt', x, y)]),
  sin: fn(1, Math.sin, (b, [x]) => [b.call('cos', x)]),
  cos: fn(1, Math.cos, (b, [x]) => [b.neg(b.call('sin', x))]),
  tan: fn(1, Math.tan, (b, _, self) => [b.add(b.const(1), b.call('square', self))]),
  asin: fn(1, Math.asin, (b, [x]) => [
    b.div(b.const(1), b.call('sqrt', b.sub(b.const(1), b.call('square', x)))),
  ]),
  acos: fn(1, Math.acos, (b, [x]) => [
    b.div(b.const(-1), b.call('sqrt', b.sub(b.const(1), b.call('square', x)))),
  ]),
  atan: fn(1, Math.atan, (b, [x]) => [b.div(b.const(1), b.add(b.const(1), b.call('square', x)))]),
  atan2: fn(2, Math.atan2, (b, [y, x]) => {
    const r2 = b.add(b.call('square', x), b.call('square', y));
    return [b.div(x, r2), b.neg(b.div(y, r2))];
  }),
  sinh: fn(1, Math.sinh, (b, [x]) => [b.call('cosh', x)]),
  cosh: fn(1, Math.cosh, (b, [x]) => [b.call('sinh', x)]),
  tanh: fn(1, Math.tanh, (b, _, self) => [b.sub(b.const(1), b.call('square', self))]),
  sigmoid: fn(1, sigmoid, (b, _, self) => [b.mul(self, b.sub(b.const(1), self))]),
  softplus: fn(1, softplus, (b, [x]) => [b.call('sigmoid', x)]),
  /** x·sigmoid(x), also called swish. */
  silu: fn(
    1,
    (x) => x * sigmoid(x),
    (b, [x], self) => {
      const s = b.call('sigmoid', x);
      return [b.add(s, b.mul(self, b.sub(b.const(1), s)))];
    },
  ),
  relu: fn(
    1,
    (x) => Math.max(x, 0),
    (b, [x]) => [b.call('gt', x, b.const(0))],
  ),
  erf: fn(1, erf, (b, [x]) => [b.mul(b.const(TWO_OVER_SQRT_PI), b.call('exp', b.neg(b.call('square', x))))]),
  lgamma: fn(1, lgamma, (b, [x]) => [b.call('digamma', x)]),
  digamma: fn(1, digamma, (b, [x]) => [b.call('trigamma', x)]),
  trigamma: fn(1, trigamma, (b, [x]) => [tetragamma(b, x)]),
  /** ln |B(x, y)|. */
  lbeta: fn(2, lbeta, (b, [x, y]) => {
    const both = b.call('digamma', b.add(x, y));
    return [b.sub(b.call('digamma', x), both), b.sub(b.call('digamma', y), both)];
  }),
  erfc: fn(1, erfc, (b, [x]) => [
    b.mul(b.const(-TWO_OVER_SQRT_PI), b.call('exp', b.neg(b.call('square', x)))),
  ]),
  /** ln Φ(x), Φ the standard normal distribution function. */
  log_phi: fn(1, logPhi, (b, [x]) => [b.call('inverse_mills', x)]),
  /** φ(x) / Φ(x) */
  inverse_mills: fn(1, inverseMills, (b, [x], self) => [b.neg(b.mul(self, b.add(x, self)))]),
  /** ln I₀(x) */
  log_i0: fn(1, logI0, (b, [x]) => [b.call('bessel_ratio', b.const(0), x)]),
  /**
   * r_ν(x) = I_{ν+1}(x) / I_ν(x) for whole ν ≥ 0, constant in ν. With the recurrences of the
   * Bessel functions r_ν′ = r_ν (r_{ν+1} − r_ν) + (1 − r_ν r_{ν+1}) / (2ν + 2), regular at 0.
   */
  bessel_ratio: fn(2, besselRatio, (b, [nu, x], self) => {
    const up = b.add(nu, b.const(1));
    const next = b.call('bessel_ratio', up, x);
    const turn = b.div(b.sub(b.const(1), b.mul(self, next)), b.mul(b.const(2), up));
    return [null, b.add(b.mul(self, b.sub(next, self)), turn)];
  }),
  /** ln(eˣ + eʸ) */
  logaddexp: fn(
    2,
    (a, b) => {
      const m = Math.max(a, b);
      return m === Number.NEGATIVE_INFINITY ? m : m + Math.log1p(Math.exp(-Math.abs(a - b)));
    },
    (b, [x, y]) => [b.call('sigmoid', b.sub(x, y)), b.call('sigmoid', b.sub(y, x))],
  ),
  eq: compare((a, b) => a === b),
  ne: compare((a, b) => a !== b),
  lt: compare((a, b) => a < b),
  le: compare((a, b) => a <= b),
  gt: compare((a, b) => a > b),
  ge: compare((a, b) => a >= b),
  and: fn(2, (a, b) => (a !== 0 && b !== 0 ? 1 : 0), undefined, { cheap: true, truth: true, lazy: true }),
  or: fn(2, (a, b) => (a !== 0 || b !== 0 ? 1 : 0), undefined, { cheap: true, truth: true, lazy: true }),
  not: fn(1, (a) => (a !== 0 ? 0 : 1), undefined, { cheap: true, truth: true }),
  /** select(c, x, y): x where c ≠ 0, else y; the other one is not evaluated. */
  select: fn(
    3,
    (c, x, y) => (c !== 0 ? x : y),
    (b, [c]) => [
      null,
      b.call('select', c, b.const(1), b.const(0)),
      b.call('select', c, b.const(0), b.const(1)),
    ],
    { lazy: true },
  ),
  /** pick(k, x₀, …, xₙ₋₁) = xₖ; any number of arguments. Its derivative is a rule of `derive.ts`. */
  pick: fn(-1, (k, ...x) => x[k], undefined, { lazy: true }),
  /** The value as a constant for derivatives. */
  stop_gradient: fn(1, (x) => x),
};

/**
 * ψ''(x), x > 0, in elementary terms, so that derivatives of any order exist:
 * the recurrence ψ''(x) = ψ''(x + 12) − 2 Σ_{k<12} (x + k)⁻³ and the asymptotic
 * series −y⁻² − y⁻³ − y⁻⁴/2 + y⁻⁶/6 − y⁻⁸/6 + 3y⁻¹⁰/10 − 5y⁻¹²/6 + 691y⁻¹⁴/210
 * (Abramowitz and Stegun 6.4.6, 6.4.14).
 */
function tetragamma(b: Builder, x: Node): Node {
  const k = b.axis(b.range(12), 'k');
  const step = b.add(x, b.axisNode(k));
  const steps = b.sum([k], b.div(b.const(1), b.mul(step, b.call('square', step))));
  const y = b.div(b.const(1), b.add(x, b.const(12)));
  const r = b.call('square', y);
  // −r·(1 + y + r/2 − r²·(1/6 − r·(1/6 − r·(3/10 − r·(5/6 − r·691/210)))))
  const tail = [5 / 6, 3 / 10, 1 / 6, 1 / 6].reduce(
    (inner: Node, c) => b.sub(b.const(c), b.mul(r, inner)),
    b.const(691 / 210),
  );
  const head = b.add(b.add(b.const(1), y), b.mul(b.const(0.5), r));
  const series = b.mul(r, b.sub(head, b.mul(b.call('square', r), tail)));
  return b.neg(b.add(series, b.mul(b.const(2), steps)));
}
