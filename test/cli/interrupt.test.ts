/** Ctrl-C and SIGTERM: what has been computed is saved, and the exit code says that there could be more. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { interruptible } from '../../src/cli/interrupt.ts';
import { main } from '../../src/cli/main.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { readDraws } from '../../src/io/run-folder.ts';
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

interface Interrupted {
  readonly code: number;
  readonly events: readonly Record<string, unknown>[];
  readonly err: string;
}

/** Runs a command in this process and sends it a signal, a real one, once it reports a value. */
const interrupted = (dir: string, ...argv: readonly string[]): Promise<Interrupted> =>
  signalled('SIGINT', /"event":"progress".*"value":[-\d]/, dir, argv);

/** Sends the signal once a line is printed that matches. */
async function signalled(
  signal: 'SIGINT' | 'SIGTERM',
  when: RegExp,
  dir: string,
  argv: readonly string[],
): Promise<Interrupted> {
  let [out, err] = ['', ''];
  let sent = false;
  const code = await main([...argv, '--json'], {
    out: {
      write: (s) => {
        out += s;
        if (sent || !when.test(s)) return;
        sent = true;
        process.kill(process.pid, signal);
      },
    },
    err: { write: (s) => (err += s) },
    cwd: dir,
  });
  expect([sent, err]).toEqual([true, err]);
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

  it('leaves the draws where it ends their summary', async () => {
    const argv = [
      'sample',
      'spins.energy',
      '--chains',
      '4',
      '--draws',
      '20000',
      '--thin',
      '1',
      '-o',
      'summed',
    ];
    const { code, events } = await signalled('SIGINT', /"phase":"summing"/, dir, argv);
    expect(code).toBe(130);
    expect(events.at(-1)).toMatchObject({ event: 'result', draws: 20000, chains: 4, complete: true });
    expect(events.at(-1)).not.toHaveProperty('quantities');
    expect(record('summed')).toMatchObject({ complete: true });
    const host = nodeHost({ root: dir });
    const draws = await readDraws(host, host.permit(path.join(dir, 'summed')));
    expect([draws.draws, draws.chains, draws.quantities[0].values.length]).toEqual([20000, 4, 64 * 80000]);
  });

  it('starts no further job', async () => {
    const { code, events } = await interrupted(dir, 'run', 'jobs.energy', '--workers', '1', '-o', 'all');
    expect(code).toBe(130);
    expect(events.filter((e) => e.event === 'start').map((e) => e.job)).toEqual(['first']);
    expect(record('all/first')).toMatchObject({ complete: false });
    expect(fs.existsSync(path.join(dir, 'all/second'))).toBe(false);
  });
});

const table = (data: string, ...jobs: readonly string[]): string =>
  [
    'index harmonic = 40',
    'enum Kind = { a, b, c }',
    'type Thing = { size : real, kind : Kind, n : int(0, 2) }',
    `data rows : Thing[row] from "${data}"`,
    'energy Things(t : Thing) {',
    '  t.size ~ normal(if t.kind == Kind.a then 1 else -1, 1 + 0.1 * t.n)',
    '  term more = 0.1 * sum(cos(k * t.size) for k in harmonic)',
    '}',
    ...jobs,
  ].join('\n');
const rows = (count: number, hole: (i: number) => boolean = () => false): string =>
  [
    'size,kind,n',
    ...Array.from({ length: count }, (_, i) => `${hole(i) ? '' : Math.sin(i)},${'abc'[i % 3]},${i % 3}`),
    '',
  ].join('\n');

describe('jobs on rows', () => {
  const { dir } = folder({
    'things.energy': table('things.csv'),
    'gaps.energy': table('gaps.csv'),
    'jobs.energy': table(
      'things.csv',
      'run some  = sample(Things, n = 2000, warmup = 40)',
      'run check = compare(some, rows)',
    ),
    'things.csv': rows(60_000),
    'gaps.csv': rows(5000, (i) => i > 0),
  });
  const read = (...names: string[]): string => fs.readFileSync(path.join(dir, ...names), 'utf8');
  const record = (...names: string[]): Record<string, unknown> => JSON.parse(read(...names, 'run.json'));
  const working = /"event":"progress".*"phase":"working"/;

  it.each([
    ['score', 'scores.csv', []],
    ['predict', 'predictions.csv', ['--unknown', 't.kind']],
  ] as const)('keeps the rows that %s has looked at, and says how many', async (verb, file, more) => {
    const argv = [verb, 'things.energy', 'Things', 'rows', ...more, '--engine', 'reference', '-o', verb];
    const { code, events, err } = await signalled('SIGTERM', working, dir, argv);
    expect([code, err]).toEqual([143, '']);
    const result = events.at(-1) as { rows: number };
    expect(result).toMatchObject({ event: 'result', verb, complete: false });
    expect(result.rows).toBeGreaterThan(0);
    expect(result.rows).toBeLessThan(60_000);
    expect(read(verb, file).trim().split('\n')).toHaveLength(1 + result.rows);
    expect(record(verb)).toMatchObject({ complete: false });
  });

  it('keeps the cells that complete has filled', async () => {
    const argv = ['complete', 'gaps.energy', 'Things', 'rows', '-o', 'complete'];
    const { code, events, err } = await signalled('SIGINT', working, dir, argv);
    expect([code, err]).toEqual([130, '']);
    expect(events.at(-1)).toMatchObject({ event: 'result', verb: 'complete', complete: false });
    expect(record('complete')).toMatchObject({ complete: false });
  });

  it('keeps what compare has measured, and gives no verdict', async () => {
    const compared = /"job":"check","phase":"working"/;
    const { code, events, err } = await signalled('SIGINT', compared, dir, [
      'run',
      'jobs.energy',
      '-o',
      'all',
    ]);
    expect([code, err]).toEqual([130, '']);
    const result = events.at(-1) as { marginals: unknown[] };
    expect(result).toMatchObject({ verb: 'compare', complete: false, classifier: null });
    expect(result.marginals).toHaveLength(3);
    expect(record('all/check')).toMatchObject({ complete: false, classifier: null });
    expect(record('all/some')).toMatchObject({ complete: true });
  });
});

it('a second signal ends the process at once', async () => {
  const ended: unknown[] = [];
  const io = { out: { write: () => {} }, err: { write: () => {} }, cwd: '.' };
  await interruptible(new Terminal(io, false), async (signal) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      ended.push(code);
      return undefined as never;
    });
    process.kill(process.pid, 'SIGINT');
    await vi.waitFor(() => expect(signal.aborted).toBe(true), 20_000);
    expect([ended, signal.code]).toEqual([[], 130]);
    await vi.waitFor(() => {
      process.kill(process.pid, 'SIGTERM');
      expect(ended.length).toBeGreaterThan(0);
    }, 20_000);
    exit.mockRestore();
  });
  expect(ended[0]).toBe(143);
});
