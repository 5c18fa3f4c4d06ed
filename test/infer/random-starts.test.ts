/** Random starts outside the support find into it: zero probabilities in tables, requirements beside reals. */
import { describe, expect, it } from 'vitest';
import { noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { open } from '../run/kit.ts';

async function draw(text: string, draws: number) {
  const model = (await open(text)).model();
  const result = await sample(model, noClamp(model), { draws, warmup: 60, chains: 4, seed: 3 });
  const of = (name: string) => {
    const q = result.draws.quantities.find((x) => x.name === name);
    if (!q) throw new Error(`no ${name}`);
    return [...q.values];
  };
  return of;
}

describe('chains that start where the density is zero', () => {
  // b follows a except with probability 0.3 from 1; c copies b or is free when b = 0.
  const table = `energy Net(a : bit, b : bit, c : bit) {
  a ~ bernoulli(0.5)
  term follows = -log([[1, 0], [0.3, 0.7]][a, b])
  term copies  = -log([[0.5, 0.5], [0, 1]][b, c])
}`;

  it('reach the states of finite energy and draw from them alone', async () => {
    const of = await draw(table, 3000);
    const [a, b, c] = [of('a'), of('b'), of('c')];
    expect(a.some((x, i) => x === 0 && b[i] === 1)).toBe(false);
    expect(b.some((x, i) => x === 1 && c[i] === 0)).toBe(false);
    const mean = (xs: readonly number[]) => xs.reduce((s, x) => s + x, 0) / xs.length;
    // P(b = 1) = 0.35, P(c = 1) = 0.675; 12000 draws, a few sweeps apart from being independent.
    expect(Math.abs(mean(b) - 0.35)).toBeLessThan(0.03);
    expect(Math.abs(mean(c) - 0.675)).toBeLessThan(0.03);
  });

  it('are a fault that names the term when there is no such state near', async () => {
    await expect(draw('energy E(a : bit[2]) { term never = -log(0 * sum(a)) }', 5)).rejects.toMatchObject({
      diagnostics: [{ code: 'E0701', message: expect.stringContaining('`never` is infinite') }],
    });
  });

  it('mend what discrete unknowns break beside real ones', async () => {
    const text = `index site = 16
energy E(z : bit[site], p : real(0, 1)) {
  require z[i] == 1 for i in site where i < 12
  z ~ bernoulli(p)
}`;
    const of = await draw(text, 40);
    expect(Math.min(...of('z').filter((_, i) => i % 16 < 12))).toBe(1);
    expect(Math.max(...of('p'))).toBeLessThan(1);
  });
});
