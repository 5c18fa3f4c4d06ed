import type { Job } from '../../check/values.ts';
import { isDiscrete } from '../../domain.ts';
import { exactOf } from '../../infer/exact.ts';
import { asMemoryFault, showBytes } from '../../infer/memory.ts';
import { type Clamp, clampOf, type Model, makeModel, noClamp } from '../../infer/model.ts';
import { planFit, type StepPlan } from '../../learn/prepare.ts';
import { makePlan, type Plan } from '../../plan/plan.ts';
import { energyNamed, type Session } from '../../run/session.ts';
import { fitArgs } from '../../run/verbs/fit.ts';
import { MAX_WORKERS, spreadOf } from '../../scale/split.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import type { Span } from '../../syntax/span.ts';
import { suggest } from '../../syntax/suggest.ts';
import { openFile } from '../open.ts';
import { type CommonOptions, compileFile } from '../program.ts';
import { ExitCode, type Io, type Terminal, textTable, UsageError } from '../terminal.ts';
import { uaiGiven } from '../uai.ts';

export async function planCommand(
  io: Io,
  terminal: Terminal,
  file: string,
  energy: string | undefined,
  o: CommonOptions,
): Promise<number> {
  const compiled = await compileFile(io, terminal, file, o);
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  const known = [...compiled.program.energies.keys()];
  if (energy !== undefined && !known.includes(energy)) {
    const near = suggest(energy, known);
    throw new UsageError(
      `there is no energy \`${energy}\`; ${near ? `did you mean \`${near}\`?` : `the energies are ${known.join(', ')}`}`,
    );
  }
  const { energies } = compiled.program;
  if (energy !== undefined && energies.get(energy)?.generic)
    throw new UsageError(
      `\`${energy}\` is over index sets that only a call decides: it has no states of its own; plan the energy that calls it`,
    );
  const { session } = await openFile(io, file, compiled, o);
  // Those of used files are told when they are asked for, or when there are no others.
  const own = known.filter((n) => compiled.tree.items.some((i) => i.kind === 'energy' && i.name.text === n));
  const names = (energy ? [energy] : own.length > 0 ? own : known).filter((n) => !energies.get(n)?.generic);
  const plans: Plan[] = [];
  const clampFor = async (model: Model, name: string): Promise<Clamp> => {
    if (o.evidence === undefined) return noClamp(model);
    const about = { energy: name, options: {}, span: compiled.tree.span };
    return clampOf(model, (await uaiGiven(io, session, about, file, o.evidence)).entries);
  };
  for (const name of names) {
    const e = energyNamed(session, name, compiled.tree.span);
    const model = makeModel(session.bound, e.energy, session.params, session.engine);
    const clamp = await clampFor(model, name);
    const plan = planOf(model, clamp, compiled.tree.span);
    plans.push(plan);
    const { workers, why } = spreadOf(model.engine, plan.defaults.chains, MAX_WORKERS, undefined);
    terminal.line(showPlan(plan, workers === 1 ? why : null));
  }
  const steps = session.program.jobs
    .filter((j) => j.verb === 'fit' && j.energy !== null && names.includes(j.energy))
    .map((job) => ({ job: job.name, ...stepOf(session, job) }));
  for (const s of steps) terminal.line(showStep(s));
  terminal.event({ event: 'result', verb: 'plan', plans, steps });
  return ExitCode.fine;
}

function planOf(model: Model, clamp: Clamp, span: Span): Plan {
  try {
    const { plan, gibbs } = makePlan(model, clamp);
    gibbs?.dispose();
    // What is too dear for a plan of sampling need not be for the one number.
    if (plan.logz !== 'ais' || model.unknowns.some((u) => !isDiscrete(u.slot.domain))) return plan;
    const exact = exactOf(model, clamp);
    return 'why' in exact
      ? { ...plan, logzWhy: exact.why }
      : {
          ...plan,
          logz: 'elimination',
          logzWhy: `what is free is discrete, its graph of width ${exact.elimination.width}`,
        };
  } catch (e) {
    throw asMemoryFault(e, `the plan of \`${model.energy.name}\``, span);
  }
}

function stepOf(session: Session, job: Job): StepPlan {
  try {
    return planFit(fitArgs({ session, job }));
  } catch (e) {
    throw asMemoryFault(e, `a step of \`${job.name}\``, job.span);
  }
}

const showStep = ({
  job,
  energy,
  loss,
  rows,
  slices,
  memory,
  engine,
}: StepPlan & { readonly job: string }): string => {
  const taken = memory === null ? '' : `, about ${showBytes(memory)} each`;
  const parts = slices === 1 ? '' : `, in ${slices} slices`;
  return `${job}: fits ${energy} by ${loss} on ${engine}; steps of ${rows} rows${parts}${taken}`;
};

/** @param alone why all chains are drawn by one worker, however long that takes; null where they need not be */
export function showPlan(plan: Plan, alone: string | null = null): string {
  const rows = plan.unknowns.map((u) => [
    u.unknown,
    u.domain,
    u.free === u.elements ? String(u.elements) : `${u.free} of ${u.elements}`,
    u.method,
    u.blocks === null ? '' : String(u.blocks),
    u.method === 'gibbs' ? (u.blanket === null ? 'all' : String(u.blanket)) : '',
  ]);
  const why = plan.unknowns.map((u) => `  ${u.unknown}: ${u.why}`).join('\n');
  const states = plan.states === null ? '' : `, ${plan.states} states`;
  return `${plan.energy}: ${plan.method} on ${plan.engine}${states}; logz by ${plan.logz}, because ${plan.logzWhy}${plan.engineWhy === null ? '' : `\n${plan.engine}: ${plan.engineWhy}`}
${textTable(['unknown', 'domain', 'elements', 'method', 'blocks', 'blanket'], rows)}
${why}${alone === null ? '' : `\n  workers: 1, because ${alone}`}
`;
}
