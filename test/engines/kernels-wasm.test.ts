import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Code, Local } from '../../src/engines/kernels/wasm/code.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { type Exports, ModuleBuilder } from '../../src/engines/kernels/wasm/module.ts';
import { leb, opcodes } from '../../src/engines/kernels/wasm/opcodes.ts';

const heap = new Heap();

/** A module with the one function `f`. */
function compiled(
  params: readonly ('i32' | 'f64' | 'f32')[],
  result: 'i32' | 'f64' | 'f32',
  write: (c: Code) => void,
): Exports {
  const m = new ModuleBuilder();
  m.define('f', params, [result], write);
  return m.instantiate(heap.memory);
}

describe('the encoder', () => {
  it('writes unsigned LEB128 as the specification does', () => {
    expect([0, 1, 127, 128, 300, 2 ** 32 - 1].map(leb)).toEqual([
      [0],
      [1],
      [0x7f],
      [0x80, 1],
      [0xac, 2],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
    ]);
  });

  it('has the codes of the specification', () => {
    const hex = (name: string): string =>
      opcodes
        .get(name)!
        .map((x) => x.toString(16))
        .join(' ');
    const expected: Record<string, string> = {
      'i64.ge_u': '5a',
      'f64.ge': '66',
      'i64.rotr': '8a',
      'f64.copysign': 'a6',
      'f64.promote_f32': 'bb',
      'f64.reinterpret_i64': 'bf',
      'i64.trunc_sat_f64_u': 'fc 7',
      'i8x16.swizzle': 'fd e',
      'f64x2.ge': 'fd 4c',
      'i8x16.avgr_u': 'fd 7b',
      'i32x4.extadd_pairwise_i16x8_u': 'fd 7f',
      'f64x2.nearest': 'fd 94 1',
      'i16x8.avgr_u': 'fd 9b 1',
      'i32x4.dot_i16x8_s': 'fd ba 1',
      'i64x2.ge_s': 'fd db 1',
      'f64x2.pmax': 'fd f7 1',
      'f64x2.convert_low_i32x4_u': 'fd ff 1',
    };
    for (const [name, code] of Object.entries(expected))
      expect(`${name} ${hex(name)}`).toBe(`${name} ${code}`);
  });

  it('gives numbers as they are', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double(), (i, x) => {
        expect(compiled([], 'i32', (c) => c.i32(i)).f()).toBe(i);
        expect(compiled([], 'f64', (c) => c.f64(x)).f()).toBe(x);
        expect(compiled([], 'f32', (c) => c.f32(x)).f()).toBe(Math.fround(x));
        expect(compiled([], 'f64', (c) => c.splat('f64x2', x).lane('f64x2.extract_lane', 1)).f()).toBe(x);
      }),
      { numRuns: 50 },
    );
  });

  it('counts loops, with bounds known and not', () => {
    const count = (
      from: number | null,
      to: number | null,
      step: number,
    ): ((a: number, b: number) => number) =>
      compiled(['i32', 'i32'], 'i32', (c) => {
        const [a, b] = c.params;
        const i = c.local('i32');
        const n = c.local('i32');
        c.for(i, from ?? a, to ?? b, step, () => c.get(n).i32(1).op('i32.add').set(n));
        c.get(n);
      }).f;
    for (const [a, b, step] of [
      [0, 10, 1],
      [3, 10, 4],
      [5, 5, 1],
      [9, 2, 1],
    ]) {
      const expected = a < b ? Math.ceil((b - a) / step) : 0;
      expect(count(a, b, step)(0, 0)).toBe(expected);
      expect(count(null, null, step)(a, b)).toBe(expected);
      expect(count(null, b, step)(a, 0)).toBe(expected);
    }
  });

  it('branches out of nested blocks', () => {
    const { f } = compiled(['i32'], 'i32', (c) => {
      const [x] = c.params;
      c.block((out) => {
        c.block((inner) => {
          c.get(x).op('i32.eqz').branchIf(inner);
          c.i32(7).get(x).i32(1).op('i32.eq').branchIf(out).op('drop');
          c.i32(8).branch(out);
        });
        c.i32(9);
      }, 'i32');
    });
    expect([f(0), f(1), f(2)]).toEqual([9, 7, 8]);
  });

  it('calls functions of its own, written once, and those of the host', () => {
    const m = new ModuleBuilder();
    const host = m.import('half', ['f64'], ['f64'], (x) => x / 2);
    let written = 0;
    const square = (): ReturnType<ModuleBuilder['shared']> =>
      m.shared('square', ['f64'], ['f64'], (c) => {
        written++;
        c.get(c.params[0]).get(c.params[0]).op('f64.mul');
      });
    m.define('f', ['f64'], ['f64'], (c) => {
      c.get(c.params[0]).call(square()).call(square()).call(host);
    });
    expect(m.instantiate(heap.memory).f(3)).toBe(40.5);
    expect(written).toBe(1);
    expect(() => m.import('late', [], [], () => undefined)).toThrow('imports come before');
  });

  it('gives variables out again', () => {
    const { f } = compiled(['i32'], 'i32', (c) => {
      const a = c.local('i32');
      c.get(c.params[0]).set(a);
      c.release(a);
      const b: Local = c.local('i32');
      expect(b).toBe(a);
      c.get(b);
    });
    expect(f(5)).toBe(5);
  });

  it('knows no other instructions', () => {
    const c = (): Code => new ModuleBuilder().define('f', [], [], (code) => code.op('f64.fma')) as never;
    expect(c).toThrow('there is no instruction f64.fma');
  });
});

describe('the heap', () => {
  it('hands out pieces that do not overlap, and takes them back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9000 }), fc.boolean()), { maxLength: 60 }),
        (todo) => {
          const h = new Heap();
          const live = new Map<number, number>();
          for (const [size, drop] of todo) {
            const [first] = live.keys();
            if (drop && first !== undefined) {
              h.release(first);
              live.delete(first);
              continue;
            }
            const at = h.allocate(size);
            expect(at % 64).toBe(0);
            expect(at).toBeGreaterThan(0);
            expect(h.u8(at, size).every((b) => b === 0)).toBe(true);
            h.u8(at, size).fill(255);
            for (const [other, length] of live) expect(at + size <= other || other + length <= at).toBe(true);
            live.set(at, size);
          }
          for (const at of live.keys()) h.release(at);
          expect(h.used).toBe(0);
        },
      ),
    );
  });

  it('grows, and finds its gaps again', () => {
    const h = new Heap();
    const pieces = Array.from({ length: 40 }, () => h.allocate(100_000));
    const bytes = h.memory.buffer.byteLength;
    for (const p of pieces) h.release(p);
    for (let i = 0; i < 40; i++) h.allocate(100_000);
    expect(h.memory.buffer.byteLength).toBe(bytes);
  });

  it('refuses what it never gave', () => {
    expect(() => new Heap().release(128)).toThrow('nothing was allocated at 128');
  });
});
