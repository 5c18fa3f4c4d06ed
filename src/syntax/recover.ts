/**
 * One declaration, whatever is wrong with it: parsed whole if possible, and
 * otherwise its head and each of its statements by itself.
 */
import type { IToken } from 'chevrotain';
import { type TokenName, tokens as t, wordsOf } from '../../grammar/tokens.ts';
import { buildItem, buildParameter, buildParameters, buildStatement } from './build.ts';
import { buildDomain, buildExpression } from './build-expr.ts';
import { nameOf, node, theNode } from './cst.ts';
import { at, type Diagnostic } from './diagnostic.ts';
import { describe, type Failure, misplacedStatement } from './explain.ts';
import { foreignDeclaration, foreignStatement } from './foreign.ts';
import { endOf, retyped, spanOf, syntaxError } from './lexical.ts';
import type { Outcome, ParseRun, StartRule } from './parse-run.ts';
import {
  beginsLine,
  closingBrace,
  isDeclarationWord,
  isName,
  isPlainName,
  splitStatements,
  surelyStatement,
  type Unit,
} from './split.ts';
import { suggest } from './suggest.ts';
import type { DomainExpr, Expr, Item, Parameter, Statement } from './tree.ts';

const declarationWords = wordsOf('declaration');
const statementWords = ['term', 'let', 'require', 'report'];

const listed = (words: readonly string[]): string =>
  `${words
    .slice(0, -1)
    .map((w) => `\`${w}\``)
    .join(', ')} or \`${words.at(-1)}\``;

const tokenNameOf = (word: string): TokenName =>
  Object.values(t).find((type) => type.PATTERN === word)?.name as TokenName;

/** Parses one piece of a file; undefined where nothing of it can stand in the tree. */
export function parseItem(run: ParseRun, unit: Unit): Item | undefined {
  const first = run.lexed.tokens[unit.from];
  if (!isDeclarationWord(first)) return parseStray(run, unit);
  run.astray = false;
  const outcome = run.apply('item', unit);
  if (outcome.cst) {
    settle(run, unit, outcome);
    return buildItem(run, outcome.cst, run.docAt);
  }
  const failure = outcome.failure as Failure;
  const before = run.diagnostics.length;
  const hasBlock = first.tokenType === t.Energy || first.tokenType === t.Fn;
  const item = hasBlock && failure.kind !== 'deep' ? parseInPieces(run, unit) : undefined;
  if (run.diagnostics.length > before) return item;
  run.reject(unit, failure);
  return item ?? partialItem(run, unit);
}

function settle(run: ParseRun, unit: Unit, outcome: Outcome): void {
  if (outcome.failure) run.reject(unit, outcome.failure);
  else run.accept(unit);
}

/** Something that is no declaration: a misspelt one, a statement outside an energy, or noise. */
function parseStray(run: ParseRun, unit: Unit): Item | undefined {
  const { tokens } = run.lexed;
  const first = tokens[unit.from];
  const reject = (d: Diagnostic): undefined => {
    if (!run.astray) run.reject(unit, { kind: 'rest', rule: 'program', expected: '', index: unit.from }, d);
  };
  const span = spanOf(run.file, first);
  if (['RightParen', 'RightBracket', 'RightBrace'].includes(first.tokenType.name)) {
    return reject(syntaxError('E0105', span, `\`${first.image}\` closes nothing: no bracket is open here`));
  }
  if (surelyStatement(tokens, unit.from)) return reject(misplacedStatement(run.file, tokens, unit.from));
  const meant =
    isName(first) && isName(tokens[unit.from + 1]) ? suggest(first.image, declarationWords) : undefined;
  if (meant !== undefined) run.astray = false;
  reject(
    syntaxError(
      'E0109',
      span,
      `expected a declaration (${listed(declarationWords)}), found ${describe(first)}`,
      meant ? { suggestion: `did you mean \`${meant}\`?` } : foreignDeclaration(first.image),
    ),
  );
  run.astray = meant === undefined;
  return meant === undefined ? undefined : reread(run, unit, meant, () => parseItem(run, unit));
}

