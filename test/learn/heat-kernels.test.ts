import fc from 'fast-check';
import { expm, type Matrix, matrix } from 'mathjs';
import { describe, expect, it } from 'vitest';
import {
  cumulativeRows,
  type ElementDomain,
  heatKernel,
  perturb,
  reflect,
  sampleRow,
  scaledTime,
  transitionMatrix,
} from '../../src/learn/heat-kernels.ts';
import { Stream } from '../../src/random/stream.ts';

const bit: ElementDomain = { kind: 'bit' };
const spin: ElementDomain = { kind: 'spin' };
const category = (S: number): ElementDomain => ({
  kind: 'category',
  values: { id: 0, name: '', kind: { kind: 'range', size: S } },
});
const cyclic = (size: number): ElementDomain => ({ kind: 'cyclic', size });
const ordinal = (size: number): ElementDomain => ({ kind: 'ordinal', size });
const int = (size: number): ElementDomain => ({ kind: 'int', lo: -3, hi: size - 4 });

const families: readonly (readonly [string, (S: number) => ElementDomain])[] = [
  ['category', category],
  ['cyclic', cyclic],
  ['ordinal', ordinal],
  ['int', int],
];
const sizes = [2, 3, 5, 16] as const;
const times = [0.1, 0.5, 1.28] as const;
const cases = families.flatMap(([name, make]) =>
  sizes.flatMap((S) => times.map((t) => ({ name, S, t, domain: make(S) }))),
);
for (const t of times)
  cases.push({ name: 'bit', S: 2, t, domain: bit }, { name: 'spin', S: 2, t, domain: spin });

/** The generator, written edge by edge from the state graph. */
function generator(domain: ElementDomain, S: number): number[][] {
  const R = Array.from({ length: S }, () => new Array<number>(S).fill(0));
  const edge = (a: number, b: number, rate: number): void => {
    R[a][b] += rate;
    R[b][a] += rate;
    R[a][a] -= rate;
    R[b][b] -= rate;
  };
  switch (domain.kind) {
    case 'bit':
    case 'spin':
      edge(0, 1, 1);
      break;
    case 'category':
      for (let a = 0; a < S; a++) for (let b = 0; b < a; b++) edge(a, b, 1 / S);
      break;
    case 'cyclic':
      for (let a = 0; a < S; a++) edge(a, (a + 1) % S, 1);
      break;
    case 'int':
    case 'ordinal':
      for (let a = 0; a + 1 < S; a++) edge(a, a + 1, 1);
      break;
  }
  return R;
}

const row = (Q: Float64Array, S: number, a: number): number[] => [...Q.subarray(a * S, (a + 1) * S)];

function multiply(A: Float64Array, B: Float64Array, S: number): Float64Array {
  const C = new Float64Array(S * S);
  for (let i = 0; i < S; i++) {
    for (let j = 0; j < S; j++) for (let k = 0; k < S; k++) C[i * S + j] += A[i * S + k] * B[k * S + j];
  }
  return C;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
};

