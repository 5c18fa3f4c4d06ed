/**
 * Multivariate normal and Wishart distributions, by Cholesky factors: determinants are
 * products of diagonals, quadratic forms are squared lengths. A matrix that is not
 * positive definite gives NaN. Forms and names follow Stan's functions reference.
 */
import { type Builder, staticSize } from '../ir/build.ts';
import { cholesky, quadratic, solve } from '../ir/matrix.ts';
import type { Axis, Lambda, Node } from '../ir/types.ts';
import { HALF_LOG_2PI, half, lgamma, log, minusOne, num, plusOne, square, total } from './density-parts.ts';
import { type ArrayDistribution, type Density, type Drawn, ranges } from './distribution.ts';
import { arrayRow } from './distributions-vector.ts';
import { element, events } from './events.ts';

/** Σ ln L[i, i] */
function logDiagonal(b: Builder, factor: Lambda): Node {
  const i = b.axis(factor.axes[0].set);
  return b.sum([i], log(b, element(b, factor, b.axisNode(i), b.axisNode(i))));
}

/** Σ of the squares of all elements. */
const squares = (b: Builder, of: Lambda): Node => b.sum(of.axes, square(b, of.body));

/** The three normals differ in what the matrix is: ln of the root of the precision's determinant, and the quadratic form. */
const multiNormal =
  (form: (b: Builder, matrix: Lambda, d: Lambda) => { readonly logRoot: Node; readonly length: Node }) =>
  (drawn: Drawn): Density => {
    const { b } = drawn.cx.ck;
    const { axes, y, args } = events(drawn, 1, ['any', 'matrix']);
    const [mu, matrix] = args;
    const i = y.axes[0];
    const d: Lambda = { axes: [i], body: b.sub(y.body, element(b, mu, b.axisNode(i))) };
    const { logRoot, length } = form(b, matrix, d);
    const constant = b.mul(num(b, -HALF_LOG_2PI), b.size(i.set));
    return { axes, node: total(b, constant, logRoot, b.neg(half(b, length))), requires: [] };
  };

const underFactor = (b: Builder, factor: Lambda, d: Lambda): { logRoot: Node; length: Node } => ({
  logRoot: b.neg(logDiagonal(b, factor)),
  length: squares(b, solve(b, factor, d)),
});

/** ln Γ_k(a), the multivariate gamma function, for matrices over `side`. */
function multivariateGamma(b: Builder, side: Axis, a: Node): Node {
  const k = b.size(side.set);
  const j = b.axis(side.set);
  const constant = b.mul(num(b, Math.log(Math.PI) / 4), b.mul(k, minusOne(b, k)));
  return b.add(constant, b.sum([j], lgamma(b, b.sub(a, half(b, b.axisNode(j))))));
}

/** Both Wisharts: `sign` of the powers of the determinants, and which factor divides which. */
const wishart =
  (inverse: boolean) =>
  (drawn: Drawn): Density => {
    const { cx, dist, span } = drawn;
    const { b } = cx.ck;
    const { axes, y, args } = events(drawn, 2, ['number', 'matrix']);
    const [nu, scale] = args;
    const side = y.axes[0];
    const size = staticSize(side.set);
    if (nu.body.op === 'const' && size !== undefined && nu.body.value <= size - 1)
      cx.ck.fail(
        'E0306',
        span,
        `\`nu\` of \`${dist.name}\` must be above ${size - 1} for ${size}×${size} matrices, found ${nu.body.value}`,
      );
    const k = b.size(side.set);
    const own = cholesky(b, y);
    const given = cholesky(b, scale);
    // ln det of y and of the scale are twice these.
    const [logY, logScale] = [logDiagonal(b, own), logDiagonal(b, given)];
    const kept = b.mul(nu.body, logScale);
    const moved = inverse
      ? b.neg(b.mul(b.add(nu.body, plusOne(b, k)), logY))
      : b.mul(b.sub(nu.body, plusOne(b, k)), logY);
    const trace = squares(b, inverse ? solve(b, own, given) : solve(b, given, own));
    const node = total(
      b,
      moved,
      inverse ? kept : b.neg(kept),
      b.neg(half(b, trace)),
      b.mul(num(b, -0.5 * Math.LN2), b.mul(nu.body, k)),
      b.neg(multivariateGamma(b, side, half(b, nu.body))),
    );
    return { axes, node, requires: [] };
  };

const { positive, reals, definite, triangle } = ranges;
const VECTORS = 'vectors';
const MATRICES = 'symmetric positive definite matrices';

export const matrixDistributions: readonly ArrayDistribution[] = [
  arrayRow(
    'multi_normal',
    { mu: reals, Sigma: definite },
    VECTORS,
    'exp(−½ (y − mu)ᵀ Sigma⁻¹ (y − mu)) / √det(2π Sigma)',
    'Gaussian with mean mu (one number stands for all) and covariance Sigma.',
    multiNormal((b, sigma, d) => underFactor(b, cholesky(b, sigma), d)),
  ),
  arrayRow(
    'multi_normal_precision',
    { mu: reals, Q: definite },
    VECTORS,
    'exp(−½ (y − mu)ᵀ Q (y − mu)) √det(Q / 2π)',
    'Gaussian with mean mu and the inverse Q of the covariance.',
    multiNormal((b, q, d) => ({ logRoot: logDiagonal(b, cholesky(b, q)), length: quadratic(b, q, d) })),
  ),
  arrayRow(
    'multi_normal_cholesky',
    { mu: reals, L: triangle },
    VECTORS,
    'exp(−½ |L⁻¹ (y − mu)|²) / ((2π)^(K/2) Π L[i, i])',
    'Gaussian with mean mu and covariance L Lᵀ.',
    multiNormal(underFactor),
  ),
  arrayRow(
    'wishart',
    { nu: positive, V: definite },
    MATRICES,
    'det(y)^((nu − K − 1)/2) exp(−½ tr(V⁻¹ y)) / (2^(nu K/2) det(V)^(nu/2) Γ_K(nu/2))',
    'Scatter matrix of nu Gaussian vectors of covariance V; nu > K − 1.',
    wishart(false),
  ),
  arrayRow(
    'inv_wishart',
    { nu: positive, V: definite },
    MATRICES,
    'det(V)^(nu/2) det(y)^(−(nu + K + 1)/2) exp(−½ tr(V y⁻¹)) / (2^(nu K/2) Γ_K(nu/2))',
    'Inverse of a Wishart matrix with scale V⁻¹; nu > K − 1.',
    wishart(true),
  ),
];
