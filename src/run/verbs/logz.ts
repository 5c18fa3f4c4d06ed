import { type LogZOptions, type LogZProgress, logZ } from '../../infer/log-z.ts';
import type { JobResult } from '../results.ts';
import { clampOption, type JobContext, modelOf, numberOption } from '../session.ts';

/** `logz(E)`: ln of the sum of exp(−E) over all states, exact where that can be afforded, else an estimate. */
export async function runLogZ(cx: JobContext): Promise<JobResult> {
  const { job } = cx;
  const num = (name: string) => numberOption(job.options, name);
  const method = job.options.method;
  const options: LogZOptions = {
    method: method?.kind === 'word' ? (method.value as LogZOptions['method']) : 'auto',
    chains: num('chains'),
    goal: num('error'),
    budget: num('budget'),
    seed: num('seed'),
  };
  const model = modelOf(cx);
  const clamp = clampOption(cx, model);
  let began = performance.now();
  let before = 0;
  const tell = ({ done, total, value }: LogZProgress): void => {
    const now = performance.now();
    if (done < before) began = now;
    before = done;
    const rate = now > began ? (done * 1000) / (now - began) : 0;
    cx.emit({ event: 'progress', job: job.name, phase: 'working', done, total, rate, value });
  };
  return { verb: 'logz', ...(await logZ(model, clamp, options, tell, cx.signal)) };
}
