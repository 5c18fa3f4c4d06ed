/** `--given file.json`: known values by unknown; `null` leaves an element free. */

import { sizeOfShape, unravel } from '../arrays.ts';
import { shapeOf } from '../bind/bound.ts';
import { converter, dataError } from '../bind/columns.ts';
import type { Given, Job, OptionValue } from '../check/values.ts';
import type { DiscreteDomain } from '../domain.ts';
import type { Host } from '../io/host.ts';
import { readData } from '../io/table.ts';
import type { Slot } from '../ir/types.ts';
import { suggest } from '../syntax/suggest.ts';
import { energyNamed, type Session } from './session.ts';

type Cell = string | number | null;

/** Reads `{ "r.class": "red", "x": [[1, null], …] }` for the job's energy. */
export async function clampFromJson(
  session: Session,
  job: Job,
  host: Host,
  path: string,
): Promise<OptionValue> {
  const { energy } = energyNamed(session, job.energy ?? '', job.span);
  const file = await readData(host, path);
  if (file.kind !== 'named')
    throw dataError('E0532', { file: path }, 'expected a JSON object from unknowns to values');
  const entries: Given[] = [];
  for (const [name, value] of file.entries) {
    const slot = energy.unknowns.find((u) => u.name === name);
    if (!slot) {
      const near = suggest(
        name,
        energy.unknowns.map((u) => u.name),
      );
      throw dataError(
        'E0535',
        { file: path },
        `\`${energy.name}\` has no unknown \`${name}\``,
        near ? `did you mean \`${near}\`?` : undefined,
      );
    }
    if (value.kind !== 'array' && value.kind !== 'cells')
      throw dataError('E0532', { file: path, column: name }, 'expected a value or nested arrays of values');
    const shape = value.kind === 'array' ? value.array.shape : value.shape;
    const cell = (i: number): Cell => (value.kind === 'array' ? value.array.data[i] : value.cells[i]);
    entries.push(...entriesFor(session, slot, path, shape, cell, job));
  }
  return { kind: 'given', entries, span: job.span };
}

function entriesFor(
  session: Session,
  slot: Slot,
  path: string,
  shape: readonly number[],
  cell: (i: number) => Cell,
  job: Job,
): Given[] {
  const b = session.program.builder;
  const own = shapeOf(slot, session.bound.sizeOf);
  const n = sizeOfShape(own);
  if (sizeOfShape(shape) !== n)
    throw dataError(
      'E0532',
      { file: path, column: slot.name },
      `\`${slot.name}\` has ${n} elements; ${sizeOfShape(shape)} are given`,
    );
  const convert = converter(slot.domain as DiscreteDomain, session.bound.sizeOf, false);
  const out: Given[] = [];
  for (let i = 0; i < n; i++) {
    const c = cell(i);
    if (c === null || (typeof c === 'number' && Number.isNaN(c))) continue;
    const value = convert(c, () => ({ file: path, column: slot.name }));
    out.push({
      slot,
      axes: [],
      where: null,
      indices: unravel(i, own).map((x) => b.const(x)),
      value: b.const(value),
      span: job.span,
    });
  }
  return out;
}
