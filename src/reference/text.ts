/** Items of the reference as text for a terminal. */
import { firstSentence } from './index.ts';
import { kindTitles, type ReferenceItem } from './item.ts';

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((l) => (l === '' ? '' : `  ${l}`))
    .join('\n');

/** A text broken at spaces; paragraphs stay apart, indented lines stay as they are. */
export function wrap(text: string, width: number): string {
  return text
    .split(/\n\s*\n/)
    .map((p) => {
      if (/^\s/.test(p)) return p;
      const lines: string[] = [];
      for (const word of p.split(/\s+/)) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + 1 + word.length <= width)
          lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(word);
      }
      return lines.join('\n');
    })
    .join('\n\n');
}

/** Everything that is known of one item. */
export function itemText(i: ReferenceItem, width = 90): string {
  const title = kindTitles.find(([k]) => k === i.kind)?.[1] ?? i.kind;
  const head = `${i.name} — ${i.module !== null && i.kind !== 'module' ? i.module : title}`;
  const column = Math.max(0, ...i.facts.map(([n]) => n.length));
  const facts = i.facts.map(([n, t]) => {
    const lines = wrap(t, Math.max(30, width - column - 4)).split('\n');
    return lines.map((l, at) => `  ${(at === 0 ? n : '').padEnd(column)}  ${l}`).join('\n');
  });
  const use = i.module === null || i.kind === 'module' ? [] : [indent(`use ${i.name} from "${i.module}"`)];
  return [
    head,
    [...use, indent(i.forms.join('\n'))].join('\n'),
    ...(i.doc === '' ? [] : [wrap(i.doc, width)]),
    ...(facts.length === 0 ? [] : [facts.join('\n')]),
    ...(i.value === null ? [] : [`Example: ${i.value}`]),
    ...(i.example === null ? [] : [`Example:\n\n${indent(i.example)}`]),
  ].join('\n\n');
}

/** All names by kind; modules with a line each. */
export function listText(items: readonly ReferenceItem[], width = 90): string {
  const sections = kindTitles.flatMap(([kind, title]) => {
    const own = items.filter((i) => i.kind === kind);
    if (own.length === 0 || kind === 'library') return [];
    if (kind === 'module') {
      const column = Math.max(...own.map((m) => m.name.length));
      const lines = own.map(
        (m) => `  ${m.name.padEnd(column)}  ${cut(firstSentence(m.doc), width - column - 4)}`,
      );
      return [`${title}\n${lines.join('\n')}`];
    }
    return [`${title}\n${indent(wrap(own.map((i) => i.name).join(' '), width - 2))}`];
  });
  return sections.join('\n\n');
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1)).trimEnd()}…`;
