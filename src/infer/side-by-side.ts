/**
 * Many rows as one energy: E(row 0) + E(row 1) + …, each unknown with one more index, that of the row. Rows do not
 * touch each other, so whatever draws from the sum draws from each, and what is found out about an energy's structure
 * holds for all rows at once. Unknowns that every row knows become data.
 */
import type { Domain } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Constraint, Energy, Lambda, Node, Slot } from '../ir/types.ts';

export interface SideBySide {
  /** Without reports and hierarchies. */
  readonly energy: Energy;
  /** Each unknown of the energy over [row, …]: an unknown of the sum, or data. */
  readonly slots: ReadonlyMap<Slot, Slot>;
}

/** @param known unknowns whose values every row gives */
export function sideBySide(b: Builder, energy: Energy, rows: number, known: ReadonlySet<Slot>): SideBySide {
  const set = b.range(rows);
  const row = b.axis(set, 'row');
  const at = b.axisNode(row);
  const slots = new Map<Slot, Slot>();
  const on = (n: Node): Node =>
    b.mapReads(n, (slot, indices) => {
      const to = slots.get(slot);
      return to && b.read(to, [at, ...indices]);
    });
  const lambda = (l: Lambda): Lambda => ({ axes: [row, ...l.axes], body: on(l.body) });
  // A bound reads unknowns that are declared before its own.
  const domainOn = (d: Domain): Domain =>
    d.kind === 'real' && (d.lower || d.upper)
      ? { ...d, lower: d.lower && lambda(d.lower), upper: d.upper && lambda(d.upper) }
      : d;
  for (const u of energy.unknowns) {
    const role = known.has(u) ? 'data' : 'unknown';
    slots.set(u, b.slot(role, u.name, domainOn(u.domain), [set, ...u.sets], u.span));
  }
  const constraintOn = (c: Constraint): Constraint => {
    const implied = c.implied && !known.has(c.implied) ? slots.get(c.implied) : undefined;
    return {
      span: c.span,
      axes: [row, ...c.axes],
      where: c.where && on(c.where),
      condition: on(c.condition),
      ...(implied ? { implied } : {}),
    };
  };
  return {
    slots,
    energy: {
      name: energy.name,
      span: energy.span,
      unknowns: energy.unknowns.filter((u) => !known.has(u)).map((u) => slots.get(u)!),
      terms: energy.terms.map((t) => ({ name: t.name, span: t.span, body: b.sum([row], on(t.body)) })),
      support: energy.support.map(constraintOn),
      reports: [],
    },
  };
}
