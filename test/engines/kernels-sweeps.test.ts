/** Sweep kernels of two-state sites against exact conditionals, exact enumeration and Kaufman's solution. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldConditional, SiteTables } from '../../src/engines/kernels/site-tables.ts';
import {
  emitBoltzmann,
  emitByteDraw,
  FAR,
  fillThresholds,
} from '../../src/engines/kernels/sweeps/field-draw.ts';
import { layOut } from '../../src/engines/kernels/sweeps/field-layout.ts';
import { findLevels, tidyLinks, tooVaried } from '../../src/engines/kernels/sweeps/field-levels.ts';
import {
  emitNext,
  loadRandom,
  nextWord,
  seedGenerators,
  storeRandom,
} from '../../src/engines/kernels/sweeps/random.ts';
import { makeKernels, makeSweeper, type Sweeper } from '../../src/engines/kernels/sweeps/sweep.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { ModuleBuilder } from '../../src/engines/kernels/wasm/module.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';

// ── Models ──────────────────────────────────────────────────────────────────

type Edge = readonly [a: number, b: number, weight: number];

/** E(x) = Σ field[i]·x[i] + Σ weight·x[a]·x[b], x of 0 and 1. */
interface Model {
  readonly field: readonly number[];
  readonly edges: readonly Edge[];
}

const slot = { name: 'x' } as unknown as Slot;

/** Colours so that neighbours differ, least first. */
function colours({ field, edges }: Model): number[] {
  const near: number[][] = field.map(() => []);
  for (const [a, b] of edges) {
    near[a].push(b);
    near[b].push(a);
  }
  const out: number[] = [];
  for (let i = 0; i < field.length; i++) {
    const taken = new Set(near[i].map((j) => out[j]));
    let colour = 0;
    while (taken.has(colour)) colour++;
    out.push(colour);
  }
  return out;
}

/** Positions colour by colour; sites in `fixed` last. Links in no particular order. */
function tablesOf(
  model: Model,
  fixed: ReadonlySet<number> = new Set(),
): SiteTables & { positionOf: Int32Array } {
  const { field, edges } = model;
  const colour = colours(model);
  const order: number[] = [];
  const blocks = [0];
  for (let c = 0; c <= Math.max(...colour); c++) {
    field.forEach((_, i) => {
      if (colour[i] === c && !fixed.has(i)) order.push(i);
    });
    if (order.length > blocks[blocks.length - 1]) blocks.push(order.length);
  }
  const count = order.length;
  order.push(...fixed);
  const positionOf = new Int32Array(field.length);
  order.forEach((i, p) => {
    positionOf[i] = p;
  });
  const links: [other: number, weight: number][][] = field.map(() => []);
  for (const [a, b, w] of edges) {
    links[a].push([positionOf[b], w]);
    links[b].push([positionOf[a], w]);
  }
  const free = order.slice(0, count);
  const start = [0];
  for (const i of free) start.push(start[start.length - 1] + links[i].length);
  const conditional: FieldConditional = {
    kind: 'field',
    field: Float64Array.from(free, (i) => field[i]),
    start: Int32Array.from(start),
    other: Int32Array.from(free.flatMap((i) => links[i].map(([o]) => o))),
    weight: Float64Array.from(free.flatMap((i) => links[i].map(([, w]) => w))),
  };
  return {
    size: field.length,
    slots: [{ slot, states: 2, positionOf }],
    groups: [{ slot, states: 2, from: 0, count, blocks: Int32Array.from(blocks), conditional }],
    positionOf,
  };
}

/** Spins s = 2x − 1 with E = −Σ J·s·s − Σ h·s. */
function spins(n: number, couplings: readonly Edge[], h: (i: number) => number = () => 0): Model {
  const field = Array.from({ length: n }, (_, i) => -2 * h(i));
  const edges = couplings.map(([a, b, J]): Edge => {
    field[a] += 2 * J;
    field[b] += 2 * J;
    return [a, b, -4 * J];
  });
  return { field, edges };
}

function torus(rows: number, columns: number, J: (k: number) => number): Edge[] {
  const out: Edge[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      out.push([i, r * columns + ((c + 1) % columns), J(out.length)]);
      out.push([i, ((r + 1) % rows) * columns + c, J(out.length)]);
    }
  }
  return out;
}

