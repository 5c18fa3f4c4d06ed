/**
 * Jumps of discrete values by one word of 32 random bits each, w·2⁻³² for the uniform number: what
 * `learn/heat-kernels.ts` does with a number, for whole arrays and to the same values.
 */
import type { Code, Local } from '../wasm/code.ts';
import { Lanes, type Width } from './lanes.ts';

const DOUBLE = 8;

/** Adds to an address. */
const move = (c: Code, address: Local, by: number): Code => c.get(address).i32(by).op('i32.add').set(address);

/**
 * (from, to, vectors, copies, elements, first): vector n of `to` is vector ⌊(first + n)/copies⌋ of `from`. `to` has
 * room for one number more.
 */
export function writeCopies(c: Code, width: Width): void {
  const [from, to, vectors, copies, elements, first] = c.params;
  const [n, e, m, source] = [c.local('i32'), c.local('i32'), c.local('i32'), c.local('i32')];
  const step = width > 1 ? 2 : 1;
  const type = width > 1 ? 'v128' : 'f64';
  c.get(first).set(m);
  if (width > 1) {
    c.get(elements).i32(1).op('i32.eq');
    c.if(() => {
      writeRuns(c, from, to, vectors, copies, m, n, e);
      c.op('return');
    });
  }
  c.for(n, 0, vectors, 1, () => {
    c.get(from).set(source);
    c.for(e, 0, elements, step, () => {
      c.get(to).get(source).memory(`${type}.load`).memory(`${type}.store`);
      move(c, source, step * DOUBLE);
      move(c, to, step * DOUBLE);
    });
    if (step > 1) {
      // What was copied beyond an odd length is written over by the next vector.
      c.get(to).get(elements).i32(1).op('i32.and').i32(3).op('i32.shl', 'i32.sub').set(to);
    }
    move(c, m, 1).get(m).get(copies).op('i32.eq');
    c.if(() => {
      c.i32(0).set(m);
      c.get(from).get(elements).i32(3).op('i32.shl', 'i32.add').set(from);
    });
  });
}

/** Vectors of one element: the rest of its copies, two at a time. What is written beyond is written over, or is room. */
function writeRuns(
  c: Code,
  from: Local,
  to: Local,
  vectors: Local,
  copies: Local,
  m: Local,
  n: Local,
  i: Local,
): void {
  const [length, value] = [c.local('i32'), c.local('v128')];
  c.get(vectors).set(n);
  c.loop((again) => {
    c.get(copies).get(m).op('i32.sub').get(n);
    c.get(copies).get(m).op('i32.sub').get(n).op('i32.lt_s', 'select').set(length);
    c.get(from).memory('v128.load64_splat').set(value);
    c.for(i, 0, length, 2, () => {
      c.get(to).get(i).i32(3).op('i32.shl', 'i32.add').get(value).memory('v128.store');
    });
    c.get(to).get(length).i32(3).op('i32.shl', 'i32.add').set(to);
    move(c, from, DOUBLE).i32(0).set(m);
    c.get(n).get(length).op('i32.sub').tee(n).i32(0).op('i32.gt_s').branchIf(again);
  });
}

/**
 * (words, values, count, redraw, states, offset, scale): with probability `redraw` one of the states, else as it was. Both
 * arrays have room for `count` rounded up to a multiple of four.
 */
export function writeRedraws(c: Code, width: Width): void {
  const v = new Lanes(c, width);
  const [words, values, count, redraw, states, offset, scale] = c.params;
  const i = c.local('i32');
  const [u, below, many, last, zero, unit] = Array.from({ length: 6 }, () => v.doubles());
  const spread = (from: Local, to: Local): void => {
    c.get(from);
    v.spread('f64');
    c.set(to);
  };
  spread(redraw, below);
  spread(states, many);
  c.get(states).f64(1).op('f64.sub');
  v.spread('f64');
  c.set(last);
  spread(offset, zero);
  spread(scale, unit);
  const load = v.wide ? 'v128.load' : 'f64.load';
  c.for(i, 0, count, width, () => {
    for (let half = 0; half < (v.wide ? 2 : 1); half++) {
      c.get(values);
      c.get(words);
      if (v.wide) c.memory('v128.load64_zero', 8 * half);
      else c.memory('i32.load');
      v.convert()
        .constant(2 ** -32)
        .double('mul');
      c.set(u).get(zero).get(unit);
      // Below `redraw`, u/redraw is uniform again.
      c.get(u).get(below);
      v.double('div');
      c.get(many);
      v.double('mul', 'floor');
      c.get(last);
      v.double('min', 'mul', 'add');
      c.get(values).memory(load, 16 * half);
      c.get(u).get(below);
      v.double('lt').select();
      c.memory(v.wide ? 'v128.store' : 'f64.store', 16 * half);
    }
    move(c, words, 4 * width);
    move(c, values, DOUBLE * width);
  });
}

