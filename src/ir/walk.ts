/** Walking IR graphs. */
import type { Node, Slot } from './types.ts';

export function children(n: Node): readonly Node[] {
  switch (n.op) {
    case 'const':
    case 'axis':
    case 'size':
      return [];
    case 'read':
      return n.indices;
    case 'at':
      return [n.body, ...n.indices];
    case 'call':
      return n.args;
    case 'reduce':
      return n.where ? [n.body, n.where] : [n.body];
    case 'matrix':
      return [...n.args.map((a) => a.body), ...n.indices];
    case 'scan':
      return [n.loop.init, n.loop.body, ...n.indices];
    case 'scatter':
      return n.where ? [n.body, ...n.indices, n.where] : [n.body, ...n.indices];
  }
}

/** Visits every node below the roots once, children before parents. */
export function visit(roots: readonly Node[], on: (n: Node) => void): void {
  const seen = new Set<Node>();
  // Not recursive: expressions are as deep as a program's `let`s are long.
  const path: { readonly node: Node; readonly below: readonly Node[]; next: number }[] = [];
  const enter = (n: Node): void => {
    if (seen.has(n)) return;
    seen.add(n);
    path.push({ node: n, below: children(n), next: 0 });
  };
  for (const root of roots) {
    enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      if (top.next < top.below.length) enter(top.below[top.next++]);
      else {
        path.pop();
        on(top.node);
      }
    }
  }
}

/** Every slot that the expressions read, but for the states of recurrences. */
export function slotsRead(roots: readonly Node[]): ReadonlySet<Slot> {
  const out = new Set<Slot>();
  visit(roots, (n) => {
    if (n.op === 'read' && n.slot.role !== 'state') out.add(n.slot);
  });
  return out;
}
