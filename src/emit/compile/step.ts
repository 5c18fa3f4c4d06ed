/**
 * A step of training as one graph: the loss of rows and of what it compares them with, its derivatives, and the
 * optimiser. Parameters and what the optimiser keeps go in and come out, so that whoever runs the graph trains.
 */
import type { HostArray } from '../../arrays.ts';
import { shapeOf } from '../../bind/bound.ts';
import { wholeLine } from '../../domain.ts';
import type { ArrayProgram, Output } from '../../engines/engine.ts';
import { graphTarget } from '../../engines/graph/graph.ts';
import type { ModelFile } from '../../engines/graph/model-json.ts';
import { lowerProgram } from '../../engines/tensors/lower.ts';
import { wholeProgram } from '../../engines/tensors/whole.ts';
import type { Builder } from '../../ir/build.ts';
import { gradient } from '../../ir/derive.ts';
import type { Axis, Node, Slot } from '../../ir/types.ts';
import { unrolled } from '../../ir/unroll.ts';
import { slotsRead } from '../../ir/walk.ts';
import type { RatedChoice } from '../../learn/optimizers/optimizer.ts';
import { rateAt } from '../../learn/optimizers/schedule.ts';
import { keptOf, stepped } from '../../learn/optimizers/symbolic.ts';
import { stepsOf } from '../../learn/options.ts';
import type { PreparedFit } from '../../learn/prepare.ts';
import { emptyRows, gather } from '../../learn/rows.ts';
import { objectiveOf } from '../../learn/training.ts';
import { Stream } from '../../random/stream.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { EmitCode } from '../codes.ts';
import { filesOf, refuseLarge, refuseMatricesOf } from './files.ts';
import type { CompileTarget } from './targets.ts';

/** What an input or an output is of. */
export type StepMeaning =
  /** A column of the rows of the step, [rows, …]. */
  | { readonly kind: 'rows'; readonly unknown: string }
  /** What the loss compares the rows with, drawn for each step: perturbed copies, noise, changes. */
  | { readonly kind: 'drawn'; readonly what: string }
  /** A parameter on the whole line, as the optimiser moves it. */
  | { readonly kind: 'param'; readonly param: string; readonly bounded: boolean }
  | { readonly kind: 'kept'; readonly param: string; readonly what: string }
  | { readonly kind: 'rate' }
  /** Steps taken before this one. */
  | { readonly kind: 'steps' }
  | { readonly kind: 'loss' }
  /** Of all derivatives together, before they are clipped. */
  | { readonly kind: 'gradient_norm' }
  /** A parameter within its bounds. */
  | { readonly kind: 'value'; readonly param: string };

export interface StepArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly meaning: StepMeaning;
}

export interface CompiledStep {
  readonly target: CompileTarget;
  readonly energy: string;
  readonly loss: string;
  readonly optimizer: RatedChoice['kind'];
  readonly inputs: readonly StepArray[];
  readonly outputs: readonly StepArray[];
  /** What each input is in the first step of the fit. */
  readonly first: ReadonlyMap<string, HostArray>;
  /** Operations of the tensor program. */
  readonly steps: number;
  readonly files: readonly ModelFile[];
}

/** Steps of a recurrence that is written out. */
const MOST_STEPS = 512;

interface Taken {
  readonly slot: Slot;
  readonly name: string;
  readonly meaning: StepMeaning;
  readonly first: HostArray;
}
type Given = Output & { readonly meaning: StepMeaning };

/**
 * @param fit not yet begun; stays the caller's
 * @throws EnergyError E0801 where no graph can say the step; TooManySteps
 */
