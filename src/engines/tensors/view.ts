/** A tensor program as something to look at: its operations with shapes, what they are for, and what they cost. */
import { sizeOfShape } from '../../arrays.ts';
import { machines } from '../cost.ts';
import { peakBytes } from './memory.ts';
import { opName, type Ref, type Shape, type TensorProgram, type TensorStep, type UnaryFn } from './ops.ts';

export interface TensorView {
  /** Inputs and constants that steps read, then steps, each behind what it reads. */
  readonly nodes: readonly TensorViewNode[];
  /** What the outputs are, in order, then what several of them share. */
  readonly groups: readonly TensorGroup[];
  /** Nanoseconds of a run, as the cost model has it for tfjs on WebAssembly, without the call. */
  readonly nanoseconds: number;
  /** Bytes at the peak of a run. */
  readonly bytes: number;
}

export interface TensorViewNode {
  readonly ref: Ref;
  readonly kind: 'input' | 'constant' | 'step';
  /** `matMul`, `exp`; the name of what an input holds; the number that a scalar constant is. */
  readonly name: string;
  /** Of inputs: what the program calls them. */
  readonly role: 'unknown' | 'param' | 'data' | null;
  readonly shape: Shape;
  readonly ins: readonly Ref[];
  /** Of steps: the position of its group. */
  readonly group: number | null;
  readonly nanoseconds: number;
  /** The names of the outputs that it is. */
  readonly outputs: readonly string[];
}

export interface TensorGroup {
  readonly name: string;
  readonly kind: 'term' | 'support' | 'gradient' | 'shared';
  readonly steps: number;
  readonly nanoseconds: number;
}

/** What an output of the program is. */
export interface NamedOutput {
  readonly name: string;
  readonly kind: 'term' | 'support' | 'gradient';
  /** Outputs of one kind that are told as one: the fields of a record; the name if absent. */
  readonly group?: string;
}

/** @param outputs one for each output of the program, in order: a step belongs to the first kind that needs it, to `shared` where several groups of that kind do */
export function tensorView(program: TensorProgram, outputs: readonly NamedOutput[]): TensorView {
  const { steps, shapes, constants, inputs } = program;
  const keys = [...new Set(outputs.map(keyOf))];
  const told = keys.map((k) => {
    const o = outputs.find((x) => keyOf(x) === k)!;
    return { name: o.group ?? o.name, kind: o.kind };
  });
  const shared = told.length;
  const groupOf = groupsOf(program, outputs, keys);
  const costs = new Map(steps.map((s) => [s.out, costOf(s, shapes)]));
  const named = new Map<Ref, string[]>();
  program.outputs.forEach((ref, i) => {
    named.set(ref, [...(named.get(ref) ?? []), outputs[i].name]);
  });
  const read = new Set([...steps.flatMap((s) => s.ins), ...program.outputs]);
  const plain = { ins: [], group: null, nanoseconds: 0 };
  const nodes: TensorViewNode[] = [
    ...inputs.map(
      ({ ref, slot, shape }): TensorViewNode => ({
        ...plain,
        ref,
        kind: 'input',
        name: slot.name,
        role: slot.role === 'param' || slot.role === 'data' ? slot.role : 'unknown',
        shape,
        outputs: named.get(ref) ?? [],
      }),
    ),
    ...[...constants].flatMap(([ref, data]): readonly TensorViewNode[] =>
      read.has(ref)
        ? [
            {
              ...plain,
              ref,
              kind: 'constant',
              name: data.length === 1 ? shortNumber(data[0]) : 'known',
              role: null,
              shape: shapes[ref],
              outputs: named.get(ref) ?? [],
            },
          ]
        : [],
    ),
    ...steps.map(
      (s): TensorViewNode => ({
        ref: s.out,
        kind: 'step',
        name: opName(s.op),
        role: null,
        shape: shapes[s.out],
        ins: s.ins,
        group: groupOf.get(s.out) ?? shared,
        nanoseconds: costs.get(s.out) ?? 0,
        outputs: named.get(s.out) ?? [],
      }),
    ),
  ];
  const groups = [...told, { name: 'shared', kind: 'shared' as const }].map((g, i): TensorGroup => {
    const own = steps.filter((s) => (groupOf.get(s.out) ?? shared) === i);
    return { ...g, steps: own.length, nanoseconds: own.reduce((n, s) => n + (costs.get(s.out) ?? 0), 0) };
  });
  return {
    nodes,
    groups,
    nanoseconds: groups.reduce((n, g) => n + g.nanoseconds, 0),
    bytes: peakBytes(program),
  };
}

const keyOf = (o: NamedOutput): string => `${o.kind} ${o.group ?? o.name}`;

/** For each step the group that needs it: of the first kind that does, the last one where several of that kind do. */
function groupsOf(
  { steps, outputs }: TensorProgram,
  named: readonly NamedOutput[],
  keys: readonly string[],
): ReadonlyMap<Ref, number> {
  const producer = new Map(steps.map((s) => [s.out, s]));
  const needed = new Map<Ref, number[]>();
  outputs.forEach((root, i) => {
    const stack = [root];
    const seen = new Set<Ref>();
    for (let r = stack.pop(); r !== undefined; r = stack.pop()) {
      const step = producer.get(r);
      if (seen.has(r) || !step) continue;
      seen.add(r);
      needed.set(r, [...(needed.get(r) ?? []), i]);
      stack.push(...step.ins);
    }
  });
  const order: readonly NamedOutput['kind'][] = ['term', 'support', 'gradient'];
  return new Map(
    [...needed].map(([ref, by]) => {
      const kind = order.find((k) => by.some((i) => named[i].kind === k));
      const own = new Set(by.flatMap((i) => (named[i].kind === kind ? [keyOf(named[i])] : [])));
      return [ref, own.size === 1 ? keys.indexOf([...own][0]) : keys.length];
    }),
  );
}

const machine = machines['tfjs:wasm'];
const dear: ReadonlySet<UnaryFn> = new Set<UnaryFn>([
  ...(['exp', 'expm1', 'log', 'log1p', 'sqrt', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan'] as const),
  ...(['sinh', 'cosh', 'tanh', 'erf', 'sigmoid'] as const),
]);

/** Nanoseconds of one step. */
function costOf({ op, out, ins }: TensorStep, shapes: readonly Shape[]): number {
  const size = sizeOfShape(shapes[out]);
  const read = Math.max(size, ...ins.map((r) => sizeOfShape(shapes[r])));
  switch (op.op) {
    case 'reshape':
      return 0;
    case 'unary':
      return machine.operation + (dear.has(op.fn) ? machine.transcendental : machine.element) * size;
    case 'binary':
      return (
        machine.operation +
        (op.fn === 'pow' || op.fn === 'atan2' ? machine.transcendental : machine.element) * size
      );
    case 'matMul':
      return machine.operation + machine.product * op.batch * op.m * op.k * op.n;
    case 'weightedSum':
      return machine.operation + machine.product * op.k * op.i;
    case 'host':
      return machine.operation + machine.recurrence * read;
    default:
      return machine.operation + machine.element * read;
  }
}

const shortNumber = (x: number): string => String(Number(x.toPrecision(4)));
