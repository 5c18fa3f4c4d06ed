/** A fit's checkpoints on disk: `checkpoint.safetensors` in its folder, replaced every hundred steps. */
import * as path from 'node:path';
import type { Host } from '../io/host.ts';
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts';
import type { Checkpoint } from '../learn/checkpoint.ts';
import type { Checkpoints } from '../run/session.ts';

const FILE = 'checkpoint.safetensors';

export const writeCheckpoint = (host: Host, dir: string, c: Checkpoint): Promise<void> =>
  host.write(path.join(dir, FILE), writeSafetensors(c.tensors, c.metadata));

/**
 * @param dir where this fit's checkpoints go
 * @param from the folder of the fit that is continued, if any
 * @throws EnergyError where there is no checkpoint or it is damaged
 */
export async function checkpointsIn(host: Host, dir: string, from: string | undefined): Promise<Checkpoints> {
  const keep = (c: Checkpoint): Promise<void> => writeCheckpoint(host, dir, c);
  if (from === undefined) return { keep };
  const file = path.join(from, FILE);
  return { keep, resume: readSafetensors(await host.read(file), file) };
}
