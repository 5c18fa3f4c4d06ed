/**
 * The sliced Wasserstein distance of two samples: how far one is from the other along random directions.
 *
 * N. Bonneel, J. Rabin, G. Peyré, H. Pfister, "Sliced and Radon Wasserstein barycenters of measures", Journal of
 * Mathematical Imaging and Vision 51 (2015) 22–45, section 2.3.
 */
import { Stream } from '../random/stream.ts';
import type { Rows } from './mmd.ts';

/**
 * (mean over directions θ of W₂²(θ·X, θ·Y))^½, directions uniform on the sphere; on a line W₂² is the mean square
 * difference of quantiles. Of samples of one distribution it is about 1/√rows, not 0.
 * @param directions how many are drawn, from `seed`
 * @throws RangeError if widths differ or a sample is empty
 */
export function slicedWasserstein(x: Rows, y: Rows, directions = 128, seed = 1): number {
  const { width } = x;
  if (width !== y.width) throw new RangeError(`rows of ${width} and of ${y.width} numbers`);
  if (x.values.length < width || y.values.length < width) throw new RangeError('a sample without rows');
  const stream = new Stream(seed, 'sliced');
  const direction = new Float64Array(width);
  let sum = 0;
  for (let k = 0; k < directions; k++) {
    stream.fillNormal(direction);
    const norm = Math.hypot(...direction);
    const along = direction.map((v) => v / norm);
    sum += squaredDistance(projected(x, along), projected(y, along));
  }
  return Math.sqrt(sum / directions);
}

/** θ·x of each row, in order of size. */
function projected({ values, width }: Rows, along: Float64Array): Float64Array {
  const out = new Float64Array(Math.floor(values.length / width));
  for (let i = 0; i < out.length; i++)
    for (let j = 0; j < width; j++) out[i] += along[j] * values[i * width + j];
  return out.sort();
}

/** ∫₀¹ (F⁻¹(u) − G⁻¹(u))² du of two sorted samples, whose quantile functions are steps. */
function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  let at = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [nextA, nextB] = [(i + 1) / a.length, (j + 1) / b.length];
    const next = Math.min(nextA, nextB);
    sum += (next - at) * (a[i] - b[j]) ** 2;
    at = next;
    // Compared as whole numbers, so that equal steps end together.
    const order = (i + 1) * b.length - (j + 1) * a.length;
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return sum;
}
