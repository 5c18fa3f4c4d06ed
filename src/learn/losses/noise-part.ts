/** The noise of one unknown, as `noise.ts` puts it together, and what it takes from the unknown's column. */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { columnScales } from '../perturb.ts';

/** The noise of one unknown. Arrays hold `count` states; log-densities are added to `logs`. */
export interface Part {
  readonly draw: (x: Float64Array, logs: Float64Array, stream: Stream) => void;
  readonly add: (x: Float64Array, logs: Float64Array) => void;
}

export interface Column {
  readonly unknown: Slot;
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly count: number;
  readonly elements: number;
}

export const elementOf = ({ data, count, elements }: Column, e: number): Float64Array =>
  Float64Array.from({ length: count }, (_, n) => data[n * elements + e]);

export function momentsOf(x: Float64Array): { readonly mean: number; readonly sd: number } {
  const mean = x.reduce((a, c) => a + c, 0) / x.length;
  return { mean, sd: columnScales({ shape: [x.length], data: x }, 1)[0] };
}

/** ln of the standard normal density. */
export const logNormal = (z: number): number => -0.5 * (z * z + Math.log(2 * Math.PI));
