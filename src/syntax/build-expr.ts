/** From concrete to abstract trees: expressions, generators, domains. */
import type { CstNode, IToken } from 'chevrotain';
import { precedence, specOf } from '../../grammar/tokens.ts';
import { limits } from '../limits.ts';
import { type Building, nameOf, node, nodes, spanOfNode, theNode, theTok, tok, toks } from './cst.ts';
import { spanOf, syntaxError } from './lexical.ts';
import type { Span } from './span.ts';
import { stringValue } from './strings.ts';
import type { Arg, BinaryOp, Binder, DomainExpr, Entry, Expr, Generator, IndexArg } from './tree.ts';

/** Levels of an expression's tree, at most: what works on trees may be recursive. */
export const maxDepth = limits.treeDepth;

/** Runs `build` as if `levels` deeper; past the limit one diagnostic and an error expression. */
function deeper(b: Building, levels: number, span: Span, build: () => Expr): Expr {
  if (b.depth + levels > maxDepth) {
    b.report(
      syntaxError(
        'E0111',
        { ...span, end: Math.min(span.end, span.start + 1) },
        `this expression is nested too deeply: expected at most ${maxDepth} operators one inside the other`,
        { suggestion: 'name its parts with `let`, or sum over an index set' },
      ),
    );
    return { kind: 'error', span };
  }
  b.depth += levels;
  const built = build();
  b.depth -= levels;
  return built;
}

export function buildExpression(b: Building, n: CstNode): Expr {
  const span = spanOfNode(b, n);
  const ifs = toks(n, 'If');
  const last = (): Expr => {
    const scan = node(n, 'scan');
    return scan ? buildScan(b, scan) : buildOperation(b, theNode(n, 'operation'));
  };
  return deeper(b, ifs.length + 1, span, () => {
    const conditions = nodes(n, 'condition');
    const consequences = nodes(n, 'consequence');
    let result = last();
    for (let i = ifs.length - 1; i >= 0; i--) {
      result = {
        kind: 'if',
        condition: buildExpression(b, conditions[i]),
        // biome-ignore lint/suspicious/noThenProperty: the tree's name for the branch; never a promise
        then: buildExpression(b, consequences[i]),
        otherwise: result,
        span: { ...span, start: ifs[i].startOffset },
      };
    }
    return result;
  });
}

function buildScan(b: Building, n: CstNode): Expr {
  return {
    kind: 'scan',
    binder: buildBinder(b, theNode(n, 'binder')),
    state: nameOf(b, theTok(n, 'Name')),
    init: buildExpression(b, theNode(n, 'init')),
    body: buildExpression(b, theNode(n, 'body')),
    span: spanOfNode(b, n),
  };
}

interface Operator {
  readonly token: IToken;
  readonly prefix: boolean;
  readonly level: number;
}
/** An expression and the text it came from, its parentheses included. */
interface Operand {
  readonly expr: Expr;
  readonly start: number;
  readonly end: number;
}

/** Operator precedence by two stacks (Dijkstra's shunting yard, 1961), on the flat list that the grammar reads. */
function buildOperation(b: Building, n: CstNode): Expr {
  const operandNodes = nodes(n, 'operand');
  const binaries = toks(n, 'BinaryOperator');
  const span = spanOfNode(b, n);
  const prefixes = operandNodes.reduce((sum, o) => sum + toks(o, 'PrefixOperator').length, 0);
  if (binaries.length + prefixes === 0) return buildPostfix(b, theNode(operandNodes[0], 'postfix'));
  return deeper(b, binaries.length + prefixes, span, () => {
    const operators: Operator[] = [];
    const operands: Operand[] = [];
    operandNodes.forEach((operand, i) => {
      if (i > 0) pushBinary(b, operators, operands, binaries[i - 1]);
      for (const token of toks(operand, 'PrefixOperator')) pushPrefix(b, operators, token);
      const postfix = theNode(operand, 'postfix');
      const place = spanOfNode(b, postfix);
      operands.push({ expr: buildPostfix(b, postfix), start: place.start, end: place.end });
    });
    while (operators.length > 0) reduce(b, operators, operands);
    return operands[0].expr;
  });
}

function pushPrefix(b: Building, operators: Operator[], token: IToken): void {
  const isNot = token.tokenType.name === 'Not';
  const level = isNot ? precedence.not : precedence.negation;
  const before = operators.at(-1);
  if (isNot && before && before.level > level) {
    b.report(
      syntaxError(
        'E0113',
        spanOf(b.file, token),
        `\`not\` after \`${before.token.image}\` needs parentheses`,
        {
          suggestion: `write \`${before.token.image} (not …)\``,
        },
      ),
    );
  }
  operators.push({ token, prefix: true, level });
}

