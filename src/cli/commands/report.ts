import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { movesOf, readRun } from '../../io/run-folder.ts';
import { summarise } from '../../stats/summary.ts';
import { type ReportedRun, reportPage } from '../report-page.ts';
import { runPictures } from '../run-pictures.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';

/** Runs of one folder at most. */
const MOST_RUNS = 50;

/** Writes one page about the run in a folder, or about all runs in its folders, in the order in which they ended. */
export async function reportCommand(
  io: Io,
  terminal: Terminal,
  dir: string,
  o: { readonly output?: string },
): Promise<number> {
  const host = nodeHost({ root: io.cwd });
  const from = host.permit(path.resolve(io.cwd, dir));
  const folders = await runFolders(from);
  if (folders.length === 0)
    throw new UsageError(
      `\`${dir}\` holds no run (no run.json, nor any in its folders); expected what -o wrote`,
    );
  const runs: ReportedRun[] = [];
  for (const folder of folders.slice(0, MOST_RUNS)) {
    const record = await readRun(host, folder);
    const { charts, draws } = await runPictures(host, folder, record);
    const summary = draws.draws > 0 ? summarise(draws, movesOf(record)) : null;
    runs.push({ name: path.basename(folder), record, charts, summary });
  }
  const to = o.output ? host.permit(path.resolve(io.cwd, o.output)) : path.join(from, 'report.html');
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  await host.write(to, reportPage(path.basename(from), runs, when));
  const file = path.relative(io.cwd, to);
  terminal.line(`${runs.length === 1 ? 'one run' : `${runs.length} runs`} → ${file}`);
  if (folders.length > MOST_RUNS) terminal.line(`only the first ${MOST_RUNS} of ${folders.length} runs`);
  terminal.event({ event: 'result', verb: 'report', file, runs: runs.map((r) => r.name) });
  return ExitCode.fine;
}

/** The folder itself, or those within it that hold a run. */
async function runFolders(dir: string): Promise<readonly string[]> {
  const at = async (folder: string): Promise<number | null> =>
    nodeFs.stat(path.join(folder, 'run.json')).then(
      (s) => s.mtimeMs,
      () => null,
    );
  if ((await at(dir)) !== null) return [dir];
  const entries = await nodeFs.readdir(dir, { withFileTypes: true }).catch(() => []);
  const found: { folder: string; time: number }[] = [];
  for (const e of entries) {
    if (!e.isDirectory()) continue;
    const folder = path.join(dir, e.name);
    const time = await at(folder);
    if (time !== null) found.push({ folder, time });
  }
  return found.sort((a, b) => a.time - b.time || (a.folder < b.folder ? -1 : 1)).map((f) => f.folder);
}
