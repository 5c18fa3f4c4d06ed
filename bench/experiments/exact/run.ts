/**
 * Experiments whose losses can be computed exactly: contamination, two modes far apart, bars and stripes.
 *
 *   npm run experiments:exact -- [--only contamination,myopia,bars] [--epochs 2000] [--to folder]
 *
 * Tables are printed; pictures are written to `--to` (runs/experiments/exact).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bars, floor } from './bars.ts';
import { lineChart } from './chart.ts';
import { contamination, gammas, shares } from './contamination.ts';
import { myopia, share } from './myopia.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'contamination,myopia,bars' },
    epochs: { type: 'string', default: '2000' },
    to: { type: 'string', default: join('runs', 'experiments', 'exact') },
  },
});
const wanted = values.only.split(',');
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): void =>
  console.log([row(head), row(head.map(() => '---')), ...rows.map(row), ''].join('\n'));
const save = (name: string, svg: string): void => {
  mkdirSync(values.to, { recursive: true });
  const file = join(values.to, name);
  writeFileSync(file, svg);
  console.log(`${file}\n`);
};

if (wanted.includes('contamination')) {
  const found = await contamination();
  console.log('Mean and standard deviation of a Gaussian energy, (1 − c)·N(0, 1) + c·N(8, ½²)\n');
  table(
    ['c', ...gammas.map((g) => `γ = ${g}`)],
    shares.map((c) => [
      `${100 * c} %`,
      ...found.filter((f) => f.share === c).map((f) => `${f.mu.toFixed(3)}, ${f.sigma.toFixed(3)}`),
    ]),
  );
}

if (wanted.includes('myopia')) {
  const at = Array.from({ length: 49 }, (_, i) => 0.02 * (i + 1));
  const m = await myopia({ rows: 4096, draws: 256, at });
  console.log(`Where losses are least: ρ·N(−5, 1) + (1 − ρ)·N(5, 1), ρ = ${share}; of 4096 rows, a share of`);
  console.log(`${m.share.toFixed(4)} is near −5\n`);
  table(
    ['loss', 'least at ρ =', 'with all draws', 'largest − least'],
    m.curves.map((c) => [
      c.name,
      c.least.toFixed(3),
      c.exact === null ? '' : c.exact.toFixed(3),
      c.range.toExponential(1),
    ]),
  );
  save(
    'myopia.svg',
    lineChart({
      title: 'Which losses see the weight of a mode',
      subtitle: 'ρ·N(−5, 1) + (1 − ρ)·N(5, 1) with ρ = 0.2, 4096 rows; each loss less its least value',
      xLabel: 'ρ of the model',
      yLabel: 'loss − least loss (cut off at 1)',
      top: 1,
      markX: share,
      lines: m.curves.map((c) => ({ name: c.name, x: m.at, y: c.loss })),
    }),
  );
}

if (wanted.includes('bars')) {
  const found = await bars({ epochs: Number(values.epochs) });
  console.log(
    `Bars and stripes, 4 × 4: exact −ln p of a picture, nats; least possible ln 30 = ${floor.toFixed(4)}\n`,
  );
  const epochs = found[0].epochs;
  const picks = [0.1, 0.3, 1].map((f) => epochs.findLastIndex((e) => e <= f * epochs[epochs.length - 1]));
  table(
    ['loss', ...picks.map((k) => `${epochs[k]} epochs`), 'least', 'seconds'],
    found.map((f) => [
      f.name,
      ...picks.map((k) => f.nll[k].toFixed(3)),
      Math.min(...f.nll).toFixed(3),
      f.seconds.toFixed(0),
    ]),
  );
  save(
    'bars.svg',
    lineChart({
      title: 'Bars and stripes',
      subtitle:
        'exact negative log-likelihood of a restricted Boltzmann machine, 16 + 16 bits; dashed: ln 30',
      xLabel: 'epoch',
      yLabel: 'nats a picture (log scale)',
      log: true,
      markY: floor,
      lines: found.map((f) => ({ name: f.name, x: f.epochs, y: f.nll })),
    }),
  );
}
