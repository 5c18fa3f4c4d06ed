import type { CheckedProgram } from '../check/program.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import type { BoundProgram } from './bound.ts';
import type { BindCode } from './codes.ts';

/**
 * A warning for each of the data that hold nothing: what reads them goes on as if they were not there. Jobs that
 * take rows say so themselves.
 */
export function withoutRows(
  { data, jobs }: CheckedProgram,
  { constants }: BoundProgram,
): readonly Diagnostic[] {
  const asRows = new Set(
    jobs.flatMap((j) =>
      Object.values(j.options).flatMap((o) => (o.kind === 'rows' ? o.rows.columns.map((c) => c.data) : [])),
    ),
  );
  return data.flatMap(({ name, from, fields, span }): readonly Diagnostic[] => {
    const empty = fields.length > 0 && fields.every((f) => constants.get(f.slot)?.data.length === 0);
    if (!empty || fields.some((f) => asRows.has(f.slot))) return [];
    return [
      {
        severity: 'warning',
        code: 'W0530' satisfies BindCode,
        place: { kind: 'source', span },
        message: `\`${name}\` has no rows`,
        suggestion: `${from === null ? 'its file' : `\`${from}\``} holds nothing but its header, and the energy is what it is without these data`,
      },
    ];
  });
}
