/**
 * Domains: the state spaces of unknowns, parameters and data.
 *
 * A domain is pure data. What it implies lives elsewhere, one place each: the
 * heat kernel in `learn/heat-kernels.ts`, the sampler in `plan/plan.ts`, the
 * change of variables in `transforms/`.
 *
 * Some domains are of vectors: a state is an array over the last index (two for
 * `cholesky_corr`), whose elements are not free of each other. They carry that index
 * set; it is the last of the slot's sets (`eventRank`).
 */
import type { IndexSet, Lambda } from './ir/types.ts';

export type VectorKind = 'simplex' | 'ordered' | 'unit' | 'cholesky_corr';

export type Domain =
  | { readonly kind: 'bit' }
  | { readonly kind: 'spin' }
  /**
   * Unordered values: the elements of an index set (an enum's labels, `category(k)`,
   * `category(part)`). `graph`: pairs of values that are one step apart; without it all are.
   */
  | { readonly kind: 'category'; readonly values: IndexSet; readonly graph?: IndexSet }
  /** lo … hi, both included; the path graph. */
  | { readonly kind: 'int'; readonly lo: number; readonly hi: number }
  /** 0 … size−1, ordered; the path graph. */
  | { readonly kind: 'ordinal'; readonly size: number }
  /** 0 … size−1 on a ring; the cycle graph. */
  | { readonly kind: 'cyclic'; readonly size: number }
  /** An arrangement of the elements of `values`, over `values`; one step exchanges two. */
  | { readonly kind: 'permutation'; readonly values: IndexSet }
  /** Bits over `of`, `count` of them 1; one step exchanges a 0 and a 1. */
  | { readonly kind: 'subset'; readonly of: IndexSet; readonly count: number }
  /**
   * lo < x < hi; ±Infinity where there is no bound. `lower`, `upper`: bounds that depend
   * on other slots, over the index sets of the slot; lo and hi then hold for all of them.
   */
  | {
      readonly kind: 'real';
      readonly lo: number;
      readonly hi: number;
      readonly lower?: Lambda;
      readonly upper?: Lambda;
    }
  /** −π ≤ x < π on a circle. */
  | { readonly kind: 'angle' }
  /** `simplex`: positive, sums to 1; `ordered`: ascending; `unit`: length 1; `cholesky_corr`: the lower Cholesky factor of a correlation matrix. */
  | { readonly kind: VectorKind; readonly over: IndexSet };

export type RealDomain = Extract<Domain, { kind: 'real' | 'angle' | VectorKind }>;
export type VectorDomain = Extract<Domain, { kind: VectorKind }>;
export type DiscreteDomain = Exclude<Domain, RealDomain>;
/** Discrete domains whose elements depend on each other: moved by exchanges. */
export type ArrangedDomain = Extract<Domain, { kind: 'permutation' | 'subset' }>;

/** The whole line. */
export const wholeLine: Extract<Domain, { kind: 'real' }> = {
  kind: 'real',
  lo: Number.NEGATIVE_INFINITY,
  hi: Number.POSITIVE_INFINITY,
};

export function isDiscrete(d: Domain): d is DiscreteDomain {
  switch (d.kind) {
    case 'real':
    case 'angle':
    case 'simplex':
    case 'ordered':
    case 'unit':
    case 'cholesky_corr':
      return false;
    default:
      return true;
  }
}

export const isVector = (d: Domain): d is VectorDomain =>
  d.kind === 'simplex' || d.kind === 'ordered' || d.kind === 'unit' || d.kind === 'cholesky_corr';

export const isArranged = (d: Domain): d is ArrangedDomain => d.kind === 'permutation' || d.kind === 'subset';

/** How many of a slot's last index sets one state of the domain takes: 0 for a number. */
export const eventRank = (d: Domain): number =>
  d.kind === 'cholesky_corr' ? 2 : isVector(d) || isArranged(d) ? 1 : 0;

/** The index sets that a state of the domain is over. */
export function eventSets(d: Domain): readonly IndexSet[] {
  switch (d.kind) {
    case 'simplex':
    case 'ordered':
    case 'unit':
      return [d.over];
    case 'cholesky_corr':
      return [d.over, d.over];
    case 'permutation':
      return [d.values];
    case 'subset':
      return [d.of];
    default:
      return [];
  }
}