/** Reads a unit as if its first word had been spelt `word`; nothing is said twice. */
function reread<T>(run: ParseRun, unit: Unit, word: string, read: () => T): T {
  const tokens = run.lexed.tokens as IToken[];
  const original = tokens[unit.from];
  tokens[unit.from] = retyped(original, tokenNameOf(word));
  const said = run.diagnostics.length;
  const result = read();
  tokens[unit.from] = original;
  const again = run.diagnostics.splice(said);
  if (again.length === 0) return result;
  const known = new Set(run.diagnostics);
  for (const d of again) if (!known.has(d)) run.diagnostics.push(d);
  return result;
}

/** An energy or a function whose whole did not parse. */
function parseInPieces(run: ParseRun, unit: Unit): Item | undefined {
  const { tokens } = run.lexed;
  const keyword = tokens[unit.from];
  const nameToken = tokens[unit.from + 1];
  const block = findBlock(tokens, unit);
  if (!block || unit.from + 1 >= unit.to || !isName(nameToken)) return undefined;
  const isFn = keyword.tokenType === t.Fn;
  const head = parseHead(run, { from: unit.from, to: block.headEnd }, isFn);
  if (block.open === undefined) {
    const previous = tokens[block.headEnd - 1];
    const span = { file: run.file, start: endOf(previous), end: endOf(previous) };
    if (!head.failed)
      run.report(syntaxError('E0103', span, `expected \`{\` after \`${previous.image}\`, found a statement`));
  }
  const inside = { from: block.bodyFrom, to: block.close };
  const { body, value } = isFn
    ? parseFnBody(run, inside)
    : { body: parseEnergyBody(run, inside), value: null };
  finishBlock(run, unit, block);
  const base = {
    span: { file: run.file, start: keyword.startOffset, end: endOf(tokens[unit.to - 1]) },
    doc: run.docAt(keyword.startOffset),
    name: nameOf(run, nameToken),
    params: head.params,
    body,
  };
  if (!isFn) return { kind: 'energy', ...base, algebra: null };
  const missing: Expr = { kind: 'error', span: base.span };
  return { kind: 'fn', ...base, result: head.result, value: value ?? missing };
}

interface Block {
  readonly headEnd: number;
  /** The `{`, unless it is missing. */
  readonly open: number | undefined;
  readonly bodyFrom: number;
  /** The `}`, or the unit's end. */
  readonly close: number;
}

function findBlock(tokens: readonly IToken[], unit: Unit): Block | undefined {
  if (tokens[unit.from + 2]?.tokenType === t.Equal) return undefined;
  let depth = 0;
  for (let i = unit.from + 2; i < unit.to; i++) {
    const type = tokens[i].tokenType;
    if (type === t.LeftParen || type === t.LeftBracket) depth++;
    if (type === t.RightParen || type === t.RightBracket) depth--;
    if (type === t.Equal && depth <= 0) return undefined;
    if (type === t.LeftBrace) {
      return { headEnd: i, open: i, bodyFrom: i + 1, close: closingBrace(tokens, i, unit.to) };
    }
    if (surelyStatement(tokens, i)) {
      const last = tokens[unit.to - 1].tokenType === t.RightBrace ? unit.to - 1 : unit.to;
      return { headEnd: i, open: undefined, bodyFrom: i, close: last };
    }
  }
  return undefined;
}

interface Head {
  readonly params: readonly Parameter[];
  readonly result: DomainExpr | null;
  readonly failed: boolean;
}

function parseHead(run: ParseRun, head: Unit, isFn: boolean): Head {
  const list = { from: head.from + 2, to: head.to };
  const outcome = run.apply(isFn ? 'signature' : 'parameters', list);
  if (outcome.failure) run.reject(head, outcome.failure);
  else run.accept(head);
  const failed = outcome.failure !== undefined;
  if (!outcome.cst) return { params: salvageParameters(run, list), result: null, failed };
  const parameters = isFn ? theNode(outcome.cst, 'parameters') : outcome.cst;
  const result = node(outcome.cst, 'domain');
  return {
    params: buildParameters(run, parameters),
    result: isFn && result ? buildDomain(run, result) : null,
    failed,
  };
}

