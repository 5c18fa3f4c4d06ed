/**
 * The seven distributions of the plane that discrete energy models are compared on, as densities and as draws.
 *
 * They are the usual toy sets (H. Dai et al., "Learning discrete energy-based models via auxiliary-variable local
 * exploration", NeurIPS 2020, who made bits of them; W. Grathwohl et al., "FFJORD", ICLR 2019, for the formulas), as
 * independent draws from a density that is known: by its formula, or as an integral over the position on a curve.
 */
import type { Stream } from '../../../src/random/stream.ts';

export type Point = readonly [number, number];

export interface PlaneSet {
  readonly name: SetName;
  /**
   * Half the width of the square that is told apart, less 1. The literature takes the largest coordinate of 5000 draws,
   * plus 1, which shifts every figure from run to run; here it is fixed, near the mean of that.
   */
  readonly scale: number;
  readonly draw: (s: Stream) => Point;
  /** By Lebesgue measure. */
  readonly density: (x: number, y: number) => number;
}

export type SetName =
  | '2spirals'
  | '8gaussians'
  | 'circles'
  | 'moons'
  | 'pinwheel'
  | 'swissroll'
  | 'checkerboard';

const normal = (x: number, sd: number): number =>
  Math.exp(-0.5 * (x / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

/** Standard normal distribution function, error below 2·10⁻⁷ (C. Hastings, 1955; Abramowitz and Stegun 26.2.17). */
function below(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    normal(z, 1) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

/** Points on curves with a Gaussian around each: the mean over the points, which stand for equal shares. */
function around(points: readonly Point[], sd: number): (x: number, y: number) => number {
  const reach = 9 * sd;
  return (x, y) => {
    let sum = 0;
    for (const [u, v] of points)
      if (Math.abs(x - u) < reach && Math.abs(y - v) < reach) sum += normal(x - u, sd) * normal(y - v, sd);
    return sum / points.length;
  };
}

/** `count` values of a curve at the middles of equal shares of 0 … 1. */
const along = (count: number, curve: (u: number) => Point): Point[] =>
  Array.from({ length: count }, (_, i) => curve((i + 0.5) / count));

// ── Eight Gaussians ─────────────────────────────────────────────────────────

const eight: readonly Point[] = along(8, (u) => {
  const angle = 2 * Math.PI * u - Math.PI / 8;
  return [(4 * Math.cos(angle)) / Math.SQRT2, (4 * Math.sin(angle)) / Math.SQRT2];
});
const eightSd = 0.5 / Math.SQRT2;

// ── Pinwheel ────────────────────────────────────────────────────────────────

const blades = 5;
/** By how much a point at distance r along a blade is turned. */
const turn = (r: number): number => 0.25 * Math.exp(r);

/**
 * The point of a blade at (r, t), r ~ N(1, 0.3²), t ~ N(0, 0.1²), turned by `turn(r)` and doubled. Polar coordinates
 * (ρ, φ) of (r, t) become (2ρ, φ − turn(ρ cos φ)) up to fifths of a circle; roots of that give the density.
 */
function pinwheelDensity(x: number, y: number): number {
  const rho = Math.hypot(x, y) / 2;
  if (rho === 0) return (blades * normal(-1, 0.3) * normal(0, 0.1)) / blades / 4;
  const angle = Math.atan2(y, x);
  const fifth = (2 * Math.PI) / blades;
  // Distance of the turned angle from the point's, in fifths: whole numbers are roots.
  const off = (phi: number): number => (phi - turn(rho * Math.cos(phi)) - angle) / fifth;
  let sum = 0;
  const steps = 240;
  let [before, low] = [off(-Math.PI), -Math.PI];
  for (let i = 1; i <= steps; i++) {
    const high = -Math.PI + (2 * Math.PI * i) / steps;
    const now = off(high);
    const [least, most] = before < now ? [before, now] : [now, before];
    for (let whole = Math.floor(least) + 1; whole <= most; whole++) {
      let [a, b] = [low, high];
      for (let k = 0; k < 40; k++) {
        const mid = (a + b) / 2;
        if (off(mid) > whole === now > before) b = mid;
        else a = mid;
      }
      const phi = (a + b) / 2;
      const [r, t] = [rho * Math.cos(phi), rho * Math.sin(phi)];
      // A blade is chosen with 1/5; the Jacobian of the doubling is 4, that of the turning 1 + turn′(r)·t.
      sum += (normal(r - 1, 0.3) * normal(t, 0.1)) / Math.abs(1 + turn(r) * t) / blades / 4;
    }
    [before, low] = [now, high];
  }
  return sum;
}

// ── Two spirals ─────────────────────────────────────────────────────────────

const longest = (540 * 2 * Math.PI) / 360;

/** Both coordinates get U(0, ½), are divided by 3 with a sign, then get N(0, 0.1²). */
function spiralsDensity(points: readonly Point[]): (x: number, y: number) => number {
  const [width, sd] = [0.5 / 3, 0.1];
  // The density of U(0, width) + N(0, sd²).
  const soft = (x: number): number => (below(x / sd) - below((x - width) / sd)) / width;
  return (x, y) => {
    let sum = 0;
    for (const sign of [1, -1])
      for (const [u, v] of points) {
        const [a, b] = [sign * x - u, sign * y - v];
        if (a > -0.7 && a < 0.87 && b > -0.7 && b < 0.87) sum += soft(a) * soft(b);
      }
    return sum / (2 * points.length);
  };
}

const spiral = (u: number): Point => {
  const n = Math.sqrt(u) * longest;
  return [(-Math.cos(n) * n) / 3, (Math.sin(n) * n) / 3];
};

// ── Others ──────────────────────────────────────────────────────────────────

const rollPoint = (u: number): Point => {
  const t = 1.5 * Math.PI * (1 + 2 * u);
  return [(t * Math.cos(t)) / 5, (t * Math.sin(t)) / 5];
};
const ring = (u: number, radius: number): Point => [
  radius * Math.cos(2 * Math.PI * u),
  radius * Math.sin(2 * Math.PI * u),
];
const moon = (u: number, inner: boolean): Point => {
  const [c, s] = [Math.cos(Math.PI * u), Math.sin(Math.PI * u)];
  const [x, y] = inner ? [1 - c, 0.5 - s] : [c, s];
  return [2 * x - 1, 2 * y - 0.2];
};
const jitter = ([x, y]: Point, sd: number, s: Stream): Point => [x + sd * s.normal(), y + sd * s.normal()];
const half = (s: Stream): boolean => s.uniform() < 0.5;

export const sets: readonly PlaneSet[] = [
  {
    name: '2spirals',
    scale: 4.5,
    draw: (s) => {
      const [x, y] = spiral(s.uniform());
      const sign = half(s) ? 1 : -1;
      const [a, b] = [x + s.uniform() / 6, y + s.uniform() / 6];
      return jitter([sign * a, sign * b], 0.1, s);
    },
    density: spiralsDensity(along(600, spiral)),
  },
  {
    name: '8gaussians',
    scale: 5.2,
    draw: (s) => jitter(eight[s.int(8)], eightSd, s),
    density: around(eight, eightSd),
  },
  {
    name: 'circles',
    scale: 4.7,
    draw: (s) => jitter(ring(s.uniform(), half(s) ? 3 : 1.5), 0.24, s),
    density: around([...along(200, (u) => ring(u, 3)), ...along(200, (u) => ring(u, 1.5))], 0.24),
  },
  {
    name: 'moons',
    scale: 4.7,
    draw: (s) => {
      const inner = half(s);
      return jitter(moon(s.uniform(), inner), 0.2, s);
    },
    density: around([...along(250, (u) => moon(u, false)), ...along(250, (u) => moon(u, true))], 0.2),
  },
  {
    name: 'pinwheel',
    scale: 4.95,
    draw: (s) => {
      const blade = s.int(blades);
      const [r, t] = [1 + 0.3 * s.normal(), 0.1 * s.normal()];
      const angle = -(2 * Math.PI * blade) / blades - turn(r);
      return [
        2 * (r * Math.cos(angle) - t * Math.sin(angle)),
        2 * (r * Math.sin(angle) + t * Math.cos(angle)),
      ];
    },
    density: pinwheelDensity,
  },
  {
    name: 'swissroll',
    scale: 4.25,
    draw: (s) => jitter(rollPoint(s.uniform()), 0.2, s),
    density: around(along(600, rollPoint), 0.2),
  },
  {
    name: 'checkerboard',
    scale: 5,
    draw: (s) => {
      const x = 4 * s.uniform() - 2;
      const y = s.uniform() - 2 * s.int(2) + (((Math.floor(x) % 2) + 2) % 2);
      return [2 * x, 2 * y];
    },
    density: (x, y) => {
      const [i, j] = [Math.floor(x / 2), Math.floor(y / 2)];
      const inside = i >= -2 && i < 2 && j >= -2 && j < 2;
      return inside && (i + j) % 2 === 0 ? 1 / 32 : 0;
    },
  },
];

/** @throws Error for a name that is none */
export function setNamed(name: string): PlaneSet {
  const found = sets.find((s) => s.name === name);
  if (!found) throw new Error(`there is no set ${name}; there are ${sets.map((s) => s.name).join(', ')}`);
  return found;
}
