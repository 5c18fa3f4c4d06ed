import { fitted, heat } from './forms.ts';
import {
  area,
  box,
  c,
  css,
  disc,
  dots,
  HEIGHT,
  line,
  linspace,
  maps,
  path,
  picture,
  pixels,
  range,
  scale,
  shade,
  text,
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Recipes } from './recipe.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const BASES = [c.teal, c.blue, c.amber, c.rose];

export const biology: Recipes = {
  'biology/hidden-markov': {
    jobs: ['both'],
    draw(ran) {
      const island = ran.draws('both', 'island');
      const base = ran.data('base').data;
      const X = scale([0, 59], [10, WIDTH - 10]);
      const p = range(60).map((t) => island.mean(t));
      const top = p.map((v, t): Xy => [X(t), 150 - 128 * v]);
      return picture(
        area([[X(0), 150], ...top, [X(59), 150]], c.blue, 0.35),
        path(top, c.blue, 2.4),
        ...range(60).map((t) => box(X(t) - 2.2, 160, 4.4, 30, BASES[base[t]], 'rx="1.5"')),
      );
    },
  },
  'biology/motif': {
    draw(ran) {
      const counts = ran.draws('posterior', 'counts');
      const energy = ran.draws('posterior', 'energy').element(0);
      const best = energy.indexOf(Math.min(...energy));
      const at = counts.at(best);
      const letters = 'ACGT';
      return picture(
        ...range(7).flatMap((col) => {
          const own = range(4)
            .map((b) => ({ b, n: at[4 * col + b] / 12 }))
            .filter((x) => x.n > 0.04)
            .sort((p, q) => p.n - q.n);
          let y = 186;
          return own.map(({ b, n }) => {
            const tall = 168 * n;
            const x = 12 + 43 * col;
            y -= tall;
            return `<g transform="translate(${x} ${(y + tall).toFixed(1)}) scale(1 ${(tall / 30).toFixed(2)})">${text(19, 0, letters[b], 42, BASES[b])}</g>`;
          });
        }),
      );
    },
  },
  'biology/substitutions': {
    replace: [['draws = 500, chains = 4', 'draws = 4000, chains = 4']],
    draw(ran) {
      const [d, k] = [ran.draws('posterior', 'd').element(0), ran.draws('posterior', 'kappa').element(0)];
      const y = k.map((v) => Math.log(v));
      const over: readonly [Xy, Xy] = [
        [0.065, 0.155],
        [2, 5.4],
      ];
      const X = scale(over[0], [0, WIDTH]);
      const Y = scale(over[1], [HEIGHT, 0]);
      return picture(
        heat(d, y, over, maps.glow),
        disc(X(0.1046), Y(Math.log(30.8)), 5, 'none', `stroke="${c.pale}" stroke-width="2.2"`),
      );
    },
  },
  'biology/blood-groups': {
    replace: [['draws = 1000, chains = 4', 'draws = 4000, chains = 4']],
    draw(ran) {
      // The corner of the simplex where the three shares are: a right, b up.
      const p = ran.draws('posterior', 'p');
      const over: readonly [Xy, Xy] = [
        [0.16, 0.27],
        [0.025, 0.08],
      ];
      const X = scale(over[0], [0, WIDTH]);
      const Y = scale(over[1], [HEIGHT, 0]);
      const levels = [0.7, 0.72, 0.74, 0.76, 0.78].map((o) =>
        line([X(1 - o - 0.025), Y(0.025)], [X(1 - o - 0.08), Y(0.08)], c.dim, 1, 0.7),
      );
      return picture(
        heat(p.element(0), p.element(1), over, maps.cool),
        ...levels,
        disc(X(0.214), Y(0.05), 5, 'none', `stroke="${c.amber}" stroke-width="2.4"`),
      );
    },
  },
  'biology/pedigree': {
    jobs: ['family'],
    draw(ran) {
      const carrier = ran.draws('family', 'carrier');
      // ada ben / emma? the order of the enum: ada, ben, emma, fred, sick, carl, dora, gina, hugo, child
      const places: readonly Xy[] = [
        [-0.42, -0.8],
        [0.02, -0.8],
        [-0.86, -0.1],
        [0.86, -0.1],
        [-0.2, -0.1],
        [-0.5, -0.1],
        [0.46, -0.1],
        [-0.5, 0.45],
        [0.46, 0.45],
        [0, 0.9],
      ];
      const [child, mother, father] = ['child', 'mother', 'father'].map((n) => [...ran.data(n).data]);
      const at = (i: number): Xy => [160 + 150 * places[i][0], 100 + 90 * places[i][1]];
      const links = child.flatMap((k, i) => {
        const [m, f, own] = [at(mother[i]), at(father[i]), at(k)];
        const joint: Xy = [(m[0] + f[0]) / 2, Math.max(m[1], f[1])];
        const bend = (joint[1] + own[1]) / 2;
        return [
          line(m, [f[0], m[1]], c.dim, 1.6),
          path([joint, [joint[0], bend], [own[0], bend], own], c.dim, 1.6),
        ];
      });
      return picture(
        ...links,
        ...range(10).map((i) => {
          const [x, y] = at(i);
          const share = carrier.mean(i);
          const male = [1, 3, 4, 5, 8].includes(i);
          const colour = i === 4 ? c.rose : css(shade(maps.glow, 0.12 + 0.75 * share));
          const edge = `stroke="${c.pale}" stroke-width="1.6"`;
          return male ? box(x - 12, y - 12, 24, 24, colour, `rx="3" ${edge}`) : disc(x, y, 13, colour, edge);
        }),
      );
    },
  },
  'biology/asia': {
    jobs: ['nothing', 'patient'],
    draw(ran) {
      const names = ['asia', 'smoke', 'tuberculosis', 'cancer', 'bronchitis', 'xray', 'breath'];
      const p = (job: string, n: string): number => {
        try {
          return ran.draws(job, n).mean(0);
        } catch {
          return 1;
        }
      };
      const places: readonly Xy[] = [
        [-0.75, -0.85],
        [0.35, -0.85],
        [-0.75, -0.1],
        [-0.05, -0.1],
        [0.8, -0.1],
        [-0.4, 0.82],
        [0.42, 0.82],
      ];
      const edges: [number, number][] = [
        [0, 2],
        [1, 3],
        [1, 4],
        [2, 5],
        [3, 5],
        [2, 6],
        [3, 6],
        [4, 6],
      ];
      const at = (i: number): Xy => [160 + 130 * places[i][0], 100 + 82 * places[i][1]];
      return picture(
        ...edges.map(([i, j]) => line(at(i), at(j), c.dim, 1.6)),
        ...names.map((n, i) => {
          const [x, y] = at(i);
          const known = n === 'asia' || n === 'breath';
          const share = known ? 1 : p('patient', n);
          const R = 17;
          const a = 2 * Math.PI * Math.min(0.9999, share);
          const [ex, ey] = [x + R * Math.sin(a), y - R * Math.cos(a)];
          const pie =
            share > 0.999
              ? disc(x, y, R, known ? c.amber : c.blue)
              : `<path d="M${x} ${y}V${y - R}A${R} ${R} 0 ${a > Math.PI ? 1 : 0} 1 ${ex.toFixed(1)} ${ey.toFixed(1)}Z" fill="${known ? c.amber : c.blue}"/>`;
          return disc(x, y, R, '#1b2637', `stroke="${known ? c.amber : c.blue}" stroke-width="2"`) + pie;
        }),
      );
    },
  },
  'biology/epidemic': {
    draw(ran) {
      const [beta, gamma] = [
        ran.draws('posterior', 'beta').element(0),
        ran.draws('posterior', 'gamma').element(0),
      ];
      const bed = [...ran.data('in_bed').data];
      const curve = (i: number): Xy[] => {
        let [s, ill] = [762, 1];
        const out: Xy[] = [];
        const flow = (a: number, b: number): Xy => [
          (-beta[i] * a * b) / 763,
          (beta[i] * a * b) / 763 - gamma[i] * b,
        ];
        for (let t = 0; t < 140; t++) {
          const [ds, di] = flow(s, ill);
          const [es, ei] = flow(s + 0.05 * ds, ill + 0.05 * di);
          s += 0.1 * es;
          ill += 0.1 * ei;
          if (t % 4 === 0) out.push([t / 10, ill]);
        }
        return out;
      };
      const X = scale([0, 14], [8, WIDTH - 8]);
      const Y = scale([0, 330], [HEIGHT - 10, 10]);
      return picture(
        ...range(26).map((k) =>
          path(
            curve(k * 35).map(([t, v]): Xy => [X(t), Y(v)]),
            c.rose,
            1.2,
            0.3,
          ),
        ),
        ...bed.map((v, d) => disc(X(d + 1), Y(v), 4.2, c.amber)),
      );
    },
  },
  'biology/predator-prey': {
    draw(ran) {
      const [z, start] = [ran.draws('posterior', 'z'), ran.draws('posterior', 'z_start')];
      const base = [0.6, 0.03, 0.8, 0.025];
      const curve = (i: number): readonly (readonly [number, number, number])[] => {
        const rate = base.map((b, k) => b * Math.exp(0.2 * z.at(i)[k]));
        let x: Xy = [Math.log(30) + 0.3 * start.at(i)[0], Math.log(4) + 0.3 * start.at(i)[1]];
        const flow = ([u, v]: Xy): Xy => [rate[0] - rate[1] * Math.exp(v), rate[3] * Math.exp(u) - rate[2]];
        const out: [number, number, number][] = [[0, Math.exp(x[0]), Math.exp(x[1])]];
        for (let t = 1; t <= 100; t++) {
          const d = flow(x);
          const e = flow([x[0] + 0.1 * d[0], x[1] + 0.1 * d[1]]);
          x = [x[0] + 0.2 * e[0], x[1] + 0.2 * e[1]];
          if (t % 3 === 0) out.push([t / 5, Math.exp(x[0]), Math.exp(x[1])]);
        }
        return out;
      };
      const [hare, lynx] = [[...ran.data('pelts.hare').data], [...ran.data('pelts.lynx').data]];
      const X = scale([0, 20], [10, WIDTH - 10]);
      const Y = scale([0, 92], [HEIGHT - 8, 8]);
      const curves = range(18).map((k) => curve(Math.floor((k * z.count) / 24)));
      return picture(
        ...curves.map((w) =>
          path(
            w.map(([t, a]): Xy => [X(t), Y(a)]),
            c.blue,
            1.1,
            0.3,
          ),
        ),
        ...curves.map((w) =>
          path(
            w.map(([t, , b]): Xy => [X(t), Y(b)]),
            c.orange,
            1.1,
            0.3,
          ),
        ),
        dots(
          hare.map((v, t): Xy => [X(t), Y(v)]),
          3.2,
          c.sky,
        ),
        dots(
          lynx.map((v, t): Xy => [X(t), Y(v)]),
          3.2,
          c.amber,
        ),
      );
    },
  },
  'biology/beetles': {
    draw(ran) {
      const [a, s] = [ran.draws('posterior', 'a').element(0), ran.draws('posterior', 'slope').element(0)];
      const x = [...ran.data('log_dose').data];
      const share = [...ran.data('killed').data].map((k, i) => k / ran.data('exposed').data[i]);
      return fitted(
        x.map((v, i): Xy => [v, share[i]]),
        [1.67, 1.9],
        (d, v) => logistic(a[d] + 10 * s[d] * (v - 1.793)),
        a.length,
        { y: [-0.04, 1.06], colour: c.teal, r: 5 },
      );
    },
  },
  'biology/enzyme': {
    draw(ran) {
      const [top, half] = [
        ran.draws('posterior', 'top').element(0),
        ran.draws('posterior', 'half').element(0),
      ];
      const x = [...ran.data('concentration').data];
      const y = ran.data('rate').data;
      return fitted(
        x.map((v, i): Xy => [v, y[i]]),
        [0, 1.2],
        (d, v) => (top[d] * v) / (half[d] + v),
        top.length,
        { y: [0, 240], colour: c.violet, r: 4 },
      );
    },
  },
  'biology/frogs': {
    draw(ran) {
      const there = ran.draws('posterior', 'there');
      const found = ran.data('found').data;
      const palette = linspace(0, 1, 24).map((t) => css(shade(maps.cool, 0.1 + 0.8 * t)));
      const where = { x: 10, y: 12, width: 300, height: 176 };
      return picture(
        pixels(5, 40, palette, (t, i) => Math.round(23 * there.mean(5 * i + t)), where),
        dots(
          range(40).flatMap((i) =>
            range(5).flatMap((t): Xy[] =>
              found[5 * i + t] > 0 ? [[10 + 7.5 * (i + 0.5), 12 + 35.2 * (t + 0.5)]] : [],
            ),
          ),
          2,
          '#10151d',
        ),
      );
    },
  },
};
