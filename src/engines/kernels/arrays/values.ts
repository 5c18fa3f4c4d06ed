/** Expressions as WebAssembly: each is worked out once in the loop where its axes are bound, and kept in a variable. */
import type { Axis, CallNode, Node } from '../../../ir/types.ts';
import type { Code, Local } from '../wasm/code.ts';
import { Memory } from './memory.ts';
import type { Places } from './place.ts';
import type { Plan } from './plan.ts';
import { comparisons, type Form, instructionOf, pushNumber, type Scalars } from './scalars.ts';
import type { Scope, Val } from './scope.ts';

export class Values {
  private readonly c: Code;
  private readonly plan: Plan;
  private readonly scalars: Scalars;
  readonly memory: Memory;

  constructor(c: Code, plan: Plan, places: Places, scalars: Scalars, nan: number) {
    this.c = c;
    this.plan = plan;
    this.scalars = scalars;
    this.memory = new Memory(c, places, nan, this);
  }

  isBound(a: Axis, scope: Scope): boolean {
    return this.plan.size(a) === 1 || scope.bindingOf(a) !== null;
  }

  // ── Working out ───────────────────────────────────────────────────────────

  /**
   * Works out what is not known yet.
   * @param own the expression that is put into its own array
   */
  evaluate(roots: readonly Node[], scope: Scope, own: Node | null): void {
    for (const n of this.plan.reach(roots, own, (m) => scope.find(m) !== undefined))
      scope.values.set(n, this.make(n, scope, own));
  }

  valueOf(n: Node, scope: Scope): Val {
    if (n.op === 'const') return { constant: n.value };
    const known = scope.find(n);
    if (!known) throw new Error(`node ${n.id} (${n.op}) was not worked out`);
    return known;
  }

  private local(type: 'i32' | 'f64' | 'v128', scope: Scope): Local {
    const l = this.c.local(type);
    scope.locals.push(l);
    return l;
  }

  private make(n: Node, scope: Scope, own: Node | null): Val {
    const wide = scope.lanes !== null && n.axes.includes(scope.lanes);
    const access = n === own ? this.plan.source(n) : this.plan.access(n);
    if (access) return wide ? this.memory.loadLanes(access, scope) : this.memory.loadOne(access, scope);
    switch (n.op) {
      case 'axis':
        return this.position(n.axis, scope);
      case 'call':
        return this.call(n, scope, wide);
      default:
        throw new Error(`${n.op} is a statement of its own`);
    }
  }

  private position(axis: Axis, scope: Scope): Val {
    const { c } = this;
    const at = scope.bindingOf(axis);
    if (!at || at.counter === null) {
      const p = at?.offset ?? 0;
      if (scope.lanes !== axis) return { constant: p };
      const out = this.local('v128', scope);
      c.splat('f64x2', p)
        .f64(p + 1)
        .lane('f64x2.replace_lane', 1)
        .set(out);
      return { lanes: out };
    }
    c.get(at.counter).i32(3).op('i32.shr_s', 'f64.convert_i32_s');
    if (scope.lanes !== axis) {
      if (at.offset !== 0) c.f64(at.offset).op('f64.add');
      const out = this.local('f64', scope);
      c.set(out);
      return { f64: out };
    }
    const out = this.local('v128', scope);
    c.op('f64x2.splat')
      .splat('f64x2', at.offset)
      .f64(at.offset + 1);
    c.lane('f64x2.replace_lane', 1).op('f64x2.add').set(out);
    return { lanes: out };
  }

