/** What `minimize` shows while it searches. */
import { expect, it } from 'vitest';
import { openEngine } from '../../src/engines/open.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { wholeEnergy } from '../../src/infer/minimize/whole.ts';
import { makeModel } from '../../src/infer/model.ts';
import type { LiveChains, RunEvent } from '../../src/run/results.ts';
import { runJob } from '../../src/run/session.ts';
import { opened } from '../scale/kit.ts';

const programs = {
  discrete: `index site = grid(7, 10)
energy E(s : spin[site]) { term a = abs(sum(s[p] * sqrt(3 * p.row + p.col + 2) for p in site) - 3) }
run best = minimize(E)`,
  mixed: `energy E(s : spin[30], x : real[30]) {
  term a = sum((x[i] - s[i]) ^ 4 + 0.3 * x[i] * s[mod(i + 1, 30)] for i in 30)
}
run best = minimize(E, restarts = 40)`,
};

it.each(Object.entries(programs))(
  '%s: the best state so far, and nothing else changes',
  async (_, text) => {
    const session = await opened(text, {}, await openEngine('auto'));
    const { bound, program } = session;
    const [job] = program.jobs;
    const energy = program.energies.get('E')!.energy;
    const model = makeModel(bound, energy, session.params, referenceEngine());
    const whole = wholeEnergy(model);
    const seen: { at: number; told: number; again: number; path: NonNullable<LiveChains['path']> }[] = [];
    const events: RunEvent[] = [];
    const watch = ({ now, phase, recorded, path }: LiveChains): void => {
      expect([phase, recorded, now.chains, now.draws]).toEqual(['searching', 0, 1, 1]);
      const of = (name: string) => now.quantities.find((q) => q.name === name)!;
      const states = new Map(model.unknowns.map((u) => [u.slot, of(u.slot.name).values]));
      seen.push({
        at: performance.now(),
        told: of('energy').values[0],
        again: whole.energy(states),
        path: path!,
      });
    };
    const shown = await runJob(session, job, (e) => events.push(e), undefined, watch);
    const plain = await runJob(session, job, () => {});
    expect(shown).toEqual(plain);
    if (shown.verb !== 'minimize') throw new Error('no minimum');

    expect(seen.length).toBeGreaterThan(0);
    seen.forEach(({ at, told, again, path }, i) => {
      expect(again).toBeCloseTo(told, 9);
      expect(path.energy.at(-1)).toBe(told);
      expect(told).toBeGreaterThanOrEqual(shown.energy - 1e-9);
      if (i === 0) return;
      expect(told).toBeLessThanOrEqual(seen[i - 1].told);
      // A few times a second.
      expect(at - seen[i - 1].at).toBeGreaterThan(250);
    });
    const values = events.flatMap((e) => (e.event === 'progress' && e.value !== null ? [e.value] : []));
    expect(values).toEqual(values.toSorted((a, b) => b - a));
  },
  60_000,
);
