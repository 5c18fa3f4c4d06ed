/** Why there is no least energy, in words. */
import { unravel } from '../../arrays.ts';
import { isDiscrete, rangeOf } from '../../domain.ts';
import { makeBatch } from '../../ir/batch.ts';
import type { Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import { batchInputs, compile, fault, type Model, type States } from '../model.ts';

/** E0741: the energy falls without end towards `far`; `near` is where it began to run away. */
export function unbounded(model: Model, near: States, far: States): Error {
  const term = steepest(model, near, far);
  const read = term && slotsRead([term.body]);
  const where = runaway(model, near, far, (slot) => read?.has(slot) ?? true);
  return fault(
    'E0741',
    term?.span ?? model.energy.span,
    `\`${model.energy.name}\` has no least energy: ${term ? `the term \`${term.name}\`` : 'it'} falls without end${where}`,
    'keep the unknown away from there by a prior, a bound or a requirement; `sample` may serve all the same',
  );
}

/** The term that falls most. */
function steepest(model: Model, near: States, far: States): Model['energy']['terms'][number] | undefined {
  const b = model.builder;
  const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(1))]);
  const run = compile(
    model,
    model.energy.terms.map((t, i) => ({ name: String(i), axes: batch.axes, node: batch.on(t.body) })),
  );
  const at = (states: States): Float64Array => {
    const out = run.run(batchInputs(model, batch.slots, states, 1));
    return Float64Array.from(model.energy.terms, (_, i) => out.get(String(i))!.data[0]);
  };
  const before = at(near);
  const after = at(far);
  run.dispose();
  let worst = -1;
  let most = 0;
  after.forEach((e, i) => {
    const fall = e - before[i];
    if (fall < most) {
      most = fall;
      worst = i;
    }
  });
  return model.energy.terms[worst];
}

/** Where the real unknown that moved furthest goes, of those that matter: a clause, or nothing. */
function runaway(model: Model, near: States, far: States, matters: (slot: Slot) => boolean): string {
  let text = '';
  let most = 0;
  for (const { slot, shape } of model.unknowns) {
    const d = slot.domain;
    if (isDiscrete(d) || !matters(slot)) continue;
    const x = near.get(slot)!;
    const y = far.get(slot)!;
    const { lo, hi } = d.kind === 'real' ? rangeOf(d) : { lo: -Infinity, hi: Infinity };
    for (let i = 0; i < x.length; i++) {
      const name = shape.length === 0 ? slot.name : `${slot.name}[${unravel(i, shape).join(', ')}]`;
      const from = Math.min(Math.abs(x[i] - lo), Math.abs(hi - x[i]));
      const to = Math.min(Math.abs(y[i] - lo), Math.abs(hi - y[i]));
      const atBound = Number.isFinite(to) && (to === 0 || to < 1e-6 * from);
      const away = atBound ? Math.log(1 + from) - Math.log(to + 1e-300) : Math.log(1 + Math.abs(y[i] - x[i]));
      if (!(away > most) && !Number.isNaN(away)) continue;
      most = Number.isNaN(away) ? Number.POSITIVE_INFINITY : away;
      if (atBound) text = ` as \`${name}\` approaches ${Math.abs(y[i] - lo) < Math.abs(hi - y[i]) ? lo : hi}`;
      else text = ` as \`${name}\` ${y[i] > x[i] || Number.isNaN(y[i]) ? 'grows' : 'goes to −∞'}`;
    }
  }
  return text;
}

/** E0702 */
export const stoppedEarly = (model: Model): Error =>
  fault(
    'E0702',
    model.energy.support[0]?.span ?? model.energy.span,
    `stopped before a state of \`${model.energy.name}\` with a finite energy was found`,
  );
