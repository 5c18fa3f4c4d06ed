/**
 * R-hat while a run goes on: split R-hat (Gelman, Carlin, Stern, Dunson, Vehtari & Rubin 2013, §11.4), of the
 * values themselves and not of their ranks, so that every draw is looked at once. What a summary says at the end
 * is the rank-normalised one of `diagnostics.ts`.
 */
import type { Draws } from './draws.ts';

/** How many draws, their mean and their sum of squared deviations: of each scalar, chain and half of the chain. */
export interface Halves {
  readonly scalars: number;
  readonly chains: number;
  /** scalars × chains × 2 halves × 3 */
  readonly moments: Float64Array;
}

export interface RunningRHat {
  /**
   * Takes in what is new of a record whose first `recorded` draws of each chain are filled.
   * @param key another one says that the record has begun anew, or was thinned
   */
  take(record: Draws, recorded: number, key: unknown): void;
  /** The moments so far. */
  halves(): Halves;
}

/** Scalars that are followed, at most, times chains; and elements of one quantity. */
const MOST_FOLLOWED = 4096;
const MOST_ELEMENTS = 16;

/** Blocks of draws that a chain is kept as: even, since they are merged by twos. */
const BLOCKS = 64;

interface Track {
  readonly quantity: number;
  readonly size: number;
  readonly element: number;
}

/** What is followed: whatever is one number, and elements of small arrays; the energy goes before all others. */
function tracksOf({ quantities, chains }: Draws): readonly Track[] {
  const out: Track[] = [];
  const first = quantities.findIndex((q) => q.role === 'energy');
  for (const i of [first, ...quantities.keys()]) {
    if (i < 0 || (i === first && out.length > 0)) continue;
    const size = quantities[i].shape.reduce((a, b) => a * b, 1);
    if (size > MOST_ELEMENTS || (out.length + size) * chains > MOST_FOLLOWED) continue;
    for (let element = 0; element < size; element++) out.push({ quantity: i, size, element });
  }
  return out;
}

/** Sums of blocks of equally many draws; when all are full, twos become one. */
export function runningRHat(): RunningRHat {
  let key: unknown;
  let tracks: readonly Track[] = [];
  let chains = 0;
  let taken = 0;
  /** Draws of a block. */
  let length = 1;
  /** tracks × chains × blocks × (mean, sum of squared deviations) */
  let blocks = new Float64Array(0);
  const at = (t: number, c: number, b: number): number => ((t * chains + c) * BLOCKS + b) * 2;

  const merge = (): void => {
    for (let t = 0; t < tracks.length; t++)
      for (let c = 0; c < chains; c++) {
        for (let b = 0; b < BLOCKS / 2; b++) {
          const [x, y, into] = [at(t, c, 2 * b), at(t, c, 2 * b + 1), at(t, c, b)];
          const gap = blocks[y] - blocks[x];
          const squares = blocks[x + 1] + blocks[y + 1] + (gap * gap * length) / 2;
          blocks[into] = blocks[x] + gap / 2;
          blocks[into + 1] = squares;
        }
        blocks.fill(0, at(t, c, BLOCKS / 2), at(t, c, BLOCKS - 1) + 2);
      }
    length *= 2;
  };

  return {
    take(record, recorded, asOf) {
      if (asOf !== key || recorded < taken || record.chains !== chains) {
        key = asOf;
        tracks = tracksOf(record);
        chains = record.chains;
        taken = 0;
        length = 1;
        blocks = new Float64Array(tracks.length * chains * BLOCKS * 2);
      }
      for (; taken < recorded; taken++) {
        if (taken === length * BLOCKS) merge();
        const block = Math.floor(taken / length);
        const before = taken - block * length;
        tracks.forEach(({ quantity, size, element }, t) => {
          const { values } = record.quantities[quantity];
          for (let c = 0; c < chains; c++) {
            const x = values[(c * record.draws + taken) * size + element];
            const k = at(t, c, block);
            const gap = x - blocks[k];
            blocks[k] += gap / (before + 1);
            blocks[k + 1] += gap * (x - blocks[k]);
          }
        });
      }
    },
    halves() {
      const whole = Math.floor(taken / length);
      const half = whole >> 1;
      const moments = new Float64Array(tracks.length * chains * 6);
      for (let t = 0; t < tracks.length; t++)
        for (let c = 0; c < chains; c++)
          for (const h of [0, 1]) {
            let [count, mean, squares] = [0, 0, 0];
            for (let b = whole - 2 * half + h * half; b < whole - 2 * half + (h + 1) * half; b++) {
              const k = at(t, c, b);
              const gap = blocks[k] - mean;
              squares += blocks[k + 1] + (gap * gap * count * length) / (count + length);
              count += length;
              mean += (gap * length) / count;
            }
            moments.set([count, mean, squares], ((t * chains + c) * 2 + h) * 3);
          }
      return { scalars: tracks.length, chains, moments };
    },
  };
}

/** Draws of half a chain below which nothing is said. */
const LEAST = 4;

/**
 * The worst R-hat over the scalars of all parts, whose chains are those of one run.
 * @returns null where there are too few draws, or nothing moves
 */
export function worstRHat(parts: readonly Halves[]): number | null {
  const scalars = Math.min(...parts.map((p) => p.scalars));
  let worst: number | null = null;
  for (let t = 0; t < scalars; t++) {
    const r = rHatOf(parts, t);
    if (r !== null && (worst === null || r > worst)) worst = r;
  }
  return worst;
}

function rHatOf(parts: readonly Halves[], scalar: number): number | null {
  let [n, count, mean, between, within] = [0, 0, 0, 0, 0];
  for (const { chains, moments } of parts)
    for (let k = 2 * chains * scalar; k < 2 * chains * (scalar + 1); k++) {
      const [draws, centre, squares] = [moments[3 * k], moments[3 * k + 1], moments[3 * k + 2]];
      if (draws < LEAST) return null;
      n++;
      count += draws;
      within += squares / (draws - 1);
      const gap = centre - mean;
      mean += gap / n;
      between += gap * (centre - mean);
    }
  if (n < 2) return null;
  within /= n;
  between /= n - 1;
  const draws = count / n;
  // Where all stand still nothing is known; where they do so apart, infinitely much is wrong.
  if (!Number.isFinite(within + between) || within + between === 0) return null;
  return Math.sqrt((draws - 1) / draws + between / within);
}
