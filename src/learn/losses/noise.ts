/**
 * Noise with an exact density, for losses that tell rows from it: a product over elements, fitted to the columns.
 *
 * | domain | `marginals` | `uniform` |
 * | --- | --- | --- |
 * | discrete, k states | frequencies (n + ½)/(R + k/2) over the R rows (Krichevsky, Trofimov 1981) | uniform |
 * | `permutation`, `subset` | uniform | uniform |
 * | `real`, half-lines | Gaussian of the column; on a half-line of its logarithm, or exponential where rows lie on the bound | the same |
 * | intervals | Gaussian of the column's logit; uniform where rows lie on a bound | uniform |
 * | `angle` | wrapped Gaussian of the column, uniform where it has hardly any direction | uniform |
 * | `simplex` | Gaussian in the coordinates of `transforms/vectors.ts`; uniform where rows hold 0 | uniform |
 * | `ordered`, `cholesky_corr` | Gaussian in these coordinates | the same |
 * | `unit` | uniform | uniform |
 *
 * Densities are with respect to the measures that energies are: counting for discrete unknowns, for vectors that of
 * `transforms/vectors.ts`.
 */
import { isDiscrete, showDomain, stateCount, valueMap } from '../../domain.ts';
import { lgamma } from '../../ir/log-gamma.ts';
import type { IndexSet, Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import {
  constrainValue,
  logJacobianValue,
  unconstrainValue,
  wrapAngleValue,
} from '../../transforms/scalars.ts';
import type { LearnCode } from '../codes.ts';
import type { Rows } from '../rows.ts';
import { type Column, elementOf, logNormal, momentsOf, type Part } from './noise-part.ts';
import { evenSimplex, evenSphere, gaussianVector } from './noise-vectors.ts';

export type NoiseKind = 'marginals' | 'uniform';

export interface Noise {
  /** Fills states [count, ...unknown] of each unknown, and their log-densities [count]. */
  draw(states: ReadonlyMap<Slot, Float64Array>, logs: Float64Array, stream: Stream): void;
  /** Log-densities [count] of given states. */
  logDensity(states: ReadonlyMap<Slot, Float64Array>, logs: Float64Array): void;
}

/** @throws EnergyError E0727 for reals whose bounds depend on other values */
export function makeNoise(
  unknowns: readonly Slot[],
  rows: Rows,
  sizeOf: (s: IndexSet) => number,
  kind: NoiseKind,
): Noise {
  const parts = unknowns.map((unknown) => {
    const column = rows.columns.get(unknown);
    if (!column) throw new Error(`no data for ${unknown.name}`);
    const elements = rows.elements.get(unknown)!;
    return [unknown, partOf({ unknown, ...column, count: rows.count, elements }, sizeOf, kind)] as const;
  });
  return {
    draw: (states, logs, stream) => {
      logs.fill(0);
      for (const [u, part] of parts) part.draw(states.get(u)!, logs, stream.fork(u.name));
    },
    logDensity: (states, logs) => {
      logs.fill(0);
      for (const [u, part] of parts) part.add(states.get(u)!, logs);
    },
  };
}

function partOf(column: Column, sizeOf: (s: IndexSet) => number, kind: NoiseKind): Part {
  const { unknown, elements, data } = column;
  const { domain } = unknown;
  switch (domain.kind) {
    case 'permutation': {
      const n = sizeOf(domain.values);
      const log = (elements / n) * -lgamma(n + 1);
      return arranged(n, log, (x) =>
        x.forEach((_, i) => {
          x[i] = i;
        }),
      );
    }
    case 'subset': {
      const n = sizeOf(domain.of);
      const { count } = domain;
      const ways = lgamma(n + 1) - lgamma(count + 1) - lgamma(n - count + 1);
      return arranged(n, -ways * (elements / n), (x) => x.fill(0).fill(1, 0, count));
    }
    case 'simplex': {
      const edge = data.some((x) => x <= 0);
      return kind === 'uniform' || edge
        ? evenSimplex(sizeOf(domain.over))
        : gaussianVector(column, domain, sizeOf);
    }
    case 'unit':
      return evenSphere(sizeOf(domain.over));
    case 'ordered':
    case 'cholesky_corr':
      return gaussianVector(column, domain, sizeOf);
    case 'angle':
      return byElement(column, (e) => angle(column, e, kind));
    case 'real': {
      const { lo, hi, lower, upper } = domain;
      if (lower || upper) throw noNoise(unknown, 'its bounds depend on other values');
      const interval = Number.isFinite(lo) && Number.isFinite(hi);
      return byElement(column, (e) => {
        const own = elementOf(column, e);
        const z = own.map((x) => unconstrainValue(x, domain));
        const edge = own.some((x) => x <= lo || x >= hi);
        if (interval && (kind === 'uniform' || edge)) return evenBetween(lo, hi);
        if (edge) return exponential(own, lo, hi);
        const { mean, sd } = momentsOf(z);
        return {
          draw: (s) => constrainValue(mean + sd * s.normal(), domain),
          log: (x) => {
            const at = unconstrainValue(x, domain);
            return logNormal((at - mean) / sd) - Math.log(sd) - logJacobianValue(at, domain);
          },
        };
      });
    }
    default:
      if (!isDiscrete(domain)) throw new Error(`${showDomain(domain)} has no noise`);
      return frequencies(column, stateCount(domain, sizeOf), valueMap(domain), kind);
  }
}

const noNoise = (u: Slot, why: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0727' satisfies LearnCode,
      place: u.span ? at(u.span) : { kind: 'data', file: '' },
      message: `\`${u.name}\` is ${showDomain(u.domain)}, for which this loss has no noise: ${why}`,
      suggestion: 'describe it by its distance to the bound, or by numbers that are free of each other',
    },
  ]);

