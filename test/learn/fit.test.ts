import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { Builder } from '../../src/ir/build.ts';
import type { Slot } from '../../src/ir/types.ts';
import type { Checkpoint } from '../../src/learn/checkpoint.ts';
import { type FitArgs, type FitProgress, fit as learn } from '../../src/learn/fit.ts';
import { Stream } from '../../src/random/stream.ts';
import { type Diagnostic, EnergyError } from '../../src/syntax/diagnostic.ts';
import { boltzmann, filled, quickOptions, realLine, span, type Toy, toy } from './toy.ts';

const randomSpins = (rows: number, seed = 9): number[] => {
  const s = new Stream(seed);
  return Array.from({ length: rows * 5 }, () => (s.uniform() < 0.5 ? -1 : 1));
};

const start = (t: Toy): FitArgs['params'] =>
  new Map(
    t.bound.program.params.map((p) => [
      p.slot,
      filled(p.slot, p.slot.domain.kind === 'real' && p.slot.domain.lo === 0 ? 1 : 0),
    ]),
  );

const bytes = (r: { readonly params: FitArgs['params'] }): string =>
  [...r.params].map(([p, a]) => `${p.name}: ${Array.from(a.data).join(' ')}`).join('\n');

/** 20 steps of the spin machine on 21 rows in batches of 8. */
const spins = (args: Partial<FitArgs> = {}, options: Parameters<typeof quickOptions>[0] = {}) => {
  const t = boltzmann(new Builder(), randomSpins(21));
  return learn({
    ...t,
    params: start(t),
    options: quickOptions({ steps: 20, average: 0.9, ...options }),
    engine: referenceEngine(),
    ...args,
  });
};

