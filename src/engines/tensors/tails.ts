/**
 * The tails of the normal distribution and ratios of Bessel functions as tensor steps
 * in float32, for backends whose memory our own loops cannot reach. Relative error
 * 10⁻⁵ or better; `src/ir/normal-tails.ts` and `src/ir/bessel.ts` name the sources.
 */
import type { Scalars } from './scalars.ts';
import type { Ref } from './tape.ts';

const ROOT_HALF = Math.SQRT1_2;
const INFINITY = Number.POSITIVE_INFINITY;
/** From here on the continued fraction, below the error function. */
const JOINT = 1;
const FRACTION_DEPTH = 60;
const BESSEL_STEPS = 40;

const scaled = (s: Scalars, x: Ref, by: number): Ref => s.mul(s.num(by), x);
const halfSquare = (s: Scalars, x: Ref): Ref => scaled(s, s.square(x), 0.5);
const erf = (s: Scalars, x: Ref): Ref => s.map('erf', x);
/** `then` where x > at, else `otherwise`; both are finite everywhere. */
const above = (s: Scalars, x: Ref, at: number, then: Ref, otherwise: Ref): Ref =>
  s.select(s.step(s.sub(x, s.num(at))), then, otherwise);

/** e^{x²} erfc(x) for x ≥ 1, taken at 1 below. */
function scaledErfc(s: Scalars, below: Ref): Ref {
  const x = s.clip(below, JOINT, INFINITY);
  let t = x;
  for (let k = FRACTION_DEPTH; k >= 1; k--) t = s.add(x, s.div(s.num(k / 2), t));
  return s.div(s.num(1 / Math.sqrt(Math.PI)), t);
}

export function erfcSteps(s: Scalars, x: Ref): Ref {
  const tail = s.mul(s.exp(s.neg(s.square(s.clip(x, JOINT, INFINITY)))), scaledErfc(s, x));
  return above(s, x, JOINT, tail, s.sub(s.num(1), erf(s, x)));
}

export function logPhiSteps(s: Scalars, x: Ref): Ref {
  const u = scaled(s, x, -ROOT_HALF);
  const tail = s.sub(s.log(scaled(s, scaledErfc(s, u), 0.5)), halfSquare(s, x));
  // ln(1 − ½ erfc) keeps what 1 + erf would round away on the right.
  const body = s.map('log1p', scaled(s, erfcSteps(s, s.neg(s.clip(u, -INFINITY, JOINT))), -0.5));
  return above(s, u, JOINT, tail, body);
}

export function inverseMillsSteps(s: Scalars, x: Ref): Ref {
  const u = scaled(s, x, -ROOT_HALF);
  const tail = s.div(s.num(Math.sqrt(2 / Math.PI)), scaledErfc(s, u));
  const inside = s.clip(u, -INFINITY, JOINT);
  const density = scaled(s, s.exp(s.neg(s.square(inside))), 1 / Math.sqrt(2 * Math.PI));
  const phi = scaled(s, s.sub(s.num(1), erf(s, inside)), 0.5);
  return above(s, u, JOINT, tail, s.div(density, phi));
}

/** The ascending series up to 12, the asymptotic one beyond. */
export function logI0Steps(s: Scalars, x: Ref): Ref {
  const joint = 12;
  const a = s.abs(x);
  const q = scaled(s, s.square(s.clip(a, 0, joint)), 0.25);
  let rest = s.num(1);
  for (let k = 28; k >= 2; k--) rest = s.add(s.num(1), s.mul(scaled(s, q, 1 / (k * k)), rest));
  const near = s.map('log1p', s.mul(q, rest));
  const far = s.clip(a, joint, INFINITY);
  const series = s.polynomial(s.div(s.num(1), far), [1, 1 / 8, 9 / 128, 75 / 1024, 3675 / 32768]);
  const beyond = s.add(s.sub(far, scaled(s, s.log(scaled(s, far, 2 * Math.PI)), 0.5)), s.log(series));
  return above(s, a, joint, beyond, near);
}

export function besselRatioSteps(s: Scalars, nu: Ref, x: Ref): Ref {
  const a = s.abs(x);
  const top = s.add(nu, s.num(BESSEL_STEPS));
  const root = s.sqrt(s.add(s.square(s.add(top, s.num(1.5))), s.square(a)));
  let r = s.div(a, s.add(s.add(top, s.num(0.5)), root));
  for (let k = BESSEL_STEPS; k >= 1; k--) {
    const twice = scaled(s, s.add(nu, s.num(k)), 2);
    r = s.div(a, s.add(twice, s.mul(a, r)));
  }
  return s.mul(s.map('sign', x), r);
}
