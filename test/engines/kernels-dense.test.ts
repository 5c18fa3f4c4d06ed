/** Sweeps over dense fields: against enumeration, and against themselves. */
import { describe, expect, it } from 'vitest';
import type { FieldConditional, SiteGroup, SiteTables } from '../../src/engines/kernels/site-tables.ts';
import { denseField, denseFieldFrom } from '../../src/engines/kernels/sweeps/dense-field.ts';
import { nextWord, RANDOM_BYTES, seedGenerators } from '../../src/engines/kernels/sweeps/random.ts';
import type { GroupKernel } from '../../src/engines/kernels/sweeps/stage.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { ModuleBuilder } from '../../src/engines/kernels/wasm/module.ts';
import { Builder } from '../../src/ir/build.ts';
import { Stream } from '../../src/random/stream.ts';
import { chiSquare } from '../infer/statistics.ts';

const anyField = denseFieldFrom({ leastLinks: 1, leastFilled: 0 });
const b = new Builder();

interface Part {
  readonly from: number;
  readonly blocks: readonly number[];
  readonly field: readonly number[];
  /** For each site, neighbours and weights. */
  readonly links: readonly (readonly (readonly [number, number])[])[];
}

function groupOf({ from, blocks, field, links }: Part): SiteGroup {
  const start = new Int32Array(field.length + 1);
  links.forEach((l, p) => {
    start[p + 1] = start[p] + l.length;
  });
  const conditional: FieldConditional = {
    kind: 'field',
    field: Float64Array.from(field),
    start,
    other: Int32Array.from(links.flatMap((l) => l.map(([o]) => o))),
    weight: Float64Array.from(links.flatMap((l) => l.map(([, w]) => w))),
  };
  const slot = b.slot('unknown', 'x', { kind: 'bit' }, [b.range(field.length)]);
  return { slot, states: 2, from, count: field.length, blocks: Int32Array.from(blocks), conditional };
}

/** Kernels of the groups, and chains in a memory of their own. */
function open(size: number, parts: readonly Part[], chains: number, maker = anyField) {
  const heap = new Heap();
  const module = new ModuleBuilder();
  const groups = parts.map(groupOf);
  const tables: SiteTables = { size, slots: [], groups };
  const pitch = 64 * Math.ceil((size + 16) / 64);
  const stage = { heap, module, tables, pitch };
  const made = groups.map((g) => maker(stage, g));
  const exports = module.instantiate(heap.memory);
  const kernels = made.map((m) => m?.(exports) ?? null);
  if (kernels.includes(null)) return null;
  const states = heap.allocate(chains * pitch);
  const random = heap.allocate(chains * RANDOM_BYTES);
  for (let c = 0; c < chains; c++) seedGenerators(heap, random + c * RANDOM_BYTES, new Stream(11, c));
  for (const k of kernels) k?.prepare(1);
  return {
    heap,
    states,
    random,
    pitch,
    kernels: kernels as GroupKernel[],
    sweep(): void {
      let lost = -1;
      for (const k of kernels)
        for (let c = 0; c < chains; c++)
          lost = Math.max(lost, k!.run(states + c * pitch, random + c * RANDOM_BYTES));
      expect(lost).toBe(-1);
    },
    codes: (c: number): Uint8Array => heap.u8(states + c * pitch, size),
  };
}

/** Probabilities of all states of the given number of bits, by their energies. */
function enumerate(bits: number, energy: (x: readonly number[]) => number): number[] {
  const weights = Array.from({ length: 2 ** bits }, (_, s) =>
    Math.exp(-energy(Array.from({ length: bits }, (_, i) => (s >> i) & 1))),
  );
  const total = weights.reduce((a, w) => a + w, 0);
  return weights.map((w) => w / total);
}

const number = (x: ArrayLike<number>, at = 0, count = x.length): number =>
  Array.from({ length: count }, (_, i) => x[at + i] << i).reduce((a, v) => a | v, 0);

