/** The texts of `docs/functions.md` and `docs/distributions.md`: from the tables that the checker reads. */
import { mapFunctions, summaryFunctions } from '../../src/check/array-functions.ts';
import type { Distribution } from '../../src/check/distribution.ts';
import { distributions } from '../../src/check/distributions.ts';
import { countDistributions } from '../../src/check/distributions-count.ts';
import { matrixDistributions } from '../../src/check/distributions-matrix.ts';
import { realDistributions } from '../../src/check/distributions-real.ts';
import { vectorDistributions } from '../../src/check/distributions-vector.ts';
import { matrixFunctions } from '../../src/check/matrices.ts';
import { scalarFunctions } from '../../src/check/scalar-functions.ts';
import { otherFunctions, reductionFunctions } from '../../src/check/special-functions.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${cell(text)}\``;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n');

/** `mod(-1, 5) = 4` as an expression and its value. */
export function exampleParts(example: string): { readonly expression: string; readonly value: string } {
  const at = example.lastIndexOf(' = ');
  return { expression: example.slice(0, at), value: example.slice(at + 3) };
}

function withExample(doc: string, example: string | undefined): string {
  if (example === undefined) return cell(doc);
  const { expression, value } = exampleParts(example);
  return `${cell(doc)} ${code(expression)} is ${value.replaceAll('-', '−')}.`;
}

/** All examples of the tables. */
export const examples: readonly string[] = [
  ...[...scalarFunctions.values()].flatMap((f) => (f.example ? [f.example] : [])),
  ...[...matrixFunctions.values()].flatMap((f) => (f.example ? [f.example] : [])),
  ...[...mapFunctions.values(), ...summaryFunctions.values()].map((f) => f.example),
  ...[...reductionFunctions, ...otherFunctions].flatMap((f) => (f.example ? [f.example] : [])),
];

const made = (test: string): string =>
  `<!-- Made from the checker's tables by ${test}; \`npm run promote\` writes it anew. -->`;

export function functionsText(): string {
  const signature = (params: readonly string[], optional: number): string => {
    const shown = params.map((p, i) => (i >= params.length - optional ? `${p}?` : p));
    return `(${shown.join(', ')})`;
  };
  const scalars = [...scalarFunctions.values()].map((f) => [
    code(f.name + signature(f.params, f.optional)),
    cell(f.formula),
    cell(f.domain),
    withExample(f.doc, f.example),
  ]);
  const specials = (list: typeof otherFunctions): readonly (readonly string[])[] =>
    list.map((f) => [f.forms.map(code).join(' '), cell(f.formula), withExample(f.doc, f.example)]);
  const arrays = [
    ...[...mapFunctions.values()].map((f) => ({ head: code(`${f.name}(x)`), shape: '[…, k] → […, k]', f })),
    ...[...summaryFunctions.values()].map((f) => ({
      head: `${code(`${f.name}(x)`)} ${code(`${f.name}(e for i in S where c)`)}`,
      shape: 'an array → a number',
      f,
    })),
  ];
  return `# Functions

${made('test/docs/reference.test.ts')}

Every built-in function of [the language](language.md). The checker and this page read one set of tables; a test computes the examples.

- [Maps](#maps) · [Reductions](#reductions) · [Along an index](#along-an-index) · [Matrices](#matrices) · [Sets, energies, networks](#sets-energies-networks)
- Distributions have [a page of their own](distributions.md).

A built-in name is not reserved: a declaration of the same name takes its place in its file.

## Maps

Each maps over the elements of arrays: the shape of the result is the shape of the arguments, [broadcast by index set](language.md#broadcasting-by-index-set). Arguments go by position. Derivatives are exact, to any order; those of ${['sign', 'floor', 'ceil', 'round'].map(code).join(', ')} and of comparisons are 0. Outside of its domain a function is not a number, and a term that is not a number ends a run with the term's name (E0701). ${['square', 'abs', 'mod', 'clamp', 'choose'].map(code).join(', ')} of whole numbers are whole numbers, ${['sign', 'floor', 'ceil', 'round'].map(code).join(', ')} always.

${table(['function', 'value', 'defined for', ''], scalars)}

Constants: \`pi\` is 3.14159…, \`inf\` is ∞.

## Reductions

Of a whole array, or of a comprehension: any number of binders, with \`where\` or without. Elements that the condition leaves out are not evaluated. The body of a comprehension may be an array itself; then the reduction is over the binders alone: \`sum(W[i, :] * x[i] for i in S)\` is an array over the second index of \`W\`. Of an [encoding](language.md#encodings-and-networks) a reduction takes all blocks together.

${table(['function', 'value', ''], specials(reductionFunctions))}

## Along an index

${table(
  ['function', 'shape', 'value', ''],
  arrays.map(({ head, shape, f }) => [head, shape, cell(f.formula), withExample(f.doc, f.example)]),
)}

## Matrices

A matrix is an array whose last two indices are rows and columns, a vector one whose last index counts. What comes before them maps and is matched by index set: \`cholesky(S)\` of \`S : real[group, k, k]\` has one factor for each group. A square matrix has rows and columns over one index set, or over two of equal size. Computed in float64. Derivatives are exact, to any order. A matrix that is singular, or not positive definite where it must be, makes its term not a number; a run that meets that says which matrix of which term.

${table(
  ['function', 'shape', 'value', ''],
  [...matrixFunctions.values()].map((f) => [
    code(f.name + signature(f.params, 0)),
    f.shape,
    cell(f.formula),
    withExample(f.doc, f.example),
  ]),
)}

The operator \`A @ x\` sums over the last index of A and the first of x: a matrix product, a matrix times a vector, or a scalar product.

## Sets, energies, networks

${table(['function', 'value', ''], specials(otherFunctions))}
`;
}

