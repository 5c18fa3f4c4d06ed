/**
 * Domains: the state spaces of unknowns, parameters and data.
 *
 * A domain is pure data. What it implies lives elsewhere, one place each: the
 * heat kernel in `learn/heat-kernels.ts`, the sampler in `plan/plan.ts`, the
 * change of variables in `infer/transforms.ts`.
 */
import type { IndexSet } from './ir/types.ts';

export type Domain =
  | { readonly kind: 'bit' }
  | { readonly kind: 'spin' }
  /** Unordered values: the elements of an index set (an enum's labels, `category(k)`, `category(part)`). */
  | { readonly kind: 'category'; readonly values: IndexSet }
  /** lo … hi, both included; the path graph. */
  | { readonly kind: 'int'; readonly lo: number; readonly hi: number }
  /** 0 … size−1, ordered; the path graph. */
  | { readonly kind: 'ordinal'; readonly size: number }
  /** 0 … size−1 on a ring; the cycle graph. */
  | { readonly kind: 'cyclic'; readonly size: number }
  /** lo < x < hi; ±Infinity where there is no bound. */
  | { readonly kind: 'real'; readonly lo: number; readonly hi: number };

export type DiscreteDomain = Exclude<Domain, { kind: 'real' }>;

export const isDiscrete = (d: Domain): d is DiscreteDomain => d.kind !== 'real';

/** Whether values of the domain are numbers (arithmetic is allowed on them). */
export const isNumeric = (d: Domain): boolean => d.kind !== 'category';

/**
 * Number of states of a discrete domain, `Infinity` for a real one.
 * @param sizeOf the number of elements of an index set, known once data are bound
 */
export function stateCount(d: Domain, sizeOf: (s: IndexSet) => number): number {
  switch (d.kind) {
    case 'bit':
    case 'spin':
      return 2;
    case 'category':
      return sizeOf(d.values);
    case 'int':
      return d.hi - d.lo + 1;
    case 'ordinal':
    case 'cyclic':
      return d.size;
    case 'real':
      return Number.POSITIVE_INFINITY;
  }
}

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
    case 'category':
      return d.values.kind.kind === 'labels'
        ? d.values.name
        : d.values.name === ''
          ? `category(${d.values.kind.kind === 'range' ? d.values.kind.size : '?'})`
          : `category(${d.values.name})`;
    case 'int':
      return `int(${d.lo}, ${d.hi})`;
    case 'ordinal':
    case 'cyclic':
      return `${d.kind}(${d.size})`;
    case 'real':
      return d.lo === Number.NEGATIVE_INFINITY && d.hi === Number.POSITIVE_INFINITY
        ? 'real'
        : `real(${showBound(d.lo)}, ${showBound(d.hi)})`;
    default:
      return d.kind;
  }
}

const showBound = (b: number): string =>
  b === Number.POSITIVE_INFINITY ? 'inf' : b === Number.NEGATIVE_INFINITY ? '-inf' : String(b);
