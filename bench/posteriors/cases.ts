/** The problems: programs, their data, and the same models for the peers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JagsOptions } from './jags-peer.ts';

/** Programs and models of the peers lie here, whether this runs compiled or not. */
export const sources = join(process.cwd(), 'bench', 'posteriors');

export interface Posterior {
  readonly name: string;
  readonly title: string;
  /** File of problems/: data, which all read, and the posterior's moments. */
  readonly problem: string;
  /** For JAGS: its data and what is monitored. */
  readonly jags?: (data: Record<string, unknown>) => Omit<JagsOptions, 'model'>;
  /** Draws of each of JAGS' four chains, where 20,000 are too many or too few. */
  readonly updates?: number;
}

type Numbers = readonly number[];

export const posteriors: readonly Posterior[] = [
  { name: 'eight-schools', title: 'eight schools, non-centred', problem: 'eight-schools' },
  { name: 'eight-schools-centred', title: 'eight schools, centred', problem: 'eight-schools' },
  { name: 'kidiq', title: 'kid’s score on mother’s IQ', problem: 'kidiq' },
  { name: 'arK', title: 'AR(5), 200 points', problem: 'arK' },
  { name: 'logearn', title: 'log earnings with interaction', problem: 'logearn' },
  { name: 'nes', title: 'party identification', problem: 'nes' },
  { name: 'blr', title: 'Bayesian linear regression', problem: 'blr' },
  {
    name: 'pump',
    title: 'pumps (BUGS)',
    problem: 'pump',
    jags: (d) => ({
      data: { N: 10, t: d.t as Numbers, x: d.x as Numbers },
      monitors: ['alpha', 'beta', 'theta'],
    }),
  },
  {
    name: 'dyes',
    title: 'dyes (BUGS)',
    problem: 'dyes',
    jags: (d) => ({
      data: { BATCHES: 6, SAMPLES: 5, y: transposed(d.y as readonly Numbers[]) },
      monitors: ['theta', 'tw', 'tb', 'mu'],
    }),
  },
];

/** JAGS reads matrices column by column. */
const transposed = (
  rows: readonly Numbers[],
): { readonly rows: number; readonly columns: number; readonly values: Numbers } => ({
  rows: rows.length,
  columns: rows[0].length,
  values: rows[0].flatMap((_, j) => rows.map((r) => r[j])),
});

export const dataOf = ({ problem }: Posterior): Record<string, unknown> =>
  (
    JSON.parse(readFileSync(join(sources, 'problems', `${problem}.json`), 'utf8')) as {
      data: Record<string, unknown>;
    }
  ).data;
