/** The curves of a fit's history, for `trainingCurve`. */
import type { Curve } from './training-curve.ts';

/** By step, as `run.json` keeps it. */
export interface FitRecord {
  readonly step: readonly number[];
  readonly loss: readonly number[];
  readonly dataEnergy: readonly number[];
  /** Empty for a loss without negatives. */
  readonly negativeEnergy: readonly number[];
  readonly looks?: readonly { readonly step: number; readonly heldOut: number | null }[];
}

/** The loss and that of held-out rows in one panel, mean energies of data and negatives in another. */
export function historyCurves({
  step,
  loss,
  dataEnergy,
  negativeEnergy,
  looks,
}: FitRecord): readonly Curve[] {
  const judged = (looks ?? []).flatMap(({ step, heldOut }) => (heldOut === null ? [] : [{ step, heldOut }]));
  const curves = [
    { name: 'loss', steps: step, values: loss, unit: 'nats' },
    {
      name: 'held-out rows',
      steps: judged.map((l) => l.step),
      values: judged.map((l) => l.heldOut),
      unit: 'nats',
    },
    { name: 'data', steps: step, values: dataEnergy, unit: 'energy' },
    { name: 'negatives', steps: step, values: negativeEnergy, unit: 'energy' },
  ];
  return curves.filter((c) => c.values.length > 0);
}
