/**
 * `docs/grammar.md` and its diagrams, made from the parser itself and the token
 * table: what the rules are cannot be said differently from what they do. Only
 * `notes` is written by hand: what gates and the reader of operators add.
 */
import { ruleText } from './notation.ts';
import { railroad } from './railroad.ts';
import { type GrammarRule, grammarRules } from './shapes.ts';
import { identifierPattern, precedence, type TokenSpec, tokenSpecs, wordsOf } from './tokens.ts';

export interface GrammarDocument {
  /** The text of `docs/grammar.md`. */
  readonly text: string;
  /** The text of `docs/grammar/NAME.svg`, by NAME. */
  readonly diagrams: ReadonlyMap<string, string>;
}

/** What the rules do not show, by the parser's name of the rule. */
export const notes: Readonly<Record<string, string>> = {
  generator: 'A comma goes on with a further binder only where `name in` or `(names) in` follows it.',
  binder: 'Parentheses hold the components of a tuple: `(p, q) in bond`.',
  domain:
    'Arguments and index sets stand on the line of the name: a `(` or `[` that begins a line never continues what precedes it.',
  graph: 'A call stands on the line of its name. A `[` behind the graph begins the shape of the array.',
  expression:
    'An `if` reaches as far to the right as it can. `scan` is the recurrence only where `(` follows; it is a name elsewhere. At most 256 expressions stand one inside the other.',
  operation: 'Operands and operators are read as a flat list; [precedence](#operators) says how they group.',
  operand: '`not` binds more loosely than arithmetic: inside of it, it needs parentheses.',
  postfix: 'A `(` or `[` continues the expression on its own line only; a `.` may also begin a line.',
  arg: 'The word is an option only where `=` follows it. A generator belongs to the sole argument of a reduction.',
  parenthesised: 'One expression is that expression; several are a tuple.',
  bracketed: 'An array over the sets of the generator, or a vector of its entries.',
  braced: 'A set over the sets of the generator, or values that are given: `{ x[left] = photo[left] }`.',
  fnBlock:
    '`let` and `param` open a statement unless `~`, `.`, `[` or `(` follows them: they are names there.',
  result: '`return` is a name where `}` follows it.',
  statement:
    '`term`, `let` and `report` open a statement unless `~`, `.`, `[` or `(` follows them, `require` unless `~` or `.` does: they are names there, and the statement is a sample.',
  program: 'Declarations may come in any order. There are no separators between them.',
  enumItem: 'Any word may name a value, reserved ones too.',
  typeField: 'Any word may name a field, reserved ones too.',
};

/** Rules by what they are about, by the parser's names; a rule in none of them goes to the last. */
const chapters: readonly (readonly [title: string, rules: readonly string[]])[] = [
  [
    'Declarations',
    [
      ...['program', 'item', 'useItem', 'useName', 'constItem', 'indexItem', 'setItem', 'enumItem'],
      ...['typeItem', 'typeField', 'dataItem', 'paramItem', 'fnItem', 'signature', 'fnBlock'],
      ...['localStatement', 'result', 'energyItem', 'energyBlock', 'runItem', 'parameters', 'parameter'],
    ],
  ],
  [
    'Statements',
    [
      ...['statement', 'termStatement', 'letStatement', 'requireStatement', 'reportStatement'],
      'sampleStatement',
    ],
  ],
  ['Domains and generators', ['domain', 'graph', 'generator', 'binder']],
  ['Expressions', []],
];

