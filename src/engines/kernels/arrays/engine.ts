/** The engine `kernels`: array programs as WebAssembly loops in float64. */
import type { HostArray } from '../../../arrays.ts';
import type { Slot } from '../../../ir/types.ts';
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

interface Input {
  readonly slot: Slot;
  readonly arr: Arr;
  view: Float64Array;
  /** The shape of the last array that was found to fit. */
  shape: readonly number[] | null;
}

/** Arrays of so many elements are copied one by one: a call would take longer. */
const FEW = 48;

function compile(program: ArrayProgram, constants: Arrays, pool: Constants): Evaluator {
  const { heap } = pool;
  const compiled = compileProgram(program, constants, pool);
  const view = (arr: Arr): Float64Array => heap.f64(arr.address, arr.size);
  const inputs = [...compiled.inputs].map(
    ([slot, arr]): Input => ({ slot, arr, view: view(arr), shape: null }),
  );
  const results = (): ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: Float64Array }
  > => new Map([...compiled.outputs].map(([name, arr]) => [name, { shape: arr.shape, data: view(arr) }]));
  let outputs = results();
  let buffer = heap.memory.buffer;
  let live = true;

  /** Leaves the results in memory. */
  function evaluate(given: Arrays): typeof outputs {
    if (!live) throw new Error('the evaluator was disposed of');
    if (heap.memory.buffer !== buffer) {
      buffer = heap.memory.buffer;
      for (const p of inputs) p.view = view(p.arr);
      outputs = results();
    }
    for (const input of inputs) {
      const array = given.get(input.slot);
      if (!array || array.shape !== input.shape || array.data.length !== input.arr.size) {
        checkArray(input.slot, array, input.arr.shape);
        input.shape = array.shape;
      }
      const { data } = array;
      const to = input.view;
      if (data.length <= FEW) for (let i = 0; i < data.length; i++) to[i] = data[i];
      else to.set(data);
    }
    compiled.run();
    return outputs;
  }

  return {
    run(given) {
      const out = new Map<string, HostArray>();
      for (const [name, { shape, data }] of evaluate(given)) out.set(name, { shape, data: data.slice() });
      return out;
    },
    borrow: evaluate,
    dispose() {
      if (live) compiled.dispose();
      live = false;
    },
  };
}
