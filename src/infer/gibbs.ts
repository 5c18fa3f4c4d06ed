/**
 * Gibbs sampling of discrete unknowns, block by block, all chains side by side:
 * Geman & Geman, IEEE PAMI 6 (1984) 721. A block's sites do not interact given the
 * rest, so each sweep leaves exp(−E) invariant. Sites that requirements forbid are
 * excluded; where a state already violates some, the least violating values are
 * taken, which repairs a bad start (min-conflicts, Minton et al. 1992) and changes
 * nothing once the state is feasible.
 */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { type Conditional, conditional, type SiteSelection } from '../analyse/conditional.ts';
import { type DiscreteDomain, largestConditional, stateCount, valueMap } from '../domain.ts';
import type { Evaluator } from '../engines/engine.ts';
import { makeBatch } from '../ir/batch.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { matrixFault } from './matrix-fault.ts';
import { batchInputs, type Clamp, compile, fault, type Model, type States } from './model.ts';

/** Programs with fixed sites are made for up to this many blocks of one unknown; beyond, one program takes any. */
const MAX_FIXED = 8;

interface BlockProgram {
  readonly cond: Conditional;
  readonly run: Evaluator;
  readonly sites: readonly Int32Array[];
}

export interface Gibbs {
  /**
   * One sweep over every free discrete element, in place. Chain c draws from streams[c] only.
   * @param beta inverse temperature: draws from exp(−β·E); 1 but in an annealed warm-up
   */
  sweep(states: States, streams: readonly Stream[], beta?: number): void;
  /**
   * E0701 if in the last sweep some element had no value of finite energy. A random start may be such a state
   * (log 0 in a table of probabilities); the element then takes any value, until others have moved.
   */
  fault(): Error | undefined;
  dispose(): void;
}

export function makeGibbs(model: Model, blocks: readonly SiteBlocks[], clamp: Clamp, chains: number): Gibbs {
  const b = model.builder;
  const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(chains), 'chain')]);
  const plans = blocks.map((info) => ({ info, programs: programsFor(info) }));

  function programsFor(info: SiteBlocks): BlockProgram[] {
    const fixed = clamp.fixed.get(info.slot)!;
    const free = info.blocks.map((s) => s.filter((i) => fixed[i] === 0)).filter((s) => s.length > 0);
    if (free.length === 0) return [];
    const parts = inParts(free, stateCount(info.slot.domain, model.sizeOf), chains);
    const make = (selection: SiteSelection, sites: readonly Int32Array[]): BlockProgram => {
      const cond = conditional(b, info, batch, selection, model);
      const outputs = [{ name: 'energy', axes: cond.axes, node: cond.energy }];
      if (cond.violations) outputs.push({ name: 'violations', axes: cond.axes, node: cond.violations });
      return { cond, run: compile(model, outputs, cond.tables), sites };
    };
    if (parts.length === 1 && parts[0].length === info.sites) return [make({ kind: 'all' }, parts)];
    if (parts.length <= MAX_FIXED) return parts.map((sites) => make({ kind: 'fixed', sites }, [sites]));
    const bySize = new Map<number, Int32Array[]>();
    for (const s of parts) bySize.set(s.length, [...(bySize.get(s.length) ?? []), s]);
    return [...bySize].map(([count, sites]) => make({ kind: 'input', count }, sites));
  }

  /** What to say when the last sweep had to choose among values of infinite energy only. */
  let lost: (() => Error) | undefined;

  function update(
    info: SiteBlocks,
    p: BlockProgram,
    states: States,
    streams: readonly Stream[],
    beta: number,
  ): void {
    const domain = info.slot.domain as DiscreteDomain;
    const { offset, scale } = valueMap(domain);
    const k = p.cond.states;
    const x = states.get(info.slot)!;
    const weights = new Float64Array(k);
    const all = stateCount(domain, model.sizeOf);
    for (const sites of p.sites) {
      const inputs = batchInputs(model, batch.slots, states, chains);
      const candidates = p.cond.candidateSlot
        ? candidateCodes(domain, all, k, sites, streams, (c, s) => (x[c * info.sites + s] - offset) / scale)
        : null;
      if (p.cond.candidateSlot && candidates)
        inputs.set(p.cond.candidateSlot, {
          shape: p.cond.axes.map((a) => model.sizeOf(a.set)),
          data: candidates.map((code) => offset + scale * code),
        });
      if (p.cond.siteSlot) inputs.set(p.cond.siteSlot, { shape: [sites.length], data: sites });
      const out = p.run.run(inputs);
      const energy = out.get('energy')!.data;
      const violations = out.get('violations')?.data ?? null;
      for (let c = 0; c < chains; c++) {
        const stream = streams[c];
        for (let s = 0; s < sites.length; s++) {
          const from = (c * sites.length + s) * k;
          const code = draw(energy, violations, from, k, weights, stream.uniform(), beta);
          if (code < 0) throw notFinite(model, info.slot, states, c, sites[s]);
          if (energy[from + code] === Number.POSITIVE_INFINITY)
            lost ??= () => notFinite(model, info.slot, states, c, sites[s]);
          x[c * info.sites + sites[s]] = offset + scale * (candidates ? candidates[from + code] : code);
        }
      }
    }
  }

  return {
    fault: () => lost?.(),
    sweep(states, streams, beta = 1) {
      lost = undefined;
      for (const { info, programs } of plans)
        for (const p of programs) update(info, p, states, streams, beta);
    },
    dispose() {
      for (const { programs } of plans) for (const p of programs) p.run.dispose();
    },
  };
}

