/**
 * The relaxation of an energy: read through the one-hot vectors of its discrete unknowns, so that it can be
 * differentiated (Grathwohl, Swersky, Hashemi, Duvenaud & Maddison, *Oops I Took A Gradient*, ICML 2021, §3).
 *
 * An unknown z with S states is read through an input o[element…, state]: a number as Σ_s value(s)·o[i, s], a
 * category that is an index as Σ_s o[i, s]·w[s], z[i] == z[j] as Σ_s o[i, s]·o[j, s]. Of an unknown of two numbers
 * (bit, spin) the input is the number itself, for its one-hot vector is affine in it. At one-hot corners the relaxed
 * energy is the energy. An expression that is not affine in what it reads is written out over the states of one read
 * after another, Σ_s o[i, s]·f(s, …), as long as these are few: what is then affine in each element's vector given
 * the others is `exact`, and its derivatives are the conditional energies. What reads too many elements at once
 * (a network, a square of a sum) keeps its shape and is exact to first order only.
 */

import { type DiscreteDomain, isNumeric, stateCount, valueMap } from '../domain.ts';
import { isHarmless } from './adjoint.ts';
import type { Builder } from './build.ts';
import { functions } from './functions.ts';
import { parted } from './guards.ts';
import { type Axis, type IndexSet, type Node, type ReadNode, type Slot, Uses } from './types.ts';
import { children, visit } from './walk.ts';

/** What stands for a discrete unknown. */
export interface RelaxedInput {
  readonly slot: Slot;
  /** `number`: of the unknown's own shape, its value. `one_hot`: with one more dimension, its states. */
  readonly kind: 'number' | 'one_hot';
  readonly input: Slot;
  readonly states: number;
  /** The last index set of a one-hot input. */
  readonly over: IndexSet;
}

export interface RelaxedTerm {
  readonly body: Node;
  /** Whether it is affine in the one-hot vector of each element, given the others. */
  readonly exact: boolean;
  /** Whether some of what it reads has no part in its derivatives: comparisons of many elements, looked-up places. */
  readonly blind: boolean;
}

export interface Relaxation {
  readonly inputs: ReadonlyMap<Slot, RelaxedInput>;
  /** One for each body, in their order. */
  readonly terms: readonly RelaxedTerm[];
  readonly exact: boolean;
}

/** Elements of an unknown that an expression reads: at `indices`, for all positions of the axes in `bound`. */
export interface Touched {
  readonly slot: Slot;
  readonly indices: readonly Node[];
  readonly bound: readonly Axis[];
}

/** Joint states that an expression is written out over. */
const MAX_WRITTEN_OUT = 256;
/** Places read in one expression whose elements are compared. */
const MAX_TOUCHED = 48;
/** What energies that are not numbers become: their weight, 0, times ∞ would not be a number. */
const LARGE = 1e30;

/**
 * @param bodies without free axes: terms of an energy
 * @param slots discrete unknowns other than permutations and subsets; what else is read stays as it is
 * @param distinct whether two places never name the same element at the same positions of shared axes
 */
export function relax(
  b: Builder,
  bodies: readonly Node[],
  slots: readonly Slot[],
  sizeOf: (s: IndexSet) => number,
  distinct: (x: Touched, y: Touched) => boolean = differ,
): Relaxation {
  const inputs = new Map(slots.map((slot) => [slot, relaxedInput(b, slot, sizeOf)]));
  const made = new Relaxer(b, inputs, sizeOf, distinct);
  const terms = bodies.map((body) => made.term(body));
  return { inputs, terms, exact: terms.every((t) => t.exact) };
}

