/** How much memory a run of a tensor program takes, known before it is run. */
import { sizeOfShape } from '../../arrays.ts';
import { OutOfMemory } from '../out-of-memory.ts';
import type { Ref, TensorProgram } from './ops.ts';

const FLOAT = 4;

/**
 * Bytes at the peak of a run: constants and tables always; inputs and results from where they are made to where they
 * are read last; outputs to the end. A change of shape makes nothing new.
 */
export function peakBytes({ constants, steps, shapes, inputs, outputs }: TensorProgram): number {
  let always = 0;
  for (const data of constants.values()) always += data.byteLength;
  const tables = new Set<Int32Array>();
  /** What holds the elements of a result: itself, or what it is another shape of. */
  const holder = new Map<Ref, Ref>();
  const held = (r: Ref): Ref => holder.get(r) ?? r;
  const last = new Map<Ref, number>();
  steps.forEach(({ op, ins, out }, i) => {
    if ((op.op === 'gather' || op.op === 'scatter') && op.table) tables.add(op.table);
    for (const r of ins) last.set(held(r), i);
    if (op.op === 'reshape') holder.set(out, held(ins[0]));
  });
  for (const t of tables) always += t.byteLength;
  for (const r of outputs) last.set(held(r), steps.length);
  const bytes = (r: Ref): number => FLOAT * sizeOfShape(shapes[r]);
  let now = inputs.reduce((sum, { ref }) => sum + bytes(ref), 0);
  let peak = now;
  const ends = new Map<number, Ref[]>();
  for (const [r, i] of last) ends.set(i, [...(ends.get(i) ?? []), r]);
  steps.forEach(({ op, out }, i) => {
    if (op.op !== 'reshape') now += bytes(out);
    peak = Math.max(peak, now);
    for (const r of ends.get(i) ?? []) if (!constants.has(r)) now -= bytes(r);
  });
  // Results are copied out.
  return always + peak + outputs.reduce((sum, r) => sum + bytes(r), 0);
}

/** @throws OutOfMemory where a run would take more than `limit` bytes */
export function plannedMemory(program: TensorProgram, limit: number): number {
  const bytes = peakBytes(program);
  if (bytes > limit) throw new OutOfMemory(bytes, limit);
  return bytes;
}
