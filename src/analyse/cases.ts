/**
 * Energies of the states of one number, where they differ only by which side of a comparison they are on:
 * Σ_t f(if t < v then a else b) costs as many f as there are t and v, Σ_t (if t < v then f(a) else f(b)) two for
 * each t. Change points are such sums.
 */
import type { Builder } from '../ir/build.ts';
import { type Axis, type FnName, type Node, Uses } from '../ir/types.ts';

/** Comparisons taken out of one expression, at most: each doubles the cases. */
const MAX_CASES = 2;

const comparisons: ReadonlySet<FnName> = new Set<FnName>(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);

/** The same energy with the comparisons that read `axis` outside of what is summed, where nothing else reads it. */
export function byCases(b: Builder, n: Node, axis: Axis): Node {
  if (!n.axes.includes(axis)) return n;
  if (n.op === 'reduce' && n.kind === 'sum') {
    const body = n.body.op === 'reduce' ? byCases(b, n.body, axis) : lifted(b, n.body, axis);
    return b.reduce('sum', n.over, body, n.where);
  }
  if (n.op !== 'call') return n;
  if (n.fn === 'add' || n.fn === 'sub' || n.fn === 'neg')
    return b.call(n.fn, ...n.args.map((a) => byCases(b, a, axis)));
  if (n.fn === 'mul' && n.args.some((a) => !a.axes.includes(axis)))
    return b.call(n.fn, ...n.args.map((a) => byCases(b, a, axis)));
  return n;
}

function lifted(b: Builder, n: Node, axis: Axis): Node {
  const found = conditionsOf(n, axis);
  if (found === null || found.length === 0 || found.length > MAX_CASES) return n;
  const cases = (given: ReadonlyMap<Node, Node>, left: readonly Node[]): Node => {
    if (left.length === 0) return withGiven(b, n, axis, given);
    const [c, ...more] = left;
    const side = (x: number): Node => cases(new Map(given).set(c, b.const(x)), more);
    return b.call('select', c, side(1), side(0));
  };
  return cases(new Map(), found);
}

/** The comparisons through which an expression of calls depends on the axis; null where it does otherwise. */
function conditionsOf(root: Node, axis: Axis): readonly Node[] | null {
  const out = new Set<Node>();
  const seen = new Set<Node>();
  const stack = [root];
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n) || !n.axes.includes(axis)) continue;
    seen.add(n);
    if (n.op !== 'call') return null;
    if (comparisons.has(n.fn)) {
      if ((n.uses & (Uses.unknown | Uses.input | Uses.state)) !== 0) return null;
      out.add(n);
    } else stack.push(...n.args);
  }
  return [...out].sort((x, y) => x.id - y.id);
}

function withGiven(b: Builder, root: Node, axis: Axis, given: ReadonlyMap<Node, Node>): Node {
  const memo = new Map<Node, Node>(given);
  const go = (n: Node): Node => {
    if (!n.axes.includes(axis)) return n;
    const known = memo.get(n);
    if (known) return known;
    const made = n.op === 'call' ? b.call(n.fn, ...n.args.map(go)) : n;
    memo.set(n, made);
    return made;
  };
  return go(root);
}
