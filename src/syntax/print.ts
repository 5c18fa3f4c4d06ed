/**
 * The formatter: a program's canonical text. Two spaces a level, lines of at
 * most about 100 columns, comments and single blank lines kept where they are.
 */
import { precedence } from '../../grammar/tokens.ts';
import { aligned, type Head } from './align.ts';
import { Comments } from './comments.ts';
import { concat, concatAll, type Doc, group, hardline, layout, line, nest } from './layout.ts';
import { printComprehension, printDomain, printExpr, printGenerator } from './print-expr.ts';
import { afterCode, list, type Part } from './print-list.ts';
import type { Span } from './span.ts';
import { quoted } from './strings.ts';
import type { Comment, Expr, Item, ParamItem, Program, Statement } from './tree.ts';

export const lineWidth = 100;

/**
 * The canonical text of a program. `parse(print(p))` is `p` but for spans and
 * the places of comments inside expressions, and printing that again gives the
 * same text. An `error` expression is printed as `…`, which does not parse:
 * format only what parsed without errors.
 */
export function print(program: Program): string {
  const c = new Comments(program);
  const entries = program.items.map(
    (item): Entry => ({
      span: item.span,
      doc: item.doc,
      tall: isTall(item),
      print: () => printItem(c, item),
    }),
  );
  const lines = sequence(c, entries, 0, Number.POSITIVE_INFINITY);
  return lines.length === 0 ? '' : `${layout(concatAll(lines), lineWidth)}\n`;
}

/** One expression on as many lines as it needs. */
export function printExpression(e: Expr): string {
  return layout(printExpr(new Comments({ file: '', items: [], comments: [], span: e.span }), e), lineWidth);
}

/** What stands on lines of its own: a declaration or a statement. */
interface Entry {
  readonly span: Span;
  readonly doc: string;
  /** Set apart by blank lines where the original lines are not known. */
  readonly tall: boolean;
  readonly print: () => Printed;
}

/** A line's beginning, which may be lined up with those around, and the rest of it. */
interface Printed {
  readonly head: Head | null;
  readonly rest: Doc;
}

const whole = (...parts: readonly Doc[]): Printed => ({ head: null, rest: concatAll(parts) });
const headed = (kind: Head['kind'], keyword: string, name: string, ...rest: readonly Doc[]): Printed => ({
  head: { kind, keyword, name, open: rest.length > 0 },
  rest: concatAll(rest),
});

/** A piece of a sequence and the lines that it had in the text; undefined where it had none of its own. */
interface Piece {
  /** The `///` lines above, if any, and what follows the head. */
  readonly above: Doc;
  readonly head: Head | null;
  readonly doc: Doc;
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** `///` lines that document nothing must not touch what follows. */
  readonly apart?: boolean;
  readonly tall?: boolean;
}

const isTall = (item: Item): boolean =>
  item.doc !== '' ||
  (item.kind === 'energy' && item.algebra === null) ||
  (item.kind === 'fn' && item.body.length > 0);

/** Entries one below the other, separated by `hardline`s, with the comments in `from` ≤ offset < `to`. */
function sequence(c: Comments, entries: readonly Entry[], from: number, to: number): Doc[] {
  const pieces: Piece[] = [];
  let end = from;
  entries.forEach((entry, i) => {
    const { span } = entry;
    const next = entries[i + 1]?.span.start ?? to;
    const leading = c.take(end, span.start);
    const docLines = entry.doc === '' ? [] : entry.doc.split('\n');
    const docs: Comment[] = [];
    while (docs.length < docLines.length && isDocLine(leading.at(-1))) docs.unshift(leading.pop() as Comment);
    const body = entry.print();
    const moved = c.take(span.start, span.end).map((x) => ({ ...x, moved: true }));
    const trailing = c.takeTrailing(span, next);
    for (const comment of [...leading, ...moved]) {
      const at = 'moved' in comment ? undefined : c.lineOf(comment.span.start);
      const apart = comment.text.startsWith('///');
      pieces.push({ above: NOTHING, head: null, doc: comment.text, first: at, last: at, apart });
    }
    const text = docLines.map((l) => concat(l === '' ? '///' : `/// ${l}`, hardline));
    pieces.push({
      above: text.length === 0 ? NOTHING : concatAll(text),
      head: body.head,
      doc: concat(body.rest, afterCode(trailing)),
      first: c.lineOf(docs[0]?.span.start ?? span.start),
      last: c.lineOf(Math.max(span.start, span.end - 1)),
      tall: entry.tall,
    });
    end = Math.max(end, span.end);
  });
  for (const comment of c.take(end, to)) {
    const at = c.lineOf(comment.span.start);
    pieces.push({ above: NOTHING, head: null, doc: comment.text, first: at, last: at });
  }
  const blank = pieces.map((piece, i) => i > 0 && blankBetween(c, pieces[i - 1], piece));
  const heads = aligned(
    pieces.map((p) => p.head),
    pieces.map((p, i) => i > 0 && !blank[i] && p.above === NOTHING),
  );
  return pieces.flatMap((piece, i) => {
    const own = [piece.above, heads[i] ?? '', piece.doc];
    return i === 0 ? own : blank[i] ? [hardline, hardline, ...own] : [hardline, ...own];
  });
}

