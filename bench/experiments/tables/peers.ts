/** The peers of `peers.py`, where Python with scikit-learn is at hand. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Outcome, sources } from './experiment.ts';
import { columnNumber, type Table } from './table.ts';

export interface Quality {
  readonly accuracy?: number;
  readonly area?: number;
  readonly rmse?: number;
}

/** A forest that learned from real rows and from drawn ones, tested on real ones; one that tells them apart. */
export interface PeerOutcome {
  readonly real: Quality;
  readonly drawn: Quality;
  readonly told_apart: number;
}

export const peersAvailable = (python: string): boolean =>
  spawnSync(python, ['-c', 'import sklearn']).status === 0;

/** @throws Error with what Python says */
export function peers(python: string, target: string, { train, drawn, test }: Outcome): PeerOutcome {
  const rows = (t: Table): number[][] => Array.from({ length: t.rows }, (_, i) => t.columns.map((c) => c[i]));
  const j = columnNumber(train, target);
  const input = JSON.stringify({
    task: train.specs[j].kind === 'real' ? 'number' : 'classes',
    target: j,
    labels: train.specs.flatMap((s, k) => (s.kind === 'label' ? [k] : [])),
    train: rows(train),
    draws: rows(drawn),
    test: rows(test),
  });
  const ran = spawnSync(python, [join(sources, 'peers.py')], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (ran.status !== 0) throw new Error(`the peers failed: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as PeerOutcome;
}
