/** What may stand at the cursor: which completions there are. */
import { type OptionSpec, type VerbSpec, verbNamed } from '../options.ts';
import type { Analysis } from './analysis.ts';
import { type Cursor, type Frame, previous } from './cursor.ts';

export type Context =
  | { readonly kind: 'none' }
  /** A file between quotes. */
  | { readonly kind: 'path'; readonly of: 'use' | 'data'; readonly start: number; readonly end: number }
  | { readonly kind: 'field' }
  | { readonly kind: 'declaration' }
  /** The first word of a statement. */
  | { readonly kind: 'statement'; readonly of: 'energy' | 'fn' }
  | { readonly kind: 'domain' }
  /** Between the brackets of a domain. */
  | { readonly kind: 'indexSet' }
  /** Behind `in`. */
  | { readonly kind: 'binderSet' }
  | { readonly kind: 'distribution' }
  /** Names of a file that is used; `from` is what it says, if it does. */
  | { readonly kind: 'import' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'verb' }
  | { readonly kind: 'energyArgument'; readonly verb: VerbSpec }
  /** The next option of a verb, a loss or an optimiser. */
  | { readonly kind: 'option'; readonly owner: Pick<VerbSpec, 'name' | 'options'>; readonly frame: Frame }
  | { readonly kind: 'optionValue'; readonly option: OptionSpec; readonly owner: string }
  /** Places of the energy of a job. */
  | { readonly kind: 'place' }
  | { readonly kind: 'value'; readonly frame: Frame | null; readonly of: string };

export function contextOf(a: Analysis, c: Cursor): Context {
  const { offset } = c;
  const comment = a.lexed.comments.find((x) => x.span.start < offset && offset <= x.span.end);
  if (comment) return { kind: 'none' };
  const string = a.lexed.tokens.find(
    (t) =>
      t.tokenType.name === 'String' && t.startOffset < offset && offset <= t.startOffset + t.image.length,
  );
  if (string) {
    const closed = string.image.length > 1 && string.image.endsWith('"');
    const end = string.startOffset + string.image.length - (closed ? 1 : 0);
    if (offset > end) return { kind: 'none' };
    if (c.keyword !== 'use' && c.keyword !== 'data') return { kind: 'none' };
    return { kind: 'path', of: c.keyword, start: string.startOffset + 1, end };
  }
  const prev = previous(c);
  if (prev?.image === '.') return { kind: 'field' };
  if (prev?.tokenType.name === 'Number' && prev.startOffset + prev.image.length === c.word.start)
    return { kind: 'none' };
  if (!c.unit || (c.frames.length === 0 && c.beginsLine && c.afterComplete)) return { kind: 'declaration' };
  return inDeclaration(c);
}

function inDeclaration(c: Cursor): Context {
  const prev = previous(c)?.image ?? '';
  const top = c.frames.at(-1);
  const named = c.count - (c.unit?.from ?? 0);
  // The name of what is declared is the user's to find.
  if (named === 1 && c.keyword !== 'use') return { kind: 'none' };
  if (prev === ':' && top?.open !== '[') return { kind: 'domain' };
  if (top && isDomainBracket(c, top)) return { kind: 'indexSet' };
  if (prev === '~') return { kind: 'distribution' };
  if (prev === 'in' && c.count > 1) return { kind: 'binderSet' };
  switch (c.keyword) {
    case 'use':
      return inUse(c, prev);
    case 'data':
      if (prev === 'from') return { kind: 'none' };
      return { kind: 'words', words: ['from', 'one_based'] };
    case 'enum':
    case 'type':
      return { kind: 'none' };
    case 'run':
      return inRun(c, prev);
    case 'energy':
    case 'fn':
      return inBody(c, c.keyword, prev);
    default:
      return { kind: 'value', frame: top ?? null, of: c.keyword };
  }
}

function inUse(c: Cursor, prev: string): Context {
  const before = c.tokens.slice(c.unit!.from + 1, c.count).map((t) => t.image);
  if (prev.startsWith('"')) return { kind: 'words', words: ['frozen'] };
  if (prev === 'from' && before.length > 1) return { kind: 'words', words: ['"std/'] };
  if (prev === 'use' || prev === ',') return { kind: 'import' };
  return prev === 'as' ? { kind: 'none' } : { kind: 'words', words: ['as', 'from'] };
}

function inBody(c: Cursor, of: 'energy' | 'fn', prev: string): Context {
  const [outer] = c.frames;
  const top = c.frames.at(-1);
  const head = outer?.open === '(' && outer.at === c.unit!.from + 2;
  if (head && c.frames.length === 1) return { kind: 'none' };
  const block = outer?.open === '{' && c.frames.length === 1 && isBlock(c, outer);
  if (block && (prev === '{' || (c.beginsLine && c.afterComplete))) return { kind: 'statement', of };
  const word = previous(c);
  if (block && ['term', 'let', 'report', 'param'].includes(prev) && word && startsLine(c, c.count - 1))
    return prev === 'report' ? { kind: 'value', frame: null, of } : { kind: 'none' };
  return { kind: 'value', frame: top ?? null, of };
}

const startsLine = (c: Cursor, i: number): boolean =>
  i === 0 || c.tokens[i].startLine !== c.tokens[i - 1].endLine;

/** Whether a `{` opens the statements: that of a set follows `=`. */
const isBlock = (c: Cursor, f: Frame): boolean => c.tokens[f.at - 1].image !== '=';

/** `[` of `real[…]` behind a colon, `(` of `category(…)`. */
function isDomainBracket(c: Cursor, f: Frame): boolean {
  let i = f.at - 1;
  if (f.open === '{') return false;
  if (f.open === '[' && c.tokens[i]?.image === ')') {
    for (let depth = 0; i >= 0; i--) {
      if (c.tokens[i].image === ')') depth++;
      else if (c.tokens[i].image === '(' && --depth === 0) break;
    }
    i--;
  }
  return c.tokens[i - 1]?.image === ':' && c.tokens[i - 2]?.image !== '[';
}

function inRun(c: Cursor, prev: string): Context {
  const top = c.frames.at(-1);
  if (c.frames.length === 0) return prev === '=' ? { kind: 'verb' } : { kind: 'none' };
  const [call] = c.frames;
  const verb = call.callee === null ? undefined : verbNamed(call.callee);
  if (!verb || !top) return { kind: 'value', frame: top ?? null, of: 'run' };
  if (top.open === '{' && (prev === '{' || prev === ',')) return { kind: 'place' };
  if (top === call) {
    if (verb.takesEnergy && top.args === 0 && top.named === null) return { kind: 'energyArgument', verb };
    return optionsOf(top, verb);
  }
  const option = verb.options.find((o) => o.name === call.named);
  if (option?.type.kind === 'call' && top.callee !== null && c.frames.length === 2) {
    const options = option.type.values[top.callee];
    if (options) return optionsOf(top, { name: top.callee, options });
  }
  return { kind: 'value', frame: top, of: 'run' };
}

function optionsOf(frame: Frame, owner: Pick<VerbSpec, 'name' | 'options'>): Context {
  if (frame.named === null) return { kind: 'option', owner, frame };
  const option = owner.options.find((o) => o.name === frame.named);
  return option ? { kind: 'optionValue', option, owner: owner.name } : { kind: 'value', frame, of: 'run' };
}
