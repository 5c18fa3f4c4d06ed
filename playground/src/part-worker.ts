/** Draws some chains of a job for the worker that runs it (`parts.ts` starts it). */
import { partWorker } from '../../src/run/part.ts';
import { openSession } from '../../src/run/session.ts';
import type { FromWorker } from '../../src/scale/protocol.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { openProgram } from './engine/program.ts';
import { workspaceFiles } from './engine/workspace-files.ts';
import { loadEngine } from './load-engine.ts';
import type { SourceText, ToPart } from './protocol.ts';
import { bundledFiles } from './texts.ts';

/** The part of a worker's global scope that is used here. */
interface PartScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((e: MessageEvent<ToPart>) => void) | null;
}
const scope = self as unknown as PartScope;

const files = workspaceFiles(bundledFiles);
let source: SourceText | undefined;

const hear = partWorker(
  async (name) => {
    if (!source) throw new Error('no program was sent');
    const { compiled } = await openProgram(source, files.reader(source.file));
    if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
    const session = await openSession(compiled.program, files.host(source.file), await loadEngine());
    const job = compiled.program.jobs.find((j) => j.name === name);
    if (!job) throw new Error(`there is no job ${name}`);
    return { session, job };
  },
  (message, transfer) => scope.postMessage(message, transfer),
);

scope.onmessage = ({ data: message }) => {
  if (message.type === 'open') {
    source = message.source;
    files.hear(message.files);
  } else hear(message);
};