type Numbers = ArrayLike<number>;

/** Energies that one program may hold: a block is worked off in parts of no more. */
const MAX_ENERGIES = 2 ** 24;

/** Parts of a block are blocks. */
function inParts(blocks: readonly Int32Array[], states: number, chains: number): readonly Int32Array[] {
  const most = Math.max(1, Math.floor(MAX_ENERGIES / (chains * Math.min(states, largestConditional))));
  return blocks.flatMap((sites) =>
    Array.from({ length: Math.ceil(sites.length / most) }, (_, i) => sites.slice(i * most, (i + 1) * most)),
  );
}

/**
 * State numbers to choose among, chains × sites × count, the present one among them.
 * The set is as likely from each of its members, so drawing within it by the
 * conditional leaves the distribution alone: of ordered domains a window around
 * (joined at the ends), of others states drawn without order or repeat.
 */
function candidateCodes(
  domain: DiscreteDomain,
  states: number,
  count: number,
  sites: Int32Array,
  streams: readonly Stream[],
  now: (chain: number, site: number) => number,
): Float64Array {
  const ordered = domain.kind === 'int' || domain.kind === 'ordinal' || domain.kind === 'cyclic';
  const out = new Float64Array(streams.length * sites.length * count);
  streams.forEach((stream, c) => {
    for (let s = 0; s < sites.length; s++) {
      const from = (c * sites.length + s) * count;
      const present = now(c, sites[s]);
      if (ordered) {
        const first = present - stream.int(count) + states;
        for (let j = 0; j < count; j++) out[from + j] = (first + j) % states;
        continue;
      }
      const seen = new Set([present]);
      out[from] = present;
      for (let j = 1; j < count; ) {
        const code = stream.int(states);
        if (seen.has(code)) continue;
        seen.add(code);
        out[from + j++] = code;
      }
    }
  });
  return out;
}

