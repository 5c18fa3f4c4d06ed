/**
 * Adding up at known positions without scattering: out[j] = Σ x[s] over the sources s of j. Targets with about as many
 * sources are taken together: a read brings their sources side by side (a row of zeros fills what is short), a sum over
 * a dimension of its own adds them, and a last read puts the targets in order. About as much is read as there is,
 * and all of it in a fixed order: ONNX Runtime's scattering of rows adds in whichever order its threads arrive.
 */

/** Targets with at most `width` sources each. */
export interface SumGroup {
  readonly count: number;
  readonly width: number;
  /** `count` times `width` sources; the number of sources stands for zero. */
  readonly positions: Int32Array;
}

export interface SumPlan {
  readonly groups: readonly SumGroup[];
  /** Whether zeros are read by a group. */
  readonly short: boolean;
  /**
   * Where each target is among those of all groups, one group after another; their number stands for zero. Null where
   * that is the order of the only group.
   */
  readonly order: Int32Array | null;
}

/** Numbers of sources that each get a group. */
const FEW_COUNTS = 4;

/** @param targets where each source goes, 0 … n − 1, or outside of it for nowhere */
export function sumPlan(targets: Int32Array, n: number): SumPlan {
  const sources: number[][] = Array.from({ length: n }, () => []);
  let total = 0;
  targets.forEach((j, s) => {
    if (j < 0 || j >= n) return;
    sources[j].push(s);
    total++;
  });
  const longest = sources.reduce((most, s) => Math.max(most, s.length), 1);
  const zero = targets.length;
  const counts = new Set(sources.map((s) => s.length).filter((k) => k > 0));
  // Groups of their own need no zeros, for which everything would be copied.
  const few = counts.size > 1 && counts.size <= FEW_COUNTS && 3 * n < total;
  if (longest === 1 || (!few && n * longest <= 2 * total)) {
    const group = groupOf(sources, longest, zero);
    return { groups: [group], short: group.positions.includes(zero), order: null };
  }
  const byWidth = new Map<number, number[]>();
  sources.forEach((s, j) => {
    if (s.length === 0) return;
    const width = few ? s.length : widthFor(s.length);
    const group = byWidth.get(width);
    if (group) group.push(j);
    else byWidth.set(width, [j]);
  });
  const widths = [...byWidth.keys()].sort((a, b) => a - b);
  const members = widths.map((w) => byWidth.get(w)!);
  const groups = members.map((js, g) =>
    groupOf(
      js.map((j) => sources[j]),
      widths[g],
      zero,
    ),
  );
  const rows = members.flat();
  const order = new Int32Array(n).fill(rows.length);
  rows.forEach((j, row) => {
    order[j] = row;
  });
  return { groups, short: groups.some((g) => g.positions.includes(zero)), order };
}

/** 1, 2, 3, 4, 6, 8, 12, …: at most a third of what is read is there to fill. */
function widthFor(count: number): number {
  const power = 2 ** Math.ceil(Math.log2(count));
  return power > 2 && count <= 0.75 * power ? 0.75 * power : power;
}

function groupOf(lists: readonly (readonly number[])[], width: number, zero: number): SumGroup {
  const positions = new Int32Array(lists.length * width).fill(zero);
  lists.forEach((list, k) => {
    positions.set(list, k * width);
  });
  return { count: lists.length, width, positions };
}
