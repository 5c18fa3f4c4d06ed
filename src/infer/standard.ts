/** Unknowns that are moved in coordinates standardised by those that they are drawn around. */
import { isDiscrete } from '../domain.ts';
import type { Evaluator, Output } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { makeBatch } from '../ir/batch.ts';
import type { Hierarchy, Node, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { type Place, standardise } from '../transforms/standard.ts';
import { type Clamp, compile, freeCount, type Model, type States } from './model.ts';
import type { Scales } from './start.ts';

/** The constants of `transforms/standard.ts` for each element of an unknown. */
export interface Standard {
  readonly hierarchy: Hierarchy;
  /** d: how much the rest of the energy says of an element. Where it is 0, so is b. */
  readonly precision: Float64Array;
  /** b: d times what it says. */
  readonly pull: Float64Array;
  /** w: the spread of the prior in units of its scale. */
  readonly width: Float64Array;
  /** d / (p + d) on average over elements and states: 0 non-centred, 1 centred. */
  readonly centred: number;
}

/** Where element i lies, as its coordinate has it. */
export const placeOf = (s: Standard, { loc, scale }: PlaceValues, i: number): Place => ({
  loc: loc ? loc[i] : 0,
  scale: s.width[i] * (scale ? scale[i] : 1),
  precision: s.precision[i],
  pull: s.pull[i],
});

/** Only unknowns that have other coordinates than their own. */
export type Standards = ReadonlyMap<Slot, Standard>;

export const noStandards: Standards = new Map();

/** The unknowns whose places a hierarchy reads. */
export function parentsOf({ loc, scale }: Hierarchy): readonly Slot[] {
  const read = slotsRead([loc, scale].filter((n) => n !== null));
  return [...read].filter((s) => s.role === 'unknown');
}

/** The unknowns that the bounds of an unknown read. */
function boundParents(slot: Slot): readonly Slot[] {
  const d = slot.domain;
  if (d.kind !== 'real') return [];
  const roots = [d.lower?.body, d.upper?.body].filter((n): n is Node => n !== undefined);
  return [...slotsRead(roots)].filter((s) => s.role === 'unknown');
}

/**
 * Hierarchies that coordinates can be taken from: the unknown moves, so does something that it is drawn around, all
 * of that is real, and no unknown comes to depend on itself.
 */
export function movingHierarchies(model: Model, clamp: Clamp): readonly Hierarchy[] {
  const known = new Set(model.unknowns.map((u) => u.slot));
  const below = new Map<Slot, readonly Slot[]>(
    model.unknowns.map((u) => [u.slot, boundParents(u.slot)] as const),
  );
  const reaches = (from: Slot, to: Slot): boolean =>
    from === to || (below.get(from) ?? []).some((s) => reaches(s, to));
  const out: Hierarchy[] = [];
  for (const h of model.energy.hierarchies ?? []) {
    if (!known.has(h.slot) || freeCount(clamp, h.slot) === 0) continue;
    const parents = parentsOf(h);
    if (parents.some((s) => !known.has(s) || isDiscrete(s.domain) || reaches(s, h.slot))) continue;
    if (parents.every((s) => freeCount(clamp, s) === 0)) continue;
    below.set(h.slot, [...(below.get(h.slot) ?? []), ...parents]);
    out.push(h);
  }
  return out;
}

/** Unknowns in an order in which each comes after those that its bounds and coordinates read. */
export function inOrder<T extends { readonly slot: Slot }>(parts: readonly T[], standards: Standards): T[] {
  if (standards.size === 0) return [...parts];
  const bySlot = new Map(parts.map((p) => [p.slot, p]));
  const out = new Set<T>();
  const add = (slot: Slot): void => {
    const part = bySlot.get(slot);
    if (!part || out.has(part)) return;
    const s = standards.get(slot);
    for (const p of [...boundParents(slot), ...(s ? parentsOf(s.hierarchy) : [])]) add(p);
    out.add(part);
  };
  for (const p of parts) add(p.slot);
  return [...out];
}

/** Locations and scales of an unknown's elements. */
export interface PlaceValues {
  readonly loc: ArrayLike<number> | null;
  readonly scale: ArrayLike<number> | null;
}

export interface Places {
  /** In one chain's states; what a hierarchy reads has its value there already. Valid until the next call. */
  readonly of: (slot: Slot, states: States, chain: number) => PlaceValues;
  dispose(): void;
}

/** Evaluates the places of hierarchies, one chain at a time. */
export function placesOf(model: Model, hierarchies: readonly Hierarchy[]): Places {
  const b = model.builder;
  const batch = makeBatch(b, model.energy.unknowns, []);
  // In float64: states are written back by them.
  const engine = model.engine.oneByOne ? model.engine : referenceEngine();
  const bySlot = new Map(hierarchies.map((h) => [h.slot, h]));
  const programs = new Map<Slot, { readonly run: Evaluator; readonly reads: readonly Slot[] }>();
  const programOf = (slot: Slot) => {
    const made = programs.get(slot);
    if (made) return made;
    const h = bySlot.get(slot)!;
    const outputs: Output[] = [];
    if (h.loc) outputs.push({ name: 'loc', axes: h.axes, node: batch.on(h.loc) });
    if (h.scale) outputs.push({ name: 'scale', axes: h.axes, node: batch.on(h.scale) });
    const program = { run: compile(model, outputs, new Map(), engine), reads: parentsOf(h) };
    programs.set(slot, program);
    return program;
  };
  const layouts = new Map(model.unknowns.map((u) => [u.slot, u]));
  return {
    of(slot, states, chain) {
      const { run, reads } = programOf(slot);
      const out = (run.borrow ?? run.run).call(
        run,
        new Map(
          reads.map((s) => {
            const u = layouts.get(s)!;
            const data = states.get(s)!.subarray(chain * u.size, (chain + 1) * u.size);
            return [batch.slots.get(s)!, { shape: u.shape, data }] as const;
          }),
        ),
      );
      return { loc: out.get('loc')?.data ?? null, scale: out.get('scale')?.data ?? null };
    },
    dispose() {
      for (const p of programs.values()) p.run.dispose();
    },
  };
}

/**
 * Random starts that were dispersed on the unconstrained line, taken for coordinates: unknowns begin where those that
 * they are drawn around say. Elements that are given stay, and unknowns whose spread is known.
 */
export function placeStarts(
  model: Model,
  clamp: Clamp,
  standards: Standards,
  states: States,
  chains: number,
  scales?: Scales,
): void {
  if (standards.size === 0) return;
  const places = placesOf(
    model,
    [...standards.values()].map((s) => s.hierarchy),
  );
  try {
    for (const u of inOrder(model.unknowns, standards)) {
      const standard = standards.get(u.slot);
      if (!standard || scales?.has(u.slot)) continue;
      const fixed = clamp.fixed.get(u.slot)!;
      const { on } = standard.hierarchy;
      const x = states.get(u.slot)!;
      for (let k = 0; k < chains; k++) {
        const place = places.of(u.slot, states, k);
        for (let i = 0; i < u.size; i++) {
          if (fixed[i] !== 0) continue;
          const at = k * u.size + i;
          const z = standardise(on === 'log' ? Math.log(x[at]) : x[at], placeOf(standard, place, i));
          x[at] = on === 'log' ? Math.exp(z) : z;
        }
      }
    }
  } finally {
    places.dispose();
  }
}
