/**
 * A discrete unknown summed out of an energy, exactly: E'(rest) = −ln Σ over its states of exp(−E). What a sampler of
 * the reals moves on is then E', in which labels, hidden paths and change points no longer hold it back.
 *
 * Where the sum is cheap:
 *   sites  no two free elements share a factor: −Σ over elements of ln Σ over states;
 *   chain  elements along lines: the forward recursion (Rabiner, Proc. IEEE 77 (1989) 257), as a `scan`;
 *   joint  few joint states: one sum over them.
 * The parts of the energy that do not read the unknown stay as they are. What a requirement forbids has weight 0;
 * where it forbids every state, the energy is +∞ and its gradient 0. The unknowns left may be summed out in turn.
 */
import type { HostArray } from '../arrays.ts';
import { isArranged, isDiscrete, largestConditional, stateCount } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import type { Batch } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import type { Constraint, Energy, Lambda, Node, Slot, Term } from '../ir/types.ts';
import { type SiteBlocks, siteBlocks, type Touching } from './blocks.ts';
import { conditional } from './conditional.ts';
import { conjuncts, type Factor, readsOf, split } from './factors.ts';
import { type Forest, forestOf, part } from './forest.ts';
import { isStatic, type Tables } from './incidence.ts';
import { chainTerm, isChain, type Probe } from './marginal-chain.ts';
import { type Codes, jointCodes, jointTerm } from './marginal-joint.ts';
import { staticValues } from './static-values.ts';

export interface Within extends Tables {
  readonly builder: Builder;
}

export interface Given {
  readonly fixed: ReadonlyMap<Slot, Uint8Array>;
  readonly values: ReadonlyMap<Slot, Float64Array>;
}

export type SumForm =
  | { readonly kind: 'sites' }
  | { readonly kind: 'chain'; readonly forest: Forest }
  | {
      readonly kind: 'joint';
      readonly codes: Codes;
      readonly energy: Lambda;
      readonly violations: Node | null;
    };

export interface Marginal {
  readonly slot: Slot;
  /** Without the unknown. Reports are left out: they may read it. */
  readonly energy: Energy;
  /** What it reads beside the program's constants. */
  readonly tables: ReadonlyMap<Slot, HostArray>;
  readonly form: SumForm;
  /** The unknown in the energy before: for draws of it given the rest. */
  readonly info: SiteBlocks;
  /** Free elements, and states of each. */
  readonly free: number;
  readonly states: number;
}

/** The most joint states that are listed. */
export const MAX_JOINT = 256;

/**
 * The energy with one unknown summed out: of its free elements the sum over states, of given ones the given state.
 * @param energy whose unknowns may be fewer than the program's
 * @param probe evaluates expressions that read nothing but the energy's unknowns, constants and `tables`
 * @param engine evaluates what index maps are seldom made of
 * @returns why not, where the unknown cannot be summed out by one of these forms
 */