function relaxedInput(b: Builder, slot: Slot, sizeOf: (s: IndexSet) => number): RelaxedInput {
  const d = slot.domain as DiscreteDomain;
  const states = stateCount(d, sizeOf);
  if (states === 2 && isNumeric(d)) {
    const { offset, scale } = valueMap(d);
    const domain = { kind: 'real', lo: offset, hi: offset + scale } as const;
    const input = b.slot('input', slot.name, domain, slot.sets, slot.span);
    return { slot, kind: 'number', input, states, over: b.range(2) };
  }
  const over = d.kind === 'category' ? d.values : b.range(states);
  const input = b.slot('input', slot.name, { kind: 'real', lo: 0, hi: 1 }, [...slot.sets, over], slot.span);
  return { slot, kind: 'one_hot', input, states, over };
}

/**
 * The expression with what stands for the unknowns read off their values again.
 * @param value reads the unknown at indices
 */
export function atCorners(
  b: Builder,
  { inputs }: Pick<Relaxation, 'inputs'>,
  node: Node,
  value: (slot: Slot, indices: readonly Node[]) => Node,
): Node {
  const back = new Map([...inputs.values()].map((i) => [i.input, i]));
  return b.mapReads(node, (slot, indices) => {
    const relaxed = back.get(slot);
    if (relaxed) {
      if (relaxed.kind === 'number') return value(relaxed.slot, indices);
      const own = indices.slice(0, -1);
      return b.call('eq', value(relaxed.slot, own), valueAt(b, relaxed, indices[indices.length - 1]));
    }
    return slot.role === 'unknown' ? value(slot, indices) : undefined;
  });
}

/** The value of a state by its number. */
function valueAt(b: Builder, { slot }: RelaxedInput, state: Node): Node {
  const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
  return b.add(b.mul(b.const(scale), state), b.const(offset));
}

/** Known without data: at one of the indices, different numbers or an axis and its neighbour. */
export function differ(x: Touched, y: Touched): boolean {
  if (x.slot !== y.slot) return true;
  return x.indices.some((i, d) => {
    const j = y.indices[d];
    const [p, q] = [shiftOf(i), shiftOf(j)];
    const bound = p.axis !== null && (x.bound.includes(p.axis) || y.bound.includes(p.axis));
    return p.known && q.known && p.axis === q.axis && !bound && p.by !== q.by;
  });
}

function shiftOf(n: Node): { readonly known: boolean; readonly axis: Axis | null; readonly by: number } {
  if (n.op === 'const') return { known: true, axis: null, by: n.value };
  if (n.op === 'axis') return { known: true, axis: n.axis, by: 0 };
  if (n.op === 'call' && (n.fn === 'add' || n.fn === 'sub')) {
    const [p, q] = n.args.map(shiftOf);
    if (p.known && q.known && q.axis === null)
      return { known: true, axis: p.axis, by: n.fn === 'add' ? p.by + q.by : p.by - q.by };
  }
  return { known: false, axis: null, by: 0 };
}

interface Relaxed {
  readonly node: Node;
  readonly touched: readonly Touched[];
}

class Relaxer {
  private readonly b: Builder;
  private readonly inputs: ReadonlyMap<Slot, RelaxedInput>;
  private readonly sizeOf: (s: IndexSet) => number;
  private readonly distinct: (x: Touched, y: Touched) => boolean;
  private readonly reading = new Map<Node, boolean>();
  private memo = new Map<Node, Relaxed>();
  private exact = true;
  private blind = false;

  constructor(
    b: Builder,
    inputs: ReadonlyMap<Slot, RelaxedInput>,
    sizeOf: (s: IndexSet) => number,
    distinct: (x: Touched, y: Touched) => boolean,
  ) {
    this.b = b;
    this.inputs = inputs;
    this.sizeOf = sizeOf;
    this.distinct = distinct;
  }

  term(body: Node): RelaxedTerm {
    // What is not exact must show in each term by itself.
    this.memo = new Map();
    this.exact = true;
    this.blind = false;
    const { node } = this.go(body);
    return { body: node, exact: this.exact, blind: this.blind };
  }

