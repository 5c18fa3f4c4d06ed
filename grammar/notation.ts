/** The rules of the grammar as EBNF: quoted words, `?` for at most one, `*` any number, `+` one or more. */
import type { GrammarRule, Shape } from './shapes.ts';

const width = 96;

/** One rule on one line or, where that is too long, with an alternative a line; its name is padded to `column`. */
export function ruleText(rule: GrammarRule, column: number): string {
  const head = `${rule.name.padEnd(column)} = `;
  const flat = head + shapeText(rule.shape, 'alone');
  if (flat.length <= width) return flat;
  const { shape } = rule;
  const stacked = (parts: readonly Shape[], at: number): string =>
    parts.map((p) => shapeText(p, 'choice')).join(`\n${' '.repeat(at - 2)}| `);
  if (shape.kind === 'choice') return head + stacked(shape.parts, head.length);
  const last = shape.kind === 'sequence' ? shape.parts.at(-1) : undefined;
  if (shape.kind !== 'sequence' || last?.kind !== 'choice') return flat;
  const before = `${head}${shape.parts
    .slice(0, -1)
    .map((p) => shapeText(p, 'sequence'))
    .join(' ')} ( `;
  return `${before}${stacked(last.parts, before.length)} )`;
}

/** What stands around a shape decides on its parentheses. */
type Around = 'alone' | 'choice' | 'sequence' | 'suffix';

export function shapeText(s: Shape, around: Around): string {
  const group = (text: string, needed: boolean): string => (needed ? `(${text})` : text);
  switch (s.kind) {
    case 'word':
      return `"${s.text}"`;
    case 'class':
    case 'rule':
      return s.name;
    case 'sequence':
      return group(s.parts.map((p) => shapeText(p, 'sequence')).join(' '), around === 'suffix');
    case 'choice':
      return group(
        s.parts.map((p) => shapeText(p, 'choice')).join(' | '),
        around === 'sequence' || around === 'suffix',
      );
    case 'option':
      return `${shapeText(s.body, 'suffix')}?`;
    case 'repeat': {
      if (s.separator === null) return `${shapeText(s.body, 'suffix')}${s.orNone ? '*' : '+'}`;
      const list = `${shapeText(s.body, 'sequence')} (${shapeText(s.separator, 'sequence')} ${shapeText(s.body, 'sequence')})*`;
      return s.orNone ? `(${list})?` : group(list, around === 'suffix');
    }
  }
}
