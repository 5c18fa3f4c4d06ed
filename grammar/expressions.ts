/**
 * The grammar of expressions, generators and domains. Binary operators are
 * read as a flat list; `precedence` in `tokens.ts` says how they bind. A `(`
 * or `[` that begins a line never continues the expression before it.
 */
import {
  type CstNode,
  CstParser,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type TokenType,
} from 'chevrotain';
import { limits } from '../src/limits.ts';
import { categories, Name, tokens as t, vocabulary } from './tokens.ts';

type Rule = ParserMethod<[], CstNode>;

const { Word, BinaryOperator, PrefixOperator } = categories;

/** Expressions within expressions, at most. */
export const maxNesting = limits.nesting;

/** Thrown out of the parser when brackets, conditions or recurrences are nested beyond `maxNesting`. */
export class TooDeep extends Error {
  readonly token: IToken;
  constructor(token: IToken) {
    super('nested too deeply');
    this.name = 'TooDeep';
    this.token = token;
  }
}

/** Messages carry facts only (the token that was expected); sentences are made in `src/syntax/explain.ts`. */
const facts: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.name,
  buildNotAllInputParsedMessage: () => '',
  buildNoViableAltMessage: () => '',
  buildEarlyExitMessage: () => '',
};

/** The rules of expressions, generators and domains; `grammar.ts` adds declarations and statements. */
export class ExpressionGrammar extends CstParser {
  private depth = 0;

  constructor() {
    super([...vocabulary], {
      maxLookahead: 2,
      recoveryEnabled: false,
      nodeLocationTracking: 'onlyOffset',
      errorMessageProvider: facts,
    });
  }

  /** Begins with new input: everything a former parse may have left behind is forgotten. */
  begin(input: IToken[]): void {
    this.depth = 0;
    this.input = input;
  }

  protected is(at: number, ...types: readonly TokenType[]): boolean {
    return types.includes(this.LA(at).tokenType);
  }

  protected sameLine(): boolean {
    return this.LA(0).endLine === this.LA(1).startLine;
  }

  /** After a comma: `name in` or `(names) in`. */
  private binderFollows(): boolean {
    if (!this.is(2, t.LeftParen)) return this.is(3, t.In) && this.isName(2);
    let at = 3;
    while (this.isName(at) || this.is(at, t.Comma)) at++;
    return this.is(at, t.RightParen) && this.is(at + 1, t.In);
  }

  private isName(at: number): boolean {
    const type = this.LA(at).tokenType;
    return type === t.Identifier || type.CATEGORIES?.includes(Name) === true;
  }

