/** What the builder makes of a call whose value needs no call: folded units, signs moved outwards. */
import type { Builder } from './build.ts';
import type { CallNode, FnName, Node } from './types.ts';

export const isConst = (n: Node, value?: number): boolean =>
  n.op === 'const' && (value === undefined || n.value === value);

/** c·x with a constant c. */
const scaled = (n: Node): n is CallNode => n.op === 'call' && n.fn === 'mul' && n.args[0].op === 'const';

/** An equal expression that is smaller or in the usual form; undefined if there is none. */
export function simplify(made: Builder, fn: FnName, args: readonly Node[]): Node | undefined {
  const [a, b, c] = args;
  switch (fn) {
    case 'add':
      if (isConst(a, 0)) return b;
      if (isConst(b, 0)) return a;
      if (b.op === 'call' && b.fn === 'neg') return made.call('sub', a, b.args[0]);
      return undefined;
    case 'sub':
      if (isConst(b, 0)) return a;
      if (isConst(a, 0)) return made.call('neg', b);
      if (a === b) return made.const(0);
      return undefined;
    case 'mul':
      if (isConst(a, 0) || isConst(b, 0)) return made.const(0);
      if (isConst(a, 1)) return b;
      if (isConst(b, 1)) return a;
      if (isConst(a, -1)) return made.call('neg', b);
      if (isConst(b, -1)) return made.call('neg', a);
      if (b.op === 'const' && scaled(a)) return made.call('mul', b, a);
      if (a.op === 'const' && scaled(b)) return made.call('mul', made.call('mul', a, b.args[0]), b.args[1]);
      if (a.op === 'call' && a.fn === 'neg') return made.call('neg', made.call('mul', a.args[0], b));
      if (b.op === 'call' && b.fn === 'neg') return made.call('neg', made.call('mul', a, b.args[0]));
      if (a === b) return made.call('square', a);
      return undefined;
    case 'div':
      if (isConst(a, 0)) return a;
      if (isConst(b, 1)) return a;
      if (b.op === 'const' && b.value !== 0) return made.call('mul', a, made.const(1 / b.value));
      return undefined;
    case 'neg':
      if (a.op === 'call' && a.fn === 'neg') return a.args[0];
      if (a.op === 'call' && a.fn === 'sub') return made.call('sub', a.args[1], a.args[0]);
      return undefined;
    case 'pow':
      if (isConst(b, 1)) return a;
      if (isConst(b, 0)) return made.const(1);
      if (isConst(b, 2)) return made.call('square', a);
      if (isConst(b, 0.5)) return made.call('sqrt', a);
      if (isConst(b, -1)) return made.call('div', made.const(1), a);
      return undefined;
    case 'select':
      if (a.op === 'const') return a.value !== 0 ? b : c;
      if (b === c) return b;
      return undefined;
    case 'pick':
      return a.op === 'const' ? args[1 + a.value] : undefined;
    case 'and':
      if (a.op === 'const') return a.value !== 0 ? b : a;
      if (b.op === 'const') return b.value !== 0 ? a : b;
      return undefined;
    case 'or':
      if (a.op === 'const') return a.value !== 0 ? a : b;
      if (b.op === 'const') return b.value !== 0 ? b : a;
      return undefined;
    default:
      return undefined;
  }
}
