import { glow, network, onCircle } from './forms.ts';
import {
  c,
  css,
  disc,
  dots,
  extent,
  field,
  HEIGHT,
  line,
  linspace,
  maps,
  mean,
  picture,
  pixels,
  quantile,
  range,
  scale,
  series,
  shade,
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Recipes } from './recipe.ts';
import type { Ran } from './studio.ts';

const rowsOf = (ran: Ran, name: string, width: number): number[][] => {
  const { data } = ran.data(name);
  return range(data.length / width).map((i) => [...data.subarray(width * i, width * (i + 1))]);
};
const plane = (ran: Ran, name: string): Xy[] => rowsOf(ran, name, 2).map(([x, y]) => [x, y]);
const INK = linspace(0, 1, 17).map((t) => css(shade(maps.glow, 0.04 + 0.96 * t)));

const PAPER = linspace(0, 1, 17).map((t) =>
  css(
    [0, 1, 2].map((k) => Math.round([15, 21, 32][k] + t * [240, 226, 190][k])) as unknown as [
      number,
      number,
      number,
    ],
  ),
);

export const learning: Recipes = {
  'learning/digits': {
    seconds: 100,
    jobs: ['learn', 'drawings'],
    draw(ran) {
      const p = ran.draws('drawings', 'r.p');
      return picture(
        ...range(40).map((i) => {
          const v = p.at(i);
          const where = { x: 5 + 39.2 * (i % 8), y: 4 + 39 * Math.floor(i / 8), width: 35, height: 35 };
          return pixels(8, 8, PAPER, (r, k) => Math.round(v[8 * r + k]), where, true);
        }),
      );
    },
  },
  'learning/wine': {
    seconds: 40,
    jobs: ['learn', 'wines'],
    draw(ran) {
      const names = ['w.alcohol', 'w.flavanoids', 'w.colour_intensity', 'w.color_intensity', 'w.proline'];
      const result = ran.result('wines');
      const has = new Set(result.verb === 'sample' ? result.draws.quantities.map((q) => q.name) : []);
      const found = names.filter((n) => has.has(n));
      const [a, b] = [found[0], found[found.length - 1]];
      const kind = ran.draws('wines', 'w.class').element(0);
      const [x, y] = [ran.draws('wines', a).element(0), ran.draws('wines', b).element(0)];
      const X = scale([quantile(x, 0.005), quantile(x, 0.995)], [14, WIDTH - 14]);
      const Y = scale([quantile(y, 0.005), quantile(y, 0.995)], [HEIGHT - 14, 14]);
      const t = a.replace('w.', 'train.');
      const [tx, ty, tc] = [
        ran.data(t).data,
        ran.data(b.replace('w.', 'train.')).data,
        ran.data('train.class').data,
      ];
      const colours = [c.rose, c.amber, c.teal];
      return picture(
        ...colours.map((col, k) =>
          dots(
            x.flatMap((v, i): Xy[] => (kind[i] === k ? [[X(v), Y(y[i])]] : [])),
            1.7,
            col,
            0.55,
          ),
        ),
        ...[...tx].map((v, i) =>
          disc(X(v), Y(ty[i]), 3.1, 'none', `stroke="${colours[tc[i]]}" stroke-width="1.3"`),
        ),
      );
    },
  },
  'learning/mixed-columns': {
    seconds: 40,
    jobs: ['learn', 'draws'],
    draw(ran) {
      const [month, temp, sky] = ['d.month', 'd.temperature', 'd.sky'].map((n) =>
        ran.draws('draws', n).element(0),
      );
      const [lo, hi] = [quantile(temp, 0.01), quantile(temp, 0.99)];
      const colours = [c.amber, c.sky, c.dim];
      return picture(
        ...[40, 64, 88].map((r) => disc(160, 100, r, 'none', 'stroke="#243144" stroke-width="1"')),
        ...colours.map((col, k) =>
          dots(
            month.flatMap((m, i): Xy[] => {
              if (sky[i] !== k) return [];
              const turn = (2 * Math.PI * (m + 0.8 * (((i * 61) % 97) / 97 - 0.5))) / 12 - Math.PI / 2;
              const r = 22 + (68 * (temp[i] - lo)) / (hi - lo);
              return [[160 + 1.55 * r * Math.cos(turn), 100 + r * Math.sin(turn)]];
            }),
            1.9,
            col,
            0.85,
          ),
        ),
      );
    },
  },
  'learning/boltzmann': {
    jobs: ['learn'],
    draw(ran) {
      const J = ran.param('J').data;
      const h = ran.param('h').data;
      const edges: [number, number, string, number][] = [];
      let e = 0;
      for (let i = 0; i < 8; i++)
        for (let j = i + 1; j < 8; j++, e++)
          edges.push([
            i,
            j,
            J[e] > 0.12 ? c.amber : J[e] < -0.12 ? c.blue : '#223046',
            1 + Math.min(8, 9 * Math.abs(J[e])),
          ]);
      edges.sort((p, q) => p[3] - q[3]);
      return network(
        onCircle(8),
        edges,
        (i) => ({ colour: css(shade(maps.cool, 0.5 + 0.9 * h[i])), r: 11 }),
        [120, 80],
      );
    },
  },
  'learning/rbm': {
    seconds: 40,
    jobs: ['learn', 'pictures'],
    draw(ran) {
      const v = ran.draws('pictures', 'v');
      return picture(
        ...range(40).map((i) => {
          const s = v.at(i * 12);
          const rows = range(4).map((r) => range(4).reduce((n, k) => n + s[4 * r + k], 0));
          const cols = range(4).map((k) => range(4).reduce((n, r) => n + s[4 * r + k], 0));
          const valid = rows.every((n) => n % 4 === 0) || cols.every((n) => n % 4 === 0);
          return pixels(4, 4, ['#1a2536', valid ? c.amber : c.rose], (r, k) => s[4 * r + k], {
            x: 3 + 39.6 * (i % 8),
            y: 3 + 39.4 * Math.floor(i / 8),
            width: 34,
            height: 34,
          });
        }),
      );
    },
  },
  'learning/experts': {
    jobs: [],
    draw: (ran) => glow(ran, 'Joint', 5),
  },
  'learning/two-moons': {
    jobs: ['learn'],
    draw: (ran) => centred(ran, 'Moons', 'moons', 1.35),
  },
  'learning/spiral': {
    seconds: 60,
    jobs: ['learn'],
    draw: (ran) => centred(ran, 'Spiral', 'points', 1.2, maps.cool),
  },
  'learning/ring-expert': {
    jobs: ['learn'],
    draw: (ran) => glow(ran, 'Ring', 5.6, plane(ran, 'ring'), { map: maps.cool }),
  },
  'learning/arc': {
    jobs: ['learn'],
    draw: (ran) => glow(ran, 'Arc', 5.6, plane(ran, 'arc')),
  },
  'learning/student-experts': {
    jobs: ['learn'],
    draw(ran) {
      const W = ran.param('W').data;
      const [x, y] = [0, 1].map((k) => rowsOf(ran, 'mixed', 2).map((r) => r[k]));
      const reach = 7;
      const base = glow(
        ran,
        'Sources',
        reach,
        x.map((v, i): Xy => [v, y[i]]),
        { power: 0.45, map: maps.cool },
      );
      const unit = 200 / reach;
      // Directions of the sources: columns of the inverse of W.
      const det = W[0] * W[3] - W[1] * W[2];
      const columns: Xy[] = [
        [W[3] / det, -W[2] / det],
        [-W[1] / det, W[0] / det],
      ];
      const arrows = columns.map(([a, b]) => {
        const n = Math.hypot(a, b);
        const [dx, dy] = [(a / n) * 3.1 * unit, (-b / n) * 3.1 * unit];
        return line([160 - dx, 100 - dy], [160 + dx, 100 + dy], c.amber, 2, 0.9);
      });
      return base.replace('</svg>', `${arrows.join('')}</svg>`);
    },
  },
  'learning/graph-network': {
    jobs: ['learn', 'draws'],
    draw(ran) {
      const s = ran.draws('draws', 's');
      const edges: [number, number][] = range(8).map((i): [number, number] => [i, (i + 1) % 8]);
      edges.push([0, 4]);
      const correlation = (i: number, j: number): number => mean(s.element(i).map((v, k) => v * s.at(k)[j]));
      return network(
        onCircle(8),
        edges.map(([i, j]): [number, number, string, number] => [
          i,
          j,
          css(shade(maps.glow, 0.25 + 0.9 * correlation(i, j))),
          2 + 14 * Math.max(0, correlation(i, j)),
        ]),
        (i) => ({ colour: css(shade(maps.cool, 0.45 + 0.5 * s.mean(i))), r: 14 }),
        [120, 78],
      );
    },
  },
  'learning/hopfield': {
    draw(ran) {
      const s = ran.draws('recall', 's');
      const stored = rowsOf(ran, 'stored', 35);
      const letter = (v: (i: number) => number, x: number, w: number, palette: readonly string[]): string =>
        pixels(7, 5, palette, (r, k) => Math.round((palette.length - 1) * (0.5 + v(5 * r + k) / 2)), {
          x,
          y: (HEIGHT - w * 1.4) / 2,
          width: w,
          height: w * 1.4,
        });
      const grey = ['#1b2637', '#4a5a70'];
      return picture(
        ...stored.map((v, m) => letter((i) => v[i], m < 2 ? 12 + 50 * m : 218 + 50 * (m - 2), 40, grey)),
        letter((i) => s.mean(i), 116, 88, INK),
        line([112, 100 - 61.6 + 70.4], [208, 100 - 61.6 + 70.4], c.pale, 1.4),
      );
    },
  },
  'learning/rooms': {
    jobs: ['learn', 'draws'],
    draw(ran) {
      const [hour, room] = ['s.hour', 's.room'].map((n) => ran.draws('draws', n).element(0));
      const palette = linspace(0, 1, 40).map((t) => css(shade(maps.glow, t)));
      const n = range(5).map((r) =>
        range(24).map((t) => hour.filter((x, i) => Math.round(x) === t && room[i] === r).length),
      );
      const per = range(24).map((t) => range(5).reduce((a, r) => a + n[r][t], 0));
      const smooth = (r: number, t: number): number => {
        const [a, b] = [-1, 0, 1].reduce<Xy>(
          (acc, d) => [acc[0] + n[r][(t + d + 24) % 24], acc[1] + per[(t + d + 24) % 24]],
          [0, 0],
        );
        return a / Math.max(1, b);
      };
      return picture(
        pixels(5, 24, palette, (r, t) => Math.round(39 * Math.min(1, 1.5 * smooth(r, t))), {
          x: 10,
          y: 10,
          width: 300,
          height: 180,
        }),
        ...range(4).map((r) => line([10, 46 + 36 * r], [310, 46 + 36 * r], '#0c1119', 2)),
      );
    },
  },
  'learning/ranking': {
    jobs: ['learn', 'draws'],
    draw(ran) {
      const r = ran.draws('draws', 'r');
      const share = range(5).map((dish) =>
        range(5).map((place) => r.element(place).filter((d) => d === dish).length / r.count),
      );
      const X = scale([0, 4], [34, WIDTH - 34]);
      return picture(
        ...range(5).flatMap((place) =>
          range(5).map((dish) => {
            const p = share[dish][place];
            return disc(
              X(place),
              24 + 38 * dish,
              4 + 24 * Math.sqrt(p) * 0.72,
              series[dish],
              `opacity="${(0.25 + 0.75 * Math.min(1, 2 * p)).toFixed(2)}"`,
            );
          }),
        ),
      );
    },
  },
  'learning/torsion': {
    jobs: ['scores'],
    draw(ran) {
      const [a, b] = ['turns.a', 'turns.b'].map((n) => [...ran.data(n).data]);
      const [rows, cols] = [100, 160];
      const xs: number[] = [];
      const ys: number[] = [];
      for (let r = 0; r < rows; r++)
        for (let k = 0; k < cols; k++) {
          xs.push(-Math.PI + (2 * Math.PI * (k + 0.5)) / cols);
          ys.push(Math.PI - (2 * Math.PI * (r + 0.5)) / rows);
        }
      const p = ran.density('Torsion', xs, ys);
      const top = quantile([...p], 0.9995);
      const X = scale([-Math.PI, Math.PI], [0, WIDTH]);
      const Y = scale([-Math.PI, Math.PI], [HEIGHT, 0]);
      return picture(
        field(rows, cols, maps.glow, (r, k) => (p[r * cols + k] / top) ** 0.45),
        dots(
          a.slice(0, 260).map((v, i): Xy => [X(v), Y(b[i])]),
          1.1,
          '#ffffff',
          0.7,
        ),
      );
    },
  },
};

/** A density with the data it was learned from, as large as they are. */
function centred(ran: Ran, energy: string, data: string, room: number, map = maps.glow): string {
  const points = plane(ran, data);
  const [x0, x1] = extent(
    points.map((p) => p[0]),
    0,
  );
  const [y0, y1] = extent(
    points.map((p) => p[1]),
    0,
  );
  const over = room * Math.max(y1 - y0, (x1 - x0) / 1.6);
  return glow(ran, energy, over, points, { middle: [(x0 + x1) / 2, (y0 + y1) / 2], map });
}
