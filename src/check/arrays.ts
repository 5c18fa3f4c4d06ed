/** Elementwise operators, reductions and matrix products: broadcasting by named index. */
import type { Axis, FnName, Node, ReduceKind } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { type Cx, Stop } from './context.ts';
import { type ArrayValue, bool, describe, type Elem, number, scalar, showSet, type Value } from './values.ts';

/** Expects an array (or scalar) value. */
export function asArray(cx: Cx, v: Value, span: Span, what = 'a number'): ArrayValue {
  if (v.kind === 'array') return v;
  if (v.kind === 'data') return asArray(cx, v.value, span, what);
  if (v.kind === 'poison') throw new Stop();
  return cx.ck.fail('E0301', span, `expected ${what}, found ${describe(v)}`, { suggestion: wayOut(v) });
}

/** How a value that is no array is made one, or used without being one. */
function wayOut(v: Value): string | undefined {
  switch (v.kind) {
    case 'distribution': {
      const written = `${v.dist.name}(…)`;
      return `draw from it with \`x ~ ${written}\`; its logarithm is \`${written}.log_density(x)\``;
    }
    case 'fn':
    case 'energy':
      return `call it: \`${v.item.name.text}(…)\``;
    case 'instance':
      return `call it: \`${v.instance.name}(…)\``;
    case 'net':
      return `call it: \`${v.net.name}(…)\``;
    case 'builtin':
      return `call it: \`${v.name}(…)\``;
    case 'set':
      return `the number of its elements is \`size(${v.set.name || '…'})\`, a loop over it \`for i in ${v.set.name || '…'}\``;
    case 'record':
      return `its fields are ${v.type.fields.map((f) => f.name).join(', ')}`;
    case 'type': {
      const { domain } = v.shape;
      const labels =
        domain.kind === 'category' && domain.values.kind.kind === 'labels' ? domain.values.kind.labels : [];
      return labels.length > 0 ? `name one of its values, e.g. \`${v.name}.${labels[0]}\`` : undefined;
    }
    default:
      return undefined;
  }
}

/** Brings arrays to common axes, matched by index set. */
export function align(
  cx: Cx,
  span: Span,
  values: readonly ArrayValue[],
): { readonly axes: readonly Axis[]; readonly nodes: readonly Node[] } {
  const b = cx.ck.b;
  const base = values.reduce((m, v) => (v.axes.length > m.axes.length ? v : m));
  const nodes = values.map((v) => {
    if (v === base || v.axes.length === 0) return v.node;
    return b.substitute(
      v.node,
      v.axes,
      matchAxes(cx, span, v, base).map((a) => b.axisNode(a)),
    );
  });
  return { axes: base.axes, nodes };
}

/** For each axis of `v`, the axis of `base` over the same set. */
function matchAxes(cx: Cx, span: Span, v: ArrayValue, base: ArrayValue): readonly Axis[] {
  const sameOrder = v.axes.length === base.axes.length && v.axes.every((a, i) => a.set === base.axes[i].set);
  if (sameOrder) return base.axes;
  // As many of each set in both (`A + S` with A : real[g, k, k], S : real[k, k]): the first is the first.
  const count = (axes: readonly Axis[], s: Axis): number => axes.filter((x) => x.set === s.set).length;
  if (v.axes.every((a) => count(v.axes, a) === count(base.axes, a)))
    return v.axes.map((a, i) => {
      const before = count(v.axes.slice(0, i), a);
      return base.axes.filter((x) => x.set === a.set)[before];
    });
  return v.axes.map((a) => {
    const there = base.axes.filter((x) => x.set === a.set);
    const here = v.axes.filter((x) => x.set === a.set);
    if (there.length === 0)
      return cx.ck.fail(
        'E0302',
        span,
        `these arrays have different index sets: one is over ${showSet(a.set)}, the other over [${base.axes
          .map((x) => showSet(x.set))
          .join(', ')}]`,
        { suggestion: 'name the indices, e.g. `[x[i] + y[j] for i in I, j in J]`' },
      );
    if (there.length > 1 || here.length > 1)
      return cx.ck.fail(
        'E0302',
        span,
        `it is ambiguous which index over ${showSet(a.set)} is meant: it occurs more than once`,
        { suggestion: 'name the indices, e.g. `sum(A[i, j] * x[j] for i in S, j in S)`' },
      );
    return there[0];
  });
}

/** Applies a scalar function elementwise. */
export function lift(
  cx: Cx,
  span: Span,
  fn: FnName,
  args: readonly ArrayValue[],
  elem: Elem = number(),
): ArrayValue {
  const { axes, nodes } = align(cx, span, args);
  return { kind: 'array', elem, axes, node: cx.ck.b.call(fn, ...nodes) };
}

/**
 * The same over blocks: maps over the items.
 * @param spans of the arguments
 */