/** `copies` of a model that do not touch; site i of copy k is site place(i, k). */
function copied(model: Model, copies: number, place: (i: number, k: number) => number): Model {
  const field: number[] = new Array(model.field.length * copies).fill(0);
  const edges: Edge[] = [];
  for (let k = 0; k < copies; k++) {
    model.field.forEach((f, i) => {
      field[place(i, k)] = f;
    });
    for (const [a, b, w] of model.edges) edges.push([place(a, k), place(b, k), w]);
  }
  return { field, edges };
}

function energyOf({ field, edges }: Model, x: (i: number) => number): number {
  let e = 0;
  field.forEach((f, i) => {
    e += f * x(i);
  });
  for (const [a, b, w] of edges) e += w * x(a) * x(b);
  return e;
}

/** Probabilities of all states, those that differ from `fixed` being 0. */
function enumerate(model: Model, beta: number, fixed: ReadonlyMap<number, number>): Float64Array {
  const n = model.field.length;
  const p = Float64Array.from({ length: 2 ** n }, (_, state) => {
    const x = (i: number): number => (state >> i) & 1;
    for (const [i, v] of fixed) if (x(i) !== v) return 0;
    return Math.exp(-beta * energyOf(model, x));
  });
  const total = p.reduce((a, b) => a + b);
  return p.map((v) => v / total);
}

const random = (seed: number): (() => number) => {
  const stream = new Stream(seed, 'test');
  return () => stream.uniform();
};

// ── Random numbers ──────────────────────────────────────────────────────────

/** A module that writes `count` vectors of random bits to `out`. */
function generator(heap: Heap): (state: number, out: number, count: number) => void {
  const module = new ModuleBuilder();
  module.define('fill', ['i32', 'i32', 'i32'], [], (c) => {
    const [state, out, count] = c.params;
    const r = loadRandom(c, state);
    const i = c.local('i32');
    c.for(i, 0, count, 1, () => {
      c.get(out);
      emitNext(c, r);
      c.memory('v128.store');
      c.get(out).i32(16).op('i32.add').set(out);
    });
    storeRandom(c, state, r);
  });
  return module.instantiate(heap.memory).fill;
}

const published = [
  641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
];

describe('xoshiro128++', () => {
  it('gives the published numbers', () => {
    const state = Uint32Array.of(1, 2, 3, 4);
    expect(published.map(() => nextWord(state))).toEqual(published);
  });

  it('is the same in vector lanes, in pieces or at once', () => {
    const heap = new Heap();
    const state = heap.allocate(64);
    const out = heap.allocate(16 * 1000);
    seedGenerators(heap, state, new Stream(3, 'lanes'));
    const words = heap.u32(state, 16);
    for (let j = 0; j < 4; j++) words[4 * j] = j + 1;
    const scalars = Array.from({ length: 4 }, (_, i) =>
      Uint32Array.from({ length: 4 }, (_, j) => words[4 * j + i]),
    );
    const fill = generator(heap);
    fill(state, out, 10);
    fill(state, out + 160, 990);
    const got = heap.u32(out, 4000);
    expect(Array.from({ length: 10 }, (_, k) => got[4 * k])).toEqual(published);
    const wanted = Uint32Array.from({ length: 4000 }, (_, k) => nextWord(scalars[k % 4]));
    expect(got).toEqual(wanted);
  });

  it('has uniform bytes without correlation', () => {
    const heap = new Heap();
    const state = heap.allocate(64);
    const n = 1 << 16;
    const out = heap.allocate(16 * n);
    seedGenerators(heap, state, new Stream(4, 'bytes'));
    generator(heap)(state, out, n);
    const bytes = heap.u8(out, 16 * n);
    const count = new Float64Array(256);
    let [lanes, steps] = [0, 0];
    for (let i = 0; i < 16 * n; i++) {
      count[bytes[i]]++;
      if (i >= 1) lanes += (bytes[i] - 127.5) * (bytes[i - 1] - 127.5);
      if (i >= 16) steps += (bytes[i] - 127.5) * (bytes[i - 16] - 127.5);
    }
    const chi = count.reduce((sum, k) => sum + (k - n / 16) ** 2 / (n / 16), 0);
    expect(Math.abs(chi - 255)).toBeLessThan(5 * Math.sqrt(2 * 255));
    const error = ((256 ** 2 - 1) / 12) * Math.sqrt(16 * n);
    expect(Math.abs(lanes)).toBeLessThan(5 * error);
    expect(Math.abs(steps)).toBeLessThan(5 * error);
  });

  it('starts generators that differ, none of them standing still', () => {
    const heap = new Heap();
    const state = heap.allocate(64);
    const zeros = { fillWords: (w: Uint32Array) => w.fill(0) } as unknown as Stream;
    seedGenerators(heap, state, zeros);
    expect([...heap.u32(state, 4)]).toEqual([1, 1, 1, 1]);
    seedGenerators(heap, state, new Stream(1));
    expect(new Set(heap.u32(state, 16)).size).toBe(16);
  });
});