  private call(n: CallNode, scope: Scope, wide: boolean): Val {
    const { c } = this;
    const form: Form = wide ? 'f64x2' : 'f64';
    const put = (isTruth: boolean): Val => {
      const out = this.local(isTruth ? (wide ? 'v128' : 'i32') : wide ? 'v128' : 'f64', scope);
      c.set(out);
      if (isTruth) return wide ? { mask: out } : { truth: out };
      return wide ? { lanes: out } : { f64: out };
    };
    const [x, y] = n.args;
    const compare = comparisons.get(n.fn);
    if (compare) {
      this.push(x, form, scope);
      this.push(y, form, scope);
      c.op(`${form}.${compare}`);
      return put(true);
    }
    const truth = (m: Node): void => (wide ? this.pushMask(m, scope) : this.pushTruth(m, scope));
    switch (n.fn) {
      case 'and':
      case 'or':
        truth(x);
        truth(y);
        c.op(`${wide ? 'v128' : 'i32'}.${n.fn}`);
        return put(true);
      case 'not':
        truth(x);
        c.op(wide ? 'v128.not' : 'i32.eqz');
        return put(true);
      case 'select':
        this.push(n.args[1], form, scope);
        this.push(n.args[2], form, scope);
        truth(x);
        c.op(wide ? 'v128.bitselect' : 'select');
        return put(false);
      case 'div': {
        const by = scope.reciprocal(y);
        if (!by) break;
        this.push(x, form, scope);
        c.get(by);
        if (wide) c.op('f64x2.splat');
        c.op(`${form}.mul`);
        return put(false);
      }
      case 'pick': {
        // The last element is under all others; NaN where the position is none.
        pushNumber(c, form, Number.NaN);
        const out = this.local(wide ? 'v128' : 'f64', scope);
        c.set(out);
        n.args.slice(1).forEach((element, k) => {
          this.push(element, form, scope);
          c.get(out);
          this.push(x, form, scope);
          pushNumber(c, form, k)
            .op(`${form}.eq`, wide ? 'v128.bitselect' : 'select')
            .set(out);
        });
        return wide ? { lanes: out } : { f64: out };
      }
      default:
        break;
    }
    const instruction = instructionOf(n.fn);
    if (instruction) {
      for (const a of n.args) this.push(a, form, scope);
      c.op(`${form}.${instruction}`);
      return put(false);
    }
    this.scalars.write(
      c,
      form,
      n.fn,
      n.args.map((a) => this.variable(a, form, scope)),
    );
    return put(false);
  }

  /** Divisions by the value inside of a loop become products with its reciprocal, which is worked out before. */
  prepareReciprocal(y: Node, scope: Scope): void {
    if (scope.reciprocal(y)) return;
    const { c } = this;
    const out = this.local('f64', scope);
    c.f64(1);
    this.push(y, 'f64', scope);
    c.op('f64.div').set(out);
    scope.reciprocals.set(y, out);
  }

  // ── On the stack ──────────────────────────────────────────────────────────

  /** The value as a variable. */
  private variable(n: Node, form: Form, scope: Scope): Local {
    const val = this.valueOf(n, scope);
    const known = form === 'f64' ? val.f64 : val.lanes;
    if (known) return known;
    const out = this.local(form === 'f64' ? 'f64' : 'v128', scope);
    this.pushVal(val, form);
    this.c.set(out);
    // Only where it stays right: in the scope that it was worked out in now.
    if (scope.values.get(n) === val) {
      if (form === 'f64') val.f64 = out;
      else val.lanes = out;
    } else if (val.constant === undefined)
      scope.values.set(n, { ...val, ...(form === 'f64' ? { f64: out } : { lanes: out }) });
    return out;
  }

  push(n: Node, form: Form, scope: Scope): void {
    this.pushVal(this.valueOf(n, scope), form);
  }

  pushVal = (val: Val, form: Form): void => {
    const { c } = this;
    if (val.constant !== undefined) pushNumber(c, form, val.constant);
    else if (form === 'f64') {
      if (val.f64) c.get(val.f64);
      else c.get(val.truth!).op('f64.convert_i32_s');
    } else if (val.lanes) c.get(val.lanes);
    else if (val.mask) c.get(val.mask).splat('f64x2', 1).op('v128.and');
    else {
      this.pushVal(val, 'f64');
      c.op('f64x2.splat');
    }
  };

  /** As i32: 0 or 1. */
  pushTruth(n: Node, scope: Scope): void {
    const { c } = this;
    const val = this.valueOf(n, scope);
    if (val.constant !== undefined) c.i32(val.constant !== 0 ? 1 : 0);
    else if (val.truth) c.get(val.truth);
    else c.get(val.f64!).f64(0).op('f64.ne');
  }

  pushMask(n: Node, scope: Scope): void {
    const { c } = this;
    const val = this.valueOf(n, scope);
    if (val.mask) c.get(val.mask);
    else if (val.lanes) c.get(val.lanes).splat('f64x2', 0).op('f64x2.ne');
    else {
      c.i32(0);
      this.pushTruth(n, scope);
      c.op('i32.sub', 'i32x4.splat');
    }
  }

  /** One lane of a value as a number. */
  pushLane = (n: Node, scope: Scope, lane: number): void => {
    const val = this.valueOf(n, scope);
    if (val.lanes === undefined && val.mask === undefined) this.pushVal(val, 'f64');
    else if (val.f64 ?? val.truth) this.pushVal(val, 'f64');
    else {
      this.pushVal(val, 'f64x2');
      this.c.lane('f64x2.extract_lane', lane);
    }
  };
}
