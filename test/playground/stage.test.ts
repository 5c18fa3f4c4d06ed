/** Chains in motion and runs that wait, without a browser: sliders, frames, films, pause, going on. */
import { describe, expect, it } from 'vitest';
import type { besideOf } from '../../playground/src/engine/beside.ts';
import { filmOf } from '../../playground/src/engine/film.ts';
import { openProgram } from '../../playground/src/engine/program.ts';
import { makeRunner } from '../../playground/src/engine/runner.ts';
import { makeRuns } from '../../playground/src/engine/runs.ts';
import { makeStage } from '../../playground/src/engine/stage.ts';
import { openStage, type StageChains } from '../../playground/src/engine/stage-chains.ts';
import type { FromWorker } from '../../playground/src/protocol.ts';
import type { StageSettings } from '../../playground/src/staged.ts';
import { openEngine } from '../../src/engines/open.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import type { WorkerHost } from '../../src/scale/protocol.ts';
import { makeControl, rest } from '../../src/signal.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { type LocalHost, localWorkers, opened } from '../scale/kit.ts';

const reader = moduleReader(memoryHost(), libraryOf(new Map()));
const engine = openEngine('auto');
const files = {
  'coin.csv': `side\n${Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 0 : 1)).join('\n')}\n`,
  'rows.csv': `s.0,s.1,s.2,s.3\n1,-1,1,-1\n-1,1,-1,1\n1,1,1,1\n`,
};
const runnerOf = () =>
  makeRunner(
    () => memoryHost(files),
    () => engine,
  );
const open = (text: string) => openProgram({ file: 'test.energy', text }, reader);

async function stageOf(text: string, energy: string, job: string | null = null): Promise<StageChains> {
  const opened = await open(text);
  const session = await runnerOf().lend(opened, energy, job);
  const { program } = opened.compiled;
  const given = program.jobs.find((j) => j.name === job) ?? null;
  return openStage(session, program.energies.get(energy)!, given, null);
}

const LATTICE = `index site = grid(6, 6)
param field : real(-2, 2) = 0.5
energy Ising(s : spin[site]) {
  term bond = -0.3 * sum(s[p] * s[q] for (p, q) in neighbours(site))
  term pull = -field * sum(s)
  report m = mean(s)
}
run fixed = sample(Ising, given = { s[p] = 1 for p in site where p.row == 0 }, draws = 3)`;

const meanOf = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length;

