/** The energy of the real unknowns in unconstrained coordinates, discrete ones held. */
import type { HostArray } from '../arrays.ts';
import type { RealDomain } from '../domain.ts';
import type { Evaluator } from '../engines/engine.ts';
import { totalEnergy, violationsOf } from '../ir/batch.ts';
import { gradient } from '../ir/derive.ts';
import type { Lambda, Node, Slot } from '../ir/types.ts';
import { type SlotTransform, slotTransform } from '../transforms/slot.ts';
import { standardTransform } from '../transforms/standard.ts';
import { type BoundValues, dependentBounds } from './bounds.ts';
import { chainsOf } from './chains.ts';
import { type Coordinates, coordinatesOf } from './coordinates.ts';
import type { Clamp, Model, States } from './model.ts';
import type { ContinuousTarget } from './real-sampler.ts';
import { inOrder, noStandards, type Standards } from './standard.ts';
import { standardSpec, standardValues } from './standard-part.ts';
import type { Scales } from './start.ts';

/** The coordinates of one unknown: those of its elements `free`, from `at` on. */
export interface Block {
  readonly slot: Slot;
  readonly size: number;
  readonly free: Int32Array;
  readonly at: number;
}

export interface ContinuousPart extends ContinuousTarget {
  readonly parts: readonly Block[];
  /** Variances to start the metric from: those of known scales, 1 elsewhere. */
  variances(scales: Scales): Float64Array;
  /** Free real coordinates of the chains' states, unconstrained, chains × dim. */
  read(states: States): Float64Array;
  /** Writes them back as values. */
  write(z: Float64Array, states: States): void;
  dispose(): void;
}

/**
 * @param jacobian whether the energy is that of the density of the coordinates; false: E itself, whose minima are asked for
 * @returns null when no real element is free
 */
