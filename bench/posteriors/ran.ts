/** What one run of a peer comes to. */
import { essBulk } from '../../src/stats/diagnostics.ts';

export interface Ran {
  /** Seconds. */
  readonly warmup: number;
  readonly sampling: number;
  /** The smallest bulk effective sample size of all quantities, and whose it is. */
  readonly ess: number;
  readonly worst: string;
  /** Gradients after the warm-up, where there are such. */
  readonly leapfrogs?: number;
  readonly divergences?: number;
}

const CHAINS = 4;

/** @param columns for each scalar chains × draws; what never changes is left out */
export function worstEss(columns: ReadonlyMap<string, Float64Array>): {
  readonly ess: number;
  readonly worst: string;
} {
  let ess = Number.POSITIVE_INFINITY;
  let worst = '';
  for (const [name, values] of columns) {
    if (values.every((v) => v === values[0])) continue;
    const own = essBulk({ values, chains: CHAINS, draws: values.length / CHAINS });
    if (own < ess) [ess, worst] = [own, name];
  }
  return { ess, worst };
}
