/** From an array program to one WebAssembly function, and what it reads and writes in memory. */
import type { FnName, IndexSet, Node, Slot } from '../../../ir/types.ts';
import type { ArrayProgram, Arrays, Output } from '../../engine.ts';
import { computeMatrices } from '../../linear/batch.ts';
import type { SubtractRows } from '../../linear/triangular.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { type Constants, checkArray } from './constants.ts';
import { Emitter } from './emit.ts';
import { type Graph, graphOf, reachable } from './graph.ts';
import { dearParts, type Item, markKept, orderLoops, schedule } from './order.ts';
import { Places } from './place.ts';
import { Plan } from './plan.ts';
import { defineSubtractRows, subtractRowsOf } from './rows.ts';
import { Scalars } from './scalars.ts';
import type { Arr, Stmt } from './types.ts';
import { Values } from './values.ts';

type SizeOf = (set: IndexSet) => number;

export interface Compiled {
  readonly run: () => void;
  /** What has to be supplied before each run. */
  readonly inputs: ReadonlyMap<Slot, Arr>;
  readonly outputs: ReadonlyMap<string, Arr>;
  dispose(): void;
}

/** Calls of functions written out in place. */
const INLINED = 24;

export function compileProgram(program: ArrayProgram, constants: Arrays, pool: Constants): Compiled {
  const { sizeOf } = program;
  const graph = graphOf(program.outputs, sizeOf, (s) => !constants.has(s));
  return compileGraph(graph, sizeOf, constants, pool, true);
}

/** @param fold whether what does not depend on inputs is worked out now */
function compileGraph(
  graph: Graph,
  sizeOf: SizeOf,
  constants: Arrays,
  pool: Constants,
  fold: boolean,
): Compiled {
  const { heap } = pool;
  const own: number[] = [];
  const taken: Slot[] = [];
  const allot = (bytes: number): number => {
    const address = heap.allocate(bytes);
    own.push(address);
    return address;
  };
  const dispose = (): void => {
    for (const a of own.splice(0)) heap.release(a);
    for (const s of taken.splice(0)) pool.release(constants.get(s)!);
  };
  try {
    const plan = planOf(graph, sizeOf, (s) => constants.has(s), fold);
    const known = knownOf(plan, sizeOf, constants, pool);
    const places = new Places(plan, (n) => known.indices.get(n)!);
    for (const arr of plan.knownValues.values()) {
      const node = (arr.role as { readonly node: Node }).node;
      arr.address = allot(8 * arr.size);
      heap.f64(arr.address, arr.size).set(known.values.get(node)!);
    }
    const inputs = new Map<Slot, Arr>();
    for (const [slot, arr] of plan.slots) {
      const constant = constants.get(slot);
      if (constant) {
        checkArray(slot, constant, arr.shape);
        taken.push(slot);
        arr.address = pool.take(constant);
      } else {
        inputs.set(slot, arr);
        arr.address = allot(8 * arr.size);
      }
    }
    for (const s of plan.stmts) if (s.out.role.kind !== 'states') s.out.address = allot(8 * s.out.size);
    for (const [l, { now, before, init }] of plan.recurrences) {
      const start = allot(8 * (now.size + init.size));
      const step = 8 * init.size;
      now.address = l.backward ? start : start + step;
      before.address = l.backward ? start + step : start;
      init.address = l.backward ? start + 8 * now.size : start;
    }
    // For both lanes.
    const nan = allot(16);
    heap.f64(nan, 2).fill(Number.NaN);
    const run = write(plan, places, nan, pool, (bytes) => allot(bytes));
    return { run, inputs, outputs: plan.outputs, dispose };
  } catch (e) {
    dispose();
    throw e;
  }
}

/** Passes in search of expressions that are better kept; each may show more of them. */
const MOST_PASSES = 4;

/** Statements with their loops; expressions that loops would repeat, or work out one by one, are kept. */
function planOf(graph: Graph, sizeOf: SizeOf, isConstant: (s: Slot) => boolean, fold: boolean): Plan {
  const wanted = new Set<Node>();
  for (let pass = 1; ; pass++) {
    const plan = new Plan(graph, sizeOf, isConstant, fold, wanted);
    let more = false;
    for (const s of plan.stmts) {
      s.order = orderLoops(plan, s);
      if (pass === MOST_PASSES) continue;
      for (const n of dearParts(plan, s))
        if (!wanted.has(n)) {
          wanted.add(n);
          more = true;
        }
    }
    if (!more) return plan;
  }
}

interface Known {
  readonly values: ReadonlyMap<Node, Float64Array>;
  readonly indices: ReadonlyMap<Node, { readonly axes: Node['axes']; readonly data: Float64Array }>;
}