export function sumOut(
  model: Within,
  energy: Energy,
  slot: Slot,
  given: Given,
  probe: (tables: ReadonlyMap<Slot, HostArray>) => Probe,
  engine?: Engine,
): Marginal | { readonly why: string } {
  const { builder: b, sizeOf } = model;
  const { domain } = slot;
  if (!isDiscrete(domain)) return { why: 'it is real' };
  if (isArranged(domain)) return { why: 'its elements depend on each other' };
  const states = stateCount(domain, sizeOf);
  if (states > largestConditional) return { why: `it has ${states} states` };
  const bound = energy.unknowns.find((u) => boundReads(u, slot));
  if (bound) return { why: `the bounds of \`${bound.name}\` depend on it` };
  const size = slot.sets.reduce((n, s) => n * sizeOf(s), 1);
  const fixed = given.fixed.get(slot) ?? new Uint8Array(size);
  const freeSites = Int32Array.from({ length: size }, (_, i) => i).filter((i) => fixed[i] === 0);
  if (freeSites.length === 0) return { why: 'every element is given' };

  const parts = parted(b, energy, slot);
  if (parts.touched.length === 0) return { why: 'nothing reads it' };
  const info = siteBlocks(b, slot, parts.touched, model, engine);
  const tables = new Map<Slot, HostArray>();
  const made = { b, model, slot, tables };
  const base = { slot, info, tables, free: freeSites.length, states };
  const held = heldReads(made, size, given);

  const done = (form: SumForm, body: Node, rest: Rest): Marginal => ({
    ...base,
    form,
    energy: {
      ...energy,
      unknowns: energy.unknowns.filter((u) => u !== slot),
      terms: [...parts.terms, ...rest.terms, { name: slot.name, span: slot.span ?? energy.span, body }],
      support: [...parts.support, ...rest.support],
      reports: [],
    },
  });
  const joint = (why: string): Marginal | { readonly why: string } => {
    if (states ** freeSites.length > MAX_JOINT) return { why };
    const codes = jointCodes(b, slot, freeSites, states, given, sizeOf, tables);
    const sum = jointTerm(b, parts.touched, slot, codes);
    return done({ kind: 'joint', codes, energy: sum.energy, violations: sum.violations }, sum.term, none);
  };

  const singles: Touching[] = [];
  let paired = false;
  for (const t of info.touching) {
    const inc = t.incidence;
    if (inc.kind === 'dense') return joint(`\`${t.factor.term}\`: ${inc.why}`);
    if (inc.kind === 'slab') {
      singles.push(t);
      continue;
    }
    const own = part(t.factor, inc, size, fixed, model);
    if (!own) return joint('its elements interact in circles, or more than two at a time');
    if (own.single) singles.push({ factor: t.factor, incidence: own.single });
    paired ||= own.pairs.length > 0;
  }
  const rest = (): Rest => restOf(made, info, freeSites, size, fixed, held, engine);
  const form: Extract<SumForm, { kind: 'sites' | 'chain' }> | null = paired ? null : { kind: 'sites' };
  if (form) {
    const all = freeSites.length === size;
    const selection = all ? ({ kind: 'all' } as const) : ({ kind: 'fixed', sites: freeSites } as const);
    const cond = conditional(b, { ...info, touching: singles }, inPlace(energy), selection, model);
    for (const [s, array] of cond.tables) tables.set(s, array);
    const axes = cond.axes.slice(0, -1);
    const where = cond.violations && b.call('eq', held(cond.violations), b.const(0));
    const [state] = cond.axes.slice(-1);
    const log = b.reduce('logsumexp', [state], b.neg(held(cond.energy)), where);
    return done(form, b.neg(b.sum(axes, log)), rest());
  }
  const forest = forestOf(model, info, given);
  if (!forest) return joint('its elements interact in circles, or have too many states');
  if (!isChain(forest)) return joint('its elements form trees that branch');
  const term = chainTerm({
    b,
    model,
    info,
    forest,
    batch: inPlace(energy),
    tables,
    held,
    probe: probe(tables),
  });
  return done({ kind: 'chain', forest }, term, rest());
}

// ── The energy, by what reads the unknown ───────────────────────────────────

interface Rest {
  readonly terms: readonly Term[];
  readonly support: readonly Constraint[];
}

const none: Rest = { terms: [], support: [] };

/** Terms and requirements that do not read the unknown, and the factors that do. */
function parted(b: Builder, energy: Energy, slot: Slot): Rest & { readonly touched: readonly Factor[] } {
  const terms: Term[] = [];
  const support: Constraint[] = [];
  const touched: Factor[] = [];
  const reads = (body: Node, where: Node | null): boolean =>
    readsOf(where ? [body, where] : [body], slot).length > 0;
  for (const t of energy.terms) {
    if (!reads(t.body, null)) {
      terms.push(t);
      continue;
    }
    const others: Node[] = [];
    split(b, t.body, [], null, (axes, where, body) => {
      if (reads(body, where)) touched.push({ term: t.name, span: t.span, axes, where, body, kind: 'energy' });
      else others.push(b.sum(axes, body, where));
    });
    if (others.length > 0) terms.push({ ...t, body: b.addAll(others) });
  }
  for (const c of energy.support) {
    if (!reads(c.condition, c.where)) {
      support.push(c);
      continue;
    }
    conjuncts(b, c.condition, c.axes, c.where, (axes, where, condition) => {
      if (reads(condition, where))
        touched.push({ term: 'require', span: c.span, axes, where, body: condition, kind: 'support' });
      else support.push({ span: c.span, axes, where, condition });
    });
  }
  return { terms, support, touched };
}

