/** Passes what the test asks to a worker. */
import type { Asked, Said } from './worker.ts';

const ask = (asked: Asked): Promise<Said> =>
  new Promise((done, fail) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      worker.terminate();
      done(data);
    };
    worker.onerror = (e) => fail(new Error(e.message));
    worker.postMessage(asked);
  });

Object.assign(globalThis, { ask });
