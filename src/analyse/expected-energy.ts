/**
 * The expectation of an energy under its own distribution, exactly, while parameters change: each instance of a factor
 * is weighed by the probabilities of the joint states of what it reads, which come from elimination
 * (Lauritzen & Spiegelhalter, J. R. Stat. Soc. B 50 (1988) 157) with the parameters as they are.
 *
 *   Σ_x p(x) E(x) = Σ over instances f and states s of their scopes of p_f(s)·E_f(s)
 *
 * With the probabilities as constants its derivative by a parameter is −∂ ln Z/∂θ. What does not depend on parameters
 * (scopes, the order of elimination, tables of requirements) is made once.
 */
import type { HostArray } from '../arrays.ts';
import { isArranged, isDiscrete, showDomain, stateCount, wholeLine } from '../domain.ts';
import type { Arrays, Engine, Evaluator, Output } from '../engines/engine.ts';
import type { DiscreteGraph } from '../exact/graph.ts';
import { type Elimination, eliminationOrder, withOrder } from '../exact/index.ts';
import { type Axis, type Node, type Slot, Uses } from '../ir/types.ts';
import { type GraphClamp, type GraphModel, type PlacedElements, place } from './discrete-graph.ts';
import { conjuncts, type Factor, split } from './factors.ts';
import { graphFactors } from './graph-factors.ts';
import { barrierOf, type LaidOut, layOut, nameOf, type Tabulated, tabulate } from './tabulate.ts';

export interface ExpectedEnergy {
  /** Σ_x p(x) E(x), without free axes; reads parameters, data and the weights among `inputs`. */
  readonly mean: Node;
  /** Written by `update`; the arrays stay the same objects. */
  readonly inputs: Arrays;
  readonly elimination: Elimination;
  /**
   * Weighs by p ∝ exp(−inverse·E) at these parameters.
   * @returns ln Σ exp(−inverse·E); NaN, with weights of 0, where an energy is not a number
   */
  update(params: Arrays, inverse: number): number;
  dispose(): void;
}

export interface ExpectationLimits {
  /** Most joint states of what one instance of a factor reads. */
  readonly joint: number;
  /** Most joint states of all cliques, and most weights. */
  readonly total: number;
}

/** A factor that reads unknowns, with its weights [instances, joint states]. */
interface Weighed {
  readonly factor: Factor;
  readonly laid: LaidOut;
  readonly slot: Slot;
  readonly weights: Float64Array;
  readonly name: string;
  /** For each instance whose scope is wanted and where its joint states go. */
  readonly goes: readonly { readonly instance: number; readonly wanted: number; readonly to: Int32Array }[];
}

/**
 * @param engine evaluates in float64
 * @returns or why there is none, a clause that follows `because`
 */