// ── Probabilities ───────────────────────────────────────────────────────────

describe('probabilities', () => {
  it('of 32-bit lanes are right to 2^-20', () => {
    const heap = new Heap();
    const n = 4096;
    const [at, scale] = [heap.allocate(4 * n), heap.allocate(16)];
    const beta = 0.7;
    heap.f32(scale, 4).fill(beta * Math.LOG2E);
    const module = new ModuleBuilder();
    for (const [name, far] of [
      ['near', false],
      ['far', true],
    ] as const) {
      module.define(name, ['i32'], [], (c) => {
        const factor = c.local('v128');
        c.i32(scale).memory('v128.load').set(factor);
        c.get(c.params[0]).get(c.params[0]).memory('v128.load');
        emitBoltzmann(c, { factor, far });
        c.memory('v128.store');
      });
    }
    const { near, far } = module.instantiate(heap.memory);
    let worst = 0;
    for (const [run, reach] of [
      [near, FAR / beta],
      [far, 1e4],
      [far, 30],
    ] as const) {
      const f = Float32Array.from({ length: n }, (_, i) => (i / n - 0.5) * 2 * reach);
      heap.f32(at, n).set(f);
      for (let i = 0; i < n; i += 4) run(at + 4 * i);
      const e = heap.f32(at, n);
      f.forEach((x, i) => {
        worst = Math.max(worst, Math.abs(1 / (1 + e[i]) - 1 / (1 + Math.exp(beta * x))));
      });
    }
    // The grid of uniforms and two roundings add less than 2^-22.
    expect(worst).toBeLessThan(2 ** -20 - 2 ** -22);
    expect(worst).toBeGreaterThan(0);
  });

  it('of byte lanes are right to 2^-32', () => {
    const energies = Float64Array.from({ length: 32 }, (_, i) => (i - 16) * 1.37);
    const out = new Uint8Array(128);
    fillThresholds(energies, 0.9, out);
    energies.forEach((f, j) => {
      const t = [0, 1, 2, 3].reduce((sum, k) => sum * 256 + out[32 * k + j], 0);
      expect(Math.abs(t * 2 ** -32 - 1 / (1 + Math.exp(0.9 * f)))).toBeLessThanOrEqual(2 ** -32);
    });
  });

  it('of byte lanes are compared as far as it takes', () => {
    const heap = new Heap();
    const [state, table, out] = [heap.allocate(64), heap.allocate(128), heap.allocate(16)];
    const stream = new Stream(6, 'ties');
    const module = new ModuleBuilder();
    for (const [name, wide] of [
      ['narrow', false],
      ['wide', true],
    ] as const) {
      module.define(name, [], [], (c) => {
        const at = c.local('i32');
        c.i32(state).set(at);
        const r = loadRandom(c, at);
        const [low, high, index, address] = [
          c.local('v128'),
          c.local('v128'),
          c.local('v128'),
          c.local('i32'),
        ];
        c.i32(table).memory('v128.load').set(low);
        c.i32(table).memory('v128.load', 16).set(high);
        // Lane i uses level i, or 16 + i.
        c.v128(Array.from({ length: 16 }, (_, i) => i + (wide ? 16 : 0))).set(index);
        c.i32(table).set(address);
        c.i32(out);
        emitByteDraw(c, r, { low, high: wide ? high : null, address, base: 0 }, index);
        c.memory('v128.store');
      });
    }
    const { narrow, wide } = module.instantiate(heap.memory);
    for (let trial = 0; trial < 100; trial++) {
      seedGenerators(heap, state, stream);
      const words = heap.u32(state, 16);
      const scalars = [0, 1, 2, 3].map((i) => Uint32Array.from([0, 1, 2, 3], (j) => words[4 * j + i]));
      // Byte k of the number of lane i is byte i of vector k.
      const bytes = [0, 1, 2, 3].map(() => new Uint8Array(Uint32Array.from(scalars, nextWord).buffer));
      const number = Array.from({ length: 16 }, (_, i) => bytes.reduce((n, b) => 256 * n + b[i], 0));
      const near = number.map((n, i) => {
        const change = 256 ** (i % 4) * [0, 1, -1][trial % 3];
        return Math.min(Math.max(n + change, 0), 2 ** 32 - 1);
      });
      const wanted = near.map((threshold, i) => (number[i] < threshold ? 1 : 0));
      for (const [run, from] of [
        [narrow, 0],
        [wide, 16],
      ] as const) {
        const levels = heap.u8(table, 128).fill(0);
        near.forEach((threshold, i) => {
          for (let k = 0; k < 4; k++) levels[32 * k + from + i] = (threshold >>> (24 - 8 * k)) & 255;
        });
        run();
        expect([...heap.u8(out, 16)]).toEqual(wanted);
      }
    }
  });

  it('hold to the limits where energies are huge', () => {
    for (const only of ['bytes', 'lanes']) {
      for (const n of [16, 40, only === 'lanes' ? 1 : 17]) {
        const t = tablesOf({ field: Array.from({ length: n }, (_, i) => (i % 2 ? 1e30 : -1e30)), edges: [] });
        const s = makeSweeper(new Heap(), t, 1, { only });
        const x = new Uint8Array(n);
        s.sweep([new Stream(1)], 2);
        s.store(0, x);
        expect([...x]).toEqual(Array.from(x, (_, p) => (t.positionOf.indexOf(p) % 2 ? 0 : 1)));
      }
    }
  });
});

