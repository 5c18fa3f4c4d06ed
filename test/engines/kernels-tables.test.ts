import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SiteTable, SiteTables, TableConditional } from '../../src/engines/kernels/site-tables.ts';
import type { GroupKernel, KernelMaker } from '../../src/engines/kernels/sweeps/stage.ts';
import { makeSweeper } from '../../src/engines/kernels/sweeps/sweep.ts';
import {
  energyKernel,
  productKernel,
  scaledKernel,
  tableKernel,
} from '../../src/engines/kernels/sweeps/table-sweep.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { ModuleBuilder } from '../../src/engines/kernels/wasm/module.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';

// ── Models ──────────────────────────────────────────────────────────────────

/** A generator of the test's own (mulberry32). */
function numbers(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Link {
  readonly table: SiteTable;
  readonly others: readonly number[];
}

interface Unknown {
  readonly states: number;
  readonly own?: readonly (readonly number[])[];
  readonly ownBroken?: readonly (readonly number[])[];
  readonly links: readonly (readonly Link[])[];
  /** Ends of blocks; one block of all if not given. */
  readonly blocks?: readonly number[];
}

const slot = { name: 's' } as unknown as Slot;

/** Unknowns one after another, then `fixed` positions that no group has. */
function tablesOf(unknowns: readonly Unknown[], fixed = 0): SiteTables {
  let from = 0;
  const groups = unknowns.map((u) => {
    const tables = [...new Set(u.links.flat().map((l) => l.table))];
    const start = [0];
    const [table, first, others]: number[][] = [[], [], []];
    for (const links of u.links) {
      for (const l of links) {
        table.push(tables.indexOf(l.table));
        first.push(others.length);
        others.push(...l.others);
      }
      start.push(table.length);
    }
    const conditional: TableConditional = {
      kind: 'tables',
      own: u.own ? Float64Array.from(u.own.flat()) : null,
      ownBroken: u.ownBroken ? Float64Array.from(u.ownBroken.flat()) : null,
      start: Int32Array.from(start),
      table: Int32Array.from(table),
      first: Int32Array.from(first),
      scale: null,
      others: Int32Array.from(others),
      tables,
    };
    const count = u.links.length;
    const blocks = Int32Array.from([0, ...(u.blocks ?? [count])]);
    const group = { slot, states: u.states, from, count, blocks, conditional };
    from += count;
    return group;
  });
  const slots = groups.map((g) => ({
    slot,
    states: g.states,
    positionOf: Int32Array.from({ length: g.count }, (_, i) => g.from + i),
  }));
  return { size: from + fixed, slots, groups };
}

/** A table of `energy(v, others)`, and of what it breaks. */
function table(
  states: number,
  dims: readonly number[],
  energy: (v: number, x: readonly number[]) => number,
  broken?: (v: number, x: readonly number[]) => number,
): SiteTable {
  const strides = dims.map((_, j) => dims.slice(j + 1).reduce((a, d) => a * d, 1));
  const rows = dims.reduce((a, d) => a * d, 1);
  const fill = (f: (v: number, x: readonly number[]) => number): Float64Array =>
    Float64Array.from({ length: rows * states }, (_, i) => {
      const row = Math.floor(i / states);
      return f(
        i % states,
        dims.map((d, j) => Math.floor(row / strides[j]) % d),
      );
    });
  return { strides, dims, energy: fill(energy), broken: broken ? fill(broken) : null };
}

// ── What is expected ────────────────────────────────────────────────────────

/** The conditional of a site in float64; null where no candidate has a finite energy: then the candidates. */
function exact(
  t: TableConditional,
  k: number,
  p: number,
  x: ArrayLike<number>,
  beta: number,
): { probabilities: number[]; lost: boolean } {
  const energy = Array.from({ length: k }, (_, v) => t.own?.[p * k + v] ?? 0);
  const broken = Array.from({ length: k }, (_, v) => t.ownBroken?.[p * k + v] ?? 0);
  for (let l = t.start[p]; l < t.start[p + 1]; l++) {
    const { strides, energy: e, broken: b } = t.tables[t.table[l]];
    const row = strides.reduce((sum, s, j) => sum + s * x[t.others[t.first[l] + j]], 0);
    for (let v = 0; v < k; v++) {
      energy[v] += (t.scale?.[l] ?? 1) * e[row * k + v];
      broken[v] += b?.[row * k + v] ?? 0;
    }
  }
  const fewest = Math.min(...broken);
  const least = Math.min(...energy.filter((_, v) => broken[v] === fewest));
  const lost = least === Infinity;
  const weights = energy.map((e, v) =>
    broken[v] > fewest ? 0 : lost ? 1 : e === Infinity ? 0 : Math.exp(-beta * (e - least)),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  return { probabilities: weights.map((w) => w / total), lost };
}

// ── Kernels ─────────────────────────────────────────────────────────────────

interface Bench {
  readonly kernels: readonly GroupKernel[];
  readonly heap: Heap;
  /** A chain with a generator of its own. */
  readonly chain: (codes: ArrayLike<number>, seed: number) => Chain;
}

interface Chain {
  readonly sweep: () => number;
  readonly codes: () => Uint8Array;
  /** The next word of all four generators is `word`. */
  readonly force: (word: number) => void;
  readonly set: (codes: ArrayLike<number>) => void;
}

function bench(tables: SiteTables, maker: KernelMaker, beta = 1): Bench {
  const heap = new Heap();
  const module = new ModuleBuilder();
  const pitch = 64 * Math.ceil((tables.size + 16) / 64);
  const pending = tables.groups.map((g) => maker({ heap, module, tables, pitch }, g));
  const exports = module.instantiate(heap.memory);
  const kernels = pending.map((make) => {
    if (!make) throw new Error('the form does not fit');
    return make(exports);
  });
  for (const k of kernels) k.prepare(beta);
  return {
    kernels,
    heap,
    chain(codes, seed) {
      const state = heap.allocate(pitch);
      const random = heap.allocate(64);
      const next = numbers(seed);
      heap.u32(random, 16).set(Array.from({ length: 16 }, () => Math.floor(next() * 2 ** 32)));
      heap.u8().set(Array.from(codes), state);
      return {
        sweep: () => Math.max(...kernels.map((k) => k.run(state, random))),
        codes: () => heap.u8().slice(state, state + tables.size),
        set: (x) => heap.u8().set(Array.from(x), state),
        force(word) {
          // The first result of xoshiro128++ from (0, 0, 0, s) is s rotated by 7.
          const words = heap.u32(random, 16).fill(0);
          words.fill(((word >>> 7) | (word << 25)) >>> 0, 12);
        },
      };
    },
  };
}

/**
 * The probabilities of the values of sites by bisection: the word at which the value changes. Of one group; those
 * sites only that get the first words of the generators: four that are visited side by side, or the first.
 */
function byBisection(b: Bench, x: ArrayLike<number>, sites: number, k: number): number[][] {
  const chain = b.chain(x, 1);
  const drawn = (word: number): Uint8Array => {
    chain.set(x);
    chain.force(word);
    chain.sweep();
    return chain.codes();
  };
  const [low, high] = [drawn(0), drawn(2 ** 32 - 1)];
  expect(Math.max(...low.slice(0, sites), ...high.slice(0, sites))).toBeLessThan(k);
  return Array.from({ length: sites }, (_, p) => {
    // Two values may come in either order.
    const falls = low[p] > high[p];
    const rank = (word: number): number => (falls ? k - 1 - drawn(word)[p] : drawn(word)[p]);
    const from: number[] = [0];
    for (let v = 1; v < k; v++) {
      let [a, c] = [from[v - 1], 2 ** 32];
      while (a < c) {
        const middle = Math.floor((a + c) / 2);
        if (rank(middle) >= v) c = middle;
        else a = middle + 1;
      }
      from.push(a);
    }
    const out = from.map((f, v) => ((from[v + 1] ?? 2 ** 32) - f) / 2 ** 32);
    return falls ? out.reverse() : out;
  });
}

/** Pearson's statistic of draws, as standard deviations above what is expected. */
function excess(counts: readonly number[], probabilities: readonly number[]): number {
  const n = counts.reduce((a, b) => a + b, 0);
  let [chi, degrees] = [0, -1];
  counts.forEach((c, v) => {
    if (probabilities[v] === 0) expect(c).toBe(0);
    const mean = n * probabilities[v];
    if (mean < 5) return;
    chi += (c - mean) ** 2 / mean;
    degrees++;
  });
  return degrees > 0 ? (chi - degrees) / Math.sqrt(2 * degrees) : 0;
}

interface Recipe {
  readonly k: number;
  /** For each link the numbers of states of its others. */
  readonly links: readonly (readonly number[])[];
  readonly own: boolean;
  readonly infinite: number;
  readonly broken: number;
  readonly range: number;
  /** Energies are multiples of this; 0: they need not be. */
  readonly unit: number;
  readonly sites: number;
  readonly seed: number;
  /** Links have scales of this size, each its own; every other table is finite. */
  readonly scales?: number;
}

/** Scales for all links whose tables may have one. */
function withScales(tables: SiteTables, scale: () => number): SiteTables {
  const groups = tables.groups.map((g) => {
    const t = g.conditional as TableConditional;
    const hard = t.tables.map((table) => table.broken !== null || table.energy.includes(Infinity));
    return {
      ...g,
      conditional: { ...t, scale: Float64Array.from(t.table, (n) => (hard[n] ? 1 : scale())) },
    };
  });
  return { ...tables, groups };
}

/** Sites with tables of random entries; each site's others are fixed. */
function frozen(r: Recipe): { tables: SiteTables; x: number[] } {
  const next = numbers(r.seed);
  const finite = (e: number): number => (r.unit === 0 ? e : r.unit * Math.round(e / r.unit));
  const entry = (): number => (next() < r.infinite ? Infinity : finite(r.range * (next() - 0.3)));
  const breaks = (): number => (next() < r.broken ? 1 + Math.floor(2 * next()) : 0);
  const soft = (): number => finite(r.range * (next() - 0.3));
  const shared = r.links.map((dims, i) =>
    r.scales !== undefined && i % 2 === 0
      ? table(r.k, dims, soft)
      : table(r.k, dims, entry, r.broken > 0 ? breaks : undefined),
  );
  const fixed = r.links.flat();
  const rowOf = (f: () => number): number[][] =>
    Array.from({ length: r.sites }, () => Array.from({ length: r.k }, f));
  let at = r.sites;
  const links = r.links.map((dims, i) => {
    const others = dims.map(() => at++);
    return { table: shared[i], others };
  });
  const tables = tablesOf(
    [
      {
        states: r.k,
        links: Array.from({ length: r.sites }, () => links),
        ...(r.own ? { own: rowOf(entry) } : {}),
        ...(r.own && r.broken > 0 ? { ownBroken: rowOf(breaks) } : {}),
      },
    ],
    fixed.length,
  );
  const x = Array.from({ length: r.sites }, () => Math.floor(next() * r.k));
  const { scales } = r;
  const scaled = scales === undefined ? tables : withScales(tables, () => scales * (2 * next() - 1));
  return { tables: scaled, x: x.concat(fixed.map((d) => Math.floor(next() * d))) };
}

function checkProbabilities(r: Recipe, maker: KernelMaker, beta: number, tolerance: number): string {
  const { tables, x } = frozen(r);
  const b = bench(tables, maker, beta);
  const { form } = b.kernels[0];
  const four = r.sites >= 4 && !form.includes(',') && (r.k <= 8 || form.startsWith('table'));
  const found = byBisection(b, x, four ? 4 : 1, r.k);
  const t = tables.groups[0].conditional as TableConditional;
  for (let p = 0; p < found.length; p++) {
    const { probabilities, lost } = exact(t, r.k, p, x, beta);
    found[p].forEach((f, v) => {
      expect(Math.abs(f - probabilities[v])).toBeLessThan(tolerance);
      if (probabilities[v] === 0) expect(f).toBe(0);
    });
    const chain = b.chain(x, 3);
    if (lost) expect(chain.sweep()).toBeGreaterThanOrEqual(0);
  }
  const anyLost = Array.from({ length: r.sites }, (_, p) => exact(t, r.k, p, x, beta).lost);
  const position = b.chain(x, 3).sweep();
  if (anyLost.includes(true)) expect(anyLost[position]).toBe(true);
  else expect(position).toBe(-1);
  return form;
}

const plain: Recipe = {
  k: 2,
  links: [[2], [3]],
  own: false,
  infinite: 0,
  broken: 0,
  range: 3,
  unit: 0,
  sites: 4,
  seed: 1,
};
const values = [2, 3, 4, 5, 8, 9, 16, 17, 18, 33, 34, 200, 256];

/** In 4,000 sweeps of a chain the first sites have the frequencies of their conditionals given x, β = 1. */
function expectFrequencies(
  b: ReturnType<typeof bench>,
  t: TableConditional,
  x: readonly number[],
  k: number,
  sites: number,
): void {
  const chain = b.chain(x, 3);
  const counts = Array.from({ length: sites }, () => new Array<number>(k).fill(0));
  for (let i = 0; i < 4000; i++) {
    chain.sweep();
    chain
      .codes()
      .slice(0, sites)
      .forEach((v, p) => void counts[p][v]++);
  }
  counts.forEach((c, p) => {
    expect(excess(c, exact(t, k, p, x, 1).probabilities)).toBeLessThan(4);
  });
}

describe('conditionals of sites given by tables', () => {
  for (const k of values)
    it(`${k} values: probabilities within 1e-6`, () => {
      for (const beta of [0, 0.25, 1, 1.7])
        for (const infinite of [0, 0.3])
          for (const broken of [0, 0.3]) {
            const r = { ...plain, k, infinite, broken, seed: k };
            expect(checkProbabilities(r, tableKernel, beta, 1e-8)).toMatch(/^table of 6 rows$/);
            const form = checkProbabilities(r, energyKernel, beta, 1e-6);
            expect(form).toBe(
              k === 2 && infinite === 0 ? 'differences of energies' : `energies of ${k} values`,
            );
          }
    });

  for (const k of values)
    it(`${k} values, links with scales: probabilities within 1e-6`, () => {
      for (const beta of [0, 0.25, 1, 1.7])
        for (const [infinite, broken, own] of [
          [0, 0, false],
          [0.3, 0.3, true],
        ] as const) {
          const links = [[2], [3], [2, 2], []];
          const r = { ...plain, k, links, infinite, broken, own, scales: 1.5, seed: k };
          for (const maker of [tableKernel, energyKernel, scaledKernel])
            checkProbabilities(r, maker, beta, 1e-6);
        }
    });

  it('random tables, links of several sites, own energies, scales, long lists', () => {
    fc.assert(
      fc.property(
        fc.record({
          k: fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 13, 17, 40),
          links: fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }), { maxLength: 7 }),
          own: fc.boolean(),
          infinite: fc.constantFrom(0, 0.05, 0.4),
          broken: fc.constantFrom(0, 0.1, 0.4),
          range: fc.constantFrom(0, 1, 5),
          unit: fc.constantFrom(0, 0, 0.3, 0.01),
          sites: fc.integer({ min: 1, max: 7 }),
          seed: fc.nat(),
          scales: fc.constantFrom(undefined, undefined, 0, 1, 3),
        }),
        fc.constantFrom(0.5, 1, 1.5),
        fc.constantFrom(tableKernel, energyKernel, scaledKernel, productKernel),
        (r, beta, maker) => {
          checkProbabilities(r, maker, beta, 1.5e-6);
        },
      ),
      { numRuns: 150, seed: 7 },
    );
  });

  it('draws of all sites follow their conditionals, whatever their place in a block', () => {
    for (const k of values)
      for (const [n, maker] of [tableKernel, energyKernel, productKernel].entries()) {
        const infinite = k < 8 || n === 2 ? 0 : 0.1;
        const r = { ...plain, k, sites: 11, own: n >= 1, infinite, seed: 5 * k };
        const { tables, x } = frozen(r);
        const chain = bench(tables, maker, 0.8).chain(x, k);
        const counts = Array.from({ length: r.sites }, () => new Array<number>(k).fill(0));
        for (let i = 0; i < 2000; i++) {
          chain.sweep();
          const codes = chain.codes();
          for (let p = 0; p < r.sites; p++) counts[p][codes[p]]++;
        }
        for (let p = 0; p < r.sites; p++) {
          const t = tables.groups[0].conditional as TableConditional;
          // 4 to 8 standard deviations of a chi-square that is skewed where k is small; seeds are fixed.
          expect(excess(counts[p], exact(t, k, p, x, 0.8).probabilities)).toBeLessThan(5);
        }
      }
  });
});

