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
    case 'scatter':
      return n.where ? [n.body, ...n.indices, n.where] : [n.body, ...n.indices];
  }
}

/** Visits every node below the roots once, children before parents. */
export function visit(roots: readonly Node[], on: (n: Node) => void): void {
  const seen = new Set<Node>();
  const go = (n: Node): void => {
    if (seen.has(n)) return;
    seen.add(n);
    for (const c of children(n)) go(c);
    on(n);
  };
  roots.forEach(go);
}

/** Every slot that the expressions read. */
export function slotsRead(roots: readonly Node[]): ReadonlySet<Slot> {
  const out = new Set<Slot>();
  visit(roots, (n) => {
    if (n.op === 'read') out.add(n.slot);
  });
  return out;
}
