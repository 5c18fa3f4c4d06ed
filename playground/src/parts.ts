/** Workers of the worker that runs jobs: each draws some of the chains. */
import type { FromWorker, WorkerHost } from '../../src/scale/protocol.ts';
import { engineOfWorker, workerName } from './engine-choice.ts';
import PartWorker from './part-worker.ts?worker';
import type { FilesMessage, SourceText, ToPart } from './protocol.ts';

/** @param files what the program may read besides its own text */
export const partsOf = (source: SourceText, files: FilesMessage): WorkerHost => ({
  // A browser without workers inside workers draws on one.
  cores: typeof Worker === 'undefined' ? 0 : navigator.hardwareConcurrency,
  start(hear, lost) {
    const worker = new PartWorker({ name: workerName('chains', engineOfWorker(self.name)) });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => hear(data);
    worker.onerror = (e) => {
      e.preventDefault();
      lost(e.message || 'it could not be started');
    };
    const post = (message: ToPart): void => worker.postMessage(message);
    post({ type: 'open', source, files });
    return {
      send: post,
      end: () => {
        worker.onerror = null;
        worker.terminate();
      },
    };
  },
});
