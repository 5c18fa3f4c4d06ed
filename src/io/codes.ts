import type { Note, Place } from '../syntax/diagnostic.ts';
import { EnergyError } from '../syntax/diagnostic.ts';

/** The codes of faults in files, with a title each; E0530 and above belong to the binding of data. */
export const ioCodes = {
  E0501: 'a file is not there',
  E0502: 'a path leaves the folder of its program',
  E0503: 'a file cannot be read',
  E0504: 'a file is larger than the limit',
  E0505: 'a file cannot be written',
  E0510: 'a file of an unknown format',
  E0511: 'malformed CSV',
  E0512: 'malformed JSON',
  E0513: 'malformed NPY',
  E0514: 'malformed NPZ',
  E0515: 'malformed Parquet',
  E0516: 'malformed safetensors',
  E0517: 'rows or nested arrays of unequal length',
  E0518: 'a feature of a file format that is not supported',
  E0519: 'a number that cannot be represented',
  E0520: 'not a run folder',
  E0521: 'a run folder whose files disagree',
  E0522: 'a value that a file format cannot hold',
  E0523: 'malformed UAI',
} as const;

export type IoCode = keyof typeof ioCodes;

export interface FaultDetails {
  /** 1-based, as a person counts; the header line of a CSV is row 1. */
  readonly row?: number;
  readonly column?: string;
  readonly notes?: readonly Note[];
  readonly suggestion?: string;
}

/** The error for one fault in a data file. `message` is one sentence; the place is added to it as data. */
export function dataFault(
  code: IoCode,
  file: string,
  message: string,
  details: FaultDetails = {},
): EnergyError {
  const { row, column, notes, suggestion } = details;
  const place: Place = {
    kind: 'data',
    file,
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
  };
  return new EnergyError([
    {
      severity: 'error',
      code,
      place,
      message,
      ...(notes === undefined ? {} : { notes }),
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  ]);
}

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Runs a decoder that throws errors of its own and turns each of them into the fault `code` of `file`;
 * an `EnergyError` passes unchanged. `what` begins the sentence: "`x.npz` is not a readable ZIP archive".
 */
export function guarded<T>(code: IoCode, file: string, what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof EnergyError) throw cause;
    throw dataFault(code, file, `${what}: ${reason(cause)}.`);
  }
}
