/** Functions and energies over any category, functions that give distributions, energies that only require. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { evaluate, fault } from './evaluate.ts';

const codes = (text: string): string[] =>
  compileText(text, 'test.energy').diagnostics.map((d) => `${d.code} ${d.message}`);

describe('an open index set in category(k)', () => {
  const text = `index colour = 3
enum Job = { clerk, nurse }
fn hot(z : category(k)) : real[k] = [if z == v then 1 else 0 for v in k]
fn vector(z : category(k), unit : set) : real[unit] {
  param W : real[k, unit] = normal(0, 1)
  return W[z, :]
}
param f = vector(category(colour), 2)
param g = vector(Job, 2)
energy Table(x : category(k)[n], w : real[n, k]) { term a = sum(w[i, x[i]] for i in n) }
energy E(x : category(colour)[4], j : Job) {
  term table = Table(x, [10.0 * i + c for i in 4, c in colour])
  report hot = hot(x)
  report job = hot(j)
  report f   = f(x)
  report g   = g(j)
}`;

  it('is what the values are of', async () => {
    const { terms, reports, param } = await evaluate(text, 'E', { x: [2, 0, 1, 1], j: [1] });
    expect(terms.table).toBe(60 + 4);
    expect(reports.hot).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0]);
    expect(reports.job).toEqual([0, 1]);
    const W = param('f.W');
    expect(reports.f).toEqual([2, 0, 1, 1].flatMap((z) => [W[2 * z], W[2 * z + 1]]));
    expect(reports.g).toEqual(param('g.W').slice(2));
  });

  it('joins with the indices of other arguments', () => {
    const wrong = text.replace('10.0 * i + c for i in 4, c in colour]', '10.0 * i for i in 4, c in Job]');
    expect(fault(wrong)).toMatchObject({ code: 'E0302', message: expect.stringContaining('`colour`') });
  });
});

describe('a function that gives a distribution', () => {
  it('maps over arrays after `~` and by its log-density', async () => {
    const text = `index n = 3
fn by_mean(mu : real, phi : real) = beta(mu * phi, (1 - mu) * phi)
energy E(x : real(0, 1)[n]) {
  let mu = [0.2 + 0.2 * i for i in n]
  x ~ by_mean(mu, 5)
  report density = by_mean(mu, 5).log_density(x)
  report exact   = beta(5 * mu, 5 * (1 - mu)).log_density(x)
}`;
    const { terms, reports } = await evaluate(text, 'E', { x: [0.1, 0.5, 0.8] });
    reports.exact.forEach((d, i) => {
      expect(reports.density[i]).toBeCloseTo(d, 12);
    });
    expect(terms.x).toBeCloseTo(-reports.exact.reduce((a, b) => a + b), 12);
  });
});

describe('an energy that only restricts the support', () => {
  const rule = `index n = 3
energy Rule(x : bit[k]) { require sum(x) < 2 }`;

  it('is called in a term, which is not a constant by mistake', () => {
    expect(codes(`${rule}\nenergy E(x : bit[n]) { term rule = Rule(x) }`)).toEqual([]);
    expect(codes(`${rule}\nenergy E(x : bit[n]) {\n  term rule = Rule(x)\n  term none = 3\n}`)).toEqual([
      expect.stringMatching(/^W0402 .*`none`/),
    ]);
  });
});

it('elements of different sets are compared by their positions', async () => {
  const text =
    'index i = 2\nindex j = 2\nenergy E(x : real[i, j]) { term a = sum(x[p, q] for p in i, q in j where p == q) }';
  const { suggestion } = fault(text);
  expect(suggestion).toContain('`i - j == 0`');
  const { energy } = await evaluate(text.replace('p == q', 'p - q == 0'), 'E', { x: [1, 2, 4, 8] });
  expect(energy).toBe(9);
});
