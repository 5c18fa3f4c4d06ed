/** The energy of the real unknowns in unconstrained coordinates, discrete ones held. */

import { isDiscrete } from '../domain.ts';
import type { Evaluator } from '../engines/engine.ts';
import { makeBatch, totalEnergy, violationsOf } from '../ir/batch.ts';
import { gradient } from '../ir/derive.ts';
import type { Node, Slot } from '../ir/types.ts';
import type { ContinuousTarget } from './langevin.ts';
import { type Clamp, compile, type Model, type States } from './model.ts';
import type { Scales } from './start.ts';
import { type Bounds, constrain, constrainValue, logJacobian, unconstrainValue } from './transforms.ts';

export interface ContinuousPart extends ContinuousTarget {
  /** Variances to start the metric from: those of known scales, 1 elsewhere. */
  variances(scales: Scales): Float64Array;
  /** Free real coordinates of the chains' states, unconstrained, chains × dim. */
  read(states: States): Float64Array;
  /** Writes them back as values. */
  write(z: Float64Array, states: States): void;
  dispose(): void;
}

interface Coordinate {
  readonly slot: Slot;
  readonly size: number;
  readonly bounds: Bounds;
  /** Free elements of the slot. */
  readonly free: Int32Array;
}

/** @returns null when no real element is free */
export function continuousPart(
  model: Model,
  clamp: Clamp,
  chains: number,
  states: States,
): ContinuousPart | null {
  const b = model.builder;
  const coordinates: Coordinate[] = [];
  for (const u of model.unknowns) {
    if (isDiscrete(u.slot.domain)) continue;
    const fixed = clamp.fixed.get(u.slot)!;
    const free = Int32Array.from(fixed.keys()).filter((i) => fixed[i] === 0);
    if (free.length > 0) coordinates.push({ slot: u.slot, size: u.size, bounds: u.slot.domain, free });
  }
  const dim = coordinates.reduce((n, c) => n + c.free.length, 0);
  if (dim === 0) return null;

  const chain = b.axis(b.range(chains), 'chain');
  const batch = makeBatch(b, model.energy.unknowns, [chain]);
  const bounded = new Map(coordinates.map((c) => [batch.slots.get(c.slot)!, c.bounds]));
  const onLine = (n: Node): Node =>
    b.mapReads(batch.on(n), (s, indices) => {
      const bounds = bounded.get(s);
      return bounds && constrain(b, b.read(s, indices), bounds);
    });
  const jacobian = coordinates.map((c) => {
    const s = batch.slots.get(c.slot)!;
    const axes = c.slot.sets.map((set) => b.axis(set));
    const z = b.read(s, [b.axisNode(chain), ...axes.map((a) => b.axisNode(a))]);
    return b.sum(axes, logJacobian(b, z, c.bounds));
  });
  const energy = b.sub(onLine(totalEnergy(b, model.energy)), b.addAll(jacobian));
  const inside = model.energy.support.map((c) => violationsOf(b, c, onLine));
  const slots = coordinates.map((c) => batch.slots.get(c.slot)!);
  const gradients = gradient(b, b.sum([chain], energy), slots);
  const outputs = [
    { name: 'energy', axes: [chain], node: energy },
    ...slots.map((s, i) => {
      const g = gradients.get(s)!;
      return { name: `g${i}`, axes: g.axes, node: g.body };
    }),
  ];
  if (inside.length > 0) outputs.push({ name: 'broken', axes: [chain], node: b.addAll(inside) });
  const run: Evaluator = compile(model, outputs);

  /** Input arrays; free real coordinates hold z, everything else values. Fixed reals hold z too. */
  const inputs = (z: Float64Array) => {
    const arrays = new Map(
      model.unknowns.map((u) => [
        batch.slots.get(u.slot)!,
        { shape: [chains, ...u.shape], data: states.get(u.slot)! },
      ]),
    );
    let at = 0;
    for (const c of coordinates) {
      const full = new Float64Array(chains * c.size);
      const x = states.get(c.slot)!;
      const fixed = clamp.fixed.get(c.slot)!;
      for (let k = 0; k < chains; k++) {
        for (let i = 0; i < c.size; i++)
          if (fixed[i] !== 0) full[k * c.size + i] = unconstrainValue(x[k * c.size + i], c.bounds);
        c.free.forEach((i, j) => {
          full[k * c.size + i] = z[k * dim + at + j];
        });
      }
      at += c.free.length;
      const slot = batch.slots.get(c.slot)!;
      arrays.set(slot, { shape: arrays.get(slot)!.shape, data: full });
    }
    return arrays;
  };

  return {
    dim,
    evaluate(z) {
      const out = run.run(inputs(z));
      const energies = Float64Array.from(out.get('energy')!.data);
      const broken = out.get('broken')?.data;
      if (broken) for (let k = 0; k < chains; k++) if (broken[k] > 0) energies[k] = Number.POSITIVE_INFINITY;
      const g = new Float64Array(chains * dim);
      let at = 0;
      coordinates.forEach((c, s) => {
        const full = out.get(`g${s}`)!.data;
        for (let k = 0; k < chains; k++)
          c.free.forEach((i, j) => {
            g[k * dim + at + j] = full[k * c.size + i];
          });
        at += c.free.length;
      });
      return { energy: energies, gradient: g };
    },
    variances(scales) {
      const out = new Float64Array(dim).fill(1);
      let at = 0;
      for (const c of coordinates) {
        const scale = scales.get(c.slot);
        const line = c.bounds.lo === Number.NEGATIVE_INFINITY && c.bounds.hi === Number.POSITIVE_INFINITY;
        if (scale && line)
          c.free.forEach((i, j) => {
            out[at + j] = scale.sd[i] ** 2 || 1;
          });
        at += c.free.length;
      }
      return out;
    },
    read(from) {
      const z = new Float64Array(chains * dim);
      let at = 0;
      for (const c of coordinates) {
        const x = from.get(c.slot)!;
        for (let k = 0; k < chains; k++)
          c.free.forEach((i, j) => {
            z[k * dim + at + j] = unconstrainValue(x[k * c.size + i], c.bounds);
          });
        at += c.free.length;
      }
      return z;
    },
    write(z, to) {
      let at = 0;
      for (const c of coordinates) {
        const x = to.get(c.slot)!;
        for (let k = 0; k < chains; k++)
          c.free.forEach((i, j) => {
            x[k * c.size + i] = constrainValue(z[k * dim + at + j], c.bounds);
          });
        at += c.free.length;
      }
    },
    dispose: () => run.dispose(),
  };
}
