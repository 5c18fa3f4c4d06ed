/** From a program's text to its solution: requirements and energies of programs as graphs that are searched. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { discreteGraph, type ModelGraph } from '../../src/analyse/discrete-graph.ts';
import { enumerateSolutions, solve } from '../../src/exact/search/index.ts';
import type { Model } from '../../src/infer/model.ts';
import { type Clamp, noClamp } from '../../src/infer/model.ts';
import { open } from '../run/kit.ts';

const graphOf = (model: Model, clamp: Clamp): ModelGraph => {
  const made = discreteGraph(model, clamp, { arranged: true });
  if ('why' in made) throw new Error(made.why);
  return made;
};

const sudokuText = `index row = 9
index col = 9
energy Sudoku(d : category(9)[row, col]) {
  require all_different(d[r, c] for c in col) for r in row
  require all_different(d[r, c] for r in row) for c in col
  require all_different(d[3*a + i, 3*b + j] for i in 0..3, j in 0..3) for a in 0..3, b in 0..3
}`;

/** The clamp of a line of 81 digits, 0 for an empty cell. */
function clues(model: Model, puzzle: string): Clamp {
  const clamp = noClamp(model);
  const { slot } = model.unknowns[0];
  for (let i = 0; i < 81; i++)
    if (puzzle[i] !== '0') {
      clamp.fixed.get(slot)![i] = 1;
      clamp.values.get(slot)![i] = Number(puzzle[i]) - 1;
    }
  return clamp;
}

describe('programs that search solves', () => {
  const file = path.resolve(import.meta.dirname, '../../../shared/data/sudoku/puzzles.json');
  it.skipIf(!existsSync(file))('Sudoku with its clues given', async () => {
    const puzzles = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      { puzzle: string; solution: string }
    >;
    const model = (await open(sudokuText)).model();
    const { slot } = model.unknowns[0];
    for (const { puzzle, solution } of Object.values(puzzles)) {
      const clamp = clues(model, puzzle);
      const made = graphOf(model, clamp);
      const all = enumerateSolutions(made.graph, 2);
      expect(all.complete).toBe(true);
      expect(all.solutions.length).toBe(1);
      const states = new Map([[slot, Float64Array.from(puzzle, (c) => Number(c) - 1)]]);
      made.write(solve(made.graph).codes!, states, 0);
      expect([...states.get(slot)!].map((x) => x + 1).join('')).toBe(solution);
    }
  });

  const examples = path.resolve(import.meta.dirname, '../../examples/puzzles');
  const example = async (name: string, energy?: string): Promise<ModelGraph> => {
    const text = readFileSync(path.join(examples, `${name}.energy`), 'utf8');
    const files = Object.fromEntries(
      [...text.matchAll(/from "(data\/[^"]+)"/g)].map((m) => [
        m[1],
        readFileSync(path.join(examples, m[1]), 'utf8'),
      ]),
    );
    const program = text.slice(0, text.search(/^run /m));
    const session = await open(program, { files });
    const model = session.model(energy);
    return graphOf(model, noClamp(model));
  };

  it('the knapsack, to its optimum', async () => {
    const { graph } = await example('knapsack', 'Knapsack');
    const found = solve(graph);
    expect(found.proved).toBe(true);
    expect(found.energy).toBeCloseTo(-0.02 * 1458, 8);
  });

  it('queens, all of them', async () => {
    const { graph } = await example('queens');
    expect(enumerateSolutions(graph, 1000)).toMatchObject({ complete: true, solutions: { length: 40 } });
  });

  it('dominoes, all of them', async () => {
    const { graph } = await example('dominoes');
    expect(enumerateSolutions(graph, 1000)).toMatchObject({ complete: true, solutions: { length: 36 } });
  });

  it('the map in four colours, and not in three', async () => {
    const { graph } = await example('colouring');
    expect(solve(graph)).toMatchObject({ proved: true, energy: 0 });
  });

  it('the zebra, whose hints are energies of arrangements', async () => {
    const { graph } = await example('zebra');
    const found = solve(graph);
    expect(found).toMatchObject({ proved: true, energy: 0 });
    // The house of the Japanese is that of the zebra.
    expect(found.codes![4]).toBe(found.codes![14]);
  });
});
