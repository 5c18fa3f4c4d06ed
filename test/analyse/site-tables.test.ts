/**
 * What kernels are made from, compared with what it means: differences of the whole energy, evaluated state by state
 * with the reference engine.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SiteBlocks, siteBlocks } from '../../src/analyse/blocks.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import { codesOf, type SiteTablesResult, siteTables, valuesOf } from '../../src/analyse/site-tables.ts';
import { type DiscreteDomain, isArranged, isDiscrete, valueMap } from '../../src/domain.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import type { SiteGroup } from '../../src/engines/kernels/site-tables.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { batchInputs, compile, type Model, type States } from '../../src/infer/model.ts';
import { makeBatch, totalEnergy, violationsOf } from '../../src/ir/batch.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates } from '../run/kit.ts';
import { randomProgram } from './random-programs.ts';
import { cases } from './site-programs.ts';

type Fixed = ReadonlyMap<Slot, Uint8Array>;

const noneFixed = (model: Model): Map<Slot, Uint8Array> =>
  new Map(model.unknowns.map((u) => [u.slot, new Uint8Array(u.size)]));

function blocksOf(model: Model): SiteBlocks[] {
  const factors = factorsOf(model.builder, model.energy);
  return model.unknowns
    .filter((u) => isDiscrete(u.slot.domain) && !isArranged(u.slot.domain))
    .map((u) => siteBlocks(model.builder, u.slot, factors, model));
}

const tablesOf = (
  model: Model,
  fixed: Fixed = noneFixed(model),
  blocks = blocksOf(model),
  engine?: Engine,
): SiteTablesResult => siteTables(model.builder, model.energy, blocks, fixed, model, engine);

/** The conditional of one site as the doc comments of the contract say it. */
function conditionalOf(group: SiteGroup, p: number, codes: Uint8Array) {
  const c = group.conditional;
  const energy = new Array<number>(group.states).fill(0);
  const broken = new Array<number>(group.states).fill(0);
  if (c.kind === 'field') {
    energy[1] = c.field[p];
    for (let l = c.start[p]; l < c.start[p + 1]; l++) energy[1] += c.weight[l] * codes[c.other[l]];
    return { energy, broken };
  }
  for (let v = 0; v < group.states; v++) {
    energy[v] += c.own?.[p * group.states + v] ?? 0;
    broken[v] += c.ownBroken?.[p * group.states + v] ?? 0;
  }
  for (let l = c.start[p]; l < c.start[p + 1]; l++) {
    const t = c.tables[c.table[l]];
    const row = t.strides.reduce((r, stride, j) => r + stride * codes[c.others[c.first[l] + j]], 0);
    for (let v = 0; v < group.states; v++) {
      energy[v] += (c.scale ? c.scale[l] : 1) * t.energy[row * group.states + v];
      broken[v] += t.broken?.[row * group.states + v] ?? 0;
    }
  }
  return { energy, broken };
}

/** The whole energy, and how many requirements are broken, of many states. */
function weigher(model: Model, count: number) {
  const b = model.builder;
  const axis = b.axis(b.range(count), 'state');
  const batch = makeBatch(b, model.energy.unknowns, [axis]);
  const run = compile(
    model,
    [
      { name: 'energy', axes: [axis], node: batch.on(totalEnergy(b, model.energy)) },
      {
        name: 'broken',
        axes: [axis],
        node: b.addAll(model.energy.support.map((c) => violationsOf(b, c, batch.on))),
      },
    ],
    new Map(),
    referenceEngine(),
  );
  return (states: States) => {
    const out = run.run(batchInputs(model, batch.slots, states, count));
    return { energy: out.get('energy')!.data, broken: out.get('broken')!.data };
  };
}

