/**
 * The engine `kernels`: WebAssembly generated from checked expressions. Array programs become straight loops in
 * float64, sweeps over discrete unknowns become code for their conditionals. All share one memory.
 */
import type { Engine } from '../engine.ts';
import { arraysEngine } from './arrays/engine.ts';
import { makeKernels } from './sweeps/sweep.ts';
import { Heap } from './wasm/heap.ts';

/** @param heap what it keeps its arrays in; a new one for each engine if absent */
export const kernelsEngine = (heap = new Heap()): Engine => ({
  ...arraysEngine(heap),
  oneByOne: true,
  sweepKernels: (tables) => makeKernels(heap, tables),
});
