/** The chart of a search's lowest energy. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { energyPath } from '../../src/plot/energy-path.ts';
import { falls, pathPoints } from '../../src/plot/path-points.ts';
import { ctx, fault } from './well-formed.ts';

const paths = fc
  .array(fc.tuple(fc.nat(1e6), fc.double({ min: 0, max: 1e3, noNaN: true })), {
    minLength: 1,
    maxLength: 400,
  })
  .map((moves) => {
    let [s, e] = [0, 50];
    const all = moves.map(([ahead, down]) => {
      [s, e] = [s + ahead, e - down];
      return [s, e];
    });
    return { step: all.map(([x]) => x), energy: all.map(([, y]) => y) };
  });

describe('the line', () => {
  it('is stairs that end where the search did', () => {
    expect(pathPoints({ step: [1, 40, 100], energy: [9, 4, 1] })).toEqual({
      x: [1, 40, 40, 100, 100],
      y: [9, 9, 4, 4, 1],
    });
  });

  it('is not flattened by what comes first', () => {
    const { x, y } = pathPoints({ step: [0, 5, 600, 1000], energy: [1e9, 12, 11, 10] });
    expect(Math.max(...y)).toBe(12);
    expect([x[0], y.at(-1)]).toEqual([0, 10]);
    // Unless there is nothing else.
    expect(pathPoints({ step: [0, 5, 1000], energy: [1e9, 12, 12] }).y[0]).toBe(1e9);
  });

  it('never rises', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const { x, y } = pathPoints(path);
        expect(x).toEqual(x.toSorted((a, b) => a - b));
        expect(y).toEqual(y.toSorted((a, b) => b - a));
        expect(y.at(-1)).toBe(path.energy.at(-1));
      }),
    );
  });

  it('is worth a chart where the energy fell', () => {
    expect(falls({ step: [1, 2], energy: [3, 3] })).toBe(false);
    expect(falls({ step: [1], energy: [3] })).toBe(false);
    expect(falls({ step: [1, 2, 3], energy: [3, 2, 2] })).toBe(true);
  });
});

describe('the chart', () => {
  it('says how low and after how many steps', () => {
    const svg = energyPath(ctx, { step: [0, 5, 600, 20000], energy: [1e9, 12, 11, 10.5] });
    expect(fault(svg)).toBeUndefined();
    expect(svg).toContain('Lowest energy by step');
    expect(svg).toContain('10.5 after 20,000 steps; the first was 10⁹');
  });

  it('is well formed for any path', () => {
    fc.assert(
      fc.property(paths, (path) => {
        expect(fault(energyPath(ctx, path))).toBeUndefined();
      }),
      { numRuns: 25 },
    );
    expect(fault(energyPath(ctx, { step: [], energy: [] }))).toBeUndefined();
  });
});
