import { describe, expect, it } from 'vitest';
import { initialParams } from '../../src/bind/params.ts';
import type { OptionValue, ParamDecl } from '../../src/check/values.ts';
import { Builder } from '../../src/ir/build.ts';
import type { Lambda, Slot } from '../../src/ir/types.ts';
import { fitOptions, stepsOf } from '../../src/learn/options.ts';
import { minibatches } from '../../src/learn/rows.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { boundOf, quickOptions, realLine, span } from './toy.ts';

const codeOf = (f: () => unknown): string => {
  try {
    f();
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0].code;
    throw e;
  }
  return 'none';
};

describe('initial parameters', () => {
  const b = new Builder();
  const hidden = b.range(200);
  const weight = (name: string): ParamDecl => ({
    slot: b.slot('param', name, realLine, [b.range(40), hidden], span),
    init: {
      kind: 'scaled-normal',
      fanIn: [{ sets: [b.range(40)] }, { sets: [b.range(5), b.range(2)] }],
      gain: 2,
    },
    prior: null,
    frozen: false,
    span,
  });
  const value = (slot: Slot, of: Lambda): ParamDecl => ({
    slot,
    init: { kind: 'value', value: of },
    prior: null,
    frozen: false,
    span,
  });
  const w1 = weight('net.weight1');
  const w2 = weight('net.weight2');

  it('draw weights with variance gain²/fan-in, the inputs of all blocks counted', () => {
    const x = initialParams(boundOf(b, [w1]), 1).get(w1.slot)!;
    expect(x.shape).toEqual([40, 200]);
    const data = Array.from(x.data);
    const n = data.length;
    const mean = data.reduce((a, c) => a + c, 0) / n;
    const variance = data.reduce((a, c) => a + c * c, 0) / n;
    const want = 4 / 50;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(want / n));
    expect(Math.abs(variance / want - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  });

  it('depend on the seed and the name, not on the order of declarations', () => {
    const one = initialParams(boundOf(b, [w1, w2]), 7);
    const other = initialParams(boundOf(b, [w2, w1]), 7);
    expect([...one.get(w1.slot)!.data]).toEqual([...other.get(w1.slot)!.data]);
    expect([...one.get(w2.slot)!.data]).not.toEqual([...one.get(w1.slot)!.data]);
    expect([...initialParams(boundOf(b, [w1]), 8).get(w1.slot)!.data]).not.toEqual([
      ...one.get(w1.slot)!.data,
    ]);
  });

  it('evaluate expressions on data and on parameters declared later', () => {
    const set = b.range(3);
    const data = b.slot('data', 'd', realLine, [set], span);
    const mean = b.slot('param', 'm', realLine, [], span);
    const each = b.slot('param', 'e', realLine, [set], span);
    const i = b.axis(set);
    const j = b.axis(set);
    const decls = [
      value(each, { axes: [i], body: b.add(b.read(mean, []), b.axisNode(i)) }),
      value(mean, { axes: [], body: b.mean([j], b.read(data, [b.axisNode(j)])) }),
    ];
    const constants = new Map([[data, { shape: [3], data: Float64Array.of(1, 2, 6) }]]);
    const out = initialParams(boundOf(b, decls, constants), 1);
    expect([...out.get(each)!.data]).toEqual([3, 4, 5]);
    expect([...out.keys()]).toEqual([each, mean]);
  });

  it('refuse a value outside the domain', () => {
    const scale = b.slot('param', 'scale', { kind: 'real', lo: 0, hi: 1 }, [], span);
    expect(codeOf(() => initialParams(boundOf(b, [value(scale, { axes: [], body: b.const(2) })]), 1))).toBe(
      'E0533',
    );
  });
});

describe('options', () => {
  const number = (value: number): OptionValue => ({ kind: 'number', value, span });

  it('have the defaults of the table', () => {
    const o = fitOptions();
    expect(o).toMatchObject({
      loss: { t: 0.1, draws: 32, stabilise: 1 },
      optimizer: { rate: 0.001, beta1: 0.9, beta2: 0.999 },
      batch: 128,
      clip: 5,
      average: 0,
      seed: 1,
    });
    expect([o.steps, o.epochs]).toEqual([undefined, undefined]);
  });

  it('are read from a job', () => {
    const loss: OptionValue = {
      kind: 'call',
      name: 'discrepancy',
      options: { t: number(0.4), draws: number(8) },
      span,
    };
    const o = fitOptions({ loss, steps: number(30), average: number(0.99) });
    expect(o.loss).toEqual({
      kind: 'discrepancy',
      kernel: 'heat',
      negatives: 'independent',
      t: 0.4,
      draws: 8,
      stabilise: 1,
    });
    expect([o.steps, o.average]).toEqual([30, 0.99]);
  });

  it('are steps or epochs, not both', () => {
    expect(codeOf(() => fitOptions({ steps: number(1), epochs: number(1) }))).toBe('E0717');
  });

  it('are refused where nothing would be learned', () => {
    expect(codeOf(() => fitOptions({ average: number(1) }))).toBe('E0718');
    const loss: OptionValue = { kind: 'call', name: 'discrepancy', options: { t: number(0) }, span };
    expect(codeOf(() => fitOptions({ loss }))).toBe('E0718');
  });

  it('make about 2000 steps when neither is given', () => {
    const neither = quickOptions({ steps: undefined });
    expect(stepsOf(neither, 300)).toBe(2100);
    expect(stepsOf(neither, 5000)).toBe(5000);
    expect(stepsOf({ ...neither, epochs: 3 }, 7)).toBe(21);
    expect(stepsOf({ ...neither, steps: 4 }, 7)).toBe(4);
  });
});

describe('minibatches', () => {
  it('take every row at most once in a pass, in an order of its own', () => {
    const m = minibatches(23, 5, new Stream(2));
    expect([m.size, m.stepsPerEpoch]).toEqual([5, 4]);
    const pass = (e: number): number[] => [0, 1, 2, 3].flatMap((k) => [...m.at(4 * e + k)]);
    const first = pass(0);
    expect(new Set(first).size).toBe(20);
    expect(Math.max(...first)).toBeLessThan(23);
    expect(pass(1)).not.toEqual(first);
    expect(pass(0)).toEqual(first);
  });

  it('take all rows where there are fewer than a batch', () => {
    const m = minibatches(3, 8, new Stream(2));
    expect([m.size, m.stepsPerEpoch]).toEqual([3, 1]);
    expect([...m.at(9)]).toEqual([0, 1, 2]);
  });
});
