/**
 * From expressions to statements: each reduction, scatter, matrix function and recurrence becomes one, and so
 * does each expression that several of them need and that is dearer than a memory access. Everything else is
 * worked out where it is needed.
 */
import { functions } from '../../../ir/functions.ts';
import { resultKey, resultSets } from '../../../ir/matrix.ts';
import { freeStates } from '../../../ir/scan.ts';
import {
  type Axis,
  type IndexSet,
  type MatrixNode,
  type Node,
  type ReduceKind,
  type ScanNode,
  type Slot,
  Uses,
} from '../../../ir/types.ts';
import { children } from '../../../ir/walk.ts';
import { compileLoop, type LoopProgram } from '../../loops/program.ts';
import { type Graph, type Maker, type Recurring, reachable } from './graph.ts';

export type Axes = readonly Axis[];
export type SizeOf = (set: IndexSet) => number;

/** A dense array in memory, row-major. */
export interface Arr {
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  readonly size: number;
  /** What its dimensions are over; null for a slot, which is read at any indices. */
  readonly axes: Axes | null;
  /** In bytes; −1 until memory is allotted. */
  address: number;
  readonly role:
    | { readonly kind: 'slot'; readonly slot: Slot }
    | { readonly kind: 'known'; readonly node: Node }
    | { readonly kind: 'made' }
    /** A part of the states of a recurrence. */
    | { readonly kind: 'states' }
    | { readonly kind: 'output'; readonly name: string };
}

/** An element of an array: one index for each dimension. */
export interface Access {
  readonly arr: Arr;
  readonly indices: readonly Node[];
}

export type HostStep =
  | {
      readonly kind: 'matrix';
      readonly node: MatrixNode;
      readonly args: readonly (Arr & { readonly same?: boolean })[];
      readonly same: readonly boolean[];
      readonly count: number;
    }
  | { readonly kind: 'scan'; readonly program: LoopProgram; readonly args: readonly Arr[] };

export interface Stmt {
  readonly kind: 'store' | 'reduce' | 'scatter' | 'host';
  /** The expression whose value it is; null for the copy of one to an output. */
  readonly node: Node | null;
  readonly reduce: ReduceKind;
  /** Loop axes that the result has, and loop axes that it is summed over; those of one position are left out. */
  readonly free: Axes;
  readonly over: Axes;
  readonly body: Node | null;
  readonly where: Node | null;
  /** Of a scatter: where the body is added, along the dimensions `into` of the result. */
  readonly into: Axes;
  readonly indices: readonly Node[];
  readonly out: Arr;
  readonly host: HostStep | null;
  /** Whether some summed axis has no position at all. */
  readonly empty: boolean;
  /** The recurrence in whose steps it is done. */
  loop: Recurring | null;
  /** The loops, outermost first; decided by `order.ts`. */
  order: Axes;
  /** What has to be done before, and how it is read. */
  readonly uses: Map<Stmt, Access[]>;
  /** Whether anything reads the result from memory. */
  kept: boolean;
  /** In the order of the program. */
  rank: number;
}

/** The states of a recurrence in memory: one block for each step, and one for what was before the first. */
export interface States {
  readonly now: Arr;
  readonly before: Arr;
  readonly init: Arr;
  readonly step: Stmt;
}

/** Index expressions: Σ coefficient · axis + constant. */
export interface Affine {
  readonly constant: number;
  readonly terms: ReadonlyMap<Axis, number>;
}

/** From this weight on a shared expression is kept rather than repeated. */
const KEEP = 6;
/** Expressions written out larger than this are cut. */
const LARGEST = 3000;
/** Known values are tabulated up to this many. */
const LARGEST_TABLE = 2 ** 22;

