/** Generated programs on WebGL, in a worker as the playground's: what disagrees with the reference, or nothing. */
import fc from 'fast-check';
import { loadBackend } from '../../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../../src/engines/tfjs/evaluator.ts';
import type { Slot } from '../../../src/ir/types.ts';
import { arbitraryProgram, type Program } from '../../ir/arbitrary.ts';
import { agreeOn } from '../agreement.ts';

/** How many programs are to be tried. */
export type Asked = number;

export interface Said {
  /** Why the browser has no such backend. */
  readonly missing: string | null;
  readonly fault: string | null;
}

interface Scope {
  onmessage: ((e: MessageEvent<Asked>) => void) | null;
  postMessage(said: Said): void;
}
const scope = self as unknown as Scope;

const messageOf = (e: unknown): string =>
  e instanceof Error ? `${e.message}${e.cause instanceof Error ? `\n${e.cause.message}` : ''}` : String(e);

scope.onmessage = async ({ data: numRuns }) => {
  const engine = await loadBackend('webgl', {
    importWebgl: () => import('@tensorflow/tfjs-backend-webgl'),
  }).then(engineOn, messageOf);
  if (typeof engine === 'string') {
    scope.postMessage({ missing: engine, fault: null });
    return;
  }
  const all = (seed: number, constants: (p: Program) => (s: Slot) => boolean): void =>
    fc.assert(
      fc.property(arbitraryProgram(), (p) => agreeOn(engine, p, constants(p), { absolute: 1e-4 })),
      { numRuns, seed },
    );
  let fault: string | null = null;
  try {
    all(11, () => () => false);
    all(12, (p) => (s) => !p.real.includes(s));
  } catch (e) {
    fault = messageOf(e);
  }
  scope.postMessage({ missing: null, fault });
};
