/** Looks into programs without running them: plans, factor graphs, tensor programs, edits of jobs. */
import { factorGraph } from '../../../src/analyse/factor-graph.ts';
import type { Job } from '../../../src/check/values.ts';
import { isDiscrete } from '../../../src/domain.ts';
import type { Engine, Output } from '../../../src/engines/engine.ts';
import { lowerProgram } from '../../../src/engines/tensors/lower.ts';
import type { Target } from '../../../src/engines/tensors/ops.ts';
import { type NamedOutput, type TensorView, tensorView } from '../../../src/engines/tensors/view.ts';
import { clampOf, type Model, makeModel, noClamp } from '../../../src/infer/model.ts';
import type { Host } from '../../../src/io/host.ts';
import { totalEnergy, violationsOf } from '../../../src/ir/batch.ts';
import { gradient } from '../../../src/ir/derive.ts';
import type { Slot } from '../../../src/ir/types.ts';
import { editRun, type SpanEdit } from '../../../src/language/edit-run.ts';
import { planLine } from '../../../src/language/plan-lines.ts';
import type { ModuleReader } from '../../../src/modules.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { planEnergy, planFits } from '../../../src/run/planned.ts';
import { energyNamed, openSession, type Session } from '../../../src/run/session.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import type { About, Inspected, Inspection, Subject } from '../inspections.ts';
import type { SourceText } from '../protocol.ts';
import { newRuns } from './new-runs.ts';
import type { Opened } from './program.ts';

/** What inspections need besides the program. */
export interface Inspecting {
  readonly source: SourceText;
  readonly reader: ModuleReader;
  readonly host: Host;
  /** Loaded only where something is asked that depends on it. */
  readonly engine: () => Promise<Engine>;
}

/** @throws EnergyError where the program or its data are wrong, or it has no energy to look at */
export async function inspect(opened: Opened, what: Inspection, around: Inspecting): Promise<Inspected> {
  switch (what.kind) {
    case 'edit-run':
      return { kind: 'edit-run', edit: editOf(around.source.text, opened, what) };
    case 'new-runs':
      return { kind: 'new-runs', runs: await newRuns(opened, around.source, around.reader) };
    default: {
      const { compiled } = opened;
      if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
      const about = aboutOf(opened, what.of);
      if (about === null) throw nothingToSee(opened);
      const session = await openSession(compiled.program, around.host, await around.engine());
      return look(session, what.kind, about, compiled.program.jobs);
    }
  }
}

function nothingToSee({ compiled }: Opened): EnergyError {
  return new EnergyError([
    {
      severity: 'error',
      code: 'E0602',
      place: { kind: 'source', span: compiled.tree.span },
      message: 'the program has no energy with states of its own',
      suggestion: 'declare one: `energy E(x : spin) { term field = -x }`',
    },
  ]);
}

/** The energies of the file by themselves, then those that it uses, then jobs that ask for more than their energy. */
function aboutOf({ compiled }: Opened, asked: Subject | null): About | null {
  const { program, tree } = compiled;
  const own = tree.items.flatMap((i) => (i.kind === 'energy' ? [i.name.text] : []));
  const names = [...new Set([...own, ...program.energies.keys()])].filter(
    (n) => program.energies.get(n)?.generic === false,
  );
  const special = program.jobs.filter(
    (j) => j.energy !== null && names.includes(j.energy) && (j.options.given || j.options.method),
  );
  const subjects: readonly Subject[] = [
    ...names.map((energy) => ({ energy, job: null })),
    ...special.map((j) => ({ energy: j.energy ?? '', job: j.name })),
  ];
  const first = program.jobs.find((j) => j.energy !== null && names.includes(j.energy))?.energy ?? names[0];
  const subject =
    subjects.find((s) => s.energy === asked?.energy && s.job === asked.job) ??
    subjects.find((s) => s.energy === first && s.job === null);
  return subject ? { subject, subjects } : null;
}