// ── Analysis ────────────────────────────────────────────────────────────────

const weights = fc.oneof(
  fc.constantFrom(1, -1, 2, -3),
  fc.constantFrom(0.3, -0.3, 0.6),
  fc.constantFrom(Math.SQRT2, -Math.PI, 1),
  fc.double({ min: -2, max: 2, noNaN: true }),
);

const graphs = fc.record({
  n: fc.integer({ min: 2, max: 40 }),
  field: fc.array(fc.oneof(fc.constantFrom(0, 1, -0.5, 0.3), fc.double({ min: -3, max: 3, noNaN: true })), {
    minLength: 40,
    maxLength: 40,
  }),
  edges: fc.array(fc.tuple(fc.nat(39), fc.nat(39), weights), { maxLength: 60 }),
});

const modelOf = (g: { n: number; field: number[]; edges: [number, number, number][] }): Model => ({
  field: g.field.slice(0, g.n),
  edges: g.edges.filter(([a, b]) => a < g.n && b < g.n && a !== b),
});

describe('levels', () => {
  it('are the energies of all states of the neighbours', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (g, seed) => {
        const t = tablesOf(modelOf(g));
        const c = t.groups[0].conditional as FieldConditional;
        const links = tidyLinks(c.start, c.other, c.weight);
        const levels = findLevels(c.field, links);
        const u = random(seed);
        for (let trial = 0; trial < 5; trial++) {
          const x = Uint8Array.from({ length: t.size }, () => (u() < 0.5 ? 1 : 0));
          c.field.forEach((field, p) => {
            if (levels.table[p] < 0) return;
            let exact = field;
            for (let l = c.start[p]; l < c.start[p + 1]; l++) exact += c.weight[l] * x[c.other[l]];
            let index = levels.base[p];
            for (let l = links.start[p]; l < links.start[p + 1]; l++)
              index += levels.step[l] * x[links.other[l]];
            expect(levels.tables[levels.table[p]][index]).toBeCloseTo(exact, 7);
          });
        }
      }),
    );
  });

  it('are found where they are few, whatever the scale', () => {
    const found = (m: Model): number => {
      const c = tablesOf(m).groups[0].conditional as FieldConditional;
      const { table } = findLevels(c.field, tidyLinks(c.start, c.other, c.weight));
      return table.filter((t) => t >= 0).length / table.length;
    };
    const u = random(1);
    expect(
      found(
        spins(
          36,
          torus(6, 6, () => 0.1 / 3),
        ),
      ),
    ).toBe(1);
    expect(
      found(
        spins(
          36,
          torus(6, 6, () => (u() < 0.5 ? -0.7 : 0.7)),
        ),
      ),
    ).toBe(1);
    expect(
      found(
        spins(
          36,
          torus(6, 6, (k) => (k % 2 ? Math.PI : -1)),
          (i) => (i % 3 ? 0.2 : -0.2),
        ),
      ),
    ).toBe(1);
    expect(
      found(
        spins(
          36,
          torus(6, 6, () => u()),
        ),
      ),
    ).toBeLessThan(0.2);
  });
  it('are not looked for where it is clear that most sites have none', () => {
    const n = 20000;
    const ring = (field: (p: number) => number, links = 2): FieldConditional => ({
      kind: 'field',
      field: Float64Array.from({ length: n }, (_, p) => field(p)),
      start: Int32Array.from({ length: n + 1 }, (_, p) => links * p),
      other: Int32Array.from(
        { length: n * links },
        (_, l) => (l % links) + (Math.floor(l / links) % 2) * links,
      ),
      weight: new Float64Array(n * links).fill(-1),
    });
    const stream = new Stream(3, 'fields');
    const many = Float64Array.from({ length: 200 }, () => stream.normal());
    for (const [c, varied] of [
      [ring(() => stream.normal()), true],
      [ring((p) => stream.normal() * (p % 2)), false],
      [ring(() => many[stream.int(200)]), false],
      [ring(() => stream.int(3), 32), true],
      [ring(() => stream.int(3), 31), false],
    ] as const) {
      expect(tooVaried(c)).toBe(varied);
      const with32 = findLevels(c.field, tidyLinks(c.start, c.other, c.weight)).table.filter((t) => t >= 0);
      expect(2 * with32.length >= n).toBe(!varied);
    }
  });
});

