/** `--workers` on the real command line, with real threads: the same files, byte for byte. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Built, build } from './build.ts';

const files = {
  'ising.energy': `
index site = grid(4, 4)
set bond = neighbours(site, wrap = true)
energy Ising(s : spin[site]) {
  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in bond)
  report magnet = abs(mean(s))
}
`,
  'mixed.energy': `
const k = 3
energy Mixed(n : int(0, k), x : real, y : real(0, inf)) {
  term a = 0.5 * (x - n) ^ 2 + y - log(y)
  term b = 0.3 * n * y
}
`,
  'rows.csv': 'n,x\n0,1\n1,2\n2,-1\n',
  'rows.energy': `
use Row from "row.energy"
data rows : Row[row] from "rows.csv"
param w : real = 1.0
energy Rows(r : Row) {
  term a = 0.5 * (r.x - w * r.n) ^ 2
}
run learn = fit(Rows, rows, steps = 5, batch = 2)
run draws = sample(Rows, init = rows, chains = 7, draws = 3, warmup = 3)
`,
  'row.energy': 'type Row = { n : int(0, 2), x : real }\n',
  'given.json': '{"n": 2}',
  'none.energy': `
energy None(b : bit[8]) {
  require sum(b) == 9
  term a = sum(b)
}
`,
};

let built: Built;
beforeAll(() => {
  built = build(files);
}, 60_000);
afterAll(() => built.remove());

const numbers = (text: string): readonly unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('energy sample --workers', () => {
  const same = (name: string, counts: readonly number[], draws: string, ...argv: readonly string[]): void =>
    it(`draws the same: ${name}`, async () => {
      const of = async (workers: number) => {
        const out = `${name.replaceAll(' ', '-')}-${workers}`;
        const { code, err } = await built.energy(
          ...argv,
          ...['--engine', 'kernels', '--workers', String(workers), '-o', out],
        );
        expect({ code, err }).toEqual({ code: 0, err: '' });
        const run = JSON.parse(built.read(`${out}/${draws}run.json`).toString()) as { workers: unknown };
        expect(run.workers).toEqual({ workers, why: 'as asked for' });
        return built.read(`${out}/${draws}draws.parquet`);
      };
      const [one, ...others] = await Promise.all(counts.map(of));
      for (const other of others) expect(other.equals(one)).toBe(true);
    }, 120_000);

  const few = ['--chains', '5', '--draws', '6', '--warmup', '5'];
  same('an Ising model', [1, 2, 3], '', 'sample', 'ising.energy', '--seed', '7', ...few);
  const given = ['--set', 'k=2', '--given', 'given.json'];
  same('discrete and real, a value in a file', [1, 2], '', 'sample', 'mixed.energy', ...given, ...few);
  same('many chains', [1, 3], '', 'sample', 'ising.energy', '--n', '60', '--warmup', '3');
  // The parameters are those of the fit before; the program uses another file.
  same('a job after a fit', [1, 2], 'draws/', 'run', 'rows.energy');

  it('finds the same fault on threads', async () => {
    const of = (workers: string) =>
      built.energy('sample', 'none.energy', '--engine', 'reference', '--workers', workers);
    const [one, two] = await Promise.all([of('1'), of('2')]);
    expect(one.code).toBe(1);
    expect(one.err).toContain('E0702');
    expect(two.code).toBe(1);
    expect(two.err).toBe(one.err);
  }, 60_000);

  it('says what it was given when that is no number', async () => {
    const wrong = await built.energy('run', 'rows.energy', '--workers', 'many');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toBe('energy: --workers takes a whole number from 1, or auto, not `many`\n');
    const { code, err } = await built.energy('sample', 'ising.energy', '--workers', '0');
    expect(code).toBe(2);
    expect(err).toContain('`workers` must be at least 1; it is 0');
  }, 60_000);

  it('keeps one thread for a short run by itself, and tells so', async () => {
    const argv = ['sample', 'ising.energy', '--draws', '5', '--workers', 'auto', '--engine', 'reference'];
    const { code, out } = await built.energy(...argv, '--json');
    expect(code).toBe(0);
    expect(numbers(out).at(-1)).toMatchObject({ workers: { workers: 1, why: 'the run is short' } });
  }, 60_000);

  it('says why it takes one thread where the engine needs that', async () => {
    const argv = ['sample', 'ising.energy', '--draws', '5', '--workers', '2', '--engine', 'cpu'];
    const { code, out } = await built.energy(...argv);
    expect(code).toBe(0);
    expect(out).toContain('on 1 worker (the last digits of tfjs:cpu depend on how many chains');
  }, 60_000);
});
