/** Whether a step of learning may be taken. */
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { explainGradient, explainLoss, explainRunaway, type FailedStep } from './faults.ts';
import type { StepValues } from './training.ts';

/** Mean energies beyond which a fit is taken to run away. */
const runaway = 1e8;

/**
 * Why a step must not be taken, with its cause; null where nothing is wrong.
 * @param gradientNorm before clipping
 * @param failed what explains it, made where it is needed
 */
export function faultOfStep(
  out: StepValues,
  gradientNorm: number,
  gradients: readonly Float64Array[],
  failed: () => FailedStep,
): Diagnostic | null {
  // A term that no perturbation touches is in the energies, but not in the loss.
  if (!Number.isFinite(out.loss) || !Number.isFinite(out.rowEnergy)) return explainLoss(failed());
  if (!Number.isFinite(gradientNorm)) return explainGradient(failed(), gradients);
  // Without negatives their energy is NaN, which is nothing to complain about.
  return Math.abs(out.rowEnergy) > runaway || Math.abs(out.negativeEnergy) > runaway
    ? explainRunaway(failed(), out)
    : null;
}