describe('products of weights', () => {
  /** Of links, those to a site's own energies included. */
  const bound = (links: number, k: number): number => (2 * links + k + 6) * 2 ** -24;
  const single = (n: number): number[][] => Array.from({ length: n }, () => [3]);

  for (const k of [3, 4, 5, 8, 9, 13, 16, 17, 33])
    it(`${k} values, few and many links: probabilities within (2L + k + 6)·2⁻²⁴`, () => {
      for (const [degree, range] of [
        [1, 5],
        [3, 3],
        [6, 2],
        [20, 1],
        [28, 0.8],
      ] as const)
        for (const beta of [-1, 0, 0.25, 1, 1.7])
          for (const own of [false, true]) {
            const r = { ...plain, k, links: single(degree), own, range, seed: 7 * k + degree };
            const form = checkProbabilities(r, productKernel, beta, bound(degree + 1, k));
            expect(form).toBe(`products of ${k} weights`);
          }
    });

  it('links of no other site, of two and of three', () => {
    const links = [[], [2, 3], [2], [3, 2, 2]];
    for (const k of [3, 5, 11])
      for (const own of [false, true])
        for (const sites of [1, 4, 7]) {
          const form = checkProbabilities(
            { ...plain, k, links, own, sites, seed: k },
            productKernel,
            0.7,
            bound(5, k),
          );
          expect(form).toBe(`products of ${k} weights`);
        }
  });

  it('no links at all', () => {
    for (const k of [3, 5, 7, 9, 16])
      for (const sites of [1, 4])
        checkProbabilities({ ...plain, k, links: [], sites }, productKernel, 1, bound(0, k));
  });

  it('steep energies up to where products end', () => {
    // Three links of range 26 at most, β = 1: products of 10⁻³⁴ to 10³⁴.
    for (const k of [3, 5, 9, 16])
      for (let seed = 1; seed <= 10; seed++) {
        const r = { ...plain, k, links: single(3), range: 26, seed };
        expect(checkProbabilities(r, productKernel, 1, bound(3, k))).toBe(`products of ${k} weights`);
      }
    const pair = table(5, [2], (v, [o]) => (v < 2 ? 0 : o === 0 ? 39 : -39));
    for (const o of [0, 1]) {
      const tables = tablesOf(
        [{ states: 5, links: [[1, 2].map((at) => ({ table: pair, others: [at] }))] }],
        2,
      );
      const b = bench(tables, productKernel);
      expect(b.kernels[0].form).toBe('products of 5 weights');
      byBisection(b, [0, o, o], 1, 5)[0].forEach((f, v) => {
        const p = o === 0 ? (v < 2 ? 1 / 2 : 0) : v < 2 ? 0 : 1 / 3;
        expect(Math.abs(f - p)).toBeLessThan(bound(2, 5));
      });
    }
  });

  it('at low temperature energies are summed instead, and products again when it is high', () => {
    for (const k of [3, 5, 9, 16]) {
      const next = numbers(k);
      const pair = table(k, [k], () => next());
      // Sites with links and, among them, some of another range for which there are no products.
      const hard = table(k, [k], (v, [o]) => (v === o ? Infinity : 0));
      const links = Array.from({ length: 12 }, (_, p) =>
        [1, 2, 3, 4].map((by) => ({
          table: p % 5 === 4 && by === 4 ? hard : pair,
          others: [12 + ((p + by) % 12)],
        })),
      );
      const tables = tablesOf([{ states: k, links }], 12);
      const x = Array.from({ length: 24 }, () => Math.floor(k * next()));
      const [b, e] = [bench(tables, productKernel), bench(tables, energyKernel)];
      expect(b.kernels[0].form).toBe(`products of ${k} weights, energies of ${k} values`);
      const t = tables.groups[0].conditional as TableConditional;
      const chain = b.chain(x, 6);
      for (const beta of [1, 300, 2]) {
        b.kernels[0].prepare(beta);
        expect(b.kernels[0].entry).toBeDefined();
        const counts = Array.from({ length: 12 }, () => new Array<number>(k).fill(0));
        for (let i = 0; i < 3000; i++) {
          expect(chain.sweep()).toBe(-1);
          for (const [p, v] of chain.codes().subarray(0, 12).entries()) counts[p][v]++;
        }
        counts.forEach((c, p) => {
          expect(excess(c, exact(t, k, p, x, beta).probabilities)).toBeLessThan(5);
        });
      }
      for (const kernel of [...b.kernels, ...e.kernels]) kernel.dispose();
    }
    // All sites alike: draw for draw as sums of energies.
    const r = { ...plain, k: 6, sites: 9, links: single(4), own: true };
    const { tables, x } = frozen(r);
    const [one, other] = [
      bench(tables, productKernel, 1000).chain(x, 2),
      bench(tables, energyKernel, 1000).chain(x, 2),
    ];
    for (let i = 0; i < 50; i++) {
      one.sweep();
      other.sweep();
      expect([...one.codes()]).toEqual([...other.codes()]);
    }
  });

  it('sites whose neighbours vary in number, apart and side by side, keep what is beside them', () => {
    for (const k of [3, 5, 9, 16]) {
      const next = numbers(k);
      const pair = table(k, [4], () => 2 * next());
      const other = table(k, [4], () => 2 * next());
      // Layouts take turns in the first block and follow one another in the second; the third is short.
      const degree = (p: number): number => (p < 13 ? 1 + (p % 3) : p < 30 ? 5 : 26);
      const links = Array.from({ length: 33 }, (_, p) =>
        Array.from({ length: degree(p) }, (_, j) => ({
          table: (p + j) % 4 === 0 ? other : pair,
          others: [33 + ((p + j) % 7)],
        })),
      );
      const own = links.map((_, p) => Array.from({ length: k }, (_, v) => (v * (p % 3)) / k));
      const tables = tablesOf([{ states: k, links, own, blocks: [13, 30, 33] }], 7);
      const t = tables.groups[0].conditional as TableConditional;
      const x = Array.from({ length: tables.size }, () => Math.floor(3 * next()));
      const b = bench(tables, productKernel, 0.6);
      expect(b.kernels[0].form).toBe(`products of ${k} weights`);
      const chain = b.chain(x, 8);
      const counts = links.map(() => new Array<number>(k).fill(0));
      for (let i = 0; i < 3000; i++) {
        expect(chain.sweep()).toBe(-1);
        const codes = chain.codes();
        expect([...codes.subarray(33)]).toEqual(x.slice(33));
        for (let p = 0; p < 33; p++) counts[p][codes[p]]++;
      }
      counts.forEach((c, p) => {
        expect(excess(c, exact(t, k, p, x, 0.6).probabilities)).toBeLessThan(5);
      });
    }
  });

  it('what they do not take is left to sums of energies', () => {
    const form = (r: Recipe): string => bench(frozen(r).tables, productKernel).kernels[0].form;
    const r = { ...plain, k: 5, links: single(3), range: 2 };
    expect(form(r)).toBe('products of 5 weights');
    for (const not of [
      { infinite: 0.3 },
      { broken: 0.3 },
      { range: 100 },
      { links: single(33), range: 0.1 },
      // In one vector of bytes.
      { k: 16, links: single(20), range: 1, unit: 0.5 },
    ])
      expect(form({ ...r, ...not })).toMatch(/^energies of \d+ values$/);
    expect(form({ ...r, k: 16, links: single(20), range: 1 })).toBe('products of 16 weights');
  });
});

