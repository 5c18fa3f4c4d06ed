import { compile, type Model } from '../../infer/model.ts';
import { makeBatch, violationsOf } from '../../ir/batch.ts';
import { rest } from '../../signal.ts';
import type { JobResult } from '../results.ts';
import { type JobContext, modelOf, rowArrays, rowsOption } from '../session.ts';

/** Rows evaluated together. */
const CHUNK = 1024;

/** How long to work before letting the event loop run. */
const SLICE_MS = 20;

/** `score(E, rows)`: the energy of each row, and of each of its terms. */
export async function runScore(cx: JobContext): Promise<JobResult> {
  const model = modelOf(cx, CHUNK);
  const rows = rowArrays(cx.session, rowsOption(cx));
  const energy = new Float64Array(rows.count);
  const terms = new Map(model.energy.terms.map((t) => [t.name, new Float64Array(rows.count)]));
  const violated = new Float64Array(rows.count);
  const programs = new Map<number, ReturnType<typeof scorer>>();
  let began = performance.now();
  let told = began;
  let seen = 0;
  for (let from = 0; from < rows.count && !(seen > 0 && cx.signal?.aborted); from += CHUNK) {
    const count = Math.min(CHUNK, rows.count - from);
    const p = programs.get(count) ?? scorer(model, count);
    programs.set(count, p);
    const out = p.run(
      new Map(
        model.unknowns.map((u) => [
          p.slots.get(u.slot)!,
          {
            shape: [count, ...u.shape],
            data: rows.of.get(u.slot)!.data.slice(from * u.size, (from + count) * u.size),
          },
        ]),
      ),
    );
    for (const [i, t] of model.energy.terms.entries()) {
      const data = out.get(`t${i}`)!.data;
      const into = terms.get(t.name)!;
      for (let c = 0; c < count; c++) {
        into[from + c] = data[c];
        energy[from + c] += data[c];
      }
    }
    const broken = out.get('broken')?.data;
    if (broken) for (let c = 0; c < count; c++) violated[from + c] = broken[c];
    seen = from + count;
    const now = performance.now();
    if (now - told < SLICE_MS && seen < rows.count) continue;
    told = now;
    cx.emit({
      event: 'progress',
      job: cx.job.name,
      phase: 'working',
      done: seen,
      total: rows.count,
      rate: (seen * 1000) / Math.max(1, now - began),
      value: null,
    });
    began += await rest(cx.signal);
  }
  for (const p of programs.values()) p.dispose();
  for (let c = 0; c < seen; c++) if (violated[c] > 0) energy[c] = Number.POSITIVE_INFINITY;
  if (seen === rows.count) return { verb: 'score', energy, terms, complete: true };
  return {
    verb: 'score',
    energy: energy.slice(0, seen),
    terms: new Map([...terms].map(([name, values]) => [name, values.slice(0, seen)])),
    complete: false,
  };
}

function scorer(model: Model, count: number) {
  const b = model.builder;
  const row = b.axis(b.range(count), 'row');
  const batch = makeBatch(b, model.energy.unknowns, [row]);
  const outputs = model.energy.terms.map((t, i) => ({ name: `t${i}`, axes: [row], node: batch.on(t.body) }));
  const broken = model.energy.support.map((c) => violationsOf(b, c, batch.on));
  if (broken.length > 0) outputs.push({ name: 'broken', axes: [row], node: b.addAll(broken) });
  const evaluator = compile(model, outputs);
  return {
    slots: batch.slots,
    run: evaluator.run.bind(evaluator),
    dispose: evaluator.dispose.bind(evaluator),
  };
}
