/** Programs of several files: loading, scopes, names, what is frozen. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import { check } from '../../src/check/program.ts';
import { type Compiled, type CompileOptions, compileProgram, compileText } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { slotsRead } from '../../src/ir/walk.ts';
import { fit as learn } from '../../src/learn/fit.ts';
import { fitOptions } from '../../src/learn/options.ts';
import { moduleReader } from '../../src/modules.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { isStd, resolveData, resolveUse } from '../../src/syntax/module-path.ts';
import { parse } from '../../src/syntax/parse.ts';
import { render } from '../../src/syntax/render.ts';

type Files = Readonly<Record<string, string>>;

const compile = (
  text: string,
  files: Files = {},
  options: CompileOptions & { readonly std?: Files; readonly file?: string } = {},
): Promise<Compiled> => {
  const { std = {}, file = 'main.energy', ...rest } = options;
  const reader = moduleReader(memoryHost(files), libraryOf(new Map(Object.entries(std))));
  return compileProgram(text, file, reader, rest);
};
const shown = (c: Compiled): string =>
  c.diagnostics.map((d) => render(d, (f) => c.sources.get(f), { color: false })).join('\n');
const codes = (c: Compiled): readonly string[] => c.diagnostics.map((d) => d.code);
const paramNames = (c: Compiled): readonly string[] => c.program.params.map((p) => p.slot.name);

/** ln Z of an energy of one file, with data. */
async function logZ(c: Compiled, energy: string, files: Files = {}): Promise<number> {
  if (!c.ok) throw new Error(shown(c));
  const session = await openSession(c.program, memoryHost(files), referenceEngine());
  const span = { file: '', start: 0, end: 0 };
  const result = await runJob(session, { name: 'z', verb: 'logz', energy, options: {}, span }, () => {});
  if (result.verb !== 'logz') throw new Error('not a logz');
  return result.logZ;
}

const STROKE = `
index pixel = grid(4, 4)
enum Digit = { zero, one, seven }
param W : real[pixel, Digit] = 0.5
param net = mlp(pixel, hidden = [3])
energy Stroke(x : real(0, 1)[pixel], y : Digit) { term score = -sum(W[p, y] * x[p] for p in pixel) + net(x) }
run learn = sample(Stroke)
`;
const SLANT = `
use pixel from "stroke.energy"
param tilt : real = 0.1
energy Slant(x : real(0, 1)[pixel]) { term lean = tilt * sum(x[p] * p.col for p in pixel) }
`;
const JOINT = `
/// A product of two experts, then conditioning: fill in half of an image.
use Stroke, Digit, pixel from "stroke.energy" frozen
use Slant from "slant.energy" frozen

data  photo : real(0, 1)[pixel] from "photo.json"
param w     : real(0, inf) = 0.7
set   left  = { p for p in pixel where p.col < 2 }

energy Joint(x : real(0, 1)[pixel], y : Digit) {
  term stroke = Stroke(x, y)
  term slant  = w * Slant(x)
  term smooth = 0.1 * sum((x[p] - x[q]) ^ 2 for (p, q) in neighbours(pixel))
  report seven = y == Digit.seven
}

run fill = sample(Joint, given = { x[left] = photo[left] }, chains = 2, draws = 4, warmup = 2)
run best = minimize(Joint, given = { x[left] = photo[left], y = Digit.seven }, restarts = 16)
`;
const tour: Files = { 'stroke.energy': STROKE, 'slant.energy': SLANT };

