/** What is measured: the models, their sizes, who takes part, and what is aimed at. */
import { join } from 'node:path';
import { type Build, cPeer } from './c-peers.ts';
import {
  cubicGraph,
  gaussianCouplings,
  groupedData,
  latticeLinks,
  logisticData,
  pairsOf,
  signs,
  vector,
  writeArrays,
} from './data.ts';
import {
  alikeStatistic,
  gradientPeers,
  productStatistic,
  type Statistic,
  sweepPeer,
} from './energy-peers.ts';
import { jagsPeer } from './jags-peer.ts';
import type { Case, Peer, Target } from './peer.ts';

const updates = { unit: 'million site updates/s', scale: 1e6 } as const;
const gradients = { unit: 'thousand gradients/s', scale: 1e3 } as const;

type Making = () => Promise<Peer | null>;

/** One made after the other, so that none is timed while another is made. */
async function present(all: readonly Making[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const make of all) {
    const peer = await make();
    if (peer) peers.push(peer);
  }
  return peers;
}

type Forms = readonly (readonly [form: string, build: Build])[];

/** The same program in C in several forms and builds. */
const inC = (
  tools: string,
  program: string,
  forms: Forms,
  args: (seed: number, seconds: number) => readonly (string | number)[],
  note: (text: string) => void,
): Making[] =>
  forms.map(
    ([form, build]) =>
      () =>
        cPeer(tools, program, form, build, args, note),
  );

const overNatural: Target = { ours: 'Energy', over: 'C natural, -O3 -msse4.2', atLeast: 1 };

// ── Ising ───────────────────────────────────────────────────────────────────

const isingForms: Forms = [
  ['natural', 'SSE4.2'],
  ['scalar-table', 'SSE4.2'],
  ['polynomial', 'SSE4.2'],
  ['table', 'SSE4.2'],
  ['bytes', 'SSE4.2'],
  ['polynomial', 'native'],
  ['table', 'native'],
  ['bytes', 'native'],
];

function ising(chains: number): Case {
  const side = 256;
  const beta = 0.4;
  const torus = latticeLinks([side, side], true);
  const statistic = productStatistic(torus, 1 / torus.a.length, 's');
  const warmup = 200;
  return {
    name: `ising-${chains}`,
    title: `Ising, ${side} × ${side} torus, β = ${beta}, ${chains === 1 ? 'one chain' : `${chains} chains`}`,
    ...updates,
    exact: infiniteBond(beta),
    patience: chains > 1 ? 3 : 1,
    targets: [
      ...(chains === 1 ? [overNatural] : []),
      { ours: 'Energy, lanes', over: 'C polynomial, -O3 -msse4.2', atLeast: 1 },
      { ours: 'Energy', atLeast: 2e9 },
    ],
    peers(folder, note) {
      const own = { program: 'ising', folder, chains, statistic, warmup };
      const forms = chains > 1 ? isingForms.filter(([, build]) => build === 'SSE4.2').slice(2) : isingForms;
      return present([
        () => sweepPeer(own, note),
        () => sweepPeer({ ...own, only: 'lanes' }, note),
        ...inC(folder, 'ising', forms, (seed, s) => [side, chains, beta, seed, s, warmup], note),
      ]);
    },
  };
}

/**
 * The mean of s s' over bonds of the infinite lattice: L. Onsager, Phys. Rev. 65 (1944) 117:
 * ½ coth 2β · (1 + (2/π)(2 tanh² 2β − 1) K(k)), k = 2 sinh 2β / cosh² 2β, K by the arithmetic-geometric mean.
 */
function infiniteBond(beta: number): number {
  const k = (2 * Math.sinh(2 * beta)) / Math.cosh(2 * beta) ** 2;
  let a = 1;
  let g = Math.sqrt(1 - k * k);
  for (let i = 0; i < 20; i++) [a, g] = [(a + g) / 2, Math.sqrt(a * g)];
  const complete = Math.PI / (2 * a);
  return (0.5 / Math.tanh(2 * beta)) * (1 + (2 / Math.PI) * (2 * Math.tanh(2 * beta) ** 2 - 1) * complete);
}

// ── Potts, glasses ──────────────────────────────────────────────────────────

