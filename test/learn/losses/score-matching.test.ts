import { describe, expect, it } from 'vitest';
import { isVector } from '../../../src/domain.ts';
import { kernelsEngine } from '../../../src/engines/kernels/index.ts';
import type { Slot } from '../../../src/ir/types.ts';
import { vectorLogJacobian } from '../../../src/learn/losses/noise-vectors.ts';
import { Stream } from '../../../src/random/stream.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { constrainValue, logJacobianValue, unconstrainValue } from '../../../src/transforms/scalars.ts';
import { constrainVector, unconstrainVector, vectorLength } from '../../../src/transforms/vectors.ts';
import {
  differences,
  energyOf,
  flat,
  minimise,
  type Subject,
  solve,
  subject,
  trial,
  unflat,
} from './trial.ts';

const exact = { kind: 'score_matching', form: 'exact', noise: 0.1, scales: 1, projections: 1 } as const;
const sliced = { ...exact, form: 'sliced' } as const;
const denoising = { ...exact, form: 'denoising' } as const;

/** A row in coordinates, element after element of all real unknowns. */
interface Line {
  readonly u: Slot;
  readonly toZ: (x: Float64Array) => Float64Array;
  /** x and ln |dx/dz|. */
  readonly toX: (z: Float64Array) => { readonly x: Float64Array; readonly log: number };
}

function lineOf(u: Slot, s: Subject): Line {
  const d = u.domain;
  if (isVector(d)) {
    const k = s.bound.sizeOf(d.over);
    const width = vectorLength(d, k);
    const each = (a: Float64Array, f: (part: Float64Array, to: Float64Array) => void): Float64Array => {
      const out = new Float64Array(a.length);
      for (let i = 0; i < a.length; i += width) f(a.subarray(i, i + width), out.subarray(i, i + width));
      return out;
    };
    return {
      u,
      toZ: (x) => each(x, (from, to) => unconstrainVector(d, k, from, to)),
      toX: (z) => {
        let log = 0;
        const x = each(z, (from, to) => {
          constrainVector(d, k, from, to);
          log += vectorLogJacobian(d, k, from, to);
        });
        return { x, log };
      },
    };
  }
  if (d.kind !== 'real') return { u, toZ: (x) => x, toX: (z) => ({ x: z, log: 0 }) };
  return {
    u,
    toZ: (x) => x.map((v) => unconstrainValue(v, d)),
    toX: (z) => ({
      x: z.map((v) => constrainValue(v, d)),
      log: z.reduce((sum, v) => sum + logJacobianValue(v, d), 0),
    }),
  };
}

const sd = (x: readonly number[]): number => {
  const mean = x.reduce((a, c) => a + c, 0) / x.length;
  const v = Math.sqrt(x.reduce((a, c) => a + (c - mean) ** 2, 0) / x.length);
  return v > 1e-14 * Math.abs(mean) ? v : 1;
};
const circular = (x: readonly number[]): number =>
  Math.sqrt(
    2 *
      (1 -
        Math.hypot(
          x.reduce((a, c) => a + Math.cos(c), 0) / x.length,
          x.reduce((a, c) => a + Math.sin(c), 0) / x.length,
        )),
  );

