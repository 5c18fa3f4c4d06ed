/** The files that programs of the playground can read: the examples' data, fetched when asked for. */
import type { Host } from '../../../src/io/host.ts';
import { type MemoryHost, memoryHost } from '../../../src/io/memory-host.ts';

/**
 * A memory host that fetches a file the first time it is read.
 * @param urls where each path comes from: `data/wine-train.csv` → `/assets/wine-train-1f2e.csv`
 */
export function fetchingHost(urls: ReadonlyMap<string, string>): Host {
  const memory: MemoryHost = memoryHost();
  return {
    ...memory,
    async read(path) {
      const key = path.replace(/^(\.?\/)+/, '');
      const url = urls.get(key);
      if (url !== undefined && !memory.files.has(key)) {
        const response = await fetch(url);
        if (response.ok) await memory.write(key, new Uint8Array(await response.arrayBuffer()));
      }
      return memory.read(path);
    },
  };
}
