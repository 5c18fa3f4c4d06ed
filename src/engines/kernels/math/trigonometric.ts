/**
 * Circular functions. An angle below 2²⁰ is reduced modulo ½π with ½π in four pieces (Cody and Waite), what is
 * lost kept as a second number; beyond, `large-angle.ts` does it in integers. Polynomials for |y| ≤ ¼π, atan to
 * tan ⅛π: interpolation at Chebyshev points with 60 digits (Muller, Elementary Functions, ch. 3 and §9.3).
 */
import type { Callable } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { copySign, eachLane, type Form, formOf, type Mask, polynomial, type Value } from './form.ts';
import { largeAngle } from './large-angle.ts';
import { type Pair, twoSum } from './pairs.ts';

/** From here on angles are reduced in integers. */
const LARGE = 2 ** 20;
const ROUND = 1.5 * 2 ** 52;
const TWO_OVER_PI = 2 / Math.PI;
/** ½π: three times 33 bits, whose products with n are exact, and the rest. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32];
/** (sin y − y) / y³ and (cos y − 1 + y²/2) / y⁴ in y², to 2.1e-17 and 1.3e-18. */
const SINE = [
  -0.16666666666666666, 0.008333333333330925, -0.00019841269836722418, 2.755731608381636e-6,
  -2.5051127944014188e-8, 1.5917848524808262e-10,
];
const COSINE = [
  0.041666666666666664, -0.0013888888888887382, 2.480158729874307e-5, -2.7557317260008837e-7,
  2.0876143827993133e-9, -1.1382456778061306e-11,
];
/** (atan t − t) / t³ in t² for |t| ≤ tan ⅛π, to 3.2e-17. */
const ARCTANGENT = [
  -0.3333333333333333, 0.19999999999995438, -0.14285714284649173, 0.11111111013860688, -0.0909090452147169,
  0.07692181876036845, -0.06664492945806264, 0.05857988350245762, -0.05084610357631765, 0.03920743321261196,
  -0.019147248964611764,
];
const HALF_PI_LOW = 6.123233995736766e-17;

interface Angle extends Pair {
  /** Quarter turns taken off, a whole number. */
  readonly turns: Value;
}

/** x = turns · ½π + high + low for |x| < 2²⁰. */
function smallAngle(f: Form, x: Value): Angle {
  const turns = f.let(f.sub(f.add(f.mul(x, f.k(TWO_OVER_PI)), f.k(ROUND)), f.k(ROUND)));
  const piece = (i: number): Value => f.let(f.neg(f.mul(turns, f.k(HALF_PI[i]))));
  const first = f.let(f.add(x, piece(0)));
  const second = twoSum(f, first, piece(1));
  const third = twoSum(f, second.high, piece(2));
  const low = f.let(f.add(f.add(second.low, third.low), piece(3)));
  return { ...twoSum(f, third.high, low), turns };
}

/** As `smallAngle` for every finite x, one number. */
function anyAngle(m: ModuleBuilder, f: Form, x: Value): Angle {
  const { code } = f;
  const reduce = largeAngle(m);
  const size = f.let(f.abs(x));
  const [high, low, turns] = [code.local('f64'), code.local('f64'), code.local('f64')];
  f.and(f.ge(size, f.k(LARGE)), f.lt(size, f.k(Number.POSITIVE_INFINITY))).push();
  code.if(
    () => {
      size();
      code.call(reduce).set(turns).set(low).set(high);
      for (const part of [high, low, turns]) {
        const value = (): void => void code.get(part);
        f.select(f.lt(x, f.k(0)), f.neg(value), value)();
        code.set(part);
      }
    },
    () => {
      const small = smallAngle(f, x);
      small.high();
      code.set(high);
      small.low();
      code.set(low);
      small.turns();
      code.set(turns);
    },
  );
  return { high: () => code.get(high), low: () => code.get(low), turns: () => code.get(turns) };
}

interface Circle {
  readonly sine: Value;
  readonly cosine: Value;
  /** Whether sine and cosine change places. */
  readonly odd: Mask;
}

function circle(f: Form, { high, low, turns }: Angle): Circle {
  const z = f.let(f.mul(high, high));
  const half = f.let(f.mul(f.k(0.5), z));
  const w = f.let(f.sub(f.k(1), half));
  const cubic = f.mul(f.mul(high, z), polynomial(f, z, SINE));
  const sine = f.let(f.add(high, f.add(cubic, f.mul(low, w))));
  const quartic = f.mul(f.mul(z, z), polynomial(f, z, COSINE));
  const lost = f.sub(f.sub(f.k(1), w), half);
  const cosine = f.let(f.add(w, f.add(lost, f.sub(quartic, f.mul(high, low)))));
  const halves = f.let(f.mul(turns, f.k(0.5)));
  return { sine, cosine, odd: f.letMask(f.ne(f.nearest(halves), halves)) };
}

/** The value with a minus if the turns plus `more` have the bit of 2. */
function turned(f: Form, value: Value, turns: Value, more: number): Value {
  const bits = f.bitsOf(f.add(turns, f.k(ROUND + more)));
  const sign = f.shiftLeft(f.andBits(bits, f.integer(2n)), 62);
  return f.let(f.number(f.xorBits(f.bitsOf(value), sign)));
}

