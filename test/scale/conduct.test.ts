/** A run and its workers: the same draws, the same faults, an orderly end. */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import type { SampleResult } from '../../src/infer/sample.ts';
import type { LiveChains, RunEvent } from '../../src/run/results.ts';
import { conduct, type MergedProgress } from '../../src/scale/conduct.ts';
import type { FromWorker, PartProgress } from '../../src/scale/protocol.ts';
import { split } from '../../src/scale/split.ts';
import { makeControl, type Signal } from '../../src/signal.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { type LocalHost, localWorkers, opened, playedWorkers, ran } from './kit.ts';

const bytes = (d: Draws) =>
  d.quantities.map((q) => [
    q.name,
    Buffer.from(q.values.buffer, q.values.byteOffset, q.values.byteLength).toString('hex'),
  ]);

const rows = { 'rows.csv': 'n,x\n0,1\n1,2\n2,-1\n' };

const models: Readonly<Record<string, string>> = {
  'an Ising model': `
    index site = grid(4, 4)
    set bond = neighbours(site, wrap = true)
    energy E(s : spin[site]) { term a = -0.4 * sum(s[p] * s[q] for (p, q) in bond) }
    run d = sample(E, chains = 5, draws = 7, warmup = 6, seed = 3, WORKERS)`,
  'discrete and real unknowns': `
    energy E(n : int(0, 3), x : real, y : real(0, inf)) {
      term a = 0.5 * (x - n) ^ 2 + y - log(y)
      term b = 0.3 * n * y
    }
    run d = sample(E, chains = 5, draws = 8, warmup = 30, WORKERS)`,
  'starts at rows, more chains than rows': `
    type Row = { n : int(0, 2), x : real }
    data rows : Row[row] from "rows.csv"
    energy E(r : Row) { term a = 0.5 * (r.x - r.n) ^ 2 }
    run d = sample(E, init = rows, chains = 7, draws = 2, warmup = 3, WORKERS)`,
  'very many states': `
    energy E(n : int(0, 5000)[3]) { term a = sum(abs(n[i] - 2500) / 100 for i in 3) }
    run d = sample(E, chains = 4, draws = 5, warmup = 5, WORKERS)`,
  exchanges: `
    index place = line(5)
    energy E(p : permutation(place)) { term a = sum(abs(p[i] - i) for i in place) }
    run d = sample(E, chains = 4, draws = 6, warmup = 6, WORKERS)`,
  'random starts that must be mended': `
    energy E(b : bit[3], x : real) {
      require sum(b) == 1
      term a = 0.5 * x ^ 2 + log(2.5 - sum(b))
    }
    run d = sample(E, chains = 40, draws = 2, warmup = 20, WORKERS)`,
  'a number of draws': `
    energy E(s : spin[3]) { term a = -0.5 * s[0] * s[1] - 0.2 * s[2] }
    run d = sample(E, n = 300, warmup = 3, WORKERS)`,
};

const engines: Readonly<Record<string, () => Engine>> = {
  reference: referenceEngine,
  kernels: () => kernelsEngine(),
};

/** The result with so many workers, and the workers, each with an engine of its own. */
async function withWorkers(model: string, workers: number, engine: () => Engine) {
  const program = model.replace('WORKERS', `workers = ${workers}`);
  const session = await opened(program, rows, engine());
  const host = localWorkers(() => opened(program, rows, engine()));
  session.workers = host;
  return { ...(await ran(session, 'd')), host };
}

