/**
 * Changes of variables for vectors whose elements depend on each other. The
 * unconstrained array z has the vector's own shape; elements that `active` leaves
 * out are idle. Densities are with respect to Lebesgue measure on
 *
 * | domain | coordinates of the density | x(z) |
 * | --- | --- | --- |
 * | simplex(K) | the first K − 1 elements | softmax of V·z₀…z_{K−2}, V the Helmert basis of sums 0 (isometric log-ratio: Egozcue et al., Math. Geology 35, 2003) |
 * | ordered(K) | all elements | x₀ = z₀, x_i = x_{i−1} + e^{z_i} (Stan Reference Manual, 'Ordered vector') |
 * | unit(K) | the surface of the sphere | z/‖z‖, ‖z‖ an independent variable of density χ_K (Marsaglia, Ann. Math. Stat. 43, 1972) |
 * | cholesky_corr(K) | the elements below the diagonal | canonical partial correlations tanh z (Lewandowski, Kurowicka, Joe, J. Multivariate Analysis 100, 2009) |
 */
import type { VectorDomain } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, Lambda, Node } from '../ir/types.ts';

/** x(z) over the vector's own axes, and ln |dx/dz|. */
export interface VectorExpression {
  readonly x: Lambda;
  readonly logJacobian: Node;
}

/** @param z the unconstrained value at indices of the vector */
export function vectorExpression(
  b: Builder,
  d: VectorDomain,
  z: (indices: readonly Node[]) => Node,
): VectorExpression {
  const i = b.axis(d.over, 'i');
  const at = b.axisNode(i);
  const zAt = (a: Axis): Node => z([b.axisNode(a)]);
  switch (d.kind) {
    case 'simplex': {
      const j = b.axis(d.over, 'j');
      const size = b.size(d.over);
      const y = b.sum([j], b.mul(helmert(b, at, b.axisNode(j), size), zAt(j)));
      const lse = b.reduce('logsumexp', [i], y);
      return {
        x: { axes: [i], body: b.call('exp', b.sub(y, lse)) },
        logJacobian: b.sub(b.mul(b.const(0.5), b.call('log', size)), b.mul(size, lse)),
      };
    }
    case 'ordered': {
      const j = b.axis(d.over, 'j');
      const first = b.call('eq', b.axisNode(j), b.const(0));
      const step = b.call('select', first, zAt(j), b.call('exp', zAt(j)));
      const up = b.call('le', b.axisNode(j), at);
      return {
        x: { axes: [i], body: b.sum([j], b.call('select', up, step, b.const(0))) },
        logJacobian: b.sum([j], b.call('select', first, b.const(0), zAt(j))),
      };
    }
    case 'unit': {
      const j = b.axis(d.over, 'j');
      const square = b.sum([j], b.call('square', zAt(j)));
      const half = b.mul(b.const(0.5), b.size(d.over));
      // The density of ‖z‖ is r^{K−1} e^{−r²/2} / (2^{K/2−1} Γ(K/2)); r^{K−1} is the sphere's own share.
      const constant = b.add(b.mul(b.sub(half, b.const(1)), b.const(Math.LN2)), b.call('lgamma', half));
      return {
        x: { axes: [i], body: b.div(zAt(i), b.call('sqrt', square)) },
        logJacobian: b.neg(b.add(b.mul(b.const(0.5), square), constant)),
      };
    }
    case 'cholesky_corr': {
      const j = b.axis(d.over, 'j');
      const m = b.axis(d.over, 'm');
      const [row, col, mid] = [at, b.axisNode(j), b.axisNode(m)];
      const left = b.call('and', b.call('lt', mid, col), b.call('lt', mid, row));
      const rest = b.sum([m], b.call('select', left, logSech2(b, z([row, mid])), b.const(0)));
      const scale = b.call('exp', b.mul(b.const(0.5), rest));
      const below = b.mul(b.call('tanh', z([row, col])), scale);
      const body = b.call(
        'select',
        b.call('lt', col, row),
        below,
        b.call('select', b.call('eq', col, row), scale, b.const(0)),
      );
      // ln|J| = Σ_{i>m} ln(1 − w²_{im})·(1 + (i − m − 1)/2)
      const weight = b.add(b.const(0.5), b.mul(b.const(0.5), b.sub(row, mid)));
      const share = b.mul(weight, logSech2(b, z([row, mid])));
      return {
        x: { axes: [i, j], body },
        logJacobian: b.sum([i, m], b.call('select', b.call('lt', mid, row), share, b.const(0))),
      };
    }
  }
}

/** Entry (i, j) of the K × (K−1) Helmert basis: orthonormal columns that sum to 0; 0 for the idle j = K−1. */
function helmert(b: Builder, i: Node, j: Node, size: Node): Node {
  const next = b.add(j, b.const(1));
  const unit = b.div(b.const(1), b.call('sqrt', b.mul(next, b.add(j, b.const(2)))));
  const below = b.call('select', b.call('eq', i, next), b.neg(b.mul(next, unit)), b.const(0));
  const entry = b.call('select', b.call('le', i, j), unit, below);
  return b.call('select', b.call('lt', next, size), entry, b.const(0));
}

/** ln(1 − tanh² z) = 2(ln 2 − z − ln(1 + e^{−2z})) */
const logSech2 = (b: Builder, z: Node): Node =>
  b.mul(b.const(2), b.sub(b.const(Math.LN2), b.add(z, b.call('softplus', b.mul(b.const(-2), z)))));

/** Elements of one vector: K, or K² of a matrix. */
export const vectorLength = (d: VectorDomain, k: number): number => (d.kind === 'cholesky_corr' ? k * k : k);

