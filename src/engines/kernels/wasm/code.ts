/**
 * The body of one WebAssembly function, written instruction by instruction. The order is that of the stack
 * machine: operands first. Nothing is checked here but names; the engine that compiles the module validates it.
 */
import { laneOps, leb, memoryLaneOps, memoryOps, opcodes } from './opcodes.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const typeCode: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A local variable or parameter of the function that made it. */
export interface Local {
  readonly type: ValueType;
  readonly index: number;
}

/** A function that can be called: imported or of the same module. */
export interface Callable {
  readonly index: number;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A point to branch to: the end of a block, or the start of a loop. */
export interface Label {
  readonly depth: number;
}

const scratch = new DataView(new ArrayBuffer(8));

export class Code {
  private readonly bytes: number[] = [];
  private readonly locals: ValueType[] = [];
  private readonly free = new Map<ValueType, Local[]>();
  private depth = 0;
  readonly params: readonly Local[];

  constructor(params: readonly ValueType[]) {
    this.params = params.map((type, index) => ({ type, index }));
  }

  /** A variable of the function, 0 at first (or what was left in it, when it was released before). */
  local(type: ValueType): Local {
    const again = this.free.get(type)?.pop();
    if (again) return again;
    this.locals.push(type);
    return { type, index: this.params.length + this.locals.length - 1 };
  }

  /** Lets the variable be given out again. */
  release(...locals: readonly Local[]): void {
    for (const l of locals) {
      const list = this.free.get(l.type);
      if (list) list.push(l);
      else this.free.set(l.type, [l]);
    }
  }

  get(l: Local): this {
    return this.put(0x20, ...leb(l.index));
  }

  set(l: Local): this {
    return this.put(0x21, ...leb(l.index));
  }

  /** Sets, and leaves the value on the stack. */
  tee(l: Local): this {
    return this.put(0x22, ...leb(l.index));
  }

  // ── Constants ─────────────────────────────────────────────────────────────

  i32(value: number): this {
    return this.put(0x41, ...signed(BigInt(value | 0)));
  }

  i64(value: bigint): this {
    return this.put(0x42, ...signed(BigInt.asIntN(64, value)));
  }

  f32(value: number): this {
    scratch.setFloat32(0, value, true);
    return this.put(0x43, ...this.scratchBytes(4));
  }

  f64(value: number): this {
    scratch.setFloat64(0, value, true);
    return this.put(0x44, ...this.scratchBytes(8));
  }

  /** The same number in all lanes. */
  splat(lanes: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2', value: number): this {
    const out: number[] = [];
    const width = 16 / Number(lanes.slice(lanes.indexOf('x') + 1));
    if (lanes === 'f64x2') scratch.setFloat64(0, value, true);
    else if (lanes === 'f32x4') scratch.setFloat32(0, value, true);
    else scratch.setBigInt64(0, BigInt(Math.trunc(value)), true);
    const one = this.scratchBytes(width);
    while (out.length < 16) out.push(...one);
    return this.v128(out);
  }

  /** @param bytes sixteen, the lowest lane first */
  v128(bytes: readonly number[]): this {
    if (bytes.length !== 16) throw new Error('a vector has sixteen bytes');
    return this.put(0xfd, 0x0c, ...bytes);
  }

  // ── Instructions ──────────────────────────────────────────────────────────

  /** Instructions without immediates, e.g. `op('f64.mul', 'f64.add')`. */
  op(...names: readonly string[]): this {
    for (const name of names) {
      const code = opcodes.get(name);
      if (!code) throw new Error(`there is no instruction ${name}`);
      this.put(...code);
    }
    return this;
  }

  /** A load or store `offset` bytes from the address on the stack. Alignment is a hint only. */
  memory(name: string, offset = 0): this {
    const op = memoryOps.get(name);
    if (!op) throw new Error(`there is no memory instruction ${name}`);
    return this.put(...op.code, ...leb(Math.min(op.align, 3)), ...leb(offset));
  }

