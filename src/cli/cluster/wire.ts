/**
 * A conversation over a socket: messages one after another, each with its length before it, between two who have shown
 * each other that they know the same token. Nothing is encrypted: across networks that others read, through `ssh -L`.
 *
 * The one who calls sends a random number, the one who is called answers with its own and HMAC-SHA-256 of both, the
 * caller with another (challenge and response both ways, ISO/IEC 9798-4); only then is anything else read.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { decode, encode } from './codec.ts';

/** The largest message; before the token has been shown, far less. */
const LARGEST = 2 ** 30;
const LARGEST_GREETING = 1024;
const HEAD = 4;
/** Milliseconds for the greeting. */
const PATIENCE = 10_000;
const NONCE = 32;

export interface Wire {
  send(message: unknown): void;
  /** Ends the conversation. */
  close(): void;
}

export interface Listener {
  readonly message: (message: unknown) => void;
  /** It ended by itself, or something came that is no message; not after `close`. */
  readonly lost: (why: string) => void;
}

export class Refused extends Error {}

/**
 * @param role who speaks first
 * @returns once both have shown that they know the token
 * @throws Refused where the other does not, or does not answer
 */
export function greet(
  socket: Socket,
  role: 'caller' | 'called',
  token: string,
): Promise<(to: Listener) => Wire> {
  socket.setNoDelay(true);
  const own = randomBytes(NONCE);
  const proof = (from: string, a: Uint8Array, b: Uint8Array): Buffer =>
    createHmac('sha256', token).update(`energy worker 1 ${from}\n`).update(a).update(b).digest();
  const same = (x: Uint8Array, y: Uint8Array): boolean => x.length === y.length && timingSafeEqual(x, y);
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => {
      socket.destroy();
      reject(new Refused(why));
    };
    const clock = setTimeout(() => refuse('it does not answer as a worker does'), PATIENCE);
    let theirs: Uint8Array | null = null;
    const frames = framesOf(socket, LARGEST_GREETING);
    const done = (): void => {
      clearTimeout(clock);
      frames.hold();
      resolve((to) => talk(socket, frames, to));
    };
    frames.hear(
      (frame) => {
        if (role === 'caller') {
          const [nonce, shown] = [frame.subarray(0, NONCE), frame.subarray(NONCE)];
          if (!same(shown, proof('called', own, nonce))) return refuse('it has another token');
          write(socket, proof('caller', own, nonce));
          done();
        } else if (theirs === null) {
          theirs = frame.slice();
          if (theirs.length !== NONCE) return refuse('this is no greeting');
          write(socket, Buffer.concat([own, proof('called', theirs, own)]));
        } else {
          if (!same(frame, proof('caller', theirs, own))) return refuse('it has another token');
          done();
        }
      },
      (why) => {
        clearTimeout(clock);
        refuse(why);
      },
    );
    if (role === 'caller') write(socket, own);
  });
}

interface Frames {
  /** From now on frames go there. */
  hear(frame: (bytes: Uint8Array) => void, lost: (why: string) => void): void;
  /** From now on frames wait to be heard, and may be large. */
  hold(): void;
}

function framesOf(socket: Socket, most: number): Frames {
  let largest = most;
  let waiting: Uint8Array[] = [];
  let size = 0;
  const held: Uint8Array[] = [];
  let gone: string | null = null;
  let frame = (bytes: Uint8Array): void => void held.push(bytes.slice());
  let lost = (why: string): void => {
    gone ??= why;
  };
  const [keep, note] = [frame, lost];
  /** The first n bytes that wait, taken. */
  const take = (n: number): Uint8Array => {
    const all = waiting.length === 1 ? waiting[0] : plain(Buffer.concat(waiting));
    waiting = all.length > n ? [all.subarray(n)] : [];
    size -= n;
    return all.subarray(0, n);
  };
  let length: number | null = null;
  socket.on('data', (chunk: Buffer) => {
    waiting.push(plain(chunk));
    size += chunk.length;
    for (;;) {
      if (length === null) {
        if (size < HEAD) return;
        const head = take(HEAD);
        length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
        if (length > largest) {
          lost(`a message of ${length} bytes came`);
          return void socket.destroy();
        }
      }
      if (size < length) return;
      const bytes = take(length);
      length = null;
      frame(bytes);
    }
  });
  socket.on('error', (e) => lost(e.message));
  socket.on('close', () => lost('the connection was closed'));
  return {
    hear(next, end) {
      // Not before whoever listens has what it answers with.
      setImmediate(() => {
        frame = next;
        lost = end;
        for (const bytes of held.splice(0)) frame(bytes);
        if (gone !== null) lost(gone);
      });
    },
    hold() {
      largest = LARGEST;
      frame = keep;
      lost = note;
    },
  };
}

/** Without the ways of Buffer, whose `slice` is no copy. */
const plain = (b: Buffer): Uint8Array => new Uint8Array(b.buffer, b.byteOffset, b.length);

function write(socket: Socket, bytes: Uint8Array): void {
  const head = new Uint8Array(HEAD);
  new DataView(head.buffer).setUint32(0, bytes.length, true);
  socket.write(head);
  socket.write(bytes);
}

function talk(socket: Socket, frames: Frames, to: Listener): Wire {
  let over = false;
  const lost = (why: string): void => {
    if (!over) to.lost(why);
    over = true;
    socket.destroy();
  };
  frames.hear((bytes) => {
    if (over) return;
    let message: unknown;
    try {
      message = decode(bytes);
    } catch (e) {
      return lost(e instanceof Error ? e.message : String(e));
    }
    try {
      to.message(message);
    } catch (e) {
      lost(e instanceof Error ? e.message : String(e));
    }
  }, lost);
  return {
    send(message) {
      if (over) return;
      const bytes = encode(message);
      if (bytes.length > LARGEST) return lost(`a message of ${bytes.length} bytes is too large to be sent`);
      write(socket, bytes);
    },
    close() {
      over = true;
      socket.end();
    },
  };
}
