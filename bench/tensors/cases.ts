/** What is measured: one step of each case on an engine, as often as there is time for. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HostArray } from '../../src/arrays.ts';
import { packageLibrary } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import type { Arrays, Engine, Output } from '../../src/engines/engine.ts';
import { type Model, makeModel, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import { fit as learn } from '../../src/learn/fit.ts';
import { fitOptions } from '../../src/learn/options.ts';
import { moduleReader } from '../../src/modules.ts';
import { Stream } from '../../src/random/stream.ts';
import { openSession, rowsOption, type Session } from '../../src/run/session.ts';
import { image, lattice, machine, networkFit, type Program, tableFit } from './programs.ts';

/** Milliseconds of steps, one after another, for about so many seconds. */
export type Steps = (seconds: number) => Promise<readonly number[]>;

export interface Case {
  readonly name: string;
  readonly title: string;
  /** Engines of ours that can do it in reasonable time. */
  readonly engines: readonly string[];
  readonly open: (engine: Engine) => Promise<Steps>;
  /** The same by the command line, on so many threads. */
  readonly whole?: (workers: number) => Steps;
  /** More seconds a round than usual, by this factor. */
  readonly patience?: number;
}

const tensorEngines = ['onnx', 'tensorflow', 'wasm'];

export const cases: readonly Case[] = [
  {
    name: 'network-3',
    title: 'discrepancy step, 32-256-256-256-1, 128 rows × 32 negatives',
    engines: tensorEngines,
    open: (engine) => fitSteps(networkFit(3), engine),
  },
  {
    name: 'network-2',
    title: 'discrepancy step, 32-256-256-1, 128 rows × 32 negatives',
    engines: tensorEngines,
    open: (engine) => fitSteps(networkFit(2), engine),
  },
  {
    name: 'table',
    title: 'discrepancy step, mixed table, 3 × 1,024, 1,024 rows × 32 negatives',
    engines: tensorEngines,
    open: (engine) => fitSteps(tableFit(), engine),
    patience: 6,
  },
  {
    name: 'image',
    title: 'energies and all gradients, two convolutions 3 × 3 × 8, 100 images 28 × 28',
    engines: tensorEngines,
    open: (engine) => gradientSteps(image, 100, engine, true),
  },
  {
    name: 'machine',
    title: 'block Gibbs sweep, RBM 784 × 500, 100 chains',
    engines: ['kernels'],
    open: gibbsSteps,
    // The command line spreads chains over the cores; the draws are the same.
    whole: (workers) => wholeSweeps(machine, workers),
  },
  {
    name: 'lattice',
    title: 'energies and gradients, lattice 256 × 256, 64 chains',
    engines: ['kernels', ...tensorEngines],
    open: (engine) => gradientSteps(lattice, 64, engine, false),
  },
];

async function opened({ text, files }: Program, engine: Engine): Promise<Session> {
  const host = memoryHost(files, { maxBytes: 2 ** 30 });
  const compiled = await compileProgram(text, 'bench.energy', moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(compiled.diagnostics.map((d) => d.message).join('\n'));
  return openSession(compiled.program, host, engine, { seed: 1 });
}

/** Time between steps of training: whatever a step takes, rows and perturbations included. */
async function fitSteps(program: Program, engine: Engine): Promise<Steps> {
  const session = await opened(program, engine);
  const [job] = session.program.jobs;
  return async (seconds) => {
    const times: number[] = [];
    const signal = { aborted: false };
    let last = Number.NaN;
    const end = performance.now() + 1000 * seconds;
    const result = await learn({
      bound: session.bound,
      energy: session.program.energies.get(job.energy!)!.energy,
      rows: rowsOption({ session, job }),
      params: session.params,
      options: fitOptions(job.options),
      engine,
      signal,
      onStep: () => {
        const now = performance.now();
        times.push(now - last);
        last = now;
        if (now > end && times.length > 2) signal.aborted = true;
      },
    });
    const failure = result.diagnostics.find((d) => d.severity === 'error');
    if (failure) throw new Error(failure.message);
    return times.slice(1);
  };
}

async function modelOf(program: Program, engine: Engine): Promise<Model> {
  const session = await opened(program, engine);
  const [{ energy }] = session.program.energies.values();
  return makeModel(session.bound, energy, session.params, engine);
}

const filled = (shape: readonly number[], draw: () => number): HostArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw),
});

