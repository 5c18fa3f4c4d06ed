/**
 * The grammar: what may be written, as one chevrotain parser for concrete
 * trees. Binary operators are read as a flat list; `precedence` in `tokens.ts`
 * says how they bind. A `(` or `[` that begins a line never continues the
 * expression before it.
 */
import {
  type CstNode,
  CstParser,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type TokenType,
} from 'chevrotain';
import { categories, Name, tokens as t, vocabulary } from './tokens.ts';

type Rule = ParserMethod<[], CstNode>;

const { Word, BinaryOperator, PrefixOperator } = categories;

/** Expressions within expressions, at most. */
export const maxNesting = 256;

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

export class EnergyGrammar extends CstParser {
  private depth = 0;

  constructor() {
    super([...vocabulary], {
      maxLookahead: 2,
      recoveryEnabled: false,
      nodeLocationTracking: 'onlyOffset',
      errorMessageProvider: facts,
    });
    this.performSelfAnalysis();
  }

  /** Begins with new input: everything a former parse may have left behind is forgotten. */
  begin(input: IToken[]): void {
    this.depth = 0;
    this.input = input;
  }

  private is(at: number, ...types: readonly TokenType[]): boolean {
    return types.includes(this.LA(at).tokenType);
  }

  private sameLine(): boolean {
    return this.LA(0).endLine === this.LA(1).startLine;
  }

  /** Whether a word opens a statement, or is a name that a sampling statement begins with. */
  private opensStatement(word: TokenType): boolean {
    return this.is(1, word) && !this.is(2, t.Tilde, t.Dot, t.LeftBracket, t.LeftParen);
  }

