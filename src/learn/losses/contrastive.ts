/**
 * Contrastive divergence and its kin: rows are told apart from states of chains that run on the energy as it is.
 *
 * With rows x⁺ and states x⁻ of chains (`live-chains.ts`),
 *   L = mean E(x⁺) − mean E(x⁻),
 * whose gradient is that of minus the log-likelihood where the chains' states are draws from exp(−E).
 * - Contrastive divergence: chains start at the rows of the step and take k sweeps (G. Hinton, Neural Computation 14
 *   (2002) 1771). Biased, unless k is large.
 * - `persistent`: they go on from step to step (L. Younes, Stochastics 65 (1999) 177; T. Tieleman, ICML 2008). With a
 *   buffer of more states than chains, each step takes some of them, moves them and puts them back, and a share of
 *   them starts anew (Y. Du, I. Mordatch, NeurIPS 2019).
 * - `gamma` = γ > −1: pseudo-spherical contrastive divergence (L. Yu, J. Song, Y. Song, S. Ermon, NeurIPS 2021),
 *     L = −(1/γ) ln mean e^{−γE(x⁺)} + (1/γ) ln mean e^{−γE(x⁻)},
 *   whose gradient weighs rows by w⁺ ∝ e^{−γE(x⁺)} and states by w⁻ ∝ e^{−γE(x⁻)}; γ → 0 is contrastive divergence.
 * - `strength` = a adds a·(mean E(x⁺)² + mean E(x⁻)²) (Du & Mordatch): energies are known up to a constant only, and
 *   this one holds them near 0.
 *
 * Unknowns that the rows lack are summed out of E(x), and move with the chains: the hidden units of a restricted
 * Boltzmann machine in one block, the visible ones in another.
 */
import { isArranged, isDiscrete, wholeLine } from '../../domain.ts';
import { makeBatch, totalEnergy } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import { type Axis, type Node, type Slot, Uses } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { LearnCode } from '../codes.ts';
import { elementsOf, type LiveChains, liveChains, readsParameters } from '../live-chains.ts';
import { type LossChoice, lossNumber, lossOption } from '../options.ts';
import { asInputs } from '../rows.ts';
import { meanWithin, supportOf } from '../support.ts';
import type { Loss, LossSpec } from './loss.ts';

/** Sweeps of unknowns without rows before the first move, where they interact. */
const SETTLING = 4;

/**
 * @throws EnergyError E0721 for options that do not go together, E0722 where bounds of an unknown depend on parameters
 */
export function makeContrastive(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, rows, batch } = spec;
  const b = bound.program.builder;
  const joint = spec.joint?.energy ?? energy;
  const latent = spec.joint?.latent ?? [];
  const persistent = options.persistent === true;
  const count = lossOption(options, 'chains') ?? batch;
  const stored = lossOption(options, 'buffer') ?? count;
  const restart = lossOption(options, 'restart') ?? 0;
  refuseOptions(spec, options, count, stored);
  refuseBounds(joint.unknowns, spec);

  const n = b.axis(b.set('row', { kind: 'range', size: batch }), 'row');
  const c = b.axis(b.set('chain', { kind: 'range', size: count }), 'chain');
  const positives = makeBatch(b, energy.unknowns, [n]);
  const negatives = makeBatch(b, energy.unknowns, [c], '′');
  const total = totalEnergy(b, energy);
  // Chains keep what depends on unknowns only; a requirement that reads parameters may become another one.
  const inside = supportOf(
    b,
    energy.support.filter((s) => !(s.implied && isArranged(s.implied.domain)) && readsParameters(s)),
  );
  const supported = inside && negatives.on(inside);
  // 0, or NaN where some conditional of the chains is not a number: then the fit goes back to a checkpoint.
  const flaw = b.slot('input', 'flaw of the chains', wholeLine, []);
  const flawed = new Float64Array(1);
  const compared = contrast(b, [n], positives.on(total), [c], negatives.on(total), supported, {
    gamma: lossNumber(options, 'gamma'),
    strength: lossNumber(options, 'strength'),
  });

  const chains = liveChains({
    bound,
    energy: joint,
    latent,
    engine: spec.engine,
    rows,
    chains: count,
    adjusted: options.method !== 'unadjusted',
    step: lossOption(options, 'step'),
  });
  const sizes = new Map(joint.unknowns.map((u) => [u, elementsOf(u, bound)]));
  const buffer = new Map(
    [...sizes].map(([u, size]) => [u, new Float64Array(persistent ? stored * size : 0)]),
  );
  const starts = makeStarts(chains, sizes, latent, options.start === 'random');
  if (persistent) fillBuffer(spec, starts, chains, buffer, sizes, stored, count);
  const kept = new Map([
    ...chains.kept,
    ...(persistent ? [...buffer].map(([u, data]) => [`chains ${u.name}`, data] as const) : []),
  ]);
  const sweeps = lossNumber(options, 'sweeps');
  const numbers = new Int32Array(stored);
  return {
    rows: positives,
    objective: b.add(compared, b.read(flaw, [])),
    negatives,
    supported,
    comparable: false,
    deterministic: false,
    constants: new Map(),
    inputs: new Map([
      ...asInputs(rows, chains.states, negatives.slots, [count]),
      [flaw, { shape: [], data: flawed }],
    ]),
    kept,
    draw: ({ step, states, stream, params }) => {
      chains.set(params);
      const streams = Array.from({ length: count }, (_, k) => stream.fork('chain', k));
      const anew: number[] = [];
      if (persistent) {
        pick(numbers, count, stream);
        copyChains(buffer, chains.states, sizes, numbers, count, 'out');
        for (let k = 0; k < count; k++) if (restart > 0 && stream.uniform() < restart) anew.push(k);
      } else for (let k = 0; k < count; k++) anew.push(k);
      starts(anew, states, batch, streams, persistent ? stream : null);
      flawed[0] = 0;
      try {
        if (chains.tangled && !persistent) chains.settle(streams, SETTLING);
        chains.move(streams, sweeps);
      } catch (e) {
        // What is wrong from the beginning is no matter of the rate.
        if (step === 0 || !(e instanceof EnergyError)) throw e;
        flawed[0] = Number.NaN;
      }
      if (persistent) copyChains(buffer, chains.states, sizes, numbers, count, 'back');
    },
    dispose: () => chains.dispose(),
  };
}

