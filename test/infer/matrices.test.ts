/** Energies with matrices, end to end: Gaussian processes, multivariate normals, spins in determinants. */
import { beforeAll, describe, expect, it } from 'vitest';
import { siteBlocks } from '../../src/analyse/blocks.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { choleskyFactor } from '../../src/engines/linear/cholesky.ts';
import { determinant, factorise } from '../../src/engines/linear/lu.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { type Model, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { open } from '../run/kit.ts';
import { expectMean } from './statistics.ts';

let wasm: Engine;
beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
}, 30_000);

const CHAINS = 64;

/** An element of what was recorded, by name and flat position. */
type At = (name: string, element?: number) => number;

/** For each function the means over each chain. */
async function chainMeans(
  model: Model,
  steps: { readonly warmup: number; readonly draws: number },
  functions: readonly ((at: At) => number)[],
): Promise<number[][]> {
  const { draws: out } = await sample(model, noClamp(model), { ...steps, chains: CHAINS, seed: 3 });
  const of = (name: string) =>
    out.quantities.find((q) => q.name === name && (q.role === 'unknown' || q.role === 'energy'))!;
  return functions.map((f) =>
    Array.from({ length: CHAINS }, (_, c) => {
      let total = 0;
      for (let i = c * steps.draws; i < (c + 1) * steps.draws; i++)
        total += f((name, element = 0) => {
          const { shape, values } = of(name);
          return values[i * shape.reduce((x, y) => x * y, 1) + element];
        });
      return total / steps.draws;
    }),
  );
}

describe('a Gaussian process with an unknown length scale', () => {
  const t = [0, 0.3, 0.7, 1.1, 1.8, 2.2, 2.9];
  const y = t.map((x) => Math.sin(2 * x));
  const files = { 'd.json': JSON.stringify({ t, y }) };
  const program = (terms: string): string => `
data t : real[time] from "d.json"
data y : real[time] from "d.json"
energy GP(rho : real(0.1, 3)) {
  let K = [exp(-0.5 * ((t[i] - t[j]) / rho) ^ 2) for i in time, j in time] + 0.1 * identity(time)
  ${terms}
}`;
  const forms: Readonly<Record<string, string>> = {
    inverse: 'term e = 0.5 * quad(inverse(K), y) + 0.5 * log_det(K)',
    solve: 'term e = 0.5 * dot(y, solve(K, y)) + 0.5 * log(det(K))',
    cholesky: 'let L = cholesky(K)\n term e = 0.5 * norm(solve(L, y)) ^ 2 + sum(log(diag(L)))',
  };
  /** The energy by its definition. */
  const energy = (rho: number): number => {
    const n = t.length;
    const K = t.flatMap((a) => t.map((b) => Math.exp(-0.5 * ((a - b) / rho) ** 2) + (a === b ? 0.1 : 0)));
    const l = choleskyFactor(K, n);
    const z: number[] = [];
    let e = 0;
    for (let i = 0; i < n; i++) {
      let s = y[i];
      for (let k = 0; k < i; k++) s -= l[i * n + k] * z[k];
      z.push(s / l[i * n + i]);
      e += 0.5 * z[i] ** 2 + Math.log(l[i * n + i]);
    }
    return e;
  };

  it.each(Object.keys(forms))('has its energy (%s)', async (form) => {
    const model = (await open(program(forms[form]), { files })).model('GP', wasm);
    const [error] = await chainMeans(model, { warmup: 2, draws: 2 }, [
      (at) => Math.abs(at('energy') - energy(at('rho'))),
    ]);
    for (const d of error) expect(d).toBeLessThan(1e-4);
  });

  it('is sampled as quadrature says', async () => {
    const model = (await open(program(forms.cholesky), { files })).model('GP', wasm);
    const means = await chainMeans(model, { warmup: 80, draws: 20 }, [
      (at) => at('rho'),
      (at) => at('rho') ** 2,
    ]);
    const grid = Array.from({ length: 2000 }, (_, k) => 0.1 + (2.9 * (k + 0.5)) / 2000);
    const weights = grid.map((r) => Math.exp(-energy(r)));
    const total = weights.reduce((a, b) => a + b, 0);
    const power = (n: number): number => grid.reduce((s, r, k) => s + r ** n * weights[k], 0) / total;
    expectMean(means[0], power(1), 'rho', 1e-4);
    expectMean(means[1], power(2), 'rho²', 1e-4);
  }, 60_000);
});