const NOTHING = '';

const isDocLine = (x: Comment | undefined): boolean => x?.text.startsWith('///') === true && !x.trailing;

function blankBetween(c: Comments, before: Piece, after: Piece): boolean {
  const isItem = after.tall !== undefined;
  if (before.apart && isItem) return true;
  if (!c.knowsLines) return before.tall === true || after.tall === true;
  return before.last !== undefined && after.first !== undefined && after.first - before.last > 1;
}

function block(c: Comments, entries: readonly Entry[], from: number, to: number): Doc {
  const lines = sequence(c, entries, from, to);
  return lines.length === 0 ? '{}' : concat('{', nest(hardline, concatAll(lines)), hardline, '}');
}

function printItem(c: Comments, item: Item): Printed {
  switch (item.kind) {
    case 'use': {
      const names = item.names.map((n) => (n.as ? `${n.name.text} as ${n.as.text}` : n.name.text));
      const breaking = names.map((n, i) =>
        concat(i === 0 ? ' ' : line, n, i === names.length - 1 ? '' : ','),
      );
      return whole(
        group(
          'use',
          nest(concatAll(breaking), line, `from ${quoted(item.from)}`),
          item.frozen ? ' frozen' : '',
        ),
      );
    }
    case 'const': {
      const type = item.type ? concat(' : ', printDomain(c, item.type)) : '';
      return headed('declaration', 'const', item.name.text, type, ' = ', printExpr(c, item.value));
    }
    case 'index':
      return headed(
        'declaration',
        'index',
        item.name.text,
        ...(item.value ? [' = ', printExpr(c, item.value)] : []),
      );
    case 'set':
      return headed('declaration', 'set', item.name.text, ' = ', printExpr(c, item.value));
    case 'enum': {
      const parts = item.members.map((m): Part => ({ span: m.span, print: () => m.text }));
      return headed(
        'declaration',
        'enum',
        item.name.text,
        ' = ',
        list(c, '{', parts, '}', { start: item.name.span.end, end: item.span.end }, ' '),
      );
    }
    case 'type': {
      const parts = item.fields.map(
        (f): Part => ({
          span: { ...f.name.span, end: f.domain.span.end },
          print: () => concat(`${f.name.text} : `, printDomain(c, f.domain)),
        }),
      );
      return headed(
        'declaration',
        'type',
        item.name.text,
        ' = ',
        list(c, '{', parts, '}', { start: item.name.span.end, end: item.span.end }, ' '),
      );
    }
    case 'data': {
      const from = item.from === null ? '' : ` from ${quoted(item.from)}`;
      const domain = printDomain(c, item.domain);
      const oneBased = item.oneBased ? ' one_based' : '';
      return headed('declaration', 'data', item.name.text, ' : ', domain, from, oneBased);
    }
    case 'param':
      return printParam(c, item);
    case 'fn':
      return whole(printFn(c, item));
    case 'energy': {
      if (item.algebra) return whole(`energy ${item.name.text} = `, printExpr(c, item.algebra));
      const bodyStart = item.body[0]?.span.start ?? item.span.end;
      const params = printParameters(c, item, bodyStart);
      const from = item.params.at(-1)?.span.end ?? item.name.span.end;
      const body = block(c, statements(c, item.body), from, item.span.end);
      return whole(`energy ${item.name.text}`, params, ' ', body);
    }
    case 'run':
      return headed('run', 'run', item.name.text, ' = ', printExpr(c, item.value));
  }
}

