/** Values that must be known at compile time: sizes, bounds, options. */
import type { Expr } from '../syntax/tree.ts';
import { asArray } from './arrays.ts';
import type { Cx } from './context.ts';
import { elaborate } from './expressions.ts';

/** @returns the number, or reports that the expression is not constant */
export function constNumber(cx: Cx, e: Expr, what: string): number {
  const v = asArray(cx, elaborate(cx, e), e.span, what);
  if (v.axes.length === 0 && v.node.op === 'const' && v.elem.kind !== 'element') return v.node.value;
  return cx.ck.fail('E0308', e.span, `expected ${what}, known at compile time`, {
    suggestion: 'use a number or a `const`',
  });
}

export function constInteger(cx: Cx, e: Expr, what: string): number {
  const n = constNumber(cx, e, what);
  if (!Number.isInteger(n))
    cx.ck.fail(
      'E0306',
      e.span,
      `expected ${what}, a whole number; found ${n === Number.POSITIVE_INFINITY ? '`inf`' : n}`,
    );
  return n;
}

export function constBoolean(cx: Cx, e: Expr): boolean {
  const v = asArray(cx, elaborate(cx, e), e.span, 'true or false');
  if (v.elem.kind === 'bool' && v.node.op === 'const') return v.node.value !== 0;
  return cx.ck.fail('E0308', e.span, 'expected `true` or `false`');
}
