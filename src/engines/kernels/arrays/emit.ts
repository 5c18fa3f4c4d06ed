/** Loops and statements as WebAssembly: the body of one function. */
import type { Axis, Node } from '../../../ir/types.ts';
import type { Code, Local } from '../wasm/code.ts';
import { type Item, isInnermost, type Leaf, type Loop } from './order.ts';
import type { Plan } from './plan.ts';
import { pushNumber } from './scalars.ts';
import { type Range, Scope, type Val } from './scope.ts';
import { combining, neutral, Sums } from './sums.ts';
import type { Stmt } from './types.ts';
import type { Values } from './values.ts';

/** A position: a constant, or so much after a variable. */
interface At {
  readonly counter: Local | null;
  readonly offset: number;
}

/** Loops of up to as many bodies are written out. */
const MOST_COPIES = 16;
/** Instructions (roughly) that are written out at most. */
const MOST_UNROLLED = 160;

export class Emitter {
  private readonly c: Code;
  private readonly plan: Plan;
  private readonly values: Values;
  private readonly weights = new Map<Stmt, number>();
  private readonly sums: Sums;
  private readonly calls: (s: Stmt) => void;

  /**
   * @param callHost writes the call of a statement that the host does
   * @param allot gives room in memory, in bytes
   */
  constructor(
    c: Code,
    plan: Plan,
    values: Values,
    callHost: (s: Stmt) => void,
    allot: (bytes: number) => number,
  ) {
    this.c = c;
    this.plan = plan;
    this.values = values;
    this.sums = new Sums(c, plan, values, allot);
    this.calls = callHost;
  }

  run(items: readonly Item[]): void {
    this.block(items, new Scope(null, null));
  }

  private block(items: readonly Item[], scope: Scope): void {
    for (const item of items)
      if (item.kind === 'leaf') this.leaf(item.stmt, scope);
      else this.loop(item, scope);
  }

  // ── Loops ─────────────────────────────────────────────────────────────────

  private loop(loop: Loop, scope: Scope): void {
    const { axis } = loop;
    const range = this.rangeOf(axis, scope);
    if (range.count > 0) this.hoist(loop.stmts, scope, axis);
    const starting = loop.stmts.filter((s) => this.sums.startsAt(s, axis, scope));
    const copies = this.copiesOf(loop, scope);
    for (const s of starting) this.sums.start(s, scope, copies);
    if (loop.steps !== null) this.steps(loop, range.count, scope);
    else if (loop.block !== null) this.blocks(loop, loop.block, range, scope);
    else if (isInnermost(loop)) {
      const lanes = scope.lanes === null && range.count > 1;
      const weight = this.weightOfAll(loop);
      this.positions(range, lanes ? 2 : 1, copies, weight, (at, wide, copy) => {
        const inner = new Scope(scope, { axis, ...at }, wide, copy);
        this.block(loop.items, inner);
        this.c.release(...inner.locals);
      });
    } else {
      const [inner] = loop.items;
      const rows = inner.kind === 'loop' ? this.rowsTogether(loop, inner, range, scope) : 1;
      if (inner.kind === 'loop' && rows > 1) this.together(loop, inner, rows, range, scope);
      else
        this.positions(range, 1, 1, Number.POSITIVE_INFINITY, (at) => {
          const body = new Scope(scope, { axis, ...at });
          this.block(loop.items, body);
          this.c.release(...body.locals);
        });
    }
    for (const s of starting) this.sums.finish(s, scope);
  }

  private rangeOf(axis: Axis, scope: Scope): Range {
    return scope.rangeOf(axis) ?? { axis, start: null, offset: 0, count: this.plan.size(axis) };
  }

  /**
   * Every position of a range: `width` at a time, `copies` bodies in a round, and what is left one by one.
   * @param weight of one body; small ones are written out instead of looped over
   */
  private positions(
    { start, offset, count }: Range,
    width: number,
    copies: number,
    weight: number,
    body: (at: At, wide: boolean, copy: number) => void,
  ): void {
    const { c } = this;
    const steps = Math.floor(count / width);
    let done = 0;
    if (steps > 1 && !(steps <= MOST_COPIES && steps * weight <= MOST_UNROLLED)) {
      const rounds = Math.floor(steps / copies);
      const stride = 8 * width * copies;
      const counter = c.local('i32');
      const end = start && c.local('i32');
      if (end)
        c.get(start)
          .i32(rounds * stride)
          .op('i32.add')
          .set(end);
      c.for(counter, start ?? 8 * offset, end ?? 8 * offset + rounds * stride, stride, () => {
        for (let k = 0; k < copies; k++) body({ counter, offset: k * width }, width > 1, k);
      });
      c.release(counter);
      if (end) c.release(end);
      done = rounds * copies * width;
    }
    const at = (p: number): At => ({ counter: start, offset: offset + p });
    for (let k = 0; done + width <= count; done += width, k++) body(at(done), width > 1, k % copies);
    for (; done < count; done++) body(at(done), false, 0);
  }

