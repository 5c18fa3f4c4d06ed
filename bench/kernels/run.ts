/**
 * Generated kernels against C and JAGS in the same run. Peers of a case take turns, a round each, so that what the
 * machine does to one it does to the others; rates are per second of processor time. Each case has a process of its
 * own, so that neither optimised code nor garbage of another case is in its way.
 *
 *   npm run bench:kernels -- [--only NAME]… [--rounds 7] [--seconds 0.7] [--json FILE]
 */
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sources } from './c-peers.ts';
import { cases } from './cases.ts';
import type { Case, Round } from './peer.ts';
import { type CaseReport, reportOf, shown } from './report.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.7' },
    json: { type: 'string' },
    /** For a process that does one case, in a folder: tells its parent, prints nothing. */
    alone: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

/** What a process that does one case tells: a report, or why there is none. */
type Told = { readonly report: CaseReport } | { readonly none: string };

async function measured(c: Case, folder: string): Promise<Told> {
  const notes: string[] = [];
  mkdirSync(folder, { recursive: true });
  const peers = await c.peers(folder, (text) => notes.push(text));
  if (peers.length === 0) return { none: `\n${c.title}\n  ${notes.join('\n  ')}` };
  const all: Round[][] = peers.map(() => []);
  for (let r = 0; r < rounds; r++)
    for (const [i, peer] of peers.entries())
      all[i].push(await peer.round(100 * r + i + 1, seconds * (c.patience ?? 1)));
  for (const p of peers) p.dispose?.();
  return { report: reportOf(c, peers, all, notes) };
}

/** The case in a process of its own. */
function apart(c: Case, folder: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const args = [
      '--only',
      c.name,
      '--alone',
      folder,
      '--rounds',
      values.rounds,
      '--seconds',
      values.seconds,
    ];
    const child = fork(process.argv[1], args);
    let told: Told | undefined;
    child.on('message', (m) => {
      told = m as Told;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (!told) process.exitCode = 1;
      resolve(told ?? { none: `\n${c.title}\n  stopped with exit status ${code}` });
    });
  });
}

async function all(chosen: readonly Case[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'energy-kernels-'));
  const machine = { processor: cpus()[0]?.model ?? 'unknown', node: process.version, rounds, seconds };
  console.log(
    `${machine.processor}, Node ${machine.node}; medians (lowest–highest) of ${rounds} rounds of ${seconds} s`,
  );
  try {
    const reports: CaseReport[] = [];
    for (const c of chosen) {
      const told = await apart(c, join(folder, c.name));
      console.log('report' in told ? shown(told.report) : told.none);
      if ('report' in told) reports.push(told.report);
    }
    if (values.json)
      writeFileSync(values.json, `${JSON.stringify({ ...machine, cases: reports }, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const names = cases.map((c) => c.name);
const named = (o: string, c: Case): boolean => (names.includes(o) ? c.name === o : c.name.includes(o));
const chosen = cases.filter((c) => !values.only || values.only.some((o) => named(o, c)));
const wrong = !existsSync(join(sources, 'c'))
  ? 'run this in the folder of the package'
  : !(Number.isInteger(rounds) && rounds >= 1 && seconds > 0)
    ? '--rounds is a whole number of at least 1, --seconds a positive number'
    : chosen.length === 0
      ? `--only names none of the cases: ${names.join(', ')}`
      : undefined;
if (wrong !== undefined) {
  console.error(wrong);
  process.exit(2);
}
if (values.alone === undefined) await all(chosen);
else {
  const told = await measured(chosen[0], values.alone);
  process.send?.(told, () => process.disconnect());
}
