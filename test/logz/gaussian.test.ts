/** Gaussian integrals in closed form, against formulas worked out by hand and against draws. */
import { describe, expect, it } from 'vitest';
import { gaussianPart } from '../../src/infer/gaussian.ts';
import { clampOf, noClamp } from '../../src/infer/model.ts';
import { Stream } from '../../src/random/stream.ts';
import { open } from '../run/kit.ts';

async function part(text: string, files: Readonly<Record<string, string>> = {}) {
  const opened = await open(text, { files });
  const model = opened.model();
  const given = opened.compiled.ok ? opened.compiled.program.jobs[0]?.options.given : undefined;
  const clamp = given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model);
  return { model, clamp, found: gaussianPart(model, clamp) };
}

async function closed(text: string, files: Readonly<Record<string, string>> = {}) {
  const { model, clamp, found } = await part(text, files);
  if ('why' in found) throw new Error(found.why);
  return { model, clamp, gaussian: found };
}

const normal = (x: number, m: number, s: number): number =>
  -0.5 * Math.log(2 * Math.PI) - Math.log(s) - 0.5 * ((x - m) / s) ** 2;

describe('Gaussian closed forms', () => {
  it('integrates one coordinate', async () => {
    const { gaussian } = await closed('energy E(x : real) { term t = 3 * (x - 2) ^ 2 + 1 }');
    expect(gaussian.logZ).toBeCloseTo(-1 + 0.5 * Math.log(Math.PI / 3), 12);
    expect(gaussian.mean()[0]).toBeCloseTo(2, 12);
    expect(gaussian.covariance()[0]).toBeCloseTo(1 / 6, 12);
  });

  it('is 0 for a normalised hierarchy, and the marginal likelihood with data', async () => {
    const prior = 'energy E(m : real, y : real[3]) { m ~ normal(1, 2)\n y ~ normal(m, 0.5) }';
    expect((await closed(prior)).gaussian.logZ).toBeCloseTo(0, 11);
    const one = 'energy E(m : real, y : real[1]) { m ~ normal(1, 2)\n y ~ normal(m, 0.5) }';
    const given = `${one}\nrun z = logz(E, given = { y[0] = 2.5 })`;
    expect((await closed(given)).gaussian.logZ).toBeCloseTo(normal(2.5, 1, Math.hypot(2, 0.5)), 11);
  });

  it('knows recurrences, linear maps and many coordinates', async () => {
    const walk = `index t = line(40)
energy E(x : real[t]) {
  x[0] ~ normal(0, 1)
  x[i] ~ normal(0.9 * x[i - 1], 0.3) for i in t where i > 0
}`;
    const { gaussian } = await closed(walk);
    expect(gaussian.logZ).toBeCloseTo(0, 9);
    const c = gaussian.covariance();
    expect(c[0]).toBeCloseTo(1, 10);
    expect(c[1 * 40 + 0]).toBeCloseTo(0.9, 10);
    expect(c[1 * 40 + 1]).toBeCloseTo(0.81 + 0.09, 10);
  });

  it('sums over discrete unknowns, also where they change the curvature', async () => {
    const text = `energy E(z : category(3), b : bit, x : real, y : real) {
  let m = [-1, 0, 4]
  let s = [0.5, 1, 2]
  require not (z == 2 and b == 1)
  term w = if b == 1 then 0.3 else 0
  x ~ normal(m[z], s[z])
  y ~ normal(x + 2 * b, 1)
}`;
    const { gaussian } = await closed(text);
    expect(gaussian.logZ).toBeCloseTo(Math.log(3 + 2 * Math.exp(-0.3)), 11);
    const w = Math.exp(-0.3);
    const total = 3 + 2 * w;
    const mean = (-1 * (1 + w) + 4) / total;
    expect(gaussian.mean()[0]).toBeCloseTo(mean, 11);
    const second = ((1 + 0.25) * (1 + w) + 1 * (1 + w) + (16 + 4)) / total;
    expect(gaussian.covariance()[0]).toBeCloseTo(second - mean ** 2, 10);
  });

  it('draws from it', async () => {
    const text = `energy E(z : bit, x : real, y : real) {
  x ~ normal(if z == 1 then 3 else -1, 0.7)
  y ~ normal(2 * x, 0.5)
}`;
    const { model, gaussian } = await closed(text);
    const n = 20_000;
    const states = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(n * u.size)]));
    const stream = new Stream(3, 'gaussian');
    for (let c = 0; c < n; c++) gaussian.draw(stream, states, c);
    const [z, x, y] = model.unknowns.map((u) => states.get(u.slot)!);
    const mean = (a: ArrayLike<number>): number => Array.from(a).reduce((s, v) => s + v, 0) / n;
    const exact = gaussian.covariance();
    expect(Math.abs(mean(z) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / n));
    const dx = x.map((v) => v - gaussian.mean()[0]);
    const dy = y.map((v) => v - gaussian.mean()[1]);
    expect(Math.abs(mean(dx))).toBeLessThan(5 * Math.sqrt(exact[0] / n));
    expect(mean(dx.map((v, i) => v * dy[i])) / exact[1]).toBeCloseTo(1, 1);
    expect(mean(dy.map((v) => v * v)) / exact[3]).toBeCloseTo(1, 1);
  });

  it.each([
    ['x : real(0, inf)', 'term t = x ^ 2', 'whole line'],
    ['x : angle', 'term t = 1 - cos(x)', 'whole line'],
    ['x : real', 'term t = x ^ 4 + x ^ 2', 'curvature'],
    ['x : real', 'term t = x ^ 2 + abs(x)', 'polynomial'],
    ['x : real', 'term t = x ^ 2 + floor(x)', 'polynomial'],
    ['x : real', 'term t = if x > 0 then x ^ 2 else x ^ 2 + x', 'polynomial'],
    ['x : real, y : real', 'term t = x ^ 2 + y ^ 2 * (1 + x ^ 2)', 'curvature'],
    ['x : real', 'require x > 1\n term t = x ^ 2', 'requirement'],
  ])('does not take %s with %s for a Gaussian', async (unknowns, body, why) => {
    const { found } = await part(`energy E(${unknowns}) { ${body} }`);
    if (!('why' in found)) throw new Error('it was taken for one');
    expect(found.why).toContain(why);
  });

  it.each([
    ['energy E(x : real, y : real[3]) { term t = x ^ 2 + y[0] ^ 2 + y[2] ^ 2 }', 'y[1]'],
    ['energy E(x : real, y : real) { term t = (x - y) ^ 2 }', '`y`'],
    ['energy E(x : real, y : real) { term t = x ^ 2 - y ^ 2 }', '`y`'],
    ['energy E(x : real) { term t = 2 * x }', '`x`'],
  ])('refuses what is not integrable: %s', async (text, name) => {
    await expect(part(text)).rejects.toThrow(/not integrable/);
    await expect(part(text)).rejects.toThrow(name);
  });
});