describe('transitionMatrix', () => {
  for (const { name, S, t, domain } of cases) {
    // The tolerance is that of the exponential: scaling and squaring loses a few of its last bits.
    it(`is the exponential of the generator: ${name}, S = ${S}, t = ${t}`, () => {
      const R = generator(domain, S).map((r) => r.map((v) => v * t));
      const exponential = (expm(matrix(R)) as Matrix).toArray().flat() as number[];
      expect(furthest(transitionMatrix(domain, t, S), exponential)).toBeLessThan(2e-14);
    });
  }

  it('gives the rows computed elsewhere for five states at t = 0.5', () => {
    const ring = transitionMatrix(cyclic(5), 0.5, 5);
    expect(furthest(row(ring, 5, 0), [0.466, 0.2089, 0.0581, 0.0581, 0.2089])).toBeLessThan(5.1e-5);
    const path = transitionMatrix(ordinal(5), 0.5, 5);
    expect(furthest(row(path, 5, 0), [0.6737, 0.2578, 0.0581, 0.0092, 0.0012])).toBeLessThan(5.1e-5);
    expect(furthest(row(path, 5, 2), [0.0581, 0.2089, 0.466, 0.2089, 0.0581])).toBeLessThan(5.1e-5);
    const flip = (1 - Math.exp(-1)) / 2;
    expect(furthest(transitionMatrix(bit, 0.5, 2), [1 - flip, flip, flip, 1 - flip])).toBeLessThan(1e-16);
  });

  it('has rows that are distributions, is symmetric, and composes: time s then t is s + t', () => {
    const time = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...families),
        fc.integer({ min: 1, max: 40 }),
        time,
        time,
        ([, make], S, s, t) => {
          const domain = make(S);
          const Q = transitionMatrix(domain, s, S);
          for (let a = 0; a < S; a++) {
            expect(Math.abs(row(Q, S, a).reduce((x, y) => x + y, 0) - 1)).toBeLessThan(1e-14);
            for (let b = 0; b < S; b++) {
              expect(Q[a * S + b]).toBeGreaterThanOrEqual(0);
              expect(Math.abs(Q[a * S + b] - Q[b * S + a])).toBeLessThan(1e-15);
            }
          }
          const both = multiply(Q, transitionMatrix(domain, t, S), S);
          expect(furthest(both, transitionMatrix(domain, s + t, S))).toBeLessThan(1e-14);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is the identity at time 0 and uniform in the end', () => {
    for (const [, make] of families) {
      const identity = transitionMatrix(make(6), 0, 6);
      for (let a = 0; a < 6; a++)
        expect(row(identity, 6, a)).toEqual([0, 1, 2, 3, 4, 5].map((b) => +(a === b)));
      expect(furthest(transitionMatrix(make(6), 1e4, 6), new Array(36).fill(1 / 6))).toBeLessThan(1e-15);
    }
  });

  it('is right on long rings and paths, where far states are out of reach', () => {
    // Time 3 is worked out on a shorter ring, time 12 on the whole one of 150 states.
    for (const [domain, S] of [
      [cyclic(150), 150],
      [ordinal(75), 75],
    ] as const) {
      const once = transitionMatrix(domain, 3, S);
      const twice = multiply(once, once, S);
      expect(furthest(multiply(twice, twice, S), transitionMatrix(domain, 12, S))).toBeLessThan(1e-14);
    }
  });

  it('refuses impossible times, sizes and tables', () => {
    expect(() => transitionMatrix(bit, -1, 2)).toThrow('at least 0');
    expect(() => transitionMatrix(bit, Number.NaN, 2)).toThrow(RangeError);
    expect(() => transitionMatrix(bit, 1, 3)).toThrow('a bit has 2 states, not 3');
    expect(() => transitionMatrix(cyclic(4), 1, 2.5)).toThrow(RangeError);
    expect(() => transitionMatrix(ordinal(5000), 1, 5000)).toThrow('at most 4096 states');
    expect(() => heatKernel(bit, Number.POSITIVE_INFINITY, 2)).toThrow(RangeError);
  });
});

describe('scaledTime', () => {
  it('grows with S² on rings and paths, not elsewhere', () => {
    expect(scaledTime(cyclic(7), 0.01, 7)).toBeCloseTo(0.49, 15);
    expect(scaledTime(ordinal(7), 0.01, 7)).toBeCloseTo(0.49, 15);
    expect(scaledTime(int(7), 0.01, 7)).toBeCloseTo(0.49, 15);
    for (const d of [bit, spin, category(7)]) expect(scaledTime(d, 0.01, 7)).toBe(0.01);
  });

  it('makes state/S spread with variance 2·t whatever S', () => {
    const t = 0.002;
    for (const S of [20, 50, 200]) {
      const Q = transitionMatrix(cyclic(S), scaledTime(cyclic(S), t, S), S);
      let variance = 0;
      for (let b = 0; b < S; b++) variance += Q[b] * (Math.min(b, S - b) / S) ** 2;
      expect(variance / (2 * t)).toBeCloseTo(1, 5);
    }
  });
});