describe('a multivariate normal written by hand', () => {
  const S = [2, 0.6, -0.5, 0.6, 1, 0.2, -0.5, 0.2, 0.8];
  const program = `
data S : real[k, k] from "d.json"
energy N(mu : real, x : real[k]) {
  let d = x - [i - 1 for i in k]
  term form = 0.5 * quad(inverse(S), d)
  term level = 0.5 * (mu - sum(x)) ^ 2
  term constant = 0.5 * log_det(S) + 0.5 * size(k) * log(2 * 3.141592653589793)
}`;
  const rows = [S.slice(0, 3), S.slice(3, 6), S.slice(6, 9)];

  it('has its means and its covariance', async () => {
    const { model } = await open(program, { files: { 'd.json': JSON.stringify({ S: rows }) } });
    const x = (at: At, i: number): number => at('x', i) - (i - 1);
    const pairs = [0, 1, 2].flatMap((i) => [0, 1, 2].filter((j) => j <= i).map((j) => [i, j] as const));
    const found = await chainMeans(model('N', wasm), { warmup: 100, draws: 40 }, [
      ...[0, 1, 2].map((i) => (at: At) => x(at, i)),
      ...pairs.map(
        ([i, j]) =>
          (at: At) =>
            x(at, i) * x(at, j),
      ),
    ]);
    for (const i of [0, 1, 2]) expectMean(found[i], 0, `x[${i}]`);
    pairs.forEach(([i, j], k) => {
      expectMean(found[3 + k], S[3 * i + j], `cov(x[${i}], x[${j}])`, 1e-4);
    });
  }, 60_000);
});

describe('discrete unknowns in matrices', () => {
  const matrix = (s: readonly number[]): number[] =>
    s.flatMap((a, i) => s.map((b, j) => (i === j ? 3 + 0.8 * a : 0.5 * a + 0.3 * b)));
  const program = `
index k = 3
index g = 2
energy One(s : spin[k]) {
  let M = [if i == j then 3 + 0.8 * s[i] else 0.5 * s[i] + 0.3 * s[j] for i in k, j in k]
  term volume = 2 * log_det(M) + 0.3 * inverse(M)[0, 1]
}
energy Groups(s : spin[g, k]) {
  let M = [if i == j then 3 + 0.8 * s[h, i] else 0.5 * s[h, i] + 0.3 * s[h, j] for h in g, i in k, j in k]
  term volume = sum(log_det(M))
}`;

  it('are sampled as enumeration says', async () => {
    const { model } = await open(program);
    const states = Array.from({ length: 8 }, (_, c) => [0, 1, 2].map((i) => (c & (1 << i) ? 1 : -1)));
    const energies = states.map((s) => {
      const m = matrix(s);
      const d = determinant(factorise(m, 3));
      // Cramer: minus the minor without row 1 and column 0, over the determinant.
      const minor = m[1] * m[8] - m[2] * m[7];
      return 2 * Math.log(Math.abs(d)) - (0.3 * minor) / d;
    });
    const weights = energies.map((e) => Math.exp(-e));
    const total = weights.reduce((a, b) => a + b, 0);
    const code = (at: At): number => [0, 1, 2].reduce((c, i) => c + (at('s', i) > 0 ? 1 << i : 0), 0);
    const found = await chainMeans(model('One', wasm), { warmup: 20, draws: 60 }, [
      ...states.map((_, c) => (at: At) => (code(at) === c ? 1 : 0)),
      (at) => at('energy') - energies[code(at)],
    ]);
    states.forEach((s, c) => {
      expectMean(found[c], weights[c] / total, `p(${s})`);
    });
    for (const d of found[8]) expect(Math.abs(d)).toBeLessThan(1e-5);
  }, 60_000);

  it('depend on all of a matrix, and on no other matrix of a batch', async () => {
    const { model } = await open(program);
    const blocks = (name: string) => {
      const m = model(name);
      return siteBlocks(m.builder, m.unknowns[0].slot, factorsOf(m.builder, m.energy), m);
    };
    expect(blocks('One').sequential).toMatch(
      /^`volume`: the determinant of a matrix that they are part of needs them all at once$/,
    );
    const groups = blocks('Groups');
    expect(groups.sequential).toBeNull();
    expect(groups.blocks.map((b) => [...b])).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe('matrices without a result', () => {
  it.each([
    [
      'sum(cholesky([[1, 2], [2, z - z]]))',
      /`e` is not a number at z = .*: a matrix in it is not positive definite/,
    ],
    [
      'sum(inverse([[1, 2], [2, 4 + floor(0.5 * sigmoid(z))]]))',
      /`e` is not a number at z = .*: a matrix in it is singular/,
    ],
    [
      'log_det(diag_matrix([1, floor(0.5 * sigmoid(z))]))',
      /`e` is not a number at z = .*: a matrix in it is singular/,
    ],
    ['sum(cholesky([[1, 2], [2, sqrt(-1 - z ^ 2)]]))', /`e` is not a number at z = [^:]*$/],
  ])('%s names the term', async (expr, message) => {
    const { model } = await open(`energy E(z : real) {\n  z ~ normal(0, 1)\n  term e = ${expr}\n}`);
    const m = model('E');
    await expect(sample(m, noClamp(m), { chains: 1, draws: 2, seed: 1 })).rejects.toThrow(message);
  });
});
