/** How the unknowns of an energy would be drawn, where that is quickly found out. */

import { sizeOfShape } from '../arrays.ts';
import { bind } from '../bind/bind.ts';
import { shapeOf } from '../bind/bound.ts';
import { initialParams } from '../bind/params.ts';
import { kernelsEngine } from '../engines/kernels/index.ts';
import { makeModel, noClamp } from '../infer/model.ts';
import type { Host } from '../io/host.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import type { Analysis } from './analysis.ts';

/** The most elements of the unknowns of an energy that is planned while somebody waits for a hint. */
const MAX_ELEMENTS = 4096;

/**
 * The plan of sampling an energy with nothing given; null where the program has errors, its data are not to be
 * had, it is over index sets that only a call decides, or it is too large to be planned in passing.
 * @param data where the program's data are read
 */
export async function planOf(a: Analysis, energy: string, data: Host): Promise<Plan | null> {
  const { compiled } = a.checked;
  const checked = compiled.program.energies.get(energy);
  if (!compiled.ok || !checked || checked.generic) return null;
  try {
    const bound = await bind(compiled.program, data);
    const elements = checked.energy.unknowns.map((u) => sizeOfShape(shapeOf(u, bound.sizeOf)));
    if (elements.reduce((x, y) => x + y, 0) > MAX_ELEMENTS) return null;
    const model = makeModel(bound, checked.energy, initialParams(bound, 1), kernelsEngine());
    const { plan, gibbs } = makePlan(model, noClamp(model));
    gibbs?.dispose();
    return plan;
  } catch (e) {
    // What is wrong with the data is told when they are bound for good.
    if (e instanceof EnergyError) return null;
    throw e;
  }
}
