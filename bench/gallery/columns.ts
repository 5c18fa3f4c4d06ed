/** Data and draws as plain columns. */
import { range, type Xy } from './ink.ts';
import type { Ran } from './studio.ts';

export const list = (ran: Ran, name: string): number[] => [...ran.data(name).data];
export const zip = (xs: readonly number[], ys: readonly number[]): Xy[] => xs.map((x, i) => [x, ys[i]]);
export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
/** Draws of one number. */
export const of = (ran: Ran, job: string, name: string, k = 0): number[] => ran.draws(job, name).element(k);
export const all = (ran: Ran, job: string, name: string): number[][] => {
  const d = ran.draws(job, name);
  return range(d.size).map((k) => d.element(k));
};
