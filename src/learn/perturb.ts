/**
 * Negatives for losses of the discrepancy family: each row x is corrupted once,
 * y ~ q(·|x), and recovered M times independently, x′ ~ q(·|y). q is the product over
 * all elements of all unknowns of the heat kernel of their domain, which is
 * symmetric, so that x′ is a draw of the posterior of x given y under the uniform
 * (Lebesgue) measure (T. Schröder et al., NeurIPS 2024; see `heat-kernels.ts`).
 */
import { type HostArray, sizeOfShape } from '../arrays.ts';
import { type ArrangedDomain, isArranged, isDiscrete, showDomain, stateCount, valueMap } from '../domain.ts';
import { type BulkDraws, bulkDraws, type Copies } from '../engines/kernels/random/draws.ts';
import type { IndexSet, Slot } from '../ir/types.ts';
import { normalQuantile } from '../random/normal-quantile.ts';
import type { Stream } from '../random/stream.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import { wrapAngleValue } from '../transforms/scalars.ts';
import type { LearnCode } from './codes.ts';
import {
  exchangeAtRandom,
  exchangeRate,
  poissonCount,
  transposeAtRandom,
  transpositionRate,
} from './exchange-kernels.ts';
import { type StateGraph, stateGraph } from './graph-kernel.ts';
import {
  heatKernel,
  largestTable,
  perturbState,
  reflect,
  type StateKernel,
  scaledTime,
  type TableKernel,
} from './heat-kernels.ts';
import { fillStrata } from './strata.ts';
import { type Times, timeOf } from './times.ts';

export interface PerturbationSpec {
  readonly unknowns: readonly Slot[];
  readonly sizeOf: (set: IndexSet) => number;
  /** Tables of the program, among them those of state graphs. */
  readonly constants?: ReadonlyMap<Slot, HostArray>;
  /** All rows of the data, [rows, ...unknown]: the scale of real columns. */
  readonly columns: ReadonlyMap<Slot, HostArray>;
  /** N, rows in a batch. */
  readonly rows: number;
  /** M, recoveries of each row. */
  readonly draws: number;
  /** By kinds of domain; an unknown whose time is 0 stays as it is. */
  readonly times: Times;
  /**
   * Number of times t, t/4, t/16, …; each row draws one for each unknown, the same for
   * its corruption and its recoveries, so that the loss is a mean of discrepancies.
   */
  readonly scales?: number;
  /** Times at the end of learning as a share of the first ones; between them they fall (rise) geometrically. */
  readonly last?: number;
  /** Whether recoveries of a row fill their distribution evenly (`strata.ts`) instead of being independent. */
  readonly stratified?: boolean;
}

export interface Perturbation {
  /** The shared corruption, [N, ...unknown]; written by `draw`. */
  readonly corrupted: ReadonlyMap<Slot, Float64Array>;
  /** The recoveries, [N, M, ...unknown]; written by `draw`. */
  readonly negatives: ReadonlyMap<Slot, Float64Array>;
  /**
   * Draws anew from `stream`. Each unknown has a stream of its own below it, so its
   * draws depend neither on the order of the unknowns nor on the others.
   * @param rows values of each unknown, [N, ...unknown]
   * @param progress how much of learning is done, 0 … 1: where times are between their first and last values
   */
  draw(rows: ReadonlyMap<Slot, Float64Array>, stream: Stream, progress?: number): void;
}

/** Levels of a schedule of times, besides the first. */
const TIME_LEVELS = 32;

/** Fewer numbers are not worth the calls. */
const WORTH_BULK = 256;

/** Perturbs `copies` times each of `count` groups of `elements` values. */
type Step = (
  from: Float64Array,
  to: Float64Array,
  count: number,
  copies: number,
  elements: number,
  stream: Stream,
) => void;

/**
 * Everything that does not depend on the rows is computed here; `draw` allocates nothing.
 * @param bulk what draws for whole arrays; null: number by number in JavaScript, with the same results
 * @throws EnergyError E0719 for an unknown that no kernel perturbs
 */
