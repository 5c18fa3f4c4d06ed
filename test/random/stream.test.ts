import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';

const take = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw);
const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length;

/** A mean of n terms of variance v lies within this of its expectation but for a chance of 6e-5. */
const bar = (v: number, n: number): number => 4 * Math.sqrt(v / n);

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mx = mean(x);
  const my = mean(y);
  let sxy = 0;
  let sxx = 0;
  let syy = 0;
  for (let i = 0; i < x.length; i++) {
    sxy += (x[i] - mx) * (y[i] - my);
    sxx += (x[i] - mx) ** 2;
    syy += (y[i] - my) ** 2;
  }
  return sxy / Math.sqrt(sxx * syy);
}

/** √n times the Kolmogorov–Smirnov distance of the sample from a continuous distribution function. */
function kolmogorov(sample: Float64Array, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  let worst = 0;
  for (let i = 0; i < n; i++) {
    const f = cdf(sorted[i]);
    worst = Math.max(worst, f - i / n, (i + 1) / n - f);
  }
  return Math.sqrt(n) * worst;
}
/** The Kolmogorov distribution exceeds this with probability 2·exp(−2·2.2²) = 1.3e-4. */
const kolmogorovLimit = 2.2;

describe('determinism', () => {
  it('gives the same numbers for the same seed and path, and others for any other', () => {
    const first = (s: Stream): number[] => take(4, () => s.word());
    expect(first(new Stream(7, 'chain', 3))).toEqual(first(new Stream(7, 'chain', 3)));
    const names = [
      new Stream(7, 'chain', 3),
      new Stream(8, 'chain', 3),
      new Stream(7 + 2 ** 32, 'chain', 3),
      new Stream(7, 'chain', 4),
      new Stream(7, 'chain', '3'),
      new Stream(7, 'chains', 3),
      new Stream(7, 3, 'chain'),
      new Stream(7, 'chain'),
      new Stream(7),
    ].map((s) => first(s).join());
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps the published bytes: a change here changes every stored run', () => {
    const s = new Stream(2024, 'chain', 1);
    expect(take(4, () => s.word())).toMatchInlineSnapshot(`
      [
        3260047104,
        399583051,
        2992850835,
        2064441381,
      ]
    `);
  });

  it('makes the same stream by path or by forks, and forking draws nothing', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.nat(), fc.nat(50), (seed, name, i, used) => {
        const parent = new Stream(seed, name);
        parent.position = used;
        const child = parent.fork(i);
        expect(parent.position).toBe(used);
        expect(child.state).toEqual(new Stream(seed, name, i).state);
      }),
    );
  });

  it('resumes to the same numbers from a saved state, at any position', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.constantFrom(0, 2 ** 33 - 8, 2 ** 40), (steps, offset) => {
        const s = new Stream(1, 'resume');
        s.position = offset + steps;
        const saved = JSON.parse(JSON.stringify(s.state));
        const next = [s.word(), s.uniform(), s.normal(), s.int(1000), s.uniform32(), s.exponential()];
        const t = Stream.resume(saved);
        expect([t.word(), t.uniform(), t.normal(), t.int(1000), t.uniform32(), t.exponential()]).toEqual(
          next,
        );
        expect(t.position).toBe(s.position);
      }),
    );
  });

  it('fills arrays with the numbers of single draws, in pieces of any size', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(3000), fc.nat(3000), (used, n, cut) => {
        const split = Math.min(n, cut);
        const streams = [0, 1, 2].map(() => {
          const s = new Stream(5, 'fill');
          s.position = used;
          return s;
        });
        const [single, whole, pieces] = streams;
        const a = Float64Array.from(take(n, () => single.uniform()));
        const b = new Float64Array(n);
        const c = new Float64Array(n);
        whole.fillUniform(b);
        pieces.fillUniform(c, 0, split);
        pieces.fillUniform(c, split);
        expect(b).toEqual(a);
        expect(c).toEqual(a);
        if (n > 0) expect(whole.position).toBe(single.position);
      }),
      { numRuns: 30 },
    );
    const words = new Uint32Array(4999);
    const filled = new Stream(5, 'words');
    const single = new Stream(5, 'words');
    filled.word();
    single.word();
    filled.fillWords(words);
    expect([...words]).toEqual(take(4999, () => single.word()));
    const z = new Float64Array(2500);
    filled.fillNormal(z);
    expect([...z]).toEqual(take(2500, () => single.normal()));
    const f = new Float32Array(2500);
    filled.fillUniform(f);
    expect([...f]).toEqual(take(2500, () => (single.word() >>> 8) / 2 ** 24));
  });

  it('refuses seeds and positions that are no whole numbers', () => {
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => new Stream(bad)).toThrow(RangeError);
      expect(() => new Stream(1, bad)).toThrow(RangeError);
      expect(() => {
        new Stream(1).position = bad;
      }).toThrow(RangeError);
    }
    expect(() => new Stream(2 ** 53 - 1)).not.toThrow();
    expect(() => new Stream(1).int(0)).toThrow(RangeError);
    expect(() => new Stream(1).int(2.5)).toThrow(RangeError);
  });
});

