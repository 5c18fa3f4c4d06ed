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
   * Opens a file to read parts of it; absent where a host has whole files only (`openFile` serves both).
   * Throws as `read` does; the limit of its size may be another.
   */
  open?(path: string): Promise<OpenFile>;
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

/** A file whose parts are read one by one. */
export interface OpenFile {
  /** In bytes. */
  readonly size: number;
  /** Bytes `from` … `to` − 1; fewer at the end of the file. Throws EnergyError E0503. */
  read(from: number, to: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file of the host, opened where it can open files, else read whole. */
export async function openFile(host: Host, path: string): Promise<OpenFile> {
  return host.open ? host.open(path) : wholeFile(await host.read(path));
}

/** Bytes as an open file. */
export const wholeFile = (bytes: Uint8Array): OpenFile => ({
  size: bytes.length,
  read: async (from, to) => bytes.subarray(from, to),
  close: async () => {},
});

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

/** The largest file that is read part by part, unless told otherwise: 16 GiB. */
export const defaultMaxOpenBytes = 2 ** 34;
