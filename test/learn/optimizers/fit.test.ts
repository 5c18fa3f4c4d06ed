/** Fits by every optimiser: resumed to the same bytes, refused where they cannot serve. */
import { describe, expect, it } from 'vitest';
import { referenceEngine } from '../../../src/engines/reference/engine.ts';
import { readSafetensors, writeSafetensors } from '../../../src/io/safetensors.ts';
import { Builder } from '../../../src/ir/build.ts';
import { type FitArgs, type FitResult, fit as learn } from '../../../src/learn/fit.ts';
import type { OptimizerChoice } from '../../../src/learn/optimizers/optimizer.ts';
import type { FitOptions } from '../../../src/learn/options.ts';
import { Stream } from '../../../src/random/stream.ts';
import { type Diagnostic, EnergyError } from '../../../src/syntax/diagnostic.ts';
import { boltzmann, filled, quickOptions, spinFeatures } from '../toy.ts';

const rows = 60;
/** Spins that lean to +1. */
const data: readonly number[] = (() => {
  const stream = new Stream(9);
  return Array.from({ length: rows * 5 }, () => (stream.uniform() < 0.4 ? -1 : 1));
})();

const likelihood = { kind: 'likelihood', gamma: 0 };
const lbfgs: OptimizerChoice = { kind: 'lbfgs', memory: 5, tolerance: 1e-10 };

const spins = (options: Partial<FitOptions>, args: Partial<FitArgs> = {}): Promise<FitResult> => {
  const t = boltzmann(new Builder(), data);
  return learn({
    ...t,
    params: new Map(t.bound.program.params.map((p) => [p.slot, filled(p.slot, 0)])),
    options: quickOptions({ steps: 12, ...options }),
    engine: referenceEngine(),
    ...args,
  });
};

const values = (r: FitResult): number[] => [...r.params.values()].flatMap((a) => Array.from(a.data));

