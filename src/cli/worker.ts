/** The entry of a thread that draws chains (`workers.ts` starts it). */
import { parentPort, workerData } from 'node:worker_threads';
import { compileProgram } from '../compile.ts';
import { dataFault } from '../io/codes.ts';
import type { ModuleReader } from '../modules.ts';
import { partWorker } from '../run/part.ts';
import type { ToWorker } from '../scale/protocol.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { shownFile } from '../syntax/module-path.ts';
import { sentFiles } from './cluster/sent-files.ts';
import { openFile, withFlags } from './open.ts';
import { constants, programName } from './program.ts';
import type { Opening } from './workers.ts';

const opening = workerData as Opening;
const io = { out: process.stdout, err: process.stderr, cwd: opening.cwd };

/** The texts that the run has read: what is in the files now may be something else. */
function readerOf({ file, used }: Opening): ModuleReader {
  const text = (path: string): string | undefined => used.get(shownFile(programName(file), path));
  return {
    read: async (path) => {
      const found = text(path);
      if (found === undefined) throw dataFault('E0501', path, `there is no file \`${path}\``);
      return found;
    },
    list: async () => [],
    library: { read: async (name) => text(`std/${name}`), names: async () => [] },
  };
}

const hear = partWorker(
  async (name) => {
    const { file, options, extra, givenFile, files } = opening;
    const compiled = await compileProgram(opening.text, programName(file), readerOf(opening), {
      constants: constants(options),
      extra,
    });
    if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
    const opened = await openFile(io, file, compiled, options, files && sentFiles(files));
    const job = compiled.program.jobs.find((j) => j.name === name);
    if (!job) throw new Error(`there is no job ${name}`);
    return { session: opened.session, job: await withFlags(io, opened, job, options, givenFile) };
  },
  (message, transfer) => parentPort?.postMessage(message, transfer),
);

parentPort?.on('message', (message: ToWorker) => hear(message));
