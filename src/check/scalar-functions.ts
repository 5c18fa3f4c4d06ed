/**
 * The scalar functions of the language, one row each: name, parameters, formula, the
 * arguments it is defined for, a sentence, and how it is made of functions of the IR.
 * They map over arrays; the reference of the language is made from this table.
 */
import type { Builder } from '../ir/build.ts';
import type { FnName, Node } from '../ir/types.ts';
import { lchoose, log1mexp } from './density-parts.ts';

type Build = (b: Builder, x: readonly Node[], whole: boolean) => Node;

export interface ScalarFunction {
  readonly name: string;
  readonly params: readonly string[];
  /** How many of the last parameters may be left out. */
  readonly optional: number;
  readonly formula: string;
  /** For which arguments it is defined, in words. */
  readonly domain: string;
  readonly doc: string;
  /** An expression and its value: `mod(-1, 5) = 4`. */
  readonly example?: string;
  /** `whole`: every argument is a whole number. */
  readonly build: Build;
  /** Its value is a whole number: always, or where its arguments are. */
  readonly whole?: 'always' | 'kept';
}

/** Where the value says more than the formula; the reference of the language shows them, a test computes them. */
const examples: Readonly<Record<string, string>> = {
  sign: 'sign(-2.5) = -1',
  floor: 'floor(-0.5) = -1',
  ceil: 'ceil(-0.5) = 0',
  round: 'round(2.5) = 3',
  mod: 'mod(-1, 5) = 4',
  clamp: 'clamp(1.4, 0, 1) = 1',
  cbrt: 'cbrt(-8) = -2',
  hypot: 'hypot(3, 4) = 5',
  pow: 'pow(2, -1) = 0.5',
  log2: 'log2(8) = 3',
  log10: 'log10(0.01) = -2',
  atan2: 'atan2(1, 0) = 1.570796',
  sigmoid: 'sigmoid(0) = 0.5',
  logit: 'logit(0.5) = 0',
  softplus: 'softplus(0) = 0.693147',
  relu: 'relu(-3) = 0',
  leaky_relu: 'leaky_relu(-3, 0.1) = -0.3',
  elu: 'elu(-1) = -0.632121',
  gelu: 'gelu(1) = 0.841345',
  silu: 'silu(1) = 0.731059',
  logaddexp: 'logaddexp(0, 0) = 0.693147',
  log1mexp: 'log1mexp(log(0.25)) = -0.287682',
  xlogy: 'xlogy(0, 0) = 0',
  erf: 'erf(1) = 0.842701',
  Phi: 'Phi(1.96) = 0.975002',
  log_Phi: 'log_Phi(-10) = -53.231285',
  lgamma: 'lgamma(5) = 3.178054',
  digamma: 'digamma(1) = -0.577216',
  trigamma: 'trigamma(1) = 1.644934',
  lbeta: 'lbeta(2, 3) = -2.484907',
  lchoose: 'lchoose(5, 2) = 2.302585',
  choose: 'choose(5, 2) = 10',
  log_i0: 'log_i0(1) = 0.235914',
  stop_gradient: 'stop_gradient(2) = 2',
};

const row = (
  name: string,
  params: string,
  formula: string,
  domain: string,
  doc: string,
  build: FnName | Build,
  extra: { readonly whole?: 'always' | 'kept'; readonly optional?: number } = {},
): ScalarFunction => ({
  name,
  params: params.split(' '),
  optional: extra.optional ?? 0,
  formula,
  domain,
  doc,
  ...(Object.hasOwn(examples, name) ? { example: examples[name] } : {}),
  build: typeof build === 'string' ? (b, x) => b.call(build, ...x) : build,
  ...(extra.whole ? { whole: extra.whole } : {}),
});

const ANY = 'any number';
const always = { whole: 'always' } as const;
const kept = { whole: 'kept' } as const;

/** Φ(x) by the complement of the error function, which keeps the lower tail. */
const phi = (b: Builder, x: Node): Node =>
  b.mul(b.const(0.5), b.call('erfc', b.mul(b.const(-Math.SQRT1_2), x)));

