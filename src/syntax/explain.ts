/** From the facts of a failed parse to a sentence for people. */
import type { IToken } from 'chevrotain';
import { maxNesting } from '../../grammar/grammar.ts';
import { specOf, tokens as t } from '../../grammar/tokens.ts';
import type { SyntaxCode } from './codes.ts';
import { at, type Diagnostic } from './diagnostic.ts';
import { foreignMark } from './foreign.ts';
import { endOf, spanOf, syntaxError } from './lexical.ts';
import type { Span } from './span.ts';
import { beginsLine, isName, openBracket, surelyStatement, type Unit } from './split.ts';
import { suggest } from './suggest.ts';

/** Why a rule of the grammar did not accept some tokens. */
export interface Failure {
  readonly kind: 'mismatch' | 'choice' | 'rest' | 'deep';
  /** The innermost rule. */
  readonly rule: string;
  /** For a mismatch, the token's name in the table. */
  readonly expected: string;
  /** The token that did not fit; the unit's `to` where the tokens ended too early. */
  readonly index: number;
}

interface Scene {
  readonly file: string;
  readonly tokens: readonly IToken[];
  readonly unit: Unit;
  readonly failure: Failure;
  readonly previous: IToken | undefined;
  readonly found: IToken | undefined;
}

/** What was expected, in words, where the grammar offered a choice. */
const choices: Readonly<Record<string, readonly [SyntaxCode, string]>> = {
  fnItem: ['E0103', '`=` or `{`'],
  energyItem: ['E0103', '`(` or `=`'],
  binder: ['E0107', 'a name or `(`'],
  graph: ['E0103', 'a graph'],
  indexArg: ['E0108', 'an index'],
  suffix: ['E0108', 'an index'],
  domain: ['E0108', 'a size or an index set'],
  braced: ['E0103', '`=` or `for`'],
  useItem: ['E0107', 'a name'],
  paramItem: ['E0106', '`:`, `=` or `~`'],
};

const closers: Readonly<Record<string, string>> = { RightParen: ')', RightBracket: ']', RightBrace: '}' };
/** Rules whose bracket holds one thing and no list. */
const single = new Set(['fnBlock', 'energyBlock', 'scan', 'binder']);

/** What can follow the last that was understood of these declarations. */
const enders: Readonly<Record<string, string>> = {
  Data: '`from "file"`, `one_based` or the end of the line',
  Use: '`frozen` or the end of the line',
  Param: 'an operator, `=`, `~` or the end of the line',
};

/** Words that can follow a finished expression, or one of these declarations, for "did you mean". */
const followers = ['for', 'where', 'and', 'or'];
const followersOf: Readonly<Record<string, readonly string[]>> = {
  Data: ['from', 'one_based', 'on'],
  Use: ['frozen', 'from', 'as'],
};

export const describe = (token: IToken): string => {
  const image = token.image.length > 28 ? `${token.image.slice(0, 25)}…` : token.image;
  const reserved = specOf.get(token.tokenType.name)?.word === 'hard';
  return reserved ? `the reserved word \`${image}\`` : `\`${image}\``;
};

const shown = (token: IToken): string => describe(token).replace(/^the reserved word /, '');

/** One diagnostic for a failure. */
export function explain(file: string, tokens: readonly IToken[], unit: Unit, failure: Failure): Diagnostic {
  const scene: Scene = {
    file,
    tokens,
    unit,
    failure,
    previous: failure.index > unit.from ? tokens[failure.index - 1] : undefined,
    found: failure.index < unit.to ? tokens[failure.index] : undefined,
  };
  const glued = explainGlued(scene) ?? explainForeign(scene);
  if (glued) return glued;
  switch (failure.kind) {
    case 'deep':
      return syntaxError(
        'E0111',
        placeOf(scene),
        `nested too deeply: expected at most ${maxNesting} expressions one inside the other`,
      );
    case 'rest':
      return explainRest(scene);
    case 'choice': {
      const [code, what] = choices[failure.rule] ?? ['E0108', 'an expression'];
      return expected(scene, code, what);
    }
    case 'mismatch':
      return explainMismatch(scene);
  }
}

