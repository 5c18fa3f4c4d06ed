/**
 * Rows beside their single changes: an element of a discrete unknown set to another of its values, the rest as it is;
 * of arrangements, two elements exchanged. Pseudo-likelihood, ratio matching and the discrepancy of neighbourhoods are
 * functions of the gaps U(x) − U(x′) between them.
 *
 * What is compared, and why the choice does not matter to where the losses have their minimum:
 * - Of an element all values, given the rest. Of one with very many, a set of values that is as likely to be looked at
 *   from each of its members: for ordered ones a window whose place and stride are random, else values drawn without
 *   order.
 * - Of a permutation an element and a partner drawn among the others, of a subset an element in it and one outside:
 *   either way the pair is as likely after the exchange as it was before.
 * - Of each row all elements or some that are drawn, without reference to their values. Unknowns are taken in groups,
 *   and each group counts by the number of its elements, however many of them are looked at.
 *
 * Two forms, for each unknown the cheaper one by the cost model of the engines (`engines/cost.ts`):
 * - `local`: conditional energies, of the terms that touch the element only (`analyse/conditional.ts`);
 * - `listed`: changed rows written out, and their whole energies; the row itself is evaluated once.
 */

import { touchingOf } from '../../analyse/blocks.ts';
import { factorsOf } from '../../analyse/factors.ts';
import type { HostArray } from '../../arrays.ts';
import { isArranged, isDiscrete, largestConditional, stateCount } from '../../domain.ts';
import { type Machine, machines, nanoseconds, workOf } from '../../engines/cost.ts';
import type { Arrays } from '../../engines/engine.ts';
import { type Batch, makeBatch, totalEnergy } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import type { Axis, IndexSet, Node, Slot } from '../../ir/types.ts';
import { visit } from '../../ir/walk.ts';
import { listedChanges } from './listed-changes.ts';
import { localChanges } from './local-changes.ts';
import type { LossSpec, LossStep } from './loss.ts';

/** Elements of unknowns that are looked at alike. */
export interface ChangeGroup {
  readonly form: 'local' | 'listed';
  readonly unknowns: readonly Slot[];
  /** Elements of a row in these unknowns. */
  readonly elements: number;
  /** Elements of a row that a step looks at. */
  readonly sites: number;
  readonly siteAxes: readonly Axis[];
  readonly value: Axis;
  /** U(x) − U(x′), over rows, sites and values. */
  readonly gap: Node;
  /** Whether x′ counts: it is in the support, and there is such a value; null: all do. */
  readonly where: Node | null;
  /** Whether x′ is x, one of the values; null: x is not among them. */
  readonly own: Node | null;
}

/** A group, and what makes its inputs. */
export interface MadeGroup {
  readonly group: ChangeGroup;
  readonly inputs: Arrays;
  readonly constants: Arrays;
  /** Changed rows, where they are written out. */
  readonly negatives: Batch | null;
  readonly supported: Node | null;
  readonly draw: (step: LossStep) => void;
}

export interface Changes {
  readonly rows: Batch;
  readonly row: Axis;
  /** Elements of a row that can change. */
  readonly elements: number;
  readonly groups: readonly ChangeGroup[];
  readonly negatives: Batch | null;
  readonly supported: Node | null;
  readonly inputs: ReadonlyMap<Slot, HostArray>;
  readonly constants: ReadonlyMap<Slot, HostArray>;
  readonly draw: (step: LossStep) => void;
  /** Whether nothing is left to chance: every element is compared with all its values. */
  readonly exhaustive: boolean;
}

export interface ChangeOptions {
  /** Elements of each row that a step looks at, shared out to groups by their sizes, at least one each; absent: as many as can be afforded. */
  readonly sites?: number;
  /** One form for all that can have it. */
  readonly form?: 'local' | 'listed';
}

/** An unknown with elements that can change. */
export interface Changing {
  readonly unknown: Slot;
  readonly elements: number;
  /** Changes of one element that are compared with it. */
  readonly alternatives: number;
  /** Values of an element. */
  readonly states: number;
}