export function makePerturbation(spec: PerturbationSpec, bulk: BulkDraws | null = bulkDraws()): Perturbation {
  const { unknowns, sizeOf, rows, draws } = spec;
  const elementsOf = (u: Slot): number => sizeOfShape(u.sets.map(sizeOf));
  const corrupted = new Map(unknowns.map((u) => [u, new Float64Array(rows * elementsOf(u))]));
  const negatives = new Map(unknowns.map((u) => [u, new Float64Array(rows * draws * elementsOf(u))]));
  const times = Array.from({ length: spec.scales ?? 1 }, (_, k) => 4 ** -k);
  const ratio = spec.last ?? 1;
  // Kernels are tables: a schedule has a few levels.
  const made = new Map<number, ReadonlyMap<Slot, readonly Step[]>>();
  const stepsAt = (progress: number): ReadonlyMap<Slot, readonly Step[]> => {
    const level = ratio === 1 ? 0 : Math.round(progress * TIME_LEVELS);
    let steps = made.get(level);
    if (!steps) {
      const factor = ratio ** (level / TIME_LEVELS);
      steps = new Map(
        unknowns.map((u) => [u, times.map((f) => stepOf(spec, u, elementsOf(u), f * factor, bulk))]),
      );
      made.set(level, steps);
    }
    return steps;
  };
  // What cannot be perturbed is said before learning begins.
  stepsAt(0);
  return {
    corrupted,
    negatives,
    draw: (from, stream, progress = 0) => {
      const steps = stepsAt(progress);
      for (const u of unknowns) {
        const x = from.get(u);
        if (!x) throw new Error(`no rows for ${u.name}`);
        const y = corrupted.get(u)!;
        const [step, ...smaller] = steps.get(u)!;
        const own = stream.fork(u.name);
        const elements = elementsOf(u);
        const to = negatives.get(u)!;
        if (smaller.length === 0) {
          step(x, y, rows, 1, elements, own);
          step(y, to, rows, draws, elements, own);
          continue;
        }
        const scale = stream.fork(u.name, 'scale');
        for (let n = 0; n < rows; n++) {
          const k = scale.int(smaller.length + 1);
          const one = k === 0 ? step : smaller[k - 1];
          const of = (a: Float64Array, width: number): Float64Array => a.subarray(n * width, (n + 1) * width);
          one(of(x, elements), of(y, elements), 1, 1, elements, own);
          one(of(y, elements), of(to, draws * elements), 1, draws, elements, own);
        }
      }
    },
  };
}

/** @param factor shortens the times */
function stepOf(
  spec: PerturbationSpec,
  u: Slot,
  elements: number,
  factor: number,
  bulk: BulkDraws | null,
): Step {
  const { domain } = u;
  if (isArranged(domain)) return arrangedStep(spec, domain, factor);
  if (isDiscrete(domain)) {
    const states = stateCount(domain, spec.sizeOf);
    const graph = graphOf(spec, u);
    const kernel = heatKernel(
      domain,
      scaledTime(domain, factor * timeOf(spec.times, domain), states, graph),
      states,
      graph,
    );
    const { offset, scale } = valueMap(domain);
    return kernel.kind === 'gaussian' || kernel.kind === 'wrapped'
      ? stay
      : discreteStep(kernel, offset, scale, elements, spec, bulk);
  }
  const column = spec.columns.get(u);
  if (!column) throw new Error(`no data for ${u.name}`);
  const sigmaOf = (sd: number): number => Math.sqrt(factor * spec.times.real * sd * sd);
  if (domain.kind === 'angle')
    return realStep(circularScales(column, elements).map(sigmaOf), onCircle, spec, bulk);
  if (domain.kind !== 'real') throw notPerturbed(u, 'its elements are not free of each other');
  const { lo, hi, lower, upper } = domain;
  if (lower || upper) throw notPerturbed(u, 'its bounds depend on other values');
  return realStep(
    columnScales(column, elements).map(sigmaOf),
    { lo, hi, outside: (x) => reflect(x, lo, hi) },
    spec,
    bulk,
  );
}

const notPerturbed = (u: Slot, why: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0719' satisfies LearnCode,
      place: u.span ? at(u.span) : { kind: 'data', file: '' },
      message: `\`${u.name}\` is ${showDomain(u.domain)}, which this loss cannot perturb: ${why}`,
      suggestion: isDiscrete(u.domain)
        ? 'leave its state graph out'
        : 'describe the rows in coordinates that are free of each other, e.g. logarithms of ratios for a simplex',
    },
  ]);

