/** Annealing through states that break requirements: least energies that integer programming has proved. */
import { expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { minimize } from '../../src/infer/minimize/index.ts';
import { noClamp } from '../../src/infer/model.ts';
import { open } from '../run/kit.ts';

/** Free, early, late, night, for each nurse and day. */
const WISHES = [
  'effflneeenlflf',
  'efleffffeeefnn',
  'eeeffeefelnfef',
  'efflfefllflfff',
  'elfffffefefnff',
  'enfnefenneleel',
  'feenfennflnnfn',
];
const NAMES: Readonly<Record<string, string>> = { f: 'free', e: 'early', l: 'late', n: 'night' };

const roster = `
enum Shift = { free, early, late, night }
index nurse = 7
index day   = line(14)
data wish : Shift[nurse, day] from "wish.csv"
energy Roster(s : Shift[nurse, day]) {
  require sum(s[n, d] == Shift.early for n in nurse) == 2 for d in day
  require sum(s[n, d] == Shift.late for n in nurse) == 1 for d in day
  require sum(s[n, d] == Shift.night for n in nurse) == 1 for d in day
  require s[n, d - 1] != Shift.night or s[n, d] == Shift.night or s[n, d] == Shift.free for n in nurse, d in day where d > 0
  require s[n, d - 1] != Shift.late or s[n, d] != Shift.early for n in nurse, d in day where d > 0
  term wishes = sum(s[n, d] != wish[n, d] for n in nurse, d in day)
  term fair   = sum((sum(s[n, d] != Shift.free for d in day) - 8) ^ 2 for n in nurse)
  term nights = 2 * sum(relu(sum(s[n, d] == Shift.night for d in day) - 3) for n in nurse)
}`;

it('a roster whose days ask for so many nurses: nearly the least energy, 25', async () => {
  const head = Array.from({ length: 14 }, (_, i) => `wish${i}`).join(',');
  const rows = WISHES.map((r) => [...r].map((c) => NAMES[c]).join(','));
  const { model: make } = await open(roster, { files: { 'wish.csv': [head, ...rows].join('\n') } });
  const model = make(undefined, kernelsEngine());
  const m = await minimize(model, noClamp(model), {});
  expect(m.method).toBe('annealing');
  // Sweeps that stay in the support end at 37 and above.
  expect(m.energy).toBeGreaterThanOrEqual(25);
  expect(m.energy).toBeLessThanOrEqual(30);
}, 60_000);

it('an energy that is not a number where a requirement is broken is annealed within it', async () => {
  const { model: make } = await open(`
index i = 9
energy E(n : int(0, 9)[i]) {
  require sum(n) >= 1
  term all = (sum(n) - 4) ^ 2 + log(sum(n))
}`);
  const model = make(undefined, kernelsEngine());
  const m = await minimize(model, noClamp(model), {});
  // 0 = 2 (s - 4) + 1 / s between 3 and 4: 4 has ln 4, 3 has 1 + ln 3.
  expect(m.energy).toBeCloseTo(Math.log(4), 9);
});
