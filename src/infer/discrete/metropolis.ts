/**
 * What samplers that propose a whole new state have in common: states are changed in place, evaluated for all chains
 * at once, and put back where Metropolis' rule refuses (Metropolis et al. 1953; Hastings, Biometrika 57 (1970) 97).
 * The evaluation at the present states is kept for the next step.
 *
 * Requirements: a move that breaks more of them is refused, one that breaks fewer is taken; from a state that keeps
 * all, the chain never leaves the support.
 */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import type { Model } from '../model.ts';
import type { Heat, MoveInfo, Transition } from '../transition.ts';
import { Codes, type Sites, setSite } from './sites.ts';
import { type Levels, refuseNotFinite, type Target } from './target.ts';

/** What a proposal of one chain needs to know. */
export interface Here {
  readonly chain: number;
  readonly sites: Sites;
  /** Codes of all sites; a proposal does not write them. */
  readonly codes: Int32Array;
  /** Where the chain's codes and levels begin. */
  readonly at: number;
  readonly from: number;
  readonly level: Float64Array;
  readonly levelBroken: Float64Array | null;
  readonly beta: number;
}

/** Sites that change, with their new codes. */
export class Move {
  readonly site: Int32Array;
  readonly code: Int32Array;
  readonly was: Int32Array;
  length = 0;

  constructor(most: number) {
    this.site = new Int32Array(most);
    this.code = new Int32Array(most);
    this.was = new Int32Array(most);
  }

  add(site: number, code: number, was: number): void {
    this.site[this.length] = site;
    this.code[this.length] = code;
    this.was[this.length++] = was;
  }
}

export interface Proposer {
  readonly name: string;
  /** Steps of one sweep. */
  readonly steps: number;
  /** Fills `move`. @returns ln q(there | here), up to what the way back has in common */
  propose(here: Here, stream: Stream, move: Move): number;
  /** ln q(here | there): `there` has the new codes and levels. */
  back(there: Here, move: Move): number;
  /** Learns from a chain's probability of acceptance, in a warm-up. */
  learn?(chain: number, acceptance: number): void;
  freeze?(): void;
  stepSize?(chain: number): number;
  /** Whether every move within the support is taken, without Metropolis' test. */
  readonly unadjusted?: boolean;
}

