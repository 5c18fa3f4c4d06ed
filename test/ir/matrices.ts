/** Programs over matrices for tests: slots of given numbers, values and derivatives of expressions. */
import type { HostArray } from '../../src/arrays.ts';
import type { Domain } from '../../src/domain.ts';
import { dualGradient } from '../../src/engines/reference/dual.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { Builder } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import type { IndexSet, Lambda, Node, Slot } from '../../src/ir/types.ts';

export const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

export const sizeOf = (s: IndexSet): number => (s.kind.kind === 'range' ? s.kind.size : Number.NaN);

/** Numbers in (−1, 1), the same for the same seed. */
export function numbers(count: number, seed: number): number[] {
  let state = seed * 2654435761 + 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** GGᵀ/n + shift·I of a random G, row-major. */
export function positiveDefinite(n: number, seed: number, shift = 0.5): number[] {
  const g = numbers(n * n, seed);
  return Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let s = i === j ? shift : 0;
    for (let k = 0; k < n; k++) s += (g[i * n + k] * g[j * n + k]) / n;
    return s;
  });
}

/** A builder with arrays of numbers. */
export class Bench {
  readonly b = new Builder();
  readonly arrays = new Map<Slot, HostArray>();

  slot(name: string, sets: readonly IndexSet[], data: readonly number[]): Slot {
    const s = this.b.slot('input', name, REAL, sets);
    this.arrays.set(s, { shape: sets.map(sizeOf), data: Float64Array.from(data) });
    return s;
  }

  values(f: Lambda, arrays: ReadonlyMap<Slot, HostArray> = this.arrays): number[] {
    const outputs = [{ name: 'f', axes: f.axes, node: f.body }];
    const out = referenceEngine().compile({ outputs, sizeOf }, arrays).run(new Map()).get('f');
    return Array.from(out?.data ?? []);
  }

  value(n: Node): number {
    return this.values({ axes: [], body: n })[0];
  }

  /** A scalar that depends on every element differently. */
  mix(f: Lambda): Node {
    const { b } = this;
    const weights = f.axes.reduce<Node>(
      (w, a, d) => b.add(w, b.mul(b.const(0.7 + d), b.axisNode(a))),
      b.const(0.3),
    );
    return b.sum(f.axes, b.call('sin', b.add(f.body, weights)));
  }

  derivative(root: Node, slot: Slot): Lambda {
    const f = gradient(this.b, root, [slot]).get(slot);
    if (!f) throw new Error(`no derivative with respect to ${slot.name}`);
    checkLegal(...new Set([root, f.body]));
    return f;
  }

  /** By central differences of fourth order. */
  differences(root: Node, slot: Slot, h = 1e-3): number[] {
    const array = this.arrays.get(slot)!;
    const at = (i: number, step: number): number => {
      const data = Float64Array.from(array.data);
      data[i] += step;
      const moved = new Map([...this.arrays, [slot, { shape: array.shape, data }] as const]);
      return this.values({ axes: [], body: root }, moved)[0];
    };
    return Array.from(
      array.data,
      (_, i) => (8 * (at(i, h) - at(i, -h)) - (at(i, 2 * h) - at(i, -2 * h))) / (12 * h),
    );
  }

  /** By dual numbers. */
  forward(root: Node, slot: Slot): number[] {
    return Array.from(dualGradient(root, slot, this.arrays, sizeOf).gradient);
  }
}

/** The largest difference relative to the largest element of `want`. */
export function distance(found: readonly number[], want: readonly number[]): number {
  if (found.length !== want.length) return Number.POSITIVE_INFINITY;
  const scale = want.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-3);
  return found.reduce((m, x, i) => {
    const error = Math.abs(x - want[i]) / scale;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(m, error);
  }, 0);
}