/** Which elements of z are free coordinates. */
export function activeElements(d: VectorDomain, k: number): Uint8Array {
  const on = new Uint8Array(vectorLength(d, k)).fill(d.kind === 'cholesky_corr' ? 0 : 1);
  if (d.kind === 'simplex') on[k - 1] = 0;
  if (d.kind === 'cholesky_corr') for (let i = 0; i < k; i++) on.fill(1, i * k, i * k + i);
  return on;
}

/** x(z), in place of the expression; `x` may not be `z`. */
export function constrainVector(d: VectorDomain, k: number, z: Float64Array, x: Float64Array): void {
  switch (d.kind) {
    case 'simplex': {
      // y = V·z by a running sum: V has the same entry above the diagonal of each column.
      let above = 0;
      let top = Number.NEGATIVE_INFINITY;
      for (let i = k - 1; i >= 0; i--) {
        const own = i > 0 ? -i * z[i - 1] * helmertUnit(i - 1) : 0;
        if (i < k - 1) above += z[i] * helmertUnit(i);
        x[i] = own + above;
        if (x[i] > top) top = x[i];
      }
      let total = 0;
      for (let i = 0; i < k; i++) {
        x[i] = Math.exp(x[i] - top);
        total += x[i];
      }
      for (let i = 0; i < k; i++) x[i] /= total;
      return;
    }
    case 'ordered':
      x[0] = z[0];
      for (let i = 1; i < k; i++) x[i] = x[i - 1] + Math.exp(z[i]);
      return;
    case 'unit': {
      const norm = Math.hypot(...z);
      for (let i = 0; i < k; i++) x[i] = z[i] / norm;
      return;
    }
    case 'cholesky_corr':
      x.fill(0);
      for (let i = 0; i < k; i++) {
        let left = 1;
        for (let j = 0; j < i; j++) {
          const w = Math.tanh(z[i * k + j]);
          x[i * k + j] = w * left;
          left *= Math.sqrt((1 - w) * (1 + w));
        }
        x[i * k + i] = left;
      }
  }
}

const helmertUnit = (j: number): number => 1 / Math.sqrt((j + 1) * (j + 2));

/**
 * z(x); values on the boundary are moved inside by one part in 10¹². For `unit`, ‖z‖ is
 * not in x: it comes out as √K, its root mean square.
 */
export function unconstrainVector(d: VectorDomain, k: number, x: Float64Array, z: Float64Array): void {
  switch (d.kind) {
    case 'simplex': {
      // z = Vᵀ ln x
      let before = 0;
      z[k - 1] = 0;
      for (let j = 0; j + 1 < k; j++) {
        before += Math.log(Math.max(x[j], 1e-300));
        z[j] = helmertUnit(j) * (before - (j + 1) * Math.log(Math.max(x[j + 1], 1e-300)));
      }
      return;
    }
    case 'ordered':
      z[0] = x[0];
      for (let i = 1; i < k; i++) z[i] = Math.log(Math.max(x[i] - x[i - 1], 1e-12 * (1 + Math.abs(x[i]))));
      return;
    case 'unit': {
      const scale = Math.sqrt(k) / (Math.hypot(...x) || 1);
      for (let i = 0; i < k; i++) z[i] = x[i] * scale;
      return;
    }
    case 'cholesky_corr':
      z.fill(0);
      for (let i = 1; i < k; i++) {
        let left = 1;
        for (let j = 0; j < i; j++) {
          const w = Math.min(1 - 1e-12, Math.max(-1 + 1e-12, x[i * k + j] / Math.max(left, 1e-150)));
          z[i * k + j] = Math.atanh(w);
          left *= Math.sqrt((1 - w) * (1 + w));
        }
      }
  }
}

/** Why an array is no state of the domain, to six digits: `does not sum to 1 but to 0.9`; undefined where it is one. */
export function vectorFault(d: VectorDomain, k: number, x: ArrayLike<number>): string | undefined {
  const near = (a: number, c: number): boolean => Math.abs(a - c) <= 1e-6;
  const shown = (v: number): string => String(Number(v.toPrecision(6)));
  const all = Array.from({ length: k }, (_, i) => x[i]);
  switch (d.kind) {
    case 'simplex': {
      const negative = all.find((v) => v < 0);
      if (negative !== undefined)
        return `holds ${shown(negative)}; the elements of a simplex are not negative`;
      const sum = all.reduce((a, c) => a + c, 0);
      return near(sum, 1) ? undefined : `does not sum to 1 but to ${shown(sum)}`;
    }
    case 'ordered': {
      const i = all.findIndex((v, j) => j > 0 && !(v > all[j - 1]));
      return i < 0 ? undefined : `is not ascending: ${shown(all[i])} comes after ${shown(all[i - 1])}`;
    }
    case 'unit': {
      const norm = Math.hypot(...all);
      return near(norm, 1) ? undefined : `has not length 1 but ${shown(norm)}`;
    }
    case 'cholesky_corr':
      for (let i = 0; i < k; i++) {
        let square = 0;
        for (let j = 0; j < k; j++) {
          const v = x[i * k + j];
          if (j > i && v !== 0) return `is not lower triangular: the element [${i}, ${j}] is ${shown(v)}`;
          square += v * v;
        }
        if (!near(square, 1))
          return `has a row ${i} of length ${shown(Math.sqrt(square))}; rows of the factor of a correlation matrix have length 1`;
        if (!(x[i * k + i] > 0)) return `has ${shown(x[i * k + i])} on its diagonal, which must be positive`;
      }
      return undefined;
  }
}
