/**
 * A Gaussian energy fitted to (1 − c)·N(0, 1) + c·N(8, ½²) by the pseudo-spherical score, which is the likelihood at
 * γ = 0 (L. Yu, J. Song, Y. Song, S. Ermon, "Pseudo-spherical contrastive divergence", NeurIPS 2021).
 */
import { normalQuantile } from '../../../src/random/normal-quantile.ts';
import { load, minimum, objectiveOf } from './program.ts';

export const gammas = [-0.5, 0, 0.5, 1, 2] as const;
export const shares = [0.1, 0.2] as const;

const text = `
data xs : real[row] from "x.csv"
param mu    : real = 0
param sigma : real(0, inf) = 1
energy Normal(x : real) {
  term square = 0.5 * ((x - mu) / sigma) ^ 2
}
run learn = fit(Normal, xs, loss = likelihood)
`;

/** Equally weighted rows that stand for the density: quantiles of its two parts. */
export function contaminated(share: number, rows: number): Float64Array {
  const strangers = Math.round(share * rows);
  const part = (n: number, mean: number, sd: number): number[] =>
    Array.from({ length: n }, (_, i) => mean + sd * normalQuantile((i + 0.5) / n));
  return Float64Array.from([...part(rows - strangers, 0, 1), ...part(strangers, 8, 0.5)]);
}

export interface Fitted {
  readonly share: number;
  readonly gamma: number;
  readonly mu: number;
  readonly sigma: number;
}

/** @param rows that stand for the density; 20,000 give three digits */
export async function contamination(rows = 20_000): Promise<readonly Fitted[]> {
  const out: Fitted[] = [];
  for (const share of shares) {
    const loaded = await load(text, { 'x.csv': `xs\n${contaminated(share, rows).join('\n')}\n` });
    for (const gamma of gammas) {
      const of = objectiveOf(loaded, { kind: 'likelihood', gamma });
      const at = minimum((x, g) => of.value(x, g), of.start);
      const found = of.params(at);
      out.push({ share, gamma, mu: found.get('mu')![0], sigma: found.get('sigma')![0] });
      of.dispose();
    }
  }
  return out;
}
