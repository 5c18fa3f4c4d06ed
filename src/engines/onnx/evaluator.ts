/** Programs compiled to ONNX graphs, behind the engine interface. */
import { type HostArray, sizeOfShape } from '../../arrays.ts';
import { staticSize } from '../../ir/build.ts';
import type { IndexSet } from '../../ir/types.ts';
import type { ArrayProgram, Arrays, Evaluator } from '../engine.ts';
import { given, spreadResults } from '../tensors/arrays.ts';
import type { LoweredProgram } from '../tensors/lower.ts';
import { plannedMemory } from '../tensors/memory.ts';
import type { Ref, TensorInput } from '../tensors/ops.ts';
import { lowerToOnnx } from './lower.ts';
import { modelBytes } from './model.ts';
import { type OrtSession, type OrtTensor, type Runtime, type SessionOptions, tensor } from './runtime.ts';

/** Bytes that a run may take. */
const MEMORY = 4 * 2 ** 30;

/** Results that do not come from the graph: inputs and constants that are outputs. */
type Source = { readonly from: 'graph'; readonly name: string } | { readonly from: Ref };

export class OnnxEvaluator implements Evaluator {
  readonly memory: number;
  readonly session: OrtSession | null;
  private readonly program: ArrayProgram;
  private readonly lowered: LoweredProgram;
  private readonly sizeOf: (set: IndexSet) => number;
  private readonly sources: readonly Source[];
  private readonly fetches: Readonly<Record<string, null>>;
  private disposed = false;

  constructor(runtime: Runtime, program: ArrayProgram, lowered: LoweredProgram, options: SessionOptions) {
    this.program = program;
    this.lowered = lowered;
    this.sizeOf = (set) => staticSize(set) ?? program.sizeOf(set);
    const { tensors } = lowered;
    this.memory = plannedMemory(tensors, MEMORY);
    const made = new Set(tensors.steps.map((s) => s.out));
    // Each result of the graph once, however many outputs it is.
    const outputs = [...new Set(tensors.outputs)].filter((r) => made.has(r));
    this.sources = tensors.outputs.map((r) =>
      made.has(r) ? { from: 'graph', name: `y${outputs.indexOf(r)}` } : { from: r },
    );
    const names = {
      inputs: tensors.inputs.map((_, k) => `x${k}`),
      outputs: outputs.map((_, k) => `y${k}`),
    };
    this.fetches = Object.fromEntries(names.outputs.map((n) => [n, null]));
    this.session =
      outputs.length === 0
        ? null
        : runtime.open(modelBytes(lowerToOnnx({ ...tensors, outputs }, names)), options);
  }

  run(inputs: Arrays): ReadonlyMap<string, HostArray> {
    const { tensors, resultAxes } = this.lowered;
    if (this.disposed) throw new Error('the evaluator has been disposed of');
    const feeds: Record<string, OrtTensor> = {};
    const values = new Map<Ref, Float32Array>(tensors.constants);
    tensors.inputs.forEach((input, k) => {
      const data = this.input(input, inputs);
      values.set(input.ref, data);
      feeds[`x${k}`] = tensor(data, input.shape);
    });
    const results = this.session?.run(feeds, this.fetches, {}) ?? {};
    const data = this.sources.map((s) =>
      // Copies of what is not the graph's own, which the caller may change.
      s.from === 'graph' ? results[s.name].data : new Float32Array(values.get(s.from)!),
    );
    return spreadResults(this.program, resultAxes, this.sizeOf, data);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.session?.dispose();
  }

  /** Float32 arrays are read where they are. */
  private input({ slot, shape }: TensorInput, inputs: Arrays): Float32Array {
    const { data } = given(slot, inputs, this.sizeOf);
    if (data instanceof Float32Array && sizeOfShape(shape) === data.length) return data;
    return new Float32Array(data);
  }
}
