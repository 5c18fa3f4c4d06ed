/**
 * Conditional linear Gaussian energies in closed form: given the discrete unknowns, exp(−E) is a Gaussian of the real
 * ones, with precision matrix H = ∂²E/∂x∂x, mean m = −H⁻¹·∂E/∂x(0) and integral
 * exp(−E(m))·(2π)^{d/2}·det(H)^{−1/2}; over few joint states of the discrete unknowns these are added up
 * (Lauritzen, *Graphical Models* (1996), ch. 6).
 */
import type { HostArray } from '../arrays.ts';
import { isArranged, isDiscrete } from '../domain.ts';
import type { Arrays, Evaluator, Output } from '../engines/engine.ts';
import { choleskyFactor } from '../engines/linear/cholesky.ts';
import { solveLower } from '../engines/linear/triangular.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { makeBatch, violationsOf } from '../ir/batch.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { faultyTerm } from './faulty-term.ts';
import { jointStates } from './joint-states.ts';
import { type Clamp, compile, fault, type Model, type States } from './model.ts';
import { type Quadratic, quadraticIn, type Unfit } from './quadratic.ts';

/** The most joint states of discrete unknowns that are summed over. */
export const MAX_COMPONENTS = 2 ** 12;
/** The most real coordinates. */
const MAX_DIM = 2048;
/** Multiplications that are spent on factors of all components. */
const MAX_WORK = 2e10;

/** One free real element. */
export interface RealElement {
  readonly slot: Slot;
  readonly element: number;
}

/** The Gaussian at one joint state of the discrete unknowns. */
export interface GaussianComponent {
  /** ln ∫exp(−E) dx; −∞ where the state is forbidden. */
  readonly logZ: number;
  /** One number for each free real element. */
  readonly mean: Float64Array;
  /** The lower Cholesky factor L of the precision matrix, dim × dim row-major; components may share it. */
  readonly factor: Float64Array;
}

export interface GaussianPart {
  readonly dim: number;
  readonly elements: readonly RealElement[];
  /** ln Σ∫ exp(−E). */
  readonly logZ: number;
  /** One for each joint state of the free discrete unknowns, in the order of `jointStates`. */
  readonly components: readonly GaussianComponent[];
  /** Probabilities of the components. */
  readonly weights: Float64Array;
  /** Of the mixture of all components. */
  mean(): Float64Array;
  /** Of the mixture, dim × dim. */
  covariance(): Float64Array;
  /** The mode at a joint state of the discrete unknowns, written into states of one chain. */
  mode(component: number, states: States): void;
  /** An exact draw, written into the states of a chain. */
  draw(stream: Stream, states: States, chain: number): void;
}

/**
 * @returns why there is no closed form, if so
 * @throws EnergyError E0702 on an empty support, E0731 where exp(−E) is not integrable
 */
export function gaussianPart(model: Model, clamp: Clamp): GaussianPart | Unfit {
  const joint = jointStates(model, clamp);
  if (!joint.real) return { why: 'no real unknown is free', real: false };
  if (joint.total > MAX_COMPONENTS)
    return { why: `the discrete unknowns have more than ${MAX_COMPONENTS} (2¹²) joint states`, real: true };
  const elements: RealElement[] = [];
  for (const { slot } of model.unknowns)
    if (!isDiscrete(slot.domain))
      clamp.fixed.get(slot)!.forEach((f, element) => {
        if (f === 0) elements.push({ slot, element });
      });
  const dim = elements.length;
  const quadratic = quadraticIn(model, clamp);
  if ('why' in quadratic) return quadratic;
  if (dim > MAX_DIM) return { why: `there are more than ${MAX_DIM} real coordinates`, real: true };
  if ((quadratic.varies ? joint.total : 1) * (dim ** 3 / 3) > MAX_WORK)
    return { why: 'there are too many real coordinates and states of discrete unknowns', real: true };

  const machine = machineOf(model, clamp, quadratic, elements);
  const write = (to: States, chain: number, code: number): void => {
    let rest = code;
    for (let j = joint.digits.length - 1; j >= 0; j--) {
      const g = joint.digits[j];
      g.write(to.get(g.slot)!.subarray(chain * g.size, (chain + 1) * g.size), rest % g.count);
      rest = Math.floor(rest / g.count);
    }
  };
  const components: GaussianComponent[] = [];
  try {
    const state = new Map(clamp.values);
    for (const { slot } of model.unknowns) state.set(slot, clamp.values.get(slot)!.slice());
    let factor: Float64Array | null = null;
    for (let code = 0; code < joint.total; code++) {
      write(state, 0, code);
      const forbidden = machine.broken(state);
      if (forbidden) {
        components.push({ logZ: Number.NEGATIVE_INFINITY, mean: new Float64Array(dim), factor: none });
        continue;
      }
      if (factor === null || quadratic.varies) factor = factorOf(model, elements, machine.curvature(state));
      components.push(componentAt(machine, state, factor, dim));
    }
  } finally {
    machine.dispose();
  }
  let top = Number.NEGATIVE_INFINITY;
  for (const c of components) if (c.logZ > top) top = c.logZ;
  if (top === Number.NEGATIVE_INFINITY)
    throw fault(
      'E0702',
      model.energy.support[0]?.span ?? model.energy.span,
      'no state satisfies the requirements: the support is empty',
    );
  const weights = Float64Array.from(components, (c) => Math.exp(c.logZ - top));
  const total = weights.reduce((a, w) => a + w, 0);
  for (let i = 0; i < weights.length; i++) weights[i] /= total;

  const mean = (): Float64Array => {
    const m = new Float64Array(dim);
    components.forEach((c, i) => {
      if (weights[i] > 0) for (let j = 0; j < dim; j++) m[j] += weights[i] * c.mean[j];
    });
    return m;
  };
  return {
    dim,
    elements,
    logZ: top + Math.log(total),
    components,
    weights,
    mean,
    covariance: () => covarianceOf(components, weights, mean()),
    mode(component, states) {
      write(states, 0, component);
      elements.forEach(({ slot, element }, j) => {
        states.get(slot)![element] = components[component].mean[j];
      });
    },
    draw(stream, states, chain) {
      const code = categorical(weights, stream.uniform());
      const { mean: m, factor } = components[code];
      write(states, chain, code);
      const x = Float64Array.from({ length: dim }, () => stream.normal());
      solveTransposed(factor, dim, x);
      elements.forEach(({ slot, element }, j) => {
        const a = states.get(slot)!;
        a[chain * clamp.fixed.get(slot)!.length + element] = m[j] + x[j];
      });
    },
  };
}

