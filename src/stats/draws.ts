/**
 * What a sampling run records: one `Quantity` for each unknown, report and term.
 * Shared by statistics, files, charts, the command line and the playground.
 */
export interface Quantity {
  /** `s`, `r.age`, `magnet`; for terms the term's name. */
  readonly name: string;
  readonly role: 'unknown' | 'report' | 'term' | 'energy';
  /** Shape of one draw; [] for a scalar. A grid index set contributes its own two sides (32, 32). */
  readonly shape: readonly number[];
  readonly kind: 'real' | 'integer' | 'category';
  /** A category's value names, in code order. */
  readonly labels?: readonly string[];
  /** For integers and categories with known bounds: the possible values are lo … hi (step 2 for spins). */
  readonly lo?: number;
  readonly hi?: number;
  /** chains × draws × shape, row-major. */
  readonly values: Float64Array;
}

export interface Draws {
  readonly chains: number;
  /** Recorded draws of each chain. */
  readonly draws: number;
  readonly quantities: readonly Quantity[];
}

/** `s[0,3]`; the bare name for a scalar. */
export const elementName = (name: string, index: readonly number[]): string =>
  index.length === 0 ? name : `${name}[${index.join(',')}]`;
