/** Graphs for the tests of search, made by hand, and brute force to check against. */
import { type DiscreteFactor, type DiscreteGraph, energyOf } from '../../src/exact/graph.ts';
import type { Stream } from '../../src/random/stream.ts';

const inf = Infinity;

/** A table over pairs of values: 0 where allowed, +∞ where not. */
export const pairTable = (dx: number, dy: number, allowed: (a: number, b: number) => boolean): Float64Array =>
  Float64Array.from({ length: dx * dy }, (_, i) => (allowed(Math.floor(i / dy), i % dy) ? 0 : inf));

export const graphOf = (
  states: readonly number[],
  factors: readonly (readonly [readonly number[], Float64Array])[],
  constant = 0,
): DiscreteGraph => ({
  states: Int32Array.from(states),
  factors: factors.map(([scope, energy]): DiscreteFactor => ({ scope: Int32Array.from(scope), energy })),
  constant,
});

/** 81 cells, every pair of a unit as one shared table; clues are tables of one cell. 0 stands for an empty cell. */
export function sudoku(puzzle: string): DiscreteGraph {
  const different = pairTable(9, 9, (a, b) => a !== b);
  const factors: [number[], Float64Array][] = [];
  for (let i = 0; i < 81; i++)
    for (let j = i + 1; j < 81; j++) {
      const [r, c, s, d] = [Math.floor(i / 9), i % 9, Math.floor(j / 9), j % 9];
      const box = Math.floor(r / 3) === Math.floor(s / 3) && Math.floor(c / 3) === Math.floor(d / 3);
      if (r === s || c === d || box) factors.push([[i, j], different]);
    }
  for (let i = 0; i < 81; i++) {
    const clue = Number(puzzle[i]);
    if (clue > 0) factors.push([[i], Float64Array.from({ length: 9 }, (_, a) => (a === clue - 1 ? 0 : inf))]);
  }
  return graphOf(new Array(81).fill(9), factors);
}

export function queens(n: number): DiscreteGraph {
  const tables = Array.from({ length: n }, (_, k) =>
    pairTable(n, n, (a, b) => a !== b && Math.abs(a - b) !== k),
  );
  const factors: [number[], Float64Array][] = [];
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) factors.push([[i, j], tables[j - i]]);
  return graphOf(new Array(n).fill(n), factors);
}

/** Couplings on a square lattice of two-state variables, with fields. */
export function spinGlass(side: number, stream: Stream, draw: () => number, fields: number): DiscreteGraph {
  const factors: [number[], Float64Array][] = [];
  const at = (r: number, c: number) => r * side + c;
  for (let r = 0; r < side; r++)
    for (let c = 0; c < side; c++) {
      for (const [s, d] of [
        [r + 1, c],
        [r, c + 1],
      ]) {
        if (s === side || d === side) continue;
        const j = draw();
        factors.push([[at(r, c), at(s, d)], Float64Array.of(-j, j, j, -j)]);
      }
      if (fields > 0) {
        const h = fields * stream.normal();
        factors.push([[at(r, c)], Float64Array.of(-h, h)]);
      }
    }
  return graphOf(new Array(side * side).fill(2), factors);
}

/** The least energy of a lattice of two-state variables, row by row: exact. */
export function latticeMinimum(graph: DiscreteGraph, side: number): number {
  const rows = 1 << side;
  let best = new Float64Array(rows);
  for (let r = 0; r < side; r++) {
    const own = new Float64Array(rows);
    const across: { a: number; b: number; e: Float64Array }[] = [];
    for (const { scope, energy } of graph.factors) {
      const last = Math.floor(scope[scope.length - 1] / side);
      if (last !== r) continue;
      const first = Math.floor(scope[0] / side);
      if (first === r) {
        for (let x = 0; x < rows; x++) {
          let row = 0;
          for (const v of scope) row = 2 * row + ((x >> (v % side)) & 1);
          own[x] += energy[row];
        }
      } else across.push({ a: scope[0] % side, b: scope[1] % side, e: energy });
    }
    const next = new Float64Array(rows).fill(Infinity);
    for (let x = 0; x < rows; x++) {
      if (r === 0) {
        next[x] = own[x];
        continue;
      }
      for (let y = 0; y < rows; y++) {
        let e = best[y] + own[x];
        for (const k of across) e += k.e[2 * ((y >> k.a) & 1) + ((x >> k.b) & 1)];
        if (e < next[x]) next[x] = e;
      }
    }
    best = next;
  }
  return best.reduce((a, b) => Math.min(a, b), Infinity) + graph.constant;
}

/** Every joint state, the last variable fastest. */
export function* allStates(graph: DiscreteGraph): Generator<Uint16Array> {
  const n = graph.states.length;
  const x = new Uint16Array(n);
  for (;;) {
    yield x;
    let v = n - 1;
    while (v >= 0 && ++x[v] === graph.states[v]) x[v--] = 0;
    if (v < 0) return;
  }
}

export function bruteMinimum(graph: DiscreteGraph): { lowest: number; support: number } {
  let lowest = Infinity;
  let support = 0;
  for (const x of allStates(graph)) {
    const e = energyOf(graph, x);
    if (e < Infinity) support++;
    if (e < lowest) lowest = e;
  }
  return { lowest, support };
}

export interface Shape {
  readonly variables: number;
  readonly most: number;
  readonly arity: number;
  readonly tables: number;
  /** The share of entries that are forbidden. */
  readonly forbidden: number;
  /** Whole numbers up to this; 0: reals. */
  readonly whole: number;
}

/** A random weighted constraint problem. */
export function randomGraph(stream: Stream, shape: Shape): DiscreteGraph {
  const states = Array.from({ length: shape.variables }, () => 1 + stream.int(shape.most));
  const factors: [number[], Float64Array][] = [];
  for (let f = 0; f < shape.tables; f++) {
    const scope = Int32Array.from({ length: shape.variables }, (_, v) => v);
    stream.shuffle(scope);
    const own = [...scope.subarray(0, 1 + stream.int(shape.arity))];
    const rows = own.reduce((n, v) => n * states[v], 1);
    const only = stream.uniform() < 0.3;
    factors.push([
      own,
      Float64Array.from({ length: rows }, () => {
        if (stream.uniform() < shape.forbidden) return inf;
        if (only) return 0;
        return shape.whole > 0 ? stream.int(2 * shape.whole + 1) - shape.whole : 3 * stream.normal();
      }),
    ]);
  }
  return graphOf(states, factors, stream.normal());
}
