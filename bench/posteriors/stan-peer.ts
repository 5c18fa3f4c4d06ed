/** Stan as a peer (Carpenter et al., J. Stat. Softw. 76 (2017) 1), by rstan: four chains one after another. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { sources } from './cases.ts';
import { type Ran, worstEss } from './ran.ts';

export interface StanPeer {
  /** Seconds that compiling the model took. */
  readonly compile: number;
  run(seed: number, draws: number): Promise<Ran>;
  end(): void;
}

/** @returns null, with a note, where there is no rstan */
export async function stanPeer(
  model: string,
  data: string,
  folder: string,
  note: (text: string) => void,
): Promise<StanPeer | null> {
  const file = join(sources, 'stan', `${model}.stan`);
  if (!existsSync(file)) return null;
  mkdirSync(folder, { recursive: true });
  const child = spawn('Rscript', [join(sources, 'stan.R'), file, data], { cwd: folder });
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (l) => complaints.push(l));
  const lines = createInterface({ input: child.stdout });
  const next = answers(child, lines);
  try {
    const { compile } = (await next()) as { readonly compile: number };
    return {
      compile,
      async run(seed, draws) {
        const to = join(folder, 'draws.bin');
        child.stdin.write(`${seed} ${draws} ${to}\n`);
        const told = (await next()) as Told;
        return { ...told, ...worstEss(columnsOf(readFileSync(to), told.names, draws)) };
      },
      end: () => child.stdin.end(),
    };
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    note(`Stan: left out, ${why}${complaints.length > 0 ? `: ${complaints.slice(-2).join(' ')}` : ''}`);
    return null;
  }
}

interface Told {
  readonly names: readonly string[];
  readonly warmup: number;
  readonly sampling: number;
  readonly leapfrogs: number;
  readonly divergences: number;
}

/** Its lines of JSON, one at a time. */
function answers(child: ChildProcessWithoutNullStreams, lines: Interface): () => Promise<unknown> {
  const waiting: { resolve: (x: unknown) => void; reject: (e: Error) => void }[] = [];
  let ended: Error | null = null;
  const end = (why: string): void => {
    ended = new Error(why);
    for (const w of waiting.splice(0)) w.reject(ended);
  };
  lines.on('line', (l) => {
    if (l.startsWith('{')) waiting.shift()?.resolve(JSON.parse(l));
  });
  child.on('error', () => end('it is not installed'));
  child.on('close', () => end('its process ended'));
  child.stdin.on('error', () => undefined);
  return () =>
    new Promise((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.push({ resolve, reject });
    });
}

/** R writes draws fastest, then chains, then parameters. */
function columnsOf(bytes: Buffer, names: readonly string[], draws: number): Map<string, Float64Array> {
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const each = 4 * draws;
  return new Map(names.map((n, i) => [n, all.subarray(i * each, (i + 1) * each)]));
}
