import { describe, expect, it } from 'vitest';
import {
  emitInline,
  emitSingleExp,
  emitSingleExp2,
  scalarFunction,
  singleExp,
  vectorFunction,
} from '../../src/engines/kernels/math/index.ts';
import type { Code, Local } from '../../src/engines/kernels/wasm/code.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { type Exports, ModuleBuilder } from '../../src/engines/kernels/wasm/module.ts';
import { functions } from '../../src/ir/functions.ts';
import type { FnName } from '../../src/ir/types.ts';

const COUNT = 4096;
const heap = new Heap();
const input = [heap.allocate(8 * COUNT), heap.allocate(8 * COUNT)];
const output = heap.allocate(8 * COUNT);

/** Loops that apply a function to arrays: `scalar`, `vector`, and `inline` where it exists. */
function loops(fn: FnName): Exports {
  const m = new ModuleBuilder();
  const { arity } = functions[fn];
  const scalar = scalarFunction(m, fn)!;
  const vector = vectorFunction(m, fn)!;
  const columns = input.slice(0, arity);
  m.define('scalar', ['i32'], [], (c) => {
    const i = c.local('i32');
    c.for(i, 0, c.params[0], 8, () => {
      c.get(i);
      for (const at of columns) c.get(i).memory('f64.load', at);
      c.call(scalar).memory('f64.store', output);
    });
  });
  m.define('vector', ['i32'], [], (c) => {
    const i = c.local('i32');
    c.for(i, 0, c.params[0], 16, () => {
      c.get(i);
      for (const at of columns) c.get(i).memory('v128.load', at);
      c.call(vector).memory('v128.store', output);
    });
  });
  m.define('inline', ['i32'], [], (c) => {
    const i = c.local('i32');
    c.for(i, 0, c.params[0], 16, () => {
      const args = columns.map((at) => {
        const x = c.local('v128');
        c.get(i).memory('v128.load', at).set(x);
        return x;
      });
      c.get(i);
      if (!emitInline(c, fn, args)) {
        for (const x of args) c.get(x);
        c.call(vector);
      }
      c.memory('v128.store', output);
    });
  });
  return m.instantiate(heap.memory);
}

const compiled = new Map<FnName, Exports>();

/** The values by scalars, after a check that lanes give the same bits. */
function evaluate(fn: FnName, ...columns: readonly (readonly number[])[]): Float64Array {
  const run = compiled.get(fn) ?? loops(fn);
  compiled.set(fn, run);
  const n = columns[0].length;
  const out = new Float64Array(n);
  for (let from = 0; from < n; from += COUNT) {
    const size = Math.min(COUNT, n - from);
    columns.forEach((c, k) => {
      heap.f64(input[k], size).set(c.slice(from, from + size));
    });
    run.scalar(8 * size);
    const scalar = heap.f64(output, size).slice();
    out.set(scalar, from);
    for (const form of ['vector', 'inline']) {
      run[form](8 * size);
      const lanes = heap.f64(output, size);
      for (let i = 0; i < size; i++) {
        if (!Object.is(scalar[i], lanes[i]))
          expect.fail(
            `${fn}(${columns.map((c) => c[from + i])}): ${scalar[i]} by scalars, ${lanes[i]} ${form}`,
          );
      }
    }
  }
  return out;
}

const view = new DataView(new ArrayBuffer(8));
/** The distance to the next number away from 0. */
function ulp(x: number): number {
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  view.setBigUint64(0, bits + 1n);
  const next = view.getFloat64(0);
  return next === Number.POSITIVE_INFINITY ? 2 ** 971 : next - Math.abs(x);
}

/** SplitMix64, so that failures can be repeated. */
function random(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}
const next = random(7n);
const uniform = (lo: number, hi: number, n = 3000): number[] =>
  Array.from({ length: n }, () => lo + (hi - lo) * (Number(next() >> 11n) / 2 ** 53));
const patterns = (n = 4000): number[] =>
  Array.from({ length: n }, () => {
    view.setBigUint64(0, next());
    return view.getFloat64(0);
  });
const grid = (lo: number, hi: number, n = 2001): number[] =>
  Array.from({ length: n }, (_, i) => lo + ((hi - lo) * i) / (n - 1));
