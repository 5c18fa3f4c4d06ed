/** What the numerical tests of the standard library share. */
import { expect } from 'vitest';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { noClamp } from '../../src/infer/model.ts';
import { open } from '../run/kit.ts';

/** ln Σ exp(−E) over all states. */
export async function logZ(text: string, energy?: string): Promise<number> {
  const model = (await open(text)).model(energy);
  return enumerateStates(model, noClamp(model)).logZ;
}

export const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const logSumExp = (x: readonly number[]): number => {
  const top = Math.max(...x);
  return top + Math.log(sum(x.map((v) => Math.exp(v - top))));
};

/** All words of `n` letters, the last letter running fastest. */
export const words = (letters: readonly number[], n: number): number[][] =>
  n === 0 ? [[]] : words(letters, n - 1).flatMap((w) => letters.map((l) => [...w, l]));

/** Rows of a matrix that is stored row by row. */
export const rows = (flat: readonly number[], columns: number): number[][] =>
  range(flat.length / columns).map((r) => flat.slice(r * columns, (r + 1) * columns));

/** As many numbers, each equal to ten digits behind the point. */
export function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((e, i) => {
    expect(actual[i], `element ${i}`).toBeCloseTo(e, 10);
  });
}
