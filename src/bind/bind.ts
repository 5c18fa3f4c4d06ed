/** Binding: data files are read and checked against their domains, index sets get their sizes. */
import { type HostArray, sizeOfShape, unravel } from '../arrays.ts';
import type { CheckedProgram } from '../check/program.ts';
import type { DataDecl } from '../check/values.ts';
import { type Domain, isDiscrete, showShape, valueMap } from '../domain.ts';
import { cellAt } from '../io/cells.ts';
import type { Host } from '../io/host.ts';
import { type DataFile, type JsonValueOrArray, type RawTable, readData } from '../io/table.ts';
import { staticSize } from '../ir/build.ts';
import { axesOfLoop } from '../ir/scan.ts';
import type { Energy, IndexSet, Slot } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import { at, type Diagnostic, EnergyError } from '../syntax/diagnostic.ts';
import { suggest } from '../syntax/suggest.ts';
import { checkParameters, checkUnknowns } from './amounts.ts';
import type { BoundProgram } from './bound.ts';
import type { BindCode } from './codes.ts';
import { converter, dataError } from './columns.ts';
import { fillIn } from './filled.ts';
import { checkMatrices } from './matrices.ts';
import {
  checkWholeVectors,
  completedData,
  isMissingCell,
  type MissingCells,
  type Missingness,
  missingCell,
  missingness,
} from './missing.ts';
import { checkReads } from './ranges.ts';
import { bindTuples, Sizes } from './sets.ts';
import { checkVectors } from './vectors.ts';
import { droppingData, wholeRows } from './whole-rows.ts';

export interface BindOptions {
  /** `--data name=file`: replaces or gives the source of one name. */
  readonly files?: ReadonlyMap<string, string>;
  /** `--data file.json`: every name that the file holds. */
  readonly everything?: readonly string[];
}

type Cell = string | number | null;
/** Cells of one data slot before conversion, with the way back to the file for messages. */
interface RawCells {
  readonly shape: readonly number[];
  readonly cell: (i: number) => Cell;
  readonly place: (i: number) => { file: string; row?: number; column?: string };
}

/**
 * @param host reads files; relative paths of the program are relative to its folder
 * @throws EnergyError for a file, column, type, range or size that does not fit
 */
export async function bind(
  program: CheckedProgram,
  host: Host,
  options: BindOptions = {},
): Promise<BoundProgram> {
  const sizes = new Sizes();
  const constants = new Map<Slot, HostArray>();
  const named = await readNamed(host, options.everything ?? []);
  for (const name of options.files?.keys() ?? [])
    if (!program.data.some((d) => d.name === name)) throw undeclared(name, program);
  const files = new Map<string, DataFile>();
  const later: Later[] = [];
  const missing = new Map<Slot, MissingCells>();
  const may = missingness(program);
  const drops = droppingData(program);
  const fills = completedData(program);
  for (const decl of program.data) {
    const source = await sourceOf(decl, host, options, named, files);
    const read = (field: string | null, slot: Slot): RawCells =>
      cellsOf(source.file, source.path, decl, field, slot, sizes);
    const whole = decl.fields.some((f) => drops.has(f.slot))
      ? told(decl, () =>
          wholeRows(decl.fields.map((f) => ({ domain: f.slot.domain, cells: read(f.field, f.slot) }))),
        )
      : null;
    for (const [k, { field, slot }] of decl.fields.entries()) {
      const raw = told(decl, () => {
        const cells = whole?.[k] ?? read(field, slot);
        checkShape(cells, slot, sizes, source.path, later);
        return cells;
      });
      // Categories over open sets may get their size from later data.
      const run = (): void =>
        told(decl, () => {
          const convert = converter(slot.domain, sizes.sizeOf, decl.oneBased);
          const { array, mask } = convertAll(raw, slot.domain, convert, may(slot));
          const holes = mask && { mask, place: raw.place };
          if (holes) {
            checkWholeVectors(slot, array.shape, holes);
            if (fills.has(slot)) fillIn(slot, array, holes);
            missing.set(slot, holes);
          }
          checkVectors(slot, array, raw.place, mask);
          constants.set(slot, array);
        });
      const values =
        slot.domain.kind === 'category' || slot.domain.kind === 'permutation' ? slot.domain.values : null;
      if (values && !sizes.has(values)) later.push({ ready: () => sizes.has(values), run });
      else run();
    }
  }
  // Sets are made of data, and data are over sets: each as soon as what it needs is there.
  const catchUp = (): void => {
    for (const step of later.splice(0)) {
      if (step.ready()) step.run();
      else later.push(step);
    }
  };
  for (const set of program.tupleSets) {
    catchUp();
    bindTuples(set, sizes, constants);
  }
  catchUp();
  for (const step of later) step.run();
  const bound: BoundProgram = { program, sizeOf: sizes.sizeOf, constants, missing };
  checkParameters(bound, (s) => sizes.has(s));
  for (const { energy, generic } of program.energies.values()) {
    if (generic || !setsOf(energy).every((s) => sizes.has(s))) continue;
    checkUnknowns(energy, sizes.sizeOf);
    checkMatrices(energy, sizes.sizeOf);
    checkReads(bound, energy);
  }
  return bound;
}

