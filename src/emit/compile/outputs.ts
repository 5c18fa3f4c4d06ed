/**
 * What a compiled energy takes and gives: one input for each unknown, and of its state the energy, each term, whether
 * it lies in the support, and the derivatives: of real unknowns in their own coordinates, of discrete ones by their
 * one-hot vectors at the state (`ir/relax.ts`), with one more dimension, over the values.
 */
import { relaxEnergy } from '../../analyse/relaxation.ts';
import { type DiscreteDomain, isArranged, isDiscrete, valueMap } from '../../domain.ts';
import type { Output } from '../../engines/engine.ts';
import type { Model } from '../../infer/model.ts';
import { type Batch, makeBatch, violationsOf } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import { gradient } from '../../ir/derive.ts';
import { atCorners, type RelaxedInput } from '../../ir/relax.ts';
import type { Axis, Energy, Lambda, Node, Slot } from '../../ir/types.ts';
import { unrolled } from '../../ir/unroll.ts';

export interface EnergyInput {
  readonly name: string;
  readonly unknown: Slot;
  /** What the outputs read. */
  readonly slot: Slot;
}

/** What an output is of. */
export type Meaning =
  | { readonly kind: 'energy' }
  | { readonly kind: 'supported' }
  | { readonly kind: 'term'; readonly term: string }
  /**
   * `exact`: differences between the values of one element are differences of the energy; else to first order.
   * `blind`: some of what the energy reads has no part in them.
   */
  | {
      readonly kind: 'gradient';
      readonly unknown: Slot;
      readonly of: 'value' | 'one_hot';
      readonly exact?: boolean;
      readonly blind?: boolean;
    };

export interface EnergyOutput extends Output {
  readonly meaning: Meaning;
}

export interface Exported {
  readonly inputs: readonly EnergyInput[];
  readonly outputs: readonly EnergyOutput[];
  /** Unknowns without a gradient, which only have states that differ in several elements. */
  readonly without: readonly Slot[];
}

/** Steps of a recurrence that is written out. */
const MOST_STEPS = 512;

/**
 * @param batch states that are evaluated side by side; null: one, whose arrays have no dimension for that
 * @throws TooManySteps
 */
export function exported(model: Model, batch: number | null): Exported {
  const { builder: b, energy } = model;
  const lead: readonly Axis[] = batch === null ? [] : [b.axis(b.range(batch), 'state')];
  const states = makeBatch(b, energy.unknowns, lead);
  const at = (name: string, meaning: Meaning, node: Node, own: readonly Axis[] = []): EnergyOutput => ({
    name,
    axes: [...lead, ...own],
    node,
    meaning,
  });
  const plain = (nodes: readonly Node[]): readonly Node[] => unrolled(b, nodes, model.sizeOf, MOST_STEPS);
  const terms = plain(energy.terms.map((t) => states.on(t.body)));
  const total = b.addAll(terms);
  const gradients: readonly Derivative[] = [
    ...realGradients(b, energy, total, states, lead),
    ...oneHotGradients(model, plain, states, lead),
  ].sort((x, y) => energy.unknowns.indexOf(x.slot) - energy.unknowns.indexOf(y.slot));
  const outputs = [
    at('energy', { kind: 'energy' }, total),
    ...plain(supportOf(b, energy, states)).map((node) => at('supported', { kind: 'supported' }, node)),
    ...energy.terms.map((t, k) => at(`term/${t.name}`, { kind: 'term', term: t.name }, terms[k])),
    ...gradients.map(({ slot, value, exact, blind }) => {
      const of = exact === undefined ? 'value' : 'one_hot';
      const meaning: Meaning = { kind: 'gradient', unknown: slot, of, exact, blind };
      return at(`gradient/${slot.name}`, meaning, value.body, value.axes);
    }),
  ];
  const taken = new Set(outputs.map((o) => o.name));
  return {
    inputs: energy.unknowns.map((unknown) => ({
      name: taken.has(unknown.name) ? `input/${unknown.name}` : unknown.name,
      unknown,
      slot: states.slots.get(unknown)!,
    })),
    outputs,
    without: energy.unknowns.filter((u) => isArranged(u.domain)),
  };
}

