import { type Best, type EnergyPath, type MinimizeProgress, minimize } from '../../infer/minimize/index.ts';
import type { Model } from '../../infer/model.ts';
import type { Quantity } from '../../stats/draws.ts';
import type { JobResult } from '../results.ts';
import { clampOption, type JobContext, modelOf, numberOption } from '../session.ts';
import { present, scalesOf } from './sample.ts';

/** Between two looks at the best state so far, at least. */
const LOOK_MS = 300;

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
  const show = watcher(cx, model);
  const tell = ({ done, total, best, path }: MinimizeProgress): void => {
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
      value: best?.energy ?? null,
    });
    if (best) show?.(best, path);
  };
  return { verb: 'minimize', ...(await minimize(model, clamp, options, tell, cx.signal)) };
}

/** Shows the best state and how its energy came down, a few times a second. */
function watcher(cx: JobContext, model: Model): ((best: Best, path: () => EnergyPath) => void) | null {
  const { watch, job } = cx;
  if (!watch) return null;
  let last = performance.now();
  return (best, path) => {
    const now = performance.now();
    if (now - last < LOOK_MS) return;
    last = now;
    const { quantities } = present(model, best.states(), 1);
    const energy: Quantity = {
      name: 'energy',
      role: 'energy',
      shape: [],
      kind: 'real',
      values: Float64Array.of(best.energy),
    };
    watch({
      job: job.name,
      phase: 'searching',
      now: { chains: 1, draws: 1, quantities: [...quantities, energy] },
      record: { chains: 1, draws: 0, quantities: [] },
      recorded: 0,
      path: path(),
    });
  };
}
