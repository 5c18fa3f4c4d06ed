/** Ctrl-C: what has been computed is saved, and the exit code says that there could be more. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { folder } from './kit.ts';

const lattice = [
  'index site = grid(16, 16)',
  'set   bond = neighbours(site)',
  'energy Lattice(s : spin[site], x : real[site]) {',
  '  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in bond)',
  '  x[i] ~ normal(0.1 * s[i], 1) for i in site',
  '  term knots = 0.05 * sum(cos(x[p] * x[q]) for (p, q) in bond)',
  '}',
].join('\n');
const spins = [
  'index site = grid(8, 8)',
  'energy Spins(s : spin[site]) {',
  '  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in neighbours(site))',
  '}',
].join('\n');
const machine = fs.readFileSync('examples/learning/boltzmann.energy', 'utf8');

/** Runs a command in this process and sends it a signal, a real one, once it reports a value. */
async function interrupted(
  dir: string,
  ...argv: readonly string[]
): Promise<{
  readonly code: number;
  readonly events: readonly Record<string, unknown>[];
  readonly err: string;
}> {
  let [out, err] = ['', ''];
  let sent = false;
  const code = await main([...argv, '--json'], {
    out: {
      write: (s) => {
        out += s;
        if (sent || !/"event":"progress".*"value":[-\d]/.test(s)) return;
        sent = true;
        process.kill(process.pid, 'SIGINT');
      },
    },
    err: { write: (s) => (err += s) },
    cwd: dir,
  });
  expect(sent).toBe(true);
  const events = out
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>);
  return { code, events, err };
}

describe('Ctrl-C', () => {
  const { dir } = folder({
    'lattice.energy': lattice,
    'spins.energy': spins,
    'machine.energy': machine,
    'data/spins.csv': fs.readFileSync('examples/learning/data/spins.csv', 'utf8'),
    'jobs.energy': `${lattice}\nrun first = sample(Lattice, chains = 2, draws = 400000, thin = 1)\nrun second = minimize(Lattice)\n`,
  });
  const record = (...names: string[]): Record<string, unknown> =>
    JSON.parse(fs.readFileSync(path.join(dir, ...names, 'run.json'), 'utf8'));

  it.each([
    [
      'sample',
      ['sample', 'lattice.energy', '--chains', '2', '--draws', '100000', '--thin', '1', '--workers', '1'],
    ],
    ['fit', ['fit', 'machine.energy', 'Boltzmann', '--steps', '1000000', '--engine', 'kernels']],
    ['logz', ['logz', 'spins.energy', '--method', 'ais', '--error', '0.003', '--budget', '1000000000']],
    ['minimize', ['minimize', 'lattice.energy', '--restarts', '100000']],
  ])('keeps what %s has come to', async (verb, argv) => {
    const { code, events, err } = await interrupted(dir, ...argv, '-o', verb);
    expect([code, err]).toEqual([130, '']);
    expect(events.at(-1)).toMatchObject({ event: 'result', verb, complete: false });
    expect(record(verb)).toMatchObject({ complete: false });
  });

  it('starts no further job', async () => {
    const { code, events } = await interrupted(dir, 'run', 'jobs.energy', '--workers', '1', '-o', 'all');
    expect(code).toBe(130);
    expect(events.filter((e) => e.event === 'start').map((e) => e.job)).toEqual(['first']);
    expect(record('all/first')).toMatchObject({ complete: false });
    expect(fs.existsSync(path.join(dir, 'all/second'))).toBe(false);
  });
});
