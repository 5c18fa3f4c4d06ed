/**
 * Moves of many variables at once in sparse graphs: a random induced forest is set to the best it can be beside the
 * rest, by dynamic programming (Hamze and de Freitas, UAI 2004, at zero temperature; Selby, arXiv:1409.3934). It
 * turns over the large clusters that single changes do not.
 */
import type { FastRandom } from './fast-random.ts';
import type { Moves } from './moves.ts';

export interface ForestMoves {
  /** Choose a forest and set it: the energy with weights does not rise. Ties are broken at random. */
  step(): void;
  /** Variables of a connected patch, `size` of them or as many as there are. Valid until the next call. */
  patch(size: number): Int32Array;
}

/** The states that each variable may take. */
export interface AllowedStates {
  readonly first: Int32Array;
  readonly list: Int32Array;
}

/** Above this mean number of neighbours forests are too small to be worth it, and above so many states too dear. */
const MOST_NEIGHBOURS = 12;
const MOST_STATES = 128;

/** null where the graph is not of that kind. */
export function forestMoves(moves: Moves, allowed: AllowedStates, random: FastRandom): ForestMoves | null {
  const { count, first, states, codes, cost, touchFirst, touchFactor, touchPlace } = moves;
  const { factors } = moves.graph;
  let pairs = 0;
  for (const { scope } of factors) if (scope.length === 2) pairs++;
  const most = states.reduce((a, b) => Math.max(a, b), 1);
  if (count < 8 || 4 * pairs < count || 2 * pairs > MOST_NEIGHBOURS * count || most > MOST_STATES)
    return null;

  const order = Int32Array.from({ length: count }, (_, v) => v);
  const tree = new Int32Array(count);
  const inside = new Uint8Array(count);
  const seen = new Int32Array(count);
  const taken = new Uint8Array(factors.length);
  const parent = new Int32Array(count);
  const queue = new Int32Array(count);
  const joined = new Int32Array(count);
  // For each (variable, state) its cost with all below it; for each variable and state of its parent the best state.
  const below = new Float64Array(first[count]);
  const choice = new Int32Array(count * most);
  const link = new Float64Array(most * most);
  let stamp = 0;

  return {
    step() {
      grow();
      solve(rooted());
    },
    patch(size) {
      stamp++;
      let tail = 0;
      queue[tail++] = random.below(count);
      seen[queue[0]] = stamp;
      for (let head = 0; head < tail && tail < size; head++) {
        const v = queue[head];
        for (let t = touchFirst[v]; t < touchFirst[v + 1] && tail < size; t++)
          for (const u of factors[touchFactor[t]].scope) {
            if (seen[u] === stamp || tail >= size) continue;
            seen[u] = stamp;
            queue[tail++] = u;
          }
      }
      return queue.subarray(0, tail);
    },
  };

  function root(v: number): number {
    let r = v;
    while (tree[r] !== r) {
      tree[r] = tree[tree[r]];
      r = tree[r];
    }
    return r;
  }

  /** In random order, each variable that is joined to every tree at most once. */
  function grow(): void {
    inside.fill(0);
    taken.fill(0);
    for (let v = 0; v < count; v++) tree[v] = v;
    for (let i = count - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    for (let i = 0; i < count; i++) {
      const v = order[i];
      const trees = joinable(v);
      if (trees < 0) continue;
      inside[v] = 1;
      for (let k = 0; k < trees; k++) tree[joined[k]] = v;
      for (let t = touchFirst[v]; t < touchFirst[v + 1]; t++)
        if (factors[touchFactor[t]].scope.length > 2) taken[touchFactor[t]] = 1;
    }
  }

  /** How many trees v would join, their roots in `joined`; −1 when it would close a circle. */
  function joinable(v: number): number {
    stamp += 2;
    let trees = 0;
    for (let t = touchFirst[v]; t < touchFirst[v + 1]; t++) {
      const f = touchFactor[t];
      const { scope } = factors[f];
      if (scope.length > 2 && taken[f]) return -1;
      if (scope.length !== 2) continue;
      const u = scope[1 - touchPlace[t]];
      // By a second table the same neighbour is the same edge.
      if (!inside[u] || seen[u] >= stamp - 1) continue;
      const r = root(u);
      for (let k = 0; k < trees; k++) if (joined[k] === r) return -1;
      joined[trees++] = r;
      seen[u] = stamp;
    }
    return trees;
  }

  /** Parents before children in `queue`; how many. */
  function rooted(): number {
    stamp += 2;
    let tail = 0;
    for (let i = 0; i < count; i++) {
      const start = order[i];
      if (!inside[start] || seen[start] === stamp) continue;
      seen[start] = stamp;
      parent[start] = -1;
      let head = tail;
      queue[tail++] = start;
      for (; head < tail; head++) {
        const v = queue[head];
        for (let t = touchFirst[v]; t < touchFirst[v + 1]; t++) {
          const { scope } = factors[touchFactor[t]];
          if (scope.length !== 2) continue;
          const u = scope[1 - touchPlace[t]];
          if (!inside[u] || seen[u] === stamp) continue;
          seen[u] = stamp;
          parent[u] = v;
          queue[tail++] = u;
        }
      }
    }
    return tail;
  }

  function solve(length: number): void {
    for (let i = 0; i < length; i++) {
      const v = queue[i];
      const at = first[v];
      for (let a = 0; a < states[v]; a++) below[at + a] = cost[at + a];
      for (let t = touchFirst[v]; t < touchFirst[v + 1]; t++) {
        const f = touchFactor[t];
        const { scope, energy } = factors[f];
        if (scope.length !== 2) continue;
        const u = scope[1 - touchPlace[t]];
        if (!inside[u]) continue;
        const [row, step] = touchPlace[t] === 0 ? [codes[u], states[u]] : [codes[u] * states[v], 1];
        const weight = moves.weights[f];
        for (let a = 0; a < states[v]; a++) {
          const e = energy[row + a * step];
          below[at + a] -= e === Infinity ? weight : e;
        }
      }
    }
    for (let i = length - 1; i >= 0; i--) {
      const v = queue[i];
      const p = parent[v];
      if (p < 0) continue;
      const dv = states[v];
      const dp = states[p];
      moves.work += dv * dp;
      link.fill(0, 0, dv * dp);
      for (let t = touchFirst[v]; t < touchFirst[v + 1]; t++) {
        const f = touchFactor[t];
        const { scope, energy } = factors[f];
        if (scope.length !== 2 || scope[1 - touchPlace[t]] !== p) continue;
        const [mine, theirs] = touchPlace[t] === 0 ? [dp, 1] : [1, dv];
        for (let b = 0; b < dp; b++)
          for (let a = 0; a < dv; a++) {
            const e = energy[a * mine + b * theirs];
            link[b * dv + a] += e === Infinity ? moves.weights[f] : e;
          }
      }
      for (let b = 0; b < dp; b++) {
        const best = least(v, b * dv);
        choice[v * most + b] = best;
        below[first[p] + b] += below[first[v] + best] + link[b * dv + best];
      }
    }
    // From the roots down; `joined` keeps what was chosen while `codes` still change.
    link.fill(0, 0, most);
    for (let i = 0; i < length; i++) {
      const v = queue[i];
      joined[v] = parent[v] < 0 ? least(v, 0) : choice[v * most + joined[parent[v]]];
    }
    for (let i = 0; i < length; i++)
      if (joined[queue[i]] !== codes[queue[i]]) moves.move(queue[i], joined[queue[i]]);
    moves.work += length;
  }

  /** The best state of v with a row of `link` added. */
  function least(v: number, row: number): number {
    const at = first[v];
    let low = Infinity;
    let best = allowed.list[allowed.first[v]];
    let ties = 0;
    for (let k = allowed.first[v]; k < allowed.first[v + 1]; k++) {
      const a = allowed.list[k];
      const c = below[at + a] + link[row + a];
      if (c < low - 1e-12) {
        low = c;
        best = a;
        ties = 1;
      } else if (c <= low + 1e-12 && random.below(++ties) === 0) best = a;
    }
    return best;
  }
}
