/**
 * Handwritten digits as 64 bits: nats of test rows under machines and networks, beside scikit-learn's BernoulliRBM.
 *
 *   npm run experiments:digits -- [--only rbm] [--seeds 3] [--python python3] [--engine auto] [--to folder]
 *
 * Pictures of draws are written to `--to` (runs/experiments/digits).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageLibrary } from '../../../src/cli/library.ts';
import { compileProgram } from '../../../src/compile.ts';
import { isEngineName } from '../../../src/engines/names.ts';
import { openEngine } from '../../../src/engines/open.ts';
import { memoryHost } from '../../../src/io/memory-host.ts';
import { moduleReader } from '../../../src/modules.ts';
import { openSession, runJob } from '../../../src/run/session.ts';
import { models } from './models.ts';
import { picture } from './picture.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
    engine: { type: 'string', default: 'auto' },
    to: { type: 'string', default: join('runs', 'experiments', 'digits') },
  },
});
// From the project's folder, whether this file runs as it is or compiled.
const root = process.cwd();
const folder = join(root, 'bench', 'experiments', 'digits');

/** Pixels of 0 … 16, dark from 8 on, without the class. */
function bits(file: string): number[][] {
  const [, ...lines] = readFileSync(join(root, 'examples', 'learning', 'data', file), 'utf8')
    .trim()
    .split('\n');
  return lines.map((l) =>
    l
      .split(',')
      .slice(0, 64)
      .map((x) => (Number(x) >= 8 ? 1 : 0)),
  );
}

const train = bits('digits-train.csv');
const test = bits('digits-test.csv');
const files = {
  'train.csv': `${train.map((r) => r.join(',')).join('\n')}\n`,
  'test.csv': `${test.map((r) => r.join(',')).join('\n')}\n`,
};
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
if (!isEngineName(values.engine)) throw new Error(`there is no engine ${values.engine}`);
const engine = await openEngine(values.engine);

interface Outcome {
  readonly train: number;
  readonly test: number;
  /** Standard error of ln Z, 0 when exact. */
  readonly error: number;
  readonly seconds: number;
  readonly steps: number;
  /** Bits of each. */
  readonly draws: readonly Float64Array[];
}

async function outcome(text: string, seed: number): Promise<Outcome> {
  const host = memoryHost(files);
  const compiled = await compileProgram(text, 'digits.energy', moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(compiled.diagnostics.map((d) => d.message).join('\n'));
  const session = await openSession(compiled.program, host, engine, { seed });
  let [lnz, error, steps, seconds] = [0, 0, 0, 0];
  const mean: Record<string, number> = {};
  const draws: Float64Array[] = [];
  for (const job of compiled.program.jobs) {
    const began = process.cpuUsage();
    const result = await runJob(session, job, () => {});
    const used = process.cpuUsage(began);
    if (result.verb === 'fit') {
      steps = result.steps;
      seconds = (used.user + used.system) / 1e6;
    } else if (result.verb === 'logz') {
      lnz = result.logZ;
      error = result.error;
    } else if (result.verb === 'sample') {
      const { values } = result.draws.quantities.find((q) => q.name === 'v')!;
      for (let i = 0; i < values.length; i += 64) draws.push(values.slice(i, i + 64));
    } else if (result.verb === 'score')
      mean[job.name] = result.energy.reduce((a, x) => a + x, 0) / result.energy.length;
  }
  return { train: mean.fitted + lnz, test: mean.judged + lnz, error, seconds, steps, draws };
}

const spread = (xs: readonly number[], digits = 2): string => {
  const mean = xs.reduce((a, x) => a + x, 0) / xs.length;
  return `${mean.toFixed(digits)} [${Math.min(...xs).toFixed(digits)}–${Math.max(...xs).toFixed(digits)}]`;
};

const rate = train[0].map((_, i) =>
  Math.min(0.99, Math.max(0.01, train.reduce((a, r) => a + r[i], 0) / train.length)),
);
const alone = (rows: readonly (readonly number[])[]): number =>
  -rows.reduce((a, r) => a + r.reduce((s, x, i) => s + Math.log(x ? rate[i] : 1 - rate[i]), 0), 0) /
  rows.length;
console.log('nats of a row (mean, [least–most] over seeds); seconds of the processor for learning');
console.log(
  'model                                                train                 test                  error   seconds',
);
console.log(
  `${'independent bits'.padEnd(52)} ${alone(train).toFixed(2).padEnd(21)} ${alone(test).toFixed(2)}`,
);
let warm = false;
for (const m of models(folder)) {
  if (values.only && !values.only.some((o) => m.name.includes(o))) continue;
  const runs: Outcome[] = [];
  // What is loaded and compiled once in a process is not counted, here or there.
  if (!warm) await outcome(m.program(0, 20), 0);
  warm = true;
  for (const seed of seeds) runs.push(await outcome(m.program(seed), seed));
  if (m.picture) {
    mkdirSync(values.to, { recursive: true });
    writeFileSync(join(values.to, `${m.picture}.png`), picture([test.slice(0, 60), runs[0].draws]));
  }
  const of = (f: (o: Outcome) => number): number[] => runs.map(f);
  console.log(
    `${m.name.padEnd(52)} ${spread(of((o) => o.train)).padEnd(21)} ${spread(of((o) => o.test)).padEnd(21)} ${Math.max(
      ...of((o) => o.error),
    )
      .toFixed(3)
      .padEnd(7)} ${spread(of((o) => o.seconds))} (${runs[0].steps} steps)`,
  );
}
/** As the reference was made, then the best of a few rates and batches. */
const peers = [
  { hidden: 16, rate: 0.05, batch: 10, epochs: 50 },
  { hidden: 16, rate: 0.05, batch: 10, epochs: 200 },
  { hidden: 16, rate: 0.02, batch: 10, epochs: 50 },
  { hidden: 16, rate: 0.1, batch: 100, epochs: 200 },
  { hidden: 16, rate: 0.01, batch: 10, epochs: 200 },
];
for (const peer of peers) {
  if (values.only && !values.only.some((o) => 'scikit-learn'.includes(o))) continue;
  const ran = spawnSync(values.python, [join(folder, 'peer.py')], {
    input: JSON.stringify({ train, test, seeds, ...peer }),
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (ran.status !== 0) {
    console.log(`scikit-learn is left out: ${(ran.stderr ?? String(ran.error)).trim().split('\n').pop()}`);
    break;
  }
  const rows = JSON.parse(ran.stdout) as { train: number; test: number; seconds: number }[];
  const name = `scikit-learn, ${peer.epochs} epochs, rate ${peer.rate}, batch ${peer.batch}`;
  console.log(
    `${name.padEnd(52)} ${spread(rows.map((r) => r.train)).padEnd(21)} ${spread(rows.map((r) => r.test)).padEnd(21)} ${'0.000'.padEnd(7)} ${spread(rows.map((r) => r.seconds))}`,
  );
}
