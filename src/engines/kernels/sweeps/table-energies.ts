/**
 * Sites of any neighbourhood: the energies of all values are summed over the links in whole numbers, and a value is
 * drawn by their weights. With few values four sites are visited side by side, a lane each; with many the values
 * lie in lanes; with very many they pass through memory.
 *
 * At β = 1 a probability is off by less than 10⁻⁶ as long as the energies of a site range over less than about
 * 2²⁹/(links + 1) · 10⁻⁶; beyond, by about β · (links + 1) · range · 2⁻³¹. Weights below 2⁻²³ of the largest are 0.
 */
import type { Code, Local } from '../wasm/code.ts';
import { MAX_ERROR } from './precision.ts';
import type { Stage } from './stage.ts';
import { binarySites } from './table-binary.ts';
import { drawFour, drawMany, drawOne } from './table-draw.ts';
import { defineRun, lanes32, type Shape, type TableForm, type TableGroup, type Visit } from './table-form.ts';
import { type Levels, levelsOf } from './table-levels.ts';
import { emitLinks, type Layout, layoutsOf, makeWriter } from './table-links.ts';
import { emitScaled, type LaidRows, layRows } from './table-rows.ts';
import { rateOf } from './table-weights.ts';

/** Up to so many values, four sites side by side. */
const MAX_SIDE_BY_SIDE = 16;
/** Up to so many vectors of a site in variables. */
const MAX_VECTORS = 8;

/**
 * @param wanted 1 for the sites that the form is to take
 * @returns null if their energies range too widely for the accuracy wanted
 */
export function makeEnergies(stage: Stage, group: TableGroup, wanted: Int32Array): TableForm | null {
  const { conditional: t, states: k } = group;
  const { heap } = stage;
  const found = levelsOf(group, wanted);
  if (!(found.error <= MAX_ERROR)) return null;
  const binary = k === 2 && found.planes === 1 && found.infiniteBits === 0;
  const vectors = Math.ceil(k / 4);
  const inLocals = vectors * found.planes <= MAX_VECTORS;
  const narrow = inLocals && !binary && !group.scaled.includes(1);
  const levels: Levels = narrow ? found : { ...found, width: 4 };
  const rows = layRows(heap, group, levels, binary);
  const hasOwn = t.own !== null || t.ownBroken !== null;
  const { layouts, layoutOf } = layoutsOf(group, wanted, hasOwn ? rows.bytes : 0);
  const { lists, write } = makeWriter(stage, group, layouts, layoutOf, rows, rows.writeOwn);
  /** The rate, four times. */
  const rateAt = heap.allocate(16);
  const addresses = [rows.base, lists, rateAt];
  const plan = { stage, group, levels, rows, rateAt };
  let sweepOf: (layout: Layout) => Shape['sweep'];
  if (binary) sweepOf = (layout) => binarySites(plan, layout);
  else if (inLocals) sweepOf = (layout) => inVariables(plan, layout, vectors);
  else {
    const buffer = heap.allocate(rows.bytes);
    addresses.push(buffer);
    sweepOf = (layout) => inMemory(plan, layout, vectors, buffer);
  }
  return {
    name: binary ? 'differences of energies' : `energies of ${k} values`,
    shapes: layouts.map((layout) => ({ recordBytes: layout.recordBytes, sweep: sweepOf(layout), write })),
    shapeOf: layoutOf,
    addresses,
    prepare: (beta) => void heap.f32(rateAt, 4).fill(rateOf(beta, levels.scale)),
  };
}

/** What the loops need to know. */
export interface EnergyPlan {
  readonly stage: Stage;
  readonly group: TableGroup;
  readonly levels: Levels;
  readonly rows: LaidRows;
  readonly rateAt: number;
}

/** Pushes the address of the state of the site at `offset`. */
function emitSelf({ c, record, state }: Visit, offset: number): Code {
  return c.get(record).memory('i32.load', offset).get(state).op('i32.add');
}