/** ½ Σ s²(∂U/∂z)² − Σ s²∂²U/∂z² by differences of energies, the mean over rows. */
function byDifferences(s: Subject, params = s.params): number {
  const energy = energyOf(s, params);
  const discrete = s.energy.unknowns.filter(
    (u) => !['real', 'angle'].includes(u.domain.kind) && !isVector(u.domain),
  );
  const lines = s.energy.unknowns.filter((u) => !discrete.includes(u)).map((u) => lineOf(u, s));
  const rowOf = (u: Slot, n: number): Float64Array => {
    const size = s.rows.elements.get(u)!;
    return s.rows.columns.get(u)!.data.slice(n * size, (n + 1) * size);
  };
  const zs = Array.from({ length: s.rows.count }, (_, n) => lines.map((l) => l.toZ(rowOf(l.u, n))));
  const scales = lines.map((l, i) =>
    Array.from(zs[0][i], (_, e) => {
      const column = zs.map((z) => z[i][e]);
      return l.u.domain.kind === 'angle' ? circular(column) : sd(column);
    }),
  );
  let total = 0;
  zs.forEach((z, n) => {
    const at = (which: number, e: number, by: number): number => {
      const moved = lines.map((l, i) =>
        l.toX(i === which ? z[i].map((v, k) => (k === e ? v + by : v)) : z[i]),
      );
      const state = new Map<Slot, ArrayLike<number>>([
        ...lines.map((l, i) => [l.u, moved[i].x] as const),
        ...discrete.map((u) => [u, rowOf(u, n)] as const),
      ]);
      return energy(state) - moved.reduce((sum, m) => sum + m.log, 0);
    };
    lines.forEach((_, i) => {
      z[i].forEach((_, e) => {
        const h = 1e-3;
        // Five points: errors of order h⁴.
        const [a, b, c, d, f] = [-2, -1, 0, 1, 2].map((k) => at(i, e, k * h));
        const first = (a - 8 * b + 8 * d - f) / (12 * h);
        const second = (-a + 16 * b - 30 * c + 16 * d - f) / (12 * h * h);
        total += scales[i][e] ** 2 * (0.5 * first ** 2 - second);
      });
    });
  });
  return total / s.rows.count;
}

const normals = (n: number, seed: number, mean = 0, width = 1): number[] => {
  const s = new Stream(seed);
  return Array.from({ length: n }, () => mean + width * s.normal());
};

const cases: Readonly<Record<string, { text: string; data: Record<string, readonly number[]> }>> = {
  'a potential of one number': {
    text: `param a : real = 0.7
param c : real = -0.4
energy E(x : real) { term t = a * x ^ 4 + c * sin(3 * x) + exp(0.3 * x) }`,
    data: { x: normals(7, 1) },
  },
  'couplings along a chain and between all': {
    text: `index site = ring(5)
param k : real[site] = 0.3
param w : real = 0.2
energy E(x : real[site]) {
  term chain = sum(k[i] * (x[i] - x[i + 1]) ^ 4 for i in site)
  term all = w * sum(cos(x[i] * x[j]) for i in site, j in site)
}`,
    data: { x: normals(20, 2) },
  },
  'a network': {
    text: `index site = 3
param net = mlp(site, hidden = [4])
energy E(x : real[site], y : real) {
  term n = net(x) + 0.3 * y * sum(x) + y ^ 2 * net(x)
}`,
    data: { x: normals(12, 3, 0.5, 2), y: normals(4, 4) },
  },
  'half-lines and intervals': {
    text: `param a : real = 2.5
param c : real = 1.5
energy E(x : real(0, inf), y : real(-1, 3), v : real(-inf, 2)) {
  term g = -a * log(x) + c * x + 0.3 * x * y
  term h = y ^ 2 + a * exp(v) * y
}`,
    data: { x: [0.3, 1.2, 2.2, 0.8], y: [-0.5, 0.2, 2.5, 1], v: [1.5, 0, -3, 1] },
  },
  angles: {
    text: `index site = 3
param k : real = 0.8
energy E(t : angle[site]) { term t = -k * sum(cos(t[i] - t[j]) for i in site, j in site) - sum(sin(2 * t)) }`,
    data: { t: [0.1, 3, -2, 1, 2, -0.5, 0.3, 0.3, -3] },
  },
  'shares and ordered numbers': {
    text: `index part = 3
param a : real[part] = [0.5, 1.5, 2.5]
energy E(p : simplex(part), o : ordered(part)) {
  term d = -sum(a * log(p))
  term g = 0.5 * sum((o - a) ^ 2) + p[1] * o[2]
}`,
    data: { p: [0.2, 0.3, 0.5, 0.6, 0.1, 0.3, 0.3, 0.4, 0.3], o: [-1, 0.2, 0.9, 0, 2, 3, -2, -1.5, 1] },
  },
  correlations: {
    text: `index part = 3
param e : real = 1.7
energy E(l : cholesky_corr(part)) { term d = -e * log(l[1, 1]) - 2 * log(l[2, 2]) + l[2, 0] * l[1, 0] }`,
    data: { l: [1, 0, 0, 0.6, 0.8, 0, 0.3, 0.4, Math.sqrt(0.75), 1, 0, 0, -0.28, 0.96, 0, 0.6, 0, 0.8] },
  },
};

