/** What is known of each expression before statements are made: whether it varies, in what it is, what it costs. */
import { functions } from '../../../ir/functions.ts';
import type { Node, Slot } from '../../../ir/types.ts';
import { children } from '../../../ir/walk.ts';
import { affineOf } from './affine.ts';
import { type Graph, type Recurring, reachable } from './graph.ts';

/** Expressions written out larger than this are cut. */
const LARGEST = 3000;

const moderate: ReadonlySet<string> = new Set([
  'div',
  'sqrt',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'min',
  'max',
  'relu',
  'mod',
  'stop_gradient',
]);

export class Facts {
  /** Everything that the program is made of, parts first. */
  readonly nodes: readonly Node[];
  private readonly dynamic = new Map<Node, boolean>();
  private readonly weights = new Map<Node, number>();
  private readonly inside = new Map<Node, Recurring>();

  constructor({ outputs, loops }: Graph, isConstant: (slot: Slot) => boolean) {
    this.nodes = reachable(outputs, loops);
    for (const n of this.nodes) {
      const loop = n.op === 'read' ? loops.get(n.slot) : undefined;
      const isBefore = loop !== undefined && n.op === 'read' && n.slot === loop.before;
      const parts = children(n);
      const own = loop
        ? !isBefore && (this.varies(loop.init) || this.varies(loop.body))
        : n.op === 'read' && n.slot.role !== 'state' && !isConstant(n.slot);
      this.dynamic.set(n, own || parts.some((c) => this.varies(c)));
      const around = isBefore ? loop : parts.map((c) => this.inside.get(c)).find((l) => l !== undefined);
      if (around) this.inside.set(n, around);
      this.weights.set(n, this.weigh(n));
    }
  }

  /** Whether the value depends on what is supplied at every run. */
  varies(n: Node): boolean {
    return this.dynamic.get(n) ?? false;
  }

  /** The recurrence whose state one step before the value depends on. */
  around(n: Node): Recurring | undefined {
    return this.inside.get(n);
  }

  /** The work of the expression, in additions; 0 where it is so large that it is cut. */
  weight(n: Node): number {
    return this.weights.get(n) ?? 0;
  }

  private weigh(n: Node): number {
    switch (n.op) {
      case 'const':
      case 'axis':
      case 'size':
        return 0;
      case 'call': {
        const own = functions[n.fn].cheap || n.fn === 'select' ? 1 : moderate.has(n.fn) ? 4 : 20;
        let sum = own;
        for (const a of n.args) sum += this.weight(a);
        // Cut here.
        return sum > LARGEST ? 0 : sum;
      }
      case 'read':
        return n.indices.every((i) => affineOf(i) !== null) ? 1 : 3;
      default:
        return 1;
    }
  }
}
