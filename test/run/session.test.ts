/** Jobs run in a session: what they pass on to each other, what they are given, how they are stopped. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { clampFromJson } from '../../src/run/given.ts';
import type { JobResult, RunEvent } from '../../src/run/results.ts';
import { openSession, runJob, type Session } from '../../src/run/session.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { rendered } from './kit.ts';

const files = {
  'rows.csv': 'k,n,x\nred,1,0.5\nblue,0,-1\nred,2,0.25\ngreen,1,2\n',
  'places.csv': 'places\n1000\n2000\n3000\n',
  'given.json': '{"r.k": "blue", "r.n": null}',
  'array.json': '{"s": [[1, null], [null, -1]]}',
  'name.json': '{"r.m": 1}',
  'size.json': '{"s": [1, 1]}',
  'value.json': '{"r.k": "purple"}',
};
const host = memoryHost(files);

const program = `
  enum Colour = { red, green, blue }
  type Row = { k : Colour, n : int(0, 2), x : real }
  data rows : Row[row] from "rows.csv"
  param a : real[Colour] = [0.5, 0.0, -0.5]
  energy E(r : Row) {
    term fit  = 0.5 * (r.x - a[r.k] - 0.3 * r.n) ^ 2
    term many = 0.2 * r.n
  }
  energy S(s : spin[2, 2]) {
    term all = -0.3 * sum(s[i, 0] * s[i, 1] for i in 2)
  }
  data places : real[place] from "places.csv"
  energy F(far : real) {
    term flat = 0.000001 * far ^ 2
  }
  run draws = sample(E, draws = 20, chains = 3, warmup = 20)
  run alike = compare(draws, rows)
  run score = score(E, rows)
  run spins = sample(S, draws = 30, chains = 2, warmup = 5)
  run guess = predict(E, rows, unknown = r.k)
  run from  = sample(F, init = places, chains = 6, draws = 1, warmup = 0)
  run both  = sample(E, n = 8, chains = 2)
  run learn = fit(E, rows, steps = 5, batch = 2)`;

async function session(): Promise<{
  s: Session;
  run: (name: string, stop?: { aborted: boolean }) => Promise<JobResult>;
  events: RunEvent[];
}> {
  const compiled = compileText(program, 'a.energy');
  if (!compiled.ok) throw new Error(rendered(compiled));
  const s = await openSession(compiled.program, host, referenceEngine());
  const events: RunEvent[] = [];
  const run = (name: string, stop?: { aborted: boolean }): Promise<JobResult> => {
    const job = compiled.program.jobs.find((j) => j.name === name);
    if (!job) throw new Error(`no job ${name}`);
    return runJob(s, job, (e) => events.push(e), stop);
  };
  return { s, run, events };
}

const fault = async (work: Promise<unknown>): Promise<string> => {
  const e = await work.then(
    () => undefined,
    (x: unknown) => x,
  );
  if (!(e instanceof EnergyError)) throw new Error(`expected a diagnostic, found ${String(e)}`);
  return e.diagnostics
    .map((d) => `${d.code} ${d.message}${d.suggestion ? ` (${d.suggestion})` : ''}`)
    .join('; ');
};

it('says which data have no rows', async () => {
  const text = `type Row = { x : real, k : int(0, 3) }
data rows : Row[row] from "rows.csv"
data other : real[spare] from "other.csv"
energy E(mu : real) {
  mu ~ normal(0, 1)
  rows[i].x ~ normal(mu, 1) for i in row
  term rest = 0.1 * sum((other[i] - mu) ^ 2 for i in spare)
}`;
  const warned = async (rows: string) => {
    const compiled = compileText(text, 'a.energy');
    const host = memoryHost({ 'rows.csv': rows, 'other.csv': 'other\n1\n' });
    return (await openSession(compiled.program, host, referenceEngine())).warnings;
  };
  expect(await warned('x,k\n')).toMatchObject([
    {
      severity: 'warning',
      code: 'W0530',
      message: '`rows` has no rows',
      place: { span: { start: text.indexOf('rows :') } },
    },
  ]);
  expect(await warned('x,k\n1,2\n')).toEqual([]);
});

describe('jobs', () => {
  it('report a start, progress and their plan', async () => {
    const { run, events } = await session();
    await run('draws');
    expect(events[0]).toEqual({ event: 'start', job: 'draws', verb: 'sample', energy: 'E' });
    const progress = events.filter((e) => e.event === 'progress');
    expect(progress.at(-1)).toMatchObject({ phase: 'sampling', done: 40, total: 40 });
    expect(events.find((e) => e.event === 'plan')).toMatchObject({ plan: { method: 'mixed' } });
  });

  it('use the results of earlier ones', async () => {
    const { run } = await session();
    expect(await fault(run('alike'))).toContain('needs the draws of an earlier `sample` job');
    await run('draws');
    const alike = await run('alike');
    expect(alike).toMatchObject({ verb: 'compare', kernel: 'product', rows: { draws: 60, data: 4 } });
  });

  it('a fit leaves its parameters to later jobs', async () => {
    const { s, run } = await session();
    const before = (await run('score')) as Extract<JobResult, { verb: 'score' }>;
    const learned = (await run('learn')) as Extract<JobResult, { verb: 'fit' }>;
    expect(s.params).toBe(learned.params);
    const after = (await run('score')) as Extract<JobResult, { verb: 'score' }>;
    expect([...after.energy]).not.toEqual([...before.energy]);
  });

  it('score adds the terms of each row', async () => {
    const { run } = await session();
    const { energy, terms } = (await run('score')) as Extract<JobResult, { verb: 'score' }>;
    const want = [
      [0.5, 1, 0.5],
      [-0.5, 0, -1],
      [0.5, 2, 0.25],
      [0, 1, 2],
    ].map(([a, n, x]) => 0.5 * (x - a - 0.3 * n) ** 2 + 0.2 * n);
    energy.forEach((e, i) => {
      expect(e).toBeCloseTo(want[i], 12);
      expect(terms.get('fit')![i] + terms.get('many')![i]).toBeCloseTo(e, 12);
    });
  });

  it('predict is the softmax of what touches the unknown', async () => {
    const { run } = await session();
    const { probabilities, truth, labels } = (await run('guess')) as Extract<JobResult, { verb: 'predict' }>;
    expect(labels).toEqual(['red', 'green', 'blue']);
    expect([...truth]).toEqual([0, 2, 0, 1]);
    const [n, x] = [0, -1];
    const w = [0.5, 0, -0.5].map((a) => Math.exp(-0.5 * (x - a - 0.3 * n) ** 2));
    const z = w.reduce((a, b) => a + b);
    w.forEach((p, k) => {
      expect(probabilities[3 + k]).toBeCloseTo(p / z, 12);
    });
  });

  it('start from rows, chain by chain', async () => {
    const { run } = await session();
    const { draws } = (await run('from')) as Extract<JobResult, { verb: 'sample' }>;
    const x = draws.quantities.find((q) => q.name === 'far')!.values;
    // A single step of half a unit in a flat landscape: each chain is still beside its row, and rows come round.
    [1000, 2000, 3000, 1000, 2000, 3000].forEach((start, c) => {
      expect(Math.abs(x[c] - start)).toBeLessThan(50);
    });
  });

  it('`n` replaces chains and draws', async () => {
    const { run } = await session();
    expect(await fault(run('both'))).toContain('`n` replaces `chains` and `draws`');
  });

  it('stop when they are asked to, and keep what there is', async () => {
    const { s, run } = await session();
    const stopped = (await run('spins', { aborted: true })) as Extract<JobResult, { verb: 'sample' }>;
    // A job shorter than the time between looks is done before it looks.
    expect(stopped.draws.draws).toBeLessThanOrEqual(30);
    expect(stopped.complete).toBe(stopped.draws.draws === 30);
    expect(s.results.get('spins')).toBe(stopped);
  });
});

describe('given values from a file', () => {
  const clamp = async (name: string, file: string): Promise<unknown> => {
    const { s } = await session();
    const job = s.program.jobs.find((j) => j.name === name)!;
    return clampFromJson(s, job, host, file);
  };

  it('fix what they name; null leaves free', async () => {
    const { s } = await session();
    const job = s.program.jobs.find((j) => j.name === 'draws')!;
    const given = await clampFromJson(s, job, host, 'given.json');
    const result = (await runJob(s, { ...job, options: { ...job.options, given } }, () => {})) as Extract<
      JobResult,
      { verb: 'sample' }
    >;
    const of = (n: string): number[] => [...result.draws.quantities.find((q) => q.name === n)!.values];
    expect(new Set(of('r.k'))).toEqual(new Set([2]));
    expect(new Set(of('r.n')).size).toBeGreaterThan(1);
  });

  it('elements of arrays', async () => {
    const { s } = await session();
    const job = s.program.jobs.find((j) => j.name === 'spins')!;
    const given = await clampFromJson(s, job, host, 'array.json');
    const result = (await runJob(s, { ...job, options: { ...job.options, given } }, () => {})) as Extract<
      JobResult,
      { verb: 'sample' }
    >;
    const v = result.draws.quantities.find((q) => q.name === 's')!.values;
    for (let r = 0; r < v.length / 4; r++) expect([v[4 * r], v[4 * r + 3]]).toEqual([1, -1]);
  });

  it('say what is wrong with them', async () => {
    expect(await fault(clamp('draws', 'name.json'))).toContain(
      '`E` has no unknown `r.m` (did you mean `r.k`?)',
    );
    expect(await fault(clamp('spins', 'size.json'))).toContain('`s` has 4 elements; 2 are given');
    expect(await fault(clamp('draws', 'value.json'))).toContain('"purple" is not a value of Colour');
    expect(await fault(clamp('draws', 'nowhere.json'))).toContain('E0501');
  });
});

describe('engines', () => {
  it('a session is the same on another engine, up to rounding', async () => {
    const compiled = compileText(program, 'a.energy');
    const job = compiled.program.jobs.find((j) => j.name === 'score')!;
    const scores = await Promise.all(
      [referenceEngine(), await tfjsEngine('wasm')].map(async (engine) => {
        const s = await openSession(compiled.program, host, engine);
        const r = (await runJob(s, job, () => {})) as Extract<JobResult, { verb: 'score' }>;
        return [...r.energy];
      }),
    );
    scores[0].forEach((e, i) => {
      expect(Math.abs(e - scores[1][i])).toBeLessThan(1e-6);
    });
  });
});
