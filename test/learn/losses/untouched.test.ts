/** What no perturbation touches is evaluated once for a row, or not at all. */
import { describe, expect, it } from 'vitest';
import { sizeOfShape } from '../../../src/arrays.ts';
import { evaluateScalar } from '../../../src/engines/reference/engine.ts';
import { lowerProgram } from '../../../src/engines/tensors/lower.ts';
import { totalEnergy } from '../../../src/ir/batch.ts';
import { Builder, staticSize } from '../../../src/ir/build.ts';
import { gradient } from '../../../src/ir/derive.ts';
import type { IndexSet, Slot } from '../../../src/ir/types.ts';
import { slotsRead } from '../../../src/ir/walk.ts';
import { discrepancy, meanLoss } from '../../../src/learn/losses/discrepancy.ts';
import { Stream } from '../../../src/random/stream.ts';
import { realLine, span } from '../toy.ts';

const [N, M, D, H] = [4, 8, 5, 7];
const sizeOf = (s: IndexSet): number => staticSize(s)!;

/** Reals x through a layer of a network, a label z that meets its result, a term of x alone, one of parameters. */
function layered() {
  const b = new Builder();
  const [inputs, hidden, labels] = [b.range(D), b.range(H), b.range(3)];
  const x = b.slot('unknown', 'x', realLine, [inputs], span);
  const z = b.slot('unknown', 'z', { kind: 'category', values: labels }, [], span);
  const W = b.slot('param', 'W', realLine, [inputs, hidden], span);
  const V = b.slot('param', 'V', realLine, [labels, hidden], span);
  const [i, h] = [b.axis(inputs), b.axis(hidden)];
  const layer = b.call(
    'tanh',
    b.sum([i], b.mul(b.read(x, [b.axisNode(i)]), b.read(W, [b.axisNode(i), b.axisNode(h)]))),
  );
  const meet = b.sum([h], b.mul(layer, b.read(V, [b.read(z, []), b.axisNode(h)])));
  const alone = b.sum([i], b.call('cos', b.read(x, [b.axisNode(i)])));
  const level = b.call('exp', b.read(V, [b.const(0), b.const(0)]));
  const energy = {
    name: 'Layered',
    span,
    unknowns: [x, z],
    terms: [
      { name: 'meet', span, body: b.sub(meet, b.mul(b.const(0.3), alone)) },
      { name: 'level', span, body: level },
    ],
    support: [],
    reports: [],
  };
  return { b, energy, x, z, W, V };
}

/** Elements of all results of a training step, and the largest of them that hold a hidden layer. */
function work(moving: 'all' | 'label') {
  const t = layered();
  const d = discrepancy(
    t.b,
    t.energy,
    { rows: N, draws: M, stabilise: 1 },
    moving === 'all' ? undefined : [t.z],
  );
  const params = [t.W, t.V];
  const outputs = [
    { name: 'loss', axes: [], node: d.objective },
    ...[...gradient(t.b, d.objective, params)].map(([p, g]) => ({
      name: p.name,
      axes: g.axes,
      node: g.body,
    })),
  ];
  const target = {
    hostLoops: false,
    plainArithmetic: false,
    transposes: () => true,
    packs: false,
    rowReads: false,
  };
  const { tensors } = lowerProgram({ outputs, sizeOf }, new Map(), target);
  const sizes = tensors.steps.map((s) => ({
    op: s.op.op,
    fn: 'fn' in s.op ? s.op.fn : '',
    size: sizeOfShape(tensors.shapes[s.out]),
  }));
  return { sizes, read: slotsRead([d.objective]), d, t };
}

describe('a label perturbed beside reals that stay', () => {
  it('evaluates their layer once for a row, and once for each negative where they move', () => {
    const layersOf = (moving: 'all' | 'label'): number[] =>
      work(moving)
        .sizes.filter((s) => s.fn === 'tanh')
        .map((s) => s.size);
    expect(layersOf('label')).toEqual([N * H]);
    expect(layersOf('all').sort((a, b) => a - b)).toEqual([N * H, N * M * H]);
  });

  it('leaves out summands that cannot differ', () => {
    const { d, t, sizes } = work('label');
    // Cosines of x, and the exponential of a parameter.
    expect(sizes.filter((s) => s.fn === 'cos' || (s.fn === 'exp' && s.size === 1))).toEqual([]);
    expect(d.negatives.slots.has(t.x)).toBe(false);
    expect(d.negatives.slots.has(t.z)).toBe(true);
  });

  it('has the loss and the gradient of everything written out', () => {
    const { b, energy, x, z, W, V } = layered();
    const made = discrepancy(b, energy, { rows: N, draws: M, stabilise: 1 }, [z]);
    const total = totalEnergy(b, energy);
    const [n, m] = made.negatives.axes;
    const gap = b.sub(made.rows.on(total), made.negatives.on(total));
    const whole = meanLoss(b, n, m, gap, null, { draws: M, stabilise: 1 });
    const s = new Stream(3);
    const array = (slot: Slot, fill: () => number) => {
      const shape = slot.sets.map(sizeOf);
      return [slot, { shape, data: Float64Array.from({ length: sizeOfShape(shape) }, fill) }] as const;
    };
    const inputs = new Map([
      array(W, () => s.normal()),
      array(V, () => s.normal()),
      array(made.rows.slots.get(x)!, () => s.normal()),
      array(made.rows.slots.get(z)!, () => s.int(3)),
      array(made.negatives.slots.get(z)!, () => s.int(3)),
    ]);
    const value = (node: typeof whole): number => evaluateScalar(node, inputs, sizeOf);
    expect(value(made.objective)).toBeCloseTo(value(whole), 10);
    expect(Math.abs(value(made.objective))).toBeGreaterThan(0.01);
    const of = (node: typeof whole) => {
      const g = gradient(b, node, [V]).get(V)!;
      return value(b.sum(g.axes, b.mul(g.body, b.call('cos', b.axisNode(g.axes[1])))));
    };
    expect(of(made.objective)).toBeCloseTo(of(whole), 10);
  });
});
