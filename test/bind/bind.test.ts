/** Data in every layout, sizes of index sets, sets of tuples, initial values of parameters. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Slot } from '../../src/ir/types.ts';
import { type Opened, type OpenOptions, open } from '../run/kit.ts';

const tail = '\nenergy E(x : real) {\n  term a = x ^ 2\n}\n';

/** The array of a data slot, as plain numbers. */
async function dataOf(
  text: string,
  name: string,
  options: OpenOptions = {},
): Promise<{ shape: number[]; data: number[] }> {
  const { bound } = await open(text + tail, options);
  const slot = [...bound.constants.keys()].find((s) => s.name === name);
  if (!slot) throw new Error(`no data ${name}`);
  const { shape, data } = bound.constants.get(slot)!;
  return { shape: [...shape], data: [...data] };
}

const refused = (text: string, options: OpenOptions = {}): Promise<unknown> =>
  open(text + tail, options).then(
    () => undefined,
    (e: Error) => e.message,
  );

describe('layouts of data', () => {
  const csv = (name: string, text: string): OpenOptions => ({ files: { [name]: text } });

  it('a matrix file is an array of two indices, or a lattice', async () => {
    const file = csv('m.csv', '1,2,3\n4,5,6\n');
    const want = [1, 2, 3, 4, 5, 6];
    expect(await dataOf('data m : real[row, col] from "m.csv"', 'm', file)).toEqual({
      shape: [2, 3],
      data: want,
    });
    expect(await dataOf('index s = grid(2, 3)\ndata m : real[s] from "m.csv"', 'm', file)).toEqual({
      shape: [6],
      data: want,
    });
    expect(await refused('index s = grid(3, 2)\ndata m : real[s] from "m.csv"', file)).toContain(
      'shape [2, 3]',
    );
  });

  it('numbered columns are an array in each row', async () => {
    for (const names of ['x0,x1,x2', 'x_0,x_1,x_2', 'x.0,x.1,x.2', '"x[0]","x[1]","x[2]"']) {
      const file = csv('t.csv', `id,${names}\n7,1,2,3\n8,4,5,6\n`);
      expect(await dataOf('data x : real[row, 3] from "t.csv"', 'x', file)).toEqual({
        shape: [2, 3],
        data: [1, 2, 3, 4, 5, 6],
      });
    }
    // The second size may come from the file too; the order of columns is that of their numbers.
    const turned = csv('t.csv', 'x1,x0\n2,1\n4,3\n');
    expect(await dataOf('data x : int(0, 9)[row, k] from "t.csv"', 'x', turned)).toEqual({
      shape: [2, 2],
      data: [1, 2, 3, 4],
    });
  });

  it('numbered columns of a lattice by their coordinates', async () => {
    const file = csv('t.csv', 's_0_0,s_0_1,s_1_0,s_1_1\n1,-1,1,1\n');
    expect(await dataOf('index g = grid(2, 2)\ndata s : spin[row, g] from "t.csv"', 's', file)).toEqual({
      shape: [1, 4],
      data: [1, -1, 1, 1],
    });
  });

  it('columns are found by name, alike but for punctuation', async () => {
    const file = csv('t.csv', 'petal length (cm),n\n1.5,2\n2.5,3\n');
    expect(await dataOf('data petal_length_cm : real[row] from "t.csv"', 'petal_length_cm', file)).toEqual({
      shape: [2],
      data: [1.5, 2.5],
    });
    expect(await refused('data width : real[row] from "t.csv"', file)).toContain(
      'there is no column `width`',
    );
  });

  it('labels, words of bits, codes from one', async () => {
    const file = csv('t.csv', 'c,b,k\nred,yes,1\nblue,False,3\n0,1,2\n');
    const head = 'enum Colour = { red, green, blue }\nindex part = 3\n';
    expect((await dataOf(`${head}data c : Colour[row] from "t.csv"`, 'c', file)).data).toEqual([0, 2, 0]);
    expect((await dataOf('data b : bit[row] from "t.csv"', 'b', file)).data).toEqual([1, 0, 1]);
    expect((await dataOf(`${head}data k : part[row] from "t.csv" one_based`, 'k', file)).data).toEqual([
      0, 2, 1,
    ]);
    expect(await refused(`${head}data k : part[row] from "t.csv"`, file)).toContain('3 is not a value');
  });

  it('records of records', async () => {
    const file = csv('t.csv', 'at.x,at.y,on\n1,2,0\n3,4,1\n');
    const text =
      'type Point = { x : real, y : real }\ntype Mark = { at : Point, on : bit }\ndata m : Mark[row] from "t.csv"';
    expect((await dataOf(text, 'm.at.y', file)).data).toEqual([2, 4]);
    expect((await dataOf(text, 'm.on', file)).data).toEqual([0, 1]);
  });

  it('one JSON file for every name', async () => {
    const file = csv('d.json', '{"N": 3, "y": [1.5, 2, 3], "m": [[1, 2], [3, 4]], "s": -2.5}');
    const text =
      'data y : real[n] from "d.json"\ndata m : real[i, j] from "d.json"\ndata s : real from "d.json"';
    expect(await dataOf(text, 'm', file)).toEqual({ shape: [2, 2], data: [1, 2, 3, 4] });
    expect(await dataOf(text, 's', file)).toEqual({ shape: [], data: [-2.5] });
    expect(await refused('data z : real[n] from "d.json"', file)).toContain('there is no `z`');
  });

  it('a set has one size', async () => {
    const file = { files: { 'a.csv': 'a\n1\n2\n', 'b.csv': 'b\n1\n2\n3\n' } };
    expect(await refused('data a : real[row] from "a.csv"\ndata b : real[row] from "b.csv"', file)).toContain(
      '`row` was given 2 by `a` and 3 by `b`',
    );
  });

  it('a category over a set that later data measure', async () => {
    const files = { files: { 'k.csv': 'k\n0\n2\n', 'p.csv': 'p\n5\n6\n7\n' } };
    const text = 'index part\ndata k : part[row] from "k.csv"\ndata p : real[part] from "p.csv"';
    expect((await dataOf(text, 'k', files)).data).toEqual([0, 2]);
    const small = { files: { ...files.files, 'p.csv': 'p\n5\n6\n' } };
    expect(await refused(text, small)).toContain('2 is not a value of category(part)');
  });
});

