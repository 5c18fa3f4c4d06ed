/** What can be run from a line of the text. */
import type { Analysis } from './analysis.ts';
import { rangeOf } from './places.ts';
import type { CodeLens } from './types.ts';

/** One on each job, also while the program has a mistake: lines must not jump as somebody types. */
export function codeLenses(a: Analysis): readonly CodeLens[] {
  return a.tree.items.flatMap((item) =>
    item.kind === 'run'
      ? [
          {
            range: rangeOf(a.source, item.name.span),
            command: {
              title: `▶ Run ${item.name.text}`,
              command: 'energy.run',
              arguments: [a.uri, item.name.text],
            } as const,
          },
        ]
      : [],
  );
}
