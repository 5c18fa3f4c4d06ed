/** One parse in progress: the tokens, what has been found wrong, and how rules are run on parts of them. */
import { type CstNode, isRecognitionException } from 'chevrotain';
import { type EnergyGrammar, energyParser, TooDeep } from '../../grammar/grammar.ts';
import type { Building } from './cst.ts';
import type { Diagnostic } from './diagnostic.ts';
import { explain, type Failure } from './explain.ts';
import type { Lexed } from './lexical.ts';
import type { Unit } from './split.ts';

/** The rules that the driver may start from. */
export type StartRule =
  | 'item'
  | 'parameters'
  | 'parameter'
  | 'signature'
  | 'termStatement'
  | 'letStatement'
  | 'requireStatement'
  | 'reportStatement'
  | 'sampleStatement'
  | 'paramItem'
  | 'result';

export interface Outcome {
  /** Complete unless the failure is of another kind than `rest`. */
  readonly cst: CstNode | undefined;
  readonly failure: Failure | undefined;
}

const startOf = (d: Diagnostic): number => (d.place.kind === 'source' ? d.place.span.start : 0);

export class ParseRun implements Building {
  readonly lexed: Lexed;
  readonly file: string;
  readonly diagnostics: Diagnostic[] = [];
  depth = 0;
  /** Whether what came last was noise that has been reported: more of it is not. */
  astray = false;

  constructor(lexed: Lexed, file: string) {
    this.lexed = lexed;
    this.file = file;
  }

  readonly report = (d: Diagnostic): void => {
    this.diagnostics.push(d);
  };

  /** The `///` lines directly above the line of a token. */
  readonly docAt = (offset: number): string => {
    const lines: string[] = [];
    const token = this.lexed.tokens[this.indexOf(offset, { from: 0, to: this.lexed.tokens.length })];
    let line = (token?.startLine ?? 0) - 1;
    for (let doc = this.lexed.docs.get(line); doc; doc = this.lexed.docs.get(--line)) lines.push(doc.text);
    return lines.reverse().join('\n');
  };

  /** Applies a rule to all tokens of a unit. */
  apply(rule: StartRule, unit: Unit): Outcome {
    const parser: EnergyGrammar = energyParser();
    parser.begin(this.lexed.tokens.slice(unit.from, unit.to));
    try {
      const cst = parser[rule]();
      const error = parser.errors[0];
      if (!error) return { cst, failure: undefined };
      const stack = error.context.ruleStack;
      const failure: Failure = {
        kind: failureKind(error.name),
        rule: stack.at(-1) ?? rule,
        expected: error.message,
        index: this.indexOf(error.token.startOffset, unit),
      };
      return { cst: failure.kind === 'rest' ? cst : undefined, failure };
    } catch (error) {
      if (error instanceof TooDeep) {
        const index = this.indexOf(error.token.startOffset, unit);
        return { cst: undefined, failure: { kind: 'deep', rule, expected: '', index } };
      }
      if (error instanceof RangeError || isRecognitionException(error as Error)) {
        return { cst: undefined, failure: { kind: 'deep', rule, expected: '', index: unit.from } };
      }
      throw error;
    }
  }

  /** The index of the token at an offset; the end of the unit for the parser's own end-of-input token. */
  private indexOf(offset: number, unit: Unit): number {
    if (Number.isNaN(offset)) return unit.to;
    let lo = unit.from;
    let hi = unit.to;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.lexed.tokens[mid].startOffset < offset) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  /** Where a unit's text begins and where the next one's does. */
  private extent(unit: Unit): readonly [number, number] {
    const { tokens } = this.lexed;
    const start = unit.from === 0 ? 0 : (tokens[unit.from]?.startOffset ?? Number.POSITIVE_INFINITY);
    return [start, tokens[unit.to]?.startOffset ?? Number.POSITIVE_INFINITY];
  }

  /** Reports what is wrong with single tokens from `start` up to `end`, and says whether there was any. */
  addLexical(start: number, end: number): boolean {
    const all = this.lexed.diagnostics;
    let lo = 0;
    let hi = all.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (startOf(all[mid]) < start) lo = mid + 1;
      else hi = mid;
    }
    const first = lo;
    while (lo < all.length && startOf(all[lo]) < end) this.report(all[lo++]);
    return lo > first;
  }

  /** A unit that was understood: its tokens may still have been misspelt. */
  accept(unit: Unit): void {
    this.addLexical(...this.extent(unit));
  }

  /** One message for a unit that was not: the first odd token in it up to the failure, or else the failure. */
  reject(unit: Unit, failure: Failure, instead?: Diagnostic): void {
    const [start, end] = this.extent(unit);
    const stop = this.lexed.tokens[Math.min(failure.index, unit.to - 1)];
    const upTo = failure.index < unit.to && stop ? stop.startOffset + 1 : end;
    if (this.addLexical(start, upTo)) return;
    this.report(instead ?? explain(this.file, this.lexed.tokens, unit, failure));
  }
}

function failureKind(name: string): Failure['kind'] {
  switch (name) {
    case 'MismatchedTokenException':
      return 'mismatch';
    case 'NotAllInputParsedException':
      return 'rest';
    default:
      return 'choice';
  }
}