describe('exact score matching', () => {
  it.each(Object.entries(cases))('is ½‖∇U‖² − tr ∇²U of differences: %s', async (_, { text, data }) => {
    const s = await subject(text, data);
    const t = trial(s, exact);
    const want = byDifferences(s);
    expect(t.at(s.params).value).toBeCloseTo(want, 5);
    expect(Math.abs(want)).toBeGreaterThan(0.01);
  });

  it.each(Object.entries(cases))('has the gradient of its differences: %s', async (_, { text, data }) => {
    const s = await subject(text, data);
    for (const choice of [exact, { ...sliced, projections: 2 }, { ...denoising, scales: 2 }]) {
      const t = trial(s, choice);
      const got = t.at(t.start).gradient;
      const want = differences((x) => t.at(unflat(t.start, x)).value, flat(t.start));
      got.forEach((g, i) => {
        expect(Math.abs(g - want[i])).toBeLessThan(1e-6 * (1 + Math.abs(want[i])));
      });
    }
  });
});

const gaussianText = `index i = 3
param d : real[i] = [0.8, 1.1, 0.6]
param p : real = 0.1
param q : real = 0.1
param r : real = -0.1
param h : real[i] = 0.2
energy E(x : real[i]) {
  term g = 0.5 * sum(d * x ^ 2) + p * x[0] * x[1] + q * x[0] * x[2] + r * x[1] * x[2] - sum(h * x)
}`;

/** Rows with correlations. */
const correlated = (count: number): number[] => {
  const s = new Stream(21);
  return Array.from({ length: count }).flatMap(() => {
    const [a, b, c] = [s.normal(), s.normal(), s.normal()];
    return [1 + a, -0.5 + 0.6 * a + 0.5 * b, 30 * (0.4 * b - 0.7 * c)];
  });
};

describe('the minimum of the exact loss', () => {
  it('has the inverse covariance of the rows as its precision, for any of them', async () => {
    const x = correlated(40);
    const s = await subject(gaussianText, { x });
    const [a, b, c, p, q, r, ...h] = minimise(trial(s, exact));
    const mean = [0, 1, 2].map((i) => x.filter((_, k) => k % 3 === i).reduce((m, v) => m + v / 40, 0));
    const covariance = mean.map((m, i) =>
      mean.map((o, j) => {
        let sum = 0;
        for (let n = 0; n < 40; n++) sum += ((x[3 * n + i] - m) * (x[3 * n + j] - o)) / 40;
        return sum;
      }),
    );
    const precision = [
      [a, p, q],
      [p, b, r],
      [q, r, c],
    ];
    // P·C = 1 and P·mean = h.
    for (let i = 0; i < 3; i++) {
      expect(precision[i].reduce((sum, v, k) => sum + v * mean[k], 0)).toBeCloseTo(h[i], 7);
      for (let j = 0; j < 3; j++)
        expect(precision[i].reduce((sum, v, k) => sum + v * covariance[k][j], 0)).toBeCloseTo(
          i === j ? 1 : 0,
          7,
        );
    }
  });

  it('does not depend on the units of a column', async () => {
    const text = (unit: number): string => `param a : real = 1
param c : real = 0.5
energy E(x : real, y : real) { term t = a * (x - c * y * ${unit}) ^ 2 + 0.1 * (y * ${unit}) ^ 4 + 0.1 * x ^ 4 }`;
    const x = normals(30, 5);
    const y = normals(30, 6).map((v, i) => 0.7 * x[i] + v);
    const one = trial(await subject(text(1), { x, y }), exact);
    const other = trial(await subject(text(1000), { x, y: y.map((v) => v / 1000) }), exact);
    const [got, want] = [other.at(other.start), one.at(one.start)];
    expect(got.value).toBeCloseTo(want.value, 9);
    got.gradient.forEach((g, i) => {
      expect(g).toBeCloseTo(want.gradient[i], 9);
    });
  });

  // With z = ln x the minimum is at 2·E x/E x², with z = logit y at E (1 − y)(3y − 1)/E (1 − y)²: by the delta method
  // the standard errors are 2√2/√n and 2.19/√n.
  it('is consistent on half-lines and intervals, where the density does not vanish at the bound', async () => {
    const count = 5000;
    const s = new Stream(31);
    // Exponential with rate 2, and a ramp on (0, 1): density 2y.
    const x = Array.from({ length: count }, () => s.exponential() / 2);
    const y = Array.from({ length: count }, () => Math.sqrt(s.uniform()));
    const t = trial(
      await subject(
        `param rate : real = 1
param power : real = 0
energy E(x : real(0, inf), y : real(0, 1)) { term t = rate * x - power * log(y) }`,
        { x, y },
      ),
      exact,
    );
    const [rate, power] = minimise(t);
    const mean = (f: (i: number) => number): number => x.reduce((sum, _, i) => sum + f(i) / count, 0);
    expect(rate).toBeCloseTo((2 * mean((i) => x[i])) / mean((i) => x[i] ** 2), 7);
    expect(power).toBeCloseTo(mean((i) => (1 - y[i]) * (3 * y[i] - 1)) / mean((i) => (1 - y[i]) ** 2), 7);
    expect(Math.abs(rate - 2)).toBeLessThan((4 * 2 * Math.SQRT2) / Math.sqrt(count));
    expect(Math.abs(power - 1)).toBeLessThan((4 * 2.19) / Math.sqrt(count));
  });
});

