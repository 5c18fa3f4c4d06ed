/** Plans in a few words. */
import type { Plan, UnknownPlan } from '../plan/plan.ts';

/** Methods that are called otherwise than they are written. */
const called: Readonly<Record<string, string>> = {
  gibbs: 'Gibbs',
  nuts: 'NUTS',
  hmc: 'HMC',
  swendsen_wang: 'Swendsen–Wang',
  marginal: 'summed out',
};

/** `Gibbs, 2 blocks, blanket of 4`. */
export function planLine(u: UnknownPlan): string {
  const name = called[u.method] ?? u.method;
  if (u.method !== 'gibbs') return name;
  const blocks = u.blocks === null ? '' : `, ${u.blocks} ${u.blocks === 1 ? 'block' : 'blocks'}`;
  return `${name}${blocks}, ${u.blanket === null ? 'blanket of all' : `blanket of ${u.blanket}`}`;
}

/** Of an unknown by its name, or of all fields of a record: `r` stands for `r.age` and the others. */
export const plansOf = (plan: Plan, name: string): readonly UnknownPlan[] =>
  plan.unknowns.filter((u) => u.unknown === name || u.unknown.startsWith(`${name}.`));