/** `2x`, `1_000`: a number with letters right behind it. */
function explainGlued(scene: Scene): Diagnostic | undefined {
  const { previous, found } = scene;
  if (!found || previous?.tokenType !== t.Number || !isName(found)) return undefined;
  if (endOf(previous) !== found.startOffset) return undefined;
  const suggestion = /^_[0-9]/.test(found.image)
    ? 'write the digits of a number without `_`'
    : /^[eE]$/.test(found.image)
      ? `an exponent has digits, e.g. \`${previous.image}e3\``
      : previous.image === '0' && /^[xXbBoO][0-9a-fA-F]+$/.test(found.image)
        ? 'write the number with decimal digits'
        : `write \`${previous.image} * ${found.image}\` for a product`;
  return syntaxError(
    'E0116',
    { ...spanOf(scene.file, found), start: previous.startOffset },
    `expected an operator between ${shown(previous)} and ${shown(found)}`,
    { suggestion },
  );
}

/** `:=`, `<-`, `+=`, `->`, `.*`. */
function explainForeign({ file, tokens, failure, found, previous }: Scene): Diagnostic | undefined {
  if (!found) return undefined;
  const { index, expected: wanted } = failure;
  const before = previous?.tokenType === t.Dot ? foreignMark(file, previous, found, wanted) : undefined;
  return before ?? foreignMark(file, found, tokens[index + 1], wanted);
}

function explainMismatch(scene: Scene): Diagnostic {
  const { rule, expected: token } = scene.failure;
  const closer = closers[token];
  if (closer !== undefined) return explainUnclosed(scene, closer);
  switch (token) {
    case 'Name':
    case 'Word':
      return rule === 'domain'
        ? expected(scene, 'E0118', 'a domain such as `real` or `spin`')
        : expected(scene, 'E0107', 'a name');
    case 'Equal':
      return explainNoEqual(scene);
    case 'Colon':
      return expected(scene, 'E0103', '`:` and a domain');
    case 'String':
      return expected(scene, 'E0103', 'a file name in double quotes');
    case 'Tilde':
      return explainNoTilde(scene);
    default: {
      const pattern = specOf.get(token)?.pattern;
      return expected(scene, 'E0103', `\`${Array.isArray(pattern) ? pattern[0] : token}\``);
    }
  }
}

function explainNoEqual(scene: Scene): Diagnostic {
  const { tokens, unit, found, previous } = scene;
  const [first, name] = [tokens[unit.from].tokenType, previous?.image ?? ''];
  const suggestion =
    found?.tokenType === t.Tilde && (first === t.Term || first === t.Let)
      ? `without \`${tokens[unit.from].image}\`: \`${name} ~ …\` is a statement of its own`
      : found?.tokenType === t.LeftParen && first === t.Run
        ? `a job has a name: \`run draws = ${name}(…)\``
        : undefined;
  return { ...expected(scene, 'E0106', '`=`'), ...(suggestion ? { suggestion } : {}) };
}

function explainNoTilde(scene: Scene): Diagnostic {
  if (scene.found?.tokenType.CATEGORIES?.some((c) => c.name === 'BinaryOperator'))
    return {
      ...expected(scene, 'E0103', '`~`'),
      suggestion: 'left of `~` stands an unknown or data, as they are',
    };
  if (scene.found?.tokenType !== t.Equal) return expected(scene, 'E0103', '`~`');
  const target = scene.tokens[scene.unit.from].image;
  return {
    ...expected(scene, 'E0103', '`~`'),
    suggestion: `write \`let ${target} = …\` to name a value, \`term ${target} = …\` to add one to the energy`,
  };
}

function explainUnclosed(scene: Scene, closer: string): Diagnostic {
  const { tokens, unit, failure, found } = scene;
  const opener = openBracket(tokens, unit.from, failure.index);
  const what = single.has(failure.rule) ? `\`${closer}\`` : `\`,\` or \`${closer}\``;
  const lost = !found || beginsLine(tokens, failure.index) || closers[found.tokenType.name] !== undefined;
  const ended = !found && unit.to < tokens.length ? describe(tokens[unit.to]) : foundText(scene);
  const suggestion = hint(scene, followers)?.suggestion;
  return {
    ...syntaxError(lost ? 'E0104' : 'E0103', placeOf(scene), `expected ${what}, found ${ended}`),
    ...(opener
      ? { notes: [{ message: `\`${opener.image}\` was opened here`, place: at(spanOf(scene.file, opener)) }] }
      : {}),
    ...(suggestion ? { suggestion } : {}),
  };
}