describe('sampling', () => {
  /** χ² of counts against probabilities, with the cells expected fewer than 5 times pooled. */
  function chiSquare(
    counts: ArrayLike<number>,
    probabilities: ArrayLike<number>,
    n: number,
  ): [number, number] {
    let [chi2, cells, restCount, restExpected] = [0, 0, 0, 0];
    for (let b = 0; b < counts.length; b++) {
      const expected = n * probabilities[b];
      if (expected < 5) {
        restCount += counts[b];
        restExpected += expected;
      } else {
        chi2 += (counts[b] - expected) ** 2 / expected;
        cells++;
      }
    }
    if (restExpected > 0.5) {
      chi2 += (restCount - restExpected) ** 2 / restExpected;
      cells++;
    } else {
      expect(restCount).toBeLessThan(8);
    }
    return [chi2, cells - 1];
  }
  const n = 20_000;

  it('perturbs states as the transition matrix says, from every state', () => {
    const list: readonly (readonly [ElementDomain, number, number])[] = [
      [bit, 2, 0.3],
      [spin, 2, 0.3],
      [category(5), 5, 0.7],
      [cyclic(6), 6, 0.8],
      [ordinal(6), 6, 0.8],
      [int(6), 6, 2],
    ];
    for (const [domain, S, t] of list) {
      const Q = transitionMatrix(domain, t, S);
      const kernel = heatKernel(domain, t, S);
      if (kernel.kind === 'gaussian' || kernel.kind === 'wrapped')
        throw new Error('a discrete domain has no Gaussian kernel');
      const stream = new Stream(99, domain.kind);
      for (let a = 0; a < S; a++) {
        const values = new Int32Array(n).fill(kernel.offset + kernel.scale * a);
        const counts = new Float64Array(S);
        for (const v of perturb(kernel, values, stream)) counts[(v - kernel.offset) / kernel.scale]++;
        expect(counts.reduce((x, y) => x + y, 0)).toBe(n);
        const [chi2, freedom] = chiSquare(counts, row(Q, S, a), n);
        expect(chi2).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
      }
    }
  });

  it('samples rows of a cumulative table', () => {
    const S = 6;
    const Q = transitionMatrix(ordinal(S), 0.8, S);
    const table = cumulativeRows(Q, S);
    const stream = new Stream(98, 'table');
    for (let a = 0; a < S; a++) {
      expect(table[a * S + S - 1]).toBe(1);
      const counts = new Float64Array(S);
      for (let i = 0; i < n; i++) counts[sampleRow(table, S, a, stream.uniform())]++;
      const [chi2, freedom] = chiSquare(counts, row(Q, S, a), n);
      expect(chi2).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
      expect(sampleRow(table, S, a, 0)).toBe(0);
      expect(sampleRow(table, S, a, 1 - 2 ** -53)).toBe(S - 1);
    }
  });

  it('keeps to the values of the domain and needs no large table', () => {
    const wide: ElementDomain = { kind: 'int', lo: -500_000, hi: 500_000 };
    const stream = new Stream(97, 'wide');
    const values = new Float64Array(5000).fill(-500_000);
    perturb(heatKernel(wide, 50, 1_000_001), values, stream, values);
    expect(values.every((v) => Number.isInteger(v) && v >= -500_000 && v < -499_000)).toBe(true);
    // From the reflecting end the distance is that of |walk|: mean √(2·2t/π) − ½ + O(1/t).
    const mean = values.reduce((a, b) => a + b + 500_000, 0) / values.length;
    expect(Math.abs(mean - (Math.sqrt(200 / Math.PI) - 0.5))).toBeLessThan(4 * (10 / Math.sqrt(5000)));
  });

  it('gives reals the variance t, and the heat kernel of an interval between bounds', () => {
    const stream = new Stream(96, 'real');
    const free = heatKernel(
      { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY },
      0.09,
      0,
    );
    const moved = perturb(free, new Float64Array(n).fill(5), stream);
    const mean = moved.reduce((a, b) => a + b, 0) / n;
    const variance = moved.reduce((a, b) => a + (b - 5) ** 2, 0) / n;
    expect(Math.abs(mean - 5)).toBeLessThan((4 * 0.3) / Math.sqrt(n));
    expect(Math.abs(variance / 0.09 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));

    // On [0, 1] with Neumann ends E cos(kπx) decays by e^{−k²π²t/2}.
    const between = heatKernel({ kind: 'real', lo: 0, hi: 1 }, 0.3, 0);
    const x = perturb(between, new Float64Array(n).fill(0.2), stream);
    expect(x.every((v) => v >= 0 && v <= 1)).toBe(true);
    for (const k of [1, 2]) {
      const seen = x.reduce((a, b) => a + Math.cos(k * Math.PI * b), 0) / n;
      const exact = Math.cos(k * Math.PI * 0.2) * Math.exp((-k * k * Math.PI ** 2 * 0.3) / 2);
      expect(Math.abs(seen - exact)).toBeLessThan(4 * Math.sqrt(0.5 / n) * Math.SQRT2);
    }
  });

  it('is the same for the same stream position, whatever the array type', () => {
    const kernel = heatKernel(spin, 0.4, 2);
    const spins = Array.from({ length: 3000 }, (_, i) => (i % 2) * 2 - 1);
    const a = perturb(kernel, Float64Array.from(spins), new Stream(1));
    const b = perturb(kernel, Int32Array.from(spins), new Stream(1));
    expect([...a]).toEqual([...b]);
    expect(a.some((v, i) => v !== spins[i])).toBe(true);
    expect(perturb(heatKernel(spin, 0, 2), Int32Array.from(spins), new Stream(1))).toEqual(
      Int32Array.from(spins),
    );
  });
});

describe('reflect', () => {
  it('mirrors at either bound, as often as it takes', () => {
    expect(reflect(0.5, 0, 1)).toBe(0.5);
    expect(reflect(-0.25, 0, 1)).toBe(0.25);
    expect(reflect(1.25, 0, 1)).toBe(0.75);
    expect(reflect(2.25, 0, 1)).toBe(0.25);
    expect(reflect(-3.25, 0, 1)).toBe(0.75);
    expect(reflect(-2, 3, Number.POSITIVE_INFINITY)).toBe(8);
    expect(reflect(5, Number.NEGATIVE_INFINITY, 3)).toBe(1);
    expect(reflect(1e9, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(1e9);
    expect(reflect(7, 2, 2)).toBe(2);
  });

  it('stays inside and is continuous', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e3, max: 1e3, noNaN: true }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        (x, width) => {
          const y = reflect(x, -1, -1 + width);
          expect(y).toBeGreaterThanOrEqual(-1);
          expect(y).toBeLessThanOrEqual(-1 + width);
          expect(Math.abs(reflect(x + 1e-6, -1, -1 + width) - y)).toBeLessThan(1.001e-6);
        },
      ),
    );
  });
});
