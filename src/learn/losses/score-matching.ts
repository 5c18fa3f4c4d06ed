/**
 * Score matching: the energy's gradient is brought near that of the data's minus log-density, which needs no partition
 * function. With z the unconstrained coordinates in units of their standard deviation (`score-coordinates.ts`) and U
 * the energy in them, the mean over rows of
 *   exact      ½‖∇U‖² − tr ∇²U                       A. Hyvärinen, JMLR 6 (2005) 695
 *   sliced     ½‖∇U‖² − (1/m) Σ vᵀ∇²U v              Y. Song, S. Garg, J. Shi, S. Ermon, UAI 2019 (variance reduced)
 *   denoising  (1/2m) Σ ± { ½‖∇U(z ± σv)‖² ∓ v·∇U(z ± σv)/σ }   P. Vincent, Neural Computation 23 (2011) 1661
 * v are m random directions: signs (Hutchinson), for denoising normal numbers. The denoising loss is Vincent's less
 * ½‖v/σ‖², which no parameter changes; with both signs of each direction it tends to the sliced one as σ → 0, where
 * one sign alone would be all noise. Its minimum is the energy of the data with that noise. Of several scales σ, σ/2,
 * σ/4, … a row draws one, and counts with weight 1, 1/4, 1/16, … (Y. Song, S. Ermon, NeurIPS 2019).
 *
 * Discrete unknowns beside reals: their scores are those of the reals given the others, to which the
 * pseudo-likelihood of the discrete ones is added (a sum of proper scores of conditionals).
 */
import { isDiscrete, wholeLine } from '../../domain.ts';
import type { Arrays } from '../../engines/engine.ts';
import { type Batch, makeBatch } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import { gradient } from '../../ir/derive.ts';
import type { Axis, Energy, Node, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import type { Stream } from '../../random/stream.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { LearnCode } from '../codes.ts';
import { type LossChoice, lossNumber } from '../options.ts';
import { lossOf, makeChanges, overElements } from './changes.ts';
import { kinkOf } from './kinks.ts';
import type { Loss, LossSpec } from './loss.ts';
import {
  axesOf,
  type ScoreCoordinates,
  type ScoreSlot,
  scaleInputs,
  scoreCoordinates,
} from './score-coordinates.ts';
import { joinCopies, weightedTrace } from './trace.ts';

export type ScoreForm = 'exact' | 'sliced' | 'denoising';

/** What one form adds to the rows. */
interface Part {
  /** Over the row axis. */
  readonly each: Node;
  readonly inputs: Arrays;
  readonly constants: Arrays;
  /** @param z coordinates of the rows of the step, by the slots of `ScoreSlot.z` */
  readonly draw: (z: ReadonlyMap<Slot, Float64Array>, stream: Stream) => void;
}

/** What all forms are made from. */
interface Ground {
  readonly b: Builder;
  readonly spec: LossSpec;
  readonly coordinates: ScoreCoordinates;
  readonly n: Axis;
  /** The rows in coordinates. */
  readonly on: Batch;
  readonly squared: (s: ScoreSlot, indices: readonly Node[]) => Node;
}

/**
 * @throws EnergyError E0724 for unknowns that have no score, E0725 for edges of the domain at which the density need
 *   not vanish, E0726 for an energy with kinks
 */
export function makeScoreMatching(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, rows, batch } = spec;
  const b = bound.program.builder;
  const form = options.form as ScoreForm;
  refuse(energy, form);
  const coordinates = scoreCoordinates(bound, energy, rows);
  const changes = coordinates.discrete.length > 0 ? makeChanges(spec) : null;
  const n = changes?.row ?? b.axis(b.set('row', { kind: 'range', size: batch }), 'row');
  const states = changes?.rows ?? makeBatch(b, energy.unknowns, [n]);
  const own = coordinates.slots.filter((s) => s.toFree !== null);
  const free = new Map(
    own.map((s) => [s.z, b.slot('input', `${s.unknown.name} on the line`, wholeLine, [n.set, ...s.z.sets])]),
  );
  const slots = new Map(coordinates.unknowns.map((u) => [u, free.get(u) ?? states.slots.get(u)!]));
  const on: Batch = {
    axes: [n],
    slots,
    on: (node) =>
      b.mapReads(node, (slot, indices) => {
        const to = slots.get(slot);
        return to && b.read(to, [b.axisNode(n), ...indices]);
      }),
  };
  const scales = scaleInputs(b, coordinates.slots, rows);
  const ground: Ground = { b, spec, coordinates, n, on, squared: scales.squared };
  const part =
    form === 'exact'
      ? exact(ground)
      : form === 'sliced'
        ? sliced(ground, lossNumber(options, 'projections'))
        : denoising(ground, options);
  const z = new Map(own.map((s) => [s.z, new Float64Array(batch * s.elements)]));
  const shapeOf = (s: ScoreSlot): readonly number[] => rows.columns.get(s.unknown)!.shape.slice(1);
  const rest = (changes?.groups ?? []).map((g) => overElements(b, n, g, lossOf(b, g)));
  return {
    rows: states,
    objective: b.addAll([b.mean([n], part.each), ...rest]),
    negatives: changes?.negatives ?? null,
    supported: changes?.supported ?? null,
    byRow: true,
    deterministic: form === 'exact' && (changes?.exhaustive ?? true),
    constants: new Map([...scales.constants, ...part.constants, ...(changes?.constants ?? [])]),
    inputs: new Map([
      ...own.map((s) => [free.get(s.z)!, { shape: [batch, ...shapeOf(s)], data: z.get(s.z)! }] as const),
      ...part.inputs,
      ...(changes?.inputs ?? []),
    ]),
    draw: (step) => {
      const { states: from, stream } = step;
      const now = new Map<Slot, Float64Array>();
      for (const s of coordinates.slots) {
        const x = from.get(s.unknown);
        if (!x) throw new Error(`no rows for ${s.unknown.name}`);
        const to = z.get(s.z);
        if (to) s.toFree!(x, to);
        now.set(s.z, to ?? x);
      }
      part.draw(now, stream);
      changes?.draw(step);
    },
  };
}