const signed = (x: readonly number[]): number[] => x.flatMap((v) => [v, -v]);
const special: readonly number[] = [
  ...signed([
    ...[0, Number.MIN_VALUE, 3e-310, 2 ** -1022, 2 ** -1021, 1e-300, 1e-20, 2 ** -54, 2 ** -53, 2 ** -27],
    ...[1e-5, 0.1, 0.25, 0.4142135623730951, 0.41421356237309515, 0.5, Math.SQRT1_2, 0.75, 1, Math.SQRT2],
    ...[
      1 - 2 ** -53,
      1 + 2 ** -52,
      1.5,
      2,
      3,
      Math.PI,
      5,
      10,
      36.7,
      37,
      100,
      171.6,
      709,
      709.78,
      709.79,
      710,
    ],
    ...[
      710.4,
      710.475,
      710.48,
      711,
      745,
      745.13,
      745.14,
      746,
      1000,
      1e5,
      2 ** 20,
      1e10,
      2 ** 53,
      1e100,
      1e300,
    ],
    ...[Number.MAX_VALUE, Number.POSITIVE_INFINITY],
  ]),
  Number.NaN,
];

/** The largest error in units of the last place, or a failure where only one of the two is a number. */
function worst(fn: FnName, columns: readonly (readonly number[])[], scale = (y: number): number => ulp(y)) {
  const got = evaluate(fn, ...columns);
  let [most, at] = [0, ''];
  got.forEach((value, i) => {
    const args = columns.map((c) => c[i]);
    const want = functions[fn].eval(...args);
    if (Object.is(value, want)) return;
    const error = Math.abs(value - want) / scale(want);
    const same = Number.isFinite(value) && Number.isFinite(want) && (value !== 0 || want !== 0);
    if (!same) expect.fail(`${fn}(${args}) is ${value}, expected ${want}`);
    if (error > most) [most, at] = [error, `${fn}(${args}) = ${value}, expected ${want}`];
  });
  return { most, at };
}

const everywhere = [...special, ...patterns(), ...grid(-40, 40), ...uniform(-3, 3), ...uniform(-760, 760)];
const about1 = [...uniform(0.5, 2), ...uniform(-0.6, 1.2), ...uniform(-1e-3, 1e-3), ...uniform(0, 1e3)];

const angles = [
  ...[...special, ...patterns(20000), ...grid(-40, 40), ...uniform(-1e5, 1e5), ...uniform(-2e6, 2e6)],
  // Next to multiples of ½π, where the reduced angle loses all its places.
  ...signed(grid(1, 2000, 2000).map((k) => (k * Math.PI) / 2)),
  ...signed([1048576.9, 6381956970095103 * 2 ** 797, 5319372648326541 * 2 ** 255, 3 * 2 ** 1000]),
];

/** Function, arguments, largest error in ulp. */
const unary: readonly (readonly [FnName, readonly number[], number])[] = [
  ['exp', everywhere, 2],
  ['log', [...everywhere, ...about1], 2],
  ['log1p', [...everywhere, ...about1], 2],
  ['expm1', [...everywhere, ...about1], 3],
  ['sigmoid', everywhere, 3],
  ['silu', everywhere, 3],
  ['softplus', everywhere, 3],
  ['tanh', [...everywhere, ...about1], 4],
  ['sinh', [...everywhere, ...about1], 4],
  ['cosh', everywhere, 3],
  ['sin', angles, 2],
  ['cos', angles, 2],
  ['tan', angles, 4],
  ['atan', [...everywhere, ...about1], 3],
  ['asin', [...special, ...uniform(-1, 1), ...uniform(-1e-6, 1e-6)], 4],
  ['acos', [...special, ...uniform(-1, 1), ...uniform(0.999, 1)], 4],
  ['sign', everywhere, 0],
  [
    'round',
    [...everywhere, ...grid(-20, 20, 161), 0.49999999999999994, -0.49999999999999994, 2 ** 52 - 0.5],
    0,
  ],
  ['square', everywhere, 0],
  ['relu', everywhere, 0],
];

describe('scalar functions as WebAssembly', () => {
  for (const [fn, args, bound] of unary) {
    it(`${fn} within ${bound} ulp of the reference, lanes equal to scalars`, () => {
      const { most, at } = worst(fn, [args]);
      expect(most, at).toBeLessThanOrEqual(bound);
    });
  }
});

