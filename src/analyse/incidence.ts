/**
 * Who touches whom: for a factor and an unknown, which instances of the factor read
 * which site. Index maps are inverted here, once.
 */
import type { HostArray } from '../arrays.ts';
import type { Engine } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Builder } from '../ir/build.ts';
import { type Axis, type IndexSet, type MatrixFn, type Node, type Slot, Uses } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import { type Factor, readsOf } from './factors.ts';
import { seenReads } from './scans.ts';
import { siteColumn, staticValues } from './static-values.ts';

export type Incidence =
  | { readonly kind: 'none' }
  /** Every instance reads exactly the site named by some of its own axes: instances of a site are a slab. */
  | { readonly kind: 'slab'; readonly axes: readonly Axis[] }
  /** Compressed rows: instances (flat, row-major over the factor's axes) of each site. */
  | {
      readonly kind: 'rows';
      readonly start: Int32Array;
      readonly instance: Int32Array;
      readonly maxDegree: number;
      /** Largest number of different sites that one instance touches. */
      readonly scope: number;
      /** Whether each instance in the rows of a site reads that site through one read only, the only one. */
      readonly single: boolean;
    }
  /** The map cannot be inverted, or inverting is no use: every instance may touch every site. */
  | { readonly kind: 'dense'; readonly why: string };

/** Above this many (instance, site) pairs an index map is not inverted. */
const MAX_PAIRS = 2 ** 24;

export interface Tables {
  readonly sizeOf: (set: IndexSet) => number;
  readonly constants: ReadonlyMap<Slot, HostArray>;
}

/** Whether it is known once data are bound. */
export const isStatic = (n: Node): boolean =>
  (n.uses & (Uses.unknown | Uses.param | Uses.input | Uses.state)) === 0;

/** @param engine evaluates what index maps are seldom made of */
export function incidence(
  b: Builder,
  factor: Factor,
  slot: Slot,
  tables: Tables,
  engine: Engine = referenceEngine(),
): Incidence {
  const roots = factor.where ? [factor.body, factor.where] : [factor.body];
  const { reads, looped } = seenReads(b, roots, slot);
  if (reads.length === 0) return { kind: 'none' };
  if (slot.sets.length === 0) return { kind: 'slab', axes: [] };
  if (looped) return { kind: 'dense', why: 'a `scan` reads it: a state depends on all that came before' };
  if (reads.some((r) => r.indices.some((i) => !isStatic(i))))
    return { kind: 'dense', why: 'it is looked up at an index that depends on unknowns' };
  const inAxes = reads.every((r) => r.axes.every((a) => factor.axes.includes(a)));
  if (inAxes && reads.length === 1) {
    const own = reads[0].indices.map((i) => (i.op === 'axis' ? i.axis : null));
    if (own.every((a) => a !== null) && new Set(own).size === own.length)
      return { kind: 'slab', axes: own as Axis[] };
  }
  const instances = factor.axes.reduce((n, a) => n * tables.sizeOf(a.set), 1);
  const sites = slot.sets.reduce((n, s) => n * tables.sizeOf(s), 1);
  // Reads under inner binders touch a set of sites: the instance axes and the inner axes together.
  let pairs = 0;
  for (const r of reads) {
    const inner = r.axes.filter((a) => !factor.axes.includes(a));
    pairs += instances * inner.reduce((n, a) => n * tables.sizeOf(a.set), 1);
  }
  if (pairs > MAX_PAIRS) return { kind: 'dense', why: 'its index map is too large to invert' };
  if (!inAxes && instances === 1)
    return { kind: 'dense', why: matrixAround(roots, slot) ?? 'it reads them all at once' };
  return rowsOf(b, factor, slot, roots, reads, instances, sites, tables, engine);
}

/** The matrix function that needs all elements of an unknown, in words. */
function matrixAround(roots: readonly Node[], slot: Slot): string | undefined {
  let found: string | undefined;
  visit(roots, (n) => {
    if (n.op !== 'matrix') return;
    const bodies = n.args.map((a) => a.body);
    if (readsOf(bodies, slot).length > 0) found ??= `${matrixNeeds[n.fn]} needs them all at once`;
  });
  return found;
}

const matrixNeeds: Readonly<Record<MatrixFn, string>> = {
  solve: 'a system of equations that they are part of',
  cholesky: 'the Cholesky factor of a matrix that they are part of',
  log_det: 'the determinant of a matrix that they are part of',
  det: 'the determinant of a matrix that they are part of',
};

function rowsOf(
  b: Builder,
  factor: Factor,
  slot: Slot,
  roots: readonly Node[],
  reads: readonly (Node & { op: 'read' })[],
  instances: number,
  sites: number,
  tables: Tables,
  engine: Engine,
): Incidence {
  const columns = reads.map((r) => {
    const inner = r.axes.filter((a) => !factor.axes.includes(a));
    return siteColumn(b, slot, r.indices, [...factor.axes, ...inner], tables, engine);
  });
  const mask =
    factor.where && isStatic(factor.where)
      ? staticValues(b, factor.where, factor.axes, tables, engine)
      : null;
  const widths = columns.map((c) => c.length / instances);
  // Pass 1: degrees, deduplicated within an instance. Pass 2: fill.
  const start = new Int32Array(sites + 1);
  let scope = 0;
  let single = reads.length === 1;
  const seen = new Int32Array(sites);
  const pass = (next: Int32Array, shift: number, instance: Int32Array | null): void => {
    seen.fill(-1);
    for (let e = 0; e < instances; e++) {
      if (mask && mask[e] === 0) continue;
      let distinct = 0;
      for (let i = 0; i < columns.length; i++) {
        const width = widths[i];
        const column = columns[i];
        for (let k = e * width; k < (e + 1) * width; k++) {
          const site = column[k];
          // Guarded reads (select, inner where) may be out of range where they are not taken.
          if (site < 0) continue;
          if (seen[site] === e) {
            single = false;
            continue;
          }
          seen[site] = e;
          distinct++;
          const at = next[site + shift]++;
          if (instance) instance[at] = e;
        }
      }
      if (distinct > scope) scope = distinct;
    }
  };
  pass(start, 1, null);
  let maxDegree = 0;
  for (let s = 0; s < sites; s++) {
    if (start[s + 1] > maxDegree) maxDegree = start[s + 1];
    start[s + 1] += start[s];
  }
  const instance = new Int32Array(start[sites]);
  pass(start.slice(0, sites), 0, instance);
  if (scope > 1) single = false;
  if (maxDegree >= instances && instances > 1 && scope >= sites)
    return { kind: 'dense', why: matrixAround(roots, slot) ?? 'every instance touches every site' };
  return { kind: 'rows', start, instance, maxDegree, scope, single };
}

/** Row-major position of an element of a slot. */
export function flatIndex(
  b: Builder,
  slot: Slot,
  indices: readonly Node[],
  sizeOf: (set: IndexSet) => number,
): Node {
  return indices.reduce(
    (acc, i, d) => (d === 0 ? i : b.add(b.mul(acc, b.const(sizeOf(slot.sets[d]))), i)),
    b.const(0) as Node,
  );
}
