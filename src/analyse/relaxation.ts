/** The relaxation of an energy with its data (`ir/relax.ts`): which places name different elements is looked up. */
import type { Engine } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Builder } from '../ir/build.ts';
import { differ, type Relaxation, relax, type Touched } from '../ir/relax.ts';
import type { Axis, Energy, Slot } from '../ir/types.ts';
import { isStatic, type Tables } from './incidence.ts';
import { siteColumn } from './static-values.ts';

/** Positions at which two index maps are compared. */
const MAX_COMPARED = 2 ** 20;

/**
 * The terms of the energy, in their order, with discrete unknowns read as one-hot vectors.
 * @param slots discrete unknowns other than permutations and subsets
 */
export function relaxEnergy(
  b: Builder,
  energy: Energy,
  slots: readonly Slot[],
  tables: Tables,
  engine: Engine = referenceEngine(),
): Relaxation {
  const bodies = energy.terms.map((t) => t.body);
  return relax(
    b,
    bodies,
    slots,
    tables.sizeOf,
    (x, y) => differ(x, y) || neverEqual(b, x, y, tables, engine),
  );
}

/** Whether two places name different elements at all positions of their axes. */
function neverEqual(b: Builder, x: Touched, y: Touched, tables: Tables, engine: Engine): boolean {
  if (![...x.indices, ...y.indices].every(isStatic)) return false;
  // What is bound in one of them runs by itself.
  const own = y.bound.map((a) => b.axis(a.set, a.name));
  const to = own.map((a) => b.axisNode(a));
  const indices = y.indices.map((i) => b.substitute(i, y.bound, to));
  const axes: Axis[] = [...new Set([...x.indices, ...indices].flatMap((i) => [...i.axes]))];
  const total = axes.reduce((n, a) => n * tables.sizeOf(a.set), 1);
  if (total > MAX_COMPARED) return false;
  const p = siteColumn(b, x.slot, x.indices, axes, tables, engine);
  const q = siteColumn(b, y.slot, indices, axes, tables, engine);
  for (let e = 0; e < total; e++) if (p[e] === q[e] && p[e] >= 0) return false;
  return true;
}
