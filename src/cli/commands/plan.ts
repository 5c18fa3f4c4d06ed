import { showBytes } from '../../infer/memory.ts';
import { type Clamp, clampOf, type Model, makeModel, noClamp } from '../../infer/model.ts';
import type { Plan } from '../../plan/plan.ts';
import { aloneOf, planFits, planOfModel, type StepPlanOfJob } from '../../run/planned.ts';
import { energyNamed } from '../../run/session.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
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
    const plan = planOfModel(model, clamp, compiled.tree.span);
    plans.push(plan);
    terminal.line(showPlan(plan, aloneOf(model, plan)));
  }
  const steps = planFits(session, names);
  for (const s of steps) terminal.line(showStep(s));
  terminal.event({ event: 'result', verb: 'plan', plans, steps });
  return ExitCode.fine;
}

const showStep = ({ job, energy, loss, rows, slices, memory, engine }: StepPlanOfJob): string => {
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
