/** Lists in brackets and chains of operators, with the comments that stand between their parts. */
import type { Comments } from './comments.ts';
import {
  concat,
  concatAll,
  type Doc,
  group,
  hardline,
  line,
  nest,
  softline,
  trailingComment,
} from './layout.ts';
import type { Span } from './span.ts';
import type { Comment } from './tree.ts';

export interface Part {
  readonly span: Span;
  readonly print: () => Doc;
}

const ownLine = (comment: Comment): Doc => concat(comment.text, hardline);

export const afterCode = (comment: Comment | undefined): Doc =>
  comment ? trailingComment(`  ${comment.text}`) : '';

/**
 * `open a, b, c close`: on one line, or one part a line.
 * @param extent where the list's brackets are, or something around them: the comments inside are its own
 * @param padding what stands inside the brackets on one line: '' or a space
 */
export function list(
  comments: Comments,
  open: string,
  parts: readonly Part[],
  close: string,
  extent: { readonly start: number; readonly end: number },
  padding: '' | ' ' = '',
): Doc {
  const edge = padding === '' ? softline : line;
  const inside: Doc[] = [];
  let end = extent.start;
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    const leading = comments.take(end, part.span.start);
    const body = part.print();
    const within = comments.take(part.span.start, part.span.end);
    const trailing = comments.takeTrailing(part.span, last ? extent.end : parts[i + 1].span.start);
    inside.push(
      i === 0 ? edge : line,
      ...[...leading, ...within].map(ownLine),
      body,
      last ? '' : ',',
      afterCode(trailing),
    );
    end = Math.max(end, part.span.end);
  });
  const dangling = comments.take(end, extent.end);
  for (const comment of dangling) inside.push(hardline, comment.text);
  if (inside.length === 0) return `${open}${close}`;
  return group(open, nest(concatAll(inside)), dangling.length > 0 ? hardline : edge, close);
}

/** `a + b - c`: on one line, or each operator at the beginning of a line. */
export function chain(
  comments: Comments,
  first: Part,
  rest: readonly (Part & { readonly operator: string })[],
): Doc {
  const parts: Doc[] = [];
  const body = first.print();
  let before: Part = first;
  for (const part of rest) {
    const trailing = comments.takeTrailing(before.span, part.span.start);
    const between = comments.take(before.span.end, part.span.start);
    parts.push(afterCode(trailing), line, ...between.map(ownLine), `${part.operator} `, part.print());
    before = part;
  }
  return group(body, nest(concatAll(parts)));
}
