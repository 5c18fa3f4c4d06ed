/**
 * The heat kernel of a graph of the user's: exp(−tL), L = D − A its Laplacian.
 *
 * Computed by uniformization (A. Jensen, "Markoff chains as an aid in the study of
 * Markoff processes", 1953): with q the largest degree and P = I − L/q, a matrix of
 * probabilities,
 *   exp(−tL) = Σ_n e^{−qt} (qt)ⁿ/n! Pⁿ.
 * All summands are positive, so that nothing cancels: entries are exact to rounding,
 * rows sum to 1, and states of different components stay apart, exactly. Long times
 * are made by squaring.
 */

/** An undirected graph without loops or double edges, as rows of neighbours. */
export interface StateGraph {
  readonly states: number;
  /** The neighbours of state a: `neighbours[starts[a]]` … `neighbours[starts[a + 1] − 1]`, ascending. */
  readonly starts: Int32Array;
  readonly neighbours: Int32Array;
}

/**
 * The graph with an edge between from[e] and to[e] for every e: directions do not
 * count, an edge that is named twice is one, loops are left out.
 * @param from state numbers in 0 … states − 1, as many as in `to`
 */
export function stateGraph(states: number, from: ArrayLike<number>, to: ArrayLike<number>): StateGraph {
  const rows = Array.from({ length: states }, () => new Set<number>());
  for (let e = 0; e < from.length; e++) {
    if (from[e] === to[e]) continue;
    rows[from[e]].add(to[e]);
    rows[to[e]].add(from[e]);
  }
  const starts = new Int32Array(states + 1);
  rows.forEach((row, a) => {
    starts[a + 1] = starts[a] + row.size;
  });
  const neighbours = new Int32Array(starts[states]);
  rows.forEach((row, a) => {
    neighbours.set(
      [...row].sort((x, y) => x - y),
      starts[a],
    );
  });
  return { states, starts, neighbours };
}

/**
 * t/(1 + d̄), d̄ the mean degree. On a graph of equal degrees the walk then draws anew, at
 * rate 1, from a state and its neighbours, uniformly: on the complete graph this is the
 * kernel of a plain category at time t, and t is at every graph about the probability
 * with which a value changes when that is small.
 */
export const graphTime = (graph: StateGraph, t: number): number =>
  t / (1 + graph.neighbours.length / graph.states);

/** Longest qt that is summed; beyond, the kernel of half the time is squared, unless the sum is cheaper. */
const LONGEST_SUM = 64;

/**
 * exp(−tL), S×S, row-major: entry a·S + b is the probability of state b after time t
 * from state a. Rows sum to 1 and the matrix is symmetric, both to rounding.
 * @param t at least 0, finite
 */
export function graphTransitions(graph: StateGraph, t: number): Float64Array {
  const S = graph.states;
  const q = largestDegree(graph);
  let halvings = 0;
  // A sum of n terms costs n passes over the edges for each row, a squaring S² for each row.
  for (let qt = q * t; qt > LONGEST_SUM && (graph.neighbours.length + S) * qt > 2 * S * S; qt /= 2)
    halvings++;
  let matrix = uniformized(graph, q, (q * t) / 2 ** halvings);
  for (let i = 0; i < halvings; i++) matrix = squared(matrix, S);
  return matrix;
}

function largestDegree({ states, starts }: StateGraph): number {
  let q = 0;
  for (let a = 0; a < states; a++) q = Math.max(q, starts[a + 1] - starts[a]);
  return q;
}

/** Σ_n Poisson(n; qt) Pⁿ, the rows one by one. */
function uniformized(graph: StateGraph, q: number, qt: number): Float64Array {
  const { states: S, starts, neighbours } = graph;
  const weights = poissonWeights(qt);
  const out = new Float64Array(S * S);
  let row = new Float64Array(S);
  let next = new Float64Array(S);
  for (let a = 0; a < S; a++) {
    row.fill(0);
    row[a] = 1;
    const sum = out.subarray(a * S, (a + 1) * S);
    for (let n = 0; n < weights.length; n++) {
      if (n > 0) {
        // P is symmetric: the row is multiplied from either side alike.
        for (let b = 0; b < S; b++) {
          const from = starts[b];
          const to = starts[b + 1];
          let flow = (q - (to - from)) * row[b];
          for (let e = from; e < to; e++) flow += row[neighbours[e]];
          next[b] = flow / q;
        }
        [row, next] = [next, row];
      }
      for (let b = 0; b < S; b++) sum[b] += weights[n] * row[b];
    }
  }
  return out;
}

/** The probabilities of 0, 1, … events when `mean` are expected, up to a tail below 1e−17; they sum to 1. */
function poissonWeights(mean: number): Float64Array {
  const logs: number[] = [];
  const logMean = Math.log(mean);
  for (let n = 0, log = -mean; n <= mean || log > -45; log += logMean - Math.log(++n)) {
    logs.push(log);
    if (mean === 0) break;
  }
  const weights = Float64Array.from(logs, Math.exp);
  const total = weights.reduce((x, y) => x + y, 0);
  return weights.map((w) => w / total);
}

function squared(m: Float64Array, S: number): Float64Array {
  const out = new Float64Array(S * S);
  for (let a = 0; a < S; a++) {
    const row = out.subarray(a * S, (a + 1) * S);
    for (let k = 0; k < S; k++) {
      const w = m[a * S + k];
      if (w === 0) continue;
      const at = k * S;
      for (let b = 0; b < S; b++) row[b] += w * m[at + b];
    }
  }
  return out;
}