/** A glass: symmetric couplings between all pairs, fields. */
function glass(n: number, seed: number, size = 1) {
  const s = new Stream(seed);
  const w = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) w[i][j] = w[j][i] = size * s.normal();
  const field = Array.from({ length: n }, () => size * s.normal());
  const energy = (x: readonly number[]): number =>
    field.reduce(
      (e, h, i) => e + h * x[i] + w[i].reduce((a, v, j) => a + (j < i ? v * x[i] * x[j] : 0), 0),
      0,
    );
  const links = w.map((r, i) => r.flatMap((v, j) => (j === i ? [] : [[j, v] as const])));
  return { w, field, energy, links, blocks: Array.from({ length: n + 1 }, (_, i) => i) };
}

describe('sites one at a time', () => {
  it('draw from a glass of 12 spins', () => {
    const g = glass(12, 5, 0.6);
    const chains = 256;
    const t = open(12, [{ from: 0, ...g }], chains)!;
    expect(t.kernels[0].form).toBe('kept fields of 12 neighbours');
    const counts = new Array<number>(4096).fill(0);
    for (let k = 0; k < 40; k++) t.sweep();
    for (let k = 0; k < 200; k++) {
      for (let j = 0; j < 5; j++) t.sweep();
      for (let c = 0; c < chains; c++) counts[number(t.codes(c))]++;
    }
    // Successive draws of a chain are nearly independent, not quite.
    expect(chiSquare(counts, enumerate(12, g.energy))).toBeLessThan(5);
  });

  it('draw from the conditional at another temperature', () => {
    const g = glass(6, 8);
    const t = open(6, [{ from: 0, ...g }], 64)!;
    t.kernels[0].prepare(0.4);
    const counts = new Array<number>(64).fill(0);
    for (let k = 0; k < 4000; k++) {
      t.sweep();
      if (k > 20 && k % 4 === 0) for (let c = 0; c < 64; c++) counts[number(t.codes(c))]++;
    }
    expect(
      chiSquare(
        counts,
        enumerate(6, (x) => 0.4 * g.energy(x)),
      ),
    ).toBeLessThan(5);
    t.kernels[0].prepare(0);
    counts.fill(0);
    for (let k = 0; k < 1000; k++) {
      t.sweep();
      for (let c = 0; c < 64; c++) counts[number(t.codes(c))]++;
    }
    expect(chiSquare(counts, new Array<number>(64).fill(1 / 64))).toBeLessThan(5);
  });

  it('follow the rule of Gibbs site by site, with clamped sites and neighbours that others change', () => {
    // Positions 0 … 19 are free, 20 … 69 fixed or of others; 70 does not matter and must stay.
    const n = 20;
    const s = new Stream(3);
    const links = Array.from({ length: n }, (_, p) =>
      Array.from({ length: 70 }, (_, o) => [o, s.normal() * 0.5] as const).filter(
        ([o]) => o !== p && o !== 33,
      ),
    );
    const field = Array.from({ length: n }, () => s.normal());
    const blocks = Array.from({ length: n + 1 }, (_, i) => i);
    const t = open(71, [{ from: 0, blocks, field, links }], 3)!;
    const x = Array.from({ length: 3 }, () => new Uint8Array(71));
    const own = x.map((_, c) => generators(t.heap, t.random + c * RANDOM_BYTES));
    for (let k = 0; k < 300; k++) {
      x.forEach((codes, c) => {
        // Somebody else's move, now and then of everything.
        for (let j = 0; j < (k % 50 === 0 ? 71 : 5); j++) codes[s.int(71)] ^= 1;
        t.codes(c).set(codes);
      });
      t.sweep();
      x.forEach((codes, c) => {
        const words = Array.from({ length: 32 }, () => own[c]());
        for (let p = 0; p < n; p++) {
          const delta = links[p].reduce((a, [o, w]) => a + w * codes[o], field[p]);
          const u = ((words[p] >>> 1) + 0.5) / 2 ** 31;
          const one = 1 / (1 + Math.exp(delta));
          expect(Math.abs(u - one), 'no draw on the edge').toBeGreaterThan(1e-6);
          codes[p] = u < one ? 1 : 0;
        }
        expect([...t.codes(c)]).toEqual([...codes]);
      });
    }
  });

  it('keep fields for good: after 10⁴ sweeps the same as from nothing', () => {
    const n = 60;
    const g = glass(n, 9, 0.15);
    const [kept, fresh] = [0, 1].map(() => open(n, [{ from: 0, ...g }], 1)!);
    for (let k = 0; k < 10_000; k++) kept.sweep();
    // Another memory has never seen this chain.
    fresh.codes(0).set(kept.codes(0));
    fresh.heap.u8(fresh.random, RANDOM_BYTES).set(kept.heap.u8(kept.random, RANDOM_BYTES));
    for (let k = 0; k < 200; k++) {
      kept.sweep();
      fresh.sweep();
      expect([...fresh.codes(0)]).toEqual([...kept.codes(0)]);
    }
  });
});

