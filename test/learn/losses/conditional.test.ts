import { describe, expect, it } from 'vitest';
import { isArranged, isDiscrete, stateCount, valueMap } from '../../../src/domain.ts';
import { kernelsEngine } from '../../../src/engines/kernels/index.ts';
import type { Slot } from '../../../src/ir/types.ts';
import { type ChangeOptions, makeChanges } from '../../../src/learn/losses/changes.ts';
import { makeNeighbourhood } from '../../../src/learn/losses/neighbourhood.ts';
import { makePseudoLikelihood } from '../../../src/learn/losses/pseudo-likelihood.ts';
import { makeRatioMatching } from '../../../src/learn/losses/ratio-matching.ts';
import type { LossMaker } from '../../../src/learn/losses/registry.ts';
import { Stream } from '../../../src/random/stream.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { differences, energyOf, flat, type Subject, subject, trial, unflat } from './trial.ts';

type Form = NonNullable<ChangeOptions['form']>;
const as =
  (make: (...a: [...Parameters<LossMaker>, Form]) => ReturnType<LossMaker>, form: Form): LossMaker =>
  (spec, options) =>
    make(spec, options, form);
const grid = {
  kind: 'discrepancy',
  kernel: 'grid',
  t: 0.3,
  draws: 4,
  stabilise: 1,
} as const;

const domains = {
  text: `
index site = grid(2, 2)
set   bond = neighbours(site)
param J : real[bond]
param h : real[site]
param w : real[3, 4]
param v : real[5]
energy E(s : spin[site], c : category(3), n : int(2, 5), o : ordinal(3), r : cyclic(5), b : bit[3]) {
  term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond) - sum(h * s)
  term table    = w[c, n - 2] + v[r] * o - 0.3 * v[0] * sum(b) ^ 2
  term joint    = 0.5 * v[1] * b[0] * s[(0, 1)] * r
}`,
  data: {
    s: [1, 1, -1, 1, -1, -1, 1, 1, 1, -1, 1, -1],
    c: [0, 2, 1],
    n: [3, 5, 2],
    o: [0, 2, 1],
    r: [4, 0, 2],
    b: [0, 1, 0, 1, 1, 1, 0, 0, 1],
  },
  allowed: (): boolean => true,
};
/** No two neighbours both on; n within what c allows; energies outside are not numbers. */
const required = {
  text: `
index site = line(4)
param a : real = 0.7
param u : real[3]
energy E(b : bit[site], c : category(3), n : int(0, 4)) {
  require b[i] + b[i + 1] < 2 for i in site where i < 3
  require n <= 2 + c
  term field = a * sum(b) + u[c] * n
  term root  = 0.1 * a * sqrt(2.5 + c - n)
}`
    .replace('n <= 2 + c', 'n <= (if c == 0 then 2 else 4)')
    .replace('sqrt(2.5 + c - n)', 'sqrt((if c == 0 then 2.5 else 5) - n)'),
  data: { b: [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1], c: [0, 1, 2], n: [2, 4, 1] },
  allowed: (x: ReadonlyMap<string, ArrayLike<number>>): boolean => {
    const b = x.get('b')!;
    return [0, 1, 2].every((i) => b[i] + b[i + 1] < 2) && x.get('n')![0] <= (x.get('c')![0] === 0 ? 2 : 4);
  },
};
type Case = {
  readonly text: string;
  readonly data: Record<string, number[]>;
  readonly allowed: typeof required.allowed;
};
const cases: readonly (readonly [string, Case])[] = [
  ['all domains', domains],
  ['requirements', required],
];
const forms: readonly Form[] = ['local', 'listed'];

/** U(x) − U(x′) for each row, element and other value that is allowed. */
function gaps(s: Subject, c: Case, params = s.params): number[][][] {
  const energy = energyOf(s, params);
  return Array.from({ length: s.rows.count }, (_, n) => {
    const row = new Map(
      [...s.rows.columns].map(([u, { data }]) => {
        const size = s.rows.elements.get(u)!;
        return [u, Array.from(data.slice(n * size, (n + 1) * size))] as const;
      }),
    );
    const here = energy(row);
    return [...row].flatMap(([u, x]) =>
      x.map((_, e) =>
        valuesOf(s, u)
          .filter((v) => v !== x[e])
          .map((v) => new Map([...row, [u, x.map((y, i) => (i === e ? v : y))]]))
          .filter((y) => c.allowed(new Map([...y].map(([slot, z]) => [slot.name, z]))))
          .map((y) => here - energy(y)),
      ),
    );
  });
}

