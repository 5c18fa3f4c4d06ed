/**
 * What energies are measured against without any other program: logistic and ridge regression, and two ways to fill
 * missing cells.
 */
import { columnNumber, locationOf, type Table } from './table.ts';

/** All columns but one as numbers: reals and whole numbers standardised, labels one-hot; and a constant. */
export function featuresOf(like: Table, target: string): (t: Table) => readonly Float64Array[] {
  const out = columnNumber(like, target);
  const places = like.columns.map(locationOf);
  return (t) =>
    Array.from({ length: t.rows }, (_, i) => {
      const x = [1];
      t.specs.forEach((s, j) => {
        if (j === out) return;
        const v = t.columns[j][i];
        if (s.kind === 'label') x.push(...s.labels.map((_l, k) => (v === k ? 1 : 0)));
        else x.push((v - places[j].mean) / places[j].sd);
      });
      return Float64Array.from(x);
    });
}

/**
 * Multinomial logistic regression with the penalty ½λ‖w‖² (λ = 1, the constant's weights free), by Nesterov's
 * accelerated gradient.
 * @returns rows × classes for features
 */
export function logistic(
  x: readonly Float64Array[],
  y: ArrayLike<number>,
  classes: number,
  penalty = 1,
): (x: readonly Float64Array[]) => Float64Array {
  const d = x[0].length;
  const n = x.length;
  const w = new Float64Array(classes * d);
  const previous = w.slice();
  const ahead = w.slice();
  const gradient = new Float64Array(classes * d);
  const step = 1 / (0.5 * largestEigenvalue(x) + penalty);
  for (let t = 1; t <= 2000; t++) {
    const p = probabilities(ahead, x, classes);
    ahead.forEach((v, k) => {
      gradient[k] = k % d === 0 ? 0 : penalty * v;
    });
    for (let i = 0; i < n; i++)
      for (let c = 0; c < classes; c++) {
        const r = p[i * classes + c] - (y[i] === c ? 1 : 0);
        for (let k = 0; k < d; k++) gradient[c * d + k] += r * x[i][k];
      }
    for (let k = 0; k < w.length; k++) {
      const next = ahead[k] - step * gradient[k];
      ahead[k] = next + (t / (t + 3)) * (next - previous[k]);
      previous[k] = next;
    }
  }
  w.set(previous);
  return (z) => probabilities(w, z, classes);
}

function probabilities(w: Float64Array, x: readonly Float64Array[], classes: number): Float64Array {
  const d = x[0]?.length ?? 0;
  const out = new Float64Array(x.length * classes);
  x.forEach((row, i) => {
    const own = out.subarray(i * classes, (i + 1) * classes);
    for (let c = 0; c < classes; c++) for (let k = 0; k < d; k++) own[c] += w[c * d + k] * row[k];
    const top = Math.max(...own);
    let sum = 0;
    own.forEach((v, c) => {
      own[c] = Math.exp(v - top);
      sum += own[c];
    });
    for (let c = 0; c < classes; c++) own[c] /= sum;
  });
  return out;
}

/** Of XᵀX, by the power method. */
function largestEigenvalue(x: readonly Float64Array[]): number {
  let v = new Float64Array(x[0].length).fill(1);
  let size = 1;
  for (let t = 0; t < 50; t++) {
    const next = new Float64Array(v.length);
    for (const row of x) {
      const dot = row.reduce((s, a, k) => s + a * v[k], 0);
      row.forEach((a, k) => {
        next[k] += a * dot;
      });
    }
    size = Math.hypot(...next);
    v = next.map((a) => a / size);
  }
  return 1.05 * size;
}