/** u, and the first position from `base` on whose running sum is above it, by the guide for its leading bits. */
function writeSearch(
  c: Code,
  word: Local,
  u: Local,
  sums: Local,
  guide: Local,
  shift: Local,
  i: Local,
): void {
  c.get(guide).get(word).get(shift).op('i32.shr_u').i32(2).op('i32.shl', 'i32.add').memory('i32.load').set(i);
  c.block((found) => {
    c.loop((again) => {
      c.get(sums)
        .get(i)
        .i32(3)
        .op('i32.shl', 'i32.add')
        .memory('f64.load')
        .get(u)
        .op('f64.gt')
        .branchIf(found);
      move(c, i, 1).branch(again);
    });
  });
}

/** Leaves the number of the state of the value at an address on the stack. */
const writeState = (c: Code, values: Local, offset: Local, scale: Local): Code =>
  c.get(values).memory('f64.load').get(offset).op('f64.sub').get(scale).op('f64.div', 'i32.trunc_sat_f64_s');

/** Stores offset + scale·state. */
const storeState = (c: Code, values: Local, state: Local, offset: Local, scale: Local): Code =>
  c
    .get(values)
    .get(offset)
    .get(scale)
    .get(state)
    .op('f64.convert_i32_s', 'f64.mul', 'f64.add')
    .memory('f64.store');

/**
 * (words, values, count, steps, guide, shift, period, states, offset, scale): a step around a ring of `period` states,
 * of which states and period − 1 − state are one where there are fewer states.
 */
export function writeRingSteps(c: Code): void {
  const [words, values, count, steps, guide, shift, period, states, offset, scale] = c.params;
  const [i, k, word, state] = [c.local('i32'), c.local('i32'), c.local('i32'), c.local('i32')];
  const [u, least] = [c.local('f64'), c.local('f64')];
  c.get(steps).memory('f64.load').set(least);
  c.for(i, 0, count, 1, () => {
    c.get(words)
      .memory('i32.load')
      .tee(word)
      .op('f64.convert_i32_u')
      .f64(2 ** -32)
      .op('f64.mul')
      .tee(u);
    // The first step is the one of length 0.
    c.get(least).op('f64.ge');
    c.if(() => {
      writeSearch(c, word, u, steps, guide, shift, k);
      writeState(c, values, offset, scale).get(k).op('i32.add').tee(state);
      c.get(state).get(period).op('i32.sub').get(state).get(period).op('i32.lt_s', 'select').tee(state);
      c.get(period).i32(1).op('i32.sub').get(state).op('i32.sub');
      c.get(state).get(states).op('i32.lt_s', 'select').set(state);
      storeState(c, values, state, offset, scale);
    });
    move(c, words, 4);
    move(c, values, DOUBLE);
  });
}

/** (words, values, count, rows, guides, shift, states, offset, scale): by the running sums of a row for each state. */
export function writeTableJumps(c: Code): void {
  const [words, values, count, rows, guides, shift, states, offset, scale] = c.params;
  const [i, k, word, state, row, guide] = Array.from({ length: 6 }, () => c.local('i32'));
  const u = c.local('f64');
  c.for(i, 0, count, 1, () => {
    c.get(words)
      .memory('i32.load')
      .tee(word)
      .op('f64.convert_i32_u')
      .f64(2 ** -32)
      .op('f64.mul')
      .set(u);
    writeState(c, values, offset, scale).set(state);
    c.get(rows).get(state).get(states).op('i32.mul').i32(3).op('i32.shl', 'i32.add').set(row);
    // A guide has 2^(32 − shift) entries of four bytes.
    c.get(guides).get(state).i32(34).get(shift).op('i32.sub', 'i32.shl', 'i32.add').set(guide);
    writeSearch(c, word, u, row, guide, shift, k);
    storeState(c, values, k, offset, scale);
    move(c, words, 4);
    move(c, values, DOUBLE);
  });
}
