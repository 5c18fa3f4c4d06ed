/**
 * Gibbs sweeps over unknowns of two states that interact in pairs, on live parameters: Ising models, Boltzmann machines
 * and their restricted kin. With x the codes, the energy of a site at 1 less that at 0 is
 *   field + Σ weight · x[neighbour].
 * Which sites are neighbours is known once; the numbers are one small program of the parameters, run when these change.
 */
import type { Factor } from '../analyse/factors.ts';
import { barrierOf, type Column, layOut, unknownsOf } from '../analyse/tabulate.ts';
import { type DiscreteDomain, isArranged, isDiscrete, stateCount, valueMap } from '../domain.ts';
import type { Evaluator, Output } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { compile, type Model, type States } from '../infer/model.ts';
import type { Transition } from '../infer/transition.ts';
import type { Node, Slot } from '../ir/types.ts';

/** A factor of one or two sites: first·x + second·y + both·x·y and a constant, for each instance. */
export interface PairFactor {
  readonly factor: Factor;
  readonly columns: readonly Column[];
  readonly instances: number;
  readonly mask: Uint8Array | null;
  readonly first: Node;
  /** Null for a factor of one site. */
  readonly second: Node | null;
  readonly both: Node | null;
}

export interface PairSweep extends Transition {
  /** Parameters have changed. */
  readonly refresh: () => void;
}

/** Pairs of sites, both ways, at most. */
const MAX_LINKS = 2 ** 22;

/**
 * The factors of those unknowns that interact in pairs of two states only.
 * @param slots candidates
 * @returns for each that qualifies the factors that touch it
 */
export function pairFactors(
  model: Model,
  factors: readonly Factor[],
  slots: readonly Slot[],
): ReadonlyMap<Slot, readonly PairFactor[]> {
  const made = new Map<Factor, PairFactor | null>();
  const pairOf = (factor: Factor): PairFactor | null => {
    const known = made.get(factor);
    if (known !== undefined) return known;
    const pair = asPair(model, factor);
    made.set(factor, pair);
    return pair;
  };
  const out = new Map<Slot, readonly PairFactor[]>();
  for (const slot of slots) {
    const { domain } = slot;
    if (!isDiscrete(domain) || isArranged(domain) || stateCount(domain, model.sizeOf) !== 2) continue;
    const touching = factors.filter((f) => unknownsOf(f).has(slot));
    const pairs: PairFactor[] = [];
    for (const f of touching) {
      const pair = pairOf(f);
      if (!pair) break;
      pairs.push(pair);
    }
    const links = pairs.reduce((n, p) => n + (p.columns.length === 2 ? p.instances : 0), 0);
    if (pairs.length === touching.length && links <= MAX_LINKS) out.set(slot, pairs);
  }
  return out;
}

function asPair(model: Model, factor: Factor): PairFactor | null {
  const { builder: b, sizeOf } = model;
  if (factor.kind !== 'energy' || barrierOf(factor, sizeOf, 2) !== null) return null;
  const laid = layOut(b, factor, model, referenceEngine(), 4);
  if ('why' in laid) return null;
  const { columns, values, value, condition, guard, instances, mask } = laid;
  if (columns.length === 0 || columns.length > 2 || columns.some((c) => c.states !== 2)) return null;
  const conditioned = condition ? b.call('select', condition, value, b.const(0)) : value;
  const guarded = guard ? b.call('select', guard, conditioned, b.const(0)) : conditioned;
  const at = (...codes: readonly number[]): Node =>
    b.substitute(
      guarded,
      values,
      codes.map((x) => b.const(x)),
    );
  const base = { factor, columns, instances, mask };
  if (columns.length === 1) return { ...base, first: b.sub(at(1), at(0)), second: null, both: null };
  const first = b.sub(at(1, 0), at(0, 0));
  const second = b.sub(at(0, 1), at(0, 0));
  return { ...base, first, second, both: b.sub(b.sub(at(1, 1), at(0, 1)), first) };
}

/** Where the numbers of one factor go: −1 for nowhere. */
interface Filling {
  readonly pair: PairFactor;
  /** Places of fields. */
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** Places of the weights of x on y and of y on x; of both on the field where x is y. */
  readonly xy: Int32Array;
  readonly yx: Int32Array;
}

/**
 * One step sweeps over all sites of `slots`, in this order, one site after another.
 * @param factors of these slots, by `pairFactors`
 */
