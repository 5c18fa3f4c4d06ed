import { describe, expect, it } from 'vitest';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { Builder } from '../../src/ir/build.ts';
import type { Node, Slot } from '../../src/ir/types.ts';
import { type FitArgs, fit as learn } from '../../src/learn/fit.ts';
import { splitRows } from '../../src/learn/held-out.ts';
import { fitOptions } from '../../src/learn/options.ts';
import { numberOf, readRows } from '../../src/learn/rows.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { boltzmann, filled, quickOptions, realLine, span, type Toy, toy } from './toy.ts';

const spins = (rows: number): Toy => {
  const s = new Stream(4);
  return boltzmann(
    new Builder(),
    Array.from({ length: rows * 5 }, () => (s.uniform() < 0.5 ? -1 : 1)),
  );
};

const fitted = (t: Toy, options: Parameters<typeof quickOptions>[0], args: Partial<FitArgs> = {}) =>
  learn({
    ...t,
    params: new Map(t.bound.program.params.map((p) => [p.slot, filled(p.slot, 0)])),
    options: quickOptions(options),
    engine: referenceEngine(),
    ...args,
  });

const bytes = (r: { readonly params: FitArgs['params'] }): string =>
  [...r.params].map(([p, a]) => `${p.name}: ${Array.from(a.data).join(' ')}`).join('\n');

