/**
 * A factor as numbers: which elements each of its instances reads, and its value at each joint state of these. The
 * reads of unknowns become values over axes of their own, and the body is evaluated over instances and values at once;
 * over values alone where it says the same at all instances, but for a weight.
 */
import { type DiscreteDomain, isArranged, isDiscrete, showDomain, stateCount, valueMap } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import { OutOfRange } from '../engines/reference/evaluate.ts';
import type { Builder } from '../ir/build.ts';
import { type Axis, type Node, type Slot, Uses } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import type { Factor } from './factors.ts';
import type { Tables } from './incidence.ts';
import { siteColumn, staticValues } from './static-values.ts';

/** What the instances of a factor read at one place in its body. */
export interface Column {
  readonly slot: Slot;
  readonly states: number;
  /** For each instance the element, flat; −1 where a guard keeps it from being read: its state does not matter. */
  readonly elements: Int32Array;
}

export interface Tabulated {
  readonly factor: Factor;
  readonly kind: Factor['kind'];
  readonly instances: number;
  /** 0 for instances that `where` leaves out; null where it leaves out none. */
  readonly mask: Uint8Array | null;
  readonly columns: readonly Column[];
  /** Joint states of the columns, the last one fastest. */
  readonly joint: number;
  /** rows × joint: energies, or 1 where a requirement is broken. */
  readonly table: Float64Array;
  /** The row of each instance; null: all use the first. */
  readonly row: Int32Array | null;
  /** What each instance's row is multiplied by; null: nothing. */
  readonly weight: Float64Array | null;
}

/** A factor of which it is known where its elements lie. */
export interface Placed {
  readonly tabulated: Tabulated;
  /** For each column the position of what each instance reads, −1 for nothing. */
  readonly positions: readonly Int32Array[];
}

/** The free sites of an unknown: positions `from` … `from + count − 1`. */
export interface Range {
  readonly slot: Slot;
  readonly states: number;
  readonly from: number;
  readonly count: number;
}

/** States of one element that fit a code. */
export const MAX_STATES = 256;
/** Joint states of what one instance reads. */
const MAX_JOINT = 4096;
/** Places at which one instance reads, elements of inner index sets counted one by one. */
const MAX_PLACES = 64;
/** (instance, place) pairs. */
const MAX_PAIRS = 2 ** 24;
/** Numbers in the table of a factor. */
const MAX_NUMBERS = 2 ** 26;

export interface Untabulated {
  readonly why: string;
}

type Read = Node & { readonly op: 'read' };

/** The unknowns that a factor reads. */
export function unknownsOf(factor: Factor): ReadonlySet<Slot> {
  const out = new Set<Slot>();
  visit(rootsOf(factor), (n) => {
    if (n.op === 'read' && n.slot.role === 'unknown') out.add(n.slot);
  });
  return out;
}

const rootsOf = ({ body, where }: Factor): Node[] => (where ? [body, where] : [body]);

const readsUnknowns = (n: Node): boolean => (n.uses & Uses.unknown) !== 0;

/** A factor as expressions of its instances and of the values of what they read. */
export interface LaidOut {
  readonly instances: number;
  /** 0 for instances that `where` leaves out; null where it leaves out none. */
  readonly mask: Uint8Array | null;
  readonly columns: readonly Column[];
  /** Joint states of the columns, the last one fastest. */
  readonly joint: number;
  /** The codes of the columns. */
  readonly values: readonly Axis[];
  /** Over the factor's axes and `values`; of a requirement whether it is broken. */
  readonly value: Node;
  /** The parts of `where` that depend on values, and those that do not. */
  readonly condition: Node | null;
  readonly guard: Node | null;
}

/**
 * The reads of unknowns as values over axes of their own. Only index maps and masks are evaluated here, so that the
 * body may read what is not among the constants.
 * @param factor one without a barrier
 * @param maxJoint most joint states of what one instance reads
 */
