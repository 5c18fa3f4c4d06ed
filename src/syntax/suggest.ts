/**
 * "Did you mean …?": the nearest of some words.
 */

/**
 * The Damerau–Levenshtein distance in its restricted form (optimal string
 * alignment): insertions, deletions, substitutions and exchanges of neighbours,
 * each at cost 1. Wagner & Fischer (1974), Damerau (1964).
 * Answers `limit + 1` as soon as the distance must exceed `limit`.
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforeLast[j - 2] + 1);
      }
      row.push(best);
    }
    if (Math.min(...row) > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length], limit + 1);
}

/**
 * The candidate that `word` was probably meant to be, if one is near enough:
 * at most one edit for words of up to 3 letters (and at least one letter in
 * common), two up to 7, three beyond; a difference of case alone costs nothing.
 * Ties go to the earlier candidate. Answers undefined for an exact match.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > 64) return undefined;
  const allowed = word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3;
  const folded = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    if (candidate === word) return undefined;
    const distance = editDistance(folded, candidate.toLowerCase(), Math.min(allowed, bestDistance));
    if (distance < bestDistance && distance < Math.max(word.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
