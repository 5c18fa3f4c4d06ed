/** What the verbs answer with `--json`, what they write, and that a seed decides it all. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from './kit.ts';

const place = folder({
  'ising.energy': `const n : int = 3
index site = grid(n, n)
energy Ising(s : spin[site]) {
  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in neighbours(site))
  term field    = -0.1 * sum(s)
  report magnet = abs(mean(s))
}
`,
  'things.energy': `enum Colour = { red, green, blue }
type Thing = { size : real(0, inf), colour : Colour, wide : bit }
data things : Thing[row] from "things.csv"
param a : real[Colour] = [0.1, 0.2, 0.3]
energy Things(t : Thing) {
  term size   = 0.5 * (log(t.size) - a[t.colour]) ^ 2 - log(t.size) * 0.1
  term wide   = 0.3 * t.wide * t.size
}
run learn = fit(Things, things, steps = 4, batch = 2)
run some  = sample(Things, n = 8, warmup = 10)
run guess = predict(Things, things, unknown = t.colour)
run alike = compare(some, things)
`,
  'things.csv': 'size,colour,wide\n1.5,red,0\n0.7,green,1\n2.2,blue,1\n0.4,red,0\n',
  'banana.energy': `energy Banana(x : real, y : real) {
  term well = 0.5 * (x - 1) ^ 2
  term bend = 5 * (y - x ^ 2) ^ 2
}
`,
  'given.json': '{"s": [1, null, null, null, -1, null, null, null, 1]}',
});

const quantity = {
  name: expect.any(String),
  mean: expect.any(Number),
  sd: expect.any(Number),
  mcse_mean: expect.any(Number),
  q5: expect.any(Number),
  q50: expect.any(Number),
  q95: expect.any(Number),
  ess_bulk: expect.any(Number),
  ess_tail: expect.any(Number),
  r_hat: expect.any(Number),
};

describe('answers as JSON', () => {
  it('check', async () => {
    const { code, result } = await place.energy('check', 'ising.energy', '--json');
    expect(code).toBe(0);
    expect(result).toEqual({ event: 'result', verb: 'check', ok: true, files: 1, errors: 0, warnings: 0 });
  });

  it('plan', async () => {
    const { result } = await place.energy('plan', 'ising.energy', '--json', '--set', 'n=4');
    expect(result).toMatchObject({
      event: 'result',
      verb: 'plan',
      plans: [
        {
          energy: 'Ising',
          method: 'exact',
          states: 65536,
          logz: 'elimination',
          elimination: { width: expect.any(Number), largest: expect.any(Number), total: expect.any(Number) },
          unknowns: [
            {
              unknown: 's',
              domain: 'spin',
              elements: 16,
              free: 16,
              method: 'exact',
              blocks: null,
              blanket: null,
            },
          ],
        },
      ],
    });
  });

  it('sample, and its summary', async () => {
    const argv = [
      'sample',
      'ising.energy',
      '--chains',
      '2',
      '--draws',
      '50',
      '--seed',
      '3',
      '-o',
      'out/a',
      '--json',
    ];
    const { code, result, events } = await place.energy(...argv);
    expect(code).toBe(0);
    expect(events[0]).toEqual({ event: 'start', job: 'sample', verb: 'sample', energy: 'Ising' });
    expect(events.filter((e) => e.event === 'progress').length).toBeGreaterThan(0);
    expect(result).toMatchObject({
      event: 'result',
      verb: 'sample',
      chains: 2,
      draws: 50,
      folder: 'out/a',
      method: 'exact',
    });
    const quantities = result.quantities as { name: string }[];
    expect(quantities.length).toBe(10);
    for (const q of quantities) expect(q).toEqual(quantity);
    expect(quantities.map((q) => q.name)).toContain('s[0,2]');
    expect((result.terms as { name: string }[]).map((t) => t.name)).toEqual(['energy', 'coupling', 'field']);
    expect(readdirSync(path.join(place.dir, 'out/a')).sort()).toEqual(
      expect.arrayContaining(['draws.parquet', 'run.json']),
    );
    const summary = await place.energy('summary', 'out/a', '--json');
    expect(JSON.parse(summary.out)).toEqual({
      draws: 50,
      chains: 2,
      quantities: result.quantities,
      terms: result.terms,
      diagnostics: result.diagnostics,
    });
  });

  it('a category has frequencies', async () => {
    const argv = [
      'sample',
      'things.energy',
      '--chains',
      '2',
      '--draws',
      '20',
      '--warmup',
      '20',
      '-o',
      'out/things',
      '--json',
    ];
    const { result } = await place.energy(...argv);
    const colour = (result.quantities as { name: string; frequencies?: Record<string, number> }[]).find(
      (q) => q.name === 't.colour',
    )!;
    expect(Object.keys(colour.frequencies!)).toEqual(['red', 'green', 'blue']);
    expect(Object.values(colour.frequencies!).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('logz', async () => {
    const { result } = await place.energy('logz', 'ising.energy', '--json', '--engine', 'reference');
    expect(result).toMatchObject({ event: 'result', verb: 'logz', error: 0, method: 'exact', states: 512 });
    // Every state with s = (…) or its reverse: the free 3×3 lattice by transfer over its nine spins.
    let z = 0;
    for (let bits = 0; bits < 512; bits++) {
      const s = Array.from({ length: 9 }, (_, i) => (((bits >> i) & 1) === 1 ? 1 : -1));
      let e = -0.1 * s.reduce((a, b) => a + b, 0);
      for (let i = 0; i < 9; i++) {
        if (i % 3 < 2) e -= 0.4 * s[i] * s[i + 1];
        if (i < 6) e -= 0.4 * s[i] * s[i + 3];
      }
      z += Math.exp(-e);
    }
    expect(result.log_z).toBeCloseTo(Math.log(z), 10);
  });

  it('score', async () => {
    const { result } = await place.energy('score', 'things.energy', '--json', '--engine', 'reference');
    expect(result).toMatchObject({ event: 'result', verb: 'score', rows: 4 });
    const rows = [
      [1.5, 0.1, 0],
      [0.7, 0.2, 1],
      [2.2, 0.3, 1],
      [0.4, 0.1, 0],
    ];
    const energies = rows.map(
      ([size, a, wide]) => 0.5 * (Math.log(size) - a) ** 2 - 0.1 * Math.log(size) + 0.3 * wide * size,
    );
    expect(result.mean_energy).toBeCloseTo(energies.reduce((a, b) => a + b) / 4, 12);
    const [header, ...lines] = readFileSync(path.join(place.dir, result.file as string), 'utf8')
      .trim()
      .split('\n');
    expect(header).toBe('energy,size,wide');
    expect(lines.length).toBe(4);
    lines.forEach((l, i) => {
      expect(Number(l.split(',')[0])).toBeCloseTo(energies[i], 12);
    });
  });

  it('run: every job has its result', async () => {
    const { code, events } = await place.energy('run', 'things.energy', '-o', 'out/all', '--json');
    expect(code).toBe(0);
    const results = events.filter((e) => e.event === 'result');
    expect(results.map((r) => r.verb)).toEqual(['fit', 'sample', 'predict', 'compare']);
    expect(results[0]).toMatchObject({
      steps: 4,
      complete: true,
      loss: expect.any(Number),
      folder: 'out/all/learn',
    });
    expect(results[2]).toMatchObject({ unknown: 't.colour', rows: 4, accuracy: expect.any(Number) });
    expect(results[3]).toMatchObject({ column_mean: expect.any(Number), mmd: expect.any(Number) });
    expect(readdirSync(path.join(place.dir, 'out/all/learn'))).toContain('params.safetensors');
    // What was learned is used where it is asked for.
    const before = await place.energy('score', 'things.energy', '--json');
    const after = await place.energy('score', 'things.energy', '--json', '--params', 'out/all/learn');
    expect(after.code).toBe(0);
    expect(after.result.mean_energy).not.toBe(before.result.mean_energy);
  });

  it('predictions are probabilities', async () => {
    await place.energy(
      'predict',
      'things.energy',
      '--unknown',
      't.colour',
      '-o',
      'out/guess',
      '--engine',
      'reference',
    );
    const lines = readFileSync(path.join(place.dir, 'out/guess/predictions.csv'), 'utf8').trim().split('\n');
    expect(lines[0]).toBe('truth,p(red),p(green),p(blue)');
    const [truth, ...p] = lines[1].split(',');
    expect(truth).toBe('red');
    // The first thing has size 1.5: softmax of −½(ln 1.5 − a)².
    const weights = [0.1, 0.2, 0.3].map((a) => Math.exp(-0.5 * (Math.log(1.5) - a) ** 2));
    const z = weights.reduce((a, b) => a + b);
    p.forEach((x, i) => {
      expect(Number(x)).toBeCloseTo(weights[i] / z, 12);
    });
  });

  it('given from a file and from a flag', async () => {
    const argv = [
      'sample',
      'ising.energy',
      '--chains',
      '2',
      '--draws',
      '10',
      '--warmup',
      '5',
      '--json',
      '-o',
      'out/given',
    ];
    const mean = (r: Readonly<Record<string, unknown>>, name: string): number =>
      (r.quantities as { name: string; mean: number }[]).find((q) => q.name === name)!.mean;
    const file = await place.energy(...argv, '--given', 'given.json');
    expect([mean(file.result, 's[0,0]'), mean(file.result, 's[1,1]'), mean(file.result, 's[2,2]')]).toEqual([
      1, -1, 1,
    ]);
    const flag = await place.energy(
      ...argv,
      '--given',
      '{ s[0, 1] = 1, s[p] = -1 for p in site where p.row == 2 }',
    );
    expect([mean(flag.result, 's[0,1]'), mean(flag.result, 's[2,0]'), mean(flag.result, 's[2,2]')]).toEqual([
      1, -1, -1,
    ]);
  });

  it('doctor', async () => {
    const { result } = await place.energy('doctor', '--json');
    expect(result).toMatchObject({ event: 'result', verb: 'doctor', node: process.version });
    expect(JSON.stringify(result.engines)).toContain('reference');
  });

  it('plot', async () => {
    await place.energy('sample', 'ising.energy', '--chains', '2', '--draws', '20', '-o', 'out/plot');
    const { code, result } = await place.energy('plot', 'out/plot', '--json');
    expect(code).toBe(0);
    expect(result.files as string[]).toContain('index.html');
  });
});

describe('the same seed gives the same bytes', () => {
  const bytes = (dir: string): Buffer => readFileSync(path.join(place.dir, dir, 'draws.parquet'));

  it.each([
    ['ising.energy', 'reference'],
    ['ising.energy', 'cpu'],
    ['ising.energy', 'wasm'],
    ['banana.energy', 'wasm'],
    ['things.energy', 'wasm'],
  ])(
    '%s on %s',
    async (file, engine) => {
      const argv = ['sample', file, '--chains', '3', '--draws', '20', '--warmup', '20', '--engine', engine];
      for (const [dir, seed] of [
        ['out/s1', '7'],
        ['out/s2', '7'],
        ['out/s3', '8'],
      ]) {
        expect((await place.energy(...argv, '--seed', seed, '-o', dir)).code).toBe(0);
      }
      expect(bytes('out/s1').equals(bytes('out/s2'))).toBe(true);
      expect(bytes('out/s1').equals(bytes('out/s3'))).toBe(false);
    },
    60_000,
  );
});
