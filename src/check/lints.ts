/** Warnings of an energy language: what is legal but hardly meant. One function a warning. */
import {
  candidateCount,
  type Domain,
  isArranged,
  isDiscrete,
  largestConditional,
  stateCount,
} from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import { type Energy, type Node, type Slot, Uses } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Checker } from './context.ts';
import type { CheckedProgram } from './program.ts';

/** Only programs without errors are looked at; used files when they are checked by themselves. */
export function lints(ck: Checker, program: CheckedProgram): void {
  const foreign = new Set(program.modules.map((m) => m.file));
  const determined = determinedSlots(program);
  for (const { energy } of program.energies.values()) {
    if (foreign.has(energy.span.file)) continue;
    constantTerms(ck, program, energy, determined);
    // A part of other energies that no job is about need not be normalised by itself.
    const isPart = ck.parts.has(energy.span) && !program.jobs.some((j) => j.energy === energy.name);
    if (!isPart) {
      untouchedUnknowns(ck, energy);
      flatPriors(ck, energy);
    }
    dearConditionals(ck, energy);
  }
  if (program.energies.size > 0) unusedNames(ck, program, foreign, determined);
}

/** W0402 */
function constantTerms(
  ck: Checker,
  program: CheckedProgram,
  energy: Energy,
  determined: ReadonlySet<Slot>,
): void {
  for (const t of energy.terms) {
    if (ck.drawn.has(t.span) || (t.body.uses & Uses.unknown) !== 0) continue;
    // That nothing else determines its parameters is said of them.
    const read = slotsRead([t.body]);
    const params = program.params.filter((p) => read.has(p.slot));
    if (params.length > 0 && params.every((p) => p.prior === null && !determined.has(p.slot))) continue;
    const what = (t.body.uses & Uses.param) === 0 ? 'is constant' : 'does not depend on the unknowns';
    ck.report(
      'warning',
      'W0402',
      t.span,
      `the term \`${t.name}\` ${what}: it changes nothing but the zero of energy`,
    );
  }
}

/** W0401, W0405 */
function untouchedUnknowns(ck: Checker, energy: Energy): void {
  const said = energy.support.filter((c) => !c.implied).map((c) => c.condition);
  const touched = slotsRead([...energy.terms.map((t) => t.body), ...said]);
  for (const u of energy.unknowns) {
    if (touched.has(u) || ck.drawn.has(u)) continue;
    const bounded = isBounded(u.domain);
    ck.report(
      'warning',
      bounded ? 'W0405' : 'W0401',
      u.span ?? energy.span,
      bounded
        ? `no term touches the unknown \`${u.name}\`: it is uniform`
        : `no term bounds the real unknown \`${u.name}\`: exp(−E) cannot be normalised`,
    );
  }
}

/** W0407: an unknown of an unbounded domain that only what data tell restrains. */
function flatPriors(ck: Checker, energy: Energy): void {
  const reads = new Map(energy.terms.map((t) => [t, slotsRead([t.body])]));
  const required = slotsRead(energy.support.filter((c) => !c.implied).map((c) => c.condition));
  for (const u of energy.unknowns) {
    if (isBounded(u.domain) || ck.drawn.has(u)) continue;
    const touching = energy.terms.filter((t) => reads.get(t)!.has(u));
    if (touching.length === 0 || !touching.every((t) => ck.likelihoods.has(t.span))) continue;
    if (required.has(u)) continue;
    const half = u.domain.kind === 'real' && (Number.isFinite(u.domain.lo) || Number.isFinite(u.domain.hi));
    ck.report(
      'warning',
      'W0407',
      u.span ?? energy.span,
      `the prior of \`${u.name}\` is flat and cannot be normalised; only the data keep exp(−E) finite`,
      { suggestion: `give it one, e.g. \`${u.name} ~ ${half ? 'exponential(1)' : 'normal(0, 10)'}\`` },
    );
  }
}

