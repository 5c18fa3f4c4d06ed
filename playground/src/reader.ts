/** A worker that reads files for the page: tables to look at, runs of the command line. */
import { memoryHost } from '../../src/io/memory-host.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import type { FromReader, ToReader } from './protocol.ts';

/** The part of a worker's global scope that is used here. */
interface ReaderScope {
  postMessage(message: FromReader): void;
  onmessage: ((e: MessageEvent<ToReader>) => void) | null;
}
const scope = self as unknown as ReaderScope;

scope.onmessage = ({ data: message }) => {
  void answer(message)
    .then((found) => scope.postMessage({ id: message.id, found, fault: null }))
    .catch((e: unknown) => scope.postMessage({ id: message.id, found: null, fault: faultOf(e) }));
};

async function answer(message: ToReader): Promise<FromReader['found']> {
  const host = memoryHost();
  switch (message.type) {
    case 'peek': {
      const { content, file, path, taken } = message;
      const bytes = content instanceof Blob ? await content.arrayBuffer() : await fetched(content.url);
      await host.write(file, new Uint8Array(bytes));
      const { peek } = await import('./engine/peek.ts');
      return peek(host, file, { path, taken });
    }
    case 'run-folder': {
      for (const [path, blob] of message.files)
        await host.write(path, new Uint8Array(await blob.arrayBuffer()));
      const { readRunCard } = await import('./engine/run-card.ts');
      return readRunCard(host, '', message.name);
    }
  }
}

async function fetched(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error('the file cannot be fetched');
  return response.arrayBuffer();
}

const faultOf = (e: unknown): string =>
  e instanceof EnergyError ? e.diagnostics[0].message : e instanceof Error ? e.message : String(e);
