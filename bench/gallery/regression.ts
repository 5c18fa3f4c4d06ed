import { all, list, logistic, of, zip } from './columns.ts';
import { fitted, intervals } from './forms.ts';
import {
  area,
  box,
  c,
  css,
  disc,
  dots,
  extent,
  HEIGHT,
  line,
  linspace,
  maps,
  mean,
  path,
  picture,
  quantile,
  range,
  scale,
  series,
  shade,
  strokes,
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Recipes } from './recipe.ts';

/** Statistics: regressions, hierarchies, what is missing. */
export const regression: Recipes = {
  'statistics/linear-regression': {
    draw(ran) {
      const [a, b] = [of(ran, 'posterior', 'a'), of(ran, 'posterior', 'b')];
      const points = zip(list(ran, 'x'), list(ran, 'y'));
      return fitted(points, [-1, 26], (d, x) => a[d] + b[d] * x, a.length);
    },
  },
  'statistics/robust-regression': {
    draw(ran) {
      const [x, y] = [list(ran, 'x'), list(ran, 'y')];
      const [lo, hi] = extent(x);
      const X = scale([lo, hi], [10, WIDTH - 10]);
      const Y = scale(extent(y), [HEIGHT - 10, 10]);
      const ends = (job: string, colour: string): string => {
        const [a, b] = [of(ran, job, 'a'), of(ran, job, 'b')];
        const at = (d: number): string =>
          line([X(lo), Y(a[d] + b[d] * lo)], [X(hi), Y(a[d] + b[d] * hi)], colour, 1, 0.25);
        const m = (t: number): Xy => [X(t), Y(mean(a) + mean(b) * t)];
        return (
          range(24)
            .map((i) => at(i * 40))
            .join('') + line(m(lo), m(hi), colour, 2.6)
        );
      };
      return picture(
        ends('plain', c.rose),
        ends('robust', c.blue),
        ...x.map((v, i) => disc(X(v), Y(y[i]), 3.6, i % 8 === 7 ? c.rose : c.amber)),
      );
    },
  },
  'statistics/o-rings': {
    draw(ran) {
      const [a, b] = [of(ran, 'posterior', 'level'), of(ran, 'posterior', 'slope')];
      const points = zip(list(ran, 'temperature'), list(ran, 'damage'));
      return fitted(points, [29, 83], (d, t) => logistic(a[d] + b[d] * (t - 70)), a.length, {
        y: [-0.08, 1.08],
        colours: (i) => (points[i][1] > 0 ? c.rose : c.teal),
      });
    },
  },
  'statistics/poisson-regression': {
    draw(ran) {
      const [a, b, k] = [of(ran, 'posterior', 'a'), of(ran, 'posterior', 'b'), of(ran, 'posterior', 'c')];
      const hours = list(ran, 'hours');
      const night = list(ran, 'night');
      const rate = list(ran, 'calls').map((n, i) => n / hours[i]);
      const heat = list(ran, 'heat');
      const X = scale(extent(heat), [12, WIDTH - 12]);
      const Y = scale([0, quantile(rate, 0.97) * 1.15], [HEIGHT - 10, 10]);
      const xs = linspace(...extent(heat), 28);
      const fan = (off: number, colour: string): string =>
        range(16)
          .map((i) =>
            path(
              xs.map((x): Xy => [X(x), Y(Math.exp(a[i * 90] + b[i * 90] * x + off * k[i * 90]))]),
              colour,
              1,
              0.3,
            ),
          )
          .join('') +
        path(
          xs.map((x): Xy => [X(x), Y(Math.exp(mean(a) + mean(b) * x + off * mean(k)))]),
          colour,
          2.4,
        );
      return picture(
        fan(0, c.amber),
        fan(1, c.blue),
        ...heat.map((x, i) =>
          disc(
            X(x),
            Y(rate[i]),
            1.6 + 0.45 * Math.sqrt(hours[i]),
            night[i] ? c.blue : c.amber,
            'opacity="0.9"',
          ),
        ),
      );
    },
  },
  'statistics/ordered-logistic': {
    draw(ran) {
      const b = mean(of(ran, 'posterior', 'b'));
      const cut = range(3).map((k) => mean(of(ran, 'posterior', 'cut', k)));
      const xs = linspace(-2.6, 2.6, 70);
      const X = scale([-2.6, 2.6], [0, WIDTH]);
      const below = (k: number, x: number): number => (k < 0 ? 0 : k > 2 ? 1 : logistic(cut[k] - b * x));
      const colours = [c.blue, c.teal, c.amber, c.rose];
      const grade = list(ran, 'grade');
      const points = list(ran, 'x').map((x, i): Xy => [x, grade[i]]);
      return picture(
        ...range(4).map((k) => {
          const top = xs.map((x): Xy => [X(x), HEIGHT * (1 - below(k, x))]);
          const low = xs.map((x): Xy => [X(x), HEIGHT * (1 - below(k - 1, x))]).reverse();
          return area([...top, ...low], colours[k], 0.5);
        }),
        ...range(3).map((k) =>
          path(
            xs.map((x): Xy => [X(x), HEIGHT * (1 - below(k, x))]),
            '#0c1119',
            2,
          ),
        ),
        ...points.map(([x, g], i) => {
          const mid = (below(g - 1, x) + below(g, x)) / 2;
          const spread = (below(g, x) - below(g - 1, x)) * 0.6;
          const place = mid + spread * (((i * 37) % 23) / 23 - 0.5);
          return disc(X(x), HEIGHT * (1 - place), 2.6, '#ffffff', 'opacity="0.9"');
        }),
      );
    },
  },
  'statistics/horseshoe': {
    draw: (ran) => intervals(all(ran, 'posterior', 'b'), { zero: 0, colour: c.teal }),
  },
  'statistics/measurement-error': {
    draw(ran) {
      const [w, y] = [list(ran, 'w'), list(ran, 'y')];
      const [lo, hi] = extent(w);
      const X = scale([lo, hi], [10, WIDTH - 10]);
      const Y = scale(extent(y), [HEIGHT - 10, 10]);
      const fan = (job: string, colour: string): string => {
        const [a, b] = [of(ran, job, 'a'), of(ran, job, 'b')];
        const ends = (k: number, m: number): Xy[] => [
          [X(lo), Y(k + m * lo)],
          [X(hi), Y(k + m * hi)],
        ];
        const some = range(40).map((i) => ({ points: ends(a[i * 45], b[i * 45]), colour }));
        return strokes(some, 1, 0.22) + path(ends(mean(a), mean(b)), colour, 2.6);
      };
      // The noise of the predictor, drawn to its size.
      const noise = w.map((v, i) => ({
        points: [[X(v - 0.6), Y(y[i])] as const, [X(v + 0.6), Y(y[i])] as const],
        colour: c.amber,
      }));
      return picture(
        strokes(noise, 1.2, 0.3),
        fan('naive', c.rose),
        fan('errors', c.blue),
        dots(
          w.map((v, i): Xy => [X(v), Y(y[i])]),
          2.6,
          c.amber,
        ),
      );
    },
  },
  'statistics/missing-values': {
    draw(ran) {
      const seen: Xy[] = zip(list(ran, 'seen.x'), list(ran, 'seen.y'));
      const x = list(ran, 'x');
      const y = ran.draws('posterior', 'y');
      const X = scale(extent([...seen.map((p) => p[0]), ...x]), [10, WIDTH - 10]);
      const Y = scale(
        extent([
          ...seen.map((p) => p[1]),
          ...range(y.size).flatMap((k) => [quantile(y.element(k), 0.03), quantile(y.element(k), 0.97)]),
        ]),
        [HEIGHT - 10, 10],
      );
      return picture(
        ...x.map((v, k) => {
          const d = y.element(k);
          return (
            line([X(v), Y(quantile(d, 0.05))], [X(v), Y(quantile(d, 0.95))], c.blue, 5, 0.35) +
            line([X(v), Y(quantile(d, 0.25))], [X(v), Y(quantile(d, 0.75))], c.blue, 5, 0.8) +
            disc(X(v), Y(mean(d)), 2.4, '#ffffff')
          );
        }),
        ...seen.map(([a, b]) => disc(X(a), Y(b), 3.4, c.amber)),
      );
    },
  },
  'statistics/missing-cells': {
    draw(ran) {
      const r = ran.result('filled');
      if (r.verb !== 'complete') throw new Error('nothing was completed');
      const [wing, weight, species] = [
        ran.data('seen.wing').data,
        ran.data('seen.weight').data,
        ran.data('seen.species').data,
      ];
      const missing = new Set(r.cells.map((x) => `${x.unknown.name} ${x.row}`));
      const rows = range(wing.length);
      const filled = new Map(r.cells.map((x) => [`${x.unknown.name} ${x.row}`, x]));
      const value = (name: string, i: number, seen: number): number =>
        filled.get(`d.${name} ${i}`)?.value ?? filled.get(`d.${name} ${i + 1}`)?.value ?? seen;
      const W = rows.map((i) => value('wing', i, wing[i]));
      const G = rows.map((i) => Math.log(value('weight', i, weight[i])));
      const X = scale(extent(W), [12, WIDTH - 12]);
      const Y = scale(extent(G), [HEIGHT - 12, 12]);
      const some = (i: number): boolean =>
        ['wing', 'weight', 'species'].some(
          (n) => missing.has(`d.${n} ${i}`) || missing.has(`d.${n} ${i + 1}`),
        );
      return picture(
        ...rows.map((i) => {
          const colour = [c.teal, c.blue, c.amber][Math.round(value('species', i, species[i]))] ?? c.pale;
          return some(i)
            ? disc(X(W[i]), Y(G[i]), 5, 'none', `stroke="${colour}" stroke-width="2"`)
            : disc(X(W[i]), Y(G[i]), 3.6, colour, 'opacity="0.85"');
        }),
      );
    },
  },
  'statistics/eight-schools': {
    draw: (ran) => {
      const theta = all(ran, 'posterior', 'theta');
      const y = list(ran, 'y');
      const order = range(8).sort((i, j) => y[i] - y[j]);
      return intervals(
        order.map((i) => theta[i]),
        { marks: order.map((i) => y[i]), zero: 0 },
      );
    },
  },
  'statistics/rats': {
    draw(ran) {
      const w = ran.data('weight').data;
      const own = ran.draws('posterior', 'own');
      const X = scale([0, 4], [16, WIDTH - 16]);
      const Y = scale(extent([...w]), [HEIGHT - 8, 8]);
      return picture(
        ...range(30).map((r) => {
          const [level, slope] = [own.mean(2 * r), own.mean(2 * r + 1)];
          const at = (week: number): Xy => [X(week), Y(250 + 50 * (level + (slope * (7 * week - 14)) / 14))];
          const colour = css(shade(maps.cool, 0.3 + 0.7 * ((slope - 1.5) / 0.6)));
          return (
            line(at(0), at(4), colour, 1.3, 0.75) +
            dots(
              range(5).map((k): Xy => [X(k), Y(w[5 * r + k])]),
              1.6,
              colour,
            )
          );
        }),
      );
    },
  },
  'statistics/dyes': {
    draw(ran) {
      const y = ran.data('yield').data;
      const means = all(ran, 'posterior', 'mean');
      const X = scale([0, 5], [34, WIDTH - 34]);
      const Y = scale(extent([...y]), [HEIGHT - 12, 12]);
      const m = mean(of(ran, 'posterior', 'm'));
      return picture(
        line([8, Y(m)], [WIDTH - 8, Y(m)], c.dim, 1.2),
        ...range(6).map((b) => {
          const q = (p: number): number => Y(quantile(means[b], p));
          return (
            box(X(b) - 15, q(0.95), 30, q(0.05) - q(0.95), c.violet, 'opacity="0.35" rx="4"') +
            box(X(b) - 15, q(0.75), 30, q(0.25) - q(0.75), c.violet, 'opacity="0.6" rx="4"') +
            range(5)
              .map((s) => disc(X(b) + 5 * (s - 2), Y(y[5 * b + s]), 3, c.amber))
              .join('')
          );
        }),
      );
    },
  },
  'statistics/seeds': {
    draw(ran) {
      const [r, n] = [list(ran, 'germinated'), list(ran, 'seeds')];
      const [kind, extract] = [list(ran, 'aegyptiaco73'), list(ran, 'cucumber')];
      const [a, b, e, d] = ['a', 'b', 'c', 'd'].map((x) => of(ran, 'posterior', x));
      const groups = [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ];
      const Y = scale([0, 1], [HEIGHT - 12, 12]);
      return picture(
        ...groups.map(([k, x], g) => {
          const at = 46 + 76 * g;
          const p = a.map((_, i) => logistic(a[i] + b[i] * k + e[i] * x + d[i] * k * x));
          const colour = series[g];
          const own = r.flatMap((v, i) =>
            kind[i] === k && extract[i] === x ? [[v / n[i], n[i]] as const] : [],
          );
          return (
            box(
              at - 24,
              Y(quantile(p, 0.95)),
              48,
              Y(quantile(p, 0.05)) - Y(quantile(p, 0.95)),
              colour,
              'opacity="0.3" rx="5"',
            ) +
            line([at - 24, Y(mean(p))], [at + 24, Y(mean(p))], colour, 2.4) +
            own
              .map(([v, size], i) =>
                disc(
                  at - 16 + (32 * i) / Math.max(1, own.length - 1),
                  Y(v),
                  1.5 + 0.45 * Math.sqrt(size),
                  colour,
                ),
              )
              .join('')
          );
        }),
      );
    },
  },
};
