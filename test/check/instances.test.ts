/** Functions that own parameters, their instances, and random starts. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { open } from '../run/kit.ts';
import { evaluate, fault, faults } from './evaluate.ts';

const dense = `
fn dense(x : real[n], unit : set) : real[unit] {
  param W : real[unit, n] = normal(0, 1 / sqrt(size(n)))
  param b : real[unit] = uniform(-1, 1)
  return tanh(W @ x + b)
}
`;
/** tanh(W x + b), W by rows. */
const layer = (W: readonly number[], b: readonly number[], x: readonly number[]): number[] =>
  b.map((b0, i) => Math.tanh(b0 + x.reduce((a, xj, j) => a + W[i * x.length + j] * xj, 0)));
const sum = (x: readonly number[]): number => x.reduce((a, c) => a + c, 0);

describe('instances', () => {
  it('two layers', async () => {
    const text = `${dense}
index pixel = grid(2, 2)
index hidden = 3
param f1 = dense(real[pixel], hidden)
param f2 = dense(unit = 2, x = hidden)
energy E(x : real[pixel]) { term a = sum(f2(f1(x))) }`;
    const x = [0.3, -1, 2, 0.5];
    const { energy, param } = await evaluate(text, 'E', { x });
    const h = layer(param('f1.W'), param('f1.b'), x);
    expect(param('f2.W')).toHaveLength(6);
    expect(energy).toBeCloseTo(sum(layer(param('f2.W'), param('f2.b'), h)), 12);
  });

  it('extra leading indices, of arrays and of records', async () => {
    const text = `${dense}
enum Kind = { a, b }
type Row = { age : real, kind : Kind, tail : real[2] }
index pixel = 2
index row = 3
fn score(r : Row, scale : real) {
  param w : real(0, inf) = uniform(1, 2)
  param net = mlp(encode(Row), hidden = [2], act = tanh)
  let y = w * scale * r.age + sum(r.tail)
  return y + net(encode(r))
}
param f = dense(real[pixel], unit = 2)
param g = score(Row, 10)
energy E(x : real[row, pixel], r : Row, rs : Row[row]) {
  term a = sum((t + 1) * f(x)[t, 0] for t in row)
  term one = g(r)
  term many = sum((t + 1) * g(rs)[t] for t in row)
}`;
    const x = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
    const state = {
      x,
      'r.age': [0.5],
      'r.kind': [1],
      'r.tail': [1, 2],
      'rs.age': [0.5, -1, 2],
      'rs.kind': [1, 0, 1],
      'rs.tail': [1, 2, 0, 0.5, -1, 3],
    };
    const { terms, param } = await evaluate(text, 'E', state);
    const rows = [0, 1, 2].map((t) => layer(param('f.W'), param('f.b'), x.slice(2 * t, 2 * t + 2))[0]);
    expect(terms.a).toBeCloseTo(rows[0] + 2 * rows[1] + 3 * rows[2], 12);
    const [w] = param('g.w');
    const weight1 = [1, 2, 3].map((k) => param(`g.net.weight1.${k}`));
    const net = (age: number, kind: number, tail: readonly number[]): number => {
      const h = [0, 1].map((o) => {
        const parts = [[age], kind === 0 ? [1, 0] : [0, 1], tail];
        const z = parts.reduce((a, p, k) => a + sum(p.map((v, i) => v * weight1[k][i * 2 + o])), 0);
        return Math.tanh(z + param('g.net.bias1')[o]);
      });
      return sum(h.map((v, o) => v * param('g.net.weight2')[o])) + param('g.net.bias2')[0];
    };
    const g = (age: number, kind: number, tail: number[]): number =>
      10 * w * age + sum(tail) + net(age, kind, tail);
    expect(terms.one).toBeCloseTo(g(0.5, 1, [1, 2]), 12);
    expect(terms.many).toBeCloseTo(g(0.5, 1, [1, 2]) + 2 * g(-1, 0, [0, 0.5]) + 3 * g(2, 1, [-1, 3]), 12);
  });

  it('instances within functions have their own parameters', async () => {
    const text = `${dense}
index pixel = 2
fn deep(x : real[n], width : set) {
  param first = dense(real[n], width)
  param second = dense(width, 2)
  return sum(second(first(x)))
}
param d = deep(pixel, 3)
param e = deep(pixel, 4)
energy E(x : real[pixel]) { term a = d(x) + 10 * e(x) }`;
    const x = [0.4, -0.7];
    const { energy, param } = await evaluate(text, 'E', { x });
    const deep = (name: string): number =>
      sum(
        layer(
          param(`${name}.second.W`),
          param(`${name}.second.b`),
          layer(param(`${name}.first.W`), param(`${name}.first.b`), x),
        ),
      );
    expect(param('e.first.W')).toHaveLength(8);
    expect(energy).toBeCloseTo(deep('d') + 10 * deep('e'), 12);
  });

  it.each([
    ['energy E(x : real[pixel]) { term a = sum(dense(x, hidden)) }', 'E0306', 'param f = dense'],
    ['param f = dense(real[hidden, pixel], hidden)', 'E0306', 'has 1 index; this domain has 2'],
    ['param f = dense(real[pixel])', 'E0305', '`unit` is missing'],
    ['param f = dense(real[pixel], units = hidden)', 'E0206', '`unit`'],
    ['param f = dense(real[pixel], real)', 'E0306', 'an index set'],
    ['param f = dense(Kind[pixel], hidden)', 'E0310', 'is real'],
    ['param f = dense(encode(Row), hidden)', 'E0306', 'encode the record inside'],
    ['param f = dense(real[pixel], hidden) ~ normal(0, 1)', 'E0306', 'a prior belongs'],
    ['param f = plain(real[pixel])', 'E0306', 'owns no parameters'],
    ['param f = 3', 'E0306', 'needs a domain'],
    ['param f = dens(real[pixel], hidden)', 'E0201', '`dense`'],
    [
      'fn loop(x : real) { param f = loop(real)  return f(x) }\nparam g = loop(real)',
      'E0207',
      'calls itself',
    ],
    [
      'param f = dense(real[pixel], hidden)\nenergy E(y : real[hidden]) { term a = sum(f(y)) }',
      'E0302',
      '`pixel`',
    ],
    [
      'param f = dense(real[pixel], hidden)\nenergy E(y : real[pixel]) { term a = sum(f(y, hidden)) }',
      'E0305',
      'found 2',
    ],
    ['fn late(x : real) { param w : real = x  return w }\nparam f = late(real)', 'E0306', 'stays open'],
    ['fn twice(x : real) { param x : real = 0  return x }\nparam f = twice(real)', 'E0202', 'twice'],
  ])('%s is told', (text, code, sentence) => {
    const f = fault(`${dense}
enum Kind = { a, b }
type Row = { age : real }
index pixel = 2
index hidden = 3
fn plain(x : real[n]) = sum(x)
${text}`);
    expect(f.code).toBe(code);
    expect(`${f.message} ${f.suggestion}`).toContain(sentence);
  });

  it('a function that owns parameters is checked once by itself, and owns none by itself', () => {
    expect(faults(`${dense}\nenergy E(x : real) { term a = x ^ 2 }`)).toEqual([]);
    const { program } = compileText(`${dense}\nenergy E(x : real) { term a = x ^ 2 }`, 'a.energy');
    expect(program.params).toEqual([]);
    expect(fault('fn f(x : real[n]) { param W : real[n] = 0  return W @ x + y }').message).toContain('`y`');
    expect(fault('fn f(x : real[n], unit : set) : real[unit] = x').code).toBe('E0302');
  });

  it('a fixed argument may set the start', async () => {
    const text = `fn line(x : real, at : real) { param w : real = at + 1 ~ normal(at, 1)  return w * x }
param f = line(real, 4)
energy E(x : real) { term a = f(x) }`;
    expect((await evaluate(text, 'E', { x: [2] })).energy).toBe(10);
    const { program } = compileText(text, 'a.energy');
    expect(program.params.map((p) => [p.slot.name, p.prior !== null])).toEqual([['f.w', true]]);
  });
});

