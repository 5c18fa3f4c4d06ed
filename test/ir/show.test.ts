import { describe, expect, it } from 'vitest';
import { Builder } from '../../src/ir/build.ts';
import { showEnergy, showLambda, showNode } from '../../src/ir/show.ts';
import type { Energy, Node } from '../../src/ir/types.ts';

const REAL = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;

function setUp() {
  const b = new Builder();
  const site = b.set('site', { kind: 'lattice', dims: [2, 2], coordinates: ['row', 'col'], wrap: false });
  const bond = b.set('bond', { kind: 'open' });
  const s = b.slot('unknown', 's', { kind: 'spin' }, [site]);
  const J = b.slot('param', 'J', REAL, [bond]);
  const ends = ['bond.0', 'bond.1'].map((n) =>
    b.slot('table', n, { kind: 'category', values: site }, [bond]),
  );
  const e = b.axis(bond, 'e');
  const p = b.axis(site, 'p');
  const [x, y, z] = ['x', 'y', 'z'].map((n) => b.read(b.slot('data', n, REAL, []), []));
  const at = b.axisNode(e);
  const product = b.mul(
    b.mul(b.read(J, [at]), b.read(s, [b.read(ends[0], [at])])),
    b.read(s, [b.read(ends[1], [at])]),
  );
  return { b, site, bond, s, J, ends, e, p, x, y, z, product };
}

describe('showNode', () => {
  const { b, bond, e, p, s, x, y, z, product } = setUp();
  const { add, sub, mul, div, neg } = b;
  const call = b.call.bind(b);
  const sp = b.read(s, [b.axisNode(p)]);

  it('writes a sum over bonds', () => {
    expect(showNode(b.sum([e], product))).toBe('sum[e in bond] J[e]*s[bond.0[e]]*s[bond.1[e]]');
  });

  it.each<[string, Node]>([
    ['x + y + z', add(add(x, y), z)],
    ['x + (y + z)', add(x, add(y, z))],
    ['x - (y - z)', sub(x, sub(y, z))],
    ['(x + y)*z', mul(add(x, y), z)],
    ['x*(y*z)', mul(x, mul(y, z))],
    ['x/y/z', div(div(x, y), z)],
    ['-x*y', neg(mul(x, y))],
    ['-(x + y)', neg(add(x, y))],
    ['x*(-2)', mul(x, b.const(-2))],
    ['x*(-inf)', mul(x, b.const(Number.NEGATIVE_INFINITY))],
    ['x + (-2)', add(x, b.const(-2))],
    ['(x + y)^2', call('square', add(x, y))],
    ['x^(-3)', call('pow', x, b.const(-3))],
    ['(-x)^2', call('square', neg(x))],
    [
      'x < y + 1 and not y == z',
      call('and', call('lt', x, add(y, b.const(1))), call('not', call('eq', y, z))),
    ],
    [
      '(x < y or y < z) and z < x',
      call('and', call('or', call('lt', x, y), call('lt', y, z)), call('lt', z, x)),
    ],
    ['if x > 0 then y else z', call('select', call('gt', x, b.const(0)), y, z)],
    ['2*(if x > 0 then y else z)', mul(b.const(2), call('select', call('gt', x, b.const(0)), y, z))],
    ['atan2(x, -y)', call('atan2', x, neg(y))],
    ['[x, y, z][p]', call('pick', b.axisNode(p), x, y, z)],
    ['|bond|*x', mul(b.size(bond), x)],
    ['(sum[p in site] s[p])*x', mul(b.sum([p], sp), x)],
    ['sum[p in site] (s[p] + x)', b.sum([p], add(sp, x))],
    ['max[p in site where p < 2] s[p]', b.reduce('max', [p], sp, call('lt', b.axisNode(p), b.const(2)))],
    ['[exp(s[p]) for p in site][3]', b.at([p], call('exp', sp), [b.const(3)])],
  ])('%s', (text, node) => {
    expect(showNode(node)).toBe(text);
  });

  it('writes a scatter with its index map', () => {
    const { b, e, p, J, ends } = setUp();
    const n = b.scatter([p], [e], [b.read(ends[0], [b.axisNode(e)])], b.read(J, [b.axisNode(e)]));
    expect(showNode(n)).toBe('scatter[p = bond.0[e] for e in bond] J[e]');
  });

  it('names what is shared, with the axes it depends on, and tells axes of one name apart', () => {
    const { b, s, site } = setUp();
    const [p, q] = [b.axis(site, 'p'), b.axis(site, 'p')];
    const h = b.call('exp', b.mul(b.const(2), b.read(s, [b.axisNode(p)])));
    const n = b.sum([p, q], b.mul(b.mul(h, b.call('sin', h)), b.read(s, [b.axisNode(q)])));
    expect(showNode(n)).toBe('t1[p] = exp(2*s[p])\nsum[p in site, p2 in site] t1[p]*sin(t1[p])*s[p2]');
  });

  it('shows an array with its axes', () => {
    const { b, s } = setUp();
    expect(showLambda(b.readAll(s))).toBe('[site in site] s[site]');
  });
});

describe('showEnergy', () => {
  it('lists unknowns, shared parts, terms, support and reports', () => {
    const { b, e, p, s, product } = setUp();
    const span = undefined as unknown as Energy['span'];
    const sp = b.read(s, [b.axisNode(p)]);
    const total = b.sum([p], sp);
    const energy: Energy = {
      name: 'Ising',
      span,
      unknowns: [s],
      terms: [
        { name: 'coupling', span, body: b.neg(b.sum([e], product)) },
        { name: 'field', span, body: b.mul(b.const(0.5), total) },
      ],
      support: [
        {
          span,
          axes: [p],
          where: b.call('gt', b.axisNode(p), b.const(0)),
          condition: b.call('eq', sp, b.const(1)),
        },
      ],
      reports: [{ name: 'magnet', span, value: { axes: [], body: b.call('abs', total) }, domain: REAL }],
    };
    expect(showEnergy(energy)).toBe(
      [
        'energy Ising(s : spin[site])',
        '  t1 = sum[p in site] s[p]',
        '  term coupling = -(sum[e in bond] J[e]*s[bond.0[e]]*s[bond.1[e]])',
        '  term field = 0.5*t1',
        '  require s[p] == 1 for p in site where p > 0',
        '  report magnet = abs(t1)',
      ].join('\n'),
    );
  });
});
