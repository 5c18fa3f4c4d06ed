/** Faults of memory, told as what did not fit, how much it was, and what to turn. */
import { OutOfMemory } from '../engines/out-of-memory.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { InferCode } from './codes.ts';

/** @param bytes that could not be had; null where the host does not say */
export function noMemory(what: string, bytes: number | null, span: Span, suggestion: string): EnergyError {
  const size = bytes === null ? '' : `: ${showBytes(bytes)} could not be had`;
  return new EnergyError([
    {
      severity: 'error',
      code: 'E0708' satisfies InferCode,
      place: at(span),
      message: `there is no memory for ${what}${size}`,
      suggestion,
    },
  ]);
}

const beyondLimit = (
  what: string,
  bytes: number,
  limit: number,
  span: Span,
  suggestion: string,
): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0708' satisfies InferCode,
      place: at(span),
      message: `there is no memory for ${what}: one evaluation takes about ${showBytes(bytes)}, more than the ${showBytes(limit)} that the engine may use`,
      suggestion,
    },
  ]);

/**
 * An array of zeros.
 * @throws EnergyError E0708 if the host has no room for it
 */
export function roomFor(count: number, what: string, span: Span, suggestion: string): Float64Array {
  try {
    return new Float64Array(count);
  } catch (e) {
    if (e instanceof RangeError) throw noMemory(what, 8 * count, span, suggestion);
    throw e;
  }
}

/** The error as E0708 if it says that memory ran out; else as it is. */
export function asMemoryFault(e: unknown, what: string, span: Span): unknown {
  const knobs = 'use smaller index sets, or fewer chains or rows at a time';
  if (e instanceof OutOfMemory)
    return e.limit === undefined
      ? noMemory(what, e.bytes, span, knobs)
      : beyondLimit(what, e.bytes, e.limit, span, knobs);
  return isAllocationFailure(e) ? noMemory(what, null, span, knobs) : e;
}

/** What hosts throw where an array or a WebAssembly memory does not fit. */
const isAllocationFailure = (e: unknown): boolean =>
  e instanceof RangeError && /allocat|array (buffer )?length|out of memory/i.test(e.message);

/** Three digits and a unit. */
export function showBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let u = 0;
  for (; size >= 1000 && u < units.length - 1; u++) size /= 1000;
  return `${Number(size.toPrecision(3))} ${units[u]}`;
}
