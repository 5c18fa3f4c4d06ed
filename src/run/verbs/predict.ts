import { siteBlocks } from '../../analyse/blocks.ts';
import { conditional } from '../../analyse/conditional.ts';
import { factorsOf } from '../../analyse/factors.ts';
import { isArranged, isDiscrete, showDomain, valueMap } from '../../domain.ts';
import { compile } from '../../infer/model.ts';
import { kindOf } from '../../infer/recorder.ts';
import { makeBatch } from '../../ir/batch.ts';
import { rest } from '../../signal.ts';
import { calibration } from '../../stats/calibration.ts';
import type { JobResult } from '../results.ts';
import { type JobContext, modelOf, optionError, rowArrays, rowsOption } from '../session.ts';

const CHUNK = 512;

/** How long to work before letting the event loop run. */
const SLICE_MS = 20;

/**
 * `predict(E, rows, unknown = r.y)`: p(y | the rest of the row) for each row, exact:
 * softmax over y of minus the terms that touch it.
 */
export async function runPredict(cx: JobContext): Promise<JobResult> {
  const { job, session } = cx;
  const model = modelOf(cx, CHUNK);
  const option = job.options.unknown;
  if (option?.kind !== 'unknown') throw optionError(job.span, '`predict` needs `unknown`');
  const { slot } = option;
  if (!isDiscrete(slot.domain))
    throw optionError(option.span, `\`${slot.name}\` is real; \`predict\` takes a discrete unknown`);
  if (isArranged(slot.domain))
    throw optionError(
      option.span,
      `\`${slot.name}\` is ${showDomain(slot.domain)}: each of its elements follows from the others, so there is nothing to predict`,
    );
  const rows = rowArrays(session, rowsOption(cx));
  const b = model.builder;
  const info = siteBlocks(b, slot, factorsOf(b, model.energy), model);
  const { offset, scale } = valueMap(slot.domain);
  const { labels, lo, hi } = kindOf(slot.domain, model.sizeOf);
  const programs = new Map<number, ReturnType<typeof program>>();
  function program(count: number) {
    const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(count), 'row')]);
    const cond = conditional(b, info, batch, { kind: 'all' }, model);
    const outputs = [{ name: 'energy', axes: cond.axes, node: cond.energy }];
    if (cond.violations) outputs.push({ name: 'violations', axes: cond.axes, node: cond.violations });
    return { cond, batch, run: compile(model, outputs, cond.tables) };
  }
  let states = 0;
  let probabilities = new Float64Array(0);
  let began = performance.now();
  let told = began;
  let seen = 0;
  for (let from = 0; from < rows.count && !(seen > 0 && cx.signal?.aborted); from += CHUNK) {
    const count = Math.min(CHUNK, rows.count - from);
    const p = programs.get(count) ?? program(count);
    programs.set(count, p);
    if (states === 0) {
      states = p.cond.states;
      probabilities = new Float64Array(rows.count * states);
    }
    const out = p.run.run(
      new Map(
        model.unknowns.map((u) => [
          p.batch.slots.get(u.slot)!,
          {
            shape: [count, ...u.shape],
            data: rows.of.get(u.slot)!.data.slice(from * u.size, (from + count) * u.size),
          },
        ]),
      ),
    );
    const energy = out.get('energy')!.data;
    const violations = out.get('violations')?.data;
    for (let r = 0; r < count; r++) {
      const at = (from + r) * states;
      let lowest = Number.POSITIVE_INFINITY;
      for (let v = 0; v < states; v++) {
        const e =
          violations && violations[r * states + v] > 0 ? Number.POSITIVE_INFINITY : energy[r * states + v];
        probabilities[at + v] = e;
        if (e < lowest) lowest = e;
      }
      let total = 0;
      for (let v = 0; v < states; v++) {
        probabilities[at + v] = Math.exp(lowest - probabilities[at + v]);
        total += probabilities[at + v];
      }
      for (let v = 0; v < states; v++) probabilities[at + v] /= total;
    }
    seen = from + count;
    const now = performance.now();
    if (now - told < SLICE_MS && seen < rows.count) continue;
    told = now;
    const rate = (seen * 1000) / Math.max(1, now - began);
    cx.emit({
      event: 'progress',
      job: job.name,
      phase: 'working',
      done: seen,
      total: rows.count,
      rate,
      value: null,
    });
    began += await rest(cx.signal);
  }
  for (const p of programs.values()) p.run.dispose();
  // Rows that an early end left out are out of everything.
  probabilities = probabilities.slice(0, seen * states);
  const truth = Int32Array.from(rows.of.get(slot)!.data.subarray(0, seen), (x) => (x - offset) / scale);
  return {
    verb: 'predict',
    unknown: slot.name,
    labels:
      labels ??
      Array.from({ length: states }, (_, i) =>
        String((lo ?? 0) + i * (((hi ?? 0) - (lo ?? 0)) / Math.max(1, states - 1))),
      ),
    probabilities,
    truth,
    calibration: calibration(probabilities, truth, states),
    complete: seen === rows.count,
  };
}
