/**
 * Steps of the optimisers as expressions: what `adam.ts` and its neighbours do to arrays, said of one element, for
 * graphs that hold a whole step of training.
 */
import type { Builder } from '../../ir/build.ts';
import type { Node } from '../../ir/types.ts';
import type { RatedChoice } from './optimizer.ts';

/** What a step of one element reads. */
export interface Element {
  readonly theta: Node;
  readonly gradient: Node;
  /** What the optimiser keeps of it, by name (`keptOf`). */
  readonly kept: Readonly<Record<string, Node>>;
  /** False where weight decay does not concern it. */
  readonly decays: boolean;
}

/** Of all elements alike; no axes. */
export interface Pace {
  readonly rate: Node;
  /** Steps taken before this one. */
  readonly steps: Node;
}

export interface Stepped {
  readonly theta: Node;
  readonly kept: Readonly<Record<string, Node>>;
}

const EPSILON = 1e-8;
const ADAGRAD_EPSILON = 1e-10;

/** Names of the arrays, like the parameters, that an optimiser keeps; all begin as zeros. */
export function keptOf(choice: RatedChoice): readonly string[] {
  switch (choice.kind) {
    case 'adam':
    case 'adamw':
      return ['first', 'second'];
    case 'sgd':
      return choice.momentum > 0 ? ['velocity'] : [];
    case 'rmsprop':
      return choice.momentum > 0 ? ['second', 'velocity'] : ['second'];
    case 'adagrad':
      return ['squares'];
  }
}

/** The element after a step, and what is kept of it. */
export function stepped(b: Builder, choice: RatedChoice, e: Element, pace: Pace): Stepped {
  const { theta, gradient: g, kept } = e;
  const { rate } = pace;
  const mix = (beta: number, old: Node, x: Node): Node =>
    b.add(b.mul(b.const(beta), old), b.mul(b.const(1 - beta), x));
  const less = (step: Node): Node => b.sub(theta, step);
  const damped = (x: Node, of: Node, epsilon: number): Node =>
    b.div(x, b.add(b.call('sqrt', of), b.const(epsilon)));
  switch (choice.kind) {
    case 'adam':
    case 'adamw': {
      const { beta1, beta2 } = choice;
      const first = mix(beta1, kept.first, g);
      const second = mix(beta2, kept.second, b.call('square', g));
      // 1 − βᵗ of this step; the moments are divided by it, as in Algorithm 1.
      const t = b.add(pace.steps, b.const(1));
      const unbiased = (beta: number, m: Node): Node =>
        beta === 0 ? m : b.div(m, b.neg(b.call('expm1', b.mul(b.const(Math.log(beta)), t))));
      const step = b.mul(rate, damped(unbiased(beta1, first), unbiased(beta2, second), EPSILON));
      const decay = choice.kind === 'adamw' && e.decays ? choice.decay : 0;
      const shrunk = decay === 0 ? theta : b.sub(theta, b.mul(b.mul(rate, b.const(decay)), theta));
      return { theta: b.sub(shrunk, step), kept: { first, second } };
    }
    case 'sgd': {
      if (choice.momentum === 0) return { theta: less(b.mul(rate, g)), kept: {} };
      const velocity = b.add(b.mul(b.const(choice.momentum), kept.velocity), g);
      const along = choice.nesterov ? b.add(g, b.mul(b.const(choice.momentum), velocity)) : velocity;
      return { theta: less(b.mul(rate, along)), kept: { velocity } };
    }
    case 'rmsprop': {
      const second = mix(choice.beta2, kept.second, b.call('square', g));
      const along = damped(g, second, EPSILON);
      if (choice.momentum === 0) return { theta: less(b.mul(rate, along)), kept: { second } };
      const velocity = b.add(b.mul(b.const(choice.momentum), kept.velocity), along);
      return { theta: less(b.mul(rate, velocity)), kept: { second, velocity } };
    }
    case 'adagrad': {
      const squares = b.add(kept.squares, b.call('square', g));
      return { theta: less(b.mul(rate, damped(g, squares, ADAGRAD_EPSILON))), kept: { squares } };
    }
  }
}
