/**
 * Makes the simulated data of examples/statistics from scratch: `node examples/statistics/data/make.mjs`.
 * The laws stand here and in the programs, so that what a posterior says can be held against the truth.
 */
import { normal, pick, poisson, sigmoid, uniform, save as write } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);
const times = (n, f) => Array.from({ length: n }, (_, i) => f(i));
const fix = (x, digits = 3) => x.toFixed(digits);

/** Lengths of fish of two ages: 40 % normal(18, 1.5), 60 % normal(27, 2.5), in cm. */
{
  const u = uniform(3);
  save('fish.csv', ['length'], times(50, () => {
    const old = u() < 0.6;
    return [(old ? 27 + 2.5 * normal(u) : 18 + 1.5 * normal(u)).toFixed(1)];
  }));
}

/** y = 2 + 0.5 x + normal(0, 1), x = 0, …, 19. */
{
  const u = uniform(11);
  save('line.csv', ['x', 'y'], times(20, (i) => [i, fix(2 + 0.5 * i + normal(u), 2)]));
}

/** y = 1 + 2 x + normal(0, 0.4), and every eighth y is 6 too low. */
{
  const u = uniform(12);
  save('outliers.csv', ['x', 'y'], times(32, (i) => {
    const x = -2 + (4 * i) / 31;
    return [fix(x), fix(1 + 2 * x + 0.4 * normal(u) - (i % 8 === 7 ? 6 : 0))];
  }));
}

/** Counts: ln rate = ln hours − 0.5 + 0.8 heat − 0.6 night. */
{
  const u = uniform(13);
  save('calls.csv', ['hours', 'heat', 'night', 'calls'], times(40, () => {
    const hours = 2 + Math.floor(7 * u());
    const heat = fix(normal(u), 2);
    const night = u() < 0.4 ? 1 : 0;
    return [hours, heat, night, poisson(u, hours * Math.exp(-0.5 + 0.8 * heat - 0.6 * night))];
  }));
}

/** Eight items, slopes 0.7 to 2.1, difficulties −1.75 to 1.75; 60 persons of normal(0, 1). */
{
  const u = uniform(14);
  save('answers.csv', times(8, (i) => `right${i}`), times(60, () => {
    const skill = normal(u);
    return times(8, (i) => (u() < sigmoid((0.7 + 0.2 * i) * (skill - (-1.75 + 0.5 * i))) ? 1 : 0));
  }));
}

/** A league of six, strengths 1, 0.6, 0.2, −0.2, −0.6, −1, home advantage 0.4; everybody visits everybody twice. */
{
  const u = uniform(15);
  const teams = ['ash', 'birch', 'cedar', 'elm', 'fir', 'holly'];
  const pairs = times(36, (k) => [Math.floor(k / 6), k % 6]).filter(([i, j]) => i !== j);
  save('league.csv', ['home', 'away', 'won'], [...pairs, ...pairs].map(([i, j]) => [
    teams[i], teams[j], u() < sigmoid(0.4 * (j - i) + 0.4) ? 1 : 0,
  ]));
}

/** Grades 0 to 3: 1.5 x + logistic noise between the cutpoints −1, 0.5, 2. */
{
  const u = uniform(16);
  save('grades.csv', ['x', 'grade'], times(60, () => {
    const x = fix(2 * normal(u), 2);
    const p = u();
    const latent = 1.5 * x + Math.log(p / (1 - p));
    return [x, [-1, 0.5, 2].filter((c) => latent > c).length];
  }));
}

/** sin(2 π x / 5) + normal(0, 0.2) at 24 places in (0, 10). */
{
  const u = uniform(17);
  save('wave.csv', ['x', 'y'], times(24, () => 10 * u()).sort((a, b) => a - b).map((x) => [
    fix(x), fix(Math.sin((2 * Math.PI * x) / 5) + 0.2 * normal(u)),
  ]));
}

/** Three measures with standard deviations 1, 2, 0.5 and correlations 0.8, −0.3, 0 (1–2, 1–3, 2–3). */
{
  const u = uniform(18);
  save('bodies.csv', ['m0', 'm1', 'm2'], times(50, () => {
    const [a, b, c] = [normal(u), normal(u), normal(u)];
    // Cholesky factor of the correlations, row by row.
    const l32 = (0 + 0.3 * 0.8) / 0.6;
    return [fix(5 + a), fix(3 + 2 * (0.8 * a + 0.6 * b)), fix(1 + 0.5 * (-0.3 * a + l32 * b + Math.sqrt(1 - 0.09 - l32 * l32) * c))];
  }));
}

/** Word counts of six texts: shares are dirichlet(8, 4, 2, 2), each text has 50 words. */
{
  const u = uniform(19);
  // Whole shapes: a gamma is a sum of exponentials.
  const gamma = (n) => times(n, () => -Math.log(1 - u())).reduce((a, b) => a + b, 0);
  save('words.csv', ['n0', 'n1', 'n2', 'n3'], times(6, () => {
    const shares = [8, 4, 2, 2].map(gamma);
    const counts = [0, 0, 0, 0];
    for (let k = 0; k < 50; k++) counts[pick(u, shares)]++;
    return counts;
  }));
}