/** Values of an element that are listed; of more, as many are drawn. */
const mostListed = 64;
/**
 * Listed elements of each row, where nothing else is asked for: all where that makes no more changed rows than
 * `fewListed`, else `listedAtOnce`/√A of A alternatives each. With k elements a step costs 1 + kA energies a row and its
 * gradient has variance σ²(rows) + σ²(elements)/k, so that the product is least at k ∝ 1/√A: noise between elements is
 * most of it, and one element a row the wrong economy. For points of the plane in 32 bits and a network the product
 * was 6.9, 5.3, 4.7, 4.2, 5.0 for k = 1, 2, 4, 8, 32.
 */
const fewListed = 16;
const listedAtOnce = 8;
/**
 * Where nothing else is asked for, a local group looks at all elements unless its largest array would hold more numbers
 * than this, or it would cost more than the energies of so many rows for each row: those of the discrepancy by default.
 */
const mostLocal = 2 ** 24;
const mostRows = 32;
/** Elements of a row of which candidates are drawn, where nothing else is asked for. */
const candidatesAtOnce = 16;

/** All single changes of the discrete unknowns of a row, as expressions, and what draws them. */
export function makeChanges(spec: LossSpec, options: ChangeOptions = {}): Changes {
  const { bound, energy, batch, engine } = spec;
  const b = bound.program.builder;
  const row = b.axis(b.set('row', { kind: 'range', size: batch }), 'row');
  const rows = makeBatch(b, energy.unknowns, [row]);
  const changing = energy.unknowns.flatMap((u) => changingOf(spec, u));
  const elements = changing.reduce((n, c) => n + c.elements, 0);
  const listed: Changing[] = [];
  const made: MadeGroup[] = [];
  const total = totalEnergy(b, energy);
  const tables = { sizeOf: bound.sizeOf, constants: bound.constants };
  const factors = changing.length > 0 ? factorsOf(b, energy) : [];
  const price = pricing(spec);
  const whole = price(rows.on(total), [row]) / batch;
  const asked = (n: number): number | undefined =>
    options.sites && Math.max(1, Math.min(n, Math.round((options.sites * n) / elements)));
  const sitesOf = ({ elements: n, alternatives }: Omit<Changing, 'unknown' | 'states'>): number =>
    asked(n) ?? defaultSites(n, alternatives);
  /** The local form with as many elements as asked for or can be afforded, and what an element costs. */
  const localOf = (c: Changing): { readonly made: MadeGroup; readonly price: number } => {
    const touching = touchingOf(b, c.unknown, factors, tables, engine);
    const make = (sites: number): MadeGroup => localChanges({ bound, rows, row, touching }, c, sites);
    const few = c.states > largestConditional ? Math.min(c.elements, candidatesAtOnce) : c.elements;
    const first = make(asked(c.elements) ?? few);
    const expression = lossOf(b, first.group);
    const axes = [row, ...first.group.siteAxes];
    const each = price(expression, axes) / (batch * first.group.sites);
    if (asked(c.elements) !== undefined) return { made: first, price: each };
    const { sites } = first.group;
    const affordable = Math.min(
      (sites * mostLocal) / largestArray(expression, bound.sizeOf),
      (mostRows * whole) / each,
    );
    return {
      made: affordable >= sites ? first : make(Math.max(1, Math.floor(affordable))),
      price: each,
    };
  };
  const columns = changing.filter((c) => c.elements === 1);
  const many =
    (options.sites ?? elements) < elements || columns.reduce((n, c) => n + c.alternatives, 0) > mostRows;
  const cheaper = (c: Changing, price: number): boolean =>
    price <= whole * (c.alternatives + 1 / sitesOf(c)) &&
    // An unknown of one element is looked at in every row: some of many can be had only as a list.
    (c.elements > 1 || !many || price <= whole / 2);
  for (const c of changing) {
    const one = isArranged(c.unknown.domain) ? null : localOf(c);
    if (one && (options.form ? options.form === 'local' : cheaper(c, one.price))) made.push(one.made);
    else listed.push(c);
  }
  for (const group of bySize(listed)) {
    const n = group.reduce((sum, c) => sum + c.elements, 0);
    const width = Math.max(...group.map((c) => c.alternatives));
    made.push(
      listedChanges({ spec, rows, row, total }, group, sitesOf({ elements: n, alternatives: width })),
    );
  }
  const most = made.reduce<MadeGroup | null>(
    (best, g) => (g.negatives && (!best || g.group.elements > best.group.elements) ? g : best),
    null,
  );
  return {
    rows,
    row,
    elements,
    groups: made.map((g) => g.group),
    negatives: most?.negatives ?? null,
    supported: most?.supported ?? null,
    inputs: new Map(made.flatMap((g) => [...g.inputs])),
    constants: new Map(made.flatMap((g) => [...g.constants])),
    draw: (step) => {
      for (const g of made) g.draw(step);
    },
    exhaustive:
      made.every(({ group }) => group.sites === group.elements) &&
      changing.every((c) => !isArranged(c.unknown.domain) && c.states <= compared(c, made)),
  };
}

