/**
 * The engine on TensorFlow.js: a program becomes a static list of tensor
 * operations, run on native TensorFlow, WebAssembly or plain JavaScript in
 * float32. tfjs is loaded when an engine is asked for, not before.
 */
import type { Arrays, Engine, Evaluator } from '../engine.ts';
import type { BackendFacts, BackendName, BackendOptions } from './backend.ts';
import type { StepTime, TfjsEvaluator } from './evaluator.ts';

export type { BackendFacts, BackendName, BackendOptions } from './backend.ts';
export type { StepTime } from './evaluator.ts';

/**
 * @param backend `wasm` (everywhere), `cpu` (plain JavaScript, slow), `tensorflow` (the optional
 *   package `@tensorflow/tfjs-node`)
 * @throws Error when the backend cannot be loaded here
 */
export async function tfjsEngine(backend: BackendName, options: BackendOptions = {}): Promise<Engine> {
  const [{ loadBackend }, { engineOn }] = await Promise.all([
    import('./backend.ts'),
    import('./evaluator.ts'),
  ]);
  return engineOn(await loadBackend(backend, options));
}

/** The first backend that can be loaded here, of `tensorflow` and `wasm` or those named; else `cpu`. */
export async function bestBackend(
  options: BackendOptions = {},
  among?: readonly BackendName[],
): Promise<BackendName> {
  return (await import('./backend.ts')).bestBackend(options, among);
}

/**
 * The engine on native TensorFlow, loaded with the first program that it is given: that takes a second, which
 * whoever chooses among engines may not need to spend.
 * @param fallback takes the programs where it turns out that it cannot be loaded
 * @returns null where the package is not installed
 */
export async function nativeWhenNeeded(fallback: Engine): Promise<Engine | null> {
  const { nativeIsThere } = await import('./native.ts');
  if (!nativeIsThere()) return null;
  const [{ loadNativeNow, NATIVE }, { engineOn }] = await Promise.all([
    import('./backend.ts'),
    import('./evaluator.ts'),
  ]);
  const native = engineOn(NATIVE);
  let chosen: Engine | undefined;
  const load = (): Engine => {
    try {
      loadNativeNow();
      return native;
    } catch {
      return fallback;
    }
  };
  return {
    ...native,
    compile: (program, constants) => {
      chosen ??= load();
      return chosen.compile(program, constants);
    },
  };
}

/** Loads a backend and says what it is. @throws Error when it cannot be loaded here */
export async function backendFacts(backend: BackendName): Promise<BackendFacts> {
  return (await import('./backend.ts')).backendFacts(backend);
}

/** The steps of a compiled program, one a line: number, operation, operands, shape of the result. */
export function explain(evaluator: Evaluator): string {
  const lines = tfjsEvaluator(evaluator)
    .steps()
    .map(
      (s) => `%${s.result} = ${s.op}(${s.inputs.map((r) => `%${r}`).join(', ')}) : [${s.shape.join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}

/** Where the time of a run goes: every step with its milliseconds, averaged over `repeats` runs. */
export const profile = (evaluator: Evaluator, inputs: Arrays, repeats = 10): readonly StepTime[] =>
  tfjsEvaluator(evaluator).profile(inputs, repeats);

function tfjsEvaluator(evaluator: Evaluator): TfjsEvaluator {
  if ('steps' in evaluator && 'profile' in evaluator) return evaluator as TfjsEvaluator;
  throw new Error('not a program compiled by a tfjs engine');
}
