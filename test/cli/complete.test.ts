/** `energy complete`: the files that it writes and what it prints. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readParquet } from '../../src/io/parquet-table.ts';
import { folder, type Place } from './kit.ts';

const rows = `ring;kind;place;wing;"no, te"
7;duck;2;268.50;"a; b"
8;;1;274;
9;goose;;;"NA"
10;duck;2;265;x
`;
const place = folder({
  'birds.energy': `
enum Kind = { duck, goose }
type Bird = { kind : Kind, place : ordinal(3), wing : real }
data birds : Bird[bird_number] from "birds.csv" one_based

energy Birds(b : Bird) {
  b.wing ~ normal(if b.kind == Kind.duck then 270 else 450, 10)
  term place = 0.7 * b.place * (b.kind == Kind.duck)
  term goose = 0.3 * (b.kind == Kind.goose)
}

run filled = complete(Birds, birds, draws = 20)
run scores = score(Birds, birds)
`,
  'birds.csv': rows,
  'pairs.energy': `
data x : real[row] from "pairs.json"
data v : bit[row, 2] from "pairs.json"
energy E(x : real, v : bit[2]) {
  x ~ normal(v[0] - v[1], 1)
}
run filled = complete(E, { x = x, v = v })
`,
  'pairs.json': '{"x": [0.5, null, 2], "v": [[1, null], [0, 0], [1, 1]]}',
});
const text = (at: Place, ...file: string[]): string => readFileSync(path.join(at.dir, ...file), 'utf8');
const column = (csv: string, name: string, separator = ','): string[] => {
  const [head, ...lines] = csv.trim().split('\n');
  return lines.map((l) => l.split(separator)[head.split(separator).indexOf(name)]);
};

describe('energy complete', () => {
  it('fills the table and leaves the rest of it alone', async () => {
    const { code, result } = await place.energy(
      'complete',
      'birds.energy',
      '--draws',
      '50',
      '-o',
      'out',
      '--json',
    );
    expect(code).toBe(0);
    expect(result).toMatchObject({
      verb: 'complete',
      rows: 4,
      incomplete: 2,
      missing: 3,
      exact: 1,
      draws: 50,
      complete: true,
      files: ['completed.csv', 'cells.json', 'completions.parquet'],
    });
    const filled = text(place, 'out', 'completed.csv');
    expect(filled.split('\n')[0]).toBe('ring,kind,place,wing,"no, te"');
    expect(filled.split('\n')[1]).toBe('7,duck,2,268.50,a; b');
    expect(column(filled, 'kind')).toEqual(['duck', 'duck', 'goose', 'duck']);
    // Places count from 1 in the file.
    expect(['1', '2', '3']).toContain(column(filled, 'place')[2]);
    expect(Math.abs(Number(column(filled, 'wing')[2]) - 450)).toBeLessThan(2);
  }, 30_000);

  it('says of every missing cell what is known of it', async () => {
    const cells = JSON.parse(text(place, 'out', 'cells.json'));
    expect(cells).toMatchObject([
      { row: 1, line: 3, column: 'kind', value: 'duck', exact: true, mcse: 0, mean: null },
      { row: 2, line: 4, column: 'place', exact: false },
      { row: 2, line: 4, column: 'wing', exact: false },
    ]);
    // For a goose a wing of 274 is 18 standard deviations away.
    expect(cells[0].probabilities.duck).toBeGreaterThan(0.999);
    expect(Object.keys(cells[1].probabilities).sort()).toEqual(['1', '2', '3']);
    expect(cells[2].sd).toBeGreaterThan(9);
    expect(cells[2].sd).toBeLessThan(11);
    expect(cells[2].r_hat).toBeLessThan(1.02);
  });

  it('keeps completions as Parquet or CSV', async () => {
    const bytes = readFileSync(path.join(place.dir, 'out', 'completions.parquet'));
    const { table } = await readParquet(bytes, 'completions.parquet');
    expect(table.columns.map((c) => c.name)).toEqual(['row', 'draw', 'column', 'value', 'label']);
    expect(table.rows).toBe(150);
    expect(table.columns[4].cells.at(0)).toBe('duck');
    expect(table.columns[4].cells.at(149)).toBe(null);
    await place.energy('complete', 'birds.energy', '--format', 'csv', '-o', 'out-csv');
    const csv = text(place, 'out-csv', 'completions.csv');
    expect(csv.split('\n').slice(0, 2)).toEqual(['row,draw,column,value', '1,0,kind,duck']);
    expect(csv.trim().split('\n').length).toBe(301);
  });

  it('writes arrays that are no table by their columns', async () => {
    const { code } = await place.energy('run', 'pairs.energy', '-o', 'arrays');
    expect(code).toBe(0);
    const x = text(place, 'arrays', 'filled', 'completed-x.csv');
    expect(column(x, 'x')[0]).toBe('0.5');
    expect(Math.abs(Number(column(x, 'x')[1]))).toBeLessThan(0.2);
    const v = text(place, 'arrays', 'filled', 'completed-v.csv').trim().split('\n');
    expect(v[0]).toBe('v[0],v[1]');
    expect(['1,0', '1,1']).toContain(v[1]);
    expect(v.slice(2)).toEqual(['0,0', '1,1']);
  });

  it('writes a matrix without a header as one', async () => {
    const on = folder({
      'm.energy':
        'data v : spin[row, 3] from "m.csv"\nenergy E(s : spin[3]) {\n  term a = -s[0] * s[1] - s[1] * s[2]\n}\n',
      'm.csv': '1,,1\n-1,-1,\n1,1,1\n',
    });
    expect((await on.energy('complete', 'm.energy', '-o', 'out')).code).toBe(0);
    expect(text(on, 'out', 'completed.csv')).toBe('1,1,1\n-1,-1,-1\n1,1,1\n');
  });

  it('prints the first cells, and refuses rows with holes elsewhere', async () => {
    const { out } = await place.energy('run', 'birds.energy', 'filled', '-o', 'shown');
    expect(out).toMatch(/3 missing cells in 2 of 4 rows, 20 completions each/);
    expect(out).toMatch(/^row 3, kind +duck +100\.0 % +exact$/m);
    expect(out).toMatch(/^row 4, wing +4\d\d.* ± /m);
    const whole = await place.energy('run', 'birds.energy', 'scores', '-o', 'shown');
    expect(whole.code).toBe(1);
    expect(whole.err + whole.out).toMatch(/E0534[\s\S]*birds\.csv, row 3, column "kind"[\s\S]*`complete`/);
  });
});
