/**
 * Exact maximum likelihood, for energies whose partition function can be computed, and the pseudo-spherical score.
 *
 *   L = (1/N) Σ_n E(x_n) + ln Z,   Z = Σ∫ exp(−E)
 *
 * is minus the mean log-likelihood of the rows. With γ > −1, γ ≠ 0,
 *
 *   L_γ = −(1/γ) ln( (1/N) Σ_n exp(−γ E(x_n)) ) + (1/(γ + 1)) ln Σ∫ exp(−(γ + 1) E)
 *
 * is minus ln of the pseudo-spherical score of exp(−E), over γ (Good, "Comment on 'Measuring information and
 * uncertainty'" (1971); L. Yu, J. Song, Y. Song, S. Ermon, "Pseudo-spherical contrastive divergence", NeurIPS 2021);
 * L is its limit for γ → 0. Its gradient is E_w[∇E] − E_q[∇E] with w ∝ exp(−γE) over the rows and
 * q ∝ exp(−(γ + 1)E): for γ > 0 rows of high energy count less, so outliers do.
 *
 * How the sum over all states is computed:
 * - few joint states of discrete unknowns, with up to two reals on the nodes of a quadrature: one array of all states
 *   (`joint-table.ts`), of which ln Z is an expression like any other;
 * - Gaussian energies of more than two reals: in closed form (`gaussian-integral.ts`);
 * - many joint states of discrete unknowns that touch few of each other (chains, trees, lattices): at each step by
 *   elimination with the parameters as they are (`analyse/expected-energy.ts`). The objective is then
 *   E_w[E] − E_q[E] with exact probabilities as constants: its gradient is that of the loss, its value is not, which
 *   is why the loss that is shown is an expression of its own.
 */
import { type ExpectedEnergy, expectedEnergy } from '../../analyse/expected-energy.ts';
import type { HostArray } from '../../arrays.ts';
import { shapeOf } from '../../bind/bound.ts';
import { wholeLine } from '../../domain.ts';
import { isAuto } from '../../engines/choice.ts';
import type { Arrays, Engine } from '../../engines/engine.ts';
import { referenceEngine } from '../../engines/reference/index.ts';
import { type Batch, makeBatch, totalEnergy } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import type { Node, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import { at, type Diagnostic, EnergyError } from '../../syntax/diagnostic.ts';
import type { LearnCode } from '../codes.ts';
import { type LossChoice, lossNumber, lossOption } from '../options.ts';
import { supportOf } from '../support.ts';
import { gaussianIntegral } from './gaussian-integral.ts';
import { type Extent, extentOf, type JointTable, jointTable } from './joint-table.ts';
import type { Loss, LossSpec } from './loss.ts';

/** Joint states that are added up without asking whether elimination is cheaper, and the most of them. */
const FEW = 2 ** 12;
const MANY = 2 ** 18;
/** Nodes of each real, by how many there are. */
const POINTS = [0, 1024, 192] as const;
const LEAST_POINTS = 8;
/** Limits of elimination: it is done at every step. */
const LIMITS = { joint: 2 ** 12, total: 2 ** 22 } as const;
/** Errors of ln Z and shares of the mass beyond which an integral is not trusted. */
const TRUSTED = { error: 0.01, outside: 1e-3 } as const;

/**
 * @throws EnergyError E0742 where ln Z cannot be computed, E0743 for γ ≤ −1 or too few points, E0744 where no state
 *   satisfies the requirements
 */
export function makeLikelihood(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, batch } = spec;
  const b = bound.program.builder;
  const gamma = lossNumber(options, 'gamma');
  if (!(gamma > -1))
    throw fault(spec, 'E0743', `\`gamma\` is more than −1, not ${gamma}`, 'use 0 for maximum likelihood');
  const extent = extentOf(spec);
  const chosen = lossOption(options, 'points');
  const count = extent.reals.length;
  const points = count === 0 ? 1 : (chosen ?? POINTS[Math.min(count, 2)]);
  const n = b.axis(b.set('row', { kind: 'range', size: batch }), 'row');
  const rows = makeBatch(b, energy.unknowns, [n]);
  const parts: Parts = {
    spec,
    rows,
    gamma,
    positive: scoreOfRows(b, n, batch, rows.on(totalEnergy(b, energy)), gamma),
  };
  if (extent.why) throw unknownPartition(spec, extent.why);
  if (count > 2) {
    const logZ = gaussianIntegral(spec, 1 + gamma);
    if (extent.states === 1 && !('why' in logZ))
      return symbolic(parts, b.mul(b.const(1 / (1 + gamma)), logZ), new Map());
    const why = 'why' in logZ ? logZ.why : 'it has discrete unknowns, too';
    throw unknownPartition(
      spec,
      `it has ${count} real unknowns, integrals over more than two are known for Gaussian energies only, and ${why}`,
    );
  }
  if (count > 0 && points < LEAST_POINTS)
    throw fault(spec, 'E0743', `\`points\` is at least ${LEAST_POINTS}, not ${points}`, 'leave it out');
  const size = extent.states * points ** count;
  if (size <= FEW) return tabulated(parts, extent, points);
  if (count === 0) {
    const expected = expectedEnergy(
      { builder: b, energy, sizeOf: bound.sizeOf, constants: bound.constants },
      precise(spec.engine),
      LIMITS,
    );
    if (!('why' in expected)) {
      if (expected.elimination.total < size) return eliminated(parts, expected);
      expected.dispose();
    } else if (size > MANY)
      throw unknownPartition(spec, `it has ${size.toPrecision(3)} joint states, and ${expected.why}`);
  }
  if (size > MANY)
    throw unknownPartition(
      spec,
      count === 0
        ? `it has ${size.toPrecision(3)} joint states`
        : `${extent.states === 1 ? '' : `${extent.states} joint states times `}${points ** count} nodes are more than ${MANY} (2¹⁸)`,
    );
  return tabulated(parts, extent, points);
}