  /** Whether a relaxed unknown is read. */
  private reads(root: Node): boolean {
    if ((root.uses & Uses.unknown) === 0) return false;
    const known = this.reading.get(root);
    if (known !== undefined) return known;
    visit([root], (n) => {
      if (this.reading.has(n)) return;
      const own = n.op === 'read' && this.inputs.has(n.slot);
      this.reading.set(n, own || children(n).some((c) => this.reading.get(c) === true));
    });
    return this.reading.get(root) === true;
  }

  private go(n: Node): Relaxed {
    if (!this.reads(n)) return { node: n, touched: [] };
    const known = this.memo.get(n);
    if (known) return known;
    const made = this.step(n);
    this.memo.set(n, made);
    return made;
  }

  private step(n: Node): Relaxed {
    const { b } = this;
    switch (n.op) {
      case 'read': {
        const input = this.inputs.get(n.slot);
        if (input && !n.indices.some((i) => this.reads(i))) return this.element(input, n.indices);
        return this.writtenOut(n) ?? this.loose(n);
      }
      case 'at': {
        if (n.indices.some((i) => this.reads(i))) return this.writtenOut(n) ?? this.loose(n);
        const { node, touched } = this.go(n.body);
        const move = (i: Node): Node => b.substitute(i, n.params, n.indices);
        return {
          node: b.apply({ axes: n.params, body: node }, n.indices),
          touched: touched.map((t) => ({ ...t, indices: t.indices.map(move) })),
        };
      }
      case 'call':
        return this.call(n);
      case 'reduce': {
        if (n.kind !== 'sum') return this.writtenOut(n) ?? this.loose(n);
        const guarded = n.where !== null && this.reads(n.where);
        const body = guarded ? b.call('select', n.where!, n.body, b.const(0)) : n.body;
        const { node, touched } = this.go(body);
        return { node: b.sum(n.over, node, guarded ? null : n.where), touched: inside(touched, n.over) };
      }
      default:
        return this.loose(n);
    }
  }

  private call(n: Node & { readonly op: 'call' }): Relaxed {
    const { b } = this;
    const [x, y] = n.args;
    switch (n.fn) {
      case 'add':
      case 'sub':
      case 'neg':
        return this.same(n);
      case 'mul': {
        const made = this.same(n);
        if (!this.reads(x) || !this.reads(y)) return made;
        if (this.apart(this.go(x).touched, this.go(y).touched)) return made;
        const exact = this.writtenOut(n);
        if (exact) return exact;
        this.exact = false;
        return made;
      }
      case 'div':
        return this.reads(y) ? (this.writtenOut(n) ?? this.loose(n)) : this.same(n);
      case 'select':
      case 'pick':
        if (this.reads(x)) return this.writtenOut(n) ?? this.loose(n);
        return this.same(n);
      case 'eq':
      case 'ne': {
        const equal = this.equality(x, y) ?? this.equality(y, x);
        if (!equal) return this.writtenOut(n) ?? this.loose(n);
        return n.fn === 'eq' ? equal : { ...equal, node: b.sub(b.const(1), equal.node) };
      }
      default:
        return this.writtenOut(n) ?? this.loose(n);
    }
  }

  /** The function of the relaxed arguments. */
  private same(n: Node & { readonly op: 'call' }): Relaxed {
    const args = n.args.map((a) => this.go(a));
    return { node: this.b.call(n.fn, ...args.map((a) => a.node)), touched: union(args) };
  }

