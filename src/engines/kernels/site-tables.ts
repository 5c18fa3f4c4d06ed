/**
 * Discrete unknowns as one array of sites, and everything that touches a site as numbers: what sweep kernels are
 * made from. No expression is left; a conditional is a sum of looked-up energies.
 */
import type { Slot } from '../../ir/types.ts';

/** A state of one chain is an array of codes (0 … states − 1), one for each position. */
export interface SiteTables {
  /** Number of positions. */
  readonly size: number;
  /** Where the elements of each unknown lie: element i of the slot is at positionOf[i]. */
  readonly slots: readonly {
    readonly slot: Slot;
    readonly states: number;
    readonly positionOf: Int32Array;
  }[];
  /** What a sweep visits, slot by slot, block by block. Fixed elements have positions but no block. */
  readonly groups: readonly SiteGroup[];
}

/** The free sites of one unknown. */
export interface SiteGroup {
  readonly slot: Slot;
  /** Number of states of each site. */
  readonly states: number;
  /** Positions `from` … `from + count − 1`. */
  readonly from: number;
  readonly count: number;
  /**
   * Block b is the positions from + blocks[b] … from + blocks[b + 1] − 1, ascending in the order of elements: given
   * the rest they are independent. blocks[0] = 0, the last entry is `count`.
   */
  readonly blocks: Int32Array;
  readonly conditional: FieldConditional | TableConditional;
}

/**
 * Two states, each neighbour has two: with x the codes, the energy of site p at 1 less that at 0 is
 *   field[p] + Σ_ℓ weight[ℓ] · x[other[ℓ]],  ℓ = start[p] … start[p + 1] − 1.
 * p counts from 0 in the group. All numbers are finite.
 */
export interface FieldConditional {
  readonly kind: 'field';
  readonly field: Float64Array;
  readonly start: Int32Array;
  /** Positions. */
  readonly other: Int32Array;
  readonly weight: Float64Array;
}

/**
 * The energy of site p at value v is
 *   own[p·states + v] + Σ_ℓ scale[ℓ] · tables[table[ℓ]].energy[row(ℓ)·states + v],  ℓ = start[p] … start[p + 1] − 1,
 * and so, but for scales, the number of broken requirements, with `broken`. The row of ℓ is
 * Σ_j strides[j] · x[others[first[ℓ] + j]]. Energies may be +∞, not −∞ or NaN.
 */
export interface TableConditional {
  readonly kind: 'tables';
  readonly own: Float64Array | null;
  readonly ownBroken: Float64Array | null;
  readonly start: Int32Array;
  readonly table: Int32Array;
  readonly first: Int32Array;
  /** Finite; 1 for a table with energies of +∞ or with requirements. null: all are 1. */
  readonly scale: Float64Array | null;
  /** Positions, as many for a link as its table has strides. */
  readonly others: Int32Array;
  readonly tables: readonly SiteTable[];
}

/** Equal tables are one object, and so are multiples of one another. */
export interface SiteTable {
  /** One for each other site of the link; the row-major strides of `dims`. */
  readonly strides: readonly number[];
  /** Numbers of states of the other sites. */
  readonly dims: readonly number[];
  /** rows × states */
  readonly energy: Float64Array;
  readonly broken: Float64Array | null;
}
