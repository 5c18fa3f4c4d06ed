/** One energy of `programs/`, fitted to one set through the language: text, data, job. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageLibrary } from '../../../src/cli/library.ts';
import { compileProgram } from '../../../src/compile.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { type Model, makeModel, noClamp } from '../../../src/infer/model.ts';
import { sample } from '../../../src/infer/sample.ts';
import { memoryHost } from '../../../src/io/memory-host.ts';
import { writeNpy } from '../../../src/io/npy.ts';
import { makeBatch, totalEnergy } from '../../../src/ir/batch.ts';
import { moduleReader } from '../../../src/modules.ts';
import type { JobResult } from '../../../src/run/results.ts';
import { openSession, runJob } from '../../../src/run/session.ts';
import type { PlaneCode } from './codes.ts';
import type { Energies, Words } from './referee.ts';

// The programs are read from the repository, wherever the compiled script lies.
const programs = resolve(process.cwd(), 'bench/experiments/density/programs');

export interface Fitted {
  readonly energies: Energies;
  /** Words of chains that Gibbs sweeps move, all recorded `draws` times, `thin` sweeps apart. */
  readonly gibbs: (options: GibbsOptions) => Promise<readonly Words[]>;
  readonly result: Extract<JobResult, { readonly verb: 'fit' }>;
  readonly cpuSeconds: number;
  readonly seconds: number;
}

export interface GibbsOptions {
  readonly chains: number;
  readonly warmup: number;
  readonly draws: number;
  readonly thin: number;
  readonly seed: number;
}

export interface FitSpec {
  /** A file of `programs/`. */
  readonly program: string;
  readonly width?: number;
  /** The options of `fit` besides the seed, in the language. */
  readonly options: string;
  readonly seed: number;
  readonly onStep?: (done: number, total: number, loss: number) => void;
}

/** Rows of energies at a time. */
const CHUNK = 4096;

export async function fitWords(
  words: Words,
  code: PlaneCode,
  engine: Engine,
  spec: FitSpec,
): Promise<Fitted> {
  const text = readFileSync(join(programs, spec.program), 'utf8');
  const points = writeNpy({ shape: [words.count, code.length], data: words.rows });
  const host = memoryHost({ 'points.npy': points }, { maxBytes: 2 ** 32 });
  const job = `run learn = fit(Plane, points, ${spec.options}, seed = ${spec.seed})`;
  const compiled = await compileProgram(text, spec.program, moduleReader(host, packageLibrary()), {
    extra: { text: job, file: 'job' },
    ...(spec.width === undefined ? {} : { constants: new Map([['width', spec.width]]) }),
  });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map((d) => d.message).join('\n'));
  const session = await openSession(compiled.program, host, engine, { seed: spec.seed });
  const [learn] = compiled.program.jobs;
  const began = performance.now();
  const cpu = process.cpuUsage();
  const result = await runJob(session, learn, (e) => {
    if (e.event === 'progress') spec.onStep?.(e.done, e.total, e.value ?? Number.NaN);
  });
  const used = process.cpuUsage(cpu);
  if (result.verb !== 'fit') throw new Error('a fit ends as a fit');
  if (!result.complete) throw new Error(result.failure.map((d) => d.message).join('\n'));
  const { energy } = compiled.program.energies.get('Plane')!;
  const model = makeModel(session.bound, energy, session.params, engine, CHUNK);
  return {
    energies: energiesOf(model, code),
    gibbs: (options) => gibbs(model, code, options),
    result,
    cpuSeconds: (used.user + used.system) * 1e-6,
    seconds: (performance.now() - began) / 1000,
  };
}

function energiesOf(model: Model, code: PlaneCode): Energies {
  const b = model.builder;
  const row = b.axis(b.set('word', { kind: 'range', size: CHUNK }), 'word');
  const batch = makeBatch(b, model.energy.unknowns, [row]);
  const node = batch.on(totalEnergy(b, model.energy));
  const evaluator = model.engine.compile(
    { outputs: [{ name: 'energy', axes: [row], node }], sizeOf: model.sizeOf },
    model.constants,
  );
  const [slot] = batch.slots.values();
  const data = new Float64Array(CHUNK * code.length);
  const inputs = new Map([[slot, { shape: [CHUNK, code.length], data }]]);
  return (rows, count) => {
    const out = new Float64Array(count);
    for (let from = 0; from < count; from += CHUNK) {
      const n = Math.min(CHUNK, count - from);
      data.set(rows.subarray(from * code.length, (from + n) * code.length));
      out.set(evaluator.run(inputs).get('energy')!.data.subarray(0, n), from);
    }
    return out;
  };
}

async function gibbs(model: Model, code: PlaneCode, options: GibbsOptions): Promise<readonly Words[]> {
  const { draws } = await sample(model, noClamp(model), { ...options, method: 'gibbs' });
  const x = draws.quantities.find((q) => q.role === 'unknown')!;
  return Array.from({ length: options.draws }, (_, d) => {
    const rows = new Uint8Array(options.chains * code.length);
    for (let c = 0; c < options.chains; c++)
      for (let k = 0; k < code.length; k++)
        rows[c * code.length + k] = x.values[(c * options.draws + d) * code.length + k];
    return { rows, count: options.chains };
  });
}
