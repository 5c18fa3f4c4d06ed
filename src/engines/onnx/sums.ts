/**
 * Adding up at known positions without scattering: out[j] = Σ x[s] over the sources s of j. Sources are brought
 * together by a read (a row of zeros fills what is short) and added along a dimension of their own. Long lists are
 * added in blocks first, and the blocks' sums in turn: as many passes as the longest list asks for, each parallel and
 * in a fixed order, so that the result is the same in every run (scattering in ONNX Runtime is serial or unordered).
 */

/** Sums of blocks of this many elements, when the lists are of very different lengths. */
const BLOCK = 8;

/** out[j] = Σ_{k<width} x[positions[j·width + k]]; the position `from` stands for zero. */
export interface SumPass {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly positions: Int32Array;
  /** Whether some position is `from`. */
  readonly short: boolean;
}

/**
 * @param targets where each of the m sources goes, 0 … n − 1, or outside of it for nowhere
 * @returns at least one pass; the last makes n elements
 */
export function sumPasses(targets: ArrayLike<number>, n: number): readonly SumPass[] {
  const counts = new Int32Array(n);
  let [sources, longest] = [0, 0];
  for (let s = 0; s < targets.length; s++) {
    const j = targets[s];
    if (!(j >= 0 && j < n)) continue;
    sources++;
    longest = Math.max(longest, ++counts[j]);
  }
  if (longest <= 1 || n * longest <= 2 * sources) return [gathered(targets, n, Math.max(1, longest))];
  // Blocks: each list of c sources becomes ⌈c / width⌉ rows.
  const width = Math.min(BLOCK, longest);
  const rows = counts.reduce((sum, c) => sum + Math.ceil(c / width), 0);
  const rowOf = new Int32Array(n);
  const next = new Int32Array(rows);
  let row = 0;
  for (let j = 0; j < n; j++) {
    rowOf[j] = row;
    for (let c = counts[j]; c > 0; c -= width) next[row++] = j;
  }
  const filled = new Int32Array(n);
  const blocks = new Int32Array(targets.length).fill(-1);
  for (let s = 0; s < targets.length; s++) {
    const j = targets[s];
    if (j >= 0 && j < n) blocks[s] = rowOf[j] + Math.floor(filled[j]++ / width);
  }
  return [gathered(blocks, rows, width), ...sumPasses(next, n)];
}

function gathered(targets: ArrayLike<number>, n: number, width: number): SumPass {
  const m = targets.length;
  const positions = new Int32Array(n * width).fill(m);
  const filled = new Int32Array(n);
  let sources = 0;
  for (let s = 0; s < m; s++) {
    const j = targets[s];
    if (!(j >= 0 && j < n)) continue;
    positions[j * width + filled[j]++] = s;
    sources++;
  }
  return { from: m, to: n, width, positions, short: sources < positions.length };
}
