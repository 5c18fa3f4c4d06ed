/** How single chains are getting on, said a few times a second: for whoever looks at a run. */
import type { SampleProgress } from '../infer/sample.ts';
import { type Halves, runningRHat } from '../stats/running-r-hat.ts';

/** How one chain is getting on. */
export interface ChainProgress {
  /** Counted from 0, in the whole run. */
  readonly chain: number;
  readonly phase: 'warmup' | 'sampling';
  /** Sweeps of the warm-up, or recorded draws: so far, and in all. */
  readonly draw: number;
  readonly of: number;
  /** Of these, a second. */
  readonly rate: number;
  /** Of the last draw; null before the first. */
  readonly energy: number | null;
  /** Mean probability of acceptance since the warm-up; null where the sampler has no such thing. */
  readonly acceptance: number | null;
  readonly divergences: number;
}

/** What is told now and then beside the means of all chains. */
export interface ChainSight {
  readonly chains?: readonly ChainProgress[];
  readonly halves?: Halves;
}

/** Chains that are told of one by one, at most; of more, evenly spaced ones. */
const MOST_CHAINS = 256;
/** Milliseconds between two tellings of chains, and of what R-hat is made of. */
const [CHAINS_MS, R_HAT_MS] = [100, 1000];
/** A share of the time that R-hat may take, however many draws there are to look at. */
const R_HAT_SHARE = 0.02;

/** Evenly spaced ones of more than can be told of. */
export function someChains(all: readonly ChainProgress[]): readonly ChainProgress[] {
  const step = Math.ceil(all.length / MOST_CHAINS);
  return step <= 1 ? all : all.filter((_, i) => i % step === 0);
}

/**
 * What is to be told of each progress of a run, or of a part of it.
 * @param first the number of the first chain
 */
export function chainSight(first: number): (p: SampleProgress) => ChainSight {
  const rHat = runningRHat();
  let [told, judged, wait] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, R_HAT_MS];
  let before = '';
  return (p) => {
    const now = performance.now();
    const last = p.done === p.total;
    const out: { chains?: readonly ChainProgress[]; halves?: Halves } = {};
    // What is told of all chains together is never ahead of what is told of each.
    const stage = `${p.phase} ${p.energy !== null}`;
    if (last || stage !== before || now - told >= CHAINS_MS) {
      told = now;
      before = stage;
      out.chains = chainsOf(p, first);
    }
    if (p.recorded > 0 && (last || now - judged >= wait)) {
      // A run that makes itself longer has thinned its record, or begun it anew.
      rHat.take(p.record, p.recorded, `${p.thin} ${p.total}`);
      out.halves = rHat.halves();
      judged = performance.now();
      wait = Math.max(R_HAT_MS, (judged - now) / R_HAT_SHARE);
    }
    return out;
  };
}

/** The chains side by side: they are at the same draw. */
function chainsOf(p: SampleProgress, first: number): readonly ChainProgress[] {
  const warming = p.phase === 'warmup';
  const { chains, draws } = p.record;
  const step = Math.ceil(chains / MOST_CHAINS);
  const out: ChainProgress[] = [];
  for (let c = 0; c < chains; c += step) {
    const { acceptance, divergences } = p.info(c);
    out.push({
      chain: first + c,
      phase: p.phase,
      draw: warming ? p.done : p.recorded,
      of: warming ? p.warmup : draws,
      rate: warming ? p.rate : p.rate / p.thin,
      energy: p.energy?.[c] ?? null,
      acceptance: acceptance !== null && Number.isFinite(acceptance) ? acceptance : null,
      divergences,
    });
  }
  return out;
}
