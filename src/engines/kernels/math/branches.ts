/** Functions of one number that branch or loop. */
import type { Callable, Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { type Form, formOf, type Value } from './form.ts';

/** A function of numbers whose body is a formula with branches: `write` leaves the value on the stack. */
export const scalar = (
  m: ModuleBuilder,
  name: string,
  arity: number,
  write: (f: Form, ...x: Value[]) => void,
): Callable =>
  m.shared(
    `f64.${name}`,
    Array.from({ length: arity }, () => 'f64' as const),
    ['f64'],
    (c) => write(formOf(c, 'f64'), ...c.params.map((p) => () => c.get(p))),
  );

/** One of two values on the stack; only the instructions of that one run. */
export const branch = (
  c: Code,
  condition: { readonly push: () => void },
  yes: () => void,
  no: () => void,
): void => {
  condition.push();
  c.if(yes, no, 'f64');
};