describe('programs of several files', () => {
  it('joins two experts of other files, frozen, as the tour does', async () => {
    const c = await compile(JOINT, tour);
    expect(shown(c)).toBe('');
    expect(paramNames(c)).toEqual([
      'w',
      'stroke.W',
      'stroke.net.weight1',
      'stroke.net.bias1',
      'stroke.net.weight2',
      'stroke.net.bias2',
      'slant.tilt',
    ]);
    expect(c.program.params.map((p) => p.frozen)).toEqual([false, true, true, true, true, true, true]);
    expect([...c.program.energies.keys()]).toEqual(['Joint', 'Stroke', 'Slant']);
    expect(c.program.jobs.map((j) => j.name)).toEqual(['fill', 'best']);
    expect(c.program.modules.map((m) => [m.name, m.file, m.frozen, m.uses])).toEqual([
      ['slant', 'slant.energy', true, ['stroke']],
      ['stroke', 'stroke.energy', true, []],
    ]);
    expect(c.used.map((s) => s.file)).toEqual(['stroke.energy', 'slant.energy']);
  });

  it('runs a job of it', async () => {
    const c = await compile(JOINT, tour);
    const photo = JSON.stringify(Array.from({ length: 4 }, () => [0.1, 0.9, 0.2, 0.4]));
    const session = await openSession(c.program, memoryHost({ 'photo.json': photo }), referenceEngine());
    const result = await runJob(session, c.program.jobs[0], () => {});
    if (result.verb !== 'sample') throw new Error('not a sample');
    const x = result.draws.quantities.find((q) => q.name === 'x')!;
    expect([...x.values.slice(0, 2)]).toEqual([0.1, 0.9]);
  });

  it('has a file that is used twice once, and its index sets with it', async () => {
    const c = await compile(
      'use a from "left.energy"\nuse b from "right.energy"\nenergy E(s : spin[2]) { term t = sum(s) + sum(a) + sum(b) + sum(a * b) }',
      {
        'base.energy': 'index site = 3\nparam k : real[site] = 1',
        'left.energy': 'use site, k from "base.energy"\nparam a : real[site] = k',
        'right.energy': 'use site, k from "./base.energy"\nparam b : real[site] = 2 * k',
      },
    );
    expect(shown(c)).toBe('');
    const [k, a, b] = ['base.k', 'left.a', 'right.b'].map(
      (n) => c.program.params.find((p) => p.slot.name === n)!.slot,
    );
    expect(a.sets[0]).toBe(k.sets[0]);
    expect(b.sets[0]).toBe(k.sets[0]);
    expect(c.program.params).toHaveLength(3);
  });

  it('re-uses every kind of declaration, under other names too', async () => {
    const files: Files = {
      'lib/all.energy': `
const n = 3
index site = n
set pair = { (p, q) for p in site, q in site where p < q }
enum Job = { clerk, nurse }
type Row = { owns : bit, job : Job }
data seen : spin[picture, site] from "../seen.csv"
param J : real[pair] = 0.25
fn pull(s : real[site]) : real = sum(s)
energy Ising(s : spin[site]) { term t = -sum(J[p, q] * s[p] * s[q] for (p, q) in pair) }
energy Tall(r : Row) { term t = if r.job == Job.nurse then r.owns else 0 }
`,
    };
    const c = await compile(
      `
use picture, n, site as place, pair, Job as Work, Row, seen as old, J, pull, Ising as Base, Tall from "lib/all.energy"
param extra : real[pair] = 0
energy E(s : spin[place], r : Row) {
  term base = Base(s)
  term more = -sum(extra[p, q] * J[p, q] * s[p] * s[q] for (p, q) in pair)
  term fields = n * pull(s) + 0.1 * sum(old[i, p] * s[p] for i in picture, p in place)
  term row = Tall(r) + (if r.job == Work.clerk then 1 else 0)
}
`,
      files,
    );
    expect(shown(c)).toBe('');
    expect(c.program.data.map((d) => [d.name, d.local, d.from])).toEqual([['all.seen', 'seen', 'seen.csv']]);
    expect(paramNames(c)).toEqual(['all.J', 'extra']);
    expect([...c.program.energies.keys()]).toEqual(['E', 'Base', 'Tall']);
    expect(c.program.energies.get('Base')!.energy.name).toBe('Base');
    const bound = await bind(c.program, memoryHost({ 'seen.csv': '1,-1,1\n1,1,-1\n' }));
    expect(bound.constants.get(c.program.data[0].fields[0].slot)!.shape).toEqual([2, 3]);
  });

  it('gives the energy that the same declarations in one file give', async () => {
    const parts =
      'index site = 3\nparam J : real = 0.3\nfn chain(s : real[site]) = s[0] * s[1] + s[1] * s[2]';
    const body = 'energy E(s : spin[site]) { term t = -J * chain(s) }';
    const one = await compile(`${parts}\n${body}`);
    const two = await compile(`use site, J, chain from "parts.energy"\n${body}`, { 'parts.energy': parts });
    expect(await logZ(two, 'E')).toBe(await logZ(one, 'E'));
  });

  it('lets only what is used, and what that needs, join the program', async () => {
    const lib = `
index site = 2
param used : real[site] = 1
param unused : real = 1
data lost : real[site] from "nowhere.csv"
energy E(s : spin[site]) { term t = -sum(used * s) }
energy Wrong(s : spin[site]) { term t = nothing }
`;
    const c = await compile('use E from "lib.energy"', { 'lib.energy': lib });
    expect(shown(c)).toBe('');
    expect(paramNames(c)).toEqual(['lib.used']);
    expect(c.program.data).toEqual([]);
    // Σ over ±1 of exp(s₁ + s₂)
    expect(await logZ(c, 'E')).toBeCloseTo(2 * Math.log(2 * Math.cosh(1)), 12);
  });

  it('finds the size of an index set in the data of its file', async () => {
    const lib =
      'index site\ndata seen : real[site] from "seen.csv"\nenergy E(s : spin[site]) { term t = sum(s) }';
    const c = await compile('use E from "sub/lib.energy"', { 'sub/lib.energy': lib });
    expect(c.program.data.map((d) => [d.name, d.from])).toEqual([['lib.seen', 'sub/seen.csv']]);
    expect(await logZ(c, 'E', { 'sub/seen.csv': 'seen\n1\n2\n' })).toBeCloseTo(
      2 * Math.log(2 * Math.cosh(1)),
      12,
    );
    const given = await compile(
      'use E, site from "sub/lib.energy"\ndata here : real[site] from "here.csv"\nenergy F(s : spin[site]) { term t = E(s) + sum(here * s) }',
      { 'sub/lib.energy': lib },
    );
    expect(given.program.data.map((d) => d.name)).toEqual(['here']);
  });

  it('names slots by the stem of their file, and by its folder where stems meet', async () => {
    const file = 'param J : real = 1';
    const c = await compile(
      'use J as a from "x/m.energy"\nuse J as b from "y/m.energy"\nuse J as c from "J.energy"\nuse J as d from "std/m"\nparam J : real = 0\nenergy E(s : spin) { term t = (a + b + c + d + J) * s }',
      { 'x/m.energy': file, 'y/m.energy': file, 'J.energy': file },
      { std: { m: file } },
    );
    expect(shown(c)).toBe('');
    expect(paramNames(c)).toEqual(['x/m.J', 'y/m.J', 'J.energy.J', 'std/m.J', 'J']);
  });

  it('overrides constants of the entry program alone', async () => {
    const files = { 'lib.energy': 'const n = 2\nindex site = n' };
    const text =
      'use site from "lib.energy"\nconst n = 3\nindex other = n\nenergy E(s : spin[site], u : spin[other]) { term t = sum(s) * sum(u) }';
    const c = await compile(text, files, { constants: new Map([['n', 5]]) });
    const sets = c.program.namedSets.map((s) => [s.name, s.kind]);
    expect(sets).toContainEqual(['site', { kind: 'range', size: 2 }]);
    expect(sets).toContainEqual(['other', { kind: 'range', size: 5 }]);
  });
});

