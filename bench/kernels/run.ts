/**
 * Generated kernels against C and JAGS in the same run. Peers of a case take turns, a round each, so that what the
 * machine does to one it does to the others; rates are per second of processor time.
 *
 *   npm run bench:kernels -- [--only NAME]… [--rounds 7] [--seconds 0.7] [--json FILE]
 */
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
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

async function measured(c: Case, folder: string): Promise<CaseReport | null> {
  const notes: string[] = [];
  mkdirSync(folder, { recursive: true });
  const peers = await c.peers(folder, (text) => notes.push(text));
  if (peers.length === 0) {
    console.log(`\n${c.title}\n  ${notes.join('\n  ')}`);
    return null;
  }
  const all: Round[][] = peers.map(() => []);
  for (let r = 0; r < rounds; r++)
    for (const [i, peer] of peers.entries()) all[i].push(await peer.round(100 * r + i + 1, seconds));
  for (const p of peers) p.dispose?.();
  return reportOf(c, peers, all, notes);
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
const folder = mkdtempSync(join(tmpdir(), 'energy-kernels-'));
const machine = { processor: cpus()[0]?.model ?? 'unknown', node: process.version, rounds, seconds };
console.log(
  `${machine.processor}, Node ${machine.node}; medians (lowest–highest) of ${rounds} rounds of ${seconds} s`,
);
try {
  const reports: CaseReport[] = [];
  for (const c of chosen) {
    const report = await measured(c, join(folder, c.name));
    if (!report) continue;
    console.log(shown(report));
    reports.push(report);
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...machine, cases: reports }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
