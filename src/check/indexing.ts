/** Reading arrays at indices: `s[p]`, `s[0, 3]`, `J[p, q]`, `x[left]`, `mu[z]`, `a[1:3]`. */
import { eventSets, isVector } from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import type { Axis, IndexSet, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { align, asArray } from './arrays.ts';
import type { Cx } from './context.ts';
import { isGeneric } from './sets.ts';
import { type ArrayValue, describe, number, showSet, type Value } from './values.ts';

/** An index expression after checking. */
export type IndexValue =
  | { readonly kind: 'value'; readonly value: Value; readonly span: Span }
  | {
      readonly kind: 'slice';
      readonly from: number | null;
      readonly to: number | null;
      readonly span: Span;
    };

/** One dimension's index: a node, with the axes that it brings along (none for a scalar index). */
interface Taken {
  readonly node: Node;
  readonly axes: readonly Axis[];
}

export function indexArray(
  cx: Cx,
  span: Span,
  target: ArrayValue,
  indices: readonly IndexValue[],
  name: string,
): ArrayValue {
  const queue = [...indices];
  const taken: Taken[] = [];
  for (const axis of target.axes) {
    // `theta[group]` of simplices is the whole simplex.
    if (queue.length === 0 && target.axes.length - taken.length === ownIndices(target))
      for (const _ of eventSets(target.domain!)) queue.push({ kind: 'slice', from: null, to: null, span });
    if (queue.length === 0)
      cx.ck.fail(
        'E0304',
        span,
        `${name} has the indices [${target.axes.map((a) => showSet(a.set)).join(', ')}], but only ${indices.length} ${indices.length === 1 ? 'is' : 'are'} given`,
        { suggestion: 'a whole index is written `:`' },
      );
    taken.push(takeIndex(cx, axis.set, queue, name, target.axes.length - taken.length - 1));
  }
  if (queue.length > 0)
    cx.ck.fail(
      'E0304',
      queue[0].span,
      target.axes.length === 0
        ? `${name} has no indices`
        : `${name} has the indices [${target.axes.map((a) => showSet(a.set)).join(', ')}]; this one is too many`,
    );
  // Array-valued indices: those over the same sets go together (elementwise look-up).
  const arrays = taken.filter((t) => t.axes.length > 0 && !isWhole(t));
  const axes: Axis[] = [];
  let nodes = taken.map((t) => t.node);
  if (arrays.length > 1 && arrays.every((t) => sameSets(t.axes, arrays[0].axes))) {
    const joined = align(
      cx,
      span,
      arrays.map((t) => ({ kind: 'array', elem: number(true), axes: t.axes, node: t.node })),
    );
    const byTaken = new Map(arrays.map((t, i) => [t, joined.nodes[i]]));
    nodes = taken.map((t) => byTaken.get(t) ?? t.node);
    for (const t of taken) {
      if (t === arrays[0]) axes.push(...joined.axes);
      else if (!byTaken.has(t)) axes.push(...t.axes);
    }
  } else for (const t of taken) axes.push(...t.axes);
  return {
    kind: 'array',
    elem: target.elem,
    axes,
    node: cx.ck.b.apply({ axes: target.axes, body: target.node }, nodes),
    domain: target.domain,
  };
}

/** `site[r, c]`: the element of an index set at coordinates, or at a whole number. */
export function elementAt(
  cx: Cx,
  span: Span,
  set: IndexSet,
  indices: readonly IndexValue[],
  name: string,
): ArrayValue {
  if (set.kind.kind === 'tuples')
    return cx.ck.fail('E0303', span, `${showSet(set)} has tuples for elements: they are reached by a loop`, {
      suggestion: `for example \`… for p in ${set.name || 'set'}\``,
    });
  const queue = [...indices];
  const slice = queue.find((i) => i.kind === 'slice');
  if (slice) cx.ck.fail('E0303', slice.span, `one element of ${showSet(set)} is meant here, not a slice`);
  const { node, axes } = takeIndex(cx, set, queue, name, 0);
  if (queue.length > 0)
    cx.ck.fail('E0304', queue[0].span, `this index is too many for an element of ${showSet(set)}`);
  return { kind: 'array', elem: { kind: 'element', set, ordered: set.kind.kind !== 'labels' }, axes, node };
}

/** How many of the last indices are those of one state of a vector's domain. */
function ownIndices({ domain, axes }: ArrayValue): number {
  const sets = domain && isVector(domain) ? eventSets(domain) : [];
  const last = axes.slice(axes.length - sets.length);
  return last.length === sets.length && last.every((a, d) => a.set === sets[d]) ? sets.length : 0;
}

const isWhole = (t: Taken): boolean => t.node.op === 'axis' && t.axes[0] === t.node.axis;
const sameSets = (a: readonly Axis[], c: readonly Axis[]): boolean =>
  a.length === c.length && a.every((x, i) => x.set === c[i].set);

/**
 * Takes the indices of one dimension from the front of the queue.
 * @param left dimensions that follow
 */
function takeIndex(cx: Cx, set: IndexSet, queue: IndexValue[], name: string, left: number): Taken {
  const b = cx.ck.b;
  const first = queue.shift()!;
  if (first.kind === 'slice') return sliceOf(cx, set, first);
  const v = first.value.kind === 'data' ? first.value.value : first.value;
  switch (v.kind) {
    case 'set': {
      if (v.set === set) {
        const a = b.axis(set);
        return { node: b.axisNode(a), axes: [a] };
      }
      const k = v.set.kind;
      if (k.kind === 'tuples' && k.components.length === 1 && k.components[0] === set) {
        const a = b.axis(v.set);
        return { node: b.read(k.tables[0], [b.axisNode(a)]), axes: [a] };
      }
      return cx.ck.fail(
        'E0303',
        first.span,
        `${name} is indexed by ${showSet(set)} here, but ${showSet(v.set)} is not a subset of it`,
      );
    }
    case 'tuple':
      if (v.position?.elem.kind === 'element' && v.position.elem.set === set)
        return { node: v.position.node, axes: [] };
      queue.unshift(...v.items.map((value) => ({ kind: 'value' as const, value, span: first.span })));
      return takeIndex(cx, set, queue, name, left);
    case 'array': {
      if (v.elem.kind === 'element') {
        if (v.elem.set === set) return { node: v.node, axes: v.axes };
        const pair = tuplePosition(set, v, queue);
        if (pair) return { node: pair, axes: [] };
        return cx.ck.fail(
          'E0303',
          first.span,
          set.kind.kind === 'tuples' && set.kind.components.length > 1
            ? `${name} is indexed by the ${set.kind.components.length}-tuples of ${showSet(set)}, one at a time`
            : `${name} is indexed by ${showSet(set)} here, but this index runs over ${showSet(v.elem.set)}`,
          set.kind.kind === 'tuples' && set.name !== ''
            ? {
                suggestion: `loop over it: \`… for ${set.kind.components.length > 1 ? '(p, q)' : 'p'} in ${set.name}\``,
              }
            : { suggestion: byPosition(set, v.elem.set) },
        );
      }
      if (v.elem.kind === 'bool' || !v.elem.integer)
        return cx.ck.fail(
          'E0303',
          first.span,
          `expected a whole number${set.name ? ` or an element of ${showSet(set)}` : ''} as index of ${name}, found ${describe(v)}`,
        );
      // How many coordinates a set that stands for any has is not known: those that the others leave.
      if (isGeneric(set)) {
        queue.splice(0, Math.max(0, queue.length - left));
        return { node: v.node, axes: v.axes };
      }
      return integerIndex(cx, set, v, first.span, queue, name);
    }
    default:
      return cx.ck.fail('E0303', first.span, `${describe(first.value)} is not an index`);
  }
}

/** Whole numbers: one for a plain set, one for each coordinate of a lattice. */
function integerIndex(
  cx: Cx,
  set: IndexSet,
  first: ArrayValue,
  span: Span,
  queue: IndexValue[],
  name: string,
): Taken {
  const b = cx.ck.b;
  const dims = set.kind.kind === 'lattice' ? set.kind.dims : [staticSize(set)];
  let at = first;
  // A coordinate that leaves its side must not become a site of the next row.
  const unsure: { readonly v: ArrayValue; readonly size: number }[] = [];
  const note = (v: ArrayValue, size: number | undefined): void => {
    if (dims.length > 1 && !staysInside(cx, v.node, size!)) unsure.push({ v, size: size! });
  };
  checkRange(cx, span, first, dims[0], set, name);
  note(first, dims[0]);
  for (let d = 1; d < dims.length; d++) {
    const next = queue.shift();
    if (next?.kind !== 'value')
      return cx.ck.fail(
        'E0304',
        span,
        `${showSet(set)} is a ${dims.join('×')} lattice: an element is written with ${dims.length} coordinates`,
        {
          suggestion: `for example \`${name.startsWith('`') ? name.slice(1, -1) : 'x'}[${dims.map(() => '0').join(', ')}]\``,
        },
      );
    const v = asArray(cx, next.value, next.span, 'a coordinate');
    if (v.elem.kind !== 'number' || !v.elem.integer)
      cx.ck.fail('E0303', next.span, `a coordinate must be a whole number; this is ${describe(v)}`);
    checkRange(cx, next.span, v, dims[d], set, name);
    note(v, dims[d]);
    const { axes, nodes } = align(cx, span, [at, v]);
    at = {
      kind: 'array',
      elem: number(true),
      axes,
      node: b.add(b.mul(nodes[0], b.const(dims[d]!)), nodes[1]),
    };
  }
  if (unsure.length === 0) return { node: at.node, axes: at.axes };
  const { axes, nodes } = align(cx, span, [at, ...unsure.map((u) => u.v)]);
  const inside = unsure.flatMap(({ size }, i) => [
    b.call('ge', nodes[1 + i], b.const(0)),
    b.call('lt', nodes[1 + i], b.const(size)),
  ]);
  const all = inside.reduce((x, y) => b.call('and', x, y));
  return { node: b.call('select', all, nodes[0], b.const(-1)), axes };
}

/** Whether a coordinate is one of `size` by its form: a number, a loop variable, a site's own coordinate. */
function staysInside(cx: Cx, node: Node, size: number): boolean {
  switch (node.op) {
    case 'const':
      return true;
    case 'axis': {
      const n = staticSize(node.axis.set);
      return n !== undefined && n <= size;
    }
    case 'call': {
      const side = cx.ck.coordinates.get(node);
      if (side !== undefined) return side <= size;
      const [, y] = node.args;
      return node.fn === 'mod' && y.op === 'const' && y.value <= size;
    }
    default:
      return false;
  }
}

function checkRange(
  cx: Cx,
  span: Span,
  v: ArrayValue,
  size: number | undefined,
  set: IndexSet,
  name: string,
): void {
  if (size === undefined || v.node.op !== 'const') return;
  if (v.node.value < 0 || v.node.value >= size)
    cx.ck.fail(
      'E0303',
      span,
      `this index of ${name}${set.name && name !== showSet(set) ? ` over ${showSet(set)}` : ''} runs from 0 to ${size - 1}, found ${v.node.value}`,
      v.node.value === size || v.node.value < 0
        ? { suggestion: `indices count from 0, the last is ${size - 1}` }
        : {},
    );
}

/** `J[p, q]` inside `for (p, q) in bond`, `x[p]` inside `for p in left`: the position in the set. */
function tuplePosition(set: IndexSet, first: ArrayValue, queue: IndexValue[]): Node | undefined {
  if (set.kind.kind !== 'tuples' || first.axes.length > 0) return undefined;
  const k = set.kind.components.length;
  const rest = queue.slice(0, k - 1);
  if (rest.length < k - 1) return undefined;
  const parts: Node[] = [first.node];
  for (const r of rest) {
    if (r.kind !== 'value' || r.value.kind !== 'array' || r.value.axes.length > 0) return undefined;
    parts.push(r.value.node);
  }
  const { tables, source } = set.kind;
  const match = (order: readonly Node[]): Node | undefined => {
    let position: Node | undefined;
    for (let i = 0; i < k; i++) {
      const n = order[i];
      if (n.op !== 'read' || n.slot !== tables[i]) return undefined;
      if (position !== undefined && position !== n.indices[0]) return undefined;
      position = n.indices[0];
    }
    return position;
  };
  // Neighbours are unordered pairs: either order names the same bond.
  const found = match(parts) ?? (source.kind === 'neighbours' ? match([parts[1], parts[0]]) : undefined);
  if (found) {
    queue.splice(0, k - 1);
    return found;
  }
  return undefined;
}

function sliceOf(cx: Cx, set: IndexSet, s: IndexValue & { kind: 'slice' }): Taken {
  const b = cx.ck.b;
  const size = staticSize(set);
  if (s.from === null && s.to === null) {
    const a = b.axis(set);
    return { node: b.axisNode(a), axes: [a] };
  }
  if (size === undefined || (set.kind.kind === 'lattice' && set.kind.dims.length > 1))
    return cx.ck.fail(
      'E0303',
      s.span,
      `${showSet(set)} cannot be sliced: name a subset with \`set\` instead`,
    );
  const from = s.from ?? 0;
  const to = s.to ?? size;
  if (from < 0 || to > size || from >= to)
    cx.ck.fail('E0303', s.span, `this slice must lie within 0:${size} and not be empty`);
  const a = b.axis(b.range(to - from));
  return { node: b.add(b.axisNode(a), b.const(from)), axes: [a] };
}

/** An array that counts from 0, as one written down does, and an element of a set of the same size. */
function byPosition(plain: IndexSet, of: IndexSet): string | undefined {
  if (plain.name !== '' || plain.kind.kind !== 'range') return undefined;
  const { size } = plain.kind;
  if (of.kind.kind === 'range' && of.kind.size === size && of.name !== '')
    return `declare \`index ${of.name} = line(${size})\`: then \`.i\` of an element is its position, as in \`a[p.i]\``;
  return of.kind.kind === 'lattice' && of.kind.dims.length === 1
    ? '`.i` of the element is its position, as in `a[p.i]`'
    : undefined;
}