describe('scopes', () => {
  const z = async (text: string, files: Files = {}): Promise<number> => logZ(await compile(text, files), 'E');

  it('a function sees the names of its file, not those of its caller', async () => {
    const call = (name: string) => `
const k = 2
fn twice(x : real) = k * x
energy E(s : spin) { let ${name} = 10  term t = twice(s) + 0 * ${name} }`;
    expect(await z(call('k'))).toBe(await z(call('other')));
    const argument = (name: string) => `
param c : real = 3
fn scaled(x : real) = c * x
energy E(${name} : spin) { term t = scaled(${name}) }`;
    expect(await z(argument('c'))).toBe(await z(argument('s')));
    const bound = (name: string) => `
const w = 4
fn weigh(x : real) = w * x
energy E(s : spin[3]) { term t = sum(weigh(s[${name}]) for ${name} in 0..3) }`;
    expect(await z(bound('w'))).toBe(await z(bound('i')));
  });

  it('an energy sees the names of its file, in its body and in its domains', async () => {
    const nested = (name: string) => `
const k = 2
index site = 2
energy Base(s : spin[site]) { let double = k * s  term t = sum(double) }
energy E(${name} : spin[site]) { let double = 7  term t = Base(${name}) + 0 * double }`;
    expect(await z(nested('k'))).toBe(await z(nested('s')));
    const generic = `
fn total(x : real[n]) = sum(x)
energy Inner(a : spin[n]) { term t = total(a) }
energy E(u : spin[2], v : spin[3]) { term t = Inner(u) + 2 * Inner(v) }`;
    expect(await z(generic)).toBeCloseTo(2 * Math.log(2 * Math.cosh(1)) + 3 * Math.log(2 * Math.cosh(2)), 12);
  });

  it('names of two files do not meet', async () => {
    const files = {
      'a.energy': 'const k = 2\nfn f(x : real) = k * x\nfn g(x : real) = f(x) + 1',
      'b.energy': 'use g from "a.energy"\nconst k = 100\nfn f(x : real) = g(x) + k\nfn h(x : real) = f(x)',
    };
    // h(s) = (2 s + 1) + 100
    expect(
      await z('use h from "b.energy"\nconst k = 1000\nenergy E(s : spin) { term t = h(s) }', files),
    ).toBeCloseTo(-101 + Math.log(2 * Math.cosh(2)), 10);
  });

  it('equal names of two files are no recursion, a circle in one file is', async () => {
    const c = await compile('use E as Other from "a.energy"\nenergy E(s : spin) { term t = Other(s) }', {
      'a.energy': 'energy E(s : spin) { term t = s }',
    });
    expect(shown(c)).toBe('');
    const circle = await compile('use f from "a.energy"\nenergy E(s : spin) { term t = f(s) }', {
      'a.energy': 'fn f(x : real) = g(x)\nfn g(x : real) = f(x)',
    });
    expect(codes(circle)).toEqual(['E0207']);
    expect(circle.diagnostics[0].message).toContain('`f` calls itself through `g`');
  });

  it('a name that is not used is not there', async () => {
    const c = await compile('use a from "a.energy"\nenergy E(s : spin) { term t = a * b * s }', {
      'a.energy': 'const a = 1\nconst b = 2',
    });
    expect(codes(c)).toEqual(['E0201']);
  });
});