interface Parts {
  readonly spec: LossSpec;
  readonly rows: Batch;
  readonly gamma: number;
  /** What the rows contribute. */
  readonly positive: Node;
}

/** mean E, or −(1/γ) ln mean exp(−γE). */
function scoreOfRows(b: Builder, n: Batch['axes'][number], batch: number, e: Node, gamma: number): Node {
  if (gamma === 0) return b.mean([n], e);
  const sum = b.reduce('logsumexp', [n], b.mul(b.const(-gamma), e));
  return b.mul(b.const(-1 / gamma), b.sub(sum, b.const(Math.log(batch))));
}

/** ln Z (or what stands for it) is an expression of the parameters. */
const symbolic = ({ spec, rows, positive }: Parts, logZ: Node, constants: Arrays): Loss => ({
  rows,
  objective: spec.bound.program.builder.add(positive, logZ),
  negatives: null,
  supported: null,
  constants,
  inputs: new Map(),
  draw: () => {},
});

/** All states are there: ln Z is an expression. */
function tabulated(parts: Parts, extent: Extent, points: number): Loss {
  const { spec, gamma } = parts;
  const { bound, energy } = spec;
  const b = bound.program.builder;
  const table = jointTable(spec, extent, points);
  if (!table)
    throw fault(
      spec,
      'E0744',
      `no state satisfies what \`${energy.name}\` requires, so it has no likelihood`,
      'relax the requirements',
    );
  const s = b.axis(b.set('state', { kind: 'range', size: table.count }), 'state');
  const states = makeBatch(b, energy.unknowns, [s], '″');
  const weights = table.logWeights && b.slot('input', 'log weight', wholeLine, [s.set]);
  const open = supportOf(b, table.open);
  const where = open && states.on(open);
  const log = b.mul(b.const(-(1 + gamma)), states.on(totalEnergy(b, energy)));
  const each = weights ? b.add(log, b.read(weights, [b.axisNode(s)])) : log;
  const logZ = b.mul(b.const(1 / (1 + gamma)), b.reduce('logsumexp', [s], each, where));
  const constants = new Map<Slot, HostArray>();
  for (const [u, to] of states.slots)
    constants.set(to, { shape: [table.count, ...shapeOf(u, bound.sizeOf)], data: table.states.get(u)! });
  if (weights) constants.set(weights, { shape: [table.count], data: table.logWeights! });
  return {
    ...symbolic(parts, logZ, constants),
    ...(table.logWeights
      ? {
          verdict: (params: Arrays) => {
            const node = where ? b.call('select', where, each, b.const(-1e300)) : each;
            const evaluator = spec.engine.compile(
              { outputs: [{ name: 'each', axes: [s], node }], sizeOf: bound.sizeOf },
              constantsOf(spec, constants, node),
            );
            const logs = evaluator.run(params).get('each')!.data;
            evaluator.dispose();
            return verdictOn(spec, table, points, logs);
          },
        }
      : {}),
  };
}