export function layOut(
  b: Builder,
  factor: Factor,
  tables: Tables,
  engine: Engine,
  maxJoint = MAX_JOINT,
): LaidOut | Untabulated {
  const { sizeOf } = tables;
  const term = nameOf(factor);
  const body = inlined(b, factor.body);
  const { mask: guard, rest } = guardsOf(b, factor.where && inlined(b, factor.where));
  const reads: Read[] = [];
  visit([body, ...(rest ? [rest] : [])], (n) => {
    if (n.op === 'read' && n.slot.role === 'unknown') reads.push(n);
  });
  if (reads.some((r) => r.indices.some(readsUnknowns)))
    return { why: `${term} looks it up at an index that depends on unknowns` };
  const { axes } = factor;
  const instances = axes.reduce((n, a) => n * sizeOf(a.set), 1);
  const inner = reads.map((r) => r.axes.filter((a) => !axes.includes(a)));
  const widths = inner.map((over) => over.reduce((n, a) => n * sizeOf(a.set), 1));
  const places = widths.reduce((x, y) => x + y, 0);
  if (places > MAX_PLACES) return { why: `${term} reads more than ${MAX_PLACES} elements at once` };
  if (instances * places > MAX_PAIRS) return { why: `${term} has too many instances for tables` };

  const { columns, placeOf } = columnsOf(b, reads, inner, widths, axes, instances, tables, engine);
  const joint = columns.reduce((n, c) => n * c.states, 1);
  if (joint > maxJoint) return { why: `what ${term} reads at once has more than ${maxJoint} joint states` };
  const mask = guard && staticMask(b, guard, axes, tables, engine);
  const values = columns.map((c) => b.axis(b.range(c.states), 'value'));
  const at = columns.map((c, k) => {
    const { offset, scale } = valueMap(c.slot.domain as DiscreteDomain);
    return b.add(b.mul(b.axisNode(values[k]), b.const(scale)), b.const(offset));
  });
  const read = new Map<Node, Node>(
    reads.map((r, i) => {
      const states = placeOf[i].map((k) => at[k]);
      if (inner[i].length === 0) return [r, states[0]];
      const place = inner[i].reduce<Node>(
        (acc, a) => b.add(b.mul(acc, b.const(sizeOf(a.set))), b.axisNode(a)),
        b.const(0),
      );
      return [r, b.call('pick', place, ...states)];
    }),
  );
  const withValues = (n: Node): Node =>
    b.mapReads(n, (slot, indices) => (slot.role === 'unknown' ? read.get(b.read(slot, indices)) : undefined));
  const value = factor.kind === 'energy' ? withValues(body) : b.call('not', withValues(body));
  return { instances, mask, columns, joint, values, value, condition: rest && withValues(rest), guard };
}

/**
 * @param factor one without a barrier
 * @param engine evaluates in float64
 * @param maxJoint most joint states of what one instance reads
 */
export function tabulate(
  b: Builder,
  factor: Factor,
  tables: Tables,
  engine: Engine,
  maxJoint = MAX_JOINT,
): Tabulated | Untabulated {
  const laid = layOut(b, factor, tables, engine, maxJoint);
  if ('why' in laid) return laid;
  const { instances, mask, columns, joint } = laid;
  const { kind, axes } = factor;
  if (instances === 0 || mask?.every((m) => m === 0)) {
    const table = new Float64Array(joint);
    return { factor, kind, instances: 0, mask, columns, joint, table, row: null, weight: null };
  }
  const term = nameOf(factor);
  try {
    const { value, condition, guard, values } = laid;
    const numbers = evaluate(b, value, condition, guard, axes, values, joint, tables, engine);
    if (!numbers) return { why: `the tables of ${term} are too large` };
    return { factor, kind, instances, mask, columns, joint, ...numbers };
  } catch (e) {
    if (e instanceof OutOfRange) return { why: `${term} reads \`${e.slot}\` outside at some values` };
    throw e;
  }
}

