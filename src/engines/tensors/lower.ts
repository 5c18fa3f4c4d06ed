/**
 * From IR to tensor steps: each node becomes a value over its free axes, by one
 * rule for each kind of node.
 */
import { staticSize } from '../../ir/build.ts';
import { functions } from '../../ir/functions.ts';
import type {
  AtNode,
  Axis,
  CallNode,
  FnName,
  IndexSet,
  Node,
  ReadNode,
  Recurrence,
  ReduceNode,
  ScatterNode,
  Slot,
} from '../../ir/types.ts';
import { children, slotsRead } from '../../ir/walk.ts';
import type { ArrayProgram, Arrays } from '../engine.ts';
import { checkShape } from './arrays.ts';
import { contract } from './contract.ts';
import { withGaps } from './gaps.ts';
import { gather, rangeVal, scatter } from './indexing.ts';
import { matrixVal } from './matrix.ts';
import type { Target, TensorProgram } from './ops.ts';
import { Scalars } from './scalars.ts';
import { type ScanContext, scanVal } from './scan.ts';
import { identity, Static } from './static.ts';
import { type Ref, Tape } from './tape.ts';
import {
  align,
  expand,
  jointOrder,
  reduceVal,
  reorder,
  settled,
  shapeOf,
  sizeOfAxes,
  type Val,
} from './vals.ts';

/** Constant expressions up to this many positions are evaluated in float64 on the host. */
const HOST_WORK = 1 << 18;

type Axes = readonly Axis[];
/** The exponent of a factor. */
type Power = 1 | -1 | 2;

/** What is left of a mask: nothing, everything, or an expression to multiply or select with. */
type Mask = 'all' | 'none' | Node;

export interface LoweredProgram {
  readonly tensors: TensorProgram;
  /** The axes of each result, in the order of the output's; an output may have more. */
  readonly resultAxes: readonly (readonly Axis[])[];
}

/**
 * A program of expressions as a tensor program.
 * @param constants slots whose arrays never change
 * @throws Error for a constant of the wrong shape (a fault of the caller)
 */
export function lowerProgram(program: ArrayProgram, constants: Arrays, target: Target): LoweredProgram {
  const tape = new Tape(target);
  const lowering = new Lowering(tape, program, constants);
  for (const slot of slotsRead(program.outputs.map((o) => o.node))) {
    const array = constants.get(slot);
    if (array) checkShape(slot, array, lowering.sizeOf);
  }
  const results = program.outputs.map((o) => {
    const v = lowering.lower(o.node);
    return reorder(
      lowering,
      v,
      o.axes.filter((a) => v.axes.includes(a)),
    );
  });
  const tensors = withGaps(tape.finish(results.map((v) => v.ref)));
  return { tensors, resultAxes: results.map((v) => v.axes) };
}

class Lowering implements ScanContext {
  readonly tape: Tape;
  readonly sizeOf: ArrayProgram['sizeOf'];
  readonly scalars: Scalars;
  readonly known: Static;
  readonly tables = new Map<string, Int32Array>();
  readonly loops = new Map<Recurrence, Val>();
  private readonly constants: Arrays;
  private readonly values = new Map<Node, Val>();
  private readonly finite = new Map<Node, boolean>();

  constructor(tape: Tape, program: ArrayProgram, constants: Arrays) {
    this.tape = tape;
    this.sizeOf = (set) => staticSize(set) ?? program.sizeOf(set);
    this.constants = constants;
    this.known = new Static(constants, this.sizeOf);
    this.scalars = new Scalars(tape);
  }

  lower = (n: Node): Val => {
    let v = this.values.get(n);
    if (!v) {
      v = this.make(n);
      this.values.set(n, v);
    }
    return v;
  };

  private make(n: Node): Val {
    if (sizeOfAxes(this, n.axes) === 0)
      return { ref: this.tape.constant(new Float32Array(0), shapeOf(this, n.axes)), axes: n.axes };
    const bare = n.op === 'read' && n.indices.every((i) => i.op === 'axis');
    if (!bare && this.known.has(n) && this.known.work(n) <= HOST_WORK) return this.upload(n);
    switch (n.op) {
      case 'const':
        return this.scalar(n.value);
      case 'size':
        return this.scalar(this.sizeOf(n.set));
      case 'axis':
        return rangeVal(this, n.axis);
      case 'read':
        return this.read(n);
      case 'at':
        return this.at(n);
      case 'call':
        return this.call(n);
      case 'reduce':
        return this.reduce(n);
      case 'matrix':
        return matrixVal(this, n);
      case 'scan':
        return scanVal(this, n);
      case 'scatter':
        return this.scatter(n);
    }
  }

  private scalar(value: number): Val {
    return { ref: this.tape.scalar(value), axes: [] };
  }

