/** What the block of a job at work says, and how it fits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clock, progressBlock } from '../../../src/cli/progress/block.ts';
import {
  advanced,
  type ProgressEvent,
  type ProgressState,
  secondsLeft,
  started,
} from '../../../src/cli/progress/state.ts';
import { clipped, type Style, widthOf } from '../../../src/cli/progress/table.ts';
import type { ChainProgress } from '../../../src/scale/chain-progress.ts';

const chain = (n: number, more: Partial<ChainProgress> = {}): ChainProgress => ({
  chain: n,
  phase: 'sampling',
  draw: 250,
  of: 1000,
  rate: 523.4,
  energy: -812.44,
  acceptance: 0.8312,
  divergences: 0,
  ...more,
});

const progress = (more: Partial<ProgressEvent> = {}): ProgressEvent => ({
  event: 'progress',
  job: 'draws',
  phase: 'sampling',
  done: 450,
  total: 1200,
  rate: 100,
  value: null,
  ...more,
});

const sampling = (chains: readonly ChainProgress[], more: Partial<ProgressEvent> = {}): ProgressState =>
  advanced(started('draws', 'sample', 0), progress({ chains, chainCount: chains.length, ...more }));

describe('chains', () => {
  it('have a row each, and one for the run below them', () => {
    const lines = progressBlock(
      sampling([chain(0), chain(1, { draw: 9, energy: 7, divergences: 2 })], { rHat: 1.0123 }),
      120,
      12_000,
    );
    expect(lines).toEqual([
      'chain 0  ━━━━━━━╸──────────────────────  draw  250 of 1000  523/s  energy -812.44  accepted 0.83',
      'chain 1  ╸─────────────────────────────  draw    9 of 1000  523/s   energy 7.0000  accepted 0.83  2 divergences',
      'draws: 12 s · 8 s left · worst R-hat 1.012',
    ]);
  });

  it('say nothing of what the sampler does not have', () => {
    const [row, below] = progressBlock(
      sampling([chain(0, { phase: 'warmup', draw: 20, of: 200, energy: null, acceptance: null })]),
      80,
      0,
    );
    expect(row).toBe('chain 0  ━━━───────────────────────────  warm-up  20 of 200  523/s');
    expect(below).toBe('draws: 0 s · 8 s left');
  });

  it('are folded where there are many: slowest, fastest, all', () => {
    const many = Array.from({ length: 12 }, (_, c) => chain(c, { draw: 100 + 10 * c, divergences: 1 }));
    const lines = progressBlock(sampling(many), 120, 0);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^slowest: 0 .* draw {2}100 of 1000 .* 1 divergence$/);
    expect(lines[1]).toMatch(/^fastest: 11 .* draw {2}210 of 1000 .* 1 divergence$/);
    expect(lines[2]).toMatch(/^12 chains .* draw {2}155 of 1000 .* 12 divergences$/);
  });

  it('that are all as far are one row', () => {
    const many = Array.from({ length: 9 }, (_, c) => chain(c));
    const lines = progressBlock(sampling(many, { chainCount: 900 }), 120, 0);
    expect(lines.map((l) => l.slice(0, 10))).toEqual(['900 chains', 'draws: 0 s']);
  });

  it('in their warm-up are behind all that draw', () => {
    const many = [chain(0, { draw: 1 }), chain(1, { phase: 'warmup', draw: 199, of: 200 })];
    const lines = progressBlock(sampling(many), 100, 0, { height: 3 });
    expect(lines).toHaveLength(3);
    const folded = progressBlock(sampling([...many, chain(2)]), 100, 0, { height: 3 });
    expect(folded[0]).toMatch(/^3 chains .* warm-up 199 of 200/);
  });

  it('leave out what matters least in a narrow window', () => {
    const state = sampling([chain(0, { divergences: 3 })], { rHat: 1.5 });
    expect(progressBlock(state, 60, 0)).toEqual([
      'chain 0  ━━━━────────────  draw  250 of 1000  energy -812.44',
      'draws: 0 s · 8 s left · worst R-hat 1.500',
    ]);
    expect(progressBlock(state, 30, 0)).toEqual(['chain 0  draw  250 of 1000', 'draws: 0 s · 8 s left']);
  });
});

describe('jobs without chains', () => {
  const step = (loss: number, at = 100): ProgressEvent =>
    progress({
      job: 'learn',
      phase: 'training',
      done: at,
      total: 2000,
      rate: 50,
      value: loss,
      training: { gradientNorm: 0.51, dataEnergy: 1, negativeEnergy: 2, heldOut: 1.25 },
    });

  it('of learning show step, loss, held-out loss, gradient and the time left', () => {
    const [line, ...others] = progressBlock(advanced(started('learn', 'fit', 0), step(1.5)), 140, 61_000);
    expect(others).toEqual([]);
    expect(line).toMatch(
      /^learn {2}━╸─+ {2}step {2}100 of 2000 {2}50\/s {2}loss 1\.5000 +held out 1\.2500 +gradient 0\.51000 +1 min 1 s {2}38 s left$/,
    );
  });

  it('smooth the loss', () => {
    let state = advanced(started('learn', 'fit', 0), step(1));
    state = advanced(state, step(2));
    expect(state.loss).toBeGreaterThan(1);
    expect(state.loss).toBeLessThan(1.5);
    for (let i = 0; i < 100; i++) state = advanced(state, step(2));
    expect(state.loss).toBeCloseTo(2, 4);
  });

  it.each([
    ['logz', 'working', 'ln Z 12.500'],
    ['minimize', 'searching', 'lowest energy 12.500'],
  ] as const)('of %s count in per cent and show the value', (verb, phase, text) => {
    const [line] = progressBlock(
      advanced(started('it', verb, 0), progress({ phase, value: 12.5, done: 300, total: 1200 })),
      100,
      0,
    );
    expect(line).toContain('  25 %');
    expect(line).toContain(text);
    expect(line).toMatch(/9 s left$/);
  });

  it.each(['complete', 'predict', 'score'])('of %s count rows', (verb) => {
    const [line] = progressBlock(advanced(started('it', verb, 0), progress({ phase: 'working' })), 100, 0);
    expect(line).toContain('row  450 of 1200  100/s');
  });

  it('say how far their summary is', () => {
    const state = advanced(started('d', 'sample', 0), progress({ phase: 'summing', done: 300, total: 1200 }));
    expect(progressBlock(state, 100, 4000)).toEqual(['d: 4 s · summing up 25 %']);
  });

  it('say that they end when they were asked to', () => {
    const state = { ...advanced(started('learn', 'fit', 0), step(1)), stopping: true };
    const [line] = progressBlock(state, 100, 0);
    expect(line).toMatch(/stopping; Ctrl-C again quits at once$/);
    expect(line).not.toContain('left');
  });

  it('before their first word are a name and a time', () => {
    expect(progressBlock(started('learn', 'fit', 1000), 80, 4000)).toEqual(['learn: 3 s']);
  });
});

describe('a block', () => {
  const numbers = fc.oneof(fc.double(), fc.integer({ min: -1e9, max: 1e9 }));
  const chains = fc.array(
    fc.record({
      phase: fc.constantFrom('warmup' as const, 'sampling' as const),
      draw: fc.nat(100_000),
      of: fc.nat(100_000),
      rate: numbers,
      energy: fc.option(numbers),
      acceptance: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      divergences: fc.nat(1000),
    }),
    { maxLength: 20 },
  );
  const events = fc.record({
    job: fc.constantFrom('d', 'a_rather_long_name_of_a_job_that_goes_on', '磁化率の計算'),
    phase: fc.constantFrom('warmup', 'sampling', 'training', 'working', 'searching', 'summing'),
    done: fc.nat(10_000),
    total: fc.nat(10_000),
    rate: numbers,
    value: fc.option(numbers),
    rHat: fc.option(numbers),
    chains,
  });

  it('is never wider than the terminal nor higher than there is room, whatever is known', () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 1, max: 160 }),
        fc.integer({ min: 1, max: 12 }),
        (e, width, height) => {
          const state = advanced(
            started(e.job, 'sample', 0),
            progress({
              ...e,
              chains: e.chains.map((c, i) => ({ ...c, chain: i })),
            } as Partial<ProgressEvent>),
          );
          const lines = progressBlock(state, width, 1000, { height });
          expect(lines.length).toBeGreaterThan(0);
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const l of lines) {
            expect(widthOf(l)).toBeLessThanOrEqual(width);
            expect(l).not.toContain('\n');
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('says the same in colours', () => {
    const on = (s: string): string => `<${s}>`;
    const style: Style = { bold: on, dim: on, warn: on, bar: on };
    const state = sampling([chain(0, { divergences: 1 }), chain(1)], { rHat: 1.1 });
    const painted = progressBlock(state, 90, 0, { style });
    expect(painted.map((l) => l.replace(/[<>]/g, ''))).toEqual(progressBlock(state, 90, 0));
    expect(painted.join('')).toContain('<1 divergence>');
  });
});

it.each([
  [0, '0 s'],
  [0.2, '1 s'],
  [59.4, '60 s'],
  [59.6, '1 min 0 s'],
  [119.7, '2 min 0 s'],
  [125, '2 min 5 s'],
  [3599, '1.0 h'],
  [5400, '1.5 h'],
  [200_000, '2.3 days'],
])('%d seconds are said as %s', (s, text) => expect(clock(s)).toBe(text));

it('the time left is known where there is a rate', () => {
  expect(secondsLeft({ done: 10, total: 30, rate: 4 })).toBe(5);
  expect(secondsLeft({ done: 10, total: 30, rate: 0 })).toBeNull();
  expect(secondsLeft({ done: 40, total: 30, rate: 1 })).toBe(0);
});

it('text is cut between characters, wide ones as well', () => {
  expect(clipped('energy', 6)).toBe('energy');
  expect(clipped('energy', 4)).toBe('ene…');
  expect(clipped('磁化率', 4)).toBe('磁…');
  expect(clipped('energy', 0)).toBe('');
});
