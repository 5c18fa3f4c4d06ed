/** The parts of a graph that share no unknown, each as a graph of its own. */
import type { DiscreteFactor, DiscreteGraph } from '../graph.ts';

export interface Part {
  readonly graph: DiscreteGraph;
  /** The number that each of its variables has in the whole graph. */
  readonly variables: Int32Array;
}

export interface Parts {
  readonly parts: readonly Part[];
  /** The energy of what touches no variable. */
  readonly constant: number;
}

/** Connected parts, smallest first; a connected graph comes back as it is. Variables in no table are parts too. */
export function partsOf(graph: DiscreteGraph): Parts {
  const n = graph.states.length;
  const parent = Int32Array.from({ length: n }, (_, v) => v);
  const root = (v: number): number => {
    let r = v;
    while (parent[r] !== r) r = parent[r];
    for (let u = v; parent[u] !== r; ) {
      const next = parent[u];
      parent[u] = r;
      u = next;
    }
    return r;
  };
  let constant = graph.constant;
  for (const { scope, energy } of graph.factors) {
    if (scope.length === 0) constant += energy[0];
    for (let i = 1; i < scope.length; i++) {
      const a = root(scope[0]);
      const b = root(scope[i]);
      if (a !== b) parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const number = new Int32Array(n).fill(-1);
  const members: number[][] = [];
  const place = new Int32Array(n);
  for (let v = 0; v < n; v++) {
    const r = root(v);
    if (number[r] < 0) {
      number[r] = members.length;
      members.push([]);
    }
    number[v] = number[r];
    place[v] = members[number[r]].length;
    members[number[r]].push(v);
  }
  const factors: DiscreteFactor[][] = members.map(() => []);
  for (const { scope, energy } of graph.factors) {
    if (scope.length === 0) continue;
    factors[number[scope[0]]].push({ scope: scope.map((v) => place[v]), energy });
  }
  const parts = members.map((own, i) => ({
    variables: Int32Array.from(own),
    graph: { states: Int32Array.from(own, (v) => graph.states[v]), factors: factors[i], constant: 0 },
  }));
  parts.sort((a, b) => a.variables.length - b.variables.length);
  return { parts, constant };
}