  private opensRequire(): boolean {
    return this.is(1, t.Require) && !this.is(2, t.Tilde, t.Dot);
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

  readonly program: Rule = this.RULE('program', () => {
    this.MANY(() => this.SUBRULE(this.item));
  });

  readonly item: Rule = this.RULE('item', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.useItem) },
      { ALT: () => this.SUBRULE(this.constItem) },
      { ALT: () => this.SUBRULE(this.indexItem) },
      { ALT: () => this.SUBRULE(this.setItem) },
      { ALT: () => this.SUBRULE(this.enumItem) },
      { ALT: () => this.SUBRULE(this.typeItem) },
      { ALT: () => this.SUBRULE(this.dataItem) },
      { ALT: () => this.SUBRULE(this.paramItem) },
      { ALT: () => this.SUBRULE(this.fnItem) },
      { ALT: () => this.SUBRULE(this.energyItem) },
      { ALT: () => this.SUBRULE(this.runItem) },
    ]);
  });

  readonly useItem: Rule = this.RULE('useItem', () => {
    this.CONSUME(t.Use);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.useName) });
    this.CONSUME(t.From);
    this.CONSUME(t.String);
    this.OPTION(() => this.CONSUME(t.Frozen));
  });

  readonly useName: Rule = this.RULE('useName', () => {
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(t.As);
      this.CONSUME2(Name);
    });
  });

  readonly constItem: Rule = this.RULE('constItem', () => {
    this.CONSUME(t.Const);
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.domain);
    });
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly indexItem: Rule = this.RULE('indexItem', () => {
    this.CONSUME(t.Index);
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(t.Equal);
      this.SUBRULE(this.expression);
    });
  });

  readonly setItem: Rule = this.RULE('setItem', () => {
    this.CONSUME(t.Set);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly enumItem: Rule = this.RULE('enumItem', () => {
    this.CONSUME(t.Enum);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.CONSUME(t.LeftBrace);
    this.CONSUME(Word);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.CONSUME2(Word);
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    this.CONSUME(t.RightBrace);
  });

  readonly typeItem: Rule = this.RULE('typeItem', () => {
    this.CONSUME(t.Type);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.CONSUME(t.LeftBrace);
    this.SUBRULE(this.typeField);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.typeField);
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    this.CONSUME(t.RightBrace);
  });

  readonly typeField: Rule = this.RULE('typeField', () => {
    this.CONSUME(Word);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.domain);
  });

  readonly dataItem: Rule = this.RULE('dataItem', () => {
    this.CONSUME(t.Data);
    this.CONSUME(Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.domain);
    this.OPTION(() => {
      this.CONSUME(t.From);
      this.CONSUME(t.String);
    });
    this.OPTION2(() => this.CONSUME(t.OneBased));
  });

  readonly paramItem: Rule = this.RULE('paramItem', () => {
    this.CONSUME(t.Param);
    this.CONSUME(Name);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Colon);
          this.SUBRULE(this.domain);
          this.OPTION(() => {
            this.CONSUME(t.Equal);
            this.SUBRULE(this.expression, { LABEL: 'init' });
          });
          this.OPTION2(() => {
            this.CONSUME(t.Tilde);
            this.SUBRULE2(this.expression, { LABEL: 'prior' });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME2(t.Equal);
          this.SUBRULE3(this.expression, { LABEL: 'init' });
          this.OPTION3(() => {
            this.CONSUME2(t.Tilde);
            this.SUBRULE4(this.expression, { LABEL: 'prior' });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME3(t.Tilde);
          this.SUBRULE5(this.expression, { LABEL: 'prior' });
        },
      },
    ]);
  });

  readonly fnItem: Rule = this.RULE('fnItem', () => {
    this.CONSUME(t.Fn);
    this.CONSUME(Name);
    this.SUBRULE(this.signature);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Equal);
          this.SUBRULE(this.expression);
        },
      },
      { ALT: () => this.SUBRULE(this.fnBlock) },
    ]);
  });

  readonly signature: Rule = this.RULE('signature', () => {
    this.SUBRULE(this.parameters);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.domain);
    });
  });

  readonly fnBlock: Rule = this.RULE('fnBlock', () => {
    this.CONSUME(t.LeftBrace);
    this.MANY({
      GATE: () => this.opensStatement(t.Let) || this.opensStatement(t.Param),
      DEF: () => this.SUBRULE(this.localStatement),
    });
    this.SUBRULE(this.result);
    this.CONSUME(t.RightBrace);
  });

  readonly localStatement: Rule = this.RULE('localStatement', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.letStatement) }, { ALT: () => this.SUBRULE(this.paramItem) }]);
  });

  readonly result: Rule = this.RULE('result', () => {
    this.OPTION({
      GATE: () => !this.is(2, t.RightBrace),
      DEF: () => this.CONSUME(t.Return),
    });
    this.SUBRULE(this.expression);
  });

  readonly energyItem: Rule = this.RULE('energyItem', () => {
    this.CONSUME(t.Energy);
    this.CONSUME(Name);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Equal);
          this.SUBRULE(this.expression);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.parameters);
          this.SUBRULE(this.energyBlock);
        },
      },
    ]);
  });

  readonly energyBlock: Rule = this.RULE('energyBlock', () => {
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.statement));
    this.CONSUME(t.RightBrace);
  });

  readonly runItem: Rule = this.RULE('runItem', () => {
    this.CONSUME(t.Run);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly parameters: Rule = this.RULE('parameters', () => {
    this.CONSUME(t.LeftParen);
    this.OPTION(() => {
      this.SUBRULE(this.parameter);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.parameter);
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightParen);
  });

  readonly parameter: Rule = this.RULE('parameter', () => {
    this.CONSUME(Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.domain);
  });

  readonly statement: Rule = this.RULE('statement', () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => this.opensStatement(t.Term), ALT: () => this.SUBRULE(this.termStatement) },
        { GATE: () => this.opensStatement(t.Let), ALT: () => this.SUBRULE(this.letStatement) },
        { GATE: () => this.opensRequire(), ALT: () => this.SUBRULE(this.requireStatement) },
        { GATE: () => this.opensStatement(t.Report), ALT: () => this.SUBRULE(this.reportStatement) },
        { ALT: () => this.SUBRULE(this.sampleStatement) },
      ],
    });
  });

  readonly termStatement: Rule = this.RULE('termStatement', () => {
    this.CONSUME(t.Term);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly letStatement: Rule = this.RULE('letStatement', () => {
    this.CONSUME(t.Let);
    this.CONSUME(Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly requireStatement: Rule = this.RULE('requireStatement', () => {
    this.CONSUME(t.Require);
    this.SUBRULE(this.expression);
    this.OPTION(() => this.SUBRULE(this.generator));
  });

  readonly reportStatement: Rule = this.RULE('reportStatement', () => {
    this.CONSUME(t.Report);
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(t.Equal);
      this.SUBRULE(this.expression);
    });
  });

  readonly sampleStatement: Rule = this.RULE('sampleStatement', () => {
    this.SUBRULE(this.postfix);
    this.CONSUME(t.Tilde);
    this.SUBRULE(this.expression);
    this.OPTION(() => this.SUBRULE(this.generator));
  });

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

let parser: EnergyGrammar | undefined;

/** The parser, made on first use. */
export function energyParser(): EnergyGrammar {
  parser ??= new EnergyGrammar();
  return parser;
}