  /** Relaxed where it stands: right at the corners, to first order around them. */
  private loose(n: Node): Relaxed {
    const { b } = this;
    this.exact = false;
    if (this.isStep(n)) this.blind = true;
    const parts = children(n).map((c) => this.go(c));
    const touched = union(parts);
    const node = (i: Node): Node => this.go(i).node;
    switch (n.op) {
      case 'read': {
        const input = this.inputs.get(n.slot);
        const indices = n.indices.map(node);
        return { node: input ? this.element(input, indices).node : b.read(n.slot, indices), touched };
      }
      case 'at':
        return { node: b.apply({ axes: n.params, body: node(n.body) }, n.indices.map(node)), touched };
      case 'call':
        return { node: b.call(n.fn, ...n.args.map(node)), touched };
      case 'reduce':
        return {
          node: b.reduce(n.kind, n.over, node(n.body), n.where && node(n.where)),
          touched: inside(touched, n.over),
        };
      case 'scatter':
        return {
          node: b.scatter(n.into, n.over, n.indices.map(node), node(n.body), n.where && node(n.where)),
          touched: inside(touched, n.over),
        };
      case 'matrix': {
        const args = n.args.map((a) => ({ axes: a.axes, body: node(a.body) }));
        return { node: b.matrix(n.fn, args, n.indices.map(node)), touched };
      }
      default:
        return {
          node: b.mapReads(n, (slot, indices) => {
            const input = this.inputs.get(slot);
            return input && this.element(input, indices).node;
          }),
          touched,
        };
    }
  }

  /** Whether derivatives do not pass where the node reads unknowns. */
  private isStep(n: Node): boolean {
    if (n.op === 'read' || n.op === 'at') return n.indices.some((i) => this.reads(i));
    if (n.op === 'call') {
      if (n.fn === 'select' || n.fn === 'pick') return this.reads(n.args[0]);
      return functions[n.fn].partials === undefined;
    }
    return n.op === 'reduce' && n.where !== null && this.reads(n.where);
  }

  /** One element as a number: of categories, the number of the state. */
  private element(input: RelaxedInput, indices: readonly Node[]): Relaxed {
    const { b } = this;
    const touched = [{ slot: input.slot, indices, bound: [] }];
    if (input.kind === 'number') return { node: b.read(input.input, indices), touched };
    const s = b.axis(input.over, 'state');
    const weight = b.read(input.input, [...indices, b.axisNode(s)]);
    return { node: b.sum([s], b.mul(weight, valueAt(b, input, b.axisNode(s)))), touched };
  }

  /** The probability of a state: an entry of the one-hot vector. */
  private weight(input: RelaxedInput, indices: readonly Node[], state: number): Node {
    const { b } = this;
    if (input.kind === 'one_hot') return b.read(input.input, [...indices, b.const(state)]);
    const { offset, scale } = valueMap(input.slot.domain as DiscreteDomain);
    const one = b.div(b.sub(b.read(input.input, indices), b.const(offset)), b.const(scale));
    return state === 1 ? one : b.sub(b.const(1), one);
  }

  /** x == y with x an element that is read as one-hot vector. */
  private equality(x: Node, y: Node): Relaxed | null {
    const { b, sizeOf } = this;
    if (x.op !== 'read' || x.indices.some((i) => this.reads(i))) return null;
    const input = this.inputs.get(x.slot);
    if (input?.kind !== 'one_hot') return null;
    const map = valueMap(x.slot.domain as DiscreteDomain);
    const touched = [{ slot: x.slot, indices: x.indices, bound: [] }];
    if (y.op === 'const') {
      const code = (y.value - map.offset) / map.scale;
      const there = Number.isInteger(code) && code >= 0 && code < input.states;
      return { node: there ? this.weight(input, x.indices, code) : b.const(0), touched };
    }
    if (y.op === 'axis' && map.offset === 0 && map.scale === 1 && sizeOf(y.axis.set) <= input.states)
      return { node: b.read(input.input, [...x.indices, y]), touched };
    if (y.op !== 'read' || y.indices.some((i) => this.reads(i))) return null;
    const other = this.inputs.get(y.slot);
    if (other?.kind !== 'one_hot' || other.states !== input.states) return null;
    const to = valueMap(y.slot.domain as DiscreteDomain);
    if (to.offset !== map.offset || to.scale !== map.scale) return null;
    const there = [{ slot: y.slot, indices: y.indices, bound: [] }];
    if (!this.apart(touched, there)) return null;
    const s = b.axisNode(b.axis(input.over, 'state'));
    const both = b.mul(b.read(input.input, [...x.indices, s]), b.read(other.input, [...y.indices, s]));
    return { node: b.sum(s.axes, both), touched: [...touched, ...there] };
  }

