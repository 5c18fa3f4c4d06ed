/**
 * The no-U-turn sampler: Hoffman & Gelman, JMLR 15 (2014) 1593, with the multinomial choice among the states of a
 * trajectory and the U-turn condition on summed momenta of Betancourt, arXiv:1701.02434 (2017), appendix A. A
 * subtree is grown leaf by leaf: the momenta that later U-turn conditions need are those at its even leaves, of
 * which as many as the tree is deep are kept (Phan, Pradhan & Jankowiak, arXiv:1912.11554 (2019)). So a chain is a
 * small machine that asks for one gradient at a time, and chains may be evaluated one by one or side by side.
 */
import type { Stream } from '../random/stream.ts';
import { Adaptation, MAX_DENSE } from './adaptation.ts';
import type { Metric } from './metric.ts';
import {
  type ContinuousTarget,
  DIVERGENCE,
  oneOf,
  type RealOptions,
  type RealSampler,
} from './real-sampler.ts';
import type { MoveInfo } from './transition.ts';
import { dot, logAdd } from './vectors.ts';

/** Largest number of doublings: 1,023 gradients. */
const MAX_DEPTH = 10;

/** What the acceptance statistic should be on average. */
const GOAL = 0.8;
/** Beyond a few, each divergence in the second half of the warm-up brings the goal as much nearer to 1, up to this one. */
const FEW = 3;
const CAREFUL = 0.7;
const MOST_CAREFUL = 0.99;

export function makeNuts(
  target: ContinuousTarget,
  chains: number,
  start: Float64Array,
  options: RealOptions,
): RealSampler {
  const d = target.dim;
  const z = start.slice();
  let { energy, gradient } = target.evaluate(z);
  const one = oneOf(target, () => z);
  const trees = Array.from({ length: chains }, (_, c) => {
    const learned = new Adaptation(
      d,
      options.warmup,
      d <= MAX_DENSE,
      options.variances,
      options.covariances?.[c],
    );
    return {
      learned,
      tree: new Trajectory(learned.metric),
      report: new Report(),
      goal: GOAL,
      strays: 0,
      begun: false,
    };
  });
  let warmed = 0;
  let frozen = options.warmup === 0;

  const look = (c: number, stream: Stream): void => {
    const own = z.subarray(c * d, (c + 1) * d);
    const { learned } = trees[c];
    const g = gradient.subarray(c * d, (c + 1) * d);
    const evaluate = (at: Float64Array, to: Float64Array): number => one(c, at, to);
    learned.step.restart(reasonableStep(learned, own, energy[c], g, evaluate, stream));
  };

  /** Every chain's trajectory, one after another. */
  const apart = (): void => {
    const gradientOne = new Float64Array(d);
    for (let c = 0; c < chains; c++) {
      const { tree } = trees[c];
      while (!tree.done) {
        const e = one(c, tree.position, gradientOne);
        tree.advance(e, gradientOne);
      }
    }
  };

  /** All chains in step; those that have ended stay where they are. */
  const together = (): void => {
    const all = z.slice();
    for (;;) {
      let left = false;
      trees.forEach(({ tree }, c) => {
        if (tree.done) return;
        left = true;
        all.set(tree.position, c * d);
      });
      if (!left) return;
      const out = target.evaluate(all);
      trees.forEach(({ tree }, c) => {
        if (!tree.done) tree.advance(out.energy[c], out.gradient.subarray(c * d, (c + 1) * d));
      });
    }
  };

  return {
    refresh(at) {
      z.set(at);
      const out = target.evaluate(z);
      energy = out.energy.slice();
      gradient = out.gradient.slice();
    },
    step(streams, warming) {
      const learning = warming && !frozen;
      trees.forEach((t, c) => {
        if (!t.begun) {
          t.begun = true;
          if (!frozen || options.warmup === 0) look(c, streams[c]);
        }
        const g = gradient.subarray(c * d, (c + 1) * d);
        t.tree.begin(z.subarray(c * d, (c + 1) * d), energy[c], g, t.learned.step.value, streams[c]);
      });
      if (target.evaluateOne) apart();
      else together();
      const moved = { energy: energy.slice(), gradient: gradient.slice() };
      trees.forEach((t, c) => {
        const { tree } = t;
        z.set(tree.chosen, c * d);
        moved.energy[c] = tree.chosenEnergy;
        moved.gradient.set(tree.chosenGradient, c * d);
        if (!learning) t.report.add(tree);
      });
      ({ energy, gradient } = moved);
      if (!learning) return;
      warmed++;
      trees.forEach((t, c) => {
        if (t.tree.diverged && warmed > options.warmup / 2 && ++t.strays > FEW)
          t.goal = Math.min(MOST_CAREFUL, 1 - CAREFUL * (1 - t.goal));
        const fresh = t.learned.learn(t.tree.acceptance, t.goal, z.subarray(c * d, (c + 1) * d));
        if (fresh) look(c, streams[c]);
      });
    },
    freeze() {
      if (frozen) return;
      frozen = true;
      for (const { learned } of trees) learned.step.settle();
    },
    get state() {
      return { z, energy, gradient };
    },
    info: (c) => trees[c].report.info(trees[c].learned.step.value),
    last(c) {
      const { tree } = trees[c];
      return {
        acceptance_rate: tree.acceptance,
        step_size: tree.eps,
        tree_depth: tree.depth,
        n_steps: tree.leaves,
        diverging: tree.diverged ? 1 : 0,
        energy: tree.hamiltonian,
      };
    },
  };
}