describe('sliced and denoising score matching', () => {
  const many = (t: ReturnType<typeof trial>, steps: number) => {
    const runs = Array.from({ length: steps }, (_, k) => {
      const { value, gradient } = t.at(t.start, k);
      return [value, ...gradient];
    });
    return runs[0].map((_, i) => {
      const mean = runs.reduce((sum, r) => sum + r[i] / steps, 0);
      const variance = runs.reduce((sum, r) => sum + (r[i] - mean) ** 2, 0) / (steps - 1);
      return { mean, error: Math.sqrt(variance / steps) };
    });
  };

  it.each([
    'a potential of one number',
    'couplings along a chain and between all',
    'half-lines and intervals',
    'shares and ordered numbers',
  ])('sliced has the exact loss and its gradient as expectations: %s', async (name) => {
    const s = await subject(cases[name].text, cases[name].data);
    const t = trial(s, { ...sliced, projections: 2 });
    const own = trial(s, exact);
    const { value, gradient } = own.at(own.start);
    const want = [value, ...gradient];
    many(t, 200).forEach(({ mean, error }, i) => {
      expect(Math.abs(mean - want[i])).toBeLessThan(4.5 * error + 1e-9 * (1 + Math.abs(want[i])));
      // The estimate is one: its error is small beside what it estimates.
      expect(error).toBeLessThan(0.3 * (1 + Math.abs(want[i])));
    });
  });

  it.each(['a potential of one number', 'half-lines and intervals', 'angles'])(
    'denoising tends to the exact loss as the noise goes to 0: %s',
    async (name) => {
      const s = await subject(cases[name].text, cases[name].data);
      const own = trial(s, exact);
      const { value, gradient } = own.at(own.start);
      const want = [value, ...gradient];
      const t = trial(s, { ...denoising, noise: 1e-3, projections: 4 });
      many(t, 200).forEach(({ mean, error }, i) => {
        expect(Math.abs(mean - want[i])).toBeLessThan(4.5 * error + 1e-3 * (1 + Math.abs(want[i])));
        expect(error).toBeLessThan(0.3 * (1 + Math.abs(want[i])));
      });
    },
  );

  it('denoising learns the density of the data with noise', async () => {
    const x = normals(4000, 8, 2, 3);
    const variance = sd(x) ** 2;
    const text = `param a : real = 0.1
param m : real = 0
energy E(x : real) { term t = 0.5 * a * x ^ 2 - m * x }`;
    const t = trial(await subject(text, { x }), { ...denoising, noise: 1, projections: 4 });
    const [a, m] = minimise(t);
    const mean = x.reduce((sum, v) => sum + v / x.length, 0);
    // Relative errors of a variance and a mean over 16000 pairs.
    expect(Math.abs(a * 2 * variance - 1)).toBeLessThan(4 * Math.sqrt(4 / 16000));
    expect(Math.abs(m / a - mean)).toBeLessThan(4 * Math.sqrt((2 * variance) / 16000));
  });

  it('weighs several scales by their variances', async () => {
    const s = await subject('param a : real = 0.4\nenergy E(x : real) { term t = a * x ^ 2 }', {
      x: normals(8, 9),
    });
    const t = trial(s, { ...denoising, noise: 2, scales: 3, projections: 1 });
    t.at(t.start);
    const named = (name: string): ArrayLike<number> =>
      [...t.loss.inputs].find(([slot]) => slot.name === name)![1].data;
    const [noisy, pull, weight] = [named('noisy x'), named('noise of x'), named('weight of a row')];
    const x = s.rows.columns.get(s.energy.unknowns[0])!.data;
    const width = sd([...x]);
    let want = 0;
    for (let n = 0; n < 8; n++) {
      const sigma = 2 * Math.sqrt(weight[n]);
      expect([0.5, 1, 2]).toContain(sigma);
      for (const k of [2 * n, 2 * n + 1]) {
        const v = (noisy[k] - x[n]) / sigma;
        expect(pull[k]).toBeCloseTo(v / sigma, 9);
        const score = 0.8 * noisy[k];
        // Vincent's square less its constant, with units of the column.
        want +=
          (weight[n] * (0.5 * (width * score - v / width / sigma) ** 2 - 0.5 * (v / width / sigma) ** 2)) /
          16;
      }
    }
    expect(new Set(Array.from(weight)).size).toBeGreaterThan(1);
    expect(t.at(t.start).value).toBeCloseTo(want, 9);
  });
});

