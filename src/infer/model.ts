/** An energy with its data, parameters and an engine: what samplers and verbs evaluate. */
import { type HostArray, sizeOfShape } from '../arrays.ts';
import { type BoundProgram, type ParamValues, shapeOf } from '../bind/bound.ts';
import type { Given } from '../check/values.ts';
import { isArranged, isDiscrete, isVector, rangeOf, showDomain, stateCount, valueMap } from '../domain.ts';
import { isAuto } from '../engines/choice.ts';
import type { ArrayProgram, Arrays, Engine, Evaluator, Output } from '../engines/engine.ts';
import { OutOfRange } from '../engines/reference/evaluate.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { makeBatch } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import type { Energy, IndexSet, Slot } from '../ir/types.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { arrangedOver, completions } from '../transforms/arrangements.ts';
import { vectorFault, vectorLength } from '../transforms/vectors.ts';
import type { InferCode } from './codes.ts';

export interface Model {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly engine: Engine;
  /** Why this engine, where there was a choice. */
  readonly engineWhy: string | null;
  /** The engine that sweeps over discrete unknowns in code made for them; null where it may not be used. */
  readonly kernels: Engine | null;
  readonly builder: Builder;
  readonly sizeOf: (set: IndexSet) => number;
  /** Data, tables and parameters. */
  readonly constants: Arrays;
  readonly unknowns: readonly UnknownLayout[];
}

export interface UnknownLayout {
  readonly slot: Slot;
  readonly shape: readonly number[];
  /** Elements of one state. */
  readonly size: number;
}

/** @param chains of states that will be evaluated side by side: of several engines the quickest is taken */
export function makeModel(
  bound: BoundProgram,
  energy: Energy,
  params: ParamValues,
  engine: Engine,
  chains = 4,
): Model {
  const builder = bound.program.builder;
  const choice = isAuto(engine)
    ? engine.choose({
        outputs: energyOutputs(builder, energy, chains),
        sizeOf: bound.sizeOf,
      })
    : { engine, why: null };
  const candidates = isAuto(engine) ? engine.candidates : [engine];
  return {
    bound,
    energy,
    engine: choice.engine,
    engineWhy: choice.why,
    kernels: candidates.find((e) => e.sweepKernels) ?? null,
    builder,
    sizeOf: bound.sizeOf,
    constants: new Map([...bound.constants, ...params]),
    unknowns: energy.unknowns.map((slot) => {
      const shape = shapeOf(slot, bound.sizeOf);
      return { slot, shape, size: sizeOfShape(shape) };
    }),
  };
}

/** The terms of the energy, for each of several chains. */
export function energyOutputs(b: Builder, energy: Energy, chains: number): Output[] {
  const chain = b.axis(b.range(chains), 'chain');
  const batch = makeBatch(b, energy.unknowns, [chain]);
  return energy.terms.map((t) => ({ name: t.name, axes: [chain], node: batch.on(t.body) }));
}

/** Compiles expressions with the model's data and parameters as constants. */
export function compile(
  model: Model,
  outputs: readonly Output[],
  extra: Arrays = new Map(),
  engine: Engine = model.engine,
): Evaluator {
  const program: ArrayProgram = { outputs, sizeOf: model.sizeOf };
  const evaluator = engine.compile(program, new Map([...model.constants, ...extra]));
  const { borrow } = evaluator;
  const explained =
    (run: Evaluator['run']): Evaluator['run'] =>
    (inputs) => {
      try {
        return run(inputs);
      } catch (e) {
        throw e instanceof OutOfRange ? readOutside(model, e) : e;
      }
    };
  return {
    run: explained((inputs) => evaluator.run(inputs)),
    ...(borrow ? { borrow: explained(borrow) } : {}),
    dispose: () => evaluator.dispose(),
  };
}

/** A read whose place depends on unknowns; others are found when data are bound. */
const readOutside = (model: Model, e: OutOfRange): EnergyError =>
  fault(
    'E0706',
    model.energy.span,
    `\`${model.energy.name}\` reads \`${e.slot}\` outside its index set at some values of the unknowns`,
    'leave it out with `where …` or `if … then … else …`',
  );

/** States of several chains: for each unknown, chains × elements, row-major, as values. */
export type States = ReadonlyMap<Slot, Float64Array>;

/** Which elements of the unknowns are fixed, and to what. */
export interface Clamp {
  readonly fixed: ReadonlyMap<Slot, Uint8Array>;
  readonly values: ReadonlyMap<Slot, Float64Array>;
}

export const noClamp = (model: Model): Clamp => ({
  fixed: new Map(model.unknowns.map((u) => [u.slot, new Uint8Array(u.size)])),
  values: new Map(model.unknowns.map((u) => [u.slot, new Float64Array(u.size)])),
});

