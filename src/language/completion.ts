/** What may be written at the cursor. */

import { reservedWords, wordsOf } from '../../grammar/tokens.ts';
import { distributions } from '../check/distributions.ts';
import type { Host } from '../io/host.ts';
import { verbs } from '../options.ts';
import type { ReferenceItem } from '../reference/item.ts';
import { entryPath, folderOf, resolveUse } from '../syntax/module-path.ts';
import { parse } from '../syntax/parse.ts';
import type { Analysis } from './analysis.ts';
import {
  argumentsOf,
  type Candidate,
  candidate,
  distributionCandidates,
  domainCandidates,
  functionCandidates,
  openingCandidate,
  optionCandidate,
  optionValueCandidates,
  symbolCandidate,
  verbCandidate,
  wordCandidate,
} from './candidates.ts';
import { contextOf } from './contexts.ts';
import { beforeDot, type Cursor, cursorAt, type Frame, previous, scopeAt } from './cursor.ts';
import { declaredData } from './data-files.ts';
import { itemsOfLibrary, useEdit } from './library.ts';
import { rangeOf } from './places.ts';
import { callSnippet, place } from './snippets.ts';
import { declarationsOf, type Env, type Sym, type SymbolKind } from './symbols.ts';
import type { CompletionItem, Range } from './types.ts';
import { Typing } from './typing.ts';

const values: ReadonlySet<SymbolKind> = new Set([
  ...(['const', 'data', 'param', 'fn', 'energy', 'argument', 'let', 'report', 'binder', 'state'] as const),
  ...(['index', 'set', 'enum', 'open', 'import'] as const),
]);
const sets: ReadonlySet<SymbolKind> = new Set([
  'index',
  'set',
  'enum',
  'open',
  'data',
  'argument',
  'import',
  'fn',
]);
const types: ReadonlySet<SymbolKind> = new Set(['enum', 'type', 'index', 'open', 'import']);
/** Words of expressions: those that are reserved, and two that are names elsewhere. */
const expressionWords: readonly string[] = [...reservedWords, 'in', 'scan'];
const builders: readonly (readonly [string, readonly string[], string])[] = [
  ['grid', ['rows', 'cols'], 'a lattice of one to four sides'],
  ['line', ['n'], 'a lattice of one side, open'],
  ['ring', ['n'], 'a lattice of one side, closed'],
];