const none = new Float64Array(0);

/** The code at which the weights, added up, pass u; never one of weight 0. */
function categorical(weights: Float64Array, u: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i];
    last = i;
    if (u < sum) return i;
  }
  return last;
}

/** The mode by two Newton steps from 0, which leaves the rounding of one; the energy is taken there. */
function componentAt(
  machine: Machine,
  state: Map<Slot, Float64Array>,
  factor: Float64Array,
  dim: number,
): GaussianComponent {
  const mean = new Float64Array(dim);
  for (let step = 0; step < 2; step++) {
    const { gradient } = machine.at(state, mean);
    solveLower(factor, 0, dim, gradient, 0, 1, false);
    solveTransposed(factor, dim, gradient);
    for (let i = 0; i < dim; i++) mean[i] -= gradient[i];
  }
  const { energy } = machine.at(state, mean);
  let logDet = 0;
  for (let i = 0; i < dim; i++) logDet += 2 * Math.log(factor[i * dim + i]);
  return { logZ: -energy + 0.5 * (dim * Math.log(2 * Math.PI) - logDet), mean, factor };
}

/** Energies, gradients and second derivatives at a state of the discrete unknowns, in float64. */
interface Machine {
  /** Whether the discrete unknowns break a requirement. */
  broken(state: States): boolean;
  at(state: States, x: Float64Array): { readonly energy: number; readonly gradient: Float64Array };
  curvature(state: States): Float64Array;
  dispose(): void;
}

function machineOf(model: Model, clamp: Clamp, q: Quadratic, elements: readonly RealElement[]): Machine {
  const b = model.builder;
  const precise = [model.engine, model.kernels].find((e) => e && e.epsilon < 1e-12) ?? referenceEngine();
  const one = b.axis(b.range(1), 'state');
  const batch = makeBatch(b, model.energy.unknowns, [one]);
  const spots = q.slots.map((slot) => ({ slot, name: `g${slot.id}` }));
  const outputs = (of: Quadratic['product']): Output[] =>
    spots.map(({ slot, name }) => {
      const { axes, body } = of.get(slot)!;
      return { name, axes: [one, ...axes], node: batch.on(body) };
    });
  const open: Evaluator[] = [];
  const compiled = (o: readonly Output[]): Evaluator => {
    const made = compile(model, o, new Map(), precise);
    open.push(made);
    return made;
  };
  const value = compiled([{ name: 'energy', axes: [one], node: batch.on(q.energy) }, ...outputs(q.gradient)]);
  const curved = compiled(outputs(q.product));
  const supports = model.energy.support
    .filter((c) => !(c.implied && isArranged(c.implied.domain)))
    .map((c) => violationsOf(b, c, batch.on));
  const support =
    supports.length > 0 ? compiled([{ name: 'broken', axes: [one], node: b.addAll(supports) }]) : null;
  const inputs = (state: States): Map<Slot, HostArray> =>
    new Map(
      model.unknowns.map((u) => [
        batch.slots.get(u.slot)!,
        { shape: [1, ...u.shape], data: state.get(u.slot)! },
      ]),
    );
  const pick = (out: ReadonlyMap<string, HostArray>, to: Float64Array, from = 0, step = 1): void => {
    let at = from;
    for (const { slot, name } of spots) {
      const fixed = clamp.fixed.get(slot)!;
      const { data } = out.get(name)!;
      for (let i = 0; i < fixed.length; i++)
        if (fixed[i] === 0) {
          to[at] = data[i];
          at += step;
        }
    }
  };
  const dim = elements.length;
  return {
    broken: (state) => support !== null && support.run(inputs(state)).get('broken')!.data[0] > 0,
    at(state, x) {
      elements.forEach(({ slot, element }, i) => {
        state.get(slot)![element] = x[i];
      });
      const out = value.run(inputs(state));
      const energy = out.get('energy')!.data[0];
      if (Number.isNaN(energy) || energy === Number.NEGATIVE_INFINITY) throw badEnergy(model, state);
      const gradient = new Float64Array(dim);
      pick(out, gradient);
      return { energy, gradient };
    },
    curvature(state) {
      const direction = new Map(
        q.slots.map((s) => [s, new Float64Array(clamp.fixed.get(s)!.length)] as const),
      );
      const arrays: Arrays = new Map([
        ...inputs(state),
        ...model.unknowns.flatMap((u) => {
          const data = direction.get(u.slot);
          return data ? [[q.direction.get(u.slot)!, { shape: u.shape, data }] as const] : [];
        }),
      ]);
      const h = new Float64Array(dim * dim);
      elements.forEach(({ slot, element }, i) => {
        direction.get(slot)![element] = 1;
        pick(curved.run(arrays), h, i * dim);
        direction.get(slot)![element] = 0;
      });
      return h;
    },
    dispose() {
      for (const e of open) e.dispose();
    },
  };
}

