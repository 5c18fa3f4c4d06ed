/** What a terminal shows after some output: as much of one as the command line makes use of. */

export interface Screen {
  readonly lines: readonly string[];
  readonly cursorShown: boolean;
  /** Everything that could be read at some moment, line by line. */
  readonly seen: ReadonlySet<string>;
  /** Codes that no terminal of this kind is told. */
  readonly unknown: readonly string[];
  /** Lines that were longer than the terminal is wide. */
  readonly wrapped: readonly string[];
}

const CODE = new RegExp(`${String.fromCharCode(27)}\\[([\\d;?]*)([A-Za-z])`, 'y');

export function screenAfter(output: string, columns: number): Screen {
  const lines: string[][] = [[]];
  const seen = new Set<string>();
  const unknown: string[] = [];
  const wrapped: string[] = [];
  let [row, column, shown] = [0, 0, true];
  const note = (): void => {
    for (const l of lines) seen.add(l.join('').trimEnd());
  };
  for (let i = 0; i < output.length; ) {
    CODE.lastIndex = i;
    const code = CODE.exec(output);
    if (code) {
      i = CODE.lastIndex;
      const [, argument, name] = code;
      if (name === 'A') row = Math.max(0, row - Number(argument || 1));
      else if (name === 'K') lines[row].length = Math.min(lines[row].length, column);
      else if (name === 'J') {
        note();
        lines[row].length = Math.min(lines[row].length, column);
        lines.length = row + 1;
      } else if (argument === '?25') shown = name === 'h';
      else if (name !== 'm') unknown.push(code[0]);
      continue;
    }
    const ch = output[i++];
    if (ch === '\r') column = 0;
    else if (ch === '\n') {
      row++;
      lines[row] ??= [];
    } else {
      while (lines[row].length < column) lines[row].push(' ');
      lines[row][column++] = ch;
      if (column === columns + 1) wrapped.push(lines[row].join(''));
    }
  }
  note();
  return { lines: lines.map((l) => l.join('').trimEnd()), cursorShown: shown, seen, unknown, wrapped };
}
