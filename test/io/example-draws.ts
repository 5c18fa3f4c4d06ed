import { sizeOfShape } from '../../src/arrays.ts';
import { type Draws, type Quantity, samplerStats } from '../../src/stats/draws.ts';
import { uniform } from './faults.ts';

/** Draws with every role and kind, labels, bounds, awkward names and awkward numbers. */
export function exampleDraws(chains = 2, draws = 5): Draws {
  const next = uniform(7);
  const make = (info: Omit<Quantity, 'values'>, value: () => number): Quantity => ({
    ...info,
    values: Float64Array.from({ length: chains * draws * sizeOfShape(info.shape) }, value),
  });
  const theta = make({ name: 'theta', role: 'unknown', shape: [2, 3], kind: 'real' }, () => next() - 0.5);
  if (theta.values.length > 2) theta.values.set([NaN, Infinity, -0]);
  return {
    chains,
    draws,
    quantities: [
      make({ name: 's', role: 'unknown', shape: [2, 2], kind: 'integer', lo: -1, hi: 1 }, () =>
        next() < 0.5 ? -1 : 1,
      ),
      theta,
      make(
        {
          name: 'r.job',
          role: 'unknown',
          shape: [],
          kind: 'category',
          labels: ['clerk', 'nurse'],
          lo: 0,
          hi: 1,
        },
        () => Math.floor(2 * next()),
      ),
      make({ name: 'chain', role: 'unknown', shape: [2], kind: 'integer', lo: 0, hi: Infinity }, () =>
        Math.floor(9 * next()),
      ),
      make({ name: 'magnet', role: 'report', shape: [], kind: 'real' }, next),
      make({ name: 'magnet', role: 'term', shape: [], kind: 'real' }, next),
      make({ name: 'energy', role: 'energy', shape: [], kind: 'real' }, () => 10 * next()),
    ],
    sampler: [
      { name: 'diverging', values: Float64Array.from({ length: chains * draws }, (_, i) => i % 2) },
      { name: 'energy', values: Float64Array.from({ length: chains * draws }, next) },
    ],
  };
}

/** Finite draws whose dimensions have names: a category, an enum as index set, a square array, a term. */
export function namedDraws(chains = 3, draws = 20): Draws {
  const next = uniform(11);
  const School = { name: 'School', labels: ['north', 'west'] };
  const make = (info: Omit<Quantity, 'values'>, value: () => number): Quantity => ({
    ...info,
    values: Float64Array.from({ length: chains * draws * sizeOfShape(info.shape) }, value),
  });
  const real = { kind: 'real', role: 'unknown' } as const;
  return {
    chains,
    draws,
    quantities: [
      make({ ...real, name: 'theta', shape: [2, 2], dims: [School, { name: '' }] }, next),
      make(
        {
          ...real,
          name: 'k',
          kind: 'category',
          labels: ['low', 'high'],
          shape: [2],
          dims: [School],
          lo: 0,
          hi: 1,
        },
        () => Math.floor(2 * next()),
      ),
      make({ ...real, name: 'J', shape: [2, 2], dims: [School, School] }, next),
      make({ ...real, name: 'mu', shape: [] }, next),
      make({ name: 'energy', role: 'energy', shape: [], kind: 'real' }, () => 10 * next()),
      make({ name: 'prior', role: 'term', shape: [], kind: 'real' }, next),
    ],
    sampler: samplerStats.map((name) => ({
      name,
      values: Float64Array.from({ length: chains * draws }, () =>
        ['tree_depth', 'n_steps', 'diverging'].includes(name) ? Math.floor(2 * next()) : next(),
      ),
    })),
  };
}
