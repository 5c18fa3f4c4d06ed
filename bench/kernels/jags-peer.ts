/**
 * JAGS as a peer (M. Plummer, DSC 2003): one process a round, whose updates alone are on the clock. JAGS cannot be
 * asked the time, so its script prints the folder before and after them, and the time that its process has used is
 * read as those lines come.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sources } from './c-peers.ts';
import type { Peer, Round } from './peer.ts';

export interface JagsOptions {
  /** A model of jags/, whose `statistic` is looked at. */
  readonly model: string;
  readonly folder: string;
  /** Numbers and vectors of data; a matrix is given with its rows and columns. */
  readonly data: Readonly<Record<string, number | ArrayLike<number> | Matrix>>;
  /** Unobserved nodes, each drawn once in an update. */
  readonly sites: number;
  readonly warmup: number;
  /** Updates after the clock is stopped, over which the statistic is averaged. */
  readonly looks: number;
}

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Of every element, or of each, column by column. */
  readonly value?: number;
  readonly values?: ArrayLike<number>;
}

export function written(data: JagsOptions['data']): string {
  const lines = Object.entries(data).map(([name, x]) => {
    if (typeof x === 'number') return `${name} <- ${x}`;
    if ('rows' in x) {
      const all = (x.values ? Array.from(x.values) : new Array(x.rows * x.columns).fill(x.value)).join(', ');
      return `${name} <- structure(c(${all}), .Dim = c(${x.rows}, ${x.columns}))`;
    }
    return `${name} <- c(${Array.from(x).join(', ')})`;
  });
  return `${lines.join('\n')}\n`;
}

const counted = existsSync('/proc/self/schedstat');

/** Seconds on a processor of a running process where the system says so, else the time of day; NaN if it is gone. */
function secondsOf(pid: number): number {
  if (!counted) return performance.now() * 1e-3;
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) * 1e-9;
  } catch {
    return Number.NaN;
  }
}

export interface Ran {
  /** Seconds between the first mark and the second. */
  readonly seconds: number;
  /** Whether both marks were printed. */
  readonly finished: boolean;
  readonly output: string;
}

/** Runs a script; null where there is no JAGS. */
export function runScript(folder: string, script: string): Promise<Ran | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('jags', [], { cwd: folder });
    const marks: number[] = [];
    const lines: string[] = [];
    child.on('error', (e: NodeJS.ErrnoException) => (e.code === 'ENOENT' ? resolve(null) : reject(e)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (/^[.\s]*\//.test(line) && child.pid !== undefined) marks.push(secondsOf(child.pid));
      else lines.push(line);
    });
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    child.on('close', () =>
      resolve({
        seconds: (marks[1] ?? Number.NaN) - marks[0],
        finished: marks.length === 2,
        output: lines.join('\n'),
      }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(script);
  });
}

/** @returns null, with a note, where there is no JAGS or it refuses the model */
export async function jagsPeer(options: JagsOptions, note: (text: string) => void): Promise<Peer | null> {
  const { folder, sites, warmup, looks } = options;
  mkdirSync(folder, { recursive: true });
  const model = readFileSync(join(sources, 'jags', `${options.model}.bug`), 'utf8');
  writeFileSync(join(folder, 'model.bug'), model);
  writeFileSync(join(folder, 'data.txt'), written(options.data));
  const scriptOf = (seed: number, updates: number): string => {
    const start = `".RNG.name" <- "base::Mersenne-Twister"\n".RNG.seed" <- ${seed}\n`;
    writeFileSync(join(folder, 'start.txt'), start);
    const stem = 'draws-';
    return [
      'model in "model.bug"',
      'data in "data.txt"',
      'compile, nchains(1)',
      'parameters in "start.txt"',
      'initialize',
      `update ${warmup}, by(${warmup})`,
      'pwd',
      `update ${updates}, by(${updates})`,
      'pwd',
      'monitor statistic',
      `update ${looks}, by(${looks})`,
      `coda *, stem("${stem}")`,
      'exit',
      '',
    ].join('\n');
  };
  // Enough updates for the marks to be read in time.
  let updates = 20;
  let trial = await runScript(folder, scriptOf(1, updates));
  while (trial?.finished && !(trial.seconds > 0.05)) {
    updates *= 10;
    trial = await runScript(folder, scriptOf(1, updates));
  }
  if (trial === null || !trial.finished) {
    const why =
      trial === null ? 'it is not installed' : `it says: ${trial.output.split('\n').slice(-2).join(' ')}`;
    note(`JAGS: left out, ${why}`);
    return null;
  }
  let perSecond = updates / trial.seconds;
  return {
    name: 'JAGS',
    ours: false,
    async round(seed, seconds): Promise<Round> {
      const updates = Math.max(1, Math.round(seconds * perSecond));
      const ran = await runScript(folder, scriptOf(seed, updates));
      if (ran === null || !(ran.seconds > 0)) throw new Error(`JAGS stopped: ${ran?.output ?? ''}`);
      perSecond = updates / ran.seconds;
      const draws = readFileSync(join(folder, 'draws-chain1.txt'), 'utf8').trim().split('\n');
      return { rate: perSecond * sites, ...meanOf(draws.map((l) => Number(l.trim().split(/\s+/)[1]))) };
    },
  };
}

function meanOf(draws: readonly number[]): { readonly mean: number; readonly error: number } {
  const size = Math.floor(draws.length / 10);
  const means = Array.from({ length: 10 }, (_, b) => {
    const part = draws.slice(b * size, (b + 1) * size);
    return part.reduce((a, x) => a + x, 0) / part.length;
  });
  const mean = means.reduce((a, x) => a + x, 0) / 10;
  return { mean, error: Math.sqrt(means.reduce((a, x) => a + (x - mean) ** 2, 0) / 90) };
}
