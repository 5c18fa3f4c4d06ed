/**
 * The grammar: what may be written, as one chevrotain parser for concrete
 * trees. Here are declarations and statements; what they are made of is in
 * `expressions.ts`.
 */
import type { CstNode, ParserMethod, TokenType } from 'chevrotain';
import { ExpressionGrammar } from './expressions.ts';
import { categories, Name, tokens as t } from './tokens.ts';

export { maxNesting, TooDeep } from './expressions.ts';

type Rule = ParserMethod<[], CstNode>;

const { Word } = categories;

export class EnergyGrammar extends ExpressionGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** Whether a word opens a statement, or is a name that a sampling statement begins with. */
  private opensStatement(word: TokenType): boolean {
    return this.is(1, word) && !this.is(2, t.Tilde, t.Dot, t.LeftBracket, t.LeftParen);
  }

  private opensRequire(): boolean {
    return this.is(1, t.Require) && !this.is(2, t.Tilde, t.Dot);
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
        // Understood, so that the checker can say where parameters are declared.
        { GATE: () => this.opensStatement(t.Param), ALT: () => this.SUBRULE(this.paramItem) },
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
}

let parser: EnergyGrammar | undefined;

/** The parser, made on first use. */
export function energyParser(): EnergyGrammar {
  parser ??= new EnergyGrammar();
  return parser;
}
