/**
 * Gibbs sweeps over discrete unknowns in generated code: Geman & Geman, IEEE PAMI 6 (1984) 721. The sites of
 * each unknown get the first form of kernel that fits them; all kernels are functions of one module.
 */
import type { Slot } from '../../../ir/types.ts';
import type { Stream } from '../../../random/stream.ts';
import type { SiteGroup, SiteTables } from '../site-tables.ts';
import type { Heap } from '../wasm/heap.ts';
import { type Exports, ModuleBuilder } from '../wasm/module.ts';
import { denseField } from './dense-field.ts';
import { type Driver, drivers } from './driver.ts';
import { byteField, laneField } from './field-sweep.ts';
import { RANDOM_BYTES, seedGenerators } from './random.ts';
import type { GroupKernel, KernelMaker, Stage } from './stage.ts';
import { tableKernel } from './table-sweep.ts';

/** The forms of kernels, tried in this order. */
const makers: readonly { readonly name: string; readonly make: KernelMaker }[] = [
  { name: 'bytes', make: byteField },
  { name: 'dense', make: denseField },
  { name: 'lanes', make: laneField },
  { name: 'tables', make: tableKernel },
];

/** Kernels for the sites of some tables: code, and what it reads. */
export interface SweepKernels {
  /** What the sites of each unknown are swept by, in the order of a sweep. */
  readonly forms: readonly { readonly slot: Slot; readonly form: string }[];
  /** Unknowns whose energies no form adds up accurately enough: they are not swept. */
  readonly unfit: readonly Slot[];
  /**
   * The kernels with room for the states of some chains. Several may be had, and used in turn.
   * @throws OutOfMemory; then what it had allocated is given back
   */
  forChains(chains: number): Sweeper;
  /** Gives the memory back; neither the kernels nor sweepers with them may be used any more. */
  dispose(): void;
}

/** Sweeps over the states of some chains. */
export interface Sweeper {
  /** Sets the state of a chain: a code for each position. */
  load(chain: number, codes: Uint8Array): void;
  /** Reads the state of a chain. */
  store(chain: number, codes: Uint8Array): void;
  /**
   * One sweep over every free site of every chain. Chain c draws from generators that are started from
   * streams[c] when that is another stream than last time and run on by themselves otherwise: its draws depend
   * on its own stream only, whatever other chains there are.
   * @param beta inverse temperature: draws from exp(−β·E)
   * @param sweeps how many, one after another; default 1
   */
  sweep(streams: readonly Stream[], beta: number, sweeps?: number): void;
  /** A site that had no value of finite energy in the last sweep. */
  lost(): { readonly chain: number; readonly position: number } | null;
  /** Gives the memory of the chains back; the sweeper may not be used any more. */
  dispose(): void;
}

export interface SweeperOptions {
  /** Use this form only: `bytes`, `dense`, `lanes` or `tables`. For tests and comparisons. */
  readonly only?: string;
}

/** Bytes before and after the states of all chains that vector loads may touch. */
const MARGIN = 64;

/**
 * Kernels for the sites of `tables`.
 * @throws OutOfMemory; then what it had allocated is given back
 */
export const makeKernels = (heap: Heap, tables: SiteTables, options: SweeperOptions = {}): SweepKernels =>
  heap.whole(() => kernelsOn(heap, tables, options));

/**
 * Kernels with room for the states of `chains` chains, as one thing.
 * @throws OutOfMemory; then what it had allocated is given back
 */
export const makeSweeper = (
  heap: Heap,
  tables: SiteTables,
  chains: number,
  options: SweeperOptions = {},
): Sweeper & Pick<SweepKernels, 'forms' | 'unfit'> =>
  heap.whole(() => {
    const kernels = kernelsOn(heap, tables, options);
    const sweeper = kernels.forChains(chains);
    return {
      ...sweeper,
      forms: kernels.forms,
      unfit: kernels.unfit,
      dispose() {
        sweeper.dispose();
        kernels.dispose();
      },
    };
  });

