/** The code of a sweep over a group with local fields: a loop over segments, one piece for each shape. */
import type { Code, Local } from '../wasm/code.ts';
import {
  emitByteDraw,
  emitLaneDraw,
  emitLaneDraws,
  emitQuarters,
  type Scale,
  type Thresholds,
} from './field-draw.ts';
import { type FieldProgram, SCALE_AT, type Shape } from './field-program.ts';
import { loadRandom, type RandomState, storeRandom } from './random.ts';

/** What the pieces have in common. */
interface Frame {
  readonly c: Code;
  /** Address of the program. */
  readonly base: number;
  readonly state: Local;
  readonly random: RandomState;
  readonly scale: Scale;
  readonly wide: boolean;
  /** Address of the present entry less `base`; each piece leaves it at the next entry. */
  readonly entry: Local;
}

/**
 * Parameters: address of the codes, address of the generator. Result: −1.
 * @param base address of the program
 * @param far whether some |β·f| may be more than FAR
 */
export function emitFieldSweep(c: Code, program: FieldProgram, base: number, far: boolean): void {
  const [state, generator] = c.params;
  const random = loadRandom(c, generator);
  const scale: Scale = { factor: c.local('v128'), far };
  c.i32(base).memory('v128.load', SCALE_AT).set(scale.factor);
  const f: Frame = { c, base, state, random, scale, wide: program.wide, entry: c.local('i32') };
  const segment = c.local('i32');
  const shape = c.local('i32');
  const left = c.local('i32');
  c.for(segment, program.segmentsAt, program.segmentsAt + 12 * program.segments, 12, () => {
    c.get(segment).memory('i32.load', base).set(shape);
    c.get(segment)
      .memory('i32.load', base + 4)
      .set(f.entry);
    c.get(segment)
      .memory('i32.load', base + 8)
      .set(left);
    program.shapes.forEach((s, number) => {
      c.get(shape).i32(number).op('i32.eq');
      c.if(() => {
        c.loop((again) => {
          emitEntry(f, s);
          c.get(left).i32(1).op('i32.sub').tee(left).branchIf(again);
        });
      });
    });
  });
  storeRandom(c, generator, random);
  c.i32(-1);
}

function emitEntry(f: Frame, shape: Shape): void {
  const { kind, links, lanes } = shape;
  if (kind === 'single') emitSingle(f);
  else if (kind === 'mixed' && lanes === 'byte') emitMixedBytes(f);
  else if (kind === 'mixed') emitMixedFloats(f);
  else if (kind === 'equal') emitFloatEqualRun(f, links);
  else if (kind === 'array' && lanes === 'float') emitFloatArrayRun(f, links);
  else emitByteRun(f, links, kind);
}

// ── Reading entries ─────────────────────────────────────────────────────────

/** Word `k` of the entry, on the stack. */
const word = ({ c, base, entry }: Frame, k: number): Code => c.get(entry).memory('i32.load', base + 4 * k);

function wordLocal(f: Frame, k: number): Local {
  const l = f.c.local('i32');
  word(f, k).set(l);
  return l;
}

/** The address of the sites of the entry. */
function ownAddress(f: Frame): Local {
  const own = f.c.local('i32');
  word(f, 0).get(f.state).op('i32.add').set(own);
  return own;
}

const advance = (c: Code, l: Local, by: number): Code => c.get(l).i32(by).op('i32.add').set(l);

/** The thresholds of the entry's table, whose address is word 2. */
function loadThresholds(f: Frame): Thresholds {
  const { c, base } = f;
  const address = wordLocal(f, 2);
  const low = c.local('v128');
  c.get(address).memory('v128.load', base).set(low);
  let high: Local | null = null;
  if (f.wide) {
    high = c.local('v128');
    c.get(address)
      .memory('v128.load', base + 16)
      .set(high);
  }
  return { low, high, address, base };
}

function releaseThresholds(c: Code, t: Thresholds): void {
  c.release(t.address, t.low);
  if (t.high) c.release(t.high);
}

// ── Runs ────────────────────────────────────────────────────────────────────

/** Does `body` for each vector of a run; `own` is the address of its sites. */
function emitRun(f: Frame, own: Local, body: () => void): void {
  const { c } = f;
  const vectors = wordLocal(f, 1);
  c.loop((again) => {
    body();
    advance(c, own, 16);
    c.get(vectors).i32(1).op('i32.sub').tee(vectors).branchIf(again);
  });
  c.release(vectors);
}

const loadNeighbours = (c: Code, own: Local, offset: Local): Code =>
  c.get(own).get(offset).op('i32.add').memory('v128.load');

