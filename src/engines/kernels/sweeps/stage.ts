/**
 * What sweep kernels share: memory, the module they are written into, and how chains lie in memory.
 *
 * Chain after chain: the state of a chain is `pitch` bytes, one for each position; its generator is four vectors
 * of xoshiro128++ (64 bytes), lane i of vector j holding word j of generator i.
 */
import type { SiteGroup, SiteTables } from '../site-tables.ts';
import type { Heap } from '../wasm/heap.ts';
import type { Exports, ModuleBuilder } from '../wasm/module.ts';

export interface Stage {
  readonly heap: Heap;
  readonly module: ModuleBuilder;
  readonly tables: SiteTables;
  /** Bytes of the state of one chain: `size` and at least 16 more that may be read and written. */
  readonly pitch: number;
}

/** A sweep over the sites of one unknown, of one chain. */
export interface GroupKernel {
  /** For the plan: `byte lanes`, `table of 125 rows`, … */
  readonly form: string;
  /** Fills what depends on the inverse temperature; called before the first sweep and when it changes. */
  prepare(beta: number): void;
  /**
   * One sweep of one chain.
   * @param state address of the chain's codes
   * @param random address of the chain's generator
   * @returns the position of a site that had no value of finite energy, or −1
   */
  run(state: number, random: number): number;
  /** The generated function that `run` calls, where it does nothing else; `prepare` may change it. */
  readonly entry?: (state: number, random: number) => number;
  /**
   * As `run` for each of several chains, which lie one after another, where it is faster to go through what they
   * share once. Each chain gets what `run` would give it; every site finds a value.
   */
  runMany?(state: number, random: number, chains: number): void;
  dispose(): void;
}

/**
 * Writes the kernel of a group into the stage's module and allocates what it reads.
 * @returns null if this form does not fit the group; else what makes the kernel once the module is compiled
 */
export type KernelMaker = (stage: Stage, group: SiteGroup) => ((exports: Exports) => GroupKernel) | null;
