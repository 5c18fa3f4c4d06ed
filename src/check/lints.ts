/** Warnings of an energy language: what is legal but hardly meant. */
import { type Node, type Slot, Uses } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Checker } from './context.ts';
import type { CheckedProgram } from './program.ts';

export function lints(ck: Checker, program: CheckedProgram): void {
  const roots: Node[] = [];
  const inJobs = new Set<Slot>();
  for (const { energy } of program.energies.values()) {
    const touched = new Set<Slot>();
    for (const t of energy.terms) {
      roots.push(t.body);
      for (const s of slotsRead([t.body])) touched.add(s);
      if (ck.drawn.has(t.span)) continue;
      if ((t.body.uses & (Uses.unknown | Uses.param)) === 0)
        ck.report(
          'warning',
          'W0402',
          t.span,
          `the term \`${t.name}\` is constant: it changes nothing but the zero of energy`,
        );
      else if ((t.body.uses & Uses.unknown) === 0)
        ck.report(
          'warning',
          'W0402',
          t.span,
          `the term \`${t.name}\` does not depend on the unknowns: it changes nothing but the zero of energy`,
        );
    }
    for (const c of energy.support) {
      roots.push(c.condition, ...(c.where ? [c.where] : []));
      for (const s of slotsRead([c.condition])) touched.add(s);
    }
    for (const r of energy.reports) roots.push(r.value.body);
    for (const u of energy.unknowns) {
      if (touched.has(u) || ck.drawn.has(u)) continue;
      const unbounded =
        u.domain.kind === 'real' && !(Number.isFinite(u.domain.lo) && Number.isFinite(u.domain.hi));
      ck.report(
        'warning',
        unbounded ? 'W0401' : 'W0405',
        u.span ?? energy.span,
        unbounded
          ? `no term bounds the real unknown \`${u.name}\`: exp(−E) cannot be normalised`
          : `no term touches the unknown \`${u.name}\`: it is uniform`,
      );
    }
  }
  for (const p of program.params)
    if (p.prior) for (const s of slotsRead([p.prior])) if (s !== p.slot) inJobs.add(s);
  for (const j of program.jobs)
    for (const o of Object.values(j.options)) {
      if (o.kind === 'rows') for (const c of o.rows.columns) inJobs.add(c.data);
      if (o.kind === 'given')
        for (const g of o.entries) roots.push(g.value, ...g.indices, ...(g.where ? [g.where] : []));
    }
  for (const t of program.tupleSets)
    if (t.kind.kind === 'tuples' && t.kind.source.kind === 'comprehension')
      roots.push(...t.kind.source.elements, ...(t.kind.source.where ? [t.kind.source.where] : []));
  if (program.energies.size === 0) return;
  const read = new Set([...slotsRead(roots), ...inJobs]);
  for (const p of program.params)
    if (!read.has(p.slot) && !p.slot.name.includes('.'))
      ck.report('warning', 'W0403', p.span, `nothing uses the parameter \`${p.slot.name}\``);
  for (const d of program.data)
    if (!d.fields.some((f) => read.has(f.slot)))
      ck.report('warning', 'W0404', d.span, `nothing uses the data \`${d.name}\``);
}
