/** The data of the benchmarks, from fixed seeds, and the files that all peers read. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostArray } from '../../src/arrays.ts';
import { writeNpy } from '../../src/io/npy.ts';
import { Stream } from '../../src/random/stream.ts';

/** Writes arrays as NPY files into a folder of their own. */
export function writeArrays(folder: string, arrays: Readonly<Record<string, HostArray>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, array] of Object.entries(arrays)) writeFileSync(join(folder, name), writeNpy(array));
}

export const vector = (data: HostArray['data']): HostArray => ({ shape: [data.length], data });

/** Pairs of sites, with a weight each where they have one. */
export interface Links {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly weight?: Float64Array;
}

/** The bonds of a lattice: for each site, last axis first, that to the next site along it. */
export function latticeLinks(dims: readonly number[], wrap: boolean): Links {
  const sites = dims.reduce((n, d) => n * d, 1);
  const a: number[] = [];
  const b: number[] = [];
  for (let i = 0; i < sites; i++) {
    let stride = 1;
    for (let d = dims.length - 1; d >= 0; d--) {
      const x = Math.floor(i / stride) % dims[d];
      if (x + 1 < dims[d] || wrap) {
        a.push(i);
        b.push(x + 1 < dims[d] ? i + stride : i - x * stride);
      }
      stride *= dims[d];
    }
  }
  return { a: Int32Array.from(a), b: Int32Array.from(b) };
}

/** All pairs i < j with normal couplings of variance 1/n. */
export function gaussianCouplings(n: number, seed: number): Links & { readonly weight: Float64Array } {
  const stream = new Stream(seed, 'couplings');
  const pairs = (n * (n - 1)) / 2;
  const a = new Int32Array(pairs);
  const b = new Int32Array(pairs);
  const weight = new Float64Array(pairs);
  let e = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      a[e] = i;
      b[e] = j;
      weight[e++] = stream.normal() / Math.sqrt(n);
    }
  return { a, b, weight };
}

export function signs(n: number, seed: number): Float64Array {
  const stream = new Stream(seed, 'signs');
  return Float64Array.from({ length: n }, () => (stream.uniform() < 0.5 ? -1 : 1));
}

/**
 * A random graph in which every node has three neighbours: half-edges are paired at random, and pairs that join
 * a node to itself or two nodes twice are exchanged with random others until there are none (B. Bollobás, Europ.
 * J. Combinatorics 1 (1980) 311, without starting anew).
 */
export function cubicGraph(nodes: number, seed: number): Links {
  const stream = new Stream(seed, 'graph');
  const ends = Int32Array.from({ length: 3 * nodes }, (_, i) => Math.floor(i / 3));
  stream.shuffle(ends);
  const pairs = ends.length / 2;
  for (;;) {
    const seen = new Set<number>();
    let bad = 0;
    for (let e = 0; e < pairs; e++) {
      const lo = Math.min(ends[2 * e], ends[2 * e + 1]);
      const hi = Math.max(ends[2 * e], ends[2 * e + 1]);
      const key = lo * nodes + hi;
      if (lo === hi || seen.has(key)) {
        const other = 2 * stream.int(pairs) + 1;
        [ends[2 * e + 1], ends[other]] = [ends[other], ends[2 * e + 1]];
        bad++;
      } else seen.add(key);
    }
    if (bad === 0) break;
  }
  return { a: ends.filter((_, i) => i % 2 === 0), b: ends.filter((_, i) => i % 2 === 1) };
}

/** The links as one array of pairs. */
export const pairsOf = ({ a, b }: Links): HostArray => ({
  shape: [a.length, 2],
  data: Int32Array.from({ length: 2 * a.length }, (_, i) => (i % 2 === 0 ? a[i / 2] : b[(i - 1) / 2])),
});

/** Normal columns, and answers drawn from the model at `point`: its first number is the intercept. */
export function logisticData(
  rows: number,
  columns: number,
  seed: number,
): { readonly x: HostArray; readonly y: HostArray; readonly point: Float64Array } {
  const stream = new Stream(seed, 'logistic');
  const x = new Float64Array(rows * columns);
  for (let i = 0; i < x.length; i++) x[i] = stream.normal();
  const point = Float64Array.from({ length: columns + 1 }, () => 0.3 * stream.normal());
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let eta = point[0];
    for (let j = 0; j < columns; j++) eta += x[i * columns + j] * point[1 + j];
    y[i] = stream.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
  }
  return { x: { shape: [rows, columns], data: x }, y: vector(y), point };
}

/** Rows in groups of random sizes, ordered by group; each group has at least one. */
export function groupedData(
  rows: number,
  groups: number,
  seed: number,
): { readonly x: HostArray; readonly y: HostArray; readonly group: HostArray; readonly point: Float64Array } {
  const stream = new Stream(seed, 'groups');
  const group = Int32Array.from({ length: rows }, (_, i) => (i < groups ? i : stream.int(groups))).sort();
  const x = Float64Array.from({ length: rows }, () => (stream.uniform() < 0.2 ? 1 : 0));
  const level = Float64Array.from({ length: groups }, () => 1.5 + 0.3 * stream.normal());
  const y = Float64Array.from(
    { length: rows },
    (_, i) => level[group[i]] - 0.7 * x[i] + 0.75 * stream.normal(),
  );
  // mu, b, ln tau, ln sigma, and the levels.
  const point = Float64Array.from([1.4, -0.6, Math.log(0.4), Math.log(0.7), ...level]);
  return { x: vector(x), y: vector(y), group: vector(group), point };
}
