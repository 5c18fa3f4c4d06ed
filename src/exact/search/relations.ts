/**
 * Which pairs of states a table of two variables allows, as bit masks: the supports of each state in one word for 32
 * states of the other. Equal relations are one object.
 */
import { popcount } from './domains.ts';

export interface Side {
  /** Words of a mask. */
  readonly words: number;
  /** For each own state the mask of the other's states that go with it. */
  readonly masks: Int32Array;
  /** The largest number of the other's states that one own state forbids: with more left, nothing can be cut. */
  readonly conflicts: number;
}

export interface Relation {
  readonly dx: number;
  readonly dy: number;
  /** Of the first variable's states over the second's, and the other way. */
  readonly of: readonly [Side, Side];
  /** Whether it forbids equal states. */
  readonly different: boolean;
}

function side(words: number, masks: Int32Array, others: number): Side {
  let conflicts = 0;
  for (let from = 0; from < masks.length; from += words) {
    let allowed = 0;
    for (let i = 0; i < words; i++) allowed += popcount(masks[from + i]);
    conflicts = Math.max(conflicts, others - allowed);
  }
  return { words, masks, conflicts };
}

/** The relation of a table, row-major over dx × dy; null when it forbids nothing. */
export function relationOf(energy: Float64Array, dx: number, dy: number): Relation | null {
  let forbidden = false;
  for (let i = 0; i < energy.length && !forbidden; i++) forbidden = energy[i] === Infinity;
  if (!forbidden) return null;
  const wx = (dx + 31) >>> 5;
  const wy = (dy + 31) >>> 5;
  const x = new Int32Array(dx * wy);
  const y = new Int32Array(dy * wx);
  let different = true;
  for (let a = 0; a < dx; a++)
    for (let b = 0; b < dy; b++) {
      if (energy[a * dy + b] === Infinity) continue;
      if (a === b) different = false;
      x[a * wy + (b >>> 5)] |= 1 << (b & 31);
      y[b * wx + (a >>> 5)] |= 1 << (a & 31);
    }
  return { dx, dy, of: [side(wy, x, dy), side(wx, y, dx)], different };
}

/** Makes relations, one for all tables that forbid the same. */
export function relationPool(): (energy: Float64Array, dx: number, dy: number) => Relation | null {
  const byTable = new Map<Float64Array, Map<number, Relation | null>>();
  const byContent = new Map<string, Relation>();
  return (energy, dx, dy) => {
    let shapes = byTable.get(energy);
    if (!shapes) {
      shapes = new Map();
      byTable.set(energy, shapes);
    }
    let found = shapes.get(dx);
    if (found !== undefined) return found;
    found = relationOf(energy, dx, dy);
    if (found && energy.length <= 4096) {
      const key = `${dx},${dy}:${found.of[0].masks.join()}`;
      const same = byContent.get(key);
      if (same) found = same;
      else byContent.set(key, found);
    }
    shapes.set(dx, found);
    return found;
  };
}
