/**
 * Formulas that are written once and emitted twice: for one float64, or for the two lanes of a vector. Both
 * forms do the same operations in the same order, so their results are the same bits (only which NaN comes out
 * is left open by WebAssembly). Nothing here branches: a choice computes both sides and selects.
 *
 * A `Value` writes the instructions that push it, each time it is used; `let` keeps it in a variable.
 */
import type { Callable, Code, Local, ValueType } from '../wasm/code.ts';

export type Value = () => void;

/** A truth value of each lane: an i32 in the scalar form, all bits or none in the vector form. */
export interface Mask {
  readonly push: () => void;
}

/** The bits of a number as an integer of 64 bits. */
export interface Bits {
  readonly bits: () => void;
}

type Binary = (a: Value, b: Value) => Value;
type Unary = (a: Value) => Value;
type Compare = (a: Value, b: Value) => Mask;

export interface Form {
  readonly type: 'f64' | 'v128';
  readonly code: Code;
  /** A constant. */
  readonly k: (value: number) => Value;
  readonly let: (v: Value) => Value;
  readonly letMask: (m: Mask) => Mask;
  readonly letBits: (b: Bits) => Bits;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  /** As Math.max. */
  readonly max: Binary;
  /** `b < a ? b : a`, which is `a` when one is not a number. */
  readonly pmin: Binary;
  /** `a < b ? b : a`, which is `a` when one is not a number. */
  readonly pmax: Binary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly sqrt: Unary;
  readonly floor: Unary;
  /** The nearest whole number, ties to even. */
  readonly nearest: Unary;
  readonly eq: Compare;
  readonly ne: Compare;
  readonly lt: Compare;
  readonly le: Compare;
  readonly gt: Compare;
  readonly ge: Compare;
  readonly and: (a: Mask, b: Mask) => Mask;
  readonly or: (a: Mask, b: Mask) => Mask;
  readonly select: (m: Mask, yes: Value, no: Value) => Value;
  readonly bitsOf: (v: Value) => Bits;
  readonly number: (b: Bits) => Value;
  readonly integer: (value: bigint) => Bits;
  readonly addBits: (a: Bits, b: Bits) => Bits;
  readonly andBits: (a: Bits, b: Bits) => Bits;
  readonly orBits: (a: Bits, b: Bits) => Bits;
  readonly xorBits: (a: Bits, b: Bits) => Bits;
  readonly shiftLeft: (a: Bits, by: number) => Bits;
  readonly shiftRight: (a: Bits, by: number) => Bits;
  readonly call: (f: Callable, ...args: readonly Value[]) => Value;
  /** Gives the variables back; nothing that was kept may be used any more. */
  readonly release: () => void;
}