const elementary: readonly ScalarFunction[] = [
  row('exp', 'x', 'eˣ', ANY, 'Exponential function.', 'exp'),
  row('expm1', 'x', 'eˣ − 1', ANY, 'The exponential function less 1, accurate near 0.', 'expm1'),
  row('log', 'x', 'ln x', 'x > 0', 'Natural logarithm.', 'log'),
  row('log1p', 'x', 'ln(1 + x)', 'x > −1', 'Natural logarithm of 1 + x, accurate near 0.', 'log1p'),
  row('log2', 'x', 'ln x / ln 2', 'x > 0', 'Logarithm to base 2.', (b, [x]) =>
    b.mul(b.const(Math.LOG2E), b.call('log', x)),
  ),
  row('log10', 'x', 'ln x / ln 10', 'x > 0', 'Logarithm to base 10.', (b, [x]) =>
    b.mul(b.const(Math.LOG10E), b.call('log', x)),
  ),
  row('sqrt', 'x', '√x', 'x ≥ 0', 'Square root.', 'sqrt'),
  row('cbrt', 'x', '∛x', ANY, 'Cube root, negative for negative x.', (b, [x]) =>
    b.mul(b.call('sign', x), b.call('pow', b.call('abs', x), b.const(1 / 3))),
  ),
  row('square', 'x', 'x²', ANY, 'Square.', 'square', kept),
  row('pow', 'x y', 'xʸ', 'x > 0, or y a whole number', 'Power, also written `x ^ y`; 0⁰ is 1.', 'pow'),
  row('hypot', 'x y', '√(x² + y²)', ANY, 'Length of (x, y); its derivative at (0, 0) is 0.', (b, [x, y]) => {
    const r2 = b.add(b.call('square', x), b.call('square', y));
    return b.call('select', b.call('gt', r2, b.const(0)), b.call('sqrt', r2), b.const(0));
  }),
  row('abs', 'x', '|x|', ANY, 'Absolute value.', 'abs', kept),
  row('sign', 'x', '−1, 0 or 1', ANY, 'Sign.', 'sign', always),
  row('floor', 'x', '⌊x⌋', ANY, 'The largest whole number that is not above x.', 'floor', always),
  row('ceil', 'x', '⌈x⌉', ANY, 'The smallest whole number that is not below x.', 'ceil', always),
  row('round', 'x', '⌊x + ½⌋', ANY, 'The nearest whole number; halves go up.', 'round', always),
  row('mod', 'x y', 'x − y ⌊x / y⌋', 'y ≠ 0', 'Remainder with the sign of y.', 'mod', kept),
  row(
    'clamp',
    'x lo hi',
    'min(max(x, lo), hi)',
    'lo ≤ hi',
    'x, or the nearer bound where x is outside.',
    (b, [x, lo, hi]) => b.call('min', b.call('max', x, lo), hi),
    kept,
  ),
];

const circular: readonly ScalarFunction[] = [
  row('sin', 'x', 'sin x', ANY, 'Sine of an angle in radians.', 'sin'),
  row('cos', 'x', 'cos x', ANY, 'Cosine of an angle in radians.', 'cos'),
  row('tan', 'x', 'tan x', 'x not an odd multiple of π/2', 'Tangent of an angle in radians.', 'tan'),
  row('asin', 'x', 'arcsin x', '−1 ≤ x ≤ 1', 'The angle in [−π/2, π/2] whose sine is x.', 'asin'),
  row('acos', 'x', 'arccos x', '−1 ≤ x ≤ 1', 'The angle in [0, π] whose cosine is x.', 'acos'),
  row('atan', 'x', 'arctan x', ANY, 'The angle in (−π/2, π/2) whose tangent is x.', 'atan'),
  row(
    'atan2',
    'y x',
    'the angle of the point (x, y)',
    'not (0, 0)',
    'The angle from the x axis, in (−π, π]; y comes first, as in C and NumPy.',
    'atan2',
  ),
  row('sinh', 'x', '(eˣ − e⁻ˣ) / 2', ANY, 'Hyperbolic sine.', 'sinh'),
  row('cosh', 'x', '(eˣ + e⁻ˣ) / 2', ANY, 'Hyperbolic cosine.', 'cosh'),
  row('tanh', 'x', 'sinh x / cosh x', ANY, 'Hyperbolic tangent.', 'tanh'),
];

