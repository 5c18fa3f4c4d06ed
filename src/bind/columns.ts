/** From the cells of files to values of domains: codes, ranges, missing cells. */
import type { Domain } from '../domain.ts';
import { showDomain } from '../domain.ts';
import { isMissing, parseNumber } from '../io/table.ts';
import type { IndexSet } from '../ir/types.ts';
import { type Diagnostic, EnergyError } from '../syntax/diagnostic.ts';
import { suggest } from '../syntax/suggest.ts';
import { wrapAngleValue } from '../transforms/scalars.ts';
import type { BindCode } from './codes.ts';

export interface CellPlace {
  readonly file: string;
  /** 1-based, as a person counts. */
  readonly row?: number;
  readonly column?: string;
}

export function dataError(
  code: BindCode,
  place: CellPlace,
  message: string,
  suggestion?: string,
  notes?: Diagnostic['notes'],
): EnergyError {
  return new EnergyError([
    { severity: 'error', code, place: { kind: 'data', ...place }, message, suggestion, notes },
  ]);
}

/**
 * A converter for one domain: cell → stored value.
 * Categories accept their labels, or codes from 0 (from 1 with `one_based`).
 */
export function converter(
  domain: Domain,
  sizeOf: (set: IndexSet) => number,
  oneBased: boolean,
): (cell: string | number | null, place: () => CellPlace) => number {
  const shown = showDomain(domain);
  const reject = (
    cell: string | number | null,
    place: () => CellPlace,
    why: string,
    hint?: string,
  ): never => {
    // A number of a text file is shown as it stands there.
    const text = typeof cell === 'string' && parseNumber(cell) !== undefined ? cell : JSON.stringify(cell);
    throw dataError('E0533', place(), `${text} is not a value of ${shown}: ${why}`, hint);
  };
  const numberOf = (cell: string | number | null, place: () => CellPlace): number => {
    if (isMissing(cell))
      throw dataError(
        'E0534',
        place(),
        'this cell is empty; every value is needed here',
        'remove the row or fill the cell',
      );
    const n = typeof cell === 'number' ? cell : parseNumber(cell as string);
    return n === undefined ? reject(cell, place, 'it is not a number') : n;
  };
  const integer =
    (lo: number, hi: number, shift = 0) =>
    (cell: string | number | null, place: () => CellPlace): number => {
      const n = numberOf(cell, place);
      if (!Number.isInteger(n)) reject(cell, place, 'it is not a whole number');
      if (n - shift < lo || n - shift > hi) reject(cell, place, `expected ${lo + shift} to ${hi + shift}`);
      return n - shift;
    };
  switch (domain.kind) {
    case 'bit': {
      const words: Readonly<Record<string, number>> = {
        true: 1,
        false: 0,
        True: 1,
        False: 0,
        TRUE: 1,
        FALSE: 0,
        yes: 1,
        no: 0,
      };
      const whole = integer(0, 1);
      return (cell, place) =>
        typeof cell === 'string' && Object.hasOwn(words, cell) ? words[cell] : whole(cell, place);
    }
    case 'spin':
      return (cell, place) => {
        const n = numberOf(cell, place);
        return n === 1 || n === -1 ? n : reject(cell, place, 'a spin is −1 or 1');
      };
    case 'int':
      return integer(domain.lo, domain.hi);
    case 'ordinal':
    case 'cyclic':
      return integer(0, domain.size - 1, oneBased ? 1 : 0);
    case 'real':
      return (cell, place) => {
        const n = numberOf(cell, place);
        if (!Number.isFinite(n)) reject(cell, place, 'it is not finite');
        if (n < domain.lo || n > domain.hi)
          reject(cell, place, `expected between ${domain.lo} and ${domain.hi}`);
        return n;
      };
    case 'angle':
      return (cell, place) => {
        const n = numberOf(cell, place);
        // Numbers with few digits may lie a little beyond π.
        if (Number.isFinite(n) && Math.abs(n) <= Math.PI + 1e-5) return wrapAngleValue(n);
        return reject(
          cell,
          place,
          Number.isFinite(n) ? 'expected between −π and π' : 'it is not finite',
          'angles are in radians: multiply degrees by π/180, subtract 2π from what is beyond π',
        );
      };
    // Vectors are checked whole when all of their cells are read.
    case 'simplex':
    case 'ordered':
    case 'unit':
    case 'cholesky_corr':
      return (cell, place) => {
        const n = numberOf(cell, place);
        return Number.isFinite(n) ? n : reject(cell, place, 'it is not finite');
      };
    case 'subset':
      return integer(0, 1);
    case 'permutation':
    case 'category': {
      const labels = domain.values.kind.kind === 'labels' ? domain.values.kind.labels : null;
      const codes = new Map(labels?.map((l, i) => [l, i]));
      const plainCodes = new Map(labels?.map((l, i) => [plainLabel(l), i]));
      const alike = plainCodes.size < codes.size;
      const whole = integer(0, sizeOf(domain.values) - 1, oneBased ? 1 : 0);
      return (cell, place) => {
        if (labels && typeof cell === 'string') {
          const text = cell.trim();
          const code = codes.get(text) ?? (alike ? undefined : plainCodes.get(plainLabel(text)));
          if (code !== undefined) return code;
          if (isMissing(cell)) return numberOf(cell, place);
          if (parseNumber(text) === undefined) {
            const near = suggest(text, labels);
            reject(
              cell,
              place,
              'there is no such value',
              near
                ? `did you mean \`${near}\`?`
                : `the values are ${labels.slice(0, 12).join(', ')}${labels.length > 12 ? ', …' : ''}`,
            );
          }
        }
        return whole(cell, place);
      };
    }
  }
}

/** A label without what names cannot have: `10+` in a file is `_10` in the language. */
const plainLabel = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '');
