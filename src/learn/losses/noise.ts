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
import { isDiscrete, showDomain, stateCount, type VectorDomain, valueMap } from '../../domain.ts';
import { lgamma } from '../../ir/log-gamma.ts';
import { softplus } from '../../ir/special.ts';
import type { IndexSet, Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import {
  constrainValue,
  logJacobianValue,
  unconstrainValue,
  wrapAngleValue,
} from '../../transforms/scalars.ts';
import {
  activeElements,
  constrainVector,
  unconstrainVector,
  vectorLength,
} from '../../transforms/vectors.ts';
import type { LearnCode } from '../codes.ts';
import { columnScales } from '../perturb.ts';
import type { Rows } from '../rows.ts';

export type NoiseKind = 'marginals' | 'uniform';

export interface Noise {
  /** Fills states [count, ...unknown] of each unknown, and their log-densities [count]. */
  draw(states: ReadonlyMap<Slot, Float64Array>, logs: Float64Array, stream: Stream): void;
  /** Log-densities [count] of given states. */
  logDensity(states: ReadonlyMap<Slot, Float64Array>, logs: Float64Array): void;
}

/** The noise of one unknown. Arrays hold `count` states; log-densities are added to `logs`. */
interface Part {
  readonly draw: (x: Float64Array, logs: Float64Array, stream: Stream) => void;
  readonly add: (x: Float64Array, logs: Float64Array) => void;
}

interface Column {
  readonly unknown: Slot;
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly count: number;
  readonly elements: number;
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

const logNormal = (z: number): number => -0.5 * (z * z + Math.log(2 * Math.PI));

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

const elementOf = ({ data, count, elements }: Column, e: number): Float64Array =>
  Float64Array.from({ length: count }, (_, n) => data[n * elements + e]);

function momentsOf(x: Float64Array): { readonly mean: number; readonly sd: number } {
  const mean = x.reduce((a, c) => a + c, 0) / x.length;
  return { mean, sd: columnScales({ shape: [x.length], data: x }, 1)[0] };
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

// ── Vectors ─────────────────────────────────────────────────────────────────

/** Gaussian in unconstrained coordinates, each by itself. */
function gaussianVector(column: Column, domain: VectorDomain, sizeOf: (s: IndexSet) => number): Part {
  const k = sizeOf(domain.over);
  const width = vectorLength(domain, k);
  const free = activeElements(domain, k);
  const z = new Float64Array(column.data.length);
  for (let from = 0; from < z.length; from += width)
    unconstrainVector(domain, k, column.data.subarray(from, from + width), z.subarray(from, from + width));
  const fitted = Array.from({ length: column.elements }, (_, e) =>
    momentsOf(elementOf({ ...column, data: z }, e)),
  );
  const own = new Float64Array(width);
  /** Of the coordinates in `own`, with the vector that they make. */
  const log = (x: Float64Array, e: number): number => {
    let sum = -vectorLogJacobian(domain, k, own, x);
    for (let i = 0; i < width; i++) {
      const { mean, sd } = fitted[e + i];
      if (free[i]) sum += logNormal((own[i] - mean) / sd) - Math.log(sd);
    }
    return sum;
  };
  const each = (x: Float64Array, logs: Float64Array, use: (x: Float64Array, e: number) => void): void => {
    for (let n = 0, from = 0; n < logs.length; n++)
      for (let e = 0; e < column.elements; e += width, from += width) {
        const vector = x.subarray(from, from + width);
        use(vector, e);
        logs[n] += log(vector, e);
      }
  };
  return {
    draw: (x, logs, stream) =>
      each(x, logs, (vector, e) => {
        for (let i = 0; i < width; i++)
          own[i] = free[i] ? fitted[e + i].mean + fitted[e + i].sd * stream.normal() : 0;
        constrainVector(domain, k, own, vector);
      }),
    add: (x, logs) => each(x, logs, (vector) => unconstrainVector(domain, k, vector, own)),
  };
}

/** ln |dx/dz|, as `vectorExpression` has it; not for directions, whose coordinates are one too many. */
export function vectorLogJacobian(d: VectorDomain, k: number, z: Float64Array, x: Float64Array): number {
  let sum = 0;
  switch (d.kind) {
    case 'simplex':
      // The exponents of x sum to 0, so that Σ ln x is −K times the log-sum-exp of them.
      for (let i = 0; i < k; i++) sum += Math.log(Math.max(x[i], 1e-300));
      return 0.5 * Math.log(k) + sum;
    case 'ordered':
      for (let i = 1; i < k; i++) sum += z[i];
      return sum;
    case 'cholesky_corr':
      for (let i = 0; i < k; i++)
        for (let m = 0; m < i; m++) {
          const v = z[i * k + m];
          sum += 0.5 * (1 + i - m) * 2 * (Math.LN2 - v - softplus(-2 * v));
        }
      return sum;
    case 'unit':
      throw new Error('directions have no Jacobian of their own');
  }
}

/** The flat Dirichlet: (K − 1)! in the first K − 1 elements. */
function evenSimplex(k: number): Part {
  return vectors(k, lgamma(k), (x, stream) => {
    let total = 0;
    for (let i = 0; i < k; i++) {
      x[i] = stream.exponential();
      total += x[i];
    }
    for (let i = 0; i < k; i++) x[i] /= total;
  });
}

/** One over the surface of the sphere, 2 π^{K/2}/Γ(K/2). */
function evenSphere(k: number): Part {
  return vectors(k, lgamma(k / 2) - Math.LN2 - (k / 2) * Math.log(Math.PI), (x, stream) => {
    stream.fillNormal(x);
    const norm = Math.hypot(...x);
    for (let i = 0; i < k; i++) x[i] /= norm;
  });
}

function vectors(k: number, log: number, fill: (x: Float64Array, stream: Stream) => void): Part {
  const add = (x: Float64Array, logs: Float64Array): void => {
    const each = (log * x.length) / k / logs.length;
    for (let n = 0; n < logs.length; n++) logs[n] += each;
  };
  return {
    draw: (x, logs, stream) => {
      for (let from = 0; from < x.length; from += k) fill(x.subarray(from, from + k), stream);
      add(x, logs);
    },
    add,
  };
}
