/** Programs broken at random: characters, words and lines dropped, doubled, exchanged, put in from elsewhere. */
import type { Choices } from './random.ts';

/** Words and signs, with what is between them. */
const pieces = (text: string): string[] =>
  text.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|"[^"\n]*"|\s+|[^\s\w"]/g) ?? [];

/** What a text may get put in. */
const words: readonly string[] = [
  ...['use', 'const', 'index', 'set', 'enum', 'type', 'data', 'param', 'fn', 'energy', 'run', 'term', 'let'],
  ...['require', 'report', 'return', 'from', 'as', 'in', 'on', 'frozen', 'one_based', 'scan', 'if', 'then'],
  ...['else', 'for', 'where', 'true', 'false', 'and', 'or', 'not', 'inf', 'pi', 'sum', 'mean', 'prod', 'max'],
  ...['min', 'logsumexp', 'all', 'any', 'softmin', 'all_different', 'neighbours', 'grid', 'ring', 'line'],
  ...[
    'size',
    'encode',
    'mlp',
    'real',
    'bit',
    'spin',
    'int',
    'category',
    'ordinal',
    'cyclic',
    'angle',
    'simplex',
  ],
  ...['ordered', 'unit', 'cholesky_corr', 'permutation', 'subset', 'normal', 'uniform', 'categorical'],
  ...[
    'multi_normal',
    'dirichlet',
    'log_density',
    'union',
    'transpose',
    'inverse',
    'solve',
    'log_det',
    'diag',
  ],
  ...[
    'sample',
    'fit',
    'minimize',
    'logz',
    'score',
    'given',
    'E',
    'x',
    's',
    'site',
    'p',
    'row',
    'col',
    'length',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '=',
    '~',
    '^',
    '@',
    '..',
    '.',
    '-',
    '+',
    '*',
    '/',
    '==',
    '!=',
    '<',
  ],
  ...[
    '0',
    '1',
    '2',
    '3',
    '-1',
    '0.5',
    '1e3',
    '1e9',
    '1e308',
    '1e309',
    '1e-320',
    '65536',
    '65537',
    '2147483648',
  ],
  ...[
    '9007199254740993',
    '134217729',
    '00',
    '1.',
    '.5',
    '"a.csv"',
    '"',
    "'",
    '//',
    '///',
    '/*',
    '*/',
    '#',
    ';',
  ],
  ...[
    '\0',
    '\ud800',
    '\udfff',
    '\ufeff',
    '\u2028',
    '\u202e',
    '\u00a0',
    '∑',
    '𝔼',
    '²',
    '\r',
    '\r\n',
    '\t',
    '\x7f',
  ],
];

const nests: readonly (readonly [open: string, close: string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['-', ''],
  ['not ', ''],
  ['sum(', ')'],
  ['if ', ' then 1 else 0'],
  ['{', '}'],
  ['sum(', ' for i in 2)'],
  ['exp(', ')'],
];

type Mutation = (text: string, c: Choices, corpus: readonly string[]) => string;

const onList =
  (split: (text: string) => string[], glue: string) =>
  (change: (list: string[], at: number, c: Choices) => void): Mutation =>
  (text, c) => {
    const list = split(text);
    if (list.length === 0) return text;
    change(list, c.below(list.length), c);
    return list.join(glue);
  };
const onWords = onList(pieces, '');
const onLines = onList((t) => t.split('\n'), '\n');
const onCharacters = onList((t) => [...t], '');

const drop = (list: string[], at: number, c: Choices): void => {
  list.splice(at, c.length(20));
};
const double = (list: string[], at: number, c: Choices): void => {
  list.splice(at, 0, ...list.slice(at, at + c.length(20)));
};
const swap = (list: string[], at: number, c: Choices): void => {
  const other = c.below(list.length);
  [list[at], list[other]] = [list[other], list[at]];
};
const copy = (list: string[], at: number, c: Choices): void => {
  list[at] = c.of(list);
};

const mutations: readonly Mutation[] = [
  onWords(drop),
  onWords(double),
  onWords(swap),
  onWords(copy),
  onWords(copy),
  onWords((list, at, c) => {
    list[at] = c.of(words);
  }),
  onWords((list, at, c) => {
    list.splice(at, 0, ` ${c.of(words)} `);
  }),
  onWords((list, at, c) => {
    const [open, close] = c.of(nests);
    const times = c.chance(90) ? c.length(6) : 300;
    list[at] = open.repeat(times) + list[at] + close.repeat(times);
  }),
  onLines(drop),
  onLines(double),
  onLines(swap),
  onCharacters(drop),
  onCharacters(double),
  onCharacters((list, at, c) => {
    list[at] = String.fromCharCode(c.below(c.chance(70) ? 128 : 65536));
  }),
  // A part of another program.
  (text, c, corpus) => {
    const here = text.split('\n');
    const there = c.of(corpus).split('\n');
    const from = c.below(there.length);
    here.splice(c.below(here.length), c.below(3), ...there.slice(from, from + c.length(8)));
    return here.join('\n');
  },
  (text, c, corpus) => {
    const here = pieces(text);
    const there = pieces(c.of(corpus));
    if (there.length === 0) return text;
    const from = c.below(there.length);
    here.splice(c.below(here.length + 1), c.below(3), ...there.slice(from, from + c.length(12)));
    return here.join('');
  },
];

/** A text of the corpus with a few things changed. */
export function mutated(corpus: readonly string[], c: Choices): string {
  let text = c.of(corpus);
  for (let n = c.length(6); n > 0; n--) text = c.of(mutations)(text, c, corpus);
  return text.length > 20_000 ? text.slice(0, 20_000) : text;
}
