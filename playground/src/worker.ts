/** The compiler and the engines in a worker: answers the messages of `protocol.ts`. */

import { languageService } from '../../src/language/service.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { dataUrls } from './data-files.ts';
import { fetchingHost } from './engine/files.ts';
import { buffersOf, liveFrame } from './engine/live.ts';
import { outlineOf } from './engine/outline.ts';
import { problemsOf } from './engine/problems.ts';
import { type Opened, openProgram } from './engine/program.ts';
import { makeRunner } from './engine/runner.ts';
import { shownResult } from './engine/shown.ts';
import { loadEngine } from './load-engine.ts';
import { partsOf } from './parts.ts';
import { documentUri, type FromWorker, type SourceText, type ToWorker } from './protocol.ts';
import { bundledTexts } from './texts.ts';

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((e: MessageEvent<ToWorker>) => void) | null;
}
const scope = self as unknown as WorkerScope;
const send = (message: FromWorker, transfer: Transferable[] = []): void =>
  scope.postMessage(message, transfer);

const runner = makeRunner(fetchingHost(dataUrls), loadEngine);
let signal = { aborted: false };

scope.onmessage = ({ data: message }) => {
  switch (message.type) {
    case 'check':
      void check(message.id, message.source);
      return;
    case 'ask':
      void answer(message);
      return;
    case 'prepare':
      void loadEngine().then((e) => send({ type: 'prepared', engine: e.name }));
      return;
    case 'run':
      void run(message.id, message.source, message.job);
      return;
    case 'stop':
      signal.aborted = true;
      return;
  }
};

async function check(id: number, source: SourceText): Promise<void> {
  const began = performance.now();
  const { compiled, jobs, sources } = await openProgram(source, bundledTexts);
  const problems = problemsOf(compiled.diagnostics, sources, compiled.used);
  const energies = outlineOf(compiled.program);
  send({ type: 'checked', id, problems, energies, jobs, milliseconds: performance.now() - began });
}

const service = languageService({ reader: () => bundledTexts, data: () => fetchingHost(dataUrls) });

async function answer({ id, source, feature, args }: Extract<ToWorker, { type: 'ask' }>): Promise<void> {
  const uri = documentUri(source.file);
  for (const other of service.open) if (other !== uri) service.close(other);
  if (service.text(uri) !== source.text) service.update(uri, source.text);
  const asked = service[feature] as (uri: string, ...rest: readonly unknown[]) => Promise<unknown>;
  // A hint that cannot be had is no reason to disturb anybody.
  const value = await asked(uri, ...args).catch(() => null);
  send({ type: 'answer', id, value });
}

async function run(id: number, source: SourceText, job: string | null): Promise<void> {
  const own = { aborted: false };
  signal = own;
  let seen = 0;
  let opened: Opened | undefined;
  try {
    opened = await openProgram(source, bundledTexts);
    await runner.run(
      opened,
      job,
      {
        event: (event) => {
          if (event.event === 'start') seen = 0;
          send({ type: 'event', id, event });
        },
        watch: (chains) => {
          // A run that is handed over to workers starts anew, and draws the same again.
          const live = liveFrame(chains, Math.min(seen, chains.recorded));
          seen = Math.max(seen, live.recorded);
          send({ type: 'live', id, live }, buffersOf(live));
        },
        result: (name, result) => send({ type: 'result', id, job: name, result: shownResult(result) }),
      },
      own,
      partsOf(source),
    );
  } catch (e) {
    if (e instanceof EnergyError)
      send({
        type: 'faults',
        id,
        job: runner.current,
        problems: problemsOf(e.diagnostics, opened?.sources ?? [], opened?.compiled.used),
      });
    else
      send({ type: 'crashed', id, job: runner.current, message: e instanceof Error ? e.message : String(e) });
  }
  send({ type: 'ended', id, stopped: own.aborted });
}