describe('chains on the stage', () => {
  it('tell what can be set and how they are shown', async () => {
    const stage = await stageOf(LATTICE, 'Ising');
    expect(stage.info).toMatchObject({ terms: ['bond', 'pull'], unit: 'sweep', plane: null });
    expect(stage.info.params).toHaveLength(1);
    const [p] = stage.info.params;
    expect([p.name, p.value, p.lo > -2 && p.lo < -1.9, p.hi < 2 && p.hi > 1.9]).toEqual([
      'field',
      0.5,
      true,
      true,
    ]);
    expect(stage.info.shown.map((s) => [s.name, s.view, s.shape])).toEqual([
      ['s', 'picture', [6, 6]],
      ['m', 'scalar', []],
      ['energy', 'scalar', []],
    ]);
    stage.dispose();
  });

  it('show states, reports and terms that belong together', async () => {
    const stage = await stageOf(LATTICE, 'Ising', 'fixed');
    stage.step(5);
    const { values, terms } = stage.values();
    const [s, m, energy] = values;
    const [shown] = stage.info.shown;
    expect(s).toBeInstanceOf(Uint8Array);
    for (let c = 0; c < shown.chains; c++) {
      const spins = Array.from(s.subarray(c * 36, (c + 1) * 36), (b) => b - 1);
      expect(spins.slice(0, 6)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(m[c]).toBeCloseTo(spins.reduce((a, b) => a + b, 0) / 36, 5);
    }
    const mean = meanOf(energy);
    expect(terms[0] + terms[1]).toBeCloseTo(mean, 3);
    expect(terms[1]).toBeCloseTo(-0.5 * 36 * meanOf(m), 3);
    stage.dispose();
  });

  it('follow weights, temperature and parameters, from the states where they are', async () => {
    const stage = await stageOf(LATTICE, 'Ising');
    const set = (change: Partial<StageSettings>) => stage.apply({ ...stage.settings, ...change });
    const magnet = (): number => {
      let sum = 0;
      for (let i = 0; i < 150; i++) {
        stage.step(3);
        const m = stage.values().values[1];
        sum += meanOf(m);
      }
      return sum / 150;
    };
    expect(magnet()).toBeGreaterThan(0.7);
    const before = [...stage.values().values[0]];
    // Spins that do not see each other: the mean of each is tanh of its field.
    set({ weights: [0, 1] });
    expect([...stage.values().values[0]]).toEqual(before);
    expect(magnet()).toBeCloseTo(Math.tanh(0.5), 1);
    set({ temperature: 5 });
    expect(magnet()).toBeCloseTo(Math.tanh(0.1), 1);
    set({ temperature: 1, params: { field: -1 } });
    expect(magnet()).toBeCloseTo(Math.tanh(-1), 1);
    // Terms are told as the program has them.
    const { values, terms } = stage.values();
    expect(terms[1]).toBeCloseTo(36 * meanOf(values[1]), 2);
    stage.dispose();
  });

  it('are seen in a plane where the state is two reals, over their energy as it is weighted', async () => {
    const stage = await stageOf(
      'energy Ring(x : real, y : real(0, inf)) { term far = (x ^ 2 + y ^ 2 - 4) ^ 2  require x > -1 }',
      'Ring',
    );
    stage.step(40);
    stage.apply({ ...stage.settings, weights: [0.5], temperature: 2 });
    expect(stage.info.plane).toMatchObject({ x: { name: 'x' }, y: { name: 'y' }, whole: true });
    const plane = stage.plane()!;
    expect(plane.y[0]).toBeGreaterThanOrEqual(0);
    const { n, values } = plane;
    for (const [i, j] of [
      [3, 90],
      [50, 50],
      [80, 1],
    ]) {
      const x = plane.x[0] + ((j + 0.5) / n) * (plane.x[1] - plane.x[0]);
      const y = plane.y[0] + ((i + 0.5) / n) * (plane.y[1] - plane.y[0]);
      const expected = x > -1 ? ((x * x + y * y - 4) ** 2 * 0.5) / 2 : Number.POSITIVE_INFINITY;
      expect(values[i * n + j] / expected || 1).toBeCloseTo(1, 4);
    }
    stage.dispose();
  });

  it('send frames as they are drawn, stand still when asked, and heed sliders in between', async () => {
    const frames: Extract<FromWorker, { type: 'stage-frame' }>[] = [];
    const faults: unknown[] = [];
    const stage = makeStage({
      send: (m) => {
        if (m.type === 'stage-frame') frames.push(m);
      },
      fault: (_, e) => faults.push(e),
    });
    const more = async (n: number): Promise<void> => {
      const wanted = frames.length + n;
      for (let i = 0; frames.length < wanted; i++) {
        if (i > 400) throw new Error('no frames');
        stage.drawn(1);
        await later(10);
      }
    };
    const chains = await stageOf(LATTICE, 'Ising');
    stage.open(1, chains);
    for (let i = 0; i < 400 && frames.length < 2; i++) await later(10);
    await later(100);
    // Two on their way; no more before they are drawn.
    expect(frames.length).toBe(2);
    await more(3);
    expect(frames.slice(1).map((f, i) => f.frame.steps - frames[i].frame.steps)).toEqual(
      frames.slice(1).map((f) => f.frame.perFrame),
    );
    stage.set(1, { ...chains.settings, paused: true });
    await more(1);
    const { steps } = frames.at(-1)!.frame;
    stage.drawn(1);
    stage.drawn(1);
    await later(120);
    expect(frames.at(-1)!.frame.steps - steps).toBeLessThanOrEqual(2);
    const still = frames.length;
    await later(80);
    expect(frames.length).toBe(still);
    stage.set(1, { ...chains.settings, paused: false, speed: 7, weights: [1, -3] });
    await more(4);
    expect(frames.at(-1)!.frame.perFrame).toBe(7);
    expect(chains.settings.weights).toEqual([1, -3]);
    stage.hold(true);
    await later(80);
    const held = frames.length;
    stage.drawn(1);
    await later(80);
    expect(frames.length).toBe(held);
    stage.clear();
    expect(faults).toEqual([]);
  });

  it('use what was learned', async () => {
    const text = `data toss : bit[throw] from "coin.csv"
param bias : real = 0
energy Coin(side : bit) { term odds = -bias * side }
run learn = fit(Coin, toss, steps = 400, batch = 40)`;
    const opened = await open(text);
    const runner = runnerOf();
    const hearing = { event: () => {}, watch: () => {}, result: () => {} };
    await runner.run(opened, 'learn', hearing, { aborted: false });
    const session = await runner.lend(opened, 'Coin', null);
    const { energies } = opened.compiled.program;
    const stage = openStage(session, energies.get('Coin')!, null, null);
    expect(stage.info.params[0].value).toBeGreaterThan(0.3);
    stage.dispose();
    // Another model has learned nothing yet.
    const edited = await open(text.replace('real = 0', 'real = 0.25'));
    const fresh = await runner.lend(edited, 'Coin', null);
    const other = openStage(fresh, edited.compiled.program.energies.get('Coin')!, null, null);
    expect(other.info.params[0].value).toBe(0.25);
    other.dispose();
  });
});

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('films', () => {
  const draws = (kind: 'integer' | 'real', values: Float64Array): Draws => ({
    chains: 2,
    draws: 400,
    quantities: [
      {
        name: 's',
        role: 'unknown',
        shape: [3, 4],
        kind,
        ...(kind === 'integer' ? { lo: -1, hi: 1 } : {}),
        values,
      },
      { name: 'm', role: 'report', shape: [], kind: 'real', values: new Float64Array(800) },
    ],
  });

  it('show draws from the first to the last, in bytes that stand for their values', () => {
    const values = Float64Array.from({ length: 2 * 400 * 12 }, (_, i) => ((i * 7919) % 3 === 0 ? 1 : -1));
    const film = filmOf(draws('integer', values))!;
    expect([film.frames, film.draws[0], film.draws[299]]).toEqual([300, 1, 400]);
    const [reel] = film.reels;
    expect([reel.name, reel.chains, reel.values.length]).toEqual(['s', 2, 300 * 2 * 12]);
    for (const f of [0, 137, 299])
      for (const c of [0, 1]) {
        const shown = reel.values.subarray((f * 2 + c) * 12, (f * 2 + c + 1) * 12);
        const at = (c * 400 + film.draws[f] - 1) * 12;
        expect(Array.from(shown, (b) => reel.lo + reel.step * b)).toEqual([...values.subarray(at, at + 12)]);
      }
  });

  it('come close to reals, and are absent where nothing is a picture', () => {
    const values = Float64Array.from({ length: 2 * 400 * 12 }, (_, i) => Math.sin(i));
    const [reel] = filmOf(draws('real', values))!.reels;
    for (let i = 0; i < 12; i++)
      expect(Math.abs(reel.lo + reel.step * reel.values[i] - values[i])).toBeLessThan(1 / 255 + 1e-9);
    expect(
      filmOf({ ...draws('real', values), quantities: draws('real', values).quantities.slice(1) }),
    ).toBeNull();
  });
});

describe('draws beside data', () => {
  it('are rows of the data that was fitted before', async () => {
    const text = `data seen : spin[row, 4] from "rows.csv"
param h : real[4]
energy E(s : spin[4]) { term field = -sum(h * s) }
run learn = fit(E, seen, steps = 2, batch = 2)
run drawn = sample(E, draws = 10, chains = 2)`;
    const opened = await open(text);
    const runner = runnerOf();
    const found: (ReturnType<typeof besideOf> | undefined)[] = [];
    await runner.run(
      opened,
      null,
      { event: () => {}, watch: () => {}, result: (_, __, beside) => found.push(beside) },
      { aborted: false },
    );
    expect(found[0]).toBeNull();
    const [picture] = found[1]!.pictures;
    expect([picture.name, picture.count, picture.shape]).toEqual(['s', 1, [3, 4]]);
    expect([...picture.data]).toEqual([1, -1, 1, -1, -1, 1, -1, 1, 1, 1, 1, 1]);
    expect(picture.draws).toHaveLength(12);
  });
});

describe('runs', () => {
  const messages = (text: string, parts?: WorkerHost) => {
    const told: FromWorker[] = [];
    let hear = (_: FromWorker): void => {};
    const runs = makeRuns(runnerOf(), {
      open: (source) => openProgram(source, reader),
      parts: () => parts,
      send: (m) => {
        told.push(m);
        hear(m);
      },
      busy: () => {},
    });
    const until = (found: (m: FromWorker) => boolean): Promise<FromWorker> =>
      new Promise((done) => {
        hear = (m) => {
          if (found(m)) done(m);
        };
      });
    return { told, runs, until, source: { file: 'test.energy', text } };
  };
  const LONG = `index site = grid(32, 32)
energy E(s : spin[site]) { term pair = -0.3 * sum(s[p] * s[q] for (p, q) in neighbours(site)) }
run drawn = sample(E, draws = 400, thin = 40, chains = 2, warmup = 5, seed = 3)`;
  const energies = (m: FromWorker | undefined): number[] =>
    m?.type === 'result' && m.result.verb === 'sample'
      ? [...m.result.draws.quantities.find((q) => q.name === 'energy')!.values]
      : [];

  const stoppedAndResumed = async (text: string, parts?: LocalHost) => {
    const whole = messages(LONG);
    await whole.runs.run(1, whole.source, null);
    const all = energies(whole.told.findLast((m) => m.type === 'result'));
    expect(all).toHaveLength(800);

    const { told, runs, until, source } = messages(text, parts);
    const over = until((m) => m.type === 'ended');
    const first = until((m) => m.type === 'live' && m.live.recorded > 3);
    void runs.run(1, source, null);
    await first;
    const ended = until((m) => m.type === 'ended');
    runs.stop();
    expect(await Promise.race([ended, over])).toMatchObject({ id: 1, stopped: true });
    expect(told.at(-2)).toMatchObject({ type: 'resumable', job: 'drawn' });
    const part = told.findLast((m) => m.type === 'result');
    expect(part).toMatchObject({ result: { complete: false } });
    const some = energies(part).length / 2;
    expect(some).toBeGreaterThan(2);
    expect(some).toBeLessThan(400);
    const count = told.length;
    await later(60);
    expect(told.length).toBe(count);
    await runs.resume(2);
    expect(told.at(-1)).toMatchObject({ type: 'ended', id: 2, stopped: false });
    expect(energies(told.findLast((m) => m.type === 'result'))).toEqual(all);
    for (const c of [0, 1])
      expect(energies(part).slice(c * some, (c + 1) * some)).toEqual(all.slice(c * 400, c * 400 + some));
  };

  it('that are stopped show what was drawn, and go on to the same draws', () => stoppedAndResumed(LONG));

  it('that are stopped on several workers do so too', async () => {
    const text = LONG.replace('seed = 3', 'seed = 3, workers = 2');
    const workers = localWorkers(async () => opened(text, {}, await engine));
    await stoppedAndResumed(text, workers);
    expect(workers.count).toEqual({ started: 2, ended: 2 });
  });

  it('that are stopped before their first draw end', async () => {
    const text = LONG.replace('warmup = 5', 'warmup = 100000000').replace(
      'seed = 3',
      'seed = 3, workers = 2',
    );
    const { told, runs, until, source } = messages(
      text,
      localWorkers(async () => opened(text, {}, await engine)),
    );
    const first = until((m) => m.type === 'live');
    const run = runs.run(1, source, null);
    await first;
    runs.stop();
    await run;
    expect(told.at(-1)).toMatchObject({ type: 'ended', id: 1, stopped: true });
    expect(told.at(-2)).toMatchObject({ type: 'resumable', job: null });
  });

  it('whose summary is stopped keep their draws', async () => {
    const text = LONG.replace('draws = 400, thin = 40', 'draws = 400');
    const { told, runs, until, source } = messages(text);
    const summing = until(
      (m) => m.type === 'event' && m.event.event === 'progress' && m.event.phase === 'summing',
    );
    const run = runs.run(1, source, null);
    await summing;
    runs.stop();
    await run;
    const result = told.findLast((m) => m.type === 'result');
    expect(energies(result)).toHaveLength(800);
    expect(result).toMatchObject({ result: { complete: true, summary: null } });
    expect(told.at(-1)).toMatchObject({ type: 'ended', id: 1 });
  });

  it('that wait say nothing, and are forgotten when another one starts', async () => {
    const { told, runs, until, source } = messages(LONG);
    const first = until((m) => m.type === 'live' && m.live.recorded > 1);
    void runs.run(1, source, null);
    await first;
    runs.pause(true);
    await later(60);
    const count = told.length;
    await later(80);
    expect(told.length).toBe(count);
    const more = until((m) => m.type === 'live');
    runs.pause(false);
    await more;
    runs.stop();
    await runs.run(5, { ...source, text: LONG.replace('draws = 400', 'draws = 5') }, null);
    const later5 = told.filter((m) => 'id' in m && m.id === 5);
    expect(later5.at(-1)).toMatchObject({ type: 'ended', stopped: false });
    expect(told.at(-1)).toBe(later5.at(-1));
    expect(told.at(-2)).toMatchObject({ type: 'resumable', job: null });
  });

  it('that are fits go on from their parameters and their optimiser', async () => {
    const text = `data toss : bit[throw] from "coin.csv"
param bias : real = 0
energy Coin(side : bit) { term odds = -bias * side }
run learn = fit(Coin, toss, steps = 4000, batch = 10, seed = 2)`;
    const whole = messages(text);
    await whole.runs.run(1, whole.source, 'learn');
    const last = (m: FromWorker | undefined) =>
      m?.type === 'result' && m.result.verb === 'fit' ? [m.result.steps, m.result.loss] : null;
    const { told, runs, until, source } = messages(text);
    const started = until((m) => m.type === 'event' && m.event.event === 'progress');
    const run = runs.run(1, source, 'learn');
    await started;
    runs.stop();
    await run;
    const stopped = last(told.findLast((m) => m.type === 'result'))!;
    expect(stopped[0]).toBeLessThan(4000);
    expect(told.at(-2)).toMatchObject({ type: 'resumable', job: 'learn' });
    await runs.resume(2);
    expect(last(told.findLast((m) => m.type === 'result'))).toEqual(
      last(whole.told.findLast((m) => m.type === 'result')),
    );
  });

  it('wake when they are to end while they wait', async () => {
    const control = makeControl();
    expect(await rest(control)).toBe(0);
    control.pause(true);
    let over = false;
    const waiting = rest(control).then((waited) => {
      over = true;
      return waited;
    });
    await later(30);
    expect(over).toBe(false);
    control.abort();
    expect(await waiting).toBeGreaterThan(20);
    expect([control.aborted, control.paused]).toEqual([true, null]);
  });
});
