/** The planned memory of tensor programs, against counts by hand. */
import { describe, expect, it } from 'vitest';
import { OutOfMemory } from '../../src/engines/out-of-memory.ts';
import { peakBytes, plannedMemory } from '../../src/engines/tensors/memory.ts';
import type { Ref, TensorOp, TensorProgram } from '../../src/engines/tensors/ops.ts';
import { Builder } from '../../src/ir/build.ts';

const b = new Builder();
const real = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
const slot = b.slot('input', 'x', real, [b.range(100)]);

/** Input 0 of shape [100]; steps number their results from 1. */
const program = (
  steps: readonly {
    readonly op: TensorOp;
    readonly ins: readonly Ref[];
    readonly shape: readonly number[];
  }[],
  outputs: readonly Ref[],
  constants: ReadonlyMap<Ref, Float32Array> = new Map(),
): TensorProgram => ({
  inputs: [{ slot, ref: 0, shape: [100] }],
  constants,
  steps: steps.map(({ op, ins }, i) => ({ op, ins, out: i + 1 })),
  shapes: [[100], ...steps.map((s) => s.shape)],
  outputs,
});
const neg = { op: 'unary', fn: 'neg' } as const;

describe('planned memory', () => {
  it('holds results from where they are made to where they are read last', () => {
    // x, −x, −−x: two at a time; the last is an output, and copied.
    const chain = [0, 1, 2].map((r) => ({ op: neg, ins: [r], shape: [100] }));
    expect(peakBytes(program(chain, [3]))).toBe(2 * 400 + 400);
    // Read again at the end, the input stays.
    const back = [...chain, { op: { op: 'binary', fn: 'add' } as const, ins: [3, 0], shape: [100] }];
    expect(peakBytes(program(back, [4]))).toBe(3 * 400 + 400);
  });

  it('takes other shapes for nothing, tables and constants for themselves', () => {
    const view = { op: { op: 'reshape' } as const, ins: [0], shape: [10, 10] };
    expect(peakBytes(program([view, { op: neg, ins: [1], shape: [10, 10] }], [2]))).toBe(2 * 400 + 400);
    const gather = { op: 'gather', o: 1, n: 100, i: 1, m: 5, table: new Int32Array(5) } as const;
    expect(peakBytes(program([{ op: gather, ins: [0], shape: [5] }], [1]))).toBe(400 + 20 + 20 + 20);
    const two: TensorProgram = {
      ...program([], [1], new Map([[1, new Float32Array(7)]])),
      shapes: [[100], [7]],
    };
    expect(peakBytes(two)).toBe(28 + 400 + 28);
  });

  it('refuses what would not fit, with both figures', () => {
    const one = program([{ op: neg, ins: [0], shape: [100] }], [1]);
    expect(plannedMemory(one, 1200)).toBe(1200);
    expect(() => plannedMemory(one, 1199)).toThrow(new OutOfMemory(1200, 1199));
  });
});
