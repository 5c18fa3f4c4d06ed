/** Where events of jobs go: to a block of lines on a terminal, or to lines of JSON. */
import pc from 'picocolors';
import type { RunEvent } from '../../run/results.ts';
import type { Output } from '../terminal.ts';
import { progressBlock } from './block.ts';
import { LiveLines } from './live.ts';
import { advanced, type ProgressEvent, type ProgressState, secondsLeft, started } from './state.ts';
import { plain, type Style } from './table.ts';

/** Takes events; whoever is about to write something else calls `rest` before. */
export interface ProgressSink {
  take(event: RunEvent): void;
  /** The job has been asked to end. */
  stopping(): void;
  rest(): void;
}

export const silence: ProgressSink = { take() {}, stopping() {}, rest() {} };

/** Milliseconds between two drawings, and from a job's beginning to the first one. */
const [DRAW_MS, PATIENCE_MS] = [100, 200];

const coloured: Style = { bold: pc.bold, dim: pc.dim, warn: pc.yellow, bar: pc.cyan };

/** A block at the bottom of a terminal, about ten times a second. */
export function terminalProgress(out: Output, color: boolean): ProgressSink {
  const lines = new LiveLines(out);
  const style = color ? coloured : plain;
  let state: ProgressState | null = null;
  let drawn = 0;
  let clock: ReturnType<typeof setInterval> | undefined;
  const draw = (now: number): void => {
    if (!state || now - state.began < PATIENCE_MS || now - drawn < DRAW_MS) return;
    drawn = now;
    lines.draw(progressBlock(state, lines.width, now, { height: lines.height, style }));
  };
  return {
    take(e) {
      const now = performance.now();
      if (e.event === 'start') state = started(e.job, e.verb, now);
      if (e.event !== 'progress') return;
      if (state?.job !== e.job) state = started(e.job, '', now);
      state = advanced(state, e);
      clock ??= setInterval(() => draw(performance.now()), DRAW_MS).unref();
      draw(now);
    },
    stopping() {
      if (state) state = { ...state, stopping: true };
      drawn = 0;
      draw(performance.now());
    },
    rest() {
      clearInterval(clock);
      clock = undefined;
      lines.clear();
    },
  };
}

/** Milliseconds between two events of a job's progress. */
const TELL_MS = 250;

/** Events as objects for JSON: those of progress are thinned out, but the first and the last of a phase are kept. */
export function jsonProgress(write: (event: Readonly<Record<string, unknown>>) => void): ProgressSink {
  let state: ProgressState | null = null;
  let told = 0;
  let waiting: ProgressEvent | null = null;
  const tell = (e: ProgressEvent): void => {
    told = performance.now();
    waiting = null;
    write(jsonOf(e, state));
  };
  const rest = (): void => {
    if (waiting) tell(waiting);
  };
  return {
    take(e) {
      if (e.event !== 'progress') {
        rest();
        if (e.event === 'start') state = started(e.job, e.verb, performance.now());
        write({ ...e });
        return;
      }
      const before = state?.job === e.job ? state : started(e.job, '', performance.now());
      const news = e.phase !== before.phase || (before.value === null && e.value !== null);
      if (news && waiting && waiting.phase !== e.phase) rest();
      state = advanced(before, e);
      if (news || performance.now() - told >= TELL_MS) tell(e);
      else waiting = e;
    },
    stopping() {},
    rest,
  };
}

function jsonOf(e: ProgressEvent, state: ProgressState | null): Readonly<Record<string, unknown>> {
  const { chains: _, chainCount: __, rHat: ___, ...rest } = e;
  const chains = state?.chains ?? [];
  return {
    ...rest,
    seconds_left: secondsLeft(e),
    ...(chains.length > 0
      ? { chains, chain_count: state?.chainCount ?? chains.length, r_hat: state?.rHat ?? null }
      : {}),
  };
}
