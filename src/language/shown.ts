/** Pieces of programs and of the reference as people read them in an editor. */

import { describe, type Shape, type Value } from '../check/values.ts';
import { showDomain } from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import type { IndexSet } from '../ir/types.ts';
import type { OptionSpec } from '../options.ts';
import { optionText } from '../reference/index.ts';
import type { ReferenceItem } from '../reference/item.ts';
import type { Span } from '../syntax/span.ts';
import type { Markdown } from './types.ts';

const MAX_SHOWN = 60;

/** A piece of source on one line, cut where it is long. */
export function showSource(text: string, span: Pick<Span, 'start' | 'end'>, most = MAX_SHOWN): string {
  const line = text.slice(span.start, span.end).replace(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`;
}

export const markdown = (...parts: readonly string[]): Markdown => ({
  kind: 'markdown',
  value: parts.filter((p) => p !== '').join('\n\n'),
});

export const codeBlock = (code: string): string => `\`\`\`energy\n${code.trimEnd()}\n\`\`\``;

/** `32 × 32 = 1024 elements`; null where only the data will tell. */
export function setSizeText(s: IndexSet): string | null {
  const size = staticSize(s);
  if (size === undefined) return null;
  const many = `${size} ${size === 1 ? 'element' : 'elements'}`;
  if (s.kind.kind !== 'lattice' || s.kind.dims.length < 2) return many;
  return `${s.kind.dims.join(' × ')} = ${many}`;
}

const sideOf = (s: IndexSet): string =>
  s.kind.kind === 'lattice' ? s.kind.dims.join(' × ') : String(staticSize(s) ?? '?');

/** `32 × 32`; '' for one number. */
export const sidesText = (sets: readonly IndexSet[]): string => sets.map(sideOf).join(' × ');

const setName = (s: IndexSet): string => s.name || sideOf(s);

/** `spin[site]`, `Row[person]`. */
export function shapeText({ domain, sets }: Shape): string {
  const base = domain.kind === 'record' ? domain.record.name : showDomain(domain);
  return `${base}${sets.length === 0 ? '' : `[${sets.map(setName).join(', ')}]`}`;
}

/** What a value is, with the sizes of its index sets. */
export function valueText(v: Value): string {
  switch (v.kind) {
    case 'array': {
      const sides = v.axes.length === 0 ? '' : ` (${sidesText(v.axes.map((x) => x.set))})`;
      return `${describe(v)}${sides}`;
    }
    case 'set': {
      const size = setSizeText(v.set);
      return `${describe(v)}${size === null ? '' : `: ${size}`}`;
    }
    case 'data':
      return valueText(v.value);
    default:
      return describe(v);
  }
}

/** An item of the reference, whole. */
export function itemMarkdown(i: ReferenceItem): string {
  const facts = i.facts.map(([name, text]) => `- *${name}*: ${text}`).join('\n');
  return [
    codeBlock(i.forms.join('\n')),
    i.doc,
    facts,
    i.value === null ? '' : `For example \`${i.value}\``,
    i.example === null ? '' : codeBlock(i.example),
  ]
    .filter((p) => p !== '')
    .join('\n\n');
}

/** An option with what it takes and its default. */
export function optionMarkdown(o: OptionSpec, owner?: string): string {
  const more = [
    o.default === undefined ? (o.required ? 'needed' : '') : `default \`${o.default}\``,
    owner === undefined ? '' : `an option of \`${owner}\``,
  ].filter((t) => t !== '');
  return `${codeBlock(`${o.name} = ${optionText(o.type)}`)}\n\n${o.doc}${more.length === 0 ? '' : `\n\n${more.join('; ')}`}`;
}
