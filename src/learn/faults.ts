/** Finding what went wrong when a step of learning is not finite: the term, and a state that shows it. */
import { unravel } from '../arrays.ts';
import { type Domain, isDiscrete, showDomain } from '../domain.ts';
import type { Arrays, Engine, Output } from '../engines/engine.ts';
import type { Batch } from '../ir/batch.ts';
import type { Energy, IndexSet, Node, Slot, Term } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { at, type Diagnostic, type Note } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { LearnCode } from './codes.ts';

/** The step that failed: its inputs, and how to evaluate expressions on them. */
export interface FailedStep {
  readonly energy: Energy;
  readonly learned: readonly Slot[];
  readonly priors: readonly { readonly name: string; readonly span: Span; readonly node: Node }[];
  readonly rows: Batch;
  readonly negatives: Batch | null;
  readonly supported: Node | null;
  /** Expressions in what the inputs hold: bounded parameters replaced. */
  readonly on: (node: Node) => Node;
  readonly engine: Engine;
  readonly sizeOf: (set: IndexSet) => number;
  readonly constantsOf: (nodes: readonly Node[]) => Arrays;
  readonly inputs: Arrays;
  /** Row number in the data of each row of the batch. */
  readonly picked: Int32Array;
  /** As people count them: the first step is 1. */
  readonly step: number;
}

/**
 * Why the loss is not finite: the first term whose energy of a row is not, else the
 * first one whose energy of a negative is NaN or −∞ (+∞ only means that the negative
 * has probability 0), else a prior.
 */
export function explainLoss(f: FailedStep): Diagnostic {
  for (const batch of f.negatives ? [f.rows, f.negatives] : [f.rows]) {
    const isRow = batch === f.rows;
    const values = evaluate(f, batch, isRow ? null : f.supported);
    for (const t of f.energy.terms) {
      const { data, shape, mask } = values(t);
      const bad = data.findIndex(
        (x: number, i: number) =>
          (mask === null || mask[i] !== 0) && !(Number.isFinite(x) || (!isRow && x === Infinity)),
      );
      if (bad < 0) continue;
      const where = unravel(bad, shape);
      return diagnostic(
        'E0710',
        t.span,
        `the energy of the term \`${t.name}\` became ${show(data[bad])} at step ${f.step} of learning`,
        [{ message: `${whose(f, batch, where)}, where ${describeState(f, batch, where)}` }],
      );
    }
  }
  const prior = f.priors.find((p) => !Number.isFinite(scalar(f, p.node)));
  if (prior)
    return diagnostic(
      'E0710',
      prior.span,
      `the prior of \`${prior.name}\` became ${show(-scalar(f, prior.node))} at step ${f.step} of learning`,
    );
  return diagnostic(
    'E0710',
    f.energy.span,
    `differences of the energy \`${f.energy.name}\` became too large for numbers at step ${f.step} of learning`,
    [],
    'use a smaller learning rate, or add a term that bounds the energy',
  );
}

/** That energies grow without bound. */
export function explainRunaway(
  f: FailedStep,
  { rowEnergy, negativeEnergy }: { readonly rowEnergy: number; readonly negativeEnergy: number },
): Diagnostic {
  const shown = (x: number): string => x.toExponential(1);
  const other = Number.isNaN(negativeEnergy) ? '' : `, of their negatives ${shown(negativeEnergy)}`;
  return diagnostic(
    'E0745',
    f.energy.span,
    `energies run away: the mean energy of the rows is ${shown(rowEnergy)}${other} at step ${f.step} of learning`,
    [],
    'use a smaller learning rate, or add a term that bounds the energy, e.g. `0.01 * sum(x ^ 2)`',
  );
}

/** That a fit goes on from its last checkpoint, and why. */
export const returned = (why: Diagnostic, step: number, slowed: number): Diagnostic => ({
  ...why,
  severity: 'warning',
  code: 'W0711' satisfies LearnCode,
  message: `${why.message}; the fit went back to step ${step} and on with ${slowed} times the learning rate`,
});

