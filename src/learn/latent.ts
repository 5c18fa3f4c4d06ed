/**
 * Unknowns that the rows say nothing of: discrete ones are summed out of the energy, exactly, so that what learns is
 * the marginal energy of what is seen, F(v) = −ln Σ_h exp(−E(v, h)), the free energy of P. Smolensky, "Information
 * processing in dynamical systems: foundations of harmony theory", 1986; its likelihood is that of the rows.
 */
import { sumOut } from '../analyse/marginal.ts';
import type { BoundProgram } from '../bind/bound.ts';
import type { DataRows } from '../check/values.ts';
import { isDiscrete, showDomain } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import type { Energy, Slot } from '../ir/types.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { LearnCode } from './codes.ts';

export interface Visible {
  /** The energy of what the rows hold. */
  readonly energy: Energy;
  /** With the tables that it reads. */
  readonly bound: BoundProgram;
  /** Before anything was summed out; absent where nothing was. */
  readonly joint?: Joint;
}

/** An energy with unknowns that rows do not hold. */
export interface Joint {
  readonly energy: Energy;
  readonly latent: readonly Slot[];
}

/** Nothing is known of the size of numbers while parameters change. */
const never = () => () => false;

/**
 * @throws EnergyError E0746 where an unknown that the rows lack is real, or its sum has too many terms
 */
export function sumLatent(bound: BoundProgram, joint: Energy, rows: DataRows, engine: Engine): Visible {
  const seen = new Set(rows.columns.map((c) => c.unknown));
  const latent = joint.unknowns.filter((u) => !seen.has(u));
  if (latent.length === 0) return { energy: joint, bound };
  const real = latent.find((u) => !isDiscrete(u.domain));
  if (real)
    throw unseen(
      joint,
      real,
      `it is ${showDomain(real.domain)}, and only discrete unknowns can be summed out`,
    );
  let energy = joint;
  let constants = bound.constants;
  const left = [...latent];
  const whys: string[] = [];
  // One may become independent of the others only once they are gone.
  while (left.length > 0) {
    const found = left.flatMap((slot) => {
      const within = { builder: bound.program.builder, sizeOf: bound.sizeOf, constants };
      const made = sumOut(within, energy, slot, { fixed: new Map(), values: new Map() }, never, engine);
      if ('why' in made) whys.push(made.why);
      return 'why' in made ? [] : [made];
    });
    const best =
      found.find((m) => m.form.kind === 'sites') ?? found.find((m) => m.form.kind === 'chain') ?? found[0];
    if (!best) throw unseen(joint, left[0], whys[whys.length - left.length]);
    energy = best.energy;
    constants = new Map([...constants, ...best.tables]);
    left.splice(left.indexOf(best.slot), 1);
  }
  return { energy, bound: { ...bound, constants }, joint: { energy: joint, latent } };
}

const unseen = (energy: Energy, u: Slot, why: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0746' satisfies LearnCode,
      place: at(u.span ?? energy.span),
      message: `the rows say nothing of \`${u.name}\`, and it cannot be summed out of \`${energy.name}\`: ${why}`,
      suggestion: `give data for \`${u.name}\`, too`,
    },
  ]);
