/**
 * A counter-based stream of random numbers: a draw is a function of (seed, path, position) and of nothing
 * else, so the same numbers come out whatever the order, the worker or the run in which they are asked for.
 *
 * The seed and the path (the stream's name: `new Stream(7, 'chain', 3)`) make a 64-bit key; position w of the
 * stream is word w of Threefry2x32-20 under that key. Forking makes a new key by one Threefry block of the
 * parent's key, at counters that no draw uses. A position and a key are all there is to save.
 */
import { normalQuantile } from './normal-quantile.ts';
import { fillThreefry, type Key, threefry2x32 } from './threefry.ts';

/** What must be kept to continue a stream at the same number. Plain JSON. */
export interface StreamState {
  readonly key: Key;
  readonly position: number;
}

/** Marks, in the counter's upper word, that set keys made from numbers and from names apart from draws. */
const numberMark = 0x40000000;
const nameMark = 0x80000000;

const two32 = 2 ** 32;
/** Words made at a time for single draws, and for filling arrays. */
const smallBuffer = 32;
const largeBuffer = 2048;

const scratch = new Uint32Array(largeBuffer);

export class Stream {
  #key: Key;
  #position = 0;
  /** Words `#start` … `#start + smallBuffer − 1` of the stream; none yet when `#start` is −smallBuffer. */
  #words: Uint32Array | undefined;
  #start = -smallBuffer;

  /**
   * The stream named `path` of a seed. Path elements are names or whole numbers in 0 … 2⁵³−1;
   * `new Stream(s, a, b)` and `new Stream(s, a).fork(b)` are the same stream.
   * @param seed a whole number in 0 … 2⁵³−1
   * @throws RangeError if the seed or a number in the path is anything else
   */
  constructor(seed: number, ...path: readonly (number | string)[]) {
    this.#key = deriveKey(deriveKey([0, 0], seed), ...path);
  }

  /** The stream that goes on where `state` was taken. */
  static resume(state: StreamState): Stream {
    const stream = new Stream(0);
    stream.#key = [state.key[0] >>> 0, state.key[1] >>> 0];
    stream.position = state.position;
    return stream;
  }