  /** The steps of a recurrence, one after another. */
  private steps(loop: Loop, count: number, scope: Scope): void {
    const { c } = this;
    if (count === 0) return;
    const counter = c.local('i32');
    const body = (): void => {
      const inner = new Scope(scope, { axis: loop.axis, counter, offset: 0 });
      this.block(loop.items, inner);
      c.release(...inner.locals);
    };
    if (loop.steps === 'forward') c.for(counter, 0, 8 * count, 8, body);
    else {
      c.i32(8 * (count - 1)).set(counter);
      c.loop((again) => {
        body();
        c.get(counter).i32(-8).op('i32.add').tee(counter).i32(0).op('i32.ge_s').branchIf(again);
      });
    }
    c.release(counter);
  }

  /** Part by part, so that what the loops inside hand over stays in the cache. */
  private blocks(loop: Loop, size: number, range: Range, scope: Scope): void {
    const { c } = this;
    const whole = Math.floor(range.count / size);
    const part = (start: Local | null, offset: number, count: number): void => {
      const inner = new Scope(scope, null);
      inner.range = { axis: loop.axis, start, offset, count };
      this.block(loop.items, inner);
      c.release(...inner.locals);
    };
    if (whole > 0) {
      const counter = c.local('i32');
      c.for(counter, 0, 8 * whole * size, 8 * size, () => part(counter, 0, size));
      c.release(counter);
    }
    if (whole * size < range.count) part(null, whole * size, range.count - whole * size);
  }

  // ── Several positions of an outer loop at once ────────────────────────────

  /** How many positions of the outer loop the inner one works on in each of its steps. */
  private rowsTogether(outer: Loop, inner: Loop, range: Range, scope: Scope): number {
    const fits =
      outer.items.length === 1 &&
      isInnermost(inner) &&
      scope.lanes === null &&
      !this.plan.graph.batch.has(outer.axis) &&
      inner.stmts.every((s) => s.kind === 'store' || s.kind === 'reduce') &&
      this.plan.size(inner.axis) > 1;
    if (!fits) return 1;
    const weight = this.weightOfAll(inner);
    return Math.min(range.count, weight <= 16 ? 4 : weight <= 32 ? 2 : 1);
  }

  private together(outer: Loop, inner: Loop, rows: number, range: Range, scope: Scope): void {
    const { start, offset, count } = range;
    const { c } = this;
    const rounds = Math.floor(count / rows);
    const group = (at: readonly At[]): void => this.rows(outer.axis, inner, at, scope);
    if (rounds > 0) {
      const counter = c.local('i32');
      const end = start && c.local('i32');
      const stride = 8 * rows;
      if (end)
        c.get(start)
          .i32(rounds * stride)
          .op('i32.add')
          .set(end);
      c.for(counter, start ?? 8 * offset, end ?? 8 * offset + rounds * stride, stride, () =>
        group(Array.from({ length: rows }, (_, k) => ({ counter, offset: k }))),
      );
      c.release(counter);
      if (end) c.release(end);
    }
    for (let p = rounds * rows; p < count; p++) group([{ counter: start, offset: offset + p }]);
  }

  /** The inner loop for some positions of the outer one. */
  private rows(axis: Axis, inner: Loop, at: readonly At[], scope: Scope): void {
    const { c, plan, values } = this;
    const rows = at.map((a) => new Scope(scope, { axis, ...a }));
    const copies = rows.length > 1 ? 1 : this.copiesOf(inner, scope);
    for (const row of rows) {
      this.hoist(inner.stmts, row, inner.axis);
      for (const s of inner.stmts)
        if (this.sums.startsAt(s, inner.axis, row)) this.sums.start(s, row, copies);
    }
    const range = this.rangeOf(inner.axis, scope);
    const weight = this.weightOfAll(inner);
    this.positions(range, range.count > 1 ? 2 : 1, copies, weight, (here, wide, copy) => {
      const shared = new Scope(scope, { axis: inner.axis, ...here }, wide, copy);
      for (const s of inner.stmts) {
        const same: Node[] = [];
        plan.reach(plan.roots(s), s.node, (n) => {
          if (n.axes.includes(axis)) return false;
          same.push(n);
          return true;
        });
        values.evaluate(same, shared, s.node);
      }
      const bodies = rows.map((row, k) => {
        const body = new Scope(row, { axis: inner.axis, ...here }, wide, rows.length > 1 ? k : copy);
        body.beside = shared;
        return body;
      });
      for (const { stmt } of inner.items as readonly Leaf[]) {
        const summed = stmt.kind === 'reduce' && stmt.over.includes(axis) && !this.sums.inVariables(stmt);
        if (summed) this.leafTogether(stmt, bodies);
        else for (const body of bodies) this.leaf(stmt, body);
      }
      for (const body of bodies) c.release(...body.locals);
      c.release(...shared.locals);
    });
    for (const row of rows) {
      for (const s of inner.stmts) if (this.sums.startsAt(s, inner.axis, row)) this.sums.finish(s, row);
      c.release(...row.locals);
    }
  }

