/**
 * A table over several two-state elements as a sum over single ones and pairs, where it is one:
 * with x the codes, E(x) = Σ over subsets S of m(S) Π_{i ∈ S} x_i, m the Möbius transform of E over subsets
 * (Rota, Z. Wahrscheinlichkeitstheorie 2 (1964) 340). `s[t] * (s[t - 1] + s[t + 1])` is two pairs.
 */
import type { Tabulated } from './tabulate.ts';

/** What is less than this share of the largest energy is the error of its computation. */
export const NEGLIGIBLE = 2 ** -48;

/** Factors of one or two elements whose sum is this one but for a constant; this one where there are none. */
export function inPairs(t: Tabulated): readonly Tabulated[] {
  const { columns, table, joint } = t;
  const n = columns.length;
  if (t.kind !== 'energy' || n < 3 || columns.some((c) => c.states !== 2)) return [t];
  for (let i = 0; i < table.length; i++) if (!Number.isFinite(table[i])) return [t];
  const m = table.slice();
  const rows = table.length / joint;
  for (let r = 0; r < rows; r++) {
    const base = r * joint;
    let largest = 0;
    for (let s = 0; s < joint; s++) largest = Math.max(largest, Math.abs(m[base + s]));
    for (let bit = 1; bit < joint; bit *= 2)
      for (let s = 0; s < joint; s++) if (s & bit) m[base + s] -= m[base + (s ^ bit)];
    for (let s = 1; s < joint; s++) {
      // Each subset's number is the sum of 2^|S| energies.
      if (Math.abs(m[base + s]) <= NEGLIGIBLE * joint * largest) m[base + s] = 0;
      else if (members(s) > 2) return [t];
    }
  }
  const out: Tabulated[] = [];
  const part = (places: readonly number[]): void => {
    const width = 2 ** places.length;
    const subset = places.reduce((s, k) => s + 2 ** (n - 1 - k), 0);
    const own = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++) own[(r + 1) * width - 1] = m[r * joint + subset];
    if (own.some((e) => e !== 0))
      out.push({ ...t, columns: places.map((k) => columns[k]), joint: width, table: own });
  };
  for (let i = 0; i < n; i++) {
    part([i]);
    for (let j = i + 1; j < n; j++) part([i, j]);
  }
  return out;
}

function members(s: number): number {
  let n = 0;
  for (; s > 0; s &= s - 1) n++;
  return n;
}
