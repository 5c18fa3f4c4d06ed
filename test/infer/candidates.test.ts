/** Domains with more states than a whole conditional: Gibbs within random candidates. */
import { describe, expect, it } from 'vitest';
import { noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { summarise } from '../../src/stats/summary.ts';
import { open } from '../run/kit.ts';

async function run(text: string, draws: number) {
  const model = (await open(text)).model();
  const { plan } = makePlan(model, noClamp(model), 'gibbs');
  const result = await sample(model, noClamp(model), {
    method: 'gibbs',
    chains: 8,
    draws,
    warmup: 200,
    seed: 4,
  });
  const { quantities } = summarise(result.draws);
  return { plan, of: (name: string) => quantities.find((q) => q.name === name)! };
}

describe('very many states', { timeout: 120_000 }, () => {
  it('an int: moments of a wide and of a narrow distribution', async () => {
    const { of, plan } = await run(
      'energy E(n : int(0, 1999), m : int(0, 4999)) {\n  term a = 0.5 * ((n - 700) / 20) ^ 2\n  term b = m / 1000\n  report square = (n - 700) ^ 2\n}',
      800,
    );
    expect(plan.unknowns[0].why).toContain('within 64 of its 2000 states');
    for (const [name, value] of [
      ['n', 700],
      ['square', 400],
      // Σ m e^{−m/1000} / Σ e^{−m/1000} over 0 … 4999
      ['m', 1 / Math.expm1(1e-3) - 5000 / Math.expm1(5)],
    ] as const) {
      const q = of(name);
      expect(Math.abs(q.mean! - value), `${name}: ${q.mean} ± ${q.mcse_mean}`).toBeLessThan(
        4.5 * q.mcse_mean!,
      );
    }
  });

  it('a category: values with most of the weight are found and kept in their proportion', async () => {
    const { of } = await run(
      'energy E(z : category(3000)) {\n  term a = if z == 1234 then -9 else if z == 77 then -8 else 0\n  report first = z == 1234\n  report second = z == 77\n}',
      3000,
    );
    const total = Math.exp(9) + Math.exp(8) + 2998;
    for (const [name, value] of [
      ['first', Math.exp(9) / total],
      ['second', Math.exp(8) / total],
    ] as const) {
      const q = of(name);
      expect(Math.abs(q.mean! - value), `${name}: ${q.mean} ± ${q.mcse_mean}`).toBeLessThan(
        4.5 * q.mcse_mean!,
      );
    }
  });
});
