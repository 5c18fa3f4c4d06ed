/**
 * What samplers of discrete unknowns ask of an energy: one program evaluates energies, and what every other state of
 * every site would cost, for all chains.
 */
import { siteBlocks } from '../../analyse/blocks.ts';
import { conditional } from '../../analyse/conditional.ts';
import { factorsOf } from '../../analyse/factors.ts';
import { relaxEnergy } from '../../analyse/relaxation.ts';
import type { Output } from '../../engines/engine.ts';
import { type Batch, totalEnergy, violationsOf } from '../../ir/batch.ts';
import { gradient } from '../../ir/derive.ts';
import { atCorners, type RelaxedInput } from '../../ir/relax.ts';
import type { Axis, Node, Slot } from '../../ir/types.ts';
import { chainsOf } from '../chains.ts';
import { faultyTerm } from '../faulty-term.ts';
import { batchInputs, fault, type Model, type States } from '../model.ts';
import type { Sites } from './sites.ts';

export interface Evaluated {
  /** One for each chain; +∞ outside the support. */
  readonly energy: Float64Array;
  /** How many requirements each chain's state breaks; null where there are none. */
  readonly broken: Float64Array | null;
}

export interface Levels extends Evaluated {
  /**
   * Chains × sites × states (at `sites.first`): the energy with the site in each state, but for a number of each site
   * that is the same for all its states.
   */
  readonly level: Float64Array;
  /** The same of broken requirements; null where unknown or none. */
  readonly levelBroken: Float64Array | null;
}

export interface Target {
  readonly sites: Sites;
  readonly chains: number;
  /** Whether levels are differences of energies, not estimates to first order. */
  readonly exact: boolean;
  evaluate(states: States): Levels;
  dispose(): void;
}

/** Energies, and how many requirements are broken, as outputs over the chains. */
function energyOutputs(model: Model, chain: Axis, on: (n: Node) => Node): Output[] {
  const b = model.builder;
  const outputs = [{ name: 'energy', axes: [chain], node: on(totalEnergy(b, model.energy)) }];
  const { support } = model.energy;
  if (support.length > 0)
    outputs.push({
      name: 'broken',
      axes: [chain],
      node: b.addAll(support.map((c) => violationsOf(b, c, on))),
    });
  return outputs;
}

/** Energies of as many states as there are `chains`. */
export interface Energies {
  evaluate(states: States): Evaluated;
  dispose(): void;
}

export function energiesOf(model: Model, chains: number): Energies {
  const { chain, batch, compile } = chainsOf(model, chains);
  const run = compile(energyOutputs(model, chain, batch.on));
  return {
    evaluate: (states) => evaluatedOf(run.run(batchInputs(model, batch.slots, states, chains))),
    dispose: () => run.dispose(),
  };
}

function evaluatedOf(out: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): Evaluated {
  const broken = out.get('broken');
  return {
    energy: Float64Array.from(out.get('energy')!.data),
    broken: broken ? Float64Array.from(broken.data) : null,
  };
}

/** Energies and the derivatives of the relaxed energy at the chains' states, as outputs `d0`, … of the slots. */
export function gradientOutputs(
  model: Model,
  slots: readonly Slot[],
  chain: Axis,
  batch: Batch,
): {
  readonly outputs: readonly Output[];
  readonly inputs: readonly RelaxedInput[];
  readonly blind: boolean;
} {
  const b = model.builder;
  const relaxed = relaxEnergy(b, model.energy, slots, model, model.kernels ?? undefined);
  const lead = b.axisNode(chain);
  const at = (n: Node): Node =>
    atCorners(b, relaxed, n, (slot, indices) => b.read(batch.slots.get(slot)!, [lead, ...indices]));
  const inputs = slots.map((s) => relaxed.inputs.get(s)!);
  const derivatives = gradient(
    b,
    b.addAll(relaxed.terms.map((t) => t.body)),
    inputs.map((i) => i.input),
  );
  const outputs = energyOutputs(model, chain, batch.on);
  inputs.forEach((i, k) => {
    const { axes, body } = derivatives.get(i.input)!;
    outputs.push({ name: `d${k}`, axes: [chain, ...axes], node: at(body) });
  });
  return { outputs, inputs, blind: relaxed.terms.some((t) => t.blind) };
}

