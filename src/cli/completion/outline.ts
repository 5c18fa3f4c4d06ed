/**
 * What a program declares, read off its lines. The parser would know better,
 * but takes longer to load than a key may take, and completion is asked of
 * programs that do not parse.
 */

/** The kinds of declarations, by their words. */
const KINDS = [
  'use',
  'const',
  'index',
  'set',
  'enum',
  'type',
  'data',
  'param',
  'fn',
  'energy',
  'run',
] as const;
export type DeclarationKind = (typeof KINDS)[number];

export interface Declaration {
  readonly kind: DeclarationKind;
  readonly name: string;
  /** What follows the name, on one line, comments removed. */
  readonly rest: string;
}

/** `use a, b as c from "std/ising"` */
export interface Use {
  readonly names: readonly { readonly name: string; readonly as: string }[];
  readonly from: string;
}

export interface Outline {
  readonly declarations: readonly Declaration[];
  readonly uses: readonly Use[];
}

export interface Unknown {
  readonly name: string;
  /** What it may be: `spin[site]`. */
  readonly domain: string;
}

const NAME = '[\\p{L}_][\\p{L}\\p{N}_]*';
const HEAD = new RegExp(`^(${KINDS.join('|')})\\s+(.*)$`, 'u');
const NAMED = new RegExp(`^(${NAME})\\s*(.*)$`, 'su');

/** The declarations of a text, whatever state it is in, in order. */
export function outlineOf(text: string): Outline {
  const declarations: Declaration[] = [];
  const uses: Use[] = [];
  for (const { kind, body } of unitsOf(text)) {
    if (kind === 'use') {
      const use = useOf(body);
      if (use) uses.push(use);
      continue;
    }
    const found = NAMED.exec(body);
    if (found) declarations.push({ kind, name: found[1], rest: found[2].replace(/\s+/g, ' ').trim() });
  }
  return { declarations, uses };
}

/** The pieces that begin with the word of a declaration at the start of a line and end before the next. */
function unitsOf(text: string): { readonly kind: DeclarationKind; readonly body: string }[] {
  const units: { kind: DeclarationKind; lines: string[] }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const code = withoutComment(line);
    const head = HEAD.exec(code);
    if (head) units.push({ kind: head[1] as DeclarationKind, lines: [head[2]] });
    else units.at(-1)?.lines.push(code);
  }
  return units.map(({ kind, lines }) => ({ kind, body: lines.join('\n') }));
}

/** A line up to `//`, unless that is inside a string. */
function withoutComment(line: string): string {
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\' && quoted) i++;
    else if (line[i] === '"') quoted = !quoted;
    else if (!quoted && line.startsWith('//', i)) return line.slice(0, i);
  }
  return line;
}

function useOf(body: string): Use | undefined {
  const found = /^(.*?)\bfrom\s+"([^"]*)"/s.exec(body);
  if (!found) return undefined;
  const names = found[1].split(',').flatMap((part) => {
    const [name, , as] = part.replace(/[{}]/g, ' ').trim().split(/\s+/);
    return name ? [{ name, as: as ?? name }] : [];
  });
  return { names, from: found[2] };
}

/** The unknowns of an energy: what stands between its brackets. Empty for `A * B`. */
export function unknownsOf(energy: Declaration): readonly Unknown[] {
  if (!energy.rest.startsWith('(')) return [];
  return partsOf(energy.rest.slice(1)).flatMap((part) => {
    const found = new RegExp(`^(${NAME})\\s*:\\s*(.*)$`, 'su').exec(part);
    return found ? [{ name: found[1], domain: found[2].trim() }] : [];
  });
}

/** The fields of a record, or the members of an enum. */
export function membersOf(d: Declaration): readonly string[] {
  const open = d.rest.indexOf('{');
  if (open < 0) return [];
  return partsOf(d.rest.slice(open + 1)).flatMap((part) => new RegExp(`^${NAME}`, 'u').exec(part)?.[0] ?? []);
}

/** What commas separate, up to the bracket that closes; a comma inside brackets separates nothing. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let i = 0;
  for (; i < text.length; i++) {
    const c = text[i];
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && --depth < 0) break;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from, i));
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}
