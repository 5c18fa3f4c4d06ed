/**
 * Steps of training, gradients and sweeps on every engine that is here against PyTorch in the same run. Peers of a
 * case take turns, a round each, all in processes of their own; a round counts as its median step, wall-clock time.
 *
 *   npm run bench:tensors -- [--python venv/bin/python3] [--only NAME]… [--rounds 5] [--seconds 2]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { isEngineName } from '../../src/engines/names.ts';
import { openEngine } from '../../src/engines/open.ts';
import { type Case, cases } from './cases.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    engine: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    python: { type: 'string', default: 'python3' },
    /** For a process that does one case on one engine. */
    alone: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

interface Peer {
  readonly name: string;
  /** The median of a round's steps. */
  readonly round: (seconds: number) => Promise<number>;
  readonly end: () => void;
}

const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[Math.floor((x.length - 1) / 2)];

type Told = { readonly ready: true } | { readonly failed: string } | { readonly times: readonly number[] };

/** A peer of ours; null where the engine cannot be had, or fails. */
async function ours(c: Case, engine: string): Promise<Peer | null> {
  const child: ChildProcess = fork(process.argv[1], ['--only', c.name, '--alone', engine]);
  const next = (): Promise<Told> =>
    new Promise((done) => {
      const gone = (): void => done({ failed: 'the process ended' });
      child.once('exit', gone);
      child.once('message', (m) => {
        child.off('exit', gone);
        done(m as Told);
      });
    });
  const first = await next();
  if (!('ready' in first)) {
    console.log(`  ${engine}: ${'failed' in first ? first.failed : 'no answer'}`);
    return null;
  }
  return {
    name: engine,
    round: async (s) => {
      child.send({ seconds: s });
      const told = await next();
      if (!('times' in told)) throw new Error(`${engine}: ${'failed' in told ? told.failed : 'no answer'}`);
      return median(told.times);
    },
    end: () => child.kill(),
  };
}

async function alone(c: Case, name: string): Promise<void> {
  const tell = (m: Told): void => void process.send?.(m);
  try {
    if (!isEngineName(name)) throw new Error(`there is no engine ${name}`);
    const steps = await c.open(await openEngine(name));
    process.on('message', (m) => {
      steps((m as { seconds: number }).seconds).then(
        (times) => tell({ times }),
        (e: Error) => tell({ failed: e.message }),
      );
    });
    tell({ ready: true });
  } catch (e) {
    tell({ failed: e instanceof Error ? e.message : String(e) });
    process.disconnect();
  }
}

interface Torch {
  readonly version: string;
  readonly peer: (c: Case, threads: number) => Peer;
  readonly end: () => void;
}

async function torch(): Promise<Torch | null> {
  const script = resolve(process.cwd(), 'bench/tensors/peers.py');
  const child = spawn(values.python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => {});
  const first = await lines.next();
  if (first.done) return null;
  return {
    version: (JSON.parse(first.value) as { version: string }).version,
    peer: (c, threads) => ({
      name: `PyTorch, ${threads} thread${threads > 1 ? 's' : ''}`,
      round: async (s) => {
        child.stdin.write(`${JSON.stringify({ case: c.name, threads, seconds: s })}\n`);
        const line = await lines.next();
        if (line.done) throw new Error('PyTorch ended');
        return median(JSON.parse(line.value) as number[]);
      },
      end: () => {},
    }),
    end: () => child.kill(),
  };
}

const shown = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0));

async function main(): Promise<void> {
  const wanted = cases.filter((c) => !values.only || values.only.includes(c.name));
  if (values.alone !== undefined) return alone(wanted[0], values.alone);
  const theirs = await torch();
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores; ${rounds} rounds of ${seconds} s; ms a step (median of rounds)`,
  );
  console.log(
    theirs
      ? `PyTorch ${theirs.version}`
      : `no PyTorch: \`${values.python}\` does not import torch (--python)`,
  );
  for (const c of wanted) {
    console.log(`\n${c.title}`);
    const engines = c.engines.filter((e) => !values.engine || values.engine.includes(e));
    const peers: Peer[] = theirs ? [1, 2].map((n) => theirs.peer(c, n)) : [];
    for (const e of engines) {
      const peer = await ours(c, e);
      if (peer) peers.push(peer);
    }
    if (c.whole) {
      const steps = c.whole(cpus().length);
      peers.push({
        name: `kernels, ${cpus().length} workers`,
        round: async (s) => median(await steps(s)),
        end: () => {},
      });
    }
    const all: number[][] = peers.map(() => []);
    for (let r = 0; r < rounds; r++)
      for (const [i, p] of peers.entries()) all[i].push(await p.round(seconds * (c.patience ?? 1)));
    const best = Array.from({ length: rounds }, (_, r) =>
      theirs ? Math.min(all[0][r], all[1][r]) : Number.NaN,
    );
    peers.forEach((p, i) => {
      const ratios = all[i].map((ms, r) => ms / best[r]);
      const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
      const ratio = theirs ? `  ${median(ratios).toFixed(2)} × PyTorch's best [${spread}]` : '';
      console.log(`  ${p.name.padEnd(20)} ${shown(median(all[i])).padStart(8)}${ratio}`);
      p.end();
    });
  }
  theirs?.end();
}

await main();
