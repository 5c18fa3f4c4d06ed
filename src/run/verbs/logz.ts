import { enumerateStates } from '../../infer/enumerate.ts';
import type { JobResult } from '../results.ts';
import { clampOption, type JobContext, modelOf } from '../session.ts';

/** `logz(E)`: ln of the sum of exp(−E) over all states, by enumeration. */
export function runLogZ(cx: JobContext): JobResult {
  const model = modelOf(cx);
  const { logZ, states } = enumerateStates(model, clampOption(cx, model));
  return { verb: 'logz', logZ, error: 0, method: 'exact', states };
}