const refusal = async (run: () => Promise<unknown>): Promise<Diagnostic> => {
  try {
    await run();
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  throw new Error('nothing was refused');
};

describe('the same seed', () => {
  it('gives the same bytes, another one others', async () => {
    const one = await spins();
    expect(bytes(await spins())).toBe(bytes(one));
    expect(bytes(await spins({}, { seed: 2 }))).not.toBe(bytes(one));
    expect(one.status).toBe('done');
    expect(one.steps).toBe(20);
  });

  it('gives the same bytes when stopped and resumed', async () => {
    const whole = await spins();
    const signal = { aborted: false };
    const seen: number[] = [];
    const part = await spins({
      signal,
      onStep: (e) => {
        seen.push(e.step);
        // In the middle of the fourth pass over the rows.
        if (e.step === 7) signal.aborted = true;
      },
    });
    expect(part.status).toBe('stopped');
    expect(part.steps).toBe(7);
    expect(seen.at(-1)).toBe(7);
    const rest = await spins({ resume: part.checkpoint });
    expect(bytes(rest)).toBe(bytes(whole));
    expect([...part.history.loss, ...rest.history.loss]).toEqual([...whole.history.loss]);
    expect([...rest.history.step]).toEqual(Array.from({ length: 13 }, (_, i) => 8 + i));
    for (const [name, tensor] of whole.checkpoint.tensors)
      expect(Array.from(rest.checkpoint.tensors.get(name)!.data)).toEqual(Array.from(tensor.data));
  });

  it('refuses a checkpoint of another run', async () => {
    const { checkpoint } = await spins({}, { steps: 1 });
    expect((await refusal(() => spins({ resume: checkpoint }, { seed: 5 }))).message).toContain('seed');
    expect((await refusal(() => spins({ resume: checkpoint }, { batch: 4 }))).code).toBe('E0715');
    const damaged: Checkpoint = {
      ...checkpoint,
      tensors: new Map([...checkpoint.tensors].filter(([name]) => name !== 'optimizer.second.J')),
    };
    expect((await refusal(() => spins({ resume: damaged }))).message).toContain('optimizer.second.J');
  });
});

describe('what a fit tells', () => {
  it('a report for each step, and terms that add up to the energy', async () => {
    const events: FitProgress[] = [];
    const r = await spins({ onStep: (e) => events.push(e) });
    expect(events.map((e) => e.step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(events.every((e) => e.rate > 0 && Number.isFinite(e.gradientNorm))).toBe(true);
    expect(r.terms.map((t) => t.step)).toEqual([10, 20]);
    expect(r.terms[1].terms.map((t) => t.name)).toEqual(['coupling', 'field']);
    r.terms.forEach(({ step, terms: [coupling, field] }) => {
      expect(coupling.rows + field.rows).toBeCloseTo(r.history.rowEnergy[step - 1], 12);
      expect(coupling.negatives + field.negatives).toBeCloseTo(r.history.negativeEnergy[step - 1], 12);
    });
    expect([...r.history.loss]).toEqual(events.map((e) => e.loss));
    // The first step starts from zero: U ≡ 0 and the loss is log((1 + M)/M).
    expect(r.history.loss[0]).toBeCloseTo(Math.log(5 / 4), 12);
    expect(r.timings.total).toBeGreaterThan(0);
  });

  it('averages where asked, and leaves parameters that the energy does not read', async () => {
    const b = new Builder();
    const x = b.slot('unknown', 'x', { kind: 'bit' }, [], span);
    const w = b.slot('param', 'w', realLine, [], span);
    const idle = b.slot('param', 'idle', realLine, [], span);
    const t = toy(b, {
      terms: { bias: b.mul(b.read(w, []), b.read(x, [])) },
      unknowns: [[x, [1, 1, 1, 0]]],
      params: [w, idle],
    });
    const run = (average: number) =>
      learn({
        ...t,
        params: new Map([
          [w, filled(w, 0)],
          [idle, filled(idle, 42)],
        ]),
        options: quickOptions({ average }),
        engine: referenceEngine(),
      });
    const plain = await run(0);
    const mean = await run(0.5);
    expect(plain.params.get(idle)!.data[0]).toBe(42);
    expect(plain.checkpoint.tensors.has('param.idle')).toBe(false);
    // w falls from step to step, so an average of the iterates is behind the last one.
    expect(plain.params.get(w)!.data[0]).toBeLessThan(mean.params.get(w)!.data[0]);
    expect(mean.params.get(w)!.data[0]).toBeLessThan(0);
  });

  it('lets others work while it runs', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const until = performance.now() + 200;
    const signal = { aborted: false };
    await spins(
      {
        signal,
        onStep: () => {
          signal.aborted = performance.now() > until;
        },
      },
      { steps: 100000 },
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });
});

describe('a prior', () => {
  it('pulls as one row in N does', async () => {
    // Data without information on h (as many +1 as −1): h stays at the prior's mode 3.
    const b = new Builder();
    const x = b.slot('unknown', 'x', { kind: 'spin' }, [], span);
    const h = b.slot('param', 'h', realLine, [], span);
    const read = b.read(h, []);
    const prior = b.mul(b.const(50), b.call('square', b.sub(read, b.const(3))));
    const t = toy(b, {
      terms: { zero: b.mul(b.const(1e-9), b.mul(read, b.read(x, []))) },
      unknowns: [[x, [1, -1, 1, -1]]],
      params: [h],
      priors: new Map([[h, prior]]),
    });
    const r = await learn({
      ...t,
      params: start(t),
      options: quickOptions({ steps: 400, optimizer: { kind: 'adam', rate: 0.05, beta1: 0.9, beta2: 0.99 } }),
      engine: referenceEngine(),
    });
    expect(r.params.get(h)!.data[0]).toBeCloseTo(3, 3);
    expect(r.history.loss[0]).toBeCloseTo(Math.log(5 / 4) + (50 * 9) / 4, 6);
  });
});

describe('what goes wrong', () => {
  const scalarToy = (
    data: readonly number[],
    term: (b: Builder, x: Slot, w: Slot) => Parameters<typeof toy>[1]['terms'],
    domain = realLine as Slot['domain'],
  ) => {
    const b = new Builder();
    const x = b.slot('unknown', 'x', domain, [], span);
    const w = b.slot('param', 'w', realLine, [], span);
    const t = toy(b, { terms: term(b, x, w), unknowns: [[x, data]], params: [w] });
    const run = (options: Parameters<typeof quickOptions>[0] = {}) =>
      learn({ ...t, params: start(t), options: quickOptions(options), engine: referenceEngine() });
    return { ...t, run, w };
  };

  it('names the term, the step and the row whose energy is not finite', async () => {
    const r = await scalarToy([1, 2, -3, 4], (b, x, w) => ({
      fine: b.mul(b.read(w, []), b.read(x, [])),
      broken: b.call('log', b.add(b.read(x, []), b.const(2))),
    })).run();
    expect(r.status).toBe('failed');
    const [d] = r.diagnostics;
    expect(d.code).toBe('E0710');
    expect(d.message).toBe('the energy of the term `broken` became NaN at step 1 of learning');
    expect(d.notes?.[0].message).toBe('in row 2 of the data (counted from 0), where x = -3');
  });

  it('says when only a perturbed copy is at fault', async () => {
    const r = await scalarToy([0.1, 0.2, 0.3, 4], (b, x, w) => ({
      broken: b.mul(b.read(w, []), b.call('sqrt', b.read(x, []))),
    })).run();
    expect(r.diagnostics[0].notes?.[0].message).toContain('in a perturbed copy of row');
  });

  it('names the parameter whose derivative is not finite', async () => {
    const r = await scalarToy([1, 2], (b, x, w) => ({
      root: b.mul(b.call('sqrt', b.call('square', b.read(w, []))), b.read(x, [])),
    })).run();
    expect(r.status).toBe('failed');
    expect(r.diagnostics[0].code).toBe('E0711');
    expect(r.diagnostics[0].message).toContain('`w`');
  });

  it('keeps the parameters of the last checkpoint', async () => {
    // All data are 1, so w rises by about the rate in each step, until log(1.5 − w) is NaN.
    const t = scalarToy(
      [1, 1, 1, 1],
      (b, x, w) => ({
        bias: b.neg(b.mul(b.read(w, []), b.read(x, []))),
        wall: b.call('log', b.sub(b.const(1.5), b.read(w, []))),
      }),
      { kind: 'bit' },
    );
    const rate = 0.01;
    const r = await t.run({ steps: 400, optimizer: { kind: 'adam', rate, beta1: 0.9, beta2: 0.999 } });
    expect(r.status).toBe('failed');
    expect(r.diagnostics[0].message).toContain('`wall`');
    expect(r.history.step.length).toBeGreaterThan(100);
    expect(r.steps).toBe(100 * Math.floor(r.history.step.length / 100));
    expect(r.params.get(t.w)!.data[0]).toBeGreaterThan(0.3);
    expect(r.params.get(t.w)!.data[0]).toBeLessThan(1.5);
  });

  it('is found in the data before learning begins', async () => {
    const nothing = scalarToy([], (b, x, w) => ({ t: b.mul(b.read(w, []), b.read(x, [])) }));
    expect((await refusal(nothing.run)).code).toBe('E0712');
    const missing = scalarToy([1, Number.NaN], (b, x, w) => ({ t: b.mul(b.read(w, []), b.read(x, [])) }));
    const d = await refusal(missing.run);
    expect([d.code, d.message]).toEqual([
      'E0713',
      'row 1 of `data x` (counted from 0) holds NaN; learning needs finite values',
    ]);
    const constant = scalarToy([1], (b, x) => ({ t: b.read(x, []) }));
    expect((await refusal(constant.run)).code).toBe('E0716');
  });
});

describe('support', () => {
  const even = (data: readonly number[], t = 0.5) => {
    // Four bits whose sum is even.
    const b = new Builder();
    const bits = b.range(4);
    const x = b.slot('unknown', 'x', { kind: 'bit' }, [bits], span);
    const w = b.slot('param', 'w', realLine, [], span);
    const i = b.axis(bits);
    const sum = b.sum([i], b.read(x, [b.axisNode(i)]));
    const condition = b.call('eq', b.call('mod', sum, b.const(2)), b.const(0));
    const made = toy(b, {
      terms: { weight: b.mul(b.read(w, []), sum) },
      unknowns: [[x, data]],
      params: [w],
      support: [{ span, axes: [], where: null, condition }],
    });
    const options = quickOptions({ steps: 5 });
    return learn({
      ...made,
      params: start(made),
      options: { ...options, loss: { ...options.loss, t } },
      engine: referenceEngine(),
    });
  };

  it('refuses rows outside, naming one', async () => {
    const d = await refusal(() => even([1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]));
    expect(d.code).toBe('E0714');
    expect(d.message).toContain('row 1 of the data');
  });

  it('learns from rows inside', async () => {
    const r = await even([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect(r.status).toBe('done');
    expect(r.diagnostics).toEqual([]);
  });

  it('warns where perturbation hardly ever stays inside', async () => {
    // Exactly one of 60 bits: at t = 1 a copy has about 25 bits set.
    const b = new Builder();
    const bits = b.range(60);
    const x = b.slot('unknown', 'x', { kind: 'bit' }, [bits], span);
    const w = b.slot('param', 'w', realLine, [bits], span);
    const i = b.axis(bits);
    const at = b.read(x, [b.axisNode(i)]);
    const one = b.call('eq', b.sum([i], at), b.const(1));
    const made = toy(b, {
      terms: { weight: b.sum([i], b.mul(b.read(w, [b.axisNode(i)]), at)) },
      unknowns: [[x, Array.from({ length: 240 }, (_, k) => (k % 61 === 0 ? 1 : 0))]],
      params: [w],
      support: [{ span, axes: [], where: null, condition: one }],
    });
    const options = quickOptions({ steps: 2 });
    const r = await learn({
      ...made,
      params: start(made),
      options: { ...options, loss: { ...options.loss, t: 1 } },
      engine: referenceEngine(),
    });
    expect(r.diagnostics.map((d) => d.code)).toEqual(['W0710']);
  });
});

describe('on the wasm backend', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await tfjsEngine('wasm');
  });

  it('takes the steps of the reference engine, to single precision', async () => {
    const exact = await spins({}, { steps: 6 });
    const single = await spins({ engine }, { steps: 6 });
    // Adam divides each gradient by its own size, so an error of ε·|g| is one of ε·rate a step,
    // except where a gradient nearly vanishes; 1e-4 of the path length 6·rate is far above both.
    const [a, c] = [exact, single].map((r) => [...r.params.values()].flatMap((x) => Array.from(x.data)));
    expect(a).toHaveLength(15);
    a.forEach((v, k) => {
      expect(Math.abs(c[k] - v)).toBeLessThan(1e-4 * 6 * 0.05);
    });
    expect(Array.from(single.history.loss)).toHaveLength(6);
    single.history.loss.forEach((v, k) => {
      expect(v).toBeCloseTo(exact.history.loss[k], 5);
    });
  });
});
