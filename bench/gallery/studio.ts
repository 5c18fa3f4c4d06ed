/** Runs an example for its picture: jobs with fewer draws, fits for a few seconds; and says what came of it by name. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { HostArray } from '../../src/arrays.ts';
import { compileProgram } from '../../src/compile.ts';
import { openEngine } from '../../src/engines/open.ts';
import { batchInputs, compile, makeModel } from '../../src/infer/model.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { moduleReader } from '../../src/modules.ts';
import type { JobResult } from '../../src/run/results.ts';
import { openSession, runJob, type Session } from '../../src/run/session.ts';
import type { Quantity } from '../../src/stats/draws.ts';
import { libraryOf } from '../../src/stdlib.ts';

export interface RunOptions {
  /** Overrides of constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** The jobs that are run, in order; all by default. */
  readonly jobs?: readonly string[];
  /** How long a fit may take. */
  readonly seconds?: number;
  /** What stands in the program instead. */
  readonly replace?: readonly (readonly [string, string])[];
}

/** What came of a run. */
export interface Ran {
  readonly session: Session;
  result(job: string): JobResult;
  /** One unknown or report of a sample job. */
  draws(job: string, name: string): Drawn;
  data(name: string): HostArray;
  param(name: string): HostArray;
  /** exp(−E + min E) of an energy over one real[2], at points (x, y). */
  density(energy: string, xs: readonly number[], ys: readonly number[]): Float64Array;
}

export interface Drawn {
  /** Draws in all. */
  readonly count: number;
  /** Numbers of one draw. */
  readonly size: number;
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly quantity: Quantity;
  /** One draw. */
  at(i: number): Float64Array;
  /** One element in all draws. */
  element(k: number): number[];
  mean(k: number): number;
}

const examples = path.resolve('examples');
const stdlib = path.resolve('stdlib');

const library = libraryOf(
  new Map(
    fs
      .readdirSync(stdlib, { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.energy'))
      .map((f) => [f.slice(0, -'.energy'.length), fs.readFileSync(path.join(stdlib, f), 'utf8')]),
  ),
);

/** @param example `physics/ising` */
export async function run(example: string, options: RunOptions = {}): Promise<Ran> {
  const file = path.join(examples, `${example}.energy`);
  const folder = path.dirname(file);
  let text = fs.readFileSync(file, 'utf8');
  for (const [from, to] of options.replace ?? []) {
    if (!text.includes(from)) throw new Error(`${example} does not say: ${from}`);
    text = text.replace(from, to);
  }
  const others = Object.fromEntries(
    fs
      .readdirSync(folder)
      .filter((f) => f.endsWith('.energy'))
      .map((f) => [f, fs.readFileSync(path.join(folder, f), 'utf8')]),
  );
  const constants = new Map(Object.entries(options.constants ?? {}));
  const compiled = await compileProgram(
    text,
    path.basename(file),
    moduleReader(memoryHost(others), library),
    {
      constants,
    },
  );
  if (!compiled.ok) throw new Error(`${example}: ${compiled.diagnostics.map((d) => d.message).join('; ')}`);
  const session = await openSession(compiled.program, nodeHost({ root: folder }), await openEngine('auto'));
  for (const job of compiled.program.jobs) {
    if (options.jobs && !options.jobs.includes(job.name)) continue;
    const until = performance.now() + 1000 * (options.seconds ?? 25);
    const signal = {
      get aborted() {
        return job.verb === 'fit' && performance.now() > until;
      },
    };
    await runJob(session, job, () => {}, signal);
  }
  return ranOf(session);
}

function ranOf(session: Session): Ran {
  const result = (job: string): JobResult => {
    const r = session.results.get(job);
    if (!r) throw new Error(`the job ${job} was not run`);
    return r;
  };
  const array = (arrays: ReadonlyMap<{ readonly name: string }, HostArray>, name: string): HostArray => {
    const found = [...arrays].find(([slot]) => slot.name === name)?.[1];
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  };
  return {
    session,
    result,
    draws(job, name) {
      const r = result(job);
      const q = r.verb === 'sample' ? r.draws.quantities.find((x) => x.name === name) : undefined;
      if (r.verb !== 'sample' || !q) throw new Error(`${job} did not draw ${name}`);
      return drawnOf(q, r.draws.chains * r.draws.draws);
    },
    data: (name) => array(session.bound.constants, name),
    param: (name) => array(session.params, name),
    density(energy, xs, ys) {
      const checked = session.program.energies.get(energy);
      if (!checked) throw new Error(`there is no energy ${energy}`);
      const n = xs.length;
      const model = makeModel(session.bound, checked.energy, session.params, session.engine, n);
      const b = model.builder;
      const chain = b.axis(b.range(n), 'chain');
      const batch = makeBatch(b, checked.energy.unknowns, [chain]);
      const node = batch.on(totalEnergy(b, checked.energy));
      const evaluator = compile(model, [{ name: 'energy', axes: [chain], node }]);
      const states = new Float64Array(2 * n);
      for (let i = 0; i < n; i++) {
        states[2 * i] = xs[i];
        states[2 * i + 1] = ys[i];
      }
      const whole =
        checked.energy.unknowns.length === 1
          ? new Map([[checked.energy.unknowns[0], states]])
          : new Map(checked.energy.unknowns.map((u, k) => [u, Float64Array.from(k === 0 ? xs : ys)]));
      const e = evaluator.run(batchInputs(model, batch.slots, whole, n)).get('energy')!.data;
      evaluator.dispose();
      let least = Number.POSITIVE_INFINITY;
      for (const x of e) least = Math.min(least, x);
      return Float64Array.from(e, (x) => Math.exp(least - x));
    },
  };
}

function drawnOf(q: Quantity, count: number): Drawn {
  const size = q.values.length / count;
  const element = (k: number): number[] => Array.from({ length: count }, (_, i) => q.values[i * size + k]);
  return {
    count,
    size,
    shape: q.shape,
    values: q.values,
    quantity: q,
    at: (i) => q.values.subarray(i * size, (i + 1) * size),
    element,
    mean: (k) => element(k).reduce((a, x) => a + x, 0) / count,
  };
}