describe('what is frozen', () => {
  const LIB =
    'param J : real = 0.5 \nparam off : real = 1\nenergy Base(s : spin[3]) { term t = -J * sum(s) - off * s[0] }';
  const MAIN = (frozen: string) => `
use Base from "lib.energy"${frozen}
data seen : spin[row, 3] from "seen.csv"
param w : real = 0.25
energy E(s : spin[3]) { term t = Base(s) - w * s[1] * s[2] }
run learn = fit(E, seen, steps = 20, batch = 4, optimizer = adam(rate = 0.05))
`;
  const seen = { 'seen.csv': '1,1,1\n1,-1,-1\n1,1,1\n-1,1,1\n' };
  const train = async (frozen: string) => {
    const c = await compile(MAIN(frozen), { 'lib.energy': LIB });
    if (!c.ok) throw new Error(shown(c));
    const bound = await bind(c.program, memoryHost(seen));
    const params = initialParams(bound, 1);
    const job = c.program.jobs[0];
    const rows = job.options.data;
    if (rows.kind !== 'rows') throw new Error('no rows');
    const result = await learn({
      bound,
      energy: c.program.energies.get('E')!.energy,
      rows: rows.rows,
      params,
      options: { ...fitOptions(), steps: 20, batch: 4 },
      engine: referenceEngine(),
    });
    const byName = (p: typeof params) => new Map([...p].map(([slot, a]) => [slot.name, [...a.data]]));
    return { status: result.status, before: byName(params), after: byName(result.params), result };
  };

  it('is not touched by training, to the byte', async () => {
    const { status, before, after, result } = await train(' frozen');
    expect(status).toBe('done');
    for (const name of ['lib.J', 'lib.off']) expect(after.get(name)).toEqual(before.get(name));
    expect(after.get('w')).not.toEqual(before.get('w'));
    expect([...result.checkpoint.tensors.keys()].filter((n) => n.startsWith('param.'))).toEqual(['param.w']);
  });

  it('without the word is learned with the rest', async () => {
    const { before, after } = await train('');
    for (const name of ['lib.J', 'lib.off', 'w']) expect(after.get(name)).not.toEqual(before.get(name));
  });

  it('goes on to what a frozen file uses', async () => {
    const c = await compile('use E from "b.energy" frozen', {
      'b.energy': 'use J from "a.energy"\nenergy E(s : spin) { term t = J * s }',
      'a.energy': 'param J : real = 1',
    });
    expect(c.program.params.map((p) => [p.slot.name, p.frozen])).toEqual([['a.J', true]]);
  });

  it('is an error where a file is used both ways, naming both places', async () => {
    const files = {
      'b.energy': 'use J from "a.energy"\nenergy E(s : spin) { term t = J * s }',
      'a.energy': 'param J : real = 1',
    };
    const c = await compile(
      'use E from "b.energy" frozen\nuse J from "a.energy"\nenergy F(s : spin) { term t = J * E(s) }',
      files,
    );
    expect(codes(c)).toEqual(['E0210']);
    expect(
      shown(c),
    ).toBe(`error[E0210]: \`a.energy\` is used both frozen and not: its parameters are either learned or kept
 --> main.energy:2:12
  |
2 | use J from "a.energy"
  |            ^^^^^^^^^^
note: a frozen file uses it here
 --> b.energy:1:12
  |
1 | use J from "a.energy"
  |            ^^^^^^^^^^
help: say \`frozen\` at both places or at none`);
    // Without parameters there is nothing to be at odds about.
    const fine = await compile(
      'use k from "a.energy" frozen\nuse k as l from "a.energy"\nenergy E(s : spin) { term t = k * l * s }',
      {
        'a.energy': 'const k = 2',
      },
    );
    expect(shown(fine)).toBe('');
  });

  it('leaves nothing to learn where all is frozen, and says so', async () => {
    const c = await compile(
      'use Base from "lib.energy" frozen\ndata seen : spin[row, 3] from "seen.csv"\nrun learn = fit(Base, seen, steps = 2)',
      { 'lib.energy': LIB },
    );
    const session = await openSession(c.program, memoryHost(seen), referenceEngine());
    await expect(runJob(session, c.program.jobs[0], () => {})).rejects.toMatchObject({
      diagnostics: [{ code: 'E0716', suggestion: expect.stringContaining('frozen') }],
    });
  });

  it('no lint speaks of the parameters and data of used files', async () => {
    const c = await compile('use J, seen from "lib.energy"\nenergy E(s : spin) { term t = s }', {
      'lib.energy': 'param J : real = 1\ndata seen : real from "a.csv"\nparam never : real = 1',
    });
    expect(codes(c)).toEqual([]);
    expect(slotsRead(c.program.energies.get('E')!.energy.terms.map((t) => t.body)).size).toBe(1);
  });
});

