import { describe, expect, it } from 'vitest';
import type { Slot } from '../../../src/ir/types.ts';
import { candidates, Deal } from '../../../src/learn/losses/site-choice.ts';
import { Stream } from '../../../src/random/stream.ts';
import { energyOf, flat, type Subject, subject, type Trial, trial, unflat } from './trial.ts';

const mask = { kind: 'discrepancy', kernel: 'mask', t: 0.4, draws: 24, stabilise: 0 } as const;
const text = `
param u : real[2, 2, 2, 3]
energy E(b : bit[3], c : category(3)) { term all = u[b[0], b[1], b[2], c] }`;
const data = {
  b: Array.from({ length: 300 }, (_, i) => Number((i * 7) % 5 < 2)),
  c: Array.from({ length: 100 }, (_, i) => (i * i) % 3),
};

/** Negatives of an unknown, [row][negative][element]. */
function negatives(s: Subject, t: Trial, u: Slot): number[][][] {
  const { data, shape } = t.loss.inputs.get(t.loss.negatives!.slots.get(u)!)!;
  const [rows, draws] = shape;
  const size = s.rows.elements.get(u)!;
  return Array.from({ length: rows }, (_, n) =>
    Array.from({ length: draws }, (_, m) =>
      Array.from(data.slice((n * draws + m) * size, (n * draws + m + 1) * size)),
    ),
  );
}

describe('masks', () => {
  it('are shared by the negatives of a row, and few joint values are all taken equally often', async () => {
    const s = await subject(text, data);
    const t = trial(s, mask);
    let masked = 0;
    let rows = 0;
    for (let step = 0; step < 20; step++) {
      t.at(t.start, step);
      const [b, c] = s.energy.unknowns.map((u) => negatives(s, t, u));
      b.forEach((list, n) => {
        const states = list.map((x, m) => [...x, ...c[n][m]].join());
        const row = [...data.b.slice(3 * n, 3 * n + 3), data.c[n]];
        const moved = row.map((v, e) => list.some((x, m) => [...x, ...c[n][m]][e] !== v));
        const joint = moved.reduce((k, is, e) => k * (is ? (e < 3 ? 2 : 3) : 1), 1);
        const times = new Map<string, number>();
        for (const q of states) times.set(q, (times.get(q) ?? 0) + 1);
        expect(times.size).toBe(joint);
        expect(new Set(times.values())).toEqual(new Set([24 / joint]));
        expect(joint).toBeGreaterThan(1);
        masked += moved.filter(Boolean).length;
        rows++;
      });
    }
    // 4 elements with probability p each, and one where there would be none.
    const p = -Math.expm1(-0.4);
    const none = (1 - p) ** 4;
    const expected = 4 * p + none;
    const variance = 4 * p * (1 - p) + none;
    expect(Math.abs(masked / rows - expected)).toBeLessThan(4 * Math.sqrt(variance / rows));
  });

  it('are redrawn evenly where negatives are stratified', async () => {
    const s = await subject(text, data);
    // Everything is masked, and 24 joint values are more than 6 negatives.
    const t = trial(s, { ...mask, t: 50, draws: 6, negatives: 'stratified' });
    t.at(t.start, 0);
    const [b, c] = s.energy.unknowns.map((u) => negatives(s, t, u));
    const counts = (values: readonly number[], states: number): number[] =>
      Array.from({ length: states }, (_, v) => values.filter((x) => x === v).length);
    b.forEach((list, n) => {
      for (let e = 0; e < 3; e++)
        expect(
          counts(
            list.map((x) => x[e]),
            2,
          ),
        ).toEqual([3, 3]);
      expect(counts(c[n].flat(), 3)).toEqual([2, 2, 2]);
    });
    // Each element in an order of its own: negatives are not copies of each other.
    expect(new Set(b.map((list) => list.map((x) => x.join('')).join())).size).toBeGreaterThan(10);
  });

  it('of everything make it maximum likelihood', async () => {
    const s = await subject(text, data);
    const t = trial(s, { ...mask, t: 50 });
    const { value, gradient } = t.at(t.start);
    const [b, c] = s.energy.unknowns;
    const minusLog = (x: readonly number[]): number => {
      const energy = energyOf(s, unflat(t.start, x));
      const of = (bits: readonly number[], kind: number): number =>
        energy(
          new Map<Slot, readonly number[]>([
            [b, bits],
            [c, [kind]],
          ]),
        );
      const all = Array.from({ length: 24 }, (_, i) =>
        of([Math.floor(i / 12), Math.floor(i / 6) % 2, Math.floor(i / 3) % 2], i % 3),
      );
      const logZ = Math.log(all.reduce((sum, u) => sum + Math.exp(-u), 0));
      return data.c.reduce((sum, k, n) => sum + of(data.b.slice(3 * n, 3 * n + 3), k), 0) / 100 + logZ;
    };
    expect(value).toBeCloseTo(minusLog(flat(t.start)) - Math.log(24), 10);
    const h = 1e-5;
    for (const i of [0, 5, 17]) {
      const moved = (by: number): number[] => flat(t.start).map((v, j) => (j === i ? v + by : v));
      expect(gradient[i]).toBeCloseTo((minusLog(moved(h)) - minusLog(moved(-h))) / (2 * h), 7);
    }
  });

  it('draw more joint values than there are negatives uniformly', async () => {
    const s = await subject('param a : real = 1\nenergy E(n : int(2, 8)[3]) { term t = a * sum(n) }', {
      n: Array.from({ length: 300 }, (_, i) => 2 + (i % 7)),
    });
    const t = trial(s, { ...mask, t: 50, draws: 20 });
    t.at(t.start);
    const counts = new Float64Array(7);
    for (const row of negatives(s, t, s.energy.unknowns[0]))
      for (const x of row) for (const v of x) counts[v - 2]++;
    // 6000 draws of 7 values; 99.9 % of chi-squared with 6 degrees of freedom is 22.5.
    const expected = 6000 / 7;
    expect(counts.reduce((sum, k) => sum + (k - expected) ** 2 / expected, 0)).toBeLessThan(22.5);
  });

  it('leave arrangements arrangements, and reals to the Gaussian kernel', async () => {
    const s = await subject(
      `index k = 5
param a : real = 1
energy E(p : permutation(k), q : subset(k, 2), x : real) { term t = a * p[0] * q[1] * x }`,
      {
        p: Array.from({ length: 40 }, () => [3, 1, 4, 0, 2]).flat(),
        q: Array.from({ length: 40 }, () => [1, 0, 0, 1, 0]).flat(),
        x: Array.from({ length: 40 }, (_, i) => i / 10),
      },
    );
    const t = trial(s, { ...mask, t: 1 });
    t.at(t.start);
    const [p, q, x] = s.energy.unknowns.map((u) => negatives(s, t, u));
    let moved = 0;
    for (const list of p)
      for (const y of list) {
        expect([...y].sort()).toEqual([0, 1, 2, 3, 4]);
        if (y.join() !== '3,1,4,0,2') moved++;
      }
    expect(moved).toBeGreaterThan(400);
    for (const list of q) for (const y of list) expect(y.reduce((a, v) => a + v, 0)).toBe(2);
    expect(new Set(x.flat(2)).size).toBe(40 * 24);
    // One permutation by itself: something is masked even if masks are rare.
    const alone = await subject(
      'index k = 5\nparam a : real = 1\nenergy E(p : permutation(k)) { term t = a * (if p[0] == p[1] then 1 else 0) }',
      { p: [3, 1, 4, 0, 2] },
    );
    const rare = trial(alone, { ...mask, t: 1e-9, draws: 64 });
    rare.at(rare.start);
    const kinds = new Set(negatives(alone, rare, alone.energy.unknowns[0])[0].map(String));
    expect(kinds.size).toBe(2);
  });
});