// ── Discrete ────────────────────────────────────────────────────────────────

/** Larger domains are counted in maps. */
const LARGEST_TABLE = 4096;

/** A value is that of a row at random, or with probability (k/2)/(R + k/2) any state. */
function frequencies(
  { data, count, elements }: Column,
  states: number,
  { offset, scale }: { readonly offset: number; readonly scale: number },
  kind: NoiseKind,
): Part {
  const rows = kind === 'uniform' ? 0 : count;
  const mass = rows + states / 2;
  const small = states <= LARGEST_TABLE;
  const base = Math.log(0.5 / mass);
  const tables = Array.from({ length: elements }, () =>
    small ? new Float64Array(states).fill(base) : new Map<number, number>(),
  );
  for (let e = 0; e < elements; e++) {
    const counts = new Map<number, number>();
    for (let n = 0; n < rows; n++) {
      const c = Math.round((data[n * elements + e] - offset) / scale);
      counts.set(c, (counts.get(c) ?? 0) + 1);
    }
    const table = tables[e];
    for (const [c, times] of counts) {
      const log = Math.log((times + 0.5) / mass);
      if (table instanceof Map) table.set(c, log);
      else table[c] = log;
    }
  }
  const log = (e: number, c: number): number => {
    const table = tables[e];
    return table instanceof Map ? (table.get(c) ?? base) : table[c];
  };
  return {
    draw: (x, logs, stream) => {
      for (let k = 0, n = 0; n < logs.length; n++)
        for (let e = 0; e < elements; e++, k++) {
          const u = stream.uniform32() * mass;
          x[k] =
            u < rows
              ? data[Math.floor(u) * elements + e]
              : offset + scale * Math.min(states - 1, Math.floor(2 * (u - rows)));
          logs[n] += log(e, Math.round((x[k] - offset) / scale));
        }
    },
    add: (x, logs) => {
      for (let k = 0, n = 0; n < logs.length; n++)
        for (let e = 0; e < elements; e++, k++) logs[n] += log(e, Math.round((x[k] - offset) / scale));
    },
  };
}

/** @param fill any arrangement; all are as likely */
function arranged(length: number, log: number, fill: (x: Float64Array) => void): Part {
  const add = (_: Float64Array, logs: Float64Array): void => {
    for (let n = 0; n < logs.length; n++) logs[n] += log;
  };
  return {
    draw: (x, logs, stream) => {
      for (let from = 0; from < x.length; from += length) {
        const one = x.subarray(from, from + length);
        fill(one);
        stream.shuffle(one);
      }
      add(x, logs);
    },
    add,
  };
}

// ── Real ────────────────────────────────────────────────────────────────────

interface Scalar {
  readonly draw: (stream: Stream) => number;
  readonly log: (x: number) => number;
}

function byElement({ elements }: Column, make: (e: number) => Scalar): Part {
  const each = Array.from({ length: elements }, (_, e) => make(e));
  return {
    draw: (x, logs, stream) => {
      for (let k = 0, n = 0; n < logs.length; n++)
        for (let e = 0; e < elements; e++, k++) {
          x[k] = each[e].draw(stream);
          logs[n] += each[e].log(x[k]);
        }
    },
    add: (x, logs) => {
      for (let k = 0, n = 0; n < logs.length; n++)
        for (let e = 0; e < elements; e++, k++) logs[n] += each[e].log(x[k]);
    },
  };
}

const evenBetween = (lo: number, hi: number): Scalar => ({
  draw: (s) => lo + (hi - lo) * s.uniform(),
  log: () => -Math.log(hi - lo),
});

/** On a half-line, with the mean of the column. */
function exponential(own: Float64Array, lo: number, hi: number): Scalar {
  const up = Number.isFinite(lo);
  const away = (x: number): number => (up ? x - lo : hi - x);
  const mean = own.reduce((a, x) => a + away(x), 0) / own.length || 1;
  return {
    draw: (s) => (up ? lo + mean * s.exponential() : hi - mean * s.exponential()),
    log: (x) => -Math.log(mean) - away(x) / mean,
  };
}

/** Wraps that count: the standard deviation is below 2.5. */
const WRAPS = 4;

function angle(column: Column, e: number, kind: NoiseKind): Scalar {
  const own = elementOf(column, e);
  const cosine = own.reduce((a, x) => a + Math.cos(x), 0) / own.length;
  const sine = own.reduce((a, x) => a + Math.sin(x), 0) / own.length;
  const length = Math.hypot(cosine, sine);
  if (kind === 'uniform' || length < 0.05) return evenBetween(-Math.PI, Math.PI);
  const mean = Math.atan2(sine, cosine);
  // E cos(x − μ) = exp(−σ²/2); a column that is constant gets σ = 1.
  const sd = length > 1 - 1e-14 ? 1 : Math.sqrt(-2 * Math.log(length));
  return {
    draw: (s) => wrapAngleValue(mean + sd * s.normal()),
    log: (x) => {
      const near = wrapAngleValue(x - mean);
      let density = 0;
      for (let k = -WRAPS; k <= WRAPS; k++) density += Math.exp(-0.5 * ((near + 2 * Math.PI * k) / sd) ** 2);
      // Far out in a narrow one the density is its largest summand.
      const log = density > 0 ? Math.log(density) : -0.5 * (near / sd) ** 2;
      return log - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);
    },
  };
}
