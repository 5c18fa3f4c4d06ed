/**
 * Noise-contrastive estimation: rows x are told from noise y whose density p is known (`noise.ts`).
 *
 * `binary` (M. Gutmann, A. Hyvärinen, JMLR 13 (2012) 307): with ν noise states for each of N rows and
 * G(u) = −U(u) − ln Z − ln p(u),
 *   L = (1/N) Σₙ { ln(1 + ν e^{−G(xₙ)}) + Σₘ ln(1 + e^{G(yₙₘ)}/ν) },
 * logistic regression. ln Z is a parameter of the loss: at its minimum exp(−U)/Z is the density of the data, so that it
 * estimates the logarithm of the partition function.
 *
 * `ranking` (Z. Ma, M. Collins, EMNLP 2018): which of ν + 1 states is the row; with s = −U − ln p,
 *   L = (1/N) Σₙ { ln(e^{s(xₙ)} + Σₘ e^{s(yₙₘ)}) − s(xₙ) },
 * which does not depend on a constant of the energy and needs no ln Z.
 *
 * Noise outside the support of the energy has probability 0 under it: it is told apart at once and counts for nothing.
 */

import type { BoundProgram } from '../../bind/bound.ts';
import { initialParams } from '../../bind/params.ts';
import { isArranged, wholeLine } from '../../domain.ts';
import type { Arrays, Engine } from '../../engines/engine.ts';
import { makeBatch, totalEnergy } from '../../ir/batch.ts';
import type { Node, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import { type LossChoice, lossNumber } from '../options.ts';
import { asInputs } from '../rows.ts';
import { supportOf } from '../support.ts';
import type { Loss, LossSpec } from './loss.ts';
import { makeNoise, type NoiseKind } from './noise.ts';

/** @throws EnergyError E0727 for an unknown that no noise is known for */
export function makeNoiseContrastive(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, rows, batch, engine } = spec;
  const b = bound.program.builder;
  const ratio = lossNumber(options, 'ratio');
  const noise = makeNoise(energy.unknowns, rows, bound.sizeOf, options.noise as NoiseKind);
  const n = b.axis(b.set('row', { kind: 'range', size: batch }), 'row');
  const m = b.axis(b.set('noise', { kind: 'range', size: ratio }), 'noise');
  const states = makeBatch(b, energy.unknowns, [n]);
  const negatives = makeBatch(b, energy.unknowns, [n, m], '′');
  const total = totalEnergy(b, energy);
  const inside = supportOf(
    b,
    energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain))),
  );
  const supported = inside && negatives.on(inside);
  const rowLog = b.slot('input', 'log-density of a row', wholeLine, [n.set]);
  const noiseLog = b.slot('input', 'log-density of noise', wholeLine, [n.set, m.set]);
  const lead = [b.axisNode(n), b.axisNode(m)];
  const rowScore = b.neg(b.add(states.on(total), b.read(rowLog, lead.slice(0, 1))));
  const noiseScore = b.neg(b.add(negatives.on(total), b.read(noiseLog, lead)));

  const rowLogs = new Float64Array(batch);
  const noiseLogs = new Float64Array(batch * ratio);
  const noiseStates = new Map(
    energy.unknowns.map((u) => [u, new Float64Array(batch * ratio * rows.elements.get(u)!)]),
  );
  const inputs: Arrays = new Map([
    ...asInputs(rows, noiseStates, negatives.slots, [batch, ratio]),
    [rowLog, { shape: [batch], data: rowLogs }],
    [noiseLog, { shape: [batch, ratio], data: noiseLogs }],
  ]);
  const made = { rows: states, negatives, supported, deterministic: false, constants: new Map(), inputs };
  const draw: Loss['draw'] = ({ states: from, stream }) => {
    noise.logDensity(from, rowLogs);
    noise.draw(noiseStates, noiseLogs, stream);
  };
  if (options.form === 'ranking') {
    const among = b.call('logaddexp', rowScore, b.reduce('logsumexp', [m], noiseScore, supported));
    return { ...made, draw, objective: b.mean([n], b.sub(among, rowScore)) };
  }
  const logZ = b.slot('param', 'ln Z', wholeLine, []);
  const shift = b.add(b.read(logZ, []), b.const(Math.log(ratio)));
  const each = b.add(
    b.call('softplus', b.sub(shift, rowScore)),
    b.sum([m], b.call('softplus', b.sub(noiseScore, shift)), supported),
  );
  // Where it starts: importance sampling with the noise, at the parameters' initial values.
  noise.draw(noiseStates, noiseLogs, spec.stream.fork('start'));
  const inBatch = b.reduce('logsumexp', [n, m], noiseScore, supported);
  const estimate = evaluate(bound, engine, b.sub(inBatch, b.const(Math.log(batch * ratio))), inputs);
  return {
    ...made,
    draw,
    objective: b.mean([n], each),
    own: new Map([[logZ, Float64Array.of(Number.isFinite(estimate) ? estimate : 0)]]),
  };
}

/** A number at the initial values of the parameters. */
function evaluate(bound: BoundProgram, engine: Engine, node: Node, inputs: Arrays): number {
  const read: ReadonlySet<Slot> = slotsRead([node]);
  const constants = new Map([...bound.constants].filter(([slot]) => read.has(slot)));
  const params = [...initialParams(bound, 0)].filter(([slot]) => read.has(slot) && !constants.has(slot));
  const evaluator = engine.compile(
    { outputs: [{ name: 'value', axes: [], node }], sizeOf: bound.sizeOf },
    constants,
  );
  const value = evaluator.run(new Map([...params, ...inputs])).get('value')!.data[0];
  evaluator.dispose();
  return value;
}
