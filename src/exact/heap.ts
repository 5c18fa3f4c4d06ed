/** A binary heap of numbered items, the smallest key first, ties by a second number. Items may be pushed again. */
export class Heap {
  /** The key of what was popped last. */
  key = Number.NaN;
  private size = 0;
  private items = new Int32Array(64);
  private keys = new Float64Array(64);
  private ties = new Float64Array(64);

  push(item: number, key: number, tie: number): void {
    if (this.size === this.items.length) this.grow();
    let at = this.size++;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!this.before(key, tie, up)) break;
      this.move(up, at);
      at = up;
    }
    this.put(at, item, key, tie);
  }

  /** @returns −1 when it is empty */
  pop(): number {
    if (this.size === 0) return -1;
    const top = this.items[0];
    this.key = this.keys[0];
    const last = --this.size;
    const [item, key, tie] = [this.items[last], this.keys[last], this.ties[last]];
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= last) break;
      if (down + 1 < last && this.before(this.keys[down + 1], this.ties[down + 1], down)) down++;
      if (this.before(key, tie, down)) break;
      this.move(down, at);
      at = down;
    }
    this.put(at, item, key, tie);
    return top;
  }

  private before(key: number, tie: number, at: number): boolean {
    return key < this.keys[at] || (key === this.keys[at] && tie < this.ties[at]);
  }

  private move(from: number, to: number): void {
    this.put(to, this.items[from], this.keys[from], this.ties[from]);
  }

  private put(at: number, item: number, key: number, tie: number): void {
    this.items[at] = item;
    this.keys[at] = key;
    this.ties[at] = tie;
  }

  private grow(): void {
    const wider = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.items = wider(this.items, new Int32Array(2 * this.size));
    this.keys = wider(this.keys, new Float64Array(2 * this.size));
    this.ties = wider(this.ties, new Float64Array(2 * this.size));
  }
}
