/** What the command line prints: diagnostics, live progress, events. */
import pc from 'picocolors';
import type { RunEvent } from '../run/results.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { render } from '../syntax/render.ts';
import type { Source } from '../syntax/span.ts';
import { jsonProgress, type ProgressSink, silence, terminalProgress } from './progress/progress.ts';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Io {
  readonly out: Output;
  readonly err: Output;
  readonly cwd: string;
}

export const ExitCode = {
  fine: 0,
  wrong: 1,
  usage: 2,
  badDiagnostics: 3,
  internal: 70,
  stopped: 130,
  terminated: 143,
} as const;

/** A mistake in how the command was called; exit code 2. */
export class UsageError extends Error {}

export class Terminal {
  private readonly io: Io;
  readonly json: boolean;
  readonly color: boolean;
  private readonly sources = new Map<string, Source>();
  private readonly live: ProgressSink;
  private readonly quiet: boolean;

  /** @param quiet print what is wrong, and nothing else; with `json` no progress */
  constructor(io: Io, json: boolean, quiet = false) {
    this.io = io;
    this.json = json;
    this.quiet = quiet;
    this.color = Boolean(io.err.isTTY) && pc.isColorSupported;
    const shown = !json && !quiet && Boolean(io.err.isTTY) && process.env.TERM !== 'dumb';
    if (json) this.live = jsonProgress((e) => this.write(e));
    else this.live = shown ? terminalProgress(io.err, this.color) : silence;
  }

  addSource(source: Source): void {
    this.sources.set(source.file, source);
  }

  /** A line of ordinary output. */
  line(text = ''): void {
    this.clearLive();
    if (!this.json && !this.quiet) this.io.out.write(`${text}\n`);
  }

  /** Output that is the command's answer, also with `--json`. */
  answer(text: string): void {
    this.clearLive();
    this.io.out.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  event(event: Readonly<Record<string, unknown>>): void {
    this.clearLive();
    this.write(event);
  }

  private write(event: Readonly<Record<string, unknown>>): void {
    if (this.json) this.io.out.write(`${jsonText(event)}\n`);
  }

  diagnostics(list: readonly Diagnostic[]): void {
    this.clearLive();
    if (this.json) {
      for (const d of list) this.event({ event: 'diagnostic', ...d, ...this.positionOf(d) });
      return;
    }
    for (const d of list)
      this.io.err.write(`${render(d, (file) => this.sources.get(file), { color: this.color })}\n`);
  }

  /** Line and column for machines, 1-based. */
  private positionOf(d: Diagnostic): Readonly<Record<string, unknown>> {
    if (d.place.kind !== 'source') return { file: d.place.file, row: d.place.row, column: d.place.column };
    const position = this.sources.get(d.place.span.file)?.positionAt(d.place.span.start);
    return { file: d.place.span.file, ...position };
  }

  progress(event: RunEvent): void {
    if (!this.quiet || event.event !== 'progress') this.live.take(event);
  }

  /** Says that a run has been asked to end. @param again what ends it at once */
  stopping(again: string): void {
    this.live.stopping();
    if (!this.quiet && !this.io.err.isTTY && !this.json)
      this.io.err.write(`stopping, and saving what there is; ${again} quits at once\n`);
  }

  /** Takes what is live off the screen; what follows is there to stay. */
  clearLive(): void {
    this.live.rest();
  }

  bold = (s: string): string => (this.color ? pc.bold(s) : s);
  dim = (s: string): string => (this.color ? pc.dim(s) : s);
}

/** JSON text; numbers that JSON lacks become null. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? null : v), indent);

/** A table for the terminal: first column flush left, others right. */
export function textTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = columns.map((c, i) => Math.max(c.length, ...rows.map((r) => r[i].length)));
  const one = (r: readonly string[]): string =>
    r
      .map((x, i) => (i === 0 ? x.padEnd(width[i]) : x.padStart(width[i])))
      .join('  ')
      .trimEnd();
  return [one(columns), ...rows.map(one)].join('\n');
}

export function short(x: number | null | undefined): string {
  if (x === null || x === undefined) return '–';
  if (!Number.isFinite(x)) return String(x);
  if (x === 0) return '0';
  const a = Math.abs(x);
  return a >= 1e5 || a < 1e-3 ? x.toExponential(2) : String(Number(x.toPrecision(4)));
}
