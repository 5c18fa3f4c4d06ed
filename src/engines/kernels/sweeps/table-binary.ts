/**
 * Sites of two values: sums of differences of energies, and one exponential for four sites. The value of higher
 * energy is taken if u · (1 + w) < w, with w its weight and u a random number in the middle of one of 2²⁴ steps.
 */
import type { Callable, Local } from '../wasm/code.ts';
import type { EnergyPlan } from './table-energies.ts';
import { defineRun, type Visit } from './table-form.ts';
import { emitLinks, type Layout } from './table-links.ts';
import { ROUND } from './table-rows.ts';
import { emitWeight } from './table-weights.ts';

/** Rows of one number, the energy of 1 less that of 0 in levels; where links have scales, in double precision. */
export function binarySites({ stage, levels, rows, rateAt }: EnergyPlan, layout: Layout): Callable {
  const { recordBytes } = layout;
  interface Made {
    readonly rate: Local;
    readonly sum: Local;
  }
  /** Pushes the difference of the energies of the site at `offset`. */
  const difference = (visit: Visit, offset: number, sum: Local): void => {
    const { c, record } = visit;
    if (layout.own >= 0) c.get(record).memory('i32.load', offset + layout.own);
    else c.i32(0);
    c.set(sum);
    emitLinks(visit, layout, rows, offset, (row, first, scale) => {
      if (scale) {
        c.get(row).memory('f64.load', first).get(scale).lane('f64x2.extract_lane', 0).op('f64.mul');
        c.f64(ROUND).op('f64.add', 'i64.reinterpret_f64', 'i32.wrap_i64');
      } else c.get(row).memory('i32.load', first);
      c.get(sum).op('i32.add').set(sum);
    });
    c.get(sum);
  };
  const sites =
    (n: number) =>
    (visit: Visit, { rate, sum }: Made): void => {
      const { c, record, state, words } = visit;
      const [d, size, w] = [c.local('v128'), c.local('v128'), c.local('v128')];
      difference(visit, 0, sum);
      c.op('i32x4.splat').set(d);
      for (let lane = 1; lane < n; lane++) {
        c.get(d);
        difference(visit, lane * recordBytes, sum);
        c.lane('i32x4.replace_lane', lane).set(d);
      }
      c.get(d).op('i32x4.abs').set(size);
      emitWeight(c, size, rate, true);
      if (levels.limit !== null) c.get(size).splat('i32x4', levels.limit).op('i32x4.lt_s', 'v128.and');
      c.op('f32x4.convert_i32x4_s').set(w);
      // w is in units of 2⁻²².
      c.get(words).i32(8).op('i32x4.shr_u', 'f32x4.convert_i32x4_s').splat('f32x4', 0.5).op('f32x4.add');
      c.splat('f32x4', 2 ** -24)
        .op('f32x4.mul')
        .get(w)
        .splat('f32x4', 2 ** 22)
        .op('f32x4.add', 'f32x4.mul');
      c.get(w).op('f32x4.lt');
      // The lower one is 1 where the difference is negative.
      c.get(d).i32(31).op('i32x4.shr_s', 'v128.xor').set(d);
      for (let lane = 0; lane < n; lane++) {
        c.get(record)
          .memory('i32.load', lane * recordBytes)
          .get(state)
          .op('i32.add');
        c.get(d).lane('i32x4.extract_lane', lane).i32(1).op('i32.and').memory('i32.store8');
      }
      c.release(d, size, w);
    };
  return defineRun(
    stage,
    recordBytes,
    (c): Made => {
      const [rate, sum] = [c.local('v128'), c.local('i32')];
      c.i32(rateAt).memory('v128.load').set(rate);
      return { rate, sum };
    },
    sites(4),
    sites(1),
  );
}