function valuesOf(s: Subject, u: Slot): number[] {
  if (!isDiscrete(u.domain)) return [];
  const { offset, scale } = valueMap(u.domain);
  return Array.from({ length: stateCount(u.domain, s.bound.sizeOf) }, (_, k) => offset + scale * k);
}

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const byHand = {
  pseudo_likelihood: (g: number[][][]): number =>
    mean(g.map((row) => sum(row.map((e) => Math.log1p(sum(e.map(Math.exp))))))),
  ratio_matching: (g: number[][][]): number =>
    mean(g.map((row) => sum(row.map((e) => sum(e.map((d) => (1 + Math.exp(-d)) ** -2)))))),
  grid: (g: number[][][]): number =>
    mean(g.map((row) => mean(row.map((e) => Math.log1p(sum(e.map(Math.exp))))))),
};
const losses = [
  ['pseudo_likelihood', makePseudoLikelihood, { kind: 'pseudo_likelihood', sites: 1000 }],
  ['ratio_matching', makeRatioMatching, { kind: 'ratio_matching', sites: 1000 }],
  ['grid', makeNeighbourhood, { ...grid, sites: 1000 }],
] as const;

describe.each(cases)('with all elements looked at: %s', (_, c) => {
  describe.each(losses)('%s', (name, make, options) => {
    it.each(forms)('is what enumeration gives, and so is its gradient: %s', async (form) => {
      const s = await subject(c.text, c.data);
      const t = trial(s, options, undefined, as(make, form));
      const { value, gradient } = t.at(t.start);
      expect(value).toBeCloseTo(byHand[name](gaps(s, c)), 11);
      const numeric = differences((x) => byHand[name](gaps(s, c, unflat(t.start, x))), flat(t.start));
      expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(0.01);
      for (const [i, d] of numeric.entries()) expect(gradient[i]).toBeCloseTo(d, 7);
      expect(t.loss.deterministic).toBe(true);
    });
  });
});

describe('with some elements looked at', () => {
  it.each(forms.flatMap((form) => cases.map(([name, c]) => [form, name, c] as const)))(
    'is on average what it is with all: %s, %s',
    async (form, _, c) => {
      const s = await subject(c.text, c.data);
      const t = trial(s, { kind: 'pseudo_likelihood', sites: 4 }, undefined, as(makePseudoLikelihood, form));
      const steps = 400;
      const drawn = Array.from({ length: steps }, (_, k) => t.at(t.start, k).value);
      const error = Math.sqrt(mean(drawn.map((x) => (x - mean(drawn)) ** 2)) / steps);
      expect(error).toBeGreaterThan(0);
      expect(Math.abs(mean(drawn) - byHand.pseudo_likelihood(gaps(s, c)))).toBeLessThan(4 * error);
      // Every step on its own, and the same again.
      expect(t.at(t.start, 3).value).toBe(drawn[3]);
      expect(t.loss.deterministic).toBe(false);
    },
  );

  it('looks at elements of a row once, and at all of them about as often', async () => {
    const s = await subject(domains.text, domains.data);
    const t = trial(
      s,
      { kind: 'pseudo_likelihood', sites: 4 },
      undefined,
      as(makePseudoLikelihood, 'listed'),
    );
    t.at(t.start, 0);
    const rows = s.rows.count;
    for (const [u, slot] of t.loss.negatives!.slots) {
      const { data, shape } = t.loss.inputs.get(slot)!;
      const size = s.rows.elements.get(u)!;
      const column = s.rows.columns.get(u)!.data;
      const [, sites, width] = shape;
      for (let n = 0; n < rows; n++)
        for (let e = 0; e < size; e++) {
          const changed = Array.from({ length: sites }, (_, k) =>
            Array.from({ length: width }, (_, a) => data[((n * sites + k) * width + a) * size + e]),
          ).filter((values) => values.some((v) => v !== column[n * size + e]));
          expect(changed.length).toBeLessThanOrEqual(1);
        }
    }
  });
});

