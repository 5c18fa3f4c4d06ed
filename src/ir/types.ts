/**
 * The energy IR: scalar expressions over named axes.
 *
 * An energy is a sum of named terms; a term is an expression without free axes,
 * normally `reduce sum over axes of body(axes)`. An array is never an object of
 * its own: it is a scalar expression with free axes, one for each of its
 * dimensions, so broadcasting is by name, matrix products are sums over a shared
 * axis, and every read says through which index map it reads. One and the same
 * expression is interpreted (reference), lowered to batched tensor ops (tfjs),
 * restricted to the blanket of one site (analyse) and differentiated (derive).
 *
 * Meaning. Let ρ give each free axis a position. ⟦n⟧ρ is a number:
 *   const c            c
 *   axis a             ρ(a), counted from 0
 *   size S             |S|
 *   read s[i…]         the value of slot s at (⟦i⟧ρ…)
 *   at (λp…. b)[i…]    ⟦b⟧ρ[p := ⟦i⟧ρ …]
 *   call f(x…)         f(⟦x⟧ρ…); truth values are 0 and 1
 *   reduce ⊕ a… b      ⊕ over all positions of a… where `where` ≠ 0 of ⟦b⟧
 *   matrix f(A…)[i…]   f of the matrices A = (λr c. b)…, at (⟦i⟧ρ…)
 *   scan (x = f(x₋)…)[i…]  the states of a recurrence, at (⟦i⟧ρ…): see `ScanNode`
 *   scatter p… over a… Σ over positions of a… where (indices = (ρ(p)…)) and `where` of ⟦b⟧
 * `pick(k, x0, …, xn)` is xk: how a vector `[x0, …, xn]` is read at k.
 * `select(c, x, y)`, `pick` and `where` are lazy: what they leave out may be out of range.
 *
 * Invariants (checked by `legal.ts`): `axes` are exactly the free axes in order of
 * id; children are older than parents (`id` grows); nodes are interned by their
 * builder, so equal structure means the same object.
 */
import type { Domain } from '../domain.ts';
import type { Span } from '../syntax/span.ts';

/** A finite index set, nominal: two sets are the same only if they are one object. */
export interface IndexSet {
  readonly id: number;
  /** '' for an anonymous one. */
  readonly name: string;
  readonly kind: SetKind;
  readonly span?: Span;
}

export type SetKind =
  /** Its size comes from the data that it shapes. `generic`: it stands for any index set, in what is checked before it is called. */
  | { readonly kind: 'open'; readonly generic?: true }
  | { readonly kind: 'range'; readonly size: number }
  /** Row-major positions; coordinates are named (row, col, …). `wrap`: index arithmetic is modulo (ring). */
  | {
      readonly kind: 'lattice';
      readonly dims: readonly number[];
      readonly coordinates: readonly string[];
      readonly wrap: boolean;
    }
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  /** A set of tuples of elements of other sets; with one component, a subset. */
  | {
      readonly kind: 'tuples';
      readonly components: readonly IndexSet[];
      /** One table slot for each component: position in this set → position in the component. */
      readonly tables: readonly Slot[];
      readonly source: TupleSource;
    };

export type TupleSource =
  /** Each unordered pair of lattice neighbours once. */
  | { readonly kind: 'neighbours'; readonly of: IndexSet; readonly wrap: boolean }
  | {
      readonly kind: 'comprehension';
      readonly axes: readonly Axis[];
      readonly where: Node | null;
      readonly elements: readonly Node[];
    }
  /** An edge list: data of shape [edge, arity], or [edge] for a subset. */
  | { readonly kind: 'edges'; readonly data: Slot }
  /** One set after another, doubles kept. */
  | { readonly kind: 'union'; readonly of: readonly IndexSet[] }
  /** Stands for any set of tuples of the components; never bound. */
  | { readonly kind: 'open' };

/** A bound variable that runs over an index set. */
export interface Axis {
  readonly id: number;
  readonly name: string;
  readonly set: IndexSet;
}

/**
 * An array that expressions read: an unknown, a parameter, data, a table made by
 * the compiler from index sets, an input that a caller supplies (a batch of
 * states, site numbers, weights), or the state of a recurrence one step before.
 */
export interface Slot {
  readonly id: number;
  readonly role: 'unknown' | 'param' | 'data' | 'table' | 'input' | 'state';
  /** As the user writes it: `s`, `r.age`, `net.weight1`. */
  readonly name: string;
  readonly domain: Domain;
  readonly sets: readonly IndexSet[];
  readonly span?: Span;
}

interface NodeBase {
  readonly id: number;
  /** Free axes, ordered by axis id. */
  readonly axes: readonly Axis[];
  /** Which roles of slot the node reads, a union of `Uses` bits. */
  readonly uses: number;
}

export const Uses = { unknown: 1, param: 2, data: 4, table: 8, input: 16, state: 32 } as const;

/** The scalar functions; `functions.ts` says what each computes. */
export type FnName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'neg'
  | 'square'
  | 'pow'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'mod'
  | 'min'
  | 'max'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'atan2'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'silu'
  | 'relu'
  | 'erf'
  | 'lgamma'
  | 'digamma'
  | 'trigamma'
  | 'lbeta'
  | 'erfc'
  | 'log_phi'
  | 'inverse_mills'
  | 'log_i0'
  | 'bessel_ratio'
  | 'logaddexp'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'and'
  | 'or'
  | 'not'
  | 'select'
  | 'pick'
  | 'stop_gradient';