/** @param mend moves one chain towards the support; null where everything is in it */
export function metropolis(
  model: Model,
  target: Target,
  proposer: Proposer,
  mend: Transition | null = null,
): Transition {
  const { sites, chains } = target;
  const codes = new Codes(sites, chains);
  const moves = Array.from({ length: chains }, () => new Move(sites.count));
  const forward = new Float64Array(chains);
  const sum = new Float64Array(chains);
  const tried = new Float64Array(chains);
  let kept: Levels | null = null;

  const here = (levels: Levels, chain: number, beta: number): Here => ({
    chain,
    sites,
    codes: codes.data,
    at: chain * sites.count,
    from: chain * sites.total,
    level: levels.level,
    levelBroken: levels.levelBroken,
    beta,
  });

  function once(states: Map<Slot, Float64Array>, streams: readonly Stream[], heat: Heat, now: Levels): void {
    const { beta, warming } = heat;
    for (let c = 0; c < chains; c++) {
      const move = moves[c];
      move.length = 0;
      forward[c] = proposer.propose(here(now, c, beta), streams[c], move);
      for (let k = 0; k < move.length; k++) change(states, c, move.site[k], move.code[k]);
    }
    const next = target.evaluate(states);
    refuseNotFinite(model, states, next);
    for (let c = 0; c < chains; c++) {
      const move = moves[c];
      const u = streams[c].uniform();
      const acceptance = move.length === 0 ? 1 : acceptanceOf(c, move, now, next, beta);
      if (warming) proposer.learn?.(c, acceptance);
      else {
        sum[c] += acceptance;
        tried[c]++;
      }
      if (move.length === 0) continue;
      if (u < acceptance) take(now, next, c);
      else for (let k = 0; k < move.length; k++) change(states, c, move.site[k], move.was[k]);
    }
  }

  function acceptanceOf(c: number, move: Move, now: Levels, next: Levels, beta: number): number {
    const before = now.broken?.[c] ?? 0;
    const after = next.broken?.[c] ?? 0;
    if (after !== before) return after < before ? 1 : 0;
    if (next.energy[c] === Number.POSITIVE_INFINITY) return now.energy[c] === next.energy[c] ? 1 : 0;
    if (proposer.unadjusted || now.energy[c] === Number.POSITIVE_INFINITY) return 1;
    const log =
      beta * (now.energy[c] - next.energy[c]) + proposer.back(here(next, c, beta), move) - forward[c];
    return log >= 0 ? 1 : Math.exp(log);
  }

  const change = (states: Map<Slot, Float64Array>, c: number, site: number, code: number): void => {
    codes.data[c * sites.count + site] = code;
    setSite(sites, states, c, site, code);
  };

  function take(now: Levels, next: Levels, c: number): void {
    const [from, to] = [c * sites.total, (c + 1) * sites.total];
    now.energy[c] = next.energy[c];
    if (now.broken && next.broken) now.broken[c] = next.broken[c];
    now.level.set(next.level.subarray(from, to), from);
    if (next.levelBroken) now.levelBroken?.set(next.levelBroken.subarray(from, to), from);
  }

  function evaluated(states: Map<Slot, Float64Array>): Levels {
    codes.read(states, chains);
    const levels = target.evaluate(states);
    refuseNotFinite(model, states, levels);
    return levels;
  }

  /** Chains outside the support are swept by themselves, each alone: what one chain does must not depend on others. */
  function mended(
    states: Map<Slot, Float64Array>,
    streams: readonly Stream[],
    heat: Heat,
    now: Levels,
  ): Levels {
    if (!mend || !now.broken?.some((n) => n > 0)) return now;
    for (let c = 0; c < chains; c++) {
      if (now.broken[c] === 0) continue;
      const own = new Map(
        model.unknowns.map((u) => [u.slot, states.get(u.slot)!.slice(c * u.size, (c + 1) * u.size)]),
      );
      mend.step(own, [streams[c]], { ...heat, sweeps: 1 });
      for (const u of model.unknowns) states.get(u.slot)!.set(own.get(u.slot)!, c * u.size);
    }
    return evaluated(states);
  }

  return {
    name: proposer.name,
    step(states, streams, heat) {
      kept ??= evaluated(states);
      kept = mended(states, streams, heat, kept);
      for (let i = heat.sweeps * proposer.steps; i > 0; i--) once(states, streams, heat, kept);
    },
    changed() {
      kept = null;
    },
    freeze() {
      proposer.freeze?.();
      sum.fill(0);
      tried.fill(0);
    },
    info: (chain): MoveInfo => ({
      ...(tried[chain] > 0 && !proposer.unadjusted ? { acceptance: sum[chain] / tried[chain] } : {}),
      ...(proposer.stepSize ? { stepSize: proposer.stepSize(chain) } : {}),
    }),
    dispose() {
      target.dispose();
      mend?.dispose();
    },
  };
}

/** The acceptance that gradient-informed proposals adapt towards (Sun, Dai & Schuurmans, NeurIPS 2022). */
export const GOAL = 0.574;

/** Stochastic approximation (Robbins & Monro 1951) of the logarithm of a scale, each chain for itself. */
export class Scale {
  private readonly log: Float64Array;
  private readonly mean: Float64Array;
  private readonly count: Float64Array;
  private readonly least: number;
  private readonly most: number;
  private frozen = false;

  constructor(chains: number, start: number, least: number, most: number) {
    this.log = new Float64Array(chains).fill(Math.log(Math.min(Math.max(start, least), most)));
    this.mean = this.log.slice();
    this.count = new Float64Array(chains);
    this.least = Math.log(least);
    this.most = Math.log(most);
  }

  of(chain: number): number {
    return Math.exp(this.frozen ? this.mean[chain] : this.log[chain]);
  }

  learn(chain: number, acceptance: number): void {
    const t = ++this.count[chain];
    const to = this.log[chain] + (acceptance - GOAL) / t ** 0.5;
    this.log[chain] = Math.min(Math.max(to, this.least), this.most);
    // An average that forgets the beginning.
    const weight = Math.max(1 / t, 0.02);
    this.mean[chain] += weight * (this.log[chain] - this.mean[chain]);
  }

  freeze(): void {
    this.frozen = true;
  }
}
