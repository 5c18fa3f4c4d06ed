/** HDF5 through the optional package h5wasm, the HDF5 library as WebAssembly: loaded when the first file needs it. */
import { dataFault } from './codes.ts';

/** What is used of the package, as it documents itself. */
export interface Hdf5 {
  readonly File: new (name: string, mode: 'r' | 'w', options?: { readonly track_order: boolean }) => Hdf5File;
  readonly ready: Promise<{
    readonly FS: MemoryFiles;
    /** Faults are thrown from now on, not printed. */
    activate_throwing_error_handler(): unknown;
  }>;
}

/** The package's own files, in memory. */
interface MemoryFiles {
  readFile(path: string): Uint8Array;
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
}

export type Hdf5Data = BigInt64Array | Float64Array | Int32Array | Int8Array | readonly string[];

interface Attributed {
  create_attribute(name: string, data: Hdf5Data | string, shape?: readonly number[]): void;
}

export interface Hdf5Group extends Attributed {
  create_group(name: string, trackOrder: boolean): Hdf5Group;
  create_dataset(args: {
    readonly name: string;
    readonly data: Hdf5Data;
    readonly shape: readonly number[];
    readonly track_order: boolean;
  }): Hdf5Dataset;
  /** A group or a dataset; null where there is nothing of that name. */
  get(path: string): unknown;
}

export interface Hdf5Dataset extends Attributed {
  readonly shape: readonly number[] | null;
  readonly value: unknown;
  make_scale(name: string): void;
  attach_scale(index: number, path: string): void;
}

export interface Hdf5File extends Hdf5Group {
  close(): unknown;
}

/** How modules are had; a function, so that neither bundlers nor tsc ask for an optional package. */
const importModule = (specifier: string): Promise<unknown> => import(/* @vite-ignore */ specifier);

/**
 * The library, ready to work; `file` is what it is needed for.
 * Throws EnergyError E0518 where the package is not installed.
 */
export async function loadHdf5(file: string, load = importModule): Promise<Library> {
  let loaded: unknown;
  try {
    loaded = await load('h5wasm');
    if (!isHdf5(loaded)) throw new Error('the package is made otherwise than expected');
    const module = await loaded.ready;
    module.activate_throwing_error_handler();
    return new Library(loaded, module.FS);
  } catch {
    throw dataFault(
      'E0518',
      file,
      `\`${file}\` is netCDF, which the optional package h5wasm reads and writes.`,
      {
        suggestion: 'Install it: `npm install h5wasm`; or take another `--format`.',
      },
    );
  }
}

const isHdf5 = (x: unknown): x is Hdf5 =>
  typeof x === 'object' &&
  x !== null &&
  'File' in x &&
  typeof x.File === 'function' &&
  'ready' in x &&
  x.ready instanceof Promise;

/** The only name in the library's memory: every use is over before another begins. */
const SCRATCH = '/energy.nc';

/** The loaded library: files go in and out as bytes. */
export class Library {
  private readonly hdf5: Hdf5;
  private readonly files: MemoryFiles;

  constructor(hdf5: Hdf5, files: MemoryFiles) {
    this.hdf5 = hdf5;
    this.files = files;
  }

  /** The bytes of a file that `fill` makes. The same calls give the same bytes. */
  write(fill: (root: Hdf5Group) => void): Uint8Array {
    const { now } = Date;
    // Objects of a file bear the time of their making, which nothing in the package leaves out.
    Date.now = () => 0;
    try {
      const file = new this.hdf5.File(SCRATCH, 'w', { track_order: true });
      try {
        fill(file);
      } finally {
        file.close();
      }
      return this.files.readFile(SCRATCH);
    } catch (cause) {
      throw explained(cause);
    } finally {
      Date.now = now;
      this.discard();
    }
  }

  /** What `look` finds in a file. Throws Error for a damaged one, and what `look` throws. */
  read<T>(bytes: Uint8Array, look: (root: Hdf5Group) => T): T {
    try {
      this.files.writeFile(SCRATCH, bytes);
      const file = new this.hdf5.File(SCRATCH, 'r');
      try {
        return look(file);
      } finally {
        file.close();
      }
    } catch (cause) {
      throw explained(cause);
    } finally {
      this.discard();
    }
  }

  private discard(): void {
    try {
      this.files.unlink(SCRATCH);
    } catch {
      // It was never made.
    }
  }
}

/** The library's stack of reasons, one a line after `function(): `, cut down to the innermost. */
function explained(cause: unknown): unknown {
  if (!(cause instanceof Error) || !cause.message.startsWith('HDF5-DIAG')) return cause;
  const reasons = [...cause.message.matchAll(/^ *#\d+: .*?\(\): (.*)$/gm)].map((m) => m[1]);
  return new Error(reasons.at(-1) ?? 'it is damaged', { cause });
}

export const isHdf5Dataset = (x: unknown): x is Hdf5Dataset =>
  typeof x === 'object' && x !== null && 'make_scale' in x && 'shape' in x;
