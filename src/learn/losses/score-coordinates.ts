/**
 * The coordinates in which scores are matched. Integration by parts, on which score matching rests, needs a density
 * that vanishes at the edges of its space (Hyvärinen, JMLR 6 (2005), Theorem 1). So a real with bounds is taken to the
 * whole line by the transforms of the samplers, z = ln(x − lo) or logit, and the energy gains −ln |dx/dz|: on a
 * half-line from 0 this is the matching of x·∂U/∂x of A. Hyvärinen, "Some extensions of score matching", Computational
 * Statistics & Data Analysis 51 (2007). Vectors go the same way (`transforms/vectors.ts`). Angles have no
 * edges and stay what they are, as do reals without bounds.
 *
 * A direction u is read as z/‖z‖ at ‖z‖ = 1: gradient and Laplacian by z are then those on the sphere, and what is
 * matched is the score there (K. Mardia, J. Kent, A. Laha, "Score matching estimators for directional distributions",
 * arXiv 1604.08470).
 *
 * Scores are taken in units of the standard deviation of each coordinate over the rows: so the loss does not depend
 * on the units of the columns, and no column drowns the others.
 */
import type { HostArray } from '../../arrays.ts';
import type { BoundProgram } from '../../bind/bound.ts';
import { isDiscrete, isVector, showDomain, type VectorDomain, wholeLine } from '../../domain.ts';
import type { Builder } from '../../ir/build.ts';
import type { Axis, Energy, IndexSet, Node, Slot } from '../../ir/types.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import { unconstrainValue, wrapAngleValue } from '../../transforms/scalars.ts';
import { slotTransform } from '../../transforms/slot.ts';
import { unconstrainVector, vectorFault, vectorLength } from '../../transforms/vectors.ts';
import type { LearnCode } from '../codes.ts';
import { circularScales, columnScales } from '../perturb.ts';
import type { Rows } from '../rows.ts';

/** One real unknown in its unconstrained coordinates. */
export interface ScoreSlot {
  readonly unknown: Slot;
  /** What the energy reads in its place: the unknown itself where it has no bounds. */
  readonly z: Slot;
  /** Elements of one row. */
  readonly elements: number;
  /** Standard deviation of each coordinate over the rows, 1 for one that is constant. */
  readonly scales: readonly number[];
  /** Rows to coordinates, [rows, ...unknown]; null where the energy reads the unknown itself. */
  readonly toFree: ((x: Float64Array, z: Float64Array) => void) | null;
  /** Where a coordinate lands after noise: angles are wrapped. */
  readonly back: (z: number) => number;
}

export interface ScoreCoordinates {
  readonly slots: readonly ScoreSlot[];
  readonly discrete: readonly Slot[];
  /** What the transformed energy reads: `z` of each real unknown, and the discrete ones. */
  readonly unknowns: readonly Slot[];
  /** Its terms, −ln |dx/dz| among them. */
  readonly terms: readonly Node[];
}

/**
 * @throws EnergyError E0725 for bounds that depend on other values, and for rows on a bound, whose coordinates would
 *   be infinite
 */
export function scoreCoordinates(bound: BoundProgram, energy: Energy, rows: Rows): ScoreCoordinates {
  const b = bound.program.builder;
  const reals = energy.unknowns.filter((u) => !isDiscrete(u.domain));
  const discrete = energy.unknowns.filter((u) => isDiscrete(u.domain));
  const jacobians: Node[] = [];
  const by = new Map<Slot, (indices: readonly Node[]) => Node>();
  const slots = reals.map((u): ScoreSlot => {
    const own = scoreSlot(b, u, rows, bound.sizeOf);
    if (own.z !== u) {
      const { domain } = u;
      if (isDiscrete(domain)) throw new Error('only reals have coordinates');
      const t = slotTransform(b, { domain, sets: u.sets, z: (i) => b.read(own.z, i), held: null });
      by.set(u, t.at);
      // The length of a direction's coordinates is fixed: no part of the density.
      if (domain.kind !== 'unit') jacobians.push(b.neg(t.logJacobian));
    }
    return own;
  });
  const on = (n: Node): Node => b.mapReads(n, (slot, indices) => by.get(slot)?.(indices));
  return {
    slots,
    discrete,
    unknowns: [...slots.map((s) => s.z), ...discrete],
    terms: [...energy.terms.map((t) => on(t.body)), ...jacobians],
  };
}

