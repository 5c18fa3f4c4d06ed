/**
 * Makes the small data sets of these examples that are made up, from scratch: `node examples/learning/data/make.mjs`.
 * Each is drawn from a law that stands here, so what an example learns can be held against it.
 */
import { normal, pick, save as write, uniform } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);

/** Eight spins on a ring, E = −0.6 Σ sᵢ sᵢ₊₁ − 0.8 s₀ s₄ − 0.2 Σ sᵢ: exact draws from all 256 states. */
{
  const u = uniform(1);
  const states = Array.from({ length: 256 }, (_, c) => Array.from({ length: 8 }, (_, i) => ((c >> i) & 1) * 2 - 1));
  const weights = states.map((s) =>
    Math.exp(s.reduce((e, x, i) => e + 0.6 * x * s[(i + 1) % 8] + 0.2 * x, 0.8 * s[0] * s[4])),
  );
  save('spins.csv', states[0].map((_, i) => `s${i}`), Array.from({ length: 2000 }, () => states[pick(u, weights)]));
}

/** Bars and stripes on 4×4: every set of full rows and every set of full columns, each picture once. */
{
  const seen = new Set();
  for (let c = 0; c < 16; c++) {
    const lines = [0, 1, 2, 3].map((i) => (c >> i) & 1);
    seen.add(lines.flatMap((x) => [x, x, x, x]).join(','));
    seen.add([...lines, ...lines, ...lines, ...lines].join(','));
  }
  save('bars.csv', Array.from({ length: 16 }, (_, i) => `v${i}`), [...seen].map((r) => [r]));
}

/**
 * Days of weather: the month; the temperature, warm in July; the sky, clearer in summer; rain, which needs
 * clouds and is likelier when it is cold; the wind, stronger in winter and under clouds.
 */
{
  const u = uniform(4);
  const skies = ['clear', 'scattered', 'overcast'];
  save('weather.csv', ['month', 'temperature', 'sky', 'rain', 'wind'], Array.from({ length: 1500 }, () => {
    const month = Math.floor(12 * u());
    const summer = -Math.cos((2 * Math.PI * (month - 0.5)) / 12);
    const sky = pick(u, [Math.exp(0.9 * summer), 1, Math.exp(-0.9 * summer)]);
    const temperature = 10 + 9 * summer - 1.5 * sky * summer + 3 * normal(u);
    const rain = u() < [0.02, 0.2, 0.65][sky] ? 1 : 0;
    const wind = Math.min(4, Math.max(0, Math.round(1.5 - 0.6 * summer + 0.5 * sky + 0.8 * normal(u))));
    return [month, temperature.toFixed(1), skies[sky], rain, wind];
  }));
}

/** Letters of 7×5 pixels as spins: T, H, E, O. */
{
  const letters = [
    '#####..#....#....#....#....#....#..',
    '#...##...##...#######...##...##...#',
    '######....#....####.#....#....#####',
    '.###.#...##...##...##...##...#.###.',
  ];
  save('letters.csv', null, letters.map((l) => [...l].map((c) => (c === '#' ? 1 : -1))));
}

/** Two half-moons of radius 1.5 with normal noise of 0.15, 100 points each. */
{
  const u = uniform(5);
  save('moons.csv', ['x0', 'x1'], Array.from({ length: 200 }, (_, i) => {
    const a = Math.PI * u();
    const [x, y] = i % 2 ? [1.5 * Math.cos(a) - 0.75, 1.5 * Math.sin(a) - 0.4] : [0.75 - 1.5 * Math.cos(a), 0.4 - 1.5 * Math.sin(a)];
    return [x + 0.15 * normal(u), y + 0.15 * normal(u)].map((v) => v.toFixed(3));
  }));
}

/** Two sources of Student's t with 3 degrees of freedom, mixed: x = A z. */
{
  const u = uniform(6);
  const t3 = () => normal(u) / Math.sqrt((normal(u) ** 2 + normal(u) ** 2 + normal(u) ** 2) / 3);
  save('mixed.csv', ['x0', 'x1'], Array.from({ length: 200 }, () => {
    const [a, b] = [t3(), t3()];
    return [a + 0.6 * b, 0.2 * a + b].map((v) => v.toFixed(3));
  }));
}

