/** Single changes of an unknown as conditional energies: of each element, of the terms that touch it only. */

import type { Touching } from '../../analyse/blocks.ts';
import { conditional } from '../../analyse/conditional.ts';
import type { HostArray } from '../../arrays.ts';
import type { BoundProgram } from '../../bind/bound.ts';
import { type DiscreteDomain, valueMap } from '../../domain.ts';
import type { Batch } from '../../ir/batch.ts';
import type { Axis, Slot } from '../../ir/types.ts';
import type { ChangeGroup, Changing, MadeGroup } from './changes.ts';
import { candidates, Deal } from './site-choice.ts';

export interface LocalSpec {
  readonly bound: BoundProgram;
  readonly rows: Batch;
  readonly row: Axis;
  /** What touches the unknown. */
  readonly touching: readonly Touching[];
}

/** @param sites elements of each row that a step looks at */
export function localChanges(
  { bound, rows, row, touching }: LocalSpec,
  { unknown, elements, states }: Changing,
  sites: number,
): MadeGroup {
  const b = bound.program.builder;
  const domain = unknown.domain as DiscreteDomain;
  const { offset, scale } = valueMap(domain);
  const batch = bound.sizeOf(row.set);
  const all = sites === elements;
  const cond = conditional(
    b,
    { slot: unknown, touching },
    rows,
    all ? { kind: 'all' } : { kind: 'each', count: sites },
    { sizeOf: bound.sizeOf, constants: bound.constants },
  );
  const value = cond.axes[cond.axes.length - 1];
  const siteAxes = cond.axes.slice(1, -1);
  const code = b.axisNode(value);
  const present = b.read(rows.slots.get(unknown)!, [b.axisNode(row), ...cond.coords]);
  // Candidates are written with the present value first.
  const own = cond.candidateSlot
    ? b.call('eq', code, b.const(0))
    : b.call('eq', b.add(b.mul(code, b.const(scale)), b.const(offset)), present);
  const now = b.sum([value], b.call('select', own, cond.energy, b.const(0)));
  const group: ChangeGroup = {
    form: 'local',
    unknowns: [unknown],
    elements,
    sites,
    siteAxes,
    value,
    gap: b.sub(now, cond.energy),
    where: cond.violations && b.call('eq', cond.violations, b.const(0)),
    own,
  };
  const deal = new Deal(batch, sites, elements);
  const inputs = new Map<Slot, HostArray>();
  if (cond.siteSlot) inputs.set(cond.siteSlot, { shape: [batch, sites], data: deal.picks });
  const among = new Float64Array(cond.candidateSlot ? batch * sites * cond.states : 0);
  if (cond.candidateSlot)
    inputs.set(cond.candidateSlot, {
      shape: [batch, ...siteAxes.map((a) => bound.sizeOf(a.set)), cond.states],
      data: among,
    });
  const scratch = new Int32Array(cond.states);
  return {
    group,
    inputs,
    constants: cond.tables,
    negatives: null,
    supported: null,
    draw: ({ states: values, stream }) => {
      const own = stream.fork(unknown.name, 'sites');
      deal.draw(own);
      if (!cond.candidateSlot) return;
      const x = values.get(unknown)!;
      for (let i = 0, k = 0; i < deal.picks.length; i++) {
        const n = Math.floor(i / sites);
        const at = (x[n * elements + deal.picks[i]] - offset) / scale;
        candidates(domain, states, at, cond.states, own, scratch);
        for (let j = 0; j < cond.states; j++) among[k++] = offset + scale * scratch[j];
      }
    },
  };
}
