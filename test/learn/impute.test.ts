/** `fit(…, missing = complete)`: missing cells are drawn while parameters learn. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import type { Checkpoint } from '../../src/learn/checkpoint.ts';
import { Stream } from '../../src/random/stream.ts';
import { openSession, runJob, type Session } from '../../src/run/session.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

async function opened(text: string, csv: string): Promise<Session> {
  const compiled = compileText(text, 'test.energy');
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  return openSession(compiled.program, memoryHost({ 'rows.csv': csv }), kernelsEngine(), { seed: 1 });
}

interface Ran {
  readonly params: ReadonlyMap<string, number>;
  readonly checkpoints: readonly Checkpoint[];
}

/** Runs the only job; parameters are scalars. */
async function learned(text: string, csv: string, resume?: Checkpoint): Promise<Ran> {
  const session = await opened(text, csv);
  const checkpoints: Checkpoint[] = [];
  const keep = async (c: Checkpoint): Promise<void> => {
    checkpoints.push(c);
  };
  const r = await runJob(session, session.program.jobs[0], () => undefined, undefined, undefined, {
    resume,
    keep,
  });
  if (r.verb !== 'fit') throw new Error('expected a fit');
  if (r.failure.length > 0) throw new EnergyError(r.failure);
  return { params: new Map([...r.params].map(([s, v]) => [s.name, v.data[0]])), checkpoints };
}

const bits = (fit: string): string => `
type Row = { x : bit, y : bit }
data rows : Row[row] from "rows.csv"
param a : real = 0
param b : real = 0
param c : real = 0
energy E(r : Row) { term all = -(a * r.x + b * r.y + c * r.x * r.y) }
run learn = fit(E, rows, ${fit})
`;

/** x decides whether y can be seen: where it is 1, in one row of four. */
function bitRows(count: number): { readonly csv: string; readonly table: number[][]; readonly ones: number } {
  const s = new Stream(7, 'bits');
  const table = [
    [0, 0],
    [0, 0],
  ];
  let ones = 0;
  const lines = ['x,y'];
  for (let i = 0; i < count; i++) {
    const x = s.uniform() < 0.6 ? 1 : 0;
    const y = s.uniform() < (x === 1 ? 0.9 : 0.25) ? 1 : 0;
    const seen = x === 0 || s.uniform() < 0.25;
    ones += x;
    if (seen) table[x][y]++;
    lines.push(`${x},${seen ? y : ''}`);
  }
  return { csv: `${lines.join('\n')}\n`, table, ones };
}