describe('the layout', () => {
  it('has each link once, at the right place', () => {
    fc.assert(
      fc.property(graphs, (g) => {
        const t = tablesOf(modelOf(g));
        const { blocks, conditional } = t.groups[0];
        const c = conditional as FieldConditional;
        const links = tidyLinks(c.start, c.other, c.weight);
        for (let b = 0; b + 1 < blocks.length; b++) {
          for (let at = blocks[b]; at < blocks[b + 1]; at += 16) {
            const lanes = Math.min(16, blocks[b + 1] - at);
            const v = layOut(links, 0, at, (1 << lanes) - 1);
            const seen: number[] = [];
            const meet = (lane: number, link: number, position: number): void => {
              if (link < 0) return;
              expect(lane).toBeLessThan(lanes);
              expect(links.other[link]).toBe(position);
              expect(link).toBeGreaterThanOrEqual(links.start[at + lane]);
              expect(link).toBeLessThan(links.start[at + lane + 1]);
              seen.push(link);
            };
            for (const w of v.windows) {
              w.link.forEach((l, i) => {
                if (w.pattern) expect(w.pattern[i] < 16).toBe(l >= 0);
                meet(i, l, at + w.offset + (w.pattern ? w.pattern[i] : i));
              });
            }
            for (const w of v.gathered)
              w.link.forEach((l, i) => {
                meet(i, l, w.position[i]);
              });
            const wanted = Array.from(
              { length: links.start[at + lanes] - links.start[at] },
              (_, i) => links.start[at] + i,
            );
            expect(seen.sort((a, b) => a - b)).toEqual(wanted);
          }
        }
      }),
    );
  });
});

// ── Sampling ────────────────────────────────────────────────────────────────

/** Both forms and the three layouts, over sizes with and without a rest. */
const forms = ['bytes', 'lanes'] as const;

