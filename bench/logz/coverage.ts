/**
 * Whether the standard errors of estimates of ln Z are honest: every case with many seeds, how often the exact value
 * lies within one and two errors, and what the errors are.
 *
 *   npm run bench:logz -- [--only NAME]… [--seeds 50] [--method ais] [--goal 0.05] [--budget N]
 */
import { parseArgs } from 'node:util';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import { packageLibrary } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { type LogZOptions, logZ } from '../../src/infer/log-z.ts';
import { type Model, makeModel, noClamp } from '../../src/infer/model.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import { cases, type LogZCase } from './cases.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '50' },
    method: { type: 'string', default: 'ais' },
    goal: { type: 'string' },
    budget: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

async function modelOf({ name, text, files = {} }: LogZCase): Promise<Model> {
  const host = memoryHost(files);
  const compiled = await compileProgram(text, `${name}.energy`, moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(`${name}: ${JSON.stringify(compiled.diagnostics)}`);
  const bound = await bind(compiled.program, host);
  const energy = [...compiled.program.energies.values()][0].energy;
  return makeModel(bound, energy, initialParams(bound, 1), kernelsEngine());
}

const wanted = cases.filter((c) => !values.only || values.only.some((o) => c.name.includes(o)));
console.log(
  'case            exact      |z|<1  |z|<2   mean z    sd z   rms error   mean SE   ess   warned  rungs  seconds',
);
for (const c of wanted) {
  const model = await modelOf(c);
  const seeds = Number(values.seeds);
  const z: number[] = [];
  let errors = 0;
  let squares = 0;
  let ess = 0;
  let warned = 0;
  let rungs = 0;
  const began = performance.now();
  for (let seed = 1; seed <= seeds; seed++) {
    const options: LogZOptions = {
      method: values.method === 'smc' ? 'smc' : 'ais',
      seed,
      ...(values.goal ? { goal: Number(values.goal) } : {}),
      ...(values.budget ? { budget: Number(values.budget) } : {}),
    };
    try {
      const r = await logZ(model, noClamp(model), options);
      if (values.verbose)
        console.log(seed, r.logZ - c.exact, r.error, r.ess, r.rungs, r.chains, r.tail, ...r.warnings);
      z.push((r.logZ - c.exact) / r.error);
      errors += r.error;
      squares += (r.logZ - c.exact) ** 2;
      ess += r.ess ?? 0;
      rungs += r.rungs ?? 0;
      if (r.warnings.length > 0) warned++;
    } catch (e) {
      console.log(`${c.name} seed ${seed}: ${String((e as Error).message)}`);
    }
  }
  const n = Math.max(1, z.length);
  const mean = z.reduce((a, x) => a + x, 0) / n;
  const sd = Math.sqrt(z.reduce((a, x) => a + (x - mean) ** 2, 0) / Math.max(1, n - 1));
  const within = (k: number): string =>
    `${((100 * z.filter((x) => Math.abs(x) < k).length) / n).toFixed(0)} %`;
  const pad = (x: string | number, w: number): string => String(x).padStart(w);
  console.log(
    c.name.padEnd(14) +
      pad(c.exact.toFixed(4), 10) +
      pad(within(1), 9) +
      pad(within(2), 8) +
      pad(mean.toFixed(2), 9) +
      pad(sd.toFixed(2), 8) +
      pad(Math.sqrt(squares / n).toExponential(2), 12) +
      pad((errors / n).toExponential(2), 11) +
      pad((ess / n).toFixed(0), 5) +
      pad(warned, 8) +
      pad((rungs / n).toFixed(0), 8) +
      pad(((performance.now() - began) / 1000 / seeds).toFixed(2), 9),
  );
}