function pushBinary(b: Building, operators: Operator[], operands: Operand[], token: IToken): void {
  const spec = specOf.get(token.tokenType.name)?.binary;
  if (!spec) throw new Error(`no precedence for ${token.image}`);
  for (let top = operators.at(-1); top; top = operators.at(-1)) {
    const ties = top.level === spec.precedence;
    if (top.level < spec.precedence || (ties && spec.associativity === 'right')) break;
    if (ties && !top.prefix && spec.associativity === 'none') reportChain(b, top.token, token);
    reduce(b, operators, operands);
  }
  operators.push({ token, prefix: false, level: spec.precedence });
}

function reportChain(b: Building, first: IToken, second: IToken): void {
  const span = spanOf(b.file, second);
  if (second.tokenType.name === 'DotDot') {
    b.report(syntaxError('E0112', span, 'a range has two ends, found a third after `..`'));
    return;
  }
  b.report(
    syntaxError(
      'E0112',
      span,
      `comparisons do not chain: found \`${second.image}\` after \`${first.image}\``,
      {
        suggestion: `write \`a ${first.image} b and b ${second.image} c\``,
      },
    ),
  );
}

function reduce(b: Building, operators: Operator[], operands: Operand[]): void {
  const operator = operators.pop() as Operator;
  const right = operands.pop() as Operand;
  if (operator.prefix) {
    const start = operator.token.startOffset;
    const span = { file: b.file, start, end: right.end };
    const op = operator.token.tokenType.name === 'Not' ? 'not' : '-';
    operands.push({ expr: { kind: 'unary', op, operand: right.expr, span }, start, end: right.end });
    return;
  }
  const left = operands.pop() as Operand;
  const span = { file: b.file, start: left.start, end: right.end };
  const op = binaryOp(operator.token);
  const expr: Expr = { kind: 'binary', op, left: left.expr, right: right.expr, span };
  operands.push({ expr, start: left.start, end: right.end });
}

/** The operator as it should have been written (`**` is read as `^`). */
function binaryOp(token: IToken): BinaryOp {
  const pattern = specOf.get(token.tokenType.name)?.pattern;
  return (Array.isArray(pattern) ? pattern[0] : token.image) as BinaryOp;
}

export function buildPostfix(b: Building, n: CstNode): Expr {
  const suffixes = nodes(n, 'suffix');
  const start = spanOfNode(b, n).start;
  return deeper(b, suffixes.length, spanOfNode(b, n), () => {
    let result = buildPrimary(b, theNode(n, 'primary'));
    for (const suffix of suffixes) {
      const span = { file: b.file, start, end: spanOfNode(b, suffix).end };
      result = applySuffix(b, result, suffix, span);
    }
    return result;
  });
}

function applySuffix(b: Building, target: Expr, n: CstNode, span: Span): Expr {
  const args = node(n, 'args');
  if (args) return { kind: 'call', callee: target, args: buildArgs(b, args), span };
  const word = tok(n, 'Word');
  if (word) return { kind: 'field', target, field: nameOf(b, word), span };
  return { kind: 'index', target, indices: nodes(n, 'indexArg').map((i) => buildIndexArg(b, i)), span };
}

function buildIndexArg(b: Building, n: CstNode): IndexArg {
  const first = node(n, 'first');
  const last = node(n, 'last');
  const from = first ? buildExpression(b, first) : null;
  if (from && !tok(n, 'Colon')) return { kind: 'at', value: from };
  return { kind: 'slice', from, to: last ? buildExpression(b, last) : null, span: spanOfNode(b, n) };
}

export const buildArgs = (b: Building, n: CstNode): Arg[] => nodes(n, 'arg').map((a) => buildArg(b, a));

function buildArg(b: Building, n: CstNode): Arg {
  const word = tok(n, 'Word');
  const body = theNode(n, 'expression');
  const generator = node(n, 'generator');
  const expr = buildExpression(b, body);
  const span = spanOfNode(b, n);
  const value: Expr = generator
    ? {
        kind: 'for',
        body: expr,
        generator: buildGenerator(b, generator),
        span: { ...span, start: spanOfNode(b, body).start },
      }
    : expr;
  return { name: word ? nameOf(b, word) : null, value, span };
}

export function buildGenerator(b: Building, n: CstNode): Generator {
  const where = node(n, 'expression');
  return {
    binders: nodes(n, 'binder').map((x) => buildBinder(b, x)),
    where: where ? buildExpression(b, where) : null,
    span: spanOfNode(b, n),
  };
}

