/** The scalar functions as instructions: on one number, or on two lanes. */
import { functions } from '../../../ir/functions.ts';
import type { FnName } from '../../../ir/types.ts';
import { emitInline, scalarFunction, vectorFunction } from '../math/index.ts';
import type { Callable, Code, Local } from '../wasm/code.ts';
import { ModuleBuilder } from '../wasm/module.ts';

export type Form = 'f64' | 'f64x2';

/** A few instructions on numbers; the arguments are variables. */
type Writer = (c: Code, p: Form, ...x: readonly Local[]) => void;

export const pushNumber = (c: Code, p: Form, x: number): Code =>
  p === 'f64' ? c.f64(x) : c.splat('f64x2', x);
/** x or y on the stack by a comparison after them. */
const choose = (c: Code, p: Form): Code => c.op(p === 'f64' ? 'select' : 'v128.bitselect');
/** Functions that are one instruction. */
const single: Partial<Record<FnName, string>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  neg: 'neg',
  sqrt: 'sqrt',
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  min: 'min',
  max: 'max',
};

/** The instruction, if the function is one. */
export const instructionOf = (fn: FnName): string | undefined => single[fn];

const writers: Partial<Record<FnName, Writer>> = {
  square: (c, p, x) => {
    c.get(x).get(x).op(`${p}.mul`);
  },
  stop_gradient: (c, _, x) => {
    c.get(x);
  },
  relu: (c, p, x) => {
    pushNumber(c.get(x), p, 0).op(`${p}.max`);
  },
  mod: (c, p, a, b) => {
    c.get(a).get(b).get(a).get(b);
    c.op(`${p}.div`, `${p}.floor`, `${p}.mul`, `${p}.sub`);
  },
  // x itself where it is ±0 or NaN.
  sign: (c, p, x) => {
    pushNumber(c, p, 1);
    pushNumber(c, p, -1).get(x).get(x);
    choose(pushNumber(c, p, 0).op(`${p}.lt`), p).get(x);
    choose(pushNumber(c, p, 0).op(`${p}.gt`), p);
  },
  // ⌊x⌋, or one more where x − ⌊x⌋ ≥ ½.
  round: (c, p, x) => {
    c.get(x).op(`${p}.floor`);
    pushNumber(c, p, 1);
    pushNumber(c, p, 0);
    pushNumber(c.get(x).get(x).op(`${p}.floor`, `${p}.sub`), p, 0.5).op(`${p}.ge`);
    choose(c, p).op(`${p}.add`);
  },
};

/** Comparisons, whose value is a truth value. */
export const comparisons: ReadonlyMap<FnName, string> = new Map<FnName, string>(
  (['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const).map((fn) => [fn, fn]),
);

/** Functions of truth values, or whose evaluation is a choice: written by the emitter itself. */
const structural: ReadonlySet<FnName> = new Set<FnName>([
  ...comparisons.keys(),
  'and',
  'or',
  'not',
  'select',
  'pick',
]);

const isWritten = (fn: FnName): boolean =>
  single[fn] !== undefined || writers[fn] !== undefined || structural.has(fn);

const emitted = new Map<FnName, boolean>();

/** Whether the math library writes the function. */
function isEmitted(fn: FnName): boolean {
  let known = emitted.get(fn);
  if (known === undefined) {
    known = scalarFunction(new ModuleBuilder(), fn) !== null;
    emitted.set(fn, known);
  }
  return known;
}

/** Functions that a program calls, ready to be written. */
export class Scalars {
  private readonly m: ModuleBuilder;
  private readonly imports = new Map<FnName, Callable>();
  /** How many more functions may be written out in place. */
  private inlined: number;

  /**
   * @param names every function that the program calls
   * @param inlined how many calls are written out in place
   */
  constructor(m: ModuleBuilder, names: Iterable<FnName>, inlined: number) {
    this.m = m;
    this.inlined = inlined;
    for (const fn of names) {
      if (isWritten(fn) || isEmitted(fn)) continue;
      const { arity, eval: evaluate } = functions[fn];
      const params = Array.from({ length: arity }, () => 'f64' as const);
      this.imports.set(fn, m.import(fn, params, ['f64'], evaluate));
    }
    // Functions of the math library come before those that call them.
    for (const fn of names) if (!isWritten(fn) && isEmitted(fn)) this.both(fn);
  }

  private both(fn: FnName): void {
    scalarFunction(this.m, fn);
    vectorFunction(this.m, fn);
  }

  /** Leaves the value on the stack. */
  write(c: Code, p: Form, fn: FnName, args: readonly Local[]): void {
    const writer = writers[fn];
    if (writer) {
      writer(c, p, ...args);
      return;
    }
    if (this.inlined > 0 && emitInline(c, fn, args)) {
      this.inlined--;
      return;
    }
    const own = p === 'f64' ? scalarFunction(this.m, fn) : vectorFunction(this.m, fn);
    if (own) {
      for (const a of args) c.get(a);
      c.call(own);
      return;
    }
    const host = this.imports.get(fn);
    if (!host) throw new Error(`${fn} was not announced`);
    if (p === 'f64') {
      for (const a of args) c.get(a);
      c.call(host);
      return;
    }
    for (const a of args) c.get(a).lane('f64x2.extract_lane', 0);
    c.call(host).op('f64x2.splat');
    for (const a of args) c.get(a).lane('f64x2.extract_lane', 1);
    c.call(host).lane('f64x2.replace_lane', 1);
  }
}