/** What waits for the size of an index set. */
interface Later {
  readonly ready: () => boolean;
  readonly run: () => void;
}

/** Every index set that an energy mentions: some may have no size, where nothing uses the energy. */
function setsOf(energy: Energy): readonly IndexSet[] {
  const out = new Set<IndexSet>(energy.unknowns.flatMap((u) => u.sets));
  const roots = [
    ...energy.terms.map((t) => t.body),
    ...energy.support.flatMap((c) => [c.condition, ...(c.where ? [c.where] : [])]),
    ...energy.reports.map((r) => r.value.body),
  ];
  for (const c of energy.support) for (const a of c.axes) out.add(a.set);
  visit(roots, (n) => {
    if (n.op === 'reduce') for (const a of n.over) out.add(a.set);
    if (n.op === 'read') for (const s of n.slot.sets) out.add(s);
    if (n.op === 'at') for (const a of n.params) out.add(a.set);
    if (n.op === 'matrix') for (const { axes } of n.args) for (const a of axes) out.add(a.set);
    if (n.op === 'scan') for (const a of axesOfLoop(n.loop)) out.add(a.set);
    if (n.op === 'size') out.add(n.set);
  });
  return [...out];
}

/** Texts of a column whose values are remembered. */
const MOST_KNOWN = 2 ** 14;

/** @returns the values, and which of them are missing, if some are */
function convertAll(
  raw: RawCells,
  domain: Domain,
  convert: ReturnType<typeof converter>,
  may: Missingness,
): { readonly array: HostArray; readonly mask: Uint8Array | null } {
  const n = sizeOfShape(raw.shape);
  const data = isDiscrete(domain) ? new Int32Array(n) : new Float64Array(n);
  let mask: Uint8Array | null = null;
  let i = 0;
  const place = () => raw.place(i);
  /** What texts that came before are; large tables hold few different ones many times. */
  const known = new Map<string, number>();
  for (; i < n; i++) {
    const cell = raw.cell(i);
    const before = typeof cell === 'string' ? known.get(cell) : undefined;
    if (before !== undefined) data[i] = before;
    else if (may !== 'error' && isMissingCell(domain, cell)) {
      if (may !== 'kept') throw missingCell(place(), true);
      mask ??= new Uint8Array(n);
      mask[i] = 1;
      data[i] = isDiscrete(domain) ? valueMap(domain).offset : Number.NaN;
    } else {
      data[i] = convert(cell, place);
      if (typeof cell === 'string' && known.size < MOST_KNOWN) known.set(cell, data[i]);
    }
  }
  return { array: { shape: raw.shape, data }, mask };
}

async function readNamed(
  host: Host,
  paths: readonly string[],
): Promise<Map<string, { path: string; value: JsonValueOrArray }>> {
  const out = new Map<string, { path: string; value: JsonValueOrArray }>();
  for (const path of paths) {
    const file = await readData(host, path);
    if (file.kind !== 'named')
      throw dataError(
        'E0532',
        { file: path },
        'expected named values, e.g. a JSON object',
        'bind one name with --data name=file',
      );
    for (const [name, value] of file.entries) out.set(name, { path, value });
  }
  return out;
}