/** Energies of so many states, and the gradient of their sum by the states, and by the parameters. */
async function gradientSteps(
  program: Program,
  chains: number,
  engine: Engine,
  byParams: boolean,
): Promise<Steps> {
  const session = await opened(program, engine);
  const { bound, params } = session;
  const [{ energy }] = session.program.energies.values();
  const b = session.program.builder;
  const chain = b.axis(b.set('chain', { kind: 'range', size: chains }), 'chain');
  const batch = makeBatch(b, energy.unknowns, [chain]);
  const node = batch.on(totalEnergy(b, energy));
  const stream = new Stream(1, 'states');
  const states = [...batch.slots.values()].map((slot) => {
    const shape = slot.sets.map(bound.sizeOf);
    return [
      slot,
      filled(shape, () => (byParams ? stream.normal() : stream.uniform() < 0.5 ? -1 : 1)),
    ] as const;
  });
  const learned = byParams ? [...params.keys()] : [];
  const by = [...batch.slots.values(), ...learned];
  const derivatives = gradient(b, b.sum([chain], node), by);
  const outputs: Output[] = [
    { name: 'energy', axes: [chain], node },
    ...by.map((slot, i): Output => {
      const { axes, body } = derivatives.get(slot)!;
      return { name: `gradient ${i}`, axes, node: body };
    }),
  ];
  const fixed: Arrays = byParams ? bound.constants : new Map([...bound.constants, ...params]);
  const evaluator = engine.compile({ outputs, sizeOf: bound.sizeOf }, fixed);
  const inputs = new Map([...states, ...(byParams ? params : [])]);
  return async (seconds) =>
    timed(seconds, () => void (evaluator.borrow ?? evaluator.run).call(evaluator, inputs));
}

/** A sweep: what a run of many takes longer than one of few, so that compiling is left out. */
async function gibbsSteps(engine: Engine): Promise<Steps> {
  const model = await modelOf(machine, engine);
  const run = async (sweeps: number): Promise<number> => {
    const start = performance.now();
    await sample(model, noClamp(model), {
      method: 'gibbs',
      chains: 100,
      warmup: 1,
      draws: 1,
      thin: sweeps,
      seed: 1,
    });
    return performance.now() - start;
  };
  return async (seconds) => {
    const times: number[] = [];
    const end = performance.now() + 1000 * seconds;
    do times.push((-(await run(1)) + (await run(301))) / 300);
    while (performance.now() < end);
    return times;
  };
}

/** A sweep of `energy sample` on so many threads: what a long run takes longer than a short one. */
function wholeSweeps({ text }: Program, workers: number): Steps {
  const folder = mkdtempSync(join(tmpdir(), 'energy-bench-'));
  const file = join(folder, 'model.energy');
  writeFileSync(file, text);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const command = resolve(import.meta.dirname, '../../src/cli/bin.js');
  const run = (sweeps: number): number => {
    const start = performance.now();
    const flags = [
      '--chains',
      '100',
      '--warmup',
      '1',
      '--draws',
      '1',
      '--thin',
      String(sweeps),
      '--engine',
      'kernels',
    ];
    const out = ['-o', join(folder, 'out'), '--workers', String(workers), '--method', 'gibbs'];
    const ran = spawnSync(process.execPath, [command, 'sample', file, ...flags, ...out], { stdio: 'ignore' });
    if (ran.status !== 0) throw new Error(`energy sample ended with ${ran.status}`);
    return performance.now() - start;
  };
  return async () => [(run(1501) - run(1)) / 1500];
}

function timed(seconds: number, step: () => void): readonly number[] {
  const times: number[] = [];
  step();
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}
