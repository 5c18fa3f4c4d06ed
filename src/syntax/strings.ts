/** Strings as they are written and as they are meant. */
import type { IToken } from 'chevrotain';
import type { Building } from './cst.ts';
import { syntaxError } from './lexical.ts';

const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', t: '\t', r: '\r' };

/** The value of a string token; its quotes may be single or its end missing (both reported elsewhere). */
export function stringValue(b: Building, token: IToken): string {
  const image = token.image;
  const quote = image[0];
  const closed = image.length > 1 && image.endsWith(quote) && !/^"[^"\\]*(?:\\.[^"\\]*)*\\"$/.test(image);
  const inner = image.slice(1, closed ? -1 : undefined);
  if (quote === "'") return inner;
  return inner.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|(.)|$)/g,
    (all, hex: string, sign: string, at: number) => {
      if (hex !== undefined && Number.parseInt(hex, 16) <= 0x10ffff) {
        return String.fromCodePoint(Number.parseInt(hex, 16));
      }
      const value = sign === undefined ? undefined : escapes[sign];
      if (value !== undefined) return value;
      const start = token.startOffset + 1 + at;
      if (closed) {
        b.report(
          syntaxError(
            'E0115',
            { file: b.file, start, end: start + all.length },
            `unknown escape \`${all}\` in a string: expected one of \\" \\\\ \\n \\t \\r \\u{…}`,
          ),
        );
      }
      return all;
    },
  );
}

/** A string as it is written in a program. */
export function quoted(value: string): string {
  let out = '';
  for (const character of value) {
    const code = character.codePointAt(0) as number;
    if (character === '"' || character === '\\') out += `\\${character}`;
    else if (character === '\n') out += '\\n';
    else if (character === '\t') out += '\\t';
    else if (character === '\r') out += '\\r';
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029) {
      out += `\\u{${code.toString(16)}}`;
    } else out += character;
  }
  return `"${out}"`;
}
