/** Peers in C: compiled by gcc when they are wanted, run as processes that print one line of JSON. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Peer, Round } from './peer.ts';

const run = promisify(execFile);

/** The sources; scripts of npm run in the folder of the package. */
export const sources = join(process.cwd(), 'bench', 'kernels');

const builds = {
  'SSE4.2': ['-msse4.2'],
  native: ['-march=native'],
  plain: [],
  fast: ['-march=native', '-ffast-math'],
} as const;

export type Build = keyof typeof builds;

const shown: Readonly<Record<Build, string>> = {
  'SSE4.2': '-O3 -msse4.2',
  native: '-O3 -march=native',
  plain: '-O3',
  fast: '-O3 -march=native -ffast-math',
};

/** By program and build: the path of what gcc made, or why it made nothing. */
const made = new Map<string, Promise<{ readonly path: string } | { readonly why: string }>>();

function compiled(
  folder: string,
  program: string,
  build: Build,
): Promise<{ readonly path: string } | { readonly why: string }> {
  const path = join(folder, `${program}-${build}`);
  const make = async (): Promise<{ readonly path: string } | { readonly why: string }> => {
    const source = join(sources, 'c', `${program}.c`);
    try {
      await run('gcc', ['-std=gnu11', '-O3', ...builds[build], source, '-lm', '-o', path]);
      return { path };
    } catch (e) {
      const { code, stderr } = e as { readonly code?: unknown; readonly stderr?: string };
      return {
        why: code === 'ENOENT' ? 'there is no gcc here' : `gcc says: ${(stderr ?? String(e)).split('\n')[0]}`,
      };
    }
  };
  const known = made.get(path) ?? make();
  made.set(path, known);
  return known;
}

interface Printed {
  readonly rate: number;
  readonly mean?: number;
  readonly error?: number;
  readonly energy?: number;
  readonly gradient?: readonly number[];
}

/**
 * @param args of the program for a round, after its form
 * @returns null, with a note, where gcc or the machine cannot
 */
export async function cPeer(
  tools: string,
  program: string,
  form: string,
  build: Build,
  args: (seed: number, seconds: number) => readonly (string | number)[],
  note: (text: string) => void,
): Promise<Peer | null> {
  const name = `C ${form}, ${shown[build]}`;
  const binary = await compiled(tools, program, build);
  if ('why' in binary) {
    note(`${name}: left out, ${binary.why}`);
    return null;
  }
  return {
    name,
    ours: false,
    async round(seed, seconds): Promise<Round> {
      const { stdout } = await run(binary.path, [form, ...args(seed, seconds).map(String)], {
        maxBuffer: 2 ** 24,
      });
      const p = JSON.parse(stdout) as Printed;
      return {
        rate: p.rate,
        ...(p.mean === undefined ? {} : { mean: p.mean, error: p.error }),
        ...(p.gradient === undefined || p.energy === undefined ? {} : { values: [p.energy, ...p.gradient] }),
      };
    },
  };
}