  private upload(n: Node): Val {
    if (n.axes.length === 0) return this.scalar(this.known.evaluate(n).data[0]);
    const axes = settled(this, n.axes);
    return {
      ref: this.tape.constant(new Float32Array(this.known.spread(n, axes)), shapeOf(this, axes)),
      axes,
    };
  }

  // ── Reads ─────────────────────────────────────────────────────────────────

  private read(n: ReadNode): Val {
    const whole = this.wholeSlot(n.slot);
    return gather(
      this,
      whole,
      whole.axes.map((axis, d) => ({ axis, at: place(n.indices[d]) })),
    );
  }

  /** A slot over one axis for each dimension. */
  wholeSlot = (slot: Slot): Val => {
    const shape = slot.sets.map(this.sizeOf);
    const constant = this.constants.get(slot);
    const ref = constant
      ? this.tape.constant(new Float32Array(constant.data), shape, `slot ${slot.id}`)
      : this.tape.input(slot, shape);
    return { ref, axes: slot.sets.map((set, d) => ({ id: -1 - d, name: '', set })) };
  };

  private at(n: AtNode): Val {
    const body = this.lower(n.body);
    return gather(
      this,
      body,
      body.axes.map((axis) => {
        const k = n.params.indexOf(axis);
        return { axis, at: k < 0 ? axis : place(n.indices[k]) };
      }),
    );
  }

  private scatter(n: ScatterNode): Val {
    const rest = n.axes.filter((a) => !n.into.includes(a));
    const inside = [...rest, ...n.over];
    const mask = this.mask(n.where);
    if (mask === 'none' || sizeOfAxes(this, inside) === 0) return this.scalar(0);
    return scatter(this, n, this.masked(n.body, mask, 0));
  }

  // ── Elementwise ───────────────────────────────────────────────────────────

  private call(n: CallNode): Val {
    if (n.fn === 'select') {
      const mask = this.mask(n.args[0]);
      if (mask === 'all') return this.lower(n.args[1]);
      if (mask === 'none') return this.lower(n.args[2]);
      const [c, x, y] = n.args;
      // Where nothing can go wrong on the side that is left out, a product does.
      if (isTruth(c) && y.op === 'const' && y.value === 0 && this.isFinite(x))
        return this.apply('mul', [c, x]);
    }
    return n.fn === 'pick' ? this.pick(n) : this.apply(n.fn, n.args);
  }

  /** pick(k, x…): the elements side by side along an axis of their own, read at k. */
  private pick(n: CallNode): Val {
    const [k, ...all] = n.args;
    const count = k.op === 'axis' ? Math.min(all.length, this.sizeOf(k.axis.set)) : all.length;
    const elements = all.slice(0, count).map(this.lower);
    const order = jointOrder(this, elements);
    const refs = elements.map((v) => reorder(this, expand(this, v, order), order).ref);
    const size = sizeOfAxes(this, order);
    const rows = refs.map((r) => this.tape.view(r, [1, size]));
    const set: IndexSet = { id: -1, name: '', kind: { kind: 'range', size: count } };
    const along: Axis = { id: -1, name: '', set };
    const stacked: Val = {
      ref: this.tape.emit({ op: 'concat' }, rows, [count, size]),
      axes: [along, ...order],
    };
    const rest = order.map((axis) => ({ axis, at: axis }));
    return gather(this, stacked, [{ axis: along, at: place(k) }, ...rest]);
  }

  private apply(fn: FnName, args: readonly Node[]): Val {
    return this.combine(fn, args.map(this.lower), args.map(isTruth));
  }

  private combine(fn: FnName, vals: readonly Val[], truth: readonly boolean[] = []): Val {
    const { refs, axes } = align(this, vals);
    return { ref: this.scalars.call(fn, refs, truth), axes };
  }

  // ── Masks ─────────────────────────────────────────────────────────────────

  private mask(where: Node | null): Mask {
    if (where === null) return 'all';
    if (!this.known.canEvaluate(where)) return where;
    const { data } = this.known.evaluate(where);
    if (data.every((x) => x !== 0)) return 'all';
    return data.every((x) => x === 0) ? 'none' : where;
  }

  /** The body, and `otherwise` where the mask is false. */
  private masked(body: Node, mask: Node | 'all', otherwise: number): Val {
    if (mask === 'all') return this.lower(body);
    if (otherwise === 0 && isTruth(mask) && this.isFinite(body)) return this.apply('mul', [mask, body]);
    return this.combine(
      'select',
      [this.lower(mask), this.lower(body), this.scalar(otherwise)],
      [isTruth(mask), false, false],
    );
  }

