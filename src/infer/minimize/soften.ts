/**
 * An energy in which requirements are terms: a broken one costs something instead of being forbidden. Sweeps of single
 * elements are shut in by requirements such as `sum(x) == 2`, which two elements at once would have to keep; on the way
 * through states that break a few of them they are not (penalty methods; Glover & Laguna, *Tabu Search* (1997), ch. 2.4,
 * strategic oscillation).
 */
import type { Builder } from '../../ir/build.ts';
import type { Node, Term } from '../../ir/types.ts';
import type { Model } from '../model.ts';

/** Whether anything is required that the domains do not keep by themselves. */
export const canSoften = (model: Model): boolean => model.energy.support.some((c) => !c.implied);

/**
 * @param weight of a requirement that is broken by nothing but its being broken, in units of the energy
 * @returns the model without its requirements but those of domains, and a term for each of the others
 */
export function softened(model: Model, weight: number): Model {
  const { builder: b, energy } = model;
  const terms = energy.support
    .filter((c) => !c.implied)
    .map(
      (c, i): Term => ({
        name: `required ${i}`,
        span: c.span,
        body: b.call('mul', b.const(weight), b.sum(c.axes, broken(b, c.condition), c.where ?? undefined)),
      }),
    );
  return {
    ...model,
    energy: {
      ...energy,
      terms: [...energy.terms, ...terms],
      support: energy.support.filter((c) => c.implied),
    },
  };
}

const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'lt', 'le', 'gt', 'ge']);

/** 0 where the condition holds; else 1, of a comparison of sums √(1 + how far they are apart). */
function broken(b: Builder, condition: Node): Node {
  const not = b.call('not', condition);
  if (condition.op !== 'call' || !COMPARISONS.has(condition.fn)) return not;
  const [x, y] = condition.args;
  if (x.op !== 'reduce' && y.op !== 'reduce') return not;
  const apart = b.call('abs', b.call('sub', x, y));
  return b.call('mul', not, b.call('sqrt', b.call('add', b.const(1), apart)));
}
