/**
 * Random numbers for whole arrays without JavaScript for each: words of Threefry, standard normals, jumps of discrete
 * values. They are the same bits that a `Stream` gives one by one, so a seed means the same with and without this.
 *
 * One memory serves all callers: pieces of arrays are worked on there, and nothing stays in it from call to call that a
 * caller would rely on. Where there is no SIMD128 the code is made without it, where there is no WebAssembly `bulkDraws`
 * is null.
 */
import { normalQuantile } from '../../../random/normal-quantile.ts';
import type { Stream } from '../../../random/stream.ts';
import { Heap } from '../wasm/heap.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { wordsAtOnce, writeBlocks } from './blocks.ts';
import { writeCopies, writeRedraws, writeRingSteps, writeTableJumps } from './jumps.ts';
import type { Width } from './lanes.ts';
import { writeNormals } from './normals.ts';

/** State number c stands for the value `offset` + `scale`·c. */
interface States {
  readonly states: number;
  readonly offset: number;
  readonly scale: number;
}

/** How discrete values move: as the kernels of the same names in `learn/heat-kernels.ts`. */
export type Jump =
  | (States & { readonly kind: 'redraw'; readonly redraw: number })
  | (States & { readonly kind: 'ring'; readonly steps: Float64Array })
  | (States & { readonly kind: 'table'; readonly rows: Float64Array });

/** `copies` of each of `count` vectors of `elements` numbers. */
export interface Copies {
  readonly count: number;
  readonly copies: number;
  readonly elements: number;
}

export interface BulkDraws {
  /** Whether vector lanes are used. */
  readonly simd: boolean;
  /** What `Stream.fillWords` gives. */
  fillWords(out: Uint32Array, stream: Stream): void;
  /** What `Stream.fillNormal` gives. */
  fillNormal(out: Float64Array, stream: Stream): void;
  /** `fillNormal` piece by piece: `use` gets pieces that are valid until it returns, and where they begin. */
  normals(count: number, stream: Stream, use: (z: Float64Array, from: number) => void): void;
  /** Whether `jump` does this one: tables of half a megabyte and vectors of a million numbers at most. */
  knows(jump: Jump, elements: number): boolean;
  /**
   * Every vector of `from` [count, elements] copied and moved, into `to` [count, copies, elements]: one word of the
   * stream for each number, in order.
   */
  jump(jump: Jump, from: Float64Array, to: Float64Array, shape: Copies, stream: Stream): void;
}

/** Numbers in a piece: with their words they stay in the second-level cache. */
const PIECE = 4096;
/** Numbers in a table. */
const LARGEST_TABLE = 2 ** 16;
const LONGEST_VECTOR = 2 ** 20;
const MOST_PAGES = 8192;
const two32 = 2 ** 32;

interface Kernels {
  readonly blocks: (to: number, blocks: number, low: number, high: number, k0: number, k1: number) => void;
  readonly normals: (words: number, out: number, tails: number, count: number) => number;
  readonly copies: (...args: readonly number[]) => void;
  readonly redraws: (...args: readonly number[]) => void;
  readonly ringSteps: (...args: readonly number[]) => void;
  readonly tableJumps: (...args: readonly number[]) => void;
}

let opened: BulkDraws | null | undefined;

/** The one of this thread; null where there is no WebAssembly. */
export function bulkDraws(): BulkDraws | null {
  if (opened === undefined) opened = openDraws(4) ?? openDraws(1);
  return opened;
}

/** One of its own, with lanes or without; null where the machine has no such code. */
export function openDraws(width: Width): BulkDraws | null {
  try {
    const heap = new Heap(MOST_PAGES);
    return new WasmDraws(heap, kernelsFor(heap.memory, width), width);
  } catch {
    return null;
  }
}

function kernelsFor(memory: WebAssembly.Memory, width: Width): Kernels {
  const module = new ModuleBuilder();
  const ints = <const N extends number>(n: N): 'i32'[] => new Array<'i32'>(n).fill('i32');
  module.define('blocks', ints(6), [], (c) => writeBlocks(c, width));
  module.define('normals', ints(4), ['i32'], (c) => writeNormals(c, width));
  module.define('copies', ints(6), [], (c) => writeCopies(c, width));
  const doubles = (n: number): 'f64'[] => new Array<'f64'>(n).fill('f64');
  module.define('redraws', [...ints(3), ...doubles(4)], [], (c) => writeRedraws(c, width));
  module.define('ringSteps', [...ints(8), ...doubles(2)], [], writeRingSteps);
  module.define('tableJumps', [...ints(7), ...doubles(2)], [], writeTableJumps);
  return module.instantiate(memory) as unknown as Kernels;
}

/** A piece of the memory that grows when more is asked for. */
interface Room {
  at: number;
  bytes: number;
}

class WasmDraws implements BulkDraws {
  readonly simd: boolean;
  private readonly heap: Heap;
  private readonly kernels: Kernels;
  private readonly multiple: number;
  private readonly words: Room = { at: 0, bytes: 0 };
  private readonly source: Room = { at: 0, bytes: 0 };
  private readonly values: Room = { at: 0, bytes: 0 };
  private readonly tails: Room = { at: 0, bytes: 0 };
  private readonly table: Room = { at: 0, bytes: 0 };
  private readonly guide: Room = { at: 0, bytes: 0 };
  /** The running sums that lie in `table`, with their guide for so many leading bits. */
  private loaded: Float64Array | null = null;
  private bits = 0;

