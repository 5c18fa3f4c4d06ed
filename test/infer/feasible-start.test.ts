/** Chains of programs whose requirements no random start meets. */
import { describe, expect, it } from 'vitest';
import { type Clamp, type Model, noClamp } from '../../src/infer/model.ts';
import { brokenRequirements } from '../../src/infer/requirements.ts';
import { sample } from '../../src/infer/sample.ts';
import { open } from '../run/kit.ts';

const sudoku = `index row = 9
index col = 9
energy Sudoku(d : category(9)[row, col]) {
  require all_different(d[r, c] for c in col) for r in row
  require all_different(d[r, c] for r in row) for c in col
  require all_different(d[3*a + i, 3*b + j] for i in 0..3, j in 0..3) for a in 0..3, b in 0..3
}`;
const puzzle = '400000805030000000000700000020000060000080400000010000000603070500200000104000000';
const solution = '417369825632158947958724316825437169791586432346912758289643571573291684164875293';

function given(model: Model, line: string): Clamp {
  const clamp = noClamp(model);
  const { slot } = model.unknowns[0];
  [...line].forEach((c, i) => {
    if (c === '0') return;
    clamp.fixed.get(slot)![i] = 1;
    clamp.values.get(slot)![i] = Number(c) - 1;
  });
  return clamp;
}

const valuesOf = (result: Awaited<ReturnType<typeof sample>>, name: string): Float64Array =>
  Float64Array.from(result.draws.quantities.find((q) => q.name === name)!.values);

describe('starts that satisfy requirements', () => {
  it('are found for a Sudoku: every chain sits on the only board', async () => {
    const model = (await open(sudoku)).model();
    const result = await sample(model, given(model, puzzle), { draws: 2, warmup: 5, chains: 3, seed: 1 });
    const boards = valuesOf(result, 'd');
    for (let k = 0; k < 6; k++)
      expect([...boards.subarray(81 * k, 81 * (k + 1))].map((x) => x + 1).join('')).toBe(solution);
  });

  it('are told to be impossible where they are, as proved', async () => {
    const model = (await open(sudoku)).model();
    const twoFours = given(model, `44${'0'.repeat(79)}`);
    await expect(sample(model, twoFours, { draws: 2, warmup: 5, seed: 1 })).rejects.toMatchObject({
      diagnostics: [{ code: 'E0702', message: expect.stringContaining('the support is empty') }],
    });
    // Not visible at once: three cells of a row that only two values are left for.
    const pigeons = (
      await open(`index item = 13
energy Holes(h : category(12)[item]) {
  require all_different(h)
}`)
    ).model();
    await expect(sample(pigeons, noClamp(pigeons), { draws: 2, warmup: 5, seed: 1 })).rejects.toMatchObject({
      diagnostics: [{ code: 'E0702', message: expect.stringContaining('the support is empty') }],
    });
  });

  it('differ from chain to chain, and a chain does not depend on the others', async () => {
    const model = (
      await open(`index row = 12
energy Queens(at : int(0, 11)[row]) {
  require all_different(at)
  require abs(at[i] - at[j]) != j - i for i in row, j in row where i < j
}`)
    ).model();
    const options = { draws: 1, warmup: 3, chains: 6, seed: 4 } as const;
    const all = valuesOf(await sample(model, noClamp(model), options), 'at');
    const boards = new Set(Array.from({ length: 6 }, (_, c) => all.subarray(12 * c, 12 * (c + 1)).join()));
    expect(boards.size).toBeGreaterThan(3);
    const part = { ...options, part: { from: 2, count: 3 } };
    const some = valuesOf(await sample(model, noClamp(model), part), 'at');
    expect(some).toEqual(all.slice(24, 60));
  });

  it('are found for arrangements, and beside reals that requirements do not read', async () => {
    const model = (
      await open(`index place = 9
energy Magic(p : permutation(place), x : real) {
  let n = [p[k] + 1 for k in place]
  require n[0] + n[1] + n[2] == 15 and n[3] + n[4] + n[5] == 15 and n[6] + n[7] + n[8] == 15
  require n[0] + n[3] + n[6] == 15 and n[1] + n[4] + n[7] == 15 and n[2] + n[5] + n[8] == 15
  require n[0] + n[4] + n[8] == 15 and n[2] + n[4] + n[6] == 15
  x ~ normal(0, 1)
}`)
    ).model();
    const result = await sample(model, noClamp(model), { draws: 4, warmup: 10, chains: 2, seed: 2 });
    const p = valuesOf(result, 'p');
    for (let k = 0; k < 8; k++) expect(p[9 * k + 4]).toBe(4);
  });

  it('are counted: what is broken in each chain', async () => {
    const model = (
      await open(`index item = 3
energy E(h : category(3)[item]) { require all_different(h) }`)
    ).model();
    const { slot } = model.unknowns[0];
    const states = new Map([[slot, Float64Array.of(0, 1, 2, 0, 0, 1)]]);
    const counts = brokenRequirements(model, states, 2);
    expect(counts.length).toBe(1);
    expect(counts[0][0]).toBe(0);
    expect(counts[0][1]).toBeGreaterThan(0);
  });
});