describe('distributions', () => {
  const n = 100_000;

  it('is uniform on [0, 1): four moments and Kolmogorov–Smirnov', () => {
    const u = new Float64Array(n);
    new Stream(11, 'uniform').fillUniform(u);
    for (let k = 1; k <= 4; k++) {
      const v = 1 / (2 * k + 1) - 1 / (k + 1) ** 2;
      expect(Math.abs(mean(u.map((x) => x ** k)) - 1 / (k + 1))).toBeLessThan(bar(v, n));
    }
    expect(kolmogorov(u, (x) => x)).toBeLessThan(kolmogorovLimit);
    expect(Math.min(...u.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
  });

  it('stays below 1 in 32-bit floats', () => {
    const u = new Float32Array(n);
    new Stream(11, 'single').fillUniform(u);
    let worst = 0;
    for (const x of u) worst = Math.max(worst, x);
    expect(worst).toBeLessThan(1);
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(bar(1 / 12, n));
  });

  it('uses every bit of a word and every bit of a double', () => {
    const s = new Stream(3, 'bits');
    const m = 20_000;
    const ones = new Array<number>(53).fill(0);
    for (let i = 0; i < m; i++) {
      let x = s.uniform();
      for (let b = 0; b < 53; b++) {
        x *= 2;
        if (x >= 1) {
          ones[b]++;
          x -= 1;
        }
      }
      expect(x).toBe(0);
    }
    // 53 fractions at once: 5 standard errors each.
    for (const count of ones) expect(Math.abs(count / m - 0.5)).toBeLessThan(2.5 / Math.sqrt(m));
  });

  it('is normal: four moments, the tail and Kolmogorov–Smirnov of Φ(z)', () => {
    const z = new Float64Array(n);
    new Stream(12, 'normal').fillNormal(z);
    const moment = (k: number): number => mean(z.map((x) => x ** k));
    expect(Math.abs(moment(1))).toBeLessThan(bar(1, n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(bar(2, n));
    expect(Math.abs(moment(3))).toBeLessThan(bar(15, n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(bar(96, n));
    const beyond = 0.0026997960632601866; // P(|z| > 3)
    const seen = z.filter((x) => Math.abs(x) > 3).length / n;
    expect(Math.abs(seen - beyond)).toBeLessThan(bar(beyond * (1 - beyond), n));
    const cdf = normalCdfTable();
    expect(kolmogorov(z, cdf)).toBeLessThan(kolmogorovLimit);
  });

  it('is exponential with mean 1', () => {
    const s = new Stream(13, 'exponential');
    const x = Float64Array.from(take(n, () => s.exponential()));
    expect(Math.abs(mean(x) - 1)).toBeLessThan(bar(1, n));
    expect(Math.abs(mean(x.map((v) => v * v)) - 2)).toBeLessThan(bar(20, n));
    expect(kolmogorov(x, (v) => 1 - Math.exp(-v))).toBeLessThan(kolmogorovLimit);
  });

  it('draws whole numbers without bias: chi-square', () => {
    const s = new Stream(14, 'int');
    for (const k of [1, 2, 7, 10, 100]) {
      const counts = new Float64Array(k);
      for (let i = 0; i < n; i++) counts[s.int(k)]++;
      const chi2 = counts.reduce((sum, c) => sum + (c - n / k) ** 2 / (n / k), 0);
      // Mean k−1, variance 2(k−1); five standard deviations.
      expect(chi2).toBeLessThanOrEqual(k - 1 + 5 * Math.sqrt(2 * (k - 1)));
    }
  });

  it('draws large whole numbers: no bias from 2^32 mod n, and beyond 2^32', () => {
    const s = new Stream(15, 'large');
    // Without rejection the first third of 0 … 3·2³⁰−1 would come up too often: 1/2 against 1/3.
    const big = 3 * 2 ** 30;
    const low = mean(take(n, () => (s.int(big) < 2 ** 30 ? 1 : 0)));
    expect(Math.abs(low - 1 / 3)).toBeLessThan(bar(2 / 9, n));
    const huge = 3 * 2 ** 51;
    const draws = take(n, () => s.int(huge));
    expect(Math.abs(mean(draws.map((x) => (x < 2 ** 51 ? 1 : 0))) - 1 / 3)).toBeLessThan(bar(2 / 9, n));
    expect(draws.every((x) => Number.isInteger(x) && x < huge)).toBe(true);
  });

  it('shuffles uniformly: all 24 orders of four equally often', () => {
    const s = new Stream(16, 'shuffle');
    const m = 24_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < m; i++) {
      const items = Int32Array.of(0, 1, 2, 3);
      s.shuffle(items);
      counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    let chi2 = 0;
    for (const c of counts.values()) chi2 += (c - m / 24) ** 2 / (m / 24);
    expect(chi2).toBeLessThan(23 + 5 * Math.sqrt(46));
  });
});

describe('independence', () => {
  const n = 20_000;
  const uniforms = (s: Stream): Float64Array => {
    const u = new Float64Array(n);
    s.fillUniform(u);
    return u;
  };

  it('forks, neighbouring seeds and parents are uncorrelated', () => {
    const root = new Stream(21);
    const streams = [
      root,
      root.fork(0),
      root.fork(1),
      root.fork('a'),
      root.fork('b'),
      root.fork('a', 0),
      new Stream(22),
      new Stream(21 + 2 ** 32),
    ].map(uniforms);
    for (let i = 0; i < streams.length; i++) {
      for (let j = 0; j < i; j++) {
        expect(Math.abs(correlation(streams[i], streams[j]))).toBeLessThan(4 / Math.sqrt(n));
      }
    }
  });

  it('successive draws are uncorrelated at small lags, and across many streams', () => {
    const u = uniforms(new Stream(23));
    for (const lag of [1, 2, 3, 16]) {
      expect(Math.abs(correlation(u.subarray(lag), u.subarray(0, n - lag)))).toBeLessThan(
        4 / Math.sqrt(n - lag),
      );
    }
    // The first draw of streams 0, 1, 2, … is itself a random sequence.
    const first = Float64Array.from({ length: n }, (_, i) => new Stream(23, 'chain', i).uniform());
    expect(kolmogorov(first, (x) => x)).toBeLessThan(kolmogorovLimit);
    expect(Math.abs(correlation(first.subarray(1), first.subarray(0, n - 1)))).toBeLessThan(4 / Math.sqrt(n));
  });
});

/** Φ by Simpson's rule on steps of 1/64 from −9, interpolated linearly: error below 1e-4. */
function normalCdfTable(): (x: number) => number {
  const step = 1 / 64;
  const density = (x: number): number => Math.exp(-x * x * 0.5) / Math.sqrt(2 * Math.PI);
  const table = [0];
  for (let i = 0; i < 18 * 64; i++) {
    const x = -9 + i * step;
    table.push(table[i] + (step / 6) * (density(x) + 4 * density(x + step / 2) + density(x + step)));
  }
  return (x) => {
    const at = (x + 9) / step;
    const i = Math.floor(at);
    return table[i] + (at - i) * (table[i + 1] - table[i]);
  };
}
