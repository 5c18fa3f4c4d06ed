/** The worker's half of the playground, without a browser. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buffersOf, liveFrame } from '../../playground/src/engine/live.ts';
import { outlineOf } from '../../playground/src/engine/outline.ts';
import { problemsOf } from '../../playground/src/engine/problems.ts';
import { openProgram } from '../../playground/src/engine/program.ts';
import { type Hearing, makeRunner } from '../../playground/src/engine/runner.ts';
import { shownResult } from '../../playground/src/engine/shown.ts';
import type { LiveFrame } from '../../playground/src/protocol.ts';
import { linkOf, readLink } from '../../playground/src/share.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import type { JobResult, LiveChains } from '../../src/run/results.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

const reader = moduleReader(
  memoryHost({ 'two.energy': 'const two = 2' }),
  libraryOf(new Map([['one', 'const one = 1']])),
);
const program = (text: string) => openProgram({ file: 'test.energy', text }, reader);

const LEARN = `
type Coin = { side : bit }
data toss : Coin[throw] from "toss.csv"
param bias : real = 0
energy E(c : Coin) { term odds = -bias * c.side }
run learn = fit(E, toss, steps = 3, batch = 2)
run draws = sample(E, chains = 2, draws = 8, warmup = 2, seed = 1)
run check = compare(draws, toss)
`;
const files = { 'toss.csv': 'side\n1\n0\n1\n1\n' };

function listen() {
  const started: string[] = [];
  const results = new Map<string, JobResult>();
  const live: LiveChains[] = [];
  const hearing: Hearing = {
    event: (e) => {
      if (e.event === 'start') started.push(e.job);
    },
    watch: (l) => live.push(l),
    result: (job, r) => results.set(job, r),
  };
  return { started, results, live, hearing };
}
const go = { aborted: false };
const stored = memoryHost(files);
const runner = () =>
  makeRunner(
    () => stored,
    async () => referenceEngine(),
  );

describe('programs', () => {
  it('lists the jobs with the lines they are declared in', async () => {
    const { jobs } = await program(LEARN);
    expect(jobs.map((j) => [j.name, j.verb, j.energy, j.line])).toEqual([
      ['learn', 'fit', 'E', 6],
      ['draws', 'sample', 'E', 7],
      ['check', 'compare', null, 8],
    ]);
  });

  it('gives a program without jobs one that samples its first energy, under a name that is free', async () => {
    const { jobs, compiled } = await program(
      'const draws = 2\nenergy A(x : bit) { term t = x }\nenergy B(y : bit) { term t = y }',
    );
    expect(compiled.ok).toBe(true);
    expect(jobs.map((j) => [j.name, j.verb, j.energy, j.line])).toEqual([['draws_', 'sample', 'A', null]]);
  });

  it('tells what a result depends on: the declarations, the fits before it, the jobs it names', async () => {
    const bases = async (text: string) => (await program(text)).jobs.map((j) => j.basis);
    const changed = async (from: string, to: string) => {
      const [before, after] = [await bases(LEARN), await bases(LEARN.replace(from, to))];
      return ['learn', 'draws', 'check'].filter((_, i) => before[i] !== after[i]);
    };
    expect(await changed('real = 0', 'real = 1')).toEqual(['learn', 'draws', 'check']);
    expect(await changed('steps = 3', 'steps = 4')).toEqual(['learn', 'draws', 'check']);
    expect(await changed('draws = 8', 'draws = 9')).toEqual(['draws', 'check']);
    expect(await changed('compare(draws, toss)', 'compare(draws, toss, seed = 2)')).toEqual(['check']);
    expect(await changed('\ntype', '\n// a remark\ntype')).toEqual([]);
  });

  it('places problems by line and column', async () => {
    const { compiled, sources } = await program('energy E(s : spin) {\n  term t = -s * bond\n}\n');
    const [problem] = problemsOf(compiled.diagnostics, sources);
    expect(problem).toMatchObject({
      severity: 'error',
      place: { kind: 'source', file: 'test.energy', line: 2, column: 17, endLine: 2, endColumn: 21 },
    });
  });

  it('lets programs use the standard library and the texts at hand, and says where else something is wrong', async () => {
    const { compiled } = await program(
      'use one from "std/one"\nuse two from "two.energy"\nconst n = one + two',
    );
    expect(compiled.diagnostics).toEqual([]);
    const { compiled: bad, sources } = await openProgram(
      { file: 'test.energy', text: 'use Two from "two.energy"\nenergy E(x : bit) { term t = x * Two }' },
      moduleReader(memoryHost({ 'two.energy': '\nconst Two = missing' }), libraryOf(new Map())),
    );
    const [problem] = problemsOf(bad.diagnostics, sources, bad.used);
    expect(problem.place).toEqual({ kind: 'data', file: 'two.energy:2:13' });
    const { compiled: missing } = await program(
      'use x from "other.energy"\nenergy E(a : bit) { term t = a }',
    );
    expect(missing.diagnostics.map((d) => d.code)).toEqual(['E0501']);
  });

  it('samples the energy that a file without energies uses', async () => {
    const { jobs } = await openProgram(
      { file: 'test.energy', text: 'use E as Mine from "e.energy"' },
      moduleReader(memoryHost({ 'e.energy': 'energy E(x : bit) { term t = x }' }), libraryOf(new Map())),
    );
    expect(jobs.map((j) => [j.name, j.verb, j.energy])).toEqual([['draws', 'sample', 'Mine']]);
  });

  it('outlines energies: unknowns with sizes, terms, reports', async () => {
    const { compiled } = await program(`index site = grid(3, 5)
energy E(s : spin[site], k : category(4)) {
  term a = sum(s)
  term b = if k == 2 then 1 else 0
  report m = mean(s)
}`);
    expect(outlineOf(compiled.program)).toEqual([
      {
        name: 'E',
        unknowns: [
          { name: 's', domain: 'spin[site]', size: '3 × 5' },
          { name: 'k', domain: 'category(4)', size: null },
        ],
        terms: ['a', 'b'],
        required: false,
        reports: ['m'],
      },
    ]);
  });
});

describe('the runner', () => {
  it('runs all jobs in order, and one job after what it builds on', async () => {
    const all = listen();
    await runner().run(await program(LEARN), null, all.hearing, go);
    expect(all.started).toEqual(['learn', 'draws', 'check']);
    const one = listen();
    await runner().run(await program(LEARN), 'check', one.hearing, go);
    expect(one.started).toEqual(['learn', 'draws', 'check']);
    const draws = listen();
    await runner().run(await program(LEARN), 'draws', draws.hearing, go);
    expect(draws.started).toEqual(['learn', 'draws']);
  });

  it('keeps what was learned when a later job is edited, and its parameters with it', async () => {
    const r = runner();
    const first = listen();
    await r.run(await program(LEARN), null, first.hearing, go);
    const second = listen();
    await r.run(await program(LEARN.replace('draws = 8', 'draws = 5')), 'check', second.hearing, go);
    expect(second.started).toEqual(['draws', 'check']);
    const third = listen();
    await r.run(await program(LEARN), 'draws', third.hearing, go);
    expect(third.started).toEqual(['draws']);
    const values = (x: JobResult | undefined) =>
      x?.verb === 'sample' && x.draws.quantities.map((q) => [...q.values]);
    expect(values(third.results.get('draws'))).toEqual(values(first.results.get('draws')));
  });

  it('learns again when the model changes', async () => {
    const r = runner();
    await r.run(await program(LEARN), null, listen().hearing, go);
    const edited = listen();
    await r.run(await program(LEARN.replace('real = 0', 'real = 1')), 'draws', edited.hearing, go);
    expect(edited.started).toEqual(['learn', 'draws']);
  });

  it('starts a repeated fit from the beginning, and forgets what was built on the old one', async () => {
    const r = runner();
    const first = listen();
    await r.run(await program(LEARN), null, first.hearing, go);
    const again = listen();
    await r.run(await program(LEARN), 'learn', again.hearing, go);
    const loss = (x: JobResult | undefined) => x?.verb === 'fit' && x.history.loss;
    expect(loss(again.results.get('learn'))).toEqual(loss(first.results.get('learn')));
    const last = listen();
    await r.run(await program(LEARN), 'check', last.hearing, go);
    expect(last.started).toEqual(['draws', 'check']);
  });

  it('names the job that failed, and refuses a program with errors before any job', async () => {
    const none = memoryHost();
    const r = makeRunner(
      () => none,
      async () => referenceEngine(),
    );
    await expect(r.run(await program(LEARN), null, listen().hearing, go)).rejects.toThrow(EnergyError);
    expect(r.current).toBeNull();
    await expect(r.run(await program('energy E( {'), null, listen().hearing, go)).rejects.toThrow(
      EnergyError,
    );
    const impossible = 'energy E(x : bit) { require x > 2 }\nrun draws = sample(E, warmup = 1, draws = 1)';
    await expect(r.run(await program(impossible), null, listen().hearing, go)).rejects.toThrow(EnergyError);
    expect(r.current).toBe('draws');
  });

  it('shows what was stopped half-way, but does not build on it', async () => {
    const r = runner();
    const signal = { aborted: false };
    const stopped = listen();
    const { hearing } = stopped;
    await r.run(
      await program(LEARN.replace('steps = 3', 'steps = 100000')),
      'draws',
      {
        ...hearing,
        event: (e) => {
          hearing.event(e);
          if (e.event === 'progress') signal.aborted = true;
        },
      },
      signal,
    );
    expect(stopped.started).toEqual(['learn']);
    expect(stopped.results.get('learn')).toMatchObject({ verb: 'fit', complete: false });
  });
});

describe('frames of the live view', () => {
  it('tell every recorded draw once, chain by chain, and the present pictures', async () => {
    const text = `index site = grid(4, 6)
energy E(s : spin[site]) { term field = -0.1 * sum(s)  report m = mean(s) }
run draws = sample(E, chains = 3, draws = 40, warmup = 5, seed = 2)`;
    const energies: number[][] = [[], [], []];
    let seen = 0;
    let lastPicture: number[] = [];
    const { hearing, results } = listen();
    await runner().run(
      await program(text),
      null,
      {
        ...hearing,
        watch: (chains) => {
          const frame = liveFrame(chains, seen);
          seen = frame.recorded;
          const energy = frame.scalars.find((s) => s.name === 'energy')!;
          const fresh = energy.values.length / 3;
          for (const [c, e] of energies.entries())
            e.push(...energy.values.subarray(c * fresh, (c + 1) * fresh));
          const [picture] = frame.pictures;
          expect([picture.name, picture.rows, picture.cols, picture.shown]).toEqual(['s', 4, 6, 3]);
          lastPicture = [...picture.values];
          expect(buffersOf(frame)).toHaveLength(frame.pictures.length + frame.scalars.length);
        },
      },
      go,
    );
    const result = results.get('draws');
    if (result?.verb !== 'sample') throw new Error('no draws');
    const of = (name: string) => result.draws.quantities.find((q) => q.name === name)!;
    expect(energies.flat()).toEqual([...Float32Array.from(of('energy').values)]);
    const last = [0, 1, 2].flatMap((c) => [
      ...of('s').values.subarray((c * 40 + 39) * 24, (c * 40 + 40) * 24),
    ]);
    expect(lastPicture).toEqual(last);
    expect(await shownResult(result)).toMatchObject({
      verb: 'sample',
      complete: true,
      summary: { chains: 3, draws: 40 },
    });
  });
});

describe('frames of a search', () => {
  it('show the best state and how its energy came down, a few times a second', async () => {
    const text = `index site = grid(7, 10)
energy E(s : spin[site]) { term a = abs(sum(s[p] * sqrt(3 * p.row + p.col + 2) for p in site) - 3) }
run best = minimize(E)`;
    const frames: LiveFrame[] = [];
    const { hearing, results } = listen();
    const kernels = makeRunner(
      () => stored,
      async () => kernelsEngine(),
    );
    await kernels.run(
      await program(text),
      null,
      {
        ...hearing,
        watch: (live) => {
          expect(live.soFar).toBeUndefined();
          frames.push(liveFrame(live, 0));
        },
      },
      go,
    );
    const result = results.get('best');
    if (result?.verb !== 'minimize') throw new Error('no minimum');
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) {
      expect(frame).toMatchObject({ phase: 'searching', recorded: 0, pictures: [], scalars: [] });
      const { state, path } = frame.search!;
      const [s] = state;
      expect(state.map((q) => [q.name, q.shape])).toEqual([['s', [7, 10]]]);
      const sum = s.values.reduce((n, x, i) => n + x * Math.sqrt(3 * Math.floor(i / 10) + (i % 10) + 2), 0);
      expect(Math.abs(sum - 3)).toBeCloseTo(path.energy.at(-1)!, 9);
      expect(buffersOf(frame)).toEqual([s.values.buffer]);
    }
    expect(await shownResult(result)).toMatchObject({ verb: 'minimize', path: result.path });
  }, 30_000);

  it('leave out unknowns that are too large to be shown again and again', () => {
    const values = new Float64Array(600 * 600);
    const large = { name: 's', role: 'unknown', shape: [600, 600], kind: 'real', values } as const;
    const small = { ...large, name: 't', shape: [2], values: Float64Array.of(1, 2) };
    const frame = liveFrame(
      {
        job: 'best',
        phase: 'searching',
        now: { chains: 1, draws: 1, quantities: [large, small] },
        record: { chains: 1, draws: 0, quantities: [] },
        recorded: 0,
        path: { step: [1], energy: [2] },
      },
      0,
    );
    expect(frame.search!.state).toEqual([small]);
    expect(frame.search!.state[0].values).not.toBe(small.values);
  });
});

describe('links', () => {
  it('carry any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 400 }), async (text) => {
        const link = await linkOf(text);
        expect(link).toMatch(/^#code=[\w-]+$/);
        expect(await readLink(link)).toEqual({ kind: 'code', text });
      }),
      { numRuns: 40 },
    );
  });

  it('that are damaged, foreign or too large are none', async () => {
    const link = await linkOf('energy E(x : bit) { term t = x }');
    expect(await readLink(link.slice(0, -4))).toBeNull();
    expect(await readLink('#code=!!!')).toBeNull();
    expect(await readLink('#other=abc')).toBeNull();
    expect(await readLink('')).toBeNull();
    expect(await readLink(await linkOf('x'.repeat(2 ** 20 + 1)))).toBeNull();
    expect(await readLink('#example=ising')).toEqual({ kind: 'example', name: 'ising' });
  });
});
