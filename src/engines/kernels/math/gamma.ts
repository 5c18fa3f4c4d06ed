/**
 * ln |Γ|, its derivatives and ln |B| of one number, after `src/ir/log-gamma.ts` and `src/ir/special.ts`: a
 * polynomial about 2 and the recurrence up to 10 or 12, asymptotic series beyond, reflection below 0.
 */
import type { Callable } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { branch, scalar } from './branches.ts';
import { type Form, polynomial, type Value } from './form.ts';
import { straight } from './formulas.ts';
import { circularFunction } from './trigonometric.ts';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
/** 1 − Euler's constant. */
const ONE_MINUS_EULER = 0.42278433509846713;
/** (ln Γ(2 + z) − (1 − γ) z) / z² for |z| ≤ ½, by interpolation at Chebyshev points with 50 digits. */
const ABOUT_TWO = [
  0.3224670334241132, -0.06735230105319759, 0.020580808427784307, -0.0073855510287714685,
  0.0028905103307878756, -0.0011927539062598581, 0.0005096695221547781, -0.00022315489463809116,
  9.945757753419642e-5, -4.492443535898787e-5, 2.0506356296054763e-5, -9.452938473714576e-6,
  4.381261405000474e-6, -1.982565620739196e-6, 9.282109272701004e-7, -5.72865310850801e-7,
  2.708245957688481e-7,
];

/** ln Γ(2 + z) for |z| ≤ ½. */
const nearTwo = (f: Form, z: Value): Value =>
  f.mul(z, f.add(f.k(ONE_MINUS_EULER), f.mul(z, polynomial(f, z, ABOUT_TWO))));

/** ln Γ(x) − (x − ½) ln x + x − ½ ln 2π for x ≥ 10. */
function stirlingTail(f: Form, x: Value): Value {
  const r = f.let(f.div(f.k(1), f.mul(x, x)));
  const series = polynomial(f, r, [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]);
  return f.let(f.div(series, x));
}

/** For x > 0. */
const positiveLgamma = (m: ModuleBuilder): Callable => {
  const [log, log1p] = [straight(m, 'log', 'f64')!, straight(m, 'log1p', 'f64')!];
  return scalar(m, 'lgamma_positive', 1, (f, x) => {
    const c = f.code;
    const large = (): void => {
      const main = f.mul(f.sub(x, f.k(0.5)), f.sub(f.call(log, x), f.k(1)));
      f.add(f.add(f.sub(main, f.k(0.5)), f.k(HALF_LOG_2PI)), stirlingTail(f, x))();
    };
    const small = (): void => {
      const below = f.letMask(f.lt(x, f.k(0.5)));
      const z = f.let(f.select(below, x, f.sub(x, f.k(1))));
      const value = f.let(f.sub(nearTwo(f, z), f.call(log1p, z)));
      branch(c, below, f.sub(value, f.call(log, x)), value);
    };
    const middle = (): void => {
      const [y, product] = [c.local('f64'), c.local('f64')];
      x();
      c.set(y).f64(1).set(product);
      c.block((end) => {
        c.loop((again) => {
          c.get(y).f64(2.5).op('f64.gt', 'i32.eqz').branchIf(end);
          c.get(product).get(y).f64(1).op('f64.sub').tee(y).op('f64.mul').set(product);
          c.branch(again);
        });
      });
      const z = f.let(f.sub(() => c.get(y), f.k(2)));
      f.add(
        nearTwo(f, z),
        f.call(log, () => c.get(product)),
      )();
    };
    branch(c, f.ge(x, f.k(10)), large, () => branch(c, f.lt(x, f.k(1.5)), small, middle));
  });
};

/** The distance to the nearest whole number, times π: sin and tan of πx have the same values there, but for signs. */
const fromWhole = (f: Form, x: Value): Value => f.let(f.sub(x, f.nearest(x)));

/**
 * ln |Γ(x)|, to 1e-15 in relative terms for x > 0 and of max(1, |ln Γ|) below; +∞ at 0, −1, −2, …
 */
export const lgamma = (m: ModuleBuilder): Callable => {
  const [positive, log, sin] = [
    positiveLgamma(m),
    straight(m, 'log', 'f64')!,
    circularFunction(m, 'sin', 'f64'),
  ];
  return scalar(m, 'lgamma', 1, (f, x) => {
    const reflected = (): void => {
      const d = fromWhole(f, x);
      // Γ(x) Γ(1 − x) = π / sin πx
      const share = f.div(f.abs(f.call(sin, f.mul(d, f.k(Math.PI)))), f.k(Math.PI));
      const other = f.call(positive, f.sub(f.k(1), x));
      const value = f.neg(f.add(f.call(log, share), other));
      branch(f.code, f.eq(d, f.k(0)), f.k(Number.POSITIVE_INFINITY), value);
    };
    branch(f.code, f.le(x, f.k(0)), reflected, f.call(positive, x));
  });
};

