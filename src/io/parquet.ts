/** Draws as a Parquet table: one row a draw, one column a scalar element; the layout rides in the metadata. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { sizeOfShape } from '../arrays.ts';
import type { Draws, Quantity } from '../stats/draws.ts';
import { dataFault } from './codes.ts';
import {
  elementNames,
  elementValues,
  fileNames,
  fitInt32,
  layoutFromJson,
  layoutOf,
  layoutToJson,
  samplerName,
  samplerNames,
} from './draws-layout.ts';
import { parseJson } from './json-data.ts';
import { readParquet } from './parquet-table.ts';
import type { RawTable } from './raw-table.ts';

const metadataKey = 'energy.draws';

/**
 * Columns `chain` and `draw` (from 0), then each quantity's elements as `elementName` calls them; terms begin
 * with `term.`, what is told of transitions with `sampler.`, a name that is taken with its role. Whole numbers are INT32 (categories by code), others
 * DOUBLE. Rows go chain by chain. The same draws give the same bytes.
 */
export function writeDrawsParquet(draws: Draws): Uint8Array {
  const rows = draws.chains * draws.draws;
  const chain = Int32Array.from({ length: rows }, (_, r) => Math.floor(r / draws.draws));
  const draw = Int32Array.from({ length: rows }, (_, r) => r % draws.draws);
  const columnData = [
    { name: 'chain', data: chain },
    { name: 'draw', data: draw },
  ].map(({ name, data }) => ({ name, data, type: 'INT32' as const, nullable: false, offsetIndex: false }));
  const names = columnNames(draws.quantities);
  const told = (draws.sampler ?? []).map(({ name, values }): [Quantity, string[]] => [
    { name, role: 'report', kind: 'real', shape: [], values },
    [samplerName(name)],
  ]);
  const all = [...draws.quantities.map((q, i): [Quantity, string[]] => [q, names[i]]), ...told];
  const columns = all.flatMap(([quantity, elements]) => {
    const integers = fitInt32(quantity.values);
    return elements.map((name, element) => {
      const values = elementValues(quantity, element, rows);
      const common = { name, nullable: false, offsetIndex: false };
      if (integers) return { ...common, data: Int32Array.from(values), type: 'INT32' as const };
      // The writer's dictionaries take -0 for 0.
      const plain = values.some((v) => Object.is(v, -0)) ? { encoding: 'PLAIN' as const } : {};
      return { ...common, ...plain, data: values, type: 'DOUBLE' as const };
    });
  });
  const buffer = parquetWriteBuffer({
    columnData: [...columnData, ...columns],
    rowGroupSize: 100_000,
    statistics: false,
    createdBy: 'energy',
    kvMetadata: [{ key: metadataKey, value: JSON.stringify(layoutToJson(layoutOf(draws))) }],
  });
  return new Uint8Array(buffer);
}

/**
 * Reads what `writeDrawsParquet` wrote. Throws `readParquet`'s EnergyErrors, and E0521 where the columns do not
 * agree with the description in the file's metadata.
 */
export async function readDrawsParquet(bytes: Uint8Array, file: string): Promise<Draws> {
  const { table, metadata } = await readParquet(bytes, file);
  const bad = (message: string, column?: string) =>
    dataFault('E0521', file, message, column === undefined ? {} : { column });
  const description = metadata.get(metadataKey);
  if (description === undefined)
    throw bad(`\`${file}\` does not describe its draws; expected one that a run wrote.`);
  const layout = layoutFromJson(parseJson(description, file), 'E0521', file);
  const { chains, draws } = layout;
  const names = columnNames(layout.quantities);
  const expected = 2 + (layout.sampler?.length ?? 0) + names.reduce((n, list) => n + list.length, 0);
  if (chains * draws !== table.rows || table.columns.length !== expected) {
    throw bad(
      `\`${file}\` has ${table.rows} rows of ${table.columns.length} columns; expected ${chains * draws} of ${expected}.`,
    );
  }
  const cells = numericColumns(table, file);
  const chain = cells.get('chain');
  const draw = cells.get('draw');
  if (!chain?.every((c, r) => c === Math.floor(r / draws)) || !draw?.every((d, r) => d === r % draws)) {
    throw bad(`The rows of \`${file}\` are not in the order of its chains and draws.`);
  }
  const columnOf = (name: string): Float64Array | Int32Array => {
    const column = cells.get(name);
    if (!column) throw bad(`\`${file}\` has no column \`${name}\`.`, name);
    return column;
  };
  const quantities = layout.quantities.map((info, q): Quantity => {
    const size = sizeOfShape(info.shape);
    const values = new Float64Array(table.rows * size);
    names[q].forEach((name, element) => {
      const column = columnOf(name);
      for (let r = 0; r < table.rows; r++) values[r * size + element] = column[r];
    });
    return { ...info, values };
  });
  if (!layout.sampler) return { chains, draws, quantities };
  const sampler = layout.sampler.map((name) => ({
    name,
    values: Float64Array.from(columnOf(samplerName(name))),
  }));
  return { chains, draws, quantities, sampler };
}

function columnNames(quantities: Parameters<typeof fileNames>[0]): string[][] {
  const bases = fileNames(quantities, ['chain', 'draw', ...samplerNames]);
  return quantities.map(({ shape }, q) => elementNames(bases[q], shape));
}

function numericColumns(table: RawTable, file: string): Map<string, Float64Array | Int32Array> {
  return new Map(
    table.columns.map(({ name, cells }) => {
      if (cells instanceof Float64Array || cells instanceof Int32Array) return [name, cells];
      const numbers = Float64Array.from(cells, (cell, r) => {
        if (typeof cell === 'number') return cell;
        throw dataFault('E0521', file, `Row ${r + 1} of \`${name}\` in \`${file}\` is no number.`, {
          row: r + 1,
          column: name,
        });
      });
      return [name, numbers];
    }),
  );
}