/** Which state of a batch it is, in words. */
function whose(f: FailedStep, batch: Batch, where: readonly number[]): string {
  const first = where[0] ?? 0;
  const row = `row ${f.picked[first]} of the data (counted from 0)`;
  if (batch === f.rows) return `in ${row}`;
  return batch.axes[0]?.set === f.rows.axes[0].set
    ? `in a perturbed copy of ${row}`
    : 'in a state of the chains';
}

/**
 * That a derivative is not finite although the loss is.
 * @param gradients in the order of `learned`
 */
export function explainGradient(f: FailedStep, gradients: readonly Float64Array[]): Diagnostic {
  const bad = gradients.findIndex((g) => !g.every(Number.isFinite));
  const steps = `at step ${f.step} of learning`;
  if (bad < 0)
    return diagnostic(
      'E0711',
      f.energy.span,
      `the gradient of the loss became too large for numbers ${steps}`,
    );
  const param = f.learned[bad];
  return diagnostic(
    'E0711',
    param.span ?? f.energy.span,
    `the derivative of the loss with respect to \`${param.name}\` is not finite ${steps}`,
    f.energy.terms
      .filter((t) => slotsRead([t.body]).has(param))
      .map((t) => ({ message: `the term \`${t.name}\` depends on it`, place: at(t.span) })),
    'look for a function without a derivative where it is used: sqrt or log at 0, a power of 0',
  );
}

function diagnostic(
  code: LearnCode,
  span: Span,
  message: string,
  notes: readonly Note[] = [],
  suggestion?: string,
): Diagnostic {
  return { severity: 'error', code, place: at(span), message, notes, suggestion };
}

const show = (x: number): string => (Number.isNaN(x) ? 'NaN' : x > 0 ? '∞' : '−∞');

/** Each term on each state of the batch. */
function evaluate(f: FailedStep, batch: Batch, mask: Node | null) {
  const axes = [...batch.axes];
  const outputs: Output[] = f.energy.terms.map((t) => ({
    name: t.name,
    axes,
    node: f.on(batch.on(t.body)),
  }));
  const inside = mask ? [{ name: ' inside', axes, node: f.on(mask) }] : [];
  const all = [...outputs, ...inside];
  const evaluator = f.engine.compile(
    { outputs: all, sizeOf: f.sizeOf },
    f.constantsOf(all.map((o) => o.node)),
  );
  const result = evaluator.run(f.inputs);
  evaluator.dispose();
  return (t: Term) => {
    const { data, shape } = result.get(t.name)!;
    return { data, shape, mask: result.get(' inside')?.data ?? null };
  };
}

function scalar(f: FailedStep, node: Node): number {
  const expression = f.on(node);
  const evaluator = f.engine.compile(
    { outputs: [{ name: 'value', axes: [], node: expression }], sizeOf: f.sizeOf },
    f.constantsOf([expression]),
  );
  const value = evaluator.run(f.inputs).get('value')!.data[0];
  evaluator.dispose();
  return value;
}

const shownElements = 6;

/** `age = 31.5, job = nurse, s = [1, -1, …]` */
function describeState(f: FailedStep, batch: Batch, where: readonly number[]): string {
  const parts = [...batch.slots].map(([unknown, slot]) => {
    const array = f.inputs.get(slot);
    if (!array) return `${unknown.name} is anything`;
    const size = array.shape.slice(where.length).reduce((p, s) => p * s, 1);
    const index = where.reduce((k, i, d) => k * array.shape[d] + i, 0);
    const values = Array.from(array.data.slice(index * size, index * size + Math.min(size, shownElements)));
    const texts = values.map((v) => showValue(unknown.domain, v));
    return unknown.sets.length === 0
      ? `${unknown.name} = ${texts[0]}`
      : `${unknown.name} = [${texts.join(', ')}${size > shownElements ? ', …' : ''}]`;
  });
  return parts.join(', ');
}

function showValue(domain: Domain, value: number): string {
  if ((domain.kind === 'category' || domain.kind === 'permutation') && domain.values.kind.kind === 'labels')
    return domain.values.kind.labels[value] ?? `${value}, which is no ${showDomain(domain)}`;
  return !isDiscrete(domain) ? String(Number(value.toPrecision(6))) : String(value);
}