// ── Models small enough to be enumerated ────────────────────────────────────

/** Probabilities of all states, from terms over positions; the first position is the slowest. */
function enumerate(dims: readonly number[], energy: (x: readonly number[]) => number): number[] {
  const total = dims.reduce((a, d) => a * d, 1);
  const weights = Array.from({ length: total }, (_, i) => {
    let rest = i;
    const x = dims.map(() => 0);
    for (let j = dims.length - 1; j >= 0; j--) {
      x[j] = rest % dims[j];
      rest = Math.floor(rest / dims[j]);
    }
    return Math.exp(-energy(x));
  });
  const z = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / z);
}

/** Frequencies of states, a sweep in `thin`; by index as in `enumerate`. */
function frequencies(
  tables: SiteTables,
  maker: KernelMaker,
  dims: readonly number[],
  sweeps: number,
  thin: number,
  seed: number,
): number[] {
  const chain = bench(tables, maker).chain(new Uint8Array(tables.size), seed);
  const counts = new Array<number>(dims.reduce((a, d) => a * d, 1)).fill(0);
  let lost = -1;
  for (let i = -50; i < sweeps; i++) {
    for (let j = 0; j < thin; j++) lost = Math.max(lost, chain.sweep());
    if (i >= 0) counts[chain.codes().reduce((a, c, p) => a * dims[p] + c, 0)]++;
  }
  expect(lost).toBe(-1);
  return counts;
}

