/**
 * Makes the small data sets of these examples that are made up, from scratch: `node examples/puzzles/data/make.mjs`.
 */
import { save as write, uniform } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);

/** Twelve cities at random in the unit square. */
{
  const u = uniform(21);
  save('cities.csv', ['x', 'y'], Array.from({ length: 12 }, () => [u().toFixed(3), u().toFixed(3)]));
}
