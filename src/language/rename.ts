/** Another name for a declaration, everywhere at once, or the reason why not. */
import { identifierPattern, reservedWords } from '../../grammar/tokens.ts';
import { isStd } from '../syntax/module-path.ts';
import { type Analysis, type FileNames, meantBy, namesOfText, occurrenceAt, sameSpan } from './analysis.ts';
import type { Occurrence } from './builtins.ts';
import { sameStart } from './navigation.ts';
import { rangeOf } from './places.ts';
import type { Sym } from './symbols.ts';
import type { Refusal, RenamePlace, TextEdit, WorkspaceEdit } from './types.ts';

const whole = new RegExp(`^(?:${identifierPattern.source})$`);
const reserved: ReadonlySet<string> = new Set(reservedWords);

const refuse = (refused: string): Refusal => ({ refused });

/** What would be renamed at an offset. */
export function renamePlace(a: Analysis, offset: number): RenamePlace | Refusal {
  const found = renamed(a, offset);
  if ('refused' in found) return found;
  return { range: rangeOf(a.source, found.at.span), placeholder: found.at.name };
}

interface Renamed {
  readonly at: Occurrence;
  readonly symbol: Sym;
  /** The alias of an import: a name of this file only. */
  readonly alias: boolean;
}

function renamed(a: Analysis, offset: number): Renamed | Refusal {
  const at = occurrenceAt(a, offset);
  if (!at) return refuse('there is no name here');
  if (at.target.kind === 'builtin') return refuse(`\`${at.name}\` is a word of the language`);
  if (at.target.kind === 'unknown') return refuse(`nothing declares \`${at.name}\``);
  const { symbol } = at.target;
  if (symbol.kind === 'import' && symbol.from && symbol.from.name.span.start !== symbol.span.start)
    return { at, symbol, alias: true };
  const meant = meantBy(a, at) ?? symbol;
  if (meant.kind === 'import') return refuse(`the file that declares \`${at.name}\` is not there`);
  if (isStd(meant.span.file))
    return refuse(`\`${at.name}\` is declared by the standard library, ${meant.span.file}`);
  if (!a.locate(meant.span)) return refuse(`\`${at.name}\` is declared outside of the workspace`);
  return { at, symbol: meant, alias: false };
}

/**
 * The edits that rename the name at an offset. Refuses names that are none, words that are reserved, names of
 * the standard library, and new names that would mean something else at one of the places, or take another
 * name's meaning away.
 * @param others programs that may use the file that declares it
 */
export function rename(
  a: Analysis,
  offset: number,
  to: string,
  others: readonly Analysis[] = [],
): WorkspaceEdit | Refusal {
  const found = renamed(a, offset);
  if ('refused' in found) return found;
  if (!whole.test(to))
    return refuse(`\`${to}\` is no name: a name has letters, digits and \`_\`, a letter or \`_\` first`);
  if (reserved.has(to)) return refuse(`\`${to}\` is a reserved word`);
  if (to === found.at.name) return { changes: {} };
  const changes: Record<string, readonly TextEdit[]> = {};
  for (const [uri, { file, places }] of placesOf(a, found, found.alias ? [] : others)) {
    const wrong = conflict(file, places, to);
    if (wrong !== null) return refuse(wrong);
    changes[uri] = places.map((o) => ({ range: rangeOf(file.source, o.span), newText: to }));
  }
  return { changes };
}

interface Places {
  readonly file: FileNames;
  readonly places: readonly Occurrence[];
}

function placesOf(
  a: Analysis,
  { at, symbol, alias }: Renamed,
  others: readonly Analysis[],
): ReadonlyMap<string, Places> {
  const out = new Map<string, Places>();
  const home = a.locate(symbol.span);
  for (const program of [a, ...others])
    for (const file of program.files()) {
      if (out.has(file.uri) || isStd(file.path)) continue;
      const places = file.occurrences.filter((o) => {
        if (o.target.kind !== 'symbol') return false;
        if (alias) return o.target.symbol === symbol;
        // What an alias names elsewhere keeps the name of the alias.
        if (o.name !== at.name) return false;
        const meant = meantBy(program, o);
        const place = meant && program.locate(meant.span);
        return place !== undefined && home !== undefined && place.uri === home.uri && sameStart(place, home);
      });
      if (places.length > 0) out.set(file.uri, { file, places });
    }
  return out;
}

/** Reads the file with its new names: every name must mean what it meant. */
function conflict(file: FileNames, places: readonly Occurrence[], to: string): string | null {
  const { text } = file.source;
  let out = '';
  let last = 0;
  for (const { span } of places) {
    out += text.slice(last, span.start) + to;
    last = span.end;
  }
  out += text.slice(last);
  const shift = (offset: number): number =>
    places.reduce(
      (n, { span }) => (span.start < offset ? n + to.length - (span.end - span.start) : n),
      offset,
    );
  const before = namesOfText(text, file.source.file).occurrences;
  const after = namesOfText(out, file.source.file).occurrences;
  const byPlace = new Map(after.map((o) => [o.span.start, o]));
  for (const o of before) {
    const now = byPlace.get(shift(o.span.start));
    if (now && sameMeaning(o, now, shift)) continue;
    const { line } = file.source.positionAt(o.span.start);
    return `\`${to}\` is taken: in line ${line} of ${file.source.file} \`${o.name}\` would mean something else`;
  }
  return duplicated(after, places, shift, to, file);
}

/** Two declarations of one name in one scope. */
function duplicated(
  after: readonly Occurrence[],
  places: readonly Occurrence[],
  shift: (offset: number) => number,
  to: string,
  file: FileNames,
): string | null {
  const own = new Set(places.map((o) => shift(o.span.start)));
  const declared = after.filter((o) => o.declares && o.name === to && o.target.kind === 'symbol');
  const mine = declared.filter((o) => own.has(o.span.start));
  for (const o of declared) {
    if (own.has(o.span.start)) continue;
    const clash = mine.some(
      (m) =>
        m.target.kind === 'symbol' &&
        o.target.kind === 'symbol' &&
        sameScope(m.target.symbol, o.target.symbol),
    );
    if (clash) return `\`${to}\` is declared in ${file.source.file} already`;
  }
  return null;
}

const inner = new Set<Sym['kind']>(['binder', 'state']);
const parts = new Set<Sym['kind']>(['field', 'member']);
const sameScope = (s: Sym, t: Sym): boolean => {
  if (inner.has(s.kind) || inner.has(t.kind)) return false;
  if (parts.has(s.kind) || parts.has(t.kind)) return s.kind === t.kind && s.item === t.item;
  // Terms are named apart from values.
  if ((s.kind === 'term') !== (t.kind === 'term')) return false;
  return s.env === t.env;
};

function sameMeaning(o: Occurrence, now: Occurrence, shift: (offset: number) => number): boolean {
  if (o.target.kind !== now.target.kind) return false;
  if (o.target.kind !== 'symbol' || now.target.kind !== 'symbol') return true;
  const was = o.target.symbol.span;
  const moved = {
    ...was,
    start: shift(was.start),
    end: shift(was.start) + (now.target.symbol.span.end - now.target.symbol.span.start),
  };
  return sameSpan(moved, now.target.symbol.span);
}
