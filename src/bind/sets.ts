/** Index sets with sizes; sets of tuples as integer tables, without an object for each element. */
import type { HostArray } from '../arrays.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { staticSize } from '../ir/build.ts';
import type { IndexSet, Slot, TupleSource } from '../ir/types.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { BindCode } from './codes.ts';

export class Sizes {
  private readonly known = new Map<IndexSet, { readonly size: number; readonly by: string }>();

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

  /** Learns the size of an open set from data, or checks that it agrees. */
  learn(set: IndexSet, size: number, by: string, file: string): void {
    const fixed = staticSize(set);
    const before = fixed !== undefined ? { size: fixed, by: 'its declaration' } : this.known.get(set);
    if (before === undefined) {
      this.known.set(set, { size, by });
      return;
    }
    if (before.size !== size)
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0531' satisfies BindCode,
          place: { kind: 'data', file },
          message: `${set.name ? `\`${set.name}\`` : 'an index'} was given ${before.size} by ${before.by} and ${size} by ${by}`,
          notes: set.span ? [{ message: 'the index set', place: at(set.span) }] : undefined,
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
      columns = latticePairs(source.of, source.wrap);
      break;
    case 'edges': {
      const list = constants.get(source.data);
      const arity = tables.length;
      const n = (list?.shape[0] ?? 0) | 0;
      columns = tables.map((_, k) => Int32Array.from({ length: n }, (__, i) => list!.data[i * arity + k]));
      break;
    }
    case 'comprehension':
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

function comprehension(
  set: IndexSet,
  source: TupleSource & { kind: 'comprehension' },
  sizes: Sizes,
  constants: ReadonlyMap<Slot, HostArray>,
): readonly Int32Array[] {
  const { axes, where, elements } = source;
  const outputs = elements.map((node, i) => ({ name: `e${i}`, axes, node }));
  if (where) outputs.push({ name: 'where', axes, node: where });
  const run = referenceEngine().compile({ outputs, sizeOf: sizes.sizeOf }, constants).run(new Map());
  const mask = where ? run.get('where')!.data : null;
  const kept: number[] = [];
  const total = axes.reduce((a, x) => a * sizes.sizeOf(x.set), 1);
  for (let i = 0; i < total; i++) if (mask === null || mask[i] !== 0) kept.push(i);
  const components = set.kind.kind === 'tuples' ? set.kind.components : [];
  return elements.map((_, k) => {
    const values = run.get(`e${k}`)!.data;
    const size = sizes.sizeOf(components[k]);
    return Int32Array.from(kept, (i) => {
      const v = values[i];
      if (v < 0 || v >= size)
        throw new EnergyError([
          {
            severity: 'error',
            code: 'E0538' satisfies BindCode,
            place: set.span ? at(set.span) : { kind: 'data', file: '' },
            message: `an element of this set is ${v}, outside \`${components[k].name}\` (0 to ${size - 1})`,
            suggestion: 'restrict it with `where`',
          },
        ]);
      return v;
    });
  });
}
