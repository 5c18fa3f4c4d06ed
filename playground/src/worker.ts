/** The compiler and the engines in a worker: answers the messages of `protocol.ts`. */

import { languageService } from '../../src/language/service.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { isStd } from '../../src/syntax/module-path.ts';
import { languageHost } from './engine/language-host.ts';
import { outlineOf } from './engine/outline.ts';
import { problemsOf } from './engine/problems.ts';
import { type Opened, openProgram, readsOf } from './engine/program.ts';
import { makeRunner } from './engine/runner.ts';
import { makeRuns } from './engine/runs.ts';
import { makeStage } from './engine/stage.ts';
import { workspaceFiles } from './engine/workspace-files.ts';
import { engineFault, loadEngine } from './load-engine.ts';
import { partsOf } from './parts.ts';
import { documentUri, type FromWorker, type SourceText, type ToWorker } from './protocol.ts';
import { bundledFiles } from './texts.ts';

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((e: MessageEvent<ToWorker>) => void) | null;
}
const scope = self as unknown as WorkerScope;
const send = (message: FromWorker, transfer: Transferable[] = []): void =>
  scope.postMessage(message, transfer);

const files = workspaceFiles(bundledFiles);
const open = (source: SourceText): Promise<Opened> =>
  openProgram(source, files.reader(source.file), (path) => files.stamp(source.file, path));

const runner = makeRunner(files.host, loadEngine);
/** The program on the stage, and which request for one was the last. */
let watched: Opened | undefined;
let latest = 0;
const stage = makeStage({ send, fault: stageFault });
const runs = makeRuns(runner, {
  open,
  parts: (source) => partsOf(source, files.whole()),
  send,
  busy: (on) => stage.hold(on),
});

scope.onmessage = ({ data: message }) => {
  switch (message.type) {
    case 'check':
      void check(message.id, message.source);
      return;
    case 'ask':
      void answer(message);
      return;
    case 'prepare':
      void loadEngine().then((e) => send({ type: 'prepared', engine: e.name, fault: engineFault() }));
      return;
    case 'run':
      void runs.run(message.id, message.source, message.job);
      return;
    case 'stop':
      runs.stop();
      return;
    case 'pause':
      runs.pause(message.on);
      return;
    case 'resume':
      void runs.resume(message.id);
      return;
    case 'watch':
      void watch(message);
      return;
    case 'stage-set':
      stage.set(message.id, message.settings);
      return;
    case 'stage-drawn':
      stage.drawn(message.id);
      return;
    case 'unwatch':
      latest = 0;
      stage.clear();
      return;
    case 'inspect':
      void inspected(message);
      return;
    case 'files':
      files.hear(message);
      service.refresh();
      return;
  }
};

async function inspected({ id, source, what }: Extract<ToWorker, { type: 'inspect' }>): Promise<void> {
  let opened: Opened | undefined;
  try {
    opened = await open(source);
    const { inspect } = await import('./engine/inspect.ts');
    const around = {
      source,
      reader: files.reader(source.file),
      host: files.host(source.file),
      engine: loadEngine,
    };
    const found = await inspect(opened, what, around);
    send({ type: 'inspected', id, found, problems: [], crash: null });
  } catch (e) {
    const faults = e instanceof EnergyError ? e.diagnostics : null;
    const problems = faults ? problemsOf(faults, opened?.sources ?? [], opened?.compiled.used) : [];
    const crash = faults ? null : e instanceof Error ? e.message : String(e);
    send({ type: 'inspected', id, found: null, problems, crash });
  }
}

async function check(id: number, source: SourceText): Promise<void> {
  const began = performance.now();
  const { compiled, jobs, sources } = await open(source);
  const problems = problemsOf(compiled.diagnostics, sources, compiled.used);
  const energies = outlineOf(compiled.program);
  const reads = readsOf(compiled);
  send({ type: 'checked', id, problems, energies, jobs, reads, milliseconds: performance.now() - began });
}

const service = languageService(languageHost(files));

async function answer({ id, source, feature, args }: Extract<ToWorker, { type: 'ask' }>): Promise<void> {
  const uri = documentUri(source.file);
  // A file that is only looked at: the program in the editor stays open beside it.
  const beside = isStd(source.file) || files.text(source.file) === source.text;
  if (!beside || service.text(uri) !== undefined) {
    for (const other of service.open) if (other !== uri) service.close(other);
    if (service.text(uri) !== source.text) service.update(uri, source.text);
  }
  const asked = service[feature] as (uri: string, ...rest: readonly unknown[]) => Promise<unknown>;
  // A hint that cannot be had is no reason to disturb anybody.
  const value = await asked(uri, ...args).catch(() => null);
  send({ type: 'answer', id, value });
}

async function watch({
  id,
  source,
  energy,
  job,
  settings,
}: Extract<ToWorker, { type: 'watch' }>): Promise<void> {
  latest = id;
  stage.clear();
  let opened: Opened | undefined;
  try {
    opened = await open(source);
    const checked = opened.compiled.program.energies.get(energy);
    if (!checked) throw new Error(`there is no energy ${energy}`);
    const session = await runner.lend(opened, energy, job);
    const given = opened.compiled.program.jobs.find((j) => j.name === job) ?? null;
    const { openStage } = await import('./engine/stage-chains.ts');
    if (id !== latest) return;
    watched = opened;
    stage.open(id, openStage(session, checked, given, settings));
  } catch (e) {
    if (id !== latest) return;
    watched = opened;
    stageFault(id, e, true);
  }
}

function stageFault(id: number, e: unknown, over: boolean): void {
  const faults = e instanceof EnergyError ? e.diagnostics : null;
  const problems = faults ? problemsOf(faults, watched?.sources ?? [], watched?.compiled.used) : [];
  const crash = faults ? null : e instanceof Error ? e.message : String(e);
  send({ type: 'stage-fault', id, problems, crash, over });
}
