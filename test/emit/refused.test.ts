/** What cannot be compiled is refused at its place, with a sentence for people. */
import { describe, expect, it } from 'vitest';
import { compileEnergy } from '../../src/emit/compile/compile.ts';
import { compileTargets, formats } from '../../src/emit/compile/targets.ts';
import { type Diagnostic, EnergyError } from '../../src/syntax/diagnostic.ts';
import { open } from '../run/kit.ts';

async function fault(
  text: string,
  target: (typeof compileTargets)[number],
  most?: number,
): Promise<Diagnostic & { readonly at: string }> {
  const model = (await open(text)).model();
  try {
    compileEnergy(model, target, 2, 'test', most);
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    const [d] = e.diagnostics;
    if (d.place.kind !== 'source') throw new Error('it has no place');
    return { ...d, at: text.slice(d.place.span.start, d.place.span.end) };
  }
  throw new Error('nothing was refused');
}

describe.each(compileTargets)('refused as %s', (target) => {
  it.each([
    ['solve(A(x), [1, 2])[0]', 'the solution of linear equations'],
    ['cholesky(A(x))[1, 0]', 'a Cholesky factor'],
    ['log_det(A(x))', 'the logarithm of a determinant'],
    ['det(A(x))', 'a determinant'],
  ])('%s', async (expression, words) => {
    const term = `term a = ${expression}`;
    const d = await fault(
      `fn A(x : real[2]) : real[2, 2] = [(i == j) * exp(x[i]) for i in 2, j in 2]
energy M(x : real[2]) {
  term plain = sum(x)
  ${term}
}`,
      target,
    );
    expect(d.code).toBe('E0801');
    expect(d.message).toBe(`\`M\` computes ${words}, for which ${formats[target]} has no operation`);
    expect(d.at).toBe(term);
  });

  it('a long recurrence', async () => {
    const term = 'term a = sum(scan(t in step, before = 0) = tanh(before + x[t]))';
    const d = await fault(`index step = 513\nenergy R(x : real[step]) {\n  ${term}\n}`, target);
    expect([d.code, d.at]).toEqual(['E0801', term]);
    expect(d.message).toContain('a recurrence of 513 steps');
    expect(d.message).toContain('expected at most 512');
  });

  it('too many constants', async () => {
    const d = await fault(
      `index site = 100
param w : real[site, site] = [sin(i + j) for i in site, j in site]
energy Large(x : real[site]) { term a = sum(x[i] * w[i, j] * x[j] for i in site, j in site) }`,
      target,
      20_000,
    );
    expect(d.code).toBe('E0802');
    expect(d.message).toMatch(
      /^`Large` has \d+(\.\d+)? kB of constants with its data; expected at most 20 kB$/,
    );
    expect(d.at.startsWith('energy Large') || d.at === 'Large').toBe(true);
  });
});
