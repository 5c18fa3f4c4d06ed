/**
 * All-different over a set of variables, to generalised arc consistency: a state goes when no matching of variables
 * to values uses it (Régin, AAAI 1994). The matching is mended from the one before; what belongs to no matching is
 * read off the strongly connected components of the residual graph (Tarjan 1972), one depth-first walk without
 * recursion. Naked and hidden singles, pairs and so on are special cases.
 */
import type { Domains } from './domains.ts';
import type { Problem } from './problem.ts';

export interface AllDifferent {
  /** False when the variables of a clique cannot all differ. */
  propagate(clique: number): boolean;
  /** Steps that the last call took. */
  readonly steps: number;
}

export function makeAllDifferent(problem: Problem, domains: Domains): AllDifferent {
  const { cliques } = problem;
  const { size, first, words } = domains;
  const members = cliques.reduce((a, c) => Math.max(a, c.length), 0);
  const values = cliques.reduce((a, c) => c.reduce((b, v) => Math.max(b, problem.states[v]), a), 0);
  // The matching of each variable in each clique, remembered: by position in the clique.
  const offsets = new Int32Array(cliques.length + 1);
  cliques.forEach((c, i) => {
    offsets[i + 1] = offsets[i] + c.length;
  });
  const remembered = new Int32Array(offsets[cliques.length]).fill(-1);
  // Nodes: values 0 … values − 1, then open members, then the sink for values that nobody has.
  const nodes = values + members + 1;
  const open = new Int32Array(members);
  const place = new Int32Array(members);
  const match = new Int32Array(members);
  const owner = new Int32Array(values);
  const from = new Int32Array(values);
  const seen = new Int32Array(values);
  const queue = new Int32Array(members);
  const index = new Int32Array(nodes);
  const low = new Int32Array(nodes);
  const component = new Int32Array(nodes);
  const stack = new Int32Array(nodes);
  const walk = new Int32Array(nodes);
  const bit = new Int32Array(nodes);
  let stamp = 0;
  let steps = 0;

  return {
    get steps() {
      return steps;
    },
    propagate(c) {
      const clique = cliques[c];
      const at = offsets[c];
      let n = 0;
      let smallest = Infinity;
      let d = 0;
      for (let i = 0; i < clique.length; i++) {
        const v = clique[i];
        if (size[v] === 1) continue;
        place[n] = at + i;
        open[n++] = v;
        if (size[v] < smallest) smallest = size[v];
        if (problem.states[v] > d) d = problem.states[v];
      }
      steps = clique.length;
      // Every proper part of them has room enough, and all of them together cut nothing.
      if (n === 0 || smallest >= n) return true;
      owner.fill(-1, 0, d);
      for (let i = 0; i < n; i++) {
        const a = remembered[place[i]];
        if (a >= 0 && owner[a] < 0 && domains.has(open[i], a)) {
          match[i] = a;
          owner[a] = i;
        } else match[i] = -1;
      }
      for (let i = 0; i < n; i++) if (match[i] < 0 && !augment(i)) return false;
      for (let i = 0; i < n; i++) remembered[place[i]] = match[i];
      return cut(n, d);
    },
  };

  /** Match one more member by a shortest alternating path. */
  function augment(start: number): boolean {
    stamp++;
    let head = 0;
    let tail = 0;
    queue[tail++] = start;
    while (head < tail) {
      const i = queue[head++];
      const v = open[i];
      for (let w = first[v]; w < first[v + 1]; w++) {
        let word = words[w];
        const base = (w - first[v]) << 5;
        while (word !== 0) {
          const lowest = word & -word;
          word ^= lowest;
          const a = base + 31 - Math.clz32(lowest);
          steps++;
          if (seen[a] === stamp) continue;
          seen[a] = stamp;
          from[a] = i;
          if (owner[a] >= 0) {
            queue[tail++] = owner[a];
            continue;
          }
          for (let b = a; ; ) {
            const j = from[b];
            const before = match[j];
            match[j] = b;
            owner[b] = j;
            if (j === start) return true;
            b = before;
          }
        }
      }
    }
    return false;
  }

  /** Remove what no matching uses. */
  function cut(n: number, d: number): boolean {
    const sink = d + n;
    index.fill(0, 0, sink + 1);
    component.fill(-1, 0, sink + 1);
    let counter = 0;
    let components = 0;
    let depth = 0;
    let kept = 0;
    for (let root = d; root < sink; root++) {
      if (index[root] !== 0) continue;
      enter(root);
      while (depth > 0) {
        const node = walk[depth - 1];
        const to = following(node, n, d, sink);
        if (to < 0) {
          depth--;
          if (depth > 0 && low[node] < low[walk[depth - 1]]) low[walk[depth - 1]] = low[node];
          if (low[node] === index[node]) {
            for (;;) {
              const top = stack[--kept];
              component[top] = components;
              if (top === node) break;
            }
            components++;
          }
        } else if (index[to] === 0) enter(to);
        else if (component[to] < 0 && index[to] < low[node]) low[node] = index[to];
      }
    }
    if (components === 1) return true;
    for (let i = 0; i < n; i++) {
      const v = open[i];
      const mine = component[d + i];
      for (let w = first[v]; w < first[v + 1]; w++) {
        let word = words[w];
        let gone = 0;
        const base = (w - first[v]) << 5;
        while (word !== 0) {
          const lowest = word & -word;
          word ^= lowest;
          const a = base + 31 - Math.clz32(lowest);
          if (component[a] !== mine && match[i] !== a) gone |= lowest;
        }
        if (gone !== 0 && !domains.keep(v, w, ~gone)) return false;
      }
    }
    return true;

    function enter(node: number): void {
      index[node] = low[node] = ++counter;
      bit[node] = 0;
      stack[kept++] = node;
      walk[depth++] = node;
    }
  }

  /**
   * The next edge out of a node, −1 after the last. A member leads to its values but the one it has; a value to the
   * member that has it, or to the sink; the sink to the values that members have.
   */
  function following(node: number, n: number, d: number, sink: number): number {
    steps++;
    if (node < d) {
      if (bit[node]++ > 0) return -1;
      return owner[node] >= 0 ? d + owner[node] : sink;
    }
    if (node === sink) return bit[node] < n ? match[bit[node]++] : -1;
    const i = node - d;
    const v = open[i];
    const most = (first[v + 1] - first[v]) << 5;
    for (let b = bit[node]; b < most; ) {
      const word = words[first[v] + (b >>> 5)] & (-1 << (b & 31));
      if (word === 0) {
        b = (b | 31) + 1;
        continue;
      }
      const a = (b & ~31) + 31 - Math.clz32(word & -word);
      if (a !== match[i]) {
        bit[node] = a + 1;
        return a;
      }
      b = a + 1;
    }
    bit[node] = most;
    return -1;
  }
}