describe('draws on workers', () => {
  const each = Object.entries(engines).flatMap(([engine, make]) =>
    Object.entries(models).map(([name, model]) => ({ engine, make, name, model })),
  );
  for (const { engine, make, name, model } of each)
    it(`are the same for 1, 2 and 3 of them on ${engine}: ${name}`, async () => {
      const one = await withWorkers(model, 1, make);
      expect(one.host.count.started).toBe(0);
      for (const workers of [2, 3]) {
        const { result, host } = await withWorkers(model, workers, make);
        expect(host.count).toEqual({ started: workers, ended: workers });
        expect(result.spread).toEqual({ workers, why: 'as asked for' });
        expect(bytes(result.draws)).toEqual(bytes(one.result.draws));
        expect(result.draws.quantities.map(({ values, ...q }) => q)).toEqual(
          one.result.draws.quantities.map(({ values, ...q }) => q),
        );
        expect(result.chains).toEqual(one.result.chains);
        expect(result.plan).toEqual(one.result.plan);
        expect(result.complete).toBe(true);
      }
    });

  it('use the parameters as they are, not as they were', async () => {
    const program = `
      param h : real = 0.0
      energy E(s : spin[6]) { term a = -h * sum(s) }
      run d = sample(E, chains = 4, draws = 5, warmup = 5, WORKERS)`;
    const drawn = async (workers: number, h: number) => {
      const text = program.replace('WORKERS', `workers = ${workers}`);
      const session = await opened(text);
      session.workers = localWorkers(() => opened(text));
      session.params = new Map(
        [...session.params].map(([s]) => [s, { shape: [], data: Float64Array.of(h) }]),
      );
      return bytes((await ran(session, 'd')).result.draws);
    };
    const learned = await drawn(1, 2);
    expect(await drawn(2, 2)).toEqual(learned);
    expect(await drawn(2, 0)).not.toEqual(learned);
  });

  it('tell of all chains while they run', async () => {
    const text = models['an Ising model']
      .replace('draws = 7', 'draws = 600')
      .replace('WORKERS', 'workers = 2');
    const session = await opened(text);
    session.workers = localWorkers(() => opened(text));
    const lives: { recorded: number; energies: number[]; now: number }[] = [];
    const watch = ({ now, record, recorded }: LiveChains): void => {
      const energy = record.quantities.find((q) => q.name === 'energy');
      lives.push({
        recorded,
        energies: [...(energy?.values ?? [])],
        now: now.chains * now.quantities[0].values.length,
      });
    };
    const { result, events } = await ran(session, 'd', { watch });
    const progress = events.flatMap((e) => (e.event === 'progress' ? [e] : []));
    expect(progress.at(-1)).toMatchObject({ phase: 'sampling', done: 606, total: 606 });
    expect(progress.at(-1)?.value).toBeLessThan(0);
    expect(progress.at(-1)?.rate).toBeGreaterThan(0);
    expect(progress.at(-1)?.chains?.map((c) => [c.chain, c.phase, c.draw, c.of])).toEqual(
      [0, 1, 2, 3, 4].map((c) => [c, 'sampling', 600, 600]),
    );
    expect(progress.at(-1)?.chains?.every((c) => c.energy !== null && c.energy < 0)).toBe(true);
    expect(progress.at(-1)?.rHat).toBeGreaterThan(0.9);
    expect(progress.at(-1)?.rHat).toBeLessThan(2);
    const last = lives.at(-1);
    expect(last?.recorded).toBe(600);
    expect(last?.now).toBe(5 * 5 * 16);
    expect(last?.energies).toEqual([
      ...(result.draws.quantities.find((q) => q.name === 'energy')?.values ?? []),
    ]);
  });
});

