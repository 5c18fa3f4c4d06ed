/**
 * Draws from energies in levels (`table-levels.ts`): weights 2^(rate · (e − least)) as whole numbers, their running
 * sums, and the number of these that a random multiple of the last one reaches. Values that break more requirements
 * than need be have weight 0. Where every candidate has energy +∞ all of them get the same weight, and the position
 * is noted.
 */
import type { Code, Local } from '../wasm/code.ts';
import { lanes32, type Visit } from './table-form.ts';
import type { Levels } from './table-levels.ts';
import { emitWeight } from './table-weights.ts';

/** Above all energies. */
const NEVER = 0x7fffffff;

/** What `settle` works on, in place: energies of values that are no candidates become NEVER. */
interface Settling {
  readonly c: Code;
  readonly levels: Levels;
  /** Numbers of the first plane, and of the second where there are two. */
  readonly energies: readonly Local[];
  readonly counts: readonly Local[];
  /** Makes lanes of a vector on the stack the least that there is for the site; nothing, if each lane is a site. */
  readonly across: () => void;
  /** Notes the sites for which the lanes of `lost` (v128) are not 0. */
  readonly note: (lost: Local) => void;
}

/** Leaves candidates only, and the least energy in a new variable: of each site in its lane, or in all lanes. */
function settle({ c, levels, energies, counts, across, note }: Settling): Local {
  const { planes, energyBits, infiniteBits } = levels;
  const [least, lost] = [c.local('v128'), c.local('v128')];
  const minimum = (of: readonly Local[]): void => {
    c.get(of[0]);
    for (const x of of.slice(1)) c.get(x).op('i32x4.min_s');
    across();
    c.set(least);
  };
  const order = planes === 1 ? energies : counts;
  minimum(order);
  const infinite = (): void => {
    if (infiniteBits === 0) return;
    const shift = energyBits + infiniteBits;
    c.get(least)
      .splat('i32x4', (2 ** infiniteBits - 1) * 2 ** energyBits)
      .op('v128.and');
    c.splat('i32x4', 0).op('i32x4.ne').tee(lost).op('v128.any_true');
    c.if(() => {
      energies.forEach((e, i) => {
        // Candidates have energy 0.
        c.splat('i32x4', 0).splat('i32x4', NEVER);
        c.get(order[i]).i32(shift).op('i32x4.shr_s').get(least).i32(shift).op('i32x4.shr_s', 'i32x4.eq');
        c.op('v128.bitselect').get(e).get(lost).op('v128.bitselect').set(e);
      });
      note(lost);
    });
  };
  if (planes === 1) {
    infinite();
    if (infiniteBits > 0) c.get(least).get(lost).op('v128.andnot').set(least);
  } else {
    energies.forEach((e, i) => {
      c.get(e).splat('i32x4', NEVER).get(counts[i]).get(least).op('i32x4.eq', 'v128.bitselect').set(e);
    });
    infinite();
    minimum(energies);
  }
  c.release(lost);
  return least;
}

/**
 * Pushes the weights of energies; those of another level than the least have none.
 * @param padded whether lanes may be NEVER
 * @param alone as for `emitWeight`
 */
function weigh(
  c: Code,
  levels: Levels,
  energy: Local,
  least: Local,
  rate: Local,
  { padded = false, alone = false },
): void {
  if (levels.flat) {
    c.get(energy).get(least).op('i32x4.eq').splat('i32x4', 1).op('v128.and');
    return;
  }
  const d = c.local('v128');
  c.get(energy).get(least).op('i32x4.sub').set(d);
  emitWeight(c, d, rate, alone);
  const limit = levels.limit ?? (padded ? 2 ** levels.energyBits : null);
  if (limit !== null) c.get(d).splat('i32x4', limit).op('i32x4.lt_s', 'v128.and');
  c.release(d);
}

/** Notes the position of the site whose record is `offset` bytes further on. */
const notePosition = (visit: Visit, offset: number): void =>
  void visit.c.get(visit.record).memory('i32.load', offset).set(visit.fault);

