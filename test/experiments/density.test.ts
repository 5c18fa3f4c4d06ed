/** The sets of the plane, their codes and the referee of bench/experiments/density. */
import { describe, expect, it } from 'vitest';
import { bits, digits, middle, type PlaneCode } from '../../bench/experiments/density/codes.ts';
import { entropy } from '../../bench/experiments/density/floor.ts';
import {
  discrepancyOf,
  type Energies,
  judge,
  meanAndError,
  partition,
  resample,
  wordsOf,
} from '../../bench/experiments/density/referee.ts';
import { setNamed, sets } from '../../bench/experiments/density/sets.ts';
import { Stream } from '../../src/random/stream.ts';

/** Differential entropies as the literature's generators have them, estimated from draws (±0.015 to 0.025). */
const known = {
  '2spirals': 2.649,
  '8gaussians': 2.8328,
  circles: 3.273,
  moons: 2.397,
  pinwheel: 2.322,
  swissroll: 2.673,
  checkerboard: 3.4657,
};

/** Normals of lines at distance ½ from the origin. */
const halves = [
  [1, 0],
  [0, 1],
  [1, 1],
  [2, -1],
];

describe.each(sets)('$name', (set) => {
  const { entropy: h, mass } = entropy(set, set.name === 'pinwheel' ? 0.1 : 0.05);

  it('has a density of mass 1 and the entropy that is known', () => {
    expect(mass).toBeCloseTo(1, 4);
    expect(Math.abs(h - known[set.name])).toBeLessThan(0.025);
  });

  it('is drawn from that density', () => {
    const stream = new Stream(5, set.name);
    const n = 3000;
    const points = Array.from({ length: n }, () => set.draw(stream));
    // −ln p has mean h; shares of half planes and quarters are those of the density.
    const { mean, error } = meanAndError(points.map(([x, y]) => -Math.log(set.density(x, y))));
    expect(Math.abs(mean - h)).toBeLessThan(4 * error + 1e-3);
    const step = 0.1;
    const shares = halves.map(() => 0);
    for (let x = -5.95; x < 6; x += step)
      for (let y = -5.95; y < 6; y += step) {
        const p = set.density(x, y) * step * step;
        halves.forEach(([u, v], k) => {
          if (u * x + v * y > 0.5) shares[k] += p;
        });
      }
    halves.forEach(([u, v], k) => {
      const found = points.filter(([x, y]) => u * x + v * y > 0.5).length / n;
      expect(Math.abs(found - shares[k])).toBeLessThan(4 * Math.sqrt(0.25 / n) + 0.012);
    });
  });

  it('lies inside the square that is told apart', () => {
    const stream = new Stream(6, set.name);
    const largest = Array.from({ length: 5000 }, () => Math.max(...set.draw(stream).map(Math.abs)));
    expect(Math.max(...largest)).toBeLessThan(set.scale);
  });
});

describe.each([bits, digits])('$name', (code: PlaneCode) => {
  const scale = 4.7;

  it('puts a point into a cell that holds it', () => {
    const side = Math.exp(-code.logCells(scale) / 2);
    const stream = new Stream(1);
    const row = new Uint8Array(code.length);
    for (let i = 0; i < 300; i++) {
      const p = [(2 * stream.uniform() - 1) * scale, (2 * stream.uniform() - 1) * scale] as const;
      code.encode(p, scale, row, 0);
      expect(row.every((v) => v < code.states)).toBe(true);
      code.decode(row, 0, scale).forEach((v, d) => {
        expect(p[d]).toBeGreaterThanOrEqual(v - 1e-9);
        expect(p[d]).toBeLessThan(v + side + 1e-9);
      });
    }
  });

  it('makes every word the word of the middle of its cell', () => {
    const stream = new Stream(2);
    for (let i = 0; i < 300; i++) {
      const row = Uint8Array.from({ length: code.length }, () => stream.int(code.states));
      const again = new Uint8Array(code.length);
      code.encode(middle(code, row, 0, scale), scale, again, 0);
      expect([...again]).toEqual([...row]);
    }
  });

  it('has as many cells in its square as words', () => {
    const { side } = code.square(scale);
    expect(code.logCells(scale) + 2 * Math.log(side)).toBeCloseTo(code.length * Math.log(code.states), 9);
  });
});

