/** Sums and what is like them: where they are kept while loops run, and what they start from. */
import type { Axis } from '../../../ir/types.ts';
import type { Code } from '../wasm/code.ts';
import type { Plan } from './plan.ts';
import { Scope, type Val } from './scope.ts';
import type { Access, Stmt } from './types.ts';
import type { Values } from './values.ts';

export const combining = { sum: 'add', prod: 'mul', max: 'max', min: 'min', logsumexp: 'add' } as const;
export const neutral = {
  sum: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
  logsumexp: Number.NEGATIVE_INFINITY,
} as const;

export class Sums {
  private readonly c: Code;
  private readonly plan: Plan;
  private readonly values: Values;
  private readonly targets = new Map<Stmt, Access>();

  constructor(c: Code, plan: Plan, values: Values) {
    this.c = c;
    this.plan = plan;
    this.values = values;
  }

  /** The element of the result that a statement writes. */
  target(s: Stmt): Access {
    let known = this.targets.get(s);
    if (!known) {
      const indices = s.out.axes!.map((a) => {
        const k = s.into.indexOf(a);
        return k < 0 ? this.plan.make.axis(a) : s.indices[k];
      });
      known = { arr: s.out, indices };
      this.targets.set(s, known);
    }
    return known;
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

  finish(s: Stmt, scope: Scope): void {
    const { c } = this;
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
