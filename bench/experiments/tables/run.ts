/**
 * Mixed tables: energies learned by energy discrepancy beside linear models, forests and nearest neighbours.
 *
 *   npm run experiments:tables -- [--sets penguins,titanic] [--seeds 3] [--from folder] [--python python3]
 *     [--replace 'steps = 1000=>steps = 600']
 *
 * The tables are read from `--from` (../shared/data/tables); README.md says where they come from.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openEngine } from '../../../src/engines/open.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { experiment, type Outcome } from './experiment.ts';
import { type PeerOutcome, peers, peersAvailable } from './peers.ts';
import { sets } from './sets.ts';
import { readTable } from './table.ts';

const args = process.argv.slice(2);
const all = (name: string): string[] =>
  args.flatMap((a, i) => (a === `--${name}` && args[i + 1] !== undefined ? [args[i + 1]] : []));
const option = (name: string, standard: string): string => all(name)[0] ?? standard;

const folder = resolve(option('from', join('..', 'shared', 'data', 'tables')));
const wanted = option('sets', sets.map((s) => s.name).join(',')).split(',');
const seeds = Array.from({ length: Number(option('seeds', '3')) }, (_, i) => i + 1);
const python = option('python', 'python3');
const withPeers = peersAvailable(python);
const replace = all('replace').map((r) => r.split('=>') as [string, string]);

const known = sets.filter((s) => wanted.includes(s.name));
const unknown = wanted.filter((w) => !sets.some((s) => s.name === w));
if (unknown.length > 0)
  throw new Error(`no such table: ${unknown.join(', ')}; there are ${sets.map((s) => s.name).join(', ')}`);

/** Mean and standard deviation over seeds, in so many digits. */
function shown(values: readonly (number | undefined)[], digits = 3): string {
  const xs = values.filter((x): x is number => x !== undefined && !Number.isNaN(x));
  if (xs.length === 0) return '–';
  const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
  const sd = Math.sqrt(xs.reduce((a, b) => a + (b - mean) ** 2, 0) / xs.length);
  return xs.length > 1 ? `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}` : mean.toFixed(digits);
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const heading = (cells: readonly string[]): string => `${line(cells)}\n${line(cells.map(() => '---'))}`;

interface Ran {
  readonly name: string;
  readonly numeric: boolean;
  readonly outcomes: readonly Outcome[];
  readonly peers: readonly PeerOutcome[];
}

const engine = await openEngine('auto');
const ran: Ran[] = [];
try {
  for (const set of known) {
    const file = join(folder, `${set.name}.csv`);
    if (!existsSync(file)) {
      console.log(`${set.name}: ${file} is missing; --from names the folder of the tables`);
      continue;
    }
    const table = readTable(readFileSync(file, 'utf8'), file, set.columns);
    const outcomes: Outcome[] = [];
    const compared: PeerOutcome[] = [];
    for (const seed of seeds) {
      const o = await experiment(set, table, { seed, engine, replace });
      outcomes.push(o);
      if (withPeers) compared.push(peers(python, set.target, o));
      const { fit, draw, fill } = o.seconds;
      console.log(
        `${set.name}, seed ${seed}: ${o.train.rows} rows; fit ${fit.toFixed(1)} s (loss ${o.loss.toFixed(3)}), ${o.drawn.rows} draws ${draw.toFixed(1)} s, completions ${fill.toFixed(1)} s`,
      );
    }
    const numeric = set.columns.find((c) => c.name === set.target)?.kind === 'real';
    ran.push({ name: set.name, numeric, outcomes, peers: compared });
  }
} catch (e) {
  if (!(e instanceof EnergyError)) throw e;
  for (const d of e.diagnostics) console.error(`${d.code}: ${d.message}`);
  process.exitCode = 1;
}

const of = <T>(r: Ran, get: (o: Outcome) => T): T[] => r.outcomes.map(get);

console.log(
  '\nColumns and pairs beside held-out rows (1: the same), and how well a forest tells draws from rows (0.5: not at all)\n',
);
console.log(
  heading(['table', 'columns: draws', 'columns: rows', 'pairs: draws', 'pairs: rows', 'told apart']),
);
for (const r of ran)
  console.log(
    line([
      r.name,
      shown(of(r, (o) => o.draws.column_mean)),
      shown(of(r, (o) => o.rows.column_mean)),
      shown(of(r, (o) => o.draws.pair_mean)),
      shown(of(r, (o) => o.rows.pair_mean)),
      shown(r.peers.map((p) => p.told_apart)),
    ]),
  );

console.log(
  '\nLearned from drawn rows, tested on real ones, beside learned from real rows: area under the curve, or RMSE\n',
);
console.log(heading(['table', 'measure', 'linear, real', 'linear, drawn', 'forest, real', 'forest, drawn']));
for (const r of ran)
  console.log(
    line([
      r.name,
      r.numeric ? 'RMSE' : 'area',
      shown(of(r, (o) => (r.numeric ? o.linear.rmse : o.linear.area))),
      shown(of(r, (o) => (r.numeric ? o.linearFromDraws.rmse : o.linearFromDraws.area))),
      shown(r.peers.map((p) => (r.numeric ? p.real.rmse : p.real.area))),
      shown(r.peers.map((p) => (r.numeric ? p.drawn.rmse : p.drawn.area))),
    ]),
  );

console.log('\nThe target given the rest of a row, by the energy itself and by a linear model\n');
console.log(heading(['table', 'by', 'accuracy', 'log loss', 'calibration error', 'RMSE', '90 % interval']));
for (const r of ran)
  for (const by of ['energy', 'linear'] as const)
    console.log(
      line([
        r.name,
        by,
        shown(of(r, (o) => o[by].accuracy)),
        shown(of(r, (o) => o[by].logLoss)),
        shown(of(r, (o) => o[by].calibrationError)),
        shown(of(r, (o) => o[by].rmse)),
        shown(of(r, (o) => o[by].coverage)),
      ]),
    );

console.log(
  '\nA fifth of the cells of held-out rows deleted and filled in: labels right, numbers’ RMSE in sd\n',
);
console.log(heading(['table', 'by', 'labels', 'numbers', '90 % interval']));
for (const r of ran)
  for (const by of ['energy', 'nearest', 'commonest'] as const)
    console.log(
      line([
        r.name,
        by,
        shown(of(r, (o) => o.filled[by].accuracy)),
        shown(of(r, (o) => o.filled[by].rmse)),
        shown(of(r, (o) => o.filled[by].coverage)),
      ]),
    );
