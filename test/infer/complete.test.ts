/** `complete`: missing cells against closed forms and enumeration, and what it says of rows that have none. */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/open.ts';
import type { CompletedCell } from '../../src/infer/complete.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import type { CompletedRows } from '../../src/run/results.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { rendered } from '../run/kit.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('kernels');
});

/** Runs the last job of a program. */
async function run(text: string, files: Readonly<Record<string, string>>): Promise<CompletedRows> {
  const compiled = compileText(text, 'p.energy');
  if (!compiled.ok) throw new Error(rendered(compiled));
  const session = await openSession(compiled.program, memoryHost(files), engine);
  const result = await runJob(session, compiled.program.jobs.at(-1)!, () => {});
  if (result.verb !== 'complete') throw new Error(`it is a ${result.verb}`);
  return result;
}

async function faultOf(text: string, files: Readonly<Record<string, string>>) {
  try {
    await run(text, files);
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  return undefined;
}

const cellOf = (r: CompletedRows, row: number, unknown: string): CompletedCell => {
  const found = r.cells.find((c) => c.row === row && c.unknown.name === unknown);
  if (!found) throw new Error(`no cell ${unknown} of row ${row}`);
  return found;
};

const pair = `
type Row = { x : real, y : real }
data seen : Row[row] from "seen.csv"
energy Pair(r : Row) {
  r.x ~ normal(1, 2)
  r.y ~ normal(1 + 0.5 * r.x, 0.6)
}
run done = complete(Pair, seen)
`;

describe('reals', () => {
  // y | x is normal(1 + x / 2, 0.6); x | y is normal with precision 1/4 + (1/2)² / 0.36.
  const precision = 0.25 + 0.25 / 0.36;
  const xGiven = (y: number): number => (0.25 * 1 + (0.5 * (y - 1)) / 0.36) / precision;
  const known: readonly (readonly [row: number, unknown: string, mean: number, sd: number])[] = [
    [0, 'r.y', 1.75, 0.6],
    [1, 'r.x', xGiven(2), precision ** -0.5],
    [2, 'r.x', 1, 2],
    [2, 'r.y', 1.5, Math.hypot(1, 0.6)],
    [4, 'r.y', -1.5, 0.6],
  ];
  let result: CompletedRows;
  beforeAll(async () => {
    result = await run(pair, { 'seen.csv': 'x,y\n1.5,\n,2\nNA,\n0,1\n-5,nan\n' });
  });

  it.each(known)('row %i, %s: mean %f, sd %f', (row, unknown, mean, sd) => {
    const cell = cellOf(result, row, unknown);
    expect(cell.mcse).toBeLessThan(0.08 * sd);
    expect(Math.abs(cell.value - mean)).toBeLessThan(5 * (cell.mcse ?? 0));
    // Of n independent draws the sd has the relative error 1/√(2n).
    expect(Math.abs((cell.sd ?? 0) / sd - 1)).toBeLessThan(5 / Math.sqrt(2 * (cell.ess ?? 0)));
    expect(cell.rHat).toBeLessThan(1.02);
  });

  it('has completions of each row that belong together', () => {
    expect(result).toMatchObject({ rows: 5, incomplete: 4, draws: 100, complete: true });
    const at = (unknown: string): Float64Array => {
      const k = result.cells.indexOf(cellOf(result, 2, unknown));
      return result.completions.subarray(100 * k, 100 * (k + 1));
    };
    const [x, y] = [at('r.x'), at('r.y')];
    const mean = (v: Float64Array): number => v.reduce((a, b) => a + b, 0) / v.length;
    const covariance = mean(x.map((_, i) => (x[i] - mean(x)) * (y[i] - mean(y))));
    const correlation =
      covariance / Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)) * mean(y.map((v) => (v - mean(y)) ** 2)));
    // 0.857 in the joint distribution; of 100 draws within ± 0.15.
    expect(correlation).toBeGreaterThan(0.7);
  });

  it('is the same again for the same seed, and another for another', async () => {
    const files = { 'seen.csv': 'x,y\n1.5,\n,2\n' };
    const again = await Promise.all([run(pair, files), run(pair, files)]);
    expect(again[0].completions).toEqual(again[1].completions);
    const other = await run(pair.replace('seen)', 'seen, seed = 2)'), files);
    expect(other.completions).not.toEqual(again[0].completions);
  });

  it('draws rows of one kind independently of each other, however many there are', async () => {
    const rows = 600;
    const many = await run(pair.replace('seen)', 'seen, draws = 40)'), {
      'seen.csv': `x,y\n${'0,\n'.repeat(rows)}`,
    });
    expect(many.cells.length).toBe(rows);
    // Means over rows of the same completion: independent normals, so of variance 0.36 / rows.
    const means = Array.from({ length: 40 }, (_, d) => {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += many.completions[k * 40 + d] - 1;
      return sum / rows / (0.6 / Math.sqrt(rows));
    });
    const square = means.reduce((a, z) => a + z * z, 0) / means.length;
    expect(square).toBeLessThan(1 + 5 * Math.sqrt(2 / 40));
    expect(square).toBeGreaterThan(0.3);
  }, 30_000);
});

