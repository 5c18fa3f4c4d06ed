/** `energy minimize` and `run … = minimize(…)`: what is printed, what is written, what can be read again. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from './kit.ts';

const sudoku = `index row = 9
index col = 9
data  clue : int(0, 9)[row, col] from "puzzle.csv"

energy Sudoku(d : category(9)[row, col]) {
  require all_different(d[r, c] for c in col) for r in row
  require all_different(d[r, c] for r in row) for c in col
  require all_different(d[3*a + i, 3*b + j] for i in 0..3, j in 0..3) for a in 0..3, b in 0..3
}

run solve = minimize(Sudoku, given = { d[r, c] = clue[r, c] - 1 for r in row, c in col where clue[r, c] > 0 })
`;

const table = (puzzle: string): string =>
  Array.from({ length: 9 }, (_, r) => [...puzzle.slice(9 * r, 9 * r + 9)].join(',')).join('\n');

describe('Sudoku', () => {
  const file = path.resolve(import.meta.dirname, '../../../shared/data/sudoku/puzzles.json');
  const puzzles: Record<string, { puzzle: string; solution: string }> = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : {};

  it.skipIf(!existsSync(file))(
    'every puzzle, with proof',
    async () => {
      for (const { puzzle, solution } of Object.values(puzzles)) {
        const { energy } = folder({ 'sudoku.energy': sudoku, 'puzzle.csv': `${table(puzzle)}\n` });
        const { code, result } = await energy('run', 'sudoku.energy', '--json');
        expect(code).toBe(0);
        expect(result).toMatchObject({ verb: 'minimize', energy: 0, proved_optimal: true });
        const state = result.state as { d: number[][] };
        expect(
          state.d
            .flat()
            .map((x) => x + 1)
            .join(''),
        ).toBe(solution);
      }
    },
    60_000,
  );

  it('a board is printed as one', async () => {
    const solution = '483921657967345821251876493548132976729564138136798245372689514814253769695417382';
    const { energy } = folder({
      'sudoku.energy': sudoku,
      'puzzle.csv': `${table(`0${solution.slice(1)}`)}\n`,
    });
    const { code, out } = await energy('run', 'sudoku.energy');
    expect(code).toBe(0);
    expect(out).toContain('proved to be the least');
    expect(out).toContain('d (9 × 9)\n  3 7 2 8 1 0 5 4 6\n');
  });
});

describe('results', () => {
  const program = `enum Colour = { red, green, blue }
energy E(c : Colour[2], x : real, p : permutation(3)) {
  term colours = 2 * (c[0] == Colour.red) + (c[1] != Colour.blue)
  term place   = (x - 2 * (c[0] == Colour.green)) ^ 2
  term order   = 0.1 * p[0] + 0.2 * p[2]
  report twice = 2 * x
}
`;

  it('are one JSON object, a file of the state, and the record of the run', async () => {
    const { dir, energy } = folder({ 'e.energy': program });
    const { code, result } = await energy('minimize', 'e.energy', '--json', '--output', 'out');
    expect(code).toBe(0);
    expect(result).toMatchObject({
      verb: 'minimize',
      method: 'newton',
      proved_optimal: true,
      restarts: 1,
      complete: true,
      state: { c: [expect.any(String), 'blue'], p: [1, 2, 0] },
    });
    expect(result.energy).toBeCloseTo(0.1, 12);
    const { colours, place, order } = result.terms as Record<string, number>;
    expect(colours + place + order).toBeCloseTo(0.1, 12);
    expect(result.bound).toBe(result.energy);
    const state = JSON.parse(readFileSync(path.join(dir, 'out', 'state.json'), 'utf8'));
    expect(state).toEqual(result.state);
    const run = JSON.parse(readFileSync(path.join(dir, 'out', 'run.json'), 'utf8'));
    expect(run).toMatchObject({ job: { verb: 'minimize' }, proved_optimal: true, seed: 1 });
  });

  it('keep how the energy came down, and draw it', async () => {
    const text = 'energy E(s : spin[9]) { term a = sum(s[i] * sin(i + 1) for i in 9) }\n';
    const { dir, energy } = folder({ 'e.energy': text });
    const { result } = await energy('minimize', 'e.energy', '--json', '--output', 'out');
    expect(result).not.toHaveProperty('energy_path');
    const { energy_path: path } = JSON.parse(readFileSync(`${dir}/out/run.json`, 'utf8'));
    expect(path.step.at(-1)).toBe(512);
    expect(path.energy.at(-1)).toBe(result.energy);
    expect(path.energy).toEqual(path.energy.toSorted((a: number, b: number) => b - a));
    const drawn = await energy('plot', 'out', '--json');
    expect(drawn.result.files).toContain('energy-path.svg');
    expect(readFileSync(`${dir}/out/plots/energy-path.svg`, 'utf8')).toContain('Lowest energy by step');
  });

  it('can be given to another verb', async () => {
    const { energy } = folder({ 'e.energy': program });
    const first = await energy('minimize', 'e.energy', '--json', '--output', 'out');
    const { code, result } = await energy('minimize', 'e.energy', '--json', '--given', 'out/state.json');
    expect(code).toBe(0);
    expect(result).toMatchObject({ method: 'given', energy: first.result.energy, state: first.result.state });
  });

  it('as words: energy, terms, state, reports', async () => {
    const { energy } = folder({ 'e.energy': program });
    const { out } = await energy('minimize', 'e.energy', '--given', '{ c[0] = Colour.green }');
    expect(out).toContain('energy 0.1, proved to be the least');
    expect(out).toMatch(/^term +energy$/m);
    expect(out).toContain('c = [green, blue]');
    expect(out).toMatch(/^x = 2$/m);
    expect(out).toMatch(/^twice = 4$/m);
  });

  it('what falls without end is an error with a place', async () => {
    const { energy } = folder({ 'e.energy': 'energy E(x : real) {\n  term down = -x ^ 3\n}\n' });
    const { code, err } = await energy('minimize', 'e.energy');
    expect(code).toBe(1);
    expect(err).toContain('error[E0741]: `E` has no least energy: the term `down` falls without end');
    expect(err).toContain('e.energy:2:3');
  });
});
