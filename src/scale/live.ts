/** Chains at work on several workers, as one picture of the run. */
import type { ChainPart } from '../infer/sample.ts';
import type { Draws } from '../stats/draws.ts';
import { mergeDraws } from './merge.ts';
import type { PartLive } from './protocol.ts';

/** What whoever watches is shown. Of the record only what has one number in a draw. */
export interface MergedLive {
  readonly now: Draws;
  readonly record: Draws;
  readonly recorded: number;
}

/** A copy of draws `from` … `to` − 1 of everything that has one number in a draw. */
export const scalarsBetween = (record: Draws, from: number, to: number): Draws => ({
  chains: record.chains,
  draws: to - from,
  quantities: record.quantities.flatMap((q) => {
    if (q.shape.length > 0) return [];
    const values = new Float64Array(record.chains * (to - from));
    for (let c = 0; c < record.chains; c++)
      values.set(q.values.subarray(c * record.draws + from, c * record.draws + to), c * (to - from));
    return [{ ...q, values }];
  }),
});

export interface LiveRun {
  /** Takes in what part number `i` tells. */
  hear(i: number, live: PartLive): void;
  /** All chains; null until every part has told something. Valid until the next call. */
  show(): MergedLive | null;
}

/** @param parts the parts in order, all chains of the run */
export function liveRun(parts: readonly ChainPart[]): LiveRun {
  const chains = parts.reduce((n, p) => n + p.count, 0);
  const latest: (PartLive | undefined)[] = parts.map(() => undefined);
  let record: Draws | undefined;
  return {
    hear(i, live) {
      latest[i] = live;
      const { fresh, draws, recorded } = live;
      record ??= {
        chains,
        draws,
        quantities: fresh.quantities.map((q) => ({ ...q, values: new Float64Array(chains * draws) })),
      };
      const first = recorded - fresh.draws;
      for (const [q, { values }] of record.quantities.entries())
        for (let c = 0; c < fresh.chains; c++) {
          const own = fresh.quantities[q].values.subarray(c * fresh.draws, (c + 1) * fresh.draws);
          values.set(own, (parts[i].from + c) * draws + first);
        }
    },
    show() {
      const told = latest.flatMap((l) => l ?? []);
      if (!record || told.length < parts.length) return null;
      return {
        now: mergeDraws(told.map((l) => l.now)),
        record,
        recorded: Math.min(...told.map((l) => l.recorded)),
      };
    },
  };
}
