/**
 * `fit(…, missing = complete)`: missing cells of the rows begin as values of the same column that other rows hold,
 * drawn at random; learning draws them anew (`learn/impute.ts`). Whatever else reads the data, such as
 * `encode(row, like = rows)`, sees these values.
 */
import type { HostArray } from '../arrays.ts';
import { eventRank } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { Stream } from '../random/stream.ts';
import { type MissingCells, missingCell } from './missing.ts';

/**
 * Fills the missing cells of an array [rows, …]; vectors as a whole. The same at every reading.
 * @throws EnergyError E0534 where a column holds nothing at all
 */
export function fillIn(slot: Slot, { shape, data }: HostArray, { mask, place }: MissingCells): void {
  const rows = shape[0];
  const width = data.length / rows;
  const length = shape.slice(shape.length - eventRank(slot.domain)).reduce((n, k) => n * k, 1);
  const stream = new Stream(1, 'missing', slot.name);
  for (let e = 0; e < width; e += length) {
    const there: number[] = [];
    for (let r = 0; r < rows; r++) if (mask[r * width + e] === 0) there.push(r * width + e);
    for (let at = e; at < data.length; at += width) {
      if (mask[at] === 0) continue;
      if (there.length === 0) throw missingCell(place(at), false);
      const from = there[stream.int(there.length)];
      for (let i = 0; i < length; i++) data[at + i] = data[from + i];
    }
  }
}
