/** What a plan says of coordinates: before a run which unknowns are standardised by which, after it how far. */

import type { Clamp, Model } from '../infer/model.ts';
import { movingHierarchies, parentsOf, type Standards } from '../infer/standard.ts';
import type { Slot } from '../ir/types.ts';
import type { Plan } from './plan.ts';

/** Coordinates of an unknown that is drawn around others. */
export interface CoordinatePlan {
  /** The unknowns that it is standardised by. */
  readonly by: readonly string[];
  /** 0: by them alone (non-centred), 1: left as it is; null before a run. */
  readonly centred: number | null;
}

/** By unknown: those that it is drawn around, where samplers of reals take coordinates from them. */
export function standardisedBy(model: Model, clamp: Clamp): ReadonlyMap<Slot, readonly string[]> {
  return new Map(movingHierarchies(model, clamp).map((h) => [h.slot, parentsOf(h).map((s) => s.name)]));
}

export const coordinateNote = (by: readonly string[]): string =>
  `; its coordinates are standardised by ${listed(by.map((n) => `\`${n}\``))}, as far as the rest of the energy leaves it to ${by.length === 1 ? 'it' : 'them'}`;

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** The plan of a run that moved unknowns in these coordinates. */
export function withCoordinates(plan: Plan, standards: Standards): Plan {
  const found = new Map([...standards].map(([slot, s]) => [slot.name, s.centred]));
  return {
    ...plan,
    unknowns: plan.unknowns.map((u) => {
      if (!u.coordinates) return u;
      const centred = Number((found.get(u.unknown) ?? 1).toPrecision(3));
      return {
        ...u,
        why: `${u.why}: ${centred === 1 ? 'left as it is' : centred === 0 ? 'non-centred' : `centred by ${centred}`}`,
        coordinates: { ...u.coordinates, centred },
      };
    }),
  };
}
