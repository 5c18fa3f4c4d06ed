/**
 * Elementwise steps as one loop in lanes: what several tfjs kernels would write to memory and read again stays in
 * registers. float32, four at a time, in tfjs's own memory.
 */
import type { Code, Local } from '../kernels/wasm/code.ts';
import { ModuleBuilder } from '../kernels/wasm/module.ts';

/** By the names of the steps that they stand for. */
export const laneFunctions = [
  'add',
  'sub',
  'mul',
  'div',
  'neg',
  'square',
  'sqrt',
  'abs',
  'relu',
  'sigmoid',
] as const;
export type LaneFunction = (typeof laneFunctions)[number];

/** How an array is read over [rows, columns]: all of it, a row for every row, a number for each row, one number. */
export type Reach = 'all' | 'row' | 'column' | 'one';

export type LaneNode =
  | { readonly kind: 'input'; readonly input: number; readonly reach: Reach }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'call'; readonly fn: LaneFunction; readonly args: readonly number[] };

export interface LaneProgram {
  readonly rows: number;
  /** A multiple of 4. */
  readonly columns: number;
  /** Each reads those before it. */
  readonly nodes: readonly LaneNode[];
  readonly inputs: number;
  /** Numbers of the nodes that are written, one array each. */
  readonly outputs: readonly number[];
}

export type LaneKernel = (inputs: readonly number[], outputs: readonly number[]) => void;

const FLOAT = 4;

/** The loop for a program, for one memory; takes addresses in bytes. */
export function laneKernel(memory: WebAssembly.Memory, program: LaneProgram): LaneKernel {
  const { rows, columns, nodes, inputs, outputs } = program;
  const module = new ModuleBuilder();
  const params = new Array<'i32'>(inputs + outputs.length).fill('i32');
  module.define('run', params, [], (c) => {
    const [row, column] = [c.local('i32'), c.local('i32')];
    const values = nodes.map(() => c.local('v128'));
    const loadSplat = (n: number, input: number): void => {
      c.get(c.params[input]).memory('v128.load32_splat').set(values[n]);
    };
    const each = (kind: Reach, f: (n: number, input: number) => void): void =>
      nodes.forEach((node, n) => {
        if (node.kind === 'input' && node.reach === kind) f(n, node.input);
      });
    /** Every array once, however many nodes read it. */
    const addresses = (...kinds: readonly Reach[]): readonly Local[] => [
      ...new Set(
        nodes.flatMap((node) =>
          node.kind === 'input' && kinds.includes(node.reach) ? [c.params[node.input]] : [],
        ),
      ),
    ];
    const move = (which: readonly Local[], bytes: number): void => {
      for (const a of which) c.get(a).i32(bytes).op('i32.add').set(a);
    };
    const written = c.params.slice(inputs);
    each('one', loadSplat);
    nodes.forEach((node, n) => {
      if (node.kind === 'number') c.splat('f32x4', node.value).set(values[n]);
    });
    c.for(row, 0, rows, 1, () => {
      each('column', loadSplat);
      c.for(column, 0, columns, 4, () => {
        nodes.forEach((node, n) => {
          if (node.kind === 'input' && (node.reach === 'all' || node.reach === 'row'))
            c.get(c.params[node.input]).memory('v128.load').set(values[n]);
          if (node.kind === 'call') {
            writeCall(
              c,
              node.fn,
              node.args.map((a) => values[a]),
            );
            c.set(values[n]);
          }
        });
        outputs.forEach((n, k) => {
          c.get(written[k]).get(values[n]).memory('v128.store');
        });
        move([...addresses('all', 'row'), ...written], 4 * FLOAT);
      });
      move(addresses('row'), -columns * FLOAT);
      move(addresses('column'), FLOAT);
    });
  });
  const { run } = module.instantiate(memory);
  return (ins, outs) => void run(...ins, ...outs);
}

/** Leaves the value on the stack. */
function writeCall(c: Code, fn: LaneFunction, [x, y]: readonly Local[]): void {
  switch (fn) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      c.get(x).get(y).op(`f32x4.${fn}`);
      return;
    case 'neg':
    case 'sqrt':
    case 'abs':
      c.get(x).op(`f32x4.${fn}`);
      return;
    case 'square':
      c.get(x).get(x).op('f32x4.mul');
      return;
    case 'relu':
      c.get(x).splat('f32x4', 0).op('f32x4.max');
      return;
    case 'sigmoid':
      writeSigmoid(c, x);
  }
}

/** Below this e^x is no normal number, and counts as 0. */
const LEAST = -87.33;

/**
 * σ(x) from z = e^−|x|: 1/(1 + z), or z/(1 + z) below 0, so that small values are accurate in relative terms. e^y by
 * y = n·ln 2 + r and a polynomial in r of degree 6 (the Taylor polynomial is accurate to 2⁻²⁴ for |r| ≤ ln 2/2).
 */
function writeSigmoid(c: Code, x: Local): void {
  const [y, n, z] = [c.local('v128'), c.local('v128'), c.local('v128')];
  c.get(x).op('f32x4.abs', 'f32x4.neg').splat('f32x4', -88).op('f32x4.max').set(y);
  c.get(y).splat('f32x4', Math.LOG2E).op('f32x4.mul', 'f32x4.nearest').set(n);
  // ln 2 in two parts, so that n times the first is exact.
  const high = 0.693359375;
  c.get(y).get(n).splat('f32x4', high).op('f32x4.mul', 'f32x4.sub');
  c.get(n)
    .splat('f32x4', Math.LN2 - high)
    .op('f32x4.mul', 'f32x4.sub')
    .set(z);
  const taylor = [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1];
  c.splat('f32x4', taylor[0]);
  for (const term of taylor.slice(1)) c.get(z).op('f32x4.mul').splat('f32x4', term).op('f32x4.add');
  c.get(n).op('i32x4.trunc_sat_f32x4_s').splat('i32x4', 127).op('i32x4.add').i32(23).op('i32x4.shl');
  c.op('f32x4.mul').set(z);
  // 0 where e^y would be subnormal; NaN stays.
  c.get(z).get(y).splat('f32x4', LEAST).op('f32x4.lt', 'v128.andnot').set(z);
  c.get(z).splat('f32x4', 1).get(x).splat('f32x4', 0).op('f32x4.lt', 'v128.bitselect');
  c.get(z).splat('f32x4', 1).op('f32x4.add', 'f32x4.div');
  c.release(y, n, z);
}