describe('directions on a sphere', () => {
  // U = −k·u: ‖∇U‖² = kᵀ(1 − uuᵀ)k and ΔU = 2 k·u on the sphere in three dimensions, so k = 2 (1 − E uuᵀ)⁻¹ E u.
  it('have the estimate of Mardia, Kent and Laha', async () => {
    const x = normals(60, 43, 0.5).flatMap((_, n, all) => {
      if (n % 3 > 0) return [];
      const v = all.slice(n, n + 3);
      const norm = Math.hypot(...v);
      return v.map((c) => c / norm);
    });
    const text = `index i = 3
param k : real[i] = 0
energy E(u : unit(i)) { term t = -sum(k * u) }`;
    const got = minimise(trial(await subject(text, { u: x }), exact));
    const moment = (f: (u: readonly number[]) => number): number =>
      Array.from({ length: 20 }, (_, n) => f(x.slice(3 * n, 3 * n + 3))).reduce((a, c) => a + c / 20, 0);
    const left = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0) - moment((u) => u[i] * u[j])));
    const want = solve(
      left,
      [0, 1, 2].map((i) => 2 * moment((u) => u[i])),
    );
    got.forEach((v, i) => {
      expect(v).toBeCloseTo(want[i], 8);
    });
  });
});

describe('discrete unknowns beside reals', () => {
  const text = `param mu : real[3] = [0.5, -1, 2]
param k : real = 0.7
param j : real = 0.3
energy E(x : real, z : category(3), s : spin[2]) {
  term own = 0.5 * k * (x - mu[z]) ^ 2 + 0.1 * x ^ 4
  term pull = -j * x * sum(s) - k * s[0] * s[1] * (if z == 1 then 1 else 0)
}`;
  const data = { x: [0.3, -1.2, 2.5, 0.1], z: [0, 1, 2, 2], s: [1, -1, 1, 1, -1, -1, 1, -1] };

  it('add their pseudo-likelihood to the scores of the reals', async () => {
    const s = await subject(text, data);
    const t = trial(s, exact);
    const energy = energyOf(s, s.params);
    const [x, z, spins] = s.energy.unknowns;
    let rest = 0;
    for (let n = 0; n < 4; n++) {
      const row = { x: data.x[n], z: data.z[n], s: data.s.slice(2 * n, 2 * n + 2) };
      const at = (change: Partial<typeof row>): number => {
        const state = { ...row, ...change };
        return energy(
          new Map<Slot, ArrayLike<number>>([
            [x, [state.x]],
            [z, [state.z]],
            [spins, state.s],
          ]),
        );
      };
      const among = (all: readonly number[]): number =>
        at({}) + Math.log(all.reduce((sum, u) => sum + Math.exp(-u), 0));
      rest += among([0, 1, 2].map((v) => at({ z: v })));
      rest += among([-1, 1].map((v) => at({ s: [v, row.s[1]] })));
      rest += among([-1, 1].map((v) => at({ s: [row.s[0], v] })));
    }
    expect(t.at(t.start).value).toBeCloseTo(byDifferences(s) + rest / 4, 5);
  });

  it.each([exact, sliced, denoising])('have the gradient of their differences: %o', async (choice) => {
    const t = trial(await subject(text, data), choice);
    const want = differences((p) => t.at(unflat(t.start, p)).value, flat(t.start));
    t.at(t.start).gradient.forEach((g, i) => {
      expect(Math.abs(g - want[i])).toBeLessThan(1e-6 * (1 + Math.abs(want[i])));
    });
  });

  it('may be required to be something', async () => {
    const s = await subject(text.replace('}', '  require s[0] == 1 or s[1] == 1\n}'), {
      ...data,
      s: [1, -1, 1, 1, -1, 1, 1, -1],
    });
    const t = trial(s, exact);
    const want = differences((p) => t.at(unflat(t.start, p)).value, flat(t.start));
    t.at(t.start).gradient.forEach((g, i) => {
      expect(Math.abs(g - want[i])).toBeLessThan(1e-6 * (1 + Math.abs(want[i])));
    });
  });
});