/**
 * Why the unknowns that a factor reads have no tables, whatever its size: a clause, or null.
 * @param arranged elements of arrangements count as categories and bits of their own
 */
export function barrierOf(
  factor: Factor,
  sizeOf: Tables['sizeOf'],
  maxStates = MAX_STATES,
  arranged = false,
): string | null {
  const term = nameOf(factor);
  let why: string | null = null;
  visit(rootsOf(factor), (n) => {
    if (!readsUnknowns(n)) return;
    if (n.op === 'scan') why ??= `${term} reads it in a \`scan\``;
    if (n.op === 'matrix') why ??= `${term} reads it in a function of whole matrices`;
    if (n.op !== 'read' || n.slot.role !== 'unknown') return;
    const { name, domain } = n.slot;
    if (!isDiscrete(domain)) why ??= `${term} also reads \`${name}\`, which is ${showDomain(domain)}`;
    else if (isArranged(domain) && !arranged)
      why ??= `${term} also reads \`${name}\`, a ${domain.kind}, whose elements move together`;
    else if (stateCount(domain, sizeOf) > maxStates)
      why ??= `${term} also reads \`${name}\`, which has more than ${maxStates} states`;
  });
  return why;
}

/** As reasons name it. */
export const nameOf = (f: Factor): string => (f.kind === 'support' ? 'a requirement' : `\`${f.term}\``);

/** The expression without arrays in between: what is read of unknowns is read at the axes of the factor. */
function inlined(b: Builder, root: Node): Node {
  const memo = new Map<Node, Node>();
  const go = (n: Node): Node => {
    if (!readsUnknowns(n)) return n;
    const known = memo.get(n);
    if (known) return known;
    const made = step(n);
    memo.set(n, made);
    return made;
  };
  const step = (n: Node): Node => {
    switch (n.op) {
      case 'at':
        return b.substitute(go(n.body), n.params, n.indices.map(go));
      case 'call':
        return b.call(n.fn, ...n.args.map(go));
      case 'reduce':
        return b.reduce(n.kind, n.over, go(n.body), n.where && go(n.where));
      case 'read':
        return b.read(n.slot, n.indices.map(go));
      default:
        return n;
    }
  };
  return go(root);
}

/** A condition as what is known before, and what depends on unknowns. */
function guardsOf(
  b: Builder,
  where: Node | null,
): { readonly mask: Node | null; readonly rest: Node | null } {
  const parts: Node[] = [];
  const collect = (n: Node): void => {
    if (n.op === 'call' && n.fn === 'and') n.args.forEach(collect);
    else parts.push(n);
  };
  if (where) collect(where);
  const all = (list: readonly Node[]): Node | null =>
    list.length === 0 ? null : list.reduce((x, y) => b.call('and', x, y));
  return { mask: all(parts.filter((p) => !readsUnknowns(p))), rest: all(parts.filter(readsUnknowns)) };
}

function staticMask(
  b: Builder,
  guard: Node,
  axes: readonly Axis[],
  tables: Tables,
  engine: Engine,
): Uint8Array {
  const values = staticValues(b, guard, axes, tables, engine);
  const out = new Uint8Array(values.length);
  for (let e = 0; e < out.length; e++) out[e] = values[e] !== 0 ? 1 : 0;
  return out;
}

/**
 * One column for each place of each read, equal ones joined.
 * @returns for each read the columns of its places, row-major over its inner axes
 */
