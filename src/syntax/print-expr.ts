/** The layout of expressions, with no more parentheses than the grammar needs. */
import { precedence, specOf, tokenSpecs } from '../../grammar/tokens.ts';
import type { Comments } from './comments.ts';
import { concat, concatAll, type Doc, group, joined, line, nest } from './layout.ts';
import { chain, list, type Part } from './print-list.ts';
import { quoted } from './strings.ts';
import type { Arg, BinaryOp, Binder, DomainExpr, Entry, Expr, Generator, IndexArg } from './tree.ts';

const { conditional, negation, not, postfix } = precedence;
const primary = postfix + 1;

const binarySpecs = new Map(
  tokenSpecs.flatMap((s) =>
    s.binary && Array.isArray(s.pattern) ? [[s.pattern[0] as string, s.binary]] : [],
  ),
);

function specOfOperator(op: BinaryOp): { precedence: number; associativity: 'left' | 'right' | 'none' } {
  const spec = binarySpecs.get(op);
  if (!spec) throw new Error(`no precedence for ${op}`);
  return spec;
}

function levelOf(e: Expr): number {
  switch (e.kind) {
    case 'for':
      return conditional - 1;
    case 'if':
    case 'scan':
      return conditional;
    case 'binary':
      return specOfOperator(e.op).precedence;
    case 'unary':
      return e.op === '-' ? negation : not;
    case 'call':
    case 'index':
    case 'field':
      return postfix;
    default:
      return primary;
  }
}

/** An expression where everything below `level` needs parentheses. */
export function printExpr(c: Comments, e: Expr, level: number = conditional): Doc {
  return levelOf(e) < level ? concat('(', printBare(c, e), ')') : printBare(c, e);
}

function printBare(c: Comments, e: Expr): Doc {
  switch (e.kind) {
    case 'number':
      return printNumber(e.value, e.text);
    case 'string':
      return quoted(e.value);
    case 'boolean':
      return e.value ? 'true' : 'false';
    case 'name':
      return e.name;
    case 'field':
      return concat(printTarget(c, e.target, e.target.kind === 'number'), '.', e.field.text);
    case 'index': {
      const parts = e.indices.map((i): Part => ({ span: indexSpan(i), print: () => printIndex(c, i) }));
      return concat(
        printTarget(c, e.target),
        list(c, '[', parts, ']', { start: e.target.span.end, end: e.span.end }),
      );
    }
    case 'call': {
      const isScan = e.callee.kind === 'name' && e.callee.name === 'scan';
      return concat(
        printTarget(c, e.callee, isScan),
        printArgs(c, e.args, { start: e.callee.span.end, end: e.span.end }),
      );
    }
    case 'unary':
      return e.op === '-'
        ? concat('-', printExpr(c, e.operand, negation))
        : concat('not ', printExpr(c, e.operand, not));
    case 'binary':
      return printBinary(c, e);
    case 'if':
      return printIf(c, e);
    case 'for':
      return printComprehension(c, e.body, e.generator);
    case 'vector':
      return list(c, '[', exprParts(c, e.items), ']', e.span);
    case 'array':
      return group('[', printComprehension(c, e.body, e.generator), ']');
    case 'set':
      return group('{ ', printComprehension(c, e.body, e.generator), ' }');
    case 'tuple':
      return list(c, '(', exprParts(c, e.items), ')', e.span);
    case 'record': {
      const parts = e.entries.map((x): Part => ({ span: x.span, print: () => printEntry(c, x) }));
      return list(c, '{', parts, '}', e.span, ' ');
    }
    case 'scan':
      return concat(
        'scan(',
        printBinder(c, e.binder),
        `, ${e.state.text} = `,
        printExpr(c, e.init),
        ') = ',
        printExpr(c, e.body),
      );
    case 'error':
      return '…';
  }
}

const printTarget = (c: Comments, e: Expr, enclosed = false): Doc =>
  enclosed ? concat('(', printBare(c, e), ')') : printExpr(c, e, postfix);

const exprParts = (c: Comments, items: readonly Expr[]): Part[] =>
  items.map((e) => ({ span: e.span, print: () => printExpr(c, e) }));

/** As it was written, unless the tree was made or changed by hand. */
function printNumber(value: number, text: string): string {
  const fitting = specOf.get('Number')?.pattern as RegExp;
  if (Number(text) === value && fitting.exec(text)?.[0] === text) return text;
  if (!Number.isFinite(value)) return 'inf';
  return value < 0 ? `(${value})` : `${value}`;
}

const indexSpan = (i: IndexArg): Part['span'] => (i.kind === 'at' ? i.value.span : i.span);