export function continuousPart(
  model: Model,
  clamp: Clamp,
  chains: number,
  states: States,
  standards: Standards = noStandards,
  jacobian = true,
): ContinuousPart | null {
  const parts = inOrder(coordinatesOf(model, clamp, chains), standards);
  const dim = parts.reduce((n, c) => n + c.free.length, 0);
  if (dim === 0) return null;
  const boundsOf = dependentBounds(model);
  const target = compileTarget(model, parts, chains, standards, jacobian);
  const standing = standardValues(model, standards);

  const moving: Moving = { target, parts, model, states, chains, dim };
  const room = roomFor(chains * (1 + dim));
  const one = target.apart ? oneByOne(moving) : null;
  const together = one ? null : sideBySide(moving);

  return {
    dim,
    evaluate(z) {
      const energy = room(chains);
      const gradient = room(chains * dim);
      if (one)
        for (let k = 0; k < chains; k++) {
          const first = k * dim;
          energy[k] = one(k, z, first, gradient, first);
        }
      else together?.(z, energy, gradient);
      return { energy, gradient };
    },
    ...(one ? { evaluateOne: (k, z, gradient) => one(k, z, 0, gradient, 0) } : {}),
    variances(scales) {
      const out = new Float64Array(dim).fill(1);
      let at = 0;
      for (const c of parts) {
        const scale = scales.get(c.slot);
        if (scale && isLine(c.domain) && !standards.has(c.slot))
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
      for (const c of parts) {
        const bounds = boundsOf(c.layout, from, chains);
        const x = from.get(c.slot)!;
        for (let k = 0; k < chains; k++) {
          const full = c.toFree(x.subarray(k * c.size, (k + 1) * c.size), k, ofChain(bounds, k, c.size));
          standing.toFree(c, full, from, k);
          c.free.forEach((i, j) => {
            z[k * dim + at + j] = full[i];
          });
        }
        at += c.free.length;
      }
      return z;
    },
    write(z, to) {
      let at = 0;
      for (const c of parts) {
        // Bounds and coordinates read unknowns that are already written.
        const bounds = boundsOf(c.layout, to, chains);
        const x = to.get(c.slot)!;
        const full = new Float64Array(c.size);
        for (let k = 0; k < chains; k++) {
          c.free.forEach((i, j) => {
            full[i] = z[k * dim + at + j];
          });
          standing.toLine(c, full, to, k);
          c.toValues(full, x.subarray(k * c.size, (k + 1) * c.size), k, ofChain(bounds, k, c.size));
        }
        at += c.free.length;
      }
    },
    parts: blocksOf(parts),
    dispose() {
      target.run.dispose();
      standing.dispose();
    },
  };
}

function blocksOf(parts: readonly Coordinates[]): readonly Block[] {
  let at = 0;
  return parts.map(({ slot, size, free }) => {
    const first = at;
    at += free.length;
    return { slot, size, free, at: first };
  });
}

/** Numbers that are allotted together: an array of its own takes longer to make than many a gradient. */
const SLAB = 2048;

/** Makes arrays of zeros; small ones of arrays that are asked for about `together` at a time share their buffer. */
function roomFor(together: number): (size: number) => Float64Array {
  if (8 * together > SLAB) return (size) => new Float64Array(size);
  let { buffer } = new Float64Array(SLAB);
  let at = 0;
  return (size) => {
    if (at + size > SLAB) {
      ({ buffer } = new Float64Array(SLAB));
      at = 0;
    }
    const out = new Float64Array(buffer, 8 * at, size);
    at += size;
    return out;
  };
}

const isLine = (d: RealDomain): boolean =>
  d.kind === 'angle' ||
  (d.kind === 'real' &&
    !d.lower &&
    !d.upper &&
    d.lo === Number.NEGATIVE_INFINITY &&
    d.hi === Number.POSITIVE_INFINITY);

function ofChain(
  bounds: BoundValues | null,
  k: number,
  size: number,
): ((i: number) => { lo: number; hi: number }) | null {
  return bounds && ((i) => ({ lo: bounds.lo[k * size + i], hi: bounds.hi[k * size + i] }));
}

/** The energy of chain k, ∞ where a requirement is broken, at the numbers of z from `at` on; writes the gradient from `to` on. */
type One = (k: number, z: Float64Array, at: number, gradient: Float64Array, to: number) => number;

/** Writes energies, ∞ where a requirement is broken, and gradients of all chains. */
type Evaluation = (z: Float64Array, energy: Float64Array, gradient: Float64Array) => void;

interface Moving {
  readonly target: Target;
  readonly parts: readonly Coordinates[];
  readonly model: Model;
  /** Of all chains; what is not real or given is read from them at each evaluation. */
  readonly states: States;
  readonly chains: number;
  readonly dim: number;
}

/** All chains in one evaluation. */
function sideBySide({ target, parts, model, states, chains, dim }: Moving): Evaluation {
  return (z, energy, gradient) => {
    const arrays = new Map<Slot, HostArray>(
      model.unknowns.map((u) => [
        target.slots.get(u.slot)!,
        { shape: [chains, ...u.shape], data: states.get(u.slot)! },
      ]),
    );
    let at = 0;
    for (const c of parts) {
      // Free coordinates of reals hold z, everything else values.
      const full = c.isHeld ? states.get(c.slot)!.slice() : new Float64Array(chains * c.size);
      for (let k = 0; k < chains; k++)
        for (let j = 0; j < c.free.length; j++) full[k * c.size + c.free[j]] = z[k * dim + at + j];
      at += c.free.length;
      const slot = target.slots.get(c.slot)!;
      arrays.set(slot, { shape: arrays.get(slot)!.shape, data: full });
    }
    const out = target.run.run(arrays);
    energy.set(out.get('energy')!.data);
    const broken = out.get('broken')?.data;
    if (broken) for (let k = 0; k < chains; k++) if (broken[k] > 0) energy[k] = Number.POSITIVE_INFINITY;
    at = 0;
    parts.forEach((c, s) => {
      const full = out.get(`g${s}`)!.data;
      for (let k = 0; k < chains; k++)
        for (let j = 0; j < c.free.length; j++) gradient[k * dim + at + j] = full[k * c.size + c.free[j]];
      at += c.free.length;
    });
  };
}

/** A chain's input, whose numbers are put in anew. */
interface Input {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** More numbers than this are copied by one call: of a whole array, of a part of one. */
const FEW = 48;
const MANY = 256;

/** Numbers from one array to another, from given positions on. */
function copy(from: HostArray['data'], first: number, count: number, to: Float64Array, at: number): void {
  if (count === from.length && count > FEW) to.set(from, at);
  else if (count > MANY) to.set(from.subarray(first, first + count), at);
  else for (let j = 0; j < count; j++) to[at + j] = from[first + j];
}

/** One chain after another, with as little work between as can be: a small model's gradient takes a microsecond. */
function oneByOne({ target, parts, model, states }: Moving): One {
  const input = (u: Coordinates['layout']): Input => ({
    shape: [1, ...u.shape],
    data: new Float64Array(u.size),
  });
  const inputs = new Map(model.unknowns.map((u) => [target.slots.get(u.slot)!, input(u)]));
  let count = 0;
  const moving = parts.map((c, s) => {
    const from = count;
    count += c.free.length;
    const whole = c.free.length === c.size;
    return { ...c, from, whole, name: `g${s}`, to: inputs.get(target.slots.get(c.slot)!)! };
  });
  const given = model.unknowns.flatMap((u) =>
    parts.some((c) => c.slot === u.slot && !c.isHeld)
      ? []
      : [{ u, to: inputs.get(target.slots.get(u.slot)!)! }],
  );
  const { borrow } = target.run;
  const evaluate = borrow ?? ((arrays) => target.run.run(arrays));
  return (k, z, at, gradient, to) => {
    for (const g of given) g.to.data.set(states.get(g.u.slot)!.subarray(k * g.u.size, (k + 1) * g.u.size));
    for (const { from, whole, free, to: input } of moving) {
      const first = at + from;
      if (whole) copy(z, first, free.length, input.data, 0);
      else for (let j = 0; j < free.length; j++) input.data[free[j]] = z[first + j];
    }
    // Copied before anything else is evaluated.
    const out = evaluate(inputs);
    for (const { from, whole, free, name } of moving) {
      const g = out.get(name)!.data;
      const first = to + from;
      if (whole) copy(g, 0, free.length, gradient, first);
      else for (let j = 0; j < free.length; j++) gradient[first + j] = g[free[j]];
    }
    const broken = out.get('broken');
    return broken && broken.data[0] > 0 ? Number.POSITIVE_INFINITY : out.get('energy')!.data[0];
  };
}

interface Target {
  /** Of one chain if `apart`, else of all. */
  readonly run: Evaluator;
  readonly apart: boolean;
  /** The input of each unknown: of reals the unconstrained array. */
  readonly slots: ReadonlyMap<Slot, Slot>;
}

/** Outputs: `energy` of each chain, with the Jacobian if asked for, its gradients `g0…`, and `broken` requirements. */
function compileTarget(
  model: Model,
  parts: readonly Coordinates[],
  chains: number,
  standards: Standards,
  withJacobian: boolean,
): Target {
  const b = model.builder;
  const apart = model.engine.oneByOne === true;
  const { chain, batch, compile } = chainsOf(model, apart ? 1 : chains);
  const lead = b.axisNode(chain);
  const transforms = new Map<Slot, SlotTransform>();
  const onLine = (n: Node): Node =>
    b.mapReads(n, (slot, indices) => {
      const to = batch.slots.get(slot);
      return to && (transforms.get(slot)?.at(indices) ?? b.read(to, [lead, ...indices]));
    });
  const onBound = (l: Lambda | undefined): Lambda | undefined => l && { axes: l.axes, body: onLine(l.body) };
  const held = new Map<Slot, HostArray>();
  const jacobian: Node[] = [];
  // Bounds and places read unknowns whose transforms are known by then.
  for (const c of parts) {
    const z = batch.slots.get(c.slot)!;
    const mask = c.isHeld ? b.slot('input', `${c.slot.name} given`, { kind: 'bit' }, c.slot.sets) : null;
    if (mask && c.isHeld) held.set(mask, { shape: c.layout.shape, data: c.isHeld });
    const { domain } = c;
    const u = (indices: readonly Node[]): Node => b.read(z, [lead, ...indices]);
    const isGiven = mask && ((indices: readonly Node[]) => b.read(mask, indices));
    const standard = standards.get(c.slot);
    const standing = standard && standardTransform(b, standardSpec(b, c, standard, onLine, u, isGiven, held));
    if (standing) jacobian.push(standing.logJacobian);
    const transform = slotTransform(b, {
      domain,
      sets: c.slot.sets,
      z: standing?.z ?? u,
      held: isGiven,
      ...(domain.kind === 'real' ? { lower: onBound(domain.lower), upper: onBound(domain.upper) } : {}),
    });
    jacobian.push(transform.logJacobian);
    transforms.set(c.slot, transform);
  }
  const declared = onLine(totalEnergy(b, model.energy));
  const energy = withJacobian ? b.sub(declared, b.addAll(jacobian)) : declared;
  const moved = new Set(parts.filter((c) => !c.isHeld).map((c) => c.slot));
  const broken = model.energy.support
    .filter((c) => !(c.implied && moved.has(c.implied)))
    .map((c) => violationsOf(b, c, onLine));
  const slots = parts.map((c) => batch.slots.get(c.slot)!);
  const gradients = gradient(b, b.sum([chain], energy), slots);
  const outputs = [
    { name: 'energy', axes: [chain], node: energy },
    ...slots.map((s, i) => {
      const g = gradients.get(s)!;
      return { name: `g${i}`, axes: g.axes, node: g.body };
    }),
  ];
  if (broken.length > 0) outputs.push({ name: 'broken', axes: [chain], node: b.addAll(broken) });
  return { run: compile(outputs, held), apart, slots: batch.slots };
}
