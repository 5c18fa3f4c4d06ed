/**
 * What every engine does: evaluate IR expressions on arrays. Energies, gradients,
 * conditionals and losses are all expressions made elsewhere (`ir/derive.ts`,
 * `analyse/conditional.ts`, `learn/`), so an engine knows nothing about them, and
 * samplers and learners know nothing about engines.
 */
import type { HostArray } from '../arrays.ts';
import type { Axis, IndexSet, Node, Slot } from '../ir/types.ts';
import type { SiteTables } from './kernels/site-tables.ts';
import type { SweepKernels } from './kernels/sweeps/sweep.ts';

export interface Output {
  readonly name: string;
  /** Order of the result's dimensions; a superset of the node's free axes (others broadcast). */
  readonly axes: readonly Axis[];
  readonly node: Node;
}

/** Expressions to evaluate together; shared subexpressions are evaluated once. */
export interface ArrayProgram {
  readonly outputs: readonly Output[];
  /** Number of elements of an index set; every set that occurs is known. */
  readonly sizeOf: (set: IndexSet) => number;
}

export type Arrays = ReadonlyMap<Slot, HostArray>;

export interface Evaluator {
  /**
   * @param inputs every slot that the program reads and that was not among the constants
   * @returns one array for each output, by name, with the shape of its axes
   * @throws Error on a missing slot or one of the wrong shape (a fault of the caller)
   */
  run(inputs: Arrays): ReadonlyMap<string, HostArray>;
  /**
   * As `run`, but the results are only valid until the engine's next evaluation or compilation, of whatever
   * program: for callers that copy what they need at once. The map is the same object as long as its arrays are.
   */
  readonly borrow?: (inputs: Arrays) => ReadonlyMap<string, HostArray>;
  /** Bytes that a run takes at its peak, constants included, where that is planned. */
  readonly memory?: number;
  dispose(): void;
}

export interface Engine {
  /** `reference`, `tfjs:wasm`, `tfjs:cpu`, `tfjs:tensorflow`, … */
  readonly name: string;
  /** Relative precision of its arithmetic: 2⁻⁵³ or 2⁻²⁴. */
  readonly epsilon: number;
  /**
   * Whether the numbers of a chain, a row or a site are the same to the last bit whatever others are evaluated
   * beside it: then chains may be spread over workers.
   */
  readonly separable?: boolean;
  /** States are evaluated more quickly one after another than side by side. */
  readonly oneByOne?: boolean;
  /** Sweeps over discrete unknowns in code made for them; absent where the engine has none. */
  readonly sweepKernels?: (tables: SiteTables) => SweepKernels;
  /**
   * @param constants slots whose arrays never change; kept by the evaluator
   * @throws OutOfMemory where a run would take more than there is
   */
  compile(program: ArrayProgram, constants: Arrays): Evaluator;
}
