/** A graph made ready for search: energies of single variables, relations of pairs, wide tables, who touches whom. */
import type { DiscreteFactor, DiscreteGraph } from '../graph.ts';
import { findCliques } from './cliques.ts';
import { type Relation, relationPool } from './relations.ts';

/** A table of three or more variables that forbids something. */
export interface WideTable {
  readonly scope: Int32Array;
  readonly strides: Int32Array;
  readonly energy: Float64Array;
  /** Where the remembered supports of each variable's states begin. */
  readonly supports: Int32Array;
}

/** A table of two or more variables whose finite energies differ. */
export interface SoftTable {
  readonly scope: Int32Array;
  readonly strides: Int32Array;
  readonly energy: Float64Array;
}

export interface Problem {
  readonly graph: DiscreteGraph;
  readonly count: number;
  readonly states: Int32Array;
  /** Where a variable's states begin among all (variable, state) pairs; count + 1. */
  readonly first: Int32Array;
  /** Energies of single states, +∞ where forbidden; with `base` and `soft` they make up the energy. */
  readonly unary: Float64Array;
  /** The energy of what does not vary. */
  readonly base: number;
  /** Hard pairs: variables x, y and what they allow. */
  readonly pairX: Int32Array;
  readonly pairY: Int32Array;
  readonly relations: readonly Relation[];
  /** For each variable the pairs that touch it: 2·pair + side, in `pairList[pairFirst[v] … pairFirst[v + 1]]`. */
  readonly pairFirst: Int32Array;
  readonly pairList: Int32Array;
  readonly wide: readonly WideTable[];
  /** For each variable the wide tables that touch it. */
  readonly wideFirst: Int32Array;
  readonly wideList: Int32Array;
  readonly supportCount: number;
  /** Sets of variables that are pairwise different. */
  readonly cliques: readonly Int32Array[];
  readonly cliqueFirst: Int32Array;
  readonly cliqueList: Int32Array;
  /** Tables with energies to lower, hard pairs among them when there are any energies. */
  readonly soft: readonly SoftTable[];
  /** Whether finite energies differ at all. */
  readonly graded: boolean;
  /** Every two finite energies differ by a multiple of this; 0 when there is no such number. */
  readonly step: number;
}

/** Numbers that a search may hold: about a gigabyte. */
const MOST_CELLS = 2 ** 27;

/** Why a graph is too large to be searched; null when it is not. */
export function tooLarge(graph: DiscreteGraph): string | null {
  let cells = 0;
  for (const d of graph.states) {
    if (d > 65536) return `an unknown has ${d} values: search serves up to 65,536`;
    cells += 4 * d;
  }
  for (const f of graph.factors) {
    if (f.scope.length > 63) return `a table is over ${f.scope.length} unknowns: search serves up to 63`;
    cells += 16 + 4 * f.scope.length;
    for (const v of f.scope) cells += 2 * graph.states[v];
  }
  const seen = new Set<Float64Array>();
  for (const f of graph.factors)
    if (!seen.has(f.energy)) {
      seen.add(f.energy);
      cells += f.energy.length;
    }
  return cells > MOST_CELLS
    ? `the unknowns and tables come to ${cells} numbers: search holds up to ${MOST_CELLS}`
    : null;
}

