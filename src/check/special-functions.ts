/**
 * The built-in functions that are not maps over numbers: reductions, sets, encodings,
 * what takes a comprehension. Only their documentation is here, one row each; what
 * they mean is in `calls.ts`.
 */
export interface SpecialFunction {
  readonly name: string;
  /** What may be written, one form after the other. */
  readonly forms: readonly string[];
  readonly formula: string;
  readonly doc: string;
  /** An expression and its value. */
  readonly example?: string;
}

const row = (
  name: string,
  forms: readonly string[],
  formula: string,
  doc: string,
  example?: string,
): SpecialFunction => ({ name, forms, formula, doc, ...(example === undefined ? {} : { example }) });

const over = (name: string, body = 'e'): readonly string[] => [
  `${name}(x)`,
  `${name}(${body} for i in S where c)`,
];

/** Many numbers to one. */
export const reductionFunctions: readonly SpecialFunction[] = [
  row('sum', over('sum'), 'Σ e', 'Sum; of nothing 0.', 'sum(i for i in 0..4) = 6'),
  row('mean', over('mean'), 'Σ e / n', 'Arithmetic mean; of nothing not a number.', 'mean([1, 2, 6]) = 3'),
  row('prod', over('prod'), 'Π e', 'Product; of nothing 1.', 'prod(i for i in 1..5) = 24'),
  row(
    'max',
    [...over('max'), 'max(x, y)'],
    'the largest',
    'Of nothing −∞. With two arguments elementwise.',
    'max(2, 5) = 5',
  ),
  row(
    'min',
    [...over('min'), 'min(x, y)'],
    'the smallest',
    'Of nothing ∞. With two arguments elementwise.',
    'min([4, 2, 3]) = 2',
  ),
  row(
    'logsumexp',
    over('logsumexp'),
    'ln Σ exp(e)',
    'Shifted by the largest, so that nothing overflows; of nothing −∞.',
    'logsumexp([1000, 1000]) = 1000.693147',
  ),
  row(
    'log_sum_exp',
    over('log_sum_exp'),
    'ln Σ exp(e)',
    'Another name of `logsumexp`.',
    'log_sum_exp([0, 0]) = 0.693147',
  ),
  row(
    'all',
    over('all', 'c'),
    '⋀ c',
    'Whether all conditions hold; of none true.',
    'all([1 < 2, 3 < 2]) = 0',
  ),
  row(
    'any',
    over('any', 'c'),
    '⋁ c',
    'Whether some condition holds; of none false.',
    'any([1 < 2, 3 < 2]) = 1',
  ),
];

/** What takes sets, energies, records. */
export const otherFunctions: readonly SpecialFunction[] = [
  row(
    'softmin',
    ['softmin(e for y in S where c)'],
    '−ln Σ exp(−e)',
    'Sums a finite unknown out of an energy, exactly: exp(−softmin) = Σ exp(−e).',
    'softmin(0 for y in 0..4) = -1.386294',
  ),
  row(
    'all_different',
    ['all_different(x)', 'all_different(e for i in S)'],
    'eᵢ ≠ eⱼ for all i < j',
    'A condition, for `require`; it is kept as one condition for each pair.',
    'all_different([3, 1, 2]) = 1',
  ),
  row(
    'size',
    ['size(S)'],
    '|S|',
    'Number of elements of an index set, a set of tuples, an enum.',
    'size(3) = 3',
  ),
  row(
    'neighbours',
    ['neighbours(S)', 'neighbours(S, wrap = true)'],
    '{ {p, q} : |p − q| = 1 }',
    'The set of nearest neighbours on a lattice, each unordered pair once. `wrap` joins opposite edges, but of a side of 2 not twice; a `ring` is always closed.',
  ),
  row(
    'union',
    ['union(A, B, …)'],
    'A, then B, …',
    'One set after another, of tuples of the same index sets; doubles stay.',
  ),
  row(
    'encode',
    ['encode(x)', 'encode(x, like = rows)', 'encode(Type)'],
    'a list of blocks',
    'Numbers of a record, an array or a scalar, for a network; of a type, the inputs of `mlp`. See “Encodings and networks”.',
  ),
  row(
    'mlp',
    ['mlp(inputs, hidden = […], act = f, out = S)'],
    'Wₙ f(… f(W₁ x + b₁) …) + bₙ',
    'Declares a network: `param net = mlp(…)`, then `net(x)`. See “Encodings and networks”.',
  ),
  row(
    'grid',
    ['grid(n)', 'grid(n, m)', 'grid(k, n, m)', 'grid(j, k, n, m)'],
    'a lattice',
    'Declares an index set: `index site = grid(8, 8)`.',
  ),
  row('line', ['line(n)'], 'a lattice of one side', 'Declares an open chain: `index day = line(365)`.'),
  row(
    'ring',
    ['ring(n)'],
    'a lattice of one side, closed',
    'Declares a closed chain: `index hour = ring(24)`.',
  ),
];

export const specialFunctions: readonly SpecialFunction[] = [...reductionFunctions, ...otherFunctions];
