/** Programs of several files on the command line. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/io/safetensors.ts';
import { folder } from './kit.ts';

const files = {
  'models/coin.energy': `
type Coin = { side : spin }
data toss : Coin[throw] from "data/toss.csv"
param bias : real = 0
energy Tossed(c : Coin) { term odds = -bias * c.side }
run learn = fit(Tossed, toss, steps = 30, batch = 4, optimizer = adam(rate = 0.1))
`,
  'models/data/toss.csv': 'side\n1\n-1\n1\n1\n',
  'models/pair.energy': `
use Tossed, Coin, toss from "coin.energy" frozen
param w : real = 0.5
energy Pair(c : Coin) { term coin = Tossed(c)  term more = -w * c.side }
run learn = fit(Pair, toss, steps = 5, batch = 4)
run draws = sample(Pair, draws = 20, chains = 2, warmup = 5)
`,
  'models/only.energy': 'use Tossed as Mine from "coin.energy"\n',
  'models/bad.energy': 'use Tosed from "coin.energy"\nenergy E(s : spin) { term t = s }\n',
  'models/broken.energy': 'use a from "lib/broken.energy"\nenergy E(s : spin) { term t = a * s }\n',
  'models/lib/broken.energy': 'const a = missing\n',
  'models/out.energy': 'use a from "link.energy"\nenergy E(s : spin) { term t = a * s }\n',
  'models/std.energy': `use edge_sum from "std/lattice"
index site = 3
data edges : site[edge, 2] from "edges.csv"
energy E(s : spin[site]) { term t = -edge_sum(s, edges) }
`,
  'models/edges.csv': '0,1\n1,2\n',
  'secret.energy': 'const a = 1\n',
};

type Place = ReturnType<typeof folder>;
const read = (p: Place, file: string) => new Uint8Array(readFileSync(path.join(p.dir, file)));
const params = (p: Place, dir: string) =>
  readSafetensors(read(p, path.join(dir, 'params.safetensors')), 'params').tensors;
const runOf = (p: Place, dir: string): Record<string, Record<string, unknown>> => {
  const record = JSON.parse(readFileSync(path.join(p.dir, dir, 'run.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  return (record.run ?? record) as Record<string, Record<string, unknown>>;
};

describe('programs of several files', () => {
  it('are checked, printed and planned from anywhere', async () => {
    const p = folder(files);
    expect(await p.energy('check', 'models/pair.energy', 'models/coin.energy')).toMatchObject({
      code: 0,
      out: '2 files: nothing wrong\n',
    });
    expect((await p.energy('emit', 'ir', 'models/pair.energy')).out).toContain('coin.bias');
    const plan = await p.energy('plan', 'models/pair.energy', '--engine', 'reference', '--json');
    expect((plan.result.plans as { energy: string }[]).map((x) => x.energy)).toEqual(['Pair']);
    expect((await p.energy('format', '--check', 'models/only.energy')).code).toBe(0);
  });

  it('show mistakes with the file they are in', async () => {
    const p = folder(files);
    const { code, err } = await p.energy('check', 'models/broken.energy');
    expect(code).toBe(1);
    expect(err).toContain(`error[E0201]: there is no name \`missing\` here
 --> models/lib/broken.energy:1:11
  |
1 | const a = missing`);
    expect((await p.energy('check', 'models/bad.energy')).err).toContain('did you mean `Tossed`?');
    const json = await p.energy('check', 'models/broken.energy', '--json');
    expect(json.events[0]).toMatchObject({ file: 'models/lib/broken.energy', line: 1, column: 11 });
  });

  it('read nothing outside the folder of the program', async () => {
    const p = folder(files);
    symlinkSync(path.join(p.dir, 'secret.energy'), path.join(p.dir, 'models', 'link.energy'));
    const { code, err } = await p.energy('check', 'models/out.energy');
    expect(code).toBe(1);
    expect(err).toContain('E0502');
    expect(err).toContain('models/out.energy:1:12');
    for (const used of [
      '../secret.energy',
      '../../etc/passwd',
      '/etc/passwd',
      'http://example.org/a.energy',
    ]) {
      writeFileSync(path.join(p.dir, 'models', 'out.energy'), `use a from "${used}"\n`);
      expect((await p.energy('check', 'models/out.energy')).err).toContain('E0502');
    }
  });

  it('use the standard library of the package', async () => {
    const p = folder(files);
    const { code, result } = await p.energy('logz', 'models/std.energy', '--engine', 'reference', '--json');
    expect(code).toBe(0);
    // An open chain of three spins: 2 (2 cosh 1)².
    expect(result.log_z).toBeCloseTo(Math.log(2) + 2 * Math.log(2 * Math.cosh(1)), 12);
  });

  it('take what a used file has learned, and leave it alone when it is frozen', async () => {
    const p = folder(files);
    expect((await p.energy('run', 'models/coin.energy', '-o', 'coin', '--engine', 'reference')).code).toBe(0);
    const learned = params(p, 'coin/learn').get('bias')!;
    expect(learned.data[0]).not.toBe(0);
    const ran = await p.energy(
      ...['run', 'models/pair.energy', '-o', 'pair', '--engine', 'reference'],
      ...['--params', 'coin=coin/learn'],
    );
    expect([ran.code, ran.err]).toEqual([0, '']);
    const kept = params(p, 'pair/learn');
    expect([...kept.keys()].sort()).toEqual(['coin.bias', 'w']);
    expect(kept.get('coin.bias')).toEqual(learned);
    expect(kept.get('w')!.data[0]).not.toBe(0.5);
    const { program } = runOf(p, 'pair/learn');
    expect(program.uses).toEqual([
      {
        file: 'models/coin.energy',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        text: files['models/coin.energy'],
      },
    ]);
    // The folder of a fit of the whole program holds everything; one file's folder goes before it.
    const again = await p.energy(
      ...['logz', 'models/pair.energy', 'Pair', '--engine', 'reference', '--json'],
      ...['--params', 'pair/learn'],
    );
    const mixed = await p.energy(
      ...['logz', 'models/pair.energy', 'Pair', '--engine', 'reference', '--json'],
      ...['--params', 'coin=coin/learn', '--params', 'pair/learn'],
    );
    expect(again.code).toBe(0);
    const field = learned.data[0] + kept.get('w')!.data[0];
    expect(again.result.log_z).toBeCloseTo(Math.log(2 * Math.cosh(field)), 12);
    expect(mixed.result.log_z).toBe(again.result.log_z);
  });

  it('say whose parameters there are', async () => {
    const p = folder(files);
    await p.energy('run', 'models/coin.energy', '-o', 'coin', '--engine', 'reference');
    const run = (...given: string[]) =>
      p.energy('logz', 'models/pair.energy', 'Pair', '--engine', 'reference', ...given);
    expect(await run('--params', 'coim=coin/learn')).toMatchObject({
      code: 2,
      err: 'energy: --params coim=coin/learn: the program uses no file `coim`; did you mean `coin`?\n',
    });
    expect((await run('--params', 'coin=')).code).toBe(2);
    const plain = await run('--params', 'coin/learn');
    expect(plain.code).toBe(1);
    expect(plain.err).toContain('there is no parameter `w` in this folder');
  });

  it('offer the energy that a file uses where it declares none', async () => {
    const p = folder(files);
    const { code, result } = await p.energy('logz', 'models/only.energy', '--engine', 'reference', '--json');
    expect([code, result.energy]).toEqual([0, 'Mine']);
    expect(result.log_z).toBeCloseTo(Math.log(2), 12);
    const two = await p.energy('logz', 'models/pair.energy', 'Tossed', '--engine', 'reference', '--json');
    expect([two.code, two.result.energy]).toEqual([0, 'Tossed']);
  });

  it('bind data of used files by their names here', async () => {
    const p = folder({ ...files, 'models/other.csv': 'side\n-1\n-1\n' });
    const run = (name: string) =>
      p.energy(
        ...['score', 'models/pair.energy', 'Pair', 'toss', '--engine', 'reference', '--json'],
        ...['--data', `${name}=models/other.csv`],
      );
    expect((await run('coin.toss')).result).toMatchObject({ rows: 2, mean_energy: 0.5 });
    expect((await run('coin.tos')).out).toContain('did you mean `coin.toss`?');
  });

  it('override constants of the program itself only', async () => {
    const p = folder({ 'a.energy': 'use n from "b.energy"\nindex s = n\n', 'b.energy': 'const n = 2\n' });
    expect(await p.energy('check', 'a.energy', '--set', 'n=3')).toMatchObject({
      code: 2,
      err: 'energy: --set n: the program has no constant `n`\n',
    });
  });
});