describe.each(forms)('conditionals given neighbours that do not move, %s', (only) => {
  const cases: readonly (readonly [string, number, (i: number) => readonly number[]])[] = [
    ['in runs', 70, (i) => [i, i + 70, i + 140]],
    ['in windows', 61, (i) => [(i * 7) % 16, 16 + (i % 16), 61 + ((i + 1) % 61)]],
    ['anywhere', 53, (i) => [(i * 37) % 211, (i * i * 5 + 100) % 211]],
    ['in runs with many levels', 48, (i) => [0, 1, 2, 3, 4, 5, 6].map((k) => i + 28 * k)],
    [
      'next to a few hubs',
      60,
      (i) => Array.from({ length: i % 13 ? 2 : 22 }, (_, k) => (i * 31 + k * 9) % 220),
    ],
    ['without neighbours', 19, () => []],
    ...(only === 'lanes' ? ([['of a single site', 1, () => [0, 1, 2]]] as const) : []),
    ['of three sites', 3, (i) => [i * 50, 100 - i]],
  ];
  it.each(cases)('%s', (_name, n, near) => {
    const u = random(n);
    const count = 220;
    const field = Array.from({ length: n + count }, (_, i) => (i % 5 === 0 ? -0.8 : 0.4));
    const edges = Array.from({ length: n }, (_, i) =>
      [...new Set(near(i))].map((j): Edge => [i, n + j, u() < 0.5 ? -0.8 : 0.4]),
    ).flat();
    const model = { field, edges };
    const fixed = new Set(Array.from({ length: count }, (_, i) => n + i));
    const t = tablesOf(model, fixed);
    const s = makeSweeper(new Heap(), t, 1, { only });
    if (n > 15) expect(s.forms[0].form).toMatch(only === 'bytes' ? /^byte lanes/ : /^32-bit lanes/);
    const x = Uint8Array.from({ length: n + count }, () => (u() < 0.5 ? 1 : 0));
    s.load(0, x);
    const before = x.slice();
    const ones = new Float64Array(n);
    const sweeps = 4000;
    const stream = new Stream(5, only, n);
    const beta = 0.9;
    for (let k = 0; k < sweeps; k++) {
      s.sweep([stream], beta);
      s.store(0, x);
      for (let p = 0; p < n; p++) ones[p] += x[p];
    }
    expect(x.subarray(n)).toEqual(before.subarray(n));
    const c = t.groups[0].conditional as FieldConditional;
    let chi = 0;
    for (let p = 0; p < n; p++) {
      let f = c.field[p];
      for (let l = c.start[p]; l < c.start[p + 1]; l++) f += c.weight[l] * before[c.other[l]];
      const q = 1 / (1 + Math.exp(beta * f));
      chi += (ones[p] - sweeps * q) ** 2 / (sweeps * q * (1 - q));
    }
    expect(Math.abs(chi - n)).toBeLessThan(5 * Math.sqrt(2 * n) + 5);
  });
});

describe.each(forms)('small models against enumeration, %s', (only) => {
  const u = random(11);
  const sign = (): number => (u() < 0.5 ? -1 : 1);
  const graph = (n: number, degree: number): Edge[] =>
    Array.from({ length: (n * degree) / 2 }, (_, k): Edge => {
      const a = k % n;
      return [a, (a + 1 + Math.floor(u() * (n - 1))) % n, 0.6 * sign()];
    });
  const cases: readonly (readonly [string, Model, ReadonlyMap<number, number>])[] = [
    [
      '3×3 torus glass',
      spins(
        9,
        torus(3, 3, () => 0.5 * sign()),
      ),
      new Map(),
    ],
    ['graph with fields', spins(8, graph(8, 3), (i) => (i % 2 ? 0.3 : -0.3)), new Map()],
    ['graph with sites held', spins(9, graph(9, 4)), new Map([[2, 1], [5, 0]])], // biome-ignore format: pairs
  ];
  const places: readonly (readonly [string, number])[] = [
    ['side by side', 37],
    ['mixed up', 21],
    ['alone', 1],
  ];
  for (const [name, model, held] of cases) {
    for (const [how, copies] of places) {
      it(`${name}, copies ${how}`, () => {
        const n = model.field.length;
        const places = Int32Array.from({ length: n * copies }, (_, i) => i);
        if (how === 'mixed up') new Stream(3).shuffle(places);
        const place = (i: number, k: number): number => places[i * copies + k];
        const all = copied(model, copies, place);
        const fixed = new Set(
          [...held.keys()].flatMap((i) => Array.from({ length: copies }, (_, k) => place(i, k))),
        );
        const t = tablesOf(all, fixed);
        const chains = Math.ceil(74 / copies);
        const s = makeSweeper(new Heap(), t, chains, { only });
        const x = new Uint8Array(t.size);
        for (const [i, v] of held) for (let k = 0; k < copies; k++) x[t.positionOf[place(i, k)]] = v;
        for (let c = 0; c < chains; c++) s.load(c, x);
        const beta = 0.8;
        const exact = enumerate(model, beta, held);
        const streams = Array.from({ length: chains }, (_, c) => new Stream(8, how, c));
        const sweeps = 1500;
        // Frequencies of all states: mean and variance over chains and copies, which are independent.
        const sums = new Float64Array(2 ** n);
        const squares = new Float64Array(2 ** n);
        const counts = Array.from({ length: chains * copies }, () => new Float64Array(2 ** n));
        for (let k = -50; k < sweeps; k++) {
          s.sweep(streams, beta);
          if (k < 0) continue;
          for (let c = 0; c < chains; c++) {
            s.store(c, x);
            for (let j = 0; j < copies; j++) {
              let state = 0;
              for (let i = 0; i < n; i++) state |= x[t.positionOf[place(i, j)]] << i;
              counts[c * copies + j][state]++;
            }
          }
        }
        const parts = counts.length;
        for (const count of counts) {
          count.forEach((k, state) => {
            sums[state] += k / sweeps;
            squares[state] += (k / sweeps) ** 2;
          });
        }
        let worst = 0;
        exact.forEach((p, state) => {
          const mean = sums[state] / parts;
          if (p === 0) expect(mean).toBe(0);
          if (p * sweeps * parts < 50) return;
          const variance = squares[state] / parts - mean ** 2;
          worst = Math.max(worst, Math.abs(mean - p) / Math.sqrt(variance / (parts - 1)));
        });
        expect(worst).toBeLessThan(5);
      });
    }
  }
});

