/** Programs made by hand for tests of learning, without text or files. */
import type { HostArray } from '../../src/arrays.ts';
import type { BoundProgram } from '../../src/bind/bound.ts';
import type { DataRows, ParamDecl } from '../../src/check/values.ts';
import type { Domain } from '../../src/domain.ts';
import { type Builder, staticSize } from '../../src/ir/build.ts';
import type { Constraint, Energy, IndexSet, Node, Slot } from '../../src/ir/types.ts';
import type { FitOptions } from '../../src/learn/options.ts';
import type { Times } from '../../src/learn/times.ts';

/** The same time for every kind of domain. */
export const sameTimes = (t: number): Times => ({ edge: t, category: t, ordered: t, cyclic: t, real: t });

export const span = { file: 'toy.energy', start: 0, end: 1 };
export const realLine: Domain = {
  kind: 'real',
  lo: Number.NEGATIVE_INFINITY,
  hi: Number.POSITIVE_INFINITY,
};

export interface Toy {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly rows: DataRows;
}

export interface ToySpec {
  readonly terms: Readonly<Record<string, Node>>;
  /** Each unknown with its data, [rows, ...unknown]. */
  readonly unknowns: readonly (readonly [Slot, readonly number[]])[];
  readonly params: readonly Slot[];
  readonly priors?: ReadonlyMap<Slot, Node>;
  readonly support?: readonly Constraint[];
  readonly constants?: ReadonlyMap<Slot, HostArray>;
}

export function toy(b: Builder, spec: ToySpec): Toy {
  const width = (u: Slot): number => u.sets.reduce((n, s) => n * staticSize(s)!, 1);
  const [first, values] = spec.unknowns[0];
  const count = values.length / width(first);
  const set = b.set('picture', { kind: 'range', size: count });
  const columns = spec.unknowns.map(([unknown, data]) => ({
    unknown,
    slot: b.slot('data', `data ${unknown.name}`, unknown.domain, [set, ...unknown.sets], span),
    data,
  }));
  const constants = new Map([
    ...(spec.constants ?? []),
    ...columns.map(({ slot, data }): [Slot, HostArray] => [
      slot,
      { shape: slot.sets.map((s) => staticSize(s)!), data: Float64Array.from(data) },
    ]),
  ]);
  const params = spec.params.map((slot): ParamDecl => {
    const axes = slot.sets.map((s) => b.axis(s));
    const value = { axes, body: b.const(0) };
    return {
      slot,
      init: { kind: 'value', value },
      prior: spec.priors?.get(slot) ?? null,
      frozen: false,
      span,
    };
  });
  const energy: Energy = {
    name: 'Toy',
    span,
    unknowns: spec.unknowns.map(([u]) => u),
    terms: Object.entries(spec.terms).map(([name, body]) => ({ name, span, body })),
    support: spec.support ?? [],
    reports: [],
  };
  return {
    energy,
    rows: { set, columns: columns.map(({ unknown, slot }) => ({ unknown, data: slot })) },
    bound: boundOf(b, params, constants),
  };
}

export const boundOf = (
  b: Builder,
  params: readonly ParamDecl[],
  constants: ReadonlyMap<Slot, HostArray> = new Map(),
): BoundProgram => ({
  program: {
    file: 'toy.energy',
    builder: b,
    data: [],
    params,
    energies: new Map(),
    jobs: [],
    tupleSets: [],
    namedSets: [],
    modules: [],
  },
  sizeOf: (s: IndexSet) => staticSize(s)!,
  constants,
});

export const filled = (slot: Slot, value: number): HostArray => {
  const shape = slot.sets.map((s) => staticSize(s)!);
  return { shape, data: new Float64Array(shape.reduce((p, n) => p * n, 1)).fill(value) };
};

export const quickOptions = (changes: Partial<FitOptions> = {}): FitOptions => ({
  loss: { kind: 'discrepancy', t: 0.5, draws: 4, stabilise: 1 },
  optimizer: { kind: 'adam', rate: 0.05, beta1: 0.9, beta2: 0.999 },
  steps: 10,
  batch: 8,
  clip: 0,
  average: 0,
  heldOut: 0,
  seed: 1,
  ...changes,
});

/**
 * Five spins with all ten couplings and five fields:
 * U(s) = −Σ_{i<j} J_ij s_i s_j − Σ_i h_i s_i.
 */
export function boltzmann(b: Builder, rows: readonly number[]) {
  const site = b.set('site', { kind: 'range', size: 5 });
  const pair = b.set('pair', { kind: 'range', size: 10 });
  const s = b.slot('unknown', 's', { kind: 'spin' }, [site], span);
  const left = b.slot('table', 'left', { kind: 'category', values: site }, [pair], span);
  const right = b.slot('table', 'right', { kind: 'category', values: site }, [pair], span);
  const J = b.slot('param', 'J', realLine, [pair], span);
  const h = b.slot('param', 'h', realLine, [site], span);
  const p = b.axis(pair);
  const i = b.axis(site);
  const at = (table: Slot): Node => b.read(s, [b.read(table, [b.axisNode(p)])]);
  const coupling = b.neg(b.sum([p], b.mul(b.read(J, [b.axisNode(p)]), b.mul(at(left), at(right)))));
  const field = b.neg(b.sum([i], b.mul(b.read(h, [b.axisNode(i)]), b.read(s, [b.axisNode(i)]))));
  const table = (k: 0 | 1): HostArray => ({
    shape: [10],
    data: Int32Array.from(spinPairs, (q) => q[k]),
  });
  const made = toy(b, {
    terms: { coupling, field },
    unknowns: [[s, rows]],
    params: [J, h],
    constants: new Map([
      [left, table(0)],
      [right, table(1)],
    ]),
  });
  return { ...made, J, h, s };
}

export const spinPairs: readonly (readonly [number, number])[] = [0, 1, 2, 3, 4].flatMap((i) =>
  [0, 1, 2, 3, 4].filter((j) => j > i).map((j) => [i, j] as const),
);

/** −∂U/∂(J, h) */
export const spinFeatures = (s: ArrayLike<number>): number[] => [
  ...spinPairs.map(([i, j]) => s[i] * s[j]),
  ...Array.from({ length: 5 }, (_, i) => s[i]),
];

export const dot = (a: readonly number[], c: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * c[i], 0);
