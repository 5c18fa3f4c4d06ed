/** One installer at a time in a project. */
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { NativeProblem } from './problem.ts';

/** Runs a task while a file with this process's number stands; one of a process that is gone counts for nothing. */
export async function withLock<T>(file: string, task: () => Promise<T>): Promise<T> {
  const owner = await fs.readFile(file, 'utf8').catch(() => null);
  if (owner !== null && !existsSync(`/proc/${owner.trim()}`)) await fs.rm(file, { force: true });
  try {
    await fs.writeFile(file, `${process.pid}\n`, { flag: 'wx' });
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && e.code === 'EEXIST')) throw e;
    throw new NativeProblem(
      `another run of this command is at work here (process ${owner?.trim()})`,
      `wait for it; if there is none, remove ${file}`,
      false,
    );
  }
  try {
    return await task();
  } finally {
    await fs.rm(file, { force: true });
  }
}
