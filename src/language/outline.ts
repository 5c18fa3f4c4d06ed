/** The outline of a document. */

import type { Span } from '../syntax/span.ts';
import type { Item, Name, Statement } from '../syntax/tree.ts';
import type { Analysis } from './analysis.ts';
import { rangeOf } from './places.ts';
import { showSource } from './shown.ts';
import { type DocumentSymbol, symbolKinds } from './types.ts';

type Kind = keyof typeof symbolKinds;

const kinds: Readonly<Record<Exclude<Item['kind'], 'use'>, Kind>> = {
  const: 'constant',
  index: 'array',
  set: 'array',
  enum: 'enum',
  type: 'struct',
  data: 'object',
  param: 'variable',
  fn: 'function',
  energy: 'class',
  run: 'event',
};

/** Declarations in the order of the text; of energies with their arguments, terms and reports. */
export function documentSymbols(a: Analysis): readonly DocumentSymbol[] {
  const symbol = (
    name: Name,
    kind: Kind,
    span: Span,
    detail: string,
    children: readonly DocumentSymbol[] = [],
  ): DocumentSymbol => ({
    name: name.text,
    detail,
    kind: symbolKinds[kind],
    range: rangeOf(a.source, {
      start: Math.min(span.start, name.span.start),
      end: Math.max(span.end, name.span.end),
    }),
    selectionRange: rangeOf(a.source, name.span),
    children,
  });
  const text = (span: Span): string => showSource(a.text, span);
  const statement = (s: Statement): readonly DocumentSymbol[] => {
    switch (s.kind) {
      case 'term':
        return [symbol(s.name, 'property', s.span, 'term')];
      case 'report':
        return [symbol(s.name, 'field', s.span, 'report')];
      case 'let':
        return [symbol(s.name, 'variable', s.span, 'let')];
      case 'param':
        return [symbol(s.item.name, 'variable', s.span, 'param')];
      default:
        return [];
    }
  };
  return a.tree.items.flatMap((item): readonly DocumentSymbol[] => {
    if (item.kind === 'use')
      return item.names.map((n) => symbol(n.as ?? n.name, 'module', item.span, item.from));
    const children = (): readonly DocumentSymbol[] => {
      switch (item.kind) {
        case 'enum':
          return item.members.map((m) => symbol(m, 'enumMember', m.span, ''));
        case 'type':
          return item.fields.map((f) =>
            symbol(f.name, 'field', { ...f.domain.span, start: f.name.span.start }, text(f.domain.span)),
          );
        case 'fn':
        case 'energy':
          return [
            ...item.params.map((p) => symbol(p.name, 'variable', p.span, text(p.domain.span))),
            ...item.body.flatMap(statement),
          ];
        default:
          return [];
      }
    };
    return [symbol(item.name, kinds[item.kind], item.span, detailOf(item, text), children())];
  });
}

function detailOf(item: Exclude<Item, { kind: 'use' }>, text: (span: Span) => string): string {
  switch (item.kind) {
    case 'data':
      return text(item.domain.span);
    case 'param':
      return item.domain ? text(item.domain.span) : item.init ? text(item.init.span) : '';
    case 'const':
      return text(item.value.span);
    case 'index':
    case 'set':
      return item.value ? text(item.value.span) : item.kind;
    case 'run':
      return item.value.kind === 'call' ? text(item.value.callee.span) : 'run';
    default:
      return item.kind;
  }
}
