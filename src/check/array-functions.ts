/**
 * Functions of arrays that are not sums: over the last index (softmax, cumsum), where
 * further indices map, or over everything (variance, sd).
 */
import type { Axis, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { asNumber } from './arrays.ts';
import type { Cx } from './context.ts';
import { type ArrayValue, number, scalar, showSet } from './values.ts';

interface Described {
  readonly name: string;
  readonly formula: string;
  readonly doc: string;
  /** An expression and its value; of arrays, all elements. */
  readonly example: string;
}

/** A function of an array; the result has the same indices. */
export interface MapFunction extends Described {
  readonly apply: (cx: Cx, v: ArrayValue, span: Span) => ArrayValue;
}

/** A summary of numbers over axes, also of `f(expr for i in S where c)`. */
export interface SummaryFunction extends Described {
  readonly apply: (cx: Cx, axes: readonly Axis[], x: Node, where: Node | null) => Node;
}

/** The last axis of an array, and the array's numbers. */
function lastAxis(cx: Cx, v: ArrayValue, span: Span, name: string): { last: Axis; n: ArrayValue } {
  const n = asNumber(cx, v, span);
  const last = n.axes.at(-1);
  if (last) return { last, n };
  return cx.ck.fail('E0301', span, `\`${name}\` expects an array, found a number`);
}

/** x − ln Σ exp(x) over the last axis. */
function normalised(cx: Cx, v: ArrayValue, span: Span, name: string): ArrayValue {
  const { b } = cx.ck;
  const { last, n } = lastAxis(cx, v, span, name);
  const k = b.axis(last.set, last.name);
  const total = b.reduce('logsumexp', [k], b.substitute(n.node, [last], [b.axisNode(k)]), null);
  return { kind: 'array', elem: number(), axes: n.axes, node: b.sub(n.node, total) };
}

function cumsum(cx: Cx, v: ArrayValue, span: Span): ArrayValue {
  const { b } = cx.ck;
  const { last, n } = lastAxis(cx, v, span, 'cumsum');
  const kind = last.set.kind;
  const ordered =
    kind.kind === 'range' || kind.kind === 'open' || (kind.kind === 'lattice' && kind.dims.length === 1);
  if (!ordered)
    cx.ck.fail(
      'E0301',
      span,
      `\`cumsum\` adds along an index with an order; ${showSet(last.set)} is not one-dimensional and ordered`,
    );
  const k = b.axis(last.set, last.name);
  const before = b.call('le', b.axisNode(k), b.axisNode(last));
  const integer = n.elem.kind === 'bool' || (n.elem.kind === 'number' && n.elem.integer);
  const node = b.sum([k], b.substitute(n.node, [last], [b.axisNode(k)]), before);
  return { kind: 'array', elem: number(integer), axes: n.axes, node };
}

const maps: readonly MapFunction[] = [
  {
    name: 'softmax',
    formula: 'exp(xᵢ) / Σⱼ exp(xⱼ)',
    doc: 'Over the last index; leading ones map.',
    example: 'softmax([0, log(3)]) = 0.25, 0.75',
    apply: (cx, v, span) => {
      const x = normalised(cx, v, span, 'softmax');
      return { ...x, node: cx.ck.b.call('exp', x.node) };
    },
  },
  {
    name: 'log_softmax',
    formula: 'xᵢ − ln Σⱼ exp(xⱼ)',
    doc: 'Logarithm of `softmax`, accurate where that is small.',
    example: 'log_softmax([0, 0]) = -0.693147, -0.693147',
    apply: (cx, v, span) => normalised(cx, v, span, 'log_softmax'),
  },
  {
    name: 'cumsum',
    formula: 'Σ xⱼ over j ≤ i',
    doc: 'Running sum along the last index, a plain one, a line or a ring; leading ones map.',
    example: 'cumsum([1, 2, 4]) = 1, 3, 7',
    apply: cumsum,
  },
];

/** Σ (x − x̄)² / (n − 1), two passes; 0 for one element. */
const variance: SummaryFunction['apply'] = (cx, axes, x, where) => {
  const { b } = cx.ck;
  const mean = b.mean(axes, x, where);
  const count = where
    ? b.sum(axes, where)
    : axes.map((a) => b.size(a.set)).reduce((p, q) => b.mul(p, q), b.const(1));
  const squares = b.sum(axes, b.call('square', b.sub(x, mean)), where);
  return b.div(squares, b.call('max', b.sub(count, b.const(1)), b.const(1)));
};

const summaries: readonly SummaryFunction[] = [
  {
    name: 'variance',
    formula: 'Σ (xᵢ − x̄)² / (n − 1)',
    doc: 'Sample variance of all elements; 0 of one element.',
    example: 'variance([1, 2, 3]) = 1',
    apply: variance,
  },
  {
    name: 'sd',
    formula: '√variance(x)',
    doc: 'Sample standard deviation of all elements; its derivative where all are equal is 0.',
    example: 'sd([1, 3]) = 1.414214',
    apply: (cx, axes, x, where) => {
      const { b } = cx.ck;
      const v = variance(cx, axes, x, where);
      return b.call('select', b.call('gt', v, b.const(0)), b.call('sqrt', v), b.const(0));
    },
  },
];

export const mapFunctions: ReadonlyMap<string, MapFunction> = new Map(maps.map((f) => [f.name, f]));
export const summaryFunctions: ReadonlyMap<string, SummaryFunction> = new Map(
  summaries.map((f) => [f.name, f]),
);

/** `variance(x)`: over every index of an array. */
export const summarise = (cx: Cx, f: SummaryFunction, v: ArrayValue, span: Span): ArrayValue =>
  v.axes.length === 0
    ? cx.ck.fail('E0301', span, `\`${f.name}\` expects an array, found a number`)
    : scalar(f.apply(cx, v.axes, asNumber(cx, v, span).node, null));
