/** Completions by themselves: how a name, a word, an option is offered. */
import { distributions } from '../check/distributions.ts';
import type { OptionSpec, VerbSpec } from '../options.ts';
import { languageItems, optionText } from '../reference/index.ts';
import type { ItemKind, ReferenceItem } from '../reference/item.ts';
import { splitDoc } from '../reference/library.ts';
import type { Analysis } from './analysis.ts';
import { declarationText } from './hover.ts';
import { itemMarkdown, markdown, optionMarkdown } from './shown.ts';
import { callSnippet, openings, place } from './snippets.ts';
import { expertsOf, type Sym, type SymbolKind } from './symbols.ts';
import { type CompletionItem, type CompletionKind, completionKinds, type TextEdit } from './types.ts';

/** A completion before it is known where it goes. */
export type Candidate = Omit<CompletionItem, 'range'>;

/** What is nearest comes first. */
export type Rank = 'local' | 'file' | 'language' | 'word' | 'library';
const ranks: Readonly<Record<Rank, string>> = {
  local: '0',
  file: '1',
  language: '2',
  word: '3',
  library: '4',
};

export interface Offered {
  readonly detail?: string;
  readonly documentation?: string;
  /** A snippet; without it the label. */
  readonly snippet?: string;
  readonly insert?: string;
  readonly edits?: readonly TextEdit[];
  readonly order?: number;
}

export function candidate(label: string, kind: CompletionKind, rank: Rank, more: Offered = {}): Candidate {
  const { detail, documentation, snippet, insert, edits, order } = more;
  return {
    label,
    kind: completionKinds[kind],
    ...(detail === undefined || detail === '' ? {} : { detail }),
    ...(documentation === undefined || documentation === ''
      ? {}
      : { documentation: markdown(documentation) }),
    insertText: snippet ?? insert ?? label,
    insertTextFormat: snippet === undefined ? 1 : 2,
    sortText: `${ranks[rank]}${order === undefined ? '' : String(order).padStart(3, '0')}${label}`,
    ...(edits === undefined ? {} : { additionalTextEdits: edits }),
  };
}

const symbolCompletions: Readonly<Record<SymbolKind, CompletionKind>> = {
  const: 'constant',
  index: 'typeParameter',
  set: 'typeParameter',
  open: 'typeParameter',
  enum: 'enum',
  member: 'enumMember',
  type: 'struct',
  field: 'field',
  data: 'variable',
  param: 'variable',
  fn: 'function',
  energy: 'class',
  run: 'event',
  import: 'module',
  argument: 'variable',
  let: 'variable',
  term: 'property',
  report: 'property',
  binder: 'variable',
  state: 'variable',
};

const localKinds: ReadonlySet<SymbolKind> = new Set(['argument', 'let', 'report', 'binder', 'state', 'open']);

/** @param calls whether parentheses are to be added to what is called */
export function symbolCandidate(a: Analysis, s: Sym, calls: boolean): Candidate {
  const meant = s.kind === 'import' ? (a.follow(s) ?? s) : s;
  const callable = meant.kind === 'fn' || meant.kind === 'energy';
  return candidate(s.name, symbolCompletions[meant.kind], localKinds.has(s.kind) ? 'local' : 'file', {
    detail: declarationText(a, meant),
    documentation: splitDoc(meant.doc).doc,
    ...(callable && calls
      ? {
          snippet: callSnippet(
            s.name,
            argumentsOf(a, meant).map((p) => p.name),
          ),
        }
      : {}),
  });
}

/** The arguments of a function or an energy; of a product those of its experts, each once. */
export function argumentsOf(a: Pick<Analysis, 'follow'>, callee: Sym, depth = 0): readonly Sym[] {
  const meant = callee.kind === 'import' ? a.follow(callee) : callee;
  if (!meant || depth > 16) return [];
  const own = meant.parts ?? [];
  if (meant.kind !== 'energy' || own.length > 0 || !meant.value) return own;
  const out = new Map<string, Sym>();
  for (const o of expertsOf(meant))
    for (const p of argumentsOf(a, o, depth + 1)) if (!out.has(p.name)) out.set(p.name, p);
  return [...out.values()];
}