function explainRest(scene: Scene): Diagnostic {
  const { tokens, unit, failure, found, previous } = scene;
  if (found && closers[found.tokenType.name] !== undefined) {
    return syntaxError(
      'E0105',
      spanOf(scene.file, found),
      `\`${found.image}\` closes nothing: no bracket is open here`,
    );
  }
  if (failure.index === unit.from + 2) {
    const first = tokens[unit.from].tokenType;
    if (first === t.Index || first === t.Report) return expected(scene, 'E0106', '`=`');
  }
  if (found && surelyStatement(tokens, failure.index))
    return misplacedStatement(scene.file, tokens, failure.index);
  const after = previous ? ` after ${shown(previous)}` : '';
  const given = tokens[unit.from].tokenType;
  if (given === t.Data && found?.tokenType === t.Equal)
    return {
      ...syntaxError(
        'E0103',
        placeOf(scene),
        `data have no value here: expected \`from "file"\`${after}, found \`=\``,
      ),
      suggestion:
        'a number is declared with `const`, what is learned with `param`; a table may be a `let` of the energy',
    };
  if (given === t.Data && previous?.tokenType === t.OneBased && found?.tokenType === t.From)
    return {
      ...syntaxError('E0103', placeOf(scene), 'expected the end of the line after `one_based`, found `from`'),
      suggestion: '`one_based` comes after the file: `from "file" one_based`',
    };
  if (
    given === t.Param &&
    found?.tokenType === t.Equal &&
    tokens.slice(unit.from, failure.index).some((x) => x.tokenType === t.Tilde)
  )
    return {
      ...syntaxError(
        'E0103',
        placeOf(scene),
        `expected an operator or the end of the line${after}, found \`=\``,
      ),
      suggestion: 'the start comes before the prior: `= 0.5 ~ normal(0, 1)`',
    };
  const wanted = enders[given.name] ?? 'an operator or the end of the line';
  return {
    ...syntaxError('E0103', placeOf(scene), `expected ${wanted}${after}, found ${foundText(scene)}`),
    ...hint(scene, followersOf[tokens[unit.from].tokenType.name] ?? followers),
  };
}

/** `expected WHAT after …, found …`, with a word that was probably meant. */
function expected(scene: Scene, code: SyntaxCode, what: string): Diagnostic {
  const after = scene.previous ? ` after ${shown(scene.previous)}` : '';
  const word = /^`([a-z_]+)`$/.exec(what)?.[1];
  return {
    ...syntaxError(code, placeOf(scene), `expected ${what}${after}, found ${foundText(scene)}`),
    ...(code === 'E0107' ? {} : hint(scene, word ? [word] : [])),
  };
}

/** A term or the like where only declarations are. */
export function misplacedStatement(file: string, tokens: readonly IToken[], i: number): Diagnostic {
  const token = tokens[i];
  const what = tokens[i + 1].tokenType === t.Tilde ? 'a statement with `~`' : describe(token);
  return syntaxError(
    'E0110',
    spanOf(file, token),
    `${what} belongs inside an energy, found at the top level`,
    {
      ...(token.tokenType === t.Let ? { suggestion: 'at the top level a value is named with `const`' } : {}),
    },
  );
}

const isDomainName = (token: IToken): boolean =>
  token.tokenType === t.DomainName || token.image === 'vector' || token.image === 'matrix';

function hint(
  { found, failure, previous }: Scene,
  words: readonly string[],
): Pick<Diagnostic, 'suggestion'> | undefined {
  if (!found) return undefined;
  if (found.tokenType === t.Equal && failure.rule !== 'sampleStatement') {
    return { suggestion: 'to compare two values, write `==`' };
  }
  if (found.tokenType === t.Less && previous && isDomainName(previous))
    return { suggestion: 'bounds are written in parentheses: `real(0, inf)`' };
  if (found.tokenType === t.For)
    return { suggestion: 'write `sum(… for i in S)` for a number, `[… for i in S]` for an array' };
  if (found.image === 'mod' || found.image === 'div')
    return { suggestion: found.image === 'mod' ? 'write `mod(x, y)`' : 'write `floor(x / y)`' };
  if (found.tokenType === t.If) return { suggestion: 'put `if … then … else …` in parentheses' };
  const meant = isName(found) ? suggest(found.image, words) : undefined;
  return meant ? { suggestion: `did you mean \`${meant}\`?` } : undefined;
}

function foundText({ tokens, unit, found }: Scene): string {
  if (found) return describe(found);
  const next = tokens[unit.to];
  if (!next) return 'the end of the file';
  return beginsLine(tokens, unit.to) ? 'the end of the line' : describe(next);
}

/** The token that did not fit; or, if it is not on the same line, the end of what came before it. */
function placeOf({ file, tokens, unit, failure, found, previous }: Scene): Span {
  if (found && (!previous || !beginsLine(tokens, failure.index))) return spanOf(file, found);
  if (!previous) return spanOf(file, tokens[Math.min(unit.from, tokens.length - 1)]);
  return { file, start: endOf(previous), end: endOf(previous) };
}