/** Leaves the number of neighbours that are 1 on the stack, as bytes. */
function emitCount(c: Code, own: Local, offsets: readonly Local[]): void {
  if (offsets.length === 0) c.splat('i8x16', 0);
  offsets.forEach((o, i) => {
    loadNeighbours(c, own, o);
    if (i > 0) c.op('i8x16.add');
  });
}

function emitByteRun(f: Frame, links: number, kind: 'plus' | 'minus' | 'array'): void {
  const { c, base } = f;
  const own = ownAddress(f);
  const thresholds = loadThresholds(f);
  const head = kind === 'array' ? 5 : 4;
  const offsets = Array.from({ length: links }, (_, l) => wordLocal(f, head + l));
  const index = c.local('v128');
  if (kind === 'array') {
    const data = wordLocal(f, 3);
    const stride = wordLocal(f, 4);
    emitRun(f, own, () => {
      c.get(own);
      c.get(data).memory('v128.load', base);
      offsets.forEach((o, l) => {
        loadNeighbours(c, own, o).op('i8x16.neg');
        c.get(data).memory('v128.load', base + 16 * (l + 1));
        c.op('v128.and', 'i8x16.add');
      });
      c.set(index);
      emitByteDraw(c, f.random, thresholds, index);
      c.memory('v128.store');
      c.get(data).get(stride).op('i32.add').set(data);
    });
    c.release(data, stride);
  } else {
    const first = c.local('v128');
    word(f, 3).op('i8x16.splat').set(first);
    emitRun(f, own, () => {
      c.get(own).get(first);
      emitCount(c, own, offsets);
      c.op(kind === 'plus' ? 'i8x16.add' : 'i8x16.sub').set(index);
      emitByteDraw(c, f.random, thresholds, index);
      c.memory('v128.store');
    });
    c.release(first);
  }
  advance(c, f.entry, 4 * (head + links));
  c.release(own, index, ...offsets);
  releaseThresholds(c, thresholds);
}

function emitFloatEqualRun(f: Frame, links: number): void {
  const { c, base } = f;
  const own = ownAddress(f);
  const weight = c.local('v128');
  word(f, 2).memory('v128.load', base).set(weight);
  const fields = wordLocal(f, 3);
  const stride = wordLocal(f, 4);
  const offsets = Array.from({ length: links }, (_, l) => wordLocal(f, 5 + l));
  const count = c.local('v128');
  const sums = quarters(c);
  emitRun(f, own, () => {
    c.get(own);
    emitCount(c, own, offsets);
    c.set(count);
    emitQuarters(c, count, 'u', (q) => {
      c.op('f32x4.convert_i32x4_s').get(weight).op('f32x4.mul');
      c.get(fields)
        .memory('v128.load', base + 16 * q)
        .op('f32x4.add')
        .set(sums[q]);
    });
    emitLaneDraws(c, f.random, f.scale, sums);
    c.memory('v128.store');
    c.get(fields).get(stride).op('i32.add').set(fields);
  });
  advance(c, f.entry, 4 * (5 + links));
  c.release(own, weight, fields, stride, count, ...offsets, ...sums);
}

function emitFloatArrayRun(f: Frame, links: number): void {
  const { c } = f;
  const own = ownAddress(f);
  const data = wordLocal(f, 2);
  const stride = wordLocal(f, 3);
  const offsets = Array.from({ length: links }, (_, l) => wordLocal(f, 4 + l));
  const mask = c.local('v128');
  const sums = quarters(c);
  emitRun(f, own, () => {
    c.get(own);
    loadSums(f, sums, data);
    offsets.forEach((o, l) => {
      loadNeighbours(c, own, o).op('i8x16.neg').set(mask);
      addWeights(f, sums, mask, data, 64 * (l + 1));
    });
    emitLaneDraws(c, f.random, f.scale, sums);
    c.memory('v128.store');
    c.get(data).get(stride).op('i32.add').set(data);
  });
  advance(c, f.entry, 4 * (4 + links));
  c.release(own, data, stride, mask, ...offsets, ...sums);
}

const quarters = (c: Code): readonly Local[] => Array.from({ length: 4 }, () => c.local('v128'));

/** Starts the four sums from the sixteen floats at `address`. */
function loadSums({ c, base }: Frame, sums: readonly Local[], address: Local): void {
  sums.forEach((s, q) => {
    c.get(address)
      .memory('v128.load', base + 16 * q)
      .set(s);
  });
}

/** Adds the sixteen floats at `address` + `more` where the bytes of `mask` are −1. */
function addWeights(
  { c, base }: Frame,
  sums: readonly Local[],
  mask: Local,
  address: Local,
  more: number,
): void {
  emitQuarters(c, mask, 's', (q) => {
    c.get(address).memory('v128.load', base + more + 16 * q);
    c.op('v128.and').get(sums[q]).op('f32x4.add').set(sums[q]);
  });
}

