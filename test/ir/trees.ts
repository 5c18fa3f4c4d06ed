/** Random trees that say what a program consists of, without names; `arbitrary.ts` builds it. */
import fc from 'fast-check';

export interface ProgramOptions {
  /** Without kinks and jumps in the real slots, so that finite differences are valid. */
  readonly smooth?: boolean;
  /** Depth of the expression. */
  readonly depth?: number;
}

/** `pick` chooses among what is in scope where the tree is built. */
export type Tree =
  | { readonly kind: 'leaf'; readonly pick: number; readonly value: number }
  | { readonly kind: 'call'; readonly shape: CallShape; readonly args: readonly Tree[] }
  | { readonly kind: 'condition'; readonly pick: number; readonly args: readonly Tree[] }
  | {
      readonly kind: 'bind';
      readonly shape: BindShape;
      readonly pick: number;
      readonly args: readonly Tree[];
    }
  | { readonly kind: 'share'; readonly args: readonly Tree[] };

const smoothCalls = [
  'add',
  'add',
  'sub',
  'mul',
  'mul',
  'mul',
  'neg',
  'square',
  'div',
  'pow',
  'power',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sqrt',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'atan2',
  'sinh',
  'cosh',
  'tanh',
  'sigmoid',
  'softplus',
  'silu',
  'erf',
  'lgamma',
  'digamma',
  'logaddexp',
  'mod',
  'pick',
] as const;
const roughCalls = [
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'min',
  'max',
  'relu',
  'compare',
  'select',
  'and',
  'or',
  'not',
  'stop_gradient',
] as const;
export type CallShape = (typeof smoothCalls)[number] | (typeof roughCalls)[number];

const smoothBinds = [
  'sum',
  'sum',
  'sum where',
  'mean',
  'contraction',
  'gather',
  'shift',
  'ring',
  'reverse',
  'at',
  'at table',
  'shadow',
  'logsumexp',
  'prod',
  'edges',
  'guarded log',
  'diagonal',
  'bare where',
] as const;
const roughBinds = ['max', 'min', 'prod of zeros'] as const;
export type BindShape = (typeof smoothBinds)[number] | (typeof roughBinds)[number];

export function arbitraryTree({ smooth = false, depth = 4 }: ProgramOptions): fc.Arbitrary<Tree> {
  const calls: readonly CallShape[] = smooth ? smoothCalls : [...smoothCalls, ...roughCalls];
  const binds: readonly BindShape[] = smooth ? smoothBinds : [...smoothBinds, ...roughBinds];
  const pick = fc.nat(1000);
  const leaf: fc.Arbitrary<Tree> = fc.record({
    kind: fc.constant('leaf' as const),
    pick,
    value: fc.integer({ min: -8, max: 8 }).map((i) => i / 4),
  });
  const tree = (d: number): fc.Arbitrary<Tree> => {
    if (d === 0) return leaf;
    const args = fc.tuple(tree(d - 1), tree(d - 1));
    return fc.oneof(
      { weight: d > 2 ? 0 : 1, arbitrary: leaf },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('call' as const),
          shape: fc.constantFrom(...calls),
          args,
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('bind' as const),
          shape: fc.constantFrom(...binds),
          pick,
          args,
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('condition' as const), pick, args }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('share' as const), args }) },
    );
  };
  return tree(depth);
}