it('changes one bit between neighbouring cells of an axis', () => {
  const scale = 4.5;
  const side = Math.exp(-bits.logCells(scale) / 2);
  const [a, b] = [new Uint8Array(32), new Uint8Array(32)];
  for (let k = 0; k < 200; k++) {
    bits.encode([(k * 37 + 0.5) * side, 1], scale, a, 0);
    bits.encode([(k * 37 + 1.5) * side, 1], scale, b, 0);
    expect(a.filter((v, i) => v !== b[i]).length).toBe(1);
  }
});

describe('the referee', () => {
  const moons = setNamed('moons');
  const options = { side: 128, draws: 20_000 };

  it('knows ln Z and the likelihood of equal words exactly', () => {
    for (const code of [bits, digits]) {
      const flat: Energies = (_, count) => new Float64Array(count).fill(3);
      const z = partition(flat, code, moons.scale, new Stream(1), options);
      const exact = code.length * Math.log(code.states) - 3;
      expect(z.logZ).toBeCloseTo(exact, 9);
      expect(z.error).toBeLessThan(1e-9);
      const found = judge(flat, moons, code, z, new Stream(2), 500);
      expect(found.nll).toBeCloseTo(code.length * Math.log(code.states), 9);
      expect(found.nllError).toBeLessThan(1e-9);
    }
  });

  it('finds ln Z of independent bits within its error', () => {
    const field = Float64Array.from({ length: 32 }, (_, i) => (i % 16 < 6 ? 1.2 * Math.sin(3 * i + 1) : 0.3));
    const energies: Energies = (rows, count) =>
      Float64Array.from({ length: count }, (_, i) =>
        field.reduce((sum, f, k) => sum + f * rows[i * 32 + k], 0),
      );
    const exact = field.reduce((sum, f) => sum + Math.log1p(Math.exp(-f)), 0);
    const z = partition(energies, bits, 4.7, new Stream(3), options);
    expect(z.error).toBeLessThan(0.02);
    expect(Math.abs(z.logZ - exact)).toBeLessThan(4 * z.error);
    // Draws of the model: bits are on with their probabilities.
    const drawn = resample(z, bits, 4000, new Stream(4));
    field.forEach((f, k) => {
      let on = 0;
      for (let i = 0; i < drawn.count; i++) on += drawn.rows[i * 32 + k] / drawn.count;
      expect(Math.abs(on - 1 / (1 + Math.exp(f)))).toBeLessThan(0.05);
    });
  });

  it('gives the energy of the set itself no excess, and its draws no discrepancy', () => {
    const exact: Energies = (rows, count) =>
      Float64Array.from({ length: count }, (_, i) => {
        const [x, y] = middle(bits, rows, i * bits.length, moons.scale);
        return -Math.log(Math.max(1e-30, moons.density(x, y)));
      });
    const z = partition(exact, bits, moons.scale, new Stream(7), options);
    const found = judge(exact, moons, bits, z, new Stream(8), 1000);
    expect(found.excessError).toBeLessThan(0.02);
    expect(Math.abs(found.excess)).toBeLessThan(4 * found.excessError);
    const own = resample(z, bits, 2000, new Stream(9));
    const data = wordsOf(moons, bits, 2000, new Stream(10));
    expect(Math.abs(discrepancyOf(own, data, bits))).toBeLessThan(3);
    const other = wordsOf(setNamed('circles'), bits, 2000, new Stream(11));
    expect(discrepancyOf(own, other, bits)).toBeGreaterThan(20);
  });
});