function kernelsOn(heap: Heap, tables: SiteTables, options: SweeperOptions): SweepKernels {
  const module = new ModuleBuilder();
  const pitch = 64 * Math.ceil((tables.size + 16) / 64);
  const stage: Stage = { heap, module, tables, pitch };
  const unfit: Slot[] = [];
  const groups: SiteGroup[] = [];
  const pending: ((exports: Exports) => GroupKernel)[] = [];
  for (const group of tables.groups) {
    if (group.count === 0) continue;
    const kernel = choose(stage, group, options);
    if (!kernel) {
      unfit.push(group.slot);
      continue;
    }
    groups.push(group);
    pending.push(kernel);
  }
  const exports = module.instantiate(heap.memory);
  const kernels = pending.map((finish) => finish(exports));
  let preparedFor: number | undefined;
  let drive: Driver | null = null;
  const driverOf = drivers(heap);
  const prepared: Prepared = {
    kernels,
    driver(beta) {
      if (beta !== preparedFor) {
        for (const k of kernels) k.prepare(beta);
        drive = driverOf(kernels.map((k) => (k.runMany ? undefined : k.entry)));
      }
      preparedFor = beta;
      return drive;
    },
  };
  return {
    forms: groups.map((g, i) => ({ slot: g.slot, form: kernels[i].form })),
    unfit,
    forChains: (chains) => heap.whole(() => sweeperOf(stage, prepared, chains)),
    dispose() {
      for (const k of kernels) k.dispose();
    },
  };
}

interface Prepared {
  readonly kernels: readonly GroupKernel[];
  /** Makes the kernels ready for an inverse temperature. @returns what calls them all in turn, if anything does */
  driver(beta: number): Driver | null;
}

function sweeperOf({ heap, tables, pitch }: Stage, { kernels, driver }: Prepared, chains: number): Sweeper {
  const room = heap.allocate(MARGIN + chains * pitch + MARGIN);
  const states = room + MARGIN;
  const random = heap.allocate(Math.max(1, chains) * RANDOM_BYTES);
  const seededFrom: (Stream | undefined)[] = Array.from({ length: chains }, () => undefined);
  let lost: { readonly chain: number; readonly position: number } | null = null;

  return {
    load(chain, codes) {
      heap.u8().set(codes.subarray(0, tables.size), states + chain * pitch);
    },
    store(chain, codes) {
      const from = states + chain * pitch;
      codes.set(heap.u8().subarray(from, from + tables.size));
    },
    sweep(streams, beta, sweeps = 1) {
      const drive = driver(beta);
      lost = null;
      for (let c = 0; c < chains; c++) {
        if (seededFrom[c] !== streams[c]) seedGenerators(heap, random + c * RANDOM_BYTES, streams[c]);
        seededFrom[c] = streams[c];
      }
      const one = (k: GroupKernel, c: number): void => {
        const position = k.run(states + c * pitch, random + c * RANDOM_BYTES);
        if (position >= 0) lost ??= { chain: c, position };
      };
      // Chain after chain, whose state is then in the cache, unless a kernel shares more among chains.
      if (drive)
        for (let c = 0; c < chains; c++) {
          const position = drive(states + c * pitch, random + c * RANDOM_BYTES, sweeps);
          if (position >= 0) lost ??= { chain: c, position };
        }
      else
        for (let i = 0; i < sweeps; i++) {
          lost = null;
          for (const k of kernels)
            if (k.runMany) k.runMany(states, random, chains);
            else for (let c = 0; c < chains; c++) one(k, c);
        }
    },
    lost: () => lost,
    dispose() {
      heap.release(room);
      heap.release(random);
    },
  };
}

function choose(
  stage: Stage,
  group: SiteGroup,
  options: SweeperOptions,
): ((exports: Exports) => GroupKernel) | null {
  for (const { name, make } of makers) {
    if (options.only !== undefined && options.only !== name) continue;
    const kernel = make(stage, group);
    if (kernel) return kernel;
  }
  return null;
}
