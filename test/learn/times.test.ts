import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/domain.ts';
import { Builder } from '../../src/ir/build.ts';
import type { Energy, Slot } from '../../src/ir/types.ts';
import { scaledTime } from '../../src/learn/heat-kernels.ts';
import { makeDiscrepancy } from '../../src/learn/losses/discrepancy.ts';
import type { LossChoice } from '../../src/learn/options.ts';
import { columnScales, makePerturbation } from '../../src/learn/perturb.ts';
import { readRows } from '../../src/learn/rows.ts';
import { timeOf, timesOf } from '../../src/learn/times.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { quickOptions, realLine, span, toy } from './toy.ts';

const loss = (options: Readonly<Record<string, number>>): LossChoice => ({ kind: 'discrepancy', ...options });
const b = new Builder();
const domains: readonly Domain[] = [
  { kind: 'bit' },
  { kind: 'category', values: b.range(3) },
  { kind: 'ordinal', size: 5 },
  { kind: 'int', lo: 0, hi: 4 },
  { kind: 'cyclic', size: 5 },
  realLine,
];
const of = (options: Readonly<Record<string, number>>): number[] =>
  domains.map((d) => Number(timeOf(timesOf(loss(options)), d).toPrecision(12)));

describe('times', () => {
  it('follow from one', () => {
    expect(of({ t: 0.2 })).toEqual([0.2, 0.2, 0.01, 0.01, 0.01, 0.2]);
    expect(of({ t: 0.4 })).toEqual(of({ t: 0.2 }).map((x) => 2 * x));
  });

  it('are said one by one', () => {
    expect(of({ t: 0.2, t_category: 1 })).toEqual([0.2, 1, 0.01, 0.01, 0.01, 0.2]);
    expect(of({ t: 0.2, t_ordered: 1 })).toEqual([0.2, 0.2, 1, 1, 1, 0.2]);
    expect(of({ t: 0.2, t_ordered: 1, t_cyclic: 2 })).toEqual([0.2, 0.2, 1, 1, 2, 0.2]);
    expect(of({ t: 0.2, t_cyclic: 2 })).toEqual([0.2, 0.2, 0.01, 0.01, 2, 0.2]);
    expect(of({ t: 0.2, t_real: 0 })).toEqual([0.2, 0.2, 0.01, 0.01, 0.01, 0]);
  });

  it('move values on a ring about as far as reals, in standard deviations', () => {
    // Evenly spread over the ring of 100 values, and as reals.
    const rows = 20_000;
    const size = 100;
    const values = Float64Array.from({ length: rows }, (_, i) => i % size);
    const moved = (domain: Domain): number => {
      const u = b.slot('unknown', 'u', domain, [], undefined);
      const column = { shape: [rows], data: values };
      const p = makePerturbation({
        unknowns: [u],
        sizeOf: () => 0,
        columns: new Map([[u, column]]),
        rows,
        draws: 1,
        times: timesOf(loss({ t: 0.05 })),
      });
      p.draw(new Map([[u, values]]), new Stream(5));
      let squares = 0;
      p.corrupted.get(u)!.forEach((y, i) => {
        const d = Math.abs(y - values[i]);
        squares += Math.min(d, domain.kind === 'cyclic' ? size - d : d) ** 2 / rows;
      });
      return Math.sqrt(squares) / columnScales(column, 1)[0];
    };
    const real = moved(realLine);
    expect(real).toBeCloseTo(Math.sqrt(0.05), 2);
    expect(moved({ kind: 'cyclic', size }) / real).toBeCloseTo(Math.sqrt(1.2), 1);
    expect(scaledTime({ kind: 'cyclic', size }, 0.0025, size)).toBe(25);
  });

  it('of nothing but 0 are an error', () => {
    const builder = new Builder();
    const x: Slot = builder.slot('unknown', 'x', { kind: 'bit' }, [], span);
    const w = builder.slot('param', 'w', realLine, [], span);
    const t = toy(builder, {
      terms: { bias: builder.mul(builder.read(w, []), builder.read(x, [])) },
      unknowns: [[x, [0, 1]]],
      params: [w],
    });
    const energy: Energy = t.energy;
    const spec = {
      bound: t.bound,
      energy,
      engine: {
        name: 'none',
        epsilon: 1e-16,
        compile: () => {
          throw new Error('nothing is compiled');
        },
      },
      rows: readRows(t.bound, t.rows),
      batch: 2,
      steps: 1,
      stream: new Stream(1),
    };
    const made = (options: Readonly<Record<string, number>>) => () =>
      makeDiscrepancy(spec, { ...quickOptions().loss, ...options });
    expect(made({ t: 0, t_real: 1 })).toThrow(EnergyError);
    expect(made({ t: 0, t_real: 1 })).toThrow('not perturbed');
    expect(made({ t: 1, t_real: 0 })).not.toThrow();
  });
});
