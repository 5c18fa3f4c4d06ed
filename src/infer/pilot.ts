/**
 * In which coordinates unknowns that are drawn around others should be moved (`transforms/standard.ts`). An element z
 * has a prior around m of precision p, and the rest of the energy has the slope g and the curvature d: then b = d·z − g
 * and d say what the rest knows of z, exactly where it is normal, near the states of the posterior where it is not.
 *
 * A short run of one chain, with a stream of its own, averages d, b and p over the states it goes through, in rounds
 * that each begin with what the one before found: what the rest knows of an unknown depends on the coordinates of
 * those that are drawn around it. Whatever it finds, the target stays what it is.
 */
import { wholeLine } from '../domain.ts';
import type { Output } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { makeBatch } from '../ir/batch.ts';
import { gradient } from '../ir/derive.ts';
import type { Hierarchy, Node, Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import type { Block, ContinuousPart } from './continuous.ts';
import { compile, type Model, type States } from './model.ts';
import { placesOf, type Standard, type Standards } from './standard.ts';
import type { Transition } from './transition.ts';

/** A chain in given coordinates. */
export interface PilotRun {
  readonly states: Map<Slot, Float64Array>;
  readonly streams: readonly Stream[];
  readonly transition: Transition;
  readonly real: ContinuousPart | null;
  dispose(): void;
}

export interface PilotOptions {
  /** Opens one chain, at a start that is given or at a random one. */
  readonly open: (standards: Standards, warmup: number, start?: States) => PilotRun;
  /** Signs of the directions in which curvatures are taken. */
  readonly signs: Stream;
  /** Transitions of the warm-up that follows. */
  readonly warmup: number;
}

/** Transitions of a pilot run at most, and as a part of the warm-up that follows. */
const MOST = 200;
const PART = 0.25;
/** Shares of the rounds. */
const ROUNDS: readonly number[] = [0.15, 0.25, 0.6];
/** What is known by the rest, or by the prior, as a share of what is known in all, so little that it is left out. */
const NEGLIGIBLE = 0.01;

/** The coordinates in which a run should move the unknowns of the hierarchies; own ones have no entry. */
export function pilot(model: Model, hierarchies: readonly Hierarchy[], o: PilotOptions): Standards {
  const total = Math.min(MOST, Math.floor(PART * o.warmup));
  let standards: Standards = new Map(hierarchies.map((h) => [h.slot, nonCentred(model, h)]));
  if (total < ROUNDS.length) return new Map();
  const priors = priorCurvatures(model, hierarchies);
  try {
    let start: States | undefined;
    for (const share of ROUNDS) {
      const steps = Math.ceil(share * total);
      const run = o.open(standards, steps, start);
      try {
        const { real, states, streams, transition } = run;
        if (!real) return new Map();
        const moments = new Map(hierarchies.map((h) => [h.slot, new Moments(sizeOf(model, h.slot))]));
        for (let t = 0; t < steps; t++) {
          transition.step(states, streams, { beta: 1, sweeps: 1, warming: true });
          if (2 * t < steps) continue;
          transition.settle?.(states);
          look(model, real, states, standards, priors, moments, o.signs);
        }
        standards = new Map(
          hierarchies.map((h) => [h.slot, moments.get(h.slot)!.standard(h, standards.get(h.slot)!)]),
        );
        start = states;
      } finally {
        run.dispose();
      }
    }
  } finally {
    priors.dispose();
  }
  // What priors hardly tell of has its own coordinates.
  return new Map([...standards].filter(([, s]) => s.centred < 1 - NEGLIGIBLE));
}

const sizeOf = (model: Model, slot: Slot): number => model.unknowns.find((u) => u.slot === slot)!.size;

/** z = m + s·u. */
export function nonCentred(model: Model, hierarchy: Hierarchy): Standard {
  const size = sizeOf(model, hierarchy.slot);
  const none = new Float64Array(size);
  return { hierarchy, precision: none, pull: none, width: none.map(() => 1), centred: 0 };
}

/** Adds what the energy says about each element at a state. */
function look(
  model: Model,
  real: ContinuousPart,
  states: States,
  standards: Standards,
  priors: PriorCurvatures,
  moments: ReadonlyMap<Slot, Moments>,
  signs: Stream,
): void {
  const u = real.read(states);
  const { gradient: at } = real.evaluate(u);
  for (const block of real.parts) {
    const standard = standards.get(block.slot);
    const own = moments.get(block.slot);
    if (!standard || !own) continue;
    const curvature = diagonal(real, u, block, signs, model.engine.oneByOne ? 1e-4 : 1e-2);
    const prior = priors.at(standard.hierarchy, states);
    block.free.forEach((i, j) => {
      const { precision: d } = standard;
      const scale = standard.width[i] * (prior.scale ? prior.scale[i] : 1);
      const spread = d[i] === 0 ? scale : 1 / Math.sqrt(1 / scale ** 2 + d[i]);
      own.add(i, {
        z: prior.z[i],
        slope: at[block.at + j] / spread - prior.pull[i],
        curvature: curvature[j] / spread ** 2 - prior.bend[i],
        precision: prior.precision[i],
        scale: prior.scale ? prior.scale[i] : 1,
      });
    });
  }
}

/**
 * Second derivatives of the energy with respect to each coordinate of a block, from its gradient on two sides along
 * random signs: exact where the elements do not depend on each other, else right on average (Hutchinson 1990).
 */
function diagonal(
  real: ContinuousPart,
  u: Float64Array,
  { at, free }: Block,
  signs: Stream,
  step: number,
): Float64Array {
  const by = Float64Array.from(
    free,
    (_, j) => step * (signs.uniform() < 0.5 ? -1 : 1) * Math.max(1, Math.abs(u[at + j])),
  );
  const moved = u.slice();
  const gradientAt = (sign: number): Float64Array => {
    by.forEach((h, j) => {
      moved[at + j] = u[at + j] + sign * h;
    });
    return real.evaluate(moved).gradient.slice(at, at + free.length);
  };
  const up = gradientAt(1);
  const down = gradientAt(-1);
  return by.map((h, j) => (up[j] - down[j]) / (2 * h));
}

/** What a state says about an element, on the line of its unconstrained value z. */
interface Glance {
  readonly z: number;
  /** dE/dz and d²E/dz² of all but the element's own prior. */
  readonly slope: number;
  readonly curvature: number;
  /** Slope of the prior for each unit of distance from its location. */
  readonly precision: number;
  readonly scale: number;
}

/** Averages over states. */
class Moments {
  private readonly n: Float64Array;
  private readonly curvature: Float64Array;
  private readonly pull: Float64Array;
  /** Of p·s². */
  private readonly sharpness: Float64Array;
  /** Of d / (p + d). */
  private readonly share: Float64Array;

  constructor(size: number) {
    this.n = new Float64Array(size);
    this.curvature = new Float64Array(size);
    this.pull = new Float64Array(size);
    this.sharpness = new Float64Array(size);
    this.share = new Float64Array(size);
  }

  add(i: number, { z, slope, curvature, precision: p, scale }: Glance): void {
    const sharpness = p * scale ** 2;
    if (![z, slope, curvature, sharpness].every(Number.isFinite)) return;
    const d = Math.max(0, curvature);
    this.n[i]++;
    this.curvature[i] += curvature;
    this.pull[i] += curvature * z - slope;
    this.sharpness[i] += sharpness;
    this.share[i] += d + p > 0 ? d / (d + p) : 0;
  }

  /** @param before taken where nothing was seen */
  standard(hierarchy: Hierarchy, before: Standard): Standard {
    const { n } = this;
    const free = [...n.keys()].filter((i) => n[i] > 0);
    const precision = before.precision.slice();
    const pull = before.pull.slice();
    const width = before.width.slice();
    for (const i of free) {
      const d = this.curvature[i] / n[i];
      const known = d > 0 && this.share[i] / n[i] > NEGLIGIBLE;
      precision[i] = known ? d : 0;
      pull[i] = known ? this.pull[i] / n[i] : 0;
      const k = this.sharpness[i] / n[i];
      width[i] = k > 1e-8 && Math.abs(k - 1) > 1e-6 ? 1 / Math.sqrt(k) : 1;
    }
    const shares = free.map((i) => (precision[i] > 0 ? this.share[i] / n[i] : 0));
    const centred = shares.reduce((a, x) => a + x, 0) / Math.max(1, shares.length);
    return { hierarchy, precision, pull, width, centred };
  }
}

/** Of one unknown's elements. */
interface PriorAt {
  readonly z: ArrayLike<number>;
  readonly scale: ArrayLike<number> | null;
  readonly pull: ArrayLike<number>;
  readonly bend: ArrayLike<number>;
  readonly precision: ArrayLike<number>;
}

interface PriorCurvatures {
  readonly at: (h: Hierarchy, states: States) => PriorAt;
  dispose(): void;
}

/** First and second derivatives of the elements' own densities, in the unconstrained value, for a chain's states. */
function priorCurvatures(model: Model, hierarchies: readonly Hierarchy[]): PriorCurvatures {
  const b = model.builder;
  const places = placesOf(model, hierarchies);
  const engine = model.engine.oneByOne ? model.engine : referenceEngine();
  const batch = makeBatch(b, model.energy.unknowns, []);
  const programs = new Map(
    hierarchies.map(({ slot, axes, on, logDensity }) => {
      const line = b.slot('input', slot.name, wholeLine, slot.sets);
      const own = axes.map((a) => b.axisNode(a));
      const density = b.mapReads(logDensity, (s, at) => {
        if (s !== slot) {
          const to = batch.slots.get(s);
          return to && b.read(to, at);
        }
        return on === 'log' ? b.call('exp', b.read(line, at)) : b.read(line, at);
      });
      const energy = b.neg(on === 'log' ? b.add(density, b.read(line, own)) : density);
      const outputs: Output[] = [];
      const differentiate = (body: Node, name: string): Node => {
        const g = gradient(b, b.sum(axes, body), [line]).get(line)!;
        outputs.push({ name, axes: g.axes, node: g.body });
        return b.substitute(g.body, g.axes, own);
      };
      differentiate(differentiate(energy, 'pull'), 'bend');
      return [slot, { line, run: compile(model, outputs, new Map(), engine) }] as const;
    }),
  );
  return {
    at(h, states) {
      const { loc, scale: scales } = places.of(h.slot, states, 0);
      const where = loc ? Float64Array.from(loc) : null;
      const scale = scales ? Float64Array.from(scales) : null;
      const x = states.get(h.slot)!;
      const z = h.on === 'log' ? x.map(Math.log) : x;
      const program = programs.get(h.slot)!;
      const inputs = new Map(
        model.unknowns.map((u) => [
          u.slot === h.slot ? program.line : batch.slots.get(u.slot)!,
          { shape: u.shape, data: u.slot === h.slot ? z : states.get(u.slot)! },
        ]),
      );
      const out = program.run.run(inputs);
      const pull = out.get('pull')!.data;
      const bend = out.get('bend')!.data;
      const precision = z.map((x, i) => {
        const away = x - (where ? where[i] : 0);
        return scale && away !== 0 ? Math.abs(pull[i] / away) : Math.max(bend[i], 0);
      });
      return { z, scale, pull, bend, precision };
    },
    dispose() {
      places.dispose();
      for (const p of programs.values()) p.run.dispose();
    },
  };
}
