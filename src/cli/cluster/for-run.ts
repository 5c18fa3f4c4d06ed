/** The workers of a run: threads of this machine and, where asked for, workers on others. */
import type { WorkerHost } from '../../scale/protocol.ts';
import { type Io, UsageError } from '../terminal.ts';
import { type OpenedProgram, openingOf, threads } from '../workers.ts';
import { addressOf, tokenOf } from './address.ts';
import { cluster, filesOf } from './machines.ts';
import type { RecordingHost } from './sent-files.ts';

export interface ClusterFlags {
  /** `host:port`, several with commas between them. */
  readonly workersAt?: string;
  readonly tokenFile?: string;
}

/**
 * @param host through which the program's data were read: those files are sent along
 * @throws UsageError where a machine cannot be used
 */
export async function workersFor(
  io: Io,
  program: OpenedProgram,
  { workersAt, tokenFile }: ClusterFlags,
  host: RecordingHost,
): Promise<WorkerHost> {
  const own = threads(program);
  if (workersAt === undefined) return own;
  if (program.options.evidence !== undefined)
    throw new UsageError('--evidence is read on this machine only; leave --workers-at out');
  const addresses = workersAt.split(',').map((a) => addressOf(a, '--workers-at'));
  const token = await tokenOf(io, tokenFile);
  const opening = openingOf(program);
  const files = await filesOf(host.seen, host.read);
  // Parameters come with every order.
  const options = { ...opening.options, params: [] };
  return cluster(own, addresses, token, { ...opening, options, files });
}
