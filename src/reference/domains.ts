/** The domains of the language. */
import { item, type ReferenceItem } from './item.ts';

interface Row {
  readonly name: string;
  readonly forms: readonly string[];
  readonly doc: string;
  readonly states: string;
  readonly graph: string;
  readonly sampling: string;
  readonly example: string;
}

const GIBBS = 'Gibbs, its whole conditional';
const GRADIENT = 'along gradients, by a change of variables with its Jacobian';

const rows: readonly Row[] = [
  {
    name: 'real',
    forms: ['real', 'real(a, b)', 'real(0, inf)'],
    doc: 'Real numbers, or those of an interval. A bound may depend on earlier arguments, data and parameters.',
    states: 'a line, an interval, a half-line',
    graph: 'the line; a Gaussian, reflected at bounds',
    sampling: GRADIENT,
    example: 'energy E(a : real(0, 1), b : real(0, 1 - a)) { term t = a * b }',
  },
  {
    name: 'bit',
    forms: ['bit'],
    doc: 'The numbers 0 and 1.',
    states: '0, 1',
    graph: 'one edge; a flip with probability ½(1 − e^(−2t))',
    sampling: GIBBS,
    example: 'energy E(b : bit[3]) { term t = sum(b) }',
  },
  {
    name: 'spin',
    forms: ['spin'],
    doc: 'The numbers −1 and +1.',
    states: '−1, +1',
    graph: 'one edge; a flip with probability ½(1 − e^(−2t))',
    sampling: GIBBS,
    example: 'energy E(s : spin[3]) { term t = -0.5 * sum(s) }',
  },
  {
    name: 'int',
    forms: ['int(a, b)'],
    doc: 'The whole numbers from a to b, both included.',
    states: 'a, a + 1, …, b',
    graph: 'a path; reflected at its ends',
    sampling: GIBBS,
    example: 'energy E(n : int(0, 9)) { term t = 0.1 * n ^ 2 }',
  },
  {
    name: 'ordinal',
    forms: ['ordinal(k)'],
    doc: 'The numbers 0 to k − 1, in order: grades, levels.',
    states: '0, …, k − 1',
    graph: 'a path; reflected at its ends',
    sampling: GIBBS,
    example: 'energy E(g : ordinal(5)) { term t = 0.3 * g }',
  },
  {
    name: 'cyclic',
    forms: ['cyclic(k)'],
    doc: 'The numbers 0 to k − 1 on a ring: hours, months, directions.',
    states: '0, …, k − 1',
    graph: 'a cycle',
    sampling: GIBBS,
    example: 'energy E(m : cyclic(12)) { term t = -cos(2 * pi * m / 12) }',
  },
  {
    name: 'category',
    forms: ['category(k)', 'category(S)', 'category(S) on graph'],
    doc: 'Values without order: k of them, or the elements of an index set. They are compared and looked up (`w[z]`), and are no numbers. With `on`, a graph of pairs says which values are neighbours in training.',
    states: 'k, without order',
    graph: 'the complete graph, or the one that is given',
    sampling: GIBBS,
    example: 'param w : real[3] = 0.5\nenergy E(z : category(3)) { term t = w[z] }',
  },
  {
    name: 'angle',
    forms: ['angle'],
    doc: 'A point of a circle, −π ≤ x < π.',
    states: 'a circle',
    graph: 'the circle; a wrapped Gaussian',
    sampling: 'along gradients, wrapped',
    example: 'energy E(a : angle, b : angle) { term t = -cos(a - b) }',
  },
  {
    name: 'simplex',
    forms: ['simplex(S)', 'simplex(k)'],
    doc: 'Shares: positive numbers over S that sum to 1. Carries its own last index: `w : simplex(3)` is read `w[0]`.',
    states: 'positive vectors of sum 1',
    graph: 'none: not perturbed',
    sampling: GRADIENT,
    example: 'energy E(w : simplex(3)) { w ~ dirichlet([1, 2, 3]) }',
  },
  {
    name: 'ordered',
    forms: ['ordered(S)', 'ordered(k)'],
    doc: 'Ascending real numbers over S: cutpoints, locations that must not change places.',
    states: 'ascending vectors',
    graph: 'none: not perturbed',
    sampling: GRADIENT,
    example: 'energy E(c : ordered(3)) { term t = sum(c ^ 2) }',
  },
  {
    name: 'unit',
    forms: ['unit(S)', 'unit(k)'],
    doc: 'Vectors of length 1 over S: directions.',
    states: 'a sphere',
    graph: 'none: not perturbed',
    sampling: GRADIENT,
    example: 'energy E(u : unit(3)) { term t = -2 * u[2] }',
  },
  {
    name: 'cholesky_corr',
    forms: ['cholesky_corr(S)', 'cholesky_corr(k)'],
    doc: 'The lower Cholesky factor of a correlation matrix over S × S.',
    states: 'lower triangular, rows of length 1, positive diagonal',
    graph: 'none: not perturbed',
    sampling: GRADIENT,
    example: 'energy E(L : cholesky_corr(3)) { L ~ lkj_corr_cholesky(2) }',
  },
  {
    name: 'permutation',
    forms: ['permutation(S)', 'permutation(k)'],
    doc: 'An arrangement of the elements of S: an array over S of elements of S, each once.',
    states: 'k! arrangements',
    graph: 'exchanges of two',
    sampling: 'Metropolis, exchanges of two',
    example:
      'index city = 4\nparam d : real[city] = [0.1 * c for c in city]\nenergy E(p : permutation(city)) { term t = sum(i * d[p[i]] for i in city) }',
  },
  {
    name: 'subset',
    forms: ['subset(S, m)', 'subset(n, m)'],
    doc: 'm elements of S: an array of bits over S, m of them 1.',
    states: 'bits of which m are 1',
    graph: 'exchanges of a 0 and a 1',
    sampling: 'Metropolis, exchanges of a 0 and a 1',
    example: 'index thing = 6\nenergy E(x : subset(thing, 2)) { term t = sum(i * x[i] for i in thing) }',
  },
];

/** A parameter that is an index set: no domain, but it stands where one stands. */
const set = item(
  'domain',
  'set',
  ['unit : set', 'bond : set[site, site]', 'left : set[pixel]'],
  'As the domain of a parameter of a function or an energy: any index set, or a set of tuples of such.',
  {
    example:
      'index site = grid(3, 3)\nenergy Pairs(s : spin[place], bond : set[place, place]) { term t = -sum(s[p] * s[q] for (p, q) in bond) }\nenergy E(s : spin[site]) { term t = Pairs(s, neighbours(site)) }\n',
  },
);

export const domains: readonly ReferenceItem[] = [
  ...rows.map((r) =>
    item('domain', r.name, r.forms, r.doc, {
      facts: [
        ['states', r.states],
        ['state graph', r.graph],
        ['sampling', r.sampling],
      ],
      example: `${r.example}\n`,
    }),
  ),
  set,
];