function look(
  session: Session,
  kind: 'plan' | 'graph' | 'tensors',
  about: About,
  jobs: readonly Job[],
): Inspected {
  const { energy } = about.subject;
  const checked = energyNamed(session, energy, session.program.energies.get(energy)!.energy.span);
  const job = jobs.find((j) => j.name === about.subject.job) ?? null;
  const { span } = checked.energy;
  switch (kind) {
    case 'plan':
      return {
        kind,
        about,
        plan: planEnergy(session, energy, job, span),
        steps: planFits(session, [energy]),
      };
    case 'graph': {
      const model = makeModel(session.bound, checked.energy, session.params, session.engine);
      const graph = factorGraph(model.builder, checked.energy, model, session.program.params);
      return { kind, about, graph, drawn: drawnBy(model, job) };
    }
    case 'tensors': {
      const model = makeModel(session.bound, checked.energy, session.params, session.engine);
      return { kind, about, tensors: tensorsOf(model, session) };
    }
  }
}

/** How each unknown is drawn, by name; nothing where the plan cannot be made. */
function drawnBy(model: Model, job: Job | null): Readonly<Record<string, string>> {
  try {
    const given = job?.options.given;
    const { plan, gibbs } = makePlan(
      model,
      given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model),
    );
    gibbs?.dispose();
    return Object.fromEntries(plan.unknowns.map((u) => [u.unknown, `${planLine(u)} — ${u.why}`]));
  } catch (e) {
    if (e instanceof EnergyError) return {};
    throw e;
  }
}

/** What makes tensor programs easy to read: no detours for the sake of a backend. */
const plainTarget: Target = {
  hostLoops: true,
  plainArithmetic: false,
  transposes: () => true,
  packs: false,
  rowReads: false,
};

/** Real unknowns whose derivatives are told apart, at most. */
const MANY_GRADIENTS = 6;

/** The terms of one state, what it breaks of the support, and the gradient by the real unknowns. */
export function tensorsOf(model: Model, session: Pick<Session, 'bound'>): TensorView {
  const { builder: b, energy, sizeOf } = model;
  const reals = energy.unknowns.filter((u) => !isDiscrete(u.domain));
  // Fields of a record are told as one, where they are many.
  const group = (slot: Slot): string => (reals.length > MANY_GRADIENTS ? slot.name.split('.')[0] : slot.name);
  const outputs: (Output & NamedOutput)[] = [
    ...energy.terms.map((t) => ({ name: t.name, kind: 'term' as const, axes: [], node: t.body })),
    ...energy.support.map((c) => ({
      name: 'require',
      kind: 'support' as const,
      axes: [],
      node: violationsOf(b, c, (n) => n),
    })),
    ...[...gradient(b, totalEnergy(b, energy), reals)].map(([slot, { axes, body }]) => ({
      name: slot.name,
      kind: 'gradient' as const,
      group: group(slot),
      axes,
      node: body,
    })),
  ];
  const { tensors } = lowerProgram({ outputs, sizeOf }, session.bound.constants, plainTarget);
  return tensorView(tensors, outputs);
}

/** A job that the text does not name is written first. */
function editOf(text: string, { jobs }: Opened, what: Inspection & { kind: 'edit-run' }): SpanEdit | null {
  const { job, verb, energy, option, value } = what;
  const info = jobs.find((j) => j.name === job);
  if (!info || info.line !== null) return editRun(text, job, option, value);
  if (value === null) return null;
  const lead = text === '' || text.endsWith('\n\n') ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  const line = `${lead}run ${job} = ${verb}(${energy ?? ''})\n`;
  const inner = editRun(text + line, job, option, value);
  if (!inner) return null;
  const at = text.length;
  return {
    start: at,
    end: at,
    text: line.slice(0, inner.start - at) + inner.text + line.slice(inner.end - at),
  };
}
