import { expect } from 'vitest';
import type { Diagnostic } from '../../src/syntax/diagnostic.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

/** The one diagnostic of the EnergyError that `act` ends in; any other outcome fails the test. */
export async function faultOf(act: () => unknown): Promise<Diagnostic> {
  try {
    await act();
  } catch (cause) {
    expect(cause).toBeInstanceOf(EnergyError);
    const { diagnostics } = cause as EnergyError;
    expect(diagnostics).toHaveLength(1);
    return diagnostics[0];
  }
  throw new Error('expected an EnergyError, but nothing was thrown');
}

/** A small seeded generator (mulberry32) of numbers in [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