  /** Whether the value is a finite number even where a mask leaves it out, so that 0 · value = 0. */
  private isFinite(n: Node): boolean {
    let known = this.finite.get(n);
    if (known === undefined) {
      known = valuesIn(n).every((c) => this.isFinite(c));
      if (n.op === 'call') known &&= total.has(n.fn);
      // Observations may hold NaN for what is missing.
      if (n.op === 'read' && n.slot.role === 'data')
        known &&= this.constants.get(n.slot)?.data.every(Number.isFinite) ?? false;
      if (n.op === 'reduce') known &&= n.kind === 'sum';
      if (n.op === 'matrix' || n.op === 'scan') known = false;
      this.finite.set(n, known);
    }
    return known;
  }

  // ── Reductions ────────────────────────────────────────────────────────────

  private reduce(n: ReduceNode): Val {
    const mask = this.mask(n.where);
    if (mask === 'none' || sizeOfAxes(this, n.over) === 0) return this.scalar(identity(n.kind));
    if (n.kind === 'sum') return this.sum(n.body, n.over, mask);
    const v = this.masked(n.body, mask, identity(n.kind));
    const idle = sizeOfAxes(
      this,
      n.over.filter((a) => !v.axes.includes(a)),
    );
    const over = v.axes.filter((a) => n.over.includes(a));
    switch (n.kind) {
      case 'min':
      case 'max':
        return reduceVal(this, n.kind, v, over);
      case 'prod': {
        const once = reduceVal(this, 'prod', v, over);
        return this.combine('pow', [once, this.scalar(idle)]);
      }
      case 'logsumexp':
        return this.combine('add', [this.logsumexp(v, over), this.scalar(Math.log(idle))]);
    }
  }

  /** m + ln Σ exp(x − m), m the maximum, or 0 where that is infinite. */
  private logsumexp(v: Val, over: Axes): Val {
    if (over.length === 0) return v;
    const top = reduceVal(this, 'max', v, over);
    const { scalars } = this;
    const m: Val = {
      ref: scalars.finiteOrZero(top.ref),
      axes: top.axes,
    };
    const shifted = this.combine('sub', [v, m]);
    const exp: Val = { ref: scalars.expOfNegative(shifted.ref), axes: shifted.axes };
    const sum = reduceVal(this, 'sum', exp, over);
    return this.combine('add', [{ ref: scalars.log(sum.ref), axes: sum.axes }, m]);
  }

  /** Σ over `over` where `mask` of the body. */
  private sum(body: Node, over: Axes, mask: Node | 'all'): Val {
    const outside = mask !== 'all' && !(isTruth(mask) && this.isFinite(body));
    const parts = outside ? null : this.addends(body, over);
    if (parts)
      return parts
        .map(({ sign, node }) => ({ sign, v: this.sum(node, over, mask) }))
        .reduce<Val | null>((total, { sign, v }) => {
          if (!total) return sign > 0 ? v : this.combine('neg', [v]);
          return this.combine(sign > 0 ? 'add' : 'sub', [total, v]);
        }, null)!;

    let scale = 1;
    const vals: Val[] = [];
    if (outside) vals.push(...this.maskedFactors(body, mask));
    else {
      const product = this.factors(body);
      scale = product.scale;
      vals.push(...product.factors);
      if (mask !== 'all') vals.push(...conjuncts(mask).map(this.lower));
    }
    // Axes that nothing mentions count as often as they are long.
    const idle = over.filter((a) => !vals.some((v) => v.axes.includes(a)));
    scale *= sizeOfAxes(this, idle);
    const numbers = vals.filter((v) => v.axes.length === 0);
    const arrays = vals.filter((v) => v.axes.length > 0);
    let total = arrays.length === 0 ? this.scalar(1) : contract(this, arrays, over);
    for (const v of numbers) total = this.combine('mul', [total, v]);
    if (scale === 1) return total;
    if (scale === -1) return this.combine('neg', [total]);
    return this.combine('mul', [total, this.scalar(scale)]);
  }

  /**
   * A masked product as factors: the mask on those that it may have to keep from being read, none on those that are
   * finite anyway, so that a masked contraction is a contraction still.
   */
  private maskedFactors(body: Node, mask: Node): Val[] {
    const [plain, guarded]: [Node[], Node[]] = [[], []];
    const go = (n: Node): void => {
      if (n.op === 'call' && n.fn === 'mul') n.args.forEach(go);
      else (this.isFinite(n) ? plain : guarded).push(n);
    };
    go(body);
    if (plain.length === 0 || guarded.length === 0) return [this.masked(body, mask, 0)];
    const product = guarded.map(this.lower).reduce((x, y) => this.combine('mul', [x, y]));
    const kept = this.combine(
      'select',
      [this.lower(mask), product, this.scalar(0)],
      [isTruth(mask), false, false],
    );
    return [kept, ...plain.map(this.lower)];
  }

