/** Rows of data as states of the unknowns, and which of them each step learns from. */
import { type HostArray, sizeOfShape } from '../arrays.ts';
import { type BoundProgram, shapeOf } from '../bind/bound.ts';
import type { DataRows } from '../check/values.ts';
import type { IndexSet, Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { LearnCode } from './codes.ts';

/** The columns of a data set, in double precision. */
export interface Rows {
  readonly set: IndexSet;
  readonly count: number;
  /** [rows, ...unknown] */
  readonly columns: ReadonlyMap<Slot, { readonly shape: readonly number[]; readonly data: Float64Array }>;
  /** Elements of one row. */
  readonly elements: ReadonlyMap<Slot, number>;
  /** 1 where an element is missing, [rows × elements], of unknowns that miss any; the columns hold a first value there. */
  readonly missing?: ReadonlyMap<Slot, Uint8Array>;
  /** Numbers of the rows in the data, where these are a part of them. */
  readonly numbers?: Int32Array;
}

/** The number in the data of row i. */
export const numberOf = (rows: Rows, i: number): number => rows.numbers?.[i] ?? i;

/** The rows with these numbers, in copies. */
export function someRows(rows: Rows, numbers: Int32Array): Rows {
  const columns = [...rows.columns].map(([unknown, { shape }]) => ({
    unknown,
    shape: [numbers.length, ...shape.slice(1)],
    data: new Float64Array(numbers.length * rows.elements.get(unknown)!),
  }));
  gather(rows, numbers, new Map(columns.map((c) => [c.unknown, c.data])));
  const missing = [...(rows.missing ?? [])].map(([unknown, mask]) => {
    const size = rows.elements.get(unknown)!;
    const own = new Uint8Array(numbers.length * size);
    numbers.forEach((n, i) => {
      own.set(mask.subarray(n * size, (n + 1) * size), i * size);
    });
    return [unknown, own] as const;
  });
  return {
    ...rows,
    missing: new Map(missing),
    count: numbers.length,
    columns: new Map(columns.map(({ unknown, shape, data }) => [unknown, { shape, data }])),
    numbers: numbers.map((i) => numberOf(rows, i)),
  };
}

/** Numbers of the rows in which nothing is missing. */
export function wholeRows(rows: Rows): Int32Array {
  const lacks = new Uint8Array(rows.count);
  for (const [unknown, mask] of rows.missing ?? []) {
    const size = rows.elements.get(unknown)!;
    mask.forEach((m, i) => {
      if (m === 1) lacks[Math.floor(i / size)] = 1;
    });
  }
  return Int32Array.from([...lacks.keys()].filter((i) => lacks[i] === 0));
}

/**
 * @throws EnergyError E0712 without rows, E0713 where a value is not finite; Error (a
 * fault of the caller) where data are not bound or have another shape than their unknown
 */
export function readRows(bound: BoundProgram, rows: DataRows): Rows {
  const columns = new Map<Slot, { shape: readonly number[]; data: Float64Array }>();
  const elements = new Map<Slot, number>();
  const missing = new Map<Slot, Uint8Array>();
  let count = -1;
  for (const { unknown, data } of rows.columns) {
    const array = bound.constants.get(data);
    if (!array) throw new Error(`no data are bound to ${data.name}`);
    const shape = shapeOf(unknown, bound.sizeOf);
    if (count < 0) count = array.shape[0];
    if (array.shape.join() !== [count, ...shape].join())
      throw new Error(`${data.name} has shape [${array.shape}], expected [${[count, ...shape]}]`);
    if (count === 0) throw fault('E0712', data, `there are no rows in \`${data.name}\` to learn from`);
    const size = sizeOfShape(shape);
    const values = Float64Array.from(array.data);
    const bad = values.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw fault(
        'E0713',
        data,
        `row ${Math.floor(bad / size)} of \`${data.name}\` (counted from 0) holds ${values[bad]}; learning needs finite values`,
      );
    columns.set(unknown, { shape: array.shape, data: values });
    elements.set(unknown, size);
    const holes = bound.missing?.get(data);
    if (holes) missing.set(unknown, holes.mask);
  }
  return { set: rows.set, count, columns, elements, missing };
}

const fault = (code: LearnCode, data: Slot, message: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code,
      place: data.span ? at(data.span) : { kind: 'data', file: '' },
      message,
    },
  ]);

/** Copies the chosen rows into arrays of shape [picked, ...unknown]. */
export function gather(rows: Rows, picked: Int32Array, into: ReadonlyMap<Slot, Float64Array>): void {
  for (const [unknown, { data }] of rows.columns) {
    const size = rows.elements.get(unknown)!;
    const out = into.get(unknown)!;
    for (let i = 0; i < picked.length; i++) {
      const from = picked[i] * size;
      for (let e = 0; e < size; e++) out[i * size + e] = data[from + e];
    }
  }
}

/** An array for each unknown, [count, ...unknown]. */
export const emptyRows = (rows: Rows, count: number): ReadonlyMap<Slot, Float64Array> =>
  new Map([...rows.elements].map(([u, size]) => [u, new Float64Array(count * size)]));

/** Arrays with their shapes, as an engine takes them: [...lead, ...unknown] under the slots of a batch. */
export const asInputs = (
  rows: Rows,
  arrays: ReadonlyMap<Slot, Float64Array>,
  slots: ReadonlyMap<Slot, Slot>,
  lead: readonly number[],
): ReadonlyMap<Slot, HostArray> =>
  new Map(
    [...slots].map(([unknown, slot]) => [
      slot,
      { shape: [...lead, ...rows.columns.get(unknown)!.shape.slice(1)], data: arrays.get(unknown)! },
    ]),
  );

/** Which rows step k takes. */
export interface Minibatches {
  readonly size: number;
  readonly stepsPerEpoch: number;
  /** Row numbers of step k, counted from 0; valid until the next call. */
  at(step: number): Int32Array;
}

/**
 * A permutation of the rows for each pass, drawn from `stream.fork(pass)`; what is left
 * over at its end is dropped. With fewer rows than `batch`, every step takes all.
 */
export function minibatches(count: number, batch: number, stream: Stream): Minibatches {
  const size = Math.min(batch, count);
  const stepsPerEpoch = Math.floor(count / size);
  const order = new Int32Array(count);
  let pass = -1;
  return {
    size,
    stepsPerEpoch,
    at: (step) => {
      const wanted = Math.floor(step / stepsPerEpoch);
      if (wanted !== pass) {
        pass = wanted;
        for (let i = 0; i < count; i++) order[i] = i;
        if (size < count) stream.fork(pass).shuffle(order);
      }
      const from = (step - pass * stepsPerEpoch) * size;
      return order.subarray(from, from + size);
    },
  };
}