export class Plan {
  readonly graph: Graph;
  readonly make: Maker;
  readonly sizeOf: SizeOf;
  readonly fold: boolean;
  readonly stmts: Stmt[] = [];
  readonly slots = new Map<Slot, Arr>();
  readonly outputs = new Map<string, Arr>();
  /** Expressions that are known before the first run: as arrays, and as tables of positions. */
  readonly knownValues = new Map<Node, Arr>();
  readonly knownIndices = new Set<Node>();
  private readonly isConstant: (slot: Slot) => boolean;
  private readonly values = new Map<Node, Arr>();
  private readonly results = new Map<string, Arr>();
  private readonly loops = new Map<ScanNode['loop'], Arr>();
  private readonly dynamic = new Map<Node, boolean>();
  private readonly weights = new Map<Node, number>();
  private readonly accesses = new Map<Node, Access | null>();
  private readonly users = new Map<Node, Stmt[]>();
  private readonly inlined = new Map<Stmt, readonly Node[]>();
  private readonly wanted: Set<Node>;
  private readonly layouts = new Map<Node, Axes>();
  readonly producers = new Map<Arr, Stmt>();
  readonly recurrences = new Map<Recurring, States>();
  private readonly inside = new Map<Node, Recurring>();

  /**
   * @param wanted expressions that are kept as arrays in any case
   * @param fold whether what is known before the first run is left to an earlier program
   */
  constructor(
    graph: Graph,
    sizeOf: SizeOf,
    isConstant: (slot: Slot) => boolean,
    fold: boolean,
    wanted: ReadonlySet<Node>,
  ) {
    this.graph = graph;
    this.make = graph.maker;
    this.sizeOf = sizeOf;
    this.isConstant = isConstant;
    this.fold = fold;
    this.wanted = new Set(wanted);
    this.form();
  }

  size = (a: Axis): number => this.sizeOf(a.set);
  volume = (axes: Axes): number => axes.reduce((n, a) => n * this.size(a), 1);
  /** Loops; those of batches even over one instance, so that it is computed as it would be beside others. */
  private many = (axes: Axes): Axes => axes.filter((a) => this.size(a) !== 1 || this.graph.batch.has(a));

  // ── Arrays ────────────────────────────────────────────────────────────────

  private arr(shape: readonly number[], axes: Axes | null, role: Arr['role']): Arr {
    const strides = new Array<number>(shape.length);
    let size = 1;
    for (let d = shape.length - 1; d >= 0; d--) {
      strides[d] = size;
      size *= shape[d];
    }
    return { shape, strides, size, axes, address: -1, role };
  }

  private over(axes: Axes, role: Arr['role'] = { kind: 'made' }): Arr {
    return this.arr(axes.map(this.size), axes, role);
  }

  slot(slot: Slot): Arr {
    const loop = this.graph.loops.get(slot);
    if (loop) {
      const states = this.recurrence(loop);
      return slot === loop.now ? states.now : states.before;
    }
    let known = this.slots.get(slot);
    if (!known) {
      known = this.arr(slot.sets.map(this.sizeOf), null, { kind: 'slot', slot });
      this.slots.set(slot, known);
    }
    return known;
  }

  /** The array of an expression's values: over its axes, those of batches first. */
  private valueOf(n: Node): Arr {
    let known = this.values.get(n);
    if (!known) {
      const isKnown = this.isKnown(n);
      const { batch } = this.graph;
      const axes = this.layouts.get(n) ?? [
        ...n.axes.filter((a) => batch.has(a)),
        ...n.axes.filter((a) => !batch.has(a)),
      ];
      known = this.over(axes, isKnown ? { kind: 'known', node: n } : { kind: 'made' });
      this.values.set(n, known);
      if (isKnown) this.knownValues.set(n, known);
    }
    return known;
  }

  // ── What is known ─────────────────────────────────────────────────────────

  private varies(n: Node): boolean {
    return this.dynamic.get(n) ?? false;
  }

  /** Whether the value is known before the first run, and worth a table. */
  isKnown(n: Node): boolean {
    if (!this.fold || this.varies(n) || this.inside.has(n)) return false;
    if ((n.uses & Uses.state) !== 0 && freeStates(n).size > 0) return false;
    return this.volume(n.axes) <= LARGEST_TABLE;
  }

  // ── Reading ───────────────────────────────────────────────────────────────

