/** What the views beside the jobs are told by the worker, the pictures of the gallery, and what is drawn of graphs. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../playground/src/engine/inspect.ts';
import { openProgram } from '../../playground/src/engine/program.ts';
import type { Inspected, InspectedAs, Inspection } from '../../playground/src/inspections.ts';
import { bestDetail, graphSvg, placedGraph } from '../../src/emit/factor-diagram.ts';
import { foldedFirst, MANY_STEPS, tensorDiagram } from '../../src/emit/tensor-diagram.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { applyEdit } from '../../src/language/edit-run.ts';
import { moduleReader } from '../../src/modules.ts';
import { sizeOfNode } from '../../src/plot/diagram.ts';
import { layeredLayout } from '../../src/plot/diagram-layout.ts';
import { linkedomContext } from '../../src/plot/linkedom.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

const root = path.resolve(import.meta.dirname, '../..');
const library = libraryOf(
  new Map(
    fs
      .readdirSync(path.join(root, 'stdlib'), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.energy'))
      .map((f) => [f.slice(0, -'.energy'.length), fs.readFileSync(path.join(root, 'stdlib', f), 'utf8')]),
  ),
);
const reader = moduleReader(memoryHost(), library);

async function look<K extends Inspection['kind']>(
  text: string,
  what: Extract<Inspection, { kind: K }>,
  host = memoryHost(),
): Promise<InspectedAs<K>> {
  const source = { file: 'test.energy', text };
  const opened = await openProgram(source, reader);
  const found: Inspected = await inspect(opened, what, {
    source,
    reader,
    host,
    engine: async () => kernelsEngine(),
  });
  return found as InspectedAs<K>;
}
const example = (name: string): string =>
  fs.readFileSync(path.join(root, 'examples', `${name}.energy`), 'utf8');
const dataOf = (field: string) => ({
  ...memoryHost(),
  ...nodeHost({ root: path.join(root, 'examples', field) }),
});

const ISING = `const n : int = 16
index site = grid(n, n)
energy Ising(s : spin[site]) {
  term coupling = -0.3 * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true))
  term field = -0.1 * sum(s)
}
run draws = sample(Ising, draws = 5)`;

describe('the plan', () => {
  it('says of every unknown how it is drawn, in which blocks, and what an evaluation costs', async () => {
    const { plan, steps, about } = await look(ISING, { kind: 'plan', of: null });
    expect(about).toEqual({
      subject: { energy: 'Ising', job: null },
      subjects: [{ energy: 'Ising', job: null }],
    });
    expect(plan.plan.unknowns).toMatchObject([{ unknown: 's', method: 'gibbs', blocks: 2, blanket: 5 }]);
    expect(plan.blocks).toEqual([
      {
        unknown: 's',
        sizes: [128, 128],
        sequential: null,
        touching: [
          { term: 'coupling', most: 4 },
          { term: 'field', most: 1 },
        ],
      },
    ]);
    expect(plan.terms.map((t) => [t.name, t.instances, t.unknowns])).toEqual([
      ['coupling', 512, ['s']],
      ['field', 256, ['s']],
    ]);
    const kernels = plan.costs.find((x) => x.engine === 'kernels')!;
    expect(kernels.energy).toBeGreaterThan(0);
    expect(kernels.gradient).toBeNull();
    expect(steps).toEqual([]);
  });

  it('is that of a job where one is asked for: what it gives, by its method', async () => {
    const text = `${ISING.replace('draws = 5', 'given = { s[0, 0] = 1 }, method = random_scan')}\nrun z = logz(Ising)`;
    const { about } = await look(text, { kind: 'plan', of: null });
    expect(about.subjects).toEqual([
      { energy: 'Ising', job: null },
      { energy: 'Ising', job: 'draws' },
    ]);
    const { plan } = await look(text, { kind: 'plan', of: { energy: 'Ising', job: 'draws' } });
    expect(plan.plan.unknowns).toMatchObject([{ method: 'random_scan', elements: 256, free: 255 }]);
  });

  it('has the steps of fits, and the gradient of what is real', async () => {
    const text = `type Row = { x : real }
data seen : Row[row] from "x.csv"
param m : real = 0
energy E(r : Row) { term a = (r.x - m) ^ 2 }
run learn = fit(E, seen, steps = 3, batch = 2)`;
    const { plan, steps } = await look(
      text,
      { kind: 'plan', of: null },
      memoryHost({ 'x.csv': 'x\n1\n2\n3\n' }),
    );
    expect(steps).toMatchObject([{ job: 'learn', energy: 'E', loss: 'discrepancy', rows: 2, slices: 1 }]);
    expect(plan.costs[0].gradient).toBeGreaterThan(0);
    expect(plan.costs[0].gradient).toBeGreaterThanOrEqual(plan.costs[0].energy * 0.5);
  });

  it('of a program without data, or without an energy, is a fault with a sentence', async () => {
    const text =
      'data y : real[row] from "none.csv"\nenergy E(m : real) { y ~ normal(m, 1)  m ~ normal(0, 1) }';
    await expect(look(text, { kind: 'plan', of: null })).rejects.toThrow(EnergyError);
    await expect(look('const n = 3', { kind: 'graph', of: null })).rejects.toThrow('no energy');
  });
});

describe('the factor graph', () => {
  it('of a lattice has every site in its place, in its colour, and every bond between its two', async () => {
    const { graph, drawn } = await look(ISING, { kind: 'graph', of: null });
    const sites = graph.sites!;
    expect([sites.layout, sites.sites.length, sites.blocks.s]).toEqual(['lattice', 256, 2]);
    const bonds = sites.factors.filter((f) => f.term === 'coupling');
    expect(bonds).toHaveLength(512);
    const siteOf = new Map(sites.sites.map((s) => [s.id, s]));
    for (const f of bonds) {
      const [a, b] = f.sites.map((id) => siteOf.get(id)!);
      expect(a.block).not.toBe(b.block);
      const far = Math.abs(a.at!.x - b.at!.x) + Math.abs(a.at!.y - b.at!.y);
      expect([1, 15]).toContain(far);
    }
    expect(siteOf.get(sites.sites[17].id)).toMatchObject({ name: 's[1, 1]', at: { x: 1, y: 1 } });
    expect(drawn.s).toMatch(/^Gibbs, 2 blocks, blanket of 5 — /);
    expect(bestDetail(graph)).toBe('sites');
  });

  it('of declarations has plates, and says at how many places a factor reads a variable', async () => {
    const { graph } = await look(ISING, { kind: 'graph', of: null });
    const { variables, factors, links, plates } = graph.plates;
    expect(variables).toMatchObject([{ name: 's', role: 'unknown', domain: 'spin', elements: 256 }]);
    expect(factors.map((f) => [f.term, f.instances])).toEqual([
      ['coupling', 512],
      ['field', 256],
    ]);
    expect(links.map((l) => l.reads)).toEqual([2, 1]);
    expect(plates.map((p) => p.size)).toContain('16 × 16');
  });

  it('shows what is known beside what is not, and a vector as one site', async () => {
    const { graph } = await look(
      example('statistics/eight-schools'),
      { kind: 'graph', of: null },
      dataOf('statistics') as never,
    );
    expect(graph.plates.variables.map((v) => [v.name, v.role])).toEqual([
      ['mu', 'unknown'],
      ['tau', 'unknown'],
      ['eta', 'unknown'],
      ['y', 'data'],
      ['sigma', 'data'],
    ]);
    expect(bestDetail(graph)).toBe('plates');
    const vectors = await look(example('physics/heisenberg'), { kind: 'graph', of: null });
    expect(vectors.graph.sites!.sites).toHaveLength(24);
    expect(vectors.graph.sites!.factors).toHaveLength(23);
  });

  it('draws a part of a large lattice, and nothing but declarations of what has no places', async () => {
    const large = await look(ISING.replace('= 16', '= 100'), { kind: 'graph', of: null });
    expect(large.graph.sites).toMatchObject({ part: '12 × 12 of 100 × 100' });
    expect(large.graph.sites!.sites).toHaveLength(144);
    const many = await look('energy E(x : spin[500]) { term t = sum(x) ^ 2 }', { kind: 'graph', of: null });
    expect(many.graph.sites).toBeNull();
    expect(many.graph.sitesWhy).toContain('500');
  });

  it('is laid out without two names on one place, and is an SVG of its own', async () => {
    for (const name of ['biology/asia', 'statistics/rats', 'statistics/mixture', 'learning/rbm']) {
      const { graph } = await look(
        example(name),
        { kind: 'graph', of: null },
        dataOf(name.split('/')[0]) as never,
      );
      const placed = placedGraph(graph, 'plates');
      const boxes = placed.nodes.map((n) => ({ ...placed.centres.get(n.key)!, ...sizeOfNode(n) }));
      boxes.forEach((a, i) => {
        for (const b of boxes.slice(0, i)) {
          const apart =
            Math.abs(a.x - b.x) >= (a.width + b.width) / 2 - 1 ||
            Math.abs(a.y - b.y) >= (a.height + b.height) / 2 - 1;
          expect(apart).toBe(true);
        }
      });
      const svg = graphSvg(linkedomContext('auto'), graph);
      expect(svg).toMatch(/^<svg [^>]*xmlns/);
      expect(svg).toContain(`Factor graph of ${graph.energy}`);
      expect(svg).not.toContain('NaN');
    }
  });
});

describe('the tensor program', () => {
  it('has the terms, what they share, and the gradient by every real unknown', async () => {
    const text = `index k = 4
energy E(x : real[k], s : real) {
  let z = exp(x * s)
  term a = sum(z)
  term b = sum(z ^ 2)
}`;
    const { tensors } = await look(text, { kind: 'tensors', of: null });
    expect(tensors.groups.map((g) => [g.name, g.kind])).toEqual([
      ['a', 'term'],
      ['b', 'term'],
      ['x', 'gradient'],
      ['s', 'gradient'],
      ['shared', 'shared'],
    ]);
    expect(tensors.nodes.filter((n) => n.kind === 'input').map((n) => [n.name, n.shape])).toEqual(
      [
        ['s', []],
        ['x', [4]],
      ].sort(
        (p, q) =>
          tensors.nodes.findIndex((n) => n.name === p[0]) - tensors.nodes.findIndex((n) => n.name === q[0]),
      ),
    );
    const exp = tensors.nodes.find((n) => n.name === 'exp')!;
    expect(tensors.groups[exp.group!].kind).toBe('shared');
    const known = new Set<number>();
    for (const n of tensors.nodes) {
      for (const r of n.ins) expect(known.has(r)).toBe(true);
      known.add(n.ref);
    }
    expect(tensors.groups.reduce((n, g) => n + g.nanoseconds, 0)).toBeCloseTo(tensors.nanoseconds, 6);
    expect(tensors.nodes.flatMap((n) => n.outputs).sort()).toEqual(['a', 'b', 's', 'x']);
  });

  it('of a large energy is folded until it can be drawn, with every edge between what is shown', async () => {
    const { tensors } = await look(
      example('biology/epidemic'),
      { kind: 'tensors', of: null },
      dataOf('biology') as never,
    );
    const folded = foldedFirst(tensors);
    const d = tensorDiagram(tensors, folded);
    expect(d.nodes.length).toBeLessThan(MANY_STEPS + 60);
    const keys = new Set(d.nodes.map((n) => n.key));
    for (const e of d.edges) expect([keys.has(e.from), keys.has(e.to)]).toEqual([true, true]);
    expect(layeredLayout(d).height).toBeGreaterThan(50);
    const closed = tensorDiagram(tensors, new Set(tensors.groups.map((_, i) => i)));
    expect(closed.nodes.filter((n) => n.shape === 'box').length).toBeLessThanOrEqual(tensors.groups.length);
  });
});

describe('edits of jobs', () => {
  const edit = async (text: string, option: string, value: string | null) => {
    const what = { kind: 'edit-run', job: 'draws', verb: 'sample', energy: 'E', option, value } as const;
    const { edit: e } = await look(text, what);
    return e && applyEdit(text, e);
  };

  it('change the line of a job, and write the line of one that the text does not have', async () => {
    const text = 'energy E(x : bit) { term t = x }\n';
    expect(await edit(`${text}run draws = sample(E)\n`, 'draws', '7')).toBe(
      `${text}run draws = sample(E, draws = 7)\n`,
    );
    expect(await edit(text, 'draws', '7')).toBe(`${text}\nrun draws = sample(E, draws = 7)\n`);
    expect(await edit(text, 'draws', null)).toBeNull();
    expect(await edit(text, 'draws', '7) (')).toBeNull();
  });

  it('offers new jobs that check as they are, and says what the others lack', async () => {
    const text = `type Coin = { side : bit }
data toss : Coin[throw] from "toss.csv"
energy E(c : Coin) { term odds = -0.3 * c.side }
energy Pair(a : bit, b : bit) { term both = a * b }
run draws = sample(E)`;
    const { runs } = await look(text, { kind: 'new-runs' });
    const of = (verb: string, energy: string | null) =>
      runs.find((r) => r.verb === verb && r.energy === energy);
    expect(of('sample', 'E')?.text).toBe('run draws2 = sample(E)');
    expect(of('fit', 'E')?.text).toBe('run learn = fit(E, toss)');
    expect(of('predict', 'E')?.text).toBe('run guess = predict(E, toss, unknown = c.side)');
    expect(of('compare', null)?.text).toBe('run check = compare(draws, toss)');
    expect(of('fit', 'Pair')).toMatchObject({
      text: null,
      lacks: 'needs data whose rows are states of the energy',
    });
    expect((await look('energy E( {', { kind: 'new-runs' })).runs).toEqual([]);
    for (const r of runs) {
      if (r.text === null) continue;
      const { compiled } = await openProgram({ file: 'x.energy', text: `${text}\n${r.text}\n` }, reader);
      expect([r.text, compiled.diagnostics.filter((d) => d.severity === 'error')]).toEqual([r.text, []]);
    }
  });

  it('the worker tells with each job how it is written', async () => {
    const { jobs } = await openProgram(
      { file: 'x.energy', text: `${ISING}\nrun more = sample(Ising, method = gibbs)` },
      reader,
    );
    expect(jobs.map((j) => j.written?.options.map((o) => [o.name, o.text]))).toEqual([
      [['draws', '5']],
      [['method', 'gibbs']],
    ]);
    const none = await openProgram({ file: 'x.energy', text: 'energy E(x : bit) { term t = x }' }, reader);
    expect(none.jobs.map((j) => j.written)).toEqual([null]);
  });
});

describe('the gallery', () => {
  const fields = fs
    .readdirSync(path.join(root, 'examples'), { withFileTypes: true })
    .filter((e) => e.isDirectory());
  const names = fields.flatMap((f) =>
    fs
      .readdirSync(path.join(root, 'examples', f.name))
      .filter((x) => x.endsWith('.energy'))
      .map((x) => `${f.name}/${x.replace('.energy', '')}`),
  );
  const pictures = path.join(root, 'playground', 'gallery');

  it('has a picture of every example, and none besides', () => {
    const found = fs
      .readdirSync(pictures, { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.svg'))
      .map((f) =>
        f
          .replace(/\.svg$/, '')
          .split(path.sep)
          .join('/'),
      );
    expect(found.sort()).toEqual([...names].sort());
  });

  it('has pictures of one size, small, that load and run nothing', () => {
    let bytes = 0;
    for (const name of names) {
      const svg = fs.readFileSync(path.join(pictures, `${name}.svg`), 'utf8');
      bytes += svg.length;
      expect([name, svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200"')]).toEqual(
        [name, true],
      );
      expect([name, /NaN|Infinity|<script|on\w+=|href="(?!data:image\/png)/.exec(svg)?.[0]]).toEqual([
        name,
        undefined,
      ]);
    }
    expect(bytes).toBeLessThan(600_000);
  });
});
