/**
 * Expressions without recurrences: every step of one becomes an expression of its own, and reading its states at an
 * index a choice among them (`pick`). For targets without loops, where steps are few.
 */
import type { Builder } from './build.ts';
import { isCheap } from './cost.ts';
import { axesOfLoop } from './scan.ts';
import type { Axis, IndexSet, Lambda, Node, Recurrence, ScanNode } from './types.ts';
import { children, visit } from './walk.ts';

/** Steps of a recurrence whose states are arrays: these are copied where they are read, and their derivatives more so. */
const MOST_OF_ARRAYS = 8;

/** The recurrence is too long to be written out. */
export class TooManySteps extends Error {
  readonly steps: number;
  readonly most: number;
  constructor(steps: number, most: number) {
    super(`a recurrence has ${steps} steps; at most ${most} can be written out`);
    this.steps = steps;
    this.most = most;
  }
}

/**
 * The expressions with no recurrence in them; equal in value wherever a recurrence is read inside its index set.
 * @param most steps of one recurrence
 * @throws TooManySteps
 */
export function unrolled(
  b: Builder,
  roots: readonly Node[],
  sizeOf: (s: IndexSet) => number,
  most: number,
): readonly Node[] {
  const made = new Unroller(b, sizeOf, most);
  return roots.map((n) => made.go(n));
}

class Unroller {
  private readonly b: Builder;
  private readonly sizeOf: (s: IndexSet) => number;
  private readonly most: number;
  private readonly has = new Map<Node, boolean>();
  private readonly memo = new Map<Node, Node>();
  /** The states of the recurrences met so far, over their params and their own axes, by position. */
  private readonly loops = new Map<Recurrence, readonly Node[]>();

  constructor(b: Builder, sizeOf: (s: IndexSet) => number, most: number) {
    this.b = b;
    this.sizeOf = sizeOf;
    this.most = most;
  }

  go(n: Node): Node {
    if (!this.hasScan(n)) return n;
    let out = this.memo.get(n);
    if (!out) {
      out = this.step(n);
      this.memo.set(n, out);
    }
    return out;
  }

  private hasScan(root: Node): boolean {
    const known = this.has.get(root);
    if (known !== undefined) return known;
    visit([root], (n) => {
      if (!this.has.has(n))
        this.has.set(n, n.op === 'scan' || children(n).some((c) => this.has.get(c) === true));
    });
    return this.has.get(root) === true;
  }

  private step(n: Node): Node {
    const { b } = this;
    const go = (x: Node): Node => this.go(x);
    switch (n.op) {
      case 'read':
        return b.read(n.slot, n.indices.map(go));
      case 'at':
        return b.at(n.params, go(n.body), n.indices.map(go));
      case 'call':
        return b.call(n.fn, ...n.args.map(go));
      case 'reduce':
        return b.reduce(n.kind, n.over, go(n.body), n.where && go(n.where));
      case 'scatter':
        return b.scatter(n.into, n.over, n.indices.map(go), go(n.body), n.where && go(n.where));
      case 'matrix': {
        const args = n.args.map((a): Lambda => ({ axes: a.axes, body: go(a.body) }));
        return b.matrix(n.fn, args, n.indices.map(go));
      }
      case 'scan':
        return this.read(n);
      default:
        return n;
    }
  }

  private read({ loop, indices }: ScanNode): Node {
    const { b } = this;
    const at = indices.map((i) => this.go(i));
    const own = axesOfLoop(loop);
    const time = loop.params.length;
    const rest = (list: readonly Node[]): readonly Node[] => list.filter((_, k) => k !== time);
    const axes: readonly Axis[] = own.filter((_, k) => k !== time);
    const states = this.statesOf(loop).map((body) => element(b, axes, body, rest(at)));
    const k = at[time];
    if (k.op === 'const') return states[Math.min(Math.max(k.value, 0), states.length - 1)];
    return states.length === 1 ? states[0] : b.call('pick', k, ...states);
  }

  private statesOf(loop: Recurrence): readonly Node[] {
    const known = this.loops.get(loop);
    if (known) return known;
    const { b } = this;
    const { over, params, axes, state, backward } = loop;
    const count = this.sizeOf(over.set);
    const most = axes.length === 0 ? this.most : Math.min(this.most, MOST_OF_ARRAYS);
    if (count > most) throw new TooManySteps(count, most);
    const own = [...params, ...axes];
    const states = new Array<Node>(count);
    let before = this.go(loop.init);
    for (let step = 0; step < count; step++) {
      const t = backward ? count - 1 - step : step;
      const now = b.mapReads(b.substitute(loop.body, [over], [b.const(t)]), (slot, indices) =>
        slot === state ? element(b, own, before, indices) : undefined,
      );
      before = this.go(now);
      states[t] = before;
    }
    this.loops.set(loop, states);
    return states;
  }
}

/** As `Builder.apply`, but never by renaming: states that are copied at every step would be as many as steps squared. */
function element(b: Builder, axes: readonly Axis[], body: Node, indices: readonly Node[]): Node {
  if (indices.every((i, k) => i.op === 'axis' && i.axis === axes[k])) return body;
  return isCheap(body) ? b.substitute(body, axes, indices) : b.at(axes, body, indices);
}
