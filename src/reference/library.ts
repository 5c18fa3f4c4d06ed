/** The standard library as items of the reference: from the `///` lines of its files. */
import { parse } from '../syntax/parse.ts';
import { print } from '../syntax/print.ts';
import type { Expr, Item, Program } from '../syntax/tree.ts';
import { item, type ReferenceItem } from './item.ts';

export interface LibraryModule {
  /** As `use` names it: `std/ising`. */
  readonly path: string;
  readonly doc: string;
  readonly items: readonly ReferenceItem[];
}

type Named = Exclude<Item, { kind: 'use' }>;

/**
 * What a file of the standard library offers: its declarations that have `///` lines.
 * The lines below `Example:` are a program; those before it are the documentation.
 * @param name without `std/` and suffix
 */
export function libraryModule(name: string, text: string): LibraryModule {
  const path = `std/${name}`;
  const { program } = parse(text, `${path}.energy`);
  const items = program.items.flatMap((i) =>
    i.kind === 'use' || i.doc === '' ? [] : [libraryItem(i, path)],
  );
  return { path, doc: fileDoc(text), items };
}

function libraryItem(i: Named, path: string): ReferenceItem {
  const { doc, example } = splitDoc(i.doc);
  return item('library', i.name.text, [signature(i)], doc, { example, module: path });
}

/** Documentation and example of `///` lines; the example is shifted to the left margin. */
export function splitDoc(text: string): { readonly doc: string; readonly example: string | null } {
  const lines = text.split('\n');
  const at = lines.findIndex((l) => /^\s*Example:\s*$/.test(l));
  const doc = (at < 0 ? lines : lines.slice(0, at)).join('\n').trim();
  if (at < 0) return { doc, example: null };
  const code = lines.slice(at + 1);
  const margins = code.filter((l) => l.trim() !== '').map((l) => l.length - l.trimStart().length);
  const margin = margins.length === 0 ? 0 : Math.min(...margins);
  return {
    doc,
    example: `${code
      .map((l) => l.slice(margin))
      .join('\n')
      .trim()}\n`,
  };
}

/** The `///` lines on top of a file that an empty line sets apart from what follows. */
function fileDoc(text: string): string {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((l) => !l.startsWith('///'));
  if (end <= 0 || lines[end].trim() !== '') return '';
  return lines
    .slice(0, end)
    .map((l) => l.replace(/^\/\/\/ ?/, ''))
    .join('\n')
    .trim();
}

/** The declaration without its body, as the formatter writes it. */
export function signature(i: Named): string {
  const nothing: Expr = { kind: 'error', span: i.span };
  const text = (shown: Item): string => {
    const program: Program = { file: '', items: [{ ...shown, doc: '' }], comments: [], span: i.span };
    return print(program).trim();
  };
  switch (i.kind) {
    case 'fn':
      return text({ ...i, body: [], value: nothing }).replace(/\s*=\s*…$/, '');
    case 'energy':
      return i.algebra ? text(i) : text({ ...i, body: [] }).replace(/\s*\{\}$/, '');
    default:
      return text(i);
  }
}
