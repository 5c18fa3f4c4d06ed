import { board, network, onCircle } from './forms.ts';
import {
  box,
  c,
  css,
  disc,
  line,
  maps,
  path,
  picture,
  pixels,
  range,
  series,
  shade,
  text,
  WIDTH,
  type Xy,
} from './ink.ts';
import type { Recipes } from './recipe.ts';

const chess = (r: number, k: number, x: number, y: number, s: number): string =>
  box(x, y, s, s, (r + k) % 2 === 0 ? '#2b3a50' : '#1a2433');

export const puzzles: Recipes = {
  'puzzles/queens': {
    jobs: ['boards'],
    draw(ran) {
      const at = ran.draws('boards', 'at').at(0);
      const crown = (x: number, y: number, s: number): string =>
        `<path transform="translate(${x} ${y}) scale(${(s / 26).toFixed(3)})" d="M4 20L2.6 8l5.6 4.6L13 5l4.8 7.6L23.4 8 22 20z" fill="${c.amber}" stroke="${c.amber}" stroke-width="1.6" stroke-linejoin="round"/>`;
      return board(7, 7, (r, k, x, y, s) => chess(r, k, x, y, s) + (at[r] === k ? crown(x, y, s) : ''));
    },
  },
  'puzzles/sudoku': {
    draw(ran) {
      const r = ran.result('solve');
      if (r.verb !== 'minimize') throw new Error('nothing was minimised');
      const d = r.state.quantities.find((q) => q.name === 'd')!.values;
      const clue = ran.data('clue').data;
      return board(9, 9, (row, col, x, y, s) => {
        const i = 9 * row + col;
        const dark = (Math.floor(row / 3) + Math.floor(col / 3)) % 2 === 0;
        return (
          box(x + 0.5, y + 0.5, s - 1, s - 1, dark ? '#26344a' : '#19222f') +
          text(x + s / 2, y + s * 0.74, String(d[i] + 1), 14, clue[i] > 0 ? c.amber : c.blue)
        );
      });
    },
  },
  'puzzles/roster': {
    draw(ran) {
      const r = ran.result('best');
      if (r.verb !== 'minimize') throw new Error('nothing was minimised');
      const shift = r.state.quantities.find((q) => q.name === 's')!.values;
      return picture(
        pixels(7, 14, ['#19222f', '#f9b342', '#2bc79b', '#1d4e79'], (row, day) => shift[14 * row + day]),
      );
    },
  },
  'puzzles/latin': {
    jobs: ['squares'],
    replace: [
      ['index row    = 4', 'index row    = 6'],
      ['index symbol = 4', 'index symbol = 6'],
    ],
    draw(ran) {
      const s = ran.draws('squares', 's').at(1);
      return board(6, 6, (r, k, x, y, side) => {
        const v = s[6 * r + k];
        return (
          box(x + 2, y + 2, side - 4, side - 4, series[v], 'rx="5" opacity="0.9"') +
          text(x + side / 2, y + side * 0.68, 'ABCDEF'[v], 15, '#10151d')
        );
      });
    },
  },
  'puzzles/magic-square': {
    replace: [
      ['run count = logz(Magic)', 'run one = sample(Magic, draws = 1, chains = 4, warmup = 400, seed = 2)'],
    ],
    draw(ran) {
      const p = ran.draws('one', 'p').at(0);
      return board(3, 3, (r, k, x, y, s) => {
        const v = p[3 * r + k] + 1;
        return (
          box(x + 3, y + 3, s - 6, s - 6, css(shade(maps.glow, 0.12 + v * 0.055)), 'rx="8"') +
          text(x + s / 2, y + s * 0.68, String(v), 30, '#ffffff')
        );
      });
    },
  },
  'puzzles/send-more-money': {
    draw(ran) {
      const p = ran.draws('search', 'p');
      const off = ran.draws('search', 'off').element(0);
      const best = p.at(off.indexOf(Math.min(...off)));
      const letters = 'SENDMORY';
      const row = (word: string, y: number): string =>
        [...word]
          .map((l, i) => {
            const x = 282 - 46 * (word.length - i);
            const v = best[letters.indexOf(l)];
            return (
              box(x, y, 40, 46, '#22304a', 'rx="7"') +
              text(x + 20, y + 34, String(v), 30, series[letters.indexOf(l)]) +
              text(x + 33, y + 12, l, 9, c.pale)
            );
          })
          .join('');
      return picture(
        row('SEND', 14),
        row('MORE', 66),
        line([40, 120], [284, 120], c.pale, 2.4),
        row('MONEY', 130),
        text(60, 100, '+', 26, c.pale),
      );
    },
  },
  'puzzles/zebra': {
    draw(ran) {
      const broken = ran.draws('search', 'broken').element(0);
      const best = broken.indexOf(Math.min(...broken));
      const get = (n: string): Float64Array => ran.draws('search', n).at(best);
      const colour = get('colour');
      const paints = ['#d94f4f', '#3fb27f', '#eee3c8', '#f3c53d', '#4a86e0'];
      const pet = get('pet');
      return picture(
        line([0, 172], [WIDTH, 172], c.dim, 1.6),
        ...range(5).map((house) => {
          const x = 8 + 62 * house;
          const paint = paints[[...colour].findIndex((h) => Math.round(h) === house)];
          const own = [...pet].findIndex((h) => Math.round(h) === house);
          const stripes =
            own === 4
              ? range(5)
                  .map((i) => box(x + 11 + 7 * i, 122, 3.6, 50, '#10151d'))
                  .join('')
              : '';
          return (
            `<path d="M${x} 96L${x + 28} 62L${x + 56} 96Z" fill="#3a4658"/>` +
            box(x + 4, 96, 48, 76, paint, 'rx="2"') +
            box(x + 10, 122, 36, 50, own === 4 ? '#ffffff' : '#10151d', 'opacity="0.85" rx="2"') +
            stripes +
            box(x + 12, 103, 12, 12, '#10151d', 'opacity="0.55"') +
            box(x + 32, 103, 12, 12, '#10151d', 'opacity="0.55"')
          );
        }),
      );
    },
  },
  'puzzles/salesman': {
    draw(ran) {
      const order = ran.draws('tours', 'order');
      const length = ran.draws('tours', 'length').element(0);
      const best = length.indexOf(Math.min(...length));
      const [x, y] = [ran.data('x').data, ran.data('y').data];
      const at = (i: number): Xy => [24 + 272 * x[i], 186 - 172 * y[i]];
      const tour = (d: number): Xy[] => [...order.at(d), order.at(d)[0]].map((i) => at(i));
      return picture(
        ...range(14).map((i) => path(tour(i * 50), c.blue, 1.2, 0.2)),
        path(tour(best), c.amber, 3),
        ...range(12).map((i) => disc(...at(i), 6, '#ffffff', `stroke="${c.amber}" stroke-width="2.6"`)),
      );
    },
  },
  'puzzles/knapsack': {
    jobs: ['packs'],
    draw(ran) {
      const take = ran.draws('packs', 'take');
      const worth = ran.draws('packs', 'worth').element(0);
      const best = take.at(worth.indexOf(Math.max(...worth)));
      const [weight, value] = [ran.data('weight').data, ran.data('value').data];
      const top = Math.max(...value);
      let x = 8;
      const total = [...weight].reduce((a, b) => a + b, 0);
      return picture(
        ...[...weight].map((w, i) => {
          const wide = (304 * w) / total;
          const tall = (160 * value[i]) / top;
          const mark =
            box(x + 1, 184 - tall, wide - 2, tall, best[i] ? c.amber : '#31405a', 'rx="3"') +
            box(x + 1, 184 - tall * take.mean(i), wide - 2, 2.4, c.blue);
          x += wide;
          return mark;
        }),
        line([6, 185], [314, 185], c.dim, 1.4),
      );
    },
  },
  'puzzles/bisection': {
    draw(ran) {
      const s = ran.draws('halves', 's');
      const friends = ran.data('friends').data;
      const edges = range(friends.length / 2).map((e): [number, number] => [
        friends[2 * e],
        friends[2 * e + 1],
      ]);
      const cut = ran.draws('halves', 'cut').element(0);
      const side = s.at(cut.indexOf(Math.min(...cut)));
      const places = springs(34, edges, side);
      return network(
        places,
        edges.map(([i, j]): [number, number, string, number] => [
          i,
          j,
          side[i] === side[j] ? '#3a495f' : c.rose,
          side[i] === side[j] ? 1.2 : 1.6,
        ]),
        (i) => ({ colour: side[i] === side[0] ? c.blue : c.amber, r: i === 0 || i === 33 ? 9 : 5.6 }),
        [146, 88],
      );
    },
  },
  'puzzles/max-cut': {
    jobs: ['cuts'],
    draw(ran) {
      const s = ran.draws('cuts', 's');
      const cut = ran.draws('cuts', 'cut').element(0);
      const best = s.at(cut.indexOf(Math.max(...cut)));
      const edges = range(5).flatMap((i): [number, number][] => [
        [i, (i + 1) % 5],
        [i, i + 5],
        [5 + i, 5 + ((i + 2) % 5)],
      ]);
      return network(
        [...onCircle(5), ...onCircle(5, 0.5)],
        edges.map(([i, j]): [number, number, string, number] => [
          i,
          j,
          best[i] === best[j] ? '#4a5a70' : c.teal,
          best[i] === best[j] ? 1.4 : 3,
        ]),
        (i) => ({ colour: best[i] > 0 ? c.amber : c.blue, r: 11 }),
        [104, 84],
      );
    },
  },
  'puzzles/colouring': {
    jobs: ['maps'],
    draw(ran) {
      const colours = ran.draws('maps', 'c').at(40);
      const border = ran.data('border').data;
      // Roughly where the countries lie.
      const places: readonly Xy[] = [
        [-0.12, 0.7],
        [-0.18, 0.12],
        [0.45, -0.1],
        [-0.62, 0.55],
        [-0.62, -0.62],
        [-0.92, -0.3],
        [0.78, -0.72],
        [0.3, -0.82],
        [0.2, 0.42],
        [-0.66, 0],
        [0.55, -0.86],
        [0.42, 0.75],
        [-0.08, -0.8],
      ];
      const paints = [c.rose, c.teal, c.blue, c.amber];
      return network(
        places,
        range(border.length / 2).map((e): [number, number] => [border[2 * e], border[2 * e + 1]]),
        (i) => ({ colour: paints[colours[i]], r: 14 }),
        [140, 92],
      );
    },
  },
  'puzzles/dominoes': {
    replace: [
      ['index white = 8', 'index white = 32'],
      ['const n : int = 4', 'const n : int = 8'],
      ['floor(w / 2)', 'floor(w / 4)'],
      ['mod(w, 2) + mod(row(w), 2)', 'mod(w, 4) + mod(row(w), 2)'],
      ['run count = logz(Board)', 'run one = sample(Board, draws = 4, chains = 2, warmup = 400, seed = 5)'],
    ],
    draw(ran) {
      const way = ran.draws('one', 'way').at(3);
      const paint = [c.blue, c.amber, c.teal, c.rose];
      const side = 22.5;
      const [left, top] = [(WIDTH - 8 * side) / 2, 10];
      return picture(
        ...range(32).map((w) => {
          const r = Math.floor(w / 4);
          const k = 2 * (w % 4) + (r % 2);
          const v = way[w];
          const [dr, dk] = [v === 0 ? -1 : v === 1 ? 1 : 0, v === 2 ? -1 : v === 3 ? 1 : 0];
          const [x, y] = [left + side * Math.min(k, k + dk), top + side * Math.min(r, r + dr)];
          return box(
            x + 1.5,
            y + 1.5,
            side * (1 + Math.abs(dk)) - 3,
            side * (1 + Math.abs(dr)) - 3,
            paint[v],
            'rx="5" opacity="0.92"',
          );
        }),
      );
    },
  },
  'puzzles/ramsey': {
    replace: [
      [
        'run count = logz(Party, given',
        'run one = sample(Party, draws = 2, chains = 4, warmup = 200, seed = 1, given',
      ],
    ],
    draw(ran) {
      const f = ran.draws('one', 'friends').at(0);
      const edges: [number, number, string, number][] = [];
      for (let i = 0; i < 5; i++)
        for (let j = i + 1; j < 5; j++) edges.push([i, j, f[5 * i + j] ? c.amber : c.blue, 5]);
      return network(onCircle(5), edges, () => ({ colour: '#ffffff', r: 10 }), [96, 82]);
    },
  },
};