  /** How the value is read from memory; null where it is worked out on the spot. */
  access(n: Node): Access | null {
    let known = this.accesses.get(n);
    if (known === undefined) {
      const kept = this.values.get(n);
      const leaf = n.op === 'const' || n.op === 'axis' || n.op === 'size';
      known = kept && !leaf ? this.whole(kept) : this.source(n);
      this.accesses.set(n, known);
    }
    return known;
  }

  private whole = (arr: Arr): Access => ({ arr, indices: arr.axes!.map((a) => this.make.axis(a)) });

  /** As `access`, of a value that is being put into its own array. */
  source(n: Node): Access | null {
    const { whole } = this;
    switch (n.op) {
      case 'const':
      case 'axis':
      case 'size':
        return null;
      case 'read':
        return { arr: this.slot(n.slot), indices: n.indices };
      case 'at': {
        const arr = this.valueOf(n.body);
        return {
          arr,
          indices: arr.axes!.map((a) => {
            const k = n.params.indexOf(a);
            return k < 0 ? this.make.axis(a) : n.indices[k];
          }),
        };
      }
      case 'matrix': {
        const arr = this.results.get(resultKey(n))!;
        const batch = arr.axes!.slice(0, arr.axes!.length - n.indices.length);
        return { arr, indices: [...batch.map((a) => this.make.axis(a)), ...n.indices] };
      }
      case 'scan': {
        const k = n.loop.params.length;
        const own = n.indices;
        return { arr: this.loops.get(n.loop)!, indices: [own[k], ...own.slice(0, k), ...own.slice(k + 1)] };
      }
      case 'call':
        return null;
      default:
        return whole(this.valueOf(n));
    }
  }

  /** The expressions that are worked out for one: arguments, or indices that are no tables and not affine. */
  below(n: Node, own = false): readonly Node[] {
    const access = own ? this.source(n) : this.access(n);
    if (access) return access.indices.filter((i) => this.isComputed(i));
    return n.op === 'call' ? n.args : [];
  }

  /** Whether an index is computed at each run. */
  isComputed = (i: Node): boolean => affineOf(i) === null && !this.knownIndices.has(i);

  // ── Statements ────────────────────────────────────────────────────────────

  private form(): void {
    const { loops } = this.graph;
    const nodes = [...reachable(this.graph.outputs, loops)];
    for (const n of nodes) {
      const loop = n.op === 'read' ? loops.get(n.slot) : undefined;
      const isBefore = loop !== undefined && n.op === 'read' && n.slot === loop.before;
      const parts = children(n);
      const own = loop
        ? !isBefore && (this.varies(loop.init) || this.varies(loop.body))
        : n.op === 'read' && n.slot.role !== 'state' && !this.isConstant(n.slot);
      this.dynamic.set(n, own || parts.some((c) => this.varies(c)));
      const around = isBefore ? loop : parts.map((c) => this.inside.get(c)).find((l) => l !== undefined);
      if (around) this.inside.set(n, around);
      this.weights.set(n, this.weigh(n));
    }
    this.seed();
    // Users before what they use.
    nodes.sort((x, y) => y.id - x.id);
    for (const n of nodes) {
      const by = this.users.get(n);
      if (by) this.place(n, by);
    }
    this.stmts.sort((x, y) => x.rank - y.rank);
    this.stmts.forEach((s, i) => {
      s.rank = i;
    });
    for (const s of this.stmts) this.link(s);
  }

  private seed(): void {
    const direct = new Map<Node, Arr>();
    this.graph.outputs.forEach(({ name, axes, node }, k) => {
      const made = this.over(axes, { kind: 'output', name });
      this.outputs.set(name, made);
      const binder = node.op === 'reduce' || node.op === 'scatter' || node.op === 'call';
      const same = axes.length === node.axes.length && !this.isKnown(node) && node.op !== 'const';
      if (binder && same && !direct.has(node)) {
        direct.set(node, made);
        this.values.set(node, made);
        this.wanted.add(node);
        this.use(node, null);
        return;
      }
      const stmt = this.add('store', { free: axes, body: node, out: made, rank: 1e9 + k });
      this.use(node, stmt);
    });
  }

