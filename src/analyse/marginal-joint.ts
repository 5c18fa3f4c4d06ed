/** All joint states of an unknown's free elements, listed: for few elements that everything touches. */
import type { HostArray } from '../arrays.ts';
import { type DiscreteDomain, valueMap } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, IndexSet, Lambda, Node, Slot } from '../ir/types.ts';
import type { Factor } from './factors.ts';

export interface Codes {
  readonly joint: number;
  /** Values of all elements in each joint state, row-major: [state, element]. */
  readonly values: Float64Array;
  /** The free elements. */
  readonly sites: Int32Array;
  readonly axis: Axis;
  readonly table: Slot;
}

/** @param tables receives the table of values */
export function jointCodes(
  b: Builder,
  slot: Slot,
  sites: Int32Array,
  states: number,
  given: { readonly values: ReadonlyMap<Slot, Float64Array> },
  sizeOf: (set: IndexSet) => number,
  tables: Map<Slot, HostArray>,
): Codes {
  const shape = slot.sets.map(sizeOf);
  const size = shape.reduce((x, y) => x * y, 1);
  const joint = states ** sites.length;
  const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
  const held = given.values.get(slot) ?? new Float64Array(size);
  const values = new Float64Array(joint * size);
  for (let v = 0; v < joint; v++) {
    values.set(held, v * size);
    let rest = v;
    for (let i = sites.length - 1; i >= 0; i--) {
      values[v * size + sites[i]] = offset + scale * (rest % states);
      rest = Math.floor(rest / states);
    }
  }
  const set = b.range(joint);
  const table = b.slot('table', `states of ${slot.name}`, slot.domain, [set, ...slot.sets]);
  tables.set(table, { shape: [joint, ...shape], data: values });
  return { joint, values, sites, axis: b.axis(set, 'state'), table };
}

export interface JointTerm {
  /** Over the joint states, of what reads the unknown. */
  readonly energy: Lambda;
  /** Number of requirements broken in each; null where there are none. */
  readonly violations: Node | null;
  /** −ln Σ exp(−energy) */
  readonly term: Node;
}

export function jointTerm(b: Builder, factors: readonly Factor[], slot: Slot, codes: Codes): JointTerm {
  const { axis, table } = codes;
  const on = (n: Node): Node =>
    b.mapReads(n, (s, indices) => (s === slot ? b.read(table, [b.axisNode(axis), ...indices]) : undefined));
  const all = (kind: Factor['kind']): Node[] =>
    factors
      .filter((f) => f.kind === kind)
      .map((f) =>
        b.sum(f.axes, kind === 'energy' ? on(f.body) : b.call('not', on(f.body)), f.where && on(f.where)),
      );
  const energy = b.addAll(all('energy'));
  const broken = all('support');
  const violations = broken.length > 0 ? b.addAll(broken) : null;
  const where = violations && b.call('eq', violations, b.const(0));
  return {
    energy: { axes: [axis], body: energy },
    violations,
    term: b.neg(b.reduce('logsumexp', [axis], b.neg(energy), where)),
  };
}
