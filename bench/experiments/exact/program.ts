/** Programs with one `fit` job, from texts, and their losses as functions of the parameters. */

import { bind } from '../../../src/bind/bind.ts';
import { type BoundProgram, type ParamValues, shapeOf } from '../../../src/bind/bound.ts';
import { initialParams } from '../../../src/bind/params.ts';
import type { DataRows, Job } from '../../../src/check/values.ts';
import { packageLibrary } from '../../../src/cli/library.ts';
import { compileProgram } from '../../../src/compile.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { kernelsEngine } from '../../../src/engines/kernels/index.ts';
import { memoryHost } from '../../../src/io/memory-host.ts';
import type { Energy } from '../../../src/ir/types.ts';
import type { Loss } from '../../../src/learn/losses/loss.ts';
import { makeLoss } from '../../../src/learn/losses/registry.ts';
import { type FitOptions, fitOptions, type LossChoice } from '../../../src/learn/options.ts';
import { asInputs, type Rows, readRows } from '../../../src/learn/rows.ts';
import { compileTraining } from '../../../src/learn/training.ts';
import { moduleReader } from '../../../src/modules.ts';
import { Stream } from '../../../src/random/stream.ts';

export interface Loaded {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly data: DataRows;
  readonly rows: Rows;
  readonly params: ParamValues;
  readonly options: FitOptions;
  readonly job: Job;
  readonly engine: Engine;
}

/** @param files data by name; the program's last job is a `fit` */
export async function load(
  text: string,
  files: Readonly<Record<string, string>>,
  engine: Engine = kernelsEngine(),
): Promise<Loaded> {
  const host = memoryHost(files);
  const compiled = await compileProgram(text, 'program.energy', moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const bound = await bind(compiled.program, host);
  const job = compiled.program.jobs.findLast((j) => j.verb === 'fit');
  const asked = job?.options.data;
  if (!job?.energy || asked?.kind !== 'rows') throw new Error('the program has no fit');
  const { energy } = compiled.program.energies.get(job.energy)!;
  return {
    bound,
    energy,
    data: asked.rows,
    rows: readRows(bound, asked.rows),
    params: initialParams(bound, 1),
    options: fitOptions(job.options),
    job,
    engine,
  };
}

/** A loss over all rows, as a function of the parameters in unconstrained coordinates. */
export interface Objective {
  readonly loss: Loss;
  /** Parameters that are learned, and where they start. */
  readonly names: readonly string[];
  readonly start: Float64Array;
  /** Draws what the loss draws. */
  readonly draw: (at: ArrayLike<number>, seed?: number) => void;
  /** The shown loss; its gradient is written. */
  readonly value: (at: ArrayLike<number>, gradient?: Float64Array) => number;
  /** The parameters' values. */
  readonly params: (at: ArrayLike<number>) => ReadonlyMap<string, Float64Array>;
  readonly dispose: () => void;
}

export function objectiveOf(loaded: Loaded, choice: LossChoice = loaded.options.loss): Objective {
  const { bound, energy, engine, rows } = loaded;
  const spec = { bound, energy, engine, rows, batch: rows.count, steps: 1, stream: new Stream(1, 'loss') };
  const loss = makeLoss(spec, choice);
  const program = compileTraining({ bound, energy, loss, engine, rows: rows.count });
  const { learned, coordinates } = program;
  const shapes = learned.map((p) => shapeOf(p, bound.sizeOf));
  const free = coordinates.toFree(loaded.params);
  const gradients = free.map((p) => new Float64Array(p.length));
  const states = new Map([...rows.columns].map(([u, { data }]) => [u, data]));
  const size = free.reduce((n, p) => n + p.length, 0);
  const put = (at: ArrayLike<number>): void => {
    let from = 0;
    for (const p of free) for (let i = 0; i < p.length; i++) p[i] = at[from++];
  };
  const joined = (
    parts: readonly Float64Array[],
    to: Float64Array = new Float64Array(size),
  ): Float64Array => {
    let from = 0;
    for (const p of parts) {
      to.set(p, from);
      from += p.length;
    }
    return to;
  };
  const start = joined(free);
  const values = () => coordinates.toValues(free, shapes);
  const draw: Objective['draw'] = (at, seed = 1) => {
    put(at);
    const picked = Int32Array.from({ length: rows.count }, (_, i) => i);
    loss.draw({ step: 0, states, picked, stream: new Stream(seed, 'step'), params: values() });
  };
  draw(start);
  return {
    loss,
    names: learned.map((p) => p.name),
    start,
    draw,
    value(at, gradient) {
      put(at);
      const inputs = new Map([
        ...coordinates.inputs(free, shapes),
        ...asInputs(rows, states, loss.rows.slots, [rows.count]),
        ...loss.inputs,
      ]);
      const out = program.step(inputs, gradients);
      if (gradient) joined(gradients, gradient);
      return out.loss;
    },
    params(at) {
      put(at);
      return new Map([...values()].map(([slot, { data }]) => [slot.name, Float64Array.from(data)]));
    },
    dispose() {
      program.dispose();
      loss.dispose?.();
    },
  };
}

/**
 * A minimum by BFGS with Armijo's rule (Nocedal & Wright, *Numerical Optimization* (2006), ch. 6).
 * @returns where the gradient is shorter than `tolerance`, or no step goes down
 */
export function minimum(
  f: (at: Float64Array, gradient: Float64Array) => number,
  start: ArrayLike<number>,
  tolerance = 1e-9,
  steps = 500,
): Float64Array {
  const n = start.length;
  let x: Float64Array = Float64Array.from(start);
  let g: Float64Array = new Float64Array(n);
  let value = f(x, g);
  let inverse = identity(n);
  for (let step = 0; step < steps && Math.hypot(...g) > tolerance; step++) {
    let direction = inverse.map((row) => -dot(row, g));
    let slope = dot(direction, g);
    if (!(slope < 0)) {
      inverse = identity(n);
      direction = Array.from(g, (v) => -v);
      slope = dot(direction, g);
    }
    let length = step === 0 ? Math.min(1, 1 / Math.hypot(...g)) : 1;
    let next = x;
    const ahead = new Float64Array(n);
    let found = Number.POSITIVE_INFINITY;
    for (; length > 1e-14; length /= 2) {
      next = x.map((v, i) => v + length * direction[i]);
      found = f(next, ahead);
      if (found <= value + 1e-4 * length * slope) break;
    }
    if (!(found <= value)) break;
    const s = next.map((v, i) => v - x[i]);
    const y = ahead.map((v, i) => v - g[i]);
    const curvature = dot(s, y);
    if (curvature > 1e-14 * Math.hypot(...s) * Math.hypot(...y)) {
      const hy = inverse.map((row) => dot(row, y));
      const scale = (1 + dot(hy, y) / curvature) / curvature;
      inverse = inverse.map((row, i) =>
        row.map((h, j) => h + scale * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / curvature),
      );
    }
    [x, g, value] = [next, ahead, found];
  }
  return x;
}

const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