/** The parameters of a broken list that can be understood one by one. */
function salvageParameters(run: ParseRun, list: Unit): Parameter[] {
  const { tokens } = run.lexed;
  const params: Parameter[] = [];
  const take = (from: number, to: number): void => {
    if (from >= to) return;
    const { cst } = run.apply('parameter', { from, to });
    if (cst) params.push(buildParameter(run, cst));
  };
  let depth = 0;
  let from = list.from + 1;
  for (let i = from; i < list.to; i++) {
    const name = tokens[i].tokenType.name;
    if (name.startsWith('Left')) depth++;
    const ends = depth === 0 && (name === 'Comma' || name === 'RightParen');
    if (name.startsWith('Right')) depth--;
    if (!ends) continue;
    take(from, i);
    from = i + 1;
  }
  take(from, list.to);
  return params;
}

/** What follows the last statement: the `}`, and nothing after it. */
function finishBlock(run: ParseRun, unit: Unit, block: Block): void {
  const { tokens } = run.lexed;
  if (block.close >= unit.to) {
    if (block.open === undefined) return;
    const last = tokens[unit.to - 1];
    const span = { file: run.file, start: endOf(last), end: endOf(last) };
    const next = tokens[unit.to];
    run.report(
      syntaxError('E0104', span, `expected \`}\`, found ${next ? describe(next) : 'the end of the file'}`, {
        notes: [{ message: '`{` was opened here', place: at(spanOf(run.file, tokens[block.open])) }],
      }),
    );
    return;
  }
  const rest = { from: block.close + 1, to: unit.to };
  if (rest.from < rest.to) run.reject(rest, { kind: 'rest', rule: 'item', expected: '', index: rest.from });
  else run.accept({ from: block.close, to: unit.to });
}

function parseEnergyBody(run: ParseRun, inside: Unit): Statement[] {
  return splitStatements(run.lexed.tokens, inside).flatMap((unit) => parseStatement(run, unit) ?? []);
}

function parseFnBody(run: ParseRun, inside: Unit): { body: Statement[]; value: Expr | null } {
  const { tokens } = run.lexed;
  const units = splitStatements(tokens, inside);
  const body: Statement[] = [];
  for (const [i, unit] of units.entries()) {
    const first = tokens[unit.from].tokenType;
    if (first === t.Let || first === t.Param) {
      const statement = parseRule(run, unit, first === t.Let ? 'letStatement' : 'paramItem');
      if (statement) body.push(statement);
    } else if (i === units.length - 1) {
      return { body, value: parseResult(run, unit) };
    } else {
      const message = `expected \`let\`, \`param\` or the result of the function, found ${describe(tokens[unit.from])}`;
      rejectAt(run, unit, syntaxError('E0110', spanOf(run.file, tokens[unit.from]), message));
    }
  }
  const start = inside.to > inside.from ? endOf(tokens[inside.to - 1]) : endOf(tokens[inside.from - 1]);
  const span = { file: run.file, start, end: start };
  if (inside.to < tokens.length && tokens[inside.to].tokenType === t.RightBrace) {
    run.report(syntaxError('E0108', span, "expected the function's result after its statements, found `}`"));
  }
  return { body, value: null };
}

function parseResult(run: ParseRun, unit: Unit): Expr | null {
  const first = run.lexed.tokens[unit.from];
  if (statementWords.includes(first.image) && isName(run.lexed.tokens[unit.from + 1])) {
    const message = `\`${first.image}\` belongs in an energy; a function holds \`let\` and \`param\` and gives one result`;
    rejectAt(run, unit, syntaxError('E0110', spanOf(run.file, first), message));
    return null;
  }
  const outcome = run.apply('result', unit);
  settle(run, unit, outcome);
  return outcome.cst ? buildExpression(run, theNode(outcome.cst, 'expression')) : null;
}

function rejectAt(run: ParseRun, unit: Unit, d: Diagnostic): void {
  run.reject(unit, { kind: 'rest', rule: 'statement', expected: '', index: unit.from }, d);
}

const statementRules: Readonly<Record<string, StartRule>> = {
  Term: 'termStatement',
  Let: 'letStatement',
  Report: 'reportStatement',
  Require: 'requireStatement',
  Param: 'paramItem',
};