// ── The three forms ─────────────────────────────────────────────────────────

/** ½ Σ s²·(∂U/∂z)² over the elements of a row. */
function halfSquare(g: Ground, gradients: ReadonlyMap<ScoreSlot, (indices: readonly Node[]) => Node>): Node {
  const { b } = g;
  return b.addAll(
    [...gradients].map(([s, by]) => {
      const axes = axesOf(b, s.z);
      const here = axes.map((a) => b.axisNode(a));
      return b.mul(b.const(0.5), b.sum(axes, b.mul(g.squared(s, here), b.call('square', by(here)))));
    }),
  );
}

/** ∂U/∂z of each real unknown on a batch whose first axis is the row: an expression at indices. */
function scores(g: Ground, batch: Batch): Map<ScoreSlot, (indices: readonly Node[]) => Node> {
  const { b, coordinates } = g;
  const total = b.sum(batch.axes, batch.on(b.addAll(coordinates.terms)));
  const slots = coordinates.slots.map((s) => batch.slots.get(s.z)!);
  const derivatives = gradient(b, total, slots);
  const lead = batch.axes.map((a) => b.axisNode(a));
  return new Map(
    coordinates.slots.map((s, i) => {
      const { axes, body } = derivatives.get(slots[i])!;
      return [s, (indices: readonly Node[]) => b.substitute(body, axes, [...lead, ...indices])];
    }),
  );
}

function exact(g: Ground): Part {
  const { b, coordinates, on, squared } = g;
  const slotOf = new Map(coordinates.slots.map((s) => [s.z, s]));
  const trace = weightedTrace(b, {
    terms: coordinates.terms,
    unknowns: coordinates.unknowns,
    by: coordinates.slots.map((s) => s.z),
    on,
    weight: (slot, indices) => squared(slotOf.get(slot)!, indices),
  });
  return {
    each: b.sub(halfSquare(g, scores(g, on)), trace),
    inputs: new Map(),
    constants: new Map(),
    draw: () => {},
  };
}