/**
 * ln Z of the Ising model on an m × n torus, K = J/T: B. Kaufman, Phys. Rev. 76 (1949) 1232; as written out by
 * A. E. Ferdinand and M. E. Fisher, Phys. Rev. 185 (1969) 832, eq. 2.8.
 */
function kaufman(m: number, n: number, K: number): number {
  const gamma = (l: number): number =>
    l === 0
      ? 2 * K + Math.log(Math.tanh(K))
      : Math.acosh(Math.cosh(2 * K) / Math.tanh(2 * K) - Math.cos((l * Math.PI) / n));
  const sum = (odd: number, f: (x: number) => number): [log: number, sign: number] => {
    let [log, sign] = [0, 1];
    for (let r = 0; r < n; r++) {
      const v = 2 * f((m / 2) * gamma(2 * r + odd));
      log += Math.log(Math.abs(v));
      sign *= Math.sign(v);
    }
    return [log, sign];
  };
  const terms = [sum(1, Math.cosh), sum(1, Math.sinh), sum(0, Math.cosh), sum(0, Math.sinh)];
  const top = Math.max(...terms.map(([log]) => log));
  const total = terms.reduce((s, [log, sign]) => s + sign * Math.exp(log - top), 0);
  return ((m * n) / 2) * Math.log(2 * Math.sinh(2 * K)) + top + Math.log(total) - Math.LN2;
}

describe('the Ising model on a 32 × 32 torus', () => {
  const [rows, columns, beta] = [32, 32, 0.4];
  const exact =
    (kaufman(rows, columns, beta + 1e-4) - kaufman(rows, columns, beta - 1e-4)) / 2e-4 / (2 * rows * columns);

  it('has an exact energy to compare with', () => {
    const small = enumerate(
      spins(
        9,
        torus(3, 3, () => 1),
      ),
      beta,
      new Map(),
    );
    let bond = 0;
    small.forEach((p, state) => {
      const s = (i: number): number => 2 * ((state >> i) & 1) - 1;
      for (const [a, b] of torus(3, 3, () => 1)) bond += p * s(a) * s(b);
    });
    const du = (kaufman(3, 3, beta + 1e-4) - kaufman(3, 3, beta - 1e-4)) / 2e-4;
    expect(du).toBeCloseTo(bond, 5);
  });

  it.each(forms)('has the energy of Kaufman’s solution, %s', (only) => {
    const edges = torus(rows, columns, () => 1);
    const t = tablesOf(spins(rows * columns, edges));
    const chains = 16;
    const s = makeSweeper(new Heap(), t, chains, { only });
    expect(s.forms[0].form).toBe(only === 'bytes' ? 'byte lanes' : '32-bit lanes');
    const streams = Array.from({ length: chains }, (_, c) => new Stream(21, only, c));
    const x = new Uint8Array(t.size);
    const means = new Float64Array(chains);
    const sweeps = 800;
    for (let k = -300; k < sweeps; k++) {
      s.sweep(streams, beta);
      if (k < 0) continue;
      for (let c = 0; c < chains; c++) {
        s.store(c, x);
        let same = 0;
        for (const [a, b] of edges) if (x[t.positionOf[a]] === x[t.positionOf[b]]) same++;
        means[c] += ((2 * same) / edges.length - 1) / sweeps;
      }
    }
    const mean = means.reduce((a, b) => a + b) / chains;
    const error = Math.sqrt(means.reduce((a, b) => a + (b - mean) ** 2, 0) / chains / (chains - 1));
    expect(error).toBeLessThan(0.003);
    expect(Math.abs(mean - exact)).toBeLessThan(5 * error);
  });
});

