/** What a program says, in a few names: its energies, their unknowns, terms and reports. */
import type { CheckedProgram } from '../../../src/check/program.ts';
import type { Shape } from '../../../src/check/values.ts';
import { showDomain } from '../../../src/domain.ts';
import { staticSize } from '../../../src/ir/build.ts';
import type { IndexSet } from '../../../src/ir/types.ts';
import type { EnergyInfo } from '../protocol.ts';

export const outlineOf = (program: CheckedProgram): readonly EnergyInfo[] =>
  [...program.energies.values()].map(({ energy, args }) => ({
    name: energy.name,
    unknowns: args.map(({ name, shape }) => ({
      name,
      domain: `${domainOf(shape)}${shape.sets.length > 0 ? `[${shape.sets.map(setName).join(', ')}]` : ''}`,
      size: sizeOf(shape),
    })),
    terms: energy.terms.map((t) => t.name),
    required: energy.support.length > 0,
    reports: energy.reports.map((r) => r.name),
  }));

const domainOf = ({ domain }: Shape): string =>
  domain.kind === 'record' ? domain.record.name : showDomain(domain);

const setName = (s: IndexSet): string => s.name || String(staticSize(s) ?? '?');

/** `32 × 32`, `14 fields`; null where it goes without saying or only the data will tell. */
function sizeOf({ domain, sets }: Shape): string | null {
  if (domain.kind === 'record' && sets.length === 0) return `${domain.record.fields.length} fields`;
  const sides = sets.flatMap((s): readonly (number | undefined)[] =>
    s.kind.kind === 'lattice' ? s.kind.dims : [staticSize(s)],
  );
  return sides.length === 0 || sides.includes(undefined) ? null : sides.join(' × ');
}