  /** Σ over the states of one element of its weight times the expression there; null where it reads too many. */
  private writtenOut(n: Node): Relaxed | null {
    const { b } = this;
    const first = this.firstRead(n);
    if (!first) return null;
    const cases = parted(b, n, (x) => this.reads(x));
    if (cases) return this.go(cases);
    const input = this.inputs.get(first.slot)!;
    const at = (value: Node): Relaxed => {
      const there = b.mapReads(n, (slot, indices) =>
        slot === first.slot && b.read(slot, indices) === first ? value : undefined,
      );
      const out = this.go(there);
      if (isHarmless(there)) return out;
      const low = b.call('max', out.node, b.const(-LARGE));
      return { ...out, node: b.call('min', low, b.const(LARGE)) };
    };
    const own: Touched = { slot: first.slot, indices: first.indices, bound: [] };
    let node: Node;
    let rest: readonly Touched[];
    if (input.states === 2) {
      const parts = [0, 1].map((s) => at(valueAt(b, input, b.const(s))));
      const [low, high] = parts.map((p, s) => b.mul(this.weight(input, first.indices, s), p.node));
      node = b.add(low, high);
      rest = union(parts);
    } else {
      const s = b.axis(input.over, 'state');
      const part = at(valueAt(b, input, b.axisNode(s)));
      node = b.sum([s], b.mul(b.read(input.input, [...first.indices, b.axisNode(s)]), part.node));
      rest = inside(part.touched, [s]);
    }
    if (!this.apart([own], rest)) this.exact = false;
    return { node, touched: [own, ...rest] };
  }

  /** An element to begin with, where all that the expression reads can be written out. */
  private firstRead(root: Node): ReadNode | null {
    const found: ReadNode[] = [];
    const binds = new Set<Axis>();
    visit([root], (n) => {
      if (!this.reads(n)) return;
      if (n.op === 'read' && this.inputs.has(n.slot)) found.push(n);
      else if (n.op === 'at') for (const a of n.params) binds.add(a);
      else if (n.op === 'reduce' || n.op === 'scatter') for (const a of n.over) binds.add(a);
      else if (n.op === 'scan' || n.op === 'matrix') binds.add(NEVER);
    });
    if (binds.has(NEVER) || root.axes.some((a) => binds.has(a))) return null;
    let joint = 1;
    for (const r of found) {
      if (r.axes.some((a) => binds.has(a))) return null;
      joint *= this.inputs.get(r.slot)!.states;
      if (joint > MAX_WRITTEN_OUT && found.length > 1) return null;
    }
    return found.find((r) => !r.indices.some((i) => this.reads(i))) ?? null;
  }

  private apart(x: readonly Touched[], y: readonly Touched[]): boolean {
    if (x.length > MAX_TOUCHED || y.length > MAX_TOUCHED) return false;
    return x.every((p) => y.every((q) => p.slot !== q.slot || this.distinct(p, q)));
  }
}

/** Stands for binders that nothing is written out under. */
const NEVER: Axis = { id: -1, name: '', set: { id: -1, name: '', kind: { kind: 'range', size: 0 } } };

/** What is read under a binder. */
const inside = (touched: readonly Touched[], over: readonly Axis[]): readonly Touched[] =>
  touched.map((t) => {
    const own = over.filter((a) => !t.bound.includes(a) && t.indices.some((i) => i.axes.includes(a)));
    return own.length === 0 ? t : { ...t, bound: [...t.bound, ...own] };
  });

function union(parts: readonly Relaxed[]): readonly Touched[] {
  const out = new Map<string, Touched>();
  const ids = (x: readonly { readonly id: number }[]): string => x.map((i) => i.id).join(',');
  for (const { touched } of parts)
    for (const t of touched) out.set(`${t.slot.id}[${ids(t.indices)}]${ids(t.bound)}`, t);
  return [...out.values()];
}