describe('faults on workers', () => {
  const faulty = async (model: string, workers: number) => {
    const program = model.replace('WORKERS', `workers = ${workers}`);
    const files = { 'rows.csv': 'lag\n1\n2\n3\n0\n' };
    const session = await opened(program, files);
    const host = localWorkers(() => opened(program, files));
    session.workers = host;
    const e: unknown = await ran(session, 'd').then(
      () => null,
      (x: unknown) => x,
    );
    if (!(e instanceof EnergyError)) throw new Error(`no fault but ${String(e)}`);
    return { diagnostics: e.diagnostics, host };
  };
  const wrong: Readonly<Record<string, string>> = {
    'a requirement that some chain breaks': `
      energy E(b : bit[40]) { require sum(b) == 20
        require sum(i * b[i] for i in 40) == 3 }
      run d = sample(E, chains = 6, draws = 3, warmup = 1, seed = 2, WORKERS)`,
    'a term that is not a number': `
      energy E(n : int(0, 3)) { term a = log(n - 10) }
      run d = sample(E, chains = 4, draws = 3, warmup = 3, WORKERS)`,
    'an array read outside': `
      index day = line(4)
      data lag : day[day] from "rows.csv"
      energy E(s : spin[day], n : int(1, 3)) { term echo = sum(s[lag[t + n]] for t in day where t > 0) }
      run d = sample(E, chains = 4, draws = 3, warmup = 3, WORKERS)`,
    'a method that does not fit': `
      energy E(x : real) { term a = x ^ 2 }
      run d = sample(E, chains = 4, method = gibbs, WORKERS)`,
  };
  for (const [name, model] of Object.entries(wrong))
    it(`are those of one thread: ${name}`, async () => {
      const alone = await faulty(model, 1);
      const { diagnostics, host } = await faulty(model, 2);
      expect(diagnostics).toEqual(alone.diagnostics);
      expect(host.count.ended).toBe(host.count.started);
    });
});

describe('a run that takes long', () => {
  const text = `
    energy E(s : spin[4]) { term a = -0.5 * s[0] * s[1] - s[2] * s[3] }
    run d = sample(E, chains = 4, draws = 20000000)`;

  /** Runs it with workers that are lost at once: whether they were wanted shows. */
  const handedOver = async (engine: Engine, cores: number, stop: boolean) => {
    // What is to be stopped keeps few of its sweeps, and takes minutes on any machine.
    const draws = stop ? '20000, thin = 1000' : '20000000';
    const session = await opened(text.replace('20000000', draws), {}, engine);
    let wanted = 0;
    session.workers = {
      cores,
      start: (_, lost) => {
        wanted++;
        queueMicrotask(() => lost('of this test'));
        return { send: () => {}, end: () => {} };
      },
    };
    const signal = { aborted: false };
    const hear = (e: RunEvent): void => {
      if (stop && e.event === 'progress' && e.done / e.rate > 0.6) signal.aborted = true;
    };
    const end = await ran(session, 'd', { signal, hear }).then(
      (r) => r.result.spread.why,
      (e: Error) => e.message,
    );
    return { wanted, end };
  };

  it('is handed over to workers', async () => {
    const { wanted, end } = await handedOver(referenceEngine(), 2, false);
    expect(wanted).toBe(2);
    expect(end).toBe('the worker that drew chains 0 to 1 was lost: of this test');
  }, 20_000);

  it('stays where the engine is not separable, and says why', async () => {
    const { wanted, end } = await handedOver({ ...referenceEngine(), separable: false }, 2, true);
    expect(wanted).toBe(0);
    expect(end).toBe('the last digits of reference depend on how many chains are computed together');
  }, 20_000);
});

it('goes on alone where workers find other data', async () => {
  const text = `
    data x : real[row] from "x.csv"
    energy E(s : spin[row]) { term a = sum(x[i] * s[i] for i in row) }
    run d = sample(E, chains = 4, draws = 5, warmup = 5, workers = 2)`;
  const session = await opened(text, { 'x.csv': 'x\n1\n2\n' });
  const host: LocalHost = localWorkers(() => opened(text, { 'x.csv': 'x\n1\n3\n' }));
  session.workers = host;
  const { result } = await ran(session, 'd');
  expect(host.count).toEqual({ started: 2, ended: 2 });
  expect(result.spread).toEqual({ workers: 1, why: 'files of data have changed since they were read' });
  expect(result.complete).toBe(true);
});