export type ReduceKind = 'sum' | 'prod' | 'max' | 'min' | 'logsumexp';

export interface ConstNode extends NodeBase {
  readonly op: 'const';
  readonly value: number;
}
export interface AxisNode extends NodeBase {
  readonly op: 'axis';
  readonly axis: Axis;
}
export interface SizeNode extends NodeBase {
  readonly op: 'size';
  readonly set: IndexSet;
}
export interface ReadNode extends NodeBase {
  readonly op: 'read';
  readonly slot: Slot;
  readonly indices: readonly Node[];
}
/** A materialised array `[body for params]` read at indices. */
export interface AtNode extends NodeBase {
  readonly op: 'at';
  readonly params: readonly Axis[];
  readonly body: Node;
  readonly indices: readonly Node[];
}
export interface CallNode extends NodeBase {
  readonly op: 'call';
  readonly fn: FnName;
  readonly args: readonly Node[];
}
/** `all` is `min` over truth values, `any` is `max`; `mean` is sum / size. */
export interface ReduceNode extends NodeBase {
  readonly op: 'reduce';
  readonly kind: ReduceKind;
  readonly over: readonly Axis[];
  readonly where: Node | null;
  readonly body: Node;
}
/** The transpose of a read; made by derivatives only. Free axes: `into` and those of the body not in `over`. */
export interface ScatterNode extends NodeBase {
  readonly op: 'scatter';
  readonly into: readonly Axis[];
  readonly over: readonly Axis[];
  readonly indices: readonly Node[];
  readonly where: Node | null;
  readonly body: Node;
}

/** Functions of whole matrices that sums of products cannot say; `matrix.ts` says what each computes. */
export type MatrixFn = 'solve' | 'cholesky' | 'log_det' | 'det';

/**
 * A function of matrices, its result read at `indices`. Each argument binds two axes of its own, row and column;
 * what else is free in its body are batch axes.
 */
export interface MatrixNode extends NodeBase {
  readonly op: 'matrix';
  readonly fn: MatrixFn;
  readonly args: readonly Lambda[];
  readonly indices: readonly Node[];
}

/**
 * A recurrence: with x₋ what `state` reads, x(t) = body(t, x(t − 1)), and x(−1) = init; a backward one runs from
 * the last position, x(t) = body(t, x(t + 1)). `params` are what else it depends on: init is free in `params` and
 * `axes`, body in these and `over`, and neither in anything else. All these axes are the recurrence's own.
 */
export interface Recurrence {
  readonly params: readonly Axis[];
  readonly over: Axis;
  /** The dimensions of the state. */
  readonly axes: readonly Axis[];
  /** Over `params` and `axes`; each recurrence has its own. Read in the body at the params themselves. */
  readonly state: Slot;
  /** What the state was before `params` were known: over `axes`. */
  readonly origin: Slot;
  readonly backward: boolean;
  readonly init: Node;
  readonly body: Node;
}

/**
 * The states of a recurrence read at indices: those of the params, which are distinct axes, then the position
 * along `over`, then the state's.
 */
export interface ScanNode extends NodeBase {
  readonly op: 'scan';
  readonly loop: Recurrence;
  readonly indices: readonly Node[];
}

export type Node =
  | ConstNode
  | AxisNode
  | SizeNode
  | ReadNode
  | AtNode
  | CallNode
  | ReduceNode
  | ScatterNode
  | MatrixNode
  | ScanNode;

/** An array-valued expression: `body` over the dimensions `axes`, in that order. */
export interface Lambda {
  readonly axes: readonly Axis[];
  readonly body: Node;
}

/** One named term of an energy. */
export interface Term {
  readonly name: string;
  readonly span: Span;
  /** No free axes. */
  readonly body: Node;
}

/** `require condition for axes`: the support, apart from the energy. */
export interface Constraint {
  readonly span: Span;
  readonly axes: readonly Axis[];
  readonly where: Node | null;
  /** A truth value; free axes ⊆ `axes`. */
  readonly condition: Node;
  /** The unknown whose domain says it: samplers that move this unknown keep it by themselves. */
  readonly implied?: Slot;
}

export interface Report {
  readonly name: string;
  readonly span: Span;
  readonly value: Lambda;
  readonly domain: Domain;
}

/**
 * A real unknown that an energy draws around others: `theta ~ normal(mu, tau)`. It is no part of the energy's meaning;
 * samplers may take coordinates from it.
 */
export interface Hierarchy {
  readonly slot: Slot;
  readonly span: Span;
  /** One for each dimension of the slot; what is free in the expressions is among them. */
  readonly axes: readonly Axis[];
  /** Whether location and scale are those of the unknown or of its logarithm. */
  readonly on: 'line' | 'log';
  /** Absent: 0. */
  readonly loc: Node | null;
  /** Absent: 1. */
  readonly scale: Node | null;
  /** Of the element at `axes`. */
  readonly logDensity: Node;
}

/** A compiled energy: what every verb works on. */
export interface Energy {
  readonly name: string;
  readonly span: Span;
  readonly unknowns: readonly Slot[];
  readonly terms: readonly Term[];
  readonly support: readonly Constraint[];
  readonly reports: readonly Report[];
  /** Each unknown at most once. */
  readonly hierarchies?: readonly Hierarchy[];
}
