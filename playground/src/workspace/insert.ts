/** Where declarations can be written into a program: between others, nearest above the cursor. */

/**
 * The offset of the first line of the declaration that the cursor is in, remarks above it included; behind the
 * remarks at the top of the file where that is its first.
 */
export function insertionPoint(text: string, cursor: number): number {
  const lines = text.split('\n');
  let offset = 0;
  let depth = 0;
  let best = 0;
  let remarks: number | null = null;
  for (const line of lines) {
    // The remarks at the top stay there.
    if (offset > cursor && remarks !== 0) break;
    const bare = line.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\/\/.*$/, '');
    if (depth === 0 && /^\s*\/\/\//.test(line)) remarks ??= offset;
    else if (depth === 0 && (bare.trim() === '' || /^[A-Za-z]/.test(bare))) {
      best = remarks !== null && bare.trim() !== '' && remarks > 0 ? remarks : offset;
      remarks = null;
    }
    for (const c of bare) {
      if ('([{'.includes(c)) depth++;
      if (')]}'.includes(c)) depth = Math.max(0, depth - 1);
    }
    offset += line.length + 1;
  }
  return Math.min(remarks !== null && remarks > 0 ? remarks : best, text.length);
}

/** The declarations with the empty lines that set them apart, and where they go. */
export function insertion(
  text: string,
  cursor: number,
  declarations: string,
): { readonly start: number; readonly end: number; readonly text: string } {
  const at = insertionPoint(text, cursor);
  const before = text.slice(0, at);
  const after = text.slice(at);
  const lead = before === '' || /\n\s*\n$/.test(before) ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const tail = after.trim() === '' || /^\s*\n/.test(after) ? '\n' : '\n\n';
  return { start: at, end: at, text: `${lead}${declarations.trim()}${tail}` };
}

/** What a program declares, by the look of it. */
export const declaredNames = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*(?:data|type|enum|index|set|param|const|energy|run|fn|def|let|use)\s+(\w+)/gm)].map(
    (m) => m[1],
  );