/** y_t = 1 + 0.6 (y_(t−1) − 1) + e_t + 0.5 e_(t−1), e ~ normal(0, 1). */
{
  const u = uniform(20);
  let [y, e] = [1, 0];
  save('arma.csv', ['y'], times(60, () => {
    const now = normal(u);
    y = 1 + 0.6 * (y - 1) + now + 0.5 * e;
    e = now;
    return [fix(y)];
  }));
}

/** y_t = 0.9 y_(t−1) − 0.5 y_(t−2) + normal(0, 1), from the steady state. */
{
  const u = uniform(21);
  const y = [0, 0];
  for (let t = 0; t < 110; t++) y.push(0.9 * y.at(-1) - 0.5 * y.at(-2) + normal(u));
  save('ar.csv', ['y'], y.slice(-60).map((x) => [fix(x)]));
}

/** GARCH(1,1): v_t = 0.2 + 0.4 y² + 0.4 v, y_t ~ normal(0, √v_t). */
{
  const u = uniform(22);
  let [v, y] = [1, 0];
  const all = times(160, () => {
    v = 0.2 + 0.4 * y * y + 0.4 * v;
    y = Math.sqrt(v) * normal(u);
    return y;
  });
  save('garch.csv', ['y'], all.slice(-60).map((x) => [fix(x)]));
}

/** Returns with log-volatility h_t = −1 + 0.9 (h_(t−1) + 1) + 0.5 normal(0, 1). */
{
  const u = uniform(23);
  let h = -1;
  save('returns.csv', ['y'], times(60, () => {
    h = -1 + 0.9 * (h + 1) + 0.5 * normal(u);
    return [fix(Math.exp(h / 2) * normal(u))];
  }));
}

/** y = 1 + 2 z + normal(0, 0.5), z ~ normal(0, 1); seen is w = z + normal(0, 0.6). */
{
  const u = uniform(24);
  save('dirty.csv', ['w', 'y'], times(50, () => {
    const z = normal(u);
    return [fix(z + 0.6 * normal(u)), fix(1 + 2 * z + 0.5 * normal(u))];
  }));
}

/** x ~ normal(10, 2), y = 3 + 0.8 x + normal(0, 1); twelve of forty y are missing: those of the largest x. */
{
  const u = uniform(25);
  const rows = times(40, () => {
    const x = 10 + 2 * normal(u);
    return [x, 3 + 0.8 * x + normal(u)];
  }).sort((a, b) => a[0] - b[0]);
  save('pairs.csv', ['x', 'y'], rows.slice(0, 28).map((r) => r.map((v) => fix(v, 2))));
  save('singles.csv', ['x'], rows.slice(28).map((r) => [fix(r[0], 2)]));
}

/** Eggs in nests: a nest is used with probability 0.6, a used one has poisson(3) eggs. */
{
  const u = uniform(26);
  save('eggs.csv', ['eggs'], times(50, () => [u() < 0.6 ? poisson(u, 3) : 0]));
}

/** Ten predictors of normal(0, 1), of which two count: y = 2 x₀ − 1.5 x₄ + normal(0, 1). */
{
  const u = uniform(27);
  save('sparse.csv', [...times(10, (j) => `x${j}`), 'y'], times(40, () => {
    const x = times(10, () => fix(normal(u), 2));
    return [...x, fix(2 * x[0] - 1.5 * x[4] + normal(u), 2)];
  }));
}

/** Directions in degrees of 24 birds let go: von Mises around 60° with concentration 2. */
{
  const u = uniform(28);
  const rows = [];
  while (rows.length < 24) {
    const a = 2 * Math.PI * (u() - 0.5);
    if (u() < Math.exp(2 * (Math.cos(a) - 1))) rows.push([Math.round((60 + (a * 180) / Math.PI + 360) % 360)]);
  }
  save('birds.csv', ['degrees'], rows);
}

/** Sixty ducks by the law in missing-cells.energy; a fifth of the cells is lost, each by itself. */
{
  const u = uniform(29);
  const wings = { mallard: 272, teal: 184, wigeon: 258 };
  const weights = { mallard: 1050, teal: 330, wigeon: 760 };
  const lost = (x) => (u() < 0.2 ? '' : x);
  save('ducks.csv', ['ring', 'species', 'sex', 'wing', 'weight'], times(60, (i) => {
    const species = Object.keys(wings)[pick(u, [0.5, 0.3, 0.2])];
    const male = u() < 0.5;
    const wing = wings[species] + (male ? 7 : -7) + 5 * normal(u);
    const weight = weights[species] * (1 + 2 * (wing / wings[species] - 1)) * Math.exp(0.08 * normal(u));
    return [1001 + i, lost(species), lost(male ? 'male' : 'female'), lost(fix(wing, 0)), lost(fix(weight, 0))];
  }));
}
