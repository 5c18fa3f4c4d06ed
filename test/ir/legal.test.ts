import { describe, expect, it } from 'vitest';
import { Builder } from '../../src/ir/build.ts';
import { checkLegal, checkLegalEnergy, IllegalNode, rules } from '../../src/ir/legal.ts';
import type { Energy, MatrixNode, Node, Recurrence, ScanNode } from '../../src/ir/types.ts';

const REAL = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;

function setUp() {
  const b = new Builder();
  const site = b.set('site', { kind: 'range', size: 3 });
  const s = b.slot('unknown', 's', REAL, [site]);
  const [i, j] = [b.axis(site), b.axis(site)];
  const x = b.read(s, [b.axisNode(i)]);
  const y = b.read(s, [b.axisNode(j)]);
  return { b, s, i, j, x, y };
}

const broken = (n: Node): string => {
  try {
    checkLegal(n);
  } catch (e) {
    if (e instanceof IllegalNode) return e.rule;
    throw e;
  }
  return 'none';
};

/** A node with some of its fields replaced. */
const altered = <T extends Node>(n: T, change: Partial<T>): T => ({ ...n, ...change });

describe('checkLegal', () => {
  const { b, s, i, j, x, y } = setUp();
  const call = b.call('atan2', x, y);
  const sum = b.sum([i], b.call('exp', x), b.call('lt', b.axisNode(i), b.const(2)));
  const scatter = b.scatter([j], [i], [b.read(s, [b.axisNode(i)])], x);
  const at = b.at([i], b.call('exp', x), [b.axisNode(j)]);

  const square = { axes: [i, j], body: b.mul(x, y) };
  const factor = b.matrix('cholesky', [square], [b.axisNode(i), b.axisNode(i)]) as MatrixNode;

  const flat = b.matrix('det', [{ axes: [i, j], body: b.const(2) }], []) as MatrixNode;

  const state = b.slot('state', 'prev', s.domain, [i.set]);
  const open = { over: j, axes: [i], state, init: x, body: b.mul(y, b.read(state, [b.axisNode(i)])) };
  const scan = b.scan(open, b.axisNode(j), [b.axisNode(i)]) as ScanNode;
  const p = b.axis(j.set, 'p');
  const many = b.scan({ ...open, init: b.mul(x, b.axisNode(p)) }, b.axisNode(j), [b.axisNode(i)]) as ScanNode;
  const loopOf = (n: ScanNode, change: Partial<Recurrence>): Node =>
    altered(n, { id: 1e6, loop: { ...n.loop, ...change } });

  it('accepts what a builder makes', () => {
    checkLegal(call, sum, scatter, at, factor, scan, many);
  });

  const faults: readonly (readonly [string, Node])[] = [
    ['axes are the free axes in order of id', altered(call, { axes: [i] })],
    ['axes are the free axes in order of id', altered(call, { axes: [j, i] })],
    ['axes are the free axes in order of id', altered(sum, { axes: [i] })],
    ['axes are the free axes in order of id', altered(scatter, { axes: [] })],
    ['axes are the free axes in order of id', altered(at, { axes: [i, j] })],
    ['children are older than parents', altered(call, { id: 0 })],
    ['uses are the roles read', altered(call, { uses: 2 })],
    ['a call has as many arguments as its function', b.call('exp', x, y)],
    ['a call has as many arguments as its function', b.call('pick', x)],
    ['one index for each dimension', b.read(s, [b.axisNode(i), b.axisNode(j)])],
    ['one index for each dimension', b.at([i], x, [])],
    ['one index for each dimension', b.scatter([j], [i], [], x)],
    ['bound axes are distinct', b.reduce('max', [i, i], x)],
    ['bound axes are distinct', b.at([i, i], x, [y, y])],
    [
      'a reduction runs over an axis or has a condition',
      altered(b.reduce('max', [i], b.const(1)), { over: [] }),
    ],
    ['axes scattered into do not occur in the parts', b.scatter([j], [i], [x], y)],
    ['axes scattered into do not occur in the parts', b.scatter([i], [i], [x], x)],
    ['one index for each dimension', b.matrix('log_det', [square], [x])],
    ['bound axes are distinct', altered(flat, { args: [{ axes: [i, i], body: b.const(2) }] })],
    ['a matrix has rows and columns', b.matrix('cholesky', [square, square], [x, y])],
    ['a matrix has rows and columns', b.matrix('det', [{ axes: [i], body: x }], [])],
    ['one index for each dimension', altered(scan, { indices: scan.indices.slice(0, 1), axes: [j] })],
    ['a recurrence is closed', loopOf(scan, { init: b.axisNode(p) })],
    ['a recurrence is closed', loopOf(scan, { body: b.mul(scan.loop.body, b.axisNode(p)) })],
    ['a recurrence is closed', loopOf(many, { params: [many.loop.over] })],
    [
      'a recurrence is read at distinct axes for its params',
      altered(many, { id: 1e6, indices: [b.const(0), ...many.indices.slice(1)], axes: [i, j] }),
    ],
    ['a constant is a number', b.const(Number.NaN)],
    [
      'equal structure means the same object',
      altered(b.add(call, altered(call, { id: call.id + 1 })), { id: 1e6 }),
    ],
  ];

  it.each(faults)('refuses what breaks "%s"', (rule, node) => {
    expect(broken(node)).toBe(rule);
  });

  it('has a test for every rule', () => {
    const tested = new Set(faults.map(([rule]) => rule));
    expect(rules.filter((r) => !tested.has(r.name))).toEqual([]);
  });

  it('finds faults below the root', () => {
    expect(broken(b.call('sin', b.sum([i], b.call('exp', b.add(x, b.const(Number.NaN))))))).toBe(
      'a constant is a number',
    );
  });
});

describe('checkLegalEnergy', () => {
  const span = { source: 0, start: 0, end: 0 } as unknown as Energy['span'];
  it('refuses free axes', () => {
    const { b, i, x } = setUp();
    const energy = (body: Node): Energy => ({
      name: 'E',
      span,
      unknowns: [],
      terms: [{ name: 't', span, body }],
      support: [{ span, axes: [i], where: null, condition: b.call('gt', x, b.const(0)) }],
      reports: [],
    });
    checkLegalEnergy(energy(b.sum([i], x)));
    expect(() => checkLegalEnergy(energy(x))).toThrow(/an energy has no free axes/);
  });
});
