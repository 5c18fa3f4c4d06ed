/** Programs of discrete unknowns, with what becomes of each unknown when its conditional is written down as numbers. */
import { Stream } from '../../src/random/stream.ts';

const random = (n: number, low: number, high: number, seed: number): number[] => {
  const stream = new Stream(seed, 'data');
  return Array.from({ length: n }, () => low + (high - low) * stream.uniform());
};

export interface Case {
  readonly name: string;
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
  /** What comes out for each unknown: the kind of its conditional, or the reason why it is left. */
  readonly kinds: Readonly<Record<string, 'field' | 'tables' | RegExp>>;
}

const edges = (nodes: number, count: number, seed: number): string => {
  const stream = new Stream(seed, 'edges');
  return Array.from({ length: count }, () => `${stream.int(nodes)},${stream.int(nodes)}`).join('\n');
};

export const cases: readonly Case[] = [
  {
    name: 'Ising on a torus with fields and couplings from data',
    text: `index site = grid(4, 6)
      set bond = neighbours(site, wrap = true)
      data J : real[bond] from "J.csv"
      data h : real[site] from "h.csv"
      energy E(s : spin[site]) {
        term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond)
        term field = -sum(h[p] * s[p] for p in site) + 0.3 * sum(s)
      }`,
    files: {
      'J.csv': `J\n${random(48, -1, 1, 1).join('\n')}`,
      'h.csv': `h\n${random(24, -1, 1, 2).join('\n')}`,
    },
    kinds: { s: 'field' },
  },
  {
    name: 'a glass of ±J with two-site rings, whose bonds are double',
    text: `index site = ring(2)
      index col = ring(5)
      data J : int(-1, 1)[site, col] from "J.csv"
      energy E(s : spin[site, col]) {
        term along = -sum(J[i, j] * s[i, j] * s[i + 1, j] for i in site, j in col)
        term across = -sum(s[i, j] * s[i, j + 1] for i in site, j in col)
      }`,
    files: { 'J.csv': '1,-1,1,1,-1\n-1,-1,1,-1,1' },
    kinds: { s: 'field' },
  },
  {
    name: 'Potts on random edges with loops and doubles',
    text: `index node = 12
      data edge : node[link, 2] from "edges.csv"
      energy E(z : category(3)[node]) {
        term equal = -0.8 * sum(z[edge[e, 0]] == z[edge[e, 1]] for e in link)
        term w = 0.1 * sum(w[z[i]] * (1 + i) for i in node)
      }
      param w : real[3] = [0.2, -0.5, 0.9]`,
    files: { 'edges.csv': edges(12, 40, 3) },
    kinds: { z: 'tables' },
  },
  {
    name: 'a restricted Boltzmann machine',
    text: `index pixel = 7
      index hid = 5
      param W : real[pixel, hid] = [sin(3 * i + j) for i in pixel, j in hid]
      param a : real[pixel] = [0.1 * i for i in pixel]
      energy E(v : bit[pixel], h : bit[hid]) {
        term link = -sum(v[i] * W[i, j] * h[j] for i in pixel, j in hid)
        term bias = -sum(a * v) - 0.3 * sum(h)
      }`,
    kinds: { v: 'field', h: 'field' },
  },
  {
    name: 'a dense spin glass',
    text: `index site = 9
      data J : real[site, site] from "J.csv"
      energy E(s : spin[site]) {
        term pairs = -sum(J[i, j] * s[i] * s[j] for i in site, j in site where i < j) / sqrt(9)
      }`,
    files: {
      'J.csv': Array.from({ length: 9 }, (_, i) => random(9, -1, 1, 10 + i).join(',')).join('\n'),
    },
    kinds: { s: 'field' },
  },
  {
    name: 'three-body terms of bits and of more states',
    text: `index t = ring(5)
      param w : real[t] = [0.3 + 0.2 * i for i in t]
      energy E(s : spin[t], z : int(-2, 2)[t]) {
        term three = sum(w[i] * s[i - 1] * s[i] * s[i + 1] for i in t)
        term bent = 0.2 * sum(abs(z[i - 1] - 2 * z[i] + z[i + 1]) for i in t)
        term both = 0.1 * sum(z[i] * s[i] for i in t)
      }`,
    kinds: { s: 'tables', z: 'tables' },
  },
  {
    name: 'terms of several sites that are sums of pairs',
    text: `index t = ring(6)
      param w : real[t] = [0.3 + 0.2 * i for i in t]
      energy E(s : spin[t], b : bit[t], z : category(3)[t]) {
        term near = -sum(w[i] * s[i] * (s[i - 1] + s[i + 1]) for i in t)
        term square = sum(cos(i + 0.0) * (0.1 * s[i - 1] + 0.3 * s[i] - 0.7 * s[i + 1] + b[i] - 0.2) ^ 2 for i in t)
        term number = 0.1 * (sum(b) - 3) ^ 2
        term mixed = sum(s[i] * (b[i] + s[i + 2]) * (z[i] == z[i - 1]) for i in t)
      }`,
    kinds: { s: 'tables', b: 'tables', z: 'tables' },
  },
  {
    name: 'index maps of every make',
    text: `index t = 6
      index k = 2
      data next : t[t, k] from "next.csv"
      data w : real[t] from "w.csv"
      energy E(s : spin[t], z : category(3)[t]) {
        term arithmetic = sum(w[i] * s[mod(2 * i + 1, 6)] * s[i] for i in t)
        term branch = sum(s[if i > 2 then i - 3 else i + 3] * s[i] * w[i] for i in t)
        term ends = 0.3 * sum(s[max(i - 1, 0)] * s[min(i + 1, 5)] for i in t)
        term listed = 0.2 * sum(s[[3, 1, 0, 2, 4, 5][i]] * s[i] * i for i in 6)
        term table = 0.7 * sum(z[next[i, 0]] == z[next[i, 1]] for i in t)
        term twice = 0.4 * sum((z[next[next[i, 0], 1]] == z[i]) * s[next[i, 0]] for i in t where w[next[i, 1]] > 0)
        term counted = sum(w[i] * s[sum(1 for j in t where j < i)] * s[0] for i in t)
        term inner = sum(exp(0.2 * sum(s[next[i, l]] for l in k)) for i in t)
        term beyond = sum((if i < 5 then s[i + 1] * w[i] else 0) for i in t where w[i] > -0.5)
      }`,
    files: {
      'next.csv': '3,1\n0,0\n5,2\n4,1\n2,2\n1,5',
      'w.csv': `w\n${random(6, -1, 1, 21).join('\n')}`,
    },
    kinds: { s: 'tables', z: 'tables' },
  },
  {
    name: 'fields from terms of several sites',
    text: `index t = ring(6)
      param w : real[t] = [0.3 + 0.2 * i for i in t]
      energy E(s : spin[t], b : bit[t]) {
        term near = -sum(w[i] * s[i] * (s[i - 1] + s[i + 1]) for i in t)
        term square = sum(cos(i + 0.0) * (0.1 * s[i - 1] + 0.3 * s[i] - 0.7 * s[i + 1] + b[i] - 0.2) ^ 2 for i in t)
        term number = 0.1 * (sum(b) - 3) ^ 2
      }`,
    kinds: { s: 'field', b: 'field' },
  },
  {
    name: 'guards at the boundary, and guards that depend on unknowns',
    text: `index site = line(6)
      param w : real[site] = [1 - 0.3 * i for i in site]
      energy E(s : spin[site], b : bit[site]) {
        term left = sum((if t > 0 then w[t - 1] * s[t - 1] * s[t] else 0.3 * s[t]) for t in site)
        term only = sum(w[i] * s[i] for i in site where b[i] > 0)
        term right = sum(b[t] * b[t + 1] * w[t] for t in site where t < 5)
      }`,
    kinds: { s: 'field', b: 'field' },
  },
  {
    name: 'requirements between pairs beside an energy',
    text: `index r = 4
      index c = 3
      energy E(d : category(4)[r, c], k : bit) {
        term low = 0.3 * sum(w[d[i, j]] for i in r, j in c)
        term same = 0.1 * sum(d[i, j] == d[i, l] for i in r, j in c, l in c where j < l)
        require d[i, j] != d[i, l] for i in r, j in c, l in c where j < l
        require d[i, j] != d[l, j] for i in r, j in c, l in r where i < l
        require k == 1
      }
      param w : real[4] = [0.5, 0.1, -0.3, 0.2]`,
    kinds: { d: 'tables', k: 'tables' },
  },
  {
    name: 'inner sums that touch a few sites, and arrays in between',
    text: `index r = 4
      index c = 3
      param A : real[c] = [0.4, -0.2, 0.7]
      energy E(s : spin[r, c], x : bit[r]) {
        let m = [0.5 * sum(A[j] * s[i, j] for j in c) for i in r]
        term bent = sum(exp(m[i] * (x[i] + 1)) for i in r)
        term pick = 0.2 * logsumexp(x[i] for i in r)
        require any(s[i, j] > 0 for j in c) for i in r
      }`,
    kinds: { s: 'tables', x: 'tables' },
  },
  {
    name: 'a term of too many sites at once',
    text: `index site = 40
      energy E(s : bit[site], z : category(3)[site]) {
        term number = 0.1 * (sum(s) - 3) ^ 2
        term z = 0.2 * sum(z[i] == z[j] for i in site, j in site where j == i + 1)
      }`,
    kinds: { s: /^what `number` reads at once has more than 4096 joint states/, z: 'tables' },
  },
  {
    name: 'different domains together',
    text: `index i = 5
      enum Kind = { a, b, c }
      param look : real[Kind] = [0.5, -0.2, 0.8]
      energy E(s : spin[i], b : bit[i], n : int(-2, 2)[i], k : Kind[i], o : ordinal(3), y : cyclic(4)[i]) {
        term sb = 0.4 * sum(s[j] * b[j] for j in i)
        term sn = 0.2 * sum(n[j] * s[j] for j in i)
        term kn = 0.1 * sum(look[k[j]] * n[j] for j in i)
        term all = 0.3 * o * sum(look[k[j]] for j in i) + 0.1 * sum(cos(y[j] - y[l]) for j in i, l in i where l == j + 1)
        term labels = 0.2 * sum(k[j] == Kind.b for j in i)
      }`,
    kinds: { s: 'tables', b: 'field', n: 'tables', k: 'tables', o: 'tables', y: 'tables' },
  },
  {
    name: 'energies that are infinite',
    text: `index i = 5
      param p : real[3, 3] = [if (a == 2 and b == 1) then 0 else 0.2 + 0.1 * a for a in 3, b in 3]
      energy E(z : category(3)[i], s : bit[i]) {
        term move = -sum(log(p[z[j], z[l]]) for j in i, l in i where l == j + 1)
        term zero = -sum(log(s[j]) for j in i where j < 2)
      }`,
    kinds: { z: 'tables', s: 'tables' },
  },
  {
    name: 'energies that are no energies',
    text: `index i = 4
      energy E(s : spin[i], b : bit[i]) {
        term root = sum(sqrt(s[j]) for j in i)
        term minus = sum(log(b[j]) for j in i)
      }`,
    kinds: { s: /^`root` is not finite/, b: /^`minus` is not finite/ },
  },
  {
    name: 'what reads real unknowns, places that depend on unknowns, recurrences, arrangements and many states',
    text: `index i = 4
      energy E(x : real[i], s : spin[i], z : category(i)[i], b : bit[i], t : spin[i], o : permutation(i), q : bit[i],
        m : int(0, 299)[i], u : bit[i]) {
        term mixed = sum((x[j] - s[j]) ^ 2 for j in i)
        term looked = sum(b[z[j]] for j in i)
        let walk = scan(j in i, prev = 0) = 0.5 * prev + t[j]
        term walked = sum(walk ^ 2)
        term ordered = sum(q[j] * (o[j] == j) for j in i)
        term many = 0.01 * sum(m[j] * u[j] for j in i)
      }`,
    kinds: {
      s: /^`mixed` also reads `x`, which is real/,
      z: /at an index that depends on unknowns/,
      b: /at an index that depends on unknowns/,
      t: /`scan`/,
      q: /also reads `o`, a permutation/,
      m: /more than 256 states/,
      u: /also reads `m`, which has more than 256 states/,
    },
  },
];
