import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../../src/engines/kernels/index.ts';
import { evaluateScalar } from '../../../src/engines/reference/engine.ts';
import { Builder, staticSize } from '../../../src/ir/build.ts';
import type { Slot } from '../../../src/ir/types.ts';
import { makeNoise } from '../../../src/learn/losses/noise.ts';
import { vectorLogJacobian } from '../../../src/learn/losses/noise-vectors.ts';
import type { LossChoice } from '../../../src/learn/options.ts';
import { Stream } from '../../../src/random/stream.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { unconstrainVector, vectorExpression } from '../../../src/transforms/vectors.ts';
import { differences, energyOf, flat, minimise, type Subject, subject, trial, unflat } from './trial.ts';

const binary = { kind: 'noise_contrastive', form: 'binary', ratio: 6, noise: 'marginals' } as const;
const ranking = { ...binary, form: 'ranking' } as const;
const uniform = { ...binary, noise: 'uniform' } as const;

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const lse = (x: readonly number[]): number => {
  const top = Math.max(...x);
  return top + Math.log(x.reduce((a, v) => a + Math.exp(v - top), 0));
};

const normals = (n: number, seed: number): number[] => {
  const s = new Stream(seed);
  return Array.from({ length: n }, () => s.normal());
};

const mixed = {
  text: `index i = 3
param k : real = 0.4
param w : real = -0.3
energy E(x : real, y : real(0, inf), z : real(0, 1), t : angle, c : category(3), s : spin[i], n : int(2, 5), p : permutation(3)) {
  term one = k * (x - n) ^ 2 + w * x * sum(s) + y * z
  term two = k * cos(t) * (if c == 2 then 1 else 3) + w * n * s[0] + 0.3 * k * (if p[0] == 1 then 1 else 0)
}`,
  data: {
    x: [0.5, -1.2, 2.2, 0.1],
    y: [0.3, 1.2, 5.2, 0.8],
    z: [0.3, 0.2, 0.9, 0.8],
    t: [0.1, 0.4, -0.3, 0.5],
    c: [0, 2, 2, 1],
    s: [1, 1, 1, -1, -1, 1, 1, 1, -1, -1, 1, 1],
    n: [2, 3, 5, 5],
    p: [0, 1, 2, 2, 1, 0, 1, 0, 2, 1, 2, 0],
  },
};

/** The loss from the inputs that it drew, with the energies of the program alone. */
function byHand(s: Subject, t: ReturnType<typeof trial>, form: 'binary' | 'ranking', ratio: number): number {
  const energy = energyOf(s, s.params);
  const named = (name: string): ArrayLike<number> =>
    [...t.loss.inputs].find(([slot]) => slot.name === name)![1].data;
  const [rowLog, noiseLog] = [named('log-density of a row'), named('log-density of noise')];
  const stateOf = (array: (u: Slot) => ArrayLike<number>, n: number): Map<Slot, ArrayLike<number>> =>
    new Map(
      s.energy.unknowns.map((u) => {
        const size = s.rows.elements.get(u)!;
        return [u, Array.from(array(u)).slice(n * size, (n + 1) * size)];
      }),
    );
  const logZ = [...(t.loss.own ?? [])][0]?.[1][0] ?? 0;
  let sum = 0;
  for (let n = 0; n < s.rows.count; n++) {
    const row = -energy(stateOf((u) => s.rows.columns.get(u)!.data, n)) - rowLog[n];
    const noise = Array.from(
      { length: ratio },
      (_, m) =>
        -energy(stateOf((u) => t.loss.inputs.get(t.loss.negatives!.slots.get(u)!)!.data, n * ratio + m)) -
        noiseLog[n * ratio + m],
    );
    sum +=
      form === 'ranking'
        ? lse([row, ...noise]) - row
        : softplus(logZ + Math.log(ratio) - row) +
          noise.reduce((a, v) => a + softplus(v - logZ - Math.log(ratio)), 0);
  }
  return sum / s.rows.count;
}