export function expectedEnergy(
  model: Pick<GraphModel, 'builder' | 'energy' | 'sizeOf' | 'constants'>,
  engine: Engine,
  limits: ExpectationLimits,
): ExpectedEnergy | { readonly why: string } {
  const { builder: b, energy, sizeOf, constants } = model;
  for (const u of energy.unknowns) {
    if (!isDiscrete(u.domain)) return { why: `\`${u.name}\` is ${showDomain(u.domain)}` };
    if (isArranged(u.domain))
      return { why: `\`${u.name}\` is a ${u.domain.kind}, whose elements move together` };
    if (stateCount(u.domain, sizeOf) > limits.joint) return { why: `\`${u.name}\` has too many values` };
  }
  const placed = place(energy.unknowns, nothingGiven(model), sizeOf);
  const tables = { sizeOf, constants };
  const requirements: Tabulated[] = [];
  for (const factor of requirementsOf(model)) {
    if (readsParam(factor)) return { why: 'a requirement depends on parameters' };
    const made = barrierOf(factor, sizeOf, limits.joint) ?? tabulate(b, factor, tables, engine, limits.joint);
    if (typeof made === 'string') return { why: made };
    if ('why' in made) return made;
    if (made.instances > 0) requirements.push(made);
  }
  const { reading, fixed } = summandsOf(model);
  const laid: { readonly factor: Factor; readonly laid: LaidOut }[] = [];
  let numbers = 0;
  for (const factor of reading) {
    const why = barrierOf(factor, sizeOf, limits.joint);
    if (why) return { why };
    if (factor.where && (factor.where.uses & Uses.param) !== 0)
      return { why: `${nameOf(factor)} has a condition that depends on parameters` };
    const made = layOut(b, factor, tables, engine, limits.joint);
    if ('why' in made) return made;
    if (made.instances === 0 || made.mask?.every((m) => m === 0)) continue;
    numbers += made.instances * made.joint;
    if (numbers > limits.total) return { why: `the tables of ${nameOf(factor)} are too large` };
    laid.push({ factor, laid: made });
  }
  // The graph without its numbers: the order serves all parameters.
  const shape = graphFactors(
    [
      ...requirements,
      ...laid.map((l) => tabulated(l.factor, l.laid, new Float64Array(l.laid.instances * l.laid.joint))),
    ],
    placed,
    0,
    true,
  );
  if ('why' in shape) return shape;
  const found = eliminationOrder({ states: placed.states, ...shape }, { total: limits.total });
  if ('why' in found) return found;
  const scopes = new Scopes();
  const weighed = laid.map(({ factor, laid: l }, i): Weighed => {
    const sets = [...factor.axes, ...l.values].map((a) => a.set);
    return {
      factor,
      laid: l,
      slot: b.slot('input', `weight of ${factor.term} ${i}`, wholeLine, sets),
      weights: new Float64Array(l.instances * l.joint),
      name: `energy ${i}`,
      goes: placesOf(l, placed, scopes),
    };
  });
  const axesOf = ({ factor, laid: l }: Weighed): Axis[] => [...factor.axes, ...l.values];
  const whenOf = ({ laid: l }: Weighed): Node | null =>
    l.guard && l.condition ? b.call('and', l.guard, l.condition) : (l.guard ?? l.condition);
  const constant = b.addAll(fixed.map((f) => b.sum(f.axes, f.body, f.where)));
  const outputs: Output[] = [
    { name: 'constant', axes: [], node: constant },
    ...weighed.map((w) => {
      const when = whenOf(w);
      const { value } = w.laid;
      return {
        name: w.name,
        axes: axesOf(w),
        node: when ? b.call('select', when, value, b.const(0)) : value,
      };
    }),
  ];
  const evaluator: Evaluator = engine.compile({ outputs, sizeOf }, constants);
  const mean = b.addAll([
    constant,
    ...weighed.map((w) => {
      const axes = axesOf(w);
      const weight = b.read(
        w.slot,
        axes.map((a) => b.axisNode(a)),
      );
      const counts = b.call('gt', weight, b.const(0));
      const when = whenOf(w);
      return b.sum(axes, b.mul(weight, w.laid.value), when ? b.call('and', when, counts) : counts);
    }),
  ]);
  return {
    mean,
    elimination: found,
    inputs: new Map(
      weighed.map((w): [Slot, HostArray] => [w.slot, { shape: w.slot.sets.map(sizeOf), data: w.weights }]),
    ),
    update(params, inverse) {
      for (const { weights } of weighed) weights.fill(0);
      const out = evaluator.run(params);
      const parts = weighed.map(({ factor, laid: l, name }) =>
        tabulated(
          factor,
          l,
          Float64Array.from(out.get(name)!.data, (e) => inverse * e),
        ),
      );
      const rest = inverse * out.get('constant')!.data[0];
      const made = graphFactors([...requirements, ...parts], placed, rest, true);
      if ('why' in made) return Number.NaN;
      const graph: DiscreteGraph = { states: placed.states, ...made };
      const exact = withOrder(graph, found);
      const marginals = exact.marginals(scopes.list);
      if (!marginals) return Number.NEGATIVE_INFINITY;
      for (const { laid: l, weights, goes } of weighed)
        for (const { instance, wanted, to } of goes) {
          const p = marginals.joint[wanted]!;
          const base = instance * l.joint;
          for (let s = 0; s < to.length; s++) weights[base + to[s]] = p[s];
        }
      return exact.logZ();
    },
    dispose: () => evaluator.dispose(),
  };
}