describe('what score matching refuses', () => {
  const refusal = async (
    text: string,
    data: Record<string, readonly number[]>,
    choice = exact as typeof exact | typeof denoising,
  ) => {
    const s = await subject(text, data);
    try {
      trial(s, choice);
    } catch (e) {
      if (e instanceof EnergyError) return e.diagnostics[0];
      throw e;
    }
    return undefined;
  };

  it('discrete unknowns alone', async () => {
    const d = await refusal('param h : real = 0\nenergy E(s : spin) { term t = h * s }', { s: [1, -1] });
    expect(d?.code).toBe('E0724');
    expect(d?.suggestion).toMatch(/pseudo_likelihood/);
  });

  it('requirements on reals, bounds that depend on values, rows on a bound', async () => {
    const required = 'param h : real = 0\nenergy E(x : real) { term t = h * x\n require x > -3 }';
    expect((await refusal(required, { x: [1, 2] }))?.code).toBe('E0725');
    const open = 'param h : real = 0\nenergy E(x : real(0, 1)) { term t = h * x }';
    const onBound = await refusal(open, { x: [0.5, 0, 1] });
    expect(onBound?.code).toBe('E0725');
    expect(onBound?.message).toMatch(/row 1 /);
  });

  it('kinks, unless the loss takes first derivatives only', async () => {
    const text =
      'param h : real = 1\nenergy E(x : real) { term smooth = x ^ 2\n term tent = h * abs(x - 1) }';
    const d = await refusal(text, { x: [0.5, 0] });
    expect(d?.code).toBe('E0726');
    expect(d?.message).toMatch(/`tent`.*`abs`/);
    expect(await refusal(text, { x: [0.5, 0] }, denoising)).toBeUndefined();
    const even = 'param h : real = 1\nenergy E(x : real(0, inf)) { term t = h * abs(x) }';
    expect(await refusal(even, { x: [0.5, 2] })).toBeUndefined();
  });
});

describe('on machine code', () => {
  it.each(['couplings along a chain and between all', 'a network', 'half-lines and intervals'])(
    'is the same: %s',
    async (name) => {
      const s = await subject(cases[name].text, cases[name].data);
      for (const choice of [exact, sliced, denoising]) {
        const one = trial(s, choice);
        const other = trial(s, choice, kernelsEngine());
        const [want, got] = [one.at(one.start), other.at(other.start)];
        expect(got.value).toBeCloseTo(want.value, 9);
        got.gradient.forEach((g, i) => {
          expect(Math.abs(g - want.gradient[i])).toBeLessThan(1e-9 * (1 + Math.abs(want.gradient[i])));
        });
      }
    },
  );
});