  /** Adds the bodies of several rows to a sum in memory, all at once. */
  private leafTogether(s: Stmt, bodies: readonly Scope[]): void {
    const { c, plan, values } = this;
    for (const body of bodies) values.evaluate(plan.roots(s), body, s.node);
    const op = combining[s.reduce];
    const form = bodies[0].lanes ? 'f64x2' : 'f64';
    const push = (): void =>
      bodies.forEach((body, k) => {
        this.guarded(s, neutral[s.reduce], body);
        if (k > 0) c.op(`${form}.${op}`);
      });
    values.memory.accumulate(this.sums.target(s), op, push, bodies[0]);
  }

  /** How often the body of a loop over lanes is repeated, so that sums do not wait for each other. */
  private copiesOf(loop: Loop, scope: Scope): number {
    if (loop.steps !== null) return 1;
    if (loop.block !== null) return 4;
    if (!isInnermost(loop) || scope.lanes !== null || this.rangeOf(loop.axis, scope).count < 2) return 1;
    const weight = this.weightOfAll(loop);
    const summing = loop.stmts.some((s) => s.over.includes(loop.axis) && s.kind !== 'store');
    if (weight <= 12) return summing ? 4 : 2;
    return weight <= 30 && summing ? 2 : 1;
  }

  private weightOfAll(loop: Loop): number {
    return loop.stmts.reduce((w, s) => w + this.weightOf(s), 0);
  }

  /** Expressions that a statement works out. */
  private weightOf(s: Stmt): number {
    let known = this.weights.get(s);
    if (known === undefined) {
      known = 1 + this.plan.inline(s).length;
      this.weights.set(s, known);
    }
    return known;
  }

  /** Works out now what does not move with the loop. */
  private hoist(stmts: readonly Stmt[], scope: Scope, axis: Axis): void {
    const { plan, values } = this;
    const bound = (a: Axis): boolean => a !== axis && values.isBound(a, scope);
    for (const s of stmts) {
      const fixed: Node[] = [];
      const moving = plan.reach(plan.roots(s), s.node, (n) => {
        if (!n.axes.every(bound)) return false;
        if (n.op !== 'const') fixed.push(n);
        return true;
      });
      values.evaluate(fixed, scope, s.node);
      for (const n of moving) {
        const access = n === s.node ? plan.source(n) : plan.access(n);
        if (access) values.memory.prepare(access, scope, bound);
        if (!access && scope.lanes === null && n.op === 'call' && n.fn === 'div') {
          const by = n.args[1];
          if (by.op !== 'const' && by.axes.every(bound)) values.prepareReciprocal(by, scope);
        }
      }
      if (s.out.axes && s.kind !== 'host') values.memory.prepare(this.sums.target(s), scope, bound);
    }
  }

  // ── Statements ────────────────────────────────────────────────────────────

  private leaf(s: Stmt, scope: Scope): void {
    const { c, plan, values } = this;
    if (s.kind === 'host') {
      this.calls(s);
      return;
    }
    values.evaluate(plan.roots(s), scope, s.node);
    const body = s.body!;
    switch (s.kind) {
      case 'store':
        if (s.kept || values.valueOf(body, scope).constant !== undefined)
          values.memory.store(this.sums.target(s), values.valueOf(body, scope), scope);
        return;
      case 'reduce': {
        const sum = scope.total(s);
        const form = scope.lanes ? 'f64x2' : 'f64';
        const op = combining[s.reduce];
        const push = (): void => this.guarded(s, neutral[s.reduce], scope);
        if (s.over.length === 0) {
          const val: Val = {};
          const local = c.local(form === 'f64' ? 'f64' : 'v128');
          scope.locals.push(local);
          push();
          c.set(local);
          if (form === 'f64') val.f64 = local;
          else val.lanes = local;
          if (s.node) scope.values.set(s.node, val);
          if (s.kept) values.memory.store(this.sums.target(s), val, scope);
          return;
        }
        if (sum) {
          const to = scope.lanes === null ? sum.single! : sum.lanes[scope.copy % sum.lanes.length];
          c.get(to);
          push();
          c.op(`${form}.${op}`).set(to);
          return;
        }
        values.memory.accumulate(this.sums.target(s), op, push, scope);
        return;
      }
      case 'scatter':
        if (s.over.length === 0) this.sums.fill(s, scope, 0);
        values.memory.addLanes(this.sums.elements(s, scope.copy), () => this.guarded(s, 0, scope), scope);
        return;
    }
  }

  /** The body, or `otherwise` where the condition fails, on the stack. */
  private guarded(s: Stmt, otherwise: number, scope: Scope): void {
    const { c, values } = this;
    const form = scope.lanes ? 'f64x2' : 'f64';
    values.push(s.body!, form, scope);
    if (!s.where) return;
    pushNumber(c, form, otherwise);
    if (form === 'f64') {
      values.pushTruth(s.where, scope);
      c.op('select');
    } else {
      values.pushMask(s.where, scope);
      c.op('v128.bitselect');
    }
  }
}
