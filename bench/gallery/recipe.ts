import type { Ran, RunOptions } from './studio.ts';

/** How one example becomes a picture. */
export interface Recipe extends RunOptions {
  readonly draw: (ran: Ran) => string;
}

export type Recipes = Readonly<Record<string, Recipe>>;