describe('rows kept aside', () => {
  it('are a share drawn from the seed; both parts together are all rows, once', () => {
    const t = spins(40);
    const rows = readRows(t.bound, t.rows);
    const { learn, judge } = splitRows(rows, quickOptions({ heldOut: 0.25 }));
    expect([learn.count, judge!.count]).toEqual([30, 10]);
    const numbers = (r: typeof rows): number[] => Array.from({ length: r.count }, (_, i) => numberOf(r, i));
    expect([...numbers(learn), ...numbers(judge!)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
    const [[u, all]] = rows.columns;
    const [, part] = [...judge!.columns][0];
    const third = numberOf(judge!, 3);
    expect([...part.data.subarray(15, 20)]).toEqual([...all.data.subarray(5 * third, 5 * third + 5)]);
    expect(rows.elements.get(u)).toBe(5);
    const other = splitRows(rows, quickOptions({ heldOut: 0.25, seed: 2 }));
    expect(numbers(other.judge!)).not.toEqual(numbers(judge!));
  });

  it('are refused where none would be left', () => {
    const t = spins(4);
    const rows = readRows(t.bound, t.rows);
    expect(() => splitRows(rows, quickOptions({ heldOut: 0.01 }))).toThrow(EnergyError);
    expect(() => splitRows(rows, quickOptions({ heldOut: 0.99 }))).toThrow(EnergyError);
    const number = (value: number) => ({ kind: 'number', value, span }) as const;
    expect(() => fitOptions({ patience: number(3) })).toThrow('held_out');
    expect(() => fitOptions({ held_out: number(1) })).toThrow('no row');
  });

  it('choose the parameters: fields learned from noise are stopped before they fit it', async () => {
    // 24 rows of pure noise and 15 parameters: the longer it learns, the worse for other rows.
    const t = spins(24);
    const options = {
      steps: 400,
      batch: 16,
      heldOut: 1 / 3,
      optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999 },
    } as const;
    const whole = await fitted(t, options);
    expect(whole.heldOut.map((l) => l.step)).toEqual(Array.from({ length: 40 }, (_, i) => 10 * (i + 1)));
    const least = Math.min(...whole.heldOut.map((l) => l.loss));
    expect(whole.best!.loss).toBe(least);
    expect(whole.heldOut.at(-1)!.loss).toBeGreaterThan(least + 0.05);
    const early = await fitted(t, { ...options, patience: 5 });
    expect(early.status).toBe('done');
    expect(early.steps).toBe(whole.best!.step + 50);
    expect(bytes(early)).toBe(bytes(whole));
    // The parameters are those of the best look, not the last ones.
    const short = await fitted(t, { ...options, steps: whole.best!.step, patience: undefined });
    expect(bytes(short)).toBe(bytes(whole));
  });

  it('give the same bytes when stopped and resumed', async () => {
    const t = spins(40);
    const options = { steps: 60, heldOut: 0.25, patience: 20, average: 0.9 };
    const whole = await fitted(t, options);
    const signal = { aborted: false };
    const part = await fitted(t, options, {
      signal,
      onStep: (e) => {
        if (e.step === 33) signal.aborted = true;
      },
    });
    expect(part.steps).toBe(33);
    const rest = await fitted(t, options, { resume: part.checkpoint });
    expect(bytes(rest)).toBe(bytes(whole));
    expect([...part.heldOut, ...rest.heldOut]).toEqual(whole.heldOut);
  });
});

/** U(x) = w·x², so that a step of the optimiser that is too long sends energies away. */
function slope(term: (b: Builder, w: Node, x: Node) => Node): Toy {
  const b = new Builder();
  const x: Slot = b.slot('unknown', 'x', realLine, [], span);
  const w = b.slot('param', 'w', realLine, [], span);
  return toy(b, {
    terms: { square: term(b, b.read(w, []), b.read(x, [])) },
    unknowns: [[x, [1, -2, 3, -4, 2, 1]]],
    params: [w],
  });
}

const adam = (rate: number) => ({ kind: 'adam', rate, beta1: 0.9, beta2: 0.999 }) as const;

describe('a fit that runs away', () => {
  const square = slope((b, w, x) => b.mul(w, b.call('square', x)));

  it('goes back to its checkpoint and on with half the rate', async () => {
    // The mean of x² is about 12 for negatives: a first step of 1.4·10⁷ is too long, half of it is not.
    const r = await fitted(square, { steps: 2, batch: 6, optimizer: adam(1.4e7) });
    expect(r.status).toBe('done');
    expect(r.diagnostics.map((d) => d.code)).toEqual(['W0711']);
    expect(r.diagnostics[0].message).toMatch(/run away.*back to step 0 and on with 0\.5 times/);
    expect([...r.history.step]).toEqual([1, 2]);
    expect(Math.abs([...r.params.values()][0].data[0])).toBeLessThan(1.5e7);
  });

  it('gives up after three returns, with the parameters of the checkpoint', async () => {
    const r = await fitted(square, { steps: 5, batch: 6, optimizer: adam(1e12) });
    expect(r.status).toBe('failed');
    expect(r.diagnostics.map((d) => d.code)).toEqual(['W0711', 'W0711', 'W0711', 'E0745']);
    expect([...r.params.values()][0].data[0]).toBe(0);
    expect(r.steps).toBe(0);
  });

  it('does not try again what fails where it began', async () => {
    const log = slope((b, w, x) => b.mul(b.add(w, b.const(1)), b.call('log', x)));
    const r = await fitted(log, { steps: 5, batch: 6 });
    expect(r.status).toBe('failed');
    expect(r.diagnostics.map((d) => d.code)).toEqual(['E0710']);
  });
});

describe('a schedule of times', () => {
  it('moves from the first time to the last', async () => {
    const t = spins(40);
    const at = (loss: Record<string, number>, steps = 40) =>
      fitted(t, { steps, batch: 40, loss: { kind: 'discrepancy', draws: 4, stabilise: 1, ...loss } });
    const long = await at({ t: 1 });
    const short = await at({ t: 0.01 });
    const falling = await at({ t: 1, t_last: 0.01 });
    expect(falling.history.loss[0]).toBe(long.history.loss[0]);
    const last = (r: typeof long): number => r.history.gradientNorm.slice(-5).reduce((a, b) => a + b, 0);
    // Rows that hardly move have negatives like themselves: small gradients, as at the last time throughout.
    expect(last(falling)).toBeLessThan(0.5 * last(long));
    expect(last(short)).toBeLessThan(0.5 * last(long));
    expect(() => fitOptions({ loss: lossCall({ t: 0, t_real: 1, t_last: 0.1 }) })).toThrow('t_last');
  });
});

const lossCall = (options: Readonly<Record<string, number>>) =>
  ({
    kind: 'call',
    name: 'discrepancy',
    options: Object.fromEntries(
      Object.entries(options).map(([k, value]) => [k, { kind: 'number' as const, value, span }]),
    ),
    span,
  }) as const;
