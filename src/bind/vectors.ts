/** Data of domains whose elements depend on each other are checked whole, once they are read. */
import type { HostArray } from '../arrays.ts';
import { type Domain, eventRank, isArranged, isVector, showDomain } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { arrangementFault } from '../transforms/arrangements.ts';
import { vectorFault } from '../transforms/vectors.ts';
import { type CellPlace, dataError } from './columns.ts';

/**
 * @param place where element i of the array stands
 * @param mask 1 where an element is missing: such vectors are passed over
 * @throws EnergyError E0533 with the row of the first vector that is no state of the domain
 */
export function checkVectors(
  slot: Slot,
  array: HostArray,
  place: (i: number) => CellPlace,
  mask: Uint8Array | null = null,
): void {
  const { domain } = slot;
  const fault = firstFault(domain, array, mask);
  if (!fault) return;
  const { file, row } = place(fault.from);
  throw dataError(
    'E0533',
    { file, row },
    `a value of \`${slot.name}\`, ${showDomain(domain)}, ${fault.why}`,
    domain.kind === 'simplex'
      ? 'divide its elements by their sum'
      : domain.kind === 'unit'
        ? 'divide its elements by its length'
        : undefined,
  );
}

/** The first vector of an array that is no state of the domain: where it begins, and why. */
export function firstFault(
  domain: Domain,
  { shape, data }: HostArray,
  mask: Uint8Array | null = null,
): { readonly from: number; readonly why: string } | undefined {
  const rank = eventRank(domain);
  if (rank === 0) return undefined;
  const k = shape[shape.length - 1];
  const length = rank === 2 ? k * k : k;
  for (let from = 0; from < data.length; from += length) {
    if (mask?.subarray(from, from + length).includes(1)) continue;
    const why = faultOf(domain, k, data.subarray(from, from + length));
    if (why !== undefined) return { from, why };
  }
  return undefined;
}

/** Why numbers are no state of a domain; undefined where they are one. */
function faultOf(domain: Domain, k: number, x: HostArray['data']): string | undefined {
  if (isVector(domain)) return vectorFault(domain, k, x);
  return isArranged(domain) ? arrangementFault(domain, x) : undefined;
}
