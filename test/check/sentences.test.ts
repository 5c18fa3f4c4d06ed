/** Sentences of the checker that name what the reader has to write instead. */
import { describe, expect, it } from 'vitest';
import { fault } from './evaluate.ts';

describe('a prior outside of its support', () => {
  it.each([
    ['uniform(0, 1)', 'real(0, 1)'],
    ['gamma(2, 1)', 'real(0, inf)'],
    ['pareto(2, 1)', 'real(2, inf)'],
  ])('%s asks for %s', (prior, domain) => {
    const f = fault(`param a : real ~ ${prior}\nenergy E(x : real) { x ~ normal(a, 1) }\n`);
    expect(f.code).toBe('E0310');
    expect(f.suggestion).toContain(`\`${domain}\``);
  });

  it('of shares asks for a simplex', () => {
    const f = fault('param a : real[3] ~ dirichlet(2)\nenergy E(x : real) { x ~ normal(sum(a), 1) }\n');
    expect(f.suggestion).toContain('`simplex(3)`');
  });
});

describe('a report', () => {
  it('is declared once', () => {
    const f = fault('energy E(x : real) {\n  x ~ normal(0, 1)\n  report r = x\n  report r = -x\n}\n');
    expect(f.code).toBe('E0401');
    expect(f.message).toBe('there is already a report `r` in this energy');
  });
});

describe('a set without a name', () => {
  it('is told by its elements', () => {
    const f = fault(
      'index a = 3\nindex b = 3\nenergy E(z : category(a) on ({ (i, j) for i in b, j in b where i < j })) { term t = 0 * size(a) + (z == 0) }\n',
    );
    expect(f.message).toContain('this is a set of tuples (`b`, `b`)');
  });
});