export function pairSweep(
  model: Model,
  slots: readonly Slot[],
  factors: ReadonlyMap<Slot, readonly PairFactor[]>,
  chains: number,
): PairSweep {
  const used = [...new Set(slots.flatMap((s) => factors.get(s)!))];
  // What is swept has the first positions.
  const involved = [...new Set([...slots, ...used.flatMap((p) => p.columns.map((c) => c.slot))])];
  const offsets = new Map<Slot, number>();
  let size = 0;
  let swept = 0;
  for (const slot of involved) {
    offsets.set(slot, size);
    size += slot.sets.reduce((n, s) => n * model.sizeOf(s), 1);
    if (slots.includes(slot)) swept = size;
  }
  const position = (c: Column, e: number): number =>
    c.elements[e] < 0 ? -1 : offsets.get(c.slot)! + c.elements[e];

  const { start, other, fillings } = linksOf(used, position, swept);
  const field = new Float64Array(swept);
  const weight = new Float64Array(other.length);
  const program = numbersOf(model, used);
  const maps = involved.map((slot) => ({
    slot,
    from: offsets.get(slot)!,
    count: slot.sets.reduce((n, s) => n * model.sizeOf(s), 1),
    ...valueMap(slot.domain as DiscreteDomain),
  }));

  const x = new Float64Array(size * LANES);
  const uniforms = new Float64Array(swept * LANES);
  const generators = new Int32Array(4 * LANES);
  /** Codes of chains from `chain` on; lanes beyond the last one repeat it and are not stored. */
  const load = (states: States, chain: number): void => {
    for (const { slot, from, count, offset, scale } of maps) {
      const values = states.get(slot)!;
      for (let lane = 0; lane < LANES; lane++) {
        const at = Math.min(chain + lane, chains - 1) * count;
        for (let i = 0; i < count; i++) x[(from + i) * LANES + lane] = (values[at + i] - offset) / scale;
      }
    }
  };
  const store = (states: States, chain: number): void => {
    for (const { slot, from, count, offset, scale } of maps) {
      if (from >= swept) continue;
      const values = states.get(slot)!;
      for (let lane = 0; lane < LANES && chain + lane < chains; lane++) {
        const at = (chain + lane) * count;
        for (let i = 0; i < count; i++) values[at + i] = offset + scale * x[(from + i) * LANES + lane];
      }
    }
  };

  return {
    name: 'gibbs',
    repeats: true,
    refresh() {
      field.fill(0);
      weight.fill(0);
      const out = program.run(new Map());
      fillings.forEach(({ pair, x: at, y, xy, yx }, k) => {
        const first = out.get(`first ${k}`)!.data;
        const second = out.get(`second ${k}`)?.data;
        const both = out.get(`both ${k}`)?.data;
        for (let e = 0; e < pair.instances; e++) {
          if (at[e] >= 0) field[at[e]] += first[e];
          if (!second || !both) continue;
          if (y[e] >= 0) field[y[e]] += second[e];
          if (xy[e] >= 0) weight[xy[e]] += both[e];
          if (yx[e] >= 0) weight[yx[e]] += both[e];
          else if (yx[e] === SAME) field[at[e]] += both[e];
        }
      });
    },
    step(states, streams, { beta, sweeps }) {
      for (let c = 0; c < chains; c += LANES) {
        load(states, c);
        for (let lane = 0; lane < LANES && c + lane < chains; lane++)
          for (let i = 0; i < 4; i++) generators[4 * lane + i] = streams[c + lane].word() | (i === 3 ? 1 : 0);
        for (let k = 0; k < sweeps; k++) {
          for (let lane = 0; lane < LANES; lane++) fillUniforms(generators, lane, uniforms, swept);
          sweep(swept, beta, field, start, other, weight, uniforms, x);
        }
        store(states, c);
      }
    },
    dispose: () => program.dispose(),
  };
}

/** Chains that are swept together, so that each number is fetched once for all of them. */
const LANES = 4;

