import { type FitHistory, fit as learn } from '../../learn/fit.ts';
import { fitOptions } from '../../learn/options.ts';
import type { JobResult } from '../results.ts';
import { energyOf, type JobContext, rowsOption } from '../session.ts';

/** `fit(E, rows, …)`: trains the parameters; later jobs use what it learned. */
export async function runFit(cx: JobContext): Promise<JobResult> {
  const { job, session } = cx;
  let last = 0;
  const result = await learn({
    bound: session.bound,
    energy: energyOf(cx).energy,
    rows: rowsOption(cx),
    params: session.params,
    options: fitOptions(job.options),
    engine: session.engine,
    signal: cx.signal,
    resume: cx.checkpoints?.resume,
    onCheckpoint: cx.checkpoints?.keep,
    onStep: (p) => {
      const now = performance.now();
      if (now - last < 60 && p.step < p.steps) return;
      last = now;
      cx.emit({
        event: 'progress',
        job: job.name,
        phase: 'training',
        done: p.step,
        total: p.steps,
        rate: p.rate,
        value: p.loss,
      });
    },
  });
  session.params = result.params;
  const n = result.history.loss.length;
  return {
    verb: 'fit',
    params: result.params,
    history: thin(result.history, 1000),
    checkpoint: result.checkpoint,
    steps: result.steps,
    loss: mean(result.history.loss.subarray(Math.max(0, n - 100))),
    seconds: result.timings.total,
    complete: result.status === 'done',
    failure: result.status === 'failed' ? result.diagnostics : [],
    warnings: result.status === 'failed' ? [] : result.diagnostics,
  };
}

const mean = (x: Float64Array): number => x.reduce((a, b) => a + b, 0) / Math.max(1, x.length);

/** Every k-th step, so that at most `most` remain. */
function thin(h: FitHistory, most: number) {
  const every = Math.max(1, Math.ceil(h.step.length / most));
  const pick = (x: Float64Array): number[] =>
    Array.from(x).filter((_, i) => i % every === every - 1 || x.length <= most);
  return {
    step: pick(h.step),
    loss: pick(h.loss),
    gradientNorm: pick(h.gradientNorm),
    dataEnergy: pick(h.rowEnergy),
    negativeEnergy: pick(h.negativeEnergy),
  };
}
