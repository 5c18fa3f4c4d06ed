/** What the language understands without being told: the index set of a written vector, the name of a report. */
import { describe, expect, it } from 'vitest';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { noClamp } from '../../src/infer/model.ts';
import { open, rendered } from '../run/kit.ts';

async function logZ(text: string): Promise<number> {
  const opened = await open(text);
  expect(rendered(opened.compiled)).toBe('');
  const model = opened.model();
  return enumerateStates(model, noClamp(model)).logZ;
}

describe('a vector written out', () => {
  it('is over the values of a category', async () => {
    const text = (p: string): string =>
      `enum Kind = { a, b, c }\nenergy E(z : Kind) {\n  z ~ categorical(${p})\n  term a = if z == Kind.c then 1 else 0\n}`;
    expect(await logZ(text('[0.2, 0.3, 0.5]'))).toBeCloseTo(Math.log(0.5 + 0.5 * Math.exp(-1)), 12);
  });

  it('is over the index set of an array', async () => {
    const text = `index group = 2\nenergy E(x : bit[group]) {\n  x ~ bernoulli([0.25, 0.5])\n  term a = 2 * x[0]\n}`;
    expect(await logZ(text)).toBeCloseTo(Math.log(0.75 + 0.25 * Math.exp(-2)), 12);
  });

  it('is not over one of two sets of its size, nor over one of another size', async () => {
    const two = 'index a = 2\nindex b = 2\nenergy E(x : bit[a, b]) {\n  x ~ bernoulli([0.25, 0.5])\n}';
    await expect(open(two)).rejects.toThrow();
    const other = 'index a = 3\nenergy E(x : bit[a]) {\n  x ~ bernoulli([0.25, 0.5])\n}';
    await expect(open(other)).rejects.toThrow();
  });
});

describe('a report', () => {
  it('names its value for what follows, but hides nothing', async () => {
    const opened = await open(
      'energy E(x : bit[3]) {\n  term t = sum(x)\n  report up = sum(x)\n  report square = up ^ 2\n  report mean = mean(x)\n  report x = x[0]\n  report last = x[2]\n}',
    );
    expect(rendered(opened.compiled)).toBe('');
    const names = opened.model().energy.reports.map((r) => [r.name, r.value.axes.length]);
    expect(names).toEqual([
      ['up', 0],
      ['square', 0],
      ['mean', 0],
      ['x', 0],
      ['last', 0],
    ]);
  });
});
