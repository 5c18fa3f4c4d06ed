import { network, onCircle } from './forms.ts';
import {
  box,
  c,
  css,
  disc,
  dots,
  field,
  group,
  HEIGHT,
  line,
  linspace,
  maps,
  path,
  picture,
  pixels,
  range,
  scale,
  series,
  shade,
  strokes,
  text,
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Recipes } from './recipe.ts';

/** A part of a lattice that fills the picture: 8 to 5. */
const cover = (n: number): { rows: number; cols: number } => ({
  cols: n,
  rows: Math.round((n * HEIGHT) / WIDTH),
});
/** Directions have soft colours, twenty-four of them. */
const hue = (t: number): string => {
  const at = Math.round((((t % 1) + 1) % 1) * 24) / 24;
  const k = (n: number): number => {
    const x = (n + at * 12) % 12;
    return Math.round(255 * (0.64 - 0.27 * Math.max(-1, Math.min(x - 3, 9 - x, 1))));
  };
  return css([k(0), k(8), k(4)]);
};
const arrow = (x: number, y: number, angle: number, r: number): Xy[] => {
  const [dx, dy] = [r * Math.cos(angle), -r * Math.sin(angle)];
  const tip: Xy = [x + dx, y + dy];
  const side = (s: number): Xy => [x + dx * 0.35 - s * dy * 0.45, y + dy * 0.35 + s * dx * 0.45];
  return [[x - dx, y - dy], tip, side(1), tip, side(-1)];
};

