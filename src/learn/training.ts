/** The programs of a fit: one that makes a step's loss and gradients, and small ones that watch it. */
import type { HostArray } from '../arrays.ts';
import type { BoundProgram } from '../bind/bound.ts';
import { isAuto } from '../engines/choice.ts';
import type { Arrays, Engine, Evaluator, Output } from '../engines/engine.ts';
import type { Batch } from '../ir/batch.ts';
import { totalEnergy } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import { gradient } from '../ir/derive.ts';
import type { Axis, Energy, IndexSet, Node, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { at, type Diagnostic, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { LearnCode } from './codes.ts';
import type { FailedStep } from './faults.ts';
import type { Loss } from './losses/loss.ts';
import { type Coordinates, coordinatesOf } from './reparametrise.ts';
import { asInputs, emptyRows, gather, numberOf, type Rows } from './rows.ts';
import { holds, meanWithin } from './support.ts';

export interface TrainingSpec {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly loss: Loss;
  readonly engine: Engine;
  /** Rows of all data, that priors are weighed against. */
  readonly rows: number;
}

/** Mean energies of one term: over the rows of a step, and over their negatives in the support (NaN without). */
export interface TermEnergies {
  readonly name: string;
  readonly rows: number;
  readonly negatives: number;
}

export interface StepValues {
  readonly loss: number;
  readonly rowEnergy: number;
  /** NaN for a loss without negatives, or where none is in the support. */
  readonly negativeEnergy: number;
}

export interface TrainingProgram {
  readonly builder: Builder;
  readonly energy: Energy;
  /** In the order of their declaration; then those of the loss itself. */
  readonly learned: readonly Slot[];
  readonly coordinates: Coordinates;
  readonly loss: Loss;
  /** Bytes that a step takes at its peak, where the engine plans that. */
  readonly memory: number | null;
  /** What evaluates a step, and why, where several can. */
  readonly engine: { readonly engine: string; readonly engineWhy: string | null };
  /** A step is so many evaluations, of so many slices of its rows. */
  readonly slices: number;
  readonly explaining: Omit<FailedStep, 'inputs' | 'picked' | 'step'>;
  /** Evaluates a step; ∂loss/∂coordinates are written to `gradients`, in the order of `learned`. */
  readonly step: (inputs: Arrays, gradients: readonly Float64Array[]) => StepValues;
  /** Mean energy of each term. */
  readonly terms: (inputs: Arrays) => readonly TermEnergies[];
  /** A warning where hardly any negative of the batch is in the support. */
  readonly fewInSupport: (inputs: Arrays) => Diagnostic | null;
  /** An evaluator of further expressions that are written in coordinates. */
  readonly compile: (outputs: readonly Output[], tables?: Arrays) => Evaluator;
  readonly dispose: () => void;
}

/** What a fit minimises, as an expression of coordinates, rows and the inputs of its loss. */
export interface Objective {
  /** In the order of their declaration; then those of the loss itself. */
  readonly learned: readonly Slot[];
  readonly priors: readonly { readonly name: string; readonly span: Span; readonly node: Node }[];
  readonly coordinates: Coordinates;
  /** The coordinates of `learned`, which it is differentiated by. */
  readonly free: readonly Slot[];
  readonly objective: Node;
  /** What is shown as the loss. */
  readonly shown: Node;
}

/** @throws EnergyError E0716 where there is nothing to learn */
export function objectiveOf({
  bound,
  energy,
  loss,
  rows,
}: Pick<TrainingSpec, 'bound' | 'energy' | 'loss' | 'rows'>): Objective {
  const b = bound.program.builder;
  const { learned: declared, priors } = whatIsLearned(bound, energy);
  const learned = [...declared, ...(loss.own?.keys() ?? [])];
  const coordinates = coordinatesOf(b, learned);
  // A posterior balances data and prior: N times the loss is minus its logarithm where the loss is a likelihood.
  const prior = b.mul(b.const(1 / rows), b.addAll(priors.map((p) => p.node)));
  const objective = coordinates.on(b.add(loss.objective, prior));
  const shown = loss.shown ? coordinates.on(b.add(loss.shown, prior)) : objective;
  const free = learned.map((p) => coordinates.free.get(p)!);
  return { learned, priors, coordinates, free, objective, shown };
}

/** @throws EnergyError E0716 where there is nothing to learn */
export function compileTraining(spec: TrainingSpec): TrainingProgram {
  const { bound, energy, engine, loss: d } = spec;
  const b = bound.program.builder;
  const { learned, priors, coordinates, free, objective, shown } = objectiveOf(spec);
  const constants = new Map([...bound.constants, ...d.constants]);
  const constantsOf = (nodes: readonly Node[]): Arrays => {
    const read = slotsRead(nodes);
    return new Map([...constants].filter(([slot]) => read.has(slot)));
  };
  const compile = (outputs: readonly Output[], tables: Arrays = new Map()): Evaluator =>
    engine.compile(
      { outputs, sizeOf: bound.sizeOf },
      new Map([...constantsOf(outputs.map((o) => o.node)), ...tables]),
    );
  const scalar = (name: string, node: Node): Output => ({ name, axes: [], node: coordinates.on(node) });

  const derivatives = gradient(b, objective, free);
  const gradientName = (i: number): string => `gradient ${i}`;
  const total = totalEnergy(b, energy);
  const { negatives } = d;
  /** Mean over the rows, and over the negatives. */
  const means = (name: string, node: Node): Output[] => [
    scalar(`rows${name}`, b.mean(d.rows.axes, d.rows.on(node))),
    ...(negatives
      ? [scalar(`negatives${name}`, meanWithin(b, negatives.axes, negatives.on(node), d.supported))]
      : []),
  ];
  const outputs = [
    { name: 'loss', axes: [], node: shown },
    ...means('', total),
    ...free.map((slot, i) => {
      const { axes, body } = derivatives.get(slot)!;
      return { name: gradientName(i), axes, node: body };
    }),
  ];
  const chosen = isAuto(engine) ? engine.choose({ outputs, sizeOf: bound.sizeOf }) : { engine, why: null };
  const main = compile(outputs);
  const observer = alongside(main, () =>
    compile([
      ...energy.terms.flatMap((t, i) => means(` ${i}`, t.body)),
      ...(d.supported && negatives ? [scalar('supported', b.mean(negatives.axes, d.supported))] : []),
    ]),
  );
  const number = (out: ReadonlyMap<string, HostArray>, name: string): number =>
    out.get(name)?.data[0] ?? Number.NaN;
  return {
    builder: b,
    energy,
    learned,
    coordinates,
    loss: d,
    memory: main.memory ?? null,
    engine: { engine: chosen.engine.name, engineWhy: chosen.why },
    slices: 1,
    explaining: {
      energy,
      learned,
      priors,
      rows: d.rows,
      negatives: d.negatives,
      supported: d.supported,
      on: coordinates.on,
      engine,
      sizeOf: bound.sizeOf,
      constantsOf,
    },
    step: (inputs, gradients) => {
      const out = main.run(inputs);
      gradients.forEach((g, i) => {
        g.set(out.get(gradientName(i))!.data);
      });
      return {
        loss: number(out, 'loss'),
        rowEnergy: number(out, 'rows'),
        negativeEnergy: number(out, 'negatives'),
      };
    },
    terms: (inputs) => {
      const out = observer.run(inputs);
      return energy.terms.map((t, i) => ({
        name: t.name,
        rows: number(out, `rows ${i}`),
        negatives: number(out, `negatives ${i}`),
      }));
    },
    fewInSupport: (inputs) => {
      if (!d.supported || !negatives) return null;
      const share = number(observer.run(inputs), 'supported');
      return share >= 0.02 ? null : fewInSupport(energy, share);
    },
    compile,
    dispose: () => {
      main.dispose();
      observer.dispose();
    },
  };
}

/** What is made beside an evaluator, which is freed where that fails. */
function alongside<T>(owned: Evaluator, make: () => T): T {
  try {
    return make();
  } catch (e) {
    owned.dispose();
    throw e;
  }
}

/** The parameters that the energy's terms read, those that their priors read, and so on; and these priors. */
function whatIsLearned(
  bound: BoundProgram,
  energy: Energy,
): {
  readonly learned: readonly Slot[];
  readonly priors: readonly { readonly name: string; readonly span: Span; readonly node: Node }[];
} {
  const decls = new Map(bound.program.params.map((p) => [p.slot, p]));
  const found = new Set<Slot>();
  const visit = (nodes: readonly Node[]): void => {
    for (const slot of slotsRead(nodes)) {
      const decl = decls.get(slot);
      if (!decl || found.has(slot)) continue;
      found.add(slot);
      if (decl.prior && !decl.frozen) visit([decl.prior]);
    }
  };
  visit(energy.terms.map((t) => t.body));
  if (![...found].some((slot) => !decls.get(slot)!.frozen))
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0716' satisfies LearnCode,
        place: at(energy.span),
        message: `the energy \`${energy.name}\` has no parameters to learn`,
        suggestion:
          found.size > 0
            ? 'its parameters are of files that are used `frozen`: leave that out, or declare one here'
            : 'declare one, e.g. `param w : real = 0`, and use it in a term',
      },
    ]);
  // A constraint may read a parameter that no term reads: it keeps its value, but it is an input.
  visit(energy.support.flatMap((c) => (c.where ? [c.where, c.condition] : [c.condition])));
  const learned = [...decls.values()].filter((d) => found.has(d.slot) && !d.frozen).map((d) => d.slot);
  const priors = learned.flatMap((slot) => {
    const { prior, span } = decls.get(slot)!;
    return prior ? [{ name: slot.name, span, node: prior }] : [];
  });
  return { learned, priors };
}

