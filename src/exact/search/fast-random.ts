/** xoshiro128++ (Blackman and Vigna, ACM TOMS 47, 2021), seeded from a stream: numbers for inner loops. */
import type { Stream } from '../../random/stream.ts';

export class FastRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(stream: Stream) {
    this.#a = stream.word() | 0;
    this.#b = stream.word() | 0;
    this.#c = stream.word() | 0;
    this.#d = stream.word() | 1;
  }

  /** 32 random bits, as an unsigned number. */
  word(): number {
    const sum = (this.#a + this.#d) | 0;
    const out = (((sum << 7) | (sum >>> 25)) + this.#a) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return out;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.word() * 2 ** -32;
  }

  /** 0 … n − 1; the bias of at most n / 2³² does not matter to a search. */
  below(n: number): number {
    return Math.floor(this.word() * 2 ** -32 * n);
  }
}
