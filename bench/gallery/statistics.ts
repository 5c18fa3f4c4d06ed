import { all, list, logistic, of, zip } from './columns.ts';
import { bars, fitted, heat, intervals, ridges } from './forms.ts';
import {
  area,
  box,
  c,
  css,
  density,
  disc,
  dots,
  extent,
  HEIGHT,
  hill,
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
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Recipes } from './recipe.ts';

/** Statistics: mixtures, series, the rest. */
export const statistics: Recipes = {
  'statistics/pumps': {
    draw(ran) {
      const [hours, failures] = [list(ran, 'hours'), list(ran, 'failures')];
      const rates = all(ran, 'posterior', 'rate').map((v) => v.map((x) => Math.log10(x)));
      const order = range(10).sort((i, j) => hours[j] - hours[i]);
      return intervals(
        order.map((i) => rates[i]),
        { marks: order.map((i) => Math.log10(failures[i] / hours[i])), colour: c.orange },
      );
    },
  },
  'statistics/item-response': {
    draw(ran) {
      const slope = all(ran, 'posterior', 'slope').map(mean);
      const hard = all(ran, 'posterior', 'difficulty').map(mean);
      const skill = all(ran, 'posterior', 'skill').map(mean);
      const X = scale([-3.4, 3.4], [0, WIDTH]);
      const Y = scale([0, 1], [HEIGHT - 26, 12]);
      return picture(
        ...range(8).map((i) =>
          path(
            linspace(-3.4, 3.4, 60).map((s): Xy => [X(s), Y(logistic(slope[i] * (s - hard[i])))]),
            css(shade(maps.glow, 0.3 + i * 0.09)),
            2.2,
          ),
        ),
        ...skill.map((s) => line([X(s), HEIGHT - 16], [X(s), HEIGHT - 6], c.blue, 1.6, 0.8)),
      );
    },
  },
  'statistics/league': {
    draw: (ran) =>
      intervals(all(ran, 'posterior', 'relative'), {
        zero: 0,
        colour: c.rose,
        marks: [1, 0.6, 0.2, -0.2, -0.6, -1],
      }),
  },
  'statistics/word-counts': {
    draw(ran) {
      const p = ran.draws('texts', 'p');
      const colours = [c.blue, c.amber, c.teal, c.rose];
      return picture(
        ...range(6).flatMap((t) => {
          let x = 14;
          return range(4).map((k) => {
            const w = 292 * p.mean(4 * t + k);
            const piece = box(x, 12 + 30 * t, Math.max(0, w - 2), 24, colours[k], 'rx="3" opacity="0.9"');
            x += w;
            return piece;
          });
        }),
      );
    },
  },
  'statistics/mixture': {
    jobs: ['labelled'],
    draw(ran) {
      const length = list(ran, 'length');
      const age = ran.draws('labelled', 'age');
      const X = scale(extent(length), [12, WIDTH - 12]);
      const [lo, hi] = extent(length);
      const xs = linspace(lo, hi, 100);
      const get = (n: string, k = 0): number => mean(of(ran, 'labelled', n, k));
      const [young, gap, share] = [get('young'), get('gap'), get('share')];
      const bell = (x: number, m: number, s: number): number => Math.exp(-0.5 * ((x - m) / s) ** 2) / s;
      const top = 1.05 * Math.max((1 - share) / get('sd', 0), share / get('sd', 1));
      const tall = (f: (x: number) => number): number[] => xs.map((x) => f(x) / top);
      return picture(
        hill(
          xs.map(X),
          tall((x) => (1 - share) * bell(x, young, get('sd', 0))),
          160,
          140,
          c.teal,
        ),
        hill(
          xs.map(X),
          tall((x) => share * bell(x, young + gap, get('sd', 1))),
          160,
          140,
          c.amber,
        ),
        ...length.map((v, i) => {
          const p = age.mean(i);
          const colour = css(
            [0, 1, 2].map((k) =>
              Math.round([43, 199, 155][k] * (1 - p) + [249, 179, 66][k] * p),
            ) as unknown as [number, number, number],
          );
          return disc(X(v), 172 + ((i * 7) % 15), 2.6, colour);
        }),
      );
    },
  },
  'statistics/eyes': {
    draw(ran) {
      const nm = all(ran, 'posterior', 'nm');
      const spread = mean(of(ran, 'posterior', 'spread'));
      const share = all(ran, 'posterior', 'share').map(mean);
      const waves = list(ran, 'wavelength');
      const X = scale(extent(waves), [10, WIDTH - 10]);
      const [lo, hi] = extent(waves);
      const xs = linspace(lo, hi, 110);
      const [a, b] = nm.map(mean);
      const bell = (x: number, m: number): number => Math.exp(-0.5 * ((x - m) / spread) ** 2);
      const bins = range(20).map(
        (i) =>
          waves.filter((w) => w >= lo + ((hi - lo) * i) / 20 && w < lo + ((hi - lo) * (i + 1)) / 20).length,
      );
      const most = Math.max(...bins);
      return picture(
        ...bins.map((n, i) =>
          box(
            X(lo + ((hi - lo) * i) / 20) + 1,
            186 - (150 * n) / most,
            13,
            (150 * n) / most,
            c.dim,
            'opacity="0.55" rx="2"',
          ),
        ),
        hill(
          xs.map(X),
          xs.map((x) => share[0] * bell(x, a)),
          186,
          190,
          c.teal,
        ),
        hill(
          xs.map(X),
          xs.map((x) => share[1] * bell(x, b)),
          186,
          190,
          c.rose,
        ),
      );
    },
  },
  'statistics/zero-inflated': {
    draw(ran) {
      const eggs = list(ran, 'eggs');
      const most = Math.max(...eggs);
      const counts = range(most + 1).map((k) => eggs.filter((e) => e === k).length);
      const [used, rate] = [mean(of(ran, 'posterior', 'used')), mean(of(ran, 'posterior', 'rate'))];
      let p = Math.exp(-rate);
      const expected = range(most + 1).map((k) => {
        if (k > 0) p *= rate / k;
        return eggs.length * (used * p + (k === 0 ? 1 - used : 0));
      });
      return bars(counts, { second: expected, colours: (i) => (i === 0 ? c.rose : c.blue) });
    },
  },
  'statistics/disasters': {
    jobs: ['change'],
    draw(ran) {
      const y = list(ran, 'disasters');
      const last = of(ran, 'change', 'last');
      const [before, after] = [of(ran, 'change', 'before'), of(ran, 'change', 'after')];
      const X = scale([0, 59], [12, WIDTH - 12]);
      const Y = scale([0, 7], [HEIGHT - 14, 14]);
      const rate = range(60).map((t) => last.map((l, i) => (t <= l ? before[i] : after[i])));
      const q = (p: number): number[] => rate.map((v) => Y(quantile(v, p)));
      const [low, mid, high] = [q(0.05), rate.map((v) => Y(mean(v))), q(0.95)];
      const when = range(60).map((t) => last.filter((l) => Math.round(l) === t).length / last.length);
      return picture(
        ...y.map((v, t) => box(X(t) - 1.6, Y(v), 3.2, Math.max(1, Y(0) - Y(v)), c.amber, 'opacity="0.75"')),
        ...when.map((p, t) => (p > 0.004 ? box(X(t) - 2, 0, 4, (64 * p) / Math.max(...when), c.rose) : '')),
        path(
          range(60).map((t): Xy => [X(t), low[t]]),
          c.blue,
          1,
          0.6,
        ),
        path(
          range(60).map((t): Xy => [X(t), high[t]]),
          c.blue,
          1,
          0.6,
        ),
        path(
          range(60).map((t): Xy => [X(t), mid[t]]),
          c.blue,
          2.6,
        ),
      );
    },
  },
  'statistics/capture-recapture': {
    jobs: ['pond'],
    replace: [['draws = 500, chains = 4, warmup = 300, thin = 2', 'draws = 4000, chains = 4, warmup = 300']],
    draw: (ran) =>
      picture(
        heat(
          of(ran, 'pond', 'N'),
          of(ran, 'pond', 'p'),
          [
            [62, 170],
            [0.08, 0.5],
          ],
          maps.cool,
        ),
      ),
  },
  'statistics/autoregression': {
    draw(ran) {
      const y = list(ran, 'y');
      const X = scale([0, 59], [10, WIDTH - 70]);
      const Y = scale(extent(y), [HEIGHT - 10, 10]);
      const period = of(ran, 'posterior', 'period').filter((p) => p < 12);
      const at = linspace(4.5, 10, 60);
      const h = density(period, at);
      const P = scale([4.5, 10], [HEIGHT - 14, 14]);
      return picture(
        path(
          y.map((v, t): Xy => [X(t), Y(v)]),
          c.blue,
          2,
        ),
        dots(
          y.map((v, t): Xy => [X(t), Y(v)]),
          2.2,
          c.sky,
        ),
        path(
          [
            [WIDTH - 58, P(4.5)],
            ...at.map((p, i): Xy => [WIDTH - 58 + 46 * h[i], P(p)]),
            [WIDTH - 58, P(10)],
          ],
          c.amber,
          2,
        ),
      );
    },
  },
  'statistics/arma': {
    draw: (ran) =>
      ridges(
        [
          of(ran, 'posterior', 'a'),
          of(ran, 'posterior', 'b'),
          of(ran, 'posterior', 'm'),
          of(ran, 'posterior', 's'),
        ],
        { over: [-0.4, 2.4], zero: true },
      ),
  },
  'statistics/garch': {
    draw(ran) {
      const y = list(ran, 'y');
      const [w, a, b] = [of(ran, 'posterior', 'w'), of(ran, 'posterior', 'a'), of(ran, 'posterior', 'b')];
      const paths = range(200).map((k) => {
        const i = Math.floor((k * w.length) / 200);
        let v = w[i] / (1 - a[i] - b[i]);
        return y.map((_, t) => {
          if (t > 0) v = w[i] + a[i] * y[t - 1] ** 2 + b[i] * v;
          return Math.sqrt(v);
        });
      });
      return volatility(y, (t) => paths.map((p) => p[t]), c.violet);
    },
  },
  'statistics/stochastic-volatility': {
    draw(ran) {
      const sd = ran.draws('posterior', 'sd');
      return volatility(list(ran, 'y'), (t) => sd.element(t), c.teal);
    },
  },
  'statistics/gaussian-process': {
    replace: [
      ['line(11)', 'line(51)'],
      ['kernel(p - x[i]', 'kernel(0.2 * p - x[i]'],
      ['draws = 150, chains = 4, warmup = 150', 'draws = 60, chains = 2, warmup = 120'],
    ],
    draw(ran) {
      const f = ran.draws('posterior', 'f');
      const points = zip(list(ran, 'x'), list(ran, 'y'));
      return fitted(points, [0, 10], (d, x) => f.at(d)[Math.min(50, Math.round(5 * x))], f.count, {
        y: [-1.7, 1.7],
        colour: c.violet,
      });
    },
  },
  'statistics/covariance': {
    draw(ran) {
      const m = ran.data('m').data;
      const n = m.length / 3;
      const pairs = [
        [0, 1],
        [0, 2],
        [1, 2],
      ];
      const corr = ran.draws('posterior', 'correlation');
      return picture(
        ...pairs.map(([i, j], k) => {
          const X = scale(extent(range(n).map((r) => m[3 * r + i])), [10 + 102 * k, 108 + 102 * k]);
          const Y = scale(extent(range(n).map((r) => m[3 * r + j])), [118, 14]);
          const rho = corr.element(3 * i + j);
          const at = linspace(-1, 1, 60);
          const R = scale([-1, 1], [10 + 102 * k, 108 + 102 * k]);
          return (
            dots(
              range(n).map((r): Xy => [X(m[3 * r + i]), Y(m[3 * r + j])]),
              2.2,
              series[k],
            ) +
            hill(at.map(R), density(rho, at), 190, 52, series[k]) +
            line([R(0), 134], [R(0), 190], c.dim, 1)
          );
        }),
      );
    },
  },
  'statistics/remission': {
    draw(ran) {
      const [shape, level, effect] = ['shape', 'level', 'effect'].map((x) => of(ran, 'posterior', x));
      const [weeks, relapsed, arm] = [list(ran, 'weeks'), list(ran, 'relapsed'), list(ran, 'arm')];
      const X = scale([0, 36], [8, WIDTH - 8]);
      const Y = scale([0, 1], [HEIGHT - 10, 10]);
      const ts = linspace(0, 36, 30);
      const curve = (treated: number, colour: string): string => {
        const S = (i: number, t: number): number =>
          Math.exp(-((t / Math.exp(level[i] + effect[i] * treated)) ** shape[i]));
        const fan = range(16).map((k) =>
          path(
            ts.map((t): Xy => [X(t), Y(S(k * 70, t))]),
            colour,
            1,
            0.22,
          ),
        );
        const middle = path(
          ts.map((t): Xy => [X(t), Y(mean(range(60).map((k) => S(k * 30, t))))]),
          colour,
          2.4,
        );
        const own = weeks
          .flatMap((w, i) => (arm[i] === 1 - treated ? [[w, relapsed[i]] as const] : []))
          .sort((p, q) => p[0] - q[0]);
        let alive = 1;
        const steps: Xy[] = [[X(0), Y(1)]];
        own.forEach(([w, r], i) => {
          steps.push([X(w), Y(alive)]);
          if (r) alive *= 1 - 1 / (own.length - i);
          steps.push([X(w), Y(alive)]);
        });
        return fan.join('') + middle + path(steps, '#ffffff', 1.2, 0.8);
      };
      return picture(curve(0, c.rose), curve(1, c.teal));
    },
  },
  'statistics/homing': {
    draw(ran) {
      const degrees = list(ran, 'degrees');
      const home = of(ran, 'posterior', 'home');
      const at = (angle: number, r: number): Xy => [160 + r * Math.cos(angle), 104 - r * Math.sin(angle)];
      const bins = 72;
      const h = range(bins).map(
        (i) =>
          home.filter((a) => Math.floor((((a + 2 * Math.PI) % (2 * Math.PI)) / (2 * Math.PI)) * bins) === i)
            .length,
      );
      const most = Math.max(...h);
      return picture(
        disc(160, 104, 62, 'none', `stroke="${c.dim}" stroke-width="1.2"`),
        ...h.map((n, i) => {
          const [a, b] = [(2 * Math.PI * i) / bins, (2 * Math.PI * (i + 1)) / bins];
          return n === 0
            ? ''
            : path(
                [at(a, 62), at(a, 62 + (34 * n) / most), at(b, 62 + (34 * n) / most), at(b, 62)],
                c.amber,
                2,
                0.9,
              );
        }),
        ...degrees.map((d) => {
          const a = (d * Math.PI) / 180;
          return line(at(a, 6), at(a, 56), c.blue, 1.8, 0.85) + disc(...at(a, 57), 2.8, c.sky);
        }),
      );
    },
  },
};

/** Returns around nothing, with what would be usual. */
function volatility(y: readonly number[], sd: (t: number) => readonly number[], colour: string): string {
  const X = scale([0, y.length - 1], [8, WIDTH - 8]);
  const most = 1.05 * Math.max(...y.map(Math.abs), ...range(y.length).map((t) => 2 * quantile(sd(t), 0.8)));
  const Y = scale([-most, most], [HEIGHT - 6, 6]);
  const edge = (p: number, sign: number): Xy[] =>
    y.map((_, t): Xy => [X(t), Y(sign * 2 * quantile(sd(t), p))]);
  const shape = (p: number, opacity: number): string =>
    area([...edge(p, 1), ...edge(p, -1).reverse()], colour, opacity);
  return picture(
    shape(0.9, 0.22),
    shape(0.5, 0.28),
    path(edge(0.5, 1), colour, 1.6),
    path(edge(0.5, -1), colour, 1.6),
    path(
      y.map((v, t): Xy => [X(t), Y(v)]),
      c.amber,
      1.5,
    ),
    dots(
      y.map((v, t): Xy => [X(t), Y(v)]),
      1.8,
      c.amber,
    ),
  );
}
