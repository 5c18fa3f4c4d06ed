/**
 * Couplings of Ising models from 2,000 draws: −ln RMSE of J for several losses and priors.
 *
 *   npm run experiments:ising -- [--only 10x10/0.1]… [--methods NAME]… [--seed 1]
 */
import { parseArgs } from 'node:util';
import { openEngine } from '../../../src/engines/open.ts';
import { type Couplings, draws, jobsOf, score, trueCouplings } from './data.ts';
import { methods } from './methods.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    methods: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    rows: { type: 'string', default: '2000' },
    sweeps: { type: 'string', default: '2000' },
  },
});

const cases: readonly Couplings[] = [
  ...[0.1, 0.2, 0.3, 0.4, 0.5].map((sigma) => ({ side: 10, sigma })),
  ...[-0.1, -0.2].map((sigma) => ({ side: 9, sigma })),
];

const engine = await openEngine('auto');
const rows = Number(values.rows);
const wanted = methods.filter((m) => !values.methods || values.methods.some((o) => m.name.includes(o)));
console.log(
  `${rows} rows, seed ${values.seed}; −ln RMSE of J, higher is better; seconds of the processor for the fit`,
);
for (const c of cases) {
  const name = `${c.side}x${c.side}/${c.sigma}`;
  if (values.only && !values.only.includes(name)) continue;
  const size = c.side * c.side;
  const seen = await draws(c, rows, Number(values.sweeps), Number(values.seed), engine);
  const truth = trueCouplings(c);
  console.log(
    `${name.padEnd(12)} ${'J = 0'.padEnd(44)} ${score(new Float64Array(size * size), truth).toFixed(2)}`,
  );
  for (const m of wanted) {
    const began = process.cpuUsage();
    const { session, results } = await jobsOf(m.program(size), { 'seen.csv': seen }, engine);
    const used = process.cpuUsage(began);
    const [, param] = [...session.params].find(([p]) => p.name === 'J')!;
    // What is read off is the symmetric part without a diagonal: the rest does not change probabilities.
    const J = Float64Array.from(param.data, (x, i) => {
      const [p, q] = [Math.floor(i / size), i % size];
      return p === q ? 0 : (x + param.data[q * size + p]) / 2;
    });
    const [fit] = results;
    const steps = fit.verb === 'fit' ? fit.steps : 0;
    console.log(
      `${''.padEnd(12)} ${m.name.padEnd(44)} ${score(J, truth).toFixed(2)}  ${((used.user + used.system) / 1e6).toFixed(1)} s, ${steps} steps`,
    );
  }
}