type OfAngle = (f: Form, x: Value, angle: Angle) => Value;

const sin: OfAngle = (f, x, angle) => {
  const { sine, cosine, odd } = circle(f, angle);
  const value = turned(f, f.select(odd, cosine, sine), angle.turns, 0);
  return f.let(f.select(f.lt(f.abs(x), f.k(2 ** -27)), x, value));
};

const cos: OfAngle = (f, _, angle) => {
  const { sine, cosine, odd } = circle(f, angle);
  return turned(f, f.select(odd, sine, cosine), angle.turns, 1);
};

const tan: OfAngle = (f, x, angle) => {
  const { sine, cosine, odd } = circle(f, angle);
  const value = f.div(f.select(odd, f.neg(cosine), sine), f.select(odd, sine, cosine));
  return f.let(f.select(f.lt(f.abs(x), f.k(2 ** -27)), x, value));
};

const ofAngle = { sin, cos, tan } as const;

/**
 * sin and cos within 1 ulp of the true value, tan within 3; NaN at ±∞. Two lanes are computed together if both
 * are below 2²⁰ in size, else one after the other.
 */
export function circularFunction(m: ModuleBuilder, fn: keyof typeof ofAngle, type: 'f64' | 'v128'): Callable {
  if (type === 'f64')
    return m.shared(`f64.${fn}`, ['f64'], ['f64'], (c) => {
      const x = (): void => void c.get(c.params[0]);
      const f = formOf(c, 'f64');
      ofAngle[fn](f, x, anyAngle(m, f, x))();
    });
  const one = circularFunction(m, fn, 'f64');
  return m.shared(`v128.${fn}`, ['v128'], ['v128'], (c) => {
    const x = (): void => void c.get(c.params[0]);
    const f = formOf(c, 'v128');
    f.ge(f.abs(x), f.k(LARGE)).push();
    c.op('v128.any_true').if(
      () => eachLane(c, one, c.params),
      () => ofAngle[fn](f, x, smallAngle(f, x))(),
      'v128',
    );
  });
}

/** atan x within 2 ulp: |x| above tan ⅛π or tan ⅜π by (x − 1)/(x + 1) from ¼π, or −1/x from ½π. */
export function atan(f: Form, x: Value): Value {
  const size = f.let(f.abs(x));
  const middle = f.letMask(f.gt(size, f.k(Math.SQRT2 - 1)));
  const far = f.letMask(f.gt(size, f.k(Math.SQRT2 + 1)));
  const choose = (a: Value, b: Value, c: Value): Value => f.select(far, c, f.select(middle, b, a));
  const over = choose(size, f.sub(size, f.k(1)), f.k(-1));
  const t = f.let(f.div(over, choose(f.k(1), f.add(size, f.k(1)), size)));
  const z = f.let(f.mul(t, t));
  const base = f.let(choose(f.k(0), f.k(Math.PI / 4), f.k(Math.PI / 2)));
  const low = choose(f.k(0), f.k(HALF_PI_LOW / 2), f.k(HALF_PI_LOW));
  const rest = f.add(t, f.add(f.mul(f.mul(t, z), polynomial(f, z, ARCTANGENT)), low));
  return f.let(copySign(f, f.add(base, rest), x));
}

/** The angle of the point (x, y), within 3 ulp; all signs of 0 and ∞ as in `Math.atan2`. */
export function atan2(f: Form, y: Value, x: Value): Value {
  const [up, right] = [f.let(f.abs(y)), f.let(f.abs(x))];
  const infinite = f.k(Number.POSITIVE_INFINITY);
  const same = f.and(f.eq(up, right), f.or(f.eq(up, f.k(0)), f.eq(up, infinite)));
  const corner = f.select(f.eq(up, f.k(0)), f.k(0), f.k(1));
  const angle = atan(f, f.let(f.select(same, corner, f.div(up, right))));
  // Left of the origin, also of −0.
  const left = f.lt(copySign(f, f.k(1), x), f.k(0));
  const turned = f.sub(f.k(Math.PI), f.sub(angle, f.k(2 * HALF_PI_LOW)));
  const value = f.let(copySign(f, f.select(left, turned, angle), y));
  return f.let(f.select(f.or(f.ne(x, x), f.ne(y, y)), f.k(Number.NaN), value));
}

/** asin x within 4 ulp, as atan(x / √((1 − x)(1 + x))); NaN outside ±1. */
export function asin(f: Form, x: Value): Value {
  const rest = f.sqrt(f.mul(f.sub(f.k(1), x), f.add(f.k(1), x)));
  return f.let(f.select(f.lt(f.abs(x), f.k(2 ** -27)), x, atan(f, f.let(f.div(x, rest)))));
}

/** acos x within 4 ulp, as 2 atan √((1 − x) / (1 + x)); NaN outside ±1. */
export function acos(f: Form, x: Value): Value {
  const ratio = f.let(f.sqrt(f.div(f.sub(f.k(1), x), f.add(f.k(1), x))));
  return f.let(f.mul(f.k(2), atan(f, ratio)));
}