const refusal = async (run: () => Promise<unknown>): Promise<Diagnostic> => {
  try {
    await run();
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  throw new Error('nothing was refused');
};

const fitted: Readonly<Record<string, Partial<FitOptions>>> = {
  adam: { optimizer: { kind: 'adam', rate: 0.05, beta1: 0.9, beta2: 0.999 } },
  'adam with a schedule': {
    optimizer: {
      kind: 'adam',
      rate: 0.05,
      beta1: 0.9,
      beta2: 0.999,
      schedule: 'cosine',
      warmup: 5,
      floor: 0.1,
    },
  },
  adamw: { optimizer: { kind: 'adamw', rate: 0.05, beta1: 0.9, beta2: 0.999, decay: 0.1 } },
  sgd: { optimizer: { kind: 'sgd', rate: 0.1, momentum: 0, nesterov: false } },
  nesterov: { optimizer: { kind: 'sgd', rate: 0.1, momentum: 0.9, nesterov: true, schedule: 'linear' } },
  rmsprop: { optimizer: { kind: 'rmsprop', rate: 0.02, beta2: 0.9, momentum: 0.5 } },
  adagrad: { optimizer: { kind: 'adagrad', rate: 0.1, schedule: 'inverse_sqrt', warmup: 3 } },
  lbfgs: { optimizer: lbfgs, loss: likelihood, batch: rows },
};

describe.each(Object.entries(fitted))('%s', (_, options) => {
  it('gives the same bytes when stopped, written, read and resumed', async () => {
    const whole = await spins(options);
    const signal = { aborted: false };
    const part = await spins(options, {
      signal,
      onStep: (e) => {
        signal.aborted = e.step === 7;
      },
    });
    expect([part.status, part.steps]).toEqual(['stopped', 7]);
    const { tensors, metadata } = part.checkpoint;
    const resume = readSafetensors(writeSafetensors(tensors, metadata), 'checkpoint');
    const rest = await spins(options, { resume });
    expect(values(rest)).toEqual(values(whole));
    expect([...part.history.loss, ...rest.history.loss]).toEqual([...whole.history.loss]);
    expect([...rest.checkpoint.tensors.keys()]).toEqual([...whole.checkpoint.tensors.keys()]);
    for (const [name, tensor] of whole.checkpoint.tensors)
      expect(Array.from(rest.checkpoint.tensors.get(name)!.data)).toEqual(Array.from(tensor.data));
  });
});

describe('the likelihood of spins', () => {
  it('has its maximum where lbfgs ends: means of data and model agree', async () => {
    const r = await spins({ ...fitted.lbfgs, steps: 200 });
    expect(r.status).toBe('done');
    expect(r.steps).toBeLessThan(60);
    expect(r.history.loss.length).toBe(r.steps);
    // The last look is at the minimum.
    expect(r.terms.at(-1)!.step).toBe(r.steps);
    const theta = values(r);
    const states = Array.from({ length: 32 }, (_, k) => [0, 1, 2, 3, 4].map((i) => ((k >> i) & 1 ? 1 : -1)));
    const weights = states.map((s) => Math.exp(spinFeatures(s).reduce((sum, f, i) => sum + f * theta[i], 0)));
    const z = weights.reduce((a, b) => a + b, 0);
    for (let f = 0; f < 15; f++) {
      const model = states.reduce((sum, s, k) => sum + (weights[k] / z) * spinFeatures(s)[f], 0);
      let seen = 0;
      for (let row = 0; row < rows; row++) seen += spinFeatures(data.slice(row * 5, row * 5 + 5))[f] / rows;
      expect(model).toBeCloseTo(seen, 7);
    }
  });

  it('stays at its maximum when such a fit is resumed', async () => {
    const whole = await spins({ ...fitted.lbfgs, steps: 200 });
    const again = await spins({ ...fitted.lbfgs, steps: 200 }, { resume: whole.checkpoint });
    expect(values(again)).toEqual(values(whole));
    expect(again.steps).toBe(whole.steps);
    expect([...again.checkpoint.metadata]).toEqual([...whole.checkpoint.metadata]);
  });

  it('is found by adam as well, in many more steps', async () => {
    const best = await spins({ ...fitted.lbfgs, steps: 200 });
    const r = await spins({
      loss: likelihood,
      batch: rows,
      steps: 600,
      optimizer: { kind: 'adam', rate: 0.05, beta1: 0.9, beta2: 0.99, schedule: 'cosine' },
    });
    values(best).forEach((x, i) => {
      expect(values(r)[i]).toBeCloseTo(x, 3);
    });
  });
});

describe('refusals', () => {
  it('lbfgs takes all rows, and a loss that draws nothing', async () => {
    const few = await refusal(() => spins({ optimizer: lbfgs, loss: likelihood, batch: 8 }));
    expect([few.code, few.message]).toEqual(['E0747', expect.stringContaining('60 rows')]);
    const drawn = await refusal(() => spins({ optimizer: lbfgs, batch: Number.POSITIVE_INFINITY }));
    expect([drawn.code, drawn.message]).toEqual(['E0747', expect.stringContaining('discrepancy')]);
  });

  it('a checkpoint goes on with the optimiser that wrote it', async () => {
    const { checkpoint } = await spins({ ...fitted.adam, steps: 2 });
    const other = await refusal(() => spins(fitted.sgd, { resume: checkpoint }));
    expect([other.code, other.message]).toEqual(['E0715', expect.stringContaining('its optimizer is adam(')]);
    const faster = { ...fitted.adam, optimizer: { ...fitted.adam.optimizer!, rate: 0.1 } };
    expect(
      (await refusal(() => spins(faster as typeof fitted.adam, { resume: checkpoint }))).message,
    ).toContain('rate = 0.1');
  });

  it('where rates fall over the steps of a fit, their number stays; else it may grow', async () => {
    const scheduled = fitted['adam with a schedule'];
    const { checkpoint } = await spins({ ...scheduled, steps: 8 });
    expect(
      (await refusal(() => spins({ ...scheduled, steps: 9 }, { resume: checkpoint }))).message,
    ).toContain('over 8 steps');
    const short = await spins({ ...fitted.adagrad, steps: 8 });
    const long = await spins({ ...fitted.adagrad, steps: 12 }, { resume: short.checkpoint });
    expect(values(long)).toEqual(values(await spins(fitted.adagrad)));
  });

  it('a checkpoint of another version says so', async () => {
    const { checkpoint } = await spins({ ...fitted.adam, steps: 1 });
    const old = { ...checkpoint, metadata: new Map([...checkpoint.metadata, ['format', 'energy-fit-1']]) };
    expect((await refusal(() => spins(fitted.adam, { resume: old }))).message).toContain('another version');
  });
});

describe('schedules', () => {
  it('are what a fit goes by', async () => {
    const seen: number[][] = [];
    const optimizer: OptimizerChoice = {
      kind: 'sgd',
      rate: 1,
      momentum: 0,
      nesterov: false,
      schedule: 'linear',
    };
    for (const steps of [1, 2]) {
      const r = await spins({ optimizer, loss: likelihood, batch: rows, steps });
      seen.push(values(r));
    }
    // One step at rate 1; two steps at rates 1 and 1/2.
    const half = await spins({
      optimizer: { ...optimizer, rate: 0.5, schedule: 'constant' },
      loss: likelihood,
      batch: rows,
      steps: 1,
    });
    const [one, two] = seen;
    const size = (x: readonly number[]): number => Math.hypot(...x);
    expect(values(half).map((x) => 2 * x)).toEqual(one);
    // The second gradient is not larger than the first, and it counts half.
    expect(size(two.map((x, i) => x - one[i]))).toBeLessThanOrEqual(0.5 * size(one));
    expect(size(two.map((x, i) => x - one[i]))).toBeGreaterThan(0);
  });
});