/**
 * Four sites, a lane each: pushes their values (i32x4).
 * @param energies of each value, a variable each; they are changed
 */
export function drawFour(
  visit: Visit,
  levels: Levels,
  energies: readonly Local[],
  counts: readonly Local[],
  rate: Local,
  recordBytes: number,
): void {
  const { c, words } = visit;
  const least = settle({
    c,
    levels,
    energies,
    counts,
    across: () => undefined,
    note: (lost) => {
      for (let lane = 0; lane < 4; lane++)
        c.get(lost)
          .lane('i32x4.extract_lane', lane)
          .if(() => notePosition(visit, lane * recordBytes));
    },
  });
  energies.forEach((e, v) => {
    weigh(c, levels, e, least, rate, {});
    if (v > 0) c.get(energies[v - 1]).op('i32x4.add');
    c.set(e);
  });
  // The upper halves of products of 32 bits.
  const total = energies[energies.length - 1];
  c.get(words).get(total).op('i64x2.extmul_low_i32x4_u');
  c.get(words).get(total).op('i64x2.extmul_high_i32x4_u');
  c.shuffle(lanes32(1, 3, 5, 7)).set(least);
  c.splat('i32x4', energies.length - 1);
  for (const sum of energies.slice(0, -1)) c.get(sum).get(least).op('i32x4.gt_s', 'i32x4.add');
  c.release(least);
}

const across = (c: Code, op: string): void => {
  const x = c.local('v128');
  c.tee(x)
    .get(x)
    .get(x)
    .shuffle(lanes32(2, 3, 0, 1))
    .op(op);
  c.tee(x)
    .get(x)
    .get(x)
    .shuffle(lanes32(1, 0, 3, 2))
    .op(op);
  c.release(x);
};

/** Turns the vector on the stack into running sums of its lanes. */
export function runningSums(c: Code, add = 'i32x4.add'): void {
  const x = c.local('v128');
  for (const by of [1, 2]) {
    c.set(x)
      .splat('i32x4', 0)
      .get(x)
      .shuffle(by === 1 ? lanes32(0, 4, 5, 6) : lanes32(0, 0, 4, 5));
    c.get(x).op(add);
  }
  c.release(x);
}

/** Pushes the first random word times the total, its upper half: 0 … total − 1. */
function target({ c, words }: Visit, total: Local): void {
  c.get(words).lane('i32x4.extract_lane', 0).op('i64.extend_i32_u');
  c.get(total).lane('i32x4.extract_lane', 3).op('i64.extend_i32_u', 'i64.mul').i64(32n);
  c.op('i64.shr_u', 'i32.wrap_i64');
}

/** All lanes of numbers from `states` on: nothing is drawn that is not there. */
export function padding(states: number): number[] | null {
  const rest = states % 4;
  if (rest === 0) return null;
  return [0, 1, 2, 3].flatMap((l) => (l < rest ? [0, 0, 0, 0] : [0xff, 0xff, 0xff, 0x7f]));
}

/** One site, values in lanes of few vectors: pushes its value (i32). The vectors are changed. */
export function drawOne(
  visit: Visit,
  levels: Levels,
  states: number,
  energies: readonly Local[],
  counts: readonly Local[],
  rate: Local,
): void {
  const { c } = visit;
  const pad = padding(states);
  if (pad)
    for (const plane of [energies, counts]) {
      const last = plane.at(-1);
      if (last) c.get(last).v128(pad).op('v128.or').set(last);
    }
  const least = settle({
    c,
    levels,
    energies,
    counts,
    across: () => across(c, 'i32x4.min_s'),
    note: () => notePosition(visit, 0),
  });
  energies.forEach((e, i) => {
    weigh(c, levels, e, least, rate, {
      padded: pad !== null && i === energies.length - 1,
      alone: energies.length === 1,
    });
    runningSums(c);
    if (i > 0) {
      const before = energies[i - 1];
      c.get(before)
        .get(before)
        .shuffle(lanes32(3, 3, 3, 3))
        .op('i32x4.add');
    }
    c.set(e);
  });
  target(visit, energies[energies.length - 1]);
  c.op('i32x4.splat').set(least);
  // Sums above the target: all after the value drawn, and its own.
  c.i32(4 * energies.length);
  for (const e of energies) c.get(e).get(least).op('i32x4.gt_s', 'i32x4.bitmask', 'i32.popcnt', 'i32.sub');
  c.release(least);
}

