import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import {
  type Chains,
  diagnose,
  essBulk,
  essMean,
  essQuantile,
  essTail,
  mcseMean,
  mcseSd,
  moments,
  quantile,
  rHat,
} from '../../src/stats/diagnostics.ts';
// Chains of several kinds, and what ArviZ 0.23.4 (NumPy, SciPy) says of them.
import fixtures from './fixtures/arviz-diagnostics.json' with { type: 'json' };

const scalars = { rHat, essBulk, essTail, essMean, mcseMean, mcseSd };

function relativeError(got: number, expected: number): number {
  return Math.abs(got - expected) / Math.max(Math.abs(expected), 1e-3);
}

describe('agreement with ArviZ', () => {
  for (const { name, chains, draws, values, expected } of fixtures) {
    const x: Chains = { values: Float64Array.from(values), chains, draws };
    it(`on "${name}" (${chains} × ${draws})`, () => {
      for (const key of ['rHat', 'essBulk', 'essTail', 'essMean', 'mcseMean', 'mcseSd'] as const) {
        const want = expected[key];
        // ArviZ has no R-hat for a single chain; here it compares the two halves.
        if (want === null) expect([key, chains]).toEqual(['rHat', 1]);
        else expect(relativeError(scalars[key](x), want), key).toBeLessThan(1e-9);
      }
      const all = diagnose(x);
      for (const key of ['mean', 'sd', 'q5', 'q50', 'q95'] as const) {
        expect(relativeError(all[key], expected[key]), key).toBeLessThan(1e-12);
      }
    });

    it(`and with itself, all at once, on "${name}"`, () => {
      const all = diagnose(x);
      for (const key of ['rHat', 'essBulk', 'essTail', 'mcseMean'] as const) {
        expect(relativeError(all[key], scalars[key](x)), key).toBeLessThan(1e-9);
      }
    });
  }
});

describe('what ArviZ leaves open', () => {
  const chains = (rows: readonly (readonly number[])[]): Chains => ({
    values: Float64Array.from(rows.flat()),
    chains: rows.length,
    draws: rows[0].length,
  });

  it('a constant quantity has converged', () => {
    for (const value of [0, 0.1, -1e300]) {
      const x = chains(Array.from({ length: 4 }, () => new Array<number>(10).fill(value)));
      expect(diagnose(x)).toEqual({
        mean: value,
        sd: 0,
        mcseMean: 0,
        q5: value,
        q50: value,
        q95: value,
        essBulk: 40,
        essTail: 40,
        rHat: 1,
      });
      expect([rHat(x), essBulk(x), essTail(x), essMean(x), mcseMean(x), mcseSd(x)]).toEqual([
        1, 40, 40, 40, 0, 0,
      ]);
    }
  });

  it('chains stuck at different values have not', () => {
    const two = chains([new Array<number>(10).fill(0.1), new Array<number>(10).fill(0.3)]);
    const three = chains([0.1, 0.2, 0.4].map((v) => new Array<number>(11).fill(v)));
    for (const x of [two, three]) {
      expect(rHat(x)).toBe(Number.POSITIVE_INFINITY);
      expect(diagnose(x).rHat).toBe(Number.POSITIVE_INFINITY);
      expect(essBulk(x)).toBeLessThan(x.values.length / 3);
    }
  });

  it('a single chain is compared with itself: a drift shows', () => {
    const s = new Stream(4, 'drift');
    const still = Array.from({ length: 400 }, () => s.normal());
    const drifting = still.map((v, i) => v + i / 100);
    expect(rHat(chains([still]))).toBeLessThan(1.02);
    expect(rHat(chains([drifting]))).toBeGreaterThan(1.3);
  });

  it('too few draws and NaN give NaN', () => {
    for (const x of [
      chains([
        [1, 2, 3],
        [2, 1, 3],
      ]),
      chains([
        [1, 2, Number.NaN, 4],
        [4, 3, 2, 1],
      ]),
    ]) {
      for (const f of Object.values(scalars)) expect(f(x)).toBeNaN();
      expect(diagnose(x).rHat).toBeNaN();
    }
    expect(quantile(new Float64Array(0), 0.5)).toBeNaN();
  });

  it('does not depend on the scale, however small', () => {
    const s = new Stream(4, 'scale');
    const rows = Array.from({ length: 4 }, () => Array.from({ length: 50 }, () => s.normal()));
    const scaled = chains(rows.map((r) => r.map((v) => v * 2 ** -70)));
    expect(essMean(scaled)).toBeCloseTo(essMean(chains(rows)), 9);
    expect(rHat(scaled)).toBe(rHat(chains(rows)));
  });
});

describe('properties', () => {
  const ar = (seed: number, phi: number, chainCount: number, draws: number): Chains => {
    const s = new Stream(seed, 'ar');
    const values = new Float64Array(chainCount * draws);
    for (let c = 0; c < chainCount; c++) {
      let x = s.normal();
      for (let d = 0; d < draws; d++) {
        x = phi * x + Math.sqrt(1 - phi * phi) * s.normal();
        values[c * draws + d] = x;
      }
    }
    return { values, chains: chainCount, draws };
  };

  it('rank diagnostics ignore increasing transformations', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(0, 0.5, 0.9),
        fc.integer({ min: 4, max: 60 }),
        (seed, phi, draws) => {
          const x = ar(seed, phi, 3, draws);
          const y = { ...x, values: x.values.map(Math.exp) };
          expect(essBulk(y)).toBe(essBulk(x));
          expect(essTail(y)).toBe(essTail(x));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('finds the effective size of an AR(1) process, n(1 − φ)/(1 + φ)', () => {
    for (const phi of [0, 0.5, 0.9]) {
      const x = ar(31, phi, 4, 20_000);
      // The estimator's own error here is about √(2·(2·window + 1)/n) < 6 %.
      expect(Math.abs(essMean(x) / ((80_000 * (1 - phi)) / (1 + phi)) - 1)).toBeLessThan(0.15);
      expect(rHat(x)).toBeLessThan(1.01);
    }
  });

  it('the MCSE is the spread of means over repetitions', () => {
    const means: number[] = [];
    let claimed = 0;
    for (let seed = 0; seed < 200; seed++) {
      const x = ar(seed, 0.8, 4, 200);
      means.push(moments(x.values).mean);
      claimed += mcseMean(x) / 200;
    }
    // A standard deviation of 200 values is known to 1/√400 = 5 %; three of these.
    expect(Math.abs(moments(Float64Array.from(means)).sd / claimed - 1)).toBeLessThan(0.15);
  });

  it('quantiles interpolate order statistics and are exact on ties', () => {
    expect(quantile(Float64Array.of(4, 1, 3, 2), 0.5)).toBe(2.5);
    expect(quantile(Float64Array.of(10, 20, 30), 0.25)).toBe(15);
    expect(quantile(Float64Array.of(7), 0.95)).toBe(7);
    const tied = new Float64Array(17).fill(0.3);
    for (const p of [0, 0.05, 0.37, 0.95, 1]) expect(quantile(tied, p)).toBe(0.3);
    // So an indicator x ≤ quantile holds on ties, and its ESS is that of a constant.
    const x: Chains = { values: new Float64Array(40).fill(0.3), chains: 4, draws: 10 };
    expect(essQuantile(x, 0.37)).toBe(40);
  });
});
