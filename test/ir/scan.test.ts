import { describe, expect, it } from 'vitest';
import { dualGradient } from '../../src/engines/reference/index.ts';
import { makeBatch } from '../../src/ir/batch.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import { showNode } from '../../src/ir/show.ts';
import { signOf } from '../../src/ir/signs.ts';
import type { Node, Slot } from '../../src/ir/types.ts';
import { close, Kit, wiggle } from './scan-kit.ts';
import { forward, garch, lags, models, nested, series } from './scan-models.ts';

/** First and second derivatives of a root against dual numbers and differences. */
function checkDerivatives(k: Kit, root: Node, slots: readonly Slot[]): void {
  const { b } = k;
  const first = k.gradients(root, slots);
  checkLegal(...new Set([root, ...[...first.values()].map((f) => f.body)]));
  for (const s of slots) {
    const f = first.get(s)!;
    const found = k.array(f);
    close(found, dualGradient(root, s, k.arrays, k.sizeOf).gradient, 1e-10);
    close(found, k.differences(root, s), 1e-7);
  }
  const scalar = b.addAll(
    [...first.values()].map((f) => b.sum(f.axes, b.call('sin', b.add(f.body, b.const(0.3))))),
  );
  const second = k.gradients(scalar, slots);
  checkLegal(...new Set([scalar, ...[...second.values()].map((f) => f.body)]));
  for (const s of slots) {
    const found = k.array(second.get(s)!);
    close(found, dualGradient(scalar, s, k.arrays, k.sizeOf).gradient, 1e-9);
    close(found, k.differences(scalar, s), 1e-5);
  }
}

describe('values', () => {
  it('are those of a loop', () => {
    const { k, t, x, T, e } = series();
    const data = k.arrays.get(e)!.data;
    let prev = 0.4;
    const want = Array.from({ length: T }, (_, i) => {
      prev = Math.tanh(0.7 * prev) + data[i];
      return prev;
    });
    close(k.array({ axes: [t], body: x }), want, 1e-15);
  });

  it('run backwards', () => {
    const k = new Kit();
    const time = k.set('time', 5);
    const e = k.slot('e', [time], wiggle(5, 0.9));
    const t = k.b.axis(time, 't');
    const x = k.scan(t, [], k.n(1), (prev) => k.b.add(k.b.mul(k.n(0.5), prev()), k.read(e, t)), true);
    const data = k.arrays.get(e)!.data;
    const want = new Array<number>(5);
    let next = 1;
    for (let i = 4; i >= 0; i--) {
      next = 0.5 * next + data[i];
      want[i] = next;
    }
    close(k.array({ axes: [t], body: x }), want, 1e-15);
  });

  it('does not mix instances: outer axes, also those that a sum in the step binds', () => {
    const k = new Kit();
    const { b } = k;
    const person = k.set('person', 3);
    const time = k.set('time', 4);
    const w = k.slot('w', [person], wiggle(3, 2.1));
    const i = b.axis(person, 'i');
    const t = b.axis(time, 't');
    // The sum binds the axis that is free in the start.
    const inner = (prev: () => Node): Node => b.sum([i], b.mul(k.read(w, i), prev()));
    const x = k.scan(t, [], k.read(w, i), (prev) => b.add(b.mul(k.n(0.5), prev()), inner(prev)));
    const data = k.arrays.get(w)!.data;
    const total = data[0] + data[1] + data[2];
    const want: number[] = [];
    for (let p = 0; p < 3; p++) {
      let now = data[p];
      for (let s = 0; s < 4; s++) {
        now = 0.5 * now + total * now;
        want.push(now);
      }
    }
    close(k.array({ axes: [i, t], body: x }), want, 1e-14);
  });

  it('of a state whose axes change places', () => {
    const k = new Kit();
    const { b } = k;
    const side = k.set('side', 3);
    const time = k.set('time', 3);
    const m = k.slot('m', [side, side], wiggle(9, 1.1));
    const [i, j, t] = [b.axis(side, 'i'), b.axis(side, 'j'), b.axis(time, 't')];
    const x = k.scan(t, [i, j], k.read(m, i, j), (prev) =>
      b.add(prev(b.axisNode(j), b.axisNode(i)), b.axisNode(t)),
    );
    const data = k.arrays.get(m)!.data;
    const found = k.array({ axes: [t, i, j], body: x });
    const at = (s: number, r: number, c: number): number => found[(s * 3 + r) * 3 + c];
    for (let r = 0; r < 3; r++)
      for (let c = 0; c < 3; c++) {
        expect(at(0, r, c)).toBe(data[c * 3 + r]);
        expect(at(1, r, c)).toBe(data[r * 3 + c] + 1);
        expect(at(2, r, c)).toBe(data[c * 3 + r] + 3);
      }
  });

  it('of an autoregression of order 3', () => {
    const { k, root, slots } = lags();
    const [f, s, d] = slots.map((v) => k.arrays.get(v)!.data);
    let past = [...s];
    let want = 0;
    for (let n = 0; n < 6; n++) {
      const next = f[0] * past[0] + f[1] * past[1] + f[2] * past[2] + d[n];
      past = [next, past[0], past[1]];
      want += next * next;
    }
    expect(k.value(root)).toBeCloseTo(want, 12);
  });

  it('of the forward algorithm are sums over the hidden paths', () => {
    const [T, S] = [4, 3];
    const { k, root, slots } = forward(T, S);
    const [p, a, q] = slots.map((v) => k.arrays.get(v)!.data);
    let total = 0;
    for (let path = 0; path < S ** (T + 1); path++) {
      const z = Array.from({ length: T + 1 }, (_, n) => Math.floor(path / S ** n) % S);
      let e = p[z[0]];
      for (let n = 0; n < T; n++) e += a[z[n] * S + z[n + 1]] + q[n * S + z[n + 1]];
      total += Math.exp(e);
    }
    expect(k.value(root)).toBeCloseTo(Math.log(total), 12);
  });

  it('of a recurrence in the step of another', () => {
    const { k, slots, x, s } = nested();
    const data = k.arrays.get(slots[1])!.data;
    let now = 0.8;
    const want: number[] = [];
    for (let m = 0; m < 3; m++) {
      let [y, sum] = [now, 0];
      for (let n = 0; n < 4; n++) {
        y = 0.8 * Math.sin(y) + data[m * 4 + n] * now;
        sum += y * n;
      }
      now = 0.1 * sum;
      want.push(now);
    }
    close(k.array({ axes: [s], body: x }), want, 1e-12);
  });
});

