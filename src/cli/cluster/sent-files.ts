/** Files that go to another machine: which a run reads, and a host that has nothing but those. */
import { dataFault } from '../../io/codes.ts';
import type { Host } from '../../io/host.ts';
import type { NodeHost } from '../../io/node-host.ts';

export interface RecordingHost extends NodeHost {
  /** The paths of all files that have been read. */
  readonly seen: ReadonlySet<string>;
}

/** The same host, which remembers what is read. */
export function recording(host: NodeHost): RecordingHost {
  const seen = new Set<string>();
  const note = (path: string): string => {
    seen.add(path);
    return path;
  };
  return {
    ...host,
    seen,
    read: (path) => host.read(note(path)),
    ...(host.open ? { open: (path: string) => host.open!(note(path)) } : {}),
  };
}

/** A host of files that were sent; nothing can be written. */
export function sentFiles(files: ReadonlyMap<string, Uint8Array>): NodeHost {
  const missing = (path: string): Error =>
    dataFault('E0501', path, 'the run has not sent this file to its workers on other machines');
  const read: Host['read'] = async (path) => {
    const bytes = files.get(path);
    if (!bytes) throw missing(path);
    return bytes;
  };
  const refuse = async (path: string): Promise<never> => {
    throw dataFault('E0505', path, 'workers write no files');
  };
  return {
    permit: (path) => path,
    read,
    exists: async (path) => files.has(path),
    list: async () => [],
    write: refuse,
    remove: refuse,
  };
}
