/** Workers on other machines for a run (`--workers-at`), beside the threads of this one. */
import { connect, type Socket } from 'node:net';
import { dataFault } from '../../io/codes.ts';
import type { FromWorker, WorkerHost, WorkerLink } from '../../scale/protocol.ts';
import { UsageError } from '../terminal.ts';
import type { Opening } from '../workers.ts';
import { type Address, shown } from './address.ts';
import { build, type FromMachine, shownBuild, type ToMachine } from './protocol.ts';
import { greet, Refused, type Wire } from './wire.ts';

/** Milliseconds until a machine counts as not there. */
const PATIENCE = 10_000;
/** Bytes of files that are sent to each worker, at most. */
const MOST_BYTES = 2 ** 29;

interface Machine {
  readonly address: Address;
  readonly cores: number;
  /** Workers of this run there. */
  busy: number;
}

/**
 * The threads of this machine and the cores of others. The first go to where most cores are free.
 * @param opening the program, with the files that it reads
 * @throws UsageError where a machine is not there, has another token or another version
 */
export async function cluster(
  own: WorkerHost,
  addresses: readonly Address[],
  token: string,
  opening: Opening,
): Promise<WorkerHost> {
  const machines = await Promise.all(addresses.map((a) => machineAt(a, token)));
  const here = { cores: own.cores, busy: 0 };
  return {
    cores: machines.reduce((n, m) => n + m.cores, own.cores),
    start(hear, lost) {
      const free = (m: { readonly cores: number; readonly busy: number }): number => m.cores - m.busy;
      const best = machines.reduce<Machine | null>((a, b) => (a === null || free(b) > free(a) ? b : a), null);
      if (best === null || (own.cores > 0 && free(here) >= free(best))) {
        here.busy++;
        return counted(own.start(hear, lost), here);
      }
      best.busy++;
      return counted(remote(best.address, token, opening, hear, lost), best);
    },
  };
}

function counted(link: WorkerLink, where: { busy: number }): WorkerLink {
  let ended = false;
  return {
    send: link.send,
    end: () => {
      if (!ended) where.busy--;
      ended = true;
      link.end();
    },
  };
}

/** @throws Error with the reason */
function called(address: Address): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('it does not answer')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

async function machineAt(address: Address, token: string): Promise<Machine> {
  try {
    const talk = await greet(await called(address), 'caller', token);
    const message = await new Promise<FromMachine>((resolve, reject) => {
      const wire = talk({
        message: (m) => {
          wire.close();
          resolve(m as FromMachine);
        },
        lost: (why) => reject(new Error(why)),
      });
      wire.send({ type: 'who' } satisfies ToMachine);
    });
    if (message.type !== 'machine') throw new Refused('it answers something else');
    if (message.build.energy !== build.energy || message.build.v8 !== build.v8)
      throw new Refused(
        `it has ${shownBuild(message.build)}, this machine ${shownBuild(build)}; draws could differ in their last digits`,
      );
    return { address, cores: message.cores, busy: 0 };
  } catch (e) {
    throw new UsageError(
      `the worker at ${shown(address)} cannot be used: ${e instanceof Error ? e.message : String(e)}`,
    );
  }
}

/** One worker: a conversation of its own. */
function remote(
  address: Address,
  token: string,
  opening: Opening,
  hear: (message: FromWorker) => void,
  lost: (why: string) => void,
): WorkerLink {
  let wire: Wire | null = null;
  let ended = false;
  const waiting: ToMachine[] = [{ type: 'open', opening }];
  const gone = (why: string): void => {
    if (!ended) lost(`${shown(address)}: ${why}`);
    ended = true;
    wire?.close();
  };
  void called(address)
    .then((socket) => greet(socket, 'caller', token))
    .then((talk) => {
      wire = talk({
        message: (m) => {
          if (ended) return;
          const message = m as FromMachine;
          if (message.type === 'from') hear(message.message);
          else if (message.type === 'lost') gone(message.why);
          else if (message.type === 'busy') gone('all its cores are at work for other runs');
        },
        lost: gone,
      });
      if (ended) return wire.close();
      for (const m of waiting.splice(0)) wire.send(m);
    })
    .catch((e: unknown) => gone(e instanceof Error ? e.message : String(e)));
  return {
    send(message) {
      if (wire) wire.send({ type: 'to', message } satisfies ToMachine);
      else waiting.push({ type: 'to', message });
    },
    end() {
      ended = true;
      wire?.close();
    },
  };
}

/** The files that a run has read, to be sent along. @throws EnergyError E0504 where they are too much */
export async function filesOf(
  seen: ReadonlySet<string>,
  read: (path: string) => Promise<Uint8Array>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const out = new Map<string, Uint8Array>();
  let size = 0;
  for (const path of seen) {
    const bytes = await read(path).catch(() => null);
    // What is not there is not there for the worker either.
    if (bytes === null) continue;
    size += bytes.length;
    if (size > MOST_BYTES)
      throw dataFault('E0504', path, 'workers on other machines are sent at most 512 MiB of data files', {
        suggestion: 'let the chains run on this machine, without --workers-at',
      });
    out.set(path, bytes);
  }
  return out;
}
