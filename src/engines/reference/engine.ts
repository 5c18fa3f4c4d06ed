/**
 * The reference engine: float64, obvious, slow. The oracle that every other engine
 * is tested against. Sums are compensated; scalar functions are those of
 * `ir/functions.ts` (`ir/special.ts` and its neighbours).
 */
import { type HostArray, zeros } from '../../arrays.ts';
import { functions } from '../../ir/functions.ts';
import type { Node, ReduceKind } from '../../ir/types.ts';
import type { ArrayProgram, Arrays, Engine, Evaluator } from '../engine.ts';
import { type Algebra, evaluator, forEachPosition, type SizeOf } from './evaluate.ts';
import { plainMatrix } from './matrix.ts';
import { compensatedSum, logSumExp } from './sum.ts';

export const plainNumbers: Algebra<number> = {
  constant: (x) => x,
  value: (x) => x,
  element: (_slot, _flat, x) => x,
  call: (fn, args) => functions[fn].eval(...args),
  reduce: (kind, items) => reductions[kind](items),
  matrix: plainMatrix,
};

const reductions: Readonly<Record<ReduceKind, (items: readonly number[]) => number>> = {
  sum: compensatedSum,
  prod: (items) => items.reduce((p, x) => p * x, 1),
  max: (items) => items.reduce((m, x) => Math.max(m, x), Number.NEGATIVE_INFINITY),
  min: (items) => items.reduce((m, x) => Math.min(m, x), Number.POSITIVE_INFINITY),
  logsumexp: logSumExp,
};

/** @returns the engine of name `reference`, of relative precision 2⁻⁵³ */
export const referenceEngine = (): Engine => ({
  name: 'reference',
  epsilon: 2 ** -53,
  separable: true,
  compile: (program: ArrayProgram, constants: Arrays): Evaluator => ({
    run: (inputs) => run(program, new Map([...constants, ...inputs])),
    dispose: () => {},
  }),
});

function run(program: ArrayProgram, arrays: Arrays): ReadonlyMap<string, HostArray> {
  const { outputs, sizeOf } = program;
  const evaluate = evaluator(
    outputs.map((o) => o.node),
    plainNumbers,
    arrays,
    sizeOf,
  );
  return new Map(
    outputs.map((o) => {
      const out = zeros(o.axes.map((a) => sizeOf(a.set)));
      let i = 0;
      forEachPosition(o.axes, sizeOf, new Map(), (env) => {
        out.data[i++] = evaluate(o.node, env);
      });
      return [o.name, out];
    }),
  );
}

/** The number that an expression without free axes stands for. */
export const evaluateScalar = (node: Node, arrays: Arrays, sizeOf: SizeOf): number =>
  evaluator([node], plainNumbers, arrays, sizeOf)(node, new Map());