describe('nodes', () => {
  it('are shared, whatever reads them', () => {
    const { k, x, t } = series();
    const { b } = k;
    const batch = b.axis(b.range(2), 'chain');
    const made = makeBatch(b, [...k.arrays.keys()], [batch]);
    expect(made.on(x)).toBe(made.on(x));
    const s = b.axis(t.set, 's');
    expect(b.substitute(b.substitute(x, [t], [b.axisNode(s)]), [s], [b.axisNode(t)])).toBe(x);
  });

  it('run for each chain of a batch on its own', () => {
    const { k, x, t, T } = series();
    const { b } = k;
    const batch = b.axis(b.range(2), 'chain');
    const unknowns = [...k.arrays.keys()];
    const made = makeBatch(b, unknowns, [batch]);
    const on = made.on(x);
    checkLegal(on);
    expect(on.axes).toEqual([t, batch]);
    for (const u of unknowns) {
      const { shape, data } = k.arrays.get(u)!;
      k.arrays.set(made.slots.get(u)!, {
        shape: [2, ...shape],
        data: Float64Array.from([...data, ...Array.from(data, (v) => 0.5 * v - 0.1)]),
      });
    }
    const both = k.array({ axes: [batch, t], body: on });
    close(both.slice(0, T), k.array({ axes: [t], body: x }), 1e-15);
    for (const u of unknowns) {
      const a = k.arrays.get(u)!;
      k.arrays.set(u, { shape: a.shape, data: Float64Array.from(a.data, (v) => 0.5 * v - 0.1) });
    }
    close(both.slice(T), k.array({ axes: [t], body: x }), 1e-15);
  });

  it('run the instances asked for where a param is not an axis', () => {
    const k = new Kit();
    const { b } = k;
    const person = k.set('person', 3);
    const time = k.set('time', 4);
    const w = k.slot('w', [person], [0.1, 0.5, 0.9]);
    const [i, t] = [b.axis(person, 'i'), b.axis(time, 't')];
    const x = k.scan(t, [], k.n(1), (prev) => b.mul(prev(), k.read(w, i)));
    const one = b.substitute(x, [i], [b.const(2)]);
    checkLegal(one);
    expect(one.axes).toEqual([t]);
    close(k.array({ axes: [t], body: one }), [0.9, 0.81, 0.729, 0.6561], 1e-15);
    const j = b.axis(b.range(2), 'j');
    const shifted = b.substitute(x, [i], [b.add(b.axisNode(j), b.const(1))]);
    checkLegal(shifted);
    close(k.array({ axes: [j, t], body: shifted }).slice(0, 4), [0.5, 0.25, 0.125, 0.0625], 1e-15);
  });

  it('print', () => {
    const { x } = series();
    expect(showNode(x)).toBe('(scan[t in time, prev = x0] tanh(a*prev) + e[t])[t2]');
  });

  it('are known to be positive by induction', () => {
    const { h } = garch();
    expect(signOf(h)).toBe('positive');
    expect(signOf(series().x)).toBe('unknown');
  });
});

describe('derivatives', () => {
  it.each(Object.entries(models))('of %s', (_, make) => {
    const { k, root, slots } = make();
    checkDerivatives(k, root, slots);
  });
});