  /** A product as a number and factors: through products, signs, constants, quotients and squares of these. */
  private factors(body: Node): { scale: number; factors: Val[] } {
    let scale = 1;
    const factors: Val[] = [];
    const go = (n: Node, power: Power): void => {
      const inner = this.splitProduct(n, power);
      if (n.op === 'const') scale *= n.value ** power;
      else if (inner) {
        scale *= inner.sign;
        for (const [m, p] of inner.parts) go(m, p);
      } else {
        const { ref, axes } = this.lower(n);
        factors.push({ ref: this.power(ref, power), axes });
      }
    };
    go(body, 1);
    return { scale, factors };
  }

  private splitProduct(n: Node, power: Power): { sign: number; parts: [Node, Power][] } | null {
    if (n.op !== 'call' || power === -1) return null;
    const each = (p: Power): [Node, Power][] => n.args.map((a) => [a, p]);
    if (n.fn === 'mul') return { sign: 1, parts: each(power) };
    if (n.fn === 'neg') return { sign: power === 1 ? -1 : 1, parts: each(power) };
    if (power === 2) return null;
    const [x, y] = n.args;
    if (n.fn === 'div')
      return {
        sign: 1,
        parts: [
          [x, 1],
          [y, -1],
        ],
      };
    if (n.fn === 'square' && this.isBroadcastProduct(x)) return { sign: 1, parts: [[x, 2]] };
    if (n.fn === 'and' && n.args.every(isTruth)) return { sign: 1, parts: each(1) };
    return null;
  }

  private power(x: Ref, power: Power): Ref {
    if (power === 1) return x;
    return power === 2 ? this.scalars.square(x) : this.scalars.div(this.scalars.num(1), x);
  }

  /**
   * The addends of a body that is better summed one by one: some addend is a product
   * that spans more axes than any of its factors, and so a contraction.
   */
  private addends(body: Node, over: Axes): { sign: 1 | -1; node: Node }[] | null {
    const out: { sign: 1 | -1; node: Node }[] = [];
    const go = (n: Node, sign: 1 | -1): void => {
      if (n.op === 'call' && (n.fn === 'add' || n.fn === 'sub')) {
        go(n.args[0], sign);
        go(n.args[1], n.fn === 'add' ? sign : (-sign as 1 | -1));
      } else if (n.op === 'call' && n.fn === 'neg') go(n.args[0], -sign as 1 | -1);
      else out.push({ sign, node: n });
    };
    go(body, 1);
    const worthwhile = ({ node }: { node: Node }): boolean =>
      node.axes.some((a) => over.includes(a)) && this.isBroadcastProduct(node);
    return out.length > 1 && out.some(worthwhile) ? out : null;
  }

  private isBroadcastProduct(n: Node): boolean {
    let widest = 0;
    const go = (m: Node): void => {
      if (m.op === 'call' && (m.fn === 'mul' || m.fn === 'neg' || m.fn === 'div')) m.args.forEach(go);
      else widest = Math.max(widest, sizeOfAxes(this, m.axes));
    };
    go(n);
    return 2 * widest <= sizeOfAxes(this, n.axes);
  }
}

/** Finite on finite arguments of ordinary size. */
const total: ReadonlySet<FnName> = new Set<FnName>([
  ...(['add', 'sub', 'mul', 'neg', 'square', 'abs', 'sign', 'floor', 'ceil', 'round', 'min', 'max'] as const),
  ...(['sin', 'cos', 'atan', 'tanh', 'sigmoid', 'softplus', 'silu', 'relu', 'erf', 'logaddexp'] as const),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not', 'select', 'pick', 'stop_gradient'] as const),
]);

/** The operands that the value is made of: positions and conditions only choose among them. */
function valuesIn(n: Node): readonly Node[] {
  switch (n.op) {
    case 'read':
      return [];
    case 'at':
    case 'reduce':
    case 'scatter':
      return [n.body];
    case 'call':
      return n.fn === 'select' || n.fn === 'pick' ? n.args.slice(1) : n.args;
    default:
      return children(n);
  }
}

const place = (i: Node): Axis | Node => (i.op === 'axis' ? i.axis : i);

/** Whether the value can only be 0 or 1. */
function isTruth(n: Node): boolean {
  switch (n.op) {
    case 'const':
      return n.value === 0 || n.value === 1;
    case 'call':
      if (n.fn === 'select') return isTruth(n.args[1]) && isTruth(n.args[2]);
      if (n.fn === 'mul') return n.args.every(isTruth);
      return functions[n.fn].truth === true;
    case 'read':
      return n.slot.domain.kind === 'bit' && n.slot.role !== 'data';
    case 'at':
      return isTruth(n.body);
    case 'reduce':
      return (n.kind === 'min' || n.kind === 'max') && n.where === null && isTruth(n.body);
    default:
      return false;
  }
}

function conjuncts(n: Node): readonly Node[] {
  if (n.op === 'call' && n.fn === 'and' && n.args.every(isTruth)) return n.args.flatMap(conjuncts);
  return [n];
}
