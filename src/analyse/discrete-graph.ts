/**
 * A model's free discrete unknowns as a graph of tables (`exact/graph.ts`): each instance of a factor becomes a table
 * over the elements that it reads and that are not given, requirements become energies of +∞. What has no such
 * tables says why.
 */
import type { HostArray } from '../arrays.ts';
import { type DiscreteDomain, isArranged, isDiscrete, showDomain, stateCount, valueMap } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import { OutOfRange } from '../engines/reference/evaluate.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { DiscreteGraph } from '../exact/graph.ts';
import type { Builder } from '../ir/build.ts';
import {
  type Axis,
  type Constraint,
  type Energy,
  type IndexSet,
  type Node,
  type Slot,
  Uses,
} from '../ir/types.ts';
import { conjuncts, type Emit, type Factor, split } from './factors.ts';
import { graphFactors } from './graph-factors.ts';
import { inPairs } from './pairs.ts';
import { barrierOf, type Tabulated, tabulate } from './tabulate.ts';

/** What is needed of a model. */
export interface GraphModel {
  readonly builder: Builder;
  readonly energy: Energy;
  readonly sizeOf: (set: IndexSet) => number;
  /** Data, tables and parameters. */
  readonly constants: ReadonlyMap<Slot, HostArray>;
  /** Evaluates in float64, quicker than the reference engine does. */
  readonly kernels?: Engine | null;
}

export interface GraphClamp {
  readonly fixed: ReadonlyMap<Slot, Uint8Array>;
  readonly values: ReadonlyMap<Slot, Float64Array>;
}

export interface GraphOptions {
  /** Most joint states of what one instance reads, given elements included; default 2¹⁶. */
  readonly joint?: number;
  /** Most free elements; default 2²⁰. */
  readonly variables?: number;
  /**
   * Values at which free reals are held, in states of one chain; without it a free real unknown is a reason why there
   * is no graph.
   */
  readonly held?: ReadonlyMap<Slot, Float64Array>;
  /** Take arrangements apart into categories and bits, which their implied requirements keep together. */
  readonly arranged?: boolean;
}

/** One free element: its value is offset + scale·code. */
export interface GraphVariable {
  readonly slot: Slot;
  /** Flat, within one state of the slot. */
  readonly element: number;
  readonly offset: number;
  readonly scale: number;
}

export interface ModelGraph {
  /** In the order of the unknowns and their elements. */
  readonly graph: DiscreteGraph;
  readonly variables: readonly GraphVariable[];
  /** Writes the values of codes into one chain of states; nothing that is given is touched. */
  write(codes: ArrayLike<number>, states: ReadonlyMap<Slot, Float64Array>, chain: number): void;
  /** The other way. */
  read(states: ReadonlyMap<Slot, Float64Array>, chain: number, codes: Uint16Array | Int32Array): void;
}

/** States of one element: codes are 16 bits. */
const MAX_STATES = 2 ** 16;

/**
 * @param clamp elements that are given, and their values
 * @returns or a reason, a clause that follows `because`
 */