/** What is compared: mean energies, or soft minima, of rows and of states. */
export function contrast(
  b: Builder,
  over: readonly Axis[],
  rows: Node,
  among: readonly Axis[],
  states: Node,
  supported: Node | null,
  { gamma, strength }: { readonly gamma: number; readonly strength: number },
): Node {
  const level = (axes: readonly Axis[], energy: Node, where: Node | null): Node => {
    if (gamma === 0) return meanWithin(b, axes, energy, where);
    const sum = b.reduce('logsumexp', axes, b.mul(b.const(-gamma), energy), where);
    const log = b.call('log', where ? b.sum(axes, where) : b.sum(axes, b.const(1)));
    return b.mul(b.const(-1 / gamma), b.sub(sum, log));
  };
  const gap = b.sub(level(over, rows, null), level(among, states, supported));
  if (strength === 0) return gap;
  const square = (energy: Node): Node => b.call('square', energy);
  return b.add(
    gap,
    b.mul(
      b.const(strength),
      b.add(meanWithin(b, over, square(rows), null), meanWithin(b, among, square(states), supported)),
    ),
  );
}

/** Puts chains to where they start: a row each, or anywhere. */
type Starts = (
  chains: readonly number[],
  from: ReadonlyMap<Slot, Float64Array>,
  rows: number,
  streams: readonly Stream[],
  /** Draws the rows; null: chain k starts at row k, from the first on again. */
  choose: Stream | null,
) => void;

function makeStarts(
  chains: LiveChains,
  sizes: ReadonlyMap<Slot, number>,
  latent: readonly Slot[],
  random: boolean,
): Starts {
  const unknowns = [...sizes.keys()];
  const visible = unknowns.filter((u) => !latent.includes(u));
  return (list, from, rows, streams, choose) => {
    if (list.length === 0) return;
    const atRow = (k: number): void => {
      const row = choose ? choose.int(rows) : k % rows;
      for (const u of visible) {
        const size = sizes.get(u)!;
        chains.states.get(u)!.set(from.get(u)!.subarray(row * size, (row + 1) * size), k * size);
      }
    };
    if (random || latent.length > 0) {
      const made = chains.random(list.map((k) => streams[k]));
      for (const u of random ? unknowns : latent) {
        const size = sizes.get(u)!;
        list.forEach((k, j) => {
          chains.states.get(u)!.set(made.get(u)!.subarray(j * size, (j + 1) * size), k * size);
        });
      }
    }
    if (!random) {
      list.forEach(atRow);
      return;
    }
    // Where random states break a requirement, rows stand in.
    if (!chains.broken) return;
    const broken = chains.broken();
    for (const k of list) if (broken[k] > 0) atRow(k);
  };
}

