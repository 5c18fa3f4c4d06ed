/**
 * The scalar functions of the IR as WebAssembly: of one float64, and of the two lanes of a vector. The results of
 * both are the same, bit for bit, so it does not matter how a loop is cut into vectors and a rest. Nothing is
 * imported from the host. Accuracy and special values stand with each function; NaN, ±∞ and ±0 are as in `Math`.
 */
import type { FnName } from '../../../ir/types.ts';
import type { Callable, Code, Local } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { besselRatio, logI0 } from './bessel.ts';
import { eachLane, formOf } from './form.ts';
import { formulas, straight } from './formulas.ts';
import { digamma, lbeta, lgamma, trigamma } from './gamma.ts';
import { circularFunction } from './trigonometric.ts';

export { emitSingleExp, emitSingleExp2, singleExp } from './single.ts';

/** Functions with branches or loops, which take lanes one after the other. */
const oneByOne: { readonly [fn in FnName]?: (m: ModuleBuilder) => Callable } = {
  lgamma,
  digamma,
  trigamma,
  lbeta,
  log_i0: logI0,
  bessel_ratio: besselRatio,
};

const isCircular = (fn: FnName): fn is 'sin' | 'cos' | 'tan' => fn === 'sin' || fn === 'cos' || fn === 'tan';

/**
 * f64… → f64 in the module; null for a function that is not emitted (its value is `functions[fn].eval`, as an
 * import).
 */
export function scalarFunction(m: ModuleBuilder, fn: FnName): Callable | null {
  if (isCircular(fn)) return circularFunction(m, fn, 'f64');
  return oneByOne[fn]?.(m) ?? straight(m, fn, 'f64');
}

/** As `scalarFunction`, for two lanes: v128… → v128. */
export function vectorFunction(m: ModuleBuilder, fn: FnName): Callable | null {
  if (isCircular(fn)) return circularFunction(m, fn, 'v128');
  const one = oneByOne[fn]?.(m);
  if (!one) return straight(m, fn, 'v128');
  const params = one.params.map(() => 'v128' as const);
  return m.shared(`v128.${fn}`, params, ['v128'], (c) => eachLane(c, one, c.params));
}

/**
 * Writes the function inline, its value on the stack: what a hot loop does instead of a call.
 * @param args variables, all f64 or all v128, which decides the form; they are not changed
 * @returns whether it was written; not for functions that have branches or are not emitted
 */
export function emitInline(c: Code, fn: FnName, args: readonly Local[]): boolean {
  const found = formulas[fn];
  const type = args[0]?.type;
  if (!found || (type !== 'f64' && type !== 'v128')) return false;
  const form = formOf(c, type);
  found.write(form, ...args.map((a) => () => c.get(a)))();
  form.release();
  return true;
}