/** The scalar form (`f64`) or the form of two lanes (`v128`). */
export function formOf(code: Code, type: 'f64' | 'v128'): Form {
  const wide = type === 'v128';
  const [float, integer] = wide ? ['f64x2', 'i64x2'] : ['f64', 'i64'];
  const binary =
    (op: string): Binary =>
    (a, b) =>
    () => {
      a();
      b();
      code.op(`${float}.${op}`);
    };
  const unary =
    (op: string): Unary =>
    (a) =>
    () => {
      a();
      code.op(`${float}.${op}`);
    };
  const compare =
    (op: string): Compare =>
    (a, b) => ({ push: binary(op)(a, b) });
  const onMasks =
    (op: 'and' | 'or') =>
    (a: Mask, b: Mask): Mask => ({
      push: () => {
        a.push();
        b.push();
        code.op(`${wide ? 'v128' : 'i32'}.${op}`);
      },
    });
  const onBits =
    (op: string) =>
    (a: Bits, b: Bits): Bits => ({
      bits: () => {
        a.bits();
        b.bits();
        code.op(op);
      },
    });
  const shift =
    (op: string) =>
    (a: Bits, by: number): Bits => ({
      bits: () => {
        a.bits();
        if (wide) code.i32(by);
        else code.i64(BigInt(by));
        code.op(`${integer}.${op}`);
      },
    });
  const locals: Local[] = [];
  const keep = (as: ValueType, push: () => void): Value => {
    push();
    const local = code.local(as);
    locals.push(local);
    code.set(local);
    return () => code.get(local);
  };
  const select = (m: Mask, yes: Value, no: Value): Value => {
    return () => {
      yes();
      no();
      m.push();
      code.op(wide ? 'v128.bitselect' : 'select');
    };
  };
  /** One instruction for lanes; a comparison and a selection of two variables for a scalar. */
  const pseudo = (op: 'pmin' | 'pmax'): Binary => {
    if (wide) return binary(op);
    return (a, b) => {
      const [x, y] = [keep('f64', a), keep('f64', b)];
      return op === 'pmin' ? select(compare('lt')(y, x), y, x) : select(compare('lt')(x, y), y, x);
    };
  };
  const cast = (op: string, push: () => void) => () => {
    push();
    if (!wide) code.op(op);
  };
  const logical = wide ? 'v128' : 'i64';
  return {
    type,
    code,
    k: (value) => () => (wide ? code.splat('f64x2', value) : code.f64(value)),
    let: (v) => keep(type, v),
    letMask: (m) => ({ push: keep(wide ? 'v128' : 'i32', m.push) }),
    letBits: (b) => ({ bits: keep(wide ? 'v128' : 'i64', b.bits) }),
    add: binary('add'),
    sub: binary('sub'),
    mul: binary('mul'),
    div: binary('div'),
    max: binary('max'),
    pmin: pseudo('pmin'),
    pmax: pseudo('pmax'),
    neg: unary('neg'),
    abs: unary('abs'),
    sqrt: unary('sqrt'),
    floor: unary('floor'),
    nearest: unary('nearest'),
    eq: compare('eq'),
    ne: compare('ne'),
    lt: compare('lt'),
    le: compare('le'),
    gt: compare('gt'),
    ge: compare('ge'),
    and: onMasks('and'),
    or: onMasks('or'),
    select,
    bitsOf: (v) => ({ bits: cast('i64.reinterpret_f64', v) }),
    number: (b) => cast('f64.reinterpret_i64', b.bits),
    integer: (value) => ({
      bits: () => (wide ? code.v128(twice(value)) : code.i64(value)),
    }),
    addBits: onBits(`${integer}.add`),
    andBits: onBits(`${logical}.and`),
    orBits: onBits(`${logical}.or`),
    xorBits: onBits(`${logical}.xor`),
    shiftLeft: shift('shl'),
    shiftRight: shift('shr_u'),
    call: (f, ...args) => {
      return () => {
        for (const a of args) a();
        code.call(f);
      };
    },
    release: () => code.release(...locals.splice(0)),
  };
}

function twice(value: bigint): number[] {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigInt64(0, BigInt.asIntN(64, value), true);
  view.setBigInt64(8, BigInt.asIntN(64, value), true);
  return Array.from({ length: 16 }, (_, i) => view.getUint8(i));
}

/** Σ cᵢ xⁱ by Estrin's scheme (Muller, Elementary Functions, §5.2): pairs, then pairs of pairs. x is a variable. */
export function polynomial(f: Form, x: Value, c: readonly number[]): Value {
  let terms: Value[] = c.map(f.k);
  let power = x;
  while (terms.length > 1) {
    const next: Value[] = [];
    for (let i = 0; i < terms.length; i += 2) {
      const [low, high] = [terms[i], terms[i + 1]];
      next.push(high ? f.let(f.add(low, f.mul(power, high))) : low);
    }
    terms = next;
    if (terms.length > 1) power = f.let(f.mul(power, power));
  }
  return terms[0];
}

/** |x| with the sign of y. */
export function copySign(f: Form, x: Value, y: Value): Value {
  const sign = f.integer(1n << 63n);
  return f.number(f.orBits(f.bitsOf(f.abs(x)), f.andBits(f.bitsOf(y), sign)));
}

/** The scalar function of each lane, the vector on the stack. */
export function eachLane(c: Code, f: Callable, args: readonly Local[]): void {
  for (const lane of [0, 1]) {
    for (const a of args) c.get(a).lane('f64x2.extract_lane', lane);
    c.call(f);
    if (lane === 0) c.op('f64x2.splat');
    else c.lane('f64x2.replace_lane', lane);
  }
}