export function liftValues(
  cx: Cx,
  span: Span,
  args: readonly Value[],
  on: (arrays: readonly ArrayValue[]) => ArrayValue,
  spans: readonly Span[] = [],
): Value {
  const blocks = args.find((v) => v.kind === 'blocks');
  if (blocks?.kind === 'blocks') {
    return {
      kind: 'blocks',
      items: blocks.items.map((_, i) =>
        on(
          args.map((v) => {
            if (v.kind !== 'blocks') return asArray(cx, v, span);
            if (v.items.length !== blocks.items.length)
              return cx.ck.fail('E0301', span, 'these are encodings of different types');
            return v.items[i];
          }),
        ),
      ),
    };
  }
  return on(args.map((v, i) => asArray(cx, v, spans[i] ?? span)));
}

export type Reduction = 'sum' | 'mean' | 'prod' | 'max' | 'min' | 'logsumexp' | 'all' | 'any';

export const reductions: readonly Reduction[] = [
  'sum',
  'mean',
  'prod',
  'max',
  'min',
  'logsumexp',
  'all',
  'any',
];

/** Reduces over given axes of an array; `elem` of the result. */
export function reduceOver(
  cx: Cx,
  span: Span,
  kind: Reduction,
  v: ArrayValue,
  axes: readonly Axis[],
  where: Node | null,
): ArrayValue {
  const b = cx.ck.b;
  const rest = v.axes.filter((a) => !axes.includes(a));
  const out = (node: Node, elem: Elem): ArrayValue => ({ kind: 'array', elem, axes: rest, node });
  if (kind === 'all' || kind === 'any') {
    if (v.elem.kind !== 'bool')
      cx.ck.fail('E0301', span, `\`${kind}\` expects truth values, found ${describe(v)}`);
    return out(b.reduce(kind === 'all' ? 'min' : 'max', axes, v.node, where), bool);
  }
  const n = asNumber(cx, v, span);
  if (kind === 'mean') return out(b.mean(axes, n.node, where), number());
  const integer = v.elem.kind === 'bool' || (v.elem.kind === 'number' && v.elem.integer);
  return out(b.reduce(kind as ReduceKind, axes, n.node, where), number(integer && kind !== 'logsumexp'));
}

/** Reduces everything an array or an encoding holds. */
export function reduceAll(cx: Cx, span: Span, kind: Reduction, v: Value): ArrayValue {
  if (v.kind !== 'blocks') {
    const a = asArray(cx, v, span, 'an array');
    return reduceOver(cx, span, kind, a, a.axes, null);
  }
  const b = cx.ck.b;
  const parts = v.items.map(
    (i) => reduceOver(cx, span, kind === 'mean' ? 'sum' : kind, i, i.axes, null).node,
  );
  const join = (fn: FnName): Node => parts.reduce((x, y) => b.call(fn, x, y));
  switch (kind) {
    case 'sum':
      return scalar(join('add'));
    case 'mean': {
      const count = v.items.map((i) => i.axes.map((a) => b.size(a.set)).reduce(b.mul, b.const(1)));
      return scalar(b.div(join('add'), b.addAll(count)));
    }
    case 'prod':
      return scalar(join('mul'));
    case 'logsumexp':
      return scalar(join('logaddexp'));
    case 'max':
    case 'any':
      return scalar(join('max'));
    case 'min':
    case 'all':
      return scalar(join('min'));
  }
}

/** Expects numbers (truth values count as 0 and 1); a category is refused. */
export function asNumber(cx: Cx, v: ArrayValue, span: Span): ArrayValue {
  if (v.elem.kind !== 'element') return v;
  if (v.elem.ordered) return { ...v, elem: number(true) };
  return cx.ck.fail(
    'E0307',
    span,
    `${describe(v)} is not a number: it can be compared, looked up (\`w[z]\`) or encoded`,
    v.elem.set.name ? { suggestion: `for example \`(… == ${exampleOf(v.elem.set)})\` is 0 or 1` } : {},
  );
}

const exampleOf = (s: { name: string; kind: { kind: string; labels?: readonly string[] } }): string =>
  s.kind.labels && s.kind.labels.length > 0 ? `${s.name}.${s.kind.labels[0]}` : '0';

/** Matrix product: sums over the last axis of the left and the first of the right. */
export function matmul(cx: Cx, span: Span, left: ArrayValue, right: ArrayValue): ArrayValue {
  const b = cx.ck.b;
  if (left.axes.length === 0 || right.axes.length === 0)
    cx.ck.fail('E0301', span, '`@` expects arrays on both sides', { suggestion: 'use `*` for numbers' });
  const inner = left.axes[left.axes.length - 1];
  const [first, ...others] = right.axes;
  if (inner.set !== first.set)
    cx.ck.fail(
      'E0302',
      span,
      `\`@\` sums over the last index of the left and the first of the right: these are ${showSet(inner.set)} and ${showSet(first.set)}`,
    );
  // Fresh axes keep the two sides apart when they are the same array.
  const k = b.axis(inner.set);
  const fresh = others.map((a) => b.axis(a.set, a.name));
  const l = b.substitute(asNumber(cx, left, span).node, [inner], [b.axisNode(k)]);
  const r = b.substitute(
    asNumber(cx, right, span).node,
    right.axes,
    [k, ...fresh].map((a) => b.axisNode(a)),
  );
  return {
    kind: 'array',
    elem: number(),
    axes: [...left.axes.slice(0, -1), ...fresh],
    node: b.sum([k], b.mul(l, r)),
  };
}
