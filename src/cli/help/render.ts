/** Manual pages as text for a terminal, and as roff with the macros of man(7). */
import type { Block, Page } from './page.ts';

/** @param width columns; @param bold marks headings and terms */
export function pageText(page: Page, width: number, bold: (s: string) => string): string {
  const wide = Math.max(40, Math.min(width, 100));
  const named = [
    { title: 'NAME', blocks: [{ kind: 'text' as const, text: `${page.name} — ${page.brief}` }] },
  ];
  return [...named, ...page.sections]
    .map((s) => `${bold(s.title)}\n${blocksText(s.blocks, wide, bold)}\n`)
    .join('\n');
}

const INDENT = 7;

/** Blocks with an empty line between them, but none after a heading. */
const blocksText = (blocks: readonly Block[], width: number, bold: (s: string) => string): string =>
  blocks
    .map((b, i) => {
      const end = i === blocks.length - 1 ? '' : b.kind === 'heading' ? '\n' : '\n\n';
      return `${blockText(b, width, bold)}${end}`;
    })
    .join('');

function blockText(block: Block, width: number, bold: (s: string) => string): string {
  switch (block.kind) {
    case 'text':
      return indented(block.text, width, INDENT);
    case 'heading':
      return `   ${bold(block.text)}`;
    case 'lines':
      return block.lines.map((l) => `${' '.repeat(INDENT)}${l}`).join('\n');
    case 'entries':
      return block.entries
        .map((e) => `${' '.repeat(INDENT)}${bold(e.term)}\n${indented(e.text, width, INDENT + 7)}`)
        .join('\n');
  }
}

/** Broken at spaces. */
function indented(text: string, width: number, by: number): string {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + 1 + word.length > width - by) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((l) => `${' '.repeat(by)}${l}`).join('\n');
}

/** @param version shown at the foot */
export function pageRoff(page: Page, version: string): string {
  const title = page.name.toUpperCase();
  return [
    `.TH "${title}" "1" "" "energy ${version}" "Energy"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${roff(page.name)} \\- ${roff(page.brief)}`,
    ...page.sections.flatMap((s) => [`.SH "${quoted(s.title)}"`, ...s.blocks.flatMap(blockRoff)]),
    '',
  ].join('\n');
}

function blockRoff(block: Block): readonly string[] {
  switch (block.kind) {
    case 'text':
      return ['.PP', marked(block.text)];
    case 'heading':
      return [`.SS "${quoted(block.text)}"`];
    case 'lines':
      return ['.PP', '.nf', ...block.lines.map(roff), '.fi'];
    case 'entries':
      return block.entries.flatMap((e) => ['.TP', `\\fB${roff(e.term)}\\fR`, marked(e.text)]);
  }
}

/** What stands between backticks is bold. */
const marked = (text: string): string =>
  text
    .split('`')
    .map((part, i) => (i % 2 === 1 ? `\\fB${escaped(part)}\\fR` : escaped(part)))
    .join('')
    .replace(/^(?=[.'])/, '\\&');

/** A line that no macro begins. */
const roff = (text: string): string => escaped(text).replace(/^(?=[.'])/, '\\&');

/** An argument of a macro. */
const quoted = (text: string): string => escaped(text).replaceAll('"', '\\(dq');

/** Hyphens as they are typed, and what is not ASCII by its number. */
const escaped = (text: string): string =>
  [...text.replaceAll('…', '...').replaceAll('\\', '\\e').replaceAll('-', '\\-')].map(glyph).join('');

const accents: Readonly<Record<string, string>> = { '`': '\\(ga', "'": '\\(aq', '^': '\\(ha', '~': '\\(ti' };

function glyph(c: string): string {
  const known = accents[c];
  if (known) return known;
  const code = c.codePointAt(0) ?? 0;
  if (code < 128) return c;
  return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
}
