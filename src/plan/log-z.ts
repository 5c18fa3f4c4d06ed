/** How ln Z is come by. */
import type { Clamp, Model } from '../infer/model.ts';
import { quadraticIn } from '../infer/quadratic.ts';

export type LogZMethod = 'enumeration' | 'elimination' | 'gaussian' | 'ais';

export interface LogZPlan {
  readonly logz: LogZMethod;
  readonly logzWhy: string;
}

/** Joint states that are visited one by one; the same as what `enumerateStates` accepts. */
const MANY = 2 ** 22;

/**
 * @param states of the free discrete unknowns; null where a real unknown is free or there are too many for a number
 * @param eliminated whether a plan of elimination is at hand
 */
export function logZMethod(model: Model, clamp: Clamp, states: number | null, eliminated: boolean): LogZPlan {
  if (eliminated) return { logz: 'elimination', logzWhy: 'what is free is discrete and its graph narrow' };
  if (states !== null && states <= MANY)
    return { logz: 'enumeration', logzWhy: `there are ${states} joint states` };
  const quadratic = quadraticIn(model, clamp);
  if (!('why' in quadratic))
    return { logz: 'gaussian', logzWhy: 'the energy is quadratic in the real unknowns' };
  return {
    logz: 'ais',
    logzWhy: quadratic.real ? quadratic.why : 'there are too many joint states, and their graph is too wide',
  };
}
