/** Index sets with sizes; sets of tuples as integer tables, without an object for each element. */
import type { HostArray } from '../arrays.ts';
import { staticSize } from '../ir/build.ts';
import type { Axis, IndexSet, Slot, TupleSource } from '../ir/types.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { checkComprehension, checkNeighbours } from './amounts.ts';
import type { BindCode } from './codes.ts';
import { eachBlock } from './vector.ts';

interface Known {
  readonly size: number;
  readonly by: string;
  readonly span?: Span;
}

export class Sizes {
  private readonly known = new Map<IndexSet, Known>();

  sizeOf = (set: IndexSet): number => {
    const n = staticSize(set) ?? this.known.get(set)?.size;
    if (n !== undefined) return n;
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0536' satisfies BindCode,
        place: set.span ? at(set.span) : { kind: 'data', file: '' },
        message: `the index set \`${set.name}\` has no size: nothing that is shaped by it has data`,
        suggestion: `give data over it, or declare \`index ${set.name || 'k'} = 10\``,
      },
    ]);
  };

  has(set: IndexSet): boolean {
    return staticSize(set) !== undefined || this.known.has(set);
  }

  /**
   * Learns the size of an open set from data, or checks that it agrees.
   * @param by what has that size, as it is called in messages
   * @param span where that is declared
   */
  learn(set: IndexSet, size: number, by: string, file: string, span?: Span): void {
    const fixed = staticSize(set);
    const before: Known | undefined =
      fixed !== undefined ? { size: fixed, by: 'its declaration' } : this.known.get(set);
    if (before === undefined) {
      this.known.set(set, { size, by, span });
      return;
    }
    if (before.size !== size)
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0531' satisfies BindCode,
          place: { kind: 'data', file },
          message: `${set.name ? `\`${set.name}\`` : 'an index'} was given ${before.size} by ${before.by} and ${size} by ${by}`,
          notes: [
            ...(before.span
              ? [{ message: `${before.by} gives it ${before.size}`, place: at(before.span) }]
              : []),
            ...(before.span || !set.span ? [] : [{ message: 'the index set', place: at(set.span) }]),
            ...(span ? [{ message: `${by} gives it ${size}`, place: at(span) }] : []),
          ],
        },
      ]);
  }

  fix(set: IndexSet, size: number): void {
    this.known.set(set, { size, by: 'its definition' });
  }
}

/** Fills the tables of a set of tuples and fixes its size. */
export function bindTuples(set: IndexSet, sizes: Sizes, constants: Map<Slot, HostArray>): void {
  if (set.kind.kind !== 'tuples') return;
  const { tables, source } = set.kind;
  let columns: readonly Int32Array[];
  switch (source.kind) {
    case 'neighbours':
      checkNeighbours(set, source.of);
      columns = latticePairs(source.of, source.wrap);
      break;
    case 'edges': {
      const list = constants.get(source.data);
      if (!list) throw new Error(`no data for ${source.data.name}`);
      const arity = tables.length;
      const [n] = list.shape;
      columns = tables.map((_, k) => {
        const column = new Int32Array(n);
        for (let i = 0; i < n; i++) column[i] = list.data[i * arity + k];
        return column;
      });
      break;
    }
    case 'union':
      columns = tables.map((_, k) => {
        const parts = source.of.map((s) => tableOf(s, k, constants));
        const column = new Int32Array(parts.reduce((n, p) => n + p.length, 0));
        let end = 0;
        for (const p of parts) {
          column.set(p, end);
          end += p.length;
        }
        return column;
      });
      break;
    case 'open':
      throw new Error('a set that stands for any is bound');
    case 'comprehension':
      checkComprehension(set, source, sizes.sizeOf);
      columns = comprehension(set, source, sizes, constants);
      break;
  }
  const n = columns[0].length;
  if (n === 0)
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0537' satisfies BindCode,
        place: set.span ? at(set.span) : { kind: 'data', file: '' },
        message: `the set ${set.name ? `\`${set.name}\`` : 'here'} is empty`,
      },
    ]);
  sizes.fix(set, n);
  tables.forEach((t, k) => {
    constants.set(t, { shape: [n], data: columns[k] });
  });
}

function tableOf(set: IndexSet, k: number, constants: ReadonlyMap<Slot, HostArray>): HostArray['data'] {
  const table = set.kind.kind === 'tuples' ? constants.get(set.kind.tables[k]) : undefined;
  if (!table) throw new Error(`the set ${set.name} is not bound yet`);
  return table.data;
}

/** Each unordered pair of nearest neighbours once; with wrap also across the edges (not twice on a side of 2). */
function latticePairs(of: IndexSet, wrap: boolean): readonly Int32Array[] {
  if (of.kind.kind !== 'lattice') throw new Error('neighbours of something that is no lattice');
  const { dims } = of.kind;
  const n = dims.reduce((a, b) => a * b, 1);
  const from = new Int32Array(n * dims.length);
  const to = new Int32Array(n * dims.length);
  let count = 0;
  const strides = dims.map((_, d) => dims.slice(d + 1).reduce((a, b) => a * b, 1));
  for (let i = 0; i < n; i++) {
    for (let d = dims.length - 1; d >= 0; d--) {
      const side = dims[d];
      const x = Math.floor(i / strides[d]) % side;
      if (x + 1 < side) {
        from[count] = i;
        to[count++] = i + strides[d];
      } else if (wrap && side > 2) {
        from[count] = i;
        to[count++] = i - x * strides[d];
      }
    }
  }
  return [from.slice(0, count), to.slice(0, count)];
}

/** The elements that the condition keeps, in blocks of positions: nothing is held but the integers that remain. */
function comprehension(
  set: IndexSet,
  source: TupleSource & { kind: 'comprehension' },
  sizes: Sizes,
  constants: ReadonlyMap<Slot, HostArray>,
): readonly Int32Array[] {
  const { axes, where, elements } = source;
  const components = set.kind.kind === 'tuples' ? set.kind.components : [];
  const limits = components.map(sizes.sizeOf);
  const columns = elements.map(() => new Integers());
  eachBlock(axes, sizes.sizeOf, constants, ({ start, length, of }) => {
    const mask = where ? of(where) : null;
    const values = elements.map(of);
    for (let i = 0; i < length; i++) {
      if (mask !== null) {
        if (mask[i] === 0) continue;
        if (Number.isNaN(mask[i])) throw undecided(set, placeOf(axes, start + i, sizes.sizeOf));
      }
      for (let k = 0; k < values.length; k++) {
        const v = values[k][i];
        if (!(v >= 0 && v < limits[k]))
          throw outside(set, components[k], limits[k], v, placeOf(axes, start + i, sizes.sizeOf));
        columns[k].push(v);
      }
    }
  });
  return columns.map((c) => c.done());
}

/** A growing array of integers. */
class Integers {
  private data = new Int32Array(1024);
  private count = 0;

  push(x: number): void {
    if (this.count === this.data.length) {
      const more = new Int32Array(2 * this.count);
      more.set(this.data);
      this.data = more;
    }
    this.data[this.count++] = x;
  }

  done(): Int32Array {
    return this.data.slice(0, this.count);
  }
}

const outside = (set: IndexSet, of: IndexSet, size: number, v: number, where: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0538' satisfies BindCode,
      place: set.span ? at(set.span) : { kind: 'data', file: '' },
      message:
        Number.isInteger(v) && !(of.kind.kind === 'lattice' && of.kind.dims.length > 1)
          ? `an element of this set is ${v}, outside \`${of.name}\` (0 to ${size - 1})`
          : `an element of this set is outside ${of.name ? `\`${of.name}\`` : 'its index set'}${where}`,
      suggestion: 'restrict it with `where`',
    },
  ]);

const undecided = (set: IndexSet, where: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0538' satisfies BindCode,
      place: set.span ? at(set.span) : { kind: 'data', file: '' },
      message: `the condition of this set has no value${where}: it reads outside an array, or its numbers are not finite`,
      suggestion: 'put what keeps the index inside before it: `where i > 0 and y[i - 1] > 2`',
    },
  ]);

/** ` at p = 3, q = 4` for the loop variables of a position. */
function placeOf(axes: readonly Axis[], position: number, sizeOf: (s: IndexSet) => number): string {
  let rest = position;
  const parts = [...axes].reverse().map((a) => {
    const n = sizeOf(a.set);
    const x = rest % n;
    rest = Math.floor(rest / n);
    return `${a.name} = ${x}`;
  });
  return parts.length === 0 ? '' : ` at ${parts.reverse().join(', ')}`;
}
