/** `emit`, `explain` and `doc` on the command line. */
import { describe, expect, it } from 'vitest';
import { energy, root } from '../docs/kit.ts';

const run = (...argv: string[]) => energy(argv, root);
const json = (out: string) => JSON.parse(out.trim().split('\n').at(-1) ?? '');
const schools = 'examples/statistics/eight-schools.energy';
const ising = 'examples/physics/ising.energy';

describe('energy emit', () => {
  it('typed says what the checker found of every declaration', async () => {
    const { code, out } = await run('emit', 'typed', schools);
    expect(code).toBe(0);
    expect(out).toContain('data sigma : real(0, inf)[school]  from "data/schools.json"');
    expect(out).toContain('energy EightSchools(mu : real, tau : real(0, inf), eta : real[school])');
    expect(out).toMatch(/^ {2}term y {2}of eta, mu, tau, sigma, y {2}line \d+$/m);
  });

  it('typed is data with --json', async () => {
    const { program } = json((await run('emit', 'typed', ising, '--set', 'n=4', '--json')).out);
    expect(program.sets).toMatchObject([
      { name: 'site', is: 'grid(4, 4)', size: 16 },
      { name: 'bond', is: 'tuples (site, site)', components: ['site', 'site'] },
    ]);
    expect(program.energies).toMatchObject([
      {
        name: 'Ising',
        generic: false,
        arguments: [{ name: 's', domain: 'spin[site]' }],
        unknowns: [{ name: 's', domain: 'spin[site]', sets: ['site'], numbers: 16 }],
        terms: [{ name: 'coupling', unknowns: ['s'], params: [], data: [] }],
        requirements: [],
        reports: [{ name: 'magnet', domain: 'real' }],
      },
    ]);
    expect(program.jobs[0]).toMatchObject({ name: 'draws', verb: 'sample', energy: 'Ising' });
  });

  it('tex is mathematics, or a document', async () => {
    const plain = await run('emit', 'tex', ising);
    expect(plain.out).toContain(String.raw`\sum_{(p, q) \in \mathrm{bond}} s_{p} s_{q}`);
    expect(plain.out).not.toContain('\\documentclass');
    const whole = await run('emit', 'tex', ising, '--standalone');
    expect(whole.out).toContain('\\documentclass');
    expect(whole.out).toContain('\\section*{ising}');
    expect((await run('emit', 'ir', ising, '--standalone')).code).toBe(2);
  });

  it('plan is what energy plan says', async () => {
    const args = [ising, '--set', 'n=4', '--engine', 'reference'];
    const { code, out } = await run('emit', 'plan', ...args);
    expect(code).toBe(0);
    expect(out).toBe((await run('plan', ...args)).out);
  });

  it('graph is the factor graph as SVG, in a file or not, or as data', async () => {
    const args = [ising, '--set', 'n=4', '--engine', 'reference'];
    const { code, out } = await run('emit', 'graph', ...args);
    expect(code).toBe(0);
    expect(out).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(out).toContain('Factor graph of Ising');
    const { graph } = json((await run('emit', 'graph', ...args, '--json')).out);
    expect(graph.plates.factors).toMatchObject([{ term: 'coupling', instances: 32 }]);
    expect(graph.sites.sites).toHaveLength(16);
    expect((await run('emit', 'graph', ising, '-o', 'graph.png')).code).toBe(2);
    expect((await run('emit', 'ir', ising, '-o', 'graph.svg')).code).toBe(2);
  });

  it('ast and ir stay what they were', async () => {
    expect(JSON.parse((await run('emit', 'ast', ising)).out).items.length).toBeGreaterThan(3);
    expect((await run('emit', 'ir', ising)).out).toContain('energy Ising(s : spin[site])');
  });
});

describe('energy explain', () => {
  it('lists the codes by family', async () => {
    const { out } = await run('explain');
    expect(out).toMatch(/^names and files used$/m);
    expect(out).toMatch(/^ {2}E0302 {2}index sets do not match$/m);
    const { codes } = json((await run('explain', '--json')).out);
    expect(codes).toContainEqual({ code: 'E0302', title: 'index sets do not match' });
  });

  it('says what one means', async () => {
    const { code, out } = await run('explain', 'e0302');
    expect(code).toBe(0);
    expect(out).toMatch(/^E0302: index sets do not match$/m);
    expect(out).toMatch(/Wrong\n\n {2}index site = 3[\s\S]*Right\n\n {2}index site = 3/);
    expect(json((await run('explain', 'E0302', '--json')).out)).toMatchObject({
      code: 'E0302',
      without: null,
    });
  });

  it('cuts examples short that only show how much is too much', async () => {
    const { out } = await run('explain', 'E0211');
    expect(out).toContain('and 37 more files');
    for (const code of ['E0111', 'E0119', 'E0313'])
      for (const line of (await run('explain', code)).out.split('\n')) expect(line.length).toBeLessThan(170);
  });

  it('asks what was meant', async () => {
    const { code, err } = await run('explain', 'EO302');
    expect(code).toBe(2);
    expect(err).toBe('energy: there is no code `EO302`; did you mean `E0302`?\n');
  });
});

describe('energy doc', () => {
  it('lists everything', async () => {
    const { out } = await run('doc');
    expect(out).toMatch(/^distributions\n {2}normal student_t/m);
    expect(out).toContain('std/ising');
    const { items } = json((await run('doc', '--json')).out);
    expect(items.length).toBeGreaterThan(200);
  });

  it('says what a name means, in the language and in its library', async () => {
    expect((await run('doc', 'gamma')).out).toContain('y ~ gamma(shape, rate)');
    const { out } = await run('doc', 'Ising');
    expect(out).toContain('use Ising from "std/ising"');
    expect(out).toContain('energy Ising(s : spin[site], bond : set[site, site], J : real, h : real)');
    expect((await run('doc', 'std/ising')).out).toContain('IsingFields');
  });

  it('asks what was meant', async () => {
    const { code, err } = await run('doc', 'gama');
    expect(code).toBe(2);
    expect(err).toBe('energy: there is nothing called `gama`; did you mean `gamma`?\n');
  });
});
