/** Noise of vectors: Gaussian in their coordinates, or uniform. */
import type { VectorDomain } from '../../domain.ts';
import { lgamma } from '../../ir/log-gamma.ts';
import { softplus } from '../../ir/special.ts';
import type { IndexSet } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import {
  activeElements,
  constrainVector,
  unconstrainVector,
  vectorLength,
} from '../../transforms/vectors.ts';
import { type Column, elementOf, logNormal, momentsOf, type Part } from './noise-part.ts';

/** Gaussian in unconstrained coordinates, each by itself. */
export function gaussianVector(column: Column, domain: VectorDomain, sizeOf: (s: IndexSet) => number): Part {
  const k = sizeOf(domain.over);
  const width = vectorLength(domain, k);
  const free = activeElements(domain, k);
  const z = new Float64Array(column.data.length);
  for (let from = 0; from < z.length; from += width)
    unconstrainVector(domain, k, column.data.subarray(from, from + width), z.subarray(from, from + width));
  const fitted = Array.from({ length: column.elements }, (_, e) =>
    momentsOf(elementOf({ ...column, data: z }, e)),
  );
  const own = new Float64Array(width);
  /** Of the coordinates in `own`, with the vector that they make. */
  const log = (x: Float64Array, e: number): number => {
    let sum = -vectorLogJacobian(domain, k, own, x);
    for (let i = 0; i < width; i++) {
      const { mean, sd } = fitted[e + i];
      if (free[i]) sum += logNormal((own[i] - mean) / sd) - Math.log(sd);
    }
    return sum;
  };
  const each = (x: Float64Array, logs: Float64Array, use: (x: Float64Array, e: number) => void): void => {
    for (let n = 0, from = 0; n < logs.length; n++)
      for (let e = 0; e < column.elements; e += width, from += width) {
        const vector = x.subarray(from, from + width);
        use(vector, e);
        logs[n] += log(vector, e);
      }
  };
  return {
    draw: (x, logs, stream) =>
      each(x, logs, (vector, e) => {
        for (let i = 0; i < width; i++)
          own[i] = free[i] ? fitted[e + i].mean + fitted[e + i].sd * stream.normal() : 0;
        constrainVector(domain, k, own, vector);
      }),
    add: (x, logs) => each(x, logs, (vector) => unconstrainVector(domain, k, vector, own)),
  };
}

/** ln |dx/dz|, as `vectorExpression` has it; not for directions, whose coordinates are one too many. */
export function vectorLogJacobian(d: VectorDomain, k: number, z: Float64Array, x: Float64Array): number {
  let sum = 0;
  switch (d.kind) {
    case 'simplex':
      // The exponents of x sum to 0, so that Σ ln x is −K times the log-sum-exp of them.
      for (let i = 0; i < k; i++) sum += Math.log(Math.max(x[i], 1e-300));
      return 0.5 * Math.log(k) + sum;
    case 'ordered':
      for (let i = 1; i < k; i++) sum += z[i];
      return sum;
    case 'cholesky_corr':
      for (let i = 0; i < k; i++)
        for (let m = 0; m < i; m++) {
          const v = z[i * k + m];
          sum += 0.5 * (1 + i - m) * 2 * (Math.LN2 - v - softplus(-2 * v));
        }
      return sum;
    case 'unit':
      throw new Error('directions have no Jacobian of their own');
  }
}

/** The flat Dirichlet: (K − 1)! in the first K − 1 elements. */
export function evenSimplex(k: number): Part {
  return vectors(k, lgamma(k), (x, stream) => {
    let total = 0;
    for (let i = 0; i < k; i++) {
      x[i] = stream.exponential();
      total += x[i];
    }
    for (let i = 0; i < k; i++) x[i] /= total;
  });
}

/** One over the surface of the sphere, 2 π^{K/2}/Γ(K/2). */
export function evenSphere(k: number): Part {
  return vectors(k, lgamma(k / 2) - Math.LN2 - (k / 2) * Math.log(Math.PI), (x, stream) => {
    stream.fillNormal(x);
    const norm = Math.hypot(...x);
    for (let i = 0; i < k; i++) x[i] /= norm;
  });
}

function vectors(k: number, log: number, fill: (x: Float64Array, stream: Stream) => void): Part {
  const add = (x: Float64Array, logs: Float64Array): void => {
    const each = (log * x.length) / k / logs.length;
    for (let n = 0; n < logs.length; n++) logs[n] += each;
  };
  return {
    draw: (x, logs, stream) => {
      for (let from = 0; from < x.length; from += k) fill(x.subarray(from, from + k), stream);
      add(x, logs);
    },
    add,
  };
}
