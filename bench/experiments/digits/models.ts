/** What is learned on the digits, and how. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DigitModel {
  readonly name: string;
  /** Of the file of its draws; absent: none is written. */
  readonly picture?: string;
  readonly program: (seed: number, steps?: number) => string;
}

export function models(folder: string): readonly DigitModel[] {
  const text = (file: string): string => readFileSync(join(folder, 'programs', file), 'utf8');
  const made =
    (file: string, loss: string, fit: string, steps: number, hidden: string) =>
    (seed: number, fewer = steps): string =>
      text(file)
        .replace('LOSS', loss)
        .replace('FIT', `${fit}, steps = ${fewer}, seed = ${seed}`)
        .replace('HIDDEN', hidden);
  const cosine = (rate: number): string => `optimizer = adam(rate = ${rate}, schedule = cosine)`;
  /** As many chains as rows in a step. */
  const machine = (hidden: number, steps: number, rows: number, picture?: string): DigitModel => ({
    name: `rbm ${hidden}, persistent chains, ${steps} steps of ${rows} rows`,
    picture,
    program: made(
      'rbm.energy',
      `contrastive(persistent = true, sweeps = 1, chains = ${rows})`,
      `optimizer = adam(rate = 0.03, schedule = linear), batch = ${rows}`,
      steps,
      String(hidden),
    ),
  });
  return [
    machine(16, 600, 20),
    machine(16, 1000, 20),
    machine(16, 3000, 20),
    machine(16, 2000, 100, 'rbm16'),
    {
      name: 'rbm 16, pseudo-likelihood',
      program: made('rbm.energy', 'pseudo_likelihood()', `${cosine(0.01)}, batch = 250`, 500, '16'),
    },
    {
      name: 'rbm 16, discrepancy (grid)',
      program: made(
        'rbm.energy',
        'discrepancy(kernel = grid, sites = 16)',
        `${cosine(0.01)}, batch = 100`,
        1000,
        '16',
      ),
    },
    machine(64, 2000, 100, 'rbm64'),
    {
      name: 'network 128-128, discrepancy (grid)',
      picture: 'network',
      program: made(
        'network.energy',
        'discrepancy(kernel = grid, sites = 8)',
        `${cosine(0.002)}, batch = 128, average = 0.99, held_out = 0.1`,
        2000,
        '128, 128',
      ),
    },
  ];
}