/** One value by its conditional; −1 where an energy is not a number. */
function draw(
  energy: Numbers,
  violations: Numbers | null,
  from: number,
  k: number,
  weights: Float64Array,
  u: number,
  beta: number,
): number {
  let least = 0;
  if (violations) {
    least = Number.POSITIVE_INFINITY;
    for (let v = 0; v < k; v++) if (violations[from + v] < least) least = violations[from + v];
  }
  let lowest = Number.POSITIVE_INFINITY;
  for (let v = 0; v < k; v++) {
    if (violations && violations[from + v] > least) continue;
    const e = energy[from + v];
    if (Number.isNaN(e)) return -1;
    if (e < lowest) lowest = e;
  }
  if (lowest === Number.NEGATIVE_INFINITY) return -1;
  // Every value has probability zero, as at a random start: any will do until one has not.
  const nowhere = lowest === Number.POSITIVE_INFINITY;
  let total = 0;
  for (let v = 0; v < k; v++) {
    const forbidden = violations && violations[from + v] > least;
    const w = forbidden ? 0 : nowhere ? 1 : Math.exp(beta * (lowest - energy[from + v]));
    total += w;
    weights[v] = total;
  }
  const target = u * total;
  for (let v = 0; v < k; v++) if (target < weights[v]) return v;
  return k - 1;
}

/** Values of a site among which a fault is looked for. */
const MAX_TRIED = 64;

/** Finds the term whose value is not finite at a state, or with another value at the site, and says so. */
function notFinite(model: Model, slot: Slot, states: States, chain: number, site: number): Error {
  const d = slot.domain as DiscreteDomain;
  const { offset, scale } = valueMap(d);
  const here = states.get(slot)!;
  const size = here.length / (states.get(model.unknowns[0].slot)!.length / model.unknowns[0].size);
  // The state is what was before: it is one of the values to choose from that has no energy.
  const tried = Math.min(stateCount(d, model.sizeOf), MAX_TRIED);
  for (let v = 0; v < tried; v++) {
    const values = Float64Array.from(here);
    values[chain * size + site] = offset + scale * v;
    const found = faultyTerm(model, new Map([...states, [slot, values]]), chain, true);
    if (found) return found;
  }
  return (
    faultyTerm(model, states, chain) ??
    fault(
      'E0701',
      slot.span ?? model.energy.span,
      `the conditional energy of \`${slot.name}\` at element ${site} is not a number`,
    )
  );
}

/**
 * The first term that is NaN or infinite at the state of a chain, as an error that names it.
 * @param possible whether +∞ is no fault: such a state has probability 0
 */
export function faultyTerm(model: Model, states: States, chain: number, possible = false): Error | undefined {
  const b = model.builder;
  const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(1))]);
  const one = new Map(
    model.unknowns.map((u) => [u.slot, states.get(u.slot)!.slice(chain * u.size, (chain + 1) * u.size)]),
  );
  const run = compile(
    model,
    model.energy.terms.map((t, i) => ({ name: String(i), axes: batch.axes, node: batch.on(t.body) })),
  );
  const out = run.run(batchInputs(model, batch.slots, one, 1));
  run.dispose();
  for (const [i, t] of model.energy.terms.entries()) {
    const value = out.get(String(i))!.data[0];
    if (Number.isFinite(value) || (possible && value === Number.POSITIVE_INFINITY)) continue;
    const where = model.unknowns
      .filter((u) => u.size <= 4)
      .map((u) => `${u.slot.name} = ${[...one.get(u.slot)!].map((x) => Number(x.toPrecision(4))).join(', ')}`)
      .join('; ');
    const matrix = Number.isNaN(value)
      ? matrixFault(b, batch, t.body, (nodes) => {
          const again = compile(
            model,
            nodes.map((node, k) => ({ name: String(k), axes: batch.axes, node })),
          );
          const found = again.run(batchInputs(model, batch.slots, one, 1));
          again.dispose();
          return nodes.map((_, k) => found.get(String(k))!.data[0]);
        })
      : undefined;
    return fault(
      'E0701',
      t.span,
      `the term \`${t.name}\` is ${Number.isNaN(value) ? 'not a number' : value > 0 ? 'infinite' : '−∞'}${where ? ` at ${where}` : ''}${
        matrix ? `: ${matrix.why}` : ''
      }`,
      matrix?.suggestion ?? 'look for log or sqrt of something negative, or a division by zero',
    );
  }
  return undefined;
}
