/** The words of the language: declarations, statements, words of expressions, operators. */
import { type ItemKind, item, type ReferenceItem } from './item.ts';

const of =
  (kind: ItemKind) =>
  (name: string, forms: string | readonly string[], doc: string, example?: string): ReferenceItem =>
    item(kind, name, typeof forms === 'string' ? [forms] : forms, doc, {
      example: example === undefined ? null : `${example.trim()}\n`,
    });

const declaration = of('declaration');
const statement = of('statement');
const word = of('word');
const operator = of('operator');

const ising = `
index site = grid(4, 4)
set bond = neighbours(site, wrap = true)
energy Ising(s : spin[site]) {
  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in bond)
  report magnet = abs(mean(s))
}
run draws = sample(Ising, draws = 100, seed = 1)`;

export const words: readonly ReferenceItem[] = [
  declaration(
    'use',
    ['use A, b as c from "path.energy"', 'use A from "std/module"', 'use A from "path.energy" frozen'],
    'Names from another file or from the standard library. Paths start at the folder of this file. `frozen` keeps the parameters of that file out of training.',
    `
use Ising from "std/ising"
index site = grid(3, 3)
energy Torus(s : spin[site]) { term all = Ising(s, neighbours(site, wrap = true), 0.4, 0) }`,
  ),
  declaration(
    'const',
    ['const n = 32', 'const n : int = 32'],
    'A number that is known before anything runs. `--set n=64` changes it on the command line.',
    `
const n : int = 4
index site = grid(n, n)
energy Field(s : spin[site]) { term field = -0.1 * sum(s) }`,
  ),
  declaration(
    'index',
    [
      'index k = 10',
      'index site = grid(8, 8)',
      'index day = line(365)',
      'index hour = ring(24)',
      'index person',
    ],
    'A finite index set, a type of its own. One without a value takes its size from the first data that are shaped by it.',
    `
index hour = ring(24)
energy Smooth(x : real[hour]) { term steps = sum((x[h + 1] - x[h]) ^ 2 for h in hour) + sum(x ^ 2) }`,
  ),
  declaration(
    'set',
    [
      'set bond = neighbours(site)',
      'set pair = { (i, j) for i in node, j in node where i < j }',
      'set edge = edges',
    ],
    'A set of elements or of tuples of elements: a constructor, a comprehension, or data that hold an edge list.',
    `
index node = 5
set pair = { (i, j) for i in node, j in node where i < j }
param J : real[pair] = 0.1
energy Machine(s : spin[node]) { term pairs = -sum(J[i, j] * s[i] * s[j] for (i, j) in pair) }`,
  ),
  declaration(
    'enum',
    'enum Job = { clerk, nurse, other }',
    'Values with names and without order, written `Job.nurse`. It is a domain and an index set.',
    `
enum Job = { clerk, nurse, other }
param w : real[Job] = 0.2
energy E(j : Job) { term preference = w[j] + (j == Job.nurse) }`,
  ),
  declaration(
    'type',
    'type Row = { age : real, owns : bit }',
    'A record with a domain for each field. `r.age` is a field; an array of records is read as `r.age[i]` or `r[i].age`.',
    `
type Row = { age : real, owns : bit }
energy E(r : Row) { term both = (r.age - r.owns) ^ 2 }`,
  ),
  declaration(
    'data',
    ['data y : real[row] from "y.csv"', 'data county : category(85)[house] from "houses.csv" one_based'],
    'What is given. CSV, JSON, NPY, NPZ, Parquet, safetensors or UAI; `--data y=file` binds or replaces it. Every value is checked against the domain.',
  ),
  declaration(
    'param',
    [
      'param b : real(0, inf) = 2',
      'param w : real[site] ~ normal(0, 0.1)',
      'param W : real[i, j] = normal(0, 0.1)',
      'param net = mlp(encode(Row), hidden = [32, 32])',
      'param f = dense(real[pixel], hidden)',
    ],
    'What `fit` learns. `=` says where it starts, with a distribution at random; `~` is a prior. A bounded domain is kept by a change of variables.',
    `
index site = 4
param w : real[site] ~ normal(0, 0.1)
energy E(x : real[site]) { term own = sum((x - w) ^ 2) }`,
  ),
  declaration(
    'fn',
    ['fn norm2(x : real[k]) : real = sum(x ^ 2)', 'fn f(x : real, unit : set) { let y = x  return y ^ 2 }'],
    'A pure function, generic over index sets that are not declared. One that owns parameters is used by its instances: `param f1 = f(…)`.',
    `
fn norm2(x : real[k]) : real = sum(x ^ 2)
energy E(x : real[3]) { term all = norm2(x) }`,
  ),
  declaration(
    'energy',
    ['energy E(x : real, s : spin[site]) { … }', 'energy Joint = A * B ^ 0.7'],
    'A function of unknowns that is a sum of terms; it stands for the density exp(−E) / Z. Energies call each other; a product of energies adds them, with powers as weights.',
    ising,
  ),
  declaration(
    'run',
    'run name = verb(energy, option = value)',
    'A job, which `energy run` carries out in the order of the file. The verbs are those of the command line.',
    ising,
  ),
  statement(
    'term',
    'term name = expr',
    'Adds one number to the energy. Its value is recorded with every draw.',
    ising,
  ),
  statement(
    'let',
    'let name = expr',
    'Names a value inside an energy or a function.',
    `
energy E(x : real[3]) {
  let r2 = sum(x ^ 2)
  term shell = (r2 - 1) ^ 2
}`,
  ),
  statement(
    'require',
    ['require cond', 'require cond for i in S'],
    'Restricts the support: states where it fails have probability 0. It is no large number; samplers never leave the support.',
    `
index day = line(4)
energy Rising(n : int(0, 9)[day]) {
  require n[t] <= n[t + 1] for t in day where t < 3
  term small = 0.1 * sum(n)
}`,
  ),
  statement('report', ['report name = expr', 'report name'], 'Recorded with every draw.', ising),
  statement(
    'return',
    'return expr',
    'The value of a function whose body is a block.',
    `
fn wave(t : real) : real {
  let phase = 2 * pi * t
  return sin(phase)
}
energy E(t : real(0, 1)) { term all = wave(t) }`,
  ),
  word('from', 'from "file"', 'Says the file that data or used names come from.'),
  word('as', 'use b as c from "file"', 'Gives a used name another name here.'),
  word('frozen', 'use A from "file" frozen', 'Keeps the parameters of a used file as they are in training.'),
  word(
    'one_based',
    'data c : category(k)[row] one_based',
    'Categories, ordinals and cyclic values count from 1 in the file.',
  ),
  word(
    'on',
    'category(S) on graph',
    'The graph along which the values of a category are perturbed in training.',
  ),
  word('in', ['for i in S', 'for (p, q) in bond', 'for i in a..b'], 'Says the set over which a binder runs.'),
  word(
    'for',
    ['sum(expr for i in S)', '[expr for i in S, j in T]', '{ i for i in S where c }'],
    'Runs binders over sets: in reductions, arrays, sets, requirements and given values.',
    `
index k = 3
energy E(x : real[k]) {
  let y = [x[i] * i for i in k]
  term all = sum(y[i] ^ 2 + x[i] ^ 2 for i in k)
}`,
  ),
  word('where', 'for i in S where cond', 'Leaves out elements; what is left out is not evaluated.'),
  word(
    'if',
    'if cond then a else b',
    'A value by a condition; only the branch that is chosen is evaluated.',
    `
energy E(x : real) { term hinge = if x > 0 then x else x ^ 2 }`,
  ),
  word('then', 'if cond then a else b', 'The value where the condition holds.'),
  word('else', 'if cond then a else b', 'The value where it does not; there is always one.'),
  word(
    'scan',
    'scan(t in day, prev = x0) = expr',
    'The recurrence: an array over the index set, where each element follows from the one before, `prev`. `x0` is the state before the first.',
    `
index day = line(5)
energy E(x : real[day]) {
  let level = scan(t in day, prev = 0) = 0.8 * prev + x[t]
  term small = sum(level ^ 2)
}`,
  ),
  word('true', 'true', 'The truth value, 1 in arithmetic.'),
  word('false', 'false', 'The truth value, 0 in arithmetic.'),
  word('pi', 'pi', '3.14159…'),
  word('inf', 'inf', 'Infinity, as a bound of a domain.'),
  operator('or', 'a or b', 'One of both conditions holds.'),
  operator('and', 'a and b', 'Both conditions hold.'),
  operator('not', 'not a', 'The condition does not hold. Binds more loosely than comparisons.'),
  ...['==', '!=', '<', '<=', '>', '>='].map((op) =>
    operator(op, `a ${op} b`, 'A comparison: a truth value, 1 or 0 in arithmetic. Comparisons do not chain.'),
  ),
  operator('..', 'a..b', 'The whole numbers a, a + 1, …, b − 1, in `for i in a..b`.'),
  operator('+', 'a + b', 'The sum, elementwise; of energies the product of densities.'),
  operator('-', ['a - b', '-a'], 'The difference, or the opposite; elementwise.'),
  operator('*', 'a * b', 'The product, elementwise; of declared energies the product of their densities.'),
  operator('/', 'a / b', 'The quotient, elementwise.'),
  operator(
    '@',
    'A @ x',
    'Sums over the last index of the left and the first of the right: a matrix product.',
  ),
  operator('^', 'a ^ b', 'The power, elementwise. Binds tighter than a minus sign, and to the right.'),
  operator(
    '~',
    ['x ~ dist(…)', 'x ~ dist(…) for i in S', 'param w : real ~ dist(…)'],
    'In an energy a term: minus the log-density, constants included, summed over the elements. Of a parameter, its prior.',
    `
energy E(mu : real, x : real[3]) {
  mu ~ normal(0, 10)
  x  ~ normal(mu, 1)
}`,
  ),
];
