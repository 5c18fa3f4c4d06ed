/**
 * All states of an energy's unknowns as one array for each: joint states of what is discrete, times the nodes of a
 * quadrature for at most two reals. Sums over the table are sums, or integrals, over all states.
 */
import { sizeOfShape } from '../../arrays.ts';
import type { BoundProgram } from '../../bind/bound.ts';
import { shapeOf } from '../../bind/bound.ts';
import { isArranged, isDiscrete, showDomain } from '../../domain.ts';
import type { Engine } from '../../engines/engine.ts';
import { jointStates } from '../../infer/joint-states.ts';
import { makeModel, noClamp } from '../../infer/model.ts';
import { makeBatch, violationsOf } from '../../ir/batch.ts';
import { type Constraint, type Energy, type Slot, Uses } from '../../ir/types.ts';
import type { Rows } from '../rows.ts';
import { type Nodes, quadrature } from './quadrature.ts';

export interface JointTable {
  readonly count: number;
  /** [count, ...unknown] */
  readonly states: ReadonlyMap<Slot, Float64Array>;
  /** ln of the weight of each state; null where all are 1. */
  readonly logWeights: Float64Array | null;
  /** 1 for the states of the rule of half as many points in each real; how much more each of them then weighs. */
  readonly coarse: Uint8Array;
  readonly coarser: number;
  /** 1 for states whose reals are near an end of what was integrated over. */
  readonly outer: Uint8Array;
  /** Requirements that depend on parameters: the states that break them are still there. */
  readonly open: readonly Constraint[];
}

export interface TableSpec {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly engine: Engine;
  readonly rows: Rows;
}

/** A real element that is integrated over. */
export interface RealElement {
  readonly slot: Slot;
  readonly element: number;
}

export interface Extent {
  /** Joint states of the discrete unknowns; Infinity when they are too many for a number. */
  readonly states: number;
  readonly reals: readonly RealElement[];
  /** Why some real cannot be integrated over, a clause. */
  readonly why: string | null;
}

/** How much there is to add up and to integrate over. */
export function extentOf({ bound, energy, engine }: TableSpec): Extent {
  const model = makeModel(bound, energy, new Map(), engine);
  const { total } = jointStates(model, noClamp(model));
  const reals: RealElement[] = [];
  let why: string | null = null;
  for (const slot of energy.unknowns) {
    const d = slot.domain;
    if (isDiscrete(d)) continue;
    if (d.kind !== 'real' && d.kind !== 'angle')
      why ??= `\`${slot.name}\` is ${showDomain(d)}, whose elements are not free of each other`;
    else if (d.kind === 'real' && (d.lower || d.upper))
      why ??= `the bounds of \`${slot.name}\` depend on other values`;
    const size = sizeOfShape(shapeOf(slot, bound.sizeOf));
    for (let element = 0; element < size; element++) reals.push({ slot, element });
  }
  return { states: total, reals, why };
}

/** A digit of a mixed-radix number: a discrete element, an arrangement, or a node of a real element. */
interface Digit {
  readonly slot: Slot;
  readonly size: number;
  readonly count: number;
  readonly write: (x: Float64Array, code: number) => void;
  readonly nodes: Nodes | null;
}

/**
 * @param points of each real element
 * @returns null where no state satisfies the requirements that depend on no parameter
 */
export function jointTable(spec: TableSpec, extent: Extent, points: number): JointTable | null {
  const { bound, energy, engine, rows } = spec;
  const model = makeModel(bound, energy, new Map(), engine);
  const digits: Digit[] = jointStates(model, noClamp(model)).digits.map((d) => ({ ...d, nodes: null }));
  for (const { slot, element } of extent.reals) {
    const nodes = nodesOf(rows, slot, element, points);
    const write = (x: Float64Array, code: number): void => {
      x[element] = nodes.values[code];
    };
    digits.push({ slot, size: rows.elements.get(slot)!, count: nodes.values.length, write, nodes });
  }
  const total = digits.reduce((n, d) => n * d.count, 1);
  const states = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(total * u.size)]));
  const logWeights = extent.reals.length > 0 ? new Float64Array(total) : null;
  const coarse = new Uint8Array(total).fill(1);
  const outer = new Uint8Array(total);
  for (let s = 0; s < total; s++) {
    let rest = s;
    for (let j = digits.length - 1; j >= 0; j--) {
      const { slot, size, count, write, nodes } = digits[j];
      const code = rest % count;
      write(states.get(slot)!.subarray(s * size, (s + 1) * size), code);
      if (nodes) {
        logWeights![s] += nodes.logWeights[code];
        coarse[s] &= nodes.coarse[code];
        outer[s] |= nodes.outer[code];
      }
      rest = Math.floor(rest / count);
    }
  }
  const told = energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain)));
  const open = told.filter((c) => ((c.condition.uses | (c.where?.uses ?? 0)) & Uses.param) !== 0);
  const kept = inside(
    spec,
    states,
    total,
    told.filter((c) => !open.includes(c)),
  );
  if (kept?.length === 0) return null;
  const all: JointTable = {
    count: total,
    states,
    logWeights,
    coarse,
    coarser: 2 ** extent.reals.length,
    outer,
    open,
  };
  return kept && kept.length < total ? some(all, kept) : all;
}

function nodesOf(rows: Rows, slot: Slot, element: number, points: number): Nodes {
  const d = slot.domain;
  if (d.kind !== 'real' && d.kind !== 'angle') throw new Error(`${slot.name} has no quadrature`);
  const { data } = rows.columns.get(slot)!;
  const size = rows.elements.get(slot)!;
  const column = Float64Array.from({ length: rows.count }, (_, n) => data[n * size + element]);
  return quadrature(d, column, points);
}

/** The states that satisfy all of these; null where there is nothing to satisfy. */
function inside(
  { bound, energy, engine }: TableSpec,
  states: ReadonlyMap<Slot, Float64Array>,
  total: number,
  support: readonly Constraint[],
): Int32Array | null {
  if (support.length === 0) return null;
  const b = bound.program.builder;
  const axis = b.axis(b.range(total), 'state');
  const batch = makeBatch(b, energy.unknowns, [axis]);
  const node = b.addAll(support.map((c) => violationsOf(b, c, batch.on)));
  const evaluator = engine.compile(
    { outputs: [{ name: 'broken', axes: [axis], node }], sizeOf: bound.sizeOf },
    bound.constants,
  );
  const inputs = new Map(
    [...batch.slots].map(([u, to]) => [
      to,
      { shape: [total, ...shapeOf(u, bound.sizeOf)], data: states.get(u)! },
    ]),
  );
  const broken = evaluator.run(inputs).get('broken')!.data;
  const kept = Int32Array.from({ length: total }, (_, s) => s).filter((s) => broken[s] === 0);
  evaluator.dispose();
  return kept;
}

/** The states with these numbers. */
function some(table: JointTable, kept: Int32Array): JointTable {
  const pick = (x: Uint8Array): Uint8Array => Uint8Array.from(kept, (s) => x[s]);
  const { logWeights } = table;
  return {
    ...table,
    count: kept.length,
    states: new Map(
      [...table.states].map(([slot, from]) => {
        const size = from.length / table.count;
        const to = new Float64Array(kept.length * size);
        kept.forEach((s, k) => {
          to.set(from.subarray(s * size, (s + 1) * size), k * size);
        });
        return [slot, to];
      }),
    ),
    logWeights: logWeights && Float64Array.from(kept, (s) => logWeights[s]),
    coarse: pick(table.coarse),
    outer: pick(table.outer),
  };
}
