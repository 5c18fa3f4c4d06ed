/** The programs that are measured, as text, and their data. */
import { writeNpy } from '../../src/io/npy.ts';
import { Stream } from '../../src/random/stream.ts';

export interface Program {
  readonly text: string;
  readonly files: Readonly<Record<string, Uint8Array | string>>;
}

const bits = (rows: number, columns: number): Uint8Array => {
  const stream = new Stream(1, 'bench');
  const data = Uint8Array.from({ length: rows * columns }, () => (stream.uniform() < 0.5 ? 1 : 0));
  return writeNpy({ shape: [rows, columns], data });
};

/** Energy discrepancy of 128 rows of 32 bits with 32 negatives each: a network with so many hidden layers of 256. */
export const networkFit = (layers: number): Program => ({
  text: `
index row
index symbol = 32
data  points : bit[row, symbol] from "points.npy"
param net    = mlp(symbol, hidden = [${new Array(layers).fill(256).join(', ')}], act = silu)
energy Plane(x : bit[symbol]) { term density = net(x) }
run learn = fit(Plane, points, loss = discrepancy(draws = 32, t = 0.1), batch = 128, optimizer = adam(rate = 0.002), steps = 1000000)
`,
  files: { 'points.npy': bits(4096, 32) },
});

const NUMBERS = 6;
const WORDS = 8;

/** The same of a table of six numbers and eight categories of five, 1,024 rows a step, three layers of 1,024. */
export function tableFit(): Program {
  const stream = new Stream(1, 'bench');
  const numbers = Array.from({ length: NUMBERS }, (_, i) => `x${i}`);
  const words = Array.from({ length: WORDS }, (_, i) => `c${i}`);
  const line = (): string =>
    [
      ...numbers.map(() => stream.normal().toFixed(4)),
      ...words.map(() => Math.floor(5 * stream.uniform())),
    ].join();
  const rows = Array.from({ length: 4096 }, line);
  return {
    text: `
index row
type Row = { ${numbers.map((n) => `${n} : real`).join(', ')}, ${words.map((w) => `${w} : category(5)`).join(', ')} }
data  rows : Row[row] from "rows.csv"
param net  = mlp(encode(Row), hidden = [1024, 1024, 1024], act = silu)
energy Table(r : Row) { term density = net(encode(r)) }
run learn = fit(Table, rows, loss = discrepancy(draws = 32, t = 0.1), batch = 1024, optimizer = adam(rate = 0.002), steps = 1000000)
`,
    files: { 'rows.csv': `${[...numbers, ...words].join()}\n${rows.join('\n')}\n` },
  };
}

/** Two convolutions of 3×3 to eight channels on images of 28×28. */
export const image: Program = {
  text: `
use convolve from "std/network"
index site    = grid(28, 28)
index gray    = 1
index feature = 8
index window  = grid(3, 3)
param first  = convolve(real[gray, site], feature, window)
param second = convolve(real[feature, site], feature, window)
param out : real[feature, site] = normal(0, 0.01)
energy Image(x : real[site]) {
  let a = silu(first([x[p] for c in gray, p in site]))
  let b = silu(second(a))
  term score = sum(out[f, p] * b[f, p] for f in feature, p in site)
}
`,
  files: {},
};

/** Spins of a torus of 256×256 as real numbers: what gradient-informed samplers ask for. */
export const lattice: Program = {
  text: `
index site = grid(256, 256)
set bond = neighbours(site, wrap = true)
energy Lattice(x : real[site]) { term pairs = -0.44 * sum(x[p] * x[q] for (p, q) in bond) }
`,
  files: {},
};

/** A restricted Boltzmann machine of 784 visible and 500 hidden bits. */
export const machine: Program = {
  text: `
index visible = 784
index hidden  = 500
param W : real[visible, hidden] = normal(0, 0.05)
param a : real[visible] = normal(0, 0.1)
param b : real[hidden] = normal(0, 0.1)
energy Machine(v : bit[visible], h : bit[hidden]) {
  term fields = -dot(a, v) - dot(b, h)
  term pairs = -sum(v[i] * W[i, j] * h[j] for i in visible, j in hidden)
}
`,
  files: {},
};
