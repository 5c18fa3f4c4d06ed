/** What is known of an expression's sign, wherever it can be evaluated: a small abstract interpretation. */
import type { Node, Recurrence, ScanNode } from './types.ts';
import { visit } from './walk.ts';

/** 'positive' excludes 0. */
export type Sign = 'positive' | 'nonnegative' | 'unknown';

const and = (a: Sign, b: Sign): Sign =>
  a === 'unknown' || b === 'unknown'
    ? 'unknown'
    : a === 'positive' && b === 'positive'
      ? 'positive'
      : 'nonnegative';

/**
 * @param positive expressions taken to be positive (from a condition `x > 0` around)
 */
export function signOf(n: Node, positive: readonly Node[] = []): Sign {
  if (positive.includes(n)) return 'positive';
  switch (n.op) {
    case 'const':
      return n.value > 0 ? 'positive' : n.value === 0 ? 'nonnegative' : 'unknown';
    case 'size':
      return 'positive';
    case 'axis':
      return 'nonnegative';
    case 'read': {
      const d = n.slot.domain;
      switch (d.kind) {
        case 'real':
          // Data may lie on the bound.
          return d.lo > 0 || (d.lo === 0 && n.slot.role !== 'data')
            ? 'positive'
            : d.lo === 0
              ? 'nonnegative'
              : 'unknown';
        case 'int':
          return d.lo > 0 ? 'positive' : d.lo === 0 ? 'nonnegative' : 'unknown';
        case 'spin':
          return 'unknown';
        default:
          return 'nonnegative';
      }
    }
    case 'at':
      return signOf(n.body);
    case 'reduce': {
      const body = signOf(n.body);
      if (n.kind === 'logsumexp') return 'unknown';
      // A filtered sum may be empty.
      return n.where && body === 'positive' ? 'nonnegative' : body;
    }
    case 'matrix':
      return 'unknown';
    case 'scan':
      return signOfScan(n);
    case 'scatter':
      return signOf(n.body) === 'unknown' ? 'unknown' : 'nonnegative';
    case 'call':
      return signOfCall(n, positive);
  }
}

const scanSigns = new WeakMap<Recurrence, Sign>();

/** By induction: positive if the start is, and a step from a positive state. */
function signOfScan({ loop }: ScanNode): Sign {
  let known = scanSigns.get(loop);
  if (known === undefined) {
    const reads: Node[] = [];
    visit([loop.body], (n) => {
      if (n.op === 'read' && n.slot === loop.state) reads.push(n);
    });
    const start = signOf(loop.init);
    const step = start === 'positive' ? signOf(loop.body, reads) : 'unknown';
    known = step === 'positive' ? step : and(start, signOf(loop.body));
    scanSigns.set(loop, known);
  }
  return known;
}

function signOfCall(n: Node & { op: 'call' }, positive: readonly Node[]): Sign {
  const [a, b, c] = n.args;
  switch (n.fn) {
    case 'square':
    case 'abs':
      return signOf(a, positive) === 'positive' ? 'positive' : 'nonnegative';
    case 'sqrt':
      return signOf(a, positive);
    // exp and its like underflow to 0.
    case 'exp':
    case 'sigmoid':
    case 'softplus':
    case 'relu':
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
    case 'and':
    case 'or':
    case 'not':
      return 'nonnegative';
    case 'cosh':
      return 'positive';
    case 'add': {
      const x = signOf(a, positive);
      const y = signOf(b, positive);
      return x !== 'unknown' && y !== 'unknown' && (x === 'positive' || y === 'positive')
        ? 'positive'
        : and(x, y);
    }
    case 'mul':
    case 'div':
    case 'min':
      return and(signOf(a, positive), signOf(b, positive));
    case 'max': {
      const x = signOf(a, positive);
      const y = signOf(b, positive);
      return x === 'positive' || y === 'positive' ? 'positive' : x === 'unknown' ? y : x;
    }
    case 'select': {
      const inside =
        a.op === 'call' && a.fn === 'gt' && a.args[1].op === 'const' && a.args[1].value >= 0
          ? [a.args[0]]
          : [];
      return and(signOf(b, [...positive, ...inside]), signOf(c, positive));
    }
    case 'pick':
      return n.args
        .slice(1)
        .map((x) => signOf(x, positive))
        .reduce(and);
    default:
      return 'unknown';
  }
}
