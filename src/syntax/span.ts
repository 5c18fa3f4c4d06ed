/** A half-open range of UTF-16 offsets in one source file. */
export interface Span {
  /** The file's name as the user gave it. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
}

/** A source text and the offsets of its lines. */
export class Source {
  readonly file: string;
  readonly text: string;
  private readonly starts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 10) this.starts.push(i + 1);
  }

  get lineCount(): number {
    return this.starts.length;
  }

  positionAt(offset: number): Position {
    let lo = 0;
    let hi = this.starts.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.starts[mid] <= offset) lo = mid;
      else hi = mid - 1;
    }
    return { line: lo + 1, column: offset - this.starts[lo] + 1 };
  }

  /** The text of a 1-based line, without its line break. */
  line(n: number): string {
    const from = this.starts[n - 1] ?? this.text.length;
    const to = n < this.starts.length ? this.starts[n] - 1 : this.text.length;
    return this.text.slice(from, to).replace(/\r$/, '');
  }
}

export const join = (a: Span, b: Span): Span => ({
  file: a.file,
  start: Math.min(a.start, b.start),
  end: Math.max(a.end, b.end),
});