const badEnergy = (model: Model, state: States): Error =>
  faultyTerm(model, state, 0) ??
  fault('E0701', model.energy.span, `the energy \`${model.energy.name}\` is not a number in some state`);

/** The factor of a precision matrix; where there is none, the unknown along which exp(−E) does not fall. */
function factorOf(model: Model, elements: readonly RealElement[], h: Float64Array): Float64Array {
  const n = elements.length;
  if (h.some((x) => !Number.isFinite(x)))
    throw fault(
      'E0701',
      model.energy.span,
      `a derivative of \`${model.energy.name}\` is not a finite number`,
    );
  const l = choleskyFactor(h, n);
  let worst = -1;
  if (Number.isNaN(l[0])) worst = failedPivot(h, n);
  else for (let i = 0; i < n && worst < 0; i++) if (l[i * n + i] ** 2 <= 1e-13 * h[i * n + i]) worst = i;
  if (worst >= 0) throw notIntegrable(model, elements[worst]);
  return l;
}

/** The first pivot of elimination that is not positive, up to rounding. */
function failedPivot(h: Float64Array, n: number): number {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let s = 0.5 * (h[i * n + j] + h[j * n + i]);
      for (let k = 0; k < j; k++) s -= l[i * n + k] * l[j * n + k];
      if (i === j) {
        if (!(s > 1e-13 * Math.abs(h[i * n + i]))) return i;
        l[i * n + i] = Math.sqrt(s);
      } else l[i * n + j] = s / l[j * n + j];
    }
  return n - 1;
}

function notIntegrable(model: Model, { slot, element }: RealElement): Error {
  const shape = model.unknowns.find((u) => u.slot === slot)!.shape;
  const index = shape.map((_, d) => {
    const below = shape.slice(d + 1).reduce((a, k) => a * k, 1);
    return Math.floor(element / below) % shape[d];
  });
  const name = index.length === 0 ? slot.name : `${slot.name}[${index.join(', ')}]`;
  return fault(
    'E0731',
    slot.span ?? model.energy.span,
    `exp(−E) is not integrable: the energy \`${model.energy.name}\` does not grow in every direction, here along \`${name}\``,
    `give \`${slot.name}\` a prior, as in \`${slot.name} ~ normal(0, 10)\``,
  );
}

/** L⁻ᵀx, in place. */
function solveTransposed(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const xi = x[i] / l[i * n + i];
    x[i] = xi;
    for (let k = 0; k < i; k++) x[k] -= l[i * n + k] * xi;
  }
}

/** Σ wᵢ·(Hᵢ⁻¹ + (mᵢ − m)(mᵢ − m)ᵀ) */
function covarianceOf(
  components: readonly GaussianComponent[],
  weights: Float64Array,
  mean: Float64Array,
): Float64Array {
  const n = mean.length;
  const out = new Float64Array(n * n);
  const inverses = new Map<Float64Array, Float64Array>();
  components.forEach(({ mean: m, factor }, c) => {
    const w = weights[c];
    if (w === 0) return;
    let inverse = inverses.get(factor);
    if (!inverse) {
      inverse = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        const e = inverse.subarray(i * n, (i + 1) * n);
        e[i] = 1;
        solveLower(factor, 0, n, e, 0, 1, false);
        solveTransposed(factor, n, e);
      }
      inverses.set(factor, inverse);
    }
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        out[i * n + j] += w * (inverse[i * n + j] + (m[i] - mean[i]) * (m[j] - mean[j]));
  });
  return out;
}
