/**
 * Gibbs sweeps by the engine: the energies of all values of a block's sites, for all chains, as one program
 * (`analyse/conditional.ts`); the draws are made here. For whatever kernels cannot tabulate.
 */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { type Conditional, conditional, type SiteSelection } from '../analyse/conditional.ts';
import { type DiscreteDomain, largestConditional, stateCount, valueMap } from '../domain.ts';
import type { Evaluator } from '../engines/engine.ts';
import type { Stream } from '../random/stream.ts';
import { chainsOf } from './chains.ts';
import { notFinite } from './faulty-term.ts';
import { batchInputs, type Clamp, type Model, type States } from './model.ts';
import type { Transition } from './transition.ts';

/** Programs with fixed sites are made for up to this many blocks of one unknown; beyond, one program takes any. */
const MAX_FIXED = 8;

interface BlockProgram {
  readonly cond: Conditional;
  readonly run: Evaluator;
  readonly sites: readonly Int32Array[];
}

/** @param all chains of the whole run, of which `chains` are drawn here: how blocks are divided depends on it */
export function conditionalSweep(
  model: Model,
  blocks: readonly SiteBlocks[],
  clamp: Clamp,
  chains: number,
  all = chains,
): Transition {
  const b = model.builder;
  const { batch, compile } = chainsOf(model, chains);
  const plans = blocks.map((info) => ({ info, programs: programsFor(info) }));

  function programsFor(info: SiteBlocks): BlockProgram[] {
    const fixed = clamp.fixed.get(info.slot)!;
    const free = info.blocks.map((s) => s.filter((i) => fixed[i] === 0)).filter((s) => s.length > 0);
    if (free.length === 0) return [];
    const parts = inParts(free, stateCount(info.slot.domain, model.sizeOf), all);
    const make = (selection: SiteSelection, sites: readonly Int32Array[]): BlockProgram => {
      const cond = conditional(b, info, batch, selection, model);
      const outputs = [{ name: 'energy', axes: cond.axes, node: cond.energy }];
      if (cond.violations) outputs.push({ name: 'violations', axes: cond.axes, node: cond.violations });
      return { cond, run: compile(outputs, cond.tables), sites };
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
          shape: [chains, ...p.cond.axes.slice(1).map((a) => model.sizeOf(a.set))],
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
    name: 'gibbs',
    fault: () => lost?.(),
    step(states, streams, { beta, sweeps }) {
      for (let i = 0; i < sweeps; i++) {
        lost = undefined;
        for (const { info, programs } of plans)
          for (const p of programs) update(info, p, states, streams, beta);
      }
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