describe('random starts', () => {
  const start = async (line: string, seed = 1): Promise<Float64Array> => {
    const { bound, compiled, model } = await open(
      `index k = 20000\n${line}\nenergy E(x : real) { term a = x ^ 2 + sum(W) }`,
      { seed },
    );
    expect(bound.program).toBe(compiled.program);
    const slot = compiled.program.params.find((p) => p.slot.name === 'W')!.slot;
    return Float64Array.from(model().constants.get(slot)!.data);
  };
  const moments = (x: Float64Array): [number, number] => {
    const m = x.reduce((a, b) => a + b, 0) / x.length;
    return [m, Math.sqrt(x.reduce((a, b) => a + (b - m) ** 2, 0) / x.length)];
  };

  it('normal and uniform, from the seed', async () => {
    const x = await start('param W : real[k] = normal(2, 0.5)');
    const [m, sd] = moments(x);
    // Four standard errors.
    expect(Math.abs(m - 2)).toBeLessThan((4 * 0.5) / Math.sqrt(20000));
    expect(Math.abs(sd - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(40000));
    const u = await start('param W : real[k] = uniform(-1, 3)');
    const [mu, sdu] = moments(u);
    expect(Math.abs(mu - 1)).toBeLessThan((4 * 4) / Math.sqrt(12 * 20000));
    expect(Math.abs(sdu - 4 / Math.sqrt(12))).toBeLessThan(0.02);
    expect(Math.min(...u)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...u)).toBeLessThan(3);
    expect(await start('param W : real[k] = normal(2, 0.5)')).toEqual(x);
    expect(await start('param W : real[k] = normal(2, 0.5)', 2)).not.toEqual(x);
  });

  it('is no prior', () => {
    const { program } = compileText(
      'param w : real = normal(0, 1)\nparam v : real = normal(0, 1) ~ normal(0, 2)\nenergy E(x : real) { term a = (w + v) * x ^ 2 }',
      'a.energy',
    );
    expect(program.params.map((p) => [p.init.kind, p.prior !== null])).toEqual([
      ['random', false],
      ['random', true],
    ]);
  });

  it('what is no start is told', async () => {
    expect(fault('param w : real = gamma(1, 1)')).toMatchObject({
      code: 'E0306',
      suggestion: expect.stringContaining('~ gamma'),
    });
    await expect(start('param W : real(0, inf)[k] = normal(0, 1)')).rejects.toThrow(
      /not a value of real\(0, inf\)/,
    );
    await expect(start('param low : real = 3\nparam W : real[k] = uniform(low, 1)')).rejects.toThrow(
      /no distribution/,
    );
    expect(fault('index k = 2\nparam w : real = normal([1 for i in k], 1)').code).toBe('E0302');
  });
});

