/** Networks, kernels and encoders of the standard library against plain loops. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../check/evaluate.ts';
import { expectClose, logSumExp, range, rows, sum } from './kit.ts';

describe('networks', () => {
  it('convolutions are the plain loop', async () => {
    const text = `use convolve, convolve_wrap from "std/network"
index site = grid(3, 4)
index channel = 2
index out = 2
index window = grid(3, 2)
param zeros = convolve(real[channel, site], out, window)
param torus = convolve_wrap(real[channel, site], out, window)
energy E(x : real[channel, site]) {
  term a = sum(x ^ 2)
  report zeros = zeros(x)
  report torus = torus(x)
}`;
    const x = range(24).map((i) => Math.sin(i * i + 1));
    const { reports, param } = await evaluate(text, 'E', { x });
    for (const [name, wrap] of [
      ['zeros', false],
      ['torus', true],
    ] as const) {
      const W = param(`${name}.W`);
      const want: number[] = [];
      for (let o = 0; o < 2; o++)
        for (let r = 0; r < 3; r++)
          for (let c = 0; c < 4; c++) {
            let y = 0;
            for (let i = 0; i < 2; i++)
              for (let dr = 0; dr < 3; dr++)
                for (let dc = 0; dc < 2; dc++) {
                  const [q, s] = [r + dr - 1, c + dc];
                  const inside = q >= 0 && q < 3 && s < 4;
                  if (!wrap && !inside) continue;
                  y += W[((o * 2 + i) * 3 + dr) * 2 + dc] * x[i * 12 + ((q + 3) % 3) * 4 + (s % 4)];
                }
            want.push(y);
          }
      expectClose(reports[name], want);
    }
  });

  it('a graph layer is the plain loop, and does not mind the order of the nodes', async () => {
    const program = (edge: string): string => `use graph_layer from "std/network"
index node = 4
index feature = 2
index unit = 3
set edge = { (i, j) for i in node, j in node where ${edge} }
param layer = graph_layer(real[node, feature], edge, unit)
energy E(x : real[node, feature]) {
  term a = sum(x ^ 2)
  report y = layer(x)
}`;
    const x = range(8).map((i) => Math.cos(i * i));
    const { reports, param } = await evaluate(program('j - i == 1'), 'E', { x });
    const [U, V] = [rows(param('layer.U'), 2), rows(param('layer.V'), 2)];
    const X = rows(x, 2);
    const apply = (M: number[][], u: number, v: number): number => M[u][0] * X[v][0] + M[u][1] * X[v][1];
    const want = range(4).flatMap((v) =>
      range(3).map((u) => {
        const near = [v - 1, v + 1].filter((j) => j >= 0 && j < 4);
        return Math.tanh(apply(U, u, v) + sum(near.map((j) => apply(V, u, j))));
      }),
    );
    expectClose(reports.y, want);
    // The same pairs named the other way round, the nodes in the opposite order.
    const turned = await evaluate(program('i - j == 1'), 'E', { x: [...X].reverse().flat() });
    expectClose(rows(turned.reports.y, 3).reverse().flat(), reports.y);
  });

  it('pooling, deep sets and attention', async () => {
    const text = `use pool, deep_set, attention from "std/network"
index site = grid(4, 2)
index coarse = grid(2, 1)
index channel = 1
index item = 3
index feature = 2
index hidden = 4
param bag  = deep_set(real[item, feature], hidden)
param head = attention(real[item, feature], feature)
energy E(x : real[channel, site], z : real[item, feature]) {
  term a = sum(x ^ 2) + sum(z ^ 2)
  report pooled = pool(x, coarse)
  report bag    = bag(z)
  report head   = head(z)
}`;
    const x = [1, 2, 3, 6, 5, 5, 5, 9];
    const z = [
      [0.3, -1],
      [1.2, 0.4],
      [-0.7, 0.9],
    ];
    const first = await evaluate(text, 'E', { x, z: z.flat() });
    expect(first.reports.pooled).toEqual([3, 6]);
    const turned = await evaluate(text, 'E', { x, z: [z[2], z[0], z[1]].flat() });
    expect(turned.reports.bag[0]).toBeCloseTo(first.reports.bag[0], 12);
    const [Q, K, V] = ['Q', 'K', 'V'].map((n) => rows(first.param(`head.${n}`), 2));
    const times = (M: number[][]) => z.map((r) => [0, 1].map((k) => r[0] * M[0][k] + r[1] * M[1][k]));
    const [q, k, v] = [times(Q), times(K), times(V)];
    const want = q.flatMap((qi) => {
      const score = k.map((kj) => (qi[0] * kj[0] + qi[1] * kj[1]) / Math.sqrt(2));
      const weight = score.map((s) => Math.exp(s - logSumExp(score)));
      return [0, 1].map((d) => sum(weight.map((w, j) => w * v[j][d])));
    });
    expectClose(first.reports.head, want);
  });

  it('a residual block adds to its input, layers are affine maps and an activation', async () => {
    const text = `use residual, dense, linear, score_network from "std/network"
index n = 2
index hidden = 2
param block = residual(real[n], hidden)
param flat  = linear(real[n], hidden)
param bent  = dense(real[n], hidden)
param score = score_network(real[n], hidden)
energy E(x : real[n]) {
  term a = sum(x ^ 2)
  report block = block(x)
  report flat  = flat(x)
  report bent  = bent(x)
  report score = score(x)
}`;
    const x = [0.7, -1.3];
    const { reports, param } = await evaluate(text, 'E', { x });
    const times = (flat: readonly number[], v: readonly number[]) =>
      rows(flat, 2).map((r) => r[0] * v[0] + r[1] * v[1]);
    const silu = (t: number): number => t / (1 + Math.exp(-t));
    const inner = times(param('block.inner.W'), x).map(silu);
    expectClose(
      reports.block,
      times(param('block.W'), inner).map((y, i) => x[i] + y),
    );
    expectClose(reports.flat, times(param('flat.W'), x));
    expectClose(reports.bent, times(param('bent.W'), x).map(Math.tanh));
    const layer = times(param('score.layer.W'), x).map(Math.tanh);
    expect(reports.score[0]).toBeCloseTo(sum(layer.map((y, i) => y * param('score.v')[i])), 10);
  });
});

describe('kernels and encoders', () => {
  it('a Gaussian process of two points', async () => {
    const text = `use matern32, GaussianProcess, process_values from "std/kernels"
index n = 2
energy E(f : real[n]) {
  let K = matern32([0.7 * i for i in n], 1.5, 0.8)
  term all = GaussianProcess(f, K, 0.1)
  report K = K
  report exact = -multi_normal([0 for i in n], K + 0.1 * identity(n)).log_density(f)
}`;
    const { energy, reports } = await evaluate(text, 'E', { f: [0.4, -1] });
    const r = (Math.sqrt(3) * 0.7) / 0.8;
    const near = 2.25 * (1 + r) * Math.exp(-r);
    expectClose(reports.K, [2.25, near, near, 2.25]);
    expect(energy).toBeCloseTo(reports.exact[0] - Math.log(2 * Math.PI), 10);
  });

  it('encoders', async () => {
    const text = `use one_hot, thermometer, standardise, cyclic_features, fourier_features, powers from "std/table"
index value = 3
index level = 4
index row = 3
index harmonic = 2
energy E(z : category(value)[row], y : int(0, 4)) {
  term a = 0 * y + 0 * sum(z[r] == 1 for r in row)
  report hot   = one_hot(z)
  report warm  = thermometer(y, level)
  report scale = standardise([1.0 + 2 * r for r in row])
  report month = cyclic_features(3, 12)
  report waves = fourier_features(1.5, 12, harmonic)
  report power = powers(2, level)
}`;
    const { reports } = await evaluate(text, 'E', { z: [2, 0, 1], y: [3] });
    expect(reports.hot).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
    expect(reports.warm).toEqual([1, 1, 1, 0]);
    expect(reports.scale).toEqual([-1, 0, 1]);
    expectClose(reports.month, [0, 1]);
    const h = Math.SQRT1_2;
    expectClose(reports.waves, [h, h, 0, 1]);
    expect(reports.power).toEqual([2, 4, 8, 16]);
  });
});
