/** `compare` on the command line: words, JSON, the folder, the picture, missing cells. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { folder } from './kit.ts';

/** Sizes about 0 in group a and about 2 in b; `holes` of the sizes are missing. */
function things(rows: number, holes = 0): string {
  const s = new Stream(1, 'things');
  const lines = Array.from({ length: rows }, (_, i) => {
    const b = s.uniform() < 0.5;
    const size = s.normal() + (b ? 2 : 0);
    return `${i < holes ? '' : size},${b ? 'b' : 'a'},${s.int(3)}`;
  });
  return ['size,group,n', ...lines, ''].join('\n');
}

/** Draws without the dependence of size and group. */
const program = (data: string, more = ''): string => `enum Group = { a, b }
type Thing = { size : real, group : Group, n : int(0, 2) }
data things : Thing[row] from "${data}"
energy Things(t : Thing) {
  term size = 0.25 * (t.size - 1) ^ 2
}
${more}run some  = sample(Things, n = 512, warmup = 40, seed = 1)
run check = compare(some, things)
`;

const place = folder({
  'things.energy': program('things.csv'),
  'holes.energy': program('holes.csv'),
  'fit.energy': program('holes.csv', 'run learn = fit(Things, things, steps = 1)\n'),
  'few.energy': program('few.csv'),
  'things.csv': things(300),
  'holes.csv': things(300, 7),
  'few.csv': things(3),
});

// The first call loads the command line and all that draws.
describe('compare', { timeout: 30_000 }, () => {
  it('says in a sentence and two tables what differs', async () => {
    const { code, out } = await place.energy('run', 'things.energy', '-o', 'out/a');
    expect(code).toBe(0);
    const text = out.slice(out.indexOf('check:'));
    expect(text).toMatch(
      /^check: a classifier tells them apart in \d+(\.\d)? ± \d(\.\d)? % of cases \(a coin: 50 %; p/,
    );
    expect(text).toContain('mostly by size × group');
    expect(text).toMatch(/MMD² \S+ \(product; p = \S+; halves of the data \S+\)/);
    expect(text).toMatch(/^column +distance +by chance +in sd$/m);
    // The data's own η: means 0 and 2, variance 1 within: √½ = 0.71.
    expect(text).toMatch(/^size × group +(r|η) +0\.[67]\d +-?0\.[01]\d$/m);
    expect(readdirSync(path.join(place.dir, 'out/a/check'))).toContain('comparison.svg');
  });

  it('answers as JSON: the fields of before, and the new ones', async () => {
    const { events } = await place.energy('run', 'things.energy', '-o', 'out/b', '--json');
    const result = events.find((e) => e.event === 'result' && e.verb === 'compare')!;
    expect(Object.keys(result)).toEqual([
      'event',
      'job',
      'verb',
      'energy',
      'folder',
      'verdict',
      'columns',
      'pairs',
      'column_mean',
      'pair_mean',
      'mmd',
      'kernel',
      'kernel_test',
      'classifier',
      'marginals',
      'associations',
      'association_chance',
      'rows',
      'worth',
      'missing',
      'complete',
      'files',
    ]);
    const number = expect.any(Number);
    expect(result).toMatchObject({
      column_mean: number,
      pair_mean: number,
      mmd: number,
      kernel: 'product',
      columns: ['t.size', 't.group', 't.n'].map((name) => ({ name, score: number })),
      kernel_test: { p: 1 / 200, chance: number, halves: number, bandwidth: number, rate: 1 },
      classifier: {
        accuracy: number,
        error: number,
        p: number,
        auc: number,
        auc_error: number,
        rows: { data: 240, draws: 410 },
      },
      rows: { data: 300, draws: 512 },
      missing: { cells: 0, rows: 0 },
      files: ['comparison.svg'],
    });
    const c = result.classifier as { by: { names: string[]; share: number }[] };
    expect(c.by[0]).toEqual({ names: ['t.size', 't.group'], share: number });
    for (const m of result.marginals as object[])
      expect(Object.keys(m)).toEqual(['name', 'measure', 'distance', 'chance', 'wasserstein', 'missing']);
    expect((result.associations as object[])[0]).toEqual({
      names: ['t.size', 't.group'],
      measure: 'correlation',
      data: number,
      draws: number,
    });
  });

  it('is drawn the same by `plot`, from what its folder keeps', async () => {
    await place.energy('run', 'things.energy', '-o', 'out/c');
    const { code, result } = await place.energy('plot', 'out/c/check', '--json');
    expect(code).toBe(0);
    expect(result.files).toEqual(['comparison.svg', 'index.html']);
    const read = (file: string): string => readFileSync(path.join(place.dir, 'out/c/check', file), 'utf8');
    expect(read('plots/comparison.svg')).toBe(read('comparison.svg'));
    // A folder that says nothing that can be drawn has no such chart.
    const run = JSON.parse(read('run.json'));
    for (const damaged of [
      { ...run, marginals: 3 },
      { ...run, associations: { names: ['a', 'b'] } },
    ]) {
      writeFileSync(path.join(place.dir, 'out/c/check/run.json'), JSON.stringify(damaged));
      expect((await place.energy('plot', 'out/c/check', '--json')).result.files).toEqual(['index.html']);
    }
  });

  it('leaves missing cells out, and says so', async () => {
    const { code, events } = await place.energy('run', 'holes.energy', '-o', 'out/d', '--json');
    expect(code).toBe(0);
    const result = events.find((e) => e.event === 'result' && e.verb === 'compare')!;
    expect(result.missing).toEqual({ cells: 7, rows: 7 });
    expect((result.marginals as { name: string; missing: number }[]).map((m) => [m.name, m.missing])).toEqual(
      expect.arrayContaining([
        ['t.size', 7],
        ['t.group', 0],
      ]),
    );
    const { out } = await place.energy('run', 'holes.energy', '-o', 'out/d');
    expect(out).toContain('512 draws and 300 rows; 7 missing cells in 7 rows left out');
    // Learning still needs every value.
    const learn = await place.energy('run', 'fit.energy', '-o', 'out/e');
    expect(learn.code).toBe(1);
    expect(learn.err).toContain('E0534');
  });

  it('does with three rows', async () => {
    const { code, out } = await place.energy('run', 'few.energy', '-o', 'out/f');
    expect(code).toBe(0);
    expect(out).toContain('check: too few rows for a classifier (20 of each side are needed)');
  });
});
