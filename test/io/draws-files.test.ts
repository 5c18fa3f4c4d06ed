import { describe, expect, it } from 'vitest';
import { drawsFromCmdstan, readCmdstanCsv, writeCmdstanCsv } from '../../src/io/cmdstan-csv.ts';
import { fileNames, layoutFromJson, layoutOf, layoutToJson } from '../../src/io/draws-layout.ts';
import { readDrawsNpz, writeDrawsNpz } from '../../src/io/draws-npz.ts';
import { readNpz } from '../../src/io/npz.ts';
import { readDrawsParquet, writeDrawsParquet } from '../../src/io/parquet.ts';
import { readParquet } from '../../src/io/parquet-table.ts';
import { decodeData } from '../../src/io/table.ts';
import { exampleDraws } from './example-draws.ts';
import { faultOf, utf8 } from './faults.ts';

const draws = exampleDraws();

describe('layout', () => {
  it('goes through JSON unchanged', () => {
    const json: unknown = JSON.parse(JSON.stringify(layoutToJson(layoutOf(draws))));
    expect(layoutFromJson(json, 'E0521', 'run.json')).toEqual(layoutOf(draws));
  });

  it('refuses what is no layout', async () => {
    for (const bad of [
      null,
      {},
      { chains: 1, draws: -1, quantities: [] },
      { chains: 1, draws: 1, quantities: [{}] },
    ]) {
      expect((await faultOf(() => layoutFromJson(bad, 'E0521', 'run.json'))).code).toBe('E0521');
    }
    const quantity = { name: 'x', role: 'unknown', kind: 'real', shape: [2], lo: 'low' };
    const bad = { chains: 1, draws: 1, quantities: [quantity] };
    expect((await faultOf(() => layoutFromJson(bad, 'E0521', 'run.json'))).message).toContain('`x` a bound');
  });

  it('gives distinct names', () => {
    expect(fileNames(draws.quantities, ['chain', 'draw'])).toEqual([
      's',
      'theta',
      'r.job',
      'unknown.chain',
      'magnet',
      'term.magnet',
      'energy',
    ]);
    const [q] = draws.quantities;
    expect(fileNames([q, q, q])).toEqual(['s', 'unknown.s', 'unknown.s_']);
  });
});

describe('Parquet draws', () => {
  it('come back complete, and the same draws give the same bytes', async () => {
    const bytes = writeDrawsParquet(draws);
    expect(await readDrawsParquet(bytes, 'draws.parquet')).toEqual(draws);
    expect(writeDrawsParquet(exampleDraws())).toEqual(bytes);
  });

  it('are one row a draw and one column a scalar', async () => {
    const file = await decodeData(writeDrawsParquet(draws), 'draws.parquet');
    if (file.kind !== 'table') throw new Error('expected a table');
    const { columns, rows } = file.table;
    expect(rows).toBe(10);
    expect(columns.map((c) => c.name)).toEqual([
      ...['chain', 'draw', 's[0,0]', 's[0,1]', 's[1,0]', 's[1,1]'],
      ...['theta[0,0]', 'theta[0,1]', 'theta[0,2]', 'theta[1,0]', 'theta[1,1]', 'theta[1,2]'],
      ...['r.job', 'unknown.chain[0]', 'unknown.chain[1]', 'magnet', 'term.magnet', 'energy'],
      ...['sampler.diverging', 'sampler.energy'],
    ]);
    expect(columns[0].cells).toEqual(Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1));
    expect(columns[1].cells).toEqual(Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3, 4));
    expect(columns[3].cells).toEqual(
      Int32Array.from({ length: 10 }, (_, r) => draws.quantities[0].values[4 * r + 1]),
    );
    expect(columns[11].cells).toEqual(
      Float64Array.from({ length: 10 }, (_, r) => draws.quantities[1].values[6 * r + 5]),
    );
  });

  it('may be many rows, in several row groups and pages, or none', async () => {
    const many = exampleDraws(3, 50_000);
    const back = await readDrawsParquet(writeDrawsParquet(many), 'draws.parquet');
    many.quantities.forEach((q, i) => {
      expect(
        Buffer.compare(Buffer.from(back.quantities[i].values.buffer), Buffer.from(q.values.buffer)),
      ).toBe(0);
    });
    const none = exampleDraws(2, 0);
    expect(await readDrawsParquet(writeDrawsParquet(none), 'draws.parquet')).toEqual(none);
  });

  it('keep the sign of zero where values repeat', async () => {
    const values = Float64Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? -0 : i % 3 === 1 ? 0 : 0.5));
    const zeros = {
      chains: 1,
      draws: 2000,
      quantities: [{ name: 'z', role: 'report', shape: [], kind: 'real', values }],
    } as const;
    expect(await readDrawsParquet(writeDrawsParquet(zeros), 'd.parquet')).toEqual(zeros);
  });

  it('say so when a file holds no draws', async () => {
    expect((await faultOf(() => readDrawsParquet(utf8('PAR1'), 'd.parquet'))).code).toBe('E0515');
    const { table } = await readParquet(writeDrawsParquet(draws), 'd.parquet');
    expect(table.rowNumber(0)).toBe(1);
  });
});