async function sourceOf(
  decl: DataDecl,
  host: Host,
  options: BindOptions,
  named: ReadonlyMap<string, { path: string; value: JsonValueOrArray }>,
  files: Map<string, DataFile>,
): Promise<{ readonly file: DataFile; readonly path: string }> {
  const override = options.files?.get(decl.name);
  if (override === undefined) {
    const value = named.get(decl.name);
    if (value) return { path: value.path, file: asFile(value.value, value.path) };
  }
  const path = override ?? decl.from ?? undefined;
  if (path === undefined)
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0530' satisfies BindCode,
        place: at(decl.span),
        message: `there are no data for \`${decl.name}\``,
        suggestion: `add \`from "file"\` here or \`--data ${decl.name}=file\` on the command line`,
      },
    ]);
  let file = files.get(path);
  if (!file) {
    try {
      file = await readData(host, path);
    } catch (e) {
      throw e instanceof EnergyError ? withNote(e, decl, `\`${decl.name}\` is read from it`) : e;
    }
    files.set(path, file);
  }
  if (file.kind === 'named') {
    const value =
      file.entries.get(decl.local) ?? (file.entries.size === 1 ? [...file.entries.values()][0] : undefined);
    if (!value) {
      const near = suggest(decl.local, [...file.entries.keys()]);
      throw dataError(
        'E0535',
        { file: path },
        `there is no \`${decl.local}\` in this file`,
        near ? `did you mean \`${near}\`?` : `it holds ${[...file.entries.keys()].slice(0, 12).join(', ')}`,
      );
    }
    return { path, file: asFile(value, path) };
  }
  return { path, file };
}

/** Faults of a file say which declaration reads it. */
function told<T>(decl: DataDecl, work: () => T): T {
  try {
    return work();
  } catch (e) {
    throw e instanceof EnergyError ? withNote(e, decl, `\`${decl.name}\` is declared here`) : e;
  }
}

const withNote = (e: EnergyError, decl: DataDecl, message: string): EnergyError =>
  new EnergyError(
    e.diagnostics.map(
      (d): Diagnostic =>
        d.notes || d.place.kind !== 'data' ? d : { ...d, notes: [{ message, place: at(decl.span) }] },
    ),
  );

function asFile(v: JsonValueOrArray, file: string): DataFile {
  switch (v.kind) {
    case 'array':
      return { kind: 'array', array: v.array };
    case 'table':
      return { kind: 'table', table: v.table };
    case 'record':
      return { kind: 'named', file, entries: v.entries };
    case 'cells':
      return { kind: 'named', file, entries: new Map([['', v]]) };
  }
}

/** The cells of one field: a column, several numbered columns, a matrix, a named array. */
function cellsOf(
  file: DataFile,
  path: string,
  decl: DataDecl,
  field: string | null,
  slot: Slot,
  sizes: Sizes,
): RawCells {
  switch (file.kind) {
    case 'array': {
      const { array } = file;
      if (field !== null)
        throw dataError(
          'E0535',
          { file: path },
          `\`${decl.name}\` is a record: its file needs named columns, among them \`${field}\``,
        );
      return {
        shape: array.shape,
        cell: (i) => array.data[i],
        place: (i) => ({
          file: path,
          row: array.rowNumber?.(unravel(i, array.shape)[0]),
          column: array.shape.length > 1 ? String(unravel(i, array.shape)[1] + 1) : undefined,
        }),
      };
    }
    case 'table':
      return tableCells(file.table, path, decl, field, slot, sizes);
    case 'named': {
      const v = file.entries.get(field ?? '') ?? (field === null ? undefined : file.entries.get(field));
      if (v?.kind === 'array')
        return cellsOf({ kind: 'array', array: v.array }, path, decl, null, slot, sizes);
      if (v?.kind === 'cells')
        return {
          shape: v.shape,
          cell: (i) => v.cells[i],
          place: () => ({ file: path, column: field ?? decl.local }),
        };
      throw dataError(
        'E0535',
        { file: path },
        `there is no field \`${field ?? decl.name}\` of \`${decl.name}\` in this file`,
      );
    }
  }
}

