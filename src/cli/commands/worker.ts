/** `energy worker`: draws chains for runs on other machines. */
import { createServer, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import type { WorkerLink } from '../../scale/protocol.ts';
import { addressOf, shown, tokenOf } from '../cluster/address.ts';
import { build, type FromMachine, type ToMachine } from '../cluster/protocol.ts';
import { greet } from '../cluster/wire.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';
import { haveThreads, type Opening, startThread } from '../workers.ts';

export interface WorkerFlags {
  readonly listen?: string;
  readonly tokenFile?: string;
  readonly cores?: string;
}

/** Conversations that are open at once, greetings included. */
const MOST_SOCKETS = 256;

/** Serves until it is interrupted. Each conversation is one worker; a program's text and data come with it. */
export async function workerCommand(io: Io, terminal: Terminal, o: WorkerFlags): Promise<number> {
  const address = addressOf(o.listen ?? '127.0.0.1', '--listen');
  const token = await tokenOf(io, o.tokenFile);
  const cores = coresOf(o.cores);
  if (!haveThreads()) throw new UsageError('workers run the built command: `npm run build` first');
  let busy = 0;
  const serve = async (socket: Socket): Promise<void> => {
    const talk = await greet(socket, 'called', token);
    let link: WorkerLink | null = null;
    const end = (): void => {
      if (link) busy--;
      link?.end();
      link = null;
    };
    const wire = talk({
      message: (m) => {
        const message = m as ToMachine;
        switch (message.type) {
          case 'who':
            return send({ type: 'machine', build, cores: Math.max(0, cores - busy) });
          case 'open':
            if (link) return;
            if (busy >= cores) return send({ type: 'busy' });
            busy++;
            link = startThread(
              openingFor(message.opening),
              (from) => send({ type: 'from', message: from }),
              (why) => {
                send({ type: 'lost', why });
                end();
              },
            );
            return;
          case 'to':
            link?.send(message.message);
            return;
        }
      },
      lost: end,
    });
    const send = (message: FromMachine): void => wire.send(message);
  };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket).catch((e: unknown) => {
      terminal.line(`a caller was refused: ${e instanceof Error ? e.message : String(e)}`);
    });
  });
  server.maxConnections = MOST_SOCKETS;
  return new Promise((resolve, reject) => {
    server.on('error', (e) => reject(new UsageError(`--listen ${shown(address)}: ${e.message}`)));
    server.listen(address, () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound ? bound.port : address.port;
      terminal.line(
        `energy worker: ${cores} ${cores === 1 ? 'core' : 'cores'} at ${shown({ ...address, port })}`,
      );
      terminal.event({ event: 'listening', host: address.host, port, cores });
    });
    process.once('SIGINT', () => resolve(ExitCode.fine));
    process.once('SIGTERM', () => resolve(ExitCode.fine));
  }).then((code) => {
    server.close();
    // Conversations and their threads end with the process.
    return code as number;
  });
}

/** The program as it was sent: what is not among its files is not there, whatever this machine has. */
const openingFor = (sent: Opening): Opening => ({ ...sent, files: new Map(sent.files) });

function coresOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1)
    throw new UsageError(`--cores takes a whole number from 1, not \`${text}\``);
  return n;
}