  private add(kind: Stmt['kind'], part: Partial<Stmt> & Pick<Stmt, 'out' | 'rank'>): Stmt {
    const over = part.over ?? [];
    const made: Stmt = {
      kind,
      node: null,
      reduce: 'sum',
      body: null,
      where: null,
      into: [],
      indices: [],
      host: null,
      loop: null,
      order: [],
      uses: new Map(),
      kept: part.out.role.kind === 'output',
      ...part,
      free: this.many(part.free ?? []),
      over: this.many(over),
      empty: over.some((a) => this.size(a) === 0),
    };
    this.stmts.push(made);
    this.producers.set(made.out, made);
    return made;
  }

  private use(n: Node, by: Stmt | null): void {
    const list = this.users.get(n);
    if (!list) this.users.set(n, by ? [by] : []);
    else if (by && list.length < 4 && !list.includes(by)) list.push(by);
  }

  /** Asks for the array of an expression's values. */
  private keep(n: Node, by: Stmt | null): Arr {
    if (!this.isKnown(n)) {
      this.wanted.add(n);
      this.use(n, by);
    }
    return this.valueOf(n);
  }

  private useIndices(indices: readonly Node[], by: readonly Stmt[]): void {
    for (const i of indices) {
      if (affineOf(i) !== null) continue;
      if (this.isKnown(i)) this.knownIndices.add(i);
      else for (const s of by) this.use(i, s);
      if (by.length === 0) this.use(i, null);
    }
  }

  private place(n: Node, by: readonly Stmt[]): void {
    if (n.op === 'const' || n.op === 'size') {
      if (!this.wanted.has(n)) return;
    } else if (this.isKnown(n) && !(this.wanted.has(n) && this.values.get(n)?.role.kind === 'output')) {
      const bare =
        n.op === 'read' && !this.graph.loops.has(n.slot) && n.indices.every((i) => affineOf(i) !== null);
      if (n.op !== 'axis' && !bare) this.valueOf(n);
      return;
    }
    switch (n.op) {
      case 'reduce': {
        const stmt = this.add('reduce', {
          node: n,
          reduce: n.kind,
          free: n.axes,
          over: n.over,
          body: n.body,
          where: n.where,
          out: this.valueOf(n),
          rank: n.id,
        });
        this.use(n.body, stmt);
        if (n.where) this.use(n.where, stmt);
        return;
      }
      case 'scatter': {
        const stmt = this.add('scatter', {
          node: n,
          free: n.axes.filter((a) => !n.into.includes(a)),
          over: n.over,
          body: n.body,
          where: n.where,
          into: n.into,
          indices: n.indices,
          out: this.valueOf(n),
          rank: n.id,
        });
        this.use(n.body, stmt);
        if (n.where) this.use(n.where, stmt);
        this.useIndices(n.indices, [stmt]);
        return;
      }
      default:
        break;
    }
    const repeated = by.length > 1 && (this.weights.get(n) ?? 0) >= KEEP;
    if (this.wanted.has(n) || (n.op === 'call' && (repeated || (this.weights.get(n) ?? 0) === 0))) {
      const out = this.valueOf(n);
      const stmt = this.add('store', { node: n, free: out.axes!, body: n, out, rank: n.id });
      this.spread(n, [stmt]);
      return;
    }
    this.spread(n, by);
  }

  /** The users of an expression use its parts. */
  private spread(n: Node, by: readonly Stmt[]): void {
    switch (n.op) {
      case 'call':
        for (const a of n.args) for (const s of by) this.use(a, s);
        return;
      case 'read':
        this.slot(n.slot);
        this.useIndices(n.indices, by);
        return;
      case 'at':
        this.keep(n.body, null);
        this.useIndices(n.indices, by);
        return;
      case 'matrix':
        this.matrix(n);
        this.useIndices(n.indices, by);
        return;
      case 'scan':
        this.scan(n);
        this.useIndices(n.indices, by);
        return;
      default:
        return;
    }
  }

