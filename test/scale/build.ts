/** The command line as it is installed: threads run JavaScript, so the sources are translated into a folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { threadId } from 'node:worker_threads';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '..', '..');

export interface Built {
  /** Runs `energy` in a folder of its own, and answers what it printed. */
  energy(
    ...argv: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** The bytes of a file in that folder. */
  read(file: string): Buffer;
  /** The program that Node runs, and the folder. */
  readonly bin: string;
  readonly folder: string;
  remove(): void;
}

const cache = path.join(root, 'node_modules', '.cache', 'energy-built');

/** Each text is translated once, whoever builds. */
function translated(text: string, options: ts.CompilerOptions): string {
  const key = createHash('sha256')
    .update(`${ts.version}\n${JSON.stringify(options)}\n${text}`)
    .digest('hex');
  const kept = path.join(cache, `${key}.js`);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const { outputText } = ts.transpileModule(text, { compilerOptions: options });
  mkdirSync(cache, { recursive: true });
  // Somebody else may be writing the same.
  const own = `${kept}.${process.pid}.${threadId}`;
  writeFileSync(own, outputText);
  renameSync(own, kept);
  return outputText;
}

/** @param files the folder's contents */
export function build(files: Readonly<Record<string, string>>): Built {
  const dir = mkdtempSync(path.join(tmpdir(), 'energy-built-'));
  for (const name of ['node_modules', 'package.json', 'stdlib'])
    symlinkSync(path.join(root, name), path.join(dir, name));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  for (const from of ['src', 'grammar'])
    for (const name of readdirSync(path.join(root, from), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const text = readFileSync(path.join(root, from, name), 'utf8');
      const to = path.join(dir, from, name.replace(/\.ts$/, '.js'));
      mkdirSync(path.dirname(to), { recursive: true });
      writeFileSync(to, translated(text, options));
    }
  const work = path.join(dir, 'work');
  mkdirSync(work);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(work, name), text);
  const bin = path.join(dir, 'src', 'cli', 'bin.js');
  return {
    bin,
    folder: work,
    energy: (...argv) =>
      new Promise((resolve) => {
        execFile(process.execPath, [bin, ...argv], { cwd: work }, (e, out, err) =>
          resolve({ code: e === null ? 0 : Number(e.code), out, err }),
        );
      }),
    read: (file) => readFileSync(path.join(work, file)),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
