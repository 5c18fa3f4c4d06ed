/**
 * The quantile function of the standard normal distribution.
 *
 * M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37
 * (1988) 477–484, routine PPND16. Each triple below is a rational approximation on one range.
 */

// |p − ½| ≤ 0.425
const a0 = 3.3871328727963665;
const a1 = 133.14166789178438;
const a2 = 1971.5909503065513;
const a3 = 13731.69376550946;
const a4 = 45921.95393154987;
const a5 = 67265.7709270087;
const a6 = 33430.57558358813;
const a7 = 2509.0809287301227;
const b1 = 42.31333070160091;
const b2 = 687.1870074920579;
const b3 = 5394.196021424751;
const b4 = 21213.794301586597;
const b5 = 39307.89580009271;
const b6 = 28729.085735721943;
const b7 = 5226.495278852854;
// √(−ln min(p, 1 − p)) ≤ 5
const c0 = 1.4234371107496835;
const c1 = 4.630337846156546;
const c2 = 5.769497221460691;
const c3 = 3.6478483247632045;
const c4 = 1.2704582524523684;
const c5 = 0.2417807251774506;
const c6 = 0.022723844989269184;
const c7 = 0.0007745450142783414;
const d1 = 2.053191626637759;
const d2 = 1.6763848301838038;
const d3 = 0.6897673349851;
const d4 = 0.14810397642748008;
const d5 = 0.015198666563616457;
const d6 = 0.0005475938084995345;
const d7 = 1.0507500716444169e-9;
// farther out
const e0 = 6.657904643501103;
const e1 = 5.463784911164114;
const e2 = 1.7848265399172913;
const e3 = 0.29656057182850487;
const e4 = 0.026532189526576124;
const e5 = 0.0012426609473880784;
const e6 = 0.000027115555687434876;
const e7 = 2.0103343992922881e-7;
const f1 = 0.599832206555888;
const f2 = 0.1369298809227358;
const f3 = 0.014875361290850615;
const f4 = 0.0007868691311456133;
const f5 = 0.000018463183175100548;
const f6 = 1.421511758316446e-7;
const f7 = 2.0442631033899397e-15;

/** z = q·above(r)/below(r), q = p − ½ and r = `square` − q², for |q| ≤ `reach`; coefficients of the highest powers first. */
export const centralQuantile = {
  reach: 0.425,
  square: 0.180625,
  above: [a7, a6, a5, a4, a3, a2, a1, a0],
  below: [b7, b6, b5, b4, b3, b2, b1, 1],
} as const;

/**
 * The z with Φ(z) = p, to about 1e−16 relative to z; −∞ at p = 0, +∞ at p = 1, NaN outside [0, 1].
 * For |p − ½| ≤ 0.425 only +, −, × and ÷ are used, so the result there is the same on every machine.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q * (((((((a7 * r + a6) * r + a5) * r + a4) * r + a3) * r + a2) * r + a1) * r + a0)) /
      (((((((b7 * r + b6) * r + b5) * r + b4) * r + b3) * r + b2) * r + b1) * r + 1)
    );
  }
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? Math.sign(q) * Number.POSITIVE_INFINITY : Number.NaN;
  const s = Math.sqrt(-Math.log(tail));
  let z: number;
  if (s <= 5) {
    const r = s - 1.6;
    z =
      (((((((c7 * r + c6) * r + c5) * r + c4) * r + c3) * r + c2) * r + c1) * r + c0) /
      (((((((d7 * r + d6) * r + d5) * r + d4) * r + d3) * r + d2) * r + d1) * r + 1);
  } else {
    const r = s - 5;
    z =
      (((((((e7 * r + e6) * r + e5) * r + e4) * r + e3) * r + e2) * r + e1) * r + e0) /
      (((((((f7 * r + f6) * r + f5) * r + f4) * r + f3) * r + f2) * r + f1) * r + 1);
  }
  return q < 0 ? -z : z;
}
