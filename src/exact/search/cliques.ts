/**
 * Sets of variables of which every two must differ, found among the pairs that must: greedily, each from an edge that
 * no set has covered yet, always adding the variable that leaves most candidates. A row of a Latin square, a unit of
 * a Sudoku and the clashes at one time of a timetable come back as the all-different constraints that they are.
 */

/** Steps after which the remaining pairs stay pairs. */
const MOST_STEPS = 2e7;
/** Candidates that are compared before one is added. */
const COMPARED = 16;

/** @returns sets of at least three variables, in increasing order */
export function findCliques(n: number, x: Int32Array, y: Int32Array): Int32Array[] {
  const degree = new Int32Array(n + 1);
  for (let e = 0; e < x.length; e++) {
    degree[x[e] + 1]++;
    degree[y[e] + 1]++;
  }
  const first = degree;
  for (let v = 0; v < n; v++) first[v + 1] += first[v];
  const at = first.slice(0, n);
  const list = new Int32Array(2 * x.length);
  const edge = new Int32Array(2 * x.length);
  for (let e = 0; e < x.length; e++) {
    edge[at[x[e]]] = e;
    list[at[x[e]]++] = y[e];
    edge[at[y[e]]] = e;
    list[at[y[e]]++] = x[e];
  }
  const covered = new Uint8Array(x.length);
  const mark = new Int32Array(n);
  let stamp = 0;
  let steps = 0;
  const found: Int32Array[] = [];
  for (let e = 0; e < x.length && steps < MOST_STEPS; e++) {
    if (covered[e]) continue;
    const clique = [x[e], y[e]];
    let candidates = common(neighboursOf(x[e]), y[e]);
    while (candidates.length > 0) {
      stamp++;
      for (const v of candidates) mark[v] = stamp;
      let best = candidates[0];
      let most = -1;
      for (let k = 0; k < candidates.length && k < COMPARED; k++) {
        const v = candidates[k];
        let shared = 0;
        for (let i = first[v]; i < first[v + 1]; i++) if (mark[list[i]] === stamp) shared++;
        steps += first[v + 1] - first[v];
        if (shared > most) {
          most = shared;
          best = v;
        }
      }
      clique.push(best);
      candidates = common(candidates, best);
    }
    if (clique.length < 3) continue;
    stamp++;
    for (const v of clique) mark[v] = stamp;
    for (const v of clique)
      for (let i = first[v]; i < first[v + 1]; i++) if (mark[list[i]] === stamp) covered[edge[i]] = 1;
    found.push(Int32Array.from(clique).sort());
  }
  return found;

  function neighboursOf(v: number): number[] {
    return Array.from(new Set(list.subarray(first[v], first[v + 1])));
  }

  /** Those of `among` that must differ from v. */
  function common(among: readonly number[], v: number): number[] {
    stamp++;
    for (let i = first[v]; i < first[v + 1]; i++) mark[list[i]] = stamp;
    steps += first[v + 1] - first[v] + among.length;
    return among.filter((u) => u !== v && mark[u] === stamp);
  }
}