const smooth: readonly ScalarFunction[] = [
  row('sigmoid', 'x', '1 / (1 + e⁻ˣ)', ANY, 'Logistic function.', 'sigmoid'),
  row('inv_logit', 'x', '1 / (1 + e⁻ˣ)', ANY, 'Another name of `sigmoid`.', 'sigmoid'),
  row(
    'logistic',
    'x',
    '1 / (1 + e⁻ˣ)',
    ANY,
    'Another name of `sigmoid`; with two arguments it is the distribution.',
    'sigmoid',
  ),
  row('log_sigmoid', 'x', '−ln(1 + e⁻ˣ)', ANY, 'Logarithm of `sigmoid`.', (b, [x]) =>
    b.neg(b.call('softplus', b.neg(x))),
  ),
  row('logit', 'p', 'ln(p / (1 − p))', '0 < p < 1', 'Log-odds, the inverse of `sigmoid`.', (b, [p]) =>
    b.sub(b.call('log', p), b.call('log1p', b.neg(p))),
  ),
  row('softplus', 'x', 'ln(1 + eˣ)', ANY, 'A smooth `relu`.', 'softplus'),
  row('silu', 'x', 'x / (1 + e⁻ˣ)', ANY, 'x · sigmoid(x), also called swish.', 'silu'),
  row('relu', 'x', 'max(x, 0)', ANY, 'Rectifier; its derivative at 0 is 0.', 'relu'),
  row(
    'leaky_relu',
    'x slope',
    'x for x > 0, else slope · x',
    ANY,
    'Rectifier with a slope below 0, 0.01 unless it is given.',
    (b, [x, slope]) => b.call('select', b.call('gt', x, b.const(0)), x, b.mul(slope ?? b.const(0.01), x)),
    { optional: 1 },
  ),
  row('elu', 'x', 'x for x > 0, else eˣ − 1', ANY, 'Exponential linear unit.', (b, [x]) =>
    b.call('select', b.call('gt', x, b.const(0)), x, b.call('expm1', x)),
  ),
  row('gelu', 'x', 'x Φ(x)', ANY, 'Gaussian error linear unit.', (b, [x]) => b.mul(x, phi(b, x))),
  row('logaddexp', 'x y', 'ln(eˣ + eʸ)', ANY, 'Sum of two numbers given by their logarithms.', 'logaddexp'),
  row(
    'log1mexp',
    'x',
    'ln(1 − eˣ)',
    'x < 0',
    'Logarithm of the complement of a probability that is given by its logarithm.',
    (b, [x]) => log1mexp(b, x),
  ),
  row('xlogy', 'x y', 'x ln y', 'y ≥ 0; y > 0 where x ≠ 0', '0 ln 0 is 0.', (b, [x, y]) => {
    const none = b.call('and', b.call('eq', x, b.const(0)), b.call('eq', y, b.const(0)));
    return b.call('select', none, b.const(0), b.mul(x, b.call('log', y)));
  }),
];

const special: readonly ScalarFunction[] = [
  row('erf', 'x', '2/√π ∫₀ˣ exp(−t²) dt', ANY, 'Error function.', 'erf'),
  row('erfc', 'x', '1 − erf(x)', ANY, 'Complement of `erf`, accurate for large x.', 'erfc'),
  row('Phi', 'x', '½ erfc(−x/√2)', ANY, 'Distribution function of the standard normal.', (b, [x]) =>
    phi(b, x),
  ),
  row('log_Phi', 'x', 'ln Φ(x)', ANY, 'Logarithm of `Phi`, accurate in both tails.', 'log_phi'),
  row('lgamma', 'x', 'ln |Γ(x)|', 'x not 0, −1, −2, …', 'Logarithm of the gamma function.', 'lgamma'),
  row('digamma', 'x', 'ψ(x) = d ln Γ(x) / dx', 'x not 0, −1, −2, …', 'Derivative of `lgamma`.', 'digamma'),
  row('trigamma', 'x', 'ψ′(x)', 'x not 0, −1, −2, …', 'Derivative of `digamma`.', 'trigamma'),
  row(
    'lbeta',
    'a b',
    'ln Γ(a) + ln Γ(b) − ln Γ(a + b)',
    'a > 0, b > 0',
    'Logarithm of the beta function.',
    'lbeta',
  ),
  row('lchoose', 'n k', 'ln(n! / (k! (n − k)!))', '0 ≤ k ≤ n', 'Logarithm of `choose`.', (b, [n, k]) =>
    lchoose(b, n, k),
  ),
  row(
    'choose',
    'n k',
    'n! / (k! (n − k)!)',
    '0 ≤ k ≤ n',
    'Binomial coefficient; a whole number for whole numbers, then without a derivative.',
    (b, [n, k], isWhole) => {
      const value = b.call('exp', lchoose(b, n, k));
      return isWhole ? b.call('round', value) : value;
    },
    kept,
  ),
  row('log_i0', 'x', 'ln I₀(x)', ANY, 'Logarithm of the modified Bessel function of order 0.', 'log_i0'),
  row('stop_gradient', 'x', 'x', ANY, 'The value of x; for derivatives a constant.', 'stop_gradient'),
];

/** Scalar functions by the name that users write. */
export const scalarFunctions: ReadonlyMap<string, ScalarFunction> = new Map(
  [...elementary, ...circular, ...smooth, ...special].map((f) => [f.name, f]),
);