const fewInSupport = (energy: Energy, share: number): Diagnostic => ({
  severity: 'warning',
  code: 'W0710' satisfies LearnCode,
  place: at((energy.support.find((c) => !c.implied) ?? energy.support[0]).span),
  message: `only ${(100 * share).toPrecision(2)}% of the perturbed rows satisfy what \`${energy.name}\` requires, so little can be learned from them`,
  suggestion:
    'perturb less, with a smaller `t`; where single changes break a requirement, with `kernel = heat` or by `noise_contrastive`',
});

/**
 * Data must be possible: every row is checked against the constraints, a batch at a time.
 * @throws EnergyError E0714 that names the constraint and a row
 */
export function refuseOutside(program: TrainingProgram, rows: Rows, batch: number, params: Arrays): void {
  const { energy, builder: b } = program;
  if (energy.support.length === 0) return;
  const states: Batch = program.loss.rows;
  const axes: readonly Axis[] = states.axes;
  const outputs = energy.support.map((c, i) => ({
    name: String(i),
    axes,
    node: program.coordinates.on(states.on(holds(b, c))),
  }));
  const evaluator = program.compile(outputs);
  const arrays = emptyRows(rows, batch);
  const inputs = new Map([...params, ...asInputs(rows, arrays, states.slots, [batch])]);
  try {
    for (let from = 0; from < rows.count; from += batch) {
      // The last batch is filled up with the last row.
      const picked = Int32Array.from({ length: batch }, (_, i) => Math.min(from + i, rows.count - 1));
      gather(rows, picked, arrays);
      const out = evaluator.run(inputs);
      energy.support.forEach((c, i) => {
        const bad = out.get(String(i))!.data.findIndex((x: number) => x === 0);
        if (bad >= 0) throw outside(c.span, energy, numberOf(rows, picked[bad]), rows.set);
      });
    }
  } finally {
    evaluator.dispose();
  }
}

const outside = (span: Span, energy: Energy, row: number, set: IndexSet): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0714' satisfies LearnCode,
      place: at(span),
      message: `row ${row} of the data${set.name ? ` (${set.name}, counted from 0)` : ' (counted from 0)'} does not satisfy this requirement of \`${energy.name}\``,
      suggestion: 'a row that the energy excludes has probability 0; drop it or relax the requirement',
    },
  ]);
