/** Other programs, run to their end with their output kept. */
import { spawn } from 'node:child_process';

export interface Outcome {
  /** The exit code; 127 where there is no such program, 124 when its time was over. */
  readonly code: number;
  readonly out: string;
  /** Standard error after standard output. */
  readonly all: string;
}

export interface ExecuteOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After that many seconds the program and whatever it started are ended. */
  readonly seconds: number;
}

/** Characters of output that are kept of each stream: its end. */
const KEPT = 200_000;

/** Runs a program; its failure is an outcome, never thrown. */
export function execute(
  command: string,
  args: readonly string[],
  { cwd, env, seconds }: ExecuteOptions,
): Promise<Outcome> {
  return new Promise((done) => {
    const texts = { out: '', err: '' };
    let late = false;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that compilers started by npm end with it.
      detached: process.platform !== 'win32',
    });
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, seconds * 1000);
    // Control-C reaches this process only: the child is in a group of its own. It ends the child, whose
    // failure then undoes what was begun.
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    const finish = (code: number, extra = ''): void => {
      clearTimeout(timer);
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      done({ code, out: texts.out, all: `${texts.out}${texts.err}${extra}` });
    };
    child.stdout.on('data', (d: Buffer) => {
      texts.out = (texts.out + d).slice(-KEPT);
    });
    child.stderr.on('data', (d: Buffer) => {
      texts.err = (texts.err + d).slice(-KEPT);
    });
    child.on('error', (e: NodeJS.ErrnoException) => finish(e.code === 'ENOENT' ? 127 : 126, e.message));
    child.on('close', (code, signal) =>
      finish(late ? 124 : (code ?? 1), late ? `\nended after ${seconds} s` : signal ? `\n${signal}` : ''),
    );
  });
}

/** The last lines of a program's output that say something. */
export const lastLines = (text: string, count = 12): string =>
  text
    .split('\n')
    .map((l) => l.trimEnd())
    .filter((l) => l.trim() !== '')
    .slice(-count)
    .map((l) => `    ${l.slice(0, 240)}`)
    .join('\n');

/** The lines of a compiler's output that speak of errors, else its last ones. */
export function errorLines(text: string): string {
  const lines = text.split('\n').filter((l) => /\berror\b/i.test(l) && !/^npm (warn|error)/.test(l));
  return lines.length > 0 ? lastLines(lines.slice(0, 8).join('\n')) : lastLines(text);
}
