/** Missing cells of data: which data may have some, and where they are. */
import type { CheckedProgram } from '../check/program.ts';
import type { Job } from '../check/values.ts';
import { type Domain, eventRank, isVector, showDomain } from '../domain.ts';
import { isMissing } from '../io/table.ts';
import type { Node, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { type CellPlace, dataError } from './columns.ts';

/** The cells of one array of data that hold nothing. */
export interface MissingCells {
  /** 1 where the array's element is missing; the element itself is then NaN, or the first value of its domain. */
  readonly mask: Uint8Array;
  /** Where element i stands in its file. */
  readonly place: (i: number) => CellPlace;
}

/** What may become of a missing cell: kept for `complete` and `compare`; an error that could mention it; an error. */
export type Missingness = 'kept' | 'completable' | 'error';

/**
 * Data that only verbs look at, as their rows, may be completed; they keep their missing cells where a job completes
 * or compares them. What an expression reads needs every value, or a fit that draws the missing ones.
 */
export function missingness(program: CheckedProgram): (slot: Slot) => Missingness {
  const filled = completedData(program);
  const read = new Set(slotsRead(expressionsOf(program)));
  for (const { kind } of program.tupleSets)
    if (kind.kind === 'tuples' && kind.source.kind === 'edges') read.add(kind.source.data);
  const lenient = program.jobs.filter((j) => j.verb === 'complete' || j.verb === 'compare');
  const completed = new Set(lenient.flatMap(rowsOf));
  const used = new Set(program.jobs.flatMap(rowsOf));
  return (slot) =>
    filled.has(slot)
      ? 'kept'
      : read.has(slot)
        ? 'error'
        : completed.has(slot)
          ? 'kept'
          : used.has(slot)
            ? 'completable'
            : 'error';
}

/** Columns of data that a fit completes. */
export function completedData(program: CheckedProgram): ReadonlySet<Slot> {
  const out = new Set<Slot>();
  for (const { verb, options } of program.jobs) {
    const { data, missing } = options;
    if (verb !== 'fit' || data?.kind !== 'rows' || missing?.kind !== 'word' || missing.value !== 'complete')
      continue;
    for (const c of data.rows.columns) out.add(c.data);
  }
  return out;
}

const rowsOf = (job: Job): Slot[] =>
  Object.values(job.options).flatMap((o) => (o.kind === 'rows' ? o.rows.columns.map((c) => c.data) : []));

/** Every expression of a program: of energies, bounds, sets, parameters, what is given to jobs. */
function expressionsOf({ energies, params, tupleSets, jobs }: CheckedProgram): Node[] {
  const roots: (Node | null | undefined)[] = [];
  for (const { energy } of energies.values()) {
    for (const t of energy.terms) roots.push(t.body);
    for (const c of energy.support) roots.push(c.condition, c.where);
    for (const r of energy.reports) roots.push(r.value.body);
    for (const { domain: d } of energy.unknowns)
      if (d.kind === 'real') roots.push(d.lower?.body, d.upper?.body);
  }
  for (const { init, prior } of params) {
    roots.push(prior);
    if (init.kind === 'value') roots.push(init.value.body);
    if (init.kind === 'random') roots.push(...init.args.map((a) => a.body));
  }
  for (const { kind } of tupleSets)
    if (kind.kind === 'tuples' && kind.source.kind === 'comprehension')
      roots.push(kind.source.where, ...kind.source.elements);
  for (const { options } of jobs)
    for (const o of Object.values(options))
      if (o.kind === 'given') for (const g of o.entries) roots.push(g.value, g.where, ...g.indices);
  return roots.filter((n) => n !== null && n !== undefined);
}

/** Whether a cell says that there is no value; the label of a category may be spelt like that. */
export function isMissingCell(domain: Domain, cell: string | number | null): boolean {
  if (!isMissing(cell)) return false;
  const labels =
    domain.kind === 'category' && domain.values.kind.kind === 'labels' ? domain.values.kind.labels : [];
  return typeof cell !== 'string' || !labels.includes(cell);
}

/** The error for a cell without a value. */
export const missingCell = (place: CellPlace, completable: boolean) =>
  dataError(
    'E0534',
    place,
    'this cell is empty; every value is needed here',
    completable
      ? 'remove the row or fill the cell; `fit(…, missing = drop)` leaves such rows out, `missing = complete` and the verb `complete` draw what is missing'
      : 'remove the row or fill the cell',
  );

/**
 * Vectors are missing whole or not at all.
 * @throws EnergyError E0534 at the first element of one that is missing in part
 */
export function checkWholeVectors(slot: Slot, shape: readonly number[], { mask, place }: MissingCells): void {
  const { domain } = slot;
  if (!isVector(domain)) return;
  const k = shape[shape.length - 1];
  const length = eventRank(domain) === 2 ? k * k : k;
  for (let from = 0; from < mask.length; from += length) {
    const own = mask.subarray(from, from + length);
    const first = own.indexOf(1);
    if (first >= 0 && own.includes(0))
      throw dataError(
        'E0534',
        place(from + first),
        `this cell is empty, others of the same ${showDomain(domain)} are not`,
        'such a vector is missing whole or not at all: its elements are not free of each other',
      );
  }
}