const table = `
enum Kind = { a, b, c }
type Row = { kind : Kind, flag : bit, n : int(1, 4) }
data seen : Row[row] from "seen.csv"
energy E(r : Row) {
  require r.n < 4 or r.flag == 1
  term one = -0.7 * (r.kind == Kind.a) - 0.3 * (r.kind == Kind.b) * r.flag
  term two = 0.4 * r.n * (1 - r.flag) + 0.2 * (r.kind == Kind.c) * r.n
}
run done = complete(E, seen)
`;
const energyOf = (kind: number, flag: number, n: number): number =>
  n === 4 && flag === 0
    ? Number.POSITIVE_INFINITY
    : -0.7 * (kind === 0 ? 1 : 0) -
      0.3 * (kind === 1 ? 1 : 0) * flag +
      0.4 * n * (1 - flag) +
      0.2 * (kind === 2 ? 1 : 0) * n;

describe('rows whose starts are hard to find', () => {
  it('are drawn in smaller parts', async () => {
    const text = `
type Row = { x : real, y : real }
data seen : Row[row] from "seen.csv"
energy E(r : Row) {
  require r.x < r.y
  r.x ~ normal(0, 1)
  r.y ~ normal(0, 1)
}
run done = complete(E, seen, draws = 10)
`;
    const rows = 10;
    const result = await run(text, { 'seen.csv': `x,y\n${',\n'.repeat(rows)}` });
    expect(result.cells.length).toBe(2 * rows);
    // The smaller of two standard normals has the mean −1/√π.
    const means = result.cells.filter((c) => c.unknown.name === 'r.x').map((c) => c.value);
    expect(means.reduce((a, b) => a + b, 0) / rows).toBeCloseTo(-1 / Math.sqrt(Math.PI), 1);
    for (let k = 0; k < 2 * rows; k += 2)
      for (let d = 0; d < 10; d++)
        expect(result.completions[k * 10 + d]).toBeLessThan(result.completions[(k + 1) * 10 + d]);
  }, 30_000);
});

describe('what is discrete', () => {
  const states = [0, 1, 2].flatMap((k) => [0, 1].flatMap((f) => [1, 2, 3, 4].map((n) => [k, f, n] as const)));
  const rows: readonly (readonly (number | null)[])[] = [
    [null, 1, 3],
    [1, null, null],
    [null, null, null],
    [2, 0, null],
    [0, 0, 1],
  ];
  const text = rows
    .map(([k, f, n]) => [k === null ? '' : 'abc'[k], f === null ? 'NA' : f, n ?? ''].join(','))
    .join('\n');

  it('has exact probabilities, those of enumeration', async () => {
    const result = await run(table, { 'seen.csv': `kind,flag,n\n${text}\n` });
    expect(result.incomplete).toBe(4);
    let compared = 0;
    rows.forEach((row, r) => {
      const open = states.filter((s) => row.every((x, i) => x === null || x === s[i]));
      const total = open.reduce((sum, s) => sum + Math.exp(-energyOf(...s)), 0);
      row.forEach((x, i) => {
        if (x !== null) return;
        const cell = cellOf(result, r, ['r.kind', 'r.flag', 'r.n'][i]);
        expect(cell.exact).toBe(true);
        expect(cell.mcse).toBe(0);
        const values = new Set(open.map((s) => s[i]));
        for (const v of values) {
          const p =
            open.filter((s) => s[i] === v).reduce((sum, s) => sum + Math.exp(-energyOf(...s)), 0) / total;
          expect(cell.probabilities?.find(([y]) => y === v)?.[1] ?? 0).toBeCloseTo(p, 10);
          compared++;
        }
        expect(cell.probabilities?.[0][0]).toBe(cell.value);
      });
    });
    expect(compared).toBeGreaterThan(20);
  });

  it('has completions as often as they are likely', async () => {
    const draws = 4000;
    const result = await run(table.replace('seen)', `seen, draws = ${draws})`), {
      'seen.csv': `kind,flag,n\n${text}\n`,
    });
    for (const cell of result.cells) {
      const k = result.cells.indexOf(cell);
      const drawn = result.completions.subarray(k * draws, (k + 1) * draws);
      for (const [value, p] of cell.probabilities ?? [])
        expect(Math.abs(drawn.filter((x) => x === value).length / draws - p)).toBeLessThan(
          5 * Math.sqrt((p * (1 - p)) / draws) + 1e-9,
        );
    }
  });

  it('of which none is missing is left alone', async () => {
    const result = await run(table, { 'seen.csv': 'kind,flag,n\na,1,1\n' });
    expect(result).toMatchObject({ rows: 1, incomplete: 0, cells: [], complete: true });
  });
});

