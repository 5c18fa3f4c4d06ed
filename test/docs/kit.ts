/** The repository's root, its examples, and the command line with its output kept. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { main } from '../../src/cli/main.ts';

export const root = path.resolve(import.meta.dirname, '../..');
export const examplesFolder = path.join(root, 'examples');

/** The example programs, by folder and name without `.energy` (`physics/ising`), sorted. */
export const examples: readonly string[] = readdirSync(examplesFolder, { recursive: true, encoding: 'utf8' })
  .map((f) => f.replaceAll(path.sep, '/'))
  .filter((f) => /^[a-z]+\/[a-z].*\.energy$/.test(f))
  .map((f) => f.slice(0, -'.energy'.length))
  .sort();

/** The folder of an example: what it uses and its data are found from there. */
export const folderOfExample = (name: string): string => path.join(examplesFolder, path.dirname(name));

export const exampleText = (name: string): string =>
  readFileSync(path.join(examplesFolder, `${name}.energy`), 'utf8');

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `energy …` in this process. */
export async function energy(argv: readonly string[], cwd: string): Promise<Answer> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, {
    cwd,
    out: { write: (s) => out.push(s) },
    err: { write: (s) => err.push(s) },
  });
  return { code, out: out.join(''), err: err.join('') };
}
