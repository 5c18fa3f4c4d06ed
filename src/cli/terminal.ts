/** What the command line prints: diagnostics, one live line of progress, events. */
import pc from 'picocolors';
import type { RunEvent, TrainingValues } from '../run/results.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { render } from '../syntax/render.ts';
import type { Source } from '../syntax/span.ts';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
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
} as const;

/** A mistake in how the command was called; exit code 2. */
export class UsageError extends Error {}

export class Terminal {
  private readonly io: Io;
  readonly json: boolean;
  readonly color: boolean;
  private readonly sources = new Map<string, Source>();
  private live = '';

  constructor(io: Io, json: boolean) {
    this.io = io;
    this.json = json;
    this.color = Boolean(io.err.isTTY) && pc.isColorSupported;
  }

  addSource(source: Source): void {
    this.sources.set(source.file, source);
  }

  /** A line of ordinary output. */
  line(text = ''): void {
    this.clearLive();
    if (!this.json) this.io.out.write(`${text}\n`);
  }

  /** Output that is the command's answer, also with `--json`. */
  answer(text: string): void {
    this.clearLive();
    this.io.out.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  event(event: Readonly<Record<string, unknown>>): void {
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
    if (this.json) {
      this.event({ ...event });
      return;
    }
    if (event.event !== 'progress' || !this.io.err.isTTY) return;
    const { done, total, rate, value } = event;
    const left = rate > 0 ? ` · ${clock((total - done) / rate)} left` : '';
    const text = `${event.job}: ${event.phase} ${bar(done / total)} ${done}/${total} · ${rate.toFixed(rate < 10 ? 1 : 0)}/s${left}${
      value === null ? '' : ` · ${VALUES[event.phase]} ${value.toPrecision(5)}`
    }${event.training ? learning(event.training) : ''}`;
    const clipped = text.slice(0, (this.io.err.columns ?? 100) - 1);
    this.io.err.write(`\r${clipped.padEnd(this.live.length)}`);
    this.live = clipped;
  }

  clearLive(): void {
    if (this.live === '') return;
    this.io.err.write(`\r${' '.repeat(this.live.length)}\r`);
    this.live = '';
  }

  bold = (s: string): string => (this.color ? pc.bold(s) : s);
  dim = (s: string): string => (this.color ? pc.dim(s) : s);
}

function learning({ gradientNorm, dataEnergy, negativeEnergy, heldOut }: TrainingValues): string {
  const short = (x: number): string => x.toPrecision(3);
  const energies = `E ${short(dataEnergy)}${negativeEnergy === null ? '' : ` | ${short(negativeEnergy)}`}`;
  return `${heldOut === null ? '' : ` · held out ${heldOut.toPrecision(5)}`} · ${energies} · slope ${short(gradientNorm)}`;
}

/** What the value of a phase is. */
const VALUES = {
  warmup: 'energy',
  sampling: 'energy',
  searching: 'energy',
  training: 'loss',
  working: 'ln Z',
} as const;

const bar = (f: number): string => {
  const n = Math.round(20 * Math.min(1, f));
  return `[${'█'.repeat(n)}${'·'.repeat(20 - n)}]`;
};

const clock = (s: number): string => {
  if (s < 60) return `${Math.ceil(s)} s`;
  return s < 3600 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${(s / 3600).toFixed(1)} h`;
};

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
