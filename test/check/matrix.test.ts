import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { matrixFunctions } from '../../src/check/matrices.ts';
import { compileText } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import type { Lambda } from '../../src/ir/types.ts';
import { rendered } from '../run/kit.ts';

/** The arrays that the tests read: A and B over [k, k], S over [g, k, k], x over k, W over [k, m]. */
const DATA = {
  A: [
    [4, 1, 0],
    [1, 3, 1],
    [0, 1, 2],
  ],
  B: [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 10],
  ],
  x: [1, -2, 3],
  W: [
    [1, 0],
    [2, 1],
    [0, 3],
  ],
  S: [
    [
      [4, 1, 0],
      [1, 3, 1],
      [0, 1, 2],
    ],
    [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 10],
    ],
  ],
  Y: [
    [1, 0, 2],
    [0, 1, -1],
  ],
};

const HEADER = `
index k = 3
index m = 2
index g = 2
data A : real[k, k] from "d.json"
data B : real[k, k] from "d.json"
data x : real[k] from "d.json"
data W : real[k, m] from "d.json"
data S : real[g, k, k] from "d.json"
data Y : real[g, k] from "d.json"
`;

const program = (report: string): string =>
  `${HEADER}\nenergy E(z : real) {\n  z ~ normal(0, 1)\n  report r = ${report}\n}\n`;

/** The value of an expression on the data, with its shape. */
async function value(expr: string): Promise<{ shape: readonly number[]; data: number[] }> {
  const compiled = compileText(program(expr), 'test.energy');
  if (!compiled.ok) throw new Error(rendered(compiled));
  const bound = await bind(compiled.program, memoryHost({ 'd.json': JSON.stringify(DATA) }));
  const energy = compiled.program.energies.get('E')!.energy;
  const f: Lambda = energy.reports[0].value;
  const outputs = [{ name: 'r', axes: f.axes, node: f.body }];
  const run = referenceEngine().compile({ outputs, sizeOf: bound.sizeOf }, bound.constants).run(new Map());
  const { shape, data } = run.get('r')!;
  return { shape, data: Array.from(data) };
}

