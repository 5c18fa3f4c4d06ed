/**
 * What a run of a program costs on each engine, estimated from its expressions: the cost model by which an engine
 * is chosen. Coefficients were measured (bench/kernels, bench/tfjs-engine) and are rounded; the choice needs no
 * more, because where it matters the engines are far apart: straight loops pay for each element, tensor operations
 * for each operation.
 */
import { functions } from '../ir/functions.ts';
import { type Axis, type CallNode, type Node, type ReduceNode, Uses } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import type { ArrayProgram } from './engine.ts';

/** Nanoseconds. */
export interface Machine {
  /** Of every run. */
  readonly call: number;
  /** Of every operation on arrays, however small. */
  readonly operation: number;
  /** Of an element of a cheap operation: a sum, a product, a comparison, a value read. */
  readonly element: number;
  /** Of an element of exp, log, tanh and their like. */
  readonly transcendental: number;
  /** Of a multiplication and addition in a sum of products. */
  readonly product: number;
  /** The same within a function of matrices; without, as in a sum of products. */
  readonly matrix?: number;
  /** Of an element of an operation inside a recurrence. */
  readonly recurrence: number;
}

/** By the engine's name. */
export const machines: Readonly<Record<string, Machine>> = {
  kernels: { call: 2e3, operation: 20, element: 0.4, transcendental: 4, product: 0.35, recurrence: 1 },
  'tfjs:wasm': { call: 3e4, operation: 5e3, element: 1.2, transcendental: 6, product: 0.08, recurrence: 8 },
  'tfjs:cpu': { call: 3e4, operation: 5e3, element: 4, transcendental: 20, product: 4, recurrence: 8 },
  // As a whole graph (`tfjs/whole-graph.ts`).
  'tfjs:tensorflow': {
    call: 1.2e5,
    operation: 5e3,
    element: 0.8,
    transcendental: 1.2,
    product: 0.02,
    recurrence: 8,
  },
  // Of a small graphics processor, of the order of magnitude: nobody is sent there who does not ask for it.
  'tfjs:webgl': {
    call: 2e6,
    operation: 5e4,
    element: 0.05,
    transcendental: 0.05,
    product: 0.01,
    recurrence: 8,
  },
  // Recurrences and functions of matrices go to the wasm backend, for which nobody would choose it.
  onnx: {
    call: 3e4,
    operation: 2e3,
    element: 0.8,
    transcendental: 1,
    product: 0.022,
    matrix: 1e3,
    recurrence: 1e3,
  },
};

/** How often each kind of work is done in a run of a program. */
export interface Work {
  readonly operations: number;
  readonly elements: number;
  readonly transcendentals: number;
  readonly products: number;
  /** Multiplications in functions of matrices. */
  readonly matrices: number;
  /** Elements of operations inside of recurrences. */
  readonly recurrences: number;
}

const CHANGING = Uses.unknown | Uses.param | Uses.input | Uses.state;

/** What does not change from run to run is computed once, and not counted. */
export function workOf({ outputs, sizeOf }: ArrayProgram): Work {
  const volume = (axes: readonly Axis[]): number => axes.reduce((n, a) => n * sizeOf(a.set), 1);
  const inside = new Set<Axis>();
  const contracted = new Set<Node>();
  const roots = outputs.map((o) => o.node);
  visit(roots, (n) => {
    if (n.op === 'scan') inside.add(n.loop.over);
    if (isContraction(n)) contracted.add(n.body);
  });
  const work = { operations: 0, elements: 0, transcendentals: 0, products: 0, matrices: 0, recurrences: 0 };
  visit(roots, (n) => {
    if ((n.uses & CHANGING) === 0 || n.op === 'const' || n.op === 'axis' || n.op === 'size') return;
    const axes = elementsOf(n);
    const size = volume(axes);
    if (axes.some((a) => inside.has(a))) {
      work.recurrences += size;
      return;
    }
    if (n.op === 'read' && n.indices.every((i) => i.op === 'axis')) return;
    work.operations++;
    if (isContraction(n)) work.products += size;
    else if (n.op === 'call' && contracted.has(n)) work.operations--;
    else if (n.op === 'call' && !isCheapCall(n)) work.transcendentals += size;
    else if (n.op === 'matrix') work.matrices += size * volume(n.args[0].axes);
    else work.elements += size;
  });
  return work;
}

/** The axes whose elements an operation goes through: a scatter puts each of what it adds in one place. */
function elementsOf(n: Node): readonly Axis[] {
  if (n.op === 'reduce') return [...new Set([...n.axes, ...n.over])];
  if (n.op === 'scatter') return [...new Set([...n.axes.filter((a) => !n.into.includes(a)), ...n.over])];
  return n.axes;
}

/** Nanoseconds of a run. */
export const nanoseconds = (w: Work, m: Machine): number =>
  m.call +
  m.operation * w.operations +
  m.element * w.elements +
  m.transcendental * w.transcendentals +
  m.product * w.products +
  (m.matrix ?? m.product) * w.matrices +
  m.recurrence * w.recurrences;

const isContraction = (n: Node): n is ReduceNode & { readonly body: CallNode } =>
  n.op === 'reduce' &&
  n.kind === 'sum' &&
  n.body.op === 'call' &&
  (n.body.fn === 'mul' || n.body.fn === 'square');

const isCheapCall = (n: CallNode): boolean =>
  functions[n.fn].cheap === true || n.fn === 'select' || n.fn === 'pick' || n.fn === 'div';