/** The parameters of `mod(x, y)`; those of reductions are left to the writer. */
export function parametersOf(form: string): readonly string[] {
  const inside = /^[^(]*\((.*)\)$/.exec(form.replace(/^y ~ /, ''))?.[1];
  if (inside === undefined || / for | = |…/.test(inside)) return [];
  return inside === '' ? [] : inside.split(/,\s*/);
}

const ofKind = (kind: ItemKind): readonly ReferenceItem[] => languageItems.filter((i) => i.kind === kind);

/** Distributions with their signatures. */
export function distributionCandidates(calls: boolean): readonly Candidate[] {
  return [...distributions.values()].map((d) =>
    candidate(d.name, 'class', 'language', {
      detail: `${d.name}(${d.params.join(', ')})`,
      documentation: itemText(d.name, 'distribution'),
      ...(calls ? { snippet: callSnippet(d.name, d.params) } : {}),
    }),
  );
}

export const itemText = (name: string, kind: ItemKind): string => {
  const found = languageItems.find((i) => i.name === name && i.kind === kind);
  return found ? itemMarkdown(found) : '';
};

export function functionCandidates(calls: boolean): readonly Candidate[] {
  return ofKind('function').map((f) => {
    const required = parametersOf(f.forms[0]).filter((p) => !p.endsWith('?'));
    return candidate(f.name, 'function', 'language', {
      detail: f.forms[0],
      documentation: itemMarkdown(f),
      ...(calls && /^\w+\(/.test(f.forms[0])
        ? {
            snippet:
              required.length > 0 ? callSnippet(f.name, required) : `${f.name}(${place(1)})${place(0)}`,
          }
        : {}),
    });
  });
}

/** Domains; those that need arguments with places for them. */
export function domainCandidates(calls: boolean): readonly Candidate[] {
  return ofKind('domain').map((d) => {
    const [form] = d.forms;
    const params = form.startsWith(`${d.name}(`) ? parametersOf(form) : [];
    return candidate(d.name, 'class', 'language', {
      detail: form,
      documentation: itemMarkdown(d),
      ...(calls && params.length > 0 ? { snippet: callSnippet(d.name, params) } : {}),
    });
  });
}

export function wordCandidate(word: string): Candidate {
  const item = languageItems.find(
    (i) => i.name === word && ['word', 'statement', 'declaration', 'operator'].includes(i.kind),
  );
  return candidate(
    word,
    'keyword',
    'word',
    item ? { detail: item.forms[0], documentation: itemMarkdown(item) } : {},
  );
}

/** A word that opens something, as a snippet. */
export function openingCandidate(word: string): Candidate {
  const plain = wordCandidate(word);
  const snippet = openings.get(word);
  if (snippet === undefined) return plain;
  return {
    ...plain,
    kind: completionKinds.snippet,
    insertText: snippet,
    insertTextFormat: 2,
    sortText: `1${word}`,
  };
}

export function verbCandidate(v: VerbSpec, calls: boolean, firstEnergy: string): Candidate {
  const positional = v.options.filter((o) => o.positional).map((o) => o.name);
  return candidate(v.name, 'function', 'language', {
    detail: v.doc,
    documentation: itemText(v.name, 'verb'),
    ...(calls
      ? { snippet: callSnippet(v.name, [...(v.takesEnergy ? [firstEnergy] : []), ...positional]) }
      : {}),
  });
}

/** `draws = ` with a place for its value. */
export function optionCandidate(o: OptionSpec, owner: string, order: number): Candidate {
  return candidate(o.name, 'property', 'local', {
    detail: `${optionText(o.type)}${o.default === undefined ? '' : `; default ${o.default}`}`,
    documentation: optionMarkdown(o, owner),
    insert: `${o.name} = `,
    order,
  });
}

/** What an option may be set to, where that is a word, a call, or yes or no. */
export function optionValueCandidates(o: OptionSpec, calls: boolean): readonly Candidate[] {
  const { type } = o;
  const words = (values: readonly string[]): readonly Candidate[] =>
    values.map((v, i) =>
      candidate(v, 'enumMember', 'local', { ...(o.default === v ? { detail: 'default' } : {}), order: i }),
    );
  switch (type.kind) {
    case 'boolean':
      return words(['true', 'false']);
    case 'word':
      return words(type.values);
    case 'number':
      return [
        ...words(type.words ?? []),
        ...(typeof o.default === 'number'
          ? [candidate(String(o.default), 'value', 'local', { detail: 'default' })]
          : []),
      ];
    case 'call':
      return Object.entries(type.values).map(([name, options], i) =>
        candidate(name, 'function', 'local', {
          detail: `${name}(${options.map((x) => x.name).join(', ')})`,
          documentation: itemText(name, 'method'),
          ...(calls ? { snippet: `${name}(${place(1)})${place(0)}` } : {}),
          order: i,
        }),
      );
    case 'given':
      return [
        candidate('{ … }', 'snippet', 'local', {
          snippet: `{ ${place(1)} = ${place(2)} }${place(0)}`,
          detail: 'place = value',
        }),
      ];
    default:
      return [];
  }
}
