/** Arguments of calls, matched with the names of what they are for. */
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { Arg } from '../syntax/tree.ts';
import type { Cx } from './context.ts';

/** Arguments in the order of the parameters' names; named ones may come in any order. */
export function argumentsInOrder(
  cx: Cx,
  args: readonly Arg[],
  names: readonly string[],
  span: Span,
): readonly Arg[] {
  const out = new Array<Arg | undefined>(names.length).fill(undefined);
  let next = 0;
  for (const a of args) {
    let i: number;
    if (a.name) {
      i = names.indexOf(a.name.text);
      if (i < 0) {
        const near = suggest(a.name.text, names);
        cx.ck.fail('E0206', a.name.span, `there is no argument \`${a.name.text}\``, {
          suggestion: near ? `did you mean \`${near}\`?` : `the arguments are ${names.join(', ')}`,
        });
      }
    } else i = next++;
    if (a.name && out[i] !== undefined)
      cx.ck.fail('E0305', a.span, `the argument \`${names[i]}\` is given twice`);
    if (i >= names.length || out[i] !== undefined)
      cx.ck.fail(
        'E0305',
        a.span,
        `expected ${names.length} argument${names.length === 1 ? '' : 's'} (${names.join(', ')}), found ${args.length}`,
      );
    out[i] = a;
  }
  return out.map(
    (a, i) =>
      a ??
      cx.ck.fail(
        'E0305',
        span,
        `the argument \`${names[i]}\` is missing; expected ${names.length} (${names.join(', ')})`,
      ),
  );
}
