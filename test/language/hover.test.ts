/** Cards and signatures. */
import { describe, expect, it } from 'vitest';
import { card, workspace } from './kit.ts';

const ISING = (s: string, rest = '') => `/// Where spins live.
index site = grid(6, 7)
set bond = neighbours(site, wrap = true)
const beta : int = 2
energy Ising(${s} : spin[site]) {
  let twice = 2 * s
  require s[0, 0] == 1
  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in bond)${rest}
}`;

describe('hovering over', () => {
  it('an unknown: its domain, its sizes, how it would be drawn', async () => {
    const text = await card(ISING('|s'));
    expect(text).toContain('```energy\ns : spin[site]\n```');
    expect(text).toContain('unknown of `spin[site]` — 6 × 7');
    expect(text).toMatch(/Plan: \S/);
  });

  it('a discrete unknown that Gibbs draws: blocks and blanket', async () => {
    const text = await card(
      'index k = ring(20)\nenergy E(|x : int(0, 3)[k]) { term t = sum((x[i] - x[i + 1]) ^ 2 * (x[i] + 1) for i in k) + sum(x[i] * x[i+2] * x[i + 4] for i in k) }\nrun d = sample(E, method = gibbs)',
    );
    expect(text).toMatch(/Plan: (Gibbs, \d+ blocks?, blanket of \d+|exact)/);
  });

  it('an unknown of an energy with an error: no plan', async () => {
    const text = await card(ISING('|s', ' + nothing'));
    expect(text).toContain('unknown of `spin[site]`');
    expect(text).not.toContain('Plan');
  });

  it('an unknown where the data of the program are not there: no plan', async () => {
    const text =
      'data y : real[row] from "y.csv"\nenergy E(|m : real) { y ~ normal(m, 1)\n  m ~ normal(0, 1) }';
    expect(await card(text)).not.toContain('Plan');
    expect(await card({ 'main.energy': text, 'y.csv': 'y\n1\n2\n' })).toContain('Plan: NUTS');
  });

  it('an energy: the plan of all its unknowns', async () => {
    const text = await card('energy |E(a : real, b : bit) { term t = a ^ 2 * (1 + b) }');
    expect(text).toContain('```energy\nenergy E(a : real, b : bit)\n```');
    expect(text).toMatch(/Plan: .*; ln Z by/);
    expect(text).toContain('- `a`: ');
    expect(text).toContain('- `b`: ');
  });

  it.each([
    ['an index set', 'index si|te', 'Where spins live.'],
    ['its size', 'index si|te', '6 × 7 = 42 elements'],
    ['a use of it', 'spin[si|te]', 'index site = grid(6, 7)'],
    ['a set', 'in bo|nd', 'tuples (`site`, `site`)'],
    ['a constant', 'const be|ta', 'an integer: 2'],
    ['a `let`', 'let tw|ice', 'an array over [`site`] of integers (6 × 7)'],
    ['a name of a generator', 's[‸p]', 'an element of `site`'],
    ['a function', 's|um(', 'sum(e for i in S where c)'],
    ['a domain', 'sp|in[site]', 'The numbers −1 and +1.'],
    ['a word', 'ter|m', 'term name = expr'],
    ['a builder', 'gr|id', 'grid'],
    ['an option of a builder', 'wr|ap', ''],
  ])('%s', async (_, marked, expected) => {
    const plain = marked.replace(/[|‸]/, '');
    const text = ISING('s').replace(plain, marked);
    expect(text).not.toBe(ISING('s'));
    expect(await card(text)).toContain(expected);
  });

  it('an option of a job: what it takes, its default', async () => {
    const text = await card('energy E(x : real) { term t = x ^ 2 }\nrun d = sample(E, ch|ains = 2)');
    expect(text).toContain('chains = whole number ≥ 1');
    expect(text).toContain('independent chains');
    expect(text).toContain('default `4`');
  });

  it('a loss, and a verb', async () => {
    const job = (loss: string) => `energy E(x : real) { term t = x ^ 2 }\nrun d = ${loss}`;
    expect(await card(job('fit(E, y, loss = like|lihood(gamma = 1))'))).toContain('loss = likelihood');
    expect(await card(job('sam|ple(E)'))).toContain('run name = sample');
  });

  it('a name of the library: its documentation, and where it is from', async () => {
    const text = await card(
      'use Ising from "std/ising"\nindex k = ring(4)\nenergy E(s : spin[k]) { term t = Is|ing(s, neighbours(k), 1, 0) }',
    );
    expect(text).toContain('energy Ising(s : spin[site], bond : set[site, site], J : real, h : real)');
    expect(text).toContain('Lenz 1920');
    expect(text).toContain('*std/ising*');
  });

  it('data and parameters: their shapes as the checker knows them', async () => {
    const text = (d: string, p: string) =>
      `index k = 3\ndata ${d} : real[row, k] from "y.csv"\nparam ${p} = mlp(k, hidden = [5])\nenergy E(x : real[k]) { term t = net(x) + sum(y) }`;
    expect(await card(text('|y', 'net'))).toContain('data of `real[row, k]` — ? × 3');
    expect(await card(text('y', 'n|et'))).toContain('`net.weight1`');
  });

  it('nothing: no card', async () => {
    expect(await card('const a =| 1')).toBe('');
    expect(await card('|')).toBe('');
  });
});