describe('conduct', () => {
  const span = { file: 'a.energy', start: 0, end: 1 };
  const order = { job: 'd', engine: 'reference', fingerprint: '', params: [], watched: false };
  const failed = (sweep: number, message: string): FromWorker => ({
    type: 'failed',
    sweep,
    diagnostics: [{ severity: 'error', code: 'E0701', place: { kind: 'source', span }, message }],
  });
  const at = (done: number, more: Partial<PartProgress> = {}): FromWorker => ({
    type: 'progress',
    progress: { phase: 'sampling', done, total: 10, rate: 1, energy: null, live: null, ...more },
  });
  const result = (chains: number, draws: number, complete: boolean): FromWorker => ({
    type: 'done',
    result: {
      draws: {
        chains,
        draws,
        quantities: [
          {
            name: 'x',
            role: 'unknown',
            kind: 'real',
            shape: [],
            values: new Float64Array(chains * draws).fill(chains),
          },
        ],
      },
      plan: {} as SampleResult['plan'],
      thin: 1,
      chains: Array.from({ length: chains }, () => ({
        acceptance: null,
        stepSize: null,
        divergences: 0,
        leapfrogs: null,
        truncated: 0,
        missing: null,
        exchanged: null,
        trips: null,
      })),
      seconds: { compile: chains, warmup: 2 * chains, sampling: 3 * chains },
      complete,
    },
  });
  const start = (signal?: Signal) => {
    const host = playedWorkers();
    const told: MergedProgress[] = [];
    const ending = conduct({
      host,
      parts: split(3, 2),
      order,
      span,
      onProgress: (p) => told.push(p),
      signal,
    }).then(
      (r) => ({ result: r, fault: '' }),
      (e: Error) => ({ result: null, fault: e.message }),
    );
    return { host, told, ending };
  };
  const settled = async (ending: Promise<unknown>): Promise<boolean> =>
    Promise.race([ending.then(() => true), new Promise<false>((r) => setTimeout(() => r(false), 20))]);

  it('gives each worker its chains', async () => {
    const { host, ending } = start();
    expect(host.heard.map((m) => m[0])).toEqual([
      { type: 'start', order: { ...order, from: 0, count: 2 } },
      { type: 'start', order: { ...order, from: 2, count: 1 } },
    ]);
    host.say(1, result(1, 4, true));
    host.say(0, result(2, 4, true));
    const { result: r } = await ending;
    expect(r?.draws.quantities[0].values).toEqual(Float64Array.of(2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1));
    expect(r?.seconds).toEqual({ compile: 2, warmup: 4, sampling: 6 });
    expect(r?.complete).toBe(true);
    expect(host.ended).toEqual([true, true]);
  });

  it('tells how all chains are getting on', async () => {
    const { host, told, ending } = start();
    host.say(0, at(6, { rate: 30, energy: 4, phase: 'warmup' }));
    await new Promise((r) => setTimeout(r, 60));
    host.say(1, at(9, { rate: 60, energy: 1 }));
    expect(told.at(-1)).toEqual({
      phase: 'warmup',
      done: 7,
      total: 10,
      rate: 40,
      energy: 3,
      live: null,
      chainCount: 3,
      rHat: null,
      soFar: expect.any(Function),
    });
    host.say(0, at(10, { rate: 30 }));
    host.say(1, at(10, { rate: 60, energy: 2 }));
    expect(told.at(-1)).toMatchObject({ phase: 'sampling', done: 10, energy: 2 });
    host.lose(0, 'the end');
    await ending;
  });

  it('tells of single chains, and of their R-hat once all workers have said what it is made of', async () => {
    const { host, told, ending } = start();
    const chain = (n: number) => ({
      chain: n,
      phase: 'sampling' as const,
      draw: 5,
      of: 10,
      rate: 1,
      energy: n,
      acceptance: null,
      divergences: 0,
    });
    /** Halves of 10 draws with variance 1 about these means. */
    const halves = (...means: number[]) => ({
      scalars: 1,
      chains: means.length / 2,
      moments: Float64Array.from(means.flatMap((m) => [10, m, 9])),
    });
    host.say(0, at(5, { chains: [chain(0), chain(1)], halves: halves(0, 0, 0, 0) }));
    host.say(1, at(9));
    host.say(0, at(10));
    host.say(1, at(10, { chains: [chain(2)] }));
    expect(told.at(-1)).toMatchObject({ chains: [chain(0), chain(1), chain(2)], chainCount: 3, rHat: null });
    host.say(1, at(10, { halves: halves(6, 6) }));
    // Means 0, 0, 0, 0, 6, 6 have variance 9.6; √(9/10 + 9.6).
    expect(told.at(-1)?.rHat).toBeCloseTo(Math.sqrt(0.9 + 9.6), 12);
    expect(told.at(-1)?.chains).toHaveLength(3);
    host.lose(0, 'the end');
    await ending;
  });

  it('stops all workers on a signal, and keeps what each chain has', async () => {
    const signal = { aborted: false };
    const { host, ending } = start(signal);
    host.say(0, at(3));
    signal.aborted = true;
    await new Promise((r) => setTimeout(r, 150));
    expect(host.heard.map((m) => m.slice(1))).toEqual([[{ type: 'stop' }], [{ type: 'stop' }]]);
    host.say(0, result(2, 3, false));
    host.say(1, result(1, 2, false));
    const { result: r } = await ending;
    expect(r?.draws).toMatchObject({ chains: 3, draws: 2 });
    expect(r?.complete).toBe(false);
    expect(host.ended).toEqual([true, true]);
  });

  it('tells what there is so far, of those that are done what they came to', async () => {
    const signal = makeControl();
    const { host, told, ending } = start(signal);
    host.say(0, at(6));
    host.say(1, at(9));
    signal.pause(true);
    const one = told[0].soFar();
    const two = told[0].soFar();
    const asked = [{ type: 'pause', on: true }, { type: 'so-far' }];
    expect(host.heard.map((m) => m.slice(1))).toEqual([asked, asked]);
    const partial = (chains: number, draws: number) => {
      const done = result(chains, draws, false);
      return done.type === 'done' ? done.result : null;
    };
    host.say(0, { type: 'so-far', result: partial(2, 4) });
    expect(await settled(one)).toBe(false);
    host.say(1, { type: 'so-far', result: partial(1, 3) });
    const found = await one;
    expect(await two).toBe(found);
    expect([found?.draws.draws, found?.complete]).toEqual([3, false]);
    expect(found?.draws.quantities[0].values).toEqual(Float64Array.of(2, 2, 2, 2, 2, 2, 1, 1, 1));
    // The other one had nothing yet; then one of them is done before it is asked.
    const none = told[0].soFar();
    host.say(0, { type: 'so-far', result: partial(2, 4) });
    host.say(1, { type: 'so-far', result: null });
    expect(await none).toBeNull();
    const last = told[0].soFar();
    host.say(1, result(1, 10, true));
    host.say(1, { type: 'so-far', result: null });
    host.say(0, { type: 'so-far', result: partial(2, 5) });
    expect((await last)?.draws.draws).toBe(5);
    host.say(0, result(2, 10, true));
    expect((await ending).result?.complete).toBe(true);
  });

  it('reports the earliest fault, once none can come before it', async () => {
    const { host, ending } = start();
    host.say(1, failed(5, 'late'));
    host.say(0, at(5));
    expect(await settled(ending)).toBe(false);
    host.say(0, failed(5, 'first chains'));
    expect((await ending).fault).toBe('first chains');

    const other = start();
    other.host.say(1, failed(5, 'late'));
    other.host.say(0, at(6));
    expect((await other.ending).fault).toBe('late');
    expect(other.host.ended).toEqual([true, true]);

    const early = start();
    early.host.say(0, failed(5, 'late'));
    early.host.say(1, failed(-1, 'before the first sweep'));
    expect((await early.ending).fault).toBe('before the first sweep');
  });

  it('says which chains were lost, and why', async () => {
    const { host, ending } = start();
    host.say(0, at(2));
    host.lose(1, 'no memory was left');
    expect((await ending).fault).toBe('the worker that drew chain 2 was lost: no memory was left');
    expect(host.ended).toEqual([true, true]);
  });

  it('passes on a fault of ours', async () => {
    const { host, ending } = start();
    host.say(0, { type: 'crashed', message: 'x is undefined' });
    expect((await ending).fault).toBe('x is undefined');
    expect(host.ended).toEqual([true, true]);
  });
});