const pairs = (a: readonly number[], b: readonly number[]): number[][] => [
  a.flatMap((x) => b.map(() => x)),
  a.flatMap(() => [...b]),
];
const join = (...parts: readonly number[][][]): number[][] => [0, 1].map((k) => parts.flatMap((p) => p[k]));

describe('scalar functions of two numbers', () => {
  const corners = pairs(special, special);
  it('pow within 2 ulp', () => {
    const whole = signed([0, 0.5, 1, 1.5, 2, 3, 7, 10, 31, 100, 101, 1000, 2 ** 53 - 1, 2 ** 53]);
    const args = join(
      corners,
      pairs([...special, ...uniform(-4, 4, 60)], whole),
      [uniform(0, 20, 20000), uniform(-250, 250, 20000)],
      [uniform(0.9, 1.1, 20000), uniform(-7000, 7000, 20000)],
      [patterns(20000), patterns(20000)],
      [patterns(20000), uniform(-2, 2, 20000)],
    );
    const { most, at } = worst('pow', args);
    expect(most, at).toBeLessThanOrEqual(2);
  });

  it('logaddexp within 3 ulp of 1 + |max|', () => {
    const args = join(corners, [uniform(-50, 50), uniform(-50, 50)], [uniform(-1, 1), uniform(-1, 1)]);
    const { most, at } = worst('logaddexp', args, (y) => ulp(1 + Math.abs(y)));
    expect(most, at).toBeLessThanOrEqual(3);
  });

  it('atan2 within 4 ulp, mod exactly', () => {
    const args = join(corners, [uniform(-5, 5), uniform(-5, 5)], [patterns(), patterns()]);
    const { most, at } = worst('atan2', args);
    expect(most, at).toBeLessThanOrEqual(4);
    expect(worst('mod', args).most).toBe(0);
  });
});

describe('special functions', () => {
  const relative = (y: number): number => Math.max(Math.abs(y), 2 ** -1000);
  const orOne = (y: number): number => Math.max(Math.abs(y), 1);
  const positive = special.filter((x) => !(x <= 0));
  const sizes = uniform(-30, 30).map(Math.exp);
  const below = uniform(-30, 0, 500).filter((x) => Math.abs(x - Math.round(x)) > 1e-3);
  const whole = grid(-40, 0, 41);
  const tails = [...special, ...uniform(-40, 40), ...uniform(-3, 3), ...uniform(-0.1, 0.1)];
  const rows: readonly (readonly [FnName, readonly number[], (y: number) => number, number])[] = [
    ['lgamma', [...positive, ...sizes, ...grid(0.01, 12, 1200)], relative, 1e-14],
    ['lgamma', [...whole, ...below, Number.NEGATIVE_INFINITY], orOne, 1e-11],
    ['digamma', [...positive, ...sizes, ...grid(0.01, 14, 1400)], orOne, 1e-14],
    ['digamma', [...whole, ...below, Number.NEGATIVE_INFINITY], orOne, 1e-10],
    ['trigamma', [...positive, ...sizes, ...grid(0.01, 14, 1400)], relative, 1e-14],
    ['trigamma', [...whole, ...below, Number.NEGATIVE_INFINITY], orOne, 1e-10],
    ['erf', tails, relative, 1e-15],
    ['erfc', tails, relative, 1e-13],
    ['log_phi', tails, relative, 1e-13],
    ['inverse_mills', tails, relative, 2e-13],
    ['log_i0', [...special, ...uniform(-80, 80), ...uniform(-1, 1)], relative, 1e-14],
  ];
  for (const [fn, args, scale, bound] of rows) {
    it(`${fn} to ${bound}`, () => {
      const { most, at } = worst(fn, [args], scale);
      expect(most, at).toBeLessThanOrEqual(bound);
    });
  }

  it('bessel_ratio to 1e-14', () => {
    const args = join(
      pairs([0, 1, 2, 5, 20], [...special, ...uniform(-100, 100, 500), ...uniform(-2000, 2000, 200)]),
    );
    const { most, at } = worst('bessel_ratio', args, relative);
    expect(most, at).toBeLessThanOrEqual(1e-14);
  });

  it('lbeta to 1e-13', () => {
    const args = join(pairs(positive, positive), [sizes, uniform(-30, 30).map(Math.exp)]);
    const { most, at } = worst('lbeta', args, orOne);
    expect(most, at).toBeLessThanOrEqual(1e-13);
  });
});