describe('small models against enumeration', () => {
  const makers = [
    ['thresholds or energies', tableKernel],
    ['energies', energyKernel],
    ['products or energies', productKernel],
  ] as const;

  for (const [name, maker] of makers) {
    it(`Potts on a graph with a field, one site a block: ${name}`, () => {
      const k = 3;
      const edges = [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 0],
        [0, 2],
        [3, 4],
      ];
      const field = numbers(4);
      const own = Array.from({ length: 5 }, () => Array.from({ length: k }, () => field() - 0.5));
      const pair = table(k, [k], (v, [o]) => (v === o ? -0.7 : 0));
      const links = [0, 1, 2, 3, 4].map((i) =>
        edges.filter((e) => e.includes(i)).map((e) => ({ table: pair, others: [e[0] === i ? e[1] : e[0]] })),
      );
      const dims = [k, k, k, k, k];
      const p = enumerate(dims, (x) =>
        edges.reduce(
          (sum, [a, b]) => sum - (x[a] === x[b] ? 0.7 : 0),
          own.reduce((sum, o, i) => sum + o[x[i]], 0),
        ),
      );
      const tables = tablesOf([{ states: k, own, links, blocks: [1, 2, 3, 4, 5] }]);
      expect(excess(frequencies(tables, maker, dims, 20000, 4, 11), p)).toBeLessThan(4);
    });

    it(`three-body terms of bits and requirements: ${name}`, () => {
      // s0 s1 s2, s2 s3 s4 with signs; 0 and 3 differ or are both 1.
      const sign = (x: number): number => 2 * x - 1;
      const three = (J: number): SiteTable =>
        table(2, [2, 2], (v, [a, b]) => -J * sign(v) * sign(a) * sign(b));
      const [one, two] = [three(0.6), three(-0.9)];
      const not = table(
        2,
        [2],
        () => 0,
        (v, [o]) => (v + o === 0 ? 1 : 0),
      );
      const links: Link[][] = [
        [
          { table: one, others: [1, 2] },
          { table: not, others: [3] },
        ],
        [{ table: one, others: [0, 2] }],
        [
          { table: one, others: [0, 1] },
          { table: two, others: [3, 4] },
        ],
        [
          { table: two, others: [2, 4] },
          { table: not, others: [0] },
        ],
        [{ table: two, others: [2, 3] }],
      ];
      const dims = [2, 2, 2, 2, 2];
      const p = enumerate(dims, (x) => {
        if (x[0] + x[3] === 0) return Infinity;
        const s = x.map(sign);
        return -0.6 * s[0] * s[1] * s[2] + 0.9 * s[2] * s[3] * s[4];
      });
      const tables = tablesOf([{ states: 2, links, blocks: [1, 2, 3, 4, 5] }]);
      expect(excess(frequencies(tables, maker, dims, 20000, 6, 12), p)).toBeLessThan(4);
    });

    it(`two unknowns of 2 and 4 values: ${name}`, () => {
      const next = numbers(8);
      const J = Array.from({ length: 3 }, () => Array.from({ length: 8 }, () => 2 * next()));
      // Pair i joins site 0 or 1 of the first unknown with site 2 or 3 of the second.
      const pairs = [
        [0, 2],
        [1, 2],
        [1, 3],
      ];
      const up = J.map((e) => table(2, [4], (v, [o]) => e[4 * v + o]));
      const down = J.map((e) => table(4, [2], (v, [o]) => e[4 * o + v]));
      const linksOf = (site: number): Link[] =>
        pairs.flatMap(([a, b], i) =>
          a === site ? [{ table: up[i], others: [b] }] : b === site ? [{ table: down[i], others: [a] }] : [],
        );
      const dims = [2, 2, 4, 4];
      const p = enumerate(dims, (x) => pairs.reduce((sum, [a, b], i) => sum + J[i][4 * x[a] + x[b]], 0));
      const tables = tablesOf([
        { states: 2, links: [0, 1].map(linksOf) },
        { states: 4, links: [2, 3].map(linksOf) },
      ]);
      expect(excess(frequencies(tables, maker, dims, 20000, 5, 13), p)).toBeLessThan(4);
    });
  }
});