describe('faults of several files', () => {
  const E = '\nenergy E(s : spin) { term t = s }';

  it.each([
    [
      'use x from "strok.energy"',
      'E0501',
      'there is no file `strok.energy`',
      'did you mean "stroke.energy"?',
    ],
    [
      'use x from "sub/bse.energy"',
      'E0501',
      'there is no file `sub/bse.energy`',
      'did you mean "sub/base.energy"?',
    ],
    [
      'use x from "stroke"',
      'E0209',
      '`stroke` is not the name of an .energy file',
      'did you mean "stroke.energy"?',
    ],
    [
      'use x from "std/latice"',
      'E0209',
      'the standard library has no module `std/latice`',
      'did you mean "std/lattice"?',
    ],
    [
      'use x from "std/zzz"',
      'E0209',
      'the standard library has no module `std/zzz`',
      'its modules are std/graph, std/lattice',
    ],
    [
      'use x from "std/../a"',
      'E0209',
      '`std/../a` is not the name of a module of the standard library',
      undefined,
    ],
    [
      'use x from "../../etc/passwd"',
      'E0502',
      '`../../etc/passwd` leaves the folder of the program',
      undefined,
    ],
    [
      'use x from "sub/../../a.energy"',
      'E0502',
      '`sub/../../a.energy` leaves the folder of the program',
      undefined,
    ],
    ['use x from "/etc/passwd"', 'E0502', '`/etc/passwd` is an absolute path', undefined],
    [
      'use x from "http://example.org/a.energy"',
      'E0502',
      '`http://example.org/a.energy` is an address',
      undefined,
    ],
    ['use x from "C:/a.energy"', 'E0502', '`C:/a.energy` is an address', undefined],
    ['use x from "a\\\\b.energy"', 'E0502', 'folders are separated by `/`', undefined],
    ['use x from ""', 'E0502', 'names no file', undefined],
    [
      'use Strok from "stroke.energy"',
      'E0201',
      '`stroke.energy` declares no `Strok`',
      'did you mean `Stroke`?',
    ],
    [
      'use zebra from "sub/base.energy"',
      'E0201',
      '`sub/base.energy` declares no `zebra`',
      'it declares k, E',
    ],
    ['use learn from "stroke.energy"', 'E0201', '`learn` is a job of `stroke.energy`', undefined],
    ['use pi from "stroke.energy"', 'E0201', '`stroke.energy` declares no `pi`', undefined],
    [
      'use pixel from "slant.energy"',
      'E0201',
      '`slant.energy` uses `pixel` but does not declare it',
      undefined,
    ],
    ['use x from "main.energy"', 'E0208', '`main.energy` uses itself', undefined],
  ])('%s', async (use, code, message, suggestion) => {
    const files = { ...tour, 'sub/base.energy': 'const k = 1\nenergy E(s : spin) { term t = s }' };
    const c = await compile(use + E, files, { std: { lattice: '', graph: '' } });
    expect(codes(c)).toEqual([code]);
    expect(c.diagnostics[0].message).toContain(message);
    if (suggestion !== undefined) expect(c.diagnostics[0].suggestion).toContain(suggestion);
    expect(c.diagnostics[0].place).toMatchObject({ kind: 'source', span: { file: 'main.energy' } });
  });

  it('a circle of files is named', async () => {
    const c = await compile(`use a from "a.energy"${E}`, {
      'a.energy': 'use b from "b.energy"\nconst a = b',
      'b.energy': 'use a from "a.energy"\nconst b = a',
    });
    expect(codes(c)).toEqual(['E0208']);
    expect(shown(c)).toBe(
      `error[E0208]: these files use each other in a circle: \`a.energy\` → \`b.energy\` → \`a.energy\`
 --> b.energy:1:12
  |
1 | use a from "a.energy"
  |            ^^^^^^^^^^
note: \`a.energy\` uses \`b.energy\` here
 --> a.energy:1:12
  |
1 | use b from "b.energy"
  |            ^^^^^^^^^^
help: move what both need into a file of its own`,
    );
  });

  it('mistakes of a used file are shown with its name and its lines', async () => {
    const c = await compile(
      `use f from "lib.energy"\nenergy E(s : spin) { term t = f(s) }`,
      { 'lib.energy': '\nfn f(x : real) = x * mising\n' },
      { file: 'models/main.energy' },
    );
    expect(shown(c)).toBe(`error[E0201]: there is no name \`mising\` here
 --> models/lib.energy:2:22
  |
2 | fn f(x : real) = x * mising
  |                      ^^^^^^`);
    const syntax = await compile(`use f from "lib.energy"${E}`, {
      'lib.energy': 'fn f(x : real) = x * \nconst k = 1',
    });
    expect(syntax.diagnostics.map((d) => d.place.kind === 'source' && d.place.span.file)).toEqual([
      'lib.energy',
    ]);
    expect(codes(syntax)[0]).toMatch(/^E01/);
  });

  it('a text by itself cannot use files', () => {
    const c = compileText(`use a from "a.energy"${E}`, 'main.energy');
    expect(codes(c)).toEqual(['E0209']);
  });

  it('too many files, and files too far away, are refused', async () => {
    const many = Array.from({ length: 201 }, (_, i) => i);
    const wide = await compile(
      many.map((i) => `use a as a${i} from "m${i}.energy"`).join('\n') + E,
      Object.fromEntries(many.map((i) => [`m${i}.energy`, 'const a = 1'])),
    );
    expect([...new Set(codes(wide))]).toContain('E0211');
    expect(wide.used).toHaveLength(200);
    const deep = await compile(
      `use a from "m0.energy"${E}`,
      Object.fromEntries(
        many.map((i) => [`m${i}.energy`, `use a as b from "m${i + 1}.energy"\nconst a = b`]),
      ),
    );
    expect(codes(deep)).toContain('E0211');
    const big = await compile(`use a from "a.energy"${E}`, { 'a.energy': ' '.repeat(2 ** 24 + 1) });
    expect(codes(big)).toEqual(['E0504']);
    const bytes = moduleReader(
      memoryHost({ 'a.energy': new Uint8Array([0xff, 0xfe, 0x00]) }),
      libraryOf(new Map()),
    );
    const odd = await compileProgram(`use a from "a.energy"${E}`, 'main.energy', bytes);
    expect(codes(odd)).toEqual(['E0503']);
  });
});