describe('elements with very many values', () => {
  it.each(forms)('are compared with 63 others: %s', async (form) => {
    const text = `
param a : real = 0
energy E(x : int(-1000, 1000)[2]) {
  term one = a * ((x[0] / 500) ^ 2 + 0.2 * x[1] / 700 + x[0] * x[1] / 100000)
}`;
    const s = await subject(text, {
      x: Array.from({ length: 400 }, (_, i) => ((i * 7919) % 2001) - 1000),
    });
    const t = trial(
      s,
      { kind: 'pseudo_likelihood', sites: 2 },
      kernelsEngine(),
      as(makePseudoLikelihood, form),
    );
    expect(t.at(t.start).value).toBeCloseTo(2 * Math.log(64), 10);
    const { gradient } = t.at(unflat(t.start, [0.3]));
    const numeric = differences((x) => t.at(unflat(t.start, x)).value, [0.3]);
    expect(gradient[0]).toBeCloseTo(numeric[0], 5);
    expect(t.loss.deterministic).toBe(false);
  });

  it.each(forms)('have the loss least at the parameter that the data are drawn with: %s', async (form) => {
    // x ∝ exp(−a|x|/100) on −1000…1000, a = 1.
    const states = Array.from({ length: 2001 }, (_, i) => i - 1000);
    const weights = states.map((x) => Math.exp(-Math.abs(x) / 100));
    const total = sum(weights);
    const data: number[] = [];
    let cumulative = 0;
    let next = 0;
    const count = 4000;
    for (const [i, x] of states.entries()) {
      cumulative += weights[i] / total;
      for (; next < count && (next + 0.5) / count < cumulative; next++) data.push(x);
    }
    while (data.length < count) data.push(1000);
    const s = await subject(
      'param a : real = 0\nenergy E(x : int(-1000, 1000)) { term t = a * abs(x) / 100 }',
      { x: data },
    );
    const t = trial(s, { kind: 'pseudo_likelihood' }, kernelsEngine(), as(makePseudoLikelihood, form));
    const [slot] = t.learned;
    const slope = (a: number): number =>
      mean(
        Array.from(
          { length: 5 },
          (_, k) => t.at(new Map([[slot, { shape: [], data: Float64Array.of(a) }]]), k).gradient[0],
        ),
      );
    // The zero of the mean slope; its error is that of about 20000 comparisons.
    let [lo, hi] = [0.5, 1.5];
    for (let k = 0; k < 20; k++) {
      const mid = (lo + hi) / 2;
      if (slope(mid) < 0) lo = mid;
      else hi = mid;
    }
    expect(lo).toBeGreaterThan(0.93);
    expect(lo).toBeLessThan(1.07);
  });
});

describe('arrangements', () => {
  const text = `
index k = 4
param w : real[k, k]
param u : real[k]
energy E(p : permutation(k), q : subset(k, 2), b : bit) {
  term perm = sum(w[i, p[i]] for i in k)
  term sub  = sum(u * q) + b * u[0] * q[1] * q[2]
}`;
  it('are compared with themselves after an exchange', async () => {
    const data = { p: [0, 1, 2, 3, 3, 1, 0, 2], q: [1, 1, 0, 0, 0, 1, 0, 1], b: [0, 1] };
    const s = await subject(text, data);
    const t = trial(
      s,
      { kind: 'pseudo_likelihood', sites: 1000 },
      undefined,
      as(makePseudoLikelihood, 'listed'),
    );
    const { value, gradient } = t.at(t.start);
    const numeric = differences((x) => t.at(unflat(t.start, x)).value, flat(t.start));
    for (const [i, d] of numeric.entries()) expect(gradient[i]).toBeCloseTo(d, 7);
    // From the rows that were written out.
    const energy = energyOf(s, s.params);
    const negatives = t.loss.negatives!;
    const slots = s.energy.unknowns;
    const array = (u: Slot) => t.loss.inputs.get(negatives.slots.get(u)!)!;
    const [rows, sites] = array(slots[0]).shape;
    const part = (u: Slot, from: ArrayLike<number>, i: number): number[] => {
      const size = s.rows.elements.get(u)!;
      return Array.from(from as Float64Array).slice(i * size, (i + 1) * size);
    };
    let by = 0;
    for (let n = 0; n < rows; n++) {
      const here = new Map(slots.map((u) => [u, part(u, s.rows.columns.get(u)!.data, n)]));
      for (let k = 0; k < sites; k++) {
        const there = new Map(slots.map((u) => [u, part(u, array(u).data, n * sites + k)]));
        const moved = slots.filter((u) => there.get(u)!.some((x, i) => x !== here.get(u)![i]));
        expect(moved).toHaveLength(1);
        const changed = there.get(moved[0])!.filter((x, i) => x !== here.get(moved[0])![i]).length;
        expect(changed).toBe(isArranged(moved[0].domain) ? 2 : 1);
        expect([...there.get(slots[0])!].sort()).toEqual([0, 1, 2, 3]);
        expect(sum(there.get(slots[1])!)).toBe(2);
        by += Math.log1p(Math.exp(energy(here) - energy(there))) / rows;
      }
    }
    expect(sites).toBe(9);
    expect(value).toBeCloseTo(by, 10);
  });
});

