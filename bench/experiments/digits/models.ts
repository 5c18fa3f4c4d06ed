/** What is learned on the digits, and how. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DigitModel {
  readonly name: string;
  readonly program: (seed: number) => string;
}

export function models(folder: string): readonly DigitModel[] {
  const text = (file: string): string => readFileSync(join(folder, 'programs', file), 'utf8');
  const made =
    (file: string, loss: string, fit: string, hidden = '') =>
    (seed: number): string =>
      text(file).replace('LOSS', loss).replace('FIT', `${fit}, seed = ${seed}`).replace('HIDDEN', hidden);
  const adam = (rate: number): string => `optimizer = adam(rate = ${rate}, schedule = cosine)`;
  return [
    ...[300, 1000, 2000, 10000].map((steps) => ({
      name: `rbm 16, persistent chains, ${steps} steps`,
      program: made(
        'rbm.energy',
        'contrastive(persistent = true, sweeps = 1, chains = 100)',
        `optimizer = adam(rate = 0.03, schedule = linear), steps = ${steps}, batch = 100`,
      ),
    })),
    {
      name: 'rbm 16, pseudo-likelihood',
      program: made('rbm.energy', 'pseudo_likelihood()', `${adam(0.01)}, steps = 500, batch = 250`),
    },
    {
      name: 'rbm 16, discrepancy (grid)',
      program: made(
        'rbm.energy',
        'discrepancy(kernel = grid, sites = 16)',
        `${adam(0.01)}, steps = 1000, batch = 100`,
      ),
    },
    {
      name: 'network 128-128, discrepancy (grid)',
      program: made(
        'network.energy',
        'discrepancy(kernel = grid, sites = 8)',
        `${adam(0.002)}, steps = 2000, batch = 128, average = 0.99, held_out = 0.1`,
        '128, 128',
      ),
    },
  ];
}