describe('kernels of tables', () => {
  const different = (k: number): SiteTable =>
    table(
      k,
      [k],
      () => 0,
      (v, [o]) => (v === o ? 1 : 0),
    );

  for (const [name, maker] of [
    ['tabulated', tableKernel],
    ['summed', energyKernel],
  ] as const) {
    it(`broken requirements are repaired and stay so: ${name}`, () => {
      // A ring of 20 sites in 4 colours.
      const n = 20;
      const pair = different(4);
      const place = (i: number): number => (i % 2) * (n / 2) + Math.floor(i / 2);
      const links: Link[][] = Array.from({ length: n }, () => []);
      for (let i = 0; i < n; i++)
        links[place(i)] = [(i + 1) % n, (i + n - 1) % n].map((o) => ({ table: pair, others: [place(o)] }));
      const tables = tablesOf([{ states: 4, links, blocks: [n / 2, n] }]);
      const chain = bench(tables, maker).chain(new Uint8Array(n), 2);
      const broken = (): number => {
        const x = chain.codes();
        return Array.from({ length: n }, (_, i) => (x[place(i)] === x[place((i + 1) % n)] ? 1 : 0)).reduce(
          (a: number, b) => a + b,
          0,
        );
      };
      expect(broken()).toBe(n);
      chain.sweep();
      for (let i = 0; i < 200; i++) {
        chain.sweep();
        expect(broken()).toBe(0);
      }
    });

    it(`a site whose energies are all infinite is reported, and takes any candidate: ${name}`, () => {
      for (const k of [2, 3, 9, 40]) {
        const never = table(k, [2], (v, [o]) => (o === 1 ? Infinity : v));
        const links = Array.from({ length: 9 }, (_, p) => [{ table: never, others: [p === 6 ? 9 : 10] }]);
        // The last value is no candidate.
        const ownBroken = links.map(() => Array.from({ length: k }, (_, v) => (v === k - 1 ? 1 : 0)));
        const tables = tablesOf([{ states: k, links, ownBroken }], 2);
        const codes = new Array<number>(11).fill(0);
        codes[9] = 1;
        const chain = bench(tables, maker).chain(codes, 3);
        const seen = new Array<number>(k).fill(0);
        expect(chain.sweep()).toBe(6);
        for (let i = 0; i < 2000; i++) {
          chain.sweep();
          seen[chain.codes()[6]]++;
        }
        expect(
          excess(
            seen,
            seen.map((_, v) => (v === k - 1 ? 0 : 1 / (k - 1))),
          ),
        ).toBeLessThan(4);
        codes[9] = 0;
        chain.set(codes);
        expect(chain.sweep()).toBe(-1);
      }
    });
  }

  it('many links, tables that differ from site to site, and single blocks agree with the conditional', () => {
    for (const [k, degree] of [
      [2, 9],
      [3, 12],
      [9, 20],
      [2, 30],
      [3, 26],
      [9, 25],
      [40, 27],
    ] as const) {
      const next = numbers(k);
      const links = Array.from({ length: 5 }, () =>
        Array.from({ length: degree }, (_, j) => ({
          table: j % 5 === 4 ? table(k, [2, 3], () => next()) : table(k, [k], () => next()),
          others: j % 5 === 4 ? [5, 6] : [7 + j],
        })),
      );
      const tables = tablesOf([{ states: k, links, blocks: [1, 2, 5] }], 2 + degree);
      const t = tables.groups[0].conditional as TableConditional;
      const x = Array.from({ length: tables.size }, (_, p) => Math.floor(next() * (p < 7 ? 2 : k)));
      const b = bench(tables, tableKernel);
      expect(b.kernels[0].form).not.toContain('table');
      byBisection(b, x, 1, k)[0].forEach((f, v) => {
        expect(Math.abs(f - exact(t, k, 0, x, 1).probabilities[v])).toBeLessThan(1e-6);
      });
      expectFrequencies(b, t, x, k, 5);
    }
  });

  it('many links with scales agree with the conditional, in lists and written out', () => {
    for (const [k, degree] of [
      [2, 9],
      [3, 12],
      [9, 20],
      [2, 30],
      [3, 26],
      [9, 25],
      [40, 27],
    ] as const)
      for (const hard of [false, true]) {
        const next = numbers(k);
        const single = table(k, [k], () => next());
        const multiple = table(k, [2, 3], () => next());
        const never = table(k, [k], (v, [o]) => (hard && v === 0 && o === 0 ? Infinity : 0));
        const links = Array.from({ length: 6 }, () =>
          Array.from({ length: degree }, (_, j) => ({
            table: j % 5 === 4 ? multiple : j % 5 === 3 ? never : single,
            others: j % 5 === 4 ? [6, 7] : [8 + j],
          })),
        );
        const tables = withScales(
          tablesOf([{ states: k, links, blocks: [1, 2, 6] }], 2 + degree),
          () => 2 * next() - 1,
        );
        const t = tables.groups[0].conditional as TableConditional;
        const x = Array.from({ length: tables.size }, (_, p) => Math.floor(next() * (p < 8 ? 2 : k)));
        const b = bench(tables, scaledKernel);
        byBisection(b, x, 1, k)[0].forEach((f, v) => {
          expect(Math.abs(f - exact(t, k, 0, x, 1).probabilities[v])).toBeLessThan(1e-6);
        });
        expectFrequencies(b, t, x, k, 6);
      }
  });

  it('signs of couplings are tabulated, couplings all different are multiplied', () => {
    const k = 5;
    const next = numbers(3);
    const pair = table(k, [k], (v, [o]) => (v === o ? 1 : 0));
    const n = 2000;
    const links = Array.from({ length: n }, (_, p) =>
      [1, 2, 3].map((by) => ({ table: pair, others: [n + ((p + by) % n)] })),
    );
    const plainly = tablesOf([{ states: k, links }], n);
    const sign = withScales(plainly, () => (next() < 0.5 ? -1 : 1));
    const every = withScales(plainly, () => next() - 0.5);
    const x = Array.from({ length: 2 * n }, () => Math.floor(k * next()));
    for (const [tables, form] of [
      // Of three signs four combinations, in order.
      [sign, 'table of 500 rows'],
      [every, 'energies of 5 values'],
    ] as const) {
      const b = bench(tables, tableKernel);
      expect(b.kernels[0].form).toBe(form);
      const t = tables.groups[0].conditional as TableConditional;
      const found = byBisection(b, x, 4, k);
      found.forEach((row, p) => {
        row.forEach((f, v) => {
          expect(Math.abs(f - exact(t, k, p, x, 1).probabilities[v])).toBeLessThan(1e-6);
        });
      });
    }
  });

  it('positions of more than 16 bits', () => {
    for (const maker of [tableKernel, energyKernel]) {
      const follow = table(3, [3], (v, [o]) => (v === o ? 0 : Infinity));
      const links = [0, 1, 2, 3, 4].map((i) => [{ table: follow, others: [70000 + i] }]);
      const tables = tablesOf([{ states: 3, links }], 70000);
      const codes = new Uint8Array(tables.size);
      codes.set([0, 2, 1, 1, 2], 70000);
      const chain = bench(tables, maker).chain(codes, 1);
      expect(chain.sweep()).toBe(-1);
      expect([...chain.codes().slice(0, 5)]).toEqual([0, 2, 1, 1, 2]);
    }
  });

  it('sites with few and with many states around them share a sweep', () => {
    const k = 8;
    const pair = table(k, [k], (v, [o]) => (v === o ? -1 : 0.1 * v));
    const [few, many] = [1, 6].map((d) =>
      Array.from({ length: d }, (_, j) => ({ table: pair, others: [12 + j] })),
    );
    const links = Array.from({ length: 12 }, (_, p) => (p % 3 === 1 ? many : few));
    const tables = tablesOf([{ states: k, links }], 6);
    const t = tables.groups[0].conditional as TableConditional;
    const x = [...new Array<number>(12).fill(0), 1, 2, 2, 3, 7, 0];
    const b = bench(tables, tableKernel);
    expect(b.kernels[0].form).toBe('table of 8 rows, products of 8 weights');
    const chain = b.chain(x, 9);
    const counts = links.map(() => new Array<number>(k).fill(0));
    for (let i = 0; i < 4000; i++) {
      chain.sweep();
      chain
        .codes()
        .slice(0, 12)
        .forEach((v, p) => void counts[p][v]++);
    }
    counts.forEach((c, p) => {
      expect(excess(c, exact(t, k, p, x, 1).probabilities)).toBeLessThan(4);
    });
  });

  it('the draws of a chain do not depend on other chains', () => {
    for (const maker of [tableKernel, energyKernel, productKernel]) {
      const pair = table(5, [5], (v, [o]) => (v === o ? -1 : 0));
      const links = Array.from({ length: 30 }, (_, p) => [{ table: pair, others: [(p + 15) % 30] }]);
      const tables = tablesOf([{ states: 5, links, blocks: [15, 30] }]);
      const start = new Uint8Array(30);
      const alone = bench(tables, maker).chain(start, 4);
      const both = bench(tables, maker);
      const [first, second] = [both.chain(start, 4), both.chain(start, 5)];
      for (let i = 0; i < 20; i++) for (const c of [alone, second, first]) c.sweep();
      expect([...first.codes()]).toEqual([...alone.codes()]);
      expect([...second.codes()]).not.toEqual([...alone.codes()]);
    }
  });

  it('a sweeper takes groups of tables', () => {
    const pair = table(5, [5], (v, [o]) => (v === o ? -1 : 0));
    const links = Array.from({ length: 30 }, (_, p) => [{ table: pair, others: [(p + 15) % 30] }]);
    const tables = tablesOf([{ states: 5, links, blocks: [15, 30] }]);
    const run = (chains: readonly number[]): number[][] => {
      const s = makeSweeper(new Heap(), tables, chains.length);
      expect(s.forms.map((f) => f.form)).toEqual(['table of 5 rows']);
      const streams = chains.map((c) => new Stream(9, 'chain', c));
      for (let i = 0; i < 10; i++) s.sweep(streams, 1);
      expect(s.lost()).toBeNull();
      return chains.map((_, c) => {
        const codes = new Uint8Array(30);
        s.store(c, codes);
        return [...codes];
      });
    };
    const [first, second, third] = run([0, 1, 2]);
    expect(run([2])[0]).toEqual(third);
    expect(run([1, 0])).toEqual([second, first]);
  });

  it('huge energies leave the least only', () => {
    for (const maker of [tableKernel, energyKernel])
      for (const k of [2, 3, 9, 40]) {
        const steep = table(k, [2], (v, [o]) => (v === o ? 0 : 1e11 * (1 + v / 7)));
        const links = Array.from({ length: 5 }, () => [{ table: steep, others: [5] }]);
        const tables = tablesOf([{ states: k, links }], 1);
        const chain = bench(tables, maker).chain([0, 0, 0, 0, 0, 1], 1);
        expect(chain.sweep()).toBe(-1);
        expect([...chain.codes()]).toEqual([1, 1, 1, 1, 1, 1]);
      }
  });

  it('a kernel gives back all memory that it took', () => {
    for (const [maker, r] of [
      [tableKernel, { ...plain, k: 40, scales: 1 }],
      [energyKernel, { ...plain, k: 40, scales: 1 }],
      [scaledKernel, { ...plain, k: 40, scales: 1 }],
      [productKernel, { ...plain, k: 5, own: true }],
    ] as const) {
      const { tables } = frozen(r);
      const b = bench(tables, maker);
      expect(b.heap.used).toBeGreaterThan(0);
      for (const k of b.kernels) k.prepare(1000);
      for (const k of b.kernels) k.dispose();
      expect(b.heap.used).toBe(0);
    }
  });
});
