/**
 * The same code in vector lanes or one number at a time: SIMD128 where a machine has it, plain WebAssembly where not.
 */
import type { Code, Local } from '../wasm/code.ts';

/** Words of 32 bits that are handled at once; half as many float64. */
export type Width = 4 | 1;

/** Instructions by the type of their lanes. */
export class Lanes {
  readonly width: Width;
  private readonly c: Code;

  constructor(c: Code, width: Width) {
    this.c = c;
    this.width = width;
  }

  get wide(): boolean {
    return this.width > 1;
  }

  /** Words of 32 bits. */
  words(): Local {
    return this.c.local(this.wide ? 'v128' : 'i32');
  }

  /** Two float64, or one. */
  doubles(): Local {
    return this.c.local(this.wide ? 'v128' : 'f64');
  }

  /** An instruction on words: add, sub, xor, … */
  word(...names: readonly string[]): this {
    for (const n of names) this.c.op(this.wide ? `${bitwise.has(n) ? 'v128' : 'i32x4'}.${n}` : `i32.${n}`);
    return this;
  }

  /** An instruction on float64. */
  double(...names: readonly string[]): this {
    for (const n of names) this.c.op(this.wide ? `f64x2.${n}` : `f64.${n}`);
    return this;
  }

  /** The same float64 in all lanes. */
  constant(value: number): this {
    if (this.wide) this.c.splat('f64x2', value);
    else this.c.f64(value);
    return this;
  }

  /** What is on the stack in all lanes. */
  spread(type: 'i32' | 'f64'): this {
    if (this.wide) this.c.op(type === 'i32' ? 'i32x4.splat' : 'f64x2.splat');
    return this;
  }

  /** Unsigned words as float64: the two lower lanes. */
  convert(): this {
    this.c.op(this.wide ? 'f64x2.convert_low_i32x4_u' : 'f64.convert_i32_u');
    return this;
  }

  /** Where the condition on top of the stack holds, what lies lowest, elsewhere what lies above it. */
  select(): this {
    this.c.op(this.wide ? 'v128.bitselect' : 'select');
    return this;
  }
}

const bitwise: ReadonlySet<string> = new Set(['and', 'or', 'xor', 'not']);
