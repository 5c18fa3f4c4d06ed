/** The other end of `scale/conduct.ts`: a worker that draws one part of a job's chains. */
import type { HostArray } from '../arrays.ts';
import type { Job } from '../check/values.ts';
import { asMemoryFault } from '../infer/memory.ts';
import type { Look, Verdict } from '../infer/run-length.ts';
import { type SampleProgress, type SampleResult, sample } from '../infer/sample.ts';
import type { Slot } from '../ir/types.ts';
import { chainSight } from '../scale/chain-progress.ts';
import { scalarsBetween } from '../scale/live.ts';
import type { FromWorker, PartLive, PartOrder, ToWorker } from '../scale/protocol.ts';
import { makeControl, type Signal } from '../signal.ts';
import type { Draws } from '../stats/draws.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { JobContext, Session } from './session.ts';
import { dataOf, meanEnergy, present, type SampleTask, taskOf } from './verbs/sample.ts';

/**
 * @param open opens the program as the run did, and finds the job with the options that it has there
 * @param send to the run, with what is handed over instead of copied
 * @returns what takes the run's messages
 */
export function partWorker(
  open: (job: string) => Promise<{ readonly session: Session; readonly job: Job }>,
  send: (message: FromWorker, transfer: ArrayBuffer[]) => void,
): (message: ToWorker) => void {
  const signal = makeControl();
  const waiting: Waiting = { answer: null, soFar: () => null };
  return (message) => {
    switch (message.type) {
      case 'start':
        void draw(message.order, open, send, signal, waiting);
        return;
      case 'verdict':
        waiting.answer?.(message.verdict);
        return;
      case 'pause':
        signal.pause(message.on);
        return;
      case 'so-far':
        // Not handed over: the run goes on with what it has recorded.
        send({ type: 'so-far', result: waiting.soFar() }, []);
        return;
      case 'stop':
        signal.abort();
        waiting.answer?.('enough');
        return;
    }
  };
}

/** Who waits for the verdict on the chains of all parts, and what there would be at an early end. */
interface Waiting {
  answer: ((verdict: Verdict) => void) | null;
  soFar: () => SampleResult | null;
}

async function draw(
  order: PartOrder,
  open: Parameters<typeof partWorker>[0],
  send: Parameters<typeof partWorker>[1],
  signal: Signal,
  waiting: Waiting,
): Promise<void> {
  let sweep = -1;
  let span: Span | undefined;
  try {
    const { session, job } = await open(order.job);
    span = job.span;
    session.params = taken(session, order);
    const cx = { session, job, emit: () => {} };
    const task = taskOf(cx);
    const why = unfit(cx, task, order);
    if (why !== null) return send({ type: 'unfit', why }, []);
    const part = { from: order.from, count: order.count, reached: (i: number) => (sweep = i) };
    const judge = (look: Look): Promise<Verdict> =>
      new Promise((answer) => {
        waiting.answer = answer;
        send({ type: 'look', look }, []);
      });
    const told = teller(task, order, send);
    const tell = (p: SampleProgress): void => {
      waiting.soFar = () => (p.recorded > 0 ? p.soFar() : null);
      told(p);
    };
    const result = await sample(task.model, task.clamp, { ...task.options, part, judge }, tell, signal);
    waiting.soFar = () => null;
    const own = ownArrays(result);
    const buffers = own.draws.quantities.map((q) => q.values.buffer as ArrayBuffer);
    send({ type: 'done', result: own }, buffers);
  } catch (thrown) {
    const e = span ? asMemoryFault(thrown, `the job \`${order.job}\``, span) : thrown;
    if (e instanceof EnergyError) send({ type: 'failed', sweep, diagnostics: e.diagnostics }, []);
    else send({ type: 'crashed', message: e instanceof Error ? (e.stack ?? e.message) : String(e) }, []);
  }
}

function unfit(cx: JobContext, task: SampleTask, order: PartOrder): string | null {
  const { session } = cx;
  if (session.engine.name !== order.engine)
    return `a worker would compute with ${session.engine.name} instead of ${order.engine}`;
  return dataOf(cx, task) === order.fingerprint ? null : 'files of data have changed since they were read';
}

function taken(session: Session, { params }: PartOrder): Session['params'] {
  const byName = new Map(params);
  return new Map(
    [...session.params].map(([slot, value]): [Slot, HostArray] => [slot, byName.get(slot.name) ?? value]),
  );
}

/** Tells of a part's progress; of its states too when the run is watched. */
function teller(
  { model }: SampleTask,
  { watched, from, count }: PartOrder,
  send: Parameters<typeof partWorker>[1],
): (p: SampleProgress) => void {
  let seen = 0;
  const sight = chainSight(from);
  return (p) => {
    const { phase, done, total, rate, record, recorded } = p;
    let live: PartLive | null = null;
    if (watched) {
      const fresh = scalarsBetween(record, seen, recorded);
      live = { now: copied(present(model, p.states, count)), draws: record.draws, recorded, fresh };
      seen = recorded;
    }
    const energy = meanEnergy(p);
    send({ type: 'progress', progress: { phase, done, total, rate, energy, live, ...sight(p) } }, []);
  };
}

const copied = (draws: Draws): Draws => ({
  ...draws,
  quantities: draws.quantities.map((q) => ({ ...q, values: q.values.slice() })),
});

/** The result with arrays that each fill a buffer of their own, so that these can be handed over. */
function ownArrays(result: SampleResult): SampleResult {
  const seen = new Set<ArrayBufferLike>();
  const quantities = result.draws.quantities.map((q) => {
    const { buffer, byteLength } = q.values;
    const own = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer && !seen.has(buffer);
    seen.add(buffer);
    return own ? q : { ...q, values: q.values.slice() };
  });
  return { ...result, draws: { ...result.draws, quantities } };
}