describe('fit(…, missing = complete)', () => {
  it('learns what rows with missing cells say: bits', async () => {
    const count = 600;
    const { csv, table, ones } = bitRows(count);
    const options = 'loss = likelihood, optimizer = adam(rate = 0.05), batch = 600, average = 0.99';
    const share = (p: ReadonlyMap<string, number>) => {
      const [a, b, c] = ['a', 'b', 'c'].map((n) => p.get(n)!);
      const weights = [1, Math.exp(b), Math.exp(a), Math.exp(a + b + c)];
      const z = weights.reduce((x, y) => x + y, 0);
      return { x: (weights[2] + weights[3]) / z, y1: sigmoid(b + c), y0: sigmoid(b) };
    };
    const full = share((await learned(bits(`missing = complete, steps = 700, ${options}`), csv)).params);
    // The likelihood of what is seen has its maximum in closed form, since y is missing for reasons that x tells.
    expect(full.x).toBeCloseTo(ones / count, 1.7);
    expect(full.y1).toBeCloseTo(table[1][1] / (table[1][0] + table[1][1]), 1.5);
    expect(full.y0).toBeCloseTo(table[0][1] / (table[0][0] + table[0][1]), 1.5);
    // Rows that are whole are another population.
    const whole = share((await learned(bits(`missing = drop, steps = 400, ${options}`), csv)).params);
    expect(Math.abs(whole.x - ones / count)).toBeGreaterThan(0.2);
  }, 60_000);

  it('learns what rows with missing cells say: reals', async () => {
    const s = new Stream(8, 'reals');
    const lines = ['x,y'];
    const seen: [number, number][] = [];
    const xs: number[] = [];
    for (let i = 0; i < 500; i++) {
      const x = s.normal();
      const y = 0.8 * x + 0.6 * s.normal();
      xs.push(x);
      if (x < 0.5) seen.push([x, y]);
      lines.push(`${x},${x < 0.5 ? y : 'NA'}`);
    }
    const text = `
type Row = { x : real, y : real }
data rows : Row[row] from "rows.csv"
param m : real = 0
param k : real = 0
param u : real(0, inf) = 1
param v : real(0, inf) = 1
param n : real = 0
energy E(r : Row) { term all = 0.5 * u * (r.x - m) ^ 2 + 0.5 * v * (r.y - k * r.x - n) ^ 2 }
run learn = fit(E, rows, missing = complete, loss = likelihood(points = 64), optimizer = adam(rate = 0.03), steps = 500, batch = 500, average = 0.99)
`;
    const { params } = await learned(text, `${lines.join('\n')}\n`);
    const mean = (of: (i: number) => number, count: number): number =>
      Array.from({ length: count }, (_, i) => of(i)).reduce((a, b) => a + b, 0) / count;
    const [mx, my] = [0, 1].map((j) => mean((i) => seen[i][j], seen.length));
    const slope =
      mean((i) => (seen[i][0] - mx) * (seen[i][1] - my), seen.length) /
      mean((i) => (seen[i][0] - mx) ** 2, seen.length);
    expect(Math.abs(params.get('m')! - mean((i) => xs[i], 500))).toBeLessThan(0.03);
    expect(Math.abs(params.get('k')! - slope)).toBeLessThan(0.08);
    expect(Math.abs(params.get('n')! - (my - slope * mx))).toBeLessThan(0.08);
    // The spread of the residual, which values without noise would make too small.
    const residual = mean((i) => (seen[i][1] - my - slope * (seen[i][0] - mx)) ** 2, seen.length);
    expect(Math.abs(1 / params.get('v')! / residual - 1)).toBeLessThan(0.15);
  }, 60_000);

  it('goes on from a checkpoint to the same bytes', async () => {
    const { csv } = bitRows(90);
    const fit = bits('missing = complete, steps = 220, batch = 20, loss = discrepancy(t = 0.5, draws = 4)');
    const whole = await learned(fit, csv);
    expect(whole.checkpoints[0].tensors.has('loss.missing.r.y')).toBe(true);
    const resumed = await learned(fit, csv, whole.checkpoints[0]);
    expect(resumed.params).toEqual(whole.params);
    // Cells have moved, and moved alike.
    const cells = (r: Ran, k: number) => r.checkpoints[k].tensors.get('loss.missing.r.y')!.data;
    expect(cells(whole, 1)).not.toEqual(cells(whole, 0));
    expect(cells(resumed, 0)).toEqual(cells(whole, 1));
    const short = new Map(whole.checkpoints[0].tensors);
    short.set('loss.missing.r.y', { shape: [1], data: Float64Array.of(1) });
    const fault = await learned(fit, csv, { ...whole.checkpoints[0], tensors: short }).catch(
      (e: unknown) => e,
    );
    if (!(fault instanceof EnergyError)) throw fault;
    expect(fault.diagnostics[0].code).toBe('E0715');
  });

  it('serves mixed rows, scales of encoded columns, labels, and rows that judge', async () => {
    const lines = ['x,z,n,g'];
    const s = new Stream(3);
    for (let i = 0; i < 60; i++) {
      const cells = [s.normal().toFixed(3), 'abc'[s.int(3)], String(s.int(5)), String(s.int(2))];
      if (i % 3 === 0) cells[s.int(4)] = '';
      lines.push(cells.join(','));
    }
    const text = `
enum Letter = { a, b, c }
type Row = { x : real, z : Letter, n : int(0, 4), g : bit }
data rows : Row[row] from "rows.csv"
param net = mlp(encode(Row), hidden = [4])
energy E(r : Row) {
  let w = encode(r, like = rows)
  term shape = net(w)
  term tail = 0.2 * sum(w ^ 2)
}
run learn = fit(E, rows, missing = complete, held_out = 0.3, steps = 30, batch = 16, loss = discrepancy(t = 0.2, draws = 4))
`;
    const { params } = await learned(text, `${lines.join('\n')}\n`);
    expect([...params.values()].every(Number.isFinite)).toBe(true);
  });

  it.each([
    [bits('missing = complete, steps = 3, loss = likelihood, optimizer = lbfgs()'), 'E0747'],
    [bits('missing = complete, steps = 3').replace('term all', 'require r.x + r.y > 0\n term all'), 'E0748'],
    [bits('missing = refuse, steps = 3'), 'E0534'],
  ])('says where that is not possible', async (text, code) => {
    const fault = await learned(text, 'x,y\n1,1\n0,1\n1,\n1,0\n').catch((e: unknown) => e);
    if (!(fault instanceof EnergyError)) throw fault;
    expect(fault.diagnostics[0].code).toBe(code);
  });

  it('refuses a column that holds nothing', async () => {
    const fault = await learned(bits('missing = complete, steps = 3'), 'x,y\n1,\n0,\n').catch(
      (e: unknown) => e,
    );
    if (!(fault instanceof EnergyError)) throw fault;
    expect(fault.diagnostics[0].code).toBe('E0534');
  });
});
