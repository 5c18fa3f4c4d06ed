/** Snippets: texts with places that the writer fills in, one after the other. */
import { wordsOf } from '../../grammar/tokens.ts';

/** A text as a snippet that has no places. */
export const escaped = (text: string): string => text.replace(/[\\$}]/g, '\\$&');

/** The nth place of a snippet, with what stands there until something is typed; 0 is where the cursor ends. */
export const place = (n: number, text = ''): string => (text === '' ? `$${n}` : `\${${n}:${escaped(text)}}`);

/** `Ising(${1:s}, ${2:J})`: a call with a place for each parameter. */
export const callSnippet = (name: string, params: readonly string[]): string =>
  `${escaped(name)}(${params.map((p, i) => place(i + 1, p)).join(', ')})${place(0)}`;

const shapes: Readonly<Record<string, string>> = {
  use: `use ${place(2)} from "${place(1, 'std/')}"${place(0)}`,
  const: `const ${place(1, 'n')} = ${place(2, '1')}`,
  index: `index ${place(1, 'site')} = ${place(2, 'grid(8, 8)')}`,
  set: `set ${place(1, 'bond')} = ${place(2, 'neighbours(site)')}`,
  enum: `enum ${place(1, 'Name')} = { ${place(2, 'first, second')} }`,
  type: `type ${place(1, 'Row')} = { ${place(2, 'field : real')} }`,
  data: `data ${place(1, 'y')} : ${place(2, 'real[row]')} from "${place(3, 'file.csv')}"`,
  param: `param ${place(1, 'w')} : ${place(2, 'real')} = ${place(3, '0')}`,
  fn: `fn ${place(1, 'f')}(${place(2, 'x : real')}) : ${place(3, 'real')} = ${place(0, 'x')}`,
  energy: `energy ${place(1, 'E')}(${place(2, 'x : real')}) {\n  ${place(0, 'term t = x ^ 2')}\n}`,
  run: `run ${place(1, 'draws')} = ${place(2, 'sample')}(${place(3, 'E')})`,
  term: `term ${place(1, 'name')} = ${place(0)}`,
  let: `let ${place(1, 'name')} = ${place(0)}`,
  require: `require ${place(0)}`,
  report: `report ${place(1, 'name')} = ${place(0)}`,
  return: `return ${place(0)}`,
};

/** Words that open declarations and statements, with what follows them; in the order of the token table. */
export const openings: ReadonlyMap<string, string> = new Map(
  [...wordsOf('declaration'), ...wordsOf('keyword')].flatMap((w): [string, string][] =>
    Object.hasOwn(shapes, w) ? [[w, shapes[w]]] : [],
  ),
);
