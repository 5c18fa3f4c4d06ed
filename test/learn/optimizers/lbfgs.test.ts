import { describe, expect, it } from 'vitest';
import { makeLbfgs } from '../../../src/learn/optimizers/lbfgs.ts';
import { restore, type SearchOptimizer } from '../../../src/learn/optimizers/optimizer.ts';

/** A function of two parameters, [3] and [2], and its gradient. */
interface Problem {
  readonly loss: (z: readonly number[]) => number;
  readonly gradient: (z: readonly number[]) => number[];
}

/** Σ 100(zᵢ₊₁ − zᵢ²)² + (1 − zᵢ)² */
const rosenbrock: Problem = {
  loss: (z) => z.slice(1).reduce((s, y, i) => s + 100 * (y - z[i] ** 2) ** 2 + (1 - z[i]) ** 2, 0),
  gradient: (z) => {
    const g = z.map(() => 0);
    for (let i = 0; i + 1 < z.length; i++) {
      const r = z[i + 1] - z[i] ** 2;
      g[i] += -400 * z[i] * r - 2 * (1 - z[i]);
      g[i + 1] += 200 * r;
    }
    return g;
  },
};

const lengths = [3, 2];

interface Run {
  readonly params: readonly Float64Array[];
  readonly optimizer: SearchOptimizer;
  readonly losses: readonly number[];
  readonly stuck: boolean;
}

function run(problem: Problem, start: readonly number[], most: number, cut: number | null = null): Run {
  const make = (): SearchOptimizer =>
    makeLbfgs({ memory: 4, tolerance: 1e-9, epsilon: 8 * 2 ** -53 }, lengths);
  let optimizer = make();
  const params = [Float64Array.from(start.slice(0, 3)), Float64Array.from(start.slice(3))];
  const gradients = lengths.map((n) => new Float64Array(n));
  const evaluate = (): number => {
    const z = params.flatMap((p) => [...p]);
    const g = problem.gradient(z);
    gradients[0].set(g.slice(0, 3));
    gradients[1].set(g.slice(3));
    return problem.loss(z);
  };
  const losses: number[] = [];
  for (let k = 0; k < most; k++) {
    if (k === cut) {
      const next = make();
      restore(next, optimizer);
      optimizer = next;
    }
    const loss = evaluate();
    losses.push(loss);
    if (!optimizer.step(params, gradients, loss, evaluate).moved)
      return { params, optimizer, losses, stuck: true };
  }
  return { params, optimizer, losses, stuck: false };
}

describe('lbfgs', () => {
  const start = [-1.2, 1, -0.5, 0.8, 1.7];

  it('finds the minimum of a curved valley and stays there', () => {
    const found = run(rosenbrock, start, 200);
    expect(found.stuck).toBe(true);
    found.params.forEach((p) => {
      p.forEach((x) => {
        expect(x).toBeCloseTo(1, 6);
      });
    });
    expect(found.optimizer.steps).toBe(found.losses.length - 1);
    expect(found.optimizer.steps).toBeLessThan(100);
  });

  it('never goes up', () => {
    const { losses } = run(rosenbrock, start, 200);
    losses.slice(1).forEach((l, i) => {
      expect(l).toBeLessThanOrEqual(losses[i]);
    });
  });

  it('goes on from its state to the same bytes', () => {
    const whole = run(rosenbrock, start, 30);
    for (const cut of [1, 3, 5, 17, 29]) {
      const resumed = run(rosenbrock, start, 30, cut);
      expect(resumed.losses).toEqual(whole.losses);
      expect(resumed.params).toEqual(whole.params);
    }
  });

  it('goes round places where the loss is not a number', () => {
    // ln z has no value below 0, where the first steps would lead.
    const walled: Problem = {
      loss: (z) => z.reduce((s, x) => s + x - 0.01 * Math.log(x), 0),
      gradient: (z) => z.map((x) => 1 - 0.01 / x),
    };
    const { params } = run(walled, [1, 1, 1, 1, 1], 100);
    for (const p of params) for (const x of p) expect(x).toBeCloseTo(0.01, 6);
  });

  it('leaves everything as it is where nothing is lower', () => {
    // The gradient has the wrong sign, so every step goes up.
    const wrong: Problem = {
      loss: (z) => z.reduce((s, x) => s + x * x, 0),
      gradient: (z) => z.map((x) => -2 * x),
    };
    const { params, optimizer, stuck } = run(wrong, start, 5);
    expect(stuck).toBe(true);
    expect(params.flatMap((p) => [...p])).toEqual(start);
    expect(optimizer.steps).toBe(0);
  });

  it('says whether the last evaluation was where it ended', () => {
    const optimizer = makeLbfgs({ memory: 3, tolerance: 0, epsilon: 0 }, [1]);
    const params = [Float64Array.of(3)];
    const gradients = [Float64Array.of(6)];
    const seen: number[] = [];
    const out = optimizer.step(params, gradients, 9, () => {
      seen.push(params[0][0]);
      gradients[0][0] = 2 * params[0][0];
      return params[0][0] ** 2;
    });
    expect(out.moved).toBe(true);
    expect(out.evaluated).toBe(seen.at(-1) === params[0][0]);
    expect(gradients[0][0]).toBe(2 * params[0][0]);
  });
});
