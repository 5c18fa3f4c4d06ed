/**
 * Which losses see how much of the data is in each of two modes that are far apart: ρ·N(−5, 1) + (1 − ρ)·N(5, 1) with
 * ρ = 0.2, each loss as a function of ρ on the same rows (T. Schröder, Z. Ou, J. N. Lim, Y. Li, S. J. Vollmer,
 * A. B. Duncan, "Energy discrepancies", NeurIPS 2023, the figure on healing the blindness of score matching).
 */
import type { LossChoice } from '../../../src/learn/options.ts';
import { Stream } from '../../../src/random/stream.ts';
import { load, type Objective, objectiveOf } from './program.ts';

export const share = 0.2;
export const times = [2, 4, 8, 32] as const;

const text = `
data xs : real[row] from "x.csv"
param rho : real(0, 1) = 0.5
energy Pair(x : real) {
  term modes = -logsumexp([log(rho) - 0.5 * (x + 5) ^ 2, log(1 - rho) - 0.5 * (x - 5) ^ 2])
}
run learn = fit(Pair, xs, loss = likelihood)
`;

export interface MyopiaOptions {
  readonly rows: number;
  /** Negatives of each row. */
  readonly draws: number;
  /** The values of ρ at which losses are shown. */
  readonly at: readonly number[];
}

export interface Curve {
  readonly name: string;
  /** The loss at each ρ, less the least of them. */
  readonly loss: readonly number[];
  /** Where the loss is least, between the ends of the values of ρ. */
  readonly least: number;
  /** The same of the discrepancy without an estimate: its negatives integrated out; null for other losses. */
  readonly exact: number | null;
  /** Between the largest and the smallest value. */
  readonly range: number;
}

export interface Myopia {
  readonly at: readonly number[];
  /** Of the rows that are nearer to −5. */
  readonly share: number;
  readonly curves: readonly Curve[];
}

export async function myopia({ rows, draws, at }: MyopiaOptions): Promise<Myopia> {
  const s = new Stream(1, 'myopia');
  const xs = Array.from({ length: rows }, () => (s.uniform() < share ? -5 : 5) + s.normal());
  const loaded = await load(text, { 'x.csv': `xs\n${xs.join('\n')}\n` });
  const mean = xs.reduce((a, x) => a + x, 0) / rows;
  const variance = xs.reduce((a, x) => a + (x - mean) ** 2, 0) / rows;
  const losses: readonly (readonly [string, LossChoice, number?])[] = [
    ['score matching', { kind: 'score_matching', form: 'exact', noise: 0.1, scales: 1, projections: 1 }],
    // Times of reals are in variances of the data; those of the paper are variances.
    ...times.map((t): [string, LossChoice, number] => [
      `discrepancy, t = ${t}`,
      { kind: 'discrepancy', t: t / variance, draws, stabilise: 0 },
      t,
    ]),
    ['likelihood', { kind: 'likelihood', gamma: 0 }],
  ];
  const curves = losses.map(([name, choice, t]): Curve => {
    const of = objectiveOf(loaded, choice);
    const lossAt = (rho: number): number => of.value([coordinateOf(of, rho)]);
    const values = at.map(lossAt);
    const least = Math.min(...values);
    const k = values.indexOf(least);
    const between = [at[Math.max(0, k - 1)], at[Math.min(at.length - 1, k + 1)]] as const;
    const made = {
      name,
      loss: values.map((v) => v - least),
      least: goldenSection(lossAt, ...between),
      exact: t === undefined ? null : goldenSection((rho) => population(xs, rho, t), 1e-3, 0.999),
      range: Math.max(...values) - least,
    };
    of.dispose();
    return made;
  });
  return { at, share: xs.filter((x) => x < 0).length / rows, curves };
}

/** Nodes and weights of the trapezoidal rule for a Gaussian. */
const noise = Array.from({ length: 97 }, (_, i) => {
  const z = (i - 48) / 6;
  return { z, weight: Math.exp(-0.5 * z * z) / (6 * Math.sqrt(2 * Math.PI)) };
});

/**
 * E[U(x)] − E[U_t(x + √t ξ)] over the rows, with U_t = −ln of the density of the model with noise of variance t:
 * what the discrepancy is for infinitely many negatives, but for a constant.
 */
function population(xs: readonly number[], rho: number, t: number): number {
  const energy = (x: number, variance: number): number => {
    const mode = (at: number): number => Math.exp(-((x - at) ** 2 - nearest) / (2 * variance));
    const nearest = Math.min((x + 5) ** 2, (x - 5) ** 2);
    return nearest / (2 * variance) - Math.log(rho * mode(-5) + (1 - rho) * mode(5));
  };
  let sum = 0;
  for (const x of xs) {
    sum += energy(x, 1);
    for (const { z, weight } of noise) sum -= weight * energy(x + Math.sqrt(t) * z, 1 + t);
  }
  return sum / xs.length;
}

/** ρ is learned in coordinates of its own: ln ρ/(1 − ρ). */
function coordinateOf(of: Objective, rho: number): number {
  const at = Math.log(rho) - Math.log1p(-rho);
  const back = of.params([at]).get('rho')![0];
  if (Math.abs(back - rho) > 1e-12) throw new Error(`ρ = ${rho} became ${back}`);
  return at;
}

/** The place of the minimum of a function with one, to 10⁻⁴. */
function goldenSection(f: (x: number) => number, lo: number, hi: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [lo, hi];
  let [x, y] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [fx, fy] = [f(x), f(y)];
  while (b - a > 1e-4) {
    if (fx < fy) {
      [b, y, fy] = [y, x, fx];
      x = b - ratio * (b - a);
      fx = f(x);
    } else {
      [a, x, fx] = [x, y, fy];
      y = a + ratio * (b - a);
      fy = f(y);
    }
  }
  return (a + b) / 2;
}
