/**
 * What is left of each variable's states: bit sets in one array, with a trail that takes changes back. Costs one step
 * a change to undo and copies nothing.
 */

/** How many of 32 bits are set. */
export function popcount(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export class Domains {
  readonly count: number;
  /** Where a variable's words begin; count + 1 of them. */
  readonly first: Int32Array;
  readonly words: Int32Array;
  readonly size: Int32Array;
  /** Variables with more than one state left. */
  open: number;
  /** Variables that changed since they were last taken off, each once. */
  readonly #queue: Int32Array;
  readonly #queued: Uint8Array;
  #head = 0;
  #queueLength = 0;
  /** Four numbers a change: word, what it was, variable, size it had. */
  #trail = new Int32Array(1024);
  #trailLength = 0;

  /** @param states how many states each variable has, at least 1 */
  constructor(states: Int32Array) {
    const n = states.length;
    this.count = n;
    this.first = new Int32Array(n + 1);
    for (let v = 0; v < n; v++) this.first[v + 1] = this.first[v] + ((states[v] + 31) >>> 5);
    this.words = new Int32Array(this.first[n]).fill(-1);
    this.size = Int32Array.from(states);
    this.open = 0;
    for (let v = 0; v < n; v++) {
      const rest = states[v] & 31;
      if (rest) this.words[this.first[v + 1] - 1] = (1 << rest) - 1;
      if (states[v] > 1) this.open++;
    }
    this.#queue = new Int32Array(Math.max(1, n));
    this.#queued = new Uint8Array(n);
  }

  has(v: number, a: number): boolean {
    return ((this.words[this.first[v] + (a >>> 5)] >>> (a & 31)) & 1) === 1;
  }

  /** The lowest state left. */
  lowest(v: number): number {
    const from = this.first[v];
    for (let i = from; ; i++) {
      const w = this.words[i];
      if (w !== 0) return ((i - from) << 5) + 31 - Math.clz32(w & -w);
    }
  }

  /** Writes the states left to `out`, in order; how many. */
  list(v: number, out: Int32Array): number {
    let n = 0;
    const from = this.first[v];
    const to = this.first[v + 1];
    for (let i = from; i < to; i++) {
      let w = this.words[i];
      const base = (i - from) << 5;
      while (w !== 0) {
        const low = w & -w;
        out[n++] = base + 31 - Math.clz32(low);
        w ^= low;
      }
    }
    return n;
  }

  /** Keep only the states of `mask` in a word (index among all words) of v. False when nothing is left of v. */
  keep(v: number, word: number, mask: number): boolean {
    const old = this.words[word];
    const now = old & mask;
    if (now === old) return true;
    if (this.#trailLength + 4 > this.#trail.length) {
      const larger = new Int32Array(2 * this.#trail.length);
      larger.set(this.#trail);
      this.#trail = larger;
    }
    const t = this.#trail;
    const size = this.size[v];
    t[this.#trailLength] = word;
    t[this.#trailLength + 1] = old;
    t[this.#trailLength + 2] = v;
    t[this.#trailLength + 3] = size;
    this.#trailLength += 4;
    this.words[word] = now;
    const left = size - popcount(old ^ now);
    this.size[v] = left;
    if (left <= 1 && size > 1) this.open--;
    if (this.#queued[v] === 0) {
      this.#queued[v] = 1;
      let at = this.#head + this.#queueLength++;
      if (at >= this.count) at -= this.count;
      this.#queue[at] = v;
    }
    return left > 0;
  }

  remove(v: number, a: number): boolean {
    return this.keep(v, this.first[v] + (a >>> 5), ~(1 << (a & 31)));
  }

  assign(v: number, a: number): boolean {
    const from = this.first[v];
    const to = this.first[v + 1];
    const at = from + (a >>> 5);
    for (let i = from; i < to; i++) if (!this.keep(v, i, i === at ? 1 << (a & 31) : 0)) return false;
    return true;
  }

  /** Take a changed variable off the queue; −1 when there is none. */
  next(): number {
    if (this.#queueLength === 0) return -1;
    const v = this.#queue[this.#head];
    if (++this.#head === this.count) this.#head = 0;
    this.#queueLength--;
    this.#queued[v] = 0;
    return v;
  }

  forgetChanges(): void {
    while (this.next() >= 0);
  }

  get mark(): number {
    return this.#trailLength;
  }

  /** The variable of the change before position `at` of the trail. */
  changedBefore(at: number): number {
    return this.#trail[at - 2];
  }

  undo(mark: number): void {
    const t = this.#trail;
    while (this.#trailLength > mark) {
      this.#trailLength -= 4;
      const i = this.#trailLength;
      const v = t[i + 2];
      this.words[t[i]] = t[i + 1];
      if (this.size[v] <= 1 && t[i + 3] > 1) this.open++;
      this.size[v] = t[i + 3];
    }
  }
}