/** Compares every free site of every group at one random state, and checks what the contract promises. */
function check(model: Model, result: SiteTablesResult, seed: number, fixed: Fixed = noneFixed(model)): void {
  const { tables } = result;
  const states = randomStates(model, new Stream(seed, 'states'), 1);
  const codes = new Uint8Array(tables.size);
  codesOf(tables, states, 0, codes);
  const covered = tables.slots.flatMap((s) => [...s.positionOf]).sort((x, y) => x - y);
  expect(covered).toEqual(Array.from({ length: tables.size }, (_, i) => i));
  for (const group of tables.groups) {
    const { slot, from, count, blocks, states: k } = group;
    const { positionOf } = tables.slots.find((s) => s.slot === slot)!;
    const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
    const free = [...positionOf.keys()].filter((i) => fixed.get(slot)![i] === 0);
    expect(count).toBe(free.length);
    expect([blocks[0], blocks[blocks.length - 1]]).toEqual([0, count]);
    const siteAt = new Map([...positionOf.entries()].map(([i, p]) => [p, i]));
    for (let t = 1; t < blocks.length; t++) {
      const sites = Array.from(
        { length: blocks[t] - blocks[t - 1] },
        (_, i) => siteAt.get(from + blocks[t - 1] + i)!,
      );
      expect(sites.length).toBeGreaterThan(0);
      expect(sites).toEqual([...sites].sort((x, y) => x - y));
    }
    const weigh = weigher(model, k);
    for (const site of free) {
      const variants = new Map(
        model.unknowns.map((u) => {
          const x = new Float64Array(k * u.size);
          for (let v = 0; v < k; v++) {
            x.set(states.get(u.slot)!, v * u.size);
            if (u.slot === slot) x[v * u.size + site] = offset + scale * v;
          }
          return [u.slot, x] as const;
        }),
      );
      const want = weigh(variants);
      const got = conditionalOf(group, positionOf[site] - from, codes);
      const finite = [...want.energy].filter(Number.isFinite);
      const tolerance = 1e-10 * (1 + Math.max(0, ...finite.map(Math.abs)));
      const low = want.energy.findIndex(Number.isFinite);
      const what = `${slot.name}[${site}]`;
      for (let v = 0; v < k; v++) {
        if (low < 0) continue;
        if (want.energy[v] === Number.POSITIVE_INFINITY) expect(got.energy[v], what).toBe(want.energy[v]);
        else
          expect(
            Math.abs(got.energy[v] - got.energy[low] - (want.energy[v] - want.energy[low])),
            `${what} at ${v}: ${got.energy[v] - got.energy[low]}, expected ${want.energy[v] - want.energy[low]}`,
          ).toBeLessThanOrEqual(tolerance);
        expect(got.broken[v] - got.broken[0], `${what} broken at ${v}`).toBe(want.broken[v] - want.broken[0]);
      }
    }
  }
}

const modelOf = async (text: string, files: Readonly<Record<string, string>> = {}): Promise<Model> =>
  (await open(text, { files })).model();

describe('tables of sites are differences of the whole energy', () => {
  const kernels = kernelsEngine();
  for (const c of cases)
    it(c.name, async () => {
      const model = await modelOf(c.text, c.files);
      const result = tablesOf(model);
      const kinds = new Map(result.tables.groups.map((g) => [g.slot.name, g.conditional.kind]));
      for (const [name, kind] of Object.entries(c.kinds)) {
        if (typeof kind === 'string') expect(kinds.get(name), name).toBe(kind);
        else expect([...result.left].find(([s]) => s.name === name)?.[1], name).toMatch(kind);
      }
      expect(kinds.size + result.left.size).toBe(Object.keys(c.kinds).length);
      for (const seed of [1, 2, 3]) check(model, result, seed);
      check(model, tablesOf(model, noneFixed(model), blocksOf(model), kernels), 4);
    });
});

/** Every element fixed at random, about `part` of them. */
function someFixed(model: Model, part: number, seed: number): Fixed {
  const stream = new Stream(seed, 'fixed');
  return new Map(
    model.unknowns.map((u) => [
      u.slot,
      Uint8Array.from({ length: u.size }, () => (stream.uniform() < part ? 1 : 0)),
    ]),
  );
}

describe('sites that do not move', () => {
  it('keep their positions and are in no group', async () => {
    for (const c of cases.slice(0, 8)) {
      const model = await modelOf(c.text, c.files);
      for (const [part, seed] of [
        [0.3, 1],
        [0.7, 2],
      ]) {
        const fixed = someFixed(model, part, seed);
        check(model, tablesOf(model, fixed), seed, fixed);
      }
    }
  });

  it('may be those of unknowns that are drawn in another way', async () => {
    const model = await modelOf(`
      index i = 6
      energy E(s : spin[i], z : category(3)[i], far : bit[i]) {
        term chain = sum(s[j] * s[l] for j in i, l in i where l == j + 1)
        term both = 0.3 * sum(s[j] * (z[j] == z[0]) for j in i)
        term alone = sum(far[j] * 0.1 for j in i)
      }`);
    const [s, z, far] = model.unknowns.map((u) => u.slot);
    const result = tablesOf(
      model,
      noneFixed(model),
      blocksOf(model).filter((info) => info.slot === z),
    );
    expect(result.tables.groups.map((g) => g.slot)).toEqual([z]);
    expect(result.tables.slots.map((t) => t.slot)).toEqual([s, z]);
    expect(result.tables.slots.some((t) => t.slot === far)).toBe(false);
    check(model, result, 4);
  });
});

