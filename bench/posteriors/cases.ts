/** The problems: programs, their data, and the same models for the peers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JagsOptions } from './jags-peer.ts';

/** Programs and models of the peers lie here, whether this runs compiled or not. */
export const sources = join(process.cwd(), 'bench', 'posteriors');

export interface Posterior {
  readonly name: string;
  readonly title: string;
  /** Folder of the reference problem, under the one that is given; its data.json is what all read. */
  readonly problem: string;
  /** For JAGS: its data and what is monitored. */
  readonly jags?: (data: Record<string, unknown>) => Omit<JagsOptions, 'model'>;
  /** Draws of each of JAGS' four chains, where 20,000 are too many or too few. */
  readonly updates?: number;
}

type Numbers = readonly number[];

export const posteriors: readonly Posterior[] = [
  { name: 'eight-schools', title: 'eight schools, non-centred', problem: 'pdb_eight_schools' },
  { name: 'eight-schools-centred', title: 'eight schools, centred', problem: 'pdb_eight_schools' },
  { name: 'kidiq', title: 'kid’s score on mother’s IQ', problem: 'pdb_kidiq_momiq' },
  { name: 'arK', title: 'AR(5), 200 points', problem: 'pdb_arK' },
  { name: 'logearn', title: 'log earnings with interaction', problem: 'pdb_logearn_interaction' },
  { name: 'nes', title: 'party identification', problem: 'pdb_nes2000' },
  { name: 'blr', title: 'Bayesian linear regression', problem: 'pdb_sblri_blr' },
  {
    name: 'pump',
    title: 'pumps (BUGS)',
    problem: 'bugs_pump',
    jags: (d) => ({
      data: { N: 10, t: d.t as Numbers, x: d.x as Numbers },
      monitors: ['alpha', 'beta', 'theta'],
    }),
  },
  {
    name: 'dyes',
    title: 'dyes (BUGS)',
    problem: 'bugs_dyes',
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

export const dataOf = (reference: string, { problem }: Posterior): string =>
  join(reference, problem, 'data.json');

export const readData = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
