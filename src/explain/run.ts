/** E07: sampling, enumerating and learning. */
import { type Entries, shown, told } from './types.ts';

const rows = (values: readonly number[]) => ({ 'x.csv': `x\n${values.join('\n')}\n` });
const few = 'steps = 2, batch = 4';

/** An energy with one parameter and its fit. */
const learned = (term: string, options: string, domain = 'real', init = '1'): string => `
data xs : ${domain}[row] from "x.csv"
param w : real = ${init}
energy E(x : ${domain}) {
  term t = ${term}
}
run learn = fit(E, xs${options === '' ? '' : `, ${options}`})`;

export const runEntries: Entries = {
  E0701: shown(
    'The energy of a state is not a number, or −∞, so that the state has no probability. The message names the term and the state. Look for the logarithm or root of a negative number, or for a division of 0 by 0; restrict the domain, or `require` what the term needs.',
    `
energy E(n : int(0, 3)) {
  term fine  = 0.5 * n
  term wrong = log(n - 10)
}
run s = sample(E, draws = 2, warmup = 2)`,
    `
energy E(n : int(0, 3)) {
  term fine  = 0.5 * n
  term right = log(n + 10)
}
run s = sample(E, draws = 20, warmup = 20)`,
  ),
  E0702: shown(
    'No state was found that satisfies everything that is required. Either there is none, as where all states were looked at, or none was reached by search. Check the requirements one by one, and the values that are given.',
    `
energy E(b : bit[3]) {
  require sum(b) > 5
}
run z = logz(E)`,
    `
energy E(b : bit[3]) {
  require sum(b) > 1
}
run z = logz(E)`,
  ),
  E0703: shown(
    'ln Z was asked for exactly, and there are too many states, or infinitely many; or it cannot be estimated either, as where hardly any state has a finite energy. The message says which. Give some unknowns values, make the model smaller for this purpose, or leave `method` out.',
    `
energy E(x : real) {
  term a = x ^ 4
}
run z = logz(E, method = exact)`,
    `
energy E(x : real) {
  term a = x ^ 4
}
run z = logz(E, error = 0.1)`,
  ),
  E0704: shown(
    'The method that was asked for cannot move these unknowns: `gibbs` is for discrete ones, those that follow a gradient are for real ones. Some ask for more: cluster moves for pairs that only ask whether two elements are equal, `dula` for an energy without `require`. Without `method` the plan chooses one for each unknown, and `energy plan` shows which and why.',
    `
energy E(x : real) {
  term a = x ^ 2
}
run s = sample(E, method = gibbs)`,
    `
energy E(x : real) {
  term a = x ^ 2
}
run s = sample(E, draws = 20, warmup = 20)`,
  ),
  E0705: shown(
    'A value that is given lies outside the domain of its unknown, or is given to an element that does not exist. Such a state has probability 0, so nothing can follow from it.',
    `
energy E(n : int(0, 3)) {
  term a = n
}
run s = sample(E, given = { n = 7 })`,
    `
energy E(n : int(0, 3), m : int(0, 3)) {
  term a = n + m
}
run s = sample(E, given = { n = 2 }, draws = 20, warmup = 20)`,
  ),
  E0706: shown(
    'While running, an array was read outside its index set: the index depends on an unknown, or on data that lead elsewhere, so that it could not be checked before. Guard the read with `where` or `if`, or narrow the domain of the unknown.',
    `
index day = line(4)
data lag : day[day] from "lag.csv"
energy E(s : spin[day], n : int(1, 3)) {
  term echo = sum(s[lag[t + n]] for t in day where t > 0)
}
run draws = sample(E, draws = 2, warmup = 2)`,
    `
index day = line(4)
data lag : day[day] from "lag.csv"
energy E(s : spin[day], n : int(1, 3)) {
  term echo = sum(s[lag[t + n]] for t in day where t + n < 4)
}
run draws = sample(E, draws = 20, warmup = 20)`,
    { wrong: { 'lag.csv': 'lag\n1\n2\n3\n0\n' } },
  ),
  E0707: told(
    'Chains were drawn by several workers, and one of them ended before it was done; most often it had no memory left. Draw fewer chains or draws, record less often (`thin`), or take fewer workers: with `workers = 1` all chains share one memory. The draws do not depend on the number of workers.',
    'it takes a machine that runs out of memory',
  ),
  E0708: shown(
    'What a job computes, or the draws that it keeps, did not fit into memory. The message says what it was and, where that is known, how much. Draws need 8 bytes for each element of each unknown and report, of each chain and draw: keep fewer (`draws`, `thin`), or draw fewer chains. The engine `kernels` has four gigabytes for all it computes with; smaller index sets, or fewer chains or rows at a time, need less, and other engines (`--engine wasm`) have limits of their own.',
    `
energy E(x : real) {
  term bowl = x ^ 2
}
run draws = sample(E, draws = 1000000000000, warmup = 2)`,
    `
energy E(x : real) {
  term bowl = x ^ 2
}
run draws = sample(E, draws = 100, warmup = 2)`,
  ),
  E0710: shown(
    'While learning, the energy of a row, or of a perturbed copy of one, became NaN or infinite. The message names the term, the row and its values. Look for a logarithm, a root or a division whose argument reaches 0, or an exponential that overflows; a smaller learning rate helps where parameters ran away.',
    learned('w * log(x + 2) + x ^ 2', few),
    learned('w * log(x ^ 2 + 2) + x ^ 2', few),
    { wrong: rows([1, 2, -3, 0]) },
  ),
  E0711: shown(
    'While learning, the energy was finite but its derivative was not: a root or a power below 1 at 0, for instance, has an infinite slope there. Start the parameter elsewhere, or use a function that is smooth at this point.',
    learned('sqrt(w ^ 2) * x + x ^ 2', few, 'real', '0'),
    learned('sqrt(w ^ 2 + 0.01) * x + x ^ 2', few, 'real', '0'),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0712: shown(
    'The data have no rows. Learning needs some.',
    learned('w * x ^ 2 + x', few),
    learned('w * x ^ 2 + x', few),
    { wrong: { 'x.csv': 'x\n' }, right: rows([1, 2, 3, 4]) },
  ),
  E0713: told(
    'A row holds a value that is infinite or not a number. No distance from it is finite, so nothing can be learned from it. Most such values are found already when data are bound (E0533); leave the row out.',
    'rows of files are checked before',
  ),
  E0714: shown(
    'A row of the data does not satisfy what the energy requires, so under this model it is impossible whatever the parameters are. Leave the row out, or relax the requirement.',
    `
data xs : int(0, 9)[row] from "x.csv"
param w : real = 1
energy E(x : int(0, 9)) {
  require x < 5
  term t = w * x
}
run learn = fit(E, xs, ${few})`,
    `
data xs : int(0, 9)[row] from "x.csv"
param w : real = 1
energy E(x : int(0, 9)) {
  require x < 9
  term t = w * x
}
run learn = fit(E, xs, ${few})`,
    { wrong: rows([1, 7, 2, 3]) },
  ),
  E0715: told(
    'The checkpoint to resume from was written by another fit: of another energy, other data or other options, so that going on would not give what one long fit gives. Resume with the program and the options of the first part, or begin anew.',
    'it takes the checkpoint of an earlier fit',
  ),
  E0716: shown(
    'The energy reads no parameter that could be learned: it has none, or they are all frozen. Declare a `param` and use it in a term.',
    `
data xs : real[row] from "x.csv"
energy E(x : real) {
  term t = x ^ 2
}
run learn = fit(E, xs, ${few})`,
    learned('w * x ^ 2', few),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0717: shown(
    'Two options say the same thing in different ways, here how long a fit goes on. Give one of them.',
    learned('w * x ^ 2', 'steps = 2, epochs = 2'),
    learned('w * x ^ 2', 'epochs = 2'),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0718: shown(
    'The option is a number of the right kind, but at this value the method would do nothing: a moving average that keeps only the past, a perturbation that moves nothing. The message says what the option must be.',
    learned('w * x ^ 2', `${few}, average = 1`),
    learned('w * x ^ 2', `${few}, average = 0.9`),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0719: shown(
    'Learning compares each row with perturbed copies of it, one unknown at a time by its own heat kernel. The elements of this unknown are not free of each other, or its bounds depend on other values, so there is no such kernel. Describe the rows in coordinates that are free, such as logarithms of ratios for shares. `pseudo_likelihood` and `ratio_matching` compare a value with all others of its domain, which can be done for discrete unknowns only; with reals use `score_matching`, with both `discrepancy(kernel = grid)`.',
    `
data xs : simplex(2)[row] from "x.json"
param w : real = 1
energy E(x : simplex(2)) {
  term t = w * x[0]
}
run learn = fit(E, xs, ${few})`,
    learned('w * x ^ 2', few),
    { wrong: { 'x.json': '{ "xs": [[0.5, 0.5], [0.2, 0.8]] }\n' }, right: rows([1, 2, 3, 4]) },
  ),
  E0721: shown(
    'These options of contrastive divergence have no effect together. A buffer and restarts are of persistent chains: without `persistent = true` every chain starts at a row at each step. A buffer holds at least the chains of a step. The size of moves is that of reals: discrete unknowns are drawn from their conditionals. The exponent γ of the pseudo-spherical score is more than −1.',
    learned('w * x ^ 2', `${few}, loss = contrastive(sweeps = 1, buffer = 100)`),
    learned('w * x ^ 2', `${few}, loss = contrastive(sweeps = 1, persistent = true, buffer = 100)`),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0722: shown(
    'Chains move reals in coordinates without bounds, which are made from the bounds of the domain once. Where a bound is a parameter that learns, these coordinates would be others at every step, and what chains keep would fall outside. Describe the unknown by its distance to the bound.',
    `
data xs : real[row] from "x.csv"
param w : real(0, inf) = 9
energy E(x : real(0, w)) {
  term t = x
}
run learn = fit(E, xs, ${few}, loss = contrastive())`,
    learned('w * x', `${few}, loss = contrastive()`, 'real(0, inf)'),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0724: shown(
    'Score matching brings the gradient of the energy near that of the data, and discrete unknowns have no gradient. Beside reals they are learned by their pseudo-likelihood; where all unknowns are discrete, take a loss that is made for them.',
    `
data xs : spin[row] from "x.csv"
param w : real = 0
energy E(x : spin) {
  term t = w * x
}
run learn = fit(E, xs, ${few}, loss = score_matching())`,
    `
data xs : spin[row] from "x.csv"
param w : real = 0
energy E(x : spin) {
  term t = w * x
}
run learn = fit(E, xs, ${few}, loss = pseudo_likelihood())`,
    { wrong: rows([1, -1, 1, 1]), right: rows([1, -1, 1, 1]) },
  ),
  E0725: shown(
    'Score matching is an integration by parts, and what it leaves out vanishes only where the density does: not at an edge. Bounds of a domain are taken care of, by coordinates in which they are infinitely far away; a requirement on reals, bounds that depend on other values, and rows that lie on a bound are not. Say requirements by bounds, widen bounds so that all rows are inside, or use a loss without derivatives.',
    `
data xs : real[row] from "x.csv"
param w : real = 1
energy E(x : real) {
  require x > 0
  term t = w * x
}
run learn = fit(E, xs, ${few}, loss = score_matching())`,
    `
data xs : real(0, inf)[row] from "x.csv"
param w : real = 1
energy E(x : real(0, inf)) {
  term t = w * x
}
run learn = fit(E, xs, ${few}, loss = score_matching())`,
    { wrong: rows([1, 2, 3, 4]), right: rows([1, 2, 3, 4]) },
  ),
  E0726: shown(
    'Exact and sliced score matching take second derivatives. At a kink, as abs, relu, min and max have, the first derivative jumps: the second one is infinite there and 0 beside it, where the rows are, so that the loss would miss the kink and learn something else. Use a smooth function (silu or softplus instead of relu, sqrt(x^2 + 0.01) instead of abs), or the denoising form, which takes first derivatives only.',
    learned('w * abs(x) + x ^ 2', `${few}, loss = score_matching()`),
    learned('w * abs(x) + x ^ 2', `${few}, loss = score_matching(form = denoising)`),
    { wrong: rows([1, -2, 3, -4]), right: rows([1, -2, 3, -4]) },
  ),
  E0727: shown(
    'Noise-contrastive estimation tells rows from noise whose density is known. For a real whose bounds depend on other values there is none here. Describe it by its distance to the bound.',
    `
data xs : real[row] from "x.csv"
data ys : real[row] from "y.csv"
param w : real = 1
energy E(x : real, y : real(x, inf)) {
  term t = w * x ^ 2 + y - x
}
run learn = fit(E, { x = xs, y = ys }, ${few}, loss = noise_contrastive())`,
    `
data xs : real[row] from "x.csv"
data ys : real[row] from "y.csv"
param w : real = 1
energy E(x : real, gap : real(0, inf)) {
  term t = w * x ^ 2 + gap
}
run learn = fit(E, { x = xs, gap = ys }, ${few}, loss = noise_contrastive())`,
    {
      wrong: { ...rows([1, 2, 3, 4]), 'y.csv': 'y\n2\n3\n4\n6\n' },
      right: { ...rows([1, 2, 3, 4]), 'y.csv': 'y\n1\n1\n1\n2\n' },
    },
  ),
  E0731: shown(
    'The integral of exp(−E) does not exist, because the energy does not grow in some direction: there is no density to speak of, and no ln Z. The message names an unknown along that direction. Give it a prior, or bounds.',
    `
energy E(x : real, y : real) {
  term a = (x - y) ^ 2
}
run z = logz(E)`,
    `
energy E(x : real, y : real) {
  x ~ normal(0, 10)
  term a = (x - y) ^ 2
}
run z = logz(E)`,
  ),
  E0732: told(
    'ln Z was to be estimated from the weights of many chains, and there is no estimate to tell: the run was stopped before the first one was complete, or one chain weighs more than all others, so that another run would say something else. The latter is so where exp(−E) is not integrable, because a term falls without end in a region that hardly any chain reaches, or where the path from the reference to exp(−E) is too hard for the budget. Look at the energy far out, give priors or bounds, or a larger `budget`.',
    'it takes a run of many seconds, or one that is stopped',
  ),
  E0741: shown(
    'There is no state of least energy, because the energy falls without end: a real unknown runs away, or comes ever closer to a bound at which a density is infinite, as that of `theta ~ normal(mu, tau)` is where `tau` approaches 0 and all `theta` equal `mu`. The message names the term and the unknown. A density may be integrable all the same, so `sample` may serve; for a highest point give a prior that keeps away from there, or a bound.',
    `
energy E(x : real[3], scale : real(0, inf)) {
  x ~ normal(0, scale)
}
run best = minimize(E)`,
    `
energy E(x : real[3], scale : real(0, inf)) {
  x ~ normal(0, scale)
  scale ~ gamma(5, 1)
}
run best = minimize(E)`,
  ),
  E0746: shown(
    'The rows do not name this unknown of the energy. A discrete one is then summed out exactly, so that the fit learns the energy of what is seen; that is possible where its elements do not interact with each other, where they form a chain, or where it has few joint states. A real one cannot be summed out. Give data for it, or use the energy of what is seen.',
    `
data xs : real[row] from "x.csv"
param w : real = 1
energy E(x : real, z : real) {
  term t = w * x ^ 2 + (x - z) ^ 2
}
run learn = fit(E, { x = xs }, ${few})`,
    `
data xs : real[row] from "x.csv"
param w : real = 1
energy E(x : real, z : bit) {
  term t = w * x ^ 2 + z * x
}
run learn = fit(E, { x = xs }, ${few})`,
    { wrong: rows([1, 2, 3, 4]), right: rows([1, 2, 3, 4]) },
  ),
  E0742: shown(
    'Maximum likelihood needs ln Z at every step, and it cannot be computed here. It can where the joint states of discrete unknowns are few (2¹⁸), where they touch few of each other, as on chains, trees and small lattices, where there are at most two reals whose bounds are numbers, beside few joint states, and where the energy is quadratic in all unknowns. The message says what is in the way. Other losses need no ln Z: `discrepancy` serves all domains, `pseudo_likelihood` discrete ones.',
    `
data xs : real[row, 3] from "x.json"
param w : real = 1
energy E(x : real[3]) {
  term t = w * sum(x ^ 4)
}
run learn = fit(E, xs, ${few}, loss = likelihood)`,
    learned('w * x ^ 2', `${few}, loss = likelihood`),
    { wrong: { 'x.json': '{ "xs": [[0.5, 0.5, 0.2], [0.2, 0.8, 0.1]] }\n' }, right: rows([1, 2, 3, 4]) },
  ),
  E0743: shown(
    'The pseudo-spherical score exists for γ above −1: it integrates exp(−(γ + 1)·E). At 0 it is the likelihood, and above 0 rows of high energy count less.',
    learned('w * x ^ 2', `${few}, loss = likelihood(gamma = -1)`),
    learned('w * x ^ 2', `${few}, loss = likelihood(gamma = 1)`),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0744: shown(
    'No state satisfies everything that the energy requires, so that there is nothing to add up for ln Z. Check the requirements one by one.',
    `
data xs : bit[row] from "x.csv"
param w : real = 1
energy E(x : bit) {
  term t = w * x
  require x > 1
}
run learn = fit(E, xs, ${few}, loss = likelihood)`,
    learned('w * x', `${few}, loss = likelihood`, 'bit'),
    { wrong: rows([1, 0, 0, 1]) },
  ),
  E0745: shown(
    'The energies of the rows or of what they are compared with have grown beyond 10⁸. Either the learning rate is far too large, or nothing in the energy bounds it and the loss does not either. The fit went back to its last checkpoint and on with half the rate three times before it gave up; the parameters are those of the checkpoint. Lower the rate, or add a term that bounds the energy, such as `0.01 * sum(x ^ 2)`.',
    learned('w * x ^ 2', `${few}, optimizer = adam(rate = 1e12)`),
    learned('w * x ^ 2', few),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0747: shown(
    '`lbfgs` looks along a line for a lower loss, so it compares losses, and they must differ by the parameters alone. A loss that draws perturbed rows, noise or chains is another function at every step, and so is one of a part of the rows. The exact likelihood, pseudo-likelihood and exact score matching draw nothing; with all others take `adam` or one of its kind.',
    learned('w * x ^ 2', 'steps = 2, optimizer = lbfgs()'),
    learned('w * x ^ 2', 'steps = 2, optimizer = adam()'),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  E0748: shown(
    'With `missing = complete` the empty cells of rows are drawn while the energy learns, by moves that each cell makes by itself within its domain. That is not possible for the elements of a simplex, a direction, an ordered vector or a correlation matrix, nor where the energy requires something of a cell, because the values with which learning begins come from other rows and may break it. Leave such rows out with `missing = drop`.',
    `
type Row = { a : bit, b : bit }
data rows : Row[row] from "x.csv"
param w : real = 1
energy E(r : Row) {
  term t = w * r.a
  require r.a + r.b > 0
}
run learn = fit(E, rows, ${few}, missing = complete)`,
    `
type Row = { a : bit, b : bit }
data rows : Row[row] from "x.csv"
param w : real = 1
energy E(r : Row) {
  term t = w * r.a
  require r.a + r.b > 0
}
run learn = fit(E, rows, ${few}, missing = drop)`,
    { wrong: { 'x.csv': 'a,b\n1,1\n0,1\n1,\n1,0\n' } },
  ),
  W0711: shown(
    'A step led to numbers that are not finite, or to energies beyond 10⁸. The fit went back to its last checkpoint, at most a hundred steps, and on with half the learning rate. The result is that of a fit with a smaller rate; if it happens again and again, give a smaller one yourself.',
    learned('w * x ^ 2', `${few}, optimizer = adam(rate = 1.4e7)`),
    learned('w * x ^ 2', few),
    { wrong: rows([1, 2, 3, 4]) },
  ),
  W0710: told(
    'Hardly any perturbed copy of a row satisfies what the energy requires. A copy outside the support teaches nothing, so most of the work is lost. Perturb less, with a smaller `t`.',
    'it is told while a fit runs',
  ),
  W0712: shown(
    'ln Z was computed by an integral over one or two reals, at nodes that are densest where the rows are, and at the learned parameters this integral is not accurate: either half as many nodes give another value, or a share of exp(−E) lies far from all rows, where the nodes end. For the first give more `points`; for the second a term that keeps the energy growing far out.',
    learned('x ^ 2 + 10 * w * sin(2000 * x)', `${few}, loss = likelihood`),
    learned('x ^ 2 + 10 * w * sin(2 * x)', `${few}, loss = likelihood`),
    { wrong: rows([1, 2, 3, 4]) },
  ),
};