/** W0406: so many states that Gibbs sampling does not look at all of them. */
function dearConditionals(ck: Checker, energy: Energy): void {
  for (const u of energy.unknowns) {
    const d = u.domain;
    if (!isDiscrete(d) || isArranged(d)) continue;
    const states = stateCount(d, (s) => staticSize(s) ?? 0);
    if (states > largestConditional)
      ck.report(
        'warning',
        'W0406',
        u.span ?? energy.span,
        `\`${u.name}\` has ${states} states, too many for whole conditionals: each update chooses among ${candidateCount} of them, drawn at random`,
        { suggestion: 'chains move more slowly; a coarser domain or a real one may serve' },
      );
  }
}

function isBounded(d: Domain): boolean {
  if (d.kind === 'ordered') return false;
  if (d.kind !== 'real') return true;
  return (Number.isFinite(d.lo) || d.lower !== undefined) && (Number.isFinite(d.hi) || d.upper !== undefined);
}

/** W0403, W0404 */
function unusedNames(
  ck: Checker,
  program: CheckedProgram,
  foreign: ReadonlySet<string>,
  determined: ReadonlySet<Slot>,
): void {
  const read = new Set([...slotsRead(rootsOf(program)), ...slotsInJobs(program)]);
  for (const p of program.params) {
    if (foreign.has(p.span.file) || p.slot.name.includes('.')) continue;
    if (!read.has(p.slot))
      ck.report('warning', 'W0403', p.span, `nothing uses the parameter \`${p.slot.name}\``);
    else if (p.prior === null && !determined.has(p.slot))
      ck.report(
        'warning',
        'W0403',
        p.span,
        `nothing determines the parameter \`${p.slot.name}\`: it only enters terms without unknowns`,
        { suggestion: `let a term with unknowns depend on it, or give it a prior` },
      );
  }
  for (const d of program.data)
    if (!foreign.has(d.span.file) && !d.fields.some((f) => read.has(f.slot)))
      ck.report('warning', 'W0404', d.span, `nothing uses the data \`${d.name}\``);
}

/** What terms that depend on unknowns, requirements, reports and the priors of other parameters read. */
function determinedSlots(program: CheckedProgram): ReadonlySet<Slot> {
  const roots: Node[] = [];
  for (const { energy } of program.energies.values()) {
    for (const t of energy.terms) if ((t.body.uses & Uses.unknown) !== 0) roots.push(t.body);
    roots.push(...energy.support.map((c) => c.condition), ...energy.reports.map((r) => r.value.body));
  }
  const out = new Set(slotsRead(roots));
  for (const p of program.params)
    if (p.prior) for (const s of slotsRead([p.prior])) if (s !== p.slot) out.add(s);
  return out;
}

function rootsOf(program: CheckedProgram): readonly Node[] {
  const roots: Node[] = [];
  for (const { energy } of program.energies.values()) {
    roots.push(...energy.terms.map((t) => t.body), ...energy.reports.map((r) => r.value.body));
    for (const c of energy.support) roots.push(c.condition, ...(c.where ? [c.where] : []));
    for (const { domain } of energy.unknowns)
      if (domain.kind === 'real')
        for (const bound of [domain.lower, domain.upper]) if (bound) roots.push(bound.body);
  }
  for (const t of program.tupleSets)
    if (t.kind.kind === 'tuples' && t.kind.source.kind === 'comprehension')
      roots.push(...t.kind.source.elements, ...(t.kind.source.where ? [t.kind.source.where] : []));
  for (const j of program.jobs)
    for (const o of Object.values(j.options))
      if (o.kind === 'given')
        for (const g of o.entries) roots.push(g.value, ...g.indices, ...(g.where ? [g.where] : []));
  return roots;
}

function slotsInJobs(program: CheckedProgram): ReadonlySet<Slot> {
  const out = new Set<Slot>();
  for (const p of program.params) {
    if (p.prior) for (const s of slotsRead([p.prior])) if (s !== p.slot) out.add(s);
    const starts = p.init.kind === 'value' ? [p.init.value] : p.init.kind === 'random' ? p.init.args : [];
    for (const s of slotsRead(starts.map((l) => l.body))) out.add(s);
  }
  for (const j of program.jobs)
    for (const o of Object.values(j.options))
      if (o.kind === 'rows') for (const c of o.rows.columns) out.add(c.data);
  for (const t of program.tupleSets)
    if (t.kind.kind === 'tuples' && t.kind.source.kind === 'edges') out.add(t.kind.source.data);
  return out;
}