/** Whether a real unknown's bounds read the slot. */
function boundReads({ domain }: Slot, slot: Slot): boolean {
  if (domain.kind !== 'real') return false;
  const bounds = [domain.lower, domain.upper].flatMap((l) => (l ? [l.body] : []));
  return readsOf(bounds, slot).length > 0;
}

/** Reads of unknowns as they are: no batch. */
const inPlace = (energy: Energy): Batch => ({
  axes: [],
  slots: new Map(energy.unknowns.map((u) => [u, u])),
  on: (n) => n,
});

interface Making {
  readonly b: Builder;
  readonly model: Within;
  readonly slot: Slot;
  readonly tables: Map<Slot, HostArray>;
}

/** Rewrites what is left of reads of the unknown to what is given. */
function heldReads({ b, slot, tables, model }: Making, size: number, given: Given): (n: Node) => Node {
  let table: Slot | undefined;
  const shape = slot.sets.map(model.sizeOf);
  return (n) =>
    b.mapReads(n, (s, indices) => {
      if (s !== slot) return undefined;
      if (!table) {
        table = b.slot('table', `${slot.name} given`, slot.domain, slot.sets);
        tables.set(table, { shape, data: given.values.get(slot) ?? new Float64Array(size) });
      }
      return b.read(table, indices);
    });
}

/** The instances that touch no free element: with what is given in the place of the unknown. */
function restOf(
  { b, model, slot, tables }: Making,
  info: SiteBlocks,
  freeSites: Int32Array,
  size: number,
  fixed: Uint8Array,
  held: (n: Node) => Node,
  engine?: Engine,
): Rest {
  const terms: Term[] = [];
  const support: Constraint[] = [];
  const shape = slot.sets.map(model.sizeOf);
  let fixedTable: Slot | undefined;
  for (const { factor, incidence: inc } of info.touching) {
    let there: Node;
    if (inc.kind === 'slab') {
      if (freeSites.length === size) continue;
      if (!fixedTable) {
        fixedTable = b.slot('table', `${slot.name} is given`, { kind: 'bit' }, slot.sets);
        tables.set(fixedTable, { shape, data: fixed });
      }
      there = b.read(
        fixedTable,
        inc.axes.map((a) => b.axisNode(a)),
      );
    } else if (inc.kind === 'rows') {
      const dims = factor.axes.map((a) => model.sizeOf(a.set));
      const left = new Uint8Array(dims.reduce((x, y) => x * y, 1)).fill(1);
      for (const s of freeSites)
        for (let k = inc.start[s]; k < inc.start[s + 1]; k++) left[inc.instance[k]] = 0;
      if (factor.where && isStatic(factor.where) && engine) {
        const on = staticValues(b, factor.where, factor.axes, model, engine);
        for (let e = 0; e < left.length; e++) if (on[e] === 0) left[e] = 0;
      }
      if (!left.includes(1)) continue;
      if (factor.axes.length === 0) there = b.const(1);
      else {
        const table = b.slot(
          'table',
          `apart from ${slot.name}`,
          { kind: 'bit' },
          factor.axes.map((a) => a.set),
        );
        tables.set(table, { shape: dims, data: left });
        there = b.read(
          table,
          factor.axes.map((a) => b.axisNode(a)),
        );
      }
    } else continue;
    const own = factor.where && held(factor.where);
    const where = own ? b.call('and', there, own) : there;
    const body = held(factor.body);
    if (factor.kind === 'energy')
      terms.push({ name: factor.term, span: factor.span, body: b.sum(factor.axes, body, where) });
    else support.push({ span: factor.span, axes: factor.axes, where, condition: body });
  }
  return { terms, support };
}

/** The form in words: what is summed over. */
export function showForm({ form, free, states, slot }: Marginal): string {
  switch (form.kind) {
    case 'sites':
      return free === 1 && slot.sets.length === 0
        ? `${states} states`
        : `${states} states at each of ${free} ${free === 1 ? 'element' : 'elements'}`;
    case 'chain':
      return `paths of ${states} states along ${free} elements, by the forward recursion`;
    case 'joint':
      return `${form.codes.joint} joint states of ${free} ${free === 1 ? 'element' : 'elements'}`;
  }
}
