/** What recurrences read, as seen from where their states are read. */
import type { Builder } from '../ir/build.ts';
import type { Node, Slot } from '../ir/types.ts';
import { children } from '../ir/walk.ts';

type Read = Node & { readonly op: 'read' };

/** The reads of one unknown, each distinct node once. */
export interface SeenReads {
  /** Inside a recurrence, at the indices that its params are given. */
  readonly reads: readonly Read[];
  /** Whether some step of a recurrence reads it at a place that depends on the step. */
  readonly looped: boolean;
}

export function seenReads(b: Builder, roots: readonly Node[], slot: Slot): SeenReads {
  const reads = new Set<Read>();
  const seen = new Set<Node>();
  let looped = false;
  const stack = [...roots];
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    if (n.op === 'read' && n.slot === slot) reads.add(n);
    if (n.op !== 'scan') {
      stack.push(...children(n));
      continue;
    }
    const { init, body, params, over, axes } = n.loop;
    const inside = seenReads(b, [init, body], slot);
    looped ||= inside.looped;
    for (const r of inside.reads) {
      looped ||= r.axes.some((a) => a === over || axes.includes(a));
      reads.add(b.substitute(r, params, n.indices.slice(0, params.length)) as Read);
    }
    stack.push(...n.indices);
  }
  return { reads: [...reads], looped };
}