describe('signatures', () => {
  const help = async (text: string) => {
    const w = workspace(text);
    const found = await w.service.signatureHelp(w.uri, w.at);
    const shown = found?.signatures[found.activeSignature];
    const active =
      found?.activeParameter === undefined ? undefined : shown?.parameters[found.activeParameter];
    return { label: shown?.label, active: active && shown?.label.slice(...active.label) };
  };

  it.each([
    ['a distribution', 'energy E(x : real) { x ~ normal(0, |) }', 'normal(mu, sigma)', 'sigma'],
    ['a function of the language', 'const a = mod(|', 'mod(x, y)', 'x'],
    [
      'a function',
      'fn f(a : real, b : real[n]) : real = a\nconst c = f(1, |)',
      'f(a : real, b : real[n]) : real',
      'b : real[n]',
    ],
    [
      'an argument by its name',
      'fn f(a : real, b : real) : real = a\nconst c = f(b = |)',
      'f(a : real, b : real) : real',
      'b : real',
    ],
    [
      'an energy',
      'energy A(x : real) { term t = x }\nenergy B(y : real) { term t = A(|y) }',
      'A(x : real)',
      'x : real',
    ],
    ['a domain', 'energy E(n : int(0, |)) { term t = n }', 'int(a, b)', 'b'],
    ['an inner call', 'const a = mod(exp(|), 2)', 'exp(x)', 'x'],
    ['what comes after an inner call', 'const a = mod(exp(1), |)', 'mod(x, y)', 'y'],
  ])('of %s', async (_, text, label, active) => {
    expect(await help(text)).toEqual({ label, active });
  });

  it('of verbs and losses show their options', async () => {
    const job = (text: string) => `energy E(x : real) { term t = x ^ 2 }\nrun d = ${text}`;
    expect(await help(job('sample(|)'))).toMatchObject({ active: 'energy' });
    expect(await help(job('sample(E, chains = |)'))).toMatchObject({ active: 'chains' });
    const loss = await help(job('fit(E, y, loss = discrepancy(t = |))'));
    expect(loss.label).toMatch(/^discrepancy\(kernel, /);
    expect(loss.active).toBe('t');
  });

  it('are not shown where something is declared, nor outside of calls', async () => {
    expect((await help('energy E(x : real, |) { term t = x }')).label).toBeUndefined();
    expect((await help('const a = 1 + |')).label).toBeUndefined();
  });
});
