import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { evaluateScalar, referenceEngine } from '../../src/engines/reference/engine.ts';
import { totalEnergy } from '../../src/ir/batch.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import type { Constraint, Energy, Slot } from '../../src/ir/types.ts';
import { globalNorm } from '../../src/learn/averaging.ts';
import { discrepancy, makeDiscrepancy } from '../../src/learn/losses/discrepancy.ts';
import { readRows } from '../../src/learn/rows.ts';
import { meanWithin } from '../../src/learn/support.ts';
import { compileTraining } from '../../src/learn/training.ts';
import { Stream } from '../../src/random/stream.ts';
import { quickOptions, realLine, span, toy } from './toy.ts';

const N = 5;
const M = 3;

/** U(x, z) = a·x² + b[z]·sin(x), with or without `require x > −0.4`. */
function mixed(restricted: boolean) {
  const b = new Builder();
  const x = b.slot('unknown', 'x', realLine, [], span);
  const z = b.slot('unknown', 'z', { kind: 'category', values: b.range(3) }, [], span);
  const a = b.slot('param', 'a', { kind: 'real', lo: 0, hi: Number.POSITIVE_INFINITY }, [], span);
  const w = b.slot('param', 'w', realLine, [b.range(3)], span);
  const readX = b.read(x, []);
  // Energies outside of the support are not evaluated: this one is NaN there.
  const guard = restricted ? b.mul(b.const(0.25), b.call('sqrt', b.add(readX, b.const(0.4)))) : b.const(0);
  const support: Constraint[] = restricted
    ? [{ span, axes: [], where: null, condition: b.call('gt', readX, b.const(-0.4)) }]
    : [];
  const energy: Energy = {
    name: 'Mixed',
    span,
    unknowns: [x, z],
    terms: [
      { name: 'square', span, body: b.mul(b.read(a, []), b.call('square', readX)) },
      { name: 'wave', span, body: b.mul(b.read(w, [b.read(z, [])]), b.call('sin', readX)) },
      { name: 'guard', span, body: guard },
    ],
    support,
    reports: [],
  };
  const prior = b.mul(b.const(0.5), b.call('square', b.read(a, [])));
  return { b, energy, x, z, a, w, prior };
}

const values = { a: 0.7, w: [0.3, -1.1, 0.6] };
const U = (x: number, z: number, restricted: boolean): number =>
  values.a * x * x + values.w[z] * Math.sin(x) + (restricted ? 0.25 * Math.sqrt(x + 0.4) : 0);

const array = (shape: readonly number[], data: ArrayLike<number>): HostArray => ({
  shape,
  data: Float64Array.from(data),
});

function evaluate(restricted: boolean, stabilise: number, far = 0) {
  const m = mixed(restricted);
  const d = discrepancy(m.b, m.energy, {
    rows: N,
    draws: M,
    stabilise,
  });
  const total = totalEnergy(m.b, m.energy);
  const rowEnergy = m.b.mean(d.rows.axes, d.rows.on(total));
  const negativeEnergy = meanWithin(m.b, d.negatives.axes, d.negatives.on(total), d.supported);
  checkLegal(d.objective, rowEnergy, negativeEnergy);
  const s = new Stream(11);
  const rows = Array.from({ length: N }, () => ({ x: s.uniform(), z: s.int(3) }));
  // With `far`, all negatives of the first row are outside the support.
  const negatives = rows.map((_, n) =>
    Array.from({ length: M }, () => ({ x: n === 0 ? s.uniform() - far : 2 * s.uniform() - 1, z: s.int(3) })),
  );
  const inputs = new Map<Slot, HostArray>([
    [m.a, array([], [values.a])],
    [m.w, array([3], values.w)],
    [
      d.rows.slots.get(m.x)!,
      array(
        [N],
        rows.map((r) => r.x),
      ),
    ],
    [
      d.rows.slots.get(m.z)!,
      array(
        [N],
        rows.map((r) => r.z),
      ),
    ],
    [
      d.negatives.slots.get(m.x)!,
      array(
        [N, M],
        negatives.flat().map((r) => r.x),
      ),
    ],
    [
      d.negatives.slots.get(m.z)!,
      array(
        [N, M],
        negatives.flat().map((r) => r.z),
      ),
    ],
  ]);
  const at = (node: typeof d.objective): number => evaluateScalar(node, inputs, (set) => staticSize(set)!);
  const inside = (x: number): boolean => !restricted || x > -0.4;
  const each = rows.map((r, n) => {
    const live = negatives[n].filter((q) => inside(q.x));
    if (live.length === 0 && stabilise === 0) return 0;
    const sum = live.reduce((t, q) => t + Math.exp(U(r.x, r.z, restricted) - U(q.x, q.z, restricted)), 0);
    return Math.log(stabilise / M + sum / M);
  });
  const live = negatives.flat().filter((q) => inside(q.x));
  return {
    got: { loss: at(d.objective), rows: at(rowEnergy), negatives: at(negativeEnergy) },
    want: {
      loss: each.reduce((x, y) => x + y, 0) / N,
      rows: rows.reduce((t, r) => t + U(r.x, r.z, restricted), 0) / N,
      negatives: live.reduce((t, q) => t + U(q.x, q.z, restricted), 0) / live.length,
    },
    outside: N * M - live.length,
  };
}