export function compileStep(fit: PreparedFit, target: CompileTarget, generatedBy: string): CompiledStep {
  const { args } = fit;
  const { bound, energy, options } = args;
  const { optimizer } = options;
  if (optimizer.kind === 'lbfgs')
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0801' satisfies EmitCode,
        place: at(energy.span),
        message: 'a step of `lbfgs` evaluates the loss as often as its line search asks: it is not one graph',
        suggestion: 'compile the step of another optimiser, e.g. `optimizer = adam()`',
      },
    ]);
  const { inputs, outputs } = stepOf(fit, optimizer);
  refuseMatricesOf(
    outputs.map((o) => o.node),
    energy,
    target,
  );
  const program: ArrayProgram = { outputs, sizeOf: bound.sizeOf };
  const read = slotsRead(outputs.map((o) => o.node));
  const constants = new Map([...bound.constants, ...fit.loss.constants].filter(([slot]) => read.has(slot)));
  const lowered = lowerProgram(program, constants, graphTarget);
  const tensors = wholeProgram(
    lowered,
    program,
    inputs.map((i) => i.slot),
    bound.sizeOf,
  );
  refuseLarge(tensors, energy, 'compile it with fewer data, or a smaller `batch`');
  const names = { inputs: inputs.map((i) => i.name), outputs: outputs.map((o) => o.name) };
  return {
    target,
    energy: energy.name,
    loss: options.loss.kind,
    optimizer: optimizer.kind,
    inputs: inputs.map(({ name, meaning }, k) => ({ name, meaning, shape: tensors.inputs[k].shape })),
    outputs: outputs.map(({ name, meaning }, k) => ({
      name,
      meaning,
      shape: tensors.shapes[tensors.outputs[k]],
    })),
    first: new Map(inputs.map((i) => [i.name, i.first])),
    steps: tensors.steps.length,
    files: filesOf(target, tensors, names, energy.name, generatedBy),
  };
}

function stepOf(
  fit: PreparedFit,
  optimizer: RatedChoice,
): { readonly inputs: readonly Taken[]; readonly outputs: readonly Given[] } {
  const { args, batches, loss } = fit;
  const { bound, energy, options } = args;
  const b = bound.program.builder;
  const { learned, coordinates, free, objective, shown } = objectiveOf({
    bound,
    energy,
    loss,
    rows: fit.rows.count,
  });
  const [plainObjective, plainShown] = unrolled(b, [objective, shown], bound.sizeOf, MOST_STEPS);
  const derivatives = gradient(b, plainObjective, free);
  const named = uniqueNames();
  const start = startOf(fit, learned);
  const rows = drawStep(fit, 0, start);
  const scalar = (name: string, meaning: StepMeaning, value: number): Taken => ({
    slot: b.slot('input', name, wholeLine, []),
    name: named(name),
    meaning,
    first: { shape: [], data: Float64Array.of(value) },
  });
  const rate = scalar(
    'rate',
    { kind: 'rate' },
    rateAt(0, stepsOf(options, batches.stepsPerEpoch), optimizer),
  );
  const steps = scalar('steps', { kind: 'steps' }, 0);
  const pace = { rate: b.read(rate.slot, []), steps: b.read(steps.slot, []) };
  const norm = b.call(
    'sqrt',
    b.addAll(
      free.map((slot) => {
        const { axes, body } = derivatives.get(slot)!;
        return b.sum(axes, b.call('square', body));
      }),
    ),
  );
  const scale = options.clip > 0 ? clipped(b, norm, options.clip) : b.const(1);
  const own = new Set(loss.own?.keys());
  const inputs: Taken[] = [
    ...[...loss.rows.slots].map(([unknown, slot]) => ({
      slot,
      name: named(`rows/${unknown.name}`),
      meaning: { kind: 'rows', unknown: unknown.name } as const,
      first: rows.get(unknown)!,
    })),
    ...[...loss.inputs].map(([slot, array]) => ({
      slot,
      name: named(`drawn/${slot.name}`),
      meaning: { kind: 'drawn', what: slot.name } as const,
      first: array,
    })),
  ];
  const outputs: Given[] = [
    { name: 'loss', axes: [], node: plainShown, meaning: { kind: 'loss' } },
    { name: 'gradient_norm', axes: [], node: norm, meaning: { kind: 'gradient_norm' } },
  ];
  learned.forEach((param, p) => {
    const { axes, body } = derivatives.get(free[p])!;
    const element = (slot: Slot): Node =>
      b.read(
        slot,
        axes.map((a) => b.axisNode(a)),
      );
    const give = (name: string, meaning: StepMeaning, node: Node, over: readonly Axis[] = axes): void => {
      outputs.push({ name: named(name), axes: over, node, meaning });
    };
    const bounded = free[p] !== param;
    const moved: StepMeaning = { kind: 'param', param: param.name, bounded };
    const first = start[p];
    inputs.push({ slot: free[p], name: named(`param/${param.name}`), meaning: moved, first });
    const kept = keptOf(optimizer).map((what): Taken => {
      const slot = b.slot('input', `${what} of ${param.name}`, wholeLine, free[p].sets);
      const meaning: StepMeaning = { kind: 'kept', param: param.name, what };
      const zeros = { shape: first.shape, data: new Float64Array(first.data.length) };
      return { slot, name: named(`${what}/${param.name}`), meaning, first: zeros };
    });
    inputs.push(...kept);
    const after = stepped(
      b,
      optimizer,
      {
        theta: element(free[p]),
        gradient: b.mul(scale, body),
        kept: Object.fromEntries(keptOf(optimizer).map((what, k) => [what, element(kept[k].slot)])),
        decays: !own.has(param),
      },
      pace,
    );
    give(`next/param/${param.name}`, moved, after.theta);
    for (const what of keptOf(optimizer))
      give(`next/${what}/${param.name}`, { kind: 'kept', param: param.name, what }, after.kept[what]);
    if (!bounded) return;
    // What the parameter is: the transform of its new coordinates.
    const value = coordinates.on(
      b.read(
        param,
        axes.map((a) => b.axisNode(a)),
      ),
    );
    const next = b.mapReads(value, (slot, indices) =>
      slot === free[p] ? b.substitute(after.theta, axes, indices) : undefined,
    );
    give(`value/${param.name}`, { kind: 'value', param: param.name }, next);
  });
  return { inputs: [...inputs, rate, ...(usesSteps(optimizer) ? [steps] : [])], outputs };
}