function printIndex(c: Comments, i: IndexArg): Doc {
  if (i.kind === 'at') return printExpr(c, i.value);
  return concat(i.from ? printExpr(c, i.from) : '', ':', i.to ? printExpr(c, i.to) : '');
}

type Extent = Parameters<typeof list>[4];

function printArgs(c: Comments, args: readonly Arg[], extent: Extent): Doc {
  const parts = args.map((a): Part => ({ span: a.span, print: () => printArg(c, a) }));
  return list(c, '(', parts, ')', extent);
}

const printArg = (c: Comments, a: Arg): Doc =>
  concat(a.name ? `${a.name.text} = ` : '', printExpr(c, a.value, conditional - 1));

type Binary = Extract<Expr, { kind: 'binary' }>;

function printBinary(c: Comments, e: Binary): Doc {
  const { precedence: level, associativity } = specOfOperator(e.op);
  if (e.op === '..' && levelOf(e.left) >= postfix && levelOf(e.right) >= postfix) {
    return concat(printExpr(c, e.left), '..', printExpr(c, e.right));
  }
  if (associativity === 'right') {
    return concat(printExpr(c, e.left, level + 1), ` ${e.op} `, printRight(c, e.right, level));
  }
  const links: Binary[] = [];
  let first: Expr = e;
  while (first.kind === 'binary' && specOfOperator(first.op).precedence === level) {
    links.push(first);
    first = first.left;
    if (associativity === 'none') break;
  }
  const start = first;
  const leftmost = associativity === 'none' ? level + 1 : level;
  return chain(
    c,
    { span: start.span, print: () => printExpr(c, start, leftmost) },
    links.reverse().map((link) => ({
      operator: link.op,
      span: link.right.span,
      print: () => printRight(c, link.right, level + 1),
    })),
  );
}

/** A minus sign after an operator needs no parentheses, however tightly the operator binds. */
const printRight = (c: Comments, e: Expr, level: number): Doc =>
  e.kind === 'unary' && e.op === '-' ? printBare(c, e) : printExpr(c, e, level);

function printIf(c: Comments, e: Extract<Expr, { kind: 'if' }>): Doc {
  const parts: Doc[] = [];
  let rest: Expr = e;
  while (rest.kind === 'if') {
    parts.push('if ', printExpr(c, rest.condition), line, 'then ', printExpr(c, rest.then), line, 'else ');
    rest = rest.otherwise;
  }
  return group(nest(...parts, printExpr(c, rest)));
}

function printEntry(c: Comments, e: Entry): Doc {
  const head = concat(printExpr(c, e.target), ' = ');
  if (!e.generator) return concat(head, printExpr(c, e.value));
  return concat(head, printComprehension(c, e.value, e.generator));
}

/** `body for i in S where c` */
export const printComprehension = (c: Comments, body: Expr, generator: Generator): Doc =>
  group(printExpr(c, body), nest(line, printGenerator(c, generator)));

export function printGenerator(c: Comments, g: Generator): Doc {
  const binders = g.binders.map((b) => printBinder(c, b));
  return concatAll([
    'for ',
    joined(binders, ', '),
    ...(g.where ? [line, 'where ', printExpr(c, g.where)] : []),
  ]);
}

function printBinder(c: Comments, b: Binder): Doc {
  const names = b.names.map((n) => n.text).join(', ');
  return concat(b.names.length === 1 ? names : `(${names})`, ' in ', printExpr(c, b.set));
}

export function printDomain(c: Comments, d: DomainExpr): Doc {
  const argsEnd = d.args?.at(-1)?.span.end ?? d.name.span.end;
  const argsLimit = d.on?.span.start ?? (d.dims.length > 0 ? argsEnd : d.span.end);
  const args = d.args ? printArgs(c, d.args, { start: d.name.span.end, end: argsLimit }) : '';
  const on = d.on ? concat(' on ', printGraph(c, d.on)) : '';
  if (d.dims.length === 0) return concat(d.name.text, args, on);
  const extent = { start: d.on?.span.end ?? argsEnd, end: d.span.end };
  return concat(d.name.text, args, on, list(c, '[', exprParts(c, d.dims), ']', extent));
}

/** The set of a domain's graph: a name, a call of one, or parenthesised. */
function printGraph(c: Comments, e: Expr): Doc {
  const plain =
    e.kind === 'name' || (e.kind === 'call' && e.callee.kind === 'name' && e.callee.name !== 'scan');
  return plain || e.kind === 'tuple' ? printBare(c, e) : concat('(', printBare(c, e), ')');
}
