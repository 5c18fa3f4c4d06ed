/** The programs in the documents, and what it takes to run one with hardly any work. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Job, OptionValue } from '../../src/check/values.ts';
import { packageLibrary } from '../../src/cli/library.ts';
import { type Compiled, compileProgram } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { batchInputs, compile, type Model, makeModel, noClamp } from '../../src/infer/model.ts';
import { startStates } from '../../src/infer/start.ts';
import { type MemoryHost, memoryHost } from '../../src/io/memory-host.ts';
import { makeBatch } from '../../src/ir/batch.ts';
import { moduleReader } from '../../src/modules.ts';
import { verbNamed } from '../../src/options.ts';
import { Stream } from '../../src/random/stream.ts';
import { openSession, runJob, type Session } from '../../src/run/session.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { root } from './kit.ts';

export interface Block {
  readonly where: string;
  /** `energy bad`: something is wrong with it. */
  readonly bad: boolean;
  /** `energy bad E0307`: what. */
  readonly code: string | null;
  readonly text: string;
}

export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((f) => f.endsWith('.md'))
    .map((f) => `docs/${f}`),
];

export const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

export function blocksOf(file: string): Block[] {
  const text = textOf(file);
  return [...text.matchAll(/^```energy( bad)?(?: ([EW]\d{4}))?\n([\s\S]*?)^```$/gm)].map((m) => ({
    where: `${file}:${text.slice(0, m.index).split('\n').length}`,
    bad: m[1] !== undefined,
    code: m[2] ?? null,
    text: m[3],
  }));
}

/** Files as the documents name them: those of `docs/data` plainly, those of the examples under `data/`. */
function documentFiles(): Record<string, Uint8Array> {
  const out: Record<string, Uint8Array> = {};
  const add = (folder: string, prefix: string): void => {
    for (const e of readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })) {
      const file = path.join(e.parentPath, e.name);
      if (e.isFile()) out[prefix + path.relative(path.join(root, folder), file)] = readFileSync(file);
    }
  };
  for (const f of readdirSync(path.join(root, 'examples'), { withFileTypes: true }))
    if (f.isDirectory() && readdirSync(path.join(root, 'examples', f.name)).includes('data'))
      add(`examples/${f.name}/data`, 'data/');
  add('docs/data', '');
  return out;
}

const files = documentFiles();
const hostOf = (): MemoryHost => memoryHost(files);

export const compileBlock = (block: Block): Promise<Compiled> =>
  compileProgram(block.text, block.where, moduleReader(hostOf(), packageLibrary()));

/** The codes of what is wrong with a program: while it is checked, its data are bound, its jobs run. */
export async function faultsOf(block: Block): Promise<readonly string[]> {
  const compiled = await compileBlock(block);
  if (compiled.diagnostics.length > 0) return compiled.diagnostics.map((d) => d.code);
  try {
    await runBlock(compiled);
    return [];
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics.map((d) => d.code);
    throw e;
  }
}

/** Binds its data, evaluates every energy at a random state, runs its jobs shortened; returns what was done. */
export async function runBlock({ program }: Compiled): Promise<readonly string[]> {
  const session = await openSession(program, hostOf(), referenceEngine(), { seed: 1 });
  const done: string[] = [];
  for (const { energy, generic } of program.energies.values()) {
    if (generic || energy.span.file.startsWith('std/')) continue;
    const model = makeModel(session.bound, energy, session.params, session.engine);
    for (const [what, x] of termsAtStart(model))
      if (Number.isNaN(x)) throw new Error(`${what} of ${energy.name} is not a number`);
    done.push(energy.name);
  }
  for (const job of program.jobs) {
    if (!verbNamed(job.verb)?.available) continue;
    await runJob(session, shortened(session, job), () => {});
    done.push(job.name);
  }
  return done;
}

/** Terms and reports at the state where the first chain of a run would start. */
function termsAtStart(model: Model): ReadonlyMap<string, number> {
  const { builder: b, energy } = model;
  const axis = b.axis(b.range(1), 'state');
  const batch = makeBatch(b, energy.unknowns, [axis]);
  const outputs = [
    ...energy.terms.map((t) => ({ name: `the term ${t.name}`, axes: [axis], node: batch.on(t.body) })),
    ...energy.reports.map((r) => ({
      name: `the report ${r.name}`,
      axes: [axis, ...r.value.axes],
      node: batch.on(r.value.body),
    })),
  ];
  const states = startStates(model, noClamp(model), [new Stream(1, 'document', energy.name)]);
  const out = compile(model, outputs).run(batchInputs(model, batch.slots, states, 1));
  return new Map(outputs.map((o) => [o.name, Array.from(out.get(o.name)!.data).reduce((x, y) => x + y, 0)]));
}

/** The same job with hardly any work; what must find a support keeps some of its warm-up. */
function shortened(session: Session, job: Job): Job {
  const energy = job.energy === null ? undefined : session.program.energies.get(job.energy);
  const feasible = energy?.energy.support.some((c) => !c.implied) ?? false;
  const number = (value: number): OptionValue => ({ kind: 'number', value, span: job.span });
  const { options } = job;
  const less = (o: OptionValue | undefined, most: number): OptionValue =>
    number(o?.kind === 'number' ? Math.min(o.value, most) : most);
  switch (job.verb) {
    case 'fit': {
      const { epochs: _, loss, ...rest } = options;
      // A line search takes all rows.
      const whole = rest.optimizer?.kind === 'call' && rest.optimizer.name === 'lbfgs';
      const few: Record<string, OptionValue> = whole ? {} : { batch: less(options.batch, 8) };
      const small: Record<string, OptionValue> = { ...rest, steps: number(2), ...few };
      if (loss?.kind === 'call')
        small.loss = loss.options.draws ? { ...loss, options: { ...loss.options, draws: number(3) } } : loss;
      else if (loss) small.loss = loss;
      return { ...job, options: small };
    }
    case 'sample': {
      const warmup = number(feasible ? 60 : 3);
      if (options.n) return { ...job, options: { ...options, n: less(options.n, 4), warmup } };
      const chains = less(options.chains, 2);
      return {
        ...job,
        options: { ...options, chains, draws: less(options.draws, 5), warmup, thin: number(1) },
      };
    }
    case 'complete': {
      const few = { chains: number(2), record: number(5), warmup: number(feasible ? 60 : 3) };
      return { ...job, options: { ...options, ...few } };
    }
    default:
      return job;
  }
}
