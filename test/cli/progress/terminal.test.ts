/** The command line as its user has it before him: in a pseudo-terminal, and with signals from outside. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Built, build } from '../../scale/build.ts';
import { type Screen, screenAfter } from './screen.ts';

const lattice = (n: number): string =>
  [
    `index site = grid(${n}, ${n})`,
    'energy Lattice(s : spin[site], x : real[site]) {',
    '  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in neighbours(site))',
    '  x[i] ~ normal(0.1 * s[i], 1) for i in site',
    '  term knots = 0.05 * sum(cos(x[p] * x[q]) for (p, q) in neighbours(site))',
    '}',
  ].join('\n');

let built: Built;
beforeAll(() => {
  built = build({
    'lattice.energy': lattice(6),
    'large.energy': lattice(32),
    'jobs.energy': `${lattice(8)}\nrun short = sample(Lattice, chains = 3, draws = 20, warmup = 20, thin = 1)\n`,
  });
}, 120_000);
afterAll(() => built.remove());

const record = (dir: string): Record<string, unknown> =>
  JSON.parse(fs.readFileSync(path.join(built.folder, dir, 'run.json'), 'utf8'));

/** Runs it without a terminal, and sends signals when an event is there that `when` waits for. */
function signalled(
  signal: 'SIGINT' | 'SIGTERM',
  when: (event: Record<string, unknown>) => boolean,
  ...argv: readonly string[]
): Promise<{
  readonly code: number | null;
  readonly events: readonly Record<string, unknown>[];
  readonly err: string;
}> {
  const child = spawn(process.execPath, [built.bin, ...argv, '--json'], { cwd: built.folder });
  const events: Record<string, unknown>[] = [];
  let [rest, err, sent] = ['', '', false];
  child.stderr.on('data', (d: Buffer) => {
    err += d.toString();
  });
  child.stdout.on('data', (d: Buffer) => {
    const lines = (rest + d.toString()).split('\n');
    rest = lines.pop()!;
    for (const l of lines) {
      const event = JSON.parse(l) as Record<string, unknown>;
      events.push(event);
      if (sent || !when(event)) continue;
      sent = true;
      child.kill(signal);
    }
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, events, err }));
  });
}

const draws = (e: Record<string, unknown>): boolean =>
  e.event === 'progress' && e.phase === 'sampling' && typeof e.value === 'number';

describe('a signal from outside', { timeout: 120_000 }, () => {
  it.each([
    ['SIGINT', 130, '1'],
    ['SIGTERM', 143, '1'],
    ['SIGTERM', 143, '2'],
  ] as const)('%s ends a run with %i, and saves it, with --workers %s', async (signal, code, workers) => {
    const dir = `${signal}-${workers}`;
    const run = await signalled(
      signal,
      draws,
      ...['sample', 'lattice.energy', '--chains', '4', '--draws', '100000', '--thin', '1'],
      ...['--workers', workers, '-o', dir],
    );
    expect([run.code, run.err]).toEqual([code, '']);
    expect(run.events.at(-1)).toMatchObject({ event: 'result', verb: 'sample', complete: false });
    expect(record(dir)).toMatchObject({ complete: false });
    expect(fs.existsSync(path.join(built.folder, dir, 'draws.parquet'))).toBe(true);
    const told = run.events.filter(draws).at(-1);
    const rows = told?.chains as readonly Record<string, unknown>[];
    expect(rows.map((c) => c.chain)).toEqual([0, 1, 2, 3]);
    for (const c of rows) {
      expect(c).toMatchObject({ phase: 'sampling', of: 100_000 });
      expect(c.draw).toBeGreaterThan(0);
      expect(c.rate).toBeGreaterThan(0);
      expect(typeof c.energy).toBe('number');
      expect(c.acceptance).toBeGreaterThan(0);
    }
    expect(told?.seconds_left).toBeGreaterThan(0);
    expect(told).toHaveProperty('r_hat');
  });

  it('before there is an estimate of ln Z says so, and is no error', async () => {
    const run = await signalled(
      'SIGINT',
      (e) => e.event === 'progress',
      ...['logz', 'large.energy', '--error', '0.001', '--budget', '1000000000', '-o', 'logz'],
    );
    expect([run.code, run.err]).toEqual([130, '']);
    expect(run.events.filter((e) => e.event === 'diagnostic')).toEqual([]);
    expect(run.events.at(-1)).toEqual({
      event: 'result',
      job: 'logz',
      verb: 'logz',
      energy: 'Lattice',
      folder: null,
      log_z: null,
      error: null,
      complete: false,
    });
    expect(fs.existsSync(path.join(built.folder, 'logz'))).toBe(false);
  });
});