/** The graph of a category that has one. */
function graphOf(spec: PerturbationSpec, u: Slot): StateGraph | undefined {
  if (u.domain.kind !== 'category' || !u.domain.graph) return undefined;
  const states = spec.sizeOf(u.domain.values);
  if (states > largestTable)
    throw notPerturbed(u, `a state graph has at most ${largestTable} values, not ${states}`);
  const { kind } = u.domain.graph;
  const [from, to] = (kind.kind === 'tuples' ? kind.tables : []).map((t) => spec.constants?.get(t)?.data);
  if (!from || !to) throw new Error(`no pairs are bound for the state graph of ${u.name}`);
  return stateGraph(states, from, to);
}

/** Every vector of a row makes a number of exchanges of its own. */
function arrangedStep(spec: PerturbationSpec, domain: ArrangedDomain, factor: number): Step {
  const permutes = domain.kind === 'permutation';
  const length = spec.sizeOf(permutes ? domain.values : domain.of);
  const rate = permutes ? transpositionRate(length) : exchangeRate(length, domain.count);
  const mean = rate * factor * timeOf(spec.times, domain);
  const places = new Int32Array(permutes ? 0 : length);
  return (from, to, count, copies, elements, stream) => {
    stay(from, to, count, copies, elements, stream);
    for (let start = 0; start < count * copies * elements; start += length) {
      const vector = to.subarray(start, start + length);
      const steps = poissonCount(mean, stream);
      if (permutes) transposeAtRandom(vector, steps, stream);
      else exchangeAtRandom(vector, steps, stream, places);
    }
  };
}

const stay: Step = (from, to, count, copies, elements) => {
  for (let n = 0, k = 0; n < count; n++)
    for (let m = 0; m < copies; m++) for (let e = 0; e < elements; e++) to[k++] = from[n * elements + e];
};

/** The recoveries of one row: what draws uniform numbers [draws, elements] for them. */
function strataOf({ draws, stratified }: PerturbationSpec, elements: number) {
  if (!stratified) return null;
  const uniform = new Float64Array(draws * elements);
  const order = new Int32Array(draws);
  return (copies: number, stream: Stream): Float64Array | null => {
    // The corruption, of which there is one, is drawn as ever.
    if (copies !== draws) return null;
    fillStrata(uniform, order, stream);
    return uniform;
  };
}

/**
 * One word of 32 random bits for each value. For small t nearly all stay as they
 * are, which is decided first by one comparison.
 */
function discreteStep(
  kernel: StateKernel | TableKernel,
  offset: number,
  scale: number,
  size: number,
  spec: PerturbationSpec,
  bulk: BulkDraws | null,
): Step {
  const ring = kernel.kind === 'ring';
  // On a ring the first step is the one of length 0; a table is always looked up.
  const threshold = kernel.kind === 'table' ? 1 : ring ? kernel.steps[0] : kernel.redraw;
  const scratch = new Uint32Array(size * spec.draws);
  const strata = strataOf(spec, size);
  const known = bulk?.knows(kernel, size) ? bulk : null;
  return (from, to, count, copies, elements, stream) => {
    const even = strata !== null && copies === spec.draws;
    if (known && !even && count * copies * elements >= WORTH_BULK) {
      known.jump(kernel, from, to, { count, copies, elements }, stream);
      return;
    }
    const words = scratch.subarray(0, copies * elements);
    for (let n = 0, k = 0; n < count; n++) {
      const even = strata?.(copies, stream);
      if (!even) stream.fillWords(words);
      const base = n * elements;
      for (let m = 0, w = 0; m < copies; m++) {
        for (let e = 0; e < elements; e++, w++, k++) {
          const value = from[base + e];
          const uniform = even ? even[w] : words[w] * 2 ** -32;
          to[k] =
            uniform < threshold === ring
              ? value
              : offset + scale * perturbState(kernel, (value - offset) / scale, uniform);
        }
      }
    }
  };
}

/** Values in `lo` … `hi` stay; `outside` brings others back into the domain. */
interface Back {
  readonly lo: number;
  readonly hi: number;
  readonly outside: (x: number) => number;
}

/** Every value is wrapped. */
const onCircle: Back = {
  lo: Number.POSITIVE_INFINITY,
  hi: Number.NEGATIVE_INFINITY,
  outside: wrapAngleValue,
};