function sliced(g: Ground, projections: number): Part {
  const { b, coordinates, n, on } = g;
  const m = b.axis(b.range(projections), 'projection');
  const copies = makeBatch(b, coordinates.unknowns, [n, m]);
  const directions = randomInputs(g, [n, m], 'direction of');
  const by = scores(g, copies);
  const along = (of: ReadonlyMap<ScoreSlot, (indices: readonly Node[]) => Node>): Node =>
    b.addAll(
      [...of].map(([s, derivative]) => {
        const axes = axesOf(b, s.z);
        const here = axes.map((a) => b.axisNode(a));
        const v = b.read(directions.slots.get(s)!, [b.axisNode(n), b.axisNode(m), ...here]);
        return b.sum(axes, b.mul(v, derivative(here)));
      }),
    );
  // v·∇U of every copy; its derivative by the copy is ∇²U v.
  const slots = coordinates.slots.map((s) => copies.slots.get(s.z)!);
  const products = gradient(b, b.sum([n, m], along(by)), slots);
  const lead = [b.axisNode(n), b.axisNode(m)];
  const hessian = new Map(
    coordinates.slots.map((s, i) => {
      const { axes, body } = products.get(slots[i])!;
      return [s, (indices: readonly Node[]) => b.substitute(body, axes, [...lead, ...indices])];
    }),
  );
  const curvature = joinCopies(b, b.mean([m], along(hessian)), copies, on);
  return {
    each: b.sub(halfSquare(g, scores(g, on)), curvature),
    inputs: directions.inputs,
    constants: new Map(),
    draw: (_, stream) => {
      for (const s of coordinates.slots) {
        const own = stream.fork(s.unknown.name, 'direction');
        const v = directions.arrays.get(s)!;
        for (let i = 0; i < v.length; i++)
          v[i] = own.word() & 1 ? s.scales[i % s.elements] : -s.scales[i % s.elements];
      }
    },
  };
}

function denoising(g: Ground, options: LossChoice): Part {
  const { b, coordinates, n, on, spec } = g;
  const draws = lossNumber(options, 'projections');
  const sigma = lossNumber(options, 'noise');
  const levels = lossNumber(options, 'scales');
  const m = b.axis(b.range(draws), 'projection');
  const sign = b.axis(b.range(2), 'sign');
  const all = [n, m, sign];
  const noisy = randomInputs(g, all, 'noisy');
  const pulls = randomInputs(g, all, 'noise of');
  const batch: Batch = {
    axes: all,
    slots: new Map([
      ...coordinates.slots.map((s) => [s.z, noisy.slots.get(s)!] as const),
      ...coordinates.discrete.map((u) => [u, on.slots.get(u)!] as const),
    ]),
    on: (node) =>
      b.mapReads(node, (slot, indices) => {
        const lead = all.map((a) => b.axisNode(a));
        const real = noisySlot.get(slot);
        if (real) return b.read(real, [...lead, ...indices]);
        const to = on.slots.get(slot);
        return to && b.read(to, [lead[0], ...indices]);
      }),
  };
  const noisySlot = new Map(coordinates.slots.map((s) => [s.z, noisy.slots.get(s)!]));
  const by = scores(g, batch);
  const pulled = b.addAll(
    [...by].map(([s, derivative]) => {
      const axes = axesOf(b, s.z);
      const here = axes.map((a) => b.axisNode(a));
      const v = b.read(pulls.slots.get(s)!, [...all.map((a) => b.axisNode(a)), ...here]);
      return b.sum(axes, b.mul(v, derivative(here)));
    }),
  );
  const each = b.mean([m, sign], b.sub(halfSquare(g, by), pulled));
  const weights = new Float64Array(spec.batch).fill(1);
  const weight = b.slot('input', 'weight of a row', wholeLine, [n.set]);
  return {
    each: levels > 1 ? b.mul(b.read(weight, [b.axisNode(n)]), each) : each,
    inputs: new Map([
      ...noisy.inputs,
      ...pulls.inputs,
      ...(levels > 1 ? [[weight, { shape: [spec.batch], data: weights }] as const] : []),
    ]),
    constants: new Map(),
    draw: (z, stream) => {
      const level = stream.fork('scale');
      const sigmas = Float64Array.from(weights, () => sigma * 2 ** -(levels > 1 ? level.int(levels) : 0));
      for (let i = 0; i < weights.length; i++) weights[i] = (sigmas[i] / sigma) ** 2;
      for (const s of coordinates.slots) {
        const from = z.get(s.z)!;
        const [to, pull] = [noisy.arrays.get(s)!, pulls.arrays.get(s)!];
        const own = stream.fork(s.unknown.name, 'noise');
        for (let i = 0, k = 0; i < spec.batch; i++)
          for (let d = 0; d < draws; d++, k += s.elements)
            for (let e = 0; e < s.elements; e++, k++) {
              const v = s.scales[e] * own.normal();
              const x = from[i * s.elements + e];
              to[k] = s.back(x + sigmas[i] * v);
              to[k + s.elements] = s.back(x - sigmas[i] * v);
              pull[k] = v / sigmas[i];
              pull[k + s.elements] = -pull[k];
            }
      }
    },
  };
}

