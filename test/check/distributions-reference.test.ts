/** Log-densities and special functions against values of mpmath and SciPy: `test/fixtures/distributions.py`. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { distributions } from '../../src/check/distributions.ts';
import { scalarFunctions } from '../../src/check/scalar-functions.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';
import { batchInputs, compile, type Model } from '../../src/infer/model.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import { open, testFolder } from '../run/kit.ts';

type Nested = number | readonly Nested[];
interface Point {
  readonly at: readonly Nested[];
  readonly log: number;
}
interface Fixture {
  readonly distributions: Readonly<
    Record<
      string,
      { readonly y: string; readonly params: readonly string[]; readonly points: readonly Point[] }
    >
  >;
  readonly functions: Readonly<
    Record<string, readonly { readonly at: readonly number[]; readonly value: number }[]>
  >;
}

const fixture = JSON.parse(
  readFileSync(path.join(testFolder, 'fixtures/distributions.json'), 'utf8'),
) as Fixture;
const flat = (x: Nested): number[] => (typeof x === 'number' ? [x] : x.flatMap(flat));
const names = Object.keys(fixture.distributions);

/** One energy in which y and every parameter are unknowns. */
async function modelOf(name: string, engine: Engine): Promise<Model> {
  const { y, params } = fixture.distributions[name];
  const args = params.map((_, i) => `p${i}`);
  const head = [`y : ${y}`, ...params.map((d, i) => `p${i} : ${d}`)].join(', ');
  const { model } = await open(`energy E(${head}) {\n  y ~ ${name}(${args.join(', ')})\n}`);
  return model(undefined, engine);
}

/** Log-densities at points. */
function evaluate(m: Model, points: readonly (readonly Nested[])[]): number[] {
  const b = m.builder;
  const axis = b.axis(b.range(points.length), 'state');
  const batch = makeBatch(b, m.energy.unknowns, [axis]);
  const node = batch.on(totalEnergy(b, m.energy));
  const states = new Map(
    m.unknowns.map((u, i) => [u.slot, Float64Array.from(points.flatMap((p) => flat(p[i])))]),
  );
  const out = compile(m, [{ name: 'e', axes: [axis], node }]).run(
    batchInputs(m, batch.slots, states, points.length),
  );
  return Array.from(out.get('e')!.data, (e) => -e);
}

const differs = (found: number, want: number, relative: number, absolute: number): boolean =>
  !(found === want || Math.abs(found - want) <= relative * Math.abs(want) + absolute);

describe('log-densities', () => {
  it('every distribution is here', () => {
    expect(names.sort()).toEqual([...distributions.keys()].sort());
  });

  it.each(names)('%s: the reference agrees to ten digits', async (name) => {
    const { points } = fixture.distributions[name];
    const found = evaluate(
      await modelOf(name, referenceEngine()),
      points.map((p) => p.at),
    );
    const wrong = points.flatMap((p, i) =>
      differs(found[i], p.log, 1e-10, 1e-10) ? [{ at: p.at, found: found[i], want: p.log }] : [],
    );
    expect(points.length).toBeGreaterThanOrEqual(3);
    expect(wrong).toEqual([]);
  });

  it.each(names)('%s: derivatives are those of finite differences', async (name) => {
    const { points } = fixture.distributions[name];
    const m = await modelOf(name, referenceEngine());
    const b = m.builder;
    const real = m.unknowns.filter((u) => u.slot.domain.kind === 'real');
    const node = b.neg(totalEnergy(b, m.energy));
    const slopes = gradient(
      b,
      node,
      real.map((u) => u.slot),
    );
    const outputs = real.map((u) => {
      const g = slopes.get(u.slot)!;
      return { name: u.slot.name, axes: g.axes, node: g.body };
    });
    if (outputs.length === 0) return;
    const program = compile(m, outputs);
    const wrong: unknown[] = [];
    for (const { at } of points.filter((_, i) => i % Math.ceil(points.length / 12) === 0)) {
      const states = new Map(
        m.unknowns.map((u, i) => [u.slot, { shape: [...u.shape], data: Float64Array.from(flat(at[i])) }]),
      );
      const found = program.run(states);
      m.unknowns.forEach((u, i) => {
        if (!real.includes(u)) return;
        const x = flat(at[i]);
        x.forEach((v, k) => {
          const { lo, hi } = u.slot.domain as { lo: number; hi: number };
          const room = Math.min(v - lo, hi - v, 1 + Math.abs(v)) || 1;
          const h = 1e-3 * Math.min(room, Math.abs(v) > 0 ? Math.abs(v) : 0.01, 1);
          const shifted = [-2, -1, 1, 2].map((s) =>
            at.map((a, j) => (j === i ? x.map((t, q) => (q === k ? t + s * h : t)) : a)),
          );
          const f = evaluate(m, shifted);
          const want = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
          const got = found.get(u.slot.name)!.data[k];
          const noise = (1e-15 * Math.max(...f.map(Math.abs))) / h;
          if (f.every(Number.isFinite) && differs(got, want, 2e-5, 1e-6 + 20 * noise))
            wrong.push({ at, of: u.slot.name, k, got, want });
        });
      });
    }
    expect(wrong).toEqual([]);
  });
});

