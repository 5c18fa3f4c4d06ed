/**
 * The engine on ONNX Runtime: a program becomes one graph, which the runtime optimises and runs in native code in
 * float32. The package `onnxruntime-node` is optional and loaded when an engine is asked for, not before.
 */
import type { Engine } from '../engine.ts';
import { nodeRequire } from '../node-require.ts';
import type { Target, TensorProgram } from '../tensors/ops.ts';
import type { Runtime } from './runtime.ts';

export interface OnnxOptions {
  /** Threads within an operation; 0 or nothing: as many as the runtime finds right for the machine. */
  readonly threads?: number;
  /** Takes programs that ONNX cannot say: recurrences, functions of matrices, constants of more than a gigabyte. */
  readonly fallback: Engine;
  /** Writes a profile of every program to files that begin so (the runtime's own format, for chrome://tracing). */
  readonly profile?: string;
}

/** What ONNX Runtime does well: products with transposed operands cost nothing extra. */
const target: Target = {
  hostLoops: false,
  plainArithmetic: false,
  transposes: () => true,
  packs: false,
  rowReads: true,
};

/** Of all constants together: files end at 2 GiB, and loading takes a copy. */
const MOST_BYTES = 2 ** 30;

const bytesOfConstants = ({ constants, steps }: TensorProgram): number => {
  let bytes = 0;
  for (const data of constants.values()) bytes += data.byteLength;
  // Tables of sums may hold as many positions for what is missing.
  for (const { op } of steps)
    if (op.op === 'gather' || op.op === 'scatter') bytes += 2 * (op.table?.byteLength ?? 0);
  return bytes;
};

/** @throws Error when the optional package cannot be loaded here */
export async function onnxEngine(options: OnnxOptions): Promise<Engine> {
  const runtime = await (await import('./runtime.ts')).loadRuntime();
  return engineOn(() => runtime, options);
}

/**
 * The engine where its package is installed, else null. The runtime is loaded when the first program is compiled;
 * if that fails, the fallback takes all programs.
 */
export async function onnxWhenNeeded(options: OnnxOptions): Promise<Engine | null> {
  const { loadRuntimeNow, runtimeIsThere } = await import('./runtime.ts');
  const require = nodeRequire();
  // In a browser, or in a Node that cannot load modules at once.
  if (require === null) return onnxEngine(options).catch(() => null);
  if (!runtimeIsThere(require)) return null;
  let runtime: Runtime | null | undefined;
  return engineOn(() => {
    if (runtime === undefined)
      try {
        runtime = loadRuntimeNow(require);
      } catch {
        runtime = null;
      }
    return runtime;
  }, options);
}

async function engineOn(runtimeOf: () => Runtime | null, options: OnnxOptions): Promise<Engine> {
  const [{ OnnxEvaluator }, { lowerProgram }, { unsupportedStep }] = await Promise.all([
    import('./evaluator.ts'),
    import('../tensors/lower.ts'),
    import('./lower.ts'),
  ]);
  const { fallback, threads = 0, profile } = options;
  const session = {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    // Threads that wait for work leave the processor to others.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  } as const;
  return {
    name: 'onnx',
    epsilon: 2 ** -24,
    compile: (program, constants) => {
      const lowered = lowerProgram(program, constants, target);
      const here =
        unsupportedStep(lowered.tensors) === null && bytesOfConstants(lowered.tensors) <= MOST_BYTES;
      const runtime = here ? runtimeOf() : null;
      return runtime
        ? new OnnxEvaluator(runtime, program, lowered, session)
        : fallback.compile(program, constants);
    },
  };
}