  private matrix(n: MatrixNode): void {
    const key = resultKey(n);
    if (this.results.has(key)) return;
    const free = n.args.flatMap(({ axes, body }) => body.axes.filter((a) => !axes.includes(a)));
    const leading = [...new Set(free)];
    const batch = [
      ...leading.filter((a) => this.graph.batch.has(a)),
      ...leading.filter((a) => !this.graph.batch.has(a)),
    ];
    const own = resultSets(n).map((set): Axis => ({ id: -1, name: '', set }));
    const out = this.over([...batch, ...own]);
    this.results.set(key, out);
    const same = n.args.map(({ axes, body }) => body.axes.every((a) => axes.includes(a)));
    const args = n.args.map(({ axes }, k) => this.over([...(same[k] ? [] : batch), ...axes]));
    const host: HostStep = { kind: 'matrix', node: n, args, same, count: this.volume(batch) };
    // Before every read of the result, of which there may be several.
    const rank = Math.max(...n.args.map((a) => a.body.id)) + 0.5;
    const stmt = this.add('host', { out, host, rank });
    stmt.kept = true;
    n.args.forEach(({ body }, k) => {
      const copy = this.add('store', { free: args[k].axes!, body, out: args[k], rank: rank - 0.25 });
      copy.kept = true;
      this.use(body, copy);
      stmt.uses.set(copy, []);
    });
  }

  private scan(n: ScanNode): void {
    const { loop } = n;
    if (this.loops.has(loop)) return;
    const args: Arr[] = [];
    const before: Node[] = [];
    const scans: ScanNode[] = [];
    const program = compileLoop(loop, this.sizeOf, {
      node: (inner) => {
        const arr = this.keep(inner, null);
        args.push(arr);
        before.push(inner);
        return arr.axes!;
      },
      slot: (slot) => {
        args.push(this.slot(slot));
        return slot.sets.map((set): Axis => ({ id: -1, name: '', set }));
      },
      states: (inner) => {
        this.scan(inner);
        const arr = this.loops.get(inner.loop)!;
        args.push(arr);
        scans.push(inner);
        return arr.axes!;
      },
    });
    const out = this.over(program.axes);
    this.loops.set(loop, out);
    const rank = Math.max(loop.init.id, loop.body.id) + 0.5;
    const stmt = this.add('host', { out, host: { kind: 'scan', program, args }, rank });
    stmt.kept = true;
  }

  /** Whether the value depends on the state of a recurrence one step before. */
  isInside = (n: Node): boolean => this.inside.has(n);

  private recurrence(l: Recurring): States {
    let known = this.recurrences.get(l);
    if (known) return known;
    const states = (axes: Axes): Arr => this.over(axes, { kind: 'states' });
    const [now, before, first] = [states(l.axes), states(l.axes), states(l.axes.slice(1))];
    const start = this.add('store', {
      free: first.axes!,
      body: l.init,
      out: first,
      rank: l.init.id + 0.25,
      kept: true,
    });
    const rank = Math.max(l.init.id, l.body.id) + 0.5;
    const step = this.add('store', { free: l.axes, body: l.body, out: now, rank, kept: true });
    this.producers.set(before, start);
    step.uses.set(start, []);
    known = { now, before, init: first, step };
    this.recurrences.set(l, known);
    this.use(l.init, start);
    this.use(l.body, step);
    return known;
  }

  /** Finds what a statement reads. */
  private link(s: Stmt): void {
    const note = (access: Access, n: Node | null): void => {
      const from = this.producers.get(access.arr);
      if (!from || from === s) return;
      // Read at other places than it is made at.
      if (n === null || n !== from.node) from.kept = true;
      const list = s.uses.get(from);
      if (list) list.push(access);
      else s.uses.set(from, [access]);
    };
    if (s.host) {
      for (const arr of s.host.args) {
        note({ arr, indices: [] }, null);
      }
      return;
    }
    for (const n of this.inline(s)) {
      const around = this.inside.get(n);
      if (around) s.loop = around;
      const access = n === s.node ? this.source(n) : this.access(n);
      if (access) note(access, n);
    }
  }