describe('the discrepancy', () => {
  it.each([0, 0.5, 1])('is mean log(w/M + mean exp(U(x) − U(x′))), w = %f', (w) => {
    const { got, want } = evaluate(false, w);
    expect(got.loss).toBeCloseTo(want.loss, 12);
    expect(got.rows).toBeCloseTo(want.rows, 12);
    expect(got.negatives).toBeCloseTo(want.negatives, 12);
  });

  it.each([0, 1])('counts negatives outside the support with weight 0, w = %f', (w) => {
    const { got, want, outside } = evaluate(true, w);
    expect(outside).toBeGreaterThan(0);
    expect(got.loss).toBeCloseTo(want.loss, 12);
    expect(got.negatives).toBeCloseTo(want.negatives, 12);
  });

  it.each([0, 1])('learns nothing from a row without negatives in the support, w = %f', (w) => {
    const { got, want, outside } = evaluate(true, w, 2);
    expect(outside).toBeGreaterThanOrEqual(M);
    expect(got.loss).toBeCloseTo(want.loss, 12);
  });

  it('is log(1 + w/M) for an energy that is constant', () => {
    const b = new Builder();
    const x = b.slot('unknown', 'x', { kind: 'bit' }, [], span);
    const d = discrepancy(
      b,
      { name: 'Flat', span, unknowns: [x], terms: [], support: [], reports: [] },
      { rows: N, draws: M, stabilise: 2 },
    );
    expect(evaluateScalar(d.objective, new Map(), (s) => staticSize(s)!)).toBeCloseTo(
      Math.log(1 + 2 / M),
      12,
    );
  });
});

describe('the gradient in unconstrained coordinates', () => {
  it.each([
    [false, 1],
    [false, 0],
    [true, 1],
    [true, 0],
  ])('agrees with finite differences (restricted: %s, w = %f)', (restricted, stabilise) => {
    const m = mixed(restricted);
    const made = toy(m.b, {
      terms: Object.fromEntries(m.energy.terms.map((t) => [t.name, t.body])),
      unknowns: [
        [m.x, Array.from({ length: N }, (_, i) => 0.2 * i - 0.3)],
        [m.z, [0, 1, 2, 1, 0]],
      ],
      params: [m.a, m.w],
      priors: new Map([[m.a, m.prior]]),
      support: m.energy.support,
    });
    const options = quickOptions();
    const { bound, energy } = made;
    const engine = referenceEngine();
    const loss = makeDiscrepancy(
      { bound, energy, engine, rows: readRows(bound, made.rows), batch: N, steps: 1, stream: new Stream(1) },
      { ...options.loss, draws: M, stabilise },
    );
    const program = compileTraining({ bound, energy, loss, engine, rows: N });
    const theta = program.coordinates.toFree(
      new Map([
        [m.a, array([], [values.a])],
        [m.w, array([3], values.w)],
      ]),
    );
    const s = new Stream(5);
    const random = (n: number, f: () => number): number[] => Array.from({ length: n }, f);
    const { rows } = loss;
    const negatives = loss.negatives!;
    const inputs = new Map([
      ...program.coordinates.inputs(theta, [[], [3]]),
      [
        rows.slots.get(m.x)!,
        array(
          [N],
          random(N, () => s.uniform()),
        ),
      ] as const,
      [
        rows.slots.get(m.z)!,
        array(
          [N],
          random(N, () => s.int(3)),
        ),
      ] as const,
      [
        negatives.slots.get(m.x)!,
        array(
          [N, M],
          random(N * M, () => 2 * s.uniform() - 1),
        ),
      ] as const,
      [
        negatives.slots.get(m.z)!,
        array(
          [N, M],
          random(N * M, () => s.int(3)),
        ),
      ] as const,
    ]);
    const gradients = theta.map((p) => new Float64Array(p.length));
    program.step(inputs, gradients);
    const analytic = gradients.map((g) => g.slice());
    const h = 1e-5;
    theta.forEach((p, k) => {
      p.forEach((kept, i) => {
        p[i] = kept + h;
        const up = program.step(inputs, gradients).loss;
        p[i] = kept - h;
        const down = program.step(inputs, gradients).loss;
        p[i] = kept;
        // Truncation h²·|L‴| and rounding 1e-16/h are both below 1e-9.
        expect(analytic[k][i]).toBeCloseTo((up - down) / (2 * h), 8);
      });
    });
    expect(globalNorm(analytic)).toBeGreaterThan(0.01);
  });
});
