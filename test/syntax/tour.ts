/** The five programs of the language's tour. */
export const tour = {
  ising: `/// 2-D Ising model on a torus; the couplings are learned from data.
index site = grid(32, 32)
set   bond = neighbours(site, wrap = true)        // unordered pairs of sites

data  seen : spin[picture, site] from "spins.npz" // the size of \`picture\` comes from the file
param J    : real[bond] ~ normal(0, 0.1)          // a prior is one more energy term, on J
param h    : real = 0

energy Ising(s : spin[site]) {
  term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond)
  term field    = -h * sum(s)
  report magnet = abs(mean(s))
}

run learn = fit(Ising, seen, loss = contrastive(sweeps = 10, persistent = true), optimizer = adam(rate = 0.01), steps = 2000)
run draws = sample(Ising, method = gibbs, draws = 1000, chains = 8, seed = 1)
`,
  table: `/// One energy over the mixed columns of a table, trained without any MCMC.
enum  Job = { clerk, nurse, engineer, other }
type  Row = { age : real, income : real(0, inf), kids : int(0, 6), month : cyclic(12), owns : bit, job : Job }

data  adults : Row[person] from "adults.csv"
param net    = mlp(encode(Row), hidden = [128, 128], act = silu)

energy Adult(r : Row) {
  let  x     = encode(r, like = adults)           // standardised reals, one-hot enums
  term shape = net(x)
  term tail  = 0.01 * sum(x ^ 2)                  // keeps exp(-E) integrable
}

run learn = fit(Adult, adults, loss = discrepancy(t = 0.1, draws = 32, stabilise = 1), optimizer = adam(rate = 1e-3), epochs = 50)
run draws = sample(Adult, n = 10000)
run check = compare(draws, adults)
`,
  experts: `/// A product of two experts, then conditioning: fill in half of an image.
use Stroke, Digit, pixel from "stroke.energy" frozen
use Slant from "slant.energy" frozen

data  photo : real(0, 1)[pixel] from "photo.npy"
param w     : real(0, inf) = 0.7                  // the strength of the second expert
set   left  = { p for p in pixel where p.col < 14 }

energy Joint(x : real(0, 1)[pixel], y : Digit) {
  term stroke = Stroke(x, y)
  term slant  = w * Slant(x)                      // density: Stroke * Slant ^ w
  term smooth = 0.1 * sum((x[p] - x[q]) ^ 2 for (p, q) in neighbours(pixel))
  report seven = y == Digit.seven
}

run fill = sample(Joint, given = { x[left] = photo[left] }, chains = 4)
run best = minimize(Joint, given = { x[left] = photo[left], y = Digit.seven }, restarts = 16)
`,
  sudoku: `/// Sudoku: hard constraints are support, not large numbers.
index row = 9
index col = 9
data  clue : int(0, 9)[row, col] from "puzzle.csv"     // 0 = empty

energy Sudoku(d : category(9)[row, col]) {
  require all_different(d[r, c] for c in col) for r in row
  require all_different(d[r, c] for r in row) for c in col
  require all_different(d[3*a + i, 3*b + j] for i in 0..3, j in 0..3) for a in 0..3, b in 0..3
}

run solve = minimize(Sudoku, given = { d[r, c] = clue[r, c] - 1 for r in row, c in col where clue[r, c] > 0 })
`,
  schools: `/// A Bayesian model: the unknowns are the arguments, the data are given.
index school
data  y     : real[school]
data  sigma : real(0, inf)[school]

energy EightSchools(mu : real, tau : real(0, inf), eta : real[school]) {
  mu  ~ normal(0, 5)
  tau ~ half_cauchy(5)
  eta ~ normal(0, 1)
  let theta = mu + tau * eta
  y   ~ normal(theta, sigma)                       // elementwise, summed: an energy term
  report theta
}
`,
} as const;
