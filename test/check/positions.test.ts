/** What to do with a table that is written down, whose index counts from 0, and an index set with a name. */
import { expect, it } from 'vitest';
import { readerIn } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';

async function advice(text: string): Promise<string | undefined> {
  const { diagnostics } = await compileProgram(text, 'a.energy', readerIn('.'));
  expect(diagnostics).toHaveLength(1);
  return diagnostics[0].suggestion;
}

const model = (index: string, where = ''): string => `${index}
energy E(s : spin[bead], t : spin[4]) {
  let h = [1, 0, 1]
  term a = sum(s[p] * h[p] for p in bead${where}) + sum(t)
}`;

it('an element of a line has a position', async () => {
  expect(await advice(model('index bead = line(3)'))).toBe(
    '`.i` of the element is its position, as in `a[p.i]`',
  );
  const { diagnostics } = await compileProgram(
    model('index bead = line(3)').replace('h[p]', 'h[p.i]'),
    'a.energy',
    readerIn('.'),
  );
  expect(diagnostics).toEqual([]);
});

it('an element of a plain set gets one when the set is declared a line', async () => {
  expect(await advice(model('index bead = 3'))).toContain('declare `index bead = line(3)`');
  // Another size: positions would not help.
  expect(await advice(model('index bead = 5'))).toBeUndefined();
});

it('positions are compared as the elements were meant to be', async () => {
  const text = `index i = line(3)
index j = line(3)
energy E(x : real[i]) { term a = sum(x[p] ^ 2 for p in i, q in j where p < q) }`;
  expect(await advice(text)).toBe('compare their positions, e.g. `i - j < 0`');
});
