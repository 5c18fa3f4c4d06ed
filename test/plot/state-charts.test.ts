/** Pictures of the state that `minimize` leaves. */
import { expect, it } from 'vitest';
import { linkedomContext } from '../../src/plot/linkedom.ts';
import { stateCharts } from '../../src/plot/state-charts.ts';

const grid = <T>(rows: number, cols: number, at: (r: number, c: number) => T): T[][] =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, c) => at(r, c)));

const charts = (state: Record<string, unknown>) => stateCharts(linkedomContext('light'), state);

it('a matrix of names is a picture with a key', () => {
  const [chart] = charts({ s: grid(4, 5, (r, c) => (r === c ? 'night' : 'free')) });
  expect(chart.file).toBe('state-0-s.svg');
  expect(chart.svg).toContain('4 × 5 sites');
  expect(chart.svg).toContain('night');
  expect(chart.svg).toContain('free');
});

it('what is no picture is left out', () => {
  const state = {
    number: 3,
    vector: [1, 2, 3, 4, 5],
    small: grid(2, 9, () => 1),
    table: grid(5, 9, (r, c) => r + c / 2),
    cube: grid(4, 4, () => [1, 2]),
    mixed: grid(4, 4, (r) => (r === 0 ? 'a' : 1)),
    ragged: [[1, 2, 3, 4], [1], [1], [1]],
  };
  expect(charts(state)).toEqual([]);
});

it('colours follow the values', () => {
  const spins = { a: grid(4, 4, (r) => (r % 2 === 0 ? -1 : 1)) };
  const levels = { a: grid(8, 8, (r, c) => r - c + 0.5), 'b.x': grid(4, 4, (r) => r) };
  expect(charts(spins)).toHaveLength(1);
  const made = charts(levels);
  expect(made.map((m) => m.file)).toEqual(['state-0-a.svg', 'state-1-b-x.svg']);
  // A key names whole numbers; reals have a scale about zero.
  expect(made[1].svg).toMatch(/>3</);
  expect(made[0].svg).toContain('−7');
});