const usesSteps = (o: RatedChoice): boolean => o.kind === 'adam' || o.kind === 'adamw';

/** What derivatives are multiplied by, so that their norm is at most `largest`. */
const clipped = (b: Builder, norm: Node, largest: number): Node =>
  b.call('min', b.const(1), b.div(b.const(largest), b.call('max', norm, b.const(1e-30))));

/** Parameters at the start of a fit, on the whole line, in the order of `learned`. */
function startOf({ args, loss, program }: PreparedFit, learned: readonly Slot[]): readonly HostArray[] {
  const { bound } = args;
  const own = [...(loss.own ?? [])].map(
    ([slot, data]) => [slot, { shape: shapeOf(slot, bound.sizeOf), data }] as const,
  );
  const free = program.coordinates.toFree(new Map([...args.params, ...own]));
  return free.map((data, p) => ({ shape: shapeOf(learned[p], bound.sizeOf), data }));
}

/**
 * Rows of a step, by unknown, and what is drawn beside them (into the arrays of `loss.inputs`): those that `fit` takes.
 * @param step counted from 0
 * @param params on the whole line, as they are then
 */
export function drawStep(
  { args, batches, loss, rows, program }: PreparedFit,
  step: number,
  params: readonly HostArray[],
): ReadonlyMap<Slot, HostArray> {
  const states = emptyRows(rows, batches.size);
  const picked = batches.at(step);
  gather(rows, picked, states);
  loss.draw({
    step,
    states,
    picked,
    stream: new Stream(args.options.seed, 'fit', 'step').fork(step),
    params: program.coordinates.toValues(
      params.map((p) => Float64Array.from(p.data)),
      params.map((p) => p.shape),
    ),
  });
  return new Map(
    [...states].map(([slot, data]) => [
      slot,
      { shape: [batches.size, ...rows.columns.get(slot)!.shape.slice(1)], data },
    ]),
  );
}

/** Names that no other has: a second `x` is `x.2`. */
function uniqueNames(): (name: string) => string {
  const taken = new Map<string, number>();
  return (name) => {
    const n = (taken.get(name) ?? 0) + 1;
    taken.set(name, n);
    return n === 1 ? name : `${name}.${n}`;
  };
}
