/**
 * Rings: one energy over two reals and two labels, perturbed in four ways.
 *
 *   npm run experiments:rings -- [--steps 3000] [--hidden 64] [--kernels cyclic,category,ordinal,grid] [--to folder]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileText } from '../../../src/compile.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { openEngine } from '../../../src/engines/open.ts';
import { memoryHost } from '../../../src/io/memory-host.ts';
import { Stream } from '../../../src/random/stream.ts';
import { openSession, runJob } from '../../../src/run/session.ts';
import { slicedWasserstein } from '../../../src/stats/sliced-wasserstein.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { picture } from './picture.ts';
import { asCsv, asRows, type Points, rings } from './rings.ts';

interface Kernel {
  readonly name: string;
  /** Domains of the group and of the colour. */
  readonly domain: string;
  readonly loss: string;
}

/** Times as in the literature: of reals σ = 0.1 (0.05 on the grid) in units of their variance, 1.5²/2. */
const variance = 1.5 ** 2 / 2;
const kernels: readonly Kernel[] = [
  {
    name: 'cyclic',
    domain: 'cyclic',
    loss: `discrepancy(t = 0.005, t_real = ${0.1 ** 2 / variance}, draws = 32)`,
  },
  {
    name: 'category',
    domain: 'category',
    loss: `discrepancy(t = 0.1, t_real = ${0.05 ** 2 / variance}, draws = 32)`,
  },
  {
    name: 'ordinal',
    domain: 'ordinal',
    loss: `discrepancy(t = 0.01, t_real = ${0.1 ** 2 / variance}, draws = 32)`,
  },
  {
    name: 'grid',
    domain: 'category',
    loss: `discrepancy(kernel = grid, t_real = ${0.05 ** 2 / variance}, draws = 32)`,
  },
];

const args = process.argv.slice(2);
const option = (name: string, standard: string): string => {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? standard : (args[i + 1] ?? standard);
};
const [steps, hidden, to] = [option('steps', '3000'), option('hidden', '64'), option('to', '')];
const wanted = option('kernels', kernels.map((k) => k.name).join(',')).split(',');

interface Figures {
  readonly colour: { readonly loss: number; readonly accuracy: number };
  readonly group: { readonly loss: number; readonly accuracy: number };
  readonly mean: number;
  readonly sd: number;
  readonly distance: number;
  /** Seconds of the processor a step, thousands of it. */
  readonly step: number;
}

async function run(kernel: Kernel, engine: Engine, train: Points, test: Points): Promise<Figures> {
  const source = readFileSync(join(process.cwd(), 'bench', 'experiments', 'rings', 'rings.energy'), 'utf8');
  const text = source
    .replace('GROUP', `${kernel.domain}(4)`)
    .replace('COLOUR', `${kernel.domain}(16)`)
    .replaceAll('HIDDEN', hidden)
    .replace('LOSS', kernel.loss)
    .replace('STEPS', steps);
  const compiled = compileText(text, 'rings.energy');
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  const host = memoryHost({ 'train.csv': asCsv(train), 'test.csv': asCsv(test) });
  const session = await openSession(compiled.program, host, engine, { seed: 1 });
  let spent = 0;
  for (const job of compiled.program.jobs) {
    const before = process.cpuUsage();
    const result = await runJob(session, job, () => undefined);
    const { user, system } = process.cpuUsage(before);
    if (result.verb !== 'fit') continue;
    spent = (user + system) / 1000 / result.steps;
    if (result.failure.length > 0) throw new EnergyError(result.failure);
  }
  const predicted = (name: string): Figures['colour'] => {
    const r = session.results.get(name);
    if (r?.verb !== 'predict') throw new Error(`${name} predicts nothing`);
    return { loss: r.calibration.log_loss, accuracy: r.calibration.accuracy };
  };
  const sampled = session.results.get('draws');
  if (sampled?.verb !== 'sample') throw new Error('nothing was drawn');
  const column = (name: string): Float64Array =>
    sampled.draws.quantities.find((q) => q.role === 'unknown' && q.name === `p.${name}`)!.values;
  const drawn = { x: column('x'), y: column('y'), group: column('group'), colour: column('colour') };
  const radii = drawn.x.map((x, i) => Math.hypot(x, drawn.y[i]));
  const mean = radii.reduce((a, b) => a + b, 0) / radii.length;
  if (to !== '') {
    mkdirSync(to, { recursive: true });
    writeFileSync(join(to, `${kernel.name}.png`), picture([test, drawn]));
  }
  return {
    colour: predicted('colour'),
    group: predicted('group'),
    mean,
    sd: Math.sqrt(radii.reduce((s, r) => s + (r - mean) ** 2, 0) / radii.length),
    distance: slicedWasserstein(asRows(test), asRows(drawn)),
    step: spent,
  };
}

const engine = await openEngine('auto');
const train = rings(20_000, new Stream(1, 'rings', 'train'));
const test = rings(2000, new Stream(1, 'rings', 'test'));
console.log(
  `${steps} steps of 128 rows, networks of 3 × ${hidden}; two samples of the data are ${slicedWasserstein(asRows(test), asRows(rings(2000, new Stream(1, 'rings', 'again')))).toFixed(4)} apart`,
);
console.log(
  '| kernel | colour: loss, right | group: loss, right | mean and sd of the radius | distance | ms a step |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const kernel of kernels) {
  if (!wanted.includes(kernel.name)) continue;
  try {
    const f = await run(kernel, engine, train, test);
    const label = ({ loss, accuracy }: Figures['colour']): string =>
      `${loss.toFixed(3)}, ${accuracy.toFixed(3)}`;
    console.log(
      `| ${kernel.name} | ${label(f.colour)} | ${label(f.group)} | ${f.mean.toFixed(3)} ± ${f.sd.toFixed(3)} | ${f.distance.toFixed(4)} | ${f.step.toFixed(1)} |`,
    );
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    for (const d of e.diagnostics) console.error(`${kernel.name}: ${d.code}: ${d.message}`);
    process.exitCode = 1;
  }
}