describe('the standard library', () => {
  const std = {
    lattice: 'use one from "std/base/numbers"\nuse two from "more.energy"\nconst three = one + two',
    more: 'const two = 2',
    'base/numbers': 'const one = 1',
  };
  it('is used by name, and its modules use each other', async () => {
    const c = await compile('use three from "std/lattice"\nindex site = three', {}, { std });
    expect(shown(c)).toBe('');
    expect(c.program.namedSets.map((s) => s.kind)).toEqual([{ kind: 'range', size: 3 }]);
    expect(c.used.map((s) => s.file)).toEqual(['std/lattice', 'std/base/numbers', 'std/more']);
  });

  it('never reads files of the program, nor the program those of the library', async () => {
    const files = { 'std/lattice.energy': 'const three = 4', 'lattice.energy': 'const three = 5' };
    const own = await compile('use three from "./std/lattice.energy"\nindex site = three', files, { std });
    expect(own.program.namedSets.map((s) => s.kind)).toEqual([{ kind: 'range', size: 4 }]);
    const out = await compile('use x from "std/out"', files, {
      std: { out: 'use three from "../lattice.energy"\nconst x = three' },
    });
    expect(codes(out)).toEqual(['E0502']);
  });
});

describe('paths', () => {
  it.each([
    ['main.energy', 'a.energy', 'a.energy'],
    ['main.energy', './lib//a.energy', 'lib/a.energy'],
    ['lib/x.energy', '../a.energy', 'a.energy'],
    ['lib/x.energy', 'deep/../a.energy', 'lib/a.energy'],
  ])('from %s, %s is %s', (from, written, path) => {
    expect(resolveUse(from, written)).toEqual({ kind: 'file', path });
  });

  it('of data are those of their file', () => {
    expect(resolveData('main.energy', 'data/a.csv')).toBe('data/a.csv');
    expect(resolveData('lib/x.energy', 'a.csv')).toBe('lib/a.csv');
    expect(resolveData('lib/x.energy', '../a.csv')).toBe('a.csv');
  });

  it('whatever is written, what comes out stays inside or is refused', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b.energy', 'std', 'x\\y', 'C:', ' ', 'é');
    const path = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((p) => p.join('/')),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(path, path, (from, written) => {
        const to = resolveUse(resolveUse('m.energy', from).kind === 'file' ? from : 'lib/m.energy', written);
        if (to.kind === 'refused') {
          expect(to.message).not.toBe('');
          return;
        }
        expect(to.path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|\\/);
        expect(isStd(to.path)).toBe(to.kind === 'std');
      }),
      { numRuns: 500 },
    );
  });

  it('data outside the program folder are refused by the host', async () => {
    const c = await compile('use seen from "lib/a.energy"\nenergy E(s : spin) { term t = sum(seen) * s }', {
      'lib/a.energy': 'data seen : real[row] from "../../secret.csv"',
    });
    expect(shown(c)).toBe('');
    await expect(bind(c.program, memoryHost({}))).rejects.toMatchObject({ diagnostics: [{ code: 'E0502' }] });
  });
});

