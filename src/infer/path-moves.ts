/**
 * Hamiltonian moves (Duane et al., Phys. Lett. B 195 (1987) 216; Neal 2011) on β·T(u) + (1 − β)·R(u): u are the
 * coordinates in which the reference is standard, T the target's energy there and R the reference's.
 */
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import type { ContinuousPart } from './continuous.ts';
import type { Reference } from './reference.ts';

/** A step size and how many leaps of it a transition takes. */
export interface Leap {
  readonly size: number;
  readonly count: number;
}

export interface PathMoves {
  /** Draws reals of some chains from the reference. */
  draw(which: readonly number[], states: Map<Slot, Float64Array>): void;
  /** T − R at the present states. */
  difference(): Float64Array;
  /** What is discrete has moved. */
  refresh(): void;
  /** One transition of every chain. @returns the mean probability of acceptance */
  step(beta: number, leap: Leap): number;
  descend(parents: Int32Array): void;
  /** Unconstrained coordinates of all chains. */
  z(): Float64Array;
}

export function pathMoves(
  real: ContinuousPart,
  reference: Reference,
  chains: number,
  streams: () => readonly Stream[],
): PathMoves {
  const d = real.dim;
  const u = new Float64Array(chains * d);
  const z = new Float64Array(chains * d);
  const target = new Float64Array(chains);
  const targetSlope = new Float64Array(chains * d);
  const basis = new Float64Array(chains);
  const basisSlope = new Float64Array(chains * d);
  let stale = true;
  const part = (a: Float64Array, c: number): Float64Array => a.subarray(c * d, (c + 1) * d);

  /** Energies and slopes in u at `at`, written into the given arrays; z is left at `at`. */
  const evaluate = (
    at: Float64Array,
    t: Float64Array,
    tSlope: Float64Array,
    r: Float64Array,
    rSlope: Float64Array,
  ): void => {
    for (let c = 0; c < chains; c++) reference.toZ(part(at, c), part(z, c));
    const { energy, gradient } = real.evaluate(z);
    for (let c = 0; c < chains; c++) {
      t[c] = energy[c] - reference.logDet;
      reference.pullBack(part(gradient, c), part(tSlope, c));
      r[c] = reference.energy(part(at, c), part(rSlope, c));
    }
  };
  const fresh = (): void => {
    if (stale) evaluate(u, target, targetSlope, basis, basisSlope);
    stale = false;
  };

  const q = new Float64Array(chains * d);
  const p = new Float64Array(chains * d);
  const t = new Float64Array(chains);
  const tSlope = new Float64Array(chains * d);
  const r = new Float64Array(chains);
  const rSlope = new Float64Array(chains * d);
  const sizes = new Float64Array(chains);
  const before = new Float64Array(chains);
  const kick = (c: number, beta: number, ts: Float64Array, rs: Float64Array): void => {
    const half = 0.5 * sizes[c];
    for (let i = c * d; i < (c + 1) * d; i++) p[i] -= half * (beta * ts[i] + (1 - beta) * rs[i]);
  };
  const kinetic = (c: number): number => {
    let sum = 0;
    for (let i = c * d; i < (c + 1) * d; i++) sum += p[i] * p[i];
    return 0.5 * sum;
  };

  return {
    draw(which, states) {
      const own = streams();
      for (const c of which) {
        reference.draw(own[c], part(u, c));
      }
      for (let c = 0; c < chains; c++) reference.toZ(part(u, c), part(z, c));
      real.write(z, states);
      stale = true;
    },
    difference() {
      fresh();
      return target.map((e, c) => e - basis[c]);
    },
    refresh() {
      stale = true;
    },
    step(beta, { size, count }) {
      fresh();
      const own = streams();
      q.set(u);
      for (let c = 0; c < chains; c++) {
        sizes[c] = size * (0.8 + 0.4 * own[c].uniform());
        own[c].fillNormal(p, c * d, (c + 1) * d);
        before[c] = beta * target[c] + (1 - beta) * basis[c] + kinetic(c);
      }
      let slopes: readonly [Float64Array, Float64Array] = [targetSlope, basisSlope];
      for (let l = 0; l < count; l++) {
        for (let c = 0; c < chains; c++) {
          kick(c, beta, slopes[0], slopes[1]);
          for (let i = c * d; i < (c + 1) * d; i++) q[i] += sizes[c] * p[i];
        }
        evaluate(q, t, tSlope, r, rSlope);
        for (let c = 0; c < chains; c++) kick(c, beta, tSlope, rSlope);
        slopes = [tSlope, rSlope];
      }
      let sum = 0;
      let counted = 0;
      for (let c = 0; c < chains; c++) {
        const rise = beta * t[c] + (1 - beta) * r[c] + kinetic(c) - before[c];
        const accept = Number.isNaN(rise) ? 0 : Math.min(1, Math.exp(-rise));
        // Where the chain has weight 0 its moves tell nothing.
        if (target[c] < Number.POSITIVE_INFINITY) {
          sum += accept;
          counted++;
        }
        if (!(own[c].uniform() < accept)) continue;
        u.set(part(q, c), c * d);
        target[c] = t[c];
        basis[c] = r[c];
        targetSlope.set(part(tSlope, c), c * d);
        basisSlope.set(part(rSlope, c), c * d);
      }
      return counted === 0 ? Number.NaN : sum / counted;
    },
    descend(parents) {
      for (const a of [u, targetSlope, basisSlope]) {
        const old = a.slice();
        for (let c = 0; c < chains; c++) a.set(part(old, parents[c]), c * d);
      }
      for (const a of [target, basis]) {
        const old = a.slice();
        for (let c = 0; c < chains; c++) a[c] = old[parents[c]];
      }
    },
    z() {
      for (let c = 0; c < chains; c++) reference.toZ(part(u, c), part(z, c));
      return z;
    },
  };
}