const potts: Case = {
  name: 'potts',
  title: 'Potts with 5 colours, random graph of 10,000 nodes of degree 3, β = 1, one chain',
  ...updates,
  // Far from short cycles a graph is a tree, where ends of an edge are independent but for it.
  exact: Math.E / (Math.E + 4),
  targets: [overNatural],
  peers(folder, note) {
    const nodes = 10_000;
    const graph = cubicGraph(nodes, 1);
    writeArrays(folder, { 'edges.npy': pairsOf(graph) });
    const statistic = alikeStatistic(graph, 's');
    const forms: Forms = [
      ['natural', 'SSE4.2'],
      ['weights', 'SSE4.2'],
      ['table', 'SSE4.2'],
      ['weights', 'native'],
      ['table', 'native'],
    ];
    const edges = join(folder, 'edges.npy');
    return present([
      () => sweepPeer({ program: 'potts', folder, chains: 1, statistic, warmup: 200 }, note),
      ...inC(folder, 'potts', forms, (seed, s) => [edges, nodes, 5, 1, 1, seed, s, 200], note),
    ]);
  },
};

const spinGlass: Case = {
  name: 'spin-glass',
  title: 'Spin glass, 500 spins, all coupled, β = 1, one chain',
  ...updates,
  targets: [overNatural],
  peers(folder, note) {
    const spins = 500;
    const pairs = gaussianCouplings(spins, 1);
    writeArrays(folder, { 'all-couplings.npy': vector(pairs.weight) });
    const statistic = productStatistic(pairs, -1 / spins, 's');
    const forms: Forms = [
      ['natural', 'SSE4.2'],
      ['products', 'SSE4.2'],
      ['incremental', 'SSE4.2'],
      ['thresholds', 'SSE4.2'],
      ['thresholds', 'native'],
    ];
    const couplings = join(folder, 'all-couplings.npy');
    return present([
      () => sweepPeer({ program: 'spin-glass', folder, chains: 1, statistic, warmup: 500 }, note),
      ...inC(folder, 'spin-glass', forms, (seed, s) => [couplings, spins, 1, 1, seed, s, 500], note),
    ]);
  },
};

const latticeGlass: Case = {
  name: 'lattice-glass',
  title: 'Glass of couplings ±1, 32³ torus, β = 0.5, one chain',
  ...updates,
  targets: [overNatural],
  peers(folder, note) {
    const side = 32;
    const torus = latticeLinks([side, side, side], true);
    const weight = signs(torus.a.length, 1);
    writeArrays(folder, { 'lattice-couplings.npy': vector(weight) });
    const statistic = productStatistic({ ...torus, weight }, 1 / weight.length, 's');
    const forms: Forms = [
      ['natural', 'SSE4.2'],
      ['polynomial', 'SSE4.2'],
      ['table', 'SSE4.2'],
      ['polynomial', 'native'],
      ['table', 'native'],
    ];
    const couplings = join(folder, 'lattice-couplings.npy');
    const own = { program: 'lattice-glass', folder, chains: 1, statistic, warmup: 200 };
    return present([
      () => sweepPeer(own, note),
      () => sweepPeer({ ...own, only: 'lanes' }, note),
      ...inC(folder, 'lattice-glass', forms, (seed, s) => [couplings, side, 0.5, 1, seed, s, 200], note),
    ]);
  },
};

// ── Gradients ───────────────────────────────────────────────────────────────

const builds: readonly Build[] = ['plain', 'fast'];

function logistic(rows: number): Case {
  return {
    name: `logistic-${rows}`,
    title: `Gradient of a logistic regression, ${rows} rows × 25 columns, float64`,
    ...gradients,
    targets: [{ ours: 'Energy', over: 'C logistic, -O3', atLeast: 1 }],
    async peers(folder, note) {
      const { x, y, point } = logisticData(rows, 25, 1);
      writeArrays(folder, { 'x.npy': x, 'y.npy': y, 'point.npy': vector(point) });
      const [xs, ys, at] = ['x.npy', 'y.npy', 'point.npy'].map((f) => join(folder, f));
      const args = (_: number, s: number) => [xs, ys, rows, 25, at, s];
      const ours = await gradientPeers('logistic', folder, point);
      const forms = builds.map((b) => ['logistic', b] as const);
      return [...ours, ...(await present(inC(folder, 'gradient', forms, args, note)))];
    },
  };
}

