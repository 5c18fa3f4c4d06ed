/** Films of recorded draws: up to a few hundred frames of the unknowns that are pictures, a byte a pixel. */
import type { Draws, Quantity } from '../../../src/stats/draws.ts';
import type { Film, Reel } from '../staged.ts';

const MOST_FRAMES = 300;
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_CHAINS = 4;
const LEAST_SIDE = 3;
const LEAST_PIXELS = 9;

/** @returns null where there is no picture, or too little to move */
export function filmOf(draws: Draws): Film | null {
  const pictures = draws.quantities.filter((q) => q.role === 'unknown' && pictured(q));
  const chains = Math.min(MOST_CHAINS, draws.chains);
  const pixels = pictures.reduce((n, q) => n + chains * sizeOf(q), 0);
  const frames = Math.min(MOST_FRAMES, draws.draws, Math.floor(MOST_BYTES / Math.max(1, pixels)));
  if (pixels === 0 || frames < 2) return null;
  const numbers = Uint32Array.from({ length: frames }, (_, f) =>
    Math.round((f * (draws.draws - 1)) / (frames - 1)),
  );
  return {
    frames,
    draws: numbers.map((n) => n + 1),
    reels: pictures.map((q) => reelOf(q, draws.draws, chains, numbers)),
  };
}

const sizeOf = (q: Quantity): number => q.shape.reduce((a, b) => a * b, 1);

const pictured = (q: Quantity): boolean => {
  if (q.shape.length < 2) return false;
  const [rows, cols] = q.shape.slice(-2);
  return Math.min(rows, cols) >= LEAST_SIDE && rows * cols >= LEAST_PIXELS;
};

function reelOf(q: Quantity, draws: number, chains: number, numbers: Uint32Array): Reel {
  const size = sizeOf(q);
  const { lo, step, hi } = scaleOf(q);
  const values = new Uint8Array(numbers.length * chains * size);
  let to = 0;
  const whole = step === 1 && q.kind !== 'real';
  for (const n of numbers)
    for (let c = 0; c < chains; c++) {
      const from = (c * draws + n) * size;
      if (whole) {
        for (let i = 0; i < size; i++) values[to++] = q.values[from + i] - lo;
        continue;
      }
      for (let i = 0; i < size; i++)
        values[to++] = Math.max(0, Math.min(255, Math.round((q.values[from + i] - lo) / step)));
    }
  return { name: q.name, kind: q.kind, shape: q.shape, chains, lo, step, hi, values };
}

/** Whole numbers as they are where a byte holds them; reals in 256 steps between their least and greatest. */
function scaleOf(q: Quantity): { readonly lo: number; readonly step: number; readonly hi: number } {
  if (q.kind !== 'real' && q.lo !== undefined && q.hi !== undefined && q.hi - q.lo < 256)
    return { lo: q.lo, step: 1, hi: q.hi };
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const v of q.values) {
    if (v < lo) lo = v;
    if (v > hi && v < Number.POSITIVE_INFINITY) hi = v;
  }
  if (!(lo < hi)) return { lo: Number.isFinite(lo) ? lo : 0, step: 1, hi: Number.isFinite(lo) ? lo + 1 : 1 };
  return { lo, step: (hi - lo) / 255, hi };
}
