/** What completion looks up on disk: few files, small ones, and for a short time. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import type { Word } from '../command.ts';
import { packageRoot } from '../demo/project.ts';
import { type Outline, outlineOf } from './outline.ts';

/** A program of more characters than that is not read. */
const LONGEST = 1 << 20;
/** The file by which the folder of a run is known. */
const RECORD = 'run.json';
/** Folders that are opened in search of runs, and how deep. */
const MOST_FOLDERS = 600;
const DEEPEST = 4;
/** Milliseconds after which the search ends. */
const LONGEST_SEARCH = 80;
const SKIPPED = new Set(['node_modules', 'dist']);

/** What a program declares; undefined where it cannot be read. */
export function outlineIn(cwd: string, file: string): Outline | undefined {
  const text = textOf(path.resolve(cwd, file));
  return text === undefined ? undefined : outlineOf(text);
}

function textOf(file: string): string | undefined {
  try {
    const stat = statSync(file);
    return stat.isFile() && stat.size <= LONGEST ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** The outline of what a file uses: a file beside it, or a module of the standard library. */
export async function usedOutline(cwd: string, file: string, from: string): Promise<Outline | undefined> {
  const name = from.endsWith('.energy') ? from : `${from}.energy`;
  const base = from.startsWith('std/')
    ? path.join(await packageRoot(), 'stdlib', name.slice('std/'.length))
    : path.resolve(cwd, path.dirname(file), name);
  const text = textOf(base);
  return text === undefined ? undefined : outlineOf(text);
}

/** `std/ising`, and the names that each module declares. */
export async function libraryNames(): Promise<readonly Word[]> {
  const folder = path.join(await packageRoot(), 'stdlib');
  return entriesOf(folder).flatMap((e) => {
    if (!e.name.endsWith('.energy')) return [];
    const module = `std/${e.name.slice(0, -'.energy'.length)}`;
    const declared = outlineIn(folder, e.name)?.declarations ?? [];
    return [
      { value: module, doc: 'module of the standard library' },
      ...declared.map((d) => ({ value: d.name, doc: `${d.kind} of ${module}` })),
    ];
  });
}

/** Files (with one of the extensions, if any are given) and folders that a path may go on to. */
export function pathsFrom(cwd: string, typed: string, extensions: readonly string[]): readonly Word[] {
  const at = typed.lastIndexOf('/') + 1;
  const [before, start] = [typed.slice(0, at), typed.slice(at)];
  return entriesOf(path.resolve(cwd, before)).flatMap((e) => {
    if (!e.name.startsWith(start) || (e.name.startsWith('.') && !start.startsWith('.'))) return [];
    if (isFolder(path.resolve(cwd, before), e)) return [{ value: `${before}${e.name}/` }];
    const fits = extensions.length === 0 || extensions.some((x) => e.name.endsWith(`.${x}`));
    return fits ? [{ value: `${before}${e.name}` }] : [];
  });
}

/** Folders that a run has written, below what has been typed; with the verb of the run. */
export function runsFrom(cwd: string, typed: string): readonly Word[] {
  const at = typed.lastIndexOf('/') + 1;
  const [before, start] = [typed.slice(0, at), typed.slice(at)];
  const end = performance.now() + LONGEST_SEARCH;
  const found: Word[] = [];
  let opened = 0;
  let level = [{ shown: before, full: path.resolve(cwd, before) }];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { shown, full } of level) {
      if (++opened > MOST_FOLDERS || performance.now() > end) return found;
      const entries = entriesOf(full);
      if (entries.some((e) => e.name === RECORD) && shown !== '')
        found.push({ value: shown.replace(/\/$/, ''), doc: runText(path.join(full, RECORD)) });
      for (const e of entries) {
        const wanted = depth === 0 ? e.name.startsWith(start) : true;
        if (!wanted || e.name.startsWith('.') || SKIPPED.has(e.name) || !isFolder(full, e)) continue;
        next.push({ shown: `${shown}${e.name}/`, full: path.join(full, e.name) });
      }
    }
    level = next;
  }
  return found;
}

interface Entry {
  readonly name: string;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function entriesOf(folder: string): readonly Entry[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function isFolder(inside: string, e: Entry): boolean {
  if (!e.isSymbolicLink()) return e.isDirectory();
  try {
    return statSync(path.join(inside, e.name)).isDirectory();
  } catch {
    return false;
  }
}

/** `sample of Ising`; the folder of the run says it. */
function runText(file: string): string {
  try {
    const record: unknown = JSON.parse(textOf(file) ?? 'null');
    const job = typeof record === 'object' && record !== null && 'job' in record ? record.job : null;
    if (typeof job !== 'object' || job === null || !('verb' in job)) return 'run';
    return 'energy' in job && typeof job.energy === 'string' && job.energy !== ''
      ? `${String(job.verb)} of ${job.energy}`
      : String(job.verb);
  } catch {
    return 'run';
  }
}
