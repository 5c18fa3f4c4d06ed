/**
 * Effective draws of samplers of discrete unknowns: per sweep of each chain, per thousand evaluations of a program
 * (energies, gradients, conditionals, of one chain), and per second of one thread. The worst of the energy and what the
 * case looks at, in runs of so many seconds.
 *
 *   node dist/bench/discrete/run.js [--only NAME]… [--method NAME]… [--seconds 8]
 */
import { parseArgs } from 'node:util';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import { compileText } from '../../src/compile.ts';
import type { Engine, Evaluator } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { makeModel, noClamp } from '../../src/infer/model.ts';
import { type SampleResult, sample } from '../../src/infer/sample.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { Stream } from '../../src/random/stream.ts';
import { essMean, rHat } from '../../src/stats/diagnostics.ts';
import { type Case, cases } from './cases.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    method: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '8' },
  },
});
const seconds = Number(values.seconds);

const CHAINS = 4;
const PROJECTIONS = 8;

/** An engine that counts what it runs. */
function counting(engine: Engine, count: { runs: number }): Engine {
  const counted =
    (run: Evaluator['run']): Evaluator['run'] =>
    (inputs) => {
      count.runs++;
      return run(inputs);
    };
  return {
    ...engine,
    compile(program, constants) {
      const e = engine.compile(program, constants);
      return {
        run: counted((i) => e.run(i)),
        ...(e.borrow ? { borrow: counted((i) => e.borrow!(i)) } : {}),
        dispose: () => e.dispose(),
      };
    },
  };
}

/** What is looked at, as chains of numbers. */
function looks(c: Case, { draws }: SampleResult): { readonly name: string; readonly values: Float64Array }[] {
  const named = (name: string) => draws.quantities.find((q) => q.name === name)!.values as Float64Array;
  const energy = draws.quantities.find((q) => q.role === 'energy')!;
  const out = [{ name: 'energy', values: Float64Array.from(energy.values) }];
  if (c.looks === 'size') return [...out, { name: 'size', values: Float64Array.from(named('size')) }];
  const states = draws.quantities.filter((q) => q.role === 'unknown');
  const n = draws.chains * draws.draws;
  for (let p = 0; p < PROJECTIONS; p++) {
    const random = new Stream(3, 'projection', p);
    const sum = new Float64Array(n);
    for (const q of states) {
      const size = q.values.length / n;
      for (let i = 0; i < size; i++) {
        const w = random.normal();
        for (let d = 0; d < n; d++) sum[d] += w * q.values[d * size + i];
      }
    }
    out.push({ name: `projection ${p}`, values: sum });
  }
  return out;
}

async function measured(c: Case, method: string): Promise<string> {
  const compiled = compileText(c.text, `${c.name}.energy`);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const bound = await bind(compiled.program, memoryHost({}));
  const energy = [...compiled.program.energies.values()][0].energy;
  const count = { runs: 0 };
  const engine = counting(kernelsEngine(), count);
  const model = makeModel(bound, energy, initialParams(bound, 1), engine, CHAINS);
  const options = { chains: CHAINS, seed: 1, ...(method === 'auto' ? {} : { method }) };
  const { seconds: probe } = await sample(model, noClamp(model), {
    ...options,
    draws: 4,
    thin: 1,
    warmup: 8,
  });
  const rate = Math.max(12 / (probe.warmup + probe.sampling), 1);
  const length = Math.max(20, Math.floor(0.8 * seconds * rate));
  const draws = Math.min(4000, length);
  const thin = Math.floor(length / draws);
  const warmup = Math.min(2000, Math.ceil(0.2 * length));
  const before = count.runs;
  const result = await sample(model, noClamp(model), { ...options, draws, thin, warmup });
  const spent = result.seconds.sampling;
  const seen = looks(c, result).map(({ name, values: x }) => {
    const own = { values: x, chains: CHAINS, draws };
    return { name, ess: essMean(own), rHat: rHat(own) };
  });
  const worst = seen.reduce((x, y) => (y.ess < x.ess ? y : x));
  const sweeps = draws * thin;
  const evaluations = ((count.runs - before) * sweeps) / (sweeps + warmup);
  const apart = Math.max(...seen.map((x) => x.rHat));
  const { method: chosen } = result.plan;
  return row([
    method === 'auto' ? `auto (${chosen})` : method,
    three(worst.ess / (sweeps * CHAINS)),
    three((1000 * worst.ess) / evaluations),
    three(worst.ess / spent),
    three((1e3 * spent) / (sweeps * CHAINS)),
    three(worst.ess),
    apart > 1.05 ? `R-hat ${three(apart)}` : '',
    worst.name,
  ]);
}

const three = (x: number): string => String(Number(x.toPrecision(3)));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

for (const c of cases) {
  if (values.only && !values.only.includes(c.name)) continue;
  console.log(`\n${c.title}\n`);
  console.log(row(['method', 'ESS/sweep', 'ESS/1000 runs', 'ESS/s', 'ms/sweep', 'ESS', '', 'worst']));
  console.log(row(new Array<string>(8).fill('---')));
  for (const method of c.methods) {
    if (values.method && !values.method.includes(method)) continue;
    try {
      console.log(await measured(c, method));
    } catch (e) {
      console.log(row([method, e instanceof Error ? e.message : String(e)]));
    }
  }
}