const python = spawnSync('python3', ['-c', 'import pty, termios, fcntl']).status === 0;
if (!python) console.warn('python3 with its module pty is absent: nothing is run in a pseudo-terminal');

describe.skipIf(!python)('in a pseudo-terminal', { timeout: 120_000 }, () => {
  const inPty = (
    columns: number,
    [trigger, keys]: readonly [string, string],
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Screen & { readonly code: number; readonly output: string }> =>
    new Promise((resolve, reject) => {
      const script = path.join(import.meta.dirname, 'in-terminal.py');
      const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
      execFile(
        'python3',
        [script, String(columns), '24', trigger, keys, process.execPath, built.bin, ...argv],
        { cwd: built.folder, env: { ...rest, TERM: 'xterm-256color', ...env }, maxBuffer: 2 ** 26 },
        (e, out) => {
          const at = out.lastIndexOf('\nexit ');
          if (at < 0) return reject(e);
          const output = out.slice(0, at);
          resolve({ ...screenAfter(output, columns), output, code: Number(out.slice(at + 6)) });
        },
      );
    });
  const long = ['sample', 'lattice.energy', '--chains', '3', '--draws', '100000', '--thin', '1'];

  it.each(['1', '2'])(
    'chains have rows, and Ctrl-C leaves a clean screen, with --workers %s',
    async (workers) => {
      const dir = `pty-${workers}`;
      const run = await inPty(90, ['R-hat', '\x03'], [...long, '--workers', workers, '-o', dir]);
      expect([run.code, run.unknown]).toEqual([130, []]);
      expect(run.wrapped.filter((l) => /^chain|^sample/.test(l))).toEqual([]);
      const seen = [...run.seen];
      for (const c of [0, 1, 2])
        expect(
          seen.some((l) => new RegExp(`^chain ${c}  [━╸─]+  draw +\\d+ of 100000 .* energy -?\\d`).test(l)),
        ).toBe(true);
      expect(seen.some((l) => /^sample: .* left · worst R-hat/.test(l))).toBe(true);
      expect(run.cursorShown).toBe(true);
      expect(run.lines[0]).toMatch(/^sample: \d+ draws × 3 chains .* \(stopped early\) → pty-/);
      expect(run.lines.join('\n')).not.toMatch(/[━╸─]|\^C|left/);
      expect(run.output).toContain('\x1b[2m');
      expect(record(dir)).toMatchObject({ complete: false });
    },
  );

  it('a job that ends leaves its results, and nothing else', async () => {
    const run = await inPty(60, ['', ''], ['run', 'jobs.energy', '-o', 'short']);
    expect([run.code, run.unknown, run.cursorShown]).toEqual([0, [], true]);
    expect(run.lines[0]).toMatch(/^short: 20 draws × 3 chains/);
    expect(run.lines.join('\n')).not.toMatch(/[━╸─]{3}/);
  });

  it('NO_COLOR is heeded, and --quiet says nothing', async () => {
    const argv = [...long, '-o', 'plain'];
    const plain = await inPty(90, ['R-hat', '\x03'], argv, { NO_COLOR: '1' });
    expect(plain.output).toContain('chain 2');
    for (const code of ['0', '1', '2', '22', '33', '36', '39'])
      expect(plain.output).not.toContain(`\x1b[${code}m`);
    const quiet = await inPty(90, ['', ''], ['run', 'jobs.energy', '-o', 'quiet', '--quiet']);
    expect([quiet.code, quiet.output]).toEqual([0, '']);
    expect(record('quiet/short')).toMatchObject({ complete: true });
  });
});