/** Completions at an offset; all that may stand there, whatever has been typed of the word: editors filter. */
export async function completion(
  a: Analysis,
  offset: number,
  data?: Host,
): Promise<readonly CompletionItem[]> {
  const c = cursorAt(a, offset);
  const context = contextOf(a, c);
  const scope = scopeAt(a, c);
  // Parentheses that are there already are not written again.
  const calls = a.text[c.word.end] !== '(';
  const symbols = (kinds: ReadonlySet<SymbolKind>): readonly Candidate[] =>
    scope
      .visible(c.word.start)
      .filter((s) => kinds.has(s.kind) && !(s.span.start === c.word.start && s.span.file === a.source.file))
      .map((s) => symbolCandidate(a, s, calls));
  let found: readonly Candidate[] = [];
  let range: Range = rangeOf(a.source, c.word);
  switch (context.kind) {
    case 'none':
      break;
    case 'path':
      range = rangeOf(a.source, context);
      found = await pathCandidates(a, context.of, a.text.slice(context.start, offset), data);
      break;
    case 'field':
      found = fieldCandidates(a, c, scope);
      break;
    case 'declaration':
      found = wordsOf('declaration').map(openingCandidate);
      break;
    case 'statement':
      found = [
        ...(context.of === 'energy' ? ['term', 'let', 'require', 'report'] : ['let', 'param', 'return']).map(
          openingCandidate,
        ),
        ...symbols(new Set<SymbolKind>(['argument', 'data'])),
        ...(context.of === 'fn' ? await valueCandidates(a, c, scope, calls, null) : []),
      ];
      break;
    case 'domain':
      found = [...domainCandidates(calls), ...symbols(types)];
      break;
    case 'indexSet':
      found = symbols(new Set<SymbolKind>(['index', 'set', 'enum', 'open', 'const', 'argument', 'import']));
      break;
    case 'binderSet':
      found = [
        ...symbols(sets),
        ...functionCandidates(calls).filter((f) => f.label === 'neighbours' || f.label === 'union'),
      ];
      break;
    case 'distribution':
      found = distributionCandidates(calls);
      break;
    case 'import':
      found = await importCandidates(a, c);
      break;
    case 'words':
      found = context.words.map((w) =>
        w.startsWith('"')
          ? candidate('std', 'module', 'local', { snippet: `"std/${place(1)}"` })
          : wordCandidate(w),
      );
      break;
    case 'verb':
      found = verbs.filter((v) => v.available).map((v) => verbCandidate(v, calls, firstEnergy(a)));
      break;
    case 'energyArgument':
      found = symbols(new Set<SymbolKind>(['energy', 'import']))
        .filter((s) => isEnergy(a, scope, s.label))
        .map(plain);
      break;
    case 'option': {
      const { owner, frame } = context;
      const open = owner.options.filter((o) => !frame.given.includes(o.name));
      const rows = owner.options.some((o) => o.positional);
      found = [
        ...(frame.starts ? open.map((o, i) => optionCandidate(o, owner.name, i)) : []),
        ...(rows ? symbols(new Set<SymbolKind>(['data', 'run'])) : []),
        ...(frame.starts ? [] : await valueCandidates(a, c, scope, calls, null)),
      ];
      break;
    }
    case 'optionValue': {
      const { option } = context;
      const starts = previous(c)?.image === '=';
      const offered = starts ? optionValueCandidates(option, calls) : [];
      const kind = option.type.kind;
      found = [
        ...offered,
        ...(kind === 'job' ? symbols(new Set<SymbolKind>(['run'])) : []),
        ...(kind === 'rows' ? symbols(new Set<SymbolKind>(['data'])) : []),
        ...(kind === 'unknown' ? placeCandidates(a, c) : []),
        ...(kind === 'number' ? symbols(new Set<SymbolKind>(['const'])) : []),
      ];
      break;
    }
    case 'place':
      found = placeCandidates(a, c);
      break;
    case 'value':
      found = await inDeclaration(a, c, scope, calls, context.frame, context.of);
      break;
  }
  const seen = new Set<string>();
  return found.flatMap((f) => {
    const key = `${f.kind} ${f.label}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...f, range }];
  });
}

const plain = (c: Candidate): Candidate => ({ ...c, insertText: c.label, insertTextFormat: 1 });

async function inDeclaration(
  a: Analysis,
  c: Cursor,
  scope: Env,
  calls: boolean,
  frame: Frame | null,
  of: string,
): Promise<readonly Candidate[]> {
  const found = await valueCandidates(a, c, scope, calls, frame);
  if (of === 'index')
    return [
      ...builders.map(([name, params, detail]) =>
        candidate(name, 'function', 'local', {
          detail,
          ...(calls ? { snippet: callSnippet(name, params) } : {}),
        }),
      ),
      ...found,
    ];
  if (of === 'param' && frame === null)
    return [
      candidate('mlp', 'function', 'local', {
        detail: 'a network',
        ...(calls
          ? { snippet: `mlp(${place(1, 'encode(Row)')}, hidden = [${place(2, '64, 64')}])${place(0)}` }
          : {}),
      }),
      ...distributionCandidates(calls).filter((d) => d.label === 'normal' || d.label === 'uniform'),
      ...found.filter((f) => f.label !== 'normal' && f.label !== 'uniform'),
    ];
  return found;
}

/** Everything that an expression may name. */
async function valueCandidates(
  a: Analysis,
  c: Cursor,
  scope: Env,
  calls: boolean,
  frame: Frame | null,
): Promise<readonly Candidate[]> {
  const visible = scope
    .visible(c.word.start)
    .filter((s) => values.has(s.kind) && !declaredAround(s, c) && s.span.start !== c.word.start);
  const taken = new Set(visible.map((s) => s.name));
  return [
    ...(frame?.starts && frame.callee ? namedArguments(a, scope, frame) : []),
    ...visible.map((s) => symbolCandidate(a, s, calls)),
    ...functionCandidates(calls).filter((f) => !taken.has(f.label)),
    ...distributionCandidates(calls)
      .filter((d) => !taken.has(d.label))
      .map((d) => ({ ...d, sortText: `2z${d.label}` })),
    ...['pi', 'inf'].filter((n) => !taken.has(n)).map((n) => candidate(n, 'constant', 'language')),
    ...expressionWords.map(wordCandidate),
    ...(await libraryCandidates(a, taken, calls)),
  ];
}

/** Whether the cursor is in the declaration itself, which cannot call itself. */
const declaredAround = (s: Sym, c: Cursor): boolean =>
  c.unit !== null &&
  (s.kind === 'fn' || s.kind === 'energy') &&
  s.item?.span.start === c.tokens[c.unit.from].startOffset;

async function libraryCandidates(
  a: Analysis,
  taken: ReadonlySet<string>,
  calls: boolean,
): Promise<readonly Candidate[]> {
  const items = await itemsOfLibrary(a.reader.library);
  return items
    .filter((i) => !taken.has(i.name) && i.module !== null && !a.source.file.startsWith('std/'))
    .map((i) => libraryCandidate(a, i, calls));
}

function libraryCandidate(a: Analysis, i: ReferenceItem, calls: boolean): Candidate {
  const [form] = i.forms;
  const inside = /^(?:fn|energy) [^(]*\(([\s\S]*?)\)(?: : .*)?$/.exec(form)?.[1];
  const params = inside === undefined ? [] : [...inside.matchAll(/([^\s,:()[\]]+) :/g)].map((m) => m[1]);
  return candidate(i.name, form.startsWith('energy') ? 'class' : 'function', 'library', {
    detail: `${i.module}: ${form.replace(/\s+/g, ' ')}`,
    documentation: i.doc,
    ...(calls && params.length > 0 ? { snippet: callSnippet(i.name, params) } : {}),
    edits: [useEdit(a, i.name, i.module ?? '')],
  });
}

function namedArguments(a: Analysis, scope: Env, frame: Frame): readonly Candidate[] {
  const callee = scope.lookup(frame.callee ?? '');
  const named = (name: string, detail: string): Candidate =>
    candidate(name, 'property', 'local', { detail, insert: `${name} = ` });
  if (!callee) {
    const options =
      { mlp: ['hidden', 'act', 'out'], neighbours: ['wrap'], encode: ['like'] }[frame.callee ?? ''] ?? [];
    return options.filter((o) => !frame.given.includes(o)).map((o) => named(o, `option of ${frame.callee}`));
  }
  return argumentsOf(a, callee)
    .filter((p, i) => i >= frame.args && !frame.given.includes(p.name))
    .map((p) => ({ ...named(p.name, `argument of ${callee.name}`), label: `${p.name} =` }));
}

function fieldCandidates(a: Analysis, c: Cursor, scope: Env): readonly Candidate[] {
  const target = beforeDot(a, c);
  if (!target) return [];
  const kind = new Typing(a.follow, (name) => distributions.has(name)).ofExpr(target, scope);
  const names = (all: readonly string[], detail: string): readonly Candidate[] =>
    all.map((n, order) => candidate(n, 'property', 'local', { detail, order }));
  switch (kind.kind) {
    case 'record':
      return (kind.type.parts ?? []).map((p) => symbolCandidate(a, p, false));
    case 'enum':
      return (kind.symbol.parts ?? []).map((p) => symbolCandidate(a, p, false));
    case 'element':
      return names(kind.lattice?.coordinates ?? [], 'coordinate');
    case 'set':
      return names(kind.lattice?.sides ?? [], 'number of them');
    case 'distribution':
      return [
        candidate('log_density', 'function', 'local', {
          snippet: callSnippet('log_density', ['y']),
          detail: 'ln of the density at y',
        }),
      ];
    default:
      return [];
  }
}

function firstEnergy(a: Analysis): string {
  return a.declared.all.findLast((s) => s.kind === 'energy')?.name ?? 'E';
}

function isEnergy(a: Analysis, scope: Env, name: string): boolean {
  const symbol = scope.lookup(name);
  return symbol !== undefined && (a.follow(symbol) ?? symbol).kind === 'energy';
}

/** The arguments of the energy that the job at the cursor is about. */
function placeCandidates(a: Analysis, c: Cursor): readonly Candidate[] {
  const name = c.tokens[(c.frames[0]?.at ?? 0) + 1]?.image;
  const energy = name === undefined ? undefined : a.declared.file.lookup(name);
  return energy ? argumentsOf(a, energy).map((s) => symbolCandidate(a, s, false)) : [];
}

/** Names that the file of this `use` declares; without a file, those of the library with their modules. */
async function importCandidates(a: Analysis, c: Cursor): Promise<readonly Candidate[]> {
  const rest = c.tokens.slice(c.unit!.from, c.unit!.to).find((t) => t.tokenType.name === 'String');
  if (!rest) {
    const items = await itemsOfLibrary(a.reader.library);
    return items.map((i) =>
      candidate(i.name, 'function', 'library', {
        detail: i.module ?? '',
        documentation: i.doc,
        insert: `${i.name} from "${i.module}"`,
      }),
    );
  }
  const to = resolveUse(entryPath(a.source.file), rest.image.slice(1, -1));
  if (to.kind === 'refused') return [];
  const text =
    to.kind === 'std'
      ? await a.reader.library.read(to.name)
      : await a.reader.read(to.path).catch(() => undefined);
  if (text === undefined) return [];
  const declared = declarationsOf(parse(text, to.path).program).all;
  const offered = (s: Sym): boolean => s.kind !== 'import' && s.kind !== 'run';
  return declared.filter(offered).map((s) => plain(symbolCandidate(a, s, false)));
}

async function pathCandidates(
  a: Analysis,
  of: 'use' | 'data',
  written: string,
  data: Host | undefined,
): Promise<readonly Candidate[]> {
  const folder = folderOf(written);
  const list = async (read: () => Promise<readonly string[]>): Promise<readonly string[]> =>
    read().catch(() => []);
  if (of === 'data') {
    const names = data ? await list(() => data.list(folder === '' ? '.' : folder.replace(/\/$/, ''))) : [];
    return declaredData(names).map((n) => candidate(`${folder}${n}`, 'file', 'local'));
  }
  const names = await list(() => a.reader.list(folder.replace(/\/$/, '')));
  const own = names.filter((n) => n.endsWith('.energy') && `${folder}${n}` !== a.source.file);
  return [
    ...own.map((n) => candidate(`${folder}${n}`, 'file', 'local')),
    ...(await a.reader.library.names()).map((n) => candidate(`std/${n}`, 'module', 'library')),
  ];
}
