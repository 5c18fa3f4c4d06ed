/** E03, E04, E06 and warnings: kinds of values, index sets, arguments, energies and jobs. */
import { type Entries, shown, told } from './types.ts';

const BITS = { 'bits.csv': 'b\n0\n1\n1\n' };

export const valueEntries: Entries = {
  E0301: shown(
    'A value of one kind stands where another kind is needed: an energy or a set where a number belongs, a number where a condition belongs, something that cannot be called before parentheses. Kinds are checked before anything runs, and none is turned into another silently, but for truth values, which count as 0 and 1.',
    `
energy E(x : real) {
  term t = if x then 1 else x ^ 2
}`,
    `
energy E(x : real) {
  term t = if x > 0 then 1 else x ^ 2
}`,
  ),
  E0302: shown(
    'Two arrays are over different index sets, or it is not clear which index is meant. Arrays are joined by the names of their index sets and never by position: two sets of three elements are still two sets. Shape both by one set, or name the indices: `[h[i] * x[j] for i in spot, j in site]`.',
    `
index site = 3
index spot = 3
param h : real[spot] = 1
energy E(x : real[site]) {
  term t = sum(h * x) + sum(x ^ 2)
}`,
    `
index site = 3
param h : real[site] = 1
energy E(x : real[site]) {
  term t = sum(h * x) + sum(x ^ 2)
}`,
  ),
  E0303: shown(
    'This cannot be an index here: it is a real number, lies outside the set, belongs to another set, or does arithmetic that the set does not have. Elements count from 0, so the last of `real[3]` is `x[2]`. Sites of a grid are moved by their coordinates: `x[p.row + 1, p.col]`.',
    `
energy E(x : real[3]) {
  term t = x[3] + sum(x ^ 2)
}`,
    `
energy E(x : real[3]) {
  term t = x[2] + sum(x ^ 2)
}`,
  ),
  E0304: shown(
    'An array takes one index for each of its index sets, and a number takes none. Only the coordinates of a grid may be written one by one in the place of its single index.',
    `
index row = 3
index col = 3
energy E(x : real[row, col]) {
  term t = sum(x[r] ^ 2 for r in row)
}`,
    `
index row = 3
index col = 3
energy E(x : real[row, col]) {
  term t = sum(x[r, c] ^ 2 for r in row, c in col)
}`,
  ),
  E0305: shown(
    'A function, distribution, energy, domain or verb was given too many or too few arguments; the message says which it takes. `energy doc` shows the signature of each.',
    `
energy E(x : real) {
  x ~ normal(0)
}`,
    `
energy E(x : real) {
  x ~ normal(0, 1)
}`,
  ),
  E0306: shown(
    'The argument is of the right kind, but not one that is possible here: an interval whose end lies before its beginning, an initial value outside its domain, an index set without elements, an array where the function takes a number. The message says what is expected.',
    `
energy E(x : real(2, 1)) {
  term t = x ^ 2
}`,
    `
energy E(x : real(1, 2)) {
  term t = x ^ 2
}`,
  ),
  E0307: shown(
    'Values of an enum or a category have no order and no size: their codes are arbitrary, and an energy that computes with codes would depend on the order in which they happen to be listed. Compare the value, look something up by it, or `encode` it.',
    `
enum Job = { clerk, nurse }
energy E(j : Job) {
  term t = 0.5 * j
}`,
    `
enum Job = { clerk, nurse }
param w : real[Job] = 0.5
energy E(j : Job) {
  term t = w[j]
}`,
  ),
  E0308: shown(
    'This must be known before anything runs: sizes, sides of lattices, bounds of ranges. Their values come from numbers and `const`s; parameters change while learning and unknowns while sampling. On the command line `--set n=64` changes a constant.',
    `
param n : real = 3
index site = n
energy E(x : real[site]) {
  term t = sum(x ^ 2)
}`,
    `
const n = 3
index site = n
energy E(x : real[site]) {
  term t = sum(x ^ 2)
}`,
  ),
  E0309: shown(
    'A term adds one number to the energy, and this is an array. Whether its elements are to be added, averaged or something else is for the program to say, mostly with `sum(…)`.',
    `
energy E(x : real[3]) {
  term t = x ^ 2
}`,
    `
energy E(x : real[3]) {
  term t = sum(x ^ 2)
}`,
  ),
  E0310: shown(
    'This is no domain, or not one that is possible here. Parameters are real numbers, because they are learned along derivatives; arguments of a called energy have the domains that it declares, because its meaning depends on them.',
    `
param n : int(0, 3) = 1
energy E(x : real) {
  term t = n * x ^ 2
}`,
    `
param n : real(0, 3) = 1
energy E(x : real) {
  term t = n * x ^ 2
}`,
  ),
  E0311: shown(
    'In a product of energies, arguments of the same name become one unknown, so their domains must be the same. Here they differ. Rename one argument, or give both the same domain.',
    `
energy A(x : real) {
  term t = x ^ 2
}
energy B(x : real(0, inf)) {
  term t = x
}
energy E = A * B ^ 0.5`,
    `
energy A(x : real(0, inf)) {
  term t = x ^ 2
}
energy B(x : real(0, inf)) {
  term t = x
}
energy E = A * B ^ 0.5`,
  ),
  E0312: shown(
    'Parameters are declared at the top of a file or inside a function. An energy may be called many times, and its parameters would then be shared or not without a word; a function that owns parameters says so, because each `param f1 = f(…)` is an instance of its own.',
    `
energy E(x : real) {
  param w : real = 1
  term t = w * x ^ 2
}`,
    `
param w : real = 1
energy E(x : real) {
  term t = w * x ^ 2
}`,
  ),
  E0313: shown(
    'Checking this program would take more room or time than the language allows; the message says which limit is met. Calls are written out as they are checked, so a short text whose functions call each other many times over can be a very large program. Sum over an index set, or write a recurrence with `scan`, instead of writing the parts one by one.',
    `
fn f0(x : real) : real = 0.5 * x
${Array.from({ length: 140 }, (_, i) => `fn f${i + 1}(x : real) : real = 0.5 * f${i}(x)`).join('\n')}
energy E(x : real) {
  term t = f140(x)
}`,
    `
index step = 140
energy E(x : real) {
  let path = scan(t in step, prev = x) = 0.5 * prev
  term t = path[139] + x ^ 2
}`,
  ),
  E0314: shown(
    'This energy takes index sets as arguments, so only a call decides which states it has. A job needs states. Call it in an energy of your own that says the sets, and use that one in the job.',
    `
energy Chain(s : spin[site], bond : set[site, site]) {
  term pull = -sum(s[p] * s[q] for (p, q) in bond)
}
run z = logz(Chain)`,
    `
index site = ring(5)
energy Chain(s : spin[place], bond : set[place, place]) {
  term pull = -sum(s[p] * s[q] for (p, q) in bond)
}
energy Ring(s : spin[site]) {
  term pull = Chain(s, neighbours(site))
}
run z = logz(Ring)`,
  ),
  E0401: shown(
    'Two terms of an energy have the same name. Terms are recorded with every draw by their names, so each needs its own.',
    `
energy E(x : real) {
  term a = x ^ 2
  term a = 0.1 * x
}`,
    `
energy E(x : real) {
  term a = x ^ 2
  term b = 0.1 * x
}`,
  ),
  E0402: shown(
    'Only unknowns of the energy can be given values; data, constants and parameters have theirs already. `given` takes a list in braces: `given = { x = 1 }`.',
    `
const k = 3
energy E(x : real) {
  term a = (x - k) ^ 2
}
run s = sample(E, given = { k = 2 })`,
    `
energy E(x : real, k : real(0, 4)) {
  term a = (x - k) ^ 2
}
run s = sample(E, given = { k = 2 }, draws = 20, warmup = 20)`,
  ),
  E0601: shown(
    'A job is `run name = verb(…)`, and this is no verb of the language. `energy doc` lists them.',
    `
energy E(x : bit) {
  term a = x
}
run s = smaple(E)`,
    `
energy E(x : bit) {
  term a = x
}
run s = sample(E, draws = 20, warmup = 20)`,
  ),
  E0602: shown(
    'The option exists, but its value is of the wrong kind or outside what is possible: a fraction where a number of things is counted, a word that is none of those the option takes, a job that stands further down. `energy doc` shows for each option which values it takes.',
    `
energy E(x : real) {
  term a = x ^ 2
}
run s = sample(E, chains = 0)`,
    `
energy E(x : real) {
  term a = x ^ 2
}
run s = sample(E, chains = 2, draws = 20, warmup = 20)`,
  ),
  E0603: shown(
    'The data of this job do not have the shape of the energy’s unknowns. Rows are data over one further index set: for an unknown `bit[3]` rows are `bit[row, 3]`. With several unknowns, say which data belong to which: `score(E, { x = xs, y = ys })`.',
    `
data rows : bit[row] from "bits.csv"
energy E(x : bit[3]) {
  term a = sum(x)
}
run s = score(E, rows)`,
    `
data rows : bit[row] from "bits.csv"
energy E(x : bit) {
  term a = 0.5 * x
}
run s = score(E, rows)`,
    { wrong: BITS },
  ),
  W0401: shown(
    'The energy does not depend on this real unknown, so exp(−E) stays the same however far it runs and cannot be normalised: there is no such distribution. Add a term that grows with it, such as a prior, or bound its domain.',
    `
energy E(x : real, y : real) {
  term a = x ^ 2
}`,
    `
energy E(x : real, y : real) {
  term a = x ^ 2
  y ~ normal(0, 1)
}`,
  ),
  W0402: shown(
    'A term that is the same number in every state changes neither probabilities nor samples; it only shifts the zero of energy. Often an unknown was forgotten in it. Take it away, or make it depend on something.',
    `
energy E(x : real) {
  term a = x ^ 2
  term b = 3
}`,
    `
energy E(x : real) {
  term a = x ^ 2
  term b = 3 * x
}`,
  ),
  W0403: shown(
    'A parameter is declared and no energy reads it, so no data can say what it should be. Use it, or take it away.',
    `
param w : real = 1
energy E(x : real) {
  term a = x ^ 2
}`,
    `
param w : real = 1
energy E(x : real) {
  term a = (x - w) ^ 2
}`,
  ),
  W0404: shown(
    'Data are declared and neither an energy nor a job reads them. Perhaps a name is misspelt elsewhere. Use them, or take the declaration away.',
    `
data rows : bit[row] from "bits.csv"
energy E(x : real) {
  term a = x ^ 2
}`,
    `
data rows : bit[row] from "bits.csv"
energy E(x : real) {
  term a = x ^ 2 + sum(rows) * x
}`,
    { wrong: BITS },
  ),
  W0405: shown(
    'No term depends on this unknown, so all of its values are equally probable and independent of everything else. That is a proper distribution, but rarely one that was meant. Use it in a term, or take it away.',
    `
energy E(x : real, b : bit) {
  term a = x ^ 2
}`,
    `
energy E(x : real, b : bit) {
  term a = (x - b) ^ 2
}`,
  ),
  W0406: shown(
    'This discrete unknown has so many values that weighing all of them for every update would take too long. Each update then chooses among some of them, drawn at random together with the present one; the result is exact, but chains move more slowly. A coarser domain, or a real unknown, may serve as well.',
    `
energy E(n : int(0, 60000)) {
  term a = 0.001 * n
}`,
    `
energy E(n : int(0, 600)) {
  term a = 0.1 * n
}`,
  ),
  W0407: shown(
    'Only the data restrain this unknown: it has no prior, so its prior is flat over the whole line. Such a prior is no distribution, and where the data say little the posterior is none either, which a sampler cannot notice. Give it a prior, however wide.',
    `
index row = 3
data y : real[row] from "y.csv"
energy E(mu : real) {
  y ~ normal(mu, 1)
}`,
    `
index row = 3
data y : real[row] from "y.csv"
energy E(mu : real) {
  mu ~ normal(0, 10)
  y  ~ normal(mu, 1)
}`,
    { wrong: { 'y.csv': 'y\n0.5\n-1\n2\n' } },
  ),
  E0901: told(
    'The language knows what is written here, but this version does not do it. Nothing ends with this code any more: it is kept so that it is never given another meaning.',
    'nothing yields it',
  ),
};