/** What became of a chain's transitions. */
class Report {
  private n = 0;
  private accepted = 0;
  private divergences = 0;
  private leapfrogs = 0;
  private truncated = 0;
  /** Of the Hamiltonian at the beginning of transitions: its mean, squared deviations and squared changes. */
  private mean = 0;
  private m2 = 0;
  private changes = 0;
  private last = Number.NaN;

  add(t: Trajectory): void {
    this.n++;
    this.accepted += t.acceptance;
    this.leapfrogs += t.leaves;
    if (t.diverged) this.divergences++;
    if (t.truncated) this.truncated++;
    const h = t.hamiltonian;
    if (this.n > 1) this.changes += (h - this.last) ** 2;
    this.last = h;
    const delta = h - this.mean;
    this.mean += delta / this.n;
    this.m2 += delta * (h - this.mean);
  }

  info(stepSize: number): MoveInfo {
    return {
      acceptance: this.n === 0 ? Number.NaN : this.accepted / this.n,
      stepSize,
      divergences: this.divergences,
      leapfrogs: this.leapfrogs,
      truncated: this.truncated,
      ...(this.m2 > 0 ? { missing: this.changes / this.m2 } : {}),
    };
  }
}

/** A step that changes the Hamiltonian by about ln 0.8 (Hoffman & Gelman 2014, algorithm 4, with Stan's goal). */
function reasonableStep(
  { metric, step }: Adaptation,
  z: Float64Array,
  energy: number,
  gradient: Float64Array,
  evaluate: (z: Float64Array, gradient: Float64Array) => number,
  stream: Stream,
): number {
  const d = metric.dim;
  const p = new Float64Array(d);
  const v = new Float64Array(d);
  const at = new Float64Array(d);
  const g = new Float64Array(d);
  const risen = (eps: number): number => {
    metric.momentum(stream, p);
    metric.velocity(p, v);
    const before = energy + 0.5 * dot(p, v);
    for (let i = 0; i < d; i++) p[i] -= 0.5 * eps * gradient[i];
    metric.velocity(p, v);
    for (let i = 0; i < d; i++) at[i] = z[i] + eps * v[i];
    const e = evaluate(at, g);
    for (let i = 0; i < d; i++) p[i] -= 0.5 * eps * g[i];
    metric.velocity(p, v);
    const rise = e + 0.5 * dot(p, v) - before;
    return Number.isNaN(rise) ? Number.POSITIVE_INFINITY : rise;
  };
  let eps = step.value;
  if (!(eps > 1e-10 && eps < 1e6)) eps = 1;
  const grow = risen(eps) < -Math.log(0.8);
  for (let i = 0; i < 50; i++) {
    const next = grow ? eps * 2 : eps / 2;
    const good = risen(next) < -Math.log(0.8);
    if (grow && !good) return eps;
    eps = next;
    if (!grow && good) return eps;
  }
  return eps;
}