/** A cat in five rooms: p(room | hour) ∝ exp(h + sun · cos(2π (hour − 14)/24)). */
{
  const u = uniform(8);
  const rooms = ['kitchen', 'hall', 'bath', 'bedroom', 'balcony'];
  const [h, sun] = [[0.5, 0, -1, 0.8, -0.5], [0, 0, 0, -1, 1.5]];
  save('cat.csv', ['hour', 'room'], Array.from({ length: 200 }, () => {
    const hour = Math.floor(24 * u());
    const warm = Math.cos((2 * Math.PI * (hour - 14)) / 24);
    return [hour, rooms[pick(u, h.map((x, i) => Math.exp(x + sun[i] * warm)))]];
  }));
  save('doors.csv', null, [['kitchen', 'hall'], ['hall', 'bath'], ['hall', 'bedroom'], ['bedroom', 'balcony']]);
}

/** Points at distance normal(2, 0.2): all around, and at angles of the von Mises law around 45° with strength 1.5. */
{
  const u = uniform(9);
  const point = (a) => {
    const r = 2 + 0.2 * normal(u);
    return [r * Math.cos(a), r * Math.sin(a)].map((v) => v.toFixed(3));
  };
  const angles = Array.from({ length: 3600 }, (_, i) => (2 * Math.PI * i) / 3600);
  const arc = angles.map((a) => Math.exp(1.5 * Math.cos(a - Math.PI / 4)));
  save('ring.csv', ['x0', 'x1'], Array.from({ length: 200 }, () => point(2 * Math.PI * u())));
  save('arc.csv', ['x0', 'x1'], Array.from({ length: 200 }, () => point(angles[pick(u, arc)])));
}

/** Rankings of five dishes of worth 1, 0.5, 0, −0.5, −1: exact draws from all 120 arrangements. */
{
  const u = uniform(10);
  const all = (items) => (items.length === 0 ? [[]] : items.flatMap((x) => all(items.filter((y) => y !== x)).map((r) => [x, ...r])));
  const states = all([0, 1, 2, 3, 4]);
  const w = [1, 0.5, 0, -0.5, -1];
  const weights = states.map((r) => Math.exp(r.reduce((e, x, a) => e + 0.5 * w[x] * (4 - 2 * a), 0)));
  save('rankings.csv', ['r0', 'r1', 'r2', 'r3', 'r4'], Array.from({ length: 200 }, () => states[pick(u, weights)]));
}

/**
 * Two torsion angles of a chain, 500 pairs of density ∝ exp(4 cos(a + 1) + 3 cos(b − 2) + 2 sin(a + 1) sin(b − 2))
 * (Singh, Hnizdo, Demchuk 2002), by rejection from the square: the exponent is at most 7.
 */
{
  const u = uniform(11);
  const angle = () => Math.PI * (2 * u() - 1);
  const draw = () => {
    for (;;) {
      const [a, b] = [angle(), angle()];
      const height = 4 * Math.cos(a + 1) + 3 * Math.cos(b - 2) + 2 * Math.sin(a + 1) * Math.sin(b - 2);
      if (u() < Math.exp(height - 7)) return [a.toFixed(4), b.toFixed(4)];
    }
  };
  save('torsion.csv', ['a', 'b'], Array.from({ length: 500 }, draw));
}

/** Points along a spiral of two turns, 600 of them, with normal noise of 0.08. */
{
  const u = uniform(12);
  save('spiral.csv', ['x', 'y'], Array.from({ length: 600 }, () => {
    const turn = 4 * Math.PI * Math.sqrt(0.04 + 0.96 * u());
    const radius = 0.17 * turn;
    return [radius * Math.cos(turn) + 0.08 * normal(u), radius * Math.sin(turn) + 0.08 * normal(u)].map((x) => x.toFixed(3));
  }));
}
