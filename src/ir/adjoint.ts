/**
 * Adjoints of `derive.ts` and what is done with them: multiplied by a partial
 * derivative, summed over axes, guarded, added up.
 */
import { type Builder, isConst, staticSize } from './build.ts';
import { axesOfLoop } from './scan.ts';
import { signOf } from './signs.ts';
import type { Axis, FnName, IndexSet, Node } from './types.ts';

/** The derivative of the root with respect to a node; `need` and `live` are explained in `derive.ts`. */
export interface Adjoint {
  readonly value: Node;
  readonly need: readonly Node[];
  readonly live: readonly Node[];
}

type Axes = readonly Axis[];
type Conjuncts = readonly Node[];

export const within = (n: Node, axes: Axes): boolean => n.axes.every((a) => axes.includes(a));
export const touches = (n: Node, axes: Axes): boolean => n.axes.some((a) => axes.includes(a));

/** The conjunction, evaluated from left to right. */
export const conjoin = (b: Builder, all: Conjuncts): Node =>
  all.length === 0 ? b.const(1) : all.reduce((x, y) => b.call('and', x, y));

/** The value with zeros where it is not needed: safe everywhere. */
export const masked = (b: Builder, adj: Adjoint): Node =>
  adj.need.length === 0 ? adj.value : b.call('select', conjoin(b, adj.need), adj.value, b.const(0));

const conjuncts = (c: Node): Conjuncts =>
  c.op === 'call' && c.fn === 'and' ? [...conjuncts(c.args[0]), ...conjuncts(c.args[1])] : [c];

const extend = (list: Conjuncts, more: Conjuncts): Conjuncts => [
  ...list,
  ...more.filter((c) => !list.includes(c)),
];

/** The adjoint of something that is evaluated only where `condition` holds as well. */
export function guarded(adj: Adjoint, condition: Node): Adjoint {
  if (condition.op === 'const' && condition.value !== 0) return adj;
  const more = conjuncts(condition);
  return {
    value: adj.value,
    need: extend(isHarmless(condition) ? adj.need : adj.live, more),
    live: extend(adj.live, more),
  };
}

/**
 * Splits conjuncts into those that only mention `axes` and the others. A conjunct
 * moves in front of one that it followed only if it can be evaluated anywhere.
 */
export function split(all: Conjuncts, axes: Axes): { inner: Conjuncts; outer: Conjuncts } {
  const inner: Node[] = [];
  const outer: Node[] = [];
  for (const c of all) {
    const movable = within(c, axes) && (outer.length === 0 || isHarmless(c));
    (movable ? inner : outer).push(c);
  }
  return { inner, outer };
}

/** value · factor, a reciprocal as a division. */
const times = (b: Builder, value: Node, factor: Node): Node =>
  factor.op === 'call' && factor.fn === 'div' && isConst(factor.args[0], 1)
    ? b.div(value, factor.args[1])
    : b.mul(value, factor);

/** Σ over `axes` of value · factor, as a sum of one product, which engines recognise as a contraction; scalars in front. */
function contract(b: Builder, axes: Axes, value: Node, factor: Node): Node {
  if (!touches(factor, axes)) return times(b, b.sum(axes, value), factor);
  if (!touches(value, axes)) return b.mul(value, b.sum(axes, factor));
  for (const [product, other] of [
    [value, factor],
    [factor, value],
  ]) {
    if (product.op !== 'call' || product.fn !== 'mul') continue;
    const [x, y] = product.args;
    if (x.axes.length === 0) return b.mul(x, contract(b, axes, y, other));
    if (y.axes.length === 0) return b.mul(y, contract(b, axes, x, other));
  }
  return b.sum(axes, times(b, value, factor));
}

/**
 * The contribution to a child: Σ over the axes that the child lacks of adj · factor.
 * @param factor the partial derivative, an expression over the parent's axes
 * @param extra the axes to sum over
 * @param keep the axes of the child
 */
export function flow(b: Builder, adj: Adjoint, factor: Node | null, extra: Axes, keep: Axes): Adjoint {
  const harmless = factor === null || isHarmless(factor);
  const need = harmless ? adj.need : adj.live;
  if (extra.length === 0)
    return { value: factor ? times(b, adj.value, factor) : adj.value, need, live: adj.live };
  const needs = split(need, keep);
  const lives = split(adj.live, keep);
  const where = needs.outer.length > 0 ? conjoin(b, needs.outer) : null;
  let value: Node;
  if (factor === null) value = b.sum(extra, adj.value, where);
  else if (where === null) value = contract(b, extra, adj.value, factor);
  else if (harmless) value = contract(b, extra, b.call('select', where, adj.value, b.const(0)), factor);
  else value = b.sum(extra, times(b, adj.value, factor), where);
  let live = lives.inner;
  if (lives.outer.length > 0) {
    const some = conjoin(b, lives.outer);
    live = extend(live, [
      b.reduce(
        'max',
        extra.filter((a) => some.axes.includes(a)),
        some,
      ),
    ]);
  }
  return { value, need: needs.inner, live };
}