function scoreSlot(b: Builder, unknown: Slot, rows: Rows, sizeOf: (s: IndexSet) => number): ScoreSlot {
  const { domain } = unknown;
  const column = rows.columns.get(unknown);
  if (!column) throw new Error(`no data for ${unknown.name}`);
  const elements = rows.elements.get(unknown)!;
  const same = (z: number): number => z;
  const fresh = (): Slot => b.slot('unknown', unknown.name, wholeLine, unknown.sets, unknown.span);
  if (domain.kind === 'angle')
    return {
      unknown,
      z: unknown,
      elements,
      scales: circularScales(column, elements),
      toFree: null,
      back: wrapAngleValue,
    };
  if (isVector(domain)) {
    const k = sizeOf(domain.over);
    const size = vectorLength(domain, k);
    refuseRows(unknown, rows.count, elements, size, (x) => edgeOfVector(domain, k, x), column);
    const toFree = (x: Float64Array, z: Float64Array): void => {
      if (domain.kind === 'unit') z.set(x);
      else
        for (let from = 0; from < x.length; from += size)
          unconstrainVector(domain, k, x.subarray(from, from + size), z.subarray(from, from + size));
    };
    const z = new Float64Array(column.data.length);
    toFree(column.data, z);
    // No axis of a sphere is longer than another.
    const scales =
      domain.kind === 'unit'
        ? new Array<number>(elements).fill(1)
        : columnScales({ shape: column.shape, data: z }, elements);
    return { unknown, z: fresh(), elements, scales, toFree, back: same };
  }
  if (domain.kind !== 'real') throw new Error(`${showDomain(domain)} is not real`);
  if (domain.lower || domain.upper)
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0725' satisfies LearnCode,
        place: unknown.span ? at(unknown.span) : { kind: 'data', file: '' },
        message: `the bounds of \`${unknown.name}\` depend on other values; score matching needs bounds that are numbers`,
        suggestion: 'describe it by its distance to the bound, or use noise_contrastive',
      },
    ]);
  const { lo, hi } = domain;
  if (!Number.isFinite(lo) && !Number.isFinite(hi))
    return {
      unknown,
      z: unknown,
      elements,
      scales: columnScales(column, elements),
      toFree: null,
      back: same,
    };
  refuseRows(unknown, rows.count, elements, 1, ([x]) => (x > lo && x < hi ? null : `is ${x}`), column);
  const free = (x: Float64Array): Float64Array => x.map((v) => unconstrainValue(v, domain));
  return {
    unknown,
    z: fresh(),
    elements,
    scales: columnScales({ shape: column.shape, data: free(column.data) }, elements),
    toFree: (x, z) => {
      for (let i = 0; i < x.length; i++) z[i] = unconstrainValue(x[i], domain);
    },
    back: same,
  };
}

/** What puts a vector on the edge of its domain; null where nothing does. */
function edgeOfVector(d: VectorDomain, k: number, x: Float64Array): string | null {
  if (d.kind === 'simplex' && x.some((v) => v <= 0)) return 'holds 0';
  return vectorFault(d, k, x) ?? null;
}

function refuseRows(
  unknown: Slot,
  count: number,
  elements: number,
  width: number,
  edge: (x: Float64Array) => string | null,
  { data }: { readonly data: Float64Array },
): void {
  for (let n = 0; n < count; n++)
    for (let e = 0; e < elements; e += width) {
      const from = n * elements + e;
      const why = edge(data.subarray(from, from + width));
      if (why === null) continue;
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0725' satisfies LearnCode,
          place: unknown.span ? at(unknown.span) : { kind: 'data', file: '' },
          message: `\`${unknown.name}\` of row ${n} of the data (counted from 0) ${why}, on the edge of ${showDomain(unknown.domain)}; score matching needs rows inside`,
          suggestion: 'widen the bounds, drop such rows, or use discrepancy or noise_contrastive',
        },
      ]);
    }
}

/** An array of coordinates' scales for each slot, [...unknown], and what reads them. */
export function scaleInputs(
  b: Builder,
  slots: readonly ScoreSlot[],
  rows: Rows,
): {
  /** s² of a coordinate at indices. */
  readonly squared: (s: ScoreSlot, indices: readonly Node[]) => Node;
  readonly constants: ReadonlyMap<Slot, HostArray>;
} {
  const constants = new Map<Slot, HostArray>();
  const reads = new Map(
    slots.map((s) => {
      if (s.scales.every((x) => x === s.scales[0])) {
        const one = b.const(s.scales[0] ** 2);
        return [s, () => one] as const;
      }
      const slot = b.slot('input', `scale of ${s.unknown.name}`, wholeLine, s.unknown.sets);
      const shape = rows.columns.get(s.unknown)!.shape.slice(1);
      constants.set(slot, { shape, data: Float64Array.from(s.scales, (x) => x * x) });
      return [s, (indices: readonly Node[]) => b.read(slot, indices)] as const;
    }),
  );
  return { squared: (s, indices) => reads.get(s)!(indices), constants };
}

/** Fresh axes over a slot's index sets. */
export const axesOf = (b: Builder, slot: Slot): readonly Axis[] => slot.sets.map((set) => b.axis(set));
