/** How whoever started a long computation speaks to it: it may be asked to end, and to wait. */
export interface Signal {
  readonly aborted: boolean;
  /** Settles when the computation may go on; absent or null: now. */
  readonly paused?: Promise<void> | null;
}

/** What Node has for it; browsers make timers wait for 4 ms when they follow each other, messages they do not. */
const { setImmediate: immediate } = globalThis as { setImmediate?: (then: () => void) => unknown };
let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Everything that has come in is handled first. */
function turn(): Promise<void> {
  if (immediate) return new Promise((then) => void immediate(then));
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  const { port2 } = channel;
  return new Promise((then) => {
    waiting.push(then);
    port2.postMessage(null);
  });
}

/**
 * Lets the event loop run, and waits as long as somebody wants that.
 * @returns the milliseconds of waiting, which are no part of the work
 */
export async function rest(signal?: Signal): Promise<number> {
  await turn();
  const began = performance.now();
  let waited = 0;
  for (let wait = waitOf(signal); wait !== null; wait = waitOf(signal)) {
    await wait;
    waited = performance.now() - began;
  }
  return waited;
}

const waitOf = (signal?: Signal): Promise<void> | null =>
  signal?.aborted === false ? (signal.paused ?? null) : null;

/** A signal, and the switches to it. */
export interface Control extends Signal {
  abort(): void;
  /** Asks to wait, or to go on. */
  pause(on: boolean): void;
}

export function makeControl(): Control {
  let aborted = false;
  let paused: Promise<void> | null = null;
  let release = (): void => {};
  const goOn = (): void => {
    paused = null;
    release();
  };
  return {
    get aborted() {
      return aborted;
    },
    get paused() {
      return paused;
    },
    abort() {
      aborted = true;
      goOn();
    },
    pause(on) {
      if (!on) goOn();
      else if (!aborted)
        paused ??= new Promise((resolve) => {
          release = resolve;
        });
    },
  };
}