export function discreteGraph(
  model: GraphModel,
  clamp: GraphClamp,
  options: GraphOptions = {},
): ModelGraph | { readonly why: string } {
  const { sizeOf } = model;
  const joint = options.joint ?? 2 ** 16;
  const data = new Map<Slot, HostArray>();
  const free: Slot[] = [];
  for (const slot of model.energy.unknowns) {
    const fixed = clamp.fixed.get(slot);
    const size = slot.sets.reduce((n, s) => n * sizeOf(s), 1);
    const given = clamp.values.get(slot);
    const all = given !== undefined && fixed !== undefined && !fixed.includes(0);
    const shape = slot.sets.map(sizeOf);
    if (all || size === 0) {
      data.set(slot, { shape, data: given?.slice() ?? new Float64Array(0) });
      continue;
    }
    const d = slot.domain;
    if (!isDiscrete(d)) {
      const held = options.held?.get(slot);
      if (!held) return { why: `\`${slot.name}\` is ${showDomain(d)} and not given` };
      const values = Float64Array.from({ length: size }, (_, i) => (fixed?.[i] ? given![i] : held[i]));
      data.set(slot, { shape, data: values });
    } else if (isArranged(d) && !options.arranged)
      return { why: `\`${slot.name}\` is a ${d.kind}, whose elements move together` };
    else if (stateCount(d, sizeOf) > MAX_STATES)
      return { why: `\`${slot.name}\` has more than ${MAX_STATES} states` };
    else free.push(slot);
  }
  const placed = place(free, clamp, sizeOf);
  const most = options.variables ?? 2 ** 20;
  if (placed.variables.length > most) return { why: `it has more than ${most} free elements` };
  const made = tablesOf(model, data, placed, joint, options.arranged);
  if ('why' in made) return made;
  const { variables, states } = placed;
  const at = variables.map(({ slot, element, offset, scale }) => {
    const size = slot.sets.reduce((n, s) => n * sizeOf(s), 1);
    return { slot, element, offset, scale, size };
  });
  return {
    graph: { states, factors: made.factors, constant: made.constant },
    variables,
    write(codes, to, chain) {
      for (let v = 0; v < at.length; v++) {
        const { slot, element, offset, scale, size } = at[v];
        to.get(slot)![chain * size + element] = offset + scale * codes[v];
      }
    },
    read(from, chain, codes) {
      for (let v = 0; v < at.length; v++) {
        const { slot, element, offset, scale, size } = at[v];
        codes[v] = (from.get(slot)![chain * size + element] - offset) / scale;
      }
    },
  };
}

/** Where the elements of the unknowns went. */
export interface PlacedElements {
  readonly variables: readonly GraphVariable[];
  readonly states: Int32Array;
  /** For each element of a slot its variable, or −1 − code where it is given. */
  readonly at: ReadonlyMap<Slot, Int32Array>;
}

/** Positions of the free elements of these unknowns. */
export function place(
  slots: readonly Slot[],
  clamp: GraphClamp,
  sizeOf: (set: IndexSet) => number,
): PlacedElements {
  const variables: GraphVariable[] = [];
  const states: number[] = [];
  const at = new Map<Slot, Int32Array>();
  for (const slot of slots) {
    const d = slot.domain as DiscreteDomain;
    const { offset, scale } = valueMap(d);
    const count = stateCount(d, sizeOf);
    const fixed = clamp.fixed.get(slot);
    const given = clamp.values.get(slot);
    const size = slot.sets.reduce((n, s) => n * sizeOf(s), 1);
    const to = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      if (fixed?.[i] && given) to[i] = -1 - (given[i] - offset) / scale;
      else {
        to[i] = variables.length;
        variables.push({ slot, element: i, offset, scale });
        states.push(count);
      }
    }
    at.set(slot, to);
  }
  return { variables, states: Int32Array.from(states), at };
}

/** Terms and requirements with what is given as data, and their tables. */
function tablesOf(
  model: GraphModel,
  given: ReadonlyMap<Slot, HostArray>,
  placed: PlacedElements,
  joint: number,
  arranged = false,
): { readonly factors: DiscreteGraph['factors']; readonly constant: number } | { readonly why: string } {
  const { builder: b, sizeOf } = model;
  const engine = model.kernels ?? referenceEngine();
  const constants = new Map(model.constants);
  const dataOf = new Map<Slot, Slot>();
  for (const [slot, array] of given) {
    const to = b.slot('data', slot.name, slot.domain, slot.sets, slot.span);
    dataOf.set(slot, to);
    constants.set(to, array);
  }
  const tables = { sizeOf, constants };
  const onData = (n: Node): Node =>
    given.size === 0
      ? n
      : b.mapReads(n, (slot, indices) => {
          const to = dataOf.get(slot);
          return to && b.read(to, indices);
        });
  const { factors, fixed } = factorsOn(b, model.energy, onData);
  const known = constantOf(b, fixed, tables, engine);
  if (typeof known !== 'number') return known;
  let constant = known;
  const parts: Tabulated[] = [];
  for (const factor of factors) {
    const why = barrierOf(factor, sizeOf, joint, arranged);
    if (why) return { why };
    const whole = tabulate(b, factor, tables, engine, joint);
    if ('why' in whole) return whole;
    if (whole.instances === 0) continue;
    const pairs = inPairs(whole);
    parts.push(...pairs);
    if (pairs[0] !== whole) constant += atZero(whole);
  }
  return graphFactors(parts, placed, constant);
}