  memoryLane(name: string, lane: number, offset = 0): this {
    const op = memoryLaneOps.get(name);
    if (!op) throw new Error(`there is no memory instruction ${name}`);
    return this.put(...op.code, ...leb(op.align), ...leb(offset), lane);
  }

  /** extract_lane and replace_lane. */
  lane(name: string, lane: number): this {
    const code = laneOps.get(name);
    if (!code) throw new Error(`there is no lane instruction ${name}`);
    return this.put(...code, lane);
  }

  /** @param lanes sixteen byte numbers, 0–15 of the first operand, 16–31 of the second */
  shuffle(lanes: readonly number[]): this {
    if (lanes.length !== 16) throw new Error('a shuffle takes sixteen lanes');
    return this.put(0xfd, 0x0d, ...lanes);
  }

  call(f: Callable): this {
    return this.put(0x10, ...leb(f.index));
  }

  /** dst, value, count on the stack: fills bytes. */
  fillMemory(): this {
    return this.put(0xfc, 0x0b, 0x00);
  }

  /** dst, src, count on the stack. */
  copyMemory(): this {
    return this.put(0xfc, 0x0a, 0x00, 0x00);
  }

  // ── Structure ─────────────────────────────────────────────────────────────

  /** Runs `inside`; a branch to its label leaves the block. */
  block(inside: (end: Label) => void, result?: ValueType): this {
    return this.nested(0x02, inside, result);
  }

  /** Runs `inside` once; a branch to its label starts it again. */
  loop(inside: (again: Label) => void): this {
    return this.nested(0x03, inside);
  }

  /** Takes an i32 from the stack. */
  if(then: () => void, otherwise?: () => void, result?: ValueType): this {
    this.put(0x04, result ? typeCode[result] : 0x40);
    this.depth++;
    then();
    if (otherwise) {
      this.put(0x05);
      otherwise();
    }
    this.depth--;
    return this.put(0x0b);
  }

  branch(to: Label): this {
    return this.put(0x0c, ...leb(this.depth - to.depth));
  }

  /** Branches if the i32 on the stack is not 0. */
  branchIf(to: Label): this {
    return this.put(0x0d, ...leb(this.depth - to.depth));
  }

  /**
   * `for (i = from; i < to; i += step) inside()` with i an i32 variable; bounds are constants or variables.
   * @param step a positive constant
   */
  for(i: Local, from: number | Local, to: number | Local, step: number, inside: () => void): this {
    const push = (x: number | Local): this => (typeof x === 'number' ? this.i32(x) : this.get(x));
    push(from).set(i);
    const known = typeof from === 'number' && typeof to === 'number';
    if (known && from >= to) return this;
    const body = (): void => {
      this.loop((again) => {
        inside();
        this.get(i).i32(step).op('i32.add').tee(i);
        push(to).op('i32.lt_s').branchIf(again);
      });
    };
    if (known) {
      body();
      return this;
    }
    this.get(i);
    push(to).op('i32.lt_s').if(body);
    return this;
  }

  /** The function body of the code section: local declarations, instructions, end. */
  finish(): number[] {
    const groups: [number, ValueType][] = [];
    for (const type of this.locals) {
      const last = groups.at(-1);
      if (last && last[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const head = [...leb(groups.length), ...groups.flatMap(([n, t]) => [...leb(n), typeCode[t]])];
    return head.concat(this.bytes, 0x0b);
  }

  private nested(code: number, inside: (label: Label) => void, result?: ValueType): this {
    this.put(code, result ? typeCode[result] : 0x40);
    this.depth++;
    inside({ depth: this.depth });
    this.depth--;
    return this.put(0x0b);
  }

  private put(...bytes: readonly number[]): this {
    for (const b of bytes) this.bytes.push(b);
    return this;
  }

  private scratchBytes(n: number): number[] {
    return Array.from({ length: n }, (_, i) => scratch.getUint8(i));
  }
}

/** Signed LEB128. */
function signed(value: bigint): number[] {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    out.push(done ? low : low | 0x80);
    if (done) return out;
  }
}
