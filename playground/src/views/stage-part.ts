/** What every view of the stage is. */
import type { Shown } from '../staged.ts';

export interface StagePart {
  readonly element: HTMLElement;
  /** Takes in a frame. */
  add(values: ArrayLike<number>): void;
  /** Draws what has been taken in. */
  draw(): void;
  /** The energy is another one: what was counted before is forgotten. */
  changed(): void;
}

/** What a stored number stands for. */
export const valueIn = ({ bytes, lo }: Shown): ((stored: number) => number) => {
  const from = bytes ? (lo ?? 0) : 0;
  return from === 0 ? (x) => x : (x) => x + from;
};
