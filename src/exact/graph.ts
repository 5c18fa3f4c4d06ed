/**
 * Finite unknowns and tables of energies over them: the factor graph that elimination, search and local search work
 * on. Nothing of the language is left in it, so that it can also be made by hand or read from a file.
 */

/** One factor. Equal tables may be one object: whoever prepares something for a table may keep it by identity. */
export interface DiscreteFactor {
  /** Distinct variables. */
  readonly scope: Int32Array;
  /**
   * An energy for each joint state of the scope, row-major, the last variable fastest: numbers or +∞ (forbidden),
   * never −∞ or NaN.
   */
  readonly energy: Float64Array;
}

export interface DiscreteGraph {
  /** Number of states of each variable, at least 1. */
  readonly states: Int32Array;
  readonly factors: readonly DiscreteFactor[];
  /** The energy of what touches no variable. */
  readonly constant: number;
}

/** The energy of a joint state: codes 0 … states − 1, one for each variable; +∞ where it is forbidden. */
export function energyOf(graph: DiscreteGraph, codes: ArrayLike<number>): number {
  let sum = graph.constant;
  for (const { scope, energy } of graph.factors) {
    let row = 0;
    for (const v of scope) row = row * graph.states[v] + codes[v];
    sum += energy[row];
  }
  return sum;
}
