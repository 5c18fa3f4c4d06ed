/** Workers of the worker that runs jobs: each draws some of the chains. */
import type { FromWorker, WorkerHost } from '../../src/scale/protocol.ts';
import PartWorker from './part-worker.ts?worker';
import type { SourceText, ToPart } from './protocol.ts';

export const partsOf = (source: SourceText): WorkerHost => ({
  // A browser without workers inside workers draws on one.
  cores: typeof Worker === 'undefined' ? 0 : navigator.hardwareConcurrency,
  start(hear, lost) {
    const worker = new PartWorker({ name: 'chains' });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => hear(data);
    worker.onerror = (e) => {
      e.preventDefault();
      lost(e.message || 'it could not be started');
    };
    const post = (message: ToPart): void => worker.postMessage(message);
    post({ type: 'open', source });
    return {
      send: post,
      end: () => {
        worker.onerror = null;
        worker.terminate();
      },
    };
  },
});
