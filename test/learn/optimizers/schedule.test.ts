import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateOptions, rateAt, schedules } from '../../../src/learn/optimizers/schedule.ts';
import { verbNamed } from '../../../src/options.ts';

describe('rates', () => {
  it('are constant unless somebody says otherwise', () => {
    expect([0, 5, 9].map((k) => rateAt(k, 10, { rate: 0.3 }))).toEqual([0.3, 0.3, 0.3]);
  });

  it('rise linearly and reach their full size at the last step of the warmup', () => {
    for (const schedule of schedules) {
      const o: RateOptions = { rate: 2, schedule, warmup: 4 };
      expect([0, 1, 2, 3].map((k) => rateAt(k, 20, o))).toEqual([0.5, 1, 1.5, 2]);
      if (schedule !== 'inverse_sqrt') expect(rateAt(4, 20, o)).toBe(2);
    }
  });

  it('fall as their names say', () => {
    const at = (schedule: RateOptions['schedule'], step: number, floor?: number): number =>
      rateAt(step, 110, { rate: 1, schedule, warmup: 10, floor });
    expect(at('cosine', 60)).toBeCloseTo(0.5, 12);
    expect(at('cosine', 35)).toBeCloseTo((1 + Math.SQRT1_2) / 2, 12);
    expect(at('cosine', 110, 0.2)).toBeCloseTo(0.2, 12);
    expect(at('linear', 35)).toBeCloseTo(0.75, 12);
    expect(at('linear', 110, 0.2)).toBeCloseTo(0.2, 12);
    expect(at('exponential', 60)).toBeCloseTo(0.1, 12);
    expect(at('exponential', 60, 0.25)).toBeCloseTo(0.5, 12);
    expect(at('inverse_sqrt', 39)).toBeCloseTo(0.5, 12);
    expect(at('inverse_sqrt', 99, 0.4)).toBeCloseTo(0.4, 12);
  });

  it('never grow after the warmup, and stay between floor and rate', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...schedules),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (schedule, warmup, steps, floor) => {
          const o: RateOptions = { rate: 0.7, schedule, warmup, floor };
          let last = Number.POSITIVE_INFINITY;
          for (let k = warmup; k < steps; k++) {
            const r = rateAt(k, steps, o);
            expect(r).toBeLessThanOrEqual(Math.min(last, 0.7 + 1e-15));
            expect(r).toBeGreaterThanOrEqual(0.7 * floor - 1e-15);
            last = r;
          }
        },
      ),
    );
  });

  it('have the names of the table of options', () => {
    const optimizer = verbNamed('fit')!.options.find((o) => o.name === 'optimizer')!;
    const table = optimizer.type.kind === 'call' ? optimizer.type.values : {};
    const words = Object.values(table).flatMap((options) =>
      options.flatMap((o) => (o.name === 'schedule' && o.type.kind === 'word' ? [o.type.values] : [])),
    );
    expect(words).toEqual(Array(5).fill([...schedules]));
  });
});
