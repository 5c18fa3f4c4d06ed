/**
 * Columns of neighbouring lines: names stand below names and `=`, `:` or `~` below each
 * other, as a person lines them up. Only lines that follow each other without a blank
 * line or a comment between them belong together.
 */

/** How a line begins: `param J`, `term field`, `x`. */
export interface Head {
  /** Lines of one kind are lined up with each other. */
  readonly kind: 'declaration' | 'run' | 'term' | 'report' | 'sample';
  /** '' where the line begins with the name. */
  readonly keyword: string;
  readonly name: string;
  /** Whether something follows the name. */
  readonly open: boolean;
}

/** A name that is this much longer than the shortest of its neighbours stands alone. */
const MAX_PADDING = 16;

/** The beginnings of lines, padded; `null` for a line that has none, or that does not follow the one before. */
export function aligned(heads: readonly (Head | null)[], follows: readonly boolean[]): (string | null)[] {
  const out: (string | null)[] = heads.map((h) => h && plain(h));
  for (let from = 0; from < heads.length; ) {
    const first = heads[from];
    let to = from + 1;
    while (first && to < heads.length && follows[to] && heads[to]?.kind === first.kind) to++;
    if (first) {
      const run = heads.slice(from, to) as Head[];
      const keyword = Math.max(...run.map((h) => h.keyword.length));
      const names = run.filter((h) => h.open).map((h) => h.name.length);
      const name = Math.max(0, ...names.filter((n) => n - Math.min(...names) <= MAX_PADDING));
      run.forEach((h, i) => {
        const head = h.keyword === '' ? h.name : `${h.keyword.padEnd(keyword)} ${h.name}`;
        out[from + i] = h.open ? head.padEnd(head.length - h.name.length + name) : head;
      });
    }
    from = to;
  }
  return out;
}

const plain = (h: Head): string => (h.keyword === '' ? h.name : `${h.keyword} ${h.name}`);
