/** Which comments belong to which place of a tree, by their positions. */
import type { Span } from './span.ts';
import type { Comment, Program } from './tree.ts';

export class Comments {
  private readonly all: readonly Comment[];
  private readonly used: boolean[];
  private readonly lineStarts: readonly number[] | undefined;

  constructor(program: Program) {
    this.all = [...program.comments].sort((a, b) => a.span.start - b.span.start);
    this.used = this.all.map(() => false);
    this.lineStarts = program.lineStarts;
  }

  /** Whether the lines of the text that the tree came from are known. */
  get knowsLines(): boolean {
    return this.lineStarts !== undefined;
  }

  /** The 0-based line of an offset. */
  lineOf(offset: number): number {
    const starts = this.lineStarts ?? [0];
    let lo = 0;
    let hi = starts.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (starts[mid] <= offset) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** The offset at which the line after the one of `offset` begins. */
  endOfLine(offset: number): number {
    return this.lineStarts?.[this.lineOf(offset) + 1] ?? Number.POSITIVE_INFINITY;
  }

  private firstFrom(offset: number): number {
    let lo = 0;
    let hi = this.all.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.all[mid].span.start < offset) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  /** Takes what is left of the comments that begin in `from` ≤ offset < `to`. */
  take(from: number, to: number): Comment[] {
    const taken: Comment[] = [];
    for (let i = this.firstFrom(from); i < this.all.length && this.all[i].span.start < to; i++) {
      if (this.used[i]) continue;
      this.used[i] = true;
      taken.push(this.all[i]);
    }
    return taken;
  }

  /** Takes the comment that ends the line on which `span` ends, if it begins before `limit`. */
  takeTrailing(span: Span, limit: number): Comment | undefined {
    const i = this.firstFrom(span.end);
    const comment = this.all[i];
    if (!comment || this.used[i] || !comment.trailing || comment.span.start >= limit) return undefined;
    if (this.lineOf(comment.span.start) !== this.lineOf(Math.max(span.start, span.end - 1))) return undefined;
    this.used[i] = true;
    return comment;
  }
}