  constructor(heap: Heap, kernels: Kernels, width: Width) {
    this.heap = heap;
    this.kernels = kernels;
    this.simd = width > 1;
    this.multiple = wordsAtOnce(width);
  }

  fillWords(out: Uint32Array, stream: Stream): void {
    for (let at = 0; at < out.length; at += 2 * PIECE) {
      const n = Math.min(2 * PIECE, out.length - at);
      out.set(this.heap.u32(this.drawWords(n, stream), n), at);
    }
  }

  fillNormal(out: Float64Array, stream: Stream): void {
    this.normals(out.length, stream, (z, from) => out.set(z, from));
  }

  normals(count: number, stream: Stream, use: (z: Float64Array, from: number) => void): void {
    // Draws of two words begin at an even position.
    stream.position += stream.position % 2;
    for (let from = 0; from < count; from += PIECE) {
      const n = Math.min(PIECE, count - from);
      const words = this.drawWords(2 * n, stream);
      const out = this.room(this.values, 8 * (n + 1));
      const list = this.room(this.tails, 4 * (n + 2));
      const found = this.kernels.normals(words, out, list, n);
      const z = this.heap.f64(out, n + 1);
      const tails = this.heap.u32(list, found);
      for (let i = 0; i < found; i++) z[tails[i]] = normalQuantile(z[tails[i]]);
      use(z.length === n ? z : z.subarray(0, n), from);
    }
  }

  knows(jump: Jump, elements: number): boolean {
    return elements <= LONGEST_VECTOR && (jump.kind === 'redraw' || sumsOf(jump).length <= LARGEST_TABLE);
  }

  jump(jump: Jump, from: Float64Array, to: Float64Array, shape: Copies, stream: Stream): void {
    const { count, copies, elements } = shape;
    const vectors = count * copies;
    if (vectors * elements === 0) return;
    const most = Math.max(1, Math.floor(PIECE / elements));
    for (let first = 0; first < vectors; first += most) {
      const n = Math.min(most, vectors - first);
      const numbers = n * elements;
      const group = Math.floor(first / copies);
      const groups = Math.floor((first + n - 1) / copies) + 1 - group;
      // All rooms first: whoever grows the memory makes views of it void.
      const words = this.drawWords(numbers, stream);
      const source = this.room(this.source, 8 * (groups * elements + 1));
      const values = this.room(this.values, 8 * (numbers + 4));
      if (jump.kind !== 'redraw') this.load(jump);
      this.heap
        .f64(source, groups * elements)
        .set(from.subarray(group * elements, (group + groups) * elements));
      this.kernels.copies(source, values, n, copies, elements, first - group * copies);
      this.move(jump, words, values, numbers);
      to.set(this.heap.f64(values, numbers), first * elements);
    }
  }

  private move(jump: Jump, words: number, values: number, count: number): void {
    const { states, offset, scale } = jump;
    const { table, guide, bits, kernels } = this;
    switch (jump.kind) {
      case 'redraw':
        kernels.redraws(words, values, count, jump.redraw, states, offset, scale);
        return;
      case 'ring': {
        const period = jump.steps.length;
        kernels.ringSteps(words, values, count, table.at, guide.at, 32 - bits, period, states, offset, scale);
        return;
      }
      case 'table':
        kernels.tableJumps(words, values, count, table.at, guide.at, 32 - bits, states, offset, scale);
    }
  }

  /** The address of the stream's next words, with room for three more behind them. */
  private drawWords(count: number, stream: Stream): number {
    const {
      key: [k0, k1],
      position,
    } = stream.state;
    const skip = position % 2;
    const blocks = Math.ceil((skip + count) / 2);
    const room = Math.ceil((2 * blocks) / this.multiple) * this.multiple;
    const words = this.room(this.words, 4 * (room + 4));
    const first = (position - skip) / 2;
    this.kernels.blocks(words, blocks, first >>> 0, Math.floor(first / two32), k0, k1);
    stream.position = position + count;
    return words + 4 * skip;
  }

  /** Running sums, and for each value of the leading bits of a number the first sum that may be above it. */
  private load(jump: Exclude<Jump, { readonly kind: 'redraw' }>): void {
    const sums = sumsOf(jump);
    if (this.loaded === sums) return;
    this.loaded = null;
    const length = jump.kind === 'ring' ? sums.length : jump.states;
    const rows = sums.length / length;
    this.bits = Math.max(1, Math.min(16, Math.ceil(Math.log2(length)) + 1));
    const entries = 2 ** this.bits;
    const table = this.room(this.table, 8 * sums.length);
    const guides = this.room(this.guide, 4 * rows * entries);
    this.heap.f64(table, sums.length).set(sums);
    const guide = this.heap.i32(guides, rows * entries);
    for (let r = 0; r < rows; r++)
      for (let g = 0, i = 0; g < entries; g++) {
        while (sums[r * length + i] <= g / entries) i++;
        guide[r * entries + g] = i;
      }
    this.loaded = sums;
  }

  private room(room: Room, bytes: number): number {
    if (room.bytes < bytes) {
      if (room.bytes > 0) this.heap.release(room.at);
      room.bytes = 0;
      room.at = this.heap.allocate(bytes);
      room.bytes = bytes;
    }
    return room.at;
  }
}

const sumsOf = (jump: Exclude<Jump, { readonly kind: 'redraw' }>): Float64Array =>
  jump.kind === 'ring' ? jump.steps : jump.rows;
