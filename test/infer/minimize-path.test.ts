/** How a search's lowest energy comes down, and the states it tells of on the way. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { type Minimum, minimize } from '../../src/infer/minimize/index.ts';
import { pathRecorder } from '../../src/infer/minimize/path.ts';
import { wholeEnergy } from '../../src/infer/minimize/whole.ts';
import { clampOf, noClamp } from '../../src/infer/model.ts';
import { makeControl } from '../../src/signal.ts';
import { open } from '../run/kit.ts';

/** The minimum, and each state told of on the way: the energy it came with and that of the reference engine. */
async function watched(text: string, restarts?: number, stopAt = Number.POSITIVE_INFINITY) {
  const { model: make, compiled } = await open(text);
  const model = make(undefined, kernelsEngine());
  const { given } = compiled.program.jobs[0]?.options ?? {};
  const clamp = given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model);
  const whole = wholeEnergy({ ...model, engine: referenceEngine() });
  const told: { readonly energy: number; readonly again: number }[] = [];
  const control = makeControl();
  const found = await minimize(
    model,
    clamp,
    { restarts, budget: 2e7 },
    ({ best, path }) => {
      if (!best) return;
      told.push({ energy: best.energy, again: whole.energy(best.states()) });
      expect(path().energy.at(-1)).toBe(best.energy);
      falling(path());
      if (told.length >= stopAt) control.abort();
    },
    control,
  );
  return { found, told, energyOf: whole.energy, model };
}

function falling({ step, energy }: Minimum['path']): void {
  expect(step).toHaveLength(energy.length);
  expect(step.length).toBeLessThanOrEqual(400);
  for (let i = 1; i < step.length; i++) {
    expect(step[i]).toBeGreaterThanOrEqual(step[i - 1]);
    expect(energy[i]).toBeLessThanOrEqual(energy[i - 1]);
  }
}

const GLASS = (n: number) => `index site = grid(${n}, ${n})
energy E(s : spin[site]) {
  term bonds = sum(s[p] * s[q] * cos(7 * p.row + 3 * p.col + 5 * q.row * q.col) for (p, q) in neighbours(site))
}`;

const searches: Readonly<Record<string, readonly [text: string, method: Minimum['method'], told: boolean]>> =
  {
    'all states': [
      'energy E(s : spin[9]) { term a = sum(s[i] * sin(i + 1) for i in 9) }',
      'enumeration',
      false,
    ],
    'one by one': [
      'energy E(s : spin[40]) { term a = sum(s[i] * s[i + 1] * sin(3 * i) for i in 40 where i < 39) }',
      'elimination',
      false,
    ],
    'branch and bound, annealing, local searches': [GLASS(20), 'search', true],
    'tables that are too wide': [
      'energy E(s : spin[70]) { term a = abs(sum(s[i] * sqrt(i + 2) for i in 70) - 3) }',
      'annealing',
      true,
    ],
    'through broken requirements': [
      `energy E(s : bit[60]) {
  require sum(s) == 20
  term a = abs(sum(s[i] * sqrt(i + 2) for i in 60) - 90)
}`,
      'annealing',
      true,
    ],
    'a round trip': [
      `energy E(p : permutation(24)) {
  term way = sum((cos(5 * p[i]) - cos(5 * p[mod(i + 1, 24)])) ^ 2 + (sin(3 * p[i]) - sin(3 * p[mod(i + 1, 24)])) ^ 2 for i in 24)
}`,
      'search',
      true,
    ],
    'one Newton step': [
      'energy E(x : real, y : real) { term a = (x - 1) ^ 2 + x * y + 3 * y ^ 2 }',
      'newton',
      false,
    ],
    'descents of reals': [
      'energy E(x : real(-3, 3)[40]) { term a = sum(10 * (x[i + 1] - x[i] ^ 2) ^ 2 + (1 - x[i]) ^ 2 for i in 40 where i < 39) }',
      'lbfgs',
      true,
    ],
    walls: [
      `energy E(x : real[30]) {
  require x[i] <= x[i + 1] for i in 30 where i < 29
  require x[0] >= 0.1
  term a = sum((x[i] - sin(i)) ^ 4 + x[i] ^ 2 for i in 30)
}`,
      'lbfgs',
      true,
    ],
    'reals beside few states': [
      'energy E(k : bit[3], x : real[20]) { term a = sum((x[i] - k[mod(i, 3)]) ^ 4 + (x[i] * x[mod(i + 1, 20)] - 1) ^ 2 for i in 20) }',
      'mixed',
      true,
    ],
    'reals beside many states': [
      `energy E(s : spin[24], x : real[24]) {
  term a = sum((x[i] - s[i]) ^ 4 + 0.3 * x[i] * s[mod(i + 1, 24)] for i in 24)
}`,
      'mixed',
      true,
    ],
  };