/** @throws nothing; ask `tooLarge` before */
export function makeProblem(graph: DiscreteGraph): Problem {
  const { states } = graph;
  const n = states.length;
  const first = new Int32Array(n + 1);
  for (let v = 0; v < n; v++) first[v + 1] = first[v] + states[v];
  const unary = new Float64Array(first[n]);
  const pool = relationPool();
  const pairs: { x: number; y: number; relation: Relation }[] = [];
  const wide: WideTable[] = [];
  const soft: SoftTable[] = [];
  const hardPairs: DiscreteFactor[] = [];
  const forms = new Map<Float64Array, Form>();
  let base = graph.constant;
  let supportCount = 0;
  let graded = false;
  let step = 0;
  for (const factor of graph.factors) {
    const { scope, energy } = factor;
    let form = forms.get(energy);
    if (!form) {
      form = formOf(energy);
      forms.set(energy, form);
      step = commonStep(step, form.step);
    }
    if (form.varies) graded = true;
    if (scope.length === 0) {
      base += energy[0];
      continue;
    }
    if (scope.length === 1) {
      const at = first[scope[0]];
      for (let a = 0; a < energy.length; a++) unary[at + a] += energy[a];
      continue;
    }
    // A constant offset stays out of the tables that bounds are made from.
    if (form.varies) soft.push(softTable(factor, states));
    else if (form.value !== Infinity) base += form.value;
    if (!form.forbids) continue;
    if (scope.length === 2) {
      const relation = pool(energy, states[scope[0]], states[scope[1]])!;
      pairs.push({ x: scope[0], y: scope[1], relation });
      if (!form.varies) hardPairs.push(factor);
    } else {
      const supports = new Int32Array(scope.length);
      scope.forEach((v, i) => {
        supports[i] = supportCount;
        supportCount += states[v];
      });
      wide.push({ scope, strides: stridesOf(scope, states), energy, supports });
    }
  }
  // Pairs that only forbid make bounds better, but their energy (when not 0) is in `base` already.
  if (graded)
    for (const f of hardPairs) {
      const value = forms.get(f.energy)!.value;
      if (f.energy.length > 1024) continue;
      soft.push(
        softTable(value === 0 ? f : { scope: f.scope, energy: f.energy.map((e) => e - value) }, states),
      );
    }
  const pairX = Int32Array.from(pairs, (p) => p.x);
  const pairY = Int32Array.from(pairs, (p) => p.y);
  const touching = lists(
    n,
    pairs.flatMap((p, i) => [
      [p.x, 2 * i],
      [p.y, 2 * i + 1],
    ]),
  );
  const wideOf = lists(
    n,
    wide.flatMap((w, i) => Array.from(w.scope, (v): [number, number] => [v, i])),
  );
  const different = pairs.flatMap((p, i) => (p.relation.different ? [i] : []));
  const cliques = findCliques(
    n,
    Int32Array.from(different, (i) => pairX[i]),
    Int32Array.from(different, (i) => pairY[i]),
  );
  const cliqueOf = lists(
    n,
    cliques.flatMap((c, i) => Array.from(c, (v): [number, number] => [v, i])),
  );
  return {
    graph,
    count: n,
    states,
    first,
    unary,
    base,
    pairX,
    pairY,
    relations: pairs.map((p) => p.relation),
    pairFirst: touching.first,
    pairList: touching.list,
    wide,
    wideFirst: wideOf.first,
    wideList: wideOf.list,
    supportCount,
    cliques,
    cliqueFirst: cliqueOf.first,
    cliqueList: cliqueOf.list,
    soft,
    graded,
    step: Number.isFinite(step) ? step : 0,
  };
}

interface Form {
  readonly forbids: boolean;
  /** Whether two finite entries differ. */
  readonly varies: boolean;
  /** The first finite entry; +∞ without one. */
  readonly value: number;
  readonly step: number;
}

function formOf(energy: Float64Array): Form {
  let forbids = false;
  let varies = false;
  let value = Infinity;
  let step = 0;
  for (const e of energy) {
    if (e === Infinity) forbids = true;
    else if (value === Infinity) value = e;
    else if (e !== value) {
      varies = true;
      step = commonStep(step, Math.abs(e - value));
    }
  }
  return { forbids, varies, value, step };
}

/**
 * The largest number that two are multiples of, by Euclid's algorithm with room for rounding; 0 stands for anything
 * and +∞ for "there is none".
 */
function commonStep(a: number, b: number): number {
  if (a === Infinity || b === Infinity) return Infinity;
  const largest = Math.max(a, b);
  const room = 1e-12 * largest;
  let x = largest;
  let y = Math.min(a, b);
  for (let i = 0; y > room; i++) {
    const r = x % y;
    x = y;
    y = y - r < room ? 0 : r;
    if (i > 60) return Infinity;
  }
  return x < 1e-5 * largest ? Infinity : x;
}

function stridesOf(scope: Int32Array, states: Int32Array): Int32Array {
  const strides = new Int32Array(scope.length);
  for (let i = scope.length - 1, s = 1; i >= 0; i--) {
    strides[i] = s;
    s *= states[scope[i]];
  }
  return strides;
}

const softTable = ({ scope, energy }: DiscreteFactor, states: Int32Array): SoftTable => ({
  scope,
  strides: stridesOf(scope, states),
  energy,
});

/** What belongs to each of n variables, in compressed rows. */
export function lists(
  n: number,
  entries: readonly (readonly number[])[],
): { first: Int32Array; list: Int32Array } {
  const first = new Int32Array(n + 1);
  for (const [v] of entries) first[v + 1]++;
  for (let v = 0; v < n; v++) first[v + 1] += first[v];
  const at = first.slice(0, n);
  const list = new Int32Array(entries.length);
  for (const [v, what] of entries) list[at[v]++] = what;
  return { first, list };
}
