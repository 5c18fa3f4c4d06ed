import { type FitArgs, type FitHistory, type FitResult, fit as learn } from '../../learn/fit.ts';
import { fitOptions } from '../../learn/options.ts';
import type { History, JobResult, Look } from '../results.ts';
import { energyOf, type JobContext, type JobInSession, rowsOption } from '../session.ts';

/** What a `fit` job asks for. */
export const fitArgs = (cx: JobInSession): FitArgs => ({
  bound: cx.session.bound,
  energy: energyOf(cx).energy,
  rows: rowsOption(cx),
  params: cx.session.params,
  options: fitOptions(cx.job.options),
  engine: cx.session.engine,
});

/** `fit(E, rows, …)`: trains the parameters; later jobs use what it learned. */
export async function runFit(cx: JobContext): Promise<JobResult> {
  const { job, session } = cx;
  let last = 0;
  let heldOut: number | null = null;
  const args = fitArgs(cx);
  const { options } = args;
  const result = await learn({
    ...args,
    signal: cx.signal,
    resume: cx.checkpoints?.resume,
    onCheckpoint: cx.checkpoints?.keep,
    onStep: (p) => {
      heldOut = p.heldOut ?? heldOut;
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
        training: {
          gradientNorm: p.gradientNorm,
          dataEnergy: p.rowEnergy,
          negativeEnergy: numberOrNull(p.negativeEnergy),
          heldOut,
        },
      });
    },
  });
  session.params = result.params;
  const n = result.history.loss.length;
  // Losses of steps that draw are noisy, those of line searches only fall.
  const averaged = options.optimizer.kind === 'lbfgs' ? 1 : 100;
  return {
    verb: 'fit',
    params: result.params,
    history: { ...thin(result.history, 1000), looks: looksOf(result) },
    checkpoint: result.checkpoint,
    steps: result.steps,
    loss: mean(result.history.loss.subarray(Math.max(0, n - averaged))),
    best: result.best,
    own: result.own,
    seconds: result.timings.total,
    complete: result.status === 'done',
    failure: result.diagnostics.filter((d) => d.severity === 'error'),
    // Where it gave up in the end, what it tried before is no news.
    warnings: result.status === 'failed' ? [] : result.diagnostics,
  };
}

const numberOrNull = (x: number): number | null => (Number.isNaN(x) ? null : x);

function looksOf({ terms, heldOut }: FitResult): readonly Look[] {
  const judged = new Map(heldOut.map((h) => [h.step, h.loss]));
  return terms.map(({ step, terms }) => ({
    step,
    heldOut: judged.get(step) ?? null,
    terms: terms.map((t) => ({ ...t, negatives: numberOrNull(t.negatives) })),
  }));
}

const mean = (x: Float64Array): number => x.reduce((a, b) => a + b, 0) / Math.max(1, x.length);

/** Every k-th step, so that at most `most` remain. */
function thin(h: FitHistory, most: number): Omit<History, 'looks'> {
  const every = Math.max(1, Math.ceil(h.step.length / most));
  const pick = (x: Float64Array): number[] =>
    Array.from(x).filter((_, i) => i % every === every - 1 || x.length <= most);
  return {
    step: pick(h.step),
    loss: pick(h.loss),
    gradientNorm: pick(h.gradientNorm),
    dataEnergy: pick(h.rowEnergy),
    negativeEnergy: h.negativeEnergy.every(Number.isNaN) ? [] : pick(h.negativeEnergy),
  };
}
