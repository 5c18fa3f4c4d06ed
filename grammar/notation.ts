/** The rules of the grammar as EBNF: quoted words, `?` for at most one, `*` any number, `+` one or more. */
import type { GrammarRule, Shape } from './shapes.ts';

const width = 96;

/** One rule, on one line or with an alternative a line. */
export function ruleText(rule: GrammarRule, column: number): string {
  const head = rule.name.padEnd(column);
  const flat = `${head} = ${shapeText(rule.shape, 'alone')}`;
  if (flat.length <= width || rule.shape.kind !== 'choice') return flat;
  return rule.shape.parts
    .map((p, i) => `${i === 0 ? `${head} =` : `${' '.repeat(column)} |`} ${shapeText(p, 'choice')}`)
    .join('\n');
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