describe('CmdStan CSV', () => {
  const layout = layoutOf(draws);
  const options = {
    comments: { seed: 3 },
  };

  it('has comments, the sampler’s columns and elements numbered from 1, the first index fastest', () => {
    const [first, second] = writeCmdstanCsv(draws, options).map((text) => text.split('\n'));
    expect(first).toHaveLength(9 + 1 + 5 + 1);
    expect(second.filter((l) => l.startsWith('#'))).toContain('# id = 2');
    expect(first[8]).toBe('# seed = 3');
    expect(first[9]).toBe(
      'lp__,divergent__,energy__,s.1.1,s.2.1,s.1.2,s.2.2,theta.1.1,theta.2.1,theta.1.2,theta.2.2,theta.1.3,theta.2.3,' +
        'r_job,chain_2.1,chain_2.2,magnet,term_magnet,energy',
    );
    const row = first[10].split(',');
    expect(row[0]).toBe(String(-draws.quantities[6].values[0]));
    expect(row.slice(3, 7).map(Number)).toEqual([0, 2, 1, 3].map((i) => draws.quantities[0].values[i]));
    expect([row[7], row[9], row[11]]).toEqual(['nan', 'inf', '-0']);
  });

  it('comes back complete', () => {
    const files = writeCmdstanCsv(draws, options).map((text, i) => {
      const file = `draws-${i + 1}.csv`;
      return { file, chain: readCmdstanCsv(utf8(text), file) };
    });
    expect(drawsFromCmdstan(files, layout)).toEqual(draws);
  });

  it('refuses cells, rows and columns that do not fit', async () => {
    const [text] = writeCmdstanCsv(draws);
    expect(await faultOf(() => readCmdstanCsv(utf8('# a\nlp__,x\n1,y\n'), 'c.csv'))).toMatchObject({
      code: 'E0511',
      place: { row: 3, column: 'x' },
    });
    expect(await faultOf(() => readCmdstanCsv(utf8('lp__,x\n1\n'), 'c.csv'))).toMatchObject({
      code: 'E0517',
      place: { row: 2 },
    });
    expect((await faultOf(() => readCmdstanCsv(utf8('# a\n'), 'c.csv'))).code).toBe('E0511');
    const chain = readCmdstanCsv(utf8(text.replace('s.1.1', 't.1.1')), 'c.csv');
    expect((await faultOf(() => drawsFromCmdstan([{ file: 'c.csv', chain }], layout))).code).toBe('E0521');
  });
});

describe('NPZ draws', () => {
  it('come back complete, shaped chains × draws × shape', async () => {
    const bytes = writeDrawsNpz(draws, 'draws.npz');
    expect(readDrawsNpz(bytes, layoutOf(draws), 'draws.npz')).toEqual(draws);
    const arrays = readNpz(bytes, 'draws.npz');
    expect(arrays.get('theta')?.shape).toEqual([2, 5, 2, 3]);
    expect(arrays.get('term.magnet')?.shape).toEqual([2, 5]);
    expect(arrays.get('s')?.data).toBeInstanceOf(Int32Array);
    const other = { ...layoutOf(draws), draws: 6 };
    expect((await faultOf(() => readDrawsNpz(bytes, other, 'draws.npz'))).message).toContain(
      'expected shape (2, 6, 2, 2)',
    );
  });
});