function buildBinder(b: Building, n: CstNode): Binder {
  return {
    names: toks(n, 'Name').map((x) => nameOf(b, x)),
    set: buildExpression(b, theNode(n, 'expression')),
    span: spanOfNode(b, n),
  };
}

function buildPrimary(b: Building, n: CstNode): Expr {
  const span = spanOfNode(b, n);
  const number = tok(n, 'Number');
  if (number) return buildNumber(b, number);
  const name = tok(n, 'Name');
  if (name) return { kind: 'name', name: name.image, span };
  const string = tok(n, 'String');
  if (string) return { kind: 'string', value: stringValue(b, string), span };
  if (tok(n, 'True')) return { kind: 'boolean', value: true, span };
  if (tok(n, 'False')) return { kind: 'boolean', value: false, span };
  const parenthesised = node(n, 'parenthesised');
  if (parenthesised) return buildParenthesised(b, parenthesised);
  const bracketed = node(n, 'bracketed');
  if (bracketed) return buildBracketed(b, bracketed);
  return buildBraced(b, theNode(n, 'braced'));
}

function buildNumber(b: Building, token: IToken): Expr {
  const text = token.image.startsWith('.') ? `0${token.image}` : token.image;
  const value = Number(text);
  const span = spanOf(b.file, token);
  if (!Number.isFinite(value)) {
    const shown = text.length > 20 ? `${text.slice(0, 17)}…` : text;
    b.report(
      syntaxError('E0116', span, `the number ${shown} is too large: expected at most 1.797e308`, {
        suggestion: 'write `inf` where no bound is meant',
      }),
    );
  }
  return { kind: 'number', value, text, span };
}

function buildParenthesised(b: Building, n: CstNode): Expr {
  const items = nodes(n, 'expression').map((e) => buildExpression(b, e));
  return items.length === 1 ? items[0] : { kind: 'tuple', items, span: spanOfNode(b, n) };
}

function buildBracketed(b: Building, n: CstNode): Expr {
  const items = nodes(n, 'expression').map((e) => buildExpression(b, e));
  const generator = node(n, 'generator');
  const span = spanOfNode(b, n);
  return generator
    ? { kind: 'array', body: items[0], generator: buildGenerator(b, generator), span }
    : { kind: 'vector', items, span };
}

function buildBraced(b: Building, n: CstNode): Expr {
  const firsts = nodes(n, 'expression');
  const values = nodes(n, 'entryValue');
  const generator = node(n, 'generator');
  const span = spanOfNode(b, n);
  if (generator) {
    const body = buildExpression(b, firsts[0]);
    return { kind: 'set', body, generator: buildGenerator(b, generator), span };
  }
  return { kind: 'record', entries: firsts.map((f, i) => buildEntry(b, f, values[i])), span };
}

function buildEntry(b: Building, first: CstNode, rest: CstNode): Entry {
  const target = buildExpression(b, first);
  const generator = node(rest, 'generator');
  const span = { ...spanOfNode(b, first), end: spanOfNode(b, rest).end };
  if (!isPlace(target)) {
    b.report(
      syntaxError('E0117', spanOfNode(b, first), 'only an unknown, or a part of one, can be given a value', {
        suggestion: 'write `name = …`, `name[index] = …` or `name.field = …`',
      }),
    );
  }
  return {
    target,
    value: buildExpression(b, theNode(rest, 'expression')),
    generator: generator ? buildGenerator(b, generator) : null,
    span,
  };
}

function isPlace(e: Expr): boolean {
  let at = e;
  while (at.kind === 'index' || at.kind === 'field') at = at.target;
  return at.kind === 'name' || at.kind === 'error';
}

export function buildDomain(b: Building, n: CstNode): DomainExpr {
  const args = node(n, 'args');
  const graph = node(n, 'graph');
  return {
    name: nameOf(b, theTok(n, 'Name')),
    args: args ? buildArgs(b, args) : null,
    on: graph ? buildGraph(b, graph) : null,
    dims: nodes(n, 'expression').map((e) => buildExpression(b, e)),
    span: spanOfNode(b, n),
  };
}

function buildGraph(b: Building, n: CstNode): Expr {
  const parenthesised = node(n, 'parenthesised');
  if (parenthesised) return buildParenthesised(b, parenthesised);
  const name = theTok(n, 'Name');
  const target: Expr = { kind: 'name', name: name.image, span: spanOf(b.file, name) };
  const args = node(n, 'args');
  if (!args) return target;
  const span = { file: b.file, start: name.startOffset, end: spanOfNode(b, args).end };
  return { kind: 'call', callee: target, args: buildArgs(b, args), span };
}
