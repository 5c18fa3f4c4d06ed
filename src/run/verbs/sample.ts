import { isArranged, isDiscrete, showDomain } from '../../domain.ts';
import { type Clamp, fault, freeCount, type Model, type States } from '../../infer/model.ts';
import { kindOf, latticeShape } from '../../infer/recorder.ts';
import { sample } from '../../infer/sample.ts';
import type { Scales } from '../../infer/start.ts';
import type { Slot } from '../../ir/types.ts';
import type { Draws } from '../../stats/draws.ts';
import type { JobResult } from '../results.ts';
import { clampOption, type JobContext, modelOf, numberOption, optionError, rowArrays } from '../session.ts';

/** `sample(E, …)`: chains from exp(−E). `n` draws in all: as many chains as rows of a batch, one draw each. */
export async function runSample(cx: JobContext): Promise<JobResult> {
  const { job, session } = cx;
  const model = modelOf(cx);
  const clamp = clampOption(cx, model);
  const num = (name: string) => numberOption(job.options, name);
  const n = num('n');
  if (n !== undefined && (num('chains') !== undefined || num('draws') !== undefined))
    throw optionError(job.span, '`n` replaces `chains` and `draws`: give one or the others');
  checkMethod(cx, model, clamp);
  const shape = n === undefined ? { chains: num('chains'), draws: num('draws') } : spread(n);
  const init = job.options.init;
  const rows = init?.kind === 'rows' ? rowArrays(session, init.rows) : null;
  const result = await sample(
    model,
    clamp,
    {
      ...shape,
      warmup: num('warmup'),
      thin: num('thin') ?? (n === undefined ? undefined : 1),
      seed: num('seed'),
      scales: scalesOf(cx),
      start: rows
        ? {
            of: (slot, chain) => {
              const a = rows.of.get(slot)!;
              const size = a.data.length / rows.count;
              const row = chain % rows.count;
              return a.data.subarray(row * size, (row + 1) * size);
            },
          }
        : undefined,
    },
    (p) => {
      let value: number | null = null;
      if (p.energy) value = p.energy.reduce((a, b) => a + b, 0) / p.energy.length;
      cx.emit({
        event: 'progress',
        job: job.name,
        phase: p.phase,
        done: p.done,
        total: p.total,
        rate: p.rate,
        value,
      });
      const { phase, record, recorded } = p;
      cx.watch?.({
        job: job.name,
        phase,
        record,
        recorded,
        now: present(model, p.states, record.chains),
      });
    },
    cx.signal,
  );
  cx.emit({ event: 'plan', job: job.name, plan: result.plan });
  return { verb: 'sample', ...result };
}

/** Location and spread of the rows that the program fits this energy to, if it does. */
function scalesOf(cx: JobContext): Scales | undefined {
  const { session, job } = cx;
  const fitted = session.program.jobs.find((j) => j.verb === 'fit' && j.energy === job.energy)?.options.data;
  if (fitted?.kind !== 'rows') return undefined;
  const { count, of } = rowArrays(session, fitted.rows);
  const out = new Map<Slot, { mean: Float64Array; sd: Float64Array }>();
  for (const [slot, array] of of) {
    const size = array.data.length / count;
    const mean = new Float64Array(size);
    const sd = new Float64Array(size);
    for (let i = 0; i < array.data.length; i++) mean[i % size] += array.data[i] / count;
    for (let i = 0; i < array.data.length; i++) sd[i % size] += (array.data[i] - mean[i % size]) ** 2 / count;
    out.set(slot, { mean, sd: sd.map(Math.sqrt) });
  }
  return out;
}

/** A method that was asked for must serve every unknown that is free. */
function checkMethod(cx: JobContext, model: Model, clamp: Clamp): void {
  const wanted = cx.job.options.method;
  if (wanted?.kind !== 'word' || wanted.value === 'auto') return;
  for (const u of model.unknowns) {
    if (freeCount(clamp, u.slot) === 0) continue;
    const { domain } = u.slot;
    const own = isArranged(domain) ? 'exchange' : isDiscrete(domain) ? 'gibbs' : 'langevin';
    if (wanted.value === 'mixed' || wanted.value === own) continue;
    throw fault(
      'E0704',
      wanted.span,
      `\`${wanted.value}\` does not sample \`${u.slot.name}\`, which is ${showDomain(u.slot.domain)}`,
      own === 'exchange'
        ? 'permutations and subsets are sampled by `exchange`'
        : own === 'gibbs'
          ? 'discrete unknowns are sampled by `gibbs`'
          : 'real unknowns are sampled by `langevin`',
    );
  }
}

/** The states as one draw of each chain, without a copy. */
const present = (model: Model, states: States, chains: number): Draws => ({
  chains,
  draws: 1,
  quantities: model.unknowns.map((u) => ({
    name: u.slot.name,
    role: 'unknown',
    shape: latticeShape(u.slot.sets, model.sizeOf),
    ...kindOf(u.slot.domain, model.sizeOf),
    values: states.get(u.slot)!,
  })),
});

/** Many chains side by side cost little more than one: up to 256, then several draws of each. */
function spread(n: number): { readonly chains: number; readonly draws: number } {
  const chains = Math.min(n, 256);
  return { chains, draws: Math.ceil(n / chains) };
}
