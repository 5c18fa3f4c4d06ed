/** Where a name is declared, and where else it is said. */
import { resolveUse } from '../syntax/module-path.ts';
import { type Analysis, type FileNames, meantBy, occurrenceAt, sameSpan } from './analysis.ts';
import type { Occurrence } from './builtins.ts';
import { rangeOf } from './places.ts';
import type { Sym } from './symbols.ts';
import type { Location } from './types.ts';

/** The declaration of the name at an offset, or the file that `use … from` names there. */
export function definition(a: Analysis, offset: number): Location | null {
  const o = occurrenceAt(a, offset);
  const meant = o && meantBy(a, o);
  if (meant) return a.locate(meant.span) ?? null;
  return usedFile(a, offset);
}

function usedFile(a: Analysis, offset: number): Location | null {
  const use = a.tree.items.find(
    (i) => i.kind === 'use' && i.fromSpan.start <= offset && offset <= i.fromSpan.end,
  );
  if (use?.kind !== 'use') return null;
  const to = resolveUse(a.source.file, use.from);
  const file = to.kind === 'refused' ? undefined : a.files().find((f) => f.path === to.path);
  return file ? { uri: file.uri, range: rangeOf(file.source, { start: 0, end: 0 }) } : null;
}

/** The occurrences of a declaration in a file, the declaration among them. */
export function occurrencesIn(
  file: Pick<FileNames, 'occurrences'>,
  symbol: Sym,
  follow: Analysis['follow'],
): readonly Occurrence[] {
  return file.occurrences.filter((o) => {
    const meant = meantBy({ follow }, o);
    return meant !== undefined && sameSpan(meant.span, symbol.span);
  });
}

/**
 * All places of the name at an offset: in this file, in those that it uses, and in `others`, the programs that
 * may use the file that declares it.
 */
export function references(
  a: Analysis,
  offset: number,
  declaration: boolean,
  others: readonly Analysis[] = [],
): readonly Location[] {
  const o = occurrenceAt(a, offset);
  const meant = o && meantBy(a, o);
  const home = meant && a.locate(meant.span);
  if (!meant || !home) return [];
  const out: Location[] = [];
  const seen = new Set<string>();
  const add = (l: Location): void => {
    const key = `${l.uri} ${l.range.start.line} ${l.range.start.character}`;
    if (!seen.has(key)) out.push(l);
    seen.add(key);
  };
  for (const program of [a, ...others])
    for (const file of program.files())
      for (const found of file.occurrences) {
        const symbol = meantBy(program, found);
        if (!symbol || symbol.name !== meant.name) continue;
        const at = program.locate(symbol.span);
        if (!at || at.uri !== home.uri || !sameStart(at, home)) continue;
        // The alias of an import is a name of its own.
        const own = found.declares && sameSpan(found.span, symbol.span);
        if (!own || declaration) add({ uri: file.uri, range: rangeOf(file.source, found.span) });
      }
  return out;
}

export const sameStart = (a: Location, b: Location): boolean =>
  a.range.start.line === b.range.start.line && a.range.start.character === b.range.start.character;
