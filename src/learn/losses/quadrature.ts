/**
 * Nodes and weights for integrals over one real number whose whereabouts are known from data.
 *
 * The trapezoidal rule in a coordinate v in which integrands fade out at both ends (Takahasi & Mori, Publ. RIMS 9
 * (1974) 721; Trefethen & Weideman, SIAM Rev. 56 (2014) 385): x = T(z), z = m + s·sinh(v), with m and s the mean and
 * standard deviation of the data in the coordinate z, and
 *   T(z) = z on the line, lo + c·softplus(z) and hi − c·softplus(z) on half-lines, lo + (hi − lo)·sigmoid(z) on intervals.
 * Nodes are densest at the data and reach 30 standard deviations of the data, on half-lines 60 means, or four times as
 * far as the data where that is more.
 * On a circle the rule itself is periodic.
 */
import type { Domain } from '../../domain.ts';
import { sigmoid, softplus } from '../../ir/special.ts';

export interface Nodes {
  readonly values: Float64Array;
  /** ln of the weights: Σ exp(logWeights)·f(values) is the integral. */
  readonly logWeights: Float64Array;
  /** 1 for every other node: with twice the weight these are the rule of half as many points. */
  readonly coarse: Uint8Array;
  /** 1 for nodes near an end that is not a bound: what lies beyond is left out. */
  readonly outer: Uint8Array;
}

/** Least and largest coordinate of half-lines and intervals: as near to a bound as numbers are. */
const NEAR_BOUND = 34;
/** How far nodes reach, in standard deviations, and in distances of the farthest row. */
const REACH = 30;
const BEYOND = 4;
/** The share of the nodes at each end that counts as outer. */
const OUTER = 1 / 32;

type Scalar = Extract<Domain, { kind: 'real' | 'angle' }>;

/**
 * @param data values of the rows, at least one
 * @param points at least 8
 */
export function quadrature(domain: Scalar, data: ArrayLike<number>, points: number): Nodes {
  if (domain.kind === 'angle') return circle(points);
  const { lo, hi } = domain;
  const below = Number.isFinite(lo);
  const above = Number.isFinite(hi);
  const values = Float64Array.from(data);
  if (below && above) {
    const width = hi - lo;
    const z = values.map((x) => logit(Math.min(1 - 1e-9, Math.max(1e-9, (x - lo) / width))));
    return along(z, points, [-NEAR_BOUND, NEAR_BOUND], [false, false], {
      value: (u) => lo + width * sigmoid(u),
      log: (u) => Math.log(width) - softplus(u) - softplus(-u),
      inside: (x) => x > lo && x < hi,
    });
  }
  if (below || above) {
    const bound = below ? lo : hi;
    const sign = below ? 1 : -1;
    const gaps = values.map((x) => sign * (x - bound));
    const mean = meanOf(gaps);
    const scale = mean > 0 ? mean : 1;
    const z = gaps.map((g) => softplusInverse(Math.max(1e-9, g / scale)));
    const far = z.reduce((a, x) => Math.max(a, x), 0);
    return along(z, points, [-NEAR_BOUND, Math.max(2 * REACH, BEYOND * far)], [false, true], {
      value: (u) => bound + sign * scale * softplus(u),
      log: (u) => Math.log(scale) - softplus(-u),
      inside: (x) => x !== bound,
    });
  }
  const m = meanOf(values);
  const s = deviationOf(values, m);
  const far = values.reduce((a, x) => Math.max(a, Math.abs(x - m)), 0);
  const reach = Math.max(REACH * s, BEYOND * far);
  return along(values, points, [m - reach, m + reach], [true, true], {
    value: (u) => u,
    log: () => 0,
    inside: () => true,
  });
}

interface Map1 {
  readonly value: (z: number) => number;
  /** ln |dx/dz| */
  readonly log: (z: number) => number;
  readonly inside: (x: number) => boolean;
}

/** @param open which of the two ends is not a bound */
function along(
  z: Float64Array,
  points: number,
  [least, most]: readonly [number, number],
  open: readonly [boolean, boolean],
  map: Map1,
): Nodes {
  const m = meanOf(z);
  const s = deviationOf(z, m);
  const from = Math.asinh((Math.min(least, m - REACH * 1e-3) - m) / s);
  const to = Math.asinh((Math.max(most, m + REACH * 1e-3) - m) / s);
  const step = (to - from) / (points - 1);
  const edge = Math.max(1, Math.floor(points * OUTER));
  const nodes = Array.from({ length: points }, (_, i) => {
    const v = from + i * step;
    const at = m + s * Math.sinh(v);
    const outer = (open[0] && i < edge) || (open[1] && i >= points - edge);
    return {
      value: map.value(at),
      log: Math.log(step * s) + Math.log(Math.cosh(v)) + map.log(at),
      coarse: i % 2 === 0 ? 1 : 0,
      outer: outer ? 1 : 0,
    };
  }).filter((n) => map.inside(n.value));
  return {
    values: Float64Array.from(nodes, (n) => n.value),
    logWeights: Float64Array.from(nodes, (n) => n.log),
    coarse: Uint8Array.from(nodes, (n) => n.coarse),
    outer: Uint8Array.from(nodes, (n) => n.outer),
  };
}

function circle(points: number): Nodes {
  const n = points + (points % 2);
  return {
    values: Float64Array.from({ length: n }, (_, i) => -Math.PI + (2 * Math.PI * i) / n),
    logWeights: new Float64Array(n).fill(Math.log((2 * Math.PI) / n)),
    coarse: Uint8Array.from({ length: n }, (_, i) => 1 - (i % 2)),
    outer: new Uint8Array(n),
  };
}

const logit = (p: number): number => Math.log(p) - Math.log1p(-p);
/** ln(eʸ − 1), y > 0 */
const softplusInverse = (y: number): number => y + Math.log(-Math.expm1(-y));

const meanOf = (x: Float64Array): number => x.reduce((a, v) => a + v, 0) / x.length;

/** With divisor N; 1 where all are the same. */
function deviationOf(x: Float64Array, mean: number): number {
  const sd = Math.sqrt(x.reduce((a, v) => a + (v - mean) ** 2, 0) / x.length);
  return sd > 1e-14 * Math.abs(mean) ? sd : 1;
}
