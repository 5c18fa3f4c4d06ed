/** The engine `kernels`: array programs as WebAssembly loops in float64. */
import type { HostArray } from '../../../arrays.ts';
import type { ArrayProgram, Arrays, Engine, Evaluator } from '../../engine.ts';
import { Heap } from '../wasm/heap.ts';
import { Constants, checkArray } from './constants.ts';
import { compileProgram } from './program.ts';
import type { Arr } from './types.ts';

/**
 * The engine of name `kernels`, of relative precision 2⁻⁵³. Its programs share one memory.
 * Reads outside of an array are NaN: they are no errors where they are left out, and seen where they are not.
 */
export function arraysEngine(heap = new Heap()): Engine {
  const pool = new Constants(heap);
  return {
    name: 'kernels',
    epsilon: 2 ** -53,
    separable: true,
    compile: (program, constants) => compile(program, constants, pool),
  };
}

interface Port<K> {
  readonly key: K;
  readonly arr: Arr;
  view: Float64Array;
}

function compile(program: ArrayProgram, constants: Arrays, pool: Constants): Evaluator {
  const { heap } = pool;
  const compiled = compileProgram(program, constants, pool);
  const view = (arr: Arr): Float64Array => heap.f64(arr.address, arr.size);
  const port = <K>([key, arr]: readonly [K, Arr]): Port<K> => ({ key, arr, view: view(arr) });
  const inputs = [...compiled.inputs].map(port);
  const outputs = [...compiled.outputs].map(port);
  let buffer = heap.memory.buffer;
  let live = true;
  return {
    run(given) {
      if (!live) throw new Error('the evaluator was disposed of');
      if (heap.memory.buffer !== buffer) {
        buffer = heap.memory.buffer;
        for (const p of inputs) p.view = view(p.arr);
        for (const p of outputs) p.view = view(p.arr);
      }
      for (const { key, arr, view: to } of inputs) {
        const array = given.get(key);
        checkArray(key, array, arr.shape);
        const { data } = array;
        if (data.length <= 8) for (let i = 0; i < data.length; i++) to[i] = data[i];
        else to.set(data);
      }
      compiled.run();
      const out = new Map<string, HostArray>();
      for (const p of outputs) out.set(p.key, { shape: p.arr.shape, data: p.view.slice() });
      return out;
    },
    dispose() {
      if (live) compiled.dispose();
      live = false;
    },
  };
}