/** Ridge regression, penalty ½λ‖w‖² beside half the sum of squares; by conjugate gradients on the normal equations. */
export function ridge(
  x: readonly Float64Array[],
  y: ArrayLike<number>,
  penalty = 1,
): (x: readonly Float64Array[]) => Float64Array {
  const d = x[0].length;
  const times = (v: Float64Array): Float64Array => {
    const out = v.map((a, k) => (k === 0 ? 0 : penalty * a));
    for (const row of x) {
      const dot = row.reduce((s, a, k) => s + a * v[k], 0);
      row.forEach((a, k) => {
        out[k] += a * dot;
      });
    }
    return out;
  };
  const w = new Float64Array(d);
  let r = new Float64Array(d);
  x.forEach((row, i) => {
    row.forEach((a, k) => {
      r[k] += a * y[i];
    });
  });
  let p = r.slice();
  let rr = r.reduce((s, a) => s + a * a, 0);
  for (let t = 0; t < 4 * d && rr > 1e-18; t++) {
    const ap = times(p);
    const step = rr / p.reduce((s, a, k) => s + a * ap[k], 0);
    w.forEach((a, k) => {
      w[k] = a + step * p[k];
    });
    r = r.map((a, k) => a - step * ap[k]);
    const next = r.reduce((s, a) => s + a * a, 0);
    p = r.map((a, k) => a + (next / rr) * p[k]);
    rr = next;
  }
  return (z) => Float64Array.from(z, (row) => row.reduce((s, a, k) => s + a * w[k], 0));
}

/** Area under the ROC curve: how often a row of class 1 scores higher than one of class 0; ties count half. */
export function areaUnderCurve(scores: ArrayLike<number>, positive: (i: number) => boolean): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a] - scores[b]);
  let [wins, below, positives] = [0, 0, 0];
  for (let i = 0; i < order.length; ) {
    let j = i;
    let own = 0;
    while (j < order.length && scores[order[j]] === scores[order[i]]) own += positive(order[j++]) ? 1 : 0;
    const others = j - i - own;
    wins += own * (below + others / 2);
    below += others;
    positives += own;
    i = j;
  }
  return wins / (positives * below);
}

/** Mean over classes of the area under the curve, each class against all others. */
export function meanArea(p: Float64Array, truth: ArrayLike<number>, classes: number): number {
  let [sum, used] = [0, 0];
  for (let c = classes === 2 ? 1 : 0; c < classes; c++) {
    const scores = Float64Array.from({ length: truth.length }, (_, i) => p[i * classes + c]);
    const area = areaUnderCurve(scores, (i) => truth[i] === c);
    if (Number.isNaN(area)) continue;
    sum += area;
    used++;
  }
  return sum / used;
}

/** Fills what is missing. */
export type Filling = (t: Table) => Table;

/** The mean of numbers, the commonest label. */
export function commonest(train: Table): Filling {
  const values = train.specs.map((s, j) =>
    s.kind === 'label' ? mode(train.columns[j]) : locationOf(train.columns[j]).mean,
  );
  return (t) => ({ ...t, columns: t.columns.map((c, j) => c.map((x) => (Number.isNaN(x) ? values[j] : x))) });
}

/**
 * From the k nearest rows: the mean of numbers, the commonest label. Distances are the mean, over the cells that are
 * there, of squared differences in standard deviations, a different label counting 1.
 */
export function nearest(train: Table, k = 5): Filling {
  const sds = train.columns.map((c) => locationOf(c).sd);
  return (t) => {
    const columns = t.columns.map((c) => c.slice());
    for (let i = 0; i < t.rows; i++) {
      const there = t.columns.flatMap((c, j) => (Number.isNaN(c[i]) ? [] : [j]));
      if (there.length === t.columns.length) continue;
      const away = Array.from({ length: train.rows }, (_, r) =>
        there.reduce((s, j) => {
          const [a, b] = [t.columns[j][i], train.columns[j][r]];
          return s + (t.specs[j].kind === 'label' ? (a === b ? 0 : 1) : ((a - b) / sds[j]) ** 2);
        }, 0),
      );
      const order = away.map((_, r) => r).sort((a, b) => away[a] - away[b] || a - b);
      t.specs.forEach((s, j) => {
        if (there.includes(j)) return;
        const own = Float64Array.from(order.slice(0, k), (r) => train.columns[j][r]);
        columns[j][i] = s.kind === 'label' ? mode(own) : locationOf(own).mean;
      });
    }
    return { ...t, columns };
  };
}

function mode(column: Float64Array): number {
  const counts = new Map<number, number>();
  for (const x of column) if (!Number.isNaN(x)) counts.set(x, (counts.get(x) ?? 0) + 1);
  return [...counts].sort(([x, a], [y, b]) => b - a || x - y)[0][0];
}
