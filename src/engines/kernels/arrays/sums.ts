/** Sums and what is like them: where they are kept while loops run, and what they start from. */
import type { Axis } from '../../../ir/types.ts';
import type { Code } from '../wasm/code.ts';
import type { Plan } from './plan.ts';
import { Scope, type Val } from './scope.ts';
import type { Access, Arr, Stmt } from './types.ts';
import type { Values } from './values.ts';

export const combining = { sum: 'add', prod: 'mul', max: 'max', min: 'min', logsumexp: 'add' } as const;
export const neutral = {
  sum: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
  logsumexp: Number.NEGATIVE_INFINITY,
} as const;

/** Additions to one element wait for each other: neighbours are added to so many arrays in turn. */
const PARTS = 4;
/** Additions for each element from which on that is worth the room, and elements up to which. */
const ADDITIONS = 4;
const LARGEST_PARTED = 2 ** 15;

/** An array that a scatter adds to, beside the result. */
interface Part {
  readonly arr: Arr;
  readonly access: Access;
}

export class Sums {
  private readonly c: Code;
  private readonly plan: Plan;
  private readonly values: Values;
  private readonly targets = new Map<Stmt, Access>();
  /** While they are added to. */
  private readonly parts = new Map<Stmt, readonly Part[]>();
  private readonly room = new Map<Stmt, readonly Part[]>();
  private readonly allot: (bytes: number) => number;

  /** @param allot gives room in memory */
  constructor(c: Code, plan: Plan, values: Values, allot: (bytes: number) => number) {
    this.c = c;
    this.plan = plan;
    this.values = values;
    this.allot = allot;
  }

  /** The element of the result that a statement writes. */
  target(s: Stmt): Access {
    let known = this.targets.get(s);
    if (!known) {
      known = this.elementOf(s, s.out);
      this.targets.set(s, known);
    }
    return known;
  }

  private elementOf(s: Stmt, arr: Arr): Access {
    const indices = s.out.axes!.map((a) => {
      const k = s.into.indexOf(a);
      return k < 0 ? this.plan.make.axis(a) : s.indices[k];
    });
    return { arr, indices };
  }

  /** The elements that the lanes of a copy of the loop's body add to. */
  elements(s: Stmt, copy: number): readonly [Access, Access] {
    const parts = this.parts.get(s);
    const own = this.target(s);
    if (!parts) return [own, own];
    const part = (k: number): Access => (k % PARTS === 0 ? own : parts[(k % PARTS) - 1].access);
    return [part(2 * copy), part(2 * copy + 1)];
  }

  /**
   * Arrays beside the result that a scatter adds to: where it adds often to each element, in its innermost loop.
   * How many there are depends on nothing but the statement's own sizes, so neither does the result.
   */
  private partsOf(s: Stmt): readonly Part[] {
    const known = this.room.get(s);
    if (known) return known;
    const { plan } = this;
    const inner = s.order.at(-1);
    const own = s.into.filter((a) => plan.size(a) !== 1);
    const size = plan.volume(own);
    const additions = plan.volume(s.over);
    const fits =
      s.loop === null && inner !== undefined && s.over.includes(inner) && !plan.graph.batch.has(inner);
    if (!fits || size > LARGEST_PARTED || additions < ADDITIONS * size) return [];
    // Over the dimensions that it adds along: those of loops around share the room.
    const axes = s.out.axes!;
    const strides = new Array<number>(axes.length).fill(0);
    let step = 1;
    for (let d = axes.length - 1; d >= 0; d--) {
      if (!s.into.includes(axes[d])) continue;
      strides[d] = step;
      step *= s.out.shape[d];
    }
    const address = this.allot(8 * step * (PARTS - 1));
    const made = Array.from({ length: PARTS - 1 }, (_, k) => {
      const arr: Arr = { ...s.out, strides, size: step, address: address + 8 * step * k };
      return { arr, access: this.elementOf(s, arr) };
    });
    this.room.set(s, made);
    return made;
  }

  /** Whether the loop is the first that the statement sums over. */
  startsAt(s: Stmt, axis: Axis, scope: Scope): boolean {
    return (
      s.over.includes(axis) && !s.over.some((a) => scope.bindingOf(a) !== null || scope.rangeOf(a) !== null)
    );
  }

  /** Whether the sum stays in variables. */
  inVariables(s: Stmt): boolean {
    if (s.kind !== 'reduce') return false;
    const first = s.order.findIndex((a) => s.over.includes(a));
    return s.order.slice(first).every((a) => s.over.includes(a));
  }

  start(s: Stmt, scope: Scope, copies: number): void {
    const { c } = this;
    const from = neutral[s.reduce];
    if (!this.inVariables(s)) {
      this.fill(s, scope, s.kind === 'scatter' ? 0 : from);
      if (s.kind === 'scatter') this.startParts(s, scope);
      return;
    }
    const wide = scope.lanes !== null;
    const lanes = Array.from({ length: wide ? 1 : this.copiesInside(s, copies) }, () => c.local('v128'));
    for (const l of lanes) c.splat('f64x2', from).set(l);
    const single = wide ? null : c.local('f64');
    if (single) c.f64(from).set(single);
    scope.totals.set(s, { lanes, single });
  }

  /** The copies of the innermost loop that sums, where that is not this one: no more than four. */
  private copiesInside(s: Stmt, copies: number): number {
    const inner = s.order.at(-1)!;
    return s.over.length === 1 ? copies : this.plan.size(inner) > 1 ? 4 : 1;
  }

