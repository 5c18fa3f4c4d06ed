/** Rows of cells in columns, with bars that take what room is left. */

export interface Style {
  readonly bold: (s: string) => string;
  readonly dim: (s: string) => string;
  readonly warn: (s: string) => string;
  readonly bar: (s: string) => string;
}

const same = (s: string): string => s;
export const plain: Style = { bold: same, dim: same, warn: same, bar: same };

export interface Cell {
  readonly text: string;
  readonly style?: keyof Style;
  /** Flush right. */
  readonly right?: boolean;
}

/** A bar, filled from the left. */
export interface Bar {
  readonly share: number;
  readonly faint?: boolean;
}

export interface Column {
  readonly cell: Cell | Bar | null;
  /** What is dropped first where there is little room has the least. */
  readonly keep: number;
}

const GAP = 2;
const [LEAST_BAR, MOST_BAR] = [6, 30];

const isBar = (c: Cell | Bar): c is Bar => 'share' in c;

/**
 * Rows of equally many columns, of which as many are left out as do not fit.
 * @returns lines of at most `width` columns of the terminal
 */
export function laidOut(
  rows: readonly (readonly Column[])[],
  width: number,
  style: Style,
): readonly string[] {
  const widths = rows[0].map((_, k) =>
    Math.max(
      0,
      ...rows.map((r) => {
        const c = r[k].cell;
        return c === null ? 0 : isBar(c) ? LEAST_BAR : widthOf(c.text);
      }),
    ),
  );
  let shown = [...widths.keys()].filter((k) => widths[k] > 0);
  const needed = (): number => shown.reduce((n, k) => n + widths[k], GAP * (shown.length - 1));
  while (needed() > width && shown.length > 1) {
    const least = shown.reduce((a, b) => (rows[0][b].keep < rows[0][a].keep ? b : a));
    shown = shown.filter((k) => k !== least);
  }
  const spare = width - needed();
  const bars = shown.filter((k) => rows.some((r) => r[k].cell !== null && isBar(r[k].cell as Cell | Bar)));
  for (const k of bars)
    widths[k] = Math.min(MOST_BAR, LEAST_BAR + Math.max(0, Math.floor(spare / bars.length)));
  return rows.map((r) =>
    shown
      .map((k, i) => {
        const { cell } = r[k];
        const last = i === shown.length - 1;
        if (cell === null) return last ? '' : ' '.repeat(widths[k]);
        if (isBar(cell)) return bar(cell, widths[k], style);
        const text = clipped(cell.text, width);
        const painted = cell.style ? style[cell.style](text) : text;
        const pad = ' '.repeat(Math.max(0, widths[k] - widthOf(text)));
        if (cell.right) return pad + painted;
        return last ? painted : painted + pad;
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function bar({ share, faint }: Bar, width: number, style: Style): string {
  const halves = Math.round(2 * width * Math.max(0, Math.min(1, share)));
  const full = '━'.repeat(halves >> 1) + (halves % 2 === 1 ? '╸' : '');
  const rest = '─'.repeat(width - full.length);
  return `${full === '' ? '' : (faint ? style.dim : style.bar)(full)}${rest === '' ? '' : style.dim(rest)}`;
}

/** Columns of a terminal that plain text takes: East Asian characters take two, marks that combine none. */
export function widthOf(text: string): number {
  let n = 0;
  for (const ch of text) n += /\p{M}/u.test(ch) ? 0 : isWide(ch.codePointAt(0)!) ? 2 : 1;
  return n;
}

const isWide = (c: number): boolean =>
  (c >= 0x1100 && c <= 0x115f) ||
  (c >= 0x2e80 && c <= 0xa4cf) ||
  (c >= 0xac00 && c <= 0xd7a3) ||
  (c >= 0xf900 && c <= 0xfaff) ||
  (c >= 0xfe30 && c <= 0xfe6f) ||
  (c >= 0xff00 && c <= 0xff60) ||
  (c >= 0xffe0 && c <= 0xffe6) ||
  (c >= 0x1f300 && c <= 0x1faff) ||
  (c >= 0x20000 && c <= 0x3fffd);

/** The text, or as much of its beginning as fits, with a mark. */
export function clipped(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const ch of text) {
    used += widthOf(ch);
    if (used > width - 1) break;
    out += ch;
  }
  return width < 1 ? '' : `${out}…`;
}
