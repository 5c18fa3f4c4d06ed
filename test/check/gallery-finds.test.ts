/** What writing the gallery of examples brought to light. */
import { describe, expect, it } from 'vitest';
import { packageLibrary } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';

const codesOf = async (text: string): Promise<readonly string[]> => {
  const reader = moduleReader(memoryHost(), packageLibrary());
  return (await compileProgram(text, 'test.energy', reader)).diagnostics.map((d) => d.code);
};

describe('arrays over a subset', () => {
  const head = 'index site = grid(3, 3)\nset left = { p for p in site where p.col < 2 }\n';
  it('are read at its elements in a loop over it', async () => {
    const text = `${head}energy E(s : spin[site]) {
  let pull = [2 * s[p] for p in left]
  term own = sum(pull[p] * s[p] for p in left)
}`;
    expect(await codesOf(text)).toEqual([]);
  });

  it('are not read at any other element', async () => {
    const text = `${head}energy E(s : spin[site]) {
  let pull = [2 * s[p] for p in left]
  term own = sum(pull[p] for p in site)
}`;
    expect(await codesOf(text)).toEqual(['E0303']);
  });
});

describe('a term that is constant (W0402)', () => {
  const inner = 'energy Apart(s : bit[4]) { require s[0] != s[1] }\n';
  it('is meant where it calls an energy for what that requires', async () => {
    expect(await codesOf(`${inner}energy E(s : bit[4]) { term apart = Apart(s) }`)).toEqual([]);
  });

  it('is told elsewhere', async () => {
    expect(
      await codesOf(`${inner}energy E(s : bit[4]) { require s[2] == 1  term zero = 0 * sum(s) }`),
    ).toContain('W0402');
  });
});

describe('an unknown with the name of a function', () => {
  it('does not hide the function, which alone can be called', async () => {
    const text = `energy E(gamma : real(0, inf), mean : real[3], beta : real(0, 1)) {
  gamma ~ gamma(2, 0.1)
  mean  ~ normal(gamma, 1)
  beta  ~ beta(2, 2)
  term all = mean(mean) * sum(mean)
}`;
    expect(await codesOf(text)).toEqual([]);
  });

  it('is a number where it is not called', async () => {
    expect(await codesOf('energy E(x : real(0, 1)) { term all = x(3) }')).toEqual(['E0301']);
  });
});

describe('elements of a permutation', () => {
  it('of a plain index set are its ordered elements: they count, compare and have neighbours', async () => {
    const text = `index place = 5
energy E(p : permutation(place)) {
  term far = sum((p[i] - i) ^ 2 for i in place) + abs(p[0] - p[1]) + (p[2] + 1 == p[3]) + (p[3] < p[4])
}`;
    expect(await codesOf(text)).toEqual([]);
  });

  it('of labels are no numbers', async () => {
    const text = `enum Dish = { soup, stew, pie }
energy E(p : permutation(Dish)) { term all = sum(2 * p[d] for d in Dish) }`;
    expect(await codesOf(text)).toEqual(['E0307']);
  });
});