const readsParam = ({ body, where }: Factor): boolean =>
  ((body.uses | (where?.uses ?? 0)) & Uses.param) !== 0;

function nothingGiven({ energy, sizeOf }: Pick<GraphModel, 'energy' | 'sizeOf'>): GraphClamp {
  const empty = <T>(make: (n: number) => T): Map<Slot, T> =>
    new Map(energy.unknowns.map((u) => [u, make(u.sets.reduce((n, s) => n * sizeOf(s), 1))]));
  return { fixed: empty((n) => new Uint8Array(n)), values: empty((n) => new Float64Array(n)) };
}

/** Requirements that read unknowns. */
function requirementsOf({ builder: b, energy }: Pick<GraphModel, 'builder' | 'energy'>): Factor[] {
  const out: Factor[] = [];
  for (const c of energy.support)
    conjuncts(b, c.condition, c.axes, c.where, (axes, where, body) => {
      if (((body.uses | (where?.uses ?? 0)) & Uses.unknown) !== 0)
        out.push({ term: 'require', span: c.span, axes, where, body, kind: 'support' });
    });
  return out;
}

/** Summands of the energy that read unknowns, and the others. */
function summandsOf({ builder: b, energy }: Pick<GraphModel, 'builder' | 'energy'>): {
  readonly reading: readonly Factor[];
  readonly fixed: readonly Factor[];
} {
  const reading: Factor[] = [];
  const fixed: Factor[] = [];
  for (const t of energy.terms)
    split(b, t.body, [], null, (axes, where, body) => {
      const reads = ((body.uses | (where?.uses ?? 0)) & Uses.unknown) !== 0;
      (reads ? reading : fixed).push({ term: t.name, span: t.span, axes, where, body, kind: 'energy' });
    });
  return { reading, fixed };
}

function tabulated(factor: Factor, l: LaidOut, table: Float64Array): Tabulated {
  const { instances, mask, columns, joint } = l;
  const row = Int32Array.from({ length: instances }, (_, i) => i);
  return { factor, kind: 'energy', instances, mask, columns, joint, table, row, weight: null };
}

/** Scopes whose joint probabilities are wanted, each once. */
class Scopes {
  readonly list: Int32Array[] = [];
  private readonly byKey = new Map<string, number>();

  of(scope: Int32Array): number {
    const key = scope.join();
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    this.byKey.set(key, this.list.length);
    this.list.push(scope);
    return this.list.length - 1;
  }
}

/**
 * For each instance the scope that it reads, and for each of its joint states the joint state of the columns: several
 * columns may be one element, and what a guard keeps from being read has state 0.
 */
function placesOf(l: LaidOut, { states, at }: PlacedElements, scopes: Scopes): Weighed['goes'] {
  const { columns, mask, instances } = l;
  const strides = columns.map((_, k) => columns.slice(k + 1).reduce((n, c) => n * c.states, 1));
  const places = columns.map((c) => at.get(c.slot)!);
  const maps = new Map<string, Int32Array>();
  const out: { instance: number; wanted: number; to: Int32Array }[] = [];
  for (let instance = 0; instance < instances; instance++) {
    if (mask?.[instance] === 0) continue;
    const at = columns.map((c, k) => (c.elements[instance] < 0 ? -1 : places[k][c.elements[instance]]));
    const scope = Int32Array.from(new Set(at.filter((v) => v >= 0))).sort();
    if (scope.length === 0) continue;
    const use = at.map((v) => (v < 0 ? -1 : scope.indexOf(v)));
    const key = use.join();
    let to = maps.get(key);
    if (!to) {
      const size = scope.reduce((n, v) => n * states[v], 1);
      to = new Int32Array(size);
      for (let s = 0; s < size; s++) {
        const digits = new Int32Array(scope.length);
        for (let d = scope.length - 1, left = s; d >= 0; d--) {
          digits[d] = left % states[scope[d]];
          left = Math.floor(left / states[scope[d]]);
        }
        to[s] = use.reduce((sum, d, k) => (d < 0 ? sum : sum + digits[d] * strides[k]), 0);
      }
      maps.set(key, to);
    }
    out.push({ instance, wanted: scopes.of(scope), to });
  }
  return out;
}
