/** What the moves of chains say about a run, in plain words: the trouble that draws alone do not show. */
import type { SummaryFinding } from './findings.ts';

/** What became of one chain's moves after its warm-up; null or absent where the sampler has no such thing. */
export interface ChainMoves {
  readonly divergences?: number | null;
  /** Transitions that were cut off at the largest length. */
  readonly truncated?: number | null;
  /** Energy fraction of missing information. */
  readonly missing?: number | null;
  readonly acceptance?: number | null;
  /** Round trips of a tempered chain's replicas between its coldest and hottest temperature. */
  readonly trips?: number | null;
}

/** Below this the energy changes too slowly from transition to transition (Betancourt 2016, §6.1; Stan's bound). */
const MISSING = 0.3;
/** The share of transitions at the largest length that is worth a word. */
const TRUNCATED = 0.05;
/** Fewer round trips than this, over all chains, and the weights of modes are a guess. */
const TRIPS = 10;

/** @param draws recorded draws of each chain */
export function moveFindings(chains: readonly ChainMoves[], draws: number): SummaryFinding[] {
  const out: SummaryFinding[] = [];
  const warn = (message: string): void => {
    out.push({ level: 'warning', quantity: 'chains', message });
  };
  const total = (of: (c: ChainMoves) => number | null | undefined): number =>
    chains.reduce((n, c) => n + (of(c) ?? 0), 0);
  const divergences = total((c) => c.divergences);
  if (divergences > 0)
    warn(
      `${divergences} transition${divergences === 1 ? '' : 's'} diverged: where the energy bends too sharply for the step, the chains may leave out part of the distribution. Draw hierarchies as \`mu + tau * z\` with a standard normal z, or give tighter priors.`,
    );
  const truncated = total((c) => c.truncated);
  if (truncated > TRUNCATED * chains.length * draws)
    warn(
      `${truncated} trajectories were cut off at their largest length: the draws are right but dear. Unknowns of very different scales, or nearly determined by each other, make them long.`,
    );
  const slow = chains.filter((c) => typeof c.missing === 'number' && c.missing < MISSING);
  if (slow.length > 0)
    warn(
      `The energy changes slowly in ${slow.length} of ${chains.length} chains (energy fraction of missing information ${Math.min(...slow.map((c) => c.missing ?? 1)).toFixed(2)}, below ${MISSING}): tails may be missing. Other coordinates would help, e.g. hierarchies as \`mu + tau * z\`.`,
    );
  const tempered = chains.filter((c) => typeof c.trips === 'number');
  const trips = total((c) => c.trips);
  if (tempered.length > 0 && trips < TRIPS)
    warn(
      `Replicas made ${trips} round trips between the hottest and the coldest temperature, fewer than ${TRIPS}: how often each mode is visited is not to be trusted yet. Record more draws.`,
    );
  return out;
}