const hierarchical: Case = {
  name: 'hierarchical',
  title: 'Gradient of a regression with an intercept for each of 85 groups, 919 rows, float64',
  ...gradients,
  targets: [{ ours: 'Energy', over: 'C hierarchical, -O3', atLeast: 1 }],
  async peers(folder, note) {
    const { x, y, group, point } = groupedData(919, 85, 1);
    writeArrays(folder, { 'x.npy': x, 'y.npy': y, 'group.npy': group, 'point.npy': vector(point) });
    const [xs, ys, gs, at] = ['x.npy', 'y.npy', 'group.npy', 'point.npy'].map((f) => join(folder, f));
    const args = (_: number, s: number) => [xs, ys, gs, 85, at, s];
    const ours = await gradientPeers('hierarchical', folder, point);
    const forms = builds.map((b) => ['hierarchical', b] as const);
    return [...ours, ...(await present(inC(folder, 'gradient', forms, args, note)))];
  },
};

// ── JAGS ────────────────────────────────────────────────────────────────────

const jagsIsing: Case = {
  name: 'jags-ising',
  title: 'Against JAGS: Ising, 256 × 256 with open boundaries, β = 0.4, one chain',
  ...updates,
  targets: [{ ours: 'Energy', over: 'JAGS', atLeast: 1000 }],
  peers(folder, note) {
    const side = 256;
    const square = latticeLinks([side, side], false);
    const statistic = productStatistic(square, 1 / square.a.length, 's');
    const ones = { rows: side, columns: side - 1, value: 1 };
    const data = { L: side, w: Math.exp(-0.8), right: ones, down: ones };
    return present([
      () => sweepPeer({ program: 'ising-open', folder, chains: 1, statistic, warmup: 500 }, note),
      () => jagsPeer({ model: 'ising', folder, data, sites: side * side, warmup: 100, looks: 40 }, note),
    ]);
  },
};

const jagsPotts: Case = {
  name: 'jags-potts',
  title: 'Against JAGS: Potts with 5 colours, random graph of 10,000 nodes of degree 3, β = 1, one chain',
  ...updates,
  exact: Math.E / (Math.E + 4),
  targets: [],
  peers(folder, note) {
    const nodes = 10_000;
    const graph = cubicGraph(nodes, 1);
    writeArrays(folder, { 'edges.npy': pairsOf(graph) });
    const edges = graph.a.length;
    const data = {
      N: nodes,
      M: edges,
      w: Math.exp(-1),
      uniform: new Array(5).fill(0.2),
      left: graph.a.map((i) => i + 1),
      right: graph.b.map((i) => i + 1),
      one: new Array(edges).fill(1),
    };
    return present([
      () =>
        sweepPeer(
          { program: 'potts', folder, chains: 1, statistic: alikeStatistic(graph, 's'), warmup: 200 },
          note,
        ),
      () => jagsPeer({ model: 'potts', folder, data, sites: nodes, warmup: 50, looks: 50 }, note),
    ]);
  },
};

const bronchitis: Statistic = (code) => code('bronchitis', 0);

const jagsAsia: Case = {
  name: 'jags-asia',
  title: 'Against JAGS: the network asia, for a patient short of breath who has been to Asia, one chain',
  ...updates,
  targets: [],
  peers(folder, note) {
    writeArrays(folder, {});
    const given = { asia: 1, breath: 1 };
    return present([
      () =>
        sweepPeer(
          { program: 'asia', folder, chains: 1, statistic: bronchitis, warmup: 500, given, looks: 500 },
          note,
        ),
      () =>
        jagsPeer({ model: 'asia', folder, data: { ...given }, sites: 5, warmup: 1000, looks: 20_000 }, note),
    ]);
  },
};

export const cases: readonly Case[] = [
  ising(1),
  ising(64),
  potts,
  spinGlass,
  latticeGlass,
  logistic(1000),
  logistic(100_000),
  hierarchical,
  jagsIsing,
  jagsPotts,
  jagsAsia,
];