/** x raised by whole steps to 12 or more, with the sum of `term` over the steps left behind. */
function raised(f: Form, x: Value, term: (y: Value) => Value): { readonly y: Value; readonly sum: Value } {
  const c = f.code;
  const [y, sum] = [c.local('f64'), c.local('f64')];
  const at = (): void => void c.get(y);
  x();
  c.set(y).f64(0).set(sum);
  c.block((end) => {
    c.loop((again) => {
      c.get(y).f64(12).op('f64.lt', 'i32.eqz').branchIf(end);
      c.get(sum);
      term(at)();
      c.op('f64.add').set(sum);
      c.get(y).f64(1).op('f64.add').set(y).branch(again);
    });
  });
  return { y: at, sum: () => c.get(sum) };
}

const positiveDigamma = (m: ModuleBuilder): Callable => {
  const log = straight(m, 'log', 'f64')!;
  return scalar(m, 'digamma_positive', 1, (f, x) => {
    const { y, sum } = raised(f, x, (at) => f.div(f.k(1), at));
    const r = f.let(f.div(f.k(1), f.mul(y, y)));
    // ln y − 1/2y − Σ B₂ₙ / (2n y²ⁿ)
    const series = polynomial(f, r, [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760]);
    const head = f.sub(f.sub(f.call(log, y), sum), f.div(f.k(0.5), y));
    f.sub(head, f.mul(r, series))();
  });
};

/** d/dx ln |Γ(x)|, to 1e-15 of max(1, |ψ|) for x > 0; NaN at 0, −1, −2, … */
export const digamma = (m: ModuleBuilder): Callable => {
  const [positive, tan] = [positiveDigamma(m), circularFunction(m, 'tan', 'f64')];
  return scalar(m, 'digamma', 1, (f, x) => {
    const reflected = (): void => {
      const d = fromWhole(f, x);
      const turn = f.div(f.k(Math.PI), f.call(tan, f.mul(d, f.k(Math.PI))));
      const value = f.sub(f.call(positive, f.sub(f.k(1), x)), turn);
      branch(f.code, f.eq(d, f.k(0)), f.k(Number.NaN), value);
    };
    branch(f.code, f.le(x, f.k(0)), reflected, f.call(positive, x));
  });
};

const positiveTrigamma = (m: ModuleBuilder): Callable =>
  scalar(m, 'trigamma_positive', 1, (f, x) => {
    const { y, sum } = raised(f, x, (at) => f.div(f.k(1), f.mul(at, at)));
    const r = f.let(f.div(f.k(1), f.mul(y, y)));
    const series = polynomial(f, r, [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730]);
    const tail = f.div(f.mul(r, series), y);
    f.add(sum, f.add(f.add(f.div(f.k(1), y), f.mul(r, f.k(0.5))), tail))();
  });

/** d²/dx² ln |Γ(x)|, to 1e-15 in relative terms for x > 0; +∞ at 0, −1, −2, … */
export const trigamma = (m: ModuleBuilder): Callable => {
  const [positive, sin] = [positiveTrigamma(m), circularFunction(m, 'sin', 'f64')];
  return scalar(m, 'trigamma', 1, (f, x) => {
    const reflected = (): void => {
      const d = fromWhole(f, x);
      const s = f.let(f.call(sin, f.mul(d, f.k(Math.PI))));
      const value = f.sub(f.div(f.k(Math.PI * Math.PI), f.mul(s, s)), f.call(positive, f.sub(f.k(1), x)));
      branch(f.code, f.eq(d, f.k(0)), f.k(Number.POSITIVE_INFINITY), value);
    };
    branch(f.code, f.le(x, f.k(0)), reflected, f.call(positive, x));
  });
};

/** ln |B(a, b)|; where both are large without what their logarithms have in common. */
export const lbeta = (m: ModuleBuilder): Callable => {
  const [gamma, log, log1p] = [lgamma(m), straight(m, 'log', 'f64')!, straight(m, 'log1p', 'f64')!];
  return scalar(m, 'lbeta', 2, (f, x, y) => {
    const swap = f.letMask(f.gt(x, y));
    const a = f.let(f.select(swap, y, x));
    const b = f.let(f.select(swap, x, y));
    const sum = f.let(f.add(a, b));
    const small = (): void => f.sub(f.add(f.call(gamma, a), f.call(gamma, b)), f.call(gamma, sum))();
    const large = (): void => {
      const tails = f.let(f.sub(stirlingTail(f, b), stirlingTail(f, sum)));
      const share = f.let(f.call(log1p, f.div(f.neg(a), sum)));
      const one = f.add(f.add(f.call(gamma, a), tails), f.sub(a, f.mul(a, f.call(log, sum))));
      const mixed = f.add(one, f.mul(f.sub(b, f.k(0.5)), share));
      const both = (): void => {
        const head = f.sub(f.k(HALF_LOG_2PI), f.mul(f.k(0.5), f.call(log, b)));
        const ratio = f.mul(f.sub(a, f.k(0.5)), f.call(log, f.div(a, sum)));
        f.add(f.add(f.add(f.add(head, stirlingTail(f, a)), tails), ratio), f.mul(b, share))();
      };
      branch(f.code, f.lt(a, f.k(10)), mixed, both);
    };
    branch(f.code, f.and(f.gt(a, f.k(0)), f.ge(b, f.k(10))), large, small);
  });
};