  readonly generator: Rule = this.RULE('generator', () => {
    this.CONSUME(t.For);
    this.SUBRULE(this.binder);
    this.MANY({
      GATE: () => this.binderFollows(),
      DEF: () => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.binder);
      },
    });
    this.OPTION(() => {
      this.CONSUME(t.Where);
      this.SUBRULE(this.expression);
    });
  });

  readonly binder: Rule = this.RULE('binder', () => {
    this.OR([
      { ALT: () => this.CONSUME(Name) },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME2(Name) });
          this.CONSUME(t.RightParen);
        },
      },
    ]);
    this.CONSUME(t.In);
    this.SUBRULE(this.expression);
  });

  readonly domain: Rule = this.RULE('domain', () => {
    this.CONSUME(Name);
    this.OPTION({ GATE: () => this.sameLine(), DEF: () => this.SUBRULE(this.args) });
    this.OPTION2(() => {
      this.CONSUME(t.On);
      this.SUBRULE(this.graph);
    });
    this.OPTION3({
      GATE: () => this.sameLine(),
      DEF: () => {
        this.CONSUME(t.LeftBracket);
        this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
        this.CONSUME(t.RightBracket);
      },
    });
  });

  /** The set after `on`: a name, a call, or anything in parentheses (a `[` after it begins the shape). */
  readonly graph: Rule = this.RULE('graph', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(Name);
          this.OPTION({ GATE: () => this.sameLine(), DEF: () => this.SUBRULE(this.args) });
        },
      },
      { ALT: () => this.SUBRULE(this.parenthesised) },
    ]);
  });

  readonly expression: Rule = this.RULE('expression', () => {
    this.ACTION(() => {
      this.depth++;
      if (this.depth > maxNesting) throw new TooDeep(this.LA(1));
    });
    this.MANY(() => {
      this.CONSUME(t.If);
      this.SUBRULE(this.expression, { LABEL: 'condition' });
      this.CONSUME(t.Then);
      this.SUBRULE2(this.expression, { LABEL: 'consequence' });
      this.CONSUME(t.Else);
    });
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.is(1, t.Scan) && this.is(2, t.LeftParen),
          ALT: () => this.SUBRULE(this.scan),
        },
        { ALT: () => this.SUBRULE(this.operation) },
      ],
    });
    this.ACTION(() => {
      this.depth--;
    });
  });

  readonly scan: Rule = this.RULE('scan', () => {
    this.CONSUME(t.Scan);
    this.CONSUME(t.LeftParen);
    this.SUBRULE(this.binder);
    this.CONSUME(t.Comma);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression, { LABEL: 'init' });
    this.CONSUME(t.RightParen);
    this.CONSUME2(t.Equal);
    this.SUBRULE2(this.expression, { LABEL: 'body' });
  });

  readonly operation: Rule = this.RULE('operation', () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.CONSUME(BinaryOperator);
      this.SUBRULE2(this.operand);
    });
  });

  readonly operand: Rule = this.RULE('operand', () => {
    this.MANY(() => this.CONSUME(PrefixOperator));
    this.SUBRULE(this.postfix);
  });

  readonly postfix: Rule = this.RULE('postfix', () => {
    this.SUBRULE(this.primary);
    this.MANY({
      GATE: () => this.is(1, t.Dot) || this.sameLine(),
      DEF: () => this.SUBRULE(this.suffix),
    });
  });

  readonly suffix: Rule = this.RULE('suffix', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.args) },
      {
        ALT: () => {
          this.CONSUME(t.LeftBracket);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.indexArg) });
          this.CONSUME(t.RightBracket);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          this.CONSUME(Word);
        },
      },
    ]);
  });

  readonly indexArg: Rule = this.RULE('indexArg', () => {
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.expression, { LABEL: 'first' });
          this.OPTION(() => {
            this.CONSUME(t.Colon);
            this.OPTION2(() => this.SUBRULE2(this.expression, { LABEL: 'last' }));
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME2(t.Colon);
          this.OPTION3(() => this.SUBRULE3(this.expression, { LABEL: 'last' }));
        },
      },
    ]);
  });

  readonly args: Rule = this.RULE('args', () => {
    this.CONSUME(t.LeftParen);
    this.OPTION(() => {
      this.SUBRULE(this.arg);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.arg);
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightParen);
  });

  readonly arg: Rule = this.RULE('arg', () => {
    this.OPTION({
      GATE: () => this.is(2, t.Equal),
      DEF: () => {
        this.CONSUME(Word);
        this.CONSUME(t.Equal);
      },
    });
    this.SUBRULE(this.expression);
    this.OPTION2(() => this.SUBRULE(this.generator));
  });

  readonly primary: Rule = this.RULE('primary', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Number) },
      { ALT: () => this.CONSUME(Name) },
      { ALT: () => this.CONSUME(t.String) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.SUBRULE(this.parenthesised) },
      { ALT: () => this.SUBRULE(this.bracketed) },
      { ALT: () => this.SUBRULE(this.braced) },
    ]);
  });

  /** `(a)`, or the tuple `(p, q)`. */
  readonly parenthesised: Rule = this.RULE('parenthesised', () => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightParen);
  });

  /** `[a, b]`, `[e for i in S]`. */
  readonly bracketed: Rule = this.RULE('bracketed', () => {
    this.CONSUME(t.LeftBracket);
    this.OPTION(() => {
      this.SUBRULE(this.expression);
      this.OR([
        { ALT: () => this.SUBRULE(this.generator) },
        {
          ALT: () => {
            this.MANY(() => {
              this.CONSUME(t.Comma);
              this.SUBRULE2(this.expression);
            });
            this.OPTION2(() => this.CONSUME2(t.Comma));
          },
        },
      ]);
    });
    this.CONSUME(t.RightBracket);
  });

  /** `{ e for i in S }`, `{ x[i] = e for i in S, y = e }`. */
  readonly braced: Rule = this.RULE('braced', () => {
    this.CONSUME(t.LeftBrace);
    this.OPTION(() => {
      this.SUBRULE(this.expression);
      this.OR([
        { ALT: () => this.SUBRULE(this.generator) },
        {
          ALT: () => {
            this.SUBRULE(this.entryValue);
            this.MANY(() => {
              this.CONSUME(t.Comma);
              this.SUBRULE2(this.expression);
              this.SUBRULE2(this.entryValue);
            });
            this.OPTION2(() => this.CONSUME2(t.Comma));
          },
        },
      ]);
    });
    this.CONSUME(t.RightBrace);
  });

  readonly entryValue: Rule = this.RULE('entryValue', () => {
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
    this.OPTION(() => this.SUBRULE(this.generator));
  });
}
