/** A comparison in a sentence that needs no statistics to be read. */
import type { ClassifierTest } from './classifier-test.ts';

/** `53 ± 2 %`: as many digits as the error allows. */
export function accuracyText({ accuracy, error }: Pick<ClassifierTest, 'accuracy' | 'error'>): string {
  const digits = error < 0.0095 ? 1 : 0;
  return `${(100 * accuracy).toFixed(digits)} ± ${(100 * error).toFixed(digits)} %`;
}

/** `p = 0.37`, `p < 0.001`. */
export const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`);

/** How well it tells, in a word or two; null where chance does as well. */
export function strength({ accuracy, p }: Pick<ClassifierTest, 'accuracy' | 'p'>): string | null {
  if (p > 0.05) return null;
  if (accuracy < 0.55) return 'hardly';
  if (accuracy < 0.65) return 'a little';
  if (accuracy < 0.8) return 'often';
  return accuracy < 0.95 ? 'mostly' : 'nearly always';
}

/** Beyond this, an accuracy that is no better than chance says little. */
const WIDE = 0.03;

export function verdict(test: ClassifierTest | null): string {
  if (test === null) return 'too few rows for a classifier (20 of each side are needed)';
  const word = strength(test);
  const told = `a classifier tells them apart in ${accuracyText(test)} of cases`;
  if (word !== null) return `${told} (a coin: 50 %; ${pText(test.p)}): ${word}`;
  const most = Math.min(1, Math.max(0.5, test.accuracy) + 2 * test.error);
  const doubt =
    test.error > WIDE ? `, but rows are few: ${(100 * most).toFixed(0)} % cannot be excluded` : '';
  return `${told}, no better than a coin (${pText(test.p)})${doubt}`;
}
