/** Modified Bessel functions as the von Mises distribution needs them, after `src/ir/bessel.ts`. */
import type { Callable } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { branch, scalar } from './branches.ts';
import { copySign } from './form.ts';
import { straight } from './formulas.ts';

/** Σ of the asymptotic series of √(2πx) e⁻ˣ I_ν(x), up to its smallest term (Abramowitz and Stegun 9.7.1). */
const asymptotic = (m: ModuleBuilder): Callable =>
  scalar(m, 'bessel_asymptotic', 2, (f, nu, x) => {
    const c = f.code;
    const [sum, term, next, k] = Array.from({ length: 4 }, () => c.local('f64'));
    const value = (l: typeof sum) => (): void => void c.get(l);
    c.f64(1).set(sum).f64(1).set(term).f64(1).set(k);
    c.block((end) => {
      c.loop((again) => {
        const odd = f.let(f.sub(f.mul(f.k(2), value(k)), f.k(1)));
        const factor = f.sub(f.mul(f.mul(f.k(4), nu), nu), f.mul(odd, odd));
        f.div(f.mul(value(term), f.neg(factor)), f.mul(f.mul(f.k(8), x), value(k)))();
        c.set(next);
        f.ge(f.abs(value(next)), f.abs(value(term))).push();
        c.branchIf(end);
        f.eq(f.add(value(sum), value(next)), value(sum)).push();
        c.branchIf(end).get(next).tee(term).get(sum).op('f64.add').set(sum);
        c.get(k).f64(1).op('f64.add').tee(k).f64(60).op('f64.lt').branchIf(again);
      });
    });
    c.get(sum);
  });

/** ln I₀(x), even in x, to 1e-14 in relative terms: the ascending series (9.6.10) up to 30. */
export const logI0 = (m: ModuleBuilder): Callable => {
  const [series, log, log1p] = [asymptotic(m), straight(m, 'log', 'f64')!, straight(m, 'log1p', 'f64')!];
  return scalar(m, 'log_i0', 1, (f, x) => {
    const c = f.code;
    const a = f.let(f.abs(x));
    const large = (): void => {
      const main = f.sub(a, f.mul(f.k(0.5), f.call(log, f.mul(f.k(2 * Math.PI), a))));
      f.add(main, f.call(log, f.call(series, f.k(0), a)))();
    };
    const small = (): void => {
      const q = f.let(f.div(f.mul(a, a), f.k(4)));
      const [rest, term, k] = Array.from({ length: 3 }, () => c.local('f64'));
      c.f64(0).set(rest).f64(1).set(term).f64(1).set(k);
      c.loop((again) => {
        c.get(term);
        q();
        c.get(k).get(k).op('f64.mul', 'f64.div', 'f64.mul').tee(term).get(rest).op('f64.add').set(rest);
        // Terms fall from k = 15 on, so the sum ends.
        c.get(k).f64(1).op('f64.add').set(k);
        c.get(term).get(rest).f64(1e-17).op('f64.mul', 'f64.ge');
        c.get(k).f64(100).op('f64.lt', 'i32.and').branchIf(again);
      });
      f.call(log1p, () => c.get(rest))();
    };
    branch(c, f.gt(a, f.k(30)), large, small);
  });
};

/** I_{ν+1}(x) / I_ν(x), ν ≥ 0, odd in x, to 1e-14: by the recurrence downwards (9.6.26), the bound of Amos first. */
export const besselRatio = (m: ModuleBuilder): Callable => {
  const series = asymptotic(m);
  return scalar(m, 'bessel_ratio', 2, (f, nu, x) => {
    const c = f.code;
    const a = f.let(f.abs(x));
    const far = f.gt(a, f.add(f.k(30), f.mul(f.mul(f.k(2), nu), nu)));
    const large = f.div(f.call(series, f.add(nu, f.k(1)), a), f.call(series, nu, a));
    const small = (): void => {
      const [r, k] = [c.local('f64'), c.local('f64')];
      f.add(f.k(12), f.sqrt(f.mul(f.k(40), a)))();
      c.op('f64.ceil');
      nu();
      c.op('f64.add').set(k);
      const order = f.let(f.add(() => c.get(k), f.k(1.5)));
      const root = f.sqrt(f.add(f.mul(order, order), f.mul(a, a)));
      f.div(a, f.add(f.sub(order, f.k(1)), root))();
      c.set(r);
      c.loop((again) => {
        // r of order k from that of k + 1.
        c.get(k).f64(1).op('f64.sub').set(k);
        const below = f.add(
          f.mul(
            f.k(2),
            f.add(() => c.get(k), f.k(1)),
          ),
          f.mul(a, () => c.get(r)),
        );
        f.div(a, below)();
        c.set(r).get(k);
        nu();
        c.op('f64.gt').branchIf(again);
      });
      c.get(r);
    };
    const size = f.let(() => branch(c, far, large, small));
    f.select(f.eq(x, f.k(0)), f.k(0), copySign(f, size, x))();
  });
};