describe('reals beside discrete unknowns', () => {
  const text = `
index i = 2
param a : real = 0.6
param m : real[3]
energy E(c : category(3), x : real, b : bit[i], y : real(0, 1)) {
  term all = a * x ^ 2 + m[c] * x + 0.3 * sum(b) * x * m[1] + a * y * b[0]
}`;
  const data = {
    c: [0, 1, 2, 1],
    x: [0.3, -0.7, 1.2, 0.1],
    b: [0, 1, 1, 1, 0, 0, 1, 0],
    y: [0.2, 0.8, 0.5, 0.4],
  };

  it('are perturbed by themselves, and each part counts by its elements', async () => {
    const s = await subject(text, data);
    const t = trial(s, { ...grid, sites: 10 });
    const { value, gradient } = t.at(t.start);
    const numeric = differences((x) => t.at(unflat(t.start, x)).value, flat(t.start));
    for (const [i, d] of numeric.entries()) expect(gradient[i]).toBeCloseTo(d, 7);
    const discrete = byHand.grid(
      gaps(s, { text, data, allowed: () => true }).map((row) => row.filter((e) => e.length > 0)),
    );
    const energy = energyOf(s, s.params);
    const noisy = [...t.loss.inputs].filter(([slot]) => slot.sets.length >= 2 && !isDiscrete(slot.domain));
    const of = (name: string) =>
      noisy.find(([slot, a]) => slot.name === `${name}′` && a.shape.length === 2 && a.shape[1] === 4)![1]
        .data;
    const [c, x, b, y] = s.energy.unknowns;
    const at = (n: number, xs: number, ys: number): number =>
      energy(
        new Map<Slot, readonly number[]>([
          [c, [data.c[n]]],
          [b, data.b.slice(2 * n, 2 * n + 2)],
          [x, [xs]],
          [y, [ys]],
        ]),
      );
    const four = [0, 1, 2, 3];
    const real = mean(
      four.map((n) => {
        const here = at(n, data.x[n], data.y[n]);
        const each = four.map((m) => Math.exp(here - at(n, of('x')[4 * n + m], of('y')[4 * n + m])));
        return Math.log((1 + sum(each)) / 4);
      }),
    );
    expect(value).toBeCloseTo((3 * discrete + 2 * real) / 5, 10);
  });

  it.each(['pseudo_likelihood', 'ratio_matching'])('are refused by %s', async (kind) => {
    const s = await subject(text, data);
    expect(() => trial(s, { kind })).toThrow(EnergyError);
    expect(() => trial(s, { kind })).toThrow(/`x` is real.*values that can be counted/);
  });
});

describe('the cheaper form', () => {
  const changes = async (text: string, data: Record<string, number[]>) => {
    const s = await subject(text, data);
    const { bound, energy, rows } = s;
    const spec = { bound, energy, rows, engine: kernelsEngine(), batch: 64, steps: 1, stream: new Stream(1) };
    return makeChanges(spec).groups.map((g) => [g.form, g.sites, g.elements]);
  };
  const zeros = (k: number): number[] => new Array(k).fill(0);

  it('is local for a lattice, all elements at once', async () => {
    const text = `
index site = grid(10, 10)
set   bond = neighbours(site, wrap = true)
param J : real[bond]
energy E(b : bit[site]) { term t = sum(J[p, q] * b[p] * b[q] for (p, q) in bond) }`;
    expect(await changes(text, { b: zeros(100) })).toEqual([['local', 100, 100]]);
  });

  it('is listed for a network, some elements at a time', async () => {
    const net = (inputs: string): string => `param net = mlp(${inputs}, hidden = [64, 64], act = silu)`;
    const text = `${net('32')}\nenergy E(b : bit[32]) { term t = net(b) }`;
    expect(await changes(text, { b: zeros(32) })).toEqual([['listed', 8, 32]]);
    const mixed = `
type Row = { a : category(5), b : category(5), c : category(40), d : bit, n : int(1, 6) }
${net('encode(Row)')}
energy E(r : Row) { term t = net(encode(r)) }`;
    const columns = {
      'r.a': zeros(9),
      'r.b': zeros(9),
      'r.c': zeros(9),
      'r.d': zeros(9),
      'r.n': zeros(9).fill(3),
    };
    // Of like numbers of values together, so that no array is much wider than need be.
    expect(await changes(mixed, columns)).toEqual([
      ['listed', 2, 2],
      ['listed', 1, 1],
      ['listed', 1, 1],
      ['listed', 1, 1],
    ]);
  });
});