const fast = engineOn(await loadBackend('wasm'));
await loadBackend('cpu');
const portable = engineOn(PORTABLE);

/** Points at which float32 can be expected to follow: moderate arguments and values. */
const tame = (x: number): boolean =>
  x === 0 || x === 1 || (Math.abs(x) < 200 && Math.abs(x) > 5e-3 && Math.abs(1 - x) > 5e-3);
const moderate = (p: Point): boolean => Math.abs(p.log) < 100 && p.at.flatMap(flat).every(tame);

describe.each([
  ['wasm', fast],
  ['portable', portable],
])('log-densities on %s', (_, engine) => {
  it.each(names)('%s', async (name) => {
    const points = fixture.distributions[name].points.filter(moderate);
    expect(points.length).toBeGreaterThan(0);
    const found = evaluate(
      await modelOf(name, engine),
      points.map((p) => p.at),
    );
    const wrong = points.flatMap((p, i) =>
      differs(found[i], p.log, 2e-4, 2e-3) ? [{ at: p.at, found: found[i], want: p.log }] : [],
    );
    expect(wrong).toEqual([]);
  });
});

describe('special functions', () => {
  const known = Object.keys(fixture.functions);
  it.each(known)('%s', async (name) => {
    const rows = fixture.functions[name];
    const arity = rows[0].at.length;
    expect(scalarFunctions.has(name)).toBe(true);
    const args = Array.from({ length: arity }, (_, i) => `x${i}`);
    const { model } = await open(
      `energy E(${args.map((x) => `${x} : real`).join(', ')}) {\n  term f = -${name}(${args.join(', ')})\n}`,
    );
    const found = evaluate(
      model(),
      rows.map((r) => r.at),
    );
    const wrong = rows.flatMap((r, i) =>
      differs(found[i], r.value, 1e-12, 1e-14) ? [{ at: r.at, found: found[i], want: r.value }] : [],
    );
    expect(wrong).toEqual([]);
  });

  it.each(known)('%s: derivatives are those of finite differences', async (name) => {
    // Kinks, jumps of the rounding and what finite differences cannot resolve are left out.
    const rows = fixture.functions[name].filter((r) =>
      r.at.every((v) => Math.abs(v) > 0.05 && Math.abs(v) < 50 && Math.abs(v - 1) > 0.05),
    );
    expect(rows.length).toBeGreaterThan(0);
    const args = rows[0].at.map((_, i) => `x${i}`);
    const { model } = await open(
      `energy E(${args.map((x) => `${x} : real`).join(', ')}) {\n  term f = -${name}(${args.join(', ')})\n}`,
    );
    const m = model();
    const slots = m.unknowns.map((u) => u.slot);
    const slopes = gradient(m.builder, m.builder.neg(totalEnergy(m.builder, m.energy)), slots);
    const program = compile(
      m,
      slots.map((s) => ({ name: s.name, axes: [], node: slopes.get(s)!.body })),
    );
    for (const { at } of rows) {
      const found = program.run(
        new Map(slots.map((s, i) => [s, { shape: [], data: Float64Array.of(at[i]) }])),
      );
      at.forEach((v, i) => {
        const h = 1e-4 * Math.min(1, Math.abs(v));
        const f = evaluate(
          m,
          [-2, -1, 1, 2].map((k) => at.map((x, j) => (j === i ? x + k * h : x))),
        );
        const want = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
        const noise = (1e-14 * Math.max(...f.map(Math.abs))) / h;
        const got = found.get(slots[i].name)!.data[0];
        if (differs(got, want, 1e-6, 1e-9 + noise))
          throw new Error(`${name}(${at.join(', ')}), argument ${i}: ${got}, expected ${want}`);
      });
    }
  });
});
