/**
 * Derivatives of functions of matrices, for `derive.ts`: the adjoints of the
 * arguments are expressions in solves, products and selects, so they can be
 * differentiated again.
 *
 * Sources: M. B. Giles, *Collected matrix derivative results for forward and reverse
 * mode algorithmic differentiation* (2008), §2.2–2.3; for the Cholesky factor
 * I. Murray, *Differentiation of the Cholesky decomposition*, arXiv:1602.07527, eq. 10.
 */
import { type Adjoint, combine, flow, masked } from './adjoint.ts';
import { type Builder, isConst } from './build.ts';
import { elementOf, inverse, product, resultKey, resultSets, solve, tabulate, transpose } from './matrix.ts';
import { transposeRead } from './transpose.ts';
import type { Axis, Lambda, MatrixFn, MatrixNode, Node } from './types.ts';

/**
 * The adjoints of the arguments, each over its argument's rows and columns.
 * @param bar the adjoint of the result
 */
type Rule = (b: Builder, args: readonly Lambda[], bar: Lambda) => readonly Lambda[];

const rules: Readonly<Record<MatrixFn, Rule>> = {
  /** B̄ = A⁻ᵀX̄, Ā = −B̄Xᵀ */
  solve: (b, [a, rhs], bar) => {
    const rhsBar = solve(b, transpose(a), bar);
    const outer = product(b, rhsBar, transpose(solve(b, a, rhs)));
    return [{ axes: outer.axes, body: b.neg(outer.body) }, rhsBar];
  },
  /** Ā = ḡ A⁻ᵀ */
  log_det: (b, [a], bar) => [scaled(b, bar.body, transpose(inverse(b, a)))],
  /** Ā = ḡ det(A) A⁻ᵀ, where A is not singular */
  det: (b, [a], bar) => [scaled(b, b.mul(bar.body, b.matrix('det', [a], [])), transpose(inverse(b, a)))],
  /** Ā = (W + Wᵀ)/2 with W = L⁻ᵀ Φ(LᵀL̄) L⁻¹; Φ keeps the lower half and half of the diagonal. */
  cholesky: (b, [a], bar) => {
    const sets = a.axes.map((x) => x.set);
    const upper = transpose(tabulate(b, sets, (...at) => b.matrix('cholesky', [a], at)));
    const inner = product(b, upper, bar);
    const half = tabulate(b, [sets[1], sets[1]], (i, j) =>
      b.call(
        'select',
        b.call('ge', i, j),
        b.mul(b.call('select', b.call('eq', i, j), b.const(0.5), b.const(1)), elementOf(b, inner, i, j)),
        b.const(0),
      ),
    );
    const w = solve(b, upper, transpose(solve(b, upper, half)));
    return [
      tabulate(b, sets, (i, j) => b.mul(b.const(0.5), b.add(elementOf(b, w, i, j), elementOf(b, w, j, i)))),
    ];
  },
};

const scaled = (b: Builder, by: Node, { axes, body }: Lambda): Lambda => ({ axes, body: b.mul(by, body) });

/** The adjoints of the nodes that read one result, collected until the last of them is met. */
export interface MatrixRules {
  readonly add: (n: MatrixNode, adj: Adjoint) => void;
  /** To be called for every matrix node, parents first, after `add`. */
  readonly close: (n: MatrixNode) => void;
}

/**
 * Nodes that read the same result at different indices share one rule: their
 * adjoints are transposed into that of the result, which is passed on at the oldest of them.
 * @param nodes everything that is differentiated, children first
 */
export function matrixRules(
  b: Builder,
  nodes: readonly Node[],
  give: (child: Node, adj: Adjoint) => void,
): MatrixRules {
  const last = new Map<string, MatrixNode>();
  for (const n of nodes) if (n.op === 'matrix' && !last.has(resultKey(n))) last.set(resultKey(n), n);
  const results = new Map<string, { readonly into: readonly Axis[]; readonly parts: Adjoint[] }>();
  return {
    add: (n, adj) => {
      const key = resultKey(n);
      let result = results.get(key);
      if (!result) {
        result = { into: resultSets(n).map((s) => b.axis(s)), parts: [] };
        results.set(key, result);
      }
      result.parts.push(transposeRead(b, adj, n.axes, batchAxes(n), result.into, n.indices));
    },
    close: (n) => {
      const key = resultKey(n);
      const result = results.get(key);
      if (result && last.get(key) === n) passOn(b, n, result.into, combine(b, result.parts), give);
    },
  };
}

const batchAxes = (n: MatrixNode): readonly Axis[] => [
  ...new Set(n.args.flatMap(({ axes, body }) => body.axes.filter((a) => !axes.includes(a)))),
];

/** From the adjoint of a result to those of its arguments' bodies. */
function passOn(
  b: Builder,
  n: MatrixNode,
  into: readonly Axis[],
  adj: Adjoint,
  give: (child: Node, adj: Adjoint) => void,
): void {
  const batch = batchAxes(n);
  // The result is computed where one of its elements is live; elsewhere its arguments may not be evaluated.
  const { live } = flow(b, { ...adj, value: b.const(1) }, null, into, batch);
  const bar: Lambda = { axes: into, body: masked(b, adj) };
  if (isConst(bar.body, 0)) return;
  const bars = rules[n.fn](b, n.args, bar);
  n.args.forEach((arg, k) => {
    // No batch axis is one of the argument's own (`Builder.matrix`).
    const value = b.apply(
      bars[k],
      arg.axes.map((a) => b.axisNode(a)),
    );
    const extra = [...batch, ...arg.axes].filter((a) => !arg.body.axes.includes(a));
    give(arg.body, flow(b, { value, need: live, live }, null, extra, arg.body.axes));
  });
}
