/**
 * Times of making tables of sites: blocks, then tables, of lattices, layers and dense glasses.
 *
 *   node dist/bench/site-tables.js [repetitions]
 */
import { siteBlocks } from '../src/analyse/blocks.ts';
import { factorsOf } from '../src/analyse/factors.ts';
import { siteTables } from '../src/analyse/site-tables.ts';
import { bind } from '../src/bind/bind.ts';
import { initialParams } from '../src/bind/params.ts';
import { compileText } from '../src/compile.ts';
import { referenceEngine } from '../src/engines/reference/index.ts';
import { type Model, makeModel } from '../src/infer/model.ts';
import { memoryHost } from '../src/io/memory-host.ts';

const repetitions = Number(process.argv[2] ?? 9);

const lattice = (side: number): string =>
  `index site = grid(${side}, ${side})\nset bond = neighbours(site, wrap = true)\n`;

const programs: Readonly<Record<string, string>> = {
  'Ising 256×256': `${lattice(256)}param J : real = 0.44
energy E(s : spin[site]) { term coupling = -J * sum(s[p] * s[q] for (p, q) in bond) }`,
  'Ising 256×256, J[bond]': `${lattice(256)}param J : real[bond] = [cos(7 * p + q) for (p, q) in bond]
energy E(s : spin[site]) { term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond) }`,
  'RBM 784×500': `index pixel = 784\nindex hidden = 500
param W : real[pixel, hidden] = [cos(3 * i + j * j) for i in pixel, j in hidden]
energy E(v : bit[pixel], h : bit[hidden]) { term link = -v @ W @ h }`,
  'spin glass 500': `index site = 500
param J : real[site, site] = [cos(3 * i + j * j) for i in site, j in site]
energy E(s : spin[site]) { term pairs = -sum(J[i, j] * s[i] * s[j] for i in site, j in site where i < j) / sqrt(500) }`,
  'Potts q = 5, 256×256': `${lattice(256)}
energy E(z : category(5)[site]) { term equal = -sum(z[p] == z[q] for (p, q) in bond) }`,
};

async function modelOf(text: string): Promise<Model> {
  const compiled = compileText(text, 'bench.energy');
  if (!compiled.ok) throw new Error(compiled.diagnostics[0].message);
  const bound = await bind(compiled.program, memoryHost({}));
  const [first] = compiled.program.energies.values();
  return makeModel(bound, first.energy, initialParams(bound, 1), referenceEngine());
}

const median = (x: readonly number[]): string =>
  `${[...x]
    .sort((a, b) => a - b)
    [Math.floor(x.length / 2)].toFixed(0)
    .padStart(6)} ms`;

/** Of the processor, all threads: other work on the machine does not count. */
const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

for (const [name, text] of Object.entries(programs)) {
  const model = await modelOf(text);
  const { builder: b, energy } = model;
  const fixed = new Map(model.unknowns.map((u) => [u.slot, new Uint8Array(u.size)]));
  const times: number[][] = [[], [], []];
  let links = 0;
  for (let i = 0; i <= repetitions; i++) {
    const start = performance.now();
    const factors = factorsOf(b, energy);
    const blocks = model.unknowns.map((u) => siteBlocks(b, u.slot, factors, model));
    const middle = performance.now();
    const before = processorTime();
    const { tables } = siteTables(b, energy, blocks, fixed, model);
    const end = [middle - start, performance.now() - middle, processorTime() - before];
    if (i > 0) for (const [k, t] of end.entries()) times[k].push(t);
    links = tables.groups.reduce((n, g) => n + g.conditional.start[g.count], 0);
  }
  console.log(
    `${name.padEnd(24)} blocks ${median(times[0])}  tables ${median(times[1])} (processor ${median(times[2])})  ${links} links`,
  );
}
