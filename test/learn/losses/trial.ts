/** A loss of a program on rows made by a test: its value and its gradient, beside differences of both. */
import type { HostArray } from '../../../src/arrays.ts';
import type { BoundProgram } from '../../../src/bind/bound.ts';
import { initialParams } from '../../../src/bind/params.ts';
import type { Arrays, Engine } from '../../../src/engines/engine.ts';
import { evaluateScalar, referenceEngine } from '../../../src/engines/reference/engine.ts';
import { totalEnergy } from '../../../src/ir/batch.ts';
import { gradient } from '../../../src/ir/derive.ts';
import { checkLegal } from '../../../src/ir/legal.ts';
import type { Energy, Node, Slot } from '../../../src/ir/types.ts';
import { slotsRead } from '../../../src/ir/walk.ts';
import type { Loss, LossSpec } from '../../../src/learn/losses/loss.ts';
import { type LossMaker, makeLoss } from '../../../src/learn/losses/registry.ts';
import type { LossChoice } from '../../../src/learn/options.ts';
import type { Rows } from '../../../src/learn/rows.ts';
import { Stream } from '../../../src/random/stream.ts';
import { open } from '../../run/kit.ts';

export interface Subject {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly rows: Rows;
  readonly params: ReadonlyMap<Slot, HostArray>;
}

/** @param data values of each unknown, row after row, by its name */
export async function subject(
  text: string,
  data: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Subject> {
  const { bound } = await open(text);
  const [{ energy }] = [...bound.program.energies.values()];
  const shape = (u: Slot): number[] => u.sets.map(bound.sizeOf);
  const size = (u: Slot): number => shape(u).reduce((x, y) => x * y, 1);
  const [first] = energy.unknowns;
  const count = data[first.name].length / size(first);
  const columns = new Map(
    energy.unknowns.map((u) => [u, { shape: [count, ...shape(u)], data: Float64Array.from(data[u.name]) }]),
  );
  const rows: Rows = {
    set: bound.program.builder.range(count),
    count,
    columns,
    elements: new Map(energy.unknowns.map((u) => [u, size(u)])),
  };
  return { bound, energy, rows, params: initialParams(bound, 3) };
}

export interface Trial {
  readonly loss: Loss;
  /** The slots that are learned, those of the loss itself last. */
  readonly learned: readonly Slot[];
  /** All rows, in order; what is random in the step is that of its number. */
  readonly at: (
    params: Arrays,
    step?: number,
  ) => { readonly value: number; readonly gradient: readonly number[] };
  /** Where learning starts, by slot. */
  readonly start: ReadonlyMap<Slot, HostArray>;
}

export function trial(
  s: Subject,
  choice: LossChoice,
  engine: Engine = referenceEngine(),
  make: LossMaker = makeLoss,
): Trial {
  const { bound, energy, rows } = s;
  const b = bound.program.builder;
  const spec: LossSpec = { bound, energy, engine, rows, batch: rows.count, steps: 10, stream: new Stream(5) };
  const loss = make(spec, choice);
  const used = slotsRead([loss.objective]);
  const own = [...(loss.own ?? [])].map(([slot, data]) => [slot, { shape: [], data }] as const);
  const start = new Map([...[...s.params].filter(([slot]) => used.has(slot)), ...own]);
  const learned = [...start.keys()];
  const derivatives = gradient(b, loss.objective, learned);
  checkLegal(loss.objective, ...[...derivatives.values()].map((d) => d.body));
  const constants = new Map([...bound.constants, ...loss.constants]);
  const evaluator = engine.compile(
    {
      outputs: [
        { name: 'value', axes: [], node: loss.objective },
        ...learned.map((p, i) => {
          const { axes, body } = derivatives.get(p)!;
          return { name: String(i), axes, node: body };
        }),
      ],
      sizeOf: bound.sizeOf,
    },
    constants,
  );
  const states = new Map([...rows.columns].map(([u, c]) => [u, c.data.slice()]));
  const picked = Int32Array.from({ length: rows.count }, (_, i) => i);
  return {
    loss,
    learned,
    start,
    at: (params, step = 0) => {
      loss.draw({ step, states, picked, stream: new Stream(9, step), params });
      const out = evaluator.run(
        new Map([
          ...params,
          ...[...loss.rows.slots].map(
            ([u, slot]) => [slot, { ...rows.columns.get(u)!, data: states.get(u)! }] as const,
          ),
          ...loss.inputs,
        ]),
      );
      return {
        value: out.get('value')!.data[0],
        gradient: learned.flatMap((_, i) => Array.from(out.get(String(i))!.data)),
      };
    },
  };
}

/** All parameters in a row, and the other way round. */
export const flat = (values: Arrays): number[] => [...values.values()].flatMap((v) => Array.from(v.data));
export function unflat(like: Arrays, x: readonly number[]): Map<Slot, HostArray> {
  let at = 0;
  return new Map(
    [...like].map(([slot, { shape, data }]) => {
      at += data.length;
      return [slot, { shape, data: Float64Array.from(x.slice(at - data.length, at)) }];
    }),
  );
}

/** The gradient by central differences. */
export function differences(f: (x: readonly number[]) => number, x: readonly number[], h = 1e-5): number[] {
  return x.map((_, i) => {
    const moved = (by: number): number[] => x.map((v, j) => (j === i ? v + by : v));
    return (f(moved(h)) - f(moved(-h))) / (2 * h);
  });
}

/** The energy of one state by the program's terms alone. */
export function energyOf(
  s: Subject,
  params: Arrays,
): (state: ReadonlyMap<Slot, ArrayLike<number>>) => number {
  const total: Node = totalEnergy(s.bound.program.builder, s.energy);
  return (state) =>
    evaluateScalar(
      total,
      new Map([
        ...s.bound.constants,
        ...params,
        ...[...state].map(
          ([u, x]) => [u, { shape: u.sets.map(s.bound.sizeOf), data: Float64Array.from(x) }] as const,
        ),
      ]),
      s.bound.sizeOf,
    );
}

/** Newton's method from the gradients of a loss, for losses that are convex in few parameters. */
export function minimise(t: Trial, step = 0, rounds = 30): number[] {
  let x = flat(t.start);
  for (let k = 0; k < rounds; k++) {
    const grad = (p: readonly number[]): readonly number[] => t.at(unflat(t.start, p), step).gradient;
    const g = grad(x);
    if (Math.max(...g.map(Math.abs)) < 1e-10) break;
    const hessian = x.map((_, i) => {
      const moved = (by: number): number[] => x.map((v, j) => (j === i ? v + by : v));
      const [up, down] = [grad(moved(1e-4)), grad(moved(-1e-4))];
      return up.map((u, j) => (u - down[j]) / 2e-4);
    });
    const by = solve(hessian, g);
    x = x.map((v, i) => v - by[i]);
  }
  return x;
}

/** Gaussian elimination with pivots. */
export function solve(a: readonly (readonly number[])[], y: readonly number[]): number[] {
  const m = a.map((row, i) => [...row, y[i]]);
  const n = y.length;
  for (let c = 0; c < n; c++) {
    let p = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(m[r][c]) > Math.abs(m[p][c])) p = r;
    [m[c], m[p]] = [m[p], m[c]];
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const f = m[r][c] / m[c][c];
      for (let k = c; k <= n; k++) m[r][k] -= f * m[c][k];
    }
  }
  return m.map((row, i) => row[n] / row[i]);
}
