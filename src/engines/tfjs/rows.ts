/**
 * Sums over a dimension, reads along one and their transposes in float32, as WebAssembly in tfjs's own memory. Arrays lie
 * as [outer, k, inner], and what is innermost is taken four numbers at a time. Sums are carried in float64.
 */
import type { Code, Local } from '../kernels/wasm/code.ts';
import { ModuleBuilder } from '../kernels/wasm/module.ts';

/** Addresses are in bytes; sizes in elements. */
export interface RowKernels {
  /** out[o, i] = Σₖ x[o, k, i]. */
  sum(x: number, out: number, outer: number, k: number, inner: number): void;
  /** out[i] = Σₖ w[k]·x[k, i]. */
  weightedSum(w: number, x: number, out: number, k: number, inner: number): void;
  /** out[o, j, i] = x[o, table[j], i], 0 where the table has −1; x is [outer, n, inner], the table has m int32. */
  gather(x: number, table: number, out: number, outer: number, n: number, inner: number, m: number): void;
  /** out[o, table[j], i] += x[o, j, i]; −1 goes nowhere. */
  scatter(x: number, table: number, out: number, outer: number, n: number, inner: number, m: number): void;
}

const FLOAT = 4;
/** Columns that are summed at once: a line of the cache. */
const WIDE = 16;

export function rowKernels(memory: WebAssembly.Memory): RowKernels {
  const module = new ModuleBuilder();
  const five = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.define('sum', five, [], (c) => {
    const [x, out, outer, k, inner] = c.params;
    writeSums(c, { x, w: null, out, outer, k, inner });
  });
  module.define('weightedSum', five, [], (c) => {
    const [w, x, out, k, inner] = c.params;
    writeSums(c, { x, w, out, outer: null, k, inner });
  });
  const seven = [...five, 'i32', 'i32'] as const;
  module.define('gather', seven, [], writeGather);
  module.define('scatter', seven, [], writeScatter);
  return module.instantiate(memory) as unknown as RowKernels;
}

interface Sums {
  readonly x: Local;
  readonly w: Local | null;
  readonly out: Local;
  readonly outer: Local | null;
  readonly k: Local;
  readonly inner: Local;
}

/** Leaves base + index·4 on the stack. */
const element = (c: Code, base: Local, index: Local): Code =>
  c.get(base).get(index).i32(2).op('i32.shl', 'i32.add');

/** Adds to an address. */
const move = (c: Code, address: Local, by: Local | number): Code => {
  c.get(address);
  if (typeof by === 'number') c.i32(by);
  else c.get(by);
  return c.op('i32.add').set(address);
};

function writeSums(c: Code, { x, w, out, outer, k, inner }: Sums): void {
  const [o, i, j, from, stride, weight] = Array.from({ length: 6 }, () => c.local('i32'));
  const scale = c.local('v128');
  const end = c.local('i32');
  c.get(inner).i32(2).op('i32.shl').set(stride);
  /** Columns i … i + count − 1, two to a register. */
  const columns = (count: number): void => {
    const sums = Array.from({ length: Math.ceil(count / 2) }, () => c.local('v128'));
    for (const s of sums) c.splat('f64x2', 0).set(s);
    element(c, x, i).set(from);
    if (w) c.get(w).set(weight);
    c.for(j, 0, k, 1, () => {
      if (w) {
        c.get(weight).memory('f32.load').op('f64.promote_f32', 'f64x2.splat').set(scale);
        move(c, weight, FLOAT);
      }
      sums.forEach((s, p) => {
        const load = count === 1 ? 'v128.load32_zero' : 'v128.load64_zero';
        c.get(s)
          .get(from)
          .memory(load, 2 * p * FLOAT)
          .op('f64x2.promote_low_f32x4');
        if (w) c.get(scale).op('f64x2.mul');
        c.op('f64x2.add').set(s);
      });
      move(c, from, stride);
    });
    sums.forEach((s, p) => {
      element(c, out, i).get(s).op('f32x4.demote_f64x2_zero');
      const store = count === 1 ? 'v128.store32_lane' : 'v128.store64_lane';
      c.memoryLane(store, 0, 2 * p * FLOAT);
    });
    c.release(...sums);
  };
  const row = (): void => {
    c.i32(0).set(i);
    for (const count of [WIDE, 2, 1]) {
      c.get(inner)
        .i32(count - 1)
        .op('i32.sub')
        .set(end);
      c.for(i, i, end, count, () => columns(count));
    }
  };
  if (outer === null) {
    row();
    return;
  }
  c.for(o, 0, outer, 1, () => {
    row();
    c.get(x).get(k).get(stride).op('i32.mul', 'i32.add').set(x);
    move(c, out, stride);
  });
}

/** (x, table, out, outer, n, inner, m) */
function writeGather(c: Code): void {
  const [x, table, out, outer, n, inner, m] = c.params;
  const [o, j, k, from, stride] = Array.from({ length: 5 }, () => c.local('i32'));
  c.get(inner).i32(2).op('i32.shl').set(stride);
  c.for(o, 0, outer, 1, () => {
    c.for(j, 0, m, 1, () => {
      element(c, table, j).memory('i32.load').tee(k).i32(0).op('i32.lt_s');
      c.if(
        () => c.get(out).i32(0).get(stride).fillMemory(),
        () => {
          c.get(x).get(k).get(stride).op('i32.mul', 'i32.add').set(from);
          eachOfRow(c, inner, (type, offset) => {
            offset(out);
            offset(from);
            c.memory(`${type}.load`).memory(`${type}.store`);
          });
        },
      );
      move(c, out, stride);
    });
    c.get(x).get(n).get(stride).op('i32.mul', 'i32.add').set(x);
  });
}

/** (x, table, out, outer, n, inner, m) */
function writeScatter(c: Code): void {
  const [x, table, out, outer, n, inner, m] = c.params;
  const [o, j, k, to, stride, size] = Array.from({ length: 6 }, () => c.local('i32'));
  c.get(inner).i32(2).op('i32.shl').set(stride);
  c.get(n).get(stride).op('i32.mul').set(size);
  c.for(o, 0, outer, 1, () => {
    c.get(out).i32(0).get(size).fillMemory();
    c.for(j, 0, m, 1, () => {
      // As a number without sign, −1 is out of range, too.
      element(c, table, j).memory('i32.load').tee(k).get(n).op('i32.lt_u');
      c.if(() => {
        c.get(out).get(k).get(stride).op('i32.mul', 'i32.add').set(to);
        eachOfRow(c, inner, (type, offset) => {
          offset(to);
          offset(to);
          c.memory(`${type}.load`);
          offset(x);
          c.memory(`${type}.load`).op(type === 'v128' ? 'f32x4.add' : 'f32.add');
          c.memory(`${type}.store`);
        });
      });
      move(c, x, stride);
    });
    move(c, out, size);
  });
}

/** Four elements of a row at a time, then one; `offset` leaves the present address in a row on the stack. */
function eachOfRow(
  c: Code,
  inner: Local,
  inside: (type: 'v128' | 'f32', offset: (row: Local) => void) => void,
): void {
  const [i, end] = [c.local('i32'), c.local('i32')];
  c.i32(0).set(i);
  for (const [type, count] of [
    ['v128', 4],
    ['f32', 1],
  ] as const) {
    c.get(inner)
      .i32(count - 1)
      .op('i32.sub')
      .set(end);
    c.for(i, i, end, count, () => inside(type, (row) => element(c, row, i)));
  }
  c.release(i, end);
}