/** Places of a graph in two halves, as springs would have them. */
function springs(n: number, edges: readonly (readonly [number, number])[], half: ArrayLike<number>): Xy[] {
  const x = range(n).map((i) => (half[i] === half[0] ? -0.5 : 0.5) + 0.3 * Math.cos(i * 2.4));
  const y = range(n).map((i) => 0.7 * Math.sin(i * 2.4));
  for (let step = 0; step < 400; step++) {
    const fx = range(n).map((i) => 0.02 * ((half[i] === half[0] ? -0.5 : 0.5) - x[i]));
    const fy = range(n).map((i) => -0.02 * y[i]);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        const [dx, dy] = [x[i] - x[j], y[i] - y[j]];
        const push = 0.004 / (dx * dx + dy * dy + 0.002);
        fx[i] += push * dx;
        fy[i] += push * dy;
        fx[j] -= push * dx;
        fy[j] -= push * dy;
      }
    for (const [i, j] of edges) {
      const [dx, dy] = [x[i] - x[j], y[i] - y[j]];
      fx[i] -= 0.03 * dx;
      fy[i] -= 0.03 * dy;
      fx[j] += 0.03 * dx;
      fy[j] += 0.03 * dy;
    }
    for (let i = 0; i < n; i++) {
      x[i] += Math.max(-0.05, Math.min(0.05, fx[i]));
      y[i] += Math.max(-0.05, Math.min(0.05, fy[i]));
    }
  }
  const reach = (v: readonly number[]): ((t: number) => number) => {
    const [lo, hi] = [Math.min(...v), Math.max(...v)];
    return (t) => (2 * (t - lo)) / (hi - lo) - 1;
  };
  const [X, Y] = [reach(x), reach(y)];
  return range(n).map((i): Xy => [X(x[i]), Y(y[i])]);
}
