/**
 * One growing memory for all kernels of an engine. (Each memory reserves gigabytes of address space, so there
 * is one, not one for each program.) Pieces are handed out first-fit, aligned to 64 bytes.
 */
import { OutOfMemory } from '../../out-of-memory.ts';

const PAGE = 65536;
const ALIGN = 64;

interface Gap {
  start: number;
  size: number;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Free pieces by address; never two side by side. Address 0 is never handed out. */
  private readonly gaps: Gap[] = [{ start: ALIGN, size: PAGE - ALIGN }];
  private readonly sizes = new Map<number, number>();
  private bytes: Uint8Array;

  /** @param pages of 64 KiB at most; all that there can be, if absent */
  constructor(pages = 65536) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: pages });
    this.bytes = new Uint8Array(this.memory.buffer);
  }

  /**
   * @param size in bytes
   * @returns the address of that many bytes, all 0
   * @throws OutOfMemory beyond four gigabytes, or less where the machine has less
   */
  allocate(size: number): number {
    const need = Math.max(ALIGN, Math.ceil(size / ALIGN) * ALIGN);
    let at = this.gaps.findIndex((g) => g.size >= need);
    if (at < 0) {
      this.grow(need);
      at = this.gaps.findIndex((g) => g.size >= need);
    }
    const gap = this.gaps[at];
    const start = gap.start;
    gap.start += need;
    gap.size -= need;
    if (gap.size === 0) this.gaps.splice(at, 1);
    this.sizes.set(start, need);
    this.u8().fill(0, start, start + need);
    return start;
  }

  /** Gives a piece back; nothing may use it any more. */
  release(start: number): void {
    const size = this.sizes.get(start);
    if (size === undefined) throw new Error(`nothing was allocated at ${start}`);
    this.sizes.delete(start);
    let at = this.gaps.findIndex((g) => g.start > start);
    if (at < 0) at = this.gaps.length;
    this.gaps.splice(at, 0, { start, size });
    this.join(at);
    this.join(at - 1);
  }

  /** Makes something of several pieces. If that fails, all that was allocated meanwhile is given back. */
  whole<T>(make: () => T): T {
    const before = new Set(this.sizes.keys());
    try {
      return make();
    } catch (e) {
      for (const start of [...this.sizes.keys()]) if (!before.has(start)) this.release(start);
      throw e;
    }
  }

  /** Bytes handed out. */
  get used(): number {
    let sum = 0;
    for (const s of this.sizes.values()) sum += s;
    return sum;
  }

  // Views: valid until the next allocation.

  u8(start = 0, length?: number): Uint8Array {
    if (this.bytes.buffer !== this.memory.buffer) this.bytes = new Uint8Array(this.memory.buffer);
    return length === undefined ? this.bytes : new Uint8Array(this.memory.buffer, start, length);
  }

  f64(start: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, start, length);
  }

  f32(start: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, start, length);
  }

  i32(start: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, start, length);
  }

  u32(start: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, start, length);
  }

  private grow(need: number): void {
    const before = this.memory.buffer.byteLength;
    // By at least a quarter, so that many small pieces do not grow it many times.
    const more = Math.max(need, Math.min(before / 4, 2 ** 28));
    try {
      this.memory.grow(Math.ceil(more / PAGE));
    } catch {
      try {
        this.memory.grow(Math.ceil(need / PAGE));
      } catch {
        throw new OutOfMemory(need);
      }
    }
    const size = this.memory.buffer.byteLength - before;
    const last = this.gaps.at(-1);
    if (last && last.start + last.size === before) last.size += size;
    else this.gaps.push({ start: before, size });
  }

  /** Joins the gap with the one after it, if they touch. */
  private join(at: number): void {
    const [a, b] = [this.gaps[at], this.gaps[at + 1]];
    if (!a || !b || a.start + a.size !== b.start) return;
    a.size += b.size;
    this.gaps.splice(at + 1, 1);
  }
}
