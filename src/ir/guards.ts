/** Choices inside an expression that something outside of it must not forget: what is read in a branch not taken may not exist. */
import type { Builder } from './build.ts';
import type { Node } from './types.ts';

/** Conditions that one expression is parted by, at most: each doubles the cases. */
const MAX_CONDITIONS = 3;

/**
 * f(if c then x else y) as if c then f(x) else f(y), for every condition that can be told without the unknowns and
 * has them in one of its branches: then nothing is taken out of a branch that belongs there, as z[t − 1] in
 * log(if t == 0 then 0.5 else p[z[t - 1]]).
 * @param reads whether an expression reads the unknowns
 * @returns null where there is no such condition below calls of functions, or where there are too many
 */
export function parted(b: Builder, root: Node, reads: (n: Node) => boolean): Node | null {
  const found = guards(root, reads);
  if (found.length === 0 || found.length > MAX_CONDITIONS) return null;
  const [condition] = found;
  const side = (value: number): Node => having(b, root, condition, b.const(value));
  return b.call('select', condition, side(1), side(0));
}

/** Outer ones first. */
function guards(root: Node, reads: (n: Node) => boolean): readonly Node[] {
  const found = new Set<Node>();
  const seen = new Set<Node>([root]);
  // Grows while it is walked.
  for (const n of seen) {
    if (n.op !== 'call') continue;
    if (n.fn === 'select' && !reads(n.args[0])) found.add(n.args[0]);
    for (const a of n.args) if (reads(a)) seen.add(a);
  }
  return [...found];
}

/** The expression where a part of it, below calls of functions, has this value. */
function having(b: Builder, root: Node, part: Node, value: Node): Node {
  const memo = new Map<Node, Node>([[part, value]]);
  const go = (n: Node): Node => {
    const known = memo.get(n);
    if (known) return known;
    const made = n.op === 'call' ? b.call(n.fn, ...n.args.map(go)) : n;
    memo.set(n, made);
    return made;
  };
  return go(root);
}