/** Whether values of the domain are numbers (arithmetic is allowed on them). */
export const isNumeric = (d: Domain): boolean => d.kind !== 'category' && d.kind !== 'permutation';

/** Between which numbers every element of a state lies. For categories, their codes (open above). */
export function rangeOf(d: Domain): { readonly lo: number; readonly hi: number } {
  switch (d.kind) {
    case 'real':
    case 'int':
      return { lo: d.lo, hi: d.hi };
    case 'bit':
    case 'subset':
    case 'simplex':
      return { lo: 0, hi: 1 };
    case 'spin':
    case 'unit':
    case 'cholesky_corr':
      return { lo: -1, hi: 1 };
    case 'ordinal':
    case 'cyclic':
      return { lo: 0, hi: d.size - 1 };
    case 'category':
    case 'permutation':
      return { lo: 0, hi: Number.POSITIVE_INFINITY };
    case 'angle':
      return { lo: -Math.PI, hi: Math.PI };
    case 'ordered':
      return { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
  }
}

/**
 * Number of states of one element of a discrete domain, `Infinity` for a real one.
 * @param sizeOf the number of elements of an index set, known once data are bound
 */
export function stateCount(d: Domain, sizeOf: (s: IndexSet) => number): number {
  switch (d.kind) {
    case 'bit':
    case 'spin':
    case 'subset':
      return 2;
    case 'category':
    case 'permutation':
      return sizeOf(d.values);
    case 'int':
      return d.hi - d.lo + 1;
    case 'ordinal':
    case 'cyclic':
      return d.size;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/**
 * The most states of one element whose whole conditional is computed. Of domains with more, a sweep draws
 * within `candidateCount` states chosen at random, the present one among them.
 */
export const largestConditional = 1024;
export const candidateCount = 64;

/**
 * States are stored as *values*: spin −1/+1, int lo…hi, everything else discrete 0…k−1.
 * The value of state number `c` is `offset + scale·c`.
 */
export function valueMap(d: DiscreteDomain): { readonly offset: number; readonly scale: number } {
  switch (d.kind) {
    case 'spin':
      return { offset: -1, scale: 2 };
    case 'int':
      return { offset: d.lo, scale: 1 };
    default:
      return { offset: 0, scale: 1 };
  }
}

/** The domain as the language writes it. */
export function showDomain(d: Domain): string {
  switch (d.kind) {
    case 'category': {
      const base = d.values.kind.kind === 'labels' ? d.values.name : `category(${showOver(d.values)})`;
      return d.graph ? `${base} on ${d.graph.name || 'a graph'}` : base;
    }
    case 'int':
      return `int(${d.lo}, ${d.hi})`;
    case 'ordinal':
    case 'cyclic':
      return `${d.kind}(${d.size})`;
    case 'real': {
      if (!d.lower && !d.upper && d.lo === Number.NEGATIVE_INFINITY && d.hi === Number.POSITIVE_INFINITY)
        return 'real';
      return `real(${d.lower ? '…' : showBound(d.lo)}, ${d.upper ? '…' : showBound(d.hi)})`;
    }
    case 'simplex':
    case 'ordered':
    case 'unit':
    case 'cholesky_corr':
      return `${d.kind}(${showOver(d.over)})`;
    case 'permutation':
      return `permutation(${showOver(d.values)})`;
    case 'subset':
      return `subset(${showOver(d.of)}, ${d.count})`;
    default:
      return d.kind;
  }
}

/** The domain of a slot with its index sets, as the language writes them: `real[site]`. */
export function showShape(d: Domain, sets: readonly IndexSet[]): string {
  const outer = sets.slice(0, sets.length - eventRank(d));
  return `${showDomain(d)}${outer.length === 0 ? '' : `[${outer.map(showOver).join(', ')}]`}`;
}

const showOver = (s: IndexSet): string => s.name || (s.kind.kind === 'range' ? String(s.kind.size) : '?');

const showBound = (b: number): string =>
  b === Number.POSITIVE_INFINITY ? 'inf' : b === Number.NEGATIVE_INFINITY ? '-inf' : String(b);
