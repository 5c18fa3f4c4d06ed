/**
 * Makes the small data sets of these examples that are made up, from scratch: `node examples/puzzles/data/make.mjs`.
 */
import { pick, save as write, uniform } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);

/** Twelve cities at random in the unit square. */
{
  const u = uniform(21);
  save('cities.csv', ['x', 'y'], Array.from({ length: 12 }, () => [u().toFixed(3), u().toFixed(3)]));
}

/** What seven nurses would like to do on fourteen days. */
{
  const u = uniform(22);
  const shifts = ['free', 'early', 'late', 'night'];
  const days = Array.from({ length: 14 }, (_, d) => d);
  save(
    'wishes.csv',
    days.map((d) => `wish${d}`),
    Array.from({ length: 7 }, () => days.map(() => shifts[pick(u, [0.45, 0.3, 0.15, 0.1])])),
  );
}
