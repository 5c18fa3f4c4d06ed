/**
 * Times of compiling sweeps, from the bound model to a sweeper ready for one chain: blocks that may be updated at
 * once, tables of the conditionals, and code with what it reads laid out. In milliseconds of the processor, all
 * threads, so that other work on the machine does not count; medians, warm.
 *
 *   node dist/bench/site-tables.js [repetitions] [part of a name]
 */
import { siteBlocks } from '../src/analyse/blocks.ts';
import { factorsOf } from '../src/analyse/factors.ts';
import { siteTables } from '../src/analyse/site-tables.ts';
import { bind } from '../src/bind/bind.ts';
import { initialParams } from '../src/bind/params.ts';
import { compileText } from '../src/compile.ts';
import { kernelsEngine } from '../src/engines/kernels/index.ts';
import type { SiteTables } from '../src/engines/kernels/site-tables.ts';
import { makeSweeper } from '../src/engines/kernels/sweeps/sweep.ts';
import { Heap } from '../src/engines/kernels/wasm/heap.ts';
import { type Model, makeModel } from '../src/infer/model.ts';
import { memoryHost } from '../src/io/memory-host.ts';
import { Stream } from '../src/random/stream.ts';

const repetitions = Number(process.argv[2] ?? 15);
const wanted = process.argv[3] ?? '';

interface Program {
  readonly name: string;
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
}

const column = (n: number, make: (stream: Stream) => number): string => {
  const stream = new Stream(1, 'data');
  return `x\n${Array.from({ length: n }, () => make(stream)).join('\n')}`;
};

const gaussian = (stream: Stream): number => stream.normal();
const sign = (stream: Stream): number => (stream.uniform() < 0.5 ? -1 : 1);

/** A graph in which every node has three neighbours: three random matchings. */
function cubic(nodes: number): string {
  const stream = new Stream(2, 'graph');
  const rows: string[] = [];
  for (let m = 0; m < 3; m++) {
    const order = Array.from({ length: nodes }, (_, i) => i);
    for (let i = nodes - 1; i > 0; i--) {
      const j = stream.int(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let i = 0; i < nodes; i += 2) rows.push(`${order[i]},${order[i + 1]}`);
  }
  return rows.join('\n');
}

const lattice = (...sides: readonly number[]): string =>
  `index site = grid(${sides.join(', ')})\nset bond = neighbours(site, wrap = true)\n`;

const programs: readonly Program[] = [
  {
    name: 'Ising 256×256',
    text: `${lattice(256, 256)}param J : real = 0.44
energy E(s : spin[site]) { term coupling = -J * sum(s[p] * s[q] for (p, q) in bond) }`,
  },
  {
    name: 'Ising 256×256, h[site]',
    text: `${lattice(256, 256)}data h : real[site] from "h.csv"
energy E(s : spin[site]) { term coupling = -sum(s[p] * s[q] for (p, q) in bond) - sum(h * s) }`,
    files: { 'h.csv': column(256 ** 2, gaussian) },
  },
  {
    name: 'Ising 256×256, J[bond]',
    text: `${lattice(256, 256)}data J : real[bond] from "J.csv"
energy E(s : spin[site]) { term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond) }`,
    files: { 'J.csv': column(2 * 256 ** 2, gaussian) },
  },
  {
    name: 'Potts q = 5, cubic graph',
    text: `index node = 10000
data edge : node[link, 2] from "edges.csv"
energy E(z : category(5)[node]) { term equal = -sum(z[edge[e, 0]] == z[edge[e, 1]] for e in link) }`,
    files: { 'edges.csv': cubic(10000) },
  },
  {
    name: 'Potts q = 5, 256×256',
    text: `${lattice(256, 256)}
energy E(z : category(5)[site]) { term equal = -sum(z[p] == z[q] for (p, q) in bond) }`,
  },
  {
    name: 'Potts glass ±J, 128×128',
    text: `${lattice(128, 128)}data J : int(-1, 1)[bond] from "J.csv"
energy E(z : category(5)[site]) { term equal = -sum(J[p, q] * (z[p] == z[q]) for (p, q) in bond) }`,
    files: { 'J.csv': column(2 * 128 ** 2, sign) },
  },
  {
    name: 'Potts glass, 128×128',
    text: `${lattice(128, 128)}data J : real[bond] from "J.csv"
energy E(z : category(5)[site]) { term equal = -sum(J[p, q] * (z[p] == z[q]) for (p, q) in bond) }`,
    files: { 'J.csv': column(2 * 128 ** 2, gaussian) },
  },
  {
    name: 'spin glass 500',
    text: `index site = 500
param J : real[site, site] = [cos(3 * i + j * j) for i in site, j in site]
energy E(s : spin[site]) { term pairs = -sum(J[i, j] * s[i] * s[j] for i in site, j in site where i < j) / sqrt(500) }`,
  },
  {
    name: '±J glass 32³',
    text: `${lattice(32, 32, 32)}data J : int(-1, 1)[bond] from "J.csv"
energy E(s : spin[site]) { term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond) }`,
    files: { 'J.csv': column(3 * 32 ** 3, sign) },
  },
  {
    name: 'RBM 784×500',
    text: `index pixel = 784\nindex hidden = 500
param W : real[pixel, hidden] = [cos(3 * i + j * j) for i in pixel, j in hidden]
energy E(v : bit[pixel], h : bit[hidden]) { term link = -v @ W @ h }`,
  },
];

async function modelOf({ text, files = {} }: Program): Promise<Model> {
  const compiled = compileText(text, 'bench.energy');
  if (!compiled.ok) throw new Error(compiled.diagnostics[0].message);
  const bound = await bind(compiled.program, memoryHost(files));
  const [first] = compiled.program.energies.values();
  return makeModel(bound, first.energy, initialParams(bound, 1), kernelsEngine());
}

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const median = (x: readonly number[]): string =>
  [...x]
    .sort((a, b) => a - b)
    [Math.floor(x.length / 2)].toFixed(0)
    .padStart(8);

const links = (tables: SiteTables): number =>
  tables.groups.reduce((n, g) => n + g.conditional.start[g.count], 0);

console.log(`${'ms of the processor'.padEnd(26)}  blocks  tables sweeper   total    links  form`);
for (const program of programs.filter((p) => p.name.includes(wanted))) {
  const model = await modelOf(program);
  const { builder: b, energy } = model;
  const engine = model.kernels ?? model.engine;
  const fixed = new Map(model.unknowns.map((u) => [u.slot, new Uint8Array(u.size)]));
  const heap = new Heap();
  const times: number[][] = [[], [], [], []];
  let last = '';
  for (let i = -8; i < repetitions; i++) {
    const at = [processorTime()];
    const factors = factorsOf(b, energy);
    const blocks = model.unknowns.map((u) => siteBlocks(b, u.slot, factors, model, engine));
    at.push(processorTime());
    const { tables } = siteTables(b, energy, blocks, fixed, model, engine);
    at.push(processorTime());
    const sweeper = makeSweeper(heap, tables, 1);
    at.push(processorTime());
    last = `${String(links(tables)).padStart(8)}  ${sweeper.forms.map((f) => f.form).join('; ')}`;
    sweeper.dispose();
    if (i < 0) continue;
    for (let k = 0; k < 3; k++) times[k].push(at[k + 1] - at[k]);
    times[3].push(at[3] - at[0]);
  }
  console.log(`${program.name.padEnd(24)} ${times.map(median).join('')} ${last}`);
}