/** Whether all requirements hold and all reals lie between their bounds; nothing where neither is there. */
function supportOf(b: Builder, energy: Energy, { on, slots }: Batch): readonly Node[] {
  const broken = energy.support.map((c) => violationsOf(b, c, on));
  for (const u of energy.unknowns) {
    if (u.domain.kind !== 'real') continue;
    const { lo, hi, lower, upper } = u.domain;
    const axes = u.sets.map((s) => b.axis(s));
    const indices = axes.map((a) => b.axisNode(a));
    const x = b.read(u, indices);
    const bounds: readonly (readonly ['lt' | 'gt', Node])[] = [
      ...(Number.isFinite(lo) ? [['lt', b.const(lo)] as const] : []),
      ...(Number.isFinite(hi) ? [['gt', b.const(hi)] as const] : []),
      ...(lower ? [['lt', b.apply(lower, indices)] as const] : []),
      ...(upper ? [['gt', b.apply(upper, indices)] as const] : []),
    ];
    for (const [fn, bound] of bounds) broken.push(b.sum(axes, on(b.call(fn, x, bound))));
  }
  if (broken.length === 0 || slots.size === 0) return [];
  return [b.call('eq', b.addAll(broken), b.const(0))];
}

interface Derivative {
  readonly slot: Slot;
  readonly value: Lambda;
  /** Of one-hot vectors. */
  readonly exact?: boolean;
  readonly blind?: boolean;
}

/** @param total the energy of each state; states do not depend on each other, so that the derivative of their sum is that of each */
function realGradients(
  b: Builder,
  energy: Energy,
  total: Node,
  { slots }: Batch,
  lead: readonly Axis[],
): readonly Derivative[] {
  const real = energy.unknowns.filter((u) => !isDiscrete(u.domain));
  const batched = real.map((u) => slots.get(u)!);
  const of = gradient(b, total, batched);
  return real.map((slot, k) => {
    const { axes, body } = of.get(batched[k])!;
    const own = axes.slice(lead.length);
    const here = [...lead, ...own].map((a) => b.axisNode(a));
    return { slot, value: { axes: own, body: b.substitute(body, axes, here) } };
  });
}

function oneHotGradients(
  model: Model,
  plain: (nodes: readonly Node[]) => readonly Node[],
  states: Batch,
  lead: readonly Axis[],
): readonly Derivative[] {
  const { builder: b, energy } = model;
  const slots = energy.unknowns.filter((u) => isDiscrete(u.domain) && !isArranged(u.domain));
  if (slots.length === 0) return [];
  const relaxed = relaxEnergy(b, energy, slots, model);
  const first = lead.map((a) => b.axisNode(a));
  const at = (n: Node): Node =>
    atCorners(b, relaxed, n, (slot, indices) => b.read(states.slots.get(slot)!, [...first, ...indices]));
  const inputs = slots.map((s) => relaxed.inputs.get(s)!);
  const of = gradient(
    b,
    b.addAll(plain(relaxed.terms.map((t) => t.body))),
    inputs.map((i) => i.input),
  );
  const blind = relaxed.terms.some((t) => t.blind);
  return inputs.map((i) => {
    const { axes, body } = of.get(i.input)!;
    const value = byStates(b, i, { axes, body: at(body) });
    return { slot: i.slot, value, exact: relaxed.exact, blind };
  });
}

/** ∂E/∂one-hot, over the states last: of a number x = Σ value(s)·o[s] it is ∂E/∂x times each value. */
function byStates(b: Builder, { kind, slot, over }: RelaxedInput, of: Lambda): Lambda {
  if (kind === 'one_hot') return of;
  const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
  const s = b.axis(over, 'state');
  const value = b.add(b.mul(b.const(scale), b.axisNode(s)), b.const(offset));
  return { axes: [...of.axes, s], body: b.mul(of.body, value) };
}
