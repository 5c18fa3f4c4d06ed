/** The command line called in-process, in a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll } from 'vitest';
import { main } from '../../src/cli/main.ts';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** With `--json`: the events, in order. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** The last event. */
  readonly result: Readonly<Record<string, unknown>>;
}

export interface Place {
  readonly dir: string;
  readonly energy: (...argv: readonly string[]) => Promise<Answer>;
}

/** A temporary folder with these files; removed when the tests of the file are done. */
export function folder(files: Readonly<Record<string, string>>): Place {
  const dir = mkdtempSync(path.join(tmpdir(), 'energy-test-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  }
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return {
    dir,
    energy: async (...argv) => {
      let [out, err] = ['', ''];
      const code = await main(argv, {
        out: { write: (s) => (out += s) },
        err: { write: (s) => (err += s) },
        cwd: dir,
      });
      const lines = argv.includes('--json') ? out.trim().split('\n').filter(Boolean) : [];
      const events = lines.map((l) => JSON.parse(l) as Record<string, unknown>);
      return { code, out, err, events, result: events.at(-1) ?? {} };
    },
  };
}