  get state(): StreamState {
    return { key: this.#key, position: this.#position };
  }

  /** The stream named `path` below this one. It does not depend on this stream's position, nor change it. */
  fork(...path: readonly (number | string)[]): Stream {
    return Stream.resume({ key: deriveKey(this.#key, ...path), position: 0 });
  }

  /** How many 32-bit words have been used. May be set, forwards or backwards. */
  get position(): number {
    return this.#position;
  }

  set position(words: number) {
    if (!isCount(words)) throw new RangeError(`a stream's position is a whole number, not ${words}`);
    this.#position = words;
  }

  /** The next 32 bits, 0 … 2³²−1. */
  word(): number {
    const p = this.#position++;
    let i = p - this.#start;
    if (i < 0 || i >= smallBuffer) {
      this.#words ??= new Uint32Array(smallBuffer);
      this.#start = p - (p % smallBuffer);
      fillFrom(this.#words, this.#key, this.#start / 2);
      i = p - this.#start;
    }
    return this.#words![i];
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³. Uses two words, from an even position on. */
  uniform(): number {
    this.#align();
    return (this.word() >>> 5) * 2 ** -27 + (this.word() >>> 6) * 2 ** -53;
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². Uses one word: the fast one. */
  uniform32(): number {
    return this.word() * 2 ** -32;
  }

  /** Standard normal, by inversion; |z| < 8.3. Uses two words, from an even position on. */
  normal(): number {
    this.#align();
    const high = this.word();
    return normalFromWords(high, this.word());
  }

  /** Exponential with mean 1. Uses two words, from an even position on. */
  exponential(): number {
    return -Math.log1p(-this.uniform());
  }

  /**
   * Uniform on 0 … n−1, without bias (by rejection).
   * @param n a whole number in 1 … 2⁵³−1
   */
  int(n: number): number {
    if (!isCount(n) || n === 0) throw new RangeError(`int(n) needs a whole number n of at least 1, not ${n}`);
    if (n <= two32) {
      const limit = two32 - (two32 % n);
      for (;;) {
        const w = this.word();
        if (w < limit) return w % n;
      }
    }
    const all = 2 ** 53;
    const limit = all - (all % n);
    for (;;) {
      const u = this.uniform() * all;
      if (u < limit) return u % n;
    }
  }

  /** Fill with the next words of the stream: the same as `word()` for each. */
  fillWords(words: Uint32Array): void {
    let i = 0;
    if (this.#position % 2 === 1 && words.length > 0) words[i++] = this.word();
    fillFrom(words.subarray(i), this.#key, this.#position / 2);
    this.#position += words.length - i;
  }

  /**
   * Fill elements `from` … `to`−1 (default: all) with uniforms in [0, 1).
   * A Float64Array gets the numbers of `uniform()`; a Float32Array multiples of 2⁻²⁴, one word each.
   */
  fillUniform(out: Float64Array | Float32Array, from = 0, to = out.length): void {
    if (out instanceof Float32Array) {
      this.#eachChunk(from, to, 1, (words, at, n) => {
        for (let i = 0; i < n; i++) out[at + i] = (words[i] >>> 8) * 2 ** -24;
      });
      return;
    }
    this.#align();
    this.#eachChunk(from, to, 2, (words, at, n) => {
      for (let i = 0; i < n; i++) {
        out[at + i] = (words[2 * i] >>> 5) * 2 ** -27 + (words[2 * i + 1] >>> 6) * 2 ** -53;
      }
    });
  }

  /** Fill elements `from` … `to`−1 (default: all) with standard normals: the numbers of `normal()`. */
  fillNormal(out: Float64Array | Float32Array, from = 0, to = out.length): void {
    this.#align();
    this.#eachChunk(from, to, 2, (words, at, n) => {
      for (let i = 0; i < n; i++) out[at + i] = normalFromWords(words[2 * i], words[2 * i + 1]);
    });
  }

  /** Put the elements into a uniformly random order, in place (Fisher–Yates). */
  shuffle(items: Int32Array | Uint32Array | Float64Array | unknown[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
  }

  /** Draws of two words begin at an even position, so each is one block of the generator. */
  #align(): void {
    this.#position += this.#position % 2;
  }

  /** Hand the words of elements `from` … `to`−1, `each` words an element, to `use`, a piece at a time. */
  #eachChunk(
    from: number,
    to: number,
    each: number,
    use: (words: Uint32Array, at: number, count: number) => void,
  ): void {
    for (let at = from; at < to; ) {
      const count = Math.min(to - at, largeBuffer / each);
      const words = count * each === largeBuffer ? scratch : scratch.subarray(0, count * each);
      this.fillWords(words);
      use(words, at, count);
      at += count;
    }
  }
}

/** (k + ½)·2⁻⁵² for the 52 bits k of two words: symmetric about ½, never 0 or 1. */
const normalFromWords = (high: number, low: number): number =>
  normalQuantile((high >>> 6) * 2 ** -26 + ((low >>> 6) + 0.5) * 2 ** -52);

/** Blocks `first`, `first` + 1, … of a key. */
function fillFrom(words: Uint32Array, key: Key, first: number): void {
  fillThreefry(words, key[0], key[1], first >>> 0, Math.floor(first / two32));
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/** One Threefry block for each path element: the element is the counter, the key so far the key. */
function deriveKey(key: Key, ...path: readonly (number | string)[]): Key {
  let k = key;
  for (const element of path) {
    if (typeof element === 'string') {
      const [low, high] = hashName(element);
      k = threefry2x32([low, high | nameMark], k);
    } else {
      if (!isCount(element)) {
        throw new RangeError(`a seed or stream number is a whole number from 0 to 2^53 - 1, not ${element}`);
      }
      k = threefry2x32([element >>> 0, Math.floor(element / two32) | numberMark], k);
    }
  }
  return k;
}

/**
 * FNV-1a with 64 bits over the UTF-16 code units, low byte first.
 * (G. Fowler, L. C. Noll, K.-P. Vo; the prime is 2⁴⁰ + 0x1b3.)
 */
function hashName(name: string): Key {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < name.length * 2; i++) {
    low = (low ^ ((name.charCodeAt(i >> 1) >>> (8 * (i & 1))) & 0xff)) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / two32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return [low, high];
}