export const physics: Recipes = {
  'physics/ising': {
    constants: { n: 128, beta: 0.435 },
    replace: [
      ['draws = 500, chains = 4, warmup = 200, thin = 8', 'draws = 3, chains = 1, warmup = 900, thin = 60'],
    ],
    draw(ran) {
      const s = ran.draws('draws', 's').at(2);
      const { rows, cols } = cover(128);
      return picture(pixels(rows, cols, ['#16243f', '#f9b342'], (r, k) => (s[r * 128 + k] > 0 ? 1 : 0)));
    },
  },
  'physics/potts': {
    constants: { side: 96, beta: 0.98 },
    replace: [['draws = 1000, chains = 4, warmup = 200', 'draws = 2, chains = 1, warmup = 500']],
    draw(ran) {
      const s = ran.draws('draws', 's').at(1);
      const { rows, cols } = cover(96);
      return picture(pixels(rows, cols, ['#1d4e79', '#f9b342', '#2bc79b'], (r, k) => s[r * 96 + k]));
    },
  },
  'physics/regions': {
    draw(ran) {
      const z = ran.draws('draws', 'z').at(499);
      return picture(pixels(24, 32, ['#1d4e79', '#f9b342', '#2bc79b'], (r, k) => z[r * 32 + k]));
    },
  },
  'physics/phi4': {
    constants: { side: 48, mass2: -1.1, lambda: 1 },
    replace: [['draws = 1000, chains = 4, warmup = 400', 'draws = 20, chains = 1, warmup = 150']],
    draw(ran) {
      const s = ran.draws('draws', 'phi').at(19);
      const { rows, cols } = cover(48);
      return picture(field(rows, cols, maps.two, (r, k) => 0.5 + s[r * 48 + k] / 3.6));
    },
  },
  'physics/triangular': {
    constants: { n: 26 },
    jobs: ['frustrated'],
    replace: [
      [
        'draws = 400, chains = 4, warmup = 200, seed = 1)\nrun ordered',
        'draws = 3, chains = 1, warmup = 300, seed = 1)\nrun ordered',
      ],
    ],
    draw(ran) {
      const s = ran.draws('frustrated', 's').at(2);
      const n = 26;
      const step = 17;
      const at = (r: number, k: number): Xy => [((k - r / 2 + 2 * n) % n) * step - 40, r * step * 0.866 + 2];
      const happy: { points: Xy[]; colour: string }[] = [];
      const spots: [Xy[], Xy[]] = [[], []];
      for (let r = 0; r < 14; r++)
        for (let k = 0; k < n; k++) {
          const [x, y] = at(r, k);
          const own = s[r * n + k];
          for (const [dr, dk] of [
            [0, 1],
            [1, 0],
            [1, 1],
          ]) {
            const other = s[((r + dr) % n) * n + ((k + dk) % n)];
            const to: Xy = [x + (dk - dr / 2) * step, y + dr * step * 0.866];
            if (own === other) happy.push({ points: [[x, y], to], colour: c.rose });
          }
          spots[own > 0 ? 1 : 0].push([x, y]);
        }
      return picture(strokes(happy, 1.5, 0.85), dots(spots[0], 4.4, c.blue), dots(spots[1], 4.4, c.amber));
    },
  },
  'physics/blume-capel': {
    constants: { n: 40 },
    replace: [
      ['1.8 * beta', '1.93 * beta'],
      ['draws = 300, chains = 4, warmup = 300, thin = 2', 'draws = 3, chains = 1, warmup = 300, thin = 20'],
      ['draws = 300, chains = 4, warmup = 300, thin = 2', 'draws = 3, chains = 1, warmup = 300, thin = 20'],
    ],
    draw(ran) {
      const [below, above] = [ran.draws('ordered', 's').at(2), ran.draws('empty', 's').at(2)];
      const palette = [c.blue, '#131b28', c.amber];
      const half = (s: Float64Array, x: number): string =>
        pixels(40, 32, palette, (r, k) => s[r * 40 + k] + 1, { x, y: 0, width: 160, height: 200 });
      return picture(half(below, 0), half(above, 160), box(159, 0, 2, 200, '#0c1119'));
    },
  },
  'physics/clock': {
    constants: { n: 24 },
    replace: [
      ['draws = 400, chains = 4, warmup = 300, thin = 4', 'draws = 3, chains = 1, warmup = 400, thin = 10'],
    ],
    draw(ran) {
      const s = ran.draws('draws', 's').at(2);
      const step = 20;
      return picture(
        strokes(
          range(10).flatMap((r) =>
            range(16).map((k) => {
              const v = s[r * 24 + k];
              return {
                points: arrow(k * step + 10, r * step + 10, (2 * Math.PI * v) / 6, 7.4),
                colour: hue(v / 6),
              };
            }),
          ),
          1.8,
        ),
      );
    },
  },
  'physics/xy': {
    constants: { n: 20, beta: 0.95 },
    replace: [['draws = 800, chains = 4, warmup = 300', 'draws = 30, chains = 1, warmup = 200']],
    draw(ran) {
      const s = ran.draws('draws', 'theta').at(29);
      const step = 16;
      return picture(
        strokes(
          range(13).flatMap((r) =>
            range(20).map((k) => {
              const v = s[r * 20 + k];
              return { points: arrow(k * step + 8, r * step + 4, v, 6.4), colour: hue(v / (2 * Math.PI)) };
            }),
          ),
          1.7,
        ),
      );
    },
  },
  'physics/heisenberg': {
    replace: [['draws = 800, chains = 4, warmup = 300', 'draws = 20, chains = 1, warmup = 200']],
    draw(ran) {
      const s = ran.draws('draws', 's').at(19);
      const x = scale([0, 23], [18, WIDTH - 18]);
      return picture(
        line([8, 100], [WIDTH - 8, 100], c.dim, 1.4),
        ...range(24).map((t) => {
          const [sx, sy, sz] = [s[3 * t], s[3 * t + 1], s[3 * t + 2]];
          const tip: Xy = [x(t) + 18 * sx, 100 - 74 * sy - 10 * sz];
          const colour = css(shade(maps.two, 0.5 + sz / 2));
          const light = Math.abs(sz) < 0.35 ? c.dim : colour;
          return (
            path([[x(t), 100], tip], light, 2) + disc(tip[0], tip[1], 4.6, light) + disc(x(t), 100, 2, c.pale)
          );
        }),
      );
    },
  },
  'physics/spin-glass': {
    jobs: ['glass'],
    draw(ran) {
      const d = ran.draws('glass', 's');
      const energy = ran.draws('glass', 'per_spin').element(0);
      const s = d.at(energy.indexOf(Math.min(...energy)));
      const J = ran.data('J').data;
      const edges: [number, number, string, number][] = [];
      let e = 0;
      for (let i = 0; i < 16; i++)
        for (let j = i + 1; j < 16; j++, e++) {
          const j2 = J[e];
          const good = j2 * s[i] * s[j] > 0;
          if (Math.abs(j2) > 0.75) edges.push([i, j, good ? c.teal : c.rose, 0.5 + Math.abs(j2) * 0.7]);
        }
      return network(onCircle(16), edges, (i) => ({ colour: s[i] > 0 ? c.amber : c.blue, r: 8 }), [140, 86]);
    },
  },
  'physics/lattice-gas': {
    jobs: ['draws'],
    replace: [
      ['grid(8, 8)', 'grid(20, 20)'],
      ['subset(site, 32)', 'subset(site, 140)'],
      ['draws = 200, chains = 4, warmup = 200, thin = 2', 'draws = 3, chains = 1, warmup = 1500, thin = 40'],
    ],
    draw(ran) {
      const s = ran.draws('draws', 'n').at(2);
      const points: Xy[] = [];
      const holes: Xy[] = [];
      for (let r = 0; r < 13; r++)
        for (let k = 0; k < 20; k++) (s[r * 20 + k] > 0 ? points : holes).push([k * 16 + 8, r * 15.7 + 6]);
      return picture(dots(holes, 1.1, c.dim), dots(points, 6.6, c.blue));
    },
  },
  'physics/hard-squares': {
    jobs: ['gas'],
    constants: { z: 3.1 },
    replace: [['draws = 500, chains = 4, warmup = 100', 'draws = 5, chains = 1, warmup = 300']],
    draw(ran) {
      const s = ran.draws('gas', 'n').at(4);
      const marks: string[] = [];
      for (let r = 0; r < 10; r++)
        for (let k = 0; k < 16; k++)
          if (s[r * 16 + k] > 0) {
            const colour = (r + k) % 2 === 0 ? c.amber : c.blue;
            const [x, y] = [k * 20 + 10, r * 20 + 10];
            marks.push(`<path d="M${x} ${y - 17}l17 17l-17 17l-17 -17z" fill="${colour}" opacity="0.9"/>`);
          }
      return picture(...marks);
    },
  },
  'physics/ice': {
    replace: [
      ['grid(3, 3)', 'grid(8, 8)'],
      ['p.col + 2, 3', 'p.col + 7, 8'],
      ['p.row + 2, 3', 'p.row + 7, 8'],
      // One arrangement out of very many: that of least energy in a field without any pattern.
      [
        'down : spin[site]) {',
        'down : bit[site]) {\n  term rough = sum(right[p] * sin(71 * (8 * p.row + p.col + 1) ^ 2) + down[p] * sin(37 * (8 * p.row + p.col + 2) ^ 2) for p in site)',
      ],
      ['run count = logz(Ice)', 'run one = minimize(Ice, budget = 2000000)'],
    ],
    draw(ran) {
      const r1 = ran.result('one');
      if (r1.verb !== 'minimize') throw new Error('nothing was minimised');
      const of = (name: string): Float64Array => r1.state.quantities.find((q) => q.name === name)!.values;
      const [right, down] = [of('right'), of('down')];
      const step = 40;
      const arrows: { points: Xy[]; colour: string }[] = [];
      const wires: { points: Xy[]; colour: string }[] = [];
      const head = (x: number, y: number, dx: number, dy: number, colour: string): void => {
        const points: Xy[] = [
          [x - 6 * dx - 6 * dy, y - 6 * dy - 6 * dx],
          [x + 6 * dx, y + 6 * dy],
          [x - 6 * dx + 6 * dy, y - 6 * dy + 6 * dx],
        ];
        arrows.push({ points, colour });
      };
      for (let r = 0; r < 6; r++)
        for (let k = -1; k < 8; k++) {
          const kk = (k + 8) % 8;
          const [x, y] = [k * step + 20, r * step];
          const [a, b] = [right[r * 8 + kk], down[r * 8 + kk]];
          wires.push({
            points: [
              [x + step, y],
              [x, y],
              [x, y + step],
            ],
            colour: c.dim,
          });
          head(x + step / 2, y, a ? 1 : -1, 0, a ? c.amber : c.blue);
          head(x, y + step / 2, 0, b ? 1 : -1, b ? c.teal : c.rose);
        }
      return picture(strokes(wires, 1), strokes(arrows, 2.8));
    },
  },
  'physics/gauge': {
    constants: { n: 16 },
    replace: [['draws = 1000, chains = 4, warmup = 100', 'draws = 3, chains = 1, warmup = 200']],
    draw(ran) {
      const right = ran.draws('draws', 'right').at(2);
      const down = ran.draws('draws', 'down').at(2);
      const step = 22;
      const marks: string[] = [];
      const links: { points: Xy[]; colour: string }[] = [];
      for (let r = 0; r < 9; r++)
        for (let k = 0; k < 14; k++) {
          const [x, y] = [6 + k * step, 1 + r * step];
          const flux = right[r * 16 + k] * down[r * 16 + k + 1] * right[(r + 1) * 16 + k] * down[r * 16 + k];
          if (flux < 0) marks.push(box(x, y, step, step, c.rose, 'opacity="0.75"'));
        }
      for (let r = 0; r < 10; r++)
        for (let k = 0; k < 15; k++) {
          const [x, y] = [6 + k * step, 1 + r * step];
          links.push(
            {
              points: [
                [x, y],
                [x + step, y],
              ],
              colour: right[r * 16 + k] > 0 ? c.blue : c.amber,
            },
            {
              points: [
                [x, y],
                [x, y + step],
              ],
              colour: down[r * 16 + k] > 0 ? c.blue : c.amber,
            },
          );
        }
      return picture(...marks, strokes(links, 2));
    },
  },
  'physics/polymer': {
    jobs: ['curled'],
    constants: { attraction: 0.9 },
    replace: [
      ['line(8)', 'line(26)'],
      ['x[7] ^ 2 + y[7] ^ 2', 'x[25] ^ 2 + y[25] ^ 2'],
      ['x[7] ^ 2 + y[7] ^ 2', 'x[25] ^ 2 + y[25] ^ 2'],
      [
        'draws = 300, chains = 4, warmup = 100, seed = 1)\nrun curled',
        'draws = 1, chains = 1, warmup = 1, seed = 1)\nrun curled',
      ],
      [
        'run curled = sample(Sticky, draws = 300, chains = 4, warmup = 100',
        'run curled = sample(Sticky, draws = 30, chains = 6, warmup = 300',
      ],
    ],
    draw(ran) {
      const d = ran.draws('curled', 'way');
      const walks = [5, 70, 130].map((i) => {
        let [x, y] = [0, 0];
        const out: Xy[] = [[0, 0]];
        for (const w of d.at(i)) {
          x += w === 0 ? 1 : w === 2 ? -1 : 0;
          y += w === 1 ? 1 : w === 3 ? -1 : 0;
          out.push([x, y]);
        }
        return out;
      });
      return picture(
        ...walks.map((walk, i) => {
          const cx = (Math.max(...walk.map((p) => p[0])) + Math.min(...walk.map((p) => p[0]))) / 2;
          const cy = (Math.max(...walk.map((p) => p[1])) + Math.min(...walk.map((p) => p[1]))) / 2;
          const points = walk.map(([x, y]): Xy => [58 + 102 * i + (x - cx) * 10.5, 100 - (y - cy) * 10.5]);
          return (
            path(points, series[i], 3.4, 0.75) +
            dots(points, 4.4, series[i]) +
            disc(points[0][0], points[0][1], 5.4, c.pale)
          );
        }),
      );
    },
  },
  'physics/oscillator': {
    draw(ran) {
      const d = ran.draws('draws', 'x');
      const rings = range(26).map((i) => {
        const x = d.at(Math.floor((i * d.count) / 26));
        return range(33).map((t): Xy => {
          const turn = (2 * Math.PI * t) / 32;
          const r = 58 + 21 * x[t % 32];
          return [WIDTH / 2 + 1.45 * r * Math.cos(turn), HEIGHT / 2 + r * Math.sin(turn)];
        });
      });
      const last = rings[7];
      return picture(
        group('opacity="0.35"', ...rings.map((r) => path(r, c.blue, 1))),
        path(last, c.amber, 2),
        dots(last, 3.2, c.amber),
      );
    },
  },
  'physics/cluster': {
    draw(ran) {
      const d = ran.draws('draws', 'x');
      const V = ran.draws('draws', 'V').element(0);
      const found = d.at(V.indexOf(Math.min(...V)));
      const middle = range(3).map((k) => range(7).reduce((a, i) => a + found[3 * i + k] / 7, 0));
      const x = found.map((v, i) => v - middle[i % 3]);
      const turn = 0.5;
      const tilt = 0.35;
      const atoms = range(7).map((i) => {
        const [a, b, z] = [x[3 * i], x[3 * i + 1], x[3 * i + 2]];
        const [u, w] = [a * Math.cos(turn) - b * Math.sin(turn), a * Math.sin(turn) + b * Math.cos(turn)];
        return {
          x: u,
          y: w * Math.cos(tilt) - z * Math.sin(tilt),
          z: w * Math.sin(tilt) + z * Math.cos(tilt),
          i,
        };
      });
      const at = (p: { x: number; y: number; z: number }): Xy => [
        160 + 66 * p.x * (1 + 0.1 * p.z),
        100 - 62 * p.y * (1 + 0.1 * p.z),
      ];
      const bonds: string[] = [];
      for (const p of atoms)
        for (const q of atoms)
          if (p.i < q.i && Math.hypot(p.x - q.x, p.y - q.y, p.z - q.z) < 1.35)
            bonds.push(line(at(p), at(q), c.dim, 2.4));
      return picture(
        ...bonds,
        ...[...atoms]
          .sort((p, q) => p.z - q.z)
          .map((p) => {
            const [px, py] = at(p);
            const r = 17 + 5 * p.z;
            const colour = css(shade(maps.cool, 0.35 + 0.2 * (p.z + 1)));
            return (
              disc(px, py, r, colour) +
              disc(px - r * 0.3, py - r * 0.35, r * 0.32, '#ffffff', 'opacity="0.35"')
            );
          }),
      );
    },
  },
  'physics/denoise': {
    draw(ran) {
      const d = ran.draws('draws', 's');
      const noisy = ran.data('noisy').data;
      const palette = linspace(0, 1, 20).map((t) => css(shade(maps.two, 0.06 + 0.9 * t)));
      const side = 140;
      const put = (x: number, at: (i: number) => number): string =>
        pixels(16, 16, palette, (r, k) => Math.round(19 * (0.5 + at(r * 16 + k) / 2)), {
          x,
          y: 30,
          width: side,
          height: side,
        });
      return picture(
        put(12, (i) => noisy[i]),
        put(168, (i) => d.mean(i)),
        text(160, 106, '›', 22, c.pale),
      );
    },
  },
};