/** Uniforms of one lane by xoshiro128++ (Blackman & Vigna, ACM TOMS 47, 2021), whose state it leaves advanced. */
function fillUniforms(generators: Int32Array, lane: number, out: Float64Array, count: number): void {
  let a = generators[4 * lane];
  let b = generators[4 * lane + 1];
  let c = generators[4 * lane + 2];
  let d = generators[4 * lane + 3];
  for (let p = 0; p < count; p++) {
    const sum = (a + d) | 0;
    out[p * LANES + lane] = (((((sum << 7) | (sum >>> 25)) + a) >>> 0) + 0.5) * 2 ** -32;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  generators[4 * lane] = a;
  generators[4 * lane + 1] = b;
  generators[4 * lane + 2] = c;
  generators[4 * lane + 3] = d;
}

/** One sweep of `LANES` chains, whose codes and uniforms stand side by side. */
function sweep(
  swept: number,
  beta: number,
  field: Float64Array,
  start: Int32Array,
  other: Int32Array,
  weight: Float64Array,
  uniforms: Float64Array,
  x: Float64Array,
): void {
  for (let p = 0; p < swept; p++) {
    let a = field[p];
    let b = a;
    let c = a;
    let d = a;
    const to = start[p + 1];
    for (let l = start[p]; l < to; l++) {
      const w = weight[l];
      const at = other[l] * 4;
      a += w * x[at];
      b += w * x[at + 1];
      c += w * x[at + 2];
      d += w * x[at + 3];
    }
    // Without branches, which chance would have mispredicted.
    const at = p * 4;
    x[at] = Number(uniforms[at] * (1 + Math.exp(beta * a)) < 1);
    x[at + 1] = Number(uniforms[at + 1] * (1 + Math.exp(beta * b)) < 1);
    x[at + 2] = Number(uniforms[at + 2] * (1 + Math.exp(beta * c)) < 1);
    x[at + 3] = Number(uniforms[at + 3] * (1 + Math.exp(beta * d)) < 1);
  }
}

/** In place of a weight: both are the same site. */
const SAME = -2;

/** One link for each ordered pair of sites, and where each instance's numbers belong. */
function linksOf(
  used: readonly PairFactor[],
  position: (c: Column, e: number) => number,
  swept: number,
): { readonly start: Int32Array; readonly other: Int32Array; readonly fillings: readonly Filling[] } {
  const neighbours = Array.from({ length: swept }, () => new Map<number, number>());
  const linked = (p: number, q: number): void => {
    if (p < swept && !neighbours[p].has(q)) neighbours[p].set(q, 0);
  };
  const placed = used.map((pair) => {
    const { columns, instances, mask } = pair;
    const place = (k: number): Int32Array => {
      const out = new Int32Array(instances).fill(-1);
      if (k < columns.length)
        for (let e = 0; e < instances; e++) if (mask?.[e] !== 0) out[e] = position(columns[k], e);
      return out;
    };
    const [p, q] = [place(0), place(1)];
    for (let e = 0; e < instances; e++)
      if (p[e] >= 0 && q[e] >= 0 && p[e] !== q[e]) {
        linked(p[e], q[e]);
        linked(q[e], p[e]);
      }
    return { pair, p, q };
  });
  const start = new Int32Array(swept + 1);
  neighbours.forEach((of, p) => {
    start[p + 1] = start[p] + of.size;
  });
  const other = new Int32Array(start[swept]);
  neighbours.forEach((of, p) => {
    let at = start[p];
    for (const q of [...of.keys()].sort((a, c) => a - c)) {
      other[at] = q;
      of.set(q, at++);
    }
  });
  const fillings = placed.map(({ pair, p, q }): Filling => {
    const link = (a: number, c: number): number =>
      a < 0 || c < 0 || a >= swept || a === c ? -1 : neighbours[a].get(c)!;
    const inside = (at: Int32Array): Int32Array => at.map((s) => (s < swept ? s : -1));
    return {
      pair,
      x: inside(p),
      y: inside(q),
      xy: p.map((s, e) => link(s, q[e])),
      yx: q.map((s, e) => (s >= 0 && s === p[e] && s < swept ? SAME : link(s, p[e]))),
    };
  });
  return { start, other, fillings };
}

/** The numbers of all factors as one program. */
function numbersOf(model: Model, used: readonly PairFactor[]): Evaluator {
  const outputs = used.flatMap(({ factor: { axes }, first, second, both }, k): Output[] => [
    { name: `first ${k}`, axes, node: first },
    ...(second && both
      ? [
          { name: `second ${k}`, axes, node: second },
          { name: `both ${k}`, axes, node: both },
        ]
      : []),
  ]);
  return compile(model, outputs);
}
