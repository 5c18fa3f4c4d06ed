/** Names of the standard library that a file does not use yet, and the line that takes one. */
import { libraryItems } from '../reference/index.ts';
import type { ReferenceItem } from '../reference/item.ts';
import type { StandardLibrary } from '../stdlib.ts';
import type { Analysis } from './analysis.ts';
import { positionOf } from './places.ts';
import type { TextEdit } from './types.ts';

const known = new WeakMap<StandardLibrary, Promise<readonly ReferenceItem[]>>();

/** What the library declares; read once. */
export function itemsOfLibrary(library: StandardLibrary): Promise<readonly ReferenceItem[]> {
  let found = known.get(library);
  if (!found) {
    found = libraryItems(library).then((items) => items.filter((i) => i.kind === 'library'));
    known.set(library, found);
  }
  return found;
}

/** The edit that takes a name from a module: one more name of its `use`, or a line of its own. */
export function useEdit(
  a: Pick<Analysis, 'tree' | 'source' | 'text'>,
  name: string,
  module: string,
): TextEdit {
  const uses = a.tree.items.flatMap((i) => (i.kind === 'use' ? [i] : []));
  const same = uses.find((u) => u.from === module && !u.frozen);
  const insert = (offset: number, newText: string): TextEdit => {
    const at = positionOf(a.source, offset);
    return { range: { start: at, end: at }, newText };
  };
  if (same) {
    const last = same.names.at(-1)!;
    return insert((last.as ?? last.name).span.end, `, ${name}`);
  }
  const line = `use ${name} from "${module}"`;
  const lastUse = uses.at(-1);
  if (lastUse) return insert(lastUse.span.end, `\n${line}`);
  const header = headerEnd(a.text);
  return insert(header, header > 0 || a.text.trim() === '' ? `${line}\n` : `${line}\n\n`);
}

/** Behind the comments on top that an empty line sets apart from what follows. */
function headerEnd(text: string): number {
  const header = /^(?:\/\/[^\n]*\r?\n)+\r?\n/.exec(text);
  return header ? header[0].length : 0;
}