/** The first states of the buffer, `count` at a time. */
function fillBuffer(
  { rows, stream }: LossSpec,
  starts: Starts,
  chains: LiveChains,
  buffer: ReadonlyMap<Slot, Float64Array>,
  sizes: ReadonlyMap<Slot, number>,
  stored: number,
  count: number,
): void {
  const all = new Map([...rows.columns].map(([u, { data }]) => [u, data]));
  for (let from = 0; from < stored; from += count) {
    const some = Math.min(count, stored - from);
    const streams = Array.from({ length: count }, (_, k) => stream.fork('start', from + k));
    starts(
      Array.from({ length: some }, (_, k) => k),
      all,
      rows.count,
      streams,
      stream.fork('row', from),
    );
    const numbers = Int32Array.from({ length: some }, (_, k) => from + k);
    copyChains(buffer, chains.states, sizes, numbers, some, 'back');
  }
}

/** Numbers of `count` different states of the buffer, in the first places; all of them in order where all are taken. */
function pick(numbers: Int32Array, count: number, stream: Stream): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] = i;
  if (count === numbers.length) return;
  for (let i = 0; i < count; i++) {
    const j = i + stream.int(numbers.length - i);
    const kept = numbers[i];
    numbers[i] = numbers[j];
    numbers[j] = kept;
  }
}

/** Copies states between the buffer and the chains. */
function copyChains(
  buffer: ReadonlyMap<Slot, Float64Array>,
  states: ReadonlyMap<Slot, Float64Array>,
  sizes: ReadonlyMap<Slot, number>,
  numbers: Int32Array,
  count: number,
  way: 'out' | 'back',
): void {
  for (const [slot, stored] of buffer) {
    const moving = states.get(slot)!;
    const size = sizes.get(slot)!;
    for (let k = 0; k < count; k++) {
      const at = numbers[k] * size;
      if (way === 'out') moving.set(stored.subarray(at, at + size), k * size);
      else stored.set(moving.subarray(k * size, (k + 1) * size), at);
    }
  }
}

/** Options that would have no effect, or none that makes sense. */
function refuseOptions({ joint, energy }: LossSpec, o: LossChoice, count: number, stored: number): void {
  const idle = (name: string): boolean => o[name] !== undefined && o.persistent !== true;
  const real = (joint?.energy ?? energy).unknowns.some((u) => !isDiscrete(u.domain));
  const refuse = (message: string, suggestion: string): never => {
    throw new EnergyError([
      { severity: 'error', code: 'E0721' satisfies LearnCode, place: at(energy.span), message, suggestion },
    ]);
  };
  for (const name of ['buffer', 'restart'])
    if (idle(name))
      refuse(
        `\`${name}\` is of chains that go on from step to step, and these start anew at each`,
        'add `persistent = true`, or leave it out',
      );
  if (stored < count)
    refuse(
      `a buffer of ${stored} ${stored === 1 ? 'state' : 'states'} is too small for the ${count} chains of a step`,
      `give \`buffer\` at least ${count}, or fewer \`chains\``,
    );
  if (o.gamma === -1)
    refuse(
      '`gamma` is more than −1: there the pseudo-spherical score ends',
      'take 0, which is contrastive divergence',
    );
  if (o.step !== undefined && !real)
    refuse(
      `\`step\` is the size of moves of reals, and \`${energy.name}\` has none`,
      'leave it out: discrete unknowns are swept by their conditionals',
    );
  if (o.step === 0)
    refuse('`step` is more than 0: chains that do not move teach nothing', 'take 0.1, or leave it out');
}

/** Coordinates of reals are made once, so bounds may not learn. */
function refuseBounds(unknowns: readonly Slot[], { energy }: LossSpec): void {
  for (const u of unknowns) {
    const { domain } = u;
    if (domain.kind !== 'real') continue;
    if (![domain.lower, domain.upper].some((l) => l && (l.body.uses & Uses.param) !== 0)) continue;
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0722' satisfies LearnCode,
        place: at(u.span ?? energy.span),
        message: `the bounds of \`${u.name}\` depend on parameters, and chains cannot move between bounds that learn`,
        suggestion: 'describe it by its distance to the bound, whose domain is `real(0, inf)`',
      },
    ]);
  }
}
