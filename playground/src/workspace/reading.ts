/** The page's side of the worker that reads files; it is started with the first question. */
import type { FromReader, Peek, ShownRun, ToReader } from '../protocol.ts';
import ReaderWorker from '../reader.ts?worker';

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, (answer: FromReader) => void>();

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

function ask(question: WithoutId<ToReader>): Promise<FromReader> {
  if (!worker) {
    worker = new ReaderWorker({ name: 'files' });
    worker.onmessage = ({ data }: MessageEvent<FromReader>) => {
      waiting.get(data.id)?.(data);
      waiting.delete(data.id);
    };
    worker.onerror = (e) => {
      e.preventDefault();
      worker = null;
      for (const [id, settle] of waiting)
        settle({ id, found: null, fault: e.message || 'it could not be read' });
      waiting.clear();
    };
  }
  const id = ++last;
  const answer = new Promise<FromReader>((resolve) => waiting.set(id, resolve));
  const message = { ...question, id } as ToReader;
  worker.postMessage(message);
  return answer;
}

/** @returns a sentence where the file cannot be read */
export async function peekAt(
  question: Omit<Extract<ToReader, { type: 'peek' }>, 'id' | 'type'>,
): Promise<Peek | string> {
  const { found, fault } = await ask({ type: 'peek', ...question });
  return found && 'columns' in found ? found : (fault ?? 'it could not be read');
}

/** @returns a sentence where it is no run, or a damaged one */
export async function readRunFolder(
  name: string,
  files: ReadonlyMap<string, Blob>,
): Promise<ShownRun | string> {
  const { found, fault } = await ask({ type: 'run-folder', name, files });
  return found && 'facts' in found ? found : (fault ?? 'it could not be read');
}
