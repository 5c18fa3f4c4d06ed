/** Sets of tuples when data are bound: comprehensions, edge lists, their order, their faults. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachBlock } from '../../src/bind/vector.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { type OpenOptions, open } from '../run/kit.ts';

const tail = '\nenergy E(x : real) { term a = x ^ 2 }\n';

async function tablesOf(text: string, name: string, options: OpenOptions = {}): Promise<number[][]> {
  const { compiled, bound } = await open(text + tail, options);
  const set = compiled.program.tupleSets.find((s) => s.name === name);
  if (set?.kind.kind !== 'tuples') throw new Error(`no set ${name}`);
  return set.kind.tables.map((t) => Array.from(bound.constants.get(t)!.data));
}

const refused = (text: string, options: OpenOptions = {}): Promise<string> =>
  open(text + tail, options).then(
    () => 'nothing wrong',
    (e: Error) => e.message,
  );

describe('comprehensions', () => {
  it('of conditions with sums, arrays and data', async () => {
    const files = { 'y.csv': '3\n-1\n0\n2\n5\n' };
    const data = 'index node = 5\ndata y : real[node] from "y.csv"\n';
    expect(await tablesOf(`${data}set s = { i for i in node where y[i] > mean(y) }`, 's', { files })).toEqual(
      [[0, 3, 4]],
    );
    const rank =
      'set s = { (i, j) for i in node, j in node where sum(1 for k in node where y[k] < y[i]) == j }';
    expect(await tablesOf(data + rank, 's', { files })).toEqual([
      [0, 1, 2, 3, 4],
      [3, 0, 1, 2, 4],
    ]);
    const guarded = 'set s = { i for i in node where i > 0 and y[i - 1] > y[i] or i == 0 }';
    expect(await tablesOf(data + guarded, 's', { files })).toEqual([[0, 1]]);
    const most =
      'set s = { i for i in node where y[i] == max(if k > 0 then y[k - 1] else -9 for k in node) }';
    expect(await tablesOf(data + most, 's', { files })).toEqual([[0]]);
    const lse = 'set s = { i for i in node where y[i] > logsumexp(y[k] for k in node where k < 3) }';
    expect(await tablesOf(data + lse, 's', { files })).toEqual([[4]]);
  });

  it('a million sites in well under a second', { timeout: 30_000 }, async () => {
    const text = `index site = grid(1024, 1024)
set checker = { p for p in site where mod(p.row + p.col, 2) == 0 and p.row > 0 }
set diagonal = { (p, site[p.row + 1, p.col + 1]) for p in site where p.row < site.rows - 1 and p.col < site.cols - 1 }
set anti = { (p, site[p.row + 1, p.col - 1]) for p in site where p.row < site.rows - 1 and p.col > 0 }
set tri = union(neighbours(site), diagonal, anti)`;
    const { compiled, bound } = await open(text + tail);
    const began = process.cpuUsage();
    const again = await open(text + tail);
    const { user, system } = process.cpuUsage(began);
    const seconds = (user + system) / 1e6;
    // Wide, because other work shares the machine: a position at a time would take tens of seconds.
    expect(seconds).toBeLessThan(6);
    expect(again.compiled.ok).toBe(true);
    const sizes = Object.fromEntries(compiled.program.tupleSets.map((s) => [s.name, bound.sizeOf(s)]));
    expect(sizes).toMatchObject({
      checker: 1023 * 512,
      diagonal: 1023 * 1023,
      anti: 1023 * 1023,
      tri: 2 * 1023 * 1024 + 2 * 1023 * 1023,
    });
    const diagonal = compiled.program.tupleSets.find((s) => s.name === 'diagonal')!;
    const [from, to] = (diagonal.kind.kind === 'tuples' ? diagonal.kind.tables : []).map(
      (t) => bound.constants.get(t)!.data,
    );
    expect(to.every((q: number, k: number) => q === from[k] + 1025)).toBe(true);
  });

  it('says where an element is outside or a condition has no value', async () => {
    expect(await refused('index k = 4\nindex s = { i }\n')).not.toBe('nothing wrong');
    expect(await refused('index k = line(4)\nset s = { (i, i + 1) for i in k }')).toMatch(
      /is 4, outside `k` \(0 to 3\)/,
    );
    expect(await refused('index k = grid(2, 2)\nset s = { (i, k[i.row, i.col + 1]) for i in k }')).toMatch(
      /outside `k` at i = 1/,
    );
    const files = { 'y.csv': '3\n-1\n0\n2\n5\n' };
    const data = 'index node = 5\ndata y : real[node] from "y.csv"\n';
    expect(await refused(`${data}set s = { i for i in node where y[i - 1] > y[i] }`, { files })).toMatch(
      /no value at i = 0/,
    );
    expect(await refused(`${data}set s = { i for i in node where log(y[i]) > 0 }`, { files })).toMatch(
      /no value at i = 1/,
    );
    expect(await refused(`${data}set s = { i for i in node where y[i] > 50 }`, { files })).toMatch(
      /is empty/,
    );
  });
});

describe('edge lists', () => {
  it('of two to four columns, and subsets', async () => {
    const files = { 'e.csv': '1,2,3\n3,2,1\n', 's.csv': '3\n1\n' };
    const text = `index node = 3
data e : node[row, 3] from "e.csv" one_based
data s : node[some] from "s.csv" one_based
set face = e
set part = s`;
    expect(await tablesOf(text, 'face', { files })).toEqual([
      [0, 2],
      [1, 1],
      [2, 0],
    ]);
    expect(await tablesOf(text, 'part', { files })).toEqual([[2, 0]]);
  });

  it('over an index set whose size other data give, and data over the list', async () => {
    // `node` gets its size from `y`, which comes last; `w` is over the edges themselves.
    const text = `data w : real[edge] from "w.csv"
data e : node[row, 2] from "e.csv"
data y : real[node] from "y.csv"
set edge = e
set strong = { k for k in row where k > 0 }
set both = union(edge, edge)`;
    const files = { 'e.csv': '0,1\n2,1\n', 'y.csv': '1\n2\n3\n', 'w.csv': '5\n6\n' };
    expect(await tablesOf(text, 'both', { files })).toEqual([
      [0, 2, 0, 2],
      [1, 1, 1, 1],
    ]);
    expect(await refused(text, { files: { ...files, 'e.csv': '0,1\n3,1\n' } })).toMatch(/3/);
    expect(await refused(text, { files: { ...files, 'w.csv': '5\n6\n7\n' } })).toMatch(/`edge` was given 2/);
  });
});

describe('values at blocks of positions', () => {
  it('are those of the reference engine', async () => {
    const files = { 'y.csv': `${[3, -1, 0, 2, 5, 0.5].join('\n')}\n` };
    const number = fc.constantFrom(
      '1',
      '2.5',
      '(0.5 * i)',
      '(0.5 * j)',
      'y[i]',
      'y[j]',
      'size(node)',
      '[1, 2, 0.5 * i][mod(j, 3)]',
    );
    const expr = fc.letrec<{ e: string; c: string }>((tie) => ({
      e: fc.oneof(
        { depthSize: 'small' },
        number,
        fc.tuple(tie('e'), fc.constantFrom('+', '-', '*'), tie('e')).map(([a, o, b]) => `(${a} ${o} ${b})`),
        fc.tuple(tie('c'), tie('e'), tie('e')).map(([c, a, b]) => `(if ${c} then ${a} else ${b})`),
        fc
          .tuple(fc.constantFrom('sum', 'max', 'min', 'logsumexp', 'prod'), tie('e'))
          .map(([r, a]) => `${r}(${a.replaceAll('j', 'k')} for k in node)`),
        tie('e').map((a) => `[${a.replaceAll('j', 'k')} + k for k in node][i]`),
        tie('e').map((a) => `tanh(${a})`),
      ),
      c: fc.oneof(
        fc.tuple(tie('e'), fc.constantFrom('<', '>='), tie('e')).map(([a, o, b]) => `${a} ${o} ${b}`),
        fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a} < 1 or not (${b} > 2))`),
      ),
    })).e;
    await fc.assert(
      fc.asyncProperty(expr, async (e) => {
        const text = `index node = 6\ndata y : real[node] from "y.csv"
energy E(x : real) { report r = [1.0 * (${e}) for i in node, j in node]  term a = x ^ 2 }`;
        const { model, bound } = await open(text, { files });
        const [{ value }] = model('E').energy.reports;
        const want = referenceEngine()
          .compile(
            { outputs: [{ name: 'r', axes: value.axes, node: value.body }], sizeOf: bound.sizeOf },
            bound.constants,
          )
          .run(new Map())
          .get('r')!.data;
        const got: number[] = [];
        eachBlock(value.axes, bound.sizeOf, bound.constants, ({ of }) => got.push(...of(value.body)));
        expect(got).toHaveLength(36);
        got.forEach((g, i) => {
          const w = want[i];
          expect(Object.is(g, w) || Math.abs(g - w) <= 1e-12 * Math.max(1, Math.abs(w))).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });
});
