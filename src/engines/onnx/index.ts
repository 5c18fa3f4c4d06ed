/**
 * The engine on ONNX Runtime: a program becomes one graph, which the runtime optimises and runs in native code in
 * float32. The package `onnxruntime-node` is optional and loaded when an engine is asked for, not before.
 */
import type { Engine } from '../engine.ts';
import type { TensorProgram } from '../tensors/ops.ts';

export interface OnnxOptions {
  /** Threads within an operation; 0 or nothing: as many as the runtime finds right for the machine. */
  readonly threads?: number;
  /** Takes programs that ONNX cannot say: recurrences, functions of matrices, constants of more than a gigabyte. */
  readonly fallback: Engine;
  /** Writes a profile of every program to files that begin so (the runtime's own format, for chrome://tracing). */
  readonly profile?: string;
}

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
  const [{ loadRuntime }, { OnnxEvaluator }, { lowerProgram }, { unsupportedStep }] = await Promise.all([
    import('./runtime.ts'),
    import('./evaluator.ts'),
    import('../tensors/lower.ts'),
    import('./lower.ts'),
  ]);
  const runtime = await loadRuntime();
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
  const target = {
    hostLoops: false,
    plainArithmetic: false,
    transposes: () => true,
    packs: false,
    rowReads: false,
  };
  return {
    name: 'onnx',
    epsilon: 2 ** -24,
    compile: (program, constants) => {
      const lowered = lowerProgram(program, constants, target);
      const here =
        unsupportedStep(lowered.tensors) === null && bytesOfConstants(lowered.tensors) <= MOST_BYTES;
      return here
        ? new OnnxEvaluator(runtime, program, lowered, session)
        : fallback.compile(program, constants);
    },
  };
}