describe('rows of reals and categories', () => {
  const mixed = `
enum Kind = { a, b }
type Row = { kind : Kind, x : real[2] }
data seen : Row[row] from "seen.json"
energy E(r : Row) {
  let m = if r.kind == Kind.a then -1 else 1.5
  term kind = -0.5 * (r.kind == Kind.a)
  r.x[0] ~ normal(m, 1)
  r.x[1] ~ normal(r.x[0], 0.5)
}
run done = complete(E, seen)
`;
  it('are drawn together', async () => {
    const result = await run(mixed, {
      'seen.json': '{"seen": {"kind": [null, "a", null], "x": [[0.2, null], [null, null], [null, 1]]}}',
    });
    const log = (x: number, m: number): number => -0.5 * (x - m) ** 2;
    const odds = Math.exp(0.5 + log(0.2, -1) - log(0.2, 1.5));
    const kind = cellOf(result, 0, 'r.kind');
    const p = kind.probabilities?.find(([v]) => v === 0)?.[1] ?? 0;
    expect(Math.abs(p - odds / (1 + odds))).toBeLessThan(5 * (kind.mcse ?? 0) + 1e-9);
    const far = result.cells.find((c) => c.row === 1 && c.element === 1)!;
    expect(Math.abs(far.value + 1)).toBeLessThan(5 * (far.mcse ?? 0));
    expect(Math.abs((far.sd ?? 0) / Math.hypot(1, 0.5) - 1)).toBeLessThan(0.1);
    // x[1] = 1 is normal(m, √1.25) for each kind.
    const weight = (m: number): number => Math.exp((-0.5 * (1 - m) ** 2) / 1.25);
    const third = cellOf(result, 2, 'r.kind');
    const q = (Math.exp(0.5) * weight(-1)) / (Math.exp(0.5) * weight(-1) + weight(1.5));
    const found = third.probabilities?.find(([v]) => v === 0)?.[1] ?? 0;
    expect(Math.abs(found - q)).toBeLessThan(5 * (third.mcse ?? 0));
  });

  it('may leave out unknowns that no row knows', async () => {
    const latent = `
data v : bit[row, 3] from "v.csv"
energy Rbm(v : bit[3], h : bit[2]) {
  term a = -sum((0.5 + i - j) * v[i] * h[j] for i in 0..3, j in 0..2) + 0.3 * sum(v)
}
run done = complete(Rbm, { v = v })
`;
    const result = await run(latent, { 'v.csv': '1,0,\n,,\n' });
    expect(result.cells.map((c) => [c.row, c.unknown.name, c.element])).toEqual([
      [0, 'v', 2],
      [1, 'v', 0],
      [1, 'v', 1],
      [1, 'v', 2],
    ]);
    const weight = (v: readonly number[]): number => {
      let w = Math.exp(-0.3 * (v[0] + v[1] + v[2]));
      for (const j of [0, 1]) w *= 1 + Math.exp([0, 1, 2].reduce((s, i) => s + (0.5 + i - j) * v[i], 0));
      return w;
    };
    const p = weight([1, 0, 1]) / (weight([1, 0, 0]) + weight([1, 0, 1]));
    expect(result.cells[0].probabilities?.find(([x]) => x === 1)?.[1]).toBeCloseTo(p, 10);
  });

  it('keeps vectors whole: unit vectors, permutations and bounds that depend on others', async () => {
    const shapes = `
type Row = { u : unit(2), p : permutation(3), lo : real(0, 1), hi : real }
data seen : Row[row] from "seen.json"
energy E(u : unit(2), p : permutation(3), lo : real(0, 1), hi : real(lo, 3)) {
  term u = -2 * u[0]
  term p = 0.7 * sum((p[i] == i) for i in 0..3)
  term hi = hi
}
run done = complete(E, { u = us, p = ps, lo = los, hi = his })
data us : unit(2)[row] from "seen.json"
data ps : permutation(3)[row] from "seen.json"
data los : real(0, 1)[row] from "seen.json"
data his : real[row] from "seen.json"
`.replace(/type Row.*\ndata seen.*\n/, '');
    const result = await run(shapes, {
      'seen.json': JSON.stringify({
        us: [
          [null, null],
          [1, 0],
        ],
        ps: [
          [null, null, null],
          [2, 1, null],
        ],
        los: [0.5, null],
        his: [null, 1],
      }),
    });
    const filled = (row: number, unknown: string): number[] =>
      result.cells.filter((c) => c.row === row && c.unknown.name === unknown).map((c) => c.value);
    const u = filled(0, 'u');
    expect(Math.hypot(...u)).toBeCloseTo(1, 6);
    expect([...filled(0, 'p')].sort()).toEqual([0, 1, 2]);
    expect(filled(1, 'p')).toEqual([0]);
    // hi beyond 0.5, e^−hi on (0.5, 3).
    const hi = cellOf(result, 0, 'hi');
    const mean = 0.5 + 1 - (2.5 * Math.exp(-2.5)) / (1 - Math.exp(-2.5));
    expect(Math.abs(hi.value - mean)).toBeLessThan(5 * (hi.mcse ?? 0));
    expect(cellOf(result, 1, 'lo').q95).toBeLessThan(1);
  });
});

