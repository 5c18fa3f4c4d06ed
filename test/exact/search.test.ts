/** Complete search: against brute force, against dynamic programming, on puzzles, and what it proves empty. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { energyOf } from '../../src/exact/graph.ts';
import { enumerateSolutions, feasible, localSearch, solve } from '../../src/exact/search/index.ts';
import { Stream } from '../../src/random/stream.ts';
import {
  bruteMinimum,
  graphOf,
  latticeMinimum,
  pairTable,
  queens,
  randomGraph,
  spinGlass,
  sudoku,
} from './graphs.ts';

describe('branch and bound', () => {
  it('agrees with brute force on random weighted problems', () => {
    let empty = 0;
    let full = 0;
    for (let k = 0; k < 400; k++) {
      const stream = new Stream(k, 'weighted');
      const graph = randomGraph(stream, {
        variables: 2 + stream.int(6),
        most: 4,
        arity: 4,
        tables: 1 + stream.int(12),
        forbidden: [0, 0.1, 0.4, 0.6][k % 4],
        whole: k % 3 === 0 ? 3 : 0,
      });
      const { lowest, support } = bruteMinimum(graph);
      const found = solve(graph, { seed: k, local: k % 2 === 0 });
      expect(found.proved).toBe(true);
      if (support === 0) {
        empty++;
        expect(found).toMatchObject({ codes: null, energy: Infinity, bound: Infinity, empty: true });
        expect(feasible(graph, k)).toBe('empty');
        expect(localSearch(graph, { work: 1e4 }).codes).toBeNull();
        continue;
      }
      full++;
      expect(found.empty).toBe(false);
      expect(found.energy).toBeCloseTo(lowest, 8);
      expect(energyOf(graph, found.codes!)).toBe(found.energy);
      const start = feasible(graph, k);
      expect(start).not.toBe('empty');
      expect(energyOf(graph, start as Uint16Array)).toBeLessThan(Infinity);
      const all = enumerateSolutions(graph, 1e6);
      expect(all.complete).toBe(true);
      expect(all.solutions.length).toBe(support);
    }
    expect(empty).toBeGreaterThan(40);
    expect(full).toBeGreaterThan(200);
  });

  it('finds the ground states of spin glasses that dynamic programming finds', () => {
    for (let k = 0; k < 6; k++) {
      const stream = new Stream(k, 'glass');
      const draw = k % 2 === 0 ? () => stream.normal() : () => (stream.int(2) === 0 ? 1 : -1);
      const graph = spinGlass(8, stream, draw, k < 3 ? 0.3 : 0);
      const found = solve(graph);
      expect(found.proved).toBe(true);
      expect(found.energy).toBeCloseTo(latticeMinimum(graph, 8), 8);
    }
  });

  it('gives a bound that holds when its budget ends', () => {
    for (let k = 0; k < 5; k++) {
      const stream = new Stream(k, 'budget');
      const graph = spinGlass(8, stream, () => stream.normal(), 0.1);
      const lowest = latticeMinimum(graph, 8);
      const found = solve(graph, { nodes: 3, local: false });
      expect(found.bound).toBeLessThanOrEqual(lowest + 1e-9);
      if (found.codes) expect(found.energy).toBeGreaterThanOrEqual(lowest - 1e-9);
      const more = solve(graph, { nodes: 3 });
      expect(more.energy).toBeCloseTo(lowest, 8);
    }
  });

  it('adds up parts that share nothing', () => {
    const different = pairTable(3, 3, (a, b) => a !== b);
    const graph = graphOf(
      [3, 3, 3, 2, 1],
      [
        [[0, 1], different],
        [[0], Float64Array.of(1, 2, 4)],
        [[1], Float64Array.of(1, 2, 4)],
        [[3], Float64Array.of(Infinity, 7)],
        [[4], Float64Array.of(-3)],
        [[], Float64Array.of(100)],
      ],
      0.5,
    );
    const found = solve(graph);
    expect(found).toMatchObject({ proved: true, energy: 107.5, bound: 107.5, empty: false });
    expect(found.codes![3]).toBe(1);
  });

  it('is the same again for the same options', () => {
    const stream = new Stream(5, 'again');
    const graph = spinGlass(7, stream, () => stream.normal(), 0.2);
    expect(solve(graph, { seed: 3, nodes: 50 })).toEqual(solve(graph, { seed: 3, nodes: 50 }));
  });

  it('says why it does not search what is too large', () => {
    const found = solve(graphOf([70_000], []));
    expect(found.codes).toBeNull();
    expect(found.proved).toBe(false);
    expect(found.why).toMatch(/65,536/);
  });
});

describe('requirements', () => {
  const file = path.resolve(import.meta.dirname, '../../../shared/data/sudoku/puzzles.json');
  it.skipIf(!existsSync(file))('solves Sudokus, those of 17 clues too, and proves them unique', () => {
    const puzzles = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      { puzzle: string; solution: string }
    >;
    for (const { puzzle, solution } of Object.values(puzzles)) {
      const graph = sudoku(puzzle);
      const found = solve(graph);
      expect(found.proved).toBe(true);
      expect(found.nodes).toBeLessThan(500);
      expect([...found.codes!].map((a) => a + 1).join('')).toBe(solution);
      const all = enumerateSolutions(graph, 2);
      expect(all).toMatchObject({ complete: true });
      expect(all.solutions.length).toBe(1);
    }
  });

  it('proves that a Sudoku with a contradiction has no solution, and finds two where there are two', () => {
    const full = '483921657967345821251876493548132976729564138136798245372689514814253769695417382';
    expect(solve(sudoku(`44${'0'.repeat(79)}`)).empty).toBe(true);
    // Without the four cells of a rectangle the two values can be exchanged.
    const open = full.split('');
    const rectangle = [...Array(81).keys()].flatMap((i) =>
      [...Array(81).keys()].flatMap((j) => {
        const [r, c, s, d] = [Math.floor(i / 9), i % 9, Math.floor(j / 9), j % 9];
        const swaps = full[i] === full[j] && full[r * 9 + d] === full[s * 9 + c];
        const boxes = Math.floor(r / 3) === Math.floor(s / 3) || Math.floor(c / 3) === Math.floor(d / 3);
        return r < s && c !== d && swaps && boxes ? [[i, j, r * 9 + d, s * 9 + c]] : [];
      }),
    );
    expect(rectangle.length).toBeGreaterThan(0);
    for (const i of rectangle[0]) open[i] = '0';
    const two = enumerateSolutions(sudoku(open.join('')), 10);
    expect(two.complete).toBe(true);
    expect(two.solutions.length).toBe(2);
  });

  it('counts queens', () => {
    expect(enumerateSolutions(queens(6), 1000).solutions.length).toBe(4);
    expect(enumerateSolutions(queens(8), 1000).solutions.length).toBe(92);
    expect(enumerateSolutions(queens(8), 10)).toMatchObject({ complete: false });
    expect(solve(queens(3)).empty).toBe(true);
  });

  it('places 20, 35 and 50 queens', () => {
    for (const n of [20, 35, 50]) {
      const graph = queens(n);
      const found = solve(graph, { nodes: 20_000 });
      expect(found.proved).toBe(true);
      expect(found.energy).toBe(0);
    }
  });

  it('proves that pigeons do not fit, without trying them all', () => {
    const holes = 12;
    const different = pairTable(holes, holes, (a, b) => a !== b);
    const pairs: [number[], Float64Array][] = [];
    for (let i = 0; i <= holes; i++) for (let j = i + 1; j <= holes; j++) pairs.push([[i, j], different]);
    const found = solve(graphOf(new Array(holes + 1).fill(holes), pairs));
    expect(found).toMatchObject({ empty: true, proved: true, nodes: 0 });
  });

  it('finds the five that cannot have four colours inside a larger graph', () => {
    const different = pairTable(4, 4, (a, b) => a !== b);
    const stream = new Stream(3, 'colours');
    const edges: [number[], Float64Array][] = [];
    for (let k = 0; k < 300; k++) {
      const [i, j] = [stream.int(200), stream.int(200)];
      if (i !== j) edges.push([[Math.min(i, j), Math.max(i, j)], different]);
    }
    const without = graphOf(new Array(200).fill(4), edges);
    expect(solve(without)).toMatchObject({ proved: true, energy: 0 });
    const five = [3, 50, 77, 120, 199];
    for (const i of five) for (const j of five) if (i < j) edges.push([[i, j], different]);
    expect(solve(graphOf(new Array(200).fill(4), edges))).toMatchObject({ proved: true, empty: true });
  });

  it('knows Ramsey: the pairs of five in two colours, not of six', () => {
    for (const n of [5, 6]) {
      const at = (i: number, j: number) => i * n + j;
      const table = Float64Array.from({ length: 8 }, (_, i) => (i === 0 || i === 7 ? Infinity : 0));
      const factors: [number[], Float64Array][] = [];
      for (let i = 0; i < n; i++)
        for (let j = i + 1; j < n; j++)
          for (let k = j + 1; k < n; k++) factors.push([[at(i, j), at(j, k), at(i, k)], table]);
      const states = Array.from({ length: n * n }, (_, v) => (Math.floor(v / n) < v % n ? 2 : 1));
      const all = enumerateSolutions(graphOf(states, factors), 1000);
      expect(all.complete).toBe(true);
      expect(all.solutions.length).toBe(n === 5 ? 12 : 0);
    }
  });

  it('adds SEND and MORE column by column', () => {
    // S E N D M O R Y and the carries of four columns.
    const [S, E, N, D, M, O, R, Y, c1, c2, c3, c4] = Array.from({ length: 12 }, (_, v) => v);
    const states = [10, 10, 10, 10, 10, 10, 10, 10, 2, 2, 2, 2];
    const column = (scope: number[], holds: (x: number[]) => boolean): [number[], Float64Array] => {
      const sizes = scope.map((v) => states[v]);
      const rows = sizes.reduce((a, b) => a * b, 1);
      const table = Float64Array.from({ length: rows }, (_, row) => {
        const x = new Array(scope.length).fill(0);
        for (let i = scope.length - 1, rest = row; i >= 0; i--) {
          x[i] = rest % sizes[i];
          rest = Math.floor(rest / sizes[i]);
        }
        return holds(x) ? 0 : Infinity;
      });
      return [scope, table];
    };
    const notZero = Float64Array.from({ length: 10 }, (_, a) => (a === 0 ? Infinity : 0));
    const different = pairTable(10, 10, (a, b) => a !== b);
    const factors: [number[], Float64Array][] = [
      column([D, E, Y, c1], ([d, e, y, c]) => d + e === y + 10 * c),
      column([c1, N, R, E, c2], ([b, n, r, e, c]) => b + n + r === e + 10 * c),
      column([c2, E, O, N, c3], ([b, e, o, n, c]) => b + e + o === n + 10 * c),
      column([c3, S, M, O, c4], ([b, s, m, o, c]) => b + s + m === o + 10 * c),
      [[M, c4], pairTable(10, 2, (m, c) => m === c)],
      [[S], notZero],
      [[M], notZero],
    ];
    for (let i = 0; i < 8; i++) for (let j = i + 1; j < 8; j++) factors.push([[i, j], different]);
    const all = enumerateSolutions(graphOf(states, factors), 10);
    expect(all.complete).toBe(true);
    expect(all.solutions.map((x) => [...x.subarray(0, 8)].join(''))).toEqual(['95671082']);
  });

  it('starts in different places for different seeds', () => {
    const graph = sudoku('0'.repeat(81));
    const found = [1, 2, 3, 4, 5].map((seed) => feasible(graph, seed));
    for (const x of found) expect(energyOf(graph, x as Uint16Array)).toBe(0);
    expect(new Set(found.map((x) => (x as Uint16Array).join())).size).toBe(5);
    expect(feasible(graph, 1)).toEqual(found[0]);
  });

  it('serves a hundred thousand variables without running out of stack', () => {
    const side = 320;
    const exclude = Float64Array.of(0, 0, 0, Infinity);
    const factors: [number[], Float64Array][] = [];
    for (let i = 0; i < side * side; i++) {
      if (i % side < side - 1) factors.push([[i, i + 1], exclude]);
      if (i + side < side * side) factors.push([[i, i + side], exclude]);
    }
    const graph = graphOf(new Array(side * side).fill(2), factors);
    const x = feasible(graph, 1) as Uint16Array;
    expect(energyOf(graph, x)).toBe(0);
    expect(x.reduce((a, b) => a + b, 0)).toBeGreaterThan(side);
  }, 30_000);
});

describe('local search', () => {
  it('finds ground states', () => {
    for (let k = 0; k < 3; k++) {
      const stream = new Stream(k, 'local');
      const graph = spinGlass(9, stream, () => stream.normal(), 0.1);
      const lowest = latticeMinimum(graph, 9);
      const found = localSearch(graph, { seed: k, work: 2e7, target: lowest + 1e-9 });
      expect(found.energy).toBeCloseTo(lowest, 8);
      expect(energyOf(graph, found.codes!)).toBe(found.energy);
    }
  });

  it('finds colourings', () => {
    const different = pairTable(3, 3, (a, b) => a !== b);
    const stream = new Stream(8, 'colouring');
    const hidden = Array.from({ length: 150 }, () => stream.int(3));
    const edges: [number[], Float64Array][] = [];
    while (edges.length < 300) {
      const [i, j] = [stream.int(150), stream.int(150)];
      if (hidden[i] !== hidden[j]) edges.push([[Math.min(i, j), Math.max(i, j)], different]);
    }
    const graph = graphOf(new Array(150).fill(3), edges);
    const found = localSearch(graph, { work: 2e7, target: 0 });
    expect(found.energy).toBe(0);
  });

  it('begins where it is told and is the same again for the same seed', () => {
    const stream = new Stream(8, 'start');
    const graph = spinGlass(6, stream, () => stream.normal(), 0.1);
    const best = solve(graph);
    expect(localSearch(graph, { start: best.codes!, work: 100 }).energy).toBe(best.energy);
    expect(localSearch(graph, { seed: 2, work: 1e5 })).toEqual(localSearch(graph, { seed: 2, work: 1e5 }));
  });
});
