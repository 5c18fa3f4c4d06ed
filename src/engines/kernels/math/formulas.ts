/** Functions without branches: one text for one number and for two lanes. */
import type { FnName } from '../../../ir/types.ts';
import type { Callable } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { cosh, exp, expm1, sigmoid, silu, sinh, tanh } from './exponential.ts';
import { type Form, formOf, type Value } from './form.ts';
import { log, log1p, logaddexp, softplus } from './logarithm.ts';
import { erf, erfc, inverseMills, logPhi } from './normal.ts';
import { pow } from './power.ts';
import { mod, relu, round, sign, square } from './simple.ts';
import { acos, asin, atan, atan2 } from './trigonometric.ts';

export interface Formula {
  readonly arity: number;
  readonly write: (f: Form, ...x: Value[]) => Value;
}

const one = (write: (f: Form, x: Value) => Value): Formula => ({ arity: 1, write });
const two = (write: (f: Form, x: Value, y: Value) => Value): Formula => ({ arity: 2, write });

export const formulas: { readonly [fn in FnName]?: Formula } = {
  exp: one(exp),
  expm1: one(expm1),
  log: one(log),
  log1p: one(log1p),
  sigmoid: one(sigmoid),
  silu: one(silu),
  softplus: one(softplus),
  logaddexp: two(logaddexp),
  pow: two(pow),
  tanh: one(tanh),
  sinh: one(sinh),
  cosh: one(cosh),
  atan: one(atan),
  atan2: two(atan2),
  asin: one(asin),
  acos: one(acos),
  erf: one(erf),
  erfc: one(erfc),
  log_phi: one(logPhi),
  inverse_mills: one(inverseMills),
  sign: one(sign),
  round: one(round),
  mod: two(mod),
  square: one(square),
  relu: one(relu),
};

/** The function in the module, of f64 or of v128; null for one that has branches or is not emitted. */
export function straight(m: ModuleBuilder, fn: FnName, type: 'f64' | 'v128'): Callable | null {
  const found = formulas[fn];
  if (!found) return null;
  const params = Array.from({ length: found.arity }, () => type);
  return m.shared(`${type}.${fn}`, params, [type], (c) => {
    found.write(formOf(c, type), ...c.params.map((p) => () => c.get(p)))();
  });
}