function columnsOf(
  b: Builder,
  reads: readonly Read[],
  inner: readonly (readonly Axis[])[],
  widths: readonly number[],
  axes: readonly Axis[],
  instances: number,
  tables: Tables,
  engine: Engine,
): { readonly columns: readonly Column[]; readonly placeOf: readonly (readonly number[])[] } {
  const columns: Column[] = [];
  const placeOf = reads.map(({ slot, indices }, i) => {
    const all = siteColumn(b, slot, indices, [...axes, ...inner[i]], tables, engine);
    const width = widths[i];
    return Array.from({ length: width }, (_, w) => {
      let elements = all;
      if (width > 1) {
        elements = new Int32Array(instances);
        for (let e = 0; e < instances; e++) elements[e] = all[e * width + w];
      }
      const same = columns.findIndex((c) => c.slot === slot && equal(c.elements, elements));
      if (same >= 0) return same;
      columns.push({ slot, states: stateCount(slot.domain, tables.sizeOf), elements });
      return columns.length - 1;
    });
  });
  return { columns, placeOf };
}

function equal(x: Int32Array, y: Int32Array): boolean {
  for (let e = 0; e < x.length; e++) if (x[e] !== y[e]) return false;
  return true;
}

export function allFinite(x: Float64Array): boolean {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return false;
  return true;
}

type Numbers = Pick<Tabulated, 'table' | 'row' | 'weight'>;

function evaluate(
  b: Builder,
  value: Node,
  condition: Node | null,
  fixedGuard: Node | null,
  axes: readonly Axis[],
  values: readonly Axis[],
  joint: number,
  tables: Tables,
  engine: Engine,
): Numbers | null {
  const { sizeOf, constants } = tables;
  const onCondition = (n: Node): Node => (condition ? b.call('select', condition, n, b.const(0)) : n);
  const run = (over: readonly Axis[], node: Node): Float64Array => {
    const program = { outputs: [{ name: 'value', axes: [...over, ...values], node }], sizeOf };
    const evaluator = engine.compile(program, constants);
    const made = Float64Array.from(evaluator.run(new Map()).get('value')!.data);
    evaluator.dispose();
    return made;
  };
  const onInstances = (n: Node): boolean => n.axes.some((a) => axes.includes(a));
  const conditioned = onCondition(value);
  if (!onInstances(conditioned)) return { table: run([], conditioned), row: null, weight: null };

  if (!condition || !onInstances(condition)) {
    const split = weighted(b, value, onInstances, (n) => n.axes.some((a) => values.includes(a)));
    if (split) {
      const weight = staticValues(b, split.weight, axes, tables, engine);
      const table = run([], onCondition(split.shape));
      if (allFinite(weight) && allFinite(table)) return { table, row: null, weight };
    }
  }
  const guarded = fixedGuard ? b.call('select', fixedGuard, conditioned, b.const(0)) : conditioned;
  const over = axes.filter((a) => guarded.axes.includes(a));
  const rows = over.reduce((n, a) => n * sizeOf(a.set), 1);
  if (rows * joint > MAX_NUMBERS) return null;
  const table = run(over, guarded);
  const place = over.reduce<Node>(
    (acc, a) => b.add(b.mul(acc, b.const(sizeOf(a.set))), b.axisNode(a)),
    b.const(0),
  );
  return { table, row: Int32Array.from(staticValues(b, place, axes, tables, engine)), weight: null };
}

/** An expression as a product of what depends on the instance and what depends on values, if it is one. */
function weighted(
  b: Builder,
  root: Node,
  onInstances: (n: Node) => boolean,
  onValues: (n: Node) => boolean,
): { readonly weight: Node; readonly shape: Node } | null {
  const one = b.const(1);
  const go = (n: Node): { readonly weight: Node; readonly shape: Node } | null => {
    if (!onValues(n)) return { weight: n, shape: one };
    if (!onInstances(n)) return { weight: one, shape: n };
    if (n.op !== 'call') return null;
    const parts = n.args.map(go);
    const [x, y] = parts;
    if (n.fn === 'neg' && x) return { weight: x.weight, shape: b.neg(x.shape) };
    if ((n.fn === 'mul' || n.fn === 'div') && x && y) {
      const on = n.fn === 'mul' ? b.mul : b.div;
      return { weight: on(x.weight, y.weight), shape: on(x.shape, y.shape) };
    }
    return null;
  };
  return go(root);
}