/** One end of a trajectory: position, momentum p, velocity Σ·p and Σ·∇E. */
interface End {
  readonly z: Float64Array;
  readonly p: Float64Array;
  readonly v: Float64Array;
  readonly slope: Float64Array;
  readonly gradient: Float64Array;
}

const endOf = (d: number): End => ({
  z: new Float64Array(d),
  p: new Float64Array(d),
  v: new Float64Array(d),
  slope: new Float64Array(d),
  gradient: new Float64Array(d),
});

/** One transition of one chain. `begin`, then evaluate `position` and `advance` until `done`. */
class Trajectory {
  done = true;
  diverged = false;
  truncated = false;
  leaves = 0;
  hamiltonian = 0;
  /** Doublings that were finished, and the step. */
  depth = 0;
  eps = 0;
  readonly chosen: Float64Array;
  readonly chosenGradient: Float64Array;
  chosenEnergy = 0;

  private readonly metric: Metric;
  private readonly left: End;
  private readonly right: End;
  /** The end that moves, and the step with its sign. */
  private moving: End;
  private signed = 0;
  /** Sum of momenta: of the trajectory, of the subtree that grows. */
  private readonly sum: Float64Array;
  private readonly growing: Float64Array;
  private logWeight = 0;
  private stream: Stream | null = null;
  private accepted = 0;
  /** Of the subtree: leaves so far, their weight, the state chosen among them. */
  private grown = 0;
  private grownWeight = 0;
  private readonly proposal: Float64Array;
  private readonly proposalGradient: Float64Array;
  private proposalEnergy = 0;
  /** Momenta and velocities at even leaves, and sums of momenta up to them. */
  private readonly marks: readonly {
    readonly p: Float64Array;
    readonly v: Float64Array;
    readonly sum: Float64Array;
  }[];

  constructor(metric: Metric) {
    const d = metric.dim;
    this.metric = metric;
    const room = (): Float64Array => new Float64Array(d);
    this.chosen = room();
    this.chosenGradient = room();
    this.left = endOf(d);
    this.right = endOf(d);
    this.moving = this.right;
    this.sum = room();
    this.growing = room();
    this.proposal = room();
    this.proposalGradient = room();
    this.marks = Array.from({ length: MAX_DEPTH }, () => ({ p: room(), v: room(), sum: room() }));
  }

  /** The position whose energy and gradient are wanted. */
  get position(): Float64Array {
    return this.moving.z;
  }

  /** The mean over leaves of min(1, exp(H₀ − H)). */
  get acceptance(): number {
    return this.leaves === 0 ? 0 : this.accepted / this.leaves;
  }

  begin(z: Float64Array, energy: number, gradient: Float64Array, eps: number, stream: Stream): void {
    const { left, right, metric } = this;
    this.done = false;
    this.diverged = false;
    this.truncated = false;
    this.leaves = 0;
    this.accepted = 0;
    this.eps = eps;
    this.stream = stream;
    metric.momentum(stream, left.p);
    metric.velocity(left.p, left.v);
    metric.velocity(gradient, left.slope);
    this.hamiltonian = energy + 0.5 * dot(left.p, left.v);
    left.z.set(z);
    left.gradient.set(gradient);
    right.z.set(z);
    right.p.set(left.p);
    right.v.set(left.v);
    right.slope.set(left.slope);
    right.gradient.set(gradient);
    this.sum.set(left.p);
    this.chosen.set(z);
    this.chosenGradient.set(gradient);
    this.chosenEnergy = energy;
    this.logWeight = 0;
    this.depth = 0;
    this.double();
  }

  /** Begins a subtree as large as the trajectory, at one of its ends. */
  private double(): void {
    const forward = this.stream!.uniform() < 0.5;
    this.moving = forward ? this.right : this.left;
    this.signed = forward ? this.eps : -this.eps;
    this.grown = 0;
    this.grownWeight = Number.NEGATIVE_INFINITY;
    this.growing.fill(0);
    this.leap();
  }