const errors = (text: string): string[] => {
  const compiled = compileText(text, 'test.energy');
  return compiled.diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.code} ${d.message}`);
};

type Matrix = readonly (readonly number[])[];
const times = (p: Matrix, q: Matrix): number[][] =>
  p.map((r) => q[0].map((_, j) => r.reduce((s, v, i) => s + v * q[i][j], 0)));
const transposed = (p: Matrix): number[][] => p[0].map((_, j) => p.map((r) => r[j]));
const plus = (p: Matrix, q: Matrix): number[][] => p.map((r, i) => r.map((v, j) => v + q[i][j]));
const { A, B, x, W, S, Y } = DATA;
const column = x.map((v) => [v]);
const unit = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** Expressions, and what they are. */
const values: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['transpose(W)', [2, 3], transposed(W).flat()],
  ['trace(B)', [], [16]],
  ['diag(B)', [3], [1, 5, 10]],
  ['diag_matrix(x)', [3, 3], [1, 0, 0, 0, -2, 0, 0, 0, 3]],
  ['identity(k)', [3, 3], unit.flat()],
  ['identity(2)', [2, 2], [1, 0, 0, 1]],
  ['det(A)', [], [18]],
  ['det(B)', [], [-3]],
  ['log_det(B)', [], [Math.log(3)]],
  ['inverse(B) @ B', [3, 3], unit.flat()],
  ['A @ solve(A, x)', [3], x],
  ['A @ solve(A, W)', [3, 2], W.flat()],
  ['solve(A, A)', [3, 3], unit.flat()],
  ['cholesky(A) @ transpose(cholesky(A))', [3, 3], A.flat()],
  ['quad(B, x)', [], [times([x], times(B, column))[0][0]]],
  ['quad(inverse(A), x) - dot(x, solve(A, x))', [], [0]],
  ['dot(x, x)', [], [14]],
  ['norm(x)', [], [Math.sqrt(14)]],
  ['outer(x, diag(B))', [3, 3], times(column, [[1, 5, 10]]).flat()],
  ['outer(x, x) - outer(x, x)', [3, 3], unit.flat().map(() => 0)],
  ['det(S)', [2], [18, -3]],
  ['trace(S)', [2], [9, 16]],
  ['diag(S)', [2, 3], [4, 3, 2, 1, 5, 10]],
  ['transpose(S)', [2, 3, 3], S.flatMap((p) => transposed(p).flat())],
  ['[det(S[i, :, :]) for i in g]', [2], [18, -3]],
  ['[quad(S[i, :, :], x) for i in g]', [2], S.map((p) => times([x], times(p, column))[0][0])],
  ['quad(S, x)', [2], S.map((p) => times([x], times(p, column))[0][0])],
  ['quad(S, Y)', [2], S.map((p, i) => times([Y[i]], times(p, transposed([Y[i]])))[0][0])],
  ['quad(A, Y)', [2], Y.map((y) => times([y], times(A, transposed([y])))[0][0])],
  ['[S[i, :, :] @ solve(S[i, :, :], Y[i, :]) for i in g]', [2, 3], Y.flat()],
  ['solve(S, Y) - [solve(S[i, :, :], Y[i, :]) for i in g]', [2, 3], Y.flat().map(() => 0)],
  ['solve(A, Y) - [solve(A, Y[i, :]) for i in g]', [2, 3], Y.flat().map(() => 0)],
  ['solve(S, x) - [solve(S[i, :, :], x) for i in g]', [2, 3], Y.flat().map(() => 0)],
  ['solve(A, transpose(Y)) - transpose([solve(A, Y[i, :]) for i in g])', [3, 2], Y.flat().map(() => 0)],
  ['dot(Y, x)', [2], Y.map((y) => times([y], column)[0][0])],
  ['norm(Y)', [2], Y.map((y) => Math.hypot(...y))],
  ['A + B', [3, 3], plus(A, B).flat()],
  ['transpose(B) + B', [3, 3], plus(transposed(B), B).flat()],
  ['B + transpose(B)', [3, 3], plus(transposed(B), B).flat()],
  ['B * B - transpose(transpose(B)) ^ 2', [3, 3], B.flat().map(() => 0)],
  ['A @ B @ x', [3], times(times(A, B), column).flat()],
  ['x @ A @ B', [3], times([x], times(A, B)).flat()],
  ['transpose(W) @ A @ W', [2, 2], times(transposed(W), times(A, W)).flat()],
  ['S + identity(k)', [2, 3, 3], S.flatMap((p) => plus(p, unit).flat())],
  ['0.5 * A + 0.5 * A', [3, 3], A.flat()],
  ['det(A = B)', [], [-3]],
  ['sum(A * inverse(transpose(A)))', [], [3]],
  ['diag(cholesky(diag_matrix(x ^ 2)))', [3], [1, 2, 3]],
];

describe('matrix functions', () => {
  it.each(values)('%s', async (expr, shape, want) => {
    const found = await value(expr);
    expect(found.shape).toEqual(shape);
    expect(found.data).toHaveLength(want.length);
    found.data.forEach((v, i) => {
      expect(v).toBeCloseTo(want[i], 9);
    });
  });

  it('are all among these', () => {
    const all = values.map(([e]) => e).join(' ');
    expect([...matrixFunctions.keys()].filter((name) => !all.includes(`${name}(`))).toEqual([]);
  });

  it('take the index sets of generic functions', async () => {
    const text = `${HEADER}
fn whitened(C : real[n, n], v : real[n]) : real[n] = solve(cholesky(C), v)
energy E(z : real) { z ~ normal(0, 1)
  report r = [sum(whitened(A, x) ^ 2), quad(inverse(A), x)] }`;
    const compiled = compileText(text, 'test.energy');
    expect(compiled.ok, rendered(compiled)).toBe(true);
  });
});

describe('matrices of the wrong shape', () => {
  it.each([
    [
      'det(x)',
      'E0301 `det` expects a matrix, an array over two index sets; found an array over [`k`] of numbers',
    ],
    ['det(z)', 'E0301 `det` expects a matrix, an array over two index sets; found a number'],
    [
      'inverse(W)',
      'E0302 `inverse` expects a square matrix; the rows of this one are over `k`, its columns over `m`, which have 3 and 2 elements',
    ],
    [
      'trace(transpose(W))',
      'E0302 `trace` expects a square matrix; the rows of this one are over `m`, its columns over `k`, which have 2 and 3 elements',
    ],
    [
      'solve(A, diag(identity(m)))',
      'E0302 `solve` expects a vector or a matrix over `k`, the rows of the matrix; found an array over [`m`] of numbers',
    ],
    [
      'solve(A, z)',
      'E0302 `solve` expects a vector or a matrix over `k`, the rows of the matrix; found a number',
    ],
    [
      'dot(x, diag(identity(m)))',
      'E0302 `dot` expects a vector over `k`, found an array over [`m`] of numbers',
    ],
    [
      'quad(A, diag(identity(m)))',
      'E0302 `quad` expects a vector over `k`, found an array over [`m`] of numbers',
    ],
    ['norm(z)', 'E0301 `norm` expects a vector, found a number'],
    ['diag_matrix(2)', 'E0301 `diag_matrix` expects a vector, found an integer'],
    ['identity(x)', 'E0301 expected an index set, found an array over [`k`] of numbers'],
    ['det(A, B)', 'E0305 expected 1 argument (A), found 2'],
    ['solve(A)', 'E0305 the argument `b` is missing; expected 2 (A, b)'],
    ['cholesky(A, upper = 1)', 'E0206 there is no argument `upper`'],
    ['dett(A)', 'E0205 there is no function or distribution `dett`'],
  ])('%s', (expr, message) => {
    const found = errors(program(expr));
    expect(found.map((m) => m.replace('of integers', 'of numbers'))).toEqual([message]);
  });

  it('is found when data are bound, where the sizes come from them', async () => {
    const text = (expr: string): string => `
data Z : real[row, column] from "z.json"
energy E(s : real) { s ~ normal(0, 1)
  term t = s * ${expr} }`;
    const open = (expr: string, Z: Matrix): Promise<unknown> => {
      const compiled = compileText(text(expr), 'test.energy');
      if (!compiled.ok) throw new Error(rendered(compiled));
      return bind(compiled.program, memoryHost({ 'z.json': JSON.stringify({ Z }) }));
    };
    await expect(open('det(Z)', W)).rejects.toThrow(
      'the term `t` takes the determinant of a matrix that is not square: its rows are over `row` with 3 elements, its columns over `column` with 2',
    );
    await expect(open('sum(inverse(Z))', W)).rejects.toMatchObject({ diagnostics: [{ code: 'E0541' }] });
    await expect(open('det(Z)', A)).resolves.toBeDefined();
    expect(errors(text('trace(Z)'))).toEqual([
      'E0302 `trace` expects a square matrix; the rows of this one are over `row`, its columns over `column`',
    ]);
  });

  it('does not guess which index of a matrix a vector goes with', () => {
    expect(errors(program('A + x'))[0]).toMatch(/^E0302 it is ambiguous which index over `k` is meant/);
  });
});