/** The words of a chain's generators, in the order in which kernels use them. */
function generators(heap: Heap, at: number): () => number {
  const w = heap.u32(at, 16).slice();
  const states = [0, 1, 2, 3].map((i) => Uint32Array.of(w[i], w[4 + i], w[8 + i], w[12 + i]));
  let k = 0;
  return () => nextWord(states[k++ % 4]);
}

/** Visible 0 … v − 1, hidden behind them; the energy is b·v + c·h + v·W·h. */
function machine(v: number, h: number, seed: number, size: number) {
  const s = new Stream(seed);
  const w = Array.from({ length: v }, () => Array.from({ length: h }, () => size * s.normal()));
  const [bias, hiddenBias] = [v, h].map((n) => Array.from({ length: n }, () => size * s.normal()));
  const visible: Part = {
    from: 0,
    blocks: [0, v],
    field: bias,
    links: w.map((r) => r.map((x, j) => [v + j, x] as const)),
  };
  const hidden: Part = {
    from: v,
    blocks: [0, h],
    field: hiddenBias,
    links: hiddenBias.map((_, j) => w.map((r, i) => [i, r[j]] as const)),
  };
  const energy = (x: readonly number[]): number => {
    let e = 0;
    for (let i = 0; i < v; i++) {
      e += bias[i] * x[i];
      for (let j = 0; j < h; j++) e += w[i][j] * x[i] * x[v + j];
    }
    for (let j = 0; j < h; j++) e += hiddenBias[j] * x[v + j];
    return e;
  };
  return { parts: [visible, hidden], energy };
}