export function fault(code: InferCode, span: Span, message: string, suggestion?: string): EnergyError {
  return new EnergyError([{ severity: 'error', code, place: at(span), message, suggestion }]);
}

/** Whether a value lies in a slot's domain. */
export function inDomain(model: Pick<Model, 'sizeOf'>, slot: Slot, value: number): boolean {
  const d = slot.domain;
  if (!isDiscrete(d)) {
    const { lo, hi } = rangeOf(d);
    return Number.isFinite(value) && value >= lo && value <= hi;
  }
  const { offset, scale } = valueMap(d);
  const code = (value - offset) / scale;
  return Number.isInteger(code) && code >= 0 && code < stateCount(d, model.sizeOf);
}

/** Evaluates `given` entries: which elements they fix and their values. */
export function clampOf(model: Model, entries: readonly Given[]): Clamp {
  const clamp = noClamp(model);
  const engine = referenceEngine();
  for (const g of entries) {
    const dims = shapeOf(g.slot, model.sizeOf);
    const outputs: Output[] = [
      ...g.indices.map((node, d) => ({ name: `i${d}`, axes: g.axes, node })),
      {
        name: 'value',
        axes: g.axes,
        node: g.where ? model.builder.call('select', g.where, g.value, model.builder.const(0)) : g.value,
      },
      ...(g.where ? [{ name: 'where', axes: g.axes, node: g.where }] : []),
    ];
    const run = compile(model, outputs, new Map(), engine).run(new Map());
    const mask = g.where ? run.get('where')!.data : null;
    const values = run.get('value')!.data;
    const fixed = clamp.fixed.get(g.slot)!;
    for (let i = 0; i < values.length; i++) {
      if (mask && mask[i] === 0) continue;
      let flat = 0;
      for (let d = 0; d < dims.length; d++) {
        const x = run.get(`i${d}`)!.data[i];
        if (!(x >= 0 && x < dims[d]))
          throw fault('E0705', g.span, `\`${g.slot.name}\` has no element ${x} here`);
        flat = flat * dims[d] + x;
      }
      if (!inDomain(model, g.slot, values[i]))
        throw fault(
          'E0705',
          g.span,
          `${values[i]} is given to \`${g.slot.name}\`, outside its domain ${showDomain(g.slot.domain)}`,
        );
      fixed[flat] = 1;
      clamp.values.get(g.slot)![flat] = values[i];
    }
  }
  for (const u of model.unknowns) {
    checkGivenVectors(model, u, clamp, entries);
    checkGivenArrangements(model, u, clamp, entries);
  }
  return clamp;
}

/** Vectors that are given whole must be states of their domain. */
function checkGivenVectors(model: Model, u: UnknownLayout, clamp: Clamp, entries: readonly Given[]): void {
  const d = u.slot.domain;
  if (!isVector(d)) return;
  const k = model.sizeOf(d.over);
  const length = vectorLength(d, k);
  const fixed = clamp.fixed.get(u.slot)!;
  const values = clamp.values.get(u.slot)!;
  for (let from = 0; from < u.size; from += length) {
    if (fixed.subarray(from, from + length).some((f) => f === 0)) continue;
    const why = vectorFault(d, k, values.subarray(from, from + length));
    if (why === undefined) continue;
    const entry = entries.find((g) => g.slot === u.slot);
    throw fault('E0705', entry?.span ?? model.energy.span, `what is given to \`${u.slot.name}\` ${why}`);
  }
}

/** What is given of permutations and subsets must be part of one. */
function checkGivenArrangements(
  model: Model,
  u: UnknownLayout,
  clamp: Clamp,
  entries: readonly Given[],
): void {
  const d = u.slot.domain;
  if (!isArranged(d)) return;
  const length = model.sizeOf(arrangedOver(d));
  const fixed = clamp.fixed.get(u.slot)!;
  const values = clamp.values.get(u.slot)!;
  for (let from = 0; from < u.size; from += length) {
    const why = completions(d, fixed.subarray(from, from + length), values.subarray(from, from + length));
    const entry = entries.find((g) => g.slot === u.slot);
    if (typeof why !== 'string' || !entry) continue;
    throw fault('E0705', entry.span, `what is given to \`${u.slot.name}\`, ${showDomain(d)}, ${why}`);
  }
}

export const freeCount = (clamp: Clamp, slot: Slot): number => {
  let n = 0;
  for (const f of clamp.fixed.get(slot)!) if (f === 0) n++;
  return n;
};

/** The input arrays of a batch: one HostArray for each batched slot. */
export function batchInputs(
  model: Model,
  slots: ReadonlyMap<Slot, Slot>,
  states: States,
  chains: number,
): Map<Slot, HostArray> {
  return new Map(
    model.unknowns.map((u) => [
      slots.get(u.slot)!,
      { shape: [chains, ...u.shape], data: states.get(u.slot)! },
    ]),
  );
}
