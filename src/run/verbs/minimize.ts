import { type MinimizeProgress, minimize } from '../../infer/minimize/index.ts';
import type { JobResult } from '../results.ts';
import { clampOption, type JobContext, modelOf, numberOption } from '../session.ts';
import { scalesOf } from './sample.ts';

/** `minimize(E)`: a state of least energy, and whether it is proved to be one. */
export async function runMinimize(cx: JobContext): Promise<JobResult> {
  const { job } = cx;
  const num = (name: string) => numberOption(job.options, name);
  const model = modelOf(cx, 1);
  const clamp = clampOption(cx, model);
  const options = {
    restarts: num('restarts'),
    seed: num('seed'),
    budget: num('budget'),
    scales: scalesOf(cx),
  };
  const began = performance.now();
  const tell = ({ done, total, value }: MinimizeProgress): void => {
    const now = performance.now();
    const rate = now > began ? (done * 1000) / (now - began) : 0;
    const at = Math.round(1000 * Math.min(1, done / total));
    cx.emit({
      event: 'progress',
      job: job.name,
      phase: 'searching',
      done: at,
      total: 1000,
      rate: (rate * 1000) / total,
      value,
    });
  };
  return { verb: 'minimize', ...(await minimize(model, clamp, options, tell, cx.signal)) };
}
