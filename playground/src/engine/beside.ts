/** Draws beside rows of the data that their energy was fitted to: what a reader compares first. */
import type { Job } from '../../../src/check/values.ts';
import { kindOf, latticeShape } from '../../../src/infer/recorder.ts';
import type { Slot } from '../../../src/ir/types.ts';
import type { JobResult } from '../../../src/run/results.ts';
import { rowArrays, type Session } from '../../../src/run/session.ts';
import type { Quantity } from '../../../src/stats/draws.ts';
import type { Beside, BesidePictures } from '../staged.ts';

/** Pictures of each side; rows of a line that are put below each other to make one. */
const PICTURES = 16;
const LINES = 32;
const POINTS = 1500;
const LEAST_SIDE = 3;
const MOST_PIXELS = 64 * 64;

/** @returns null where nothing was fitted before, or the unknowns are neither pictures nor points of a plane */
export function besideOf(session: Session, job: Job, result: JobResult): Beside | null {
  if (result.verb !== 'sample' || result.draws.draws === 0) return null;
  const { jobs } = session.program;
  const fit = jobs
    .slice(
      0,
      jobs.findIndex((j) => j.name === job.name),
    )
    .findLast((j) => j.verb === 'fit' && j.energy === job.energy);
  const rows = fit?.options.data;
  if (rows?.kind !== 'rows') return null;
  if (rows.rows.columns.some((c) => session.bound.missing?.has(c.data))) return null;
  const { count, of } = rowArrays(session, rows.rows);
  const unknowns = [...of].flatMap(([slot, array]) => {
    const quantity = result.draws.quantities.find((q) => q.role === 'unknown' && q.name === slot.name);
    return quantity ? [{ slot, data: array.data, quantity }] : [];
  });
  const total = result.draws.chains * result.draws.draws;
  const pictures = unknowns.flatMap(
    ({ slot, data, quantity }) => picturesOf(session, slot, data, count, quantity, total) ?? [],
  );
  return pictures.length > 0
    ? { pictures, points: null }
    : { pictures: [], points: pointsOf(unknowns, count, total) };
}

/** Numbers `0 … of − 1`, at most `most` of them, far from each other. */
const spread = (of: number, most: number): number[] =>
  Array.from({ length: Math.min(of, most) }, (_, i) => Math.floor((i * of) / Math.min(of, most)));

function picturesOf(
  { bound }: Session,
  slot: Slot,
  data: ArrayLike<number>,
  rows: number,
  quantity: Quantity,
  draws: number,
): BesidePictures | null {
  const shape = latticeShape(slot.sets, bound.sizeOf);
  const size = shape.reduce((a, b) => a * b, 1);
  const picture = shape.length >= 2 && Math.min(...shape.slice(-2)) >= LEAST_SIDE;
  const line = shape.length === 1 && size >= LEAST_SIDE && quantity.kind !== 'real';
  if ((!picture && !line) || size > MOST_PIXELS) return null;
  const most = picture ? PICTURES : LINES;
  const take = (values: ArrayLike<number>, from: readonly number[]): Float32Array => {
    const out = new Float32Array(from.length * size);
    from.forEach((r, k) => {
      for (let i = 0; i < size; i++) out[k * size + i] = values[r * size + i];
    });
    return out;
  };
  const number = Math.min(most, rows, draws);
  return {
    name: slot.name,
    shape: picture ? shape : [number, size],
    // Lines make one picture, all together.
    count: picture ? number : 1,
    ...kindOf(slot.domain, bound.sizeOf),
    cyclic: slot.domain.kind === 'angle' || slot.domain.kind === 'cyclic',
    data: take(data, spread(rows, number)),
    draws: take(quantity.values, spread(draws, number)),
  };
}

function pointsOf(
  unknowns: readonly { readonly data: ArrayLike<number>; readonly quantity: Quantity }[],
  rows: number,
  draws: number,
): Beside['points'] {
  const numbers = unknowns.flatMap(({ data, quantity: q }) => {
    const size = q.shape.reduce((a, b) => a * b, 1);
    if (q.kind !== 'real' || size > 2) return [];
    return Array.from({ length: size }, (_, k) => ({
      name: size === 1 ? q.name : `${q.name}[${k}]`,
      data: (r: number): number => data[r * size + k],
      draw: (r: number): number => q.values[r * size + k],
    }));
  });
  if (numbers.length !== 2) return null;
  const [x, y] = numbers;
  const pairs = (n: number, pick: 'data' | 'draw'): Float32Array =>
    Float32Array.from(spread(n, POINTS).flatMap((r) => [x[pick](r), y[pick](r)]));
  return { x: x.name, y: y.name, data: pairs(rows, 'data'), draws: pairs(draws, 'draw') };
}
