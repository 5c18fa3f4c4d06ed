/** Gibbs sampling and enumeration of the 4×4 Ising model against exact values. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import exact from '../fixtures/ising-4x4.json' with { type: 'json' };
import { open } from '../run/kit.ts';
import { expectMean } from './statistics.ts';

const L = 4;
const N = L * L;

/** Densities are exp(−E), so the temperature is part of the energy. */
const program = (side: number, boundary: string): string => `
  const beta = 1
  const h    = 0
  index site = grid(${side}, ${side})
  set   bond = neighbours(site, wrap = ${boundary === 'periodic'})
  energy Ising(s : spin[site]) {
    term coupling = -beta * sum(s[p] * s[q] for (p, q) in bond)
    term field    = -beta * h * sum(s)
  }`;

let wasm: Engine;
beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
}, 30_000);

/** The moments of one state. */
function moments(
  s: ArrayLike<number>,
  at: number,
  { boundary, h }: { boundary: string; h: number },
): number[] {
  const spin = (r: number, c: number): number => s[at + r * L + c];
  let [pairs, sum] = [0, 0];
  for (let r = 0; r < L; r++)
    for (let c = 0; c < L; c++) {
      sum += spin(r, c);
      if (boundary === 'periodic') pairs += spin(r, c) * (spin(r, (c + 1) % L) + spin((r + 1) % L, c));
      else
        pairs +=
          (c + 1 < L ? spin(r, c) * spin(r, c + 1) : 0) + (r + 1 < L ? spin(r, c) * spin(r + 1, c) : 0);
    }
  const m = sum / N;
  const energy = -pairs - h * sum;
  return [
    energy,
    energy ** 2,
    m,
    Math.abs(m),
    m ** 2,
    m ** 4,
    ...[1, 2, 3].map((c) => spin(0, 0) * spin(0, c)),
    ...[1, 2, 3].map((d) => spin(0, 0) * spin(d, d)),
  ];
}

const names = ['E', 'E²', 'm', '|m|', 'm²', 'm⁴', '0–1', '0–2', '0–3', '0–(1,1)', '0–(2,2)', '0–(3,3)'];

describe.each(exact.cases)('$boundary, beta = $beta, h = $h', (c) => {
  const constants = { beta: c.beta, h: c.h };

  it('Gibbs has the exact moments', async () => {
    const chains = 128;
    const draws = 400;
    const { model } = await open(program(L, c.boundary), { constants });
    const m = model('Ising', wasm);
    const { draws: out } = await sample(m, noClamp(m), {
      method: 'gibbs',
      chains,
      draws,
      warmup: 300,
      seed: 4,
    });
    const s = out.quantities.find((q) => q.name === 's')!.values;
    const means = Array.from({ length: chains }, (_, k) => {
      const total = new Array<number>(names.length).fill(0);
      for (let i = 0; i < draws; i++)
        moments(s, (k * draws + i) * N, c).forEach((x, j) => {
          total[j] += x / draws;
        });
      return total;
    });
    const want = [
      c.E_mean,
      c.E_var + c.E_mean ** 2,
      c.m_mean,
      c.abs_m,
      c.m2,
      c.m4,
      ...c.corr_row0.slice(1),
      ...c.corr_diag.slice(1),
    ];
    want.forEach((x, j) => {
      expectMean(
        means.map((row) => row[j]),
        x,
        names[j],
      );
    });
  }, 60_000);

  it('ln Z by enumeration is exact up to rounding', async () => {
    const { model } = await open(program(L, c.boundary), { constants });
    const m = model('Ising', wasm);
    const { logZ, states } = enumerateStates(m, noClamp(m));
    expect(states).toBe(2 ** N);
    // ln Z moves by at most the largest error of an energy: 48 additions in float32 of numbers up to
    // beta·(32 + 1.6) < 24, each rounded by 2⁻²⁴ of its size. Exponentials are summed in float64.
    expect(Math.abs(logZ - c.log_Z)).toBeLessThan(48 * 2 ** -24 * 24);
  }, 60_000);
});

describe('ln Z in float64', () => {
  it.each(['free', 'periodic'])('3×3, %s', async (boundary) => {
    const [beta, h] = [0.37, 0.21];
    const { model } = await open(program(3, boundary), { constants: { beta, h } });
    const m = model('Ising', referenceEngine());
    let z = 0;
    for (let bits = 0; bits < 512; bits++) {
      const s = (r: number, c: number): number => (((bits >> (r * 3 + c)) & 1) === 1 ? 1 : -1);
      let e = 0;
      for (let r = 0; r < 3; r++)
        for (let c = 0; c < 3; c++) {
          e -= h * s(r, c);
          if (boundary === 'periodic') e -= s(r, c) * (s(r, (c + 1) % 3) + s((r + 1) % 3, c));
          else e -= (c < 2 ? s(r, c) * s(r, c + 1) : 0) + (r < 2 ? s(r, c) * s(r + 1, c) : 0);
        }
      z += Math.exp(-beta * e);
    }
    expect(enumerateStates(m, noClamp(m)).logZ).toBeCloseTo(Math.log(z), 11);
  });
});
