/** Least energies against closed forms, enumeration, dynamic programming and known optima. */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { type MinimizeOptions, type Minimum, minimize } from '../../src/infer/minimize/index.ts';
import { type Clamp, clampOf, type Model, noClamp } from '../../src/infer/model.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { open } from '../run/kit.ts';

type Files = Readonly<Record<string, string>>;

async function read(text: string, files: Files = {}): Promise<{ model: Model; clamp: Clamp }> {
  const { model: make, compiled } = await open(text, { files });
  const model = make(undefined, kernelsEngine());
  const given = compiled.program.jobs[0]?.options.given;
  return { model, clamp: given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model) };
}

async function least(text: string, options: MinimizeOptions = {}, files: Files = {}): Promise<Minimum> {
  const { model, clamp } = await read(text, files);
  return minimize(model, clamp, options);
}

const values = (m: Minimum, name: string): number[] => [
  ...m.state.quantities.find((q) => q.name === name)!.values,
];

async function codeOf(
  text: string,
  options: MinimizeOptions = {},
): Promise<{ code: string; message: string }> {
  try {
    await least(text, options);
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  throw new Error('no fault');
}

async function lowest(model: Model, clamp: Clamp): Promise<number> {
  let low = Number.POSITIVE_INFINITY;
  enumerateStates(model, clamp, (_, energy, count) => {
    for (let i = 0; i < count; i++) low = Math.min(low, energy[i]);
  });
  return low;
}

describe('reals', () => {
  it('quadratic energies are solved and proved', async () => {
    const m = await least('energy E(x : real, y : real) { term a = (x - 1) ^ 2 + x * y + 3 * y ^ 2 }');
    expect(m).toMatchObject({ method: 'newton', provedOptimal: true });
    expect(m.energy).toBeCloseTo(-1 / 11, 12);
    expect(values(m, 'x')[0]).toBeCloseTo(12 / 11, 12);
    expect(values(m, 'y')[0]).toBeCloseTo(-2 / 11, 12);
  });

  it('Rosenbrock’s valley to its floor', async () => {
    const m = await least(
      'energy E(x : real, y : real) { term a = 0.5 * (x - 1) ^ 2 + 100 * (y - x ^ 2) ^ 2 }',
    );
    expect(m).toMatchObject({ method: 'lbfgs', provedOptimal: false, bound: null, reached: m.restarts });
    expect(values(m, 'x')[0]).toBeCloseTo(1, 9);
    expect(values(m, 'y')[0]).toBeCloseTo(1, 9);
    expect(m.energy).toBeLessThan(1e-18);
  });

  it('logistic regression is convex, and proved: no nearby state is lower', async () => {
    const stream = new Stream(3, 'data');
    const rows = Array.from({ length: 60 }, () => {
      const x = stream.normal();
      return `${x},${stream.uniform() < 1 / (1 + Math.exp(-(0.5 + 1.5 * x))) ? 1 : 0}`;
    });
    const text = `data x : real[row] from "d.csv"
data y : bit[row] from "d.csv"
energy E(a : real, b : real) {
  a ~ normal(0, 5)
  b ~ normal(0, 5)
  y ~ bernoulli_logit(a + b * x)
}`;
    const m = await least(text, {}, { 'd.csv': `x,y\n${rows.join('\n')}\n` });
    expect(m).toMatchObject({ method: 'lbfgs', provedOptimal: true });
    // The gradient by hand.
    const [a] = values(m, 'a');
    const [b] = values(m, 'b');
    let ga = a / 25;
    let gb = b / 25;
    for (const r of rows) {
      const [x, y] = r.split(',').map(Number);
      const p = 1 / (1 + Math.exp(-(a + b * x)));
      ga += p - y;
      gb += (p - y) * x;
    }
    expect(Math.abs(ga)).toBeLessThan(1e-7);
    expect(Math.abs(gb)).toBeLessThan(1e-7);
  });

  it('modes are those of the declared coordinates: no Jacobian', async () => {
    const m = await least('energy E(x : real(0, inf)) { x ~ gamma(3, 2) }');
    expect(values(m, 'x')[0]).toBeCloseTo(1, 8);
    const p = await least('energy E(p : simplex(3)) { term a = -3 * log(p[0]) - 2 * log(p[1]) - log(p[2]) }');
    expect(p.provedOptimal).toBe(true);
    [1 / 2, 1 / 3, 1 / 6].forEach((x, i) => {
      expect(values(p, 'p')[i]).toBeCloseTo(x, 7);
    });
  });

  it('minima at bounds are at the bounds', async () => {
    const m = await least(
      'energy E(x : real(0, 1), y : real(2, inf), z : real) { term a = (x + 1) ^ 2 + (y - 1) ^ 2 + (z - x - y) ^ 2 }',
    );
    expect(values(m, 'x')).toEqual([0]);
    expect(values(m, 'y')).toEqual([2]);
    expect(values(m, 'z')[0]).toBeCloseTo(2, 8);
    expect(m).toMatchObject({ provedOptimal: true, energy: 2 });
    const corner = await least(
      'energy E(p : simplex(4)) { term a = p[0] + 2 * p[1] + 0.5 * p[2] + 3 * p[3] }',
    );
    expect(values(corner, 'p')).toEqual([0, 0, 1, 0]);
    const above = await least('energy E(a : real(0, 1), b : real(0, 1 - a)) { term t = -a - 2 * b }');
    expect(above.energy).toBeCloseTo(-2, 9);
  });

  it('minima at walls that requirements raise', async () => {
    const m = await least('energy E(x : real, y : real) { term a = x ^ 2 + y ^ 2\n require x + y > 1 }');
    expect(m.energy).toBeCloseTo(0.5, 6);
    expect(values(m, 'x')[0] + values(m, 'y')[0]).toBeGreaterThan(1);
    const linear = await least(`energy E(x : real(0, 3), y : real(0, inf)) {
  term a = -3 * x - 2 * y
  require x + y <= 4
  require x + 3 * y <= 6
}`);
    expect(linear.energy).toBeCloseTo(-11, 5);
  });

  it('circles and spheres', async () => {
    const m = await least(`energy E(u : unit(3), t : angle) {
  term field = -(3 * u[0] + 4 * u[2])
  term turn = -cos(t - 2)
}`);
    expect(m.energy).toBeCloseTo(-6, 9);
    expect(values(m, 't')[0]).toBeCloseTo(2, 6);
    expect(values(m, 'u')[2]).toBeCloseTo(0.8, 6);
  });

  it('kinks, saddles, and several minima', async () => {
    const kink = await least(
      'energy E(x : real, y : real) { term a = abs(x - 1) + abs(y + 2) + 0.5 * abs(x + y) }',
    );
    expect(kink.energy).toBeCloseTo(0.5, 8);
    const saddle = await least('energy E(x : real, y : real) { term a = x ^ 4 / 4 - x ^ 2 / 2 + y ^ 2 }');
    expect(saddle.energy).toBeCloseTo(-0.25, 12);
    const wells = await least('energy E(x : real) { term a = x ^ 4 - 2 * x ^ 2 + 0.1 * x }', {
      restarts: 16,
    });
    expect(values(wells, 'x')[0]).toBeLessThan(-1);
    expect(wells.reached).toBeLessThan(16);
  });

  it.each([
    ['energy E(x : real) { term down = -x ^ 3 }', '`down`', '`x`'],
    ['energy E(x : real, y : real) { term a = x ^ 2\n term drop = -y }', '`drop`', '`y`'],
    ['energy E(x : real(0, inf)) { term pole = log(x) }', '`pole`', '`x` approaches 0'],
    [
      'energy E(m : real, tau : real(0, inf), t : real[3]) { m ~ normal(0, 5)\n tau ~ half_cauchy(5)\n t ~ normal(m, tau) }',
      '`t`',
      '`tau` approaches 0',
    ],
  ])('falls without end: %s', async (text, term, where) => {
    const { code, message } = await codeOf(text);
    expect(code).toBe('E0741');
    expect(message).toContain(term);
    expect(message).toContain(where);
  });

  it('faults of starts', async () => {
    expect((await codeOf('energy E(x : real) { term a = log(-1 - x ^ 2) }')).code).toBe('E0701');
    expect((await codeOf('energy E(x : real(0, 1)) { term a = x\n require x > 2 }')).code).toBe('E0702');
  });
});

describe('discrete unknowns', () => {
  const glass = (n: number): { text: string; files: Files } => {
    const stream = new Stream(5, 'glass', n);
    const rows = Array.from({ length: n }, () => Array.from({ length: n }, () => stream.normal()).join(','));
    return {
      text: `index i = ${n}
data J : real[i, i] from "j.csv"
energy Glass(s : spin[i]) { term a = sum(J[p, q] * s[p] * s[q] for p in i, q in i where p < q) }`,
      files: { 'j.csv': `${rows.join('\n')}\n` },
    };
  };

  it.each([8, 14])('a spin glass of %i spins as enumeration has it', async (n) => {
    const { text, files } = glass(n);
    const { model, clamp } = await read(text, files);
    const m = await minimize(model, clamp);
    expect(m.provedOptimal).toBe(true);
    expect(m.energy).toBeCloseTo(await lowest(model, clamp), 9);
    expect(m.bound).toBe(m.energy);
  });

  it('what is too wide for tables is annealed', async () => {
    // (Σ aᵢ sᵢ)² reads all spins at once; it is largest where s follows a.
    const text = `index i = 24
energy Aligned(s : spin[i]) { term all = -sum((1 - 2 * (mod(k, 3) == 0)) * s[k] for k in i) ^ 2 - 0.1 * s[1] }`;
    const m = await least(text, { restarts: 2 });
    expect(m).toMatchObject({ method: 'annealing', provedOptimal: false, reached: 2 });
    expect(m.energy).toBeCloseTo(-576.1, 9);
  });

  it('the travelling salesman’s round trip', async () => {
    const n = 9;
    const stream = new Stream(2, 'cities');
    const at = Array.from({ length: n }, () => [stream.uniform(), stream.uniform()]);
    const text = `index city = ${n}
data x : real[city] from "c.csv"
data y : real[city] from "c.csv"
energy Tour(order : permutation(city)) {
  term legs = sum(hypot(x[order[t]] - x[order[mod(t + 1, ${n})]], y[order[t]] - y[order[mod(t + 1, ${n})]]) for t in ${n})
}`;
    const m = await least(text, {}, { 'c.csv': `x,y\n${at.map((c) => c.join(',')).join('\n')}\n` });
    const d = (a: number, b: number): number => Math.hypot(at[a][0] - at[b][0], at[a][1] - at[b][1]);
    expect(m.provedOptimal).toBe(true);
    expect(m.energy).toBeCloseTo(heldKarp(n, d), 9);
    expect(values(m, 'order').sort()).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it('requirements hold, and what cannot hold is said', async () => {
    const m = await least(
      'energy E(b : bit[14]) { require sum(b[i] for i in 14 where i < 7) >= 5\n term a = sum((i + 1) * b[i] for i in 14) }',
    );
    expect(m).toMatchObject({ provedOptimal: true, energy: 15 });
    expect((await codeOf('energy E(b : bit[4]) { require sum(b) > 5 }')).code).toBe('E0702');
    expect((await codeOf('energy E(b : bit[14]) { require sum(b) > 15 }')).code).toBe('E0702');
    expect(
      (await codeOf('index k = 5\nenergy E(c : category(4)[k]) { require all_different(c) }')).code,
    ).toBe('E0702');
  });

  it('nothing free: the state that is given', async () => {
    const m = await least('energy E(b : bit) { term a = 3 * b }\nrun m = minimize(E, given = { b = 1 })');
    expect(m).toMatchObject({ method: 'given', energy: 3, provedOptimal: true });
  });

  it('a large lattice falls into its ground state', async () => {
    const m = await least(`index site = grid(40, 40)
energy Ising(s : spin[site]) {
  term bonds = -sum(s[p] * s[q] for (p, q) in neighbours(site))
  term field = 0.1 * sum(s)
}`);
    expect(m.energy).toBeCloseTo(-2 * 40 * 39 - 160, 6);
    expect(m.provedOptimal).toBe(true);
  });
});

describe('reals beside discrete unknowns', () => {
  it('quadratic in the reals: each joint state is solved, and it is proved', async () => {
    const text = `energy E(x : real, s : spin[6]) {
  term a = (x - 0.3 * sum(s)) ^ 2 + 0.5 * (x - 1) ^ 2 - sum(s[i] * s[i + 1] for i in 6 where i < 5)
}`;
    const m = await least(text);
    expect(m).toMatchObject({ method: 'newton', provedOptimal: true });
    // All up: (x − 1.8)² + (x − 1)²/2 has its minimum 0.64/3 at x = 4.6/3.
    expect(m.energy).toBeCloseTo(-5 + 0.64 / 3, 9);
  });

  it('a mixture with its labels, as its clusters are', async () => {
    const stream = new Stream(7, 'clusters');
    const y = Array.from({ length: 30 }, (_, i) => [-6, 0, 6][i % 3] + 0.5 * stream.normal());
    const text = `index item = 30
data y : real[item] from "y.csv"
energy Mix(z : category(3)[item], m : real[3], s : real(0.1, 10)) {
  m ~ normal(0, 100)
  y ~ normal(m[z], s)
}`;
    const m = await least(text, { restarts: 4 }, { 'y.csv': `y\n${y.join('\n')}\n` });
    expect(m).toMatchObject({ method: 'mixed', provedOptimal: false });
    const z = values(m, 'z');
    z.forEach((k, i) => {
      expect(k).toBe(z[i % 3]);
    });
    expect(new Set(z).size).toBe(3);
    const means = values(m, 'm');
    [0, 1, 2].forEach((g) => {
      const own = y.filter((_, i) => i % 3 === g);
      expect(means[z[g]]).toBeCloseTo(own.reduce((a, b) => a + b, 0) / 10, 3);
    });
  });

  it('as good as every joint state with its reals minimised', async () => {
    const text = (given: string): string => `index i = 8
energy E(x : real[2], s : spin[i]) {
  term a = sum(x[k] ^ 4 / 4 for k in 2) - x[0] * sum((j + 1) * s[j] / 8 for j in i) + x[1] * s[0] * s[7]
  term b = 0.7 * sum(s[j] * s[mod(j + 3, 8)] for j in i)
}${given}`;
    const m = await least(text(''), { restarts: 6 });
    let best = Number.POSITIVE_INFINITY;
    for (let code = 0; code < 256; code++) {
      const s = Array.from({ length: 8 }, (_, j) => 2 * ((code >> j) & 1) - 1);
      // x⁴/4 − c·x is lowest at −¾·|c|^{4/3}.
      const low = (c: number): number => -0.75 * Math.abs(c) ** (4 / 3);
      const c = s.reduce((sum, v, j) => sum + ((j + 1) * v) / 8, 0);
      const b = 0.7 * s.reduce((sum, v, j) => sum + v * s[(j + 3) % 8], 0);
      best = Math.min(best, low(c) + low(1) + b);
    }
    expect(m.energy).toBeCloseTo(best, 7);
  });

  it('few joint states: the reals descend beside each', async () => {
    const m = await least(`energy E(x : real, k : category(3)) {
  term a = (x ^ 2 - 1) ^ 2 + 0.3 * x * (k == 0) - 0.2 * x * (k == 1) + 0.05 * (k == 2)
}`);
    expect(m.method).toBe('mixed');
    expect(values(m, 'k')).toEqual([0]);
    expect(m.energy).toBeLessThan(-0.3);
  });
});

describe('runs', () => {
  it('are the same for the same seed, and stop when asked to', async () => {
    const text =
      'energy E(x : real[6]) { term a = sum(x[i] ^ 4 - x[i] ^ 2 for i in 6) + 0.1 * sum(cos(5 * x[i]) for i in 6) }';
    const [a, b] = [await least(text, { seed: 4 }), await least(text, { seed: 4 })];
    expect(a.energy).toBe(b.energy);
    expect(values(a, 'x')).toEqual(values(b, 'x'));
    const { model, clamp } = await read(text);
    const stopped = await minimize(model, clamp, { restarts: 1000 }, () => {}, { aborted: true });
    expect(stopped.complete).toBe(false);
    expect(stopped.restarts).toBeLessThan(1000);
    expect(Number.isFinite(stopped.energy)).toBe(true);
  });

  it('tell of progress', async () => {
    const { model, clamp } = await read(
      'energy E(x : real[40]) { term a = sum((x[i + 1] - x[i] ^ 2) ^ 2 + 0.01 * (1 - x[i]) ^ 2 for i in 40 where i < 39) }',
    );
    const seen: number[] = [];
    await minimize(model, clamp, { restarts: 24 }, (p) => seen.push(p.done / p.total));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((x, i) => x <= 1 && (i === 0 || x >= seen[i - 1]))).toBe(true);
  });
});

/** The shortest round trip by dynamic programming: Held & Karp 1962. */
function heldKarp(n: number, d: (a: number, b: number) => number): number {
  const full = 1 << (n - 1);
  const best = Array.from({ length: full }, () => new Float64Array(n - 1).fill(Infinity));
  for (let i = 0; i < n - 1; i++) best[1 << i][i] = d(n - 1, i);
  for (let set = 1; set < full; set++)
    for (let i = 0; i < n - 1; i++) {
      if (!(best[set][i] < Infinity)) continue;
      for (let j = 0; j < n - 1; j++)
        if (!(set & (1 << j)))
          best[set | (1 << j)][j] = Math.min(best[set | (1 << j)][j], best[set][i] + d(i, j));
    }
  return Math.min(...best[full - 1].map((x, i) => x + d(i, n - 1)));
}