function printParam(c: Comments, item: ParamItem): Printed {
  return headed(
    'declaration',
    'param',
    item.name.text,
    item.domain ? concat(' : ', printDomain(c, item.domain)) : '',
    item.init ? concat(' = ', printExpr(c, item.init)) : '',
    item.prior ? concat(' ~ ', printExpr(c, item.prior)) : '',
  );
}

function printFn(c: Comments, item: Extract<Item, { kind: 'fn' }>): Doc {
  const after = item.result?.span.start ?? item.body[0]?.span.start ?? item.value.span.start;
  const head = concat(
    `fn ${item.name.text}`,
    printParameters(c, item, after),
    item.result ? concat(' : ', printDomain(c, item.result)) : '',
  );
  if (item.body.length === 0) return concat(head, ' = ', printExpr(c, item.value));
  const result: Entry = {
    span: item.value.span,
    doc: '',
    tall: false,
    print: () => whole('return ', printExpr(c, item.value)),
  };
  const from = item.result?.span.end ?? item.params.at(-1)?.span.end ?? item.name.span.end;
  return concat(head, ' ', block(c, [...statements(c, item.body), result], from, item.span.end));
}

type Signature = Pick<Extract<Item, { kind: 'energy' }>, 'name' | 'params'>;

/** A comment on the last parameter's line is that parameter's only if the list has more lines than one. */
function printParameters(c: Comments, { name, params }: Signature, next: number): Doc {
  const parts = params.map(
    (p): Part => ({ span: p.span, print: () => concat(`${p.name.text} : `, printDomain(c, p.domain)) }),
  );
  const first = params[0]?.span;
  const last = params.at(-1)?.span;
  const tall = first !== undefined && last !== undefined && c.lineOf(first.start) !== c.lineOf(last.start);
  const lineEnd = last && tall ? Math.min(next, c.endOfLine(last.end)) : (last?.end ?? 0);
  return list(c, '(', parts, ')', { start: name.span.end, end: lineEnd });
}

const statements = (c: Comments, body: readonly Statement[]): Entry[] =>
  body.map((s) => ({ span: s.span, doc: s.doc, tall: false, print: () => printStatement(c, s) }));

function printStatement(c: Comments, s: Statement): Printed {
  switch (s.kind) {
    case 'term':
    case 'let':
      return headed('term', s.kind, s.name.text, ' = ', printExpr(c, s.value));
    case 'report':
      return s.value.kind === 'name' && s.value.name === s.name.text
        ? headed('report', 'report', s.name.text)
        : headed('report', 'report', s.name.text, ' = ', printExpr(c, s.value));
    case 'require':
      return whole(
        'require ',
        s.generator ? printComprehension(c, s.condition, s.generator) : printExpr(c, s.condition),
      );
    case 'sample': {
      const generator = s.generator ? nest(line, printGenerator(c, s.generator)) : '';
      const dist = group(' ~ ', printExpr(c, s.dist), generator);
      return s.target.kind === 'name' && !needsParentheses(s.target)
        ? headed('sample', '', s.target.name, dist)
        : whole(group(printTarget(c, s.target), dist));
    }
    case 'param':
      return printParam(c, s.item);
  }
}

/** `require[i] ~ …` would read as a requirement. */
function needsParentheses(target: Expr): boolean {
  let inner = target;
  let suffixed = false;
  while (inner.kind === 'index' || inner.kind === 'call' || inner.kind === 'field') {
    suffixed = inner.kind !== 'field';
    inner = inner.kind === 'call' ? inner.callee : inner.target;
  }
  return suffixed && inner.kind === 'name' && inner.name === 'require';
}

const printTarget = (c: Comments, target: Expr): Doc =>
  needsParentheses(target)
    ? concat('(', printExpr(c, target), ')')
    : printExpr(c, target, precedence.postfix);