describe('blocks', () => {
  it('draw both layers of a small machine', () => {
    const { parts, energy } = machine(6, 5, 4, 0.9);
    // Blocks of five or six sites are small: the layers are in one group behind others to make them large.
    const chains = 128;
    const wide = widened(parts, 32);
    const t = open(wide.size, wide.parts, chains)!;
    for (const k of t.kernels) expect(k.form).toMatch(/^matrix of/);
    const counts = new Array<number>(2 ** 11).fill(0);
    for (let k = 0; k < 40; k++) t.sweep();
    for (let k = 0; k < 250; k++) {
      for (let j = 0; j < 4; j++) t.sweep();
      for (let c = 0; c < chains; c++) counts[wide.state(t.codes(c))]++;
    }
    expect(chiSquare(counts, enumerate(11, energy))).toBeLessThan(5);
  });

  it.each([
    [40, 33],
    [16, 90],
    [71, 17],
    [130, 48],
  ])('follow the rule of Gibbs for layers of %i and %i', (v, h) => {
    const { parts } = machine(v, h, v, 0.3);
    const t = open(v + h, parts, 3)!;
    const own = [0, 1, 2].map((c) => generators(t.heap, t.random + c * RANDOM_BYTES));
    const x = own.map(() => new Uint8Array(v + h));
    for (let k = 0; k < 60; k++) {
      t.sweep();
      x.forEach((codes, c) => {
        for (const { from, field, links } of parts) {
          const count = 16 * Math.ceil(field.length / 16);
          const words = Array.from({ length: count }, () => own[c]());
          const before = codes.slice();
          field.forEach((f, p) => {
            const delta = links[p].reduce((a, [o, w]) => a + w * before[o], f);
            const u = ((words[p] >>> 1) + 0.5) / 2 ** 31;
            expect(Math.abs(u - 1 / (1 + Math.exp(delta))), 'no draw on the edge').toBeGreaterThan(1e-6);
            codes[from + p] = u < 1 / (1 + Math.exp(delta)) ? 1 : 0;
          });
        }
        expect([...t.codes(c)]).toEqual([...codes]);
      });
    }
  });

  it('give chains the same draws together as alone', () => {
    const { parts } = machine(50, 45, 2, 0.4);
    const chains = 71;
    const [single, together] = [0, 1].map(() => open(95, parts, chains)!);
    for (let k = 0; k < 20; k++) {
      single.sweep();
      for (const kernel of together.kernels) kernel.runMany!(together.states, together.random, chains);
    }
    for (let c = 0; c < chains; c++) expect([...together.codes(c)]).toEqual([...single.codes(c)]);
  });
});

/** The same machine whose layers have sites without meaning between and behind, so that blocks are large. */
function widened(parts: readonly Part[], width: number) {
  const [visible, hidden] = parts;
  const v = visible.field.length;
  const place = (o: number): number => (o < v ? 2 * o + 3 : width + (o - v));
  const spread = (p: Part, from: number, at: (k: number) => number): Part => {
    const field = new Array<number>(width).fill(0);
    const links: (readonly (readonly [number, number])[])[] = Array.from({ length: width }, () => []);
    p.field.forEach((f, k) => {
      field[at(k)] = f;
      links[at(k)] = p.links[k].map(([o, w]) => [place(o), w] as const);
    });
    // The others are linked without weight, as the average number of links counts.
    for (let k = 0; k < width; k++)
      if (links[k].length === 0) links[k] = p.links[0].map(([o]) => [place(o), 0] as const);
    return { from, blocks: [0, width], field, links };
  };
  return {
    size: 2 * width,
    parts: [spread(visible, 0, (k) => place(k)), spread(hidden, width, (k) => place(v + k) - width)],
    state: (x: Uint8Array): number =>
      [...visible.field.keys(), ...hidden.field.map((_, k) => v + k)].reduce(
        (a, i) => a | (x[place(i)] << i),
        0,
      ),
  };
}

describe('what fits', () => {
  const part = (n: number, degree: number, weight = 1): Part => ({
    from: 0,
    blocks: Array.from({ length: n + 1 }, (_, i) => i),
    field: new Array<number>(n).fill(0.3),
    links: Array.from({ length: n }, (_, p) =>
      Array.from({ length: degree }, (_, k) => [(p + 1 + k) % n, weight] as const),
    ),
  });

  it('is left to other forms where links are few', () => {
    expect(open(80, [part(80, 31)], 1, denseField)).toBeNull();
    expect(open(80, [part(80, 39)], 1, denseField)).toBeNull();
    expect(open(80, [part(80, 40)], 1, denseField)).not.toBeNull();
  });

  it('is left to other forms where weights do not fit into 32 bits', () => {
    expect(open(80, [part(80, 60, Math.PI * 1e6)], 1, denseField)).toBeNull();
    expect(open(80, [part(80, 60, 2 ** 20)], 1, denseField)).toBeNull();
    const whole = { ...part(80, 60, 2 ** 20), field: new Array<number>(80).fill(0.25) };
    expect(open(80, [whole], 1, denseField)).not.toBeNull();
  });
});
