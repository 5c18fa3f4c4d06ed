/** Expressions as WebAssembly: each is worked out once in the loop where its axes are bound, and kept in a variable. */
import type { Axis, CallNode, Node } from '../../../ir/types.ts';
import type { Code, Local } from '../wasm/code.ts';
import type { Place, Places } from './place.ts';
import type { Access, Plan } from './plan.ts';
import { comparisons, type Form, instructionOf, pushNumber, type Scalars } from './scalars.ts';
import type { Scope, Val } from './scope.ts';

/** An address: a variable, if something moves it, and a constant. */
export interface Address {
  readonly local: Local | null;
  readonly base: number;
}

type Terms = readonly (readonly [Axis, number])[];

export class Values {
  private readonly c: Code;
  private readonly plan: Plan;
  private readonly places: Places;
  private readonly scalars: Scalars;
  /** Where NaN lies, for reads that are outside. */
  private readonly nan: number;
  private readonly known = new Map<Access, Place>();

  constructor(c: Code, plan: Plan, places: Places, scalars: Scalars, nan: number) {
    this.c = c;
    this.plan = plan;
    this.places = places;
    this.scalars = scalars;
    this.nan = nan;
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
    if (access) return wide ? this.loadLanes(access, scope) : this.loadOne(access, scope);
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

  pushVal(val: Val, form: Form): void {
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
  }

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

  // ── Addresses ─────────────────────────────────────────────────────────────

  private placeOf(access: Access): Place {
    let known = this.known.get(access);
    if (!known) {
      known = this.places.of(access);
      this.known.set(access, known);
    }
    return known;
  }

  /** Works out the part of addresses that does not move with loops inside. */
  prepare(access: Access, scope: Scope, bound: (a: Axis) => boolean): void {
    const place = this.placeOf(access);
    const fixed = (terms: Terms): Terms => terms.filter(([a]) => bound(a));
    this.sum(fixed(place.terms), scope, 0);
    for (const t of place.tables) this.sum(fixed(t.terms), scope, 0);
  }

  /** Σ step · position, in a variable and a constant; `lane` is added to the position of the axis of lanes. */
  private sum(terms: Terms, scope: Scope, lane: number): Address {
    const { c } = this;
    let base = 0;
    const moving: { axis: Axis; step: number; depth: number; counter: Local }[] = [];
    for (const [axis, step] of terms) {
      const at = scope.bindingOf(axis);
      if (!at) continue;
      base += at.offset * step;
      if (lane !== 0 && scope.lanes === axis) base += lane * step;
      if (at.counter) moving.push({ axis, step, depth: at.depth, counter: at.counter });
    }
    moving.sort((x, y) => x.depth - y.depth || x.axis.id - y.axis.id);
    let key = '';
    let local: Local | null = null;
    for (const { axis, step, depth, counter } of moving) {
      const own = `${axis.id}@${depth}*${step}`;
      let term = step === 8 ? counter : scope.sum(own);
      if (!term) {
        c.get(counter);
        if (step % 8 === 0) {
          const by = step / 8;
          if (by > 0 && (by & (by - 1)) === 0) c.i32(Math.log2(by)).op('i32.shl');
          else c.i32(by).op('i32.mul');
        } else c.i32(3).op('i32.shr_s').i32(step).op('i32.mul');
        term = this.local('i32', scope);
        c.set(term);
        scope.sums.set(own, term);
      }
      key += `${own};`;
      if (local === null) {
        local = term;
        continue;
      }
      let total = scope.sum(key);
      if (!total) {
        total = this.local('i32', scope);
        c.get(local).get(term).op('i32.add').set(total);
        scope.sums.set(key, total);
      }
      local = total;
    }
    return { local, base };
  }

  /** The address of an element; of the one at the next position along the axis of lanes with `lane` 1. */
  address(access: Access, scope: Scope, lane = 0): Address {
    const { c } = this;
    const place = this.placeOf(access);
    if (place.outside) return { local: null, base: this.nan };
    const moved = this.sum(place.terms, scope, lane);
    const base = place.base + moved.base;
    const simple = place.terms.every(([, step]) => step > 0) && base >= 0;
    if (place.tables.length === 0 && place.computed.length === 0 && place.bounds.length === 0) {
      if (simple) return { local: moved.local, base };
      const out = this.local('i32', scope);
      c.i32(base);
      if (moved.local) c.get(moved.local).op('i32.add');
      c.set(out);
      return { local: out, base: 0 };
    }
    // Tables that are in range throughout and nothing else: the constant stays out of the sum.
    const checks =
      place.computed.length > 0 || place.bounds.length > 0 || place.tables.some((t) => t.checked);
    const valid: (() => void)[] = [];
    const at = this.local('i32', scope);
    const keep = !checks && simple;
    c.i32(keep ? 0 : base);
    if (moved.local) c.get(moved.local).op('i32.add');
    c.set(at);
    for (const t of place.tables) {
      const entry = this.sum(t.terms, scope, lane);
      if (entry.local) c.get(entry.local);
      else c.i32(0);
      c.memory('i32.load', t.address + entry.base);
      if (t.checked) {
        const offset = this.local('i32', scope);
        c.tee(offset);
        valid.push(() => c.get(offset).i32(0).op('i32.ge_s'));
      }
      c.get(at).op('i32.add').set(at);
    }
    for (const { node, size, stride } of place.computed) {
      const i = this.local('i32', scope);
      const x = this.local('f64', scope);
      this.pushLane(node, scope, lane);
      c.tee(x).op('i32.trunc_sat_f64_s').tee(i).i32(stride).op('i32.mul').get(at).op('i32.add').set(at);
      valid.push(() => {
        c.get(i).i32(size).op('i32.lt_u').get(i).op('f64.convert_i32_s').get(x).op('f64.eq', 'i32.and');
      });
    }
    for (const { index, size } of place.bounds) {
      const p = this.sum(
        [...index.terms].map(([a, by]) => [a, 8 * by] as const),
        scope,
        lane,
      );
      valid.push(() => {
        c.i32(p.base + 8 * index.constant);
        if (p.local) c.get(p.local).op('i32.add');
        c.i32(8 * size).op('i32.lt_u');
      });
    }
    if (!checks) return { local: at, base: keep ? base : 0 };
    c.get(at).i32(this.nan);
    valid.forEach((v, k) => {
      v();
      if (k > 0) c.op('i32.and');
    });
    c.op('select').set(at);
    return { local: at, base: 0 };
  }

  /** One lane of a value as a number. */
  private pushLane(n: Node, scope: Scope, lane: number): void {
    const val = this.valueOf(n, scope);
    if (val.lanes === undefined && val.mask === undefined) this.pushVal(val, 'f64');
    else if (val.f64 ?? val.truth) this.pushVal(val, 'f64');
    else {
      this.pushVal(val, 'f64x2');
      this.c.lane('f64x2.extract_lane', lane);
    }
  }

  // ── Memory ────────────────────────────────────────────────────────────────

  private at({ local }: Address): Code {
    return local ? this.c.get(local) : this.c.i32(0);
  }

  private loadOne(access: Access, scope: Scope): Val {
    const address = this.address(access, scope);
    const out = this.local('f64', scope);
    this.at(address).memory('f64.load', address.base).set(out);
    return { f64: out };
  }

  private loadLanes(access: Access, scope: Scope): Val {
    const { c } = this;
    const out = this.local('v128', scope);
    if (this.isDense(access, scope)) {
      const address = this.address(access, scope);
      this.at(address).memory('v128.load', address.base).set(out);
      return { lanes: out };
    }
    const [first, second] = [0, 1].map((lane) => this.address(access, scope, lane));
    this.at(second);
    this.at(first).memory('v128.load64_zero', first.base);
    c.memoryLane('v128.load64_lane', 1, second.base).set(out);
    return { lanes: out };
  }

  /** Whether the two lanes lie side by side. */
  private isDense(access: Access, scope: Scope): boolean {
    const place = this.placeOf(access);
    const axis = scope.lanes!;
    return (
      !place.outside &&
      place.bounds.every((b) => !b.index.terms.has(axis)) &&
      place.terms.some(([a, step]) => a === axis && step === 8) &&
      place.tables.every((t) => t.terms.every(([a]) => a !== axis)) &&
      place.computed.every(({ node }) => !node.axes.includes(axis))
    );
  }

  store(access: Access, val: Val, scope: Scope): void {
    const { c } = this;
    if (scope.lanes === null || !access.indices.some((i) => i.axes.includes(scope.lanes!))) {
      const address = this.address(access, scope);
      this.at(address);
      this.pushVal(val, 'f64');
      c.memory('f64.store', address.base);
      return;
    }
    if (this.isDense(access, scope)) {
      const address = this.address(access, scope);
      this.at(address);
      this.pushVal(val, 'f64x2');
      c.memory('v128.store', address.base);
      return;
    }
    for (const lane of [0, 1]) {
      const address = this.address(access, scope, lane);
      this.at(address);
      this.pushVal(val, 'f64x2');
      c.lane('f64x2.extract_lane', lane).memory('f64.store', address.base);
    }
  }

  /**
   * Combines what `push` leaves on the stack with an element, or each lane with its own.
   * @param each whether two lanes may be added to one element
   */
  accumulate(access: Access, op: string, push: () => void, scope: Scope, each: boolean): void {
    const { c } = this;
    if (scope.lanes === null) {
      const address = this.address(access, scope);
      this.at(address);
      this.at(address).memory('f64.load', address.base);
      push();
      c.op(`f64.${op}`).memory('f64.store', address.base);
      return;
    }
    const moving = access.indices.some((i) => i.axes.includes(scope.lanes!));
    if (!each && moving && this.isDense(access, scope)) {
      const address = this.address(access, scope);
      this.at(address);
      this.at(address).memory('v128.load', address.base);
      push();
      c.op(`f64x2.${op}`).memory('v128.store', address.base);
      return;
    }
    const val = this.local('v128', scope);
    push();
    c.set(val);
    for (const lane of [0, 1]) {
      const address = this.address(access, scope, lane);
      this.at(address);
      this.at(address).memory('f64.load', address.base);
      c.get(val).lane('f64x2.extract_lane', lane).op(`f64.${op}`).memory('f64.store', address.base);
    }
  }
}
