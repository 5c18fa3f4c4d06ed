/** What draws say of the transitions that led to them: it agrees with what is said of whole chains. */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { noClamp } from '../../src/infer/model.ts';
import { makeRecorder } from '../../src/infer/recorder.ts';
import { sample } from '../../src/infer/sample.ts';
import { mergeResults } from '../../src/scale/merge.ts';
import { type Draws, samplerStats } from '../../src/stats/draws.ts';
import { open } from '../run/kit.ts';

/** A funnel, where some transitions diverge. */
const funnel = `energy Funnel(y : real, x : real[4]) {
  y ~ normal(0, 3)
  term rest = sum(0.5 * x[i] ^ 2 * exp(-y) + 0.5 * y for i in 0..4)
}`;

const statOf = (d: Draws, name: string): Float64Array => d.sampler!.find((s) => s.name === name)!.values;
const sum = (x: Float64Array): number => x.reduce((a, b) => a + b, 0);

describe('statistics of transitions', () => {
  it('add up to those of the chains, with NUTS', async () => {
    const { model } = await open(funnel);
    const m = model('Funnel', kernelsEngine());
    const options = { chains: 3, draws: 200, warmup: 100, thin: 1, seed: 2 };
    const { draws, chains } = await sample(m, noClamp(m), options);
    expect(draws.sampler?.map((s) => s.name)).toEqual(samplerStats);
    const total = (of: (c: (typeof chains)[number]) => number | null): number =>
      chains.reduce((n, c) => n + of(c)!, 0);
    expect(total((c) => c.divergences)).toBeGreaterThan(0);
    expect(sum(statOf(draws, 'diverging'))).toBe(total((c) => c.divergences));
    expect(sum(statOf(draws, 'n_steps'))).toBe(total((c) => c.leapfrogs));
    expect(sum(statOf(draws, 'acceptance_rate')) / 600).toBeCloseTo(total((c) => c.acceptance) / 3, 12);
    expect(statOf(draws, 'step_size')[200]).toBe(chains[1].stepSize);
    statOf(draws, 'tree_depth').forEach((depth, i) => {
      expect(statOf(draws, 'n_steps')[i]).toBeLessThan(2 ** (depth + 1));
    });
    // The Hamiltonian is the energy, in the sampler's coordinates, and a kinetic energy of 5 momenta.
    const { values } = draws.quantities.find((q) => q.role === 'energy')!;
    const kinetic = statOf(draws, 'energy')
      .subarray(1)
      .map((h, i) => h - values[i]);
    expect(Math.min(...kinetic)).toBeGreaterThan(0);
    expect(sum(kinetic) / kinetic.length).toBeCloseTo(2.5, 0);
  });

  it('are those of the parts of a run, and keep divergences between draws', async () => {
    const { model } = await open(funnel);
    const m = model('Funnel', kernelsEngine());
    const options = { chains: 3, draws: 60, warmup: 100, thin: 3, seed: 2, coordinates: 'declared' } as const;
    const whole = await sample(m, noClamp(m), options);
    const first = await sample(m, noClamp(m), { ...options, part: { from: 0, count: 1 } });
    const others = await sample(m, noClamp(m), { ...options, part: { from: 1, count: 2 } });
    expect(mergeResults([first, others]).draws).toEqual(whole.draws);
    const every = await sample(m, noClamp(m), { ...options, draws: 180, thin: 1 });
    const fine = statOf(every.draws, 'diverging');
    statOf(whole.draws, 'diverging').forEach((d, i) => {
      expect(d).toBe(Math.max(...fine.subarray(3 * i, 3 * i + 3)));
    });
    expect([...statOf(whole.draws, 'n_steps')]).toEqual(
      [...statOf(every.draws, 'n_steps')].filter((_, i) => i % 3 === 2),
    );
  });

  it('of draws that are left out leave their divergence to the next', async () => {
    const { model } = await open('energy E(x : real) { term t = 0.5 * x ^ 2 }');
    const m = model('E');
    for (const count of [5, 6]) {
      const recorder = makeRecorder(m, 2, 6, ['n_steps', 'diverging']);
      const states = new Map([[m.unknowns[0].slot, Float64Array.of(1, 2)]]);
      const strays = [0, 1, 0, 1, 0, 0];
      for (let i = 0; i < count; i++) {
        const move = { n_steps: i, diverging: strays[i] };
        recorder.record(states, i, [move, { n_steps: i + 10, diverging: 0 }]);
      }
      recorder.halve(count);
      const kept = recorder.draws(count >> 1);
      expect([...statOf(kept, 'n_steps')]).toEqual(count === 5 ? [2, 4, 12, 14] : [1, 3, 5, 11, 13, 15]);
      expect([...statOf(kept, 'diverging')]).toEqual(count === 5 ? [1, 1, 0, 0] : [1, 1, 0, 0, 0, 0]);
      recorder.dispose();
    }
  });

  it('are kept of Langevin steps, and of nothing where nothing real moves', async () => {
    const { model } = await open(`energy E(x : real[3]) { term t = 0.5 * sum(x ^ 2) }
energy S(s : spin[4]) { term t = -sum(s) }`);
    const options = { chains: 2, draws: 20, warmup: 20, thin: 1 };
    const m = model('E');
    const { draws, chains } = await sample(m, noClamp(m), { ...options, method: 'langevin' });
    expect(draws.sampler?.map((s) => s.name)).toEqual(samplerStats.filter((n) => n !== 'tree_depth'));
    expect(sum(statOf(draws, 'acceptance_rate')) / 40).toBeCloseTo(
      (chains[0].acceptance! + chains[1].acceptance!) / 2,
      12,
    );
    const s = model('S');
    expect('sampler' in (await sample(s, noClamp(s), options)).draws).toBe(false);
  });
});