/** Works out what is known before the first run. */
function knownOf(plan: Plan, sizeOf: SizeOf, constants: Arrays, pool: Constants): Known {
  const outputs: Output[] = [];
  const values = new Map<Node, Float64Array>();
  const indices = new Map<Node, { readonly axes: Node['axes']; readonly data: Float64Array }>();
  for (const [node, arr] of plan.knownValues) outputs.push({ name: `v${node.id}`, axes: arr.axes!, node });
  for (const node of plan.knownIndices) outputs.push({ name: `i${node.id}`, axes: node.axes, node });
  if (outputs.length === 0) return { values, indices };
  const inner = compileGraph({ ...plan.graph, outputs }, sizeOf, constants, pool, false);
  inner.run();
  const of = (name: string): Float64Array => {
    const arr = inner.outputs.get(name)!;
    return pool.heap.f64(arr.address, arr.size).slice();
  };
  for (const node of plan.knownValues.keys()) values.set(node, of(`v${node.id}`));
  for (const node of plan.knownIndices) indices.set(node, { axes: node.axes, data: of(`i${node.id}`) });
  inner.dispose();
  return { values, indices };
}

function write(
  plan: Plan,
  places: Places,
  nan: number,
  pool: Constants,
  allot: (bytes: number) => number,
): () => void {
  const m = new ModuleBuilder();
  const items = schedule(plan, plan.stmts);
  markKept(items);
  const names = new Set<FnName>();
  for (const n of reachable(plan.graph.outputs, plan.graph.loops)) if (n.op === 'call') names.add(n.fn);
  const hosts = plan.stmts.filter((s) => s.host);
  // Known once the module is there.
  let subtract: SubtractRows | undefined;
  const steps = new Map(
    hosts.map(
      (s, k) =>
        [
          s,
          m.import(
            `step ${k}`,
            [],
            [],
            hostStep(s, pool, () => subtract),
          ),
        ] as const,
    ),
  );
  const scalars = new Scalars(m, names, INLINED);
  // Addresses of tables are known before the code that reads them: each is allotted when it is made.
  const allotted = new Set<unknown>();
  const settle = (): void => {
    for (const t of places.tables) {
      if (allotted.has(t)) continue;
      allotted.add(t);
      t.address = allot(4 * t.data.length);
      pool.heap.i32(t.address, t.data.length).set(t.data);
    }
  };
  places.onTable = settle;
  const parts = partsOf(plan, items).map((part) =>
    m.define(null, [], [], (c) => {
      const values = new Values(c, plan, places, scalars, nan);
      new Emitter(c, plan, values, (s) => c.call(steps.get(s)!), allot).run(part);
    }),
  );
  m.define('run', [], [], (c) => {
    for (const p of parts) c.call(p);
  });
  const hasMatrices = hosts.some((s) => s.host?.kind === 'matrix');
  if (hasMatrices) defineSubtractRows(m);
  const exports = m.instantiate(pool.heap.memory);
  if (hasMatrices) subtract = subtractRowsOf(exports);
  return exports.run as unknown as () => void;
}

/** Expressions of one function, about; larger ones take long to compile. */
const LARGEST_PART = 4000;

/** The loops, in functions of moderate size. */
function partsOf(plan: Plan, items: readonly Item[]): readonly (readonly Item[])[] {
  const parts: Item[][] = [];
  let work = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const stmts = item.kind === 'leaf' ? [item.stmt] : item.stmts;
    const own = stmts.reduce((n, s) => n + plan.inline(s).length, 0);
    if (work + own > LARGEST_PART) {
      parts.push([]);
      work = 0;
    }
    parts.at(-1)!.push(item);
    work += own;
  }
  return parts;
}

/** @param subtract how rows of matrices in memory are changed */
function hostStep(s: Stmt, { heap }: Constants, subtract: () => SubtractRows | undefined): () => undefined {
  const step = s.host!;
  const out = s.out;
  switch (step.kind) {
    case 'matrix': {
      const views = () => ({
        buffer: heap.memory.buffer,
        args: step.args.map((a, k) => ({
          data: heap.f64(a.address, a.size),
          rows: a.shape[a.shape.length - 2],
          columns: a.shape[a.shape.length - 1],
          same: step.same[k],
        })),
        result: heap.f64(out.address, out.size),
      });
      let known: ReturnType<typeof views> | null = null;
      return () => {
        if (known?.buffer !== heap.memory.buffer) known = views();
        computeMatrices(step.node.fn, known.args, step.count, known.result, subtract());
        return undefined;
      };
    }
    case 'scan':
      return () => {
        const states = step.program.run(step.args.map((a) => heap.f64(a.address, a.size)));
        heap.f64(out.address, out.size).set(states);
        return undefined;
      };
  }
}