/** Factors that read free unknowns, and the others. */
function factorsOn(
  b: Builder,
  energy: Energy,
  on: (n: Node) => Node,
): { readonly factors: readonly Factor[]; readonly fixed: readonly Factor[] } {
  const factors: Factor[] = [];
  const fixed: Factor[] = [];
  const add = (f: Factor): void => {
    const reads = (f.body.uses | (f.where?.uses ?? 0)) & Uses.unknown;
    (reads ? factors : fixed).push(f);
  };
  for (const t of energy.terms)
    apart(b, on(t.body), [], null, (axes, where, body) =>
      add({ term: t.name, span: t.span, axes, where, body, kind: 'energy' }),
    );
  for (const c of energy.support as readonly Constraint[])
    conjuncts(b, on(c.condition), c.axes, c.where && on(c.where), (axes, where, body) =>
      add({ term: 'require', span: c.span, axes, where, body, kind: 'support' }),
    );
  return { factors, fixed };
}

/** Summands as `split` finds them, and those of sums written out behind a known number: w·(a + b) is w·a + w·b. */
function apart(b: Builder, n: Node, axes: readonly Axis[], where: Node | null, emit: Emit): void {
  split(b, n, axes, where, (a, w, body) => {
    if (body.op === 'call' && body.fn === 'mul') {
      const [x, y] = body.args;
      const [known, sum] = (x.uses & Uses.unknown) === 0 ? [x, y] : [y, x];
      const added = sum.op === 'call' && (sum.fn === 'add' || sum.fn === 'sub');
      if (added && (known.uses & Uses.unknown) === 0) {
        apart(b, sum, a, w, (a2, w2, part) => emit(a2, w2, b.mul(known, part)));
        return;
      }
    }
    emit(a, w, body);
  });
}

/** The energy of what reads no free unknown. */
function constantOf(
  b: Builder,
  fixed: readonly Factor[],
  { sizeOf, constants }: Pick<GraphModel, 'sizeOf' | 'constants'>,
  engine: Engine,
): number | { readonly why: string } {
  const sum = (kind: Factor['kind']): Node =>
    b.addAll(
      fixed
        .filter((f) => f.kind === kind)
        .map((f) => b.sum(f.axes, kind === 'energy' ? f.body : b.call('not', f.body), f.where)),
    );
  const outputs = [
    { name: 'energy', axes: [], node: sum('energy') },
    { name: 'broken', axes: [], node: sum('support') },
  ];
  try {
    const evaluator = engine.compile({ outputs, sizeOf }, constants);
    const out = evaluator.run(new Map());
    evaluator.dispose();
    if (out.get('broken')!.data[0] > 0) return Number.POSITIVE_INFINITY;
    const energy = out.get('energy')!.data[0];
    return energy > Number.NEGATIVE_INFINITY
      ? energy
      : { why: 'the energy of what is given is not a finite number' };
  } catch (e) {
    if (e instanceof OutOfRange) return { why: `\`${e.slot}\` is read outside its index set` };
    throw e;
  }
}

/** The energy of all instances where all codes are 0: what pairs leave out. */
function atZero({ instances, mask, row, weight, table, joint }: Tabulated): number {
  let sum = 0;
  for (let i = 0; i < instances; i++)
    if (mask?.[i] !== 0) sum += table[(row ? row[i] : 0) * joint] * (weight ? weight[i] : 1);
  return sum;
}
