/** A checked program with its data: what every verb starts from. */
import type { HostArray } from '../arrays.ts';
import type { CheckedProgram } from '../check/program.ts';
import type { IndexSet, Slot } from '../ir/types.ts';
import type { MissingCells } from './missing.ts';

export interface BoundProgram {
  readonly program: CheckedProgram;
  /** Number of elements of an index set; throws for a set that nothing gave a size. */
  readonly sizeOf: (set: IndexSet) => number;
  /** Data and compiler-made tables. States are stored as values (see `domain.ts`), categories as codes. */
  readonly constants: ReadonlyMap<Slot, HostArray>;
  /** Of data with missing cells, which only `complete` takes: where they are. */
  readonly missing?: ReadonlyMap<Slot, MissingCells>;
}

/** Parameter values, constrained (as the program sees them). */
export type ParamValues = ReadonlyMap<Slot, HostArray>;

/** The shape of a slot's array. */
export const shapeOf = (slot: Slot, sizeOf: (set: IndexSet) => number): number[] => slot.sets.map(sizeOf);