/** Energies in variables: in lanes of values, and across four sites where values are few. */
function inVariables(plan: EnergyPlan, layout: Layout, vectors: number): Shape['sweep'] {
  const { stage, group, levels, rows, rateAt } = plan;
  const k = group.states;
  const { recordBytes } = layout;
  const all = vectors * levels.planes;
  const { width } = levels;
  const add = width === 1 ? 'i8x16.add' : width === 2 ? 'i16x8.add' : 'i32x4.add';
  /** Sums over the links, and widens them. */
  const energiesOf = (visit: Visit, offset: number, into: readonly Local[]): void => {
    const { c, record } = visit;
    const sums = into.slice(0, rows.bytes / 16);
    let begun = layout.own >= 0;
    // Sums begin at 0 unless the first link sets them.
    const emptied = !layout.links?.length || layout.scaled;
    sums.forEach((x, i) => {
      const own = offset + layout.own + 16 * i;
      if (begun) c.get(record).memory('v128.load', own).set(x);
      else if (emptied) c.splat('i32x4', 0).set(x);
    });
    begun ||= emptied;
    emitLinks(visit, layout, rows, offset, (row, first, scale) => {
      if (scale) {
        sums.slice(0, vectors).forEach((x, i) => {
          emitScaled(c, row, first + 32 * i, scale, Math.min(4, k - 4 * i));
          c.get(x).op('i32x4.add').set(x);
        });
        return;
      }
      sums.forEach((x, i) => {
        c.get(row).memory('v128.load', first + 16 * i);
        if (begun) c.get(x).op(add);
        c.set(x);
      });
      begun = true;
    });
    if (width === 1) widen(c, into, 'i16x8', 'i8x16', Math.ceil(k / 8));
    if (width <= 2) widen(c, into, 'i32x4', 'i16x8', vectors);
  };
  interface Made {
    readonly rate: Local;
    readonly sums: readonly Local[];
  }
  const four = (visit: Visit, { rate, sums }: Made): void => {
    const { c } = visit;
    for (let lane = 0; lane < 4; lane++)
      energiesOf(visit, lane * recordBytes, sums.slice(lane * all, (lane + 1) * all));
    const byValue = (plane: number): Local[] =>
      Array.from({ length: vectors }, (_, i) => {
        const quad = [0, 1, 2, 3].map((lane) => sums[lane * all + plane * vectors + i]);
        transpose(c, quad, Math.min(4, k - 4 * i));
        return quad.slice(0, k - 4 * i);
      }).flat();
    const energies = byValue(0);
    const counts = levels.planes === 2 ? byValue(1) : [];
    drawFour(visit, levels, energies, counts, rate, recordBytes);
    const values = c.local('v128');
    c.set(values);
    for (let lane = 0; lane < 4; lane++) {
      emitSelf(visit, lane * recordBytes);
      c.get(values).lane('i32x4.extract_lane', lane).memory('i32.store8');
    }
    c.release(values);
  };
  const one = (visit: Visit, { rate, sums }: Made): void => {
    const mine = sums.slice(0, all);
    energiesOf(visit, 0, mine);
    emitSelf(visit, 0);
    drawOne(visit, levels, k, mine.slice(0, vectors), mine.slice(vectors), rate);
    visit.c.memory('i32.store8');
  };
  const sideBySide = k <= MAX_SIDE_BY_SIDE;
  const before = (c: Code): Made => {
    const rate = c.local('v128');
    c.i32(rateAt).memory('v128.load').set(rate);
    return { rate, sums: Array.from({ length: (sideBySide ? 4 : 1) * all }, () => c.local('v128')) };
  };
  return defineRun(stage, recordBytes, before, sideBySide ? four : null, one);
}

/** Lanes of the first variables become lanes twice as wide of the first `wanted` variables. */
function widen(c: Code, x: readonly Local[], to: string, from: string, wanted: number): void {
  for (let i = wanted - 1; i >= 0; i--) {
    const half = i % 2 === 0 ? 'low' : 'high';
    c.get(x[i >> 1])
      .op(`${to}.extend_${half}_${from}_u`)
      .set(x[i]);
  }
}

/** Vectors of four values of four sites become vectors of four sites of as many values as are wanted. */
export function transpose(c: Code, x: readonly Local[], wanted: number): void {
  const low = [0, 4, 1, 5] as const;
  const high = [2, 6, 3, 7] as const;
  const [a, b] = [c.local('v128'), c.local('v128')];
  const both = (of: readonly [number, number, number, number], p: Local, q: Local): Code =>
    c
      .get(p)
      .get(q)
      .shuffle(lanes32(...of));
  if (wanted > 2) {
    both(high, x[0], x[1]).set(a);
    both(high, x[2], x[3]).set(b);
  }
  const [d, e] = [c.local('v128'), c.local('v128')];
  both(low, x[0], x[1]).set(d);
  both(low, x[2], x[3]).set(e);
  both([0, 1, 4, 5], d, e).set(x[0]);
  if (wanted > 1) both([2, 3, 6, 7], d, e).set(x[1]);
  if (wanted > 2) both([0, 1, 4, 5], a, b).set(x[2]);
  if (wanted > 3) both([2, 3, 6, 7], a, b).set(x[3]);
  c.release(a, b, d, e);
}

/** Energies of one site after another in memory. */
function inMemory(plan: EnergyPlan, layout: Layout, vectors: number, buffer: number): Shape['sweep'] {
  const { stage, group, levels, rows, rateAt } = plan;
  const { bytes } = rows;
  return defineRun(
    stage,
    layout.recordBytes,
    (c) => {
      const rate = c.local('v128');
      c.i32(rateAt).memory('v128.load').set(rate);
      return rate;
    },
    null,
    (visit, rate) => {
      const { c, record } = visit;
      const j = c.local('i32');
      c.i32(buffer);
      if (layout.own >= 0) c.get(record).i32(layout.own).op('i32.add').i32(bytes).copyMemory();
      else c.i32(0).i32(bytes).fillMemory();
      emitLinks(visit, layout, rows, 0, (row, first, scale) => {
        if (scale) {
          const double = c.local('i32');
          c.for(j, 0, 16 * vectors, 16, () => {
            c.get(row).get(j).i32(1).op('i32.shl', 'i32.add').set(double);
            c.get(j).get(j).memory('v128.load', buffer);
            emitScaled(c, double, first, scale, 4);
            c.op('i32x4.add').memory('v128.store', buffer);
          });
          c.release(double);
          return;
        }
        c.for(j, 0, bytes, 16, () => {
          c.get(j)
            .get(j)
            .memory('v128.load', buffer)
            .get(row)
            .get(j)
            .op('i32.add')
            .memory('v128.load', first);
          c.op('i32x4.add').memory('v128.store', buffer);
        });
      });
      emitSelf(visit, 0);
      drawMany(visit, levels, group.states, buffer, vectors, rate);
      c.memory('i32.store8');
      c.release(j);
    },
  );
}
