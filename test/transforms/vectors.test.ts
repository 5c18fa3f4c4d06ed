/** Changes of variables of vectors: expressions, numbers and Jacobians belong together. */
import { describe, expect, it } from 'vitest';
import type { VectorDomain, VectorKind } from '../../src/domain.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { functions } from '../../src/ir/functions.ts';
import { Stream } from '../../src/random/stream.ts';
import { slotTransform } from '../../src/transforms/slot.ts';
import {
  activeElements,
  constrainVector,
  unconstrainVector,
  vectorFault,
  vectorLength,
} from '../../src/transforms/vectors.ts';

const kinds: readonly VectorKind[] = ['simplex', 'ordered', 'unit', 'cholesky_corr'];

function setting(kind: VectorKind, k: number) {
  const b = new Builder();
  const domain: VectorDomain = { kind, over: b.set('k', { kind: 'range', size: k }) };
  const length = vectorLength(domain, k);
  const active = activeElements(domain, k);
  const random = (stream: Stream): Float64Array =>
    Float64Array.from(active, (on) => (on === 0 ? 0 : 1.2 * stream.normal()));
  return { b, domain, length, active, random };
}

/** x and ln|J| by the expressions. */
function expressed(kind: VectorKind, k: number, z: Float64Array) {
  const { b, domain } = setting(kind, k);
  const sets = kind === 'cholesky_corr' ? [domain.over, domain.over] : [domain.over];
  const slot = b.slot('input', 'z', { kind: 'real', lo: -Infinity, hi: Infinity }, sets);
  const t = slotTransform(b, { domain, sets, z: (at) => b.read(slot, at), held: null });
  const axes = sets.map((s) => b.axis(s));
  const outputs = [
    { name: 'x', axes, node: t.at(axes.map((a) => b.axisNode(a))) },
    { name: 'j', axes: [], node: t.logJacobian },
  ];
  const run = referenceEngine().compile({ outputs, sizeOf: (s) => staticSize(s)! }, new Map());
  const out = run.run(new Map([[slot, { shape: sets.map(() => k), data: z }]]));
  return { x: [...out.get('x')!.data], logJacobian: out.get('j')!.data[0] };
}

/** ln |det| by elimination. */
function logDet(rows: number[][]): number {
  const a = rows.map((r) => [...r]);
  let sum = 0;
  for (let c = 0; c < a.length; c++) {
    const p = a.slice(c).reduce((best, r, i) => (Math.abs(r[c]) > Math.abs(a[best][c]) ? c + i : best), c);
    [a[c], a[p]] = [a[p], a[c]];
    sum += Math.log(Math.abs(a[c][c]));
    for (let r = c + 1; r < a.length; r++) {
      const f = a[r][c] / a[c][c];
      for (let j = c; j < a.length; j++) a[r][j] -= f * a[c][j];
    }
  }
  return sum;
}

describe.each(kinds)('%s', (kind) => {
  const stream = new Stream(3, 'vectors', kind);
  it.each([2, 3, 5, 8])('of size %i: the expression is the numbers', (k) => {
    const { domain, length, random } = setting(kind, k);
    const z = random(stream);
    const x = new Float64Array(length);
    constrainVector(domain, k, z, x);
    expressed(kind, k, z).x.forEach((v, i) => {
      expect(v).toBeCloseTo(x[i], 12);
    });
    expect(vectorFault(domain, k, x)).toBeUndefined();
  });

  it.each([2, 3, 5, 8])('of size %i: there and back', (k) => {
    const { domain, length, random } = setting(kind, k);
    const z = random(stream);
    const x = new Float64Array(length);
    const back = new Float64Array(length);
    const again = new Float64Array(length);
    constrainVector(domain, k, z, x);
    unconstrainVector(domain, k, x, back);
    constrainVector(domain, k, back, again);
    again.forEach((v, i) => {
      expect(v).toBeCloseTo(x[i], 10);
    });
    if (kind !== 'unit')
      back.forEach((v, i) => {
        expect(v).toBeCloseTo(z[i], 8);
      });
  });

  it.each([2, 3, 4])('of size %i: the Jacobian is that of finite differences', (k) => {
    const { domain, length, active, random } = setting(kind, k);
    const z = random(stream);
    const free = [...active.keys()].filter((i) => active[i] !== 0);
    // The coordinates in which densities are meant.
    const coordinates = kind === 'simplex' ? free : kind === 'unit' ? [...active.keys()] : free;
    const at = (d: number, i: number): number[] => {
      const moved = z.slice();
      moved[i] += d;
      const x = new Float64Array(length);
      constrainVector(domain, k, moved, x);
      return coordinates.map((c) => x[c]);
    };
    const h = 1e-5;
    const columns = free.map((i) => {
      const [up, down] = [at(h, i), at(-h, i)];
      return up.map((u, r) => (u - down[r]) / (2 * h));
    });
    const { logJacobian } = expressed(kind, k, z);
    if (kind !== 'unit') {
      expect(logJacobian).toBeCloseTo(logDet(columns), 6);
      return;
    }
    // z = r·x: dz = r^{K−1} dr dx, and r has the density of χ_K.
    const square = z.reduce((s, v) => s + v * v, 0);
    const chi = -square / 2 - (k / 2 - 1) * Math.LN2 - functions.lgamma.eval(k / 2);
    expect(logJacobian).toBeCloseTo(chi, 10);
  });
});

describe('what is no state', () => {
  const check = (kind: VectorKind, k: number, x: number[]): string | undefined =>
    vectorFault(setting(kind, k).domain, k, x);
  it('says why', () => {
    expect(check('simplex', 2, [0.5, 0.4])).toBe('does not sum to 1 but to 0.9');
    expect(check('simplex', 2, [1.5, -0.5])).toMatch(/-0.5/);
    expect(check('ordered', 3, [1, 3, 2])).toBe('is not ascending: 2 comes after 3');
    expect(check('unit', 2, [3, 4])).toBe('has not length 1 but 5');
    expect(check('cholesky_corr', 2, [1, 0.5, 0, 1])).toMatch(/not lower triangular/);
    expect(check('cholesky_corr', 2, [1, 0, 0.5, 1])).toMatch(/row 1 of length/);
    expect(check('cholesky_corr', 2, [1, 0, 0.6, 0.8])).toBeUndefined();
  });
});
