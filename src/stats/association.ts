/**
 * How strongly two columns go together: Pearson's r of numbers, the correlation ratio η of a category and a
 * number, Cramér's V (1946) of categories. NaN where undefined: a constant, fewer than two rows. No cell is missing.
 */

/** The values about their mean, with Σ x² = 1; NaN throughout for a constant. */
export function unitVector(values: ArrayLike<number>): Float64Array {
  let scale = 0;
  for (let i = 0; i < values.length; i++) scale = Math.max(scale, Math.abs(values[i]));
  const small = Float64Array.from(values, (v) => v / (scale || 1));
  const centre = small.reduce((s, v) => s + v / small.length, 0);
  const away = small.map((v) => v - centre);
  const size = Math.sqrt(away.reduce((s, v) => s + v * v, 0));
  return size > 1e-12 ? away.map((v) => v / size) : away.fill(Number.NaN);
}

/** −1 … 1. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [p, q] = [unitVector(x), unitVector(y)];
  return x.length < 2 ? Number.NaN : p.reduce((sum, v, i) => sum + v * q[i], 0);
}

/** The root of the share of the values' variance that lies between groups, 0 … 1. */
export function correlationRatio(groups: ArrayLike<number>, values: ArrayLike<number>): number {
  if (values.length < 2) return Number.NaN;
  const y = unitVector(values);
  const sums = new Map<number, { n: number; sum: number }>();
  y.forEach((v, i) => {
    const g = sums.get(groups[i]);
    if (g === undefined) sums.set(groups[i], { n: 1, sum: v });
    else {
      g.n++;
      g.sum += v;
    }
  });
  if (sums.size < 2) return Number.NaN;
  let between = 0;
  for (const g of sums.values()) between += g.sum ** 2 / g.n;
  return Math.sqrt(Math.min(1, between));
}

/** The root of χ²/n over the least number of values less 1, 0 … 1. */
export function cramersV(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [rows, columns] = [new Map<number, number>(), new Map<number, number>()];
  const code = (seen: Map<number, number>, v: number): number => {
    const known = seen.get(v) ?? seen.size;
    seen.set(v, known);
    return known;
  };
  const a = Int32Array.from(x, (v) => code(rows, v));
  const b = Int32Array.from(y, (v) => code(columns, v));
  const least = Math.min(rows.size, columns.size) - 1;
  if (least < 1) return Number.NaN;
  const width = columns.size;
  const joint = new Map<number, number>();
  const [inRow, inColumn] = [new Float64Array(rows.size), new Float64Array(width)];
  a.forEach((r, i) => {
    inRow[r]++;
    inColumn[b[i]]++;
    const cell = r * width + b[i];
    joint.set(cell, (joint.get(cell) ?? 0) + 1);
  });
  let phi = -1;
  for (const [cell, n] of joint) phi += (n * n) / (inRow[Math.floor(cell / width)] * inColumn[cell % width]);
  return Math.sqrt(Math.max(0, phi) / least);
}
