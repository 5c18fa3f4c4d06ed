/**
 * From expressions to statements: each reduction, scatter, matrix function and recurrence becomes one, and so
 * does each expression that several of them need and that is dearer than a memory access. Everything else is
 * worked out where it is needed.
 */
import { resultKey, resultSets } from '../../../ir/matrix.ts';
import { freeStates } from '../../../ir/scan.ts';
import { type Axis, type MatrixNode, type Node, type ScanNode, type Slot, Uses } from '../../../ir/types.ts';
import { compileLoop } from '../../loops/program.ts';
import { affineOf } from './affine.ts';
import { Facts } from './facts.ts';
import type { Graph, Recurring } from './graph.ts';
import type { Maker } from './maker.ts';
import {
  type Access,
  type Arr,
  type Axes,
  denseArray,
  type HostStep,
  type SizeOf,
  type States,
  type Stmt,
} from './types.ts';

/** From this weight on a shared expression is kept rather than repeated. */
const KEEP = 6;
/** Arrays of more elements than this are only made where there is no other way. */
export const LARGEST_KEPT = 2 ** 24;
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
  private readonly values = new Map<Node, Arr>();
  private readonly results = new Map<string, Arr>();
  private readonly loops = new Map<ScanNode['loop'], Arr>();
  private readonly facts: Facts;
  private readonly accesses = new Map<Node, Access | null>();
  private readonly users = new Map<Node, Stmt[]>();
  private readonly inlined = new Map<Stmt, readonly Node[]>();
  private readonly wanted: Set<Node>;
  readonly producers = new Map<Arr, Stmt>();
  readonly recurrences = new Map<Recurring, States>();

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
    this.facts = new Facts(graph, isConstant);
    this.fold = fold;
    this.wanted = new Set(wanted);
    this.form();
  }

  size = (a: Axis): number => this.sizeOf(a.set);
  volume = (axes: Axes): number => axes.reduce((n, a) => n * this.size(a), 1);
  /** Loops; those of batches even over one instance, so that it is computed as it would be beside others. */
  private many = (axes: Axes): Axes => axes.filter((a) => this.size(a) !== 1 || this.graph.batch.has(a));

  // ── Arrays ────────────────────────────────────────────────────────────────

  private over(axes: Axes, role: Arr['role'] = { kind: 'made' }): Arr {
    return denseArray(axes.map(this.size), axes, role);
  }

  slot(slot: Slot): Arr {
    const loop = this.graph.loops.get(slot);
    if (loop) {
      const states = this.recurrence(loop);
      return slot === loop.now ? states.now : states.before;
    }
    let known = this.slots.get(slot);
    if (!known) {
      known = denseArray(slot.sets.map(this.sizeOf), null, { kind: 'slot', slot });
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
      const axes = [...n.axes.filter((a) => batch.has(a)), ...n.axes.filter((a) => !batch.has(a))];
      known = this.over(axes, isKnown ? { kind: 'known', node: n } : { kind: 'made' });
      this.values.set(n, known);
      if (isKnown) this.knownValues.set(n, known);
    }
    return known;
  }

  // ── What is known ─────────────────────────────────────────────────────────

  /** Whether the value is known before the first run, and worth a table. */
  isKnown(n: Node): boolean {
    if (!this.fold || this.facts.varies(n) || this.facts.around(n) !== undefined) return false;
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
    const nodes = [...this.facts.nodes];
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
    const repeated = by.length > 1 && this.facts.weight(n) >= KEEP && this.volume(n.axes) <= LARGEST_KEPT;
    if (this.wanted.has(n) || (n.op === 'call' && (repeated || this.facts.weight(n) === 0))) {
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
  isInside = (n: Node): boolean => this.facts.around(n) !== undefined;

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
      const around = this.facts.around(n);
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
    return this.facts.weight(n);
  }
}
