/** Data of domains whose elements depend on each other, and of angles. */
import { describe, expect, it } from 'vitest';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { open } from '../run/kit.ts';

/** The bound values of `x`, or the code, place and sentence of what is wrong. */
async function bound(declaration: string, csv: string, file = 'x.csv'): Promise<number[] | string> {
  try {
    const { bound: b } = await open(
      `enum Dish = { soup, fish, cake }\nindex item\n${declaration} from "${file}"`,
      {
        files: { [file]: csv },
      },
    );
    return [...b.constants.get(b.program.data[0].fields[0].slot)!.data];
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    const { code, place, message, suggestion } = e.diagnostics[0];
    const row = place.kind === 'data' && place.row !== undefined ? ` row ${place.row}` : '';
    return `${code}${row}: ${message}${suggestion ? ` (${suggestion})` : ''}`;
  }
}

describe('data of permutations', () => {
  it('are whole numbers or labels, counted from 0, or from 1 with one_based', async () => {
    expect(await bound('data x : permutation(3)[item]', '0,2,1\n2,1,0\n')).toEqual([0, 2, 1, 2, 1, 0]);
    expect(await bound('data x : permutation(Dish)[item]', 'x0,x1,x2\nfish,soup,cake\n')).toEqual([1, 0, 2]);
    const { bound: b } = await open('index item\ndata x : permutation(3)[item] from "x.csv" one_based', {
      files: { 'x.csv': '3,1,2\n' },
    });
    expect([...b.constants.get(b.program.data[0].fields[0].slot)!.data]).toEqual([2, 0, 1]);
  });
  it('hold each element once', async () => {
    expect(await bound('data x : permutation(3)[item]', '0,2,1\n2,1,2\n')).toBe(
      'E0533 row 2: a value of `x`, permutation(3), holds 2 twice',
    );
    expect(await bound('data x : permutation(3)[item]', '0,2,3\n')).toContain('expected 0 to 2');
  });
});

describe('data of subsets', () => {
  it('have as many ones as the domain says', async () => {
    expect(await bound('data x : subset(4, 2)[item]', '1,0,0,1\n0,1,1,0\n')).toEqual([
      1, 0, 0, 1, 0, 1, 1, 0,
    ]);
    expect(await bound('data x : subset(4, 2)[item]', '1,0,0,1\n0,1,1,1\n')).toBe(
      'E0533 row 2: a value of `x`, subset(4, 2), holds 3 elements; the subset has 2',
    );
    expect(await bound('data x : subset(4, 2)[item]', '1,0,2,1\n')).toContain('expected 0 to 1');
  });
});

describe('data of angles', () => {
  it('lie on −π … π, in radians', async () => {
    expect(await bound('data x : angle[item]', 'x\n0.5\n-3\n')).toEqual([0.5, -3]);
    const [edge] = (await bound('data x : angle[item]', 'x\n3.141593\n')) as number[];
    expect(edge).toBeCloseTo(-Math.PI, 5);
    expect(edge).toBeGreaterThanOrEqual(-Math.PI);
    const wrong = await bound('data x : angle[item]', 'x\n0.5\n90\n');
    expect(wrong).toContain('E0533 row 3: 90 is not a value of angle: expected between −π and π');
    expect(wrong).toContain('radians');
  });
});

describe('data of vectors', () => {
  it.each([
    ['simplex(3)[item]', '0.2,0.3,0.5\n0.1,0.1,0.1\n', 'does not sum to 1 but to 0.3'],
    ['ordered(3)[item]', '1,2,3\n1,3,2\n', 'is not ascending: 2 comes after 3'],
    ['unit(2)[item]', '0.6,0.8\n1,1\n', 'has not length 1 but 1.41421'],
  ])('%s are checked row by row', async (domain, csv, why) => {
    const [first] = csv.split('\n');
    expect(await bound(`data x : ${domain}`, `${first}\n`)).toEqual(first.split(',').map(Number));
    const wrong = await bound(`data x : ${domain}`, csv);
    expect(wrong).toContain('E0533 row 2: a value of `x`');
    expect(wrong).toContain(why);
  });

  it('cholesky_corr(k) are lower triangular with rows of length 1', async () => {
    const json = (rows: number[][]): string => JSON.stringify({ x: rows });
    expect(
      await bound(
        'data x : cholesky_corr(2)',
        json([
          [1, 0],
          [0.6, 0.8],
        ]),
        'x.json',
      ),
    ).toEqual([1, 0, 0.6, 0.8]);
    expect(
      await bound(
        'data x : cholesky_corr(2)',
        json([
          [1, 0.1],
          [0.6, 0.8],
        ]),
        'x.json',
      ),
    ).toContain('is not lower triangular');
  });
});