describe('sets', () => {
  const tables = async ({ bound }: Opened, name: string): Promise<number[][]> => {
    const set = bound.program.namedSets.find((s) => s.name === name)!;
    if (set.kind.kind !== 'tuples') throw new Error('not a set of tuples');
    return set.kind.tables.map((t: Slot) => [...bound.constants.get(t)!.data]);
  };

  it('neighbours are each unordered pair of nearest sites once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (dims, wrap) => {
          const sites = dims.reduce((a, b) => a * b, 1);
          const near = new Set<string>();
          const flat = (p: readonly number[]): number => p.reduce((at, x, d) => at * dims[d] + x, 0);
          for (let i = 0; i < sites; i++) {
            const p = dims.map((n, d) => Math.floor(i / dims.slice(d + 1).reduce((a, b) => a * b, 1)) % n);
            for (const [d, n] of dims.entries()) {
              const q = p.with(d, wrap ? (p[d] + 1) % n : p[d] + 1);
              if (q[d] < n && flat(q) !== i) near.add([i, flat(q)].sort((a, b) => a - b).join('-'));
            }
          }
          const text = `index site = grid(${dims.join(', ')})\nset bond = neighbours(site, wrap = ${wrap})${tail}`;
          if (near.size === 0) {
            await expect(open(text)).rejects.toThrow('is empty');
            return;
          }
          const [from, to] = await tables(await open(text), 'bond');
          const got = from.map((a, k) => [a, to[k]].sort((x, y) => x - y).join('-'));
          expect(new Set(got).size).toBe(got.length);
          expect([...got].sort()).toEqual([...near].sort());
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });

  it('comprehensions keep what their condition keeps, in order', async () => {
    const opened = await open(
      `index a = 4
       index b = line(3)
       data w : real[a] from "w.csv"
       set pairs = { (i, j) for i in a, j in b where w[i] > j }
       set some  = { i for i in a where w[i] > 1 }${tail}`,
      { files: { 'w.csv': 'w\n0.5\n1.5\n-1\n9\n' } },
    );
    expect(await tables(opened, 'pairs')).toEqual([
      [0, 1, 1, 3, 3, 3],
      [0, 0, 1, 0, 1, 2],
    ]);
    expect(await tables(opened, 'some')).toEqual([[1, 3]]);
  });
});

describe('parameters', () => {
  const params = async (text: string, options: OpenOptions = {}): Promise<Map<string, number[]>> => {
    const opened = await open(text + tail, options);
    const model = opened.model();
    return new Map(
      opened.compiled.program.params.map(
        (p) => [p.slot.name, [...model.constants.get(p.slot)!.data]] as const,
      ),
    );
  };

  it('start where they say, else inside their bounds', async () => {
    const p = await params(`
      index k = line(3)
      param late : real = 2 * early + 1
      param early : real = 3
      param free : real
      param up : real(1, inf)
      param down : real(-inf, -2)
      param inside : real(2, 6)
      param zero : real(-1, 5)
      param vector : real[k] = [1, 2, 4]
      param squares : real[k] = [t ^ 2 for t in k]`);
    expect(Object.fromEntries(p)).toEqual({
      late: [7],
      early: [3],
      free: [0],
      up: [2],
      down: [-3],
      inside: [4],
      zero: [0],
      vector: [1, 2, 4],
      squares: [0, 1, 4],
    });
  });

  it('a network starts at random: by its seed, its name and its fan-in, whatever else is declared', async () => {
    const net = 'param net = mlp(200, hidden = [300], act = tanh)\n';
    const [a, b, other] = [
      await params(net),
      await params(`param w : real = 1\n${net}`),
      await params(net, { seed: 2 }),
    ];
    expect(a.get('net.weight1')).toEqual(b.get('net.weight1'));
    expect(a.get('net.weight1')).not.toEqual(other.get('net.weight1'));
    expect(a.get('net.bias1')!.every((x) => x === 0)).toBe(true);
    const w = a.get('net.weight1')!;
    // 60,000 normal numbers of variance 1/200: their mean square has a relative error of √(2/60000) = 0.6 %.
    const ms = w.reduce((s, x) => s + x * x, 0) / w.length;
    expect(Math.abs(ms * 200 - 1)).toBeLessThan(5 * Math.sqrt(2 / w.length));
  });

  it('constants are set from outside', async () => {
    const text = 'const n : int = 2\nindex k = n\nparam v : real[k] = 1';
    expect((await params(text)).get('v')).toEqual([1, 1]);
    expect((await params(text, { constants: { n: 4 } })).get('v')).toEqual([1, 1, 1, 1]);
    await expect(params(text, { constants: { n: 1.5 } })).rejects.toThrow('`n` is a whole number');
  });
});