// ── Sixteen sites with neighbours in windows or anywhere ────────────────────

/**
 * Goes through the windows and gathered links of the entry, leaving `entry` at the next one.
 * @param add is given the bytes of the neighbours, −1 for 1, and the address of their steps or weights
 */
function emitNeighbours(f: Frame, own: Local, add: (mask: Local, numbers: Local) => void): void {
  const { c, base, entry, state } = f;
  const windows = wordLocal(f, 4);
  const gathered = wordLocal(f, 5);
  const mask = c.local('v128');
  const numbers = c.local('i32');
  advance(c, entry, 24);
  const each = (left: Local, words: number, body: () => void): void => {
    c.get(left).if(() => {
      c.loop((again) => {
        body();
        advance(c, entry, 4 * words);
        c.get(left).i32(1).op('i32.sub').tee(left).branchIf(again);
      });
    });
  };
  each(windows, 3, () => {
    word(f, 0).get(own).op('i32.add').memory('v128.load');
    word(f, 1).memory('v128.load', base).op('i8x16.swizzle', 'i8x16.neg').set(mask);
    word(f, 2).set(numbers);
    add(mask, numbers);
  });
  each(gathered, 17, () => {
    const half = c.local('v128');
    // Two halves, so that the sixteen insertions are not one chain.
    const read = (to: Local, from: number): void => {
      c.splat('i8x16', 0).set(to);
      for (let i = from; i < from + 8; i++) {
        word(f, 1 + i)
          .get(state)
          .op('i32.add');
        c.get(to).memoryLane('v128.load8_lane', i).set(to);
      }
    };
    read(mask, 0);
    read(half, 8);
    c.get(mask).get(half).op('v128.or', 'i8x16.neg').set(mask);
    word(f, 0).set(numbers);
    add(mask, numbers);
    c.release(half);
  });
  c.release(windows, gathered, mask, numbers);
}

/** Stores the bytes on the stack where the entry's mask says; others of the sixteen stay as they are. */
function emitMaskedStore(c: Code, own: Local, mask: Local): void {
  const x = c.local('v128');
  c.set(x);
  c.get(own);
  c.get(x).get(own).memory('v128.load').get(mask).op('v128.bitselect').memory('v128.store');
  c.release(x);
}

function loadMask(f: Frame): Local {
  const mask = f.c.local('v128');
  word(f, 1).memory('v128.load', f.base).set(mask);
  return mask;
}

function emitMixedBytes(f: Frame): void {
  const { c, base } = f;
  const own = ownAddress(f);
  const mask = loadMask(f);
  const thresholds = loadThresholds(f);
  const index = c.local('v128');
  word(f, 3).memory('v128.load', base).set(index);
  emitNeighbours(f, own, (x, steps) => {
    c.get(index).get(x).get(steps).memory('v128.load', base).op('v128.and', 'i8x16.add').set(index);
  });
  emitByteDraw(c, f.random, thresholds, index);
  emitMaskedStore(c, own, mask);
  c.release(own, mask, index);
  releaseThresholds(c, thresholds);
}

function emitMixedFloats(f: Frame): void {
  const { c } = f;
  const own = ownAddress(f);
  const mask = loadMask(f);
  const fields = wordLocal(f, 3);
  const sums = quarters(c);
  loadSums(f, sums, fields);
  emitNeighbours(f, own, (x, weights) => addWeights(f, sums, x, weights, 0));
  emitLaneDraws(c, f.random, f.scale, sums);
  emitMaskedStore(c, own, mask);
  c.release(own, mask, fields, ...sums);
}

// ── One site ────────────────────────────────────────────────────────────────

function emitSingle(f: Frame): void {
  const { c, base, entry, state } = f;
  const own = ownAddress(f);
  const left = wordLocal(f, 1);
  const sum = c.local('f32');
  c.get(entry)
    .memory('f32.load', base + 8)
    .set(sum);
  advance(c, entry, 12);
  c.get(left).if(() => {
    c.loop((again) => {
      word(f, 0).get(state).op('i32.add').memory('i32.load8_u').op('f32.convert_i32_s');
      c.get(entry).memory('f32.load', base + 4);
      c.op('f32.mul').get(sum).op('f32.add').set(sum);
      advance(c, entry, 8);
      c.get(left).i32(1).op('i32.sub').tee(left).branchIf(again);
    });
  });
  c.get(own).get(sum).op('f32x4.splat');
  emitLaneDraw(c, f.random, f.scale);
  c.lane('i32x4.extract_lane', 0).i32(1).op('i32.and').memory('i32.store8');
  c.release(own, left, sum);
}
