/** What a frame of the live view needs of chains or a search at work, in few bytes. */
import type { LiveChains } from '../../../src/run/results.ts';
import type { Draws, Quantity } from '../../../src/stats/draws.ts';
import type { LiveFrame, NewValues, Picture, SearchFrame } from '../protocol.ts';

/** Chains whose traces are drawn, at most: there are eight colours. */
const TRACED_CHAINS = 8;
/** Scalars that are traced, at most: the energy and some reports. */
const TRACED_SCALARS = 4;
/** Pixels of all pictures together, about, and how many chains that makes. */
const PIXELS = 128 * 1024;
const FEW_CHAINS = 4;
const MANY_CHAINS = 16;
const SMALL_PICTURE = 16 * 16;
/** A discrete grid with a shorter side is a table rather than a picture; the same for reals. */
const LEAST_DISCRETE = 4;
const LEAST_REAL = 8;
/** Elements of an unknown that is shown while it is searched for. */
const MOST_SHOWN = 256 * 1024;

/** @param seen draws that earlier frames have told of */
export function liveFrame(live: LiveChains, seen: number): LiveFrame {
  const { now, record, recorded, path } = live;
  return {
    job: live.job,
    phase: live.phase,
    recorded,
    draws: record.draws,
    chains: record.chains,
    pictures: path ? [] : now.quantities.filter(isPicture).map((q) => picture(q, now.chains)),
    scalars: traced(record.quantities).map((q) => newValues(q, record, seen, recorded)),
    ...(path ? { search: searchFrame(now, path) } : {}),
  };
}

function searchFrame({ quantities }: Draws, path: NonNullable<LiveChains['path']>): SearchFrame {
  const state = quantities.filter((q) => q.role === 'unknown' && q.values.length <= MOST_SHOWN);
  return { state: state.map((q) => ({ ...q, values: q.values.slice() })), path };
}

export function isPicture(q: Quantity): boolean {
  const least = q.kind === 'real' ? LEAST_REAL : LEAST_DISCRETE;
  return q.shape.length === 2 && Math.min(...q.shape) >= least;
}

function picture(q: Quantity, chains: number): Picture {
  const [rows, cols] = q.shape;
  const most = rows * cols <= SMALL_PICTURE ? MANY_CHAINS : FEW_CHAINS;
  const shown = Math.min(chains, most, Math.max(1, Math.floor(PIXELS / (rows * cols))));
  const { name, kind, lo, hi } = q;
  const values = Float32Array.from(q.values.subarray(0, shown * rows * cols));
  return { name, kind, lo, hi, rows, cols, shown, values };
}

/** The energy, then scalar reports, then scalar unknowns. */
function traced(quantities: readonly Quantity[]): readonly Quantity[] {
  const scalar = quantities.filter((q) => q.shape.length === 0 && q.kind !== 'category');
  const of = (role: Quantity['role']): readonly Quantity[] => scalar.filter((q) => q.role === role);
  return [...of('energy'), ...of('report'), ...of('unknown')].slice(0, TRACED_SCALARS);
}

function newValues(
  q: Quantity,
  size: { readonly chains: number; readonly draws: number },
  from: number,
  to: number,
): NewValues {
  const shown = Math.min(size.chains, TRACED_CHAINS);
  const fresh = to - from;
  const values = new Float32Array(shown * fresh);
  for (let c = 0; c < shown; c++)
    values.set(q.values.subarray(c * size.draws + from, c * size.draws + to), c * fresh);
  return { name: q.name, role: q.role, from, shown, values };
}

/** What can be handed over instead of copied. */
export const buffersOf = (frame: LiveFrame): ArrayBuffer[] =>
  [...frame.pictures, ...frame.scalars, ...(frame.search?.state ?? [])].map(
    (p) => p.values.buffer as ArrayBuffer,
  );