describe('noise-contrastive estimation', () => {
  it.each([binary, ranking, uniform])('is the loss of its papers, by hand: %o', async (choice) => {
    const s = await subject(mixed.text, mixed.data);
    const t = trial(s, choice);
    expect(t.at(t.start).value).toBeCloseTo(byHand(s, t, choice.form, 6), 10);
  });

  it.each([binary, ranking])('has the gradient of its differences: %o', async (choice) => {
    const s = await subject(mixed.text, mixed.data);
    const t = trial(s, choice);
    const got = t.at(t.start).gradient;
    const want = differences((x) => t.at(unflat(t.start, x)).value, flat(t.start));
    expect(got.length).toBe(choice.form === 'binary' ? 3 : 2);
    got.forEach((g, i) => {
      expect(Math.abs(g - want[i])).toBeLessThan(1e-7 * (1 + Math.abs(want[i])));
    });
  });

  it('is the same on machine code', async () => {
    const s = await subject(mixed.text, mixed.data);
    for (const choice of [binary, ranking]) {
      const [one, other] = [trial(s, choice), trial(s, choice, kernelsEngine())];
      const [want, got] = [one.at(one.start), other.at(unflat(other.start, flat(one.start)))];
      expect(got.value).toBeCloseTo(want.value, 9);
      got.gradient.forEach((g, i) => {
        expect(g).toBeCloseTo(want.gradient[i], 9);
      });
    }
  });

  it('leaves noise outside the support out', async () => {
    const text = `param h : real = 0.2
energy E(a : ordinal(4), x : real) {
  term t = h * a * x + sqrt(a - 0.5)
  require a > 0
}`;
    const s = await subject(text, { a: [1, 3, 2, 2], x: [0, 1, -1, 2] });
    const t = trial(s, { ...uniform, ratio: 20 });
    const { value } = t.at(t.start);
    const energy = energyOf(s, s.params);
    const named = (name: string): ArrayLike<number> =>
      [...t.loss.inputs].find(([slot]) => slot.name === name)![1].data;
    const [a, x, logs, rowLogs] = [
      named('a′'),
      named('x′'),
      named('log-density of noise'),
      named('log-density of a row'),
    ];
    const [ua, ux] = s.energy.unknowns;
    const logZ = [...t.loss.own!][0][1][0] + Math.log(20);
    const at = (v: number, w: number): number =>
      energy(
        new Map([
          [ua, [v]],
          [ux, [w]],
        ]),
      );
    let want = 0;
    let outside = 0;
    for (let k = 0; k < 80; k++) {
      if (a[k] > 0) want += softplus(-at(a[k], x[k]) - logs[k] - logZ) / 4;
      else outside++;
    }
    [0, 1, 2, 3].forEach((n) => {
      const row = at(s.rows.columns.get(ua)!.data[n], s.rows.columns.get(ux)!.data[n]);
      want += softplus(logZ + row + rowLogs[n]) / 4;
    });
    expect(outside).toBeGreaterThan(5);
    expect(value).toBeCloseTo(want, 10);
  });
});