function tableCells(
  table: RawTable,
  path: string,
  decl: DataDecl,
  field: string | null,
  slot: Slot,
  sizes: Sizes,
): RawCells {
  const names = table.columns.map((c) => c.name);
  const wanted = field ?? decl.local;
  const columnCells = (columns: readonly number[], shape: readonly number[]): RawCells => {
    const width = columns.length;
    return {
      shape,
      cell: (i) => cellAt(table.columns[columns[i % width]].cells, Math.floor(i / width)),
      place: (i) => ({
        file: path,
        row: table.rowNumber(Math.floor(i / width)),
        column: names[columns[i % width]],
      }),
    };
  };
  const rest = slot.sets.slice(1);
  if (rest.length === 0) {
    let c = names.indexOf(wanted);
    if (c < 0) c = names.findIndex((n) => plainName(n) === plainName(wanted));
    if (c < 0 && field === null && names.length === 1) c = 0;
    if (c < 0) {
      const near = suggest(wanted, names);
      throw dataError(
        'E0535',
        { file: path, row: table.header ? 1 : undefined },
        `there is no column \`${wanted}\``,
        near
          ? `did you mean \`${near}\`?`
          : `its columns are ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`,
      );
    }
    return columnCells([c], [table.rows]);
  }
  // An array in each row: numbered columns, `x0 x1 …`, `x[0] …`, `x_0_1 …`, or the whole table.
  const dims = rest.map((s) => staticSize(s) ?? (sizes.has(s) ? sizes.sizeOf(s) : undefined));
  const known = dims.every((d) => d !== undefined);
  const shape = known ? (dims as number[]) : null;
  const count = shape ? sizeOfShape(shape) : countNumbered(names, wanted);
  const columns = Array.from({ length: count }, (_, i) => {
    const ids = [[i], ...(shape ? [unravel(i, shape)] : []), ...latticeIds(rest, i)];
    return names.findIndex((n) => ids.some((id) => columnNames(wanted, id).includes(n)));
  });
  if (columns.every((c) => c >= 0) && count > 0)
    return columnCells(columns, [table.rows, ...(shape ?? [count])]);
  if (field === null && (count === names.length || !known))
    return columnCells(
      names.map((_, i) => i),
      [table.rows, ...(shape ?? [names.length])],
    );
  const missing = columns.findIndex((c) => c < 0);
  throw dataError(
    'E0535',
    { file: path, row: table.header ? 1 : undefined },
    count === 0
      ? `there are no columns \`${wanted}0\`, \`${wanted}1\`, …`
      : `there is no column \`${wanted}${missing}\`; \`${wanted}\` needs ${count} numbered columns`,
  );
}

const plainName = (n: string): string => n.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '');
const columnNames = (name: string, id: readonly number[]): string[] => [
  `${name}${id.join('_')}`,
  `${name}_${id.join('_')}`,
  `${name}.${id.join('.')}`,
  `${name}[${id.join(',')}]`,
];
const latticeIds = (sets: readonly IndexSet[], i: number): number[][] =>
  sets.length === 1 && sets[0].kind.kind === 'lattice' ? [unravel(i, sets[0].kind.dims)] : [];
const countNumbered = (names: readonly string[], name: string): number => {
  let n = 0;
  while (columnNames(name, [n]).some((c) => names.includes(c))) n++;
  return n;
};

/** Compares a file's shape with the declared index sets; learns the sizes of open ones. */
function checkShape(raw: RawCells, slot: Slot, sizes: Sizes, path: string, later: Later[]): void {
  const sets = slot.sets;
  // A lattice may be laid out by its coordinates.
  const shape = raw.shape as number[];
  const expanded = sets.flatMap((s): (number | null)[] =>
    s.kind.kind === 'lattice' ? [...s.kind.dims] : [staticSize(s) ?? null],
  );
  if (shape.length !== sets.length && shape.length === expanded.length) {
    const merged: number[] = [];
    let k = 0;
    for (const s of sets) {
      const dims = s.kind.kind === 'lattice' ? s.kind.dims : [shape[k]];
      const own = shape.slice(k, k + dims.length);
      if (own.some((d, i) => d !== dims[i])) throw wrongShape(raw, slot, path);
      merged.push(sizeOfShape(own));
      k += dims.length;
    }
    (raw as { shape: readonly number[] }).shape = merged;
  } else if (shape.length === 2 && sets.length === 1 && (shape[0] === 1 || shape[1] === 1)) {
    (raw as { shape: readonly number[] }).shape = [shape[0] * shape[1]];
  } else if (shape.length !== sets.length && !(sets.length === 0 && sizeOfShape(shape) === 1)) {
    throw wrongShape(raw, slot, path);
  }
  if (sets.length === 0) {
    (raw as { shape: readonly number[] }).shape = [];
    return;
  }
  sets.forEach((s, i) => {
    const learn = (): void => sizes.learn(s, raw.shape[i], `\`${slot.name}\``, path, slot.span);
    if (s.kind.kind === 'tuples') later.push({ ready: () => sizes.has(s), run: learn });
    else learn();
  });
}

function wrongShape(raw: RawCells, slot: Slot, path: string): EnergyError {
  return dataError(
    'E0532',
    { file: path },
    `\`${slot.name}\` is ${showShape(slot.domain, slot.sets)}, but the file holds an array of shape [${raw.shape.join(', ')}]`,
  );
}

function undeclared(name: string, program: CheckedProgram): EnergyError {
  const near = suggest(
    name,
    program.data.map((d) => d.name),
  );
  return new EnergyError([
    {
      severity: 'error',
      code: 'E0539' satisfies BindCode,
      place: { kind: 'data', file: program.file },
      message: `the program declares no data \`${name}\``,
      suggestion: near ? `did you mean \`${near}\`?` : undefined,
    },
  ]);
}
