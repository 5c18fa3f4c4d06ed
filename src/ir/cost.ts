/** Whether an array is substituted where it is read, or kept as one. */
import { functions } from './functions.ts';
import type { Node } from './types.ts';

/** Operations that are repeated rather than read from memory, at most. */
const CHEAP = 64;

/** Whether repeating the expression costs no more than reading it from memory would. */
export const isCheap = (n: Node): boolean => costOf(n, CHEAP) <= CHEAP;

/** The number of nodes of the expression written out, or more than `most`. */
function costOf(n: Node, most: number): number {
  switch (n.op) {
    case 'const':
    case 'axis':
    case 'size':
      return 1;
    case 'read':
      return costOfAll(n.indices, most);
    case 'matrix':
      // The result is computed once; other indices only read it elsewhere, unless they are a batch axis of it.
      return n.args.every((a) => a.body.axes.every((x) => a.axes.includes(x)))
        ? costOfAll(n.indices, most)
        : Number.POSITIVE_INFINITY;
    case 'call':
      return n.args.length <= 2 && functions[n.fn].cheap === true
        ? costOfAll(n.args, most)
        : Number.POSITIVE_INFINITY;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function costOfAll(nodes: readonly Node[], most: number): number {
  let cost = 1;
  for (const n of nodes) {
    cost += costOf(n, most - cost);
    if (cost > most) break;
  }
  return cost;
}
