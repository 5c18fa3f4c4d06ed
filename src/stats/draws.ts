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
  /** What each dimension of `shape` runs over; absent where none has a name. */
  readonly dims?: readonly Dimension[];
  readonly kind: 'real' | 'integer' | 'category';
  /** A category's value names, in code order. */
  readonly labels?: readonly string[];
  /** For integers and categories with known bounds: the possible values are lo … hi (step 2 for spins). */
  readonly lo?: number;
  readonly hi?: number;
  /** chains × draws × shape, row-major. */
  readonly values: Float64Array;
}

/** A dimension as files of draws name it. */
export interface Dimension {
  /** Of the index set, with the coordinate after it where the set is a lattice (`site_row`); '' without a name. */
  readonly name: string;
  /** Of an enum's values, in order. */
  readonly labels?: readonly string[];
}

export interface Draws {
  readonly chains: number;
  /** Recorded draws of each chain. */
  readonly draws: number;
  readonly quantities: readonly Quantity[];
  /** Of the transition that led to each draw; absent where no sampler of reals moved. */
  readonly sampler?: readonly SamplerStat[];
}

/**
 * What files of draws say of transitions, by ArviZ's names: mean probability of acceptance, step size, doublings of
 * the trajectory, gradients, whether it diverged (any since the draw before), the Hamiltonian where it began.
 */
export const samplerStats = [
  'acceptance_rate',
  'step_size',
  'tree_depth',
  'n_steps',
  'diverging',
  'energy',
] as const;

export interface SamplerStat {
  readonly name: (typeof samplerStats)[number];
  /** chains × draws. */
  readonly values: Float64Array;
}

/** `s[0,3]`; the bare name for a scalar. */
export const elementName = (name: string, index: readonly number[]): string =>
  index.length === 0 ? name : `${name}[${index.join(',')}]`;
