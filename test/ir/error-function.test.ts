import fc from 'fast-check';
import { erf as mathErf, gamma as mathGamma } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { erf, erfc } from '../../src/ir/error-function.ts';
import { lgamma } from '../../src/ir/log-gamma.ts';

const near = (x: number, y: number, relative: number): void =>
  expect(Math.abs(x - y)).toBeLessThanOrEqual(relative * Math.abs(y));

describe('erf and erfc', () => {
  // By mpmath 1.3, to 40 digits, rounded.
  it.each([
    [0.1, 0.1124629160182849, 0.887537083981715],
    [0.46875, 0.49261347321793797, 0.507386526782062],
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2, 0.9953222650189527, 0.004677734981047266],
    [4, 0.9999999845827421, 1.541725790028002e-8],
    [4.5, 0.9999999998033839, 1.9661604415428876e-10],
    [10, 1, 2.088487583762545e-45],
    [26, 1, 5.663192408856143e-296],
  ])('at %d are right to the last digits', (x, value, rest) => {
    near(erf(x), value, 5e-16);
    near(erfc(x), rest, 2e-15 * Math.max(1, x));
    expect(erf(-x)).toBe(-erf(x));
    near(erfc(-x), 1 + value, 5e-16);
  });

  it('are what another library says, everywhere', () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
        near(erf(x), mathErf(x), 1e-15);
        expect(Math.abs(erfc(x) - (1 - mathErf(x)))).toBeLessThan(1e-15);
      }),
    );
  });

  it('end where numbers do', () => {
    expect([erf(Infinity), erf(-Infinity), erfc(Infinity), erfc(-Infinity)]).toEqual([1, -1, 0, 2]);
    expect([erf(0), erfc(0), erfc(30), erf(Number.NaN), erfc(Number.NaN)]).toEqual([
      0,
      1,
      0,
      Number.NaN,
      Number.NaN,
    ]);
    expect(Object.is(erf(-0), -0)).toBe(true);
  });
});

it('ln |Γ| of negative numbers is what another library says', () => {
  fc.assert(
    fc.property(fc.double({ min: -100, max: -1e-3, noNaN: true }), (x) => {
      fc.pre(Math.abs(x - Math.round(x)) > 1e-3);
      const other = Math.log(Math.abs(mathGamma(x) as number));
      expect(Math.abs(lgamma(x) - other)).toBeLessThan(1e-12 * Math.max(1, Math.abs(other)));
    }),
  );
});
