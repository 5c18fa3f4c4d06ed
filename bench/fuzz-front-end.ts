/**
 * Throws texts at the front end: each must come to an answer (see `test/fuzz/examine.ts`). Reports the rate and
 * the distinct faults with small texts that show them; exits with 1 where there is one.
 *
 *   node dist/bench/fuzz-front-end.js [texts] [first seed] [workers]
 */
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { corpusIn, textOf } from '../test/fuzz/corpus.ts';
import { examine, type Finding, minimised } from '../test/fuzz/examine.ts';

interface Job {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

type Message =
  | { readonly kind: 'at'; readonly seed: number; readonly counts: Counts }
  | { readonly kind: 'found'; readonly seed: number; readonly text: string; readonly finding: Finding }
  | { readonly kind: 'done'; readonly counts: Counts };

interface Counts {
  texts: number;
  checked: number;
  bound: number;
  characters: number;
}

const root = process.cwd();

async function work(job: Job): Promise<void> {
  const corpus = corpusIn(root);
  const counts: Counts = { texts: 0, checked: 0, bound: 0, characters: 0 };
  const send = (m: Message): void => parentPort?.postMessage(m);
  for (let seed = job.from; seed < job.to; seed += job.step) {
    if (counts.texts % 100 === 0) send({ kind: 'at', seed, counts });
    const text = textOf(corpus, seed);
    const { finding, reached } = await examine(text);
    counts.texts++;
    counts.characters += text.length;
    if (reached !== 'refused') counts.checked++;
    if (reached === 'bound') counts.bound++;
    if (finding) send({ kind: 'found', seed, text, finding });
  }
  send({ kind: 'done', counts });
}

interface Seen {
  readonly seed: number;
  readonly text: string;
  readonly detail: string;
  times: number;
}

async function direct(texts: number, first: number, workers: number): Promise<number> {
  const seen = new Map<string, Seen>();
  const counts = new Map<number, Counts>();
  const start = performance.now();
  const note = (seed: number, text: string, { signature, detail }: Finding): void => {
    const known = seen.get(signature);
    if (known) known.times++;
    else {
      seen.set(signature, { seed, text, detail, times: 1 });
      console.log(`seed ${seed}: ${signature}`);
    }
  };
  const one = (k: number, from: number): Promise<void> =>
    new Promise((resolve) => {
      let at = from;
      const worker = new Worker(fileURLToPath(import.meta.url), {
        workerData: { from, to: first + texts, step: workers } satisfies Job,
        resourceLimits: { maxOldGenerationSizeMb: 1500 },
      });
      worker.on('message', (m: Message) => {
        if (m.kind === 'found') note(m.seed, m.text, m.finding);
        else counts.set(k, { ...m.counts });
        if (m.kind === 'at') at = m.seed;
      });
      worker.on('error', (e) => {
        note(at, '', {
          signature: `a worker died: ${e.message.slice(0, 80)}`,
          detail: `in the 100 texts from seed ${at}`,
        });
        // Goes on behind them.
        if (at + 100 * workers < first + texts) void one(k, at + 100 * workers).then(resolve);
        else resolve();
      });
      worker.on('exit', (code) => {
        if (code === 0) resolve();
      });
    });
  const total = (of: keyof Counts): number => [...counts.values()].reduce((n, c) => n + c[of], 0);
  const progress = setInterval(() => {
    const passed = (performance.now() - start) / 1000;
    console.log(`${passed.toFixed(0)} s: ${total('texts')} of ${texts}, ${seen.size} distinct faults`);
  }, 60_000);
  await Promise.all(Array.from({ length: workers }, (_, k) => one(k, first + k)));
  clearInterval(progress);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${total('texts')} texts (${(total('characters') / total('texts')).toFixed(0)} characters each) in ${seconds.toFixed(0)} s: ${(total('texts') / seconds).toFixed(0)} a second; ${total('checked')} without errors, ${total('bound')} bound`,
  );
  for (const [signature, { seed, text, detail, times }] of seen) {
    console.log(
      `\n── ${signature} (${times} times, seed ${seed})\n${detail.split('\n').slice(0, 6).join('\n')}`,
    );
    if (!signature.startsWith('a worker') && !signature.startsWith('slow'))
      console.log(`shown by:\n${await minimised(text, signature)}`);
  }
  console.log(seen.size === 0 ? 'no faults' : `\n${seen.size} distinct faults`);
  return seen.size === 0 ? 0 : 1;
}

if (isMainThread) {
  const [texts, first, workers] = process.argv.slice(2).map(Number);
  process.exitCode = await direct(texts || 200_000, first || 0, workers || 2);
} else await work(workerData as Job);