  /** Half a step of momentum, one of position. */
  private leap(): void {
    const { z, p, v, slope, gradient } = this.moving;
    const eps = this.signed;
    const half = 0.5 * eps;
    for (let i = 0; i < z.length; i++) {
      p[i] -= half * gradient[i];
      v[i] -= half * slope[i];
      z[i] += eps * v[i];
    }
  }

  /** Takes the energy and gradient at `position`. */
  advance(energy: number, gradient: Float64Array): void {
    const { z, p, v, slope, gradient: kept } = this.moving;
    const half = 0.5 * this.signed;
    const d = p.length;
    this.metric.velocity(gradient, slope);
    let kinetic = 0;
    for (let i = 0; i < d; i++) {
      kept[i] = gradient[i];
      p[i] -= half * gradient[i];
      v[i] -= half * slope[i];
      kinetic += p[i] * v[i];
    }
    const rise = energy + 0.5 * kinetic - this.hamiltonian;
    this.leaves++;
    if (!(rise < DIVERGENCE)) {
      // Where the support ends nothing bends.
      this.diverged = energy !== Number.POSITIVE_INFINITY;
      this.done = true;
      return;
    }
    this.accepted += rise <= 0 ? 1 : Math.exp(-rise);
    this.grownWeight = logAdd(this.grownWeight, -rise);
    if (Math.log(this.stream!.uniform()) < -rise - this.grownWeight) {
      this.proposal.set(z);
      this.proposalGradient.set(gradient);
      this.proposalEnergy = energy;
    }
    for (let i = 0; i < d; i++) this.growing[i] += p[i];
    const leaf = this.grown++;
    if (this.turnsWithin(leaf)) this.done = true;
    else if (this.grown < 2 ** this.depth) this.leap();
    else this.join();
  }

  /** U-turns of the subtrees that leaf number `leaf` completes; even leaves are remembered. */
  private turnsWithin(leaf: number): boolean {
    const { moving, growing } = this;
    const top = bits(leaf >> 1);
    if ((leaf & 1) === 0) {
      const mark = this.marks[top];
      mark.p.set(moving.p);
      mark.v.set(moving.v);
      mark.sum.set(growing);
      return false;
    }
    for (let i = top, n = leaf; (n & 1) === 1; n >>= 1, i--) {
      const mark = this.marks[i];
      // The sum from the mark on is the sum now, less that up to the mark, which its own momentum is part of.
      if (turns(mark, moving, growing, mark.sum)) return true;
    }
    return false;
  }

  /** The subtree is whole: it becomes part of the trajectory. */
  private join(): void {
    const { sum, growing } = this;
    // Biased towards the new half (Betancourt 2017, A.3.2).
    if (Math.log(this.stream!.uniform()) < this.grownWeight - this.logWeight) {
      this.chosen.set(this.proposal);
      this.chosenGradient.set(this.proposalGradient);
      this.chosenEnergy = this.proposalEnergy;
    }
    this.logWeight = logAdd(this.logWeight, this.grownWeight);
    for (let i = 0; i < sum.length; i++) sum[i] += growing[i];
    this.depth++;
    if (turns(this.left, this.right, sum, null)) this.done = true;
    else if (this.depth === MAX_DEPTH) {
      this.truncated = true;
      this.done = true;
    } else this.double();
  }
}

/**
 * Whether going on would bring the ends together: (Σp − (p₋ + p₊)/2)·v± ≤ 0; the ends count half, as in an integral
 * of the momentum.
 * @param before sum of momenta up to the first end, it included, where `sum` began earlier; null: it began there
 */
function turns(
  first: Pick<End, 'p' | 'v'>,
  last: Pick<End, 'p' | 'v'>,
  sum: Float64Array,
  before: Float64Array | null,
): boolean {
  let a = 0;
  let b = 0;
  for (let i = 0; i < sum.length; i++) {
    const p = first.p[i];
    const q = last.p[i];
    const s = (before ? sum[i] - before[i] + p : sum[i]) - 0.5 * (p + q);
    a += s * first.v[i];
    b += s * last.v[i];
  }
  return a <= 0 || b <= 0;
}

function bits(n: number): number {
  let count = 0;
  for (let x = n; x > 0; x >>= 1) count += x & 1;
  return count;
}
