/** What searches are asked for and what they answer. */

export interface SolveOptions {
  /** Branchings before the search gives up with what it has; default 1,000,000. */
  readonly nodes?: number;
  /**
   * Elementary steps (checks of values, table entries looked at) before it gives up; default 4·10⁹, which is some
   * tens of seconds. No clock decides anything, so the same call gives the same answer everywhere.
   */
  readonly work?: number;
  /** For the local search that finds a first state, and ties; default 1. */
  readonly seed?: number;
  /** A state to begin with: the search looks for better ones. */
  readonly start?: ArrayLike<number>;
  /** Whether a local search looks for a first state where there are energies to lower; default true. */
  readonly local?: boolean;
  /** Asked now and then: true ends the search as a spent budget does. */
  readonly stop?: () => boolean;
  /**
   * Told of each better state as it is found, which is not written to again (not for graphs that fall into parts), and
   * of the moves and branchings until then.
   */
  readonly improved?: (codes: Uint16Array, energy: number, steps: number) => void;
}

export interface Solution {
  /** The best state found; null where none was. */
  readonly codes: Uint16Array | null;
  /** Its energy; +∞ where there is none. */
  readonly energy: number;
  /** Whether no state is lower (but for rounding, 10⁻⁹ of the energies' size), or that there is none at all. */
  readonly proved: boolean;
  /** No state of the support lies below this; +∞ when the support is empty. */
  readonly bound: number;
  /** Branchings. */
  readonly nodes: number;
  /** Moves of the local search that came before. */
  readonly moves: number;
  /** Proved that every state is forbidden. */
  readonly empty: boolean;
  /** Why the graph was not searched at all: it is too large. */
  readonly why?: string;
}

export interface LocalOptions {
  readonly seed?: number;
  /** Elementary steps (energies updated or compared) before it ends; default 2·10⁸. */
  readonly work?: number;
  /** A state to begin with. */
  readonly start?: ArrayLike<number>;
  /** Ends as soon as a state is at most this high; default −∞. */
  readonly target?: number;
  readonly stop?: () => boolean;
  /** Told of each better state, which is not written to again, and of the moves until then. */
  readonly improved?: (codes: Uint16Array, energy: number, steps: number) => void;
}

export interface LocalResult {
  /** The best state of finite energy that was met; null where none was. */
  readonly codes: Uint16Array | null;
  readonly energy: number;
  /** Moves tried or made. */
  readonly moves: number;
  readonly why?: string;
}

export interface Enumeration {
  readonly solutions: readonly Uint16Array[];
  /** Whether these are all of them. */
  readonly complete: boolean;
  readonly why?: string;
}
