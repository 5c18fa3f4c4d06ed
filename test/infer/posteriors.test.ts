/**
 * Posteriors of posteriordb and of the BUGS examples, sampled as anyone would: no options. Means are compared with
 * reference draws or quadrature, within the standard errors of both.
 */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { quantile } from '../../src/stats/diagnostics.ts';
import { summarise } from '../../src/stats/summary.ts';
import { open } from '../run/kit.ts';

const folder = path.resolve(import.meta.dirname, '../../bench/posteriors');

interface Problem {
  readonly data: Readonly<Record<string, unknown>>;
  readonly moments: Readonly<
    Record<string, { mean: number; sd: number; error: number; q5?: number; q50?: number; q95?: number }>
  >;
}

const problemOf = (name: string): Problem =>
  JSON.parse(readFileSync(path.join(folder, 'problems', `${name}.json`), 'utf8')) as Problem;

async function drawn(program: string, { data }: Problem) {
  const text = readFileSync(path.join(folder, 'programs', `${program}.energy`), 'utf8');
  const files = { 'data.json': JSON.stringify(data) };
  const opened = await open(text, { files, everything: ['data.json'] });
  const model = opened.model('Posterior', kernelsEngine());
  const result = await sample(model, noClamp(model), { seed: 1 });
  return { ...result, summary: summarise(result.draws, result.chains) };
}

/** Elements count from 1 there and from 0 here. */
const nameHere = (there: string): string =>
  there.replace(/\[(\d+)\]$/, (_, i: string) => `[${Number(i) - 1}]`);

const cases: readonly (readonly [program: string, problem: string])[] = [
  ['eight-schools', 'eight-schools'],
  ['eight-schools-centred', 'eight-schools'],
  ['kidiq', 'kidiq'],
  ['arK', 'arK'],
  ['logearn', 'logearn'],
  ['nes', 'nes'],
  ['blr', 'blr'],
  ['pump', 'pump'],
];

describe('a posterior that is known', () => {
  it.each(cases)(
    '%s: means, spreads, and nothing to warn of',
    async (program, name) => {
      const problem = problemOf(name);
      const { summary } = await drawn(program, problem);
      expect(summary.diagnostics.filter((d) => d.level === 'warning')).toEqual([]);
      let compared = 0;
      for (const [there, want] of Object.entries(problem.moments)) {
        const q = summary.quantities.find((x) => x.name === nameHere(there));
        if (!q) continue;
        compared++;
        // Beyond 4.5 errors by chance once in 150,000 numbers; 70 are compared.
        expect(Math.abs(q.mean! - want.mean), `${there}: ${q.mean} for ${want.mean}`).toBeLessThan(
          4.5 * Math.hypot(q.mcse_mean!, want.error),
        );
        // Spreads of heavy tails are rough: the effective size is that of squares, at least a quarter of that of means.
        expect(Math.abs(q.sd! / want.sd - 1), `${there}: sd ${q.sd} for ${want.sd}`).toBeLessThan(
          6 / Math.sqrt(q.ess_tail!),
        );
      }
      expect(compared).toBeGreaterThan(2);
    },
    60_000,
  );

  it('dyes: a spike at no variance between batches, and a heavy tail', async () => {
    const problem = problemOf('dyes');
    const { draws, summary } = await drawn('dyes', problem);
    const of = (name: string): Float64Array => draws.quantities.find((q) => q.name === name)!.values;
    const theta = summary.quantities.find((q) => q.name === 'theta')!;
    expect(Math.abs(theta.mean! - problem.moments.theta.mean)).toBeLessThan(4.5 * theta.mcse_mean!);
    for (const [here, there] of [
      ['within', 'sigma2.within'],
      ['between', 'sigma2.between'],
    ] as const) {
      const q = summary.quantities.find((x) => x.name === here)!;
      const want = problem.moments[there];
      // Quantiles as probabilities: a share p of independent draws has the standard error √(p(1 − p)/n).
      const values = of(here);
      for (const [p, at] of [
        [0.5, want.q50!],
        [0.95, want.q95!],
      ] as const) {
        const share = values.filter((v) => v <= at).length / values.length;
        const n = Math.min(q.ess_bulk!, q.ess_tail!);
        expect(Math.abs(share - p), `${here} at ${p}`).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / n));
      }
      expect(quantile(values.slice().sort(), 0.5)).toBeGreaterThan(0);
    }
    // P(σ² between < 1) = 0.0888.
    const between = of('between');
    const n = summary.quantities.find((x) => x.name === 'between')!.ess_tail!;
    const spike = between.filter((v) => v < 1).length / between.length;
    expect(Math.abs(spike - 0.0888)).toBeLessThan(4.5 * Math.sqrt((0.0888 * 0.9112) / n));
  }, 60_000);
});
