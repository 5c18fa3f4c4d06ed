/** Compiled energies beside the reference: states, all outputs in float64, and how far float32 may be from them. */
import { expect } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { isDiscrete } from '../../src/domain.ts';
import { compileEnergy } from '../../src/emit/compile/compile.ts';
import type { CompileTarget } from '../../src/emit/compile/targets.ts';
import type { Arrays } from '../../src/engines/engine.ts';
import type { ModelFile } from '../../src/engines/graph/model-json.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { mendStarts } from '../../src/infer/feasible-start.ts';
import { type Model, noClamp } from '../../src/infer/model.ts';
import { brokenRequirements } from '../../src/infer/requirements.ts';
import { startStates } from '../../src/infer/start.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';

export type Values = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: ArrayLike<number> }
>;
/** Values of inputs by name. */
export type Feeds = Readonly<Record<string, ArrayLike<number>>>;

/** What executes the files of one format, all outputs at once. */
export interface Reader {
  readonly name: string;
  readonly target: CompileTarget;
  run(files: readonly ModelFile[], feeds: Feeds, shapes: Shapes): Promise<Values>;
}

/** Of inputs and outputs, in order. */
export interface Shapes {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** States that satisfy what is required, wherever a search or one of some draws finds such. */
export function supportedStates(model: Model, seed: number, count: number): Map<Slot, Float64Array> {
  const clamp = noClamp(model);
  const draw = (attempt: number): Map<Slot, Float64Array> => {
    const streams = Array.from({ length: count }, (_, c) => new Stream(seed, 'states', attempt, c));
    const states = startStates(model, clamp, streams);
    mendStarts(model, clamp, streams, states);
    for (const [slot, x] of states) if (!isDiscrete(slot.domain)) states.set(slot, x.map(Math.fround));
    return states;
  };
  const states = draw(0);
  for (let attempt = 1; attempt < 50; attempt++) {
    const broken = brokenRequirements(model, states, count);
    const bad = Array.from({ length: count }, (_, c) => c).filter((c) => broken.some((k) => k[c] > 0));
    if (bad.length === 0) break;
    const other = draw(attempt);
    for (const [slot, x] of states) {
      const size = x.length / count;
      for (const c of bad) x.set(other.get(slot)!.subarray(c * size, (c + 1) * size), c * size);
    }
  }
  return states;
}

export interface Expected {
  readonly values: Values;
  /** How far each value moves where reals move by about a unit in the last place of float32. */
  readonly slack: (output: string, i: number) => number;
}

/** An energy compiled for so many states, in one format. */
export class CompiledModel {
  readonly model: Model;
  readonly made: ReturnType<typeof compileEnergy>;
  readonly batch: number | null;

  constructor(model: Model, batch: number | null, target: CompileTarget = 'tfjs') {
    this.model = model;
    this.batch = batch;
    this.made = compileEnergy(model, target, batch, 'test');
  }

  get shapes(): Shapes {
    const { exported, shapes } = this.made;
    const named = (list: readonly { readonly name: string }[], of: readonly (readonly number[])[]) =>
      list.map(({ name }, k) => ({ name, shape: of[k] }));
    return {
      inputs: named(exported.inputs, shapes.inputs),
      outputs: named(exported.outputs, shapes.outputs),
    };
  }

  feeds(states: ReadonlyMap<Slot, Float64Array>): Feeds {
    return Object.fromEntries(this.made.exported.inputs.map((i) => [i.name, states.get(i.unknown)!]));
  }

  /** All outputs in float64, with reals moved by a relative `noise`. */
  reference(states: ReadonlyMap<Slot, Float64Array>, noise = 0): Values {
    const { inputs, outputs } = this.made.exported;
    const { model } = this;
    const lead = this.batch === null ? [] : [this.batch];
    const arrays: Arrays = new Map(
      inputs.map(({ slot, unknown }): [Slot, HostArray] => {
        const { shape } = model.unknowns.find((u) => u.slot === unknown)!;
        const x = states.get(unknown)!;
        const data = !isDiscrete(unknown.domain) ? x.map((v, i) => v * (1 + (i % 2 ? noise : -noise))) : x;
        return [slot, { shape: [...lead, ...shape], data }];
      }),
    );
    const engine = referenceEngine().compile({ outputs, sizeOf: model.sizeOf }, model.constants);
    return engine.run(arrays);
  }

  expected(states: ReadonlyMap<Slot, Float64Array>): Expected {
    const values = this.reference(states);
    const moved = [2e-7, -2e-7].map((e) => this.reference(states, e));
    return {
      values,
      slack: (output, i) =>
        Math.max(...moved.map((m) => Math.abs(m.get(output)!.data[i] - values.get(output)!.data[i]))),
    };
  }

  /** @throws Error where what a reader makes of the files differs by more than float32 explains */
  async agrees(reader: Reader, states: ReadonlyMap<Slot, Float64Array>): Promise<void> {
    expect(reader.target).toBe(this.made.target);
    agree(await reader.run(this.made.files, this.feeds(states), this.shapes), this.expected(states));
  }
}

export function agree(found: Values, { values, slack }: Expected): void {
  expect([...found.keys()].sort()).toEqual([...values.keys()].sort());
  for (const [output, want] of values) {
    const got = found.get(output)!;
    expect(got.shape, output).toEqual(want.shape);
    const scale = Array.from(want.data).reduce(
      (m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m),
      0,
    );
    for (let i = 0; i < want.data.length; i++) {
      const x = want.data[i];
      const room = 1e-4 * (1 + scale) + 30 * slack(output, i);
      if (!Number.isFinite(x) || !Number.isFinite(room)) continue;
      if (!(Math.abs(got.data[i] - x) <= room))
        throw new Error(`${output}[${i}] = ${got.data[i]}, expected ${x} within ${room}`);
    }
  }
}