describe('paths of searches', () => {
  it.each(Object.entries(searches))('%s', async (_, [text, method, tells]) => {
    const { found, told } = await watched(text, method === 'lbfgs' ? 20 : undefined);
    expect(found.method).toBe(method);
    falling(found.path);
    expect(found.path.energy.at(-1)).toBe(found.energy);
    if (tells) expect(told.length).toBeGreaterThan(0);
    for (const { energy, again } of told) {
      expect(Math.abs(again - energy)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(energy)));
      expect(energy).toBeGreaterThanOrEqual(found.energy - 1e-9 * Math.max(1, Math.abs(energy)));
    }
  });

  it('a search that is stopped keeps the lowest state it has told of', async () => {
    for (const text of [searches['tables that are too wide'][0], searches['reals beside many states'][0]]) {
      const { found, told, energyOf, model } = await watched(text, 1000, 2);
      expect(found.complete).toBe(false);
      const lowest = Math.min(...told.map((t) => t.energy));
      expect(found.energy).toBeLessThanOrEqual(lowest + 1e-9);
      const { quantities } = found.state;
      const states = new Map(
        model.unknowns.map((u) => [u.slot, quantities.find((q) => q.name === u.slot.name)!.values]),
      );
      expect(energyOf(states)).toBeCloseTo(found.energy, 9);
      expect(found.path.energy.at(-1)).toBe(found.energy);
    }
  });
});

describe('what is kept of a path', () => {
  const path = fc.array(fc.record({ ahead: fc.nat(50), down: fc.double({ min: 0, max: 9, noNaN: true }) }), {
    maxLength: 3000,
    size: 'max',
  });

  it('is a part of it, evenly, with both ends', () => {
    fc.assert(
      fc.property(path, (moves) => {
        const recorder = pathRecorder();
        const all: (readonly [number, number])[] = [];
        let [step, energy] = [0, 1000];
        for (const { ahead, down } of moves) {
          [step, energy] = [step + ahead, energy - down];
          all.push([step, energy]);
          recorder.push(step, energy);
        }
        const kept = recorder.until(step, energy);
        falling(kept);
        expect([kept.step[0], kept.energy[0]]).toEqual(all[0] ?? [step, energy]);
        expect([kept.step.at(-1), kept.energy.at(-1)]).toEqual([step, energy]);
        const known = new Set(all.map(String));
        if (all.length > 0)
          expect(kept.step.every((s, i) => known.has(String([s, kept.energy[i]])))).toBe(true);
        expect(kept.step.length).toBeGreaterThanOrEqual(Math.min(all.length, 190));
      }),
      { numRuns: 30 },
    );
  });

  it('ends where the search did, and never below what it came to', () => {
    const recorder = pathRecorder();
    recorder.push(3, 5);
    recorder.push(8, 2 - 1e-12);
    expect(recorder.until(20, 2)).toEqual({ step: [3, 8, 20], energy: [5, 2, 2] });
    expect(recorder.until(8, 2)).toEqual({ step: [3, 8], energy: [5, 2] });
    expect(pathRecorder().until(7, 1)).toEqual({ step: [7], energy: [1] });
  });
});
