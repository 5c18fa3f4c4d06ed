/** UAI models on the command line: every verb, against enumeration and against the reference problems. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from './kit.ts';

/** A cycle of three variables with a forbidden pair, and a constant. */
const tables = {
  a: [0.3, 0.7],
  ab: [
    [1, 2, 3],
    [0, 5, 6],
  ],
  bc: [
    [1, 1.5],
    [2, 2],
    [1, 4],
  ],
  ca: [
    [1, 2],
    [0.5, 1],
  ],
  constant: 0.25,
};
const { a, ab, bc, ca, constant } = tables;
const model = `BAYES
3
2 3 2
5
1 0
2 0 1
2 1 2
2 2 0
0
2 ${a.join(' ')}
6 ${ab.flat().join(' ')}
6 ${bc.flat().join(' ')}
4 ${ca.flat().join(' ')}
1 ${constant}
`;
const weight = (x: number, y: number, z: number): number => a[x] * ab[x][y] * bc[y][z] * ca[z][x] * constant;
const states = [0, 1].flatMap((x) => [0, 1, 2].flatMap((y) => [0, 1].map((z) => ({ x, y, z }))));
const total = (of = (_: { x: number; y: number; z: number }) => true): number =>
  states.filter(of).reduce((sum, s) => sum + weight(s.x, s.y, s.z), 0);

const place = folder({
  'm.uai': model,
  'm.uai.evid': '1 2 1',
  'none.evid': '0',
  'bad.evid': '1 1 7',
  'broken.uai': model.replace('6 1', '7 1'),
  'plain.energy': 'energy E(x : bit) {\n  term a = x\n}\n',
});

describe('a UAI model as a program', () => {
  it('is checked and planned', async () => {
    expect((await place.energy('check', 'm.uai')).code).toBe(0);
    const { result } = await place.energy('plan', 'm.uai', '--evidence', 'm.uai.evid', '--json');
    expect(result.plans).toMatchObject([
      { energy: 'Model', unknowns: [{ unknown: 'x2', free: 1 }, { unknown: 'x3' }] },
    ]);
  }, 30_000);

  it('has its partition function, with evidence and without', async () => {
    const free = await place.energy('logz', 'm.uai', '-o', 'z', '--json');
    expect(free.result.log_z).toBeCloseTo(Math.log(total()), 10);
    const known = await place.energy('logz', 'm.uai', '--evidence', 'm.uai.evid', '-o', 'z', '--json');
    expect(known.result.log_z).toBeCloseTo(Math.log(total((s) => s.z === 1)), 10);
    const more = await place.energy(
      ...['logz', 'm.uai', '--evidence', 'm.uai.evid', '--given', '{ x2[0] = 0 }', '-o', 'z', '--json'],
    );
    expect(more.result.log_z).toBeCloseTo(Math.log(total((s) => s.z === 1 && s.x === 0)), 10);
  });

  it('has its state of highest probability', async () => {
    const { result } = await place.energy(
      'minimize',
      'm.uai',
      '--evidence',
      'm.uai.evid',
      '-o',
      's',
      '--json',
    );
    const best = states
      .filter((s) => s.z === 1)
      .sort((p, q) => weight(q.x, q.y, q.z) - weight(p.x, p.y, p.z))[0];
    expect(result.state).toEqual({ x2: [best.x, 1], x3: [best.y] });
    expect(result.energy).toBeCloseTo(-Math.log(weight(best.x, best.y, 1)), 9);
  });

  it.each(['auto', 'gibbs'])('is drawn from by %s, never where a table is 0', async (method) => {
    const { code, result } = await place.energy(
      ...[
        'sample',
        'm.uai',
        '--evidence',
        'm.uai.evid',
        '--method',
        method,
        '--draws',
        '4000',
        '--chains',
        '4',
      ],
      ...['--format', 'csv', '-o', 'draws', '--json'],
    );
    expect(code).toBe(0);
    expect(result.draws).toBe(4000);
    const lines = [1, 2, 3, 4].flatMap((c) =>
      readFileSync(path.join(place.dir, `draws/draws-${c}.csv`), 'utf8')
        .split('\n')
        .filter((l) => l !== '' && !l.startsWith('#')),
    );
    const [head] = lines;
    const rows = lines.filter((l) => l !== head).map((l) => l.split(','));
    const column = (name: string): string[] => rows.map((r) => r[head.split(',').indexOf(name)]);
    const [x, z, y] = [column('x2.1'), column('x2.2'), column('x3.1')];
    expect(x.length).toBe(16000);
    expect(z.every((v) => v === '1')).toBe(true);
    expect(x.some((v, i) => v === '1' && y[i] === '0')).toBe(false);
    const expected = total((s) => s.z === 1 && s.x === 1) / total((s) => s.z === 1);
    expect(Math.abs(x.filter((v) => v === '1').length / x.length - expected)).toBeLessThan(0.03);
  });

  it('is printed as a program that reads the same file', async () => {
    const { code, out } = await place.energy('emit', 'energy', 'm.uai');
    expect(code).toBe(0);
    const on = folder({ 'm.energy': out, 'm.uai': model });
    const { result } = await on.energy('logz', 'm.energy', '-o', 'z', '--json');
    expect(result.log_z).toBeCloseTo(Math.log(total()), 10);
  });

  it('says what is wrong', async () => {
    const broken = await place.energy('check', 'broken.uai');
    expect(broken.code).toBe(1);
    expect(broken.err + broken.out).toMatch(/E0523.*said to have 7 entries; expected 6/);
    const gone = await place.energy('check', 'gone.uai');
    expect(gone.err + gone.out).toMatch(/E0501/);
    const bad = await place.energy('logz', 'm.uai', '--evidence', 'bad.evid', '-o', 'z');
    expect(bad.err + bad.out).toMatch(/E0523.*state of variable 1/);
    const plain = await place.energy('logz', 'plain.energy', '--evidence', 'none.evid', '-o', 'z');
    expect(plain.code).toBe(2);
    expect(plain.err).toMatch(/--evidence is for UAI models/);
    const format = await place.energy('format', 'm.uai');
    expect(format.code).toBe(2);
    expect(readFileSync(path.join(place.dir, 'm.uai'), 'utf8')).toBe(model);
  });
});

const shared = path.resolve(import.meta.dirname, '../../../shared/data/reference');

interface Reference {
  readonly log_Z: number;
  readonly marginals?: readonly (readonly number[])[];
}

describe.skipIf(!existsSync(path.join(shared, 'alarm_bn')))('the reference models', () => {
  const given = folder({});
  it.each(['alarm_bn', 'uai_Grids_11', 'uai_Segmentation_11'])(
    '%s',
    async (name) => {
      for (const file of ['model.uai', 'model.uai.evid'])
        cpSync(path.join(shared, name, file), path.join(given.dir, name, file));
      const reference = JSON.parse(
        readFileSync(path.join(shared, name, 'reference.json'), 'utf8'),
      ) as Reference;
      const model = `${name}/model.uai`;
      const { result } = await given.energy(
        'logz',
        model,
        '--evidence',
        `${model}.evid`,
        '-o',
        'z',
        '--json',
      );
      expect(result.error).toBe(0);
      expect(result.log_z).toBeCloseTo(reference.log_Z, 8);
    },
    30_000,
  );
});