describe('candidates', () => {
  it.each([
    { kind: 'int', lo: 0, hi: 99 },
    { kind: 'cyclic', size: 100 },
    { kind: 'ordinal', size: 100 },
  ] as const)('of $kind are different, and a set is as likely from each of its members', (domain) => {
    const stream = new Stream(2);
    const out = new Int32Array(4);
    const seen = new Map<string, Map<number, number>>();
    for (let i = 0; i < 21000; i++) {
      // Values near one end: what joins the ends shows.
      const present = [0, 1, 2, 3, 97, 98, 99][i % 7];
      candidates(domain, 100, present, 4, stream, out);
      if (out[0] !== present || new Set(out).size !== 4) throw new Error(`among ${out}`);
      const key = [...out].sort((x, y) => x - y).join();
      if (!seen.has(key)) seen.set(key, new Map());
      const own = seen.get(key)!;
      own.set(present, (own.get(present) ?? 0) + 1);
    }
    // 3000 of each value, 5 strides, 4 places: 150 of each set from each member.
    for (const key of ['0,1,2,3', '0,1,2,99', '0,97,98,99']) {
      const own = seen.get(key)!;
      expect(own.size).toBe(4);
      for (const k of own.values())
        expect(Math.abs(k - 21000 / 7 / 5 / 4)).toBeLessThan(4.5 * Math.sqrt(150));
    }
  });

  it('of categories are any, each as likely as any other', () => {
    const stream = new Stream(2);
    const out = new Int32Array(3);
    const counts = new Float64Array(6);
    for (let i = 0; i < 6000; i++) {
      candidates(
        { kind: 'category', values: { id: 1, name: '', kind: { kind: 'range', size: 6 } } },
        6,
        2,
        3,
        stream,
        out,
      );
      expect(new Set(out).size).toBe(3);
      counts[out[1]]++;
      counts[out[2]]++;
    }
    expect(counts[2]).toBe(0);
    for (const k of [0, 1, 3, 4, 5]) expect(Math.abs(counts[k] - 2400)).toBeLessThan(4.5 * Math.sqrt(2400));
  });
});

describe('a deal of elements', () => {
  it('gives each row different ones, and all about as often', () => {
    const deal = new Deal(10, 3, 7);
    const counts = new Float64Array(7);
    const stream = new Stream(1);
    for (let k = 0; k < 100; k++) {
      deal.draw(stream);
      const own = new Float64Array(7);
      for (let n = 0; n < 10; n++) {
        const row = deal.picks.slice(3 * n, 3 * n + 3);
        expect(new Set(row).size).toBe(3);
        for (const e of row) own[e]++;
      }
      expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(1);
      own.forEach((v, e) => {
        counts[e] += v;
      });
    }
    // 3000 in all; 30 mod 7 = 2 of 7 elements get one more in each step.
    for (const k of counts) expect(Math.abs(k - 3000 / 7)).toBeLessThan(4.5 * Math.sqrt((100 * 2 * 5) / 49));
    const all = new Deal(2, 3, 3);
    all.draw(stream);
    expect([...all.picks]).toEqual([0, 1, 2, 0, 1, 2]);
  });
});
