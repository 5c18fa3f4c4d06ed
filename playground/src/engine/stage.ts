/** Chains in motion: steps between frames, frames as they are wanted, sliders as they move. */
import type { FromWorker } from '../protocol.ts';
import type { StageFrame, StageSettings } from '../staged.ts';
import type { StageChains } from './stage-chains.ts';

export interface Stage {
  /** Shows these chains instead of those before; frames begin at once. */
  open(id: number, chains: StageChains): void;
  set(id: number, settings: StageSettings): void;
  /** A frame was drawn. */
  drawn(id: number): void;
  clear(): void;
  /** Stands still, as long as something else needs the machine. */
  hold(on: boolean): void;
}

export interface StageHearing {
  readonly send: (message: FromWorker, transfer: ArrayBuffer[]) => void;
  /** A slider went where chains cannot follow (`over`: nothing moves any more). */
  readonly fault: (id: number, e: unknown, over: boolean) => void;
}

/** Work between frames: with what drawing one takes, 30 a second and more. */
const FRAME_MS = 22;
/** Frames do not follow each other more quickly. */
const LEAST_MS = 25;
/** Frames on their way to the screen. */
const MOST_UNDRAWN = 2;
/** A change that takes longer than this waits until the slider rests. */
const QUICK_MS = 50;
const REST_MS = 120;
const PLANE_MS = 1200;

interface Running {
  readonly id: number;
  readonly chains: StageChains;
  wanted: StageSettings;
  changed: number;
  undrawn: number;
  steps: number;
}

export function makeStage({ send, fault }: StageHearing, now = (): number => performance.now()): Stage {
  let current: Running | null = null;
  let held = false;
  let wake = (): void => {};
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const end = (): void => {
    current?.chains.dispose();
    current = null;
    wake();
  };

  async function play(s: Running): Promise<void> {
    const { chains } = s;
    let each = 0.5;
    let building = 0;
    let shown = -Infinity;
    let drawn = true;
    let plane = -Infinity;
    let rate = 0;
    while (current === s) {
      const waited = building > QUICK_MS ? REST_MS : 0;
      if (s.wanted !== chains.settings && now() - s.changed >= waited) {
        const began = now();
        const wanted = s.wanted;
        try {
          chains.apply(wanted);
          if (now() - began > 1) plane = -Infinity;
          drawn = false;
        } catch (e) {
          s.wanted = chains.settings;
          fault(s.id, e, false);
        }
        building = now() - began;
      }
      const { paused, speed } = s.wanted;
      if (held || s.undrawn >= MOST_UNDRAWN || (paused && drawn)) {
        await (s.wanted === chains.settings ? woken() : pause(REST_MS / 4));
        continue;
      }
      const began = now();
      let done = 0;
      // Nobody has to wait for a sampler to find its step.
      const wanted = chains.warming ? Infinity : (speed ?? Infinity);
      while (!paused && done < wanted) {
        const left = FRAME_MS - (now() - began);
        if (done > 0 && left < each) break;
        const most = chains.repeats ? Math.max(1, Math.floor((0.7 * left) / each)) : 1;
        const n = Math.min(most, wanted - done);
        const at = now();
        chains.step(n);
        each = Math.max(1e-4, 0.6 * each + (0.4 * (now() - at)) / n);
        done += n;
      }
      s.steps += done;
      const early = LEAST_MS - (now() - shown);
      await pause(early);
      if (current !== s) return;
      const at = now();
      rate = shown === -Infinity ? 0 : 0.8 * rate + (200 * done) / Math.max(1, at - shown);
      shown = at;
      drawn = paused;
      const { values, terms } = chains.values();
      const { warming } = chains;
      const frame: StageFrame = { warming, steps: s.steps, perFrame: done, rate, values, terms };
      send(
        { type: 'stage-frame', id: s.id, frame },
        [...values, terms].map((v) => v.buffer as ArrayBuffer),
      );
      s.undrawn++;
      if (chains.info.plane?.whole && at - plane > PLANE_MS) {
        plane = at;
        const found = chains.plane();
        if (found) send({ type: 'stage-plane', id: s.id, plane: found }, []);
      }
    }
  }

  return {
    open(id, chains) {
      end();
      const s: Running = { id, chains, wanted: chains.settings, changed: 0, undrawn: 0, steps: 0 };
      current = s;
      send({ type: 'stage-opened', id, stage: chains.info }, []);
      void play(s).catch((e: unknown) => {
        if (current !== s) return;
        end();
        fault(id, e, true);
      });
    },
    set(id, settings) {
      if (current?.id !== id) return;
      current.wanted = settings;
      current.changed = now();
      wake();
    },
    drawn(id) {
      if (current?.id !== id) return;
      current.undrawn = Math.max(0, current.undrawn - 1);
      wake();
    },
    clear: end,
    hold(on) {
      held = on;
      wake();
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