describe('the sweeper', () => {
  const u = random(2);
  const model = spins(
    99,
    torus(9, 11, () => (u() < 0.5 ? 1 : -1)),
  );
  const t = tablesOf(model);
  const run = (seeds: readonly number[], only: string): Uint8Array[] => {
    const s = makeSweeper(new Heap(), t, seeds.length, { only });
    const streams = seeds.map((c) => new Stream(9, 'chain', c));
    for (let k = 0; k < 20; k++) s.sweep(streams, 0.5);
    return seeds.map((_, c) => {
      const x = new Uint8Array(t.size);
      s.store(c, x);
      return x;
    });
  };

  it.each(forms)('draws the same for a chain whatever the other chains, %s', (only) => {
    const all = run([0, 1, 2, 3, 4], only);
    expect(run([3], only)[0]).toEqual(all[3]);
    expect(run([4, 1], only)).toEqual([all[4], all[1]]);
    expect(all[0]).not.toEqual(all[1]);
  });

  it('starts again with another stream, and prepares for another temperature', () => {
    const s = makeSweeper(new Heap(), t, 1);
    const x = new Uint8Array(t.size);
    const go = (beta: number): Uint8Array => {
      s.load(0, new Uint8Array(t.size));
      s.sweep([new Stream(4)], beta);
      s.store(0, x);
      return x.slice();
    };
    const first = go(0.5);
    const cold = go(5);
    expect(go(0.5)).toEqual(first);
    expect(cold).not.toEqual(first);
  });

  it('sweeps several unknowns, one from the other', () => {
    // Two rows of 20: those of the second follow those of the first almost surely.
    const other = { ...slot, name: 'y' };
    const n = 20;
    const group = (
      from: number,
      link: number,
      field: number,
      weight: number,
    ): SiteTables['groups'][number] => ({
      slot: from === 0 ? slot : other,
      states: 2,
      from,
      count: n,
      blocks: Int32Array.of(0, n),
      conditional: {
        kind: 'field',
        field: new Float64Array(n).fill(field),
        start: Int32Array.from({ length: n + 1 }, (_, i) => i),
        other: Int32Array.from({ length: n }, (_, i) => link + i),
        weight: new Float64Array(n).fill(weight),
      },
    });
    const both: SiteTables = {
      size: 2 * n,
      slots: [],
      groups: [group(0, n, 0, 0), group(n, 0, 50, -100)],
    };
    const s = makeSweeper(new Heap(), both, 2);
    const x = new Uint8Array(2 * n);
    s.sweep([new Stream(1), new Stream(2)], 1);
    for (let c = 0; c < 2; c++) {
      s.store(c, x);
      expect(x.subarray(n)).toEqual(x.subarray(0, n));
      expect(new Set(x)).toEqual(new Set([0, 1]));
    }
    expect(s.lost()).toBeNull();
    expect(s.forms.map((f) => f.slot.name)).toEqual(['x', 'y']);
  });

  it('shares kernels with others: their chains and temperatures do not disturb one another', () => {
    const next = random(5);
    const all = Array.from({ length: 40 }, (_, i) => i);
    const edges = all.flatMap((i) => all.slice(0, i).map((j) => [i, j, next() - 0.5] as const));
    const complete = tablesOf(spins(40, edges));
    for (const [tables, only] of [...forms.map((f) => [t, f] as const), [complete, 'dense'] as const]) {
      const heap = new Heap();
      const kernels = makeKernels(heap, tables, { only });
      const before = heap.used;
      const codes = (s: Sweeper, c: number): Uint8Array => {
        const x = new Uint8Array(tables.size);
        s.store(c, x);
        return x;
      };
      const [x, y] = [2, 3].map((n) => kernels.forChains(n));
      const [hot, cold] = [
        [0, 1],
        [2, 3, 4],
      ].map((seeds) => seeds.map((c) => new Stream(9, 'chain', c)));
      const alone = makeSweeper(new Heap(), tables, 3, { only });
      const same = cold.map((_, c) => new Stream(9, 'chain', 2 + c));
      for (let i = 0; i < 12; i++) {
        x.sweep(hot, 0.2);
        y.sweep(cold, 0.9);
        alone.sweep(same, 0.9);
      }
      for (let c = 0; c < 3; c++) expect(codes(y, c), only).toEqual(codes(alone, c));
      x.dispose();
      y.dispose();
      expect(heap.used, only).toBe(before);
      kernels.dispose();
      expect(heap.used, only).toBe(0);
    }
  });

  it('gives its memory back', () => {
    const heap = new Heap();
    const before = heap.used;
    makeSweeper(heap, t, 3).dispose();
    expect(heap.used).toBe(before);
  });
});
