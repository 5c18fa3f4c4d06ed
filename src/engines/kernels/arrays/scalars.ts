/** The scalar functions as instructions: on one number, or on two lanes. */
import { functions } from '../../../ir/functions.ts';
import type { FnName } from '../../../ir/types.ts';
import { emitInline, scalarFunction, vectorFunction } from '../math/index.ts';
import type { Callable, Code, Local } from '../wasm/code.ts';
import { ModuleBuilder } from '../wasm/module.ts';

/** A few instructions on numbers; the arguments are variables. */
type Writer = (c: Code, p: 'f64' | 'f64x2', ...x: readonly Local[]) => void;

const number = (c: Code, p: 'f64' | 'f64x2', x: number): Code => (p === 'f64' ? c.f64(x) : c.splat('f64x2', x));
const plain =
  (...ops: readonly string[]): Writer =>
  (c, p, ...x) => {
    for (const a of x) c.get(a);
    c.op(...ops.map((o) => `${p}.${o}`));
  };
/** x or y on the stack by a comparison after them. */
const choose = (c: Code, p: 'f64' | 'f64x2'): Code => c.op(p === 'f64' ? 'select' : 'v128.bitselect');

export const writers: Partial<Record<FnName, Writer>> = {
  add: plain('add'),
  sub: plain('sub'),
  mul: plain('mul'),
  div: plain('div'),
  neg: plain('neg'),
  sqrt: plain('sqrt'),
  abs: plain('abs'),
  floor: plain('floor'),
  ceil: plain('ceil'),
  min: plain('min'),
  max: plain('max'),
  square: (c, p, x) => c.get(x).get(x).op(`${p}.mul`),
  stop_gradient: (c, _, x) => c.get(x),
  relu: (c, p, x) => number(c.get(x), p, 0).op(`${p}.max`),
  mod: (c, p, a, b) =>
    c.get(a).get(b).get(a).get(b).op(`${p}.div`, `${p}.floor`, `${p}.mul`, `${p}.sub`),
  sign: (c, p, x) => {
    // x itself where it is ±0 or NaN.
    number(c, p, 1);
    number(c, p, -1);
    c.get(x);
    choose(number(c.get(x), p, 0).op(`${p}.lt`), p) && undefined;
  },
};
