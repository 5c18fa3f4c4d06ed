/** One `sample` job on several workers: starts them, hears them, puts together what they came to. */
import { fault } from '../infer/model.ts';
import { type Look, type Verdict, verdictOn } from '../infer/run-length.ts';
import type { ChainPart, SampleResult } from '../infer/sample.ts';
import type { Signal } from '../signal.ts';
import { type Halves, worstRHat } from '../stats/running-r-hat.ts';
import { type Diagnostic, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { type ChainProgress, someChains } from './chain-progress.ts';
import { liveRun, type MergedLive } from './live.ts';
import { mergeDraws, mergeResults } from './merge.ts';
import type { FromWorker, PartOrder, PartProgress, WorkerHost, WorkerLink } from './protocol.ts';

/** How all chains are getting on: means over them. */
export interface MergedProgress extends Omit<PartProgress, 'live' | 'halves'> {
  readonly live: MergedLive | null;
  /** With `chains`: how many there are. */
  readonly chainCount: number;
  readonly rHat: number | null;
  /**
   * What an end at this moment would come to: as many draws of every chain as the slowest has. To be asked for
   * while the run waits.
   * @returns null where some chain has none
   */
  readonly soFar: () => Promise<SampleResult | null>;
}

export interface Conducted {
  readonly host: WorkerHost;
  /** The chains of each worker, in order, all of the run. */
  readonly parts: readonly ChainPart[];
  readonly order: Omit<PartOrder, 'from' | 'count'>;
  /** Where the job is, for messages. */
  readonly span: Span;
  readonly onProgress: (progress: MergedProgress) => void;
  readonly signal?: Signal;
}

/** The workers opened something else than the run has; the reason is the message. */
export class UnfitWorkers extends Error {}

/** One worker and what is known of it. */
interface Hand {
  readonly part: ChainPart;
  link: WorkerLink | null;
  progress: PartProgress | null;
  /** What it has told last of its chains, and of what their R-hat is made of. */
  chains: readonly ChainProgress[] | null;
  halves: Halves | null;
  /** What it has drawn, while it waits to hear how to go on. */
  look: Look | null;
  result: SampleResult | null;
  /** Its answer to what there is so far: `undefined` until it comes. */
  soFar: SampleResult | null | undefined;
  failure: { readonly sweep: number; readonly diagnostics: readonly Diagnostic[] } | null;
}

/** How often the signal is looked at, and progress told at most. */
const TICK_MS = 16;

/**
 * The draws of all parts: the same, byte for byte, as those of one thread. Of several faults the one is
 * reported that one thread would have met first: in the earliest sweep, of the first chains.
 * After an early end every chain has as many draws as the slowest.
 * @throws EnergyError what a worker found wrong, or E0707 where one was lost; UnfitWorkers; Error for a fault of ours
 */
export async function conduct(run: Conducted): Promise<SampleResult> {
  const hands = run.parts.map(
    (part): Hand => ({
      part,
      link: null,
      progress: null,
      chains: null,
      halves: null,
      look: null,
      result: null,
      soFar: undefined,
      failure: null,
    }),
  );
  const live = liveRun(run.parts);
  let clock: ReturnType<typeof setInterval> | undefined;
  try {
    return await new Promise<SampleResult>((resolve, reject) => {
      let told = 0;
      let stopping = false;
      let waiting = false;
      let rHat: number | null = null;
      /** Who has asked for what there is. */
      let asking: ((result: SampleResult | null) => void)[] = [];
      const answer = (): void => {
        const all = hands.flatMap((h) => h.result ?? h.soFar ?? []);
        if (!hands.every((h) => h.result || h.soFar !== undefined)) return;
        const merged = all.length < hands.length ? null : mergeResults(all);
        for (const tell of asking) tell(merged);
        asking = [];
      };
      const soFar = (): Promise<SampleResult | null> =>
        new Promise((tell) => {
          // What each has at the moment it is asked: not before it has heard that it is to wait.
          steer();
          if (asking.push(tell) === 1)
            for (const h of hands) {
              h.soFar = undefined;
              h.link?.send({ type: 'so-far' });
            }
        });
      const steer = (): void => {
        const waits = run.signal?.paused != null;
        if (waits !== waiting) for (const h of hands) h.link?.send({ type: 'pause', on: waits });
        waiting = waits;
        if (stopping || !run.signal?.aborted) return;
        stopping = true;
        for (const h of hands) h.link?.send({ type: 'stop' });
      };
      const hear = (hand: Hand, i: number, message: FromWorker): void => {
        switch (message.type) {
          case 'progress': {
            hand.progress = message.progress;
            hand.chains = message.progress.chains ?? hand.chains;
            if (message.progress.halves) {
              hand.halves = message.progress.halves;
              rHat = rHatOf(hands);
            }
            if (message.progress.live) live.hear(i, message.progress.live);
            const now = performance.now();
            const last = hands.every((h) => h.progress && h.progress.done === h.progress.total);
            if (last || now - told >= TICK_MS) {
              told = now;
              run.onProgress({ ...mergeProgress(hands, live.show(), rHat), soFar });
            }
            break;
          }
          case 'look':
            hand.look = message.look;
            judge(hands);
            break;
          case 'done':
            hand.result = message.result;
            if (asking.length > 0) answer();
            break;
          case 'so-far':
            hand.soFar = message.result;
            answer();
            break;
          case 'failed':
            hand.failure = message;
            break;
          case 'unfit':
            reject(new UnfitWorkers(message.why));
            return;
          case 'crashed':
            reject(new Error(message.message));
            return;
        }
        const fault = firstFault(hands);
        if (fault) reject(new EnergyError(fault));
        else if (hands.every((h) => h.result)) resolve(mergeResults(hands.flatMap((h) => h.result ?? [])));
      };
      clock = setInterval(steer, TICK_MS);
      hands.forEach((hand, i) => {
        const { from, count } = hand.part;
        hand.link = run.host.start(
          (message) => guarded(reject, () => hear(hand, i, message)),
          (why) => {
            if (!hand.result && !hand.failure) reject(lost(run.span, hand.part, why));
          },
        );
        hand.link.send({ type: 'start', order: { ...run.order, from, count } });
      });
    });
  } finally {
    clearInterval(clock);
    for (const h of hands) h.link?.end();
  }
}

/** Once every part waits: the verdict on all chains. */
function judge(hands: readonly Hand[]): void {
  const looks = hands.flatMap((h) => h.look ?? []);
  if (looks.length < hands.length) return;
  const verdict: Verdict = verdictOn({
    draws: mergeDraws(looks.map((l) => l.draws)),
    spent: looks.reduce((sum, l) => sum + l.spent, 0),
    doublings: looks[0].doublings,
    tempered: looks[0].tempered,
  });
  for (const h of hands) {
    h.look = null;
    h.link?.send({ type: 'verdict', verdict });
  }
}

/** What a listener throws ends the run instead of going nowhere. */
function guarded(reject: (e: unknown) => void, work: () => void): void {
  try {
    work();
  } catch (e) {
    reject(e);
  }
}

/** The earliest fault, once no worker can find an earlier one. */
function firstFault(hands: readonly Hand[]): readonly Diagnostic[] | null {
  const failures = hands.flatMap((h) => h.failure ?? []);
  if (failures.length === 0) return null;
  // In order of the chains: among faults of one sweep, that of the first chains.
  const first = failures.reduce((a, b) => (b.sweep < a.sweep ? b : a));
  const decided = hands.every((h) => h.result || h.failure || (h.progress && h.progress.done > first.sweep));
  return decided ? first.diagnostics : null;
}

/** Of all chains, once every part has told of its own. */
function rHatOf(hands: readonly Hand[]): number | null {
  const told = hands.flatMap((h) => h.halves ?? []);
  return told.length < hands.length ? null : worstRHat(told);
}

function mergeProgress(
  hands: readonly Hand[],
  live: MergedLive | null,
  rHat: number | null,
): Omit<MergedProgress, 'soFar'> {
  const chains = hands.reduce((n, h) => n + h.part.count, 0);
  const heard = hands.flatMap(({ part, progress }) => (progress ? [{ count: part.count, progress }] : []));
  const mean = (of: (p: PartProgress) => number): number =>
    heard.reduce((sum, { count, progress }) => sum + count * of(progress), 0) / chains;
  const drawn = heard.filter(({ progress }) => progress.energy !== null);
  const counted = drawn.reduce((n, h) => n + h.count, 0);
  const told = hands.flatMap((h) => h.chains ?? []);
  return {
    phase:
      heard.length < hands.length || heard.some((h) => h.progress.phase === 'warmup') ? 'warmup' : 'sampling',
    done: Math.floor(mean((p) => p.done)),
    total: heard[0].progress.total,
    rate: mean((p) => p.rate),
    energy:
      counted === 0 ? null : drawn.reduce((s, h) => s + h.count * (h.progress.energy ?? 0), 0) / counted,
    live,
    ...(told.length > 0 ? { chains: someChains(told) } : {}),
    chainCount: chains,
    rHat,
  };
}

const lost = (span: Span, { from, count }: ChainPart, why: string): EnergyError =>
  fault(
    'E0707',
    span,
    `the worker that drew ${count === 1 ? `chain ${from}` : `chains ${from} to ${from + count - 1}`} was lost: ${why}`,
    'with `workers = 1` the chains share one memory; fewer chains or draws need less of it',
  );