/** Arrays of the real unknowns with other leading axes, as inputs. */
function randomInputs(
  g: Ground,
  axes: readonly Axis[],
  name: string,
): {
  readonly slots: ReadonlyMap<ScoreSlot, Slot>;
  readonly arrays: ReadonlyMap<ScoreSlot, Float64Array>;
  readonly inputs: Arrays;
} {
  const { b, spec, coordinates } = g;
  const lead = axes.map((a) => spec.bound.sizeOf(a.set));
  const count = lead.reduce((x, y) => x * y, 1);
  const slots = new Map(
    coordinates.slots.map((s) => [
      s,
      b.slot('input', `${name} ${s.unknown.name}`, wholeLine, [...axes.map((a) => a.set), ...s.z.sets]),
    ]),
  );
  const arrays = new Map(coordinates.slots.map((s) => [s, new Float64Array(count * s.elements)]));
  const inputs = new Map(
    coordinates.slots.map((s) => [
      slots.get(s)!,
      { shape: [...lead, ...spec.rows.columns.get(s.unknown)!.shape.slice(1)], data: arrays.get(s)! },
    ]),
  );
  return { slots, arrays, inputs };
}

// ── What has no score ───────────────────────────────────────────────────────

function refuse(energy: Energy, form: ScoreForm): void {
  const fault = (code: LearnCode, span: Energy['span'], message: string, suggestion: string): EnergyError =>
    new EnergyError([{ severity: 'error', code, place: at(span), message, suggestion }]);
  const reals = new Set(energy.unknowns.filter((u) => !isDiscrete(u.domain)));
  if (reals.size === 0)
    throw fault(
      'E0724',
      energy.span,
      `score matching needs real unknowns, and all of \`${energy.name}\` are discrete: they have no gradient`,
      'use loss = pseudo_likelihood(…), ratio_matching(…) or discrepancy(…)',
    );
  const cut = energy.support.find((c) => {
    if (c.implied && !reals.has(c.implied)) return false;
    const read = slotsRead(c.where ? [c.condition, c.where] : [c.condition]);
    return [...reals].some((u) => read.has(u));
  });
  if (cut && !cut.implied)
    throw fault(
      'E0725',
      cut.span,
      `\`${energy.name}\` requires something of real unknowns, so its density ends at an edge; score matching holds only where it vanishes there`,
      'say it with bounds, e.g. `real(0, inf)`, or use loss = discrepancy(…) or noise_contrastive(…)',
    );
  const kink = form === 'denoising' ? null : kinkOf(energy);
  if (kink)
    throw fault(
      'E0726',
      kink.term.span,
      `the term \`${kink.term.name}\` has a kink where it uses \`${kink.name}\` of real unknowns; this loss needs second derivatives everywhere`,
      'use a smooth function, e.g. silu or softplus, or score_matching(form = denoising)',
    );
}
