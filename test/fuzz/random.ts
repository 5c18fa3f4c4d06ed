/** A small seeded source of choices: the same seed, the same programs on every machine. */
export class Choices {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bf03635) | 0;
  }

  /** A whole number in 0 … n − 1 (mulberry32, T. Ettinger). */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Mostly small, seldom large. */
  length(most: number): number {
    return this.chance(80) ? 1 + this.below(Math.min(4, most)) : 1 + this.below(most);
  }
}
