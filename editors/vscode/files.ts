/** The files of the extension that are made: from the token table, the snippets of completion and the manifest. */
import { escaped, place } from '../../src/language/snippets.ts';
import { templates } from '../../src/scaffold/templates.ts';
import { editing } from '../../src/syntax/editing.ts';
import { textMateGrammar } from '../../src/syntax/highlight.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

interface Snippet {
  readonly prefix: string;
  readonly description: string;
  readonly body: readonly string[];
}

/** What people write again and again; single declarations are offered by the server. */
const idioms: readonly (Omit<Snippet, 'body'> & { readonly name: string; readonly text: string })[] = [
  {
    name: 'lattice',
    prefix: 'lattice',
    description: 'an index set with its pairs of neighbours',
    text: `index ${place(1, 'site')} = grid(${place(2, '32, 32')})\nset ${place(3, 'bond')} = neighbours(${place(1, 'site')}, wrap = true)\n${place(0)}`,
  },
  {
    name: 'pairs',
    prefix: 'pairs',
    description: 'a term over pairs of neighbours',
    text: `term ${place(1, 'coupling')} = -${place(2, 'J')} * sum(${place(3, 's')}[p] * ${place(3, 's')}[q] for (p, q) in ${place(4, 'bond')})${place(0)}`,
  },
  {
    name: 'product of experts',
    prefix: 'product',
    description: 'an energy whose density is a product of those of others',
    text: `energy ${place(1, 'Joint')} = ${place(2, 'A')} * ${place(3, 'B')} ^ ${place(4, '0.7')}${place(0)}`,
  },
  {
    name: 'table',
    prefix: 'table',
    description: 'an energy over the rows of a table, with a network',
    text: `type ${place(1, 'Row')} = { ${place(2, 'age : real, owns : bit')} }
data ${place(3, 'seen')} : ${place(1, 'Row')}[row] from "${place(4, 'table.csv')}"
param net = mlp(encode(${place(1, 'Row')}), hidden = [64, 64])
energy ${place(5, 'Table')}(r : ${place(1, 'Row')}) {
  let x = encode(r, like = ${place(3, 'seen')})
  term shape = net(x)
  term tail = 0.01 * sum(x ^ 2)
}
${place(0)}`,
  },
  {
    name: 'fit',
    prefix: 'fit',
    description: 'a job that trains parameters on rows of data',
    text: `run ${place(1, 'learn')} = fit(${place(2, 'E')}, ${place(3, 'rows')}, loss = discrepancy(t = ${place(4, '0.1')}), optimizer = adam(rate = ${place(5, '0.01')}), steps = ${place(6, '1000')})${place(0)}`,
  },
  {
    name: 'condition',
    prefix: 'given',
    description: 'a job that draws with some of the unknowns given',
    text: `run ${place(1, 'fill')} = sample(${place(2, 'E')}, given = { ${place(3, 'x')} = ${place(4, 'value')} })${place(0)}`,
  },
];

/** Idioms, and small programs to begin with. */
function snippets(): Readonly<Record<string, Snippet>> {
  const out: Record<string, Snippet> = {};
  for (const { name, prefix, description, text } of idioms)
    out[name] = { prefix, description, body: text.split('\n') };
  for (const { name, doc, text, files } of templates) {
    // Those that read files come with them from `energy new`.
    if (files && Object.keys(files).length > 0) continue;
    const body = escaped(text.trimEnd()).split('\n');
    out[`program: ${name}`] = { prefix: `program-${name}`, description: doc, body };
  }
  return out;
}

/** Texts by path; kept beside the manifest, and compared with what is made now by a test. */
export function madeFiles(): ReadonlyMap<string, string> {
  const { brackets, ...rest } = editing();
  return new Map([
    ['syntaxes/energy.tmLanguage.json', json(textMateGrammar())],
    ['language-configuration.json', json({ ...rest, brackets })],
    ['snippets/energy.json', json(snippets())],
  ]);
}
