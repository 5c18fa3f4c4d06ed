/** Rows of data as states of an energy: every value must be one of its unknown's. */

import { missingCell } from '../bind/missing.ts';
import type { DataRows } from '../check/values.ts';
import { showDomain } from '../domain.ts';
import { inDomain } from '../infer/model.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { Session } from './session.ts';

/**
 * Values that are not finite are left to whoever needs them to be.
 * @param span where the rows are asked for
 * @throws EnergyError E0603 that names a row whose value is none of its unknown's
 */
export function checkRows({ bound }: Session, rows: DataRows, span: Span): void {
  const count = bound.sizeOf(rows.set);
  for (const { unknown, data } of rows.columns) {
    if (unknown === data) continue;
    const values = bound.constants.get(data)?.data;
    if (!values) continue;
    const size = values.length / count;
    const mask = bound.missing?.get(data)?.mask;
    for (let i = 0; i < values.length; i++) {
      if (mask?.[i] === 1) continue;
      if (!Number.isFinite(values[i]) || inDomain(bound, unknown, values[i])) continue;
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0603',
          place: at(span),
          message: `row ${Math.floor(i / size)} of \`${data.name}\` (counted from 0) holds ${values[i]}, which is not a value of \`${unknown.name}\`: expected ${showDomain(unknown.domain)}`,
          ...(data.span
            ? { notes: [{ message: `\`${data.name}\` is declared here`, place: at(data.span) }] }
            : {}),
        },
      ]);
    }
  }
}

/**
 * Every verb but `complete` and `compare` needs whole rows, and so does a fit that does not complete them.
 * @throws EnergyError E0534 at the first missing cell
 */
export function refuseMissing({ bound }: Session, rows: DataRows): void {
  for (const { data } of rows.columns) {
    const cells = bound.missing?.get(data);
    if (cells) throw missingCell(cells.place(cells.mask.indexOf(1)), true);
  }
}
