/** The worst convergence diagnostics of a run, looked for among some of its scalars: cheap enough to ask while it runs. */
import { diagnose, indicator, isConstant } from './diagnostics.ts';
import type { Draws, Quantity } from './draws.ts';

export interface Worst {
  /** Rank-normalised split R-hat. */
  readonly rHat: number;
  /** The smaller of bulk and tail effective sample size. */
  readonly ess: number;
}

/** Scalars of one quantity that are looked at: of a large one evenly spaced elements. */
const MAX_ELEMENTS = 24;
/** The most scalars in all. */
const MAX_SCALARS = 96;

/**
 * Over the energy, and up to 24 elements of each unknown and report. What never moved in any chain says nothing, and
 * is left out; of a category the most frequent value stands for all.
 * @param draws at least four a chain
 */
export function worstOf(draws: Draws): Worst {
  let rHat = 1;
  let ess = draws.chains * draws.draws;
  let left = MAX_SCALARS;
  const order = [...draws.quantities].sort((a, b) => rank(a) - rank(b));
  for (const q of order) {
    if (q.role === 'term') continue;
    const size = q.shape.reduce((a, b) => a * b, 1);
    const looked = Math.min(size, MAX_ELEMENTS, left);
    left -= looked;
    for (let i = 0; i < looked; i++) {
      const values = scalarOf(q, draws, Math.floor((i * size) / looked), size);
      if (isConstant(values)) continue;
      const d = diagnose({ values, chains: draws.chains, draws: draws.draws });
      if (d.rHat > rHat) rHat = d.rHat;
      ess = Math.min(ess, orAll(d.essBulk, ess), orAll(d.essTail, ess));
    }
  }
  return { rHat, ess };
}

const rank = (q: Quantity): number => (q.role === 'energy' ? 0 : q.role === 'report' ? 1 : 2);

const orAll = (x: number, all: number): number => (Number.isNaN(x) ? all : x);

function scalarOf(q: Quantity, { chains, draws }: Draws, at: number, size: number): Float64Array {
  const values = new Float64Array(chains * draws);
  for (let i = 0; i < values.length; i++) values[i] = q.values[i * size + at];
  if (q.kind !== 'category') return values;
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  const [code] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  return indicator(values, code, code);
}
