/** Elements in memory: their addresses, loads and stores, one or two lanes at a time. */
import type { Axis, Node } from '../../../ir/types.ts';
import type { Code, Local } from '../wasm/code.ts';
import type { OffsetTable, Place, Places } from './place.ts';
import type { Scope, Val } from './scope.ts';
import type { Access } from './types.ts';

/** An address: a variable, if something moves it, and a constant. */
export interface Address {
  readonly local: Local | null;
  readonly base: number;
}

type Terms = readonly (readonly [Axis, number])[];

/** What is asked of whoever works out values. */
export interface Source {
  /** One lane of a value that was worked out, as a number on the stack. */
  readonly pushLane: (n: Node, scope: Scope, lane: number) => void;
  readonly pushVal: (val: Val, form: 'f64' | 'f64x2') => void;
}

export class Memory {
  private readonly c: Code;
  private readonly places: Places;
  private readonly source: Source;
  /** Where NaN lies, for reads that are outside. */
  private readonly nan: number;
  private readonly known = new Map<Access, Place>();

  constructor(c: Code, places: Places, nan: number, source: Source) {
    this.c = c;
    this.places = places;
    this.nan = nan;
    this.source = source;
  }

  private local(type: 'i32' | 'f64' | 'v128', scope: Scope): Local {
    const l = this.c.local(type);
    scope.locals.push(l);
    return l;
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
      const offset = this.entry(t, scope, lane);
      if (t.checked) valid.push(() => c.get(offset).i32(0).op('i32.ge_s'));
      c.get(offset).get(at).op('i32.add').set(at);
    }
    for (const { node, size, stride } of place.computed) {
      const i = this.local('i32', scope);
      const x = this.local('f64', scope);
      this.source.pushLane(node, scope, lane);
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

  /** An entry of a table, in a variable: what is read and added to at one index looks it up once. */
  private entry(t: OffsetTable, scope: Scope, lane: number): Local {
    const { c } = this;
    const { local, base } = this.sum(t.terms, scope, lane);
    const key = `table ${t.address + base} ${local?.index ?? ''}`;
    let known = scope.sum(key);
    if (!known) {
      known = this.local('i32', scope);
      this.at({ local, base });
      c.memory('i32.load', t.address + base).set(known);
      scope.sums.set(key, known);
    }
    return known;
  }

  // ── Memory ────────────────────────────────────────────────────────────────

  private at({ local }: Address): Code {
    return local ? this.c.get(local) : this.c.i32(0);
  }

  loadOne(access: Access, scope: Scope): Val {
    const address = this.address(access, scope);
    const out = this.local('f64', scope);
    this.at(address).memory('f64.load', address.base).set(out);
    return { f64: out };
  }

  loadLanes(access: Access, scope: Scope): Val {
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
      this.source.pushVal(val, 'f64');
      c.memory('f64.store', address.base);
      return;
    }
    if (this.isDense(access, scope)) {
      const address = this.address(access, scope);
      this.at(address);
      this.source.pushVal(val, 'f64x2');
      c.memory('v128.store', address.base);
      return;
    }
    for (const lane of [0, 1]) {
      const address = this.address(access, scope, lane);
      this.at(address);
      this.source.pushVal(val, 'f64x2');
      c.lane('f64x2.extract_lane', lane).memory('f64.store', address.base);
    }
  }

  /** Adds what `push` leaves on the stack to an element, or each lane to one of its own. */
  addLanes([first, second]: readonly [Access, Access], push: () => void, scope: Scope): void {
    const { c } = this;
    if (scope.lanes === null) {
      this.accumulate(first, 'add', push, scope);
      return;
    }
    if (this.moves(first, scope) && this.isDense(first, scope)) {
      this.accumulate(first, 'add', push, scope);
      return;
    }
    const val = this.local('v128', scope);
    push();
    c.set(val);
    for (const lane of [0, 1]) {
      const address = this.address(lane === 0 ? first : second, scope, lane);
      this.at(address);
      this.at(address).memory('f64.load', address.base);
      c.get(val).lane('f64x2.extract_lane', lane).op('f64.add').memory('f64.store', address.base);
    }
  }

  private moves = (access: Access, scope: Scope): boolean =>
    access.indices.some((i) => i.axes.includes(scope.lanes!));

  /** Combines what `push` leaves on the stack with an element, or each lane with its own. */
  accumulate(access: Access, op: string, push: () => void, scope: Scope): void {
    const { c } = this;
    if (scope.lanes === null) {
      const address = this.address(access, scope);
      this.at(address);
      this.at(address).memory('f64.load', address.base);
      push();
      c.op(`f64.${op}`).memory('f64.store', address.base);
      return;
    }
    if (this.moves(access, scope) && this.isDense(access, scope)) {
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