describe('the noise', () => {
  const columns: Readonly<Record<string, { text: string; data: Record<string, readonly number[]> }>> = {
    discrete: {
      text: 'energy E(c : category(4), n : int(-1, 1), s : spin, b : bit) { term t = 0.0 * n }',
      data: { c: [0, 2, 2, 1, 2], n: [0, 1, 1, 1, -1], s: [1, 1, -1, 1, 1], b: [0, 0, 1, 0, 0] },
    },
    arrangements: {
      text: 'index i = 4\nenergy E(p : permutation(i), q : subset(i, 2)) { term t = 0.0 * q[0] }',
      data: { p: [0, 1, 2, 3, 3, 2, 1, 0], q: [1, 1, 0, 0, 0, 1, 0, 1] },
    },
  };
  it.each(Object.entries(columns))(
    'has probabilities that sum to 1 and that its draws have: %s',
    async (_, { text, data }) => {
      const s = await subject(text, data);
      for (const kind of ['marginals', 'uniform'] as const) {
        const noise = makeNoise(s.energy.unknowns, s.rows, s.bound.sizeOf, kind);
        const count = 20000;
        const states = new Map(
          s.energy.unknowns.map((u) => [u, new Float64Array(count * s.rows.elements.get(u)!)]),
        );
        const logs = new Float64Array(count);
        noise.draw(states, logs, new Stream(2));
        const again = new Float64Array(count);
        noise.logDensity(states, again);
        expect(Array.from(again)).toEqual(Array.from(logs));
        const seen = new Map<string, { count: number; log: number }>();
        for (let n = 0; n < count; n++) {
          const key = s.energy.unknowns
            .map((u) => {
              const size = s.rows.elements.get(u)!;
              return states
                .get(u)!
                .slice(n * size, (n + 1) * size)
                .join();
            })
            .join(';');
          const now = seen.get(key) ?? { count: 0, log: logs[n] };
          seen.set(key, { count: now.count + 1, log: now.log });
        }
        let total = 0;
        for (const { count: k, log } of seen.values()) {
          const p = Math.exp(log);
          total += p;
          expect(Math.abs(k / count - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / count) + 1 / count);
        }
        // Every state has been seen.
        expect(total).toBeCloseTo(1, 2);
      }
    },
  );

  it('counts with half a row more for each state', async () => {
    const s = await subject(columns.discrete.text, columns.discrete.data);
    const c = s.energy.unknowns[0];
    const noise = makeNoise([c], s.rows, s.bound.sizeOf, 'marginals');
    const logs = new Float64Array(4);
    noise.logDensity(new Map([[c, Float64Array.of(0, 1, 2, 3)]]), logs);
    expect(Array.from(logs, Math.exp)).toEqual([1.5, 1.5, 3.5, 0.5].map((n) => expect.closeTo(n / 7, 12)));
  });

  const real: Readonly<
    Record<string, readonly [domain: string, data: readonly number[], lo: number, hi: number]>
  > = {
    line: ['real', [0, 1, 5, -2], -40, 40],
    'half-line': ['real(1, inf)', [1.3, 2, 5, 1.1], 1, 4000],
    'half-line with rows on the bound': ['real(1, inf)', [1, 2, 5, 1.1], 1, 80],
    'half-line below': ['real(-inf, 2)', [1.3, 0, 1.9, 1], -4000, 2],
    interval: ['real(-1, 2)', [0, 1.5, 0.2, 0.7], -1, 2],
    'interval with rows on a bound': ['real(-1, 2)', [0, 2, 0.2, 0.7], -1, 2],
    angle: ['angle', [3, -3, 2.5, 2.9], -Math.PI, Math.PI],
    'angle without direction': ['angle', [0, 1.5, 3.1, -1.6], -Math.PI, Math.PI],
  };
  it.each(Object.entries(real))(
    'has a density of integral 1 that its draws have: %s',
    async (_, [domain, data, lo, hi]) => {
      const s = await subject(`energy E(x : ${domain}) { term t = 0.0 * x }`, { x: data });
      const [x] = s.energy.unknowns;
      for (const kind of ['marginals', 'uniform'] as const) {
        const noise = makeNoise([x], s.rows, s.bound.sizeOf, kind);
        // Midpoints; half-lines on a grid that is finer near the bound.
        const cells = 40000;
        const grid = (k: number): number => {
          if (domain === 'real(1, inf)') return lo + (hi - lo) * (k / cells) ** 4;
          if (domain === 'real(-inf, 2)') return hi - (hi - lo) * (1 - k / cells) ** 4;
          return lo + ((hi - lo) * k) / cells;
        };
        const middle = Float64Array.from({ length: cells }, (_, k) => (grid(k) + grid(k + 1)) / 2);
        const logs = new Float64Array(cells);
        noise.logDensity(new Map([[x, middle]]), logs);
        const masses = Array.from(logs, (v, k) => Math.exp(v) * (grid(k + 1) - grid(k)));
        expect(masses.reduce((a, c) => a + c, 0)).toBeCloseTo(1, 3);
        // Kolmogorov–Smirnov of 4000 draws.
        const draws = new Float64Array(4000);
        noise.draw(new Map([[x, draws]]), new Float64Array(4000), new Stream(4));
        const sorted = draws.slice().sort();
        let cell = 0;
        let below = 0;
        let worst = 0;
        sorted.forEach((v, i) => {
          while (cell < cells && middle[cell] < v) below += masses[cell++];
          worst = Math.max(worst, Math.abs(below - (i + 0.5) / 4000));
        });
        expect(worst).toBeLessThan(1.95 / Math.sqrt(4000));
      }
    },
  );

  it('of vectors has the Jacobian of their transform', () => {
    const b = new Builder();
    const over = b.range(3);
    for (const kind of ['simplex', 'ordered', 'cholesky_corr'] as const) {
      const d = { kind, over };
      const sets = kind === 'cholesky_corr' ? [over, over] : [over];
      const z = b.slot('input', 'z', { kind: 'real', lo: -Infinity, hi: Infinity }, sets);
      const { logJacobian } = vectorExpression(b, d, (i) => b.read(z, i));
      const x = {
        simplex: [0.2, 0.5, 0.3],
        ordered: [-1, 0.5, 3],
        cholesky_corr: [1, 0, 0, 0.6, 0.8, 0, 0.3, 0.4, Math.sqrt(0.75)],
      };
      const at = Float64Array.from(x[kind]);
      const free = new Float64Array(at.length);
      unconstrainVector(d, 3, at, free);
      const want = evaluateScalar(
        logJacobian,
        new Map([[z, { shape: sets.map(() => 3), data: free }]]),
        (s) => staticSize(s)!,
      );
      expect(vectorLogJacobian(d, 3, free, at)).toBeCloseTo(want, 10);
    }
  });

  // Importance weights have mean 1 under the noise: Σ f/p over draws is ∫ f for the flat density f = 2 of the simplex.
  it('of vectors has the measure of energies', async () => {
    const s = await subject(
      'index i = 3\nenergy E(p : simplex(i), u : unit(i)) { term t = 0.0 * p[0] * u[0] }',
      { p: [0.2, 0.5, 0.3, 0.4, 0.4, 0.2, 0.1, 0.3, 0.6], u: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
    );
    const [p, u] = s.energy.unknowns;
    const count = 20000;
    for (const [slot, kind, mass] of [
      [p, 'marginals', 0.5],
      [p, 'uniform', 0.5],
      [u, 'marginals', 4 * Math.PI],
    ] as const) {
      const noise = makeNoise([slot], s.rows, s.bound.sizeOf, kind);
      const x = new Float64Array(3 * count);
      const logs = new Float64Array(count);
      noise.draw(new Map([[slot, x]]), logs, new Stream(6));
      const again = new Float64Array(count);
      noise.logDensity(new Map([[slot, x]]), again);
      expect(Math.abs(again[7] - logs[7])).toBeLessThan(1e-9);
      // ∫ x₀x₁x₂ dp₀dp₁ = 1/120 on the simplex: bounded weights.
      const f = (n: number): number => (slot === p ? x[3 * n] * x[3 * n + 1] * x[3 * n + 2] : 1);
      const weights = Array.from({ length: count }, (_, n) => f(n) / Math.exp(logs[n]));
      const mean = weights.reduce((a, c) => a + c / count, 0);
      const error = Math.sqrt(weights.reduce((a, c) => a + (c - mean) ** 2, 0)) / count;
      expect(Math.abs(mean - (slot === p ? 1 / 120 : mass))).toBeLessThan(4 * error + 1e-9);
    }
  });

  it('is refused where bounds depend on other values', async () => {
    const s = await subject(
      'param h : real = 1\nenergy E(x : real, y : real(x, inf)) { term t = h * (y - x) }',
      { x: [0, 1], y: [1, 2] },
    );
    const code = (): string => {
      try {
        trial(s, binary);
      } catch (e) {
        if (e instanceof EnergyError) return e.diagnostics[0].code;
        throw e;
      }
      return 'none';
    };
    expect(code()).toBe('E0727');
  });
});

describe('what is learned', () => {
  const text = `param J : real = 0
param h : real = 0
param k : real = 0
energy E(a : spin, c : category(3), n : int(0, 3)) {
  term t = -J * a * (n - 1.5) - h * a - k * (if c == 1 and n > 1 then 1 else 0)
}`;
  const truth = { J: 0.5, h: -0.3, k: 0.8 };
  const states = [-1, 1].flatMap((a) => [0, 1, 2].flatMap((c) => [0, 1, 2, 3].map((n) => ({ a, c, n }))));
  const energyAt = ({ a, c, n }: (typeof states)[number], { J, h, k }: typeof truth): number =>
    -J * a * (n - 1.5) - h * a - k * (c === 1 && n > 1 ? 1 : 0);
  const logZ = (p: typeof truth): number => lse(states.map((x) => -energyAt(x, p)));

  /** Rows in exact proportion to the truth's probabilities, nearly: so the only noise is the noise's. */
  const rows = (() => {
    const z = logZ(truth);
    return states.flatMap((x) =>
      Array.from({ length: Math.round(3000 * Math.exp(-energyAt(x, truth) - z)) }, () => x),
    );
  })();
  const data = { a: rows.map((r) => r.a), c: rows.map((r) => r.c), n: rows.map((r) => r.n) };

  /** Estimates with fresh noise each time: their means, and standard errors of one. */
  const estimates = async (choice: LossChoice, times: number) => {
    const s = await subject(text, data);
    const t = trial(s, choice, kernelsEngine());
    const all = Array.from({ length: times }, (_, k) => minimise(t, k, 8));
    return all[0].map((_, i) => {
      const mean = all.reduce((sum, x) => sum + x[i] / times, 0);
      return { mean, sd: Math.sqrt(all.reduce((sum, x) => sum + (x[i] - mean) ** 2, 0) / (times - 1)) };
    });
  };

  it.each([
    { ...binary, ratio: 4 },
    { ...ranking, ratio: 4 },
    { ...uniform, ratio: 4 },
  ])('are the parameters, and ln Z: %o', async (choice) => {
    const times = 5;
    const found = await estimates(choice, times);
    const want = [truth.J, truth.h, truth.k, logZ(truth)];
    expect(found.length).toBe(choice.form === 'binary' ? 4 : 3);
    found.forEach(({ mean, sd }, i) => {
      expect(sd).toBeGreaterThan(0);
      expect(sd).toBeLessThan(0.1);
      // 4 degrees of freedom: t at 0.0005 is 8.6; rounding of the rows is below 0.005.
      expect(Math.abs(mean - want[i])).toBeLessThan((8.6 * sd) / Math.sqrt(times) + 0.005);
    });
  });

  it('starts where importance sampling with the noise puts ln Z', async () => {
    const s = await subject('param a : real = 0.5\nenergy E(x : real) { term t = a * x ^ 2 + 40 }', {
      x: normals(400, 3),
    });
    const t = trial(s, { ...binary, ratio: 8 });
    // Noise is nearly the model's own density: weights hardly vary.
    expect([...t.loss.own!][0][1][0]).toBeCloseTo(0.5 * Math.log(2 * Math.PI) - 40, 1);
    expect([...t.loss.own!][0][0].name).toBe('ln Z');
  });
});
