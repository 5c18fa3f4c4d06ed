/** softmax, cumsum, variance and their like; overloads and integers of scalar functions. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { evaluateScalar } from '../../src/engines/reference/index.ts';
import { gradient } from '../../src/ir/derive.ts';
import { open, rendered } from '../run/kit.ts';

const x = [0.5, -1, 2, 0.25];

/** A number made of `x : real[k]`. */
async function value(expression: string, head = 'x : real[k]', state = x): Promise<number> {
  const { model } = await open(`index k = 4\nenergy E(${head}) {\n  term t = ${expression}\n}`);
  const m = model();
  const arrays = new Map(
    m.unknowns.map((u) => [u.slot, { shape: [...u.shape], data: Float64Array.from(state) }]),
  );
  return evaluateScalar(m.energy.terms[0].body, arrays, m.sizeOf);
}
const diagnose = (text: string): string => rendered(compileText(text, 'test.energy'));
const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

describe('functions of arrays', () => {
  const exps = x.map(Math.exp);
  const mean = total(x) / 4;
  const variance = total(x.map((v) => (v - mean) ** 2)) / 3;

  it.each([
    ['softmax(x)[2]', exps[2] / total(exps)],
    ['sum(softmax(x))', 1],
    ['log_softmax(x)[1]', x[1] - Math.log(total(exps))],
    ['log_sum_exp(x)', Math.log(total(exps))],
    ['log_sum_exp(2 * x[i] for i in k where i > 1)', Math.log(Math.exp(4) + Math.exp(0.5))],
    ['cumsum(x)[2]', 1.5],
    ['sum(cumsum(x)[i] * i for i in k)', -0.5 + 2 * 1.5 + 3 * 1.75],
    ['variance(x)', variance],
    ['sd(x)', Math.sqrt(variance)],
    ['variance(x[i] for i in k where i < 2)', 1.125],
    ['variance(3 for i in 1)', 0],
    ['sum(softmax([x[i] * j for j in 2, i in k])[0, :])', 1],
  ])('%s', async (expression, want) => {
    expect(await value(expression)).toBeCloseTo(want, 12);
  });

  it('derivatives exist where all are equal', async () => {
    const { model } = await open('index k = 3\nenergy E(x : real[k]) {\n  term t = sd(x) + x[0]\n}');
    const m = model();
    const [u] = m.unknowns;
    const g = gradient(m.builder, m.energy.terms[0].body, [u.slot]).get(u.slot)!;
    const at = m.builder.substitute(g.body, g.axes, [m.builder.const(0)]);
    expect(evaluateScalar(at, new Map([[u.slot, { shape: [3], data: new Float64Array(3) }]]), m.sizeOf)).toBe(
      1,
    );
  });

  it.each([
    ['term t = sum(softmax(y))', 'E0301', '`softmax` expects an array'],
    ['term t = variance(y)', 'E0301', '`variance` expects an array'],
    ['term t = sum(cumsum(p))', 'E0301', 'not one-dimensional and ordered'],
    ['term t = clamp(y, 0)', 'E0305', '`clamp` takes 3 arguments, not 2'],
    ['term t = leaky_relu(y, 1, 2)', 'E0305', '`leaky_relu` takes 2 arguments, not 3'],
    ['term t = logistic(1, 2)', 'E0301', 'the distribution logistic'],
    ['term t = w[y, choose(y, 1)]', 'E0303', 'whole number'],
  ])('%s', (line, code, message) => {
    const text = diagnose(
      `index site = grid(2, 2)\nenergy E(y : real, p : real[site], w : real[2, 3]) {\n  ${line}\n}`,
    );
    expect(text).toContain(`error[${code}]`);
    expect(text).toContain(message);
  });
});

describe('scalar functions', () => {
  it('logistic with one argument is the sigmoid, with two the distribution', async () => {
    expect(await value('logistic(x[2])')).toBeCloseTo(1 / (1 + Math.exp(-2)), 14);
    expect(await value('-logistic(0, 1).log_density(x[2])')).toBeCloseTo(
      2 + 2 * Math.log1p(Math.exp(-2)),
      14,
    );
    expect(await value('-logistic(mu = 0, s = 1).log_density(x[2])')).toBeCloseTo(
      2 + 2 * Math.log1p(Math.exp(-2)),
      14,
    );
  });

  it('whole numbers stay whole', async () => {
    expect(await value('x[choose(3, 2)] + x[clamp(7, 0, 1)]')).toBe(-0.75);
    expect(await value('choose(n, 3)', 'n : int(0, 60)', [60])).toBe(34220);
    expect(await value('choose(n, 3)', 'n : int(0, 60)', [2])).toBe(0);
  });

  it('leaky_relu has a slope of its own', async () => {
    expect(await value('leaky_relu(x[1])')).toBe(-0.01);
    expect(await value('leaky_relu(x[1], 0.5)')).toBe(-0.5);
  });

  it('xlogy and hypot have derivatives at 0', async () => {
    const { model } = await open(
      'energy E(u : real, v : real) {\n  term t = xlogy(u, v) + hypot(u, v) + xlogy(v, 2)\n}',
    );
    const m = model();
    const arrays = new Map(m.unknowns.map((u) => [u.slot, { shape: [], data: Float64Array.of(0) }]));
    const slots = m.unknowns.map((u) => u.slot);
    const g = gradient(m.builder, m.energy.terms[0].body, slots);
    expect(slots.map((s) => evaluateScalar(g.get(s)!.body, arrays, m.sizeOf))).toEqual([0, Math.log(2)]);
  });
});
