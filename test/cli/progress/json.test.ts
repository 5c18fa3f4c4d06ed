/** Events of progress as lines of JSON: few, and none that matters is left out. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { jsonProgress } from '../../../src/cli/progress/progress.ts';
import type { ProgressEvent } from '../../../src/cli/progress/state.ts';

const event = (done: number, more: Partial<ProgressEvent> = {}): ProgressEvent => ({
  event: 'progress',
  job: 'draws',
  phase: 'sampling',
  done,
  total: 1000,
  rate: 50,
  value: -3,
  ...more,
});
const row = (draw: number) => ({
  chain: 0,
  phase: 'sampling' as const,
  draw,
  of: 1000,
  rate: 50,
  energy: -3,
  acceptance: 0.5,
  divergences: 0,
});

/** Tells of events at these milliseconds. @returns what was written */
function told(events: readonly (readonly [number, ProgressEvent])[]): readonly Record<string, unknown>[] {
  const out: Record<string, unknown>[] = [];
  const sink = jsonProgress((e) => out.push(e));
  let now = 1e6;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  sink.take({ event: 'start', job: 'draws', verb: 'sample', energy: 'E' });
  for (const [ms, e] of events) {
    now = 1e6 + ms;
    sink.take(e);
  }
  sink.rest();
  return out.slice(1);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('progress as JSON', () => {
  it('is told four times a second, and at the end', () => {
    const out = told(Array.from({ length: 100 }, (_, i) => [20 * i, event(i + 1)] as const));
    expect(out.map((e) => e.done)).toEqual([1, 14, 27, 40, 53, 66, 79, 92, 100]);
  });

  it('is told at once where a phase begins, after the end of the one before, and with the first value', () => {
    const out = told([
      [0, event(1, { phase: 'warmup', value: null })],
      [20, event(2, { phase: 'warmup', value: null })],
      [40, event(3, { phase: 'warmup', value: null })],
      [60, event(4, { value: null })],
      [80, event(5)],
      [90, event(6)],
    ]);
    expect(out.map((e) => [e.done, e.phase, e.value])).toEqual([
      [1, 'warmup', null],
      [3, 'warmup', null],
      [4, 'sampling', null],
      [5, 'sampling', -3],
      [6, 'sampling', -3],
    ]);
  });

  it('says what is known of chains, also where the event does not', () => {
    const out = told([
      [0, event(1)],
      [10, event(2, { chains: [row(2)], chainCount: 1 })],
      [300, event(500, { chainCount: 1, rHat: 1.02 })],
    ]);
    expect(out[0]).toEqual({ ...event(1), seconds_left: 999 / 50 });
    expect(out[1]).toEqual({
      ...event(500),
      seconds_left: 10,
      chains: [row(2)],
      chain_count: 1,
      r_hat: 1.02,
    });
  });
});
