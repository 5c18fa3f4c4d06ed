/** Lines at the bottom of a terminal that are drawn again in place, and leave nothing behind. */
import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../terminal.ts';
import { widthOf } from './table.ts';

const [HIDE, SHOW] = ['\x1b[?25l', '\x1b[?25h'];

/** Exit codes of a shell: 128 and the signal's number. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export class LiveLines {
  private readonly out: Output;
  /** Widths of the lines on the screen. */
  private shown: readonly number[] = [];
  private guards: readonly (() => void)[] = [];
  /** Whether the cursor can be seen because the process was asked to wait. */
  private paused = false;

  constructor(out: Output) {
    this.out = out;
  }

  /** Columns that lines may take: the last one would make some terminals go on to the next line. */
  get width(): number {
    return Math.max(1, (this.out.columns || 80) - 1);
  }

  /** Lines that there may be. */
  get height(): number {
    return Math.max(1, (this.out.rows || 24) - 1);
  }

  /** Puts these lines in place of those before. */
  draw(lines: readonly string[]): void {
    const text = lines.map((l) => `${l}\x1b[K`).join('\n');
    const first = this.guards.length === 0;
    if (first) this.guard();
    this.out.write(`${first || this.paused ? HIDE : ''}${this.home()}${text}\x1b[J`);
    this.paused = false;
    this.shown = lines.map((l) => widthOf(stripVTControlCharacters(l)));
  }

  /** Takes the lines off the screen; the cursor is where they began, and can be seen. */
  clear(): void {
    if (this.guards.length > 0) this.out.write(`${this.home()}\x1b[J${SHOW}`);
    this.shown = [];
    for (const free of this.guards) free();
    this.guards = [];
  }

  /** To the beginning of the first line. In a window that has become narrower, lines take more room than before. */
  private home(): string {
    const columns = Math.max(1, this.out.columns || 80);
    const rows = this.shown.reduce((n, w) => n + Math.max(1, Math.ceil(w / columns)), 0);
    return rows > 1 ? `\r\x1b[${rows - 1}A` : '\r';
  }

  /** However the process ends, the cursor comes back. */
  private guard(): void {
    const onExit = (): void => this.clear();
    process.on('exit', onExit);
    const guards = [() => process.off('exit', onExit)] as (() => void)[];
    for (const [name, code] of Object.entries(signals) as [keyof typeof signals, number][]) {
      const on = (): void => {
        // Who else listens ends the process in an orderly way.
        if (process.listenerCount(name) === 1) process.exit(code);
      };
      process.on(name, on);
      guards.push(() => process.off(name, on));
    }
    if (process.platform !== 'win32') {
      // Ctrl-Z: another command has the terminal until this one goes on.
      const onPause = (): void => {
        this.out.write(`${this.home()}\x1b[J${SHOW}`);
        this.shown = [];
        this.paused = true;
        process.kill(process.pid, 'SIGSTOP');
      };
      process.on('SIGTSTP', onPause);
      guards.push(() => process.off('SIGTSTP', onPause));
    }
    this.guards = guards;
  }
}