describe('what kernels rely on', () => {
  it('merges links of two sites, leaves out weights of 0, and orders neighbours', async () => {
    const model = await modelOf(
      `index node = 5
      data edge : node[link, 2] from "edges.csv"
      data w : real[link] from "w.csv"
      energy E(s : bit[node]) {
        term links = sum(w[e] * s[edge[e, 0]] * s[edge[e, 1]] for e in link)
      }`,
      { 'edges.csv': '3,1\n1,0\n1,3\n2,4\n4,2\n0,1\n2,2\n1,4', 'w.csv': 'w\n1\n2\n3\n5\n-5\n7\n11\n0' },
    );
    const { tables } = tablesOf(model);
    const [group] = tables.groups;
    const c = group.conditional;
    if (c.kind !== 'field') throw new Error('expected a field');
    const { positionOf } = tables.slots[0];
    const linksOf = (site: number): number[][] => {
      const p = positionOf[site] - group.from;
      return Array.from({ length: c.start[p + 1] - c.start[p] }, (_, l) => [
        positionOf.indexOf(c.other[c.start[p] + l]),
        c.weight[c.start[p] + l],
      ]).sort((x, y) => x[0] - y[0]);
    };
    expect([0, 1, 2, 3, 4].map(linksOf)).toEqual([
      [[1, 9]],
      [
        [0, 9],
        [3, 4],
      ],
      [],
      [[1, 4]],
      [],
    ]);
    expect(Array.from(positionOf, (p) => c.field[p - group.from])).toEqual([0, 0, 11, 0, 0]);
    for (let p = 0; p < group.count; p++)
      for (let l = c.start[p] + 1; l < c.start[p + 1]; l++)
        expect(c.other[l]).toBeGreaterThan(c.other[l - 1]);
  });

  it('shares tables and their multiples, and merges those of the same two sites', async () => {
    const model = await modelOf(
      `index node = 8
      energy E(z : category(3)[node]) {
        term a = 0.5 * sum(z[i] == z[j] for i in node, j in node where j == i + 1)
        term b = -1.5 * sum(z[i] == z[j] for i in node, j in node where j == i + 1)
        term c = 0.25 * sum((z[i] == 0) + (z[j] == 2) for i in node, j in node where i < j)
      }`
        .replaceAll('== 0', '== z0')
        .replaceAll('== 2', '== z2')
        .replace('z : ', 'z0 : category(3), z2 : category(3), z : '),
    );
    const { tables } = tablesOf(model);
    const z = tables.groups.find((g) => g.slot.name === 'z')!;
    if (z.conditional.kind !== 'tables') throw new Error('expected tables');
    const { first, table, others, start, tables: shared, scale } = z.conditional;
    // Equal neighbours, merged to −1·[z = z′], said as differences from the first state; the others look up z0 or z2
    // in the same way, to which one to seven instances add up: all are multiples of one table.
    expect(shared.length).toBe(1);
    expect(first.length).toBe(table.length);
    const multiples = new Set(
      Array.from(table, (t, l) => Array.from(shared[t].energy, (e) => scale![l] * e + 0).join()),
    );
    expect(multiples.size).toBe(1 + 7);
    expect([...multiples]).toContain([0, 1, 1, 0, -1, 0, 0, 0, -1].join());
    for (let p = 0; p < z.count; p++) {
      const near = Array.from({ length: start[p + 1] - start[p] }, (_, l) => others[first[start[p] + l]]);
      expect(new Set(near).size).toBe(near.length);
    }
    check(model, { tables, left: new Map() }, 9);
  });

  it('writes couplings that differ from bond to bond as multiples of one table', async () => {
    const n = 60;
    const stream = new Stream(5, 'couplings');
    const J = Array.from({ length: n }, (_, i) => (i === 7 ? 0 : stream.normal()));
    const spread = (of: string): string => `index site = ring(${n})
      data J : real[site] from "J.csv"
      energy E(z : cyclic(5)[site], t : bit[site]) {
        term glass = -sum(J[i] * ${of} for i in site)
        term both = sum(J[i] * (z[i] == 2) * t[i] for i in site)
      }`;
    for (const [name, of] of [
      ['Potts', '(z[i] == z[i + 1])'],
      ['clock', 'cos(1.2566370614359172 * (z[i] - z[i + 1]))'],
      [
        'not written as a product',
        'cos(1.2566370614359172 * (z[i] - z[i + 1])) + J[i] ^ 2 * z[i + 1] * z[i]',
      ],
    ]) {
      const model = await modelOf(spread(of), { 'J.csv': `J\n${J.join('\n')}` });
      const result = tablesOf(model);
      check(model, result, 3);
      const c = result.tables.groups.find((g) => g.slot.name === 'z')!.conditional;
      if (c.kind !== 'tables') throw new Error('expected tables');
      // Bonds with both sites and with the bits: no link where the coupling is 0.
      expect(c.start[n], name).toBe(3 * (n - 1));
      const pairs = c.tables.filter((t) => t.dims[0] === 5);
      const bits = c.tables.filter((t) => t.dims[0] === 2);
      expect(bits.length, name).toBe(1);
      if (name === 'not written as a product') expect(pairs.length).toBeGreaterThan(n - 10);
      else expect(pairs.length, name).toBe(1);
      const scales = new Set<number>(c.scale!);
      expect(scales.size, name).toBeGreaterThan(n - 10);
    }
  });

  it('tables with infinite energies or requirements have scale 1, next to multiples', async () => {
    const model = await modelOf(`index site = ring(9)
      param J : real[site] = [0.5 * i - 1.75 for i in site]
      energy E(z : category(3)[site]) {
        term glass = sum(J[i] * (z[i] == z[i + 1]) for i in site)
        term never = -sum(log(1 - (z[i] == 0) * (z[i + 1] == 0)) for i in site)
        term far = sum(J[i] * (z[i] == z[i + 3]) for i in site)
        require z[i] != z[i + 2] for i in site
      }`);
    const result = tablesOf(model);
    for (const seed of [1, 2, 3]) check(model, result, seed);
    const c = result.tables.groups[0].conditional;
    if (c.kind !== 'tables' || !c.scale) throw new Error('expected tables with scales');
    let hard = 0;
    for (let l = 0; l < c.table.length; l++) {
      const { energy, broken } = c.tables[c.table[l]];
      if (!broken && energy.every(Number.isFinite)) continue;
      hard++;
      expect(c.scale[l]).toBe(1);
    }
    expect(hard).toBe(4 * 9);
    expect(new Set(c.scale).size).toBeGreaterThan(5);
  });

  it('moves values to codes and back, chain by chain, and writes what is swept only', async () => {
    const model = await modelOf(`
      index i = 7
      enum Kind = { a, b, c }
      energy E(s : spin[i], n : int(-2, 2)[i], k : Kind[i], c : cyclic(5)[i], x : real) {
        term all = sum(s[j] * n[j] * (k[j] == Kind.b) * c[j] for j in i)
        term free = x ^ 2
      }`);
    const [s, , k] = model.unknowns.map((u) => u.slot);
    const fixed = someFixed(model, 0.4, 5);
    const { tables } = tablesOf(
      model,
      fixed,
      blocksOf(model).filter((info) => info.slot !== k),
    );
    const chains = 3;
    const states = randomStates(model, new Stream(8, 'states'), chains);
    const before = new Map([...states].map(([slot, x]) => [slot, x.slice()]));
    const codes = new Uint8Array(tables.size);
    for (let c = 0; c < chains; c++) {
      codesOf(tables, states, c, codes);
      for (const { states: n, positionOf } of tables.slots)
        for (const p of positionOf) expect(codes[p]).toBeLessThan(n);
      valuesOf(tables, codes, c, states);
      expect(states).toEqual(before);
    }
    codes.fill(1);
    valuesOf(tables, codes, 1, states);
    for (const [slot, x] of states)
      x.forEach((value, at) => {
        const free = slot !== k && slot.name !== 'x' && fixed.get(slot)![at % 7] === 0;
        const moved = free && at >= 7 && at < 14;
        const { offset, scale } =
          slot === s
            ? { offset: -1, scale: 2 }
            : slot.name === 'n'
              ? { offset: -2, scale: 1 }
              : { offset: 0, scale: 1 };
        expect(value).toBe(moved ? offset + scale : before.get(slot)![at]);
      });
  });
});

describe('random programs', () => {
  it('come out right, or are left with a reason', async () => {
    let groups = 0;
    await fc.assert(
      fc.asyncProperty(randomProgram, async ({ text, files, seed }) => {
        const model = await modelOf(text, files);
        const fixed = seed % 2 === 0 ? noneFixed(model) : someFixed(model, 0.3, seed);
        const result = tablesOf(model, fixed);
        groups += result.tables.groups.length;
        const slots = new Set([...result.tables.groups.map((g) => g.slot), ...result.left.keys()]);
        for (const u of model.unknowns)
          if (fixed.get(u.slot)!.includes(0)) expect(slots.has(u.slot), u.slot.name).toBe(true);
        check(model, result, seed, fixed);
      }),
      { numRuns: Number(process.env.TABLES_RUNS ?? 150), seed: Number(process.env.TABLES_SEED ?? 7) },
    );
    expect(groups).toBeGreaterThan(100);
  }, 120_000);
});