function constantsOf(spec: LossSpec, own: Arrays, node: Node): Arrays {
  const read = slotsRead([node]);
  return new Map([...spec.bound.constants, ...own].filter(([slot]) => read.has(slot)));
}

/** Whether the integral can be trusted: with half the points it is the same, and nothing is lost at its ends. */
function verdictOn(
  spec: LossSpec,
  table: JointTable,
  points: number,
  each: ArrayLike<number>,
): readonly Diagnostic[] {
  const { name, span } = spec.energy;
  let top = Number.NEGATIVE_INFINITY;
  for (let s = 0; s < table.count; s++) top = Math.max(top, each[s]);
  let [sum, coarse, outer] = [0, 0, 0];
  for (let s = 0; s < table.count; s++) {
    const p = Math.exp(each[s] - top);
    sum += p;
    if (table.coarse[s]) coarse += p;
    if (table.outer[s]) outer += p;
  }
  const error = Math.abs(Math.log((coarse * table.coarser) / sum));
  const outside = outer / sum;
  const told = (message: string, suggestion: string): Diagnostic[] => [
    { severity: 'warning', code: 'W0712' satisfies LearnCode, place: at(span), message, suggestion },
  ];
  if (outside > TRUSTED.outside)
    return told(
      `${(100 * outside).toPrecision(2)} % of exp(−\`${name}\`) lies where the integral over its states ends, far from all rows`,
      'add a term that keeps it near the rows, e.g. `0.01 * x ^ 2`',
    );
  if (error > TRUSTED.error)
    return told(
      `with half the points ln Z of \`${name}\` differs by ${error.toPrecision(2)}: ${points} points do not resolve it`,
      `give more, e.g. \`points = ${2 * points}\``,
    );
  return [];
}

/** Probabilities by elimination, anew at every step. */
function eliminated({ spec, rows, gamma, positive }: Parts, expected: ExpectedEnergy): Loss {
  const b = spec.bound.program.builder;
  const logZ = b.slot('input', 'ln Z', wholeLine, []);
  const value = new Float64Array(1);
  return {
    rows,
    objective: b.sub(positive, expected.mean),
    shown: b.add(positive, b.mul(b.const(1 / (1 + gamma)), b.read(logZ, []))),
    negatives: null,
    supported: null,
    constants: new Map(),
    deterministic: true,
    inputs: new Map([...expected.inputs, [logZ, { shape: [], data: value }]]),
    draw: ({ params }) => {
      value[0] = expected.update(params, 1 + gamma);
    },
    dispose: () => expected.dispose(),
  };
}

/** An engine that evaluates in float64. */
function precise(engine: Engine): Engine {
  const candidates = isAuto(engine) ? engine.candidates : [engine];
  return candidates.find((e) => e.epsilon < 1e-12) ?? referenceEngine();
}

const unknownPartition = (spec: LossSpec, why: string): EnergyError =>
  fault(
    spec,
    'E0742',
    `ln Z of \`${spec.energy.name}\` cannot be computed, which its likelihood needs: ${why}`,
    'use a loss that needs no ln Z: `discrepancy`, `contrastive` or, for discrete unknowns, `pseudo_likelihood`',
  );

const fault = (spec: LossSpec, code: LearnCode, message: string, suggestion: string): EnergyError =>
  new EnergyError([{ severity: 'error', code, place: at(spec.energy.span), message, suggestion }]);
