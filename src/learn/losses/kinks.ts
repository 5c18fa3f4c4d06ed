/** Where an energy has no second derivative in its real unknowns: kinks, at which the trace misses a part. */
import { isDiscrete } from '../../domain.ts';
import { signOf } from '../../ir/signs.ts';
import type { Energy, FnName, Node, Slot, Term } from '../../ir/types.ts';
import { children, visit } from '../../ir/walk.ts';

const kinked: ReadonlySet<FnName> = new Set<FnName>(['abs', 'relu', 'min', 'max', 'floor', 'ceil', 'round']);

export interface Kink {
  readonly term: Term;
  /** As the language writes the function. */
  readonly name: string;
}

/**
 * The first function with a kink that a term applies to something real that is unknown. Conditions do not count: what
 * `if` joins may well be smooth.
 */
export function kinkOf(energy: Energy): Kink | null {
  const reals = new Set<Slot>(energy.unknowns.filter((u) => !isDiscrete(u.domain)));
  for (const term of energy.terms) {
    const moving = new Set<Node>();
    let found: string | null = null;
    visit([term.body], (n) => {
      const moves =
        n.op === 'read'
          ? reals.has(n.slot) || n.slot.role === 'state'
          : valuesOf(n).some((c) => moving.has(c));
      if (!moves) return;
      moving.add(n);
      if (found !== null) return;
      if (n.op === 'call' && kinked.has(n.fn) && !straight(n)) found = n.fn;
      if (n.op === 'reduce' && (n.kind === 'max' || n.kind === 'min')) found = n.kind;
    });
    if (found !== null) return { term, name: found };
  }
  return null;
}

/** |x| and max(x, 0) of what is never negative. */
const straight = (n: Node & { op: 'call' }): boolean =>
  (n.fn === 'abs' || n.fn === 'relu') && signOf(n.args[0]) !== 'unknown';

/** The parts that a value is made of, without conditions, filters and indices. */
function valuesOf(n: Node): readonly Node[] {
  if (n.op === 'call' && (n.fn === 'select' || n.fn === 'pick')) return n.args.slice(1);
  if (n.op === 'call' && comparisons.has(n.fn)) return [];
  if (n.op === 'reduce' || n.op === 'at' || n.op === 'scatter') return [n.body];
  if (n.op === 'scan') return [n.loop.init, n.loop.body];
  return n.op === 'read' ? [] : children(n);
}

const comparisons: ReadonlySet<FnName> = new Set<FnName>([
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not', 'stop_gradient', 'sign'] as const),
]);
