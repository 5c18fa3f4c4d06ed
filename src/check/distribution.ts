/**
 * What a distribution is: a name, parameters with their ranges, a support, a sentence,
 * and its log-density as IR, constants included, with respect to counting or Lebesgue
 * measure. `distributions.ts` is the table; `densities.ts` puts values into it.
 */
import type { Builder } from '../ir/build.ts';
import type { Axis, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Cx } from './context.ts';
import type { ArrayValue } from './values.ts';

/** Where a parameter may lie. */
export interface Range {
  /** After the parameter's name: `sigma > 0`. */
  readonly text: string;
  readonly allows: (x: number) => boolean;
  /** How many index sets of its own the parameter has: a vector 1, a matrix 2. */
  readonly rank: 0 | 1 | 2;
  /** What a whole vector of constants must satisfy besides. */
  readonly together?: (xs: readonly number[]) => boolean;
}

export interface Parameter {
  readonly name: string;
  readonly range: Range;
}

interface Described {
  readonly name: string;
  /** The names of `parameters`. */
  readonly params: readonly string[];
  readonly parameters: readonly Parameter[];
  /** The density or the probability of y. */
  readonly formula: string;
  /** Of y, in words. */
  readonly support: string;
  readonly doc: string;
}

/** What y is a value of: any number, a whole number, an angle. */
export type Target = 'real' | 'whole' | 'angle';

/** A location and a scale of y itself (`line`) or of ln y (`log`); null: 0 and 1. */
export interface Place {
  readonly on: 'line' | 'log';
  readonly loc: Node | null;
  readonly scale: Node | null;
}

/** Maps over the elements of arrays. */
export interface ElementwiseDistribution extends Described {
  readonly kind: 'elementwise';
  readonly on: Target;
  readonly density: (b: Builder, y: Node, p: readonly Node[]) => Node;
  /** Where the density is positive; absent: everywhere. The ends carry no mass that matters. */
  readonly bounds?: (b: Builder, p: readonly Node[]) => { readonly lo?: Node; readonly hi?: Node };
  /** Where and how widely y lies, or ln y: what standard coordinates of y are made of. */
  readonly place?: (b: Builder, p: readonly Node[]) => Place;
  /** What parameters that are constants must satisfy together: what is wrong, or null. */
  readonly check?: (p: readonly (number | undefined)[]) => string | null;
}

/** A condition on y for every position of the axes. */
export interface Requirement {
  readonly axes: readonly Axis[];
  readonly condition: Node;
}

/** A log-density over the axes that remain; they are summed by `~`. */
export interface Density {
  readonly node: Node;
  readonly axes: readonly Axis[];
  /** Where it holds; outside the density is 0. */
  readonly requires: readonly Requirement[];
  /** The value as its axes have it, and where it is drawn. */
  readonly placed?: { readonly value: Node; readonly place: () => Place };
}

/** What an array distribution gets: y, its parameters, and where it stands. */
export interface Drawn {
  readonly cx: Cx;
  readonly dist: ArrayDistribution;
  readonly y: ArrayValue;
  readonly args: readonly ArrayValue[];
  /** Where each argument is written. */
  readonly spans: readonly Span[];
  readonly span: Span;
}

/** Has index sets of its own: a vector, a matrix, the values of a category. Further indices of y map. */
export interface ArrayDistribution extends Described {
  readonly kind: 'array';
  readonly density: (drawn: Drawn) => Density;
}

export type Distribution = ElementwiseDistribution | ArrayDistribution;

// ── Ranges ──────────────────────────────────────────────────────────────────

const range = (text: string, allows: Range['allows'], extra: Partial<Range> = {}): Range => ({
  text,
  allows,
  rank: 0,
  ...extra,
});

const finite = Number.isFinite;
const isProbability = (x: number): boolean => x >= 0 && x <= 1;
/** Sums of constants are compared with a tolerance for rounding. */
const sumsToOne = (xs: readonly number[]): boolean => Math.abs(xs.reduce((a, x) => a + x, 0) - 1) < 1e-6;
const ascending = (xs: readonly number[]): boolean => xs.every((x, i) => i === 0 || x > xs[i - 1]);

export const ranges = {
  real: range('a real number', finite),
  positive: range('> 0', (x) => x > 0 && finite(x)),
  nonnegative: range('≥ 0', (x) => x >= 0 && finite(x)),
  probability: range('between 0 and 1', isProbability),
  /** Of what happens in the end: 0 would never do. */
  chance: range('above 0 and at most 1', (x) => x > 0 && x <= 1),
  whole: range('a whole number', Number.isInteger),
  count: range('a whole number ≥ 0', (x) => Number.isInteger(x) && x >= 0),
  reals: range('a vector of real numbers', finite, { rank: 1 }),
  positives: range('a vector of numbers > 0, or one for all', (x) => x > 0 && finite(x), { rank: 1 }),
  simplex: range('a vector of probabilities that sum to 1', isProbability, { rank: 1, together: sumsToOne }),
  ascending: range('a vector of ascending numbers', finite, { rank: 1, together: ascending }),
  definite: range('a symmetric positive definite matrix', finite, { rank: 2 }),
  triangle: range('a lower triangular matrix with a positive diagonal', finite, { rank: 2 }),
} as const satisfies Readonly<Record<string, Range>>;

/** Parameters from their ranges, in the order in which they are written. */
export const parametersOf = (of: Readonly<Record<string, Range>>): readonly Parameter[] =>
  Object.entries(of).map(([name, r]) => ({ name, range: r }));

/** A row of a table of elementwise distributions; on reals unless it says otherwise. */
export const elementwise = (
  name: string,
  parameters: Readonly<Record<string, Range>>,
  support: string,
  formula: string,
  doc: string,
  density: ElementwiseDistribution['density'],
  extra: Partial<Pick<ElementwiseDistribution, 'on' | 'bounds' | 'check' | 'place'>> = {},
): ElementwiseDistribution => ({
  kind: 'elementwise',
  name,
  params: Object.keys(parameters),
  parameters: parametersOf(parameters),
  on: 'real',
  formula,
  support,
  doc,
  density,
  ...extra,
});
