import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Engine, Output } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';
import { explain } from '../../src/engines/tfjs/index.ts';
import { makeBatch } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Node, Slot } from '../../src/ir/types.ts';
import { Kit, wiggle } from '../ir/scan-kit.ts';
import { type Model, models, series } from '../ir/scan-models.ts';
import { native } from './optional.ts';

const wasm = engineOn(await loadBackend('wasm'));
const cpu = engineOn(await loadBackend('cpu'));
const portable = engineOn(PORTABLE);

/** The root, its gradient, and the gradient of a function of that. */
function outputsOf({ k, root, slots }: Model): Output[] {
  const { b } = k;
  const first = gradient(b, root, slots);
  const scalar = b.addAll(
    [...first.values()].map((f) => b.sum(f.axes, b.call('sin', b.add(f.body, b.const(0.3))))),
  );
  const second = gradient(b, scalar, slots);
  const all = (name: string, m: typeof first): Output[] =>
    [...m].map(([s, f]) => ({ name: `${name} ${s.name}`, axes: f.axes, node: f.body }));
  return [{ name: 'root', axes: [], node: root }, ...all('first', first), ...all('second', second)];
}

function compare(engine: Engine, m: Model, constants: (s: Slot) => boolean): void {
  const { k } = m;
  for (const [s, a] of k.arrays)
    k.arrays.set(s, { shape: a.shape, data: Float64Array.from(a.data, Math.fround) });
  const program = { outputs: outputsOf(m), sizeOf: k.sizeOf };
  const want = referenceEngine().compile(program, new Map()).run(k.arrays);
  const evaluator = engine.compile(program, new Map([...k.arrays].filter(([s]) => constants(s))));
  for (let repeat = 0; repeat < 2; repeat++) {
    const found = evaluator.run(new Map([...k.arrays].filter(([s]) => !constants(s))));
    for (const o of program.outputs) {
      const [x, y] = [found.get(o.name)!, want.get(o.name)!];
      expect(x.shape).toEqual(y.shape);
      const scale = Array.from(y.data).reduce((a, v) => Math.max(a, Math.abs(v)), 1);
      for (let i = 0; i < y.data.length; i++)
        if (!(Math.abs(x.data[i] - y.data[i]) <= 3e-5 * scale))
          throw new Error(`${o.name}[${i}]: ${x.data[i]}, expected ${y.data[i]}`);
    }
  }
  evaluator.dispose();
}

describe.each([
  ['wasm', wasm],
  ['cpu', cpu],
  ['portable', portable],
  ...(native ? ([['tensorflow', native]] as const) : []),
] as const)('on %s', (_, engine) => {
  it.each(Object.entries(models))('%s agrees with the reference', (_name, make) => {
    compare(engine, make(), (s) => s.role === 'data');
    compare(engine, make(), () => true);
  });

  it.each(Object.entries(models))('%s runs for a batch', (_name, make) => {
    const { k, root, slots } = make();
    const { b } = k;
    const chain = b.axis(b.range(3), 'chain');
    const batch = makeBatch(b, slots, [chain]);
    const on = batch.on(root);
    for (const s of slots) {
      const { shape, data } = k.arrays.get(s)!;
      const all = [1, 0.9, 0.8].flatMap((f) => Array.from(data, (x) => Math.fround(f * x)));
      k.arrays.set(batch.slots.get(s)!, { shape: [3, ...shape], data: Float64Array.from(all) });
    }
    const inputs = [...batch.slots.values()];
    compare(engine, { k, root: b.sum([chain], on), slots: inputs }, (s) => s.role === 'data');
  });
});

describe('cost', () => {
  const evaluate = (engine: Engine, outputs: Output[], k: Kit): ReadonlyMap<string, HostArray> => {
    const evaluator = engine.compile({ outputs, sizeOf: k.sizeOf }, new Map());
    const out = evaluator.run(k.arrays);
    evaluator.dispose();
    return out;
  };

  it('is one step of the tape a recurrence, however long', () => {
    const steps = [10, 1000].map((T) => {
      const { k, x, t } = series(T);
      const outputs = [{ name: 'x', axes: [t], node: x }];
      return explain(wasm.compile({ outputs, sizeOf: k.sizeOf }, new Map())).split('\n').length;
    });
    expect(steps[0]).toBe(steps[1]);
  });

  it('allows thousands of positions, with gradients, on every engine', () => {
    const T = 5000;
    const { k, x, t, a, e } = series(T);
    const root = k.b.sum([t], k.b.call('square', x));
    const g = gradient(k.b, root, [a, e]);
    const outputs = [
      { name: 'root', axes: [], node: root },
      ...[...g].map(([s, f]) => ({ name: s.name, axes: f.axes, node: f.body })),
    ];
    const want = evaluate(referenceEngine(), outputs, k);
    const start = performance.now();
    const found = evaluate(wasm, outputs, k);
    // Quadratic time would be 25 million steps; generous for a busy machine.
    expect(performance.now() - start).toBeLessThan(5000);
    for (const o of outputs)
      want.get(o.name)!.data.forEach((y: number, i: number) => {
        expect(Math.abs(found.get(o.name)!.data[i] - y)).toBeLessThan(1e-3 * (1 + Math.abs(y)));
      });
  });

  it('of the adjoint of a nested recurrence grows with the product of the lengths only', () => {
    const k = new Kit();
    const { b } = k;
    const [outer, inner] = [k.set('outer', 300), k.set('inner', 200)];
    const a = k.slot('a', [], [0.8]);
    const e = k.slot('e', [outer, inner], wiggle(60000, 1.7));
    const [s, t] = [b.axis(outer, 's'), b.axis(inner, 't')];
    const x = k.scan(s, [], k.read(a), (prev): Node => {
      const y = k.scan(t, [], prev(), (before) =>
        b.add(b.mul(k.read(a), b.call('sin', before())), b.mul(k.read(e, s, t), prev())),
      );
      return b.apply({ axes: [t], body: y }, [b.const(199)]);
    });
    const root = b.sum([s], b.call('square', x));
    const g = gradient(b, root, [a]).get(a)!;
    const start = performance.now();
    const found = evaluate(wasm, [{ name: 'a', axes: [], node: g.body }], k).get('a')!.data[0];
    expect(performance.now() - start).toBeLessThan(10_000);
    const want = k.differences(root, a, 1e-4)[0];
    expect(Math.abs(found - want)).toBeLessThan(1e-3 * (1 + Math.abs(want)));
  }, 60_000);
});
