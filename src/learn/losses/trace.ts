/**
 * The trace of an energy's second derivatives, Σ over elements of w·∂²U/∂z², as an expression.
 *
 * An energy is split into factors. Where every unknown that a factor's instance reads is one element of its own
 * (couplings, potentials, densities), second derivatives are taken of the instance by each of its few reads: a lattice
 * costs as much as its energy. Where an instance reads unknowns under sums of its own (the first layer of a network,
 * recurrences), the batch gets an axis over the elements, k, along which the derivative by element k is
 * differentiated by element k once more: Hessian-vector products with the basis vectors. What does not depend on k is
 * evaluated once, because the copies are joined again after they have served to differentiate.
 */
import { type Factor, readsOf, split } from '../../analyse/factors.ts';
import { type Batch, makeBatch } from '../../ir/batch.ts';
import { type Builder, isConst } from '../../ir/build.ts';
import { gradient } from '../../ir/derive.ts';
import { type Node, type Slot, Uses } from '../../ir/types.ts';

type Instance = Pick<Factor, 'axes' | 'where' | 'body'>;

/** Elements of unknowns that one instance reads, at most, for derivatives by each of them. */
const FEW = 16;

export interface TraceSpec {
  /** No free axes; they read unknowns. */
  readonly terms: readonly Node[];
  /** All unknowns that terms read. */
  readonly unknowns: readonly Slot[];
  /** Those of the derivatives. */
  readonly by: readonly Slot[];
  /** The states at which the trace is taken. */
  readonly on: Batch;
  /** w, at indices of the slot. */
  readonly weight: (slot: Slot, indices: readonly Node[]) => Node;
}

/** @returns an expression over the axes of the batch */
export function weightedTrace(b: Builder, spec: TraceSpec): Node {
  const near: Node[] = [];
  const far: Instance[] = [];
  for (const term of spec.terms)
    split(b, term, [], null, (axes, where, body) => {
      if ((body.uses & Uses.unknown) === 0) return;
      const reads = spec.by.flatMap((s) => readsOf([body], s));
      if (reads.length === 0) return;
      const own =
        reads.length <= FEW &&
        reads.every(
          (r) =>
            r.axes.every((a) => axes.includes(a)) && !spec.by.some((s) => readsOf(r.indices, s).length > 0),
        );
      if (own) near.push(traceOfInstances(b, spec, { axes, where, body }, reads));
      else far.push({ axes, where, body });
    });
  return b.addAll([...near, ...spec.by.map((slot) => traceByBasis(b, spec, slot, far))]);
}

/** Σ over instances and pairs of reads of the same element of the second derivative by both. */
function traceOfInstances(
  b: Builder,
  { on, weight }: TraceSpec,
  factor: Instance,
  reads: readonly (Node & { op: 'read' })[],
): Node {
  const axes = [...on.axes, ...factor.axes];
  const here = axes.map((a) => b.axisNode(a));
  const sets = axes.map((a) => a.set);
  // One number for each instance in place of what it reads.
  const copies = new Map<Node, Slot>(
    reads.map((r) => [
      b.read(r.slot, r.indices.map(on.on)),
      b.slot('input', r.slot.name, r.slot.domain, sets),
    ]),
  );
  const apart = (n: Node): Node =>
    b.mapReads(n, (slot, indices) => {
      const copy = copies.get(b.read(slot, indices));
      const to = on.slots.get(slot);
      return copy ? b.read(copy, here) : to && b.read(to, [...here.slice(0, on.axes.length), ...indices]);
    });
  const slots = [...copies.values()];
  const values = new Map(slots.map((copy, p) => [copy, on.on(reads[p])]));
  const joined = (n: Node): Node => b.mapReads(n, (slot, indices) => at(values.get(slot), indices));
  const at = (value: Node | undefined, indices: readonly Node[]): Node | undefined =>
    value && b.substitute(value, axes, indices);
  const where = factor.where && apart(factor.where);
  const first = gradient(b, b.sum(axes, apart(factor.body), where), slots);
  const parts: Node[] = [];
  reads.forEach((r, p) => {
    const f = first.get(slots[p])!;
    const others = reads.map((q) => (q.slot === r.slot ? sameElement(b, r, q) : null));
    const wanted = slots.filter((_, q) => others[q] !== null);
    const second = gradient(b, b.sum(f.axes, f.body), wanted);
    reads.forEach((_, q) => {
      const same = others[q];
      if (same === null) return;
      const s = second.get(slots[q])!;
      const value = b.substitute(s.body, s.axes, here);
      if (isConst(value, 0)) return;
      const scaled = b.mul(on.on(weight(r.slot, r.indices)), value);
      parts.push(same === true ? scaled : b.call('select', on.on(same), scaled, b.const(0)));
    });
  });
  return b.sum(factor.axes, joined(b.addAll(parts)), where && joined(where));
}

/** Whether two reads of one slot are of the same element: true, null for never, else a condition. */
function sameElement(b: Builder, r: Node & { op: 'read' }, q: Node & { op: 'read' }): true | null | Node {
  const differ = r.indices.flatMap((i, d) => (i === q.indices[d] ? [] : [[i, q.indices[d]] as const]));
  if (differ.length === 0) return true;
  if (differ.some(([i, j]) => i.op === 'const' && j.op === 'const')) return null;
  return differ.map(([i, j]) => b.call('eq', i, j)).reduce((x, y) => b.call('and', x, y));
}

/** Σₖ wₖ·∂²/∂zₖ² of all these factors together. */
function traceByBasis(b: Builder, spec: TraceSpec, slot: Slot, factors: readonly Instance[]): Node {
  const { on, unknowns, weight } = spec;
  const own = factors.filter((f) => readsOf([f.body], slot).length > 0);
  if (own.length === 0) return b.const(0);
  const basis = slot.sets.map((set) => b.axis(set, 'element'));
  const element = basis.map((a) => b.axisNode(a));
  const copies = makeBatch(b, unknowns, [...on.axes, ...basis]);
  const copy = copies.slots.get(slot)!;
  const value = b.addAll(own.map((f) => b.sum(f.axes, copies.on(f.body), f.where && copies.on(f.where))));
  const lead = copies.axes.map((a) => b.axisNode(a));
  const diagonal = (root: Node): Node => {
    const g = gradient(b, root, [copy]).get(copy)!;
    return b.substitute(g.body, g.axes, [...lead, ...element]);
  };
  const second = diagonal(b.sum(copies.axes, diagonal(b.sum(copies.axes, value))));
  return b.sum(basis, b.mul(weight(slot, element), joinCopies(b, second, copies, on)));
}

/** The expression on copies of states with further axes, where all copies are alike. */
export function joinCopies(b: Builder, n: Node, copies: Batch, on: Batch): Node {
  const from = new Map([...copies.slots].map(([unknown, slot]) => [slot, on.slots.get(unknown)!]));
  return b.mapReads(n, (slot, indices) => {
    const to = from.get(slot);
    return to && b.read(to, [...indices.slice(0, on.axes.length), ...indices.slice(copies.axes.length)]);
  });
}