function realStep(
  sigmas: readonly number[],
  back: Back,
  spec: PerturbationSpec,
  bulk: BulkDraws | null,
): Step {
  const scratch = new Float64Array(sigmas.length * spec.draws);
  const strata = strataOf(spec, sigmas.length);
  return (from, to, count, copies, elements, stream) => {
    const independent = strata === null || copies !== spec.draws;
    if (bulk && independent && count * copies * elements >= WORTH_BULK) {
      diffuse(bulk, sigmas, back, from, to, { count, copies, elements }, stream);
      return;
    }
    const noise = scratch.subarray(0, copies * elements);
    for (let n = 0, k = 0; n < count; n++) {
      const even = strata?.(copies, stream);
      if (even) for (let i = 0; i < noise.length; i++) noise[i] = normalQuantile(even[i]);
      else stream.fillNormal(noise);
      const base = n * elements;
      for (let m = 0, w = 0; m < copies; m++) {
        for (let e = 0; e < elements; e++, w++, k++) {
          const x = from[base + e] + sigmas[e] * noise[w];
          to[k] = x >= back.lo && x <= back.hi ? x : back.outside(x);
        }
      }
    }
  };
}

/** What `realStep` does with independent noise, drawn for whole arrays. */
function diffuse(
  bulk: BulkDraws,
  sigmas: readonly number[],
  { lo, hi, outside }: Back,
  from: Float64Array,
  to: Float64Array,
  { count, copies, elements }: Copies,
  stream: Stream,
): void {
  bulk.normals(count * copies * elements, stream, (z, start) => {
    if (elements === 1) {
      let n = Math.floor(start / copies);
      for (let i = 0; i < z.length; n++) {
        const end = Math.min(z.length, (n + 1) * copies - start);
        for (; i < end; i++) {
          const x = from[n] + sigmas[0] * z[i];
          to[start + i] = x >= lo && x <= hi ? x : outside(x);
        }
      }
      return;
    }
    // Pieces begin and end anywhere in a vector.
    let vector = Math.floor(start / elements);
    let e = start - vector * elements;
    for (let i = 0; i < z.length; vector++, e = 0) {
      let source = Math.floor(vector / copies) * elements + e;
      const end = Math.min(z.length, i + elements - e);
      for (; i < end; i++, e++, source++) {
        const x = from[source] + sigmas[e] * z[i];
        to[start + i] = x >= lo && x <= hi ? x : outside(x);
      }
    }
  });
}

/**
 * The standard deviation of each element over the rows (with divisor N), 1 for one
 * that is constant.
 * @param column [rows, ...unknown]
 */
export function columnScales(column: HostArray, elements: number): number[] {
  const { data } = column;
  const rows = data.length / elements;
  return Array.from({ length: elements }, (_, e) => {
    let mean = 0;
    for (let n = 0; n < rows; n++) mean += data[n * elements + e];
    mean /= rows;
    let squares = 0;
    for (let n = 0; n < rows; n++) squares += (data[n * elements + e] - mean) ** 2;
    const sd = Math.sqrt(squares / rows);
    // Rounding of the mean leaves about this much of a constant column.
    return sd > 1e-14 * Math.abs(mean) ? sd : 1;
  });
}

/**
 * The spread of each element's angles over the rows, √(2(1 − R)) with R the length of
 * their mean direction: the root mean square of chords to it, the standard deviation
 * where that is small. 1 for one that is constant.
 * @param column [rows, ...unknown]
 */
export function circularScales(column: HostArray, elements: number): number[] {
  const { data } = column;
  const rows = data.length / elements;
  return Array.from({ length: elements }, (_, e) => {
    let [cosine, sine] = [0, 0];
    for (let n = 0; n < rows; n++) {
      cosine += Math.cos(data[n * elements + e]) / rows;
      sine += Math.sin(data[n * elements + e]) / rows;
    }
    const direction = Math.atan2(sine, cosine);
    let squares = 0;
    for (let n = 0; n < rows; n++)
      squares += (2 * Math.sin((data[n * elements + e] - direction) / 2)) ** 2 / rows;
    return squares > 1e-20 ? Math.sqrt(squares) : 1;
  });
}