describe('the checker alone', () => {
  it('is total on trees that use each other in any way', () => {
    const names = ['a', 'b', 'c'];
    const use = fc.record({
      from: fc.constantFrom(...names.map((n) => `${n}.energy`), 'd.energy', '../x', 'std/y'),
      name: fc.constantFrom('k', 'E', 'q'),
      frozen: fc.boolean(),
    });
    const file = fc.array(use, { maxLength: 3 }).map(
      (uses) =>
        `${uses.map((u, i) => `use ${u.name} as u${i} from "${u.from}"${u.frozen ? ' frozen' : ''}`).join('\n')}
param k : real = ${uses.length > 0 ? 'u0' : '1'}
energy E(s : spin) { term t = k * ${uses.length > 1 ? 'u1(s)' : 's'} }`,
    );
    fc.assert(
      fc.property(file, file, file, (a, b, c) => {
        const trees = [a, b, c].map((text, i) => parse(text, `${names[i]}.energy`).program);
        const modules = new Map(trees.map((t) => [t.file, t]));
        const { program, diagnostics } = check(trees[0], { modules });
        expect(program.modules.length).toBeLessThan(3);
        for (const d of diagnostics) expect(d.code).toMatch(/^[EW]0[2345]/);
        expect(new Set(program.params.map((p) => p.slot.name)).size).toBe(program.params.length);
      }),
      { numRuns: 200 },
    );
  });
});
