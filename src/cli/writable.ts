/** Whether results can be written, asked before anything is computed: hours may be lost otherwise. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { EnergyError } from '../syntax/diagnostic.ts';

/**
 * The folder, or the nearest one above it that is there, must take files. Nothing is created.
 * @throws EnergyError E0505
 */
export async function requireWritable(dir: string): Promise<void> {
  for (let at = dir; ; at = path.dirname(at)) {
    try {
      const stat = await fs.stat(at);
      if (!stat.isDirectory()) throw unwritable(dir, `\`${at}\` is no folder`);
      await fs.access(at, constants.W_OK | constants.X_OK);
      return;
    } catch (e) {
      if (e instanceof EnergyError) throw e;
      const code = e instanceof Error && 'code' in e ? e.code : '';
      const above = (code === 'ENOENT' || code === 'ENOTDIR') && path.dirname(at) !== at;
      if (!above)
        throw unwritable(dir, `\`${at}\` ${code === 'EROFS' ? 'is read-only' : 'is not yours to write to'}`);
    }
  }
}

const unwritable = (dir: string, why: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0505',
      place: { kind: 'data', file: dir },
      message: `Results cannot be written to \`${dir}\`: ${why}.`,
      suggestion: 'Name another folder with -o.',
    },
  ]);