/**
 * One site, its energies in memory, the second plane after the first: pushes its value (i32). They are changed.
 * @param at address of the first
 * @param vectors of a plane
 */
export function drawMany(
  visit: Visit,
  levels: Levels,
  states: number,
  at: number,
  vectors: number,
  rate: Local,
): void {
  const { c } = visit;
  const [j, x, y, least, lost] = [c.local('i32'), ...['', '', '', ''].map(() => c.local('v128'))];
  const plane = 16 * vectors;
  const load = (from: number): Code => c.get(j).memory('v128.load', from);
  const each = (inside: () => void): Code => c.for(j, 0, plane, 16, inside);
  const pad = padding(states);
  const orders = levels.planes === 1 ? at : at + plane;
  if (pad)
    for (let p = 0; p < levels.planes; p++) {
      const last = at + (p + 1) * plane - 16;
      c.i32(last).i32(last).memory('v128.load').v128(pad).op('v128.or').memory('v128.store');
    }
  const minimum = (from: number): void => {
    c.splat('i32x4', NEVER).set(least);
    each(() => load(from).get(least).op('i32x4.min_s').set(least));
    c.get(least);
    across(c, 'i32x4.min_s');
    c.set(least);
  };
  minimum(orders);
  // As `settle`, vector by vector: here all lanes belong to one site.
  const { infiniteBits, energyBits, planes } = levels;
  if (infiniteBits > 0)
    c.get(least)
      .splat('i32x4', (2 ** infiniteBits - 1) * 2 ** energyBits)
      .op('v128.and')
      .set(lost);
  const candidates = (equal: () => void, other: () => void): void => {
    each(() => {
      c.get(j);
      other();
      c.splat('i32x4', NEVER);
      equal();
      c.op('v128.bitselect').memory('v128.store', at);
    });
  };
  if (planes === 2)
    candidates(
      () => load(orders).get(least).op('i32x4.eq'),
      () => load(at),
    );
  if (infiniteBits > 0) {
    const shift = energyBits + infiniteBits;
    c.get(lost)
      .op('v128.any_true')
      .if(() => {
        candidates(
          () => load(orders).i32(shift).op('i32x4.shr_s').get(least).i32(shift).op('i32x4.shr_s', 'i32x4.eq'),
          () => c.splat('i32x4', 0),
        );
        c.splat('i32x4', 0).set(least);
        notePosition(visit, 0);
      });
  }
  if (planes === 2) minimum(at);
  c.splat('i32x4', 0).set(x);
  each(() => {
    load(at).set(y);
    weigh(c, levels, y, least, rate, { padded: pad !== null });
    runningSums(c);
    c.get(x)
      .get(x)
      .shuffle(lanes32(3, 3, 3, 3))
      .op('i32x4.add')
      .set(x);
    c.get(j).get(x).memory('v128.store', at);
  });
  target(visit, x);
  c.op('i32x4.splat').set(least).splat('i32x4', 0).set(x);
  each(() => {
    load(at).get(least).op('i32x4.gt_s').get(x).op('i32x4.add').set(x);
  });
  // As many as are not above the target: the masks count −1 each.
  c.get(x);
  across(c, 'i32x4.add');
  c.lane('i32x4.extract_lane', 0)
    .i32(4 * vectors)
    .op('i32.add');
  c.release(j, x, y, least, lost);
}