/** The sum of contributions to one node. */
export function combine(b: Builder, parts: readonly Adjoint[]): Adjoint {
  if (parts.length === 1) return parts[0];
  const need = commonPrefix(parts.map((p) => p.need));
  const live = commonPrefix(parts.map((p) => p.live));
  const groups = new Map<Node, Node[]>();
  for (const p of parts) {
    const rest = conjoin(b, p.need.slice(need.length));
    groups.set(rest, [...(groups.get(rest) ?? []), p.value]);
  }
  const values = [...groups].map(([c, vs]) => b.call('select', c, b.addAll(vs), b.const(0)));
  const rests = parts.map((p) => p.live.slice(live.length));
  const either = rests.some((r) => r.length === 0)
    ? []
    : [[...new Set(rests.map((r) => conjoin(b, r)))].reduce((x, y) => b.call('or', x, y))];
  return { value: b.addAll(values), need, live: extend(live, either) };
}

function commonPrefix(lists: readonly Conjuncts[]): Conjuncts {
  const [first, ...rest] = lists;
  const end = first.findIndex((c, i) => rest.some((r) => r[i] !== c));
  return end < 0 ? first : first.slice(0, end);
}

// ── What can be evaluated anywhere ──────────────────────────────────────────

/** Total, and finite on finite arguments of ordinary size (which leaves out exp and everything with a pole). */
const total: ReadonlySet<FnName> = new Set<FnName>([
  ...(['add', 'sub', 'mul', 'neg', 'square', 'abs', 'sign', 'floor', 'ceil', 'round', 'min', 'max'] as const),
  ...([
    'sin',
    'cos',
    'atan',
    'tanh',
    'sigmoid',
    'softplus',
    'silu',
    'relu',
    'erf',
    'erfc',
    'logaddexp',
  ] as const),
  ...(['log_phi', 'inverse_mills', 'log_i0', 'bessel_ratio'] as const),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not', 'select', 'stop_gradient'] as const),
]);

const harmless = new WeakMap<Node, boolean>();

/** Whether the expression can be evaluated at every position of its axes and is finite there. */
export function isHarmless(n: Node): boolean {
  let known = harmless.get(n);
  if (known === undefined) {
    known = decide(n);
    harmless.set(n, known);
  }
  return known;
}

function decide(n: Node): boolean {
  switch (n.op) {
    case 'const':
      return Number.isFinite(n.value);
    case 'axis':
    case 'size':
      return true;
    case 'read':
      return n.indices.every((i, d) => inRange(i, n.slot.sets[d]));
    case 'at':
      return n.indices.every((i, d) => inRange(i, n.params[d].set)) && isHarmless(n.body);
    case 'call':
      if (n.fn === 'pick') {
        const [k, ...elements] = n.args;
        const size = k.op === 'axis' ? staticSize(k.axis.set) : undefined;
        return size !== undefined && size <= elements.length && elements.every(isHarmless);
      }
      if (!n.args.every(isHarmless)) return false;
      if (n.fn === 'div') return signOf(n.args[1]) === 'positive';
      if (n.fn === 'log') return signOf(n.args[0]) === 'positive';
      if (n.fn === 'sqrt') return signOf(n.args[0]) !== 'unknown';
      return total.has(n.fn);
    case 'reduce':
      return n.kind === 'sum' && isHarmless(n.body) && (n.where === null || isHarmless(n.where));
    case 'matrix':
      // NaN where there is no result.
      return false;
    case 'scan': {
      const { loop, indices } = n;
      const shape = axesOfLoop(loop);
      return (
        indices.every((i, d) => inRange(i, shape[d].set)) && isHarmless(loop.init) && isHarmless(loop.body)
      );
    }
    case 'scatter':
      return isHarmless(n.body) && n.indices.every(isHarmless) && (n.where === null || isHarmless(n.where));
  }
}

/** Whether an index is certainly a position of the set. */
function inRange(index: Node, set: IndexSet): boolean {
  const size = staticSize(set);
  switch (index.op) {
    case 'const':
      return size !== undefined && Number.isInteger(index.value) && index.value >= 0 && index.value < size;
    case 'axis': {
      const own = staticSize(index.axis.set);
      return index.axis.set === set || (own !== undefined && size !== undefined && own <= size);
    }
    case 'read': {
      const { domain } = index.slot;
      const elements = domain.kind === 'category' || domain.kind === 'permutation';
      return elements && domain.values === set && isHarmless(index);
    }
    case 'call':
      // i mod n, as index arithmetic on rings writes it.
      return index.fn === 'mod' && isHarmless(index.args[0]) && isConst(index.args[1], size ?? Number.NaN);
    default:
      return false;
  }
}