it('a network of instances is fitted', { timeout: 60_000 }, async () => {
  // Rows on a circle of radius 1.5; what is learned must put them below what is elsewhere.
  const rows = Array.from({ length: 120 }, (_, i) => {
    const a = (2 * Math.PI * i) / 120;
    return `${1.5 * Math.cos(a)},${1.5 * Math.sin(a)}`;
  });
  const text = `
index axis = 2
index one = 10
index two = 6
data seen : real[row, axis] from "seen.csv"
fn dense(x : real[n], unit : set) : real[unit] {
  param W : real[unit, n] = normal(0, 1 / sqrt(size(n)))
  param b : real[unit] = 0 ~ normal(0, 10)
  return tanh(W @ x + b)
}
param f1 = dense(real[axis], one)
param f2 = dense(one, two)
param out : real[two] = normal(0, 0.3)
energy Ring(x : real[axis]) {
  term shape = out @ f2(f1(x))
  term tail  = 0.05 * sum(x ^ 2)
}
run learn = fit(Ring, seen, loss = discrepancy(t = 0.1, draws = 8), optimizer = adam(rate = 0.02), steps = 300, batch = 40)
`;
  const compiled = compileText(text, 'ring.energy');
  expect(compiled.diagnostics).toEqual([]);
  const session = await openSession(
    compiled.program,
    memoryHost({ 'seen.csv': `${rows.join('\n')}\n` }),
    await tfjsEngine('wasm'),
  );
  const named = (name: string): readonly number[] => {
    const slot = [...session.params.keys()].find((s) => s.name === name);
    return Array.from(session.params.get(slot!)!.data);
  };
  const energyAt = (x: readonly number[]): number => {
    const h = layer(named('f2.W'), named('f2.b'), layer(named('f1.W'), named('f1.b'), x));
    return sum(h.map((v, i) => v * named('out')[i])) + 0.05 * sum(x.map((v) => v * v));
  };
  const before = named('f1.W');
  const result = await runJob(session, compiled.program.jobs[0], () => {});
  expect(result.verb === 'fit' && result.complete).toBe(true);
  expect(named('f1.W')).not.toEqual(before);
  const ring = [0, 1, 2, 3, 4, 5].map((k) => energyAt([1.5 * Math.cos(k), 1.5 * Math.sin(k)]));
  const mean = sum(ring) / ring.length;
  expect(energyAt([0, 0])).toBeGreaterThan(mean + 0.5);
  for (const k of [0, 1.5, 3, 4.5])
    expect(energyAt([3 * Math.cos(k), 3 * Math.sin(k)])).toBeGreaterThan(mean + 0.5);
});

it('a parameter inside an energy is told where parameters are declared', () => {
  for (const text of [
    'energy E(x : real) {\n  param k : real = 1\n  term a = k * x ^ 2\n}',
    'energy E(x : real) {\n  term a = x ^ 2\n  param net = mlp(3)\n}',
  ])
    expect(faults(text)[0]).toBe('E0312 parameters are declared at the top of a file or in a function');
});
