/**
 * Maximum mean discrepancy between two samples.
 *
 * A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schölkopf, A. Smola, "A kernel two-sample test", Journal of
 * Machine Learning Research 13 (2012) 723–773: the unbiased U-statistic
 * MMD² = mean_{i≠j} k(x_i, x_j) + mean_{i≠j} k(y_i, y_j) − 2 mean_{i,j} k(x_i, y_j),
 * which is 0 in expectation for samples of one distribution and may come out negative.
 */

/** Rows of equal width, row-major. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly width: number;
}

/**
 * Unbiased MMD² of discrete rows under the kernel exp(−rate · Hamming distance). The literature on discrete
 * energy models uses rate 0.1 and reports units of 1e−4.
 * @throws RangeError if widths differ or a sample has fewer than two rows
 */
export function hammingMmd(x: Rows, y: Rows, rate = 0.1): number {
  const [n, m] = [rowCount(x, y), rowCount(y, x)];
  const kernel = Float64Array.from({ length: x.width + 1 }, (_, d) => Math.exp(-rate * d));
  const distance = hammingDistance(x, y);
  const mean = (a: number, from: number, to: number, b: number): number => {
    // Counting distances first: whole numbers are exact whatever the order of summation.
    const counts = new Float64Array(x.width + 1);
    for (let i = 0; i < from; i++) {
      for (let j = a === b ? i + 1 : 0; j < to; j++) counts[distance(a + i, b + j)]++;
    }
    return counts.reduce((s, c, d) => s + c * kernel[d], 0) / counts.reduce((s, c) => s + c, 0);
  };
  return mean(0, n, n, 0) + mean(n, m, m, n) - 2 * mean(0, n, m, n);
}

/** The Hamming distance between rows of x (0 … n−1) and y (n …), 32 columns at a time if all are bits. */
export function hammingDistance(x: Rows, y: Rows): (i: number, j: number) => number {
  const width = x.width;
  const all = new Float64Array(x.values.length + y.values.length);
  all.set(x.values);
  all.set(y.values, x.values.length);
  // Two values a column, whatever they are (0/1 or −1/+1), make a bit.
  const twoValued = all.every((v) => v === 0 || v === 1) || all.every((v) => v === -1 || v === 1);
  if (!twoValued) {
    return (i, j) => {
      let d = 0;
      for (let k = 0; k < width; k++) if (all[i * width + k] !== all[j * width + k]) d++;
      return d;
    };
  }
  const wordsPerRow = Math.ceil(width / 32);
  const packed = new Int32Array((all.length / width) * wordsPerRow);
  for (let at = 0; at < all.length; at++) {
    const column = at % width;
    if (all[at] === 1) packed[((at - column) / width) * wordsPerRow + (column >> 5)] |= 1 << (column & 31);
  }
  return (i, j) => {
    let d = 0;
    for (let w = 0; w < wordsPerRow; w++)
      d += bitCount(packed[i * wordsPerRow + w] ^ packed[j * wordsPerRow + w]);
    return d;
  };
}

/** Number of ones in a 32-bit word. */
function bitCount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Unbiased MMD² of real rows under the Gaussian kernel exp(−‖a − b‖² / (2·bandwidth²)).
 * @param bandwidth default: the median distance between rows of the pooled sample (as in
 *   Gretton et al. 2012), found on at most 1,000 rows taken at equal steps
 * @throws RangeError if widths differ or a sample has fewer than two rows
 */
export function gaussianMmd(
  x: Rows,
  y: Rows,
  bandwidth: number = medianDistance(x, y),
): { readonly mmd2: number; readonly bandwidth: number } {
  const [n, m] = [rowCount(x, y), rowCount(y, x)];
  const scale = bandwidth > 0 ? -0.5 / bandwidth ** 2 : Number.NEGATIVE_INFINITY;
  const kernel = (d2: number): number => (d2 === 0 ? 1 : Math.exp(scale * d2));
  const within = (r: Rows, count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) sum += kernel(squaredDistance(r, i, r, j));
    return sum / ((count * (count - 1)) / 2);
  };
  let across = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) across += kernel(squaredDistance(x, i, y, j));
  return { mmd2: within(x, n) + within(y, m) - (2 * across) / (n * m), bandwidth };
}

/** The median distance between different rows of the pooled sample, on at most 1,000 of them. */
export function medianDistance(x: Rows, y: Rows): number {
  const [n, m] = [rowCount(x, y), rowCount(y, x)];
  const used = Math.min(n + m, 1000);
  const pick = (i: number): readonly [Rows, number] => {
    const row = Math.floor((i * (n + m)) / used);
    return row < n ? [x, row] : [y, row - n];
  };
  const distances = new Float64Array((used * (used - 1)) / 2);
  let at = 0;
  for (let i = 0; i < used; i++) {
    const [a, row] = pick(i);
    for (let j = 0; j < i; j++) {
      const [b, other] = pick(j);
      distances[at++] = squaredDistance(a, row, b, other);
    }
  }
  distances.sort();
  const middle = distances.length >> 1;
  return distances.length % 2 === 1
    ? Math.sqrt(distances[middle])
    : (Math.sqrt(distances[middle - 1]) + Math.sqrt(distances[middle])) / 2;
}

function squaredDistance(a: Rows, i: number, b: Rows, j: number): number {
  let sum = 0;
  for (let k = 0; k < a.width; k++) sum += (a.values[i * a.width + k] - b.values[j * b.width + k]) ** 2;
  return sum;
}

function rowCount(r: Rows, other: Rows): number {
  if (r.width !== other.width) throw new RangeError(`rows of ${r.width} and ${other.width} columns`);
  const n = r.values.length / r.width;
  if (!Number.isInteger(n))
    throw new RangeError(`${r.values.length} values are no rows of ${r.width} columns`);
  if (n < 2) throw new RangeError(`the discrepancy needs at least two rows in each sample, found ${n}`);
  return n;
}