  /** Zeros in the arrays that are added to beside the result. */
  private startParts(s: Stmt, scope: Scope): void {
    // Loops of the result's own around the sum: what they leave open would be shared.
    if (!s.free.every((a) => this.values.isBound(a, scope)) || scope.lanes !== null) return;
    const parts = this.partsOf(s);
    if (parts.length === 0) return;
    const [{ arr }] = parts;
    this.c
      .i32(arr.address)
      .i32(0)
      .i32(8 * arr.size * parts.length)
      .fillMemory();
    this.parts.set(s, parts);
  }

  /** Adds them to the result. */
  private finishParts(s: Stmt, scope: Scope): void {
    const parts = this.parts.get(s);
    if (!parts) return;
    this.parts.delete(s);
    const { c, plan, values } = this;
    const open = s.into.filter((a) => plan.size(a) !== 1);
    const own = (arr: Arr): Access => ({
      arr,
      indices: s.out.axes!.map((a) =>
        s.into.includes(a) && !open.includes(a) ? plan.make.const(0) : plan.make.axis(a),
      ),
    });
    const [to, ...from] = [s.out, ...parts.map((p) => p.arr)].map(own);
    const element = (at: Scope): void => {
      const lanes = at.lanes !== null;
      const push = (): void => {
        const [a, b, d] = from.map((f) =>
          lanes ? values.memory.loadLanes(f, at) : values.memory.loadOne(f, at),
        );
        const form = lanes ? 'f64x2' : 'f64';
        values.pushVal(a, form);
        values.pushVal(b, form);
        values.pushVal(d, form);
        c.op(`${form}.add`, `${form}.add`);
      };
      values.memory.accumulate(to, 'add', push, at);
    };
    const go = (at: Scope, k: number): void => {
      if (k === open.length) {
        element(at);
        return;
      }
      const n = plan.size(open[k]);
      const wide = k === open.length - 1;
      const width = wide ? 2 : 1;
      const counter = c.local('i32');
      const body = (by: typeof counter | null, offset: number, lanes: boolean): void => {
        const inner = new Scope(at, { axis: open[k], counter: by, offset }, lanes);
        go(inner, k + 1);
        c.release(...inner.locals);
      };
      const whole = n - (n % width);
      if (whole > 0) c.for(counter, 0, 8 * whole, 8 * width, () => body(counter, 0, wide));
      if (whole < n) body(null, whole, false);
      c.release(counter);
    };
    go(scope, 0);
  }

  finish(s: Stmt, scope: Scope): void {
    const { c } = this;
    this.finishParts(s, scope);
    const sum = scope.totals.get(s);
    if (!sum) return;
    scope.totals.delete(s);
    const op = combining[s.reduce];
    const val: Val = {};
    if (sum.single === null) {
      val.lanes = sum.lanes[0];
    } else {
      // Pairwise, so that the order does not depend on how many there are beyond these.
      let list = [...sum.lanes];
      while (list.length > 1) {
        const half = Math.ceil(list.length / 2);
        for (let k = 0; k + half < list.length; k++)
          c.get(list[k])
            .get(list[k + half])
            .op(`f64x2.${op}`)
            .set(list[k]);
        list = list.slice(0, half);
      }
      c.get(sum.single);
      c.get(list[0]).lane('f64x2.extract_lane', 0);
      c.get(list[0]).lane('f64x2.extract_lane', 1);
      c.op(`f64.${op}`, `f64.${op}`).set(sum.single);
      val.f64 = sum.single;
    }
    if (sum.single) {
      c.release(...sum.lanes);
      scope.locals.push(sum.single);
    } else scope.locals.push(...sum.lanes);
    if (s.node) scope.values.set(s.node, val);
    if (s.kept) this.values.memory.store(this.target(s), val, scope);
  }

  /** Writes a number to the part of the result that the loops inside add to. */
  fill(s: Stmt, scope: Scope, x: number): void {
    const { c, plan, values } = this;
    const axes = s.out.axes!;
    const open = axes.filter((a) => !(s.free.includes(a) && values.isBound(a, scope)) && plan.size(a) !== 1);
    if (scope.lanes !== null && s.free.includes(scope.lanes)) {
      this.fillEach(s, scope, open, x);
      return;
    }
    const count = plan.volume(open);
    if (count === 0) return;
    const first = axes.findIndex((a) => open.includes(a));
    const dense = first < 0 || axes.slice(first).every((a) => open.includes(a) || plan.size(a) === 1);
    const start = {
      arr: s.out,
      indices: axes.map((a) => (open.includes(a) ? plan.make.const(0) : plan.make.axis(a))),
    };
    if (dense && count <= 16) {
      const { local, base } = values.memory.address(start, scope);
      for (let k = 0; k < count; k++) {
        if (local) c.get(local);
        else c.i32(0);
        c.f64(x).memory('f64.store', base + 8 * k);
      }
      return;
    }
    if (dense && Object.is(x, 0)) {
      const { local, base } = values.memory.address(start, scope);
      c.i32(base);
      if (local) c.get(local).op('i32.add');
      c.i32(0)
        .i32(8 * count)
        .fillMemory();
      return;
    }
    this.fillEach(s, scope, open, x);
  }

  private fillEach(s: Stmt, scope: Scope, open: readonly Axis[], x: number): void {
    const { c, plan, values } = this;
    const indices = s.out.axes!.map((a) => plan.make.axis(a));
    const go = (at: Scope, k: number): void => {
      if (k === open.length) {
        values.memory.store({ arr: s.out, indices }, { constant: x }, at);
        return;
      }
      const n = plan.size(open[k]);
      if (n === 0) return;
      const counter = c.local('i32');
      c.for(counter, 0, 8 * n, 8, () => {
        const inner = new Scope(at, { axis: open[k], counter, offset: 0 });
        go(inner, k + 1);
        c.release(...inner.locals);
      });
      c.release(counter);
    };
    go(scope, 0);
  }
}
