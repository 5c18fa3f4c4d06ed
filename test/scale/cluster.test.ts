/** Workers on other machines, played by processes of this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../src/cli/cluster/address.ts';
import { decode, encode } from '../../src/cli/cluster/codec.ts';
import { greet, type Wire } from '../../src/cli/cluster/wire.ts';
import { UsageError } from '../../src/cli/terminal.ts';
import { type Built, build } from './build.ts';

describe('messages', () => {
  const number = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY),
  );
  const typed = fc.oneof(
    fc.float64Array({ maxLength: 9 }),
    fc.float32Array({ maxLength: 9 }),
    fc.int32Array({ maxLength: 9 }),
    fc.uint8Array({ maxLength: 9 }),
  );
  const key = fc.string({ maxLength: 8 }).filter((k) => k !== '$' && k !== '__proto__');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      number,
      fc.string(),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      typed,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      fc.array(fc.tuple(key, tie('tree')), { maxLength: 3 }).map((e) => new Map(e)),
    ),
  }));

  it('arrive as they were sent', () => {
    fc.assert(
      fc.property(tree, (x) => {
        expect(decode(encode(x))).toEqual(x);
      }),
    );
  });

  it('are data: what is no message is refused, and changes nothing', () => {
    expect(() => encode({ run: () => 1 })).toThrow('function');
    expect(() => encode({ $: 1 })).toThrow('key');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decode(bytes);
        } catch (e) {
          expect(e).toBeInstanceOf(Error);
        }
      }),
    );
    const text = '{"__proto__": {"polluted": true}, "a": {"$": ["array", "constructor", 0, 8]}}';
    const head = new TextEncoder().encode(text);
    const bytes = new Uint8Array(8 + Math.ceil(head.length / 8) * 8);
    new DataView(bytes.buffer).setUint32(0, head.length, true);
    bytes.set(head, 8);
    expect(() => decode(bytes)).toThrow('mark');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('greetings', () => {
  let server: Server;
  const heard: unknown[] = [];
  const refused: string[] = [];
  let port = 0;
  beforeAll(async () => {
    server = createServer((socket) => {
      greet(socket, 'called', 'the right token').then(
        (talk) => {
          const wire: Wire = talk({
            message: (m) => {
              heard.push(m);
              wire.send({ echo: m });
            },
            lost: () => {},
          });
        },
        (e: Error) => refused.push(e.message),
      );
    });
    await new Promise<void>((done) => {
      server.listen(0, '127.0.0.1', done);
    });
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => void server.close());

  const call = (token: string) => greet(connect(port, '127.0.0.1'), 'caller', token);

  it('let those talk who know the token', async () => {
    const talk = await call('the right token');
    const answer = await new Promise((resolve, reject) => {
      const wire = talk({ message: resolve, lost: reject });
      wire.send({ draws: new Float64Array([1, 2]) });
    });
    expect(answer).toEqual({ echo: { draws: new Float64Array([1, 2]) } });
  });

  it('refuse others on both sides, before anything else is read', async () => {
    const before = heard.length;
    await expect(call('the wrong token')).rejects.toThrow('another token');
    // Somebody who says what the caller says, but cannot know the proof.
    await new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        const frame = (n: number): Buffer => Buffer.concat([Buffer.from([n, 0, 0, 0]), Buffer.alloc(n, 7)]);
        socket.write(frame(32));
        socket.once('data', () => socket.write(frame(32)));
      });
      socket.on('close', () => done());
    });
    await new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from([255, 255, 255, 255, 1])));
      socket.on('close', () => done());
    });
    await expect.poll(() => refused.length).toBeGreaterThanOrEqual(2);
    expect(refused).toContain('it has another token');
    expect(refused.some((r) => r.includes('4294967295 bytes'))).toBe(true);
    expect(heard.length).toBe(before);
  });

  it('say where as host:port', () => {
    expect(addressOf('here:80', '--x')).toEqual({ host: 'here', port: 80 });
    expect(addressOf('here', '--x')).toEqual({ host: 'here', port: 7411 });
    expect(addressOf(':80', '--x')).toEqual({ host: '127.0.0.1', port: 80 });
    expect(addressOf('[::1]:80', '--x')).toEqual({ host: '::1', port: 80 });
    for (const wrong of ['', 'a:b', 'a:99999', 'a b:1:2'])
      expect(() => addressOf(wrong, '--x')).toThrow(UsageError);
  });
});

const PROGRAM = `
index site = grid(6, 6)
index row
set bond = neighbours(site, wrap = true)
data seen : real[row] from "seen.csv"
energy E(s : spin[site], x : real) {
  term pair = -0.3 * sum(s[p] * s[q] for (p, q) in bond)
  term fit = 0.5 * sum((seen[r] - x)^2 for r in row)
}
`;

describe('workers of other processes', () => {
  let built: Built;
  const machines: ChildProcess[] = [];
  const addresses: string[] = [];

  const machine = (token: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        [built.bin, 'worker', '--listen', '127.0.0.1:0', '--cores', '2', '--token-file', token, '--json'],
        { cwd: path.dirname(built.folder) },
      );
      machines.push(child);
      child.stdout.on('data', (text: Buffer) => {
        const [, port] = /"port":(\d+)/.exec(text.toString()) ?? [];
        if (port) resolve(`127.0.0.1:${port}`);
      });
      child.on('exit', () => reject(new Error('the worker ended')));
    });

  beforeAll(async () => {
    built = build({
      'model.energy': PROGRAM,
      'seen.csv': 'seen\n0.5\n1.5\n0.9\n',
      token: 'a secret that nobody guesses\n',
      other: 'another secret of some length\n',
    });
    const token = path.join(built.folder, 'token');
    addresses.push(await machine(token), await machine(token));
  }, 60_000);
  afterAll(() => {
    for (const m of machines) m.kill('SIGKILL');
    built.remove();
  });

  const sample = (out: string, ...flags: readonly string[]) =>
    built.energy(
      'sample',
      'model.energy',
      'E',
      '--chains',
      '4',
      '--draws',
      '50',
      '--seed',
      '3',
      '-o',
      out,
      ...flags,
    );

  it('draw the same, byte for byte', async () => {
    const one = await sample('one', '--workers', '1');
    expect(one.err).toBe('');
    const far = await sample(
      'far',
      '--workers',
      '4',
      '--workers-at',
      addresses.join(),
      '--token-file',
      'token',
    );
    expect(far.err).toBe('');
    expect(far.code).toBe(0);
    expect(built.read('far/draws.parquet').equals(built.read('one/draws.parquet'))).toBe(true);
    expect(JSON.parse(built.read('far/run.json').toString())).toMatchObject({ workers: { workers: 4 } });
  }, 60_000);

  it('are refused with another token, and where there are none', async () => {
    const other = await sample('x', '--workers', '4', '--workers-at', addresses[0], '--token-file', 'other');
    expect(other.code).toBe(2);
    expect(other.err).toContain(`the worker at ${addresses[0]} cannot be used: it has another token`);
    const nobody = await sample(
      'x',
      '--workers',
      '4',
      '--workers-at',
      '127.0.0.1:1',
      '--token-file',
      'token',
    );
    expect(nobody.code).toBe(2);
    expect(nobody.err).toContain('the worker at 127.0.0.1:1 cannot be used');
    const none = await sample('x', '--workers-at', addresses[0]);
    expect(none.code).toBe(2);
    expect(none.err).toContain('--token-file');
  }, 60_000);

  it('see nothing of their own machine: a file that was not sent is not there', async () => {
    writeFileSync(path.join(built.folder, 'lost.energy'), PROGRAM.replace('seen.csv', 'missing.csv'));
    const r = await built.energy(
      'sample',
      'lost.energy',
      'E',
      '--workers-at',
      addresses[0],
      '--token-file',
      'token',
    );
    expect(r.code).toBe(1);
    expect(r.err).toContain('E0501');
  }, 60_000);

  it('that go away end the run with a reason', async () => {
    const leaving = await machine(path.join(built.folder, 'token'));
    const child = machines.at(-1)!;
    const flags = ['--workers', '4', '--thin', '2000000', '--workers-at', leaving, '--token-file', 'token'];
    const run = spawn(
      process.execPath,
      [built.bin, 'sample', 'model.energy', 'E', '--chains', '4', '-o', 'y', '--json', ...flags],
      { cwd: built.folder },
    );
    let said = '';
    for (const stream of [run.stdout, run.stderr])
      stream.on('data', (text: Buffer) => {
        said += text;
        // It draws: now or never.
        if (said.includes('"progress"')) child.kill('SIGKILL');
      });
    const code = await new Promise((done) => run.on('exit', done));
    expect(said).toContain('E0707');
    expect(code).toBe(1);
    expect(said).toContain(leaving);
  }, 60_000);
});