  /** Everything that a statement works out itself, children first. */
  inline(s: Stmt): readonly Node[] {
    let known = this.inlined.get(s);
    if (!known) {
      known = this.reach(this.roots(s), s.node, () => false);
      this.inlined.set(s, known);
    }
    return known;
  }

  roots(s: Stmt): readonly Node[] {
    const indices = s.indices.filter((i) => this.isComputed(i));
    return [...(s.body ? [s.body] : []), ...(s.where ? [s.where] : []), ...indices];
  }

  /**
   * The parts of expressions down to what is read, or to where `stop` says, by id.
   * @param own the expression that is put into its own array
   */
  reach(roots: readonly Node[], own: Node | null, stop: (n: Node) => boolean): readonly Node[] {
    const seen = new Set<Node>();
    const stack: Node[] = [];
    const push = (n: Node): void => {
      if (n.op === 'const' || seen.has(n) || stop(n)) return;
      seen.add(n);
      stack.push(n);
    };
    roots.forEach(push);
    for (let n = stack.pop(); n; n = stack.pop()) this.below(n, n === own).forEach(push);
    return [...seen].sort((x, y) => x.id - y.id);
  }

  /** The work of the expression, in additions. */
  weightOf(n: Node): number {
    return this.weights.get(n) ?? 0;
  }

  private weigh(n: Node): number {
    switch (n.op) {
      case 'const':
      case 'axis':
      case 'size':
        return 0;
      case 'call': {
        const own = functions[n.fn].cheap || n.fn === 'select' ? 1 : moderate.has(n.fn) ? 4 : 20;
        let sum = own;
        for (const a of n.args) sum += this.weights.get(a) ?? 0;
        // Cut here.
        return sum > LARGEST ? 0 : sum;
      }
      case 'read':
        return n.indices.every((i) => affineOf(i) !== null) ? 1 : 3;
      default:
        return 1;
    }
  }
}

const moderate: ReadonlySet<string> = new Set([
  'div',
  'sqrt',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'min',
  'max',
  'relu',
  'mod',
  'stop_gradient',
]);

const affines = new WeakMap<Node, Affine | null>();

/** The index as a sum of whole multiples of axes, or null. */
export function affineOf(n: Node): Affine | null {
  let known = affines.get(n);
  if (known === undefined) {
    known = findAffine(n);
    affines.set(n, known);
  }
  return known;
}

function findAffine(n: Node): Affine | null {
  if (n.op === 'const')
    return Number.isInteger(n.value) && Math.abs(n.value) < 2 ** 30
      ? { constant: n.value, terms: new Map() }
      : null;
  if (n.op === 'axis') return { constant: 0, terms: new Map([[n.axis, 1]]) };
  if (n.op !== 'call') return null;
  const linear = (parts: readonly (readonly [Node, number])[]): Affine | null => {
    let constant = 0;
    const terms = new Map<Axis, number>();
    for (const [part, by] of parts) {
      const a = affineOf(part);
      if (!a) return null;
      constant += by * a.constant;
      for (const [axis, c] of a.terms) terms.set(axis, (terms.get(axis) ?? 0) + by * c);
    }
    for (const [axis, c] of terms) if (c === 0) terms.delete(axis);
    return { constant, terms };
  };
  const [x, y] = n.args;
  switch (n.fn) {
    case 'add':
      return linear([
        [x, 1],
        [y, 1],
      ]);
    case 'sub':
      return linear([
        [x, 1],
        [y, -1],
      ]);
    case 'neg':
      return linear([[x, -1]]);
    case 'mul':
      if (x.op === 'const' && Number.isInteger(x.value)) return linear([[y, x.value]]);
      if (y.op === 'const' && Number.isInteger(y.value)) return linear([[x, y.value]]);
      return null;
    default:
      return null;
  }
}