/** Values that an element is compared with, itself among them, where that is no matter of chance. */
const compared = ({ unknown }: Changing, made: readonly MadeGroup[]): number =>
  made.some(({ group }) => group.form === 'local' && group.unknowns.includes(unknown))
    ? largestConditional
    : mostListed;

const defaultSites = (elements: number, alternatives: number): number =>
  elements * alternatives <= fewListed
    ? elements
    : Math.min(elements, Math.max(1, Math.round(listedAtOnce / Math.sqrt(alternatives))));

function changingOf(spec: LossSpec, u: Slot): Changing[] {
  const { domain } = u;
  const elements = spec.rows.elements.get(u)!;
  if (!isDiscrete(domain) || elements === 0) return [];
  const { sizeOf } = spec.bound;
  const states = stateCount(domain, sizeOf);
  if (isArranged(domain)) {
    const length = sizeOf(domain.kind === 'permutation' ? domain.values : domain.of);
    const free = domain.kind === 'permutation' ? length > 1 : domain.count > 0 && domain.count < length;
    return free ? [{ unknown: u, elements, alternatives: 1, states }] : [];
  }
  if (states < 2) return [];
  return [{ unknown: u, elements, alternatives: Math.min(states, mostListed) - 1, states }];
}

/** Groups of unknowns whose numbers of alternatives are within a factor of two: arrays are as wide as the widest. */
function bySize(listed: readonly Changing[]): readonly (readonly Changing[])[] {
  const groups = new Map<number, Changing[]>();
  for (const c of listed) {
    const size = Math.ceil(Math.log2(c.alternatives));
    groups.set(size, [...(groups.get(size) ?? []), c]);
  }
  return [...groups.values()];
}

/** −ln of the probability of what is, among what it is compared with, over rows and sites. */
export function lossOf(b: Builder, g: ChangeGroup): Node {
  const all = b.reduce('logsumexp', [g.value], g.gap, g.where);
  return g.own ? all : b.call('logaddexp', b.const(0), all);
}

/** The sum over elements of a row, estimated from those that are looked at, as a mean over rows. */
export const overElements = (b: Builder, row: Axis, g: ChangeGroup, each: Node): Node =>
  b.mul(b.const(g.elements), b.mean([row, ...g.siteAxes], each));

/** Numbers in the largest array that the expression needs: products that are summed at once are none. */
function largestArray(root: Node, sizeOf: (set: IndexSet) => number): number {
  const contracted = new Set<Node>();
  let largest = 0;
  visit([root], (n) => {
    if (n.op === 'reduce' && n.kind === 'sum' && n.where === null) contracted.add(n.body);
  });
  visit([root], (n) => {
    const volume = n.axes.reduce((v, a) => v * sizeOf(a.set), 1);
    if (volume > largest && !contracted.has(n)) largest = volume;
  });
  return largest;
}

/** Nanoseconds of an expression on the engine, without those of the call. */
function pricing({ bound, engine }: LossSpec): (node: Node, axes: readonly Axis[]) => number {
  const machine: Machine = machines[engine.name] ?? machines.kernels;
  return (node, axes) =>
    nanoseconds(workOf({ outputs: [{ name: 'value', axes, node }], sizeOf: bound.sizeOf }), {
      ...machine,
      call: 0,
    });
}
