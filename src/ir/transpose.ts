/** The transpose of a read through index maps, for `derive.ts`. */
import { type Adjoint, flow, split, touches } from './adjoint.ts';
import { type Builder, isConst, staticSize } from './build.ts';
import type { Axis, IndexSet, Node } from './types.ts';

/** position ↦ the axis's position that is read there, defined where all `bounds` hold. */
interface Inverse {
  readonly axis: Axis;
  readonly from: Node;
  readonly bounds: readonly Node[];
}

/**
 * The adjoint of the array that is read, from that of the read:
 * (p, k) ↦ Σ over positions of the other axes where indices = p of adj.
 *
 * Index maps that are an axis, an axis ± a whole number, or that modulo the size of
 * the set, are inverted, so no scatter is made for them; what is left is scattered.
 *
 * @param axes the read's axes
 * @param keep axes of the array read that are the read's own
 * @param into one axis for each index, none of them among `axes`
 */
export function transposeRead(
  b: Builder,
  adj: Adjoint,
  axes: readonly Axis[],
  keep: readonly Axis[],
  into: readonly Axis[],
  indices: readonly Node[],
): Adjoint {
  const from: Axis[] = [];
  const to: Node[] = [];
  const bounds: Node[] = [];
  const rest: number[] = [];
  indices.forEach((index, d) => {
    const inverse = invert(b, index, into[d]);
    if (inverse && !keep.includes(inverse.axis) && !from.includes(inverse.axis)) {
      from.push(inverse.axis);
      to.push(inverse.from);
      bounds.push(...inverse.bounds);
    } else rest.push(d);
  });
  const move = (n: Node): Node => b.substitute(n, from, to);
  const used = from.flatMap((a, i) => (adj.value.axes.includes(a) ? [i] : []));
  let out: Adjoint = {
    value: b.apply(
      { axes: used.map((i) => from[i]), body: adj.value },
      used.map((i) => to[i]),
    ),
    need: [...bounds, ...adj.need.map(move)],
    live: [...bounds, ...adj.live.map(move)],
  };
  const moved = indices.map(move);
  const over = axes.filter((a) => !keep.includes(a) && !from.includes(a));
  const scattered = rest.filter((d) => touches(moved[d], over));
  const fixed = rest.filter((d) => !scattered.includes(d));
  if (fixed.length > 0) {
    const equal = fixed.map((d) => b.call('eq', b.axisNode(into[d]), moved[d]));
    out = { value: out.value, need: [...out.need, ...equal], live: [...out.live, ...equal] };
  }
  const idle = over.filter((a) => !scattered.some((d) => moved[d].axes.includes(a)));
  const busy = over.filter((a) => !idle.includes(a));
  const others = [...keep, ...into.filter((_, d) => !scattered.includes(d))];
  out = flow(b, out, null, idle, [...others, ...busy]);
  if (scattered.length === 0) return out;
  const { inner, outer } = split(out.need, others);
  const where = outer.reduce<Node | null>((x, y) => (x ? b.call('and', x, y) : y), null);
  return {
    value: b.scatter(
      scattered.map((d) => into[d]),
      busy,
      scattered.map((d) => moved[d]),
      out.value,
      where,
    ),
    need: inner,
    live: split(out.live, others).inner,
  };
}

/** The inverse of an index map at position `into`, or undefined if it is not known to have one. */
function invert(b: Builder, index: Node, into: Axis): Inverse | undefined {
  const p = b.axisNode(into);
  const ring = index.op === 'call' && index.fn === 'mod' ? staticSize(into.set) : undefined;
  const inner =
    ring !== undefined && index.op === 'call' && isConst(index.args[1], ring) ? index.args[0] : index;
  const map = affine(inner);
  if (!map) return undefined;
  const { axis, sign, offset } = map;
  const from = sign > 0 ? b.sub(p, b.const(offset)) : b.sub(b.const(offset), p);
  if (inner !== index)
    return sameSize(axis.set, into.set)
      ? { axis, from: offset === 0 && sign > 0 ? p : b.call('mod', from, b.const(ring ?? 0)), bounds: [] }
      : undefined;
  const own = staticSize(axis.set);
  const size = staticSize(into.set);
  const bounds: Node[] = [];
  if (sign < 0 || offset > 0) bounds.push(b.call('ge', from, b.const(0)));
  const covered =
    sign > 0 &&
    offset >= 0 &&
    (axis.set === into.set || (own !== undefined && size !== undefined && size - offset <= own));
  if (!covered) bounds.push(b.call('lt', from, b.size(axis.set)));
  return { axis, from, bounds };
}

const sameSize = (s: IndexSet, t: IndexSet): boolean =>
  s === t || (staticSize(s) !== undefined && staticSize(s) === staticSize(t));

/** ±axis + offset, with a whole offset. */
function affine(n: Node): { axis: Axis; sign: 1 | -1; offset: number } | undefined {
  if (n.op === 'axis') return { axis: n.axis, sign: 1, offset: 0 };
  if (n.op !== 'call' || (n.fn !== 'add' && n.fn !== 'sub')) return undefined;
  const [x, y] = n.args;
  if (x.op === 'axis' && y.op === 'const' && Number.isInteger(y.value))
    return { axis: x.axis, sign: 1, offset: n.fn === 'add' ? y.value : -y.value };
  if (x.op === 'const' && y.op === 'axis' && Number.isInteger(x.value))
    return { axis: y.axis, sign: n.fn === 'add' ? 1 : -1, offset: x.value };
  return undefined;
}