/** Levels by the derivatives of the relaxed energy: one gradient, whatever the number of sites. */
export function gradientTarget(model: Model, sites: Sites, chains: number): Target {
  const { chain, batch, compile } = chainsOf(model, chains);
  const slots = sites.layouts.map((u) => u.slot);
  const { outputs, inputs } = gradientOutputs(model, slots, chain, batch);
  const run = compile(outputs);
  const { count, of, element, states: sizes, first, total, offset, scale, layouts } = sites;
  return {
    sites,
    chains,
    exact: false,
    evaluate(states) {
      const out = run.run(batchInputs(model, batch.slots, states, chains));
      const level = new Float64Array(chains * total);
      const slopes = inputs.map((_, k) => out.get(`d${k}`)!.data);
      for (let c = 0; c < chains; c++)
        for (let i = 0; i < count; i++) {
          const k = of[i];
          const d = slopes[k];
          const to = c * total + first[i];
          const from = c * layouts[k].size + element[i];
          if (inputs[k].kind === 'number') {
            level[to] = tame(d[from] * offset[i]);
            level[to + 1] = tame(d[from] * (offset[i] + scale[i]));
          } else {
            const s = sizes[i];
            for (let v = 0; v < s; v++) level[to + v] = tame(d[from * s + v]);
          }
        }
      return { ...evaluatedOf(out), level, levelBroken: null };
    },
    dispose: () => run.dispose(),
  };
}

/** Estimates that no proposal can make use of: any number will do, as long as it is one. */
const LARGEST = 1e6;
const tame = (x: number): number =>
  x > LARGEST ? LARGEST : x < -LARGEST ? -LARGEST : Number.isNaN(x) ? LARGEST : x;

/** Levels by the conditionals of all sites: exact, as dear as all of them together. */
export function exactTarget(model: Model, sites: Sites, chains: number): Target {
  const b = model.builder;
  const { chain, batch, compile } = chainsOf(model, chains);
  const factors = factorsOf(b, model.energy);
  const parts = sites.layouts.map((u) =>
    conditional(
      b,
      siteBlocks(b, u.slot, factors, model, model.kernels ?? undefined),
      batch,
      { kind: 'all' },
      model,
    ),
  );
  const outputs = energyOutputs(model, chain, batch.on);
  parts.forEach((p, k) => {
    outputs.push({ name: `e${k}`, axes: p.axes, node: p.energy });
    if (p.violations) outputs.push({ name: `v${k}`, axes: p.axes, node: p.violations });
  });
  const run = compile(outputs, new Map(parts.flatMap((p) => [...p.tables])));
  const { count, of, element, states: sizes, first, total, layouts } = sites;
  const required = parts.some((p) => p.violations);
  return {
    sites,
    chains,
    exact: true,
    evaluate(states) {
      const out = run.run(batchInputs(model, batch.slots, states, chains));
      const level = new Float64Array(chains * total);
      const levelBroken = required ? new Float64Array(chains * total) : null;
      const energies = parts.map((_, k) => out.get(`e${k}`)!.data);
      const broken = parts.map((_, k) => out.get(`v${k}`)?.data);
      for (let c = 0; c < chains; c++)
        for (let i = 0; i < count; i++) {
          const k = of[i];
          const s = sizes[i];
          const from = (c * layouts[k].size + element[i]) * s;
          const to = c * total + first[i];
          for (let v = 0; v < s; v++) level[to + v] = energies[k][from + v];
          const b = broken[k];
          if (levelBroken && b) for (let v = 0; v < s; v++) levelBroken[to + v] = b[from + v];
        }
      return { ...evaluatedOf(out), level, levelBroken };
    },
    dispose: () => run.dispose(),
  };
}

/** @throws EnergyError E0701 where a chain's energy is not a number, or −∞; +∞ too where no state may have it */
export function refuseNotFinite(model: Model, states: States, { energy, broken }: Evaluated): void {
  for (let c = 0; c < energy.length; c++) {
    if (energy[c] > Number.NEGATIVE_INFINITY || (broken !== null && broken[c] > 0)) continue;
    throw (
      faultyTerm(model, states, c) ??
      fault('E0701', model.energy.span, `the energy \`${model.energy.name}\` is not a number`)
    );
  }
}
