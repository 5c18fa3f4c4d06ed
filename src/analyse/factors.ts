/**
 * An energy as a sum of factors: Σ over instances of a body that touches as few
 * unknowns as possible. Sums are pulled out of sums, differences and products with
 * what does not sum over unknowns, so `-h * sum(s)` becomes one factor a site.
 */
import { isHarmless } from '../ir/adjoint.ts';
import type { Builder } from '../ir/build.ts';
import { type Axis, type Energy, type Node, Uses } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import type { Span } from '../syntax/span.ts';

export interface Factor {
  /** The term it is part of, or 'require'. */
  readonly term: string;
  readonly span: Span;
  readonly axes: readonly Axis[];
  readonly where: Node | null;
  /** Free axes ⊆ `axes`. For `require`, a truth value. */
  readonly body: Node;
  readonly kind: 'energy' | 'support';
}

export function factorsOf(b: Builder, energy: Energy): readonly Factor[] {
  const out: Factor[] = [];
  for (const t of energy.terms)
    split(b, t.body, [], null, (axes, where, body) => {
      if ((body.uses & Uses.unknown) !== 0 || (where && (where.uses & Uses.unknown) !== 0))
        out.push({ term: t.name, span: t.span, axes, where, body, kind: 'energy' });
    });
  for (const c of energy.support)
    conjuncts(b, c.condition, c.axes, c.where, (axes, where, body) => {
      out.push({ term: 'require', span: c.span, axes, where, body, kind: 'support' });
    });
  return out;
}

/** A requirement holds where all its conjuncts do: `all_different` becomes one factor a pair. */
export function conjuncts(b: Builder, n: Node, axes: readonly Axis[], where: Node | null, emit: Emit): void {
  if (n.op === 'call' && n.fn === 'and') {
    const [x, y] = n.args;
    conjuncts(b, x, axes, where, emit);
    // What follows in an `and` may rely on what stands before it.
    const guard = isHarmless(y) ? null : x;
    conjuncts(b, y, axes, guard && where ? b.call('and', where, guard) : (guard ?? where), emit);
    return;
  }
  if (n.op === 'reduce' && n.kind === 'min') {
    const { over, body, where: inner } = fresh(b, n, axes);
    conjuncts(
      b,
      body,
      [...axes, ...over],
      inner && where ? b.call('and', where, inner) : (inner ?? where),
      emit,
    );
    return;
  }
  emit(axes, where, n);
}

export type Emit = (axes: readonly Axis[], where: Node | null, body: Node) => void;

/** The summands of an expression, each with the axes that it is summed over and where. */
export function split(b: Builder, n: Node, axes: readonly Axis[], where: Node | null, emit: Emit): void {
  if (n.op === 'reduce' && n.kind === 'sum') {
    const { over, body, where: inner } = fresh(b, n, axes);
    split(b, body, [...axes, ...over], inner && where ? b.call('and', where, inner) : (inner ?? where), emit);
    return;
  }
  if (n.op === 'call') {
    const [x, y] = n.args;
    switch (n.fn) {
      case 'add':
        split(b, x, axes, where, emit);
        split(b, y, axes, where, emit);
        return;
      case 'sub':
        split(b, x, axes, where, emit);
        split(b, y, axes, where, (a, w, body) => emit(a, w, b.neg(body)));
        return;
      case 'neg':
        split(b, x, axes, where, (a, w, body) => emit(a, w, b.neg(body)));
        return;
      case 'mul': {
        const [sum, other] = sumsUnknowns(x) ? [x, y] : [y, x];
        if (sumsUnknowns(sum) && !sumsUnknowns(other)) {
          split(b, sum, axes, where, (a, w, body) => {
            // A factor's own axes are fresh, so `other` cannot be captured.
            emit(a, w, b.mul(other, body));
          });
          return;
        }
        break;
      }
      case 'div':
        if (sumsUnknowns(x) && (y.uses & Uses.unknown) === 0) {
          split(b, x, axes, where, (a, w, body) => emit(a, w, b.div(body, y)));
          return;
        }
        break;
      default:
    }
  }
  emit(axes, where, n);
}

/** Whether splitting `n` would yield smaller factors: a sum over unknowns at its top. */
function sumsUnknowns(n: Node): boolean {
  if ((n.uses & Uses.unknown) === 0) return false;
  if (n.op === 'reduce') return n.kind === 'sum';
  if (n.op !== 'call') return false;
  switch (n.fn) {
    case 'add':
    case 'sub':
    case 'neg':
    case 'mul':
      return n.args.some(sumsUnknowns);
    case 'div':
      return sumsUnknowns(n.args[0]);
    default:
      return false;
  }
}

/** The reduce with axes of its own, so that factors never share or capture axes. */
function fresh(b: Builder, n: Node & { op: 'reduce' }, _outer: readonly Axis[]) {
  const over = n.over.map((a) => b.axis(a.set, a.name));
  const to = over.map((a) => b.axisNode(a));
  return {
    over,
    body: b.substitute(n.body, n.over, to),
    where: n.where && b.substitute(n.where, n.over, to),
  };
}

/** The reads of one unknown inside an expression, each distinct node once. */
export function readsOf(roots: readonly Node[], slot: { readonly id: number }): (Node & { op: 'read' })[] {
  const out: (Node & { op: 'read' })[] = [];
  visit(roots, (n) => {
    if (n.op === 'read' && n.slot.id === slot.id) out.push(n);
  });
  return out;
}