/** One statement of an energy. */
function parseStatement(run: ParseRun, unit: Unit): Statement | undefined {
  const { tokens } = run.lexed;
  const first = tokens[unit.from];
  const second = unit.from + 1 < unit.to ? tokens[unit.from + 1] : undefined;
  const rule = statementRules[first.tokenType.name];
  const asName =
    second !== undefined && ['Tilde', 'Dot', 'LeftBracket', 'LeftParen'].includes(second.tokenType.name);
  if (rule && (!asName || (rule === 'requireStatement' && second.tokenType.name.startsWith('Left')))) {
    return parseRule(run, unit, rule);
  }
  const span = spanOf(run.file, first);
  const adjacent = isPlainName(second) && !beginsLine(tokens, unit.from + 1);
  if (isDeclarationWord(first) && adjacent) {
    const message = `\`${first.image}\` declares something for the whole file: it cannot stand inside an energy`;
    rejectAt(run, unit, syntaxError('E0110', span, message, { suggestion: 'move it out of the energy' }));
    return undefined;
  }
  const meant = adjacent ? suggest(first.image, statementWords) : undefined;
  const startsPlace = isName(first) && !adjacent;
  if (startsPlace && second !== undefined) return parseRule(run, unit, 'sampleStatement');
  const words = `${statementWords.map((w) => `\`${w}\``).join(', ')} or \`x ~ distribution\``;
  const outcome = run.apply('result', unit);
  const isExpression = !meant && outcome.failure === undefined;
  rejectAt(
    run,
    unit,
    syntaxError('E0109', span, `expected a statement (${words}), found ${describe(first)}`, {
      ...(meant ? { suggestion: `did you mean \`${meant}\`?` } : {}),
      ...(isExpression ? { suggestion: 'to add it to the energy, write `term name = …`' } : {}),
      ...(meant ? {} : foreignStatement(first.image)),
    }),
  );
  if (!meant) return undefined;
  const said = run.diagnostics.length;
  const statement = reread(run, unit, meant, () => parseStatement(run, unit));
  run.diagnostics.length = said;
  return statement;
}

function parseRule(run: ParseRun, unit: Unit, rule: StartRule): Statement | undefined {
  const outcome = run.apply(rule, unit);
  settle(run, unit, outcome);
  return outcome.cst ? buildStatement(run, outcome.cst, run.docAt) : partialStatement(run, unit);
}

/** A named statement whose expression was not understood: its name is still known to what follows. */
function partialStatement(run: ParseRun, unit: Unit): Statement | undefined {
  const [first, second] = run.lexed.tokens.slice(unit.from, Math.min(unit.from + 2, unit.to));
  if (!second || !isName(second)) return undefined;
  const span = { file: run.file, start: first.startOffset, end: endOf(run.lexed.tokens[unit.to - 1]) };
  const base = { name: nameOf(run, second), span, doc: run.docAt(span.start) };
  const value: Expr = { kind: 'error', span };
  switch (first.tokenType.name) {
    case 'Term':
      return { kind: 'term', ...base, value };
    case 'Let':
      return { kind: 'let', ...base, value };
    case 'Report':
      return { kind: 'report', ...base, value };
    default:
      return undefined;
  }
}

/** A declaration whose right-hand side was not understood: its name is still known to the rest of the file. */
function partialItem(run: ParseRun, unit: Unit): Item | undefined {
  const [first, second] = run.lexed.tokens.slice(unit.from, Math.min(unit.from + 2, unit.to));
  if (!second || !isName(second)) return undefined;
  const span = { file: run.file, start: first.startOffset, end: endOf(run.lexed.tokens[unit.to - 1]) };
  const base = { name: nameOf(run, second), span, doc: run.docAt(span.start) };
  const value: Expr = { kind: 'error', span };
  switch (first.tokenType.name) {
    case 'Const':
      return { kind: 'const', ...base, type: null, value };
    case 'Index':
      return { kind: 'index', ...base, value };
    case 'Set':
      return { kind: 'set', ...base, value };
    case 'Param':
      return { kind: 'param', ...base, domain: null, init: value, prior: null };
    case 'Fn':
      return { kind: 'fn', ...base, params: [], result: null, body: [], value };
    case 'Energy':
      return { kind: 'energy', ...base, params: [], body: [], algebra: value };
    case 'Run':
      return { kind: 'run', ...base, value };
    default:
      return undefined;
  }
}
