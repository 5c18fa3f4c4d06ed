/** A program as markup, its words in colours: for pages that have no editor. */
import { energyLexer, specOf, type TokenClass } from '../../grammar/tokens.ts';

const plain: ReadonlySet<TokenClass> = new Set<TokenClass>([
  'identifier',
  'delimiter',
  'operator',
  'space',
  'invalid',
]);

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** `<span class="keyword">` and the like, by the classes of the token table; everything escaped. */
export function colouredSource(text: string): string {
  let at = 0;
  let out = '';
  const lexed = energyLexer().tokenize(text);
  const all = [...lexed.tokens, ...Object.values(lexed.groups).flat()].sort(
    (a, b) => a.startOffset - b.startOffset,
  );
  for (const t of all) {
    const cls = specOf.get(t.tokenType.name)?.class;
    if (cls === undefined || plain.has(cls) || t.startOffset < at) continue;
    out += `${escaped(text.slice(at, t.startOffset))}<span class="${cls}">${escaped(t.image)}</span>`;
    at = t.startOffset + t.image.length;
  }
  return out + escaped(text.slice(at));
}
