/**
 * How the core reaches files. Node's implementation is `node-host.ts`, the one for tests and the
 * playground `memory-host.ts`; nothing else under src/ touches a file system.
 */
export interface Host {
  /**
   * The bytes of a file, which the caller does not change.
   * Throws EnergyError E0501 (not there), E0502 (path not allowed), E0503 (unreadable), E0504 (too large).
   */
  read(path: string): Promise<Uint8Array>;
  /**
   * Replaces a file atomically: a reader sees the old bytes or the new ones, never a part.
   * Missing folders are made; text is written as UTF-8. Throws EnergyError E0502, E0505.
   */
  write(path: string, content: Uint8Array | string): Promise<void>;
  /** True for a file or a folder that is there; throws EnergyError E0502 for a path that is not allowed. */
  exists(path: string): Promise<boolean>;
  /** The names in a folder, sorted. Throws EnergyError E0501, E0502, E0503. */
  list(dir: string): Promise<readonly string[]>;
  /** Removes a file; no error where there is none. Throws EnergyError E0502, E0505. */
  remove(path: string): Promise<void>;
}

/** `dir/name` with one slash between them; the bare name for an empty folder. */
export const joinPath = (dir: string, name: string): string =>
  dir === '' ? name : `${dir.replace(/\/+$/, '')}/${name}`;

/** The last dot-separated part of a path's last component, in lower case; '' where there is none. */
export function extensionOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** The largest file that a host reads unless told otherwise: 1 GiB. */
export const defaultMaxBytes = 2 ** 30;