export function grammarDocument(): GrammarDocument {
  const rules = grammarRules();
  const placed = new Set(chapters.flatMap(([, names]) => names));
  const column = Math.max(...rules.map((r) => r.name.length));
  const sections = chapters.map(([title, names], i) => {
    const own = rules.filter((r) =>
      i === chapters.length - 1 ? !placed.has(r.source) : names.includes(r.source),
    );
    return `## ${title}\n\n${own.map(section).join('\n\n')}`;
  });
  const text = `# The grammar

<!-- Made from the parser by grammar/document.ts; \`npm run grammar\` writes it anew. -->

Every rule of the parser, as text and as a track that is followed from left to right: rounded boxes are written as they stand, square boxes are rules, dashed ones classes of tokens. \`x?\` is at most one x, \`x*\` any number, \`x+\` at least one, \`x | y\` one of both.

${chapters.map(([title]) => `- [${title}](#${anchor(title)})`).join('\n')}
- [Tokens](#tokens)
- [Operators](#operators)
- [All rules](#all-rules)

${sections.join('\n\n')}

${tokenChapter()}

${operatorChapter()}

## All rules

\`\`\`text
${rules.map((r) => ruleText(r, column)).join('\n')}
\`\`\`
`;
  return { text, diagrams: new Map(rules.map((r) => [r.name, railroad(r.name, r.shape)])) };
}

const anchor = (title: string): string => title.toLowerCase().replace(/ /g, '-');

function section(rule: GrammarRule): string {
  const note = notes[rule.source];
  return [
    `### ${rule.name}`,
    `![${rule.name}](grammar/${rule.name}.svg)`,
    `\`\`\`text\n${ruleText(rule, rule.name.length)}\n\`\`\``,
    ...(note === undefined ? [] : [note]),
  ].join('\n\n');
}

const code = (words: readonly string[]): string => words.map((w) => `\`${w}\``).join(' ');

const fixed = (spec: TokenSpec): readonly string[] => (Array.isArray(spec.pattern) ? spec.pattern : []);

const source = (name: string): string => {
  const spec = tokenSpecs.find((s) => s.name === name);
  return spec?.pattern instanceof RegExp ? `\`${spec.pattern.source.replace(/\|/g, '\\|')}\`` : '';
};

function tokenChapter(): string {
  const reserved = tokenSpecs.filter((s) => s.word === 'hard').flatMap(fixed);
  const soft = tokenSpecs.filter((s) => s.word === 'soft' && s.class !== 'domain').flatMap(fixed);
  const stood = tokenSpecs.filter((s) => s.standsFor !== undefined && fixed(s).length > 0);
  const rows: readonly (readonly [string, string])[] = [
    ['`word`', 'a name or a reserved word'],
    [
      '`name`',
      `letters (Latin, Greek, Cyrillic), digits, \`_\` and subscript digits, not beginning with a digit, and not reserved: \`${example(identifierPattern)}\``,
    ],
    ['`number`', source('Number')],
    ['`string`', source('String')],
    ['`binary-operator`', code(tokenSpecs.filter((s) => s.binary).flatMap(fixed)).replace(/\|/g, '\\|')],
    ['`prefix-operator`', code(tokenSpecs.filter((s) => s.prefix).flatMap(fixed))],
    ['comment', '`//` to the end of the line; `///` documents the declaration below it'],
    ['reserved words', code(reserved)],
    ['words that are also names', code(soft)],
    ['names of domains', code(wordsOf('domain'))],
    [
      'understood, and reported',
      stood
        .map((s) => {
          const meant = tokenSpecs.find((x) => x.name === s.standsFor);
          return `\`${fixed(s)[0].replace(/\|/g, '\\|')}\` for \`${meant ? fixed(meant)[0] : s.standsFor}\``;
        })
        .join(', '),
    ],
  ];
  return `## Tokens

| token | text |
| --- | --- |
${rows.map(([a, b]) => `| ${a} | ${b} |`).join('\n')}

White space separates tokens and means nothing else, but for the rule that a \`(\` or \`[\` which begins a line begins something new.`;
}

/** A name that the pattern of names takes whole. */
const example = (pattern: RegExp): string =>
  ['σ₀', 'x1', 'log_share'].filter((w) => pattern.exec(w)?.[0] === w).join('` `');

function operatorChapter(): string {
  const levels = Object.entries(precedence);
  const rows = levels.map(([name, level]) => {
    const binary = tokenSpecs.filter((s) => s.binary?.precedence === level);
    const sides = [...new Set(binary.map((s) => s.binary?.associativity))];
    const prefix = name === 'not' ? '`not x`' : name === 'negation' ? '`-x`' : '';
    const written =
      name === 'conditional'
        ? '`if … then … else …`'
        : name === 'postfix'
          ? '`f(x)` `x[i]` `x.f`'
          : prefix || code(binary.flatMap(fixed));
    const side = sides.length === 0 ? '' : sides[0] === 'none' ? 'do not chain' : `group to the ${sides[0]}`;
    return `| ${level} | ${name} | ${written} | ${side} |`;
  });
  return `## Operators

From loose to tight. A minus sign after an operator needs no parentheses: \`x ^ -2\`.

| level | name | operators | |
| --- | --- | --- | --- |
${rows.join('\n')}`;
}
