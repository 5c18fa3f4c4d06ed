/** Scalar functions as ONNX operators, and those that ONNX lacks made of others without loss of digits. */
import type { BinaryFn, UnaryFn } from '../tensors/ops.ts';
import type { Emitter } from './emitter.ts';
import { elementTypes } from './types.ts';

const { bool, float } = elementTypes;

/** Functions that are one operator. */
const unaryOps = {
  neg: 'Neg',
  sqrt: 'Sqrt',
  abs: 'Abs',
  sign: 'Sign',
  floor: 'Floor',
  ceil: 'Ceil',
  exp: 'Exp',
  log: 'Log',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  asin: 'Asin',
  acos: 'Acos',
  atan: 'Atan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  tanh: 'Tanh',
  erf: 'Erf',
} as const;

const binaryOps = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  min: 'Min',
  max: 'Max',
  pow: 'Pow',
} as const;

/** Truth values in both types; the one that nobody reads is dropped at the end. */
export interface Truth {
  readonly numbers: string;
  readonly truths: string;
}

export const asNumbers = (e: Emitter, truths: string): Truth => ({ truths, numbers: e.cast(truths, float) });

export const asTruths = (e: Emitter, x: string): string => e.cast(x, bool);

export function unary(e: Emitter, fn: UnaryFn, x: string): string | Truth {
  switch (fn) {
    case 'square':
      return e.each('Mul', x, x);
    case 'step':
      return asNumbers(e, e.each('Greater', x, e.number(0)));
    case 'expm1':
      return expm1(e, x);
    case 'log1p':
      return log1p(e, x);
    case 'nanToZero':
      return e.each('Where', e.each('IsNaN', x), e.number(0), x);
    case 'finite': {
      const finite = e.each('Less', e.each('Abs', x), e.number(Number.POSITIVE_INFINITY));
      return e.each('Where', finite, x, e.number(0));
    }
    default:
      return e.each(unaryOps[fn], x);
  }
}

export function binary(e: Emitter, fn: BinaryFn, x: string, y: string): string | Truth {
  switch (fn) {
    case 'greater':
      return asNumbers(e, e.each('Greater', x, y));
    case 'notEqual':
      return asNumbers(e, e.each('Not', e.each('Equal', x, y)));
    case 'atan2':
      return atan2(e, x, y);
    default:
      return e.each(binaryOps[fn], x, y);
  }
}

/** eˣ − 1: 2t / (1 − t) with t = tanh(x/2) where |x| < 1, which cancels nothing. */
function expm1(e: Emitter, x: string): string {
  const t = e.each('Tanh', e.each('Mul', x, e.number(0.5)));
  const small = e.each('Div', e.each('Add', t, t), e.each('Sub', e.number(1), t));
  const large = e.each('Sub', e.each('Exp', x), e.number(1));
  return e.each('Where', e.each('Less', e.each('Abs', x), e.number(1)), small, large);
}

/** ln(1 + x): with u = 1 + x as rounded, ln u + (x − (u − 1)) / u, where |x| < 1. */
function log1p(e: Emitter, x: string): string {
  const u = e.each('Add', x, e.number(1));
  const log = e.each('Log', u);
  const lost = e.each('Div', e.each('Sub', x, e.each('Sub', u, e.number(1))), u);
  return e.each('Where', e.each('Less', e.each('Abs', x), e.number(1)), e.each('Add', log, lost), log);
}

/** The angle of (x, y), −π … π: atan(|y| / |x|), mirrored at both axes; 0 at the origin. */
function atan2(e: Emitter, y: string, x: string): string {
  const zero = e.number(0);
  const steep = e.each('Div', e.each('Abs', y), e.each('Abs', x));
  const corner = e.each('Atan', e.each('Where', e.each('Equal', y, zero), zero, steep));
  const half = e.each('Where', e.each('Less', x, zero), e.each('Sub', e.number(Math.PI), corner), corner);
  return e.each('Where', e.each('Less', y, zero), e.each('Neg', half), half);
}
