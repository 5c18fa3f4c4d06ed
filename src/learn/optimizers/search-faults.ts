/** Line searches compare losses, so a fit by one needs the same loss at every step. */
import type { Energy } from '../../ir/types.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { LearnCode } from '../codes.ts';
import type { Loss } from '../losses/loss.ts';

/** @throws EnergyError E0747 where a step takes a part of the rows, or the loss draws or keeps something */
export function refuseSearch(
  energy: Energy,
  options: { readonly loss: { readonly kind: string }; readonly optimizer: { readonly kind: string } },
  loss: Loss,
  imputes: boolean,
  batch: number,
  rows: number,
): void {
  const { kind } = options.optimizer;
  const refuse = (message: string, suggestion: string): never => {
    throw new EnergyError([
      { severity: 'error', code: 'E0747' satisfies LearnCode, place: at(energy.span), message, suggestion },
    ]);
  };
  if (batch < rows)
    refuse(
      `\`${kind}\` compares the losses of steps, so each takes all ${rows} rows; \`batch\` is ${batch}`,
      'leave `batch` out, or take another optimiser, e.g. `adam(rate = 0.001)`',
    );
  if (imputes)
    refuse(
      `\`${kind}\` compares the losses of steps, and missing cells are drawn anew at each of them`,
      'take another optimiser, e.g. `adam(rate = 0.001)`, or leave such rows out with `missing = drop`',
    );
  if (!(loss.deterministic ?? (loss.inputs.size === 0 && !loss.kept?.size)))
    refuse(
      `\`${kind}\` compares the losses of steps, and \`${options.loss.kind}\`, as it is asked for, draws anew at each of them`,
      'take another optimiser, e.g. `adam(rate = 0.001)`, or a loss without draws, such as `likelihood`',
    );
}