/** What the same distribution is called, or how it is parametrised, in Stan and SciPy where that differs. */
export const elsewhere: Readonly<Record<string, string>> = {
  normal: 'Stan, NumPy: the same',
  student_t: 'Stan: the same',
  cauchy: 'Stan: the same',
  laplace: 'Stan: `double_exponential`',
  logistic: 'Stan: the same',
  gumbel: 'Stan: the same; SciPy: `gumbel_r`',
  half_normal: 'Stan: `normal(0, sigma)` on `real<lower=0>`, without ln 2',
  half_cauchy: 'Stan: `cauchy(0, sigma)` on `real<lower=0>`, without ln 2',
  half_student_t: 'Stan: `student_t(nu, 0, sigma)` on `real<lower=0>`, without ln 2',
  exponential: 'Stan: the same; NumPy: `scale` is 1/rate',
  gamma: 'Stan, JAGS: the same; NumPy: `scale` is 1/rate',
  inv_gamma: 'Stan: the same',
  chi_squared: 'Stan: `chi_square`',
  lognormal: 'Stan: the same; JAGS: precision 1/sigma²',
  weibull: 'Stan: the same; JAGS: `dweib(v, lambda)`, lambda = scale^(−shape)',
  pareto: 'Stan: the same',
  beta: 'Stan: the same',
  uniform: 'Stan: the same',
  von_mises: 'Stan: the same',
  bernoulli: 'Stan: the same',
  bernoulli_logit: 'Stan: the same',
  binomial: 'Stan: the same; JAGS: `dbin(p, n)`',
  binomial_logit: 'Stan: the same',
  beta_binomial: 'Stan: the same',
  poisson: 'Stan: the same',
  poisson_log: 'Stan: the same',
  neg_binomial: 'Stan: the same; SciPy: `nbinom(shape, rate/(1 + rate))`',
  neg_binomial_mean: 'Stan: `neg_binomial_2`',
  geometric: 'SciPy: `geom` counts the success too, from 1',
  discrete_uniform: 'Stan: `discrete_range`',
  categorical: 'Stan, JAGS: from 1; here from 0, or labels',
  categorical_logit: 'Stan: from 1; here from 0, or labels',
  ordered_logistic: 'Stan: levels from 1; here from the lowest of the domain',
  multinomial: 'Stan: without n',
  dirichlet: 'Stan: the same',
  lkj_corr_cholesky: 'Stan: the same',
  multi_normal: 'Stan: the same; JAGS: precision',
  multi_normal_precision: 'Stan: `multi_normal_prec`',
  multi_normal_cholesky: 'Stan: the same',
  wishart: 'Stan: the same; JAGS: inverse of V',
  inv_wishart: 'Stan: the same',
};

const distributionRow = (d: Distribution): readonly string[] => [
  code(`${d.name}(${d.params.join(', ')})`),
  d.parameters.map((p) => `${p.name} ${cell(p.range.text)}`).join('; '),
  cell(d.support),
  cell(d.formula),
  cell(d.doc),
  cell(elsewhere[d.name] ?? ''),
];

export function distributionsText(): string {
  const section = (title: string, text: string, list: readonly Distribution[]): string =>
    `## ${title}\n\n${text}\n\n${table(['distribution', 'parameters', 'support of y', 'density or probability of y', '', 'elsewhere'], list.map(distributionRow))}`;
  return `# Distributions

${made('test/docs/reference.test.ts')}

The ${distributions.size} distributions of [the language](language.md). Names, order and meaning of parameters are Stan's (*Stan Functions Reference*) where Stan has the distribution; every density is tested against mpmath and SciPy.

Three ways to use one:

\`\`\`energy
param w : real[3] ~ normal(0, 1)              // the prior of a parameter, in fit

energy E(x : real[3], y : int(0, 20)) {
  x ~ student_t(4, w, 1)                      // a term: −ln p, constants included, summed over the elements
  y ~ poisson_log(x[0])
  let p = normal(0, 1).log_density(x)         // the number itself, for mixtures and truncations
  report p
}
\`\`\`

- Densities are with respect to Lebesgue measure on real y and counting measure on whole numbers and categories; [of vectors](language.md#densities) in the coordinates of their domain.
- Parameters may be numbers, data, parameters, unknowns or expressions of them. Constants outside of their range are refused (E0306); what is not constant is not a number there.
- Where y can leave the support (\`y : real\`, \`y ~ gamma(2, 1)\`), the support becomes a requirement of the energy; with \`log_density\` it is −∞ there. A prior of a parameter must have the support as its domain (E0310).
- Distributions on whole numbers refuse a y that may not be whole (E0310).

${section('On real numbers', 'y and parameters are broadcast by index set, elementwise. B is the beta function, I₀ the modified Bessel function of order 0.', realDistributions)}

${section('On whole numbers', 'y is `int`, `ordinal`, `cyclic`, `bit` or any expression that is whole; elementwise, as above.', countDistributions)}

${section('On categories and vectors', 'The last index of y is that of one draw where y is a vector; leading indices map. K is the number of elements; σ the logistic function, σ(eta − cutpoints[−1]) = 1 and 0 beyond the last.', vectorDistributions)}

${section('On vectors and matrices', 'The last index of a vector, the last two of a matrix, are those of one draw; leading ones map. A matrix that is not positive definite gives no number. Γ_K is the multivariate gamma function, tr the trace.', matrixDistributions)}

Truncated, censored and mixed distributions are written with \`log_density\` and \`log_Phi\`, or taken from the standard library: \`use … from "std/distributions"\`.
`;
}