describe('float32 exponentials', () => {
  const m = new ModuleBuilder();
  const f = singleExp(m);
  const forms = {
    call: (c: Code, x: Local): void => void c.get(x).call(f),
    exp: emitSingleExp,
    exp2: emitSingleExp2,
  };
  for (const [name, write] of Object.entries(forms)) {
    m.define(name, ['i32'], [], (c) => {
      const [i, x] = [c.local('i32'), c.local('v128')];
      c.for(i, 0, c.params[0], 16, () => {
        c.get(i).memory('v128.load', input[0]).set(x).get(i);
        write(c, x);
        c.memory('v128.store', output);
      });
    });
  }
  const run = m.instantiate(heap.memory);
  const single = (form: keyof typeof forms, x: Float32Array): Float32Array => {
    heap.f32(input[0], x.length).set(x);
    run[form](4 * x.length);
    return heap.f32(output, x.length).slice();
  };
  const rows = [
    ['exp', Math.exp, Math.LN2],
    ['exp2', (x: number) => 2 ** x, 1],
  ] as const;

  for (const [form, exact, unit] of rows) {
    it(`${form} is within 2⁻²² in relative terms over its range`, () => {
      let [most, at] = [0, 0];
      const among = (x: Float32Array): void => {
        single(form, x).forEach((y, i) => {
          const error = Math.abs(y / exact(x[i]) - 1);
          if (error > most) [most, at] = [error, x[i]];
        });
      };
      for (let n = -126; n <= 127; n++)
        among(Float32Array.from(uniform((n - 0.499) * unit, (n + 0.489) * unit, COUNT)));
      among(Float32Array.from(signed([0, 1e-45, 1e-30, 1e-8, 6e-8, 1e-4, 0.34, 0.35])));
      expect(most, `at ${at}`).toBeLessThan(2 ** -22);
    });

    it(`${form} is 0 far below, finite far above, and NaN only for NaN`, () => {
      const far = [-Infinity, -3e38, -150, -127, 127.49, 128, 1e4, Infinity, Number.NaN];
      const y = single(
        form,
        Float32Array.from(far, (x) => (Math.abs(x) < 200 ? x * unit : x)),
      );
      expect([...y.slice(0, 4)]).toEqual([0, 0, 0, 0]);
      expect(y[4] / 2.39e38).toBeCloseTo(1, 2);
      for (const v of y.slice(5, 8)) expect(v).toBe(y[4]);
      expect(y[8]).toBeNaN();
    });
  }

  it('gives the same by a call as inline', () => {
    const x = Float32Array.from(uniform(-100, 100, COUNT));
    expect(single('call', x)).toEqual(single('exp', x));
  });
});

describe('what is emitted', () => {
  it('is nothing for what is an instruction or takes a choice', () => {
    for (const fn of ['add', 'sqrt', 'min', 'select', 'pick', 'lt'] as const) {
      const m = new ModuleBuilder();
      expect(scalarFunction(m, fn)).toBeNull();
      expect(vectorFunction(m, fn)).toBeNull();
    }
  });

  it('is written once, and inline only without branches', () => {
    const m = new ModuleBuilder();
    expect(scalarFunction(m, 'lgamma')).toBe(scalarFunction(m, 'lgamma'));
    expect(vectorFunction(m, 'log')).toBe(vectorFunction(m, 'log'));
    expect(vectorFunction(m, 'log')).not.toBe(scalarFunction(m, 'log'));
    m.define('f', ['f64', 'i32'], ['f64'], (c) => {
      const [x, i] = c.params;
      expect(emitInline(c, 'lgamma', [x])).toBe(false);
      expect(emitInline(c, 'sin', [x])).toBe(false);
      expect(emitInline(c, 'exp', [i])).toBe(false);
      expect(emitInline(c, 'exp', [x])).toBe(true);
    });
    expect(m.instantiate(heap.memory).f(0, 0)).toBe(1);
  });
});
