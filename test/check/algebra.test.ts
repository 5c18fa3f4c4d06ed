/** Products of experts: called, multiplied further, generic, with what their experts report. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { evaluate, fault, faults } from './evaluate.ts';

const experts = `
index site = ring(3)
param w : real(0, inf) = 2
energy A(x : real[site]) {
  term a = sum(x)
  report big = max(x)
}
energy B(x : real[n]) {
  term b = sum(x ^ 2)
  report each = 2 * x
}
energy C(y : real, x : real[m]) { term c = y * sum(x ^ 3) }
`;
const x = [0.5, -1, 2];
const y = [0.25];
const a = 1.5;
const b = 0.25 + 1 + 4;
const c = 0.25 * (0.125 - 1 + 8);

describe('energy algebra', () => {
  it('terms are the experts, reports are theirs', async () => {
    const got = await evaluate(`${experts}energy J = A * B ^ w * A ^ 0.5`, 'J', { x });
    expect(got.terms).toEqual({ A: a, B: 2 * b, 'A (2)': a / 2 });
    expect(got.reports).toEqual({ 'A.big': [2], 'B.each': [1, -2, 4], 'A (2).big': [2] });
  });

  it('is multiplied further', async () => {
    const text = `${experts}energy J = A * B ^ w\nenergy K = C ^ 3 * (J * A) ^ 0.5`;
    const got = await evaluate(text, 'K', { x, y });
    expect(got.terms.C).toBeCloseTo(3 * c, 12);
    expect(got.terms.J).toBeCloseTo(0.5 * (a + 2 * b), 12);
    expect(got.terms.A).toBeCloseTo(0.5 * a, 12);
    expect(Object.keys(got.reports)).toEqual(['J.A.big', 'J.B.each', 'A.big']);
    // The order of arguments is that in which they are first named.
    const { program } = compileText(text, 'a.energy');
    expect(program.energies.get('K')!.args.map((arg) => arg.name)).toEqual(['y', 'x']);
  });

  it('is called with arguments by place and by name', async () => {
    const text = `${experts}energy K = A * C
energy E(u : real[site], v : real) {
  term one = K(u, v)
  term two = 2 * K(y = v + 1, x = 2 * u)
}`;
    const got = await evaluate(text, 'E', { u: x, v: y });
    expect(got.terms.one).toBeCloseTo(a + c, 12);
    expect(got.terms.two).toBeCloseTo(2 * (2 * a + 1.25 * 8 * (0.125 - 1 + 8)), 12);
  });

  it('index sets that an expert leaves open are those of the others', async () => {
    const text = `${experts}
energy D(z : real[k], x : real[k]) { term d = sum(z * x) }
energy J = D * B * A`;
    const got = await evaluate(text, 'J', { x, z: [1, 2, 3] });
    expect(got.energy).toBeCloseTo(0.5 - 2 + 6 + b + a, 12);
  });

  it('a generic product is called over any index set, and on sets', async () => {
    const text = `
energy Pairs(s : spin[n], bond : set[n, n]) { term a = -sum(s[p] * s[q] for (p, q) in bond) }
energy Field(s : spin[k]) { term a = -0.3 * sum(s) }
energy Next(bond : set[i, i], s : spin[i]) { term a = 0.1 * sum(s[p] for (p, q) in bond) }
energy Model = Pairs ^ 0.5 * Field * Next
index loop = ring(4)
energy E(s : spin[loop]) { term a = Model(s, neighbours(loop)) }`;
    const s = [1, 1, -1, 1];
    const got = await evaluate(text, 'E', { s });
    expect(got.energy).toBeCloseTo(-0.5 * 0 - 0.3 * 2 + 0.1 * 2, 12);
    expect(fault(`${text}\nrun d = sample(Model)`).code).toBe('E0314');
  });

  it('restrictions of the experts join', async () => {
    const text = `
energy P(x : real) { term a = x ^ 2  require x > 0 }
energy Q(x : real) { term a = x }
energy J = P * Q
energy E(t : real) { term a = J(t - 1) }`;
    const { program } = compileText(text, 'a.energy');
    expect(program.energies.get('J')!.energy.support).toHaveLength(1);
    expect(program.energies.get('E')!.energy.support).toHaveLength(1);
  });

  it.each([
    ['energy D(x : spin[site]) { term d = sum(x) }\nenergy J = A * D', 'E0311', 'disagree about `x`'],
    [
      'index other = ring(3)\nenergy D(x : real[other]) { term d = sum(x) }\nenergy J = B * A * D',
      'E0311',
      '`x`',
    ],
    ['energy D(x : set) { term d = size(x) }\nenergy J = A * D', 'E0311', '`x`'],
    ['energy J = A * K\nenergy K = B * J', 'E0207', 'calls itself'],
    ['energy J = A ^ [1, 2]', 'E0301', 'one number'],
    ['energy J = A + B', 'E0301', 'has no `+`'],
    ['energy J = A * C\nenergy E(x : real[site]) { term a = J(x) }', 'E0305', '`y` is missing'],
  ])('%s is told', (text, code, sentence) => {
    const all = compileText(experts + text, 'a.energy').diagnostics.filter((d) => d.severity === 'error');
    expect(all.map((d) => d.code)).toContain(code);
    expect(all.find((d) => d.code === code)!.message).toContain(sentence);
  });

  it('nothing of it is told as not available', () => {
    expect(faults(`${experts}energy J = A * B\nenergy E(x : real[site]) { term a = J(x) }`)).toEqual([]);
  });
});