describe('what is said', () => {
  it('of a verb that needs whole rows', async () => {
    const both = `${pair}run f = score(Pair, seen)\n`;
    const fault = await faultOf(both, { 'seen.csv': 'x,y\n1,2\n1.5,\n' });
    expect(fault).toMatchObject({ code: 'E0534', place: { file: 'seen.csv', row: 3, column: 'y' } });
    expect(fault?.suggestion).toMatch(/`complete`/);
    const init = `${pair}run f = sample(Pair, init = seen)\n`;
    expect((await faultOf(init, { 'seen.csv': 'x,y\n1,2\n1.5,\n' }))?.code).toBe('E0534');
  });

  it('of data that a term reads, too', async () => {
    const read = pair.replace('run', 'energy Other(m : real) {\n  seen.y ~ normal(m, 1)\n}\nrun');
    const fault = await faultOf(read, { 'seen.csv': 'x,y\n1,2\n1.5,\n' });
    expect(fault).toMatchObject({ code: 'E0534', place: { file: 'seen.csv', row: 3, column: 'y' } });
    // Only the column that is read needs every value.
    expect(await faultOf(read, { 'seen.csv': 'x,y\n1,2\n,3\n' })).toBeUndefined();
  });

  it('of a vector that is missing in part', async () => {
    const text = `
data seen : simplex(3)[row] from "seen.json"
energy E(p : simplex(3)) {
  p ~ dirichlet(2)
}
run done = complete(E, seen)
`;
    const fault = await faultOf(text, { 'seen.json': '[[0.5, null, 0.2], [0.2, 0.3, 0.5]]' });
    expect(fault?.code).toBe('E0534');
    expect(fault?.message).toMatch(/others of the same simplex\(3\) are not/);
  });

  it('of a row that no state completes', async () => {
    const text = `
type Row = { a : bit, b : bit, c : bit }
data seen : Row[row] from "seen.csv"
energy E(r : Row) {
  require r.a + r.b + r.c == 2
}
run done = complete(E, seen)
`;
    const fault = await faultOf(text, { 'seen.csv': 'a,b,c\n1,,1\n0,1,\n,0,1\n0,0,\n1,1,\n' });
    expect(fault?.code).toBe('E0702');
    expect(fault?.message).toMatch(/^row 3 \(counted from 0\) cannot be completed/);
  });
});
