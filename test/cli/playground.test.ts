/** The playground's server: what it serves, and every reason to refuse. */
import * as fs from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../src/cli/playground/browser.ts';
import { pagePolicy } from '../../src/cli/playground/policy.ts';
import { type PlaygroundServer, servePlayground } from '../../src/cli/playground/server.ts';
import { folder as place } from './kit.ts';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

let base: string;
let server: PlaygroundServer;

const inFolder = (...names: string[]): string => path.join(base, 'work', ...names);
const write = (file: string, text: string): void => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};

beforeAll(async () => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-test-'));
  write(path.join(base, 'page/index.html'), '<!doctype html><title>page</title>');
  write(path.join(base, 'page/assets/main.js'), 'export {};');
  write(path.join(base, 'page/assets/a.wasm'), '');
  write(path.join(base, 'secret.energy'), 'secret');
  write(inFolder('ising.energy'), 'energy E(x : spin) {}\n');
  write(inFolder('data/rows.csv'), 'a,b\n1,2\n');
  for (const hidden of ['notes.txt', '.git/config.json', 'node_modules/p/package.json', 'data/.rows.csv'])
    write(inFolder(hidden), 'x');
  fs.symlinkSync(path.join(base, 'secret.energy'), inFolder('leads-out.energy'));
  fs.symlinkSync(base, inFolder('up'));
  fs.symlinkSync(path.join(base, 'secret.energy'), path.join(base, 'page/secret.html'));
  server = await servePlayground(path.join(base, 'page'), path.join(base, 'work'), 0);
});
afterAll(async () => {
  await server.close();
  fs.rmSync(base, { recursive: true, force: true });
});

/** A request as any program may send it, whatever a browser would. */
function ask(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const own = { host: `127.0.0.1:${server.port}`, ...headers };
    const sent = request(
      { host: '127.0.0.1', port: server.port, method, path: target, headers: own, agent: false },
      (r) => {
        let text = '';
        r.setEncoding('utf8');
        r.on('data', (d: string) => {
          text += d;
        });
        r.on('end', () => resolve({ status: r.statusCode ?? 0, headers: r.headers, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
const known = (): Readonly<Record<string, string>> => ({ 'x-energy-token': server.token });
const file = (name: string): string => `/folder/file?path=${encodeURIComponent(name)}`;
const get = (name: string): Promise<Reply> => ask('GET', file(name), known());
const put = (name: string, text: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> =>
  ask('PUT', file(name), { ...known(), ...headers }, text);

describe('the page', () => {
  it('comes with the policy of the built page, isolated and never from a cache', async () => {
    for (const [target, type] of [
      ['/', 'text/html; charset=utf-8'],
      ['/assets/main.js', 'text/javascript; charset=utf-8'],
      ['/assets/a.wasm', 'application/wasm'],
    ]) {
      const { status, headers } = await ask('GET', target);
      expect([target, status, headers['content-type']]).toEqual([target, 200, type]);
      expect(headers['content-security-policy']).toContain(pagePolicy);
      expect(headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
      });
    }
    const { headers } = await ask('GET', '/');
    expect((await ask('GET', '/', { 'if-none-match': headers.etag! })).status).toBe(304);
  });

  it('is all that is served beside the folder', async () => {
    for (const target of [
      '/../secret.energy',
      '/%2e%2e/secret.energy',
      '/..%2fsecret.energy',
      '/secret.html',
      '/x',
    ])
      expect([target, (await ask('GET', target)).status]).toEqual([target, 404]);
    expect((await ask('GET', '/%')).status).toBe(400);
    expect((await ask('POST', '/')).status).toBe(405);
  });
});

describe('callers', () => {
  it('must name this server', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${server.port}`,
      '127.0.0.1',
      `127.0.0.1:${server.port + 1}`,
    ])
      expect([host, (await ask('GET', '/', { host })).status]).toEqual([host, 403]);
    expect((await ask('GET', '/', { host: `localhost:${server.port}` })).status).toBe(200);
  });

  it('must be its own page, if they say who they are', async () => {
    for (const origin of ['http://evil.example', 'null', `http://localhost:${server.port}`])
      expect([origin, (await ask('GET', '/folder/list', { ...known(), origin })).status]).toEqual([
        origin,
        403,
      ]);
    const own = { ...known(), origin: `http://127.0.0.1:${server.port}` };
    expect((await ask('GET', '/folder/list', own)).status).toBe(200);
    for (const site of ['cross-site', 'same-site', 'none'])
      expect((await ask('GET', '/folder/list', { ...known(), 'sec-fetch-site': site })).status).toBe(403);
    expect((await ask('GET', '/folder/list', { ...known(), 'sec-fetch-site': 'same-origin' })).status).toBe(
      200,
    );
  });

  it('need the token, which the printed address turns into a cookie', async () => {
    for (const target of ['/folder/list', file('ising.energy')])
      for (const headers of [
        {},
        { 'x-energy-token': 'x' },
        { cookie: `energy-${server.port}=${'x'.repeat(43)}` },
      ] as Readonly<Record<string, string>>[])
        expect((await ask('GET', target, headers)).status).toBe(401);
    expect((await ask('PUT', file('new.energy'), {}, 'x')).status).toBe(401);
    expect(fs.existsSync(inFolder('new.energy'))).toBe(false);
    expect((await ask('GET', '/folder/open?token=x')).status).toBe(401);

    const { pathname, search } = new URL(server.url);
    const { status, headers } = await ask('GET', pathname + search);
    expect([status, headers.location]).toEqual([303, '/']);
    const [cookie, ...attributes] = headers['set-cookie']![0].split('; ');
    expect(attributes).toEqual(['Path=/folder/', 'HttpOnly', 'SameSite=Strict']);
    expect((await ask('GET', '/folder/list', { cookie: `other=1; ${cookie}` })).status).toBe(200);
  });
});

describe('the folder', () => {
  it('lists the files that matter, with / in their paths', async () => {
    const { headers, text } = await ask('GET', '/folder/list', known());
    expect(headers['content-type']).toContain('application/json');
    const { name, files } = JSON.parse(text) as { name: string; files: Record<string, unknown>[] };
    expect(name).toBe('work');
    expect(files.map((f) => f.path)).toEqual(['data/rows.csv', 'ising.energy']);
    expect(files[0]).toMatchObject({
      size: 8,
      modified: Math.round(fs.statSync(inFolder('data/rows.csv')).mtimeMs),
    });
  });

  it('bounds how many files it lists, and how deep', async () => {
    const many = path.join(base, 'many');
    for (let i = 0; i < 2010; i++) write(path.join(many, `f${i}.csv`), '');
    const deep = path.join(base, 'deep');
    write(path.join(deep, ...Array(7).fill('d'), 'in.csv'), '');
    write(path.join(deep, ...Array(8).fill('d'), 'out.csv'), '');
    const listed = async (dir: string): Promise<readonly { readonly path: string }[]> => {
      const other = await servePlayground(path.join(base, 'page'), dir, 0);
      const reply = await fetch(`http://127.0.0.1:${other.port}/folder/list`, {
        headers: { 'x-energy-token': other.token },
      });
      await other.close();
      return ((await reply.json()) as { files: { path: string }[] }).files;
    };
    expect(await listed(many)).toHaveLength(2000);
    expect((await listed(deep)).map((f) => f.path)).toEqual(['d/d/d/d/d/d/d/in.csv']);
  });

  it('reads files, with a tag of their bytes', async () => {
    const first = await get('ising.energy');
    expect([first.status, first.text]).toEqual([200, 'energy E(x : spin) {}\n']);
    expect(first.headers.etag).toMatch(/^"[\w-]{32}"$/);
    expect((await get('ising.energy')).headers.etag).toBe(first.headers.etag);
    expect((await get('data/rows.csv')).headers.etag).not.toBe(first.headers.etag);
  });

  it('refuses paths that leave it, and files that do not matter', async () => {
    const names = [
      '../secret.energy',
      '/etc/x.json',
      'data/../ising.energy',
      './ising.energy',
      'a\\b.energy',
      '',
    ];
    const hidden = [
      '.git/config.json',
      'node_modules/p/package.json',
      'data/.rows.csv',
      'notes.txt',
      'C:x.csv',
    ];
    const links = ['leads-out.energy', 'up/secret.energy'];
    for (const name of [...names, ...hidden, ...links]) {
      expect([name, (await get(name)).status]).toEqual([name, 403]);
      expect([name, (await put(name, 'x', { 'if-match': '*' })).status]).toEqual([name, 403]);
    }
    expect(fs.readFileSync(path.join(base, 'secret.energy'), 'utf8')).toBe('secret');
    expect((await get('nowhere.energy')).status).toBe(404);
    expect((await ask('PATCH', file('ising.energy'), known())).status).toBe(405);
    expect((await ask('GET', '/folder/other', known())).status).toBe(404);
  });

  it('writes new files, and folders for them', async () => {
    const { status, headers } = await put('new/model.energy', 'text', { 'if-none-match': '*' });
    expect(status).toBe(201);
    expect(fs.readFileSync(inFolder('new/model.energy'), 'utf8')).toBe('text');
    expect((await get('new/model.energy')).headers.etag).toBe(headers.etag);
    expect((await put('new/model.energy', 'other', { 'if-none-match': '*' })).status).toBe(412);
    expect(fs.readdirSync(inFolder('new'))).toEqual(['model.energy']);
  });

  it('replaces a program only as its writer has seen it', async () => {
    await put('mine.energy', 'one');
    const seen = (await get('mine.energy')).headers.etag!;
    expect((await put('mine.energy', 'two')).status).toBe(428);
    fs.writeFileSync(inFolder('mine.energy'), 'theirs');
    expect((await put('mine.energy', 'two', { 'if-match': seen })).status).toBe(412);
    expect(fs.readFileSync(inFolder('mine.energy'), 'utf8')).toBe('theirs');
    const now = (await get('mine.energy')).headers.etag!;
    const { status, headers } = await put('mine.energy', 'two', { 'if-match': now });
    expect(status).toBe(204);
    expect((await put('mine.energy', 'three', { 'if-match': headers.etag! })).status).toBe(204);
    fs.rmSync(inFolder('mine.energy'));
    expect((await put('mine.energy', 'four', { 'if-match': headers.etag! })).status).toBe(412);
  });

  it('lets one of two writers win', async () => {
    await put('both.energy', 'start');
    const seen = (await get('both.energy')).headers.etag!;
    const replies = await Promise.all(
      ['a', 'b', 'c'].map((t) => put('both.energy', t, { 'if-match': seen })),
    );
    expect(replies.map((r) => r.status).sort()).toEqual([204, 412, 412]);
  });

  it('leaves data that are there as they are', async () => {
    const { headers } = await get('data/rows.csv');
    expect((await put('data/rows.csv', 'x', { 'if-match': headers.etag! })).status).toBe(403);
    expect((await put('data/more.csv', 'a\n1\n')).status).toBe(201);
  });

  it('removes files only as they were seen, and none outside', async () => {
    const remove = (name: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> =>
      ask('DELETE', file(name), { ...known(), ...headers });
    await put('gone.energy', 'one');
    const seen = (await get('gone.energy')).headers.etag!;
    expect((await remove('gone.energy')).status).toBe(428);
    expect((await ask('DELETE', file('gone.energy'), { 'if-match': '*' })).status).toBe(401);
    fs.writeFileSync(inFolder('gone.energy'), 'theirs');
    expect((await remove('gone.energy', { 'if-match': seen })).status).toBe(412);
    for (const name of ['../secret.energy', 'up/secret.energy', 'notes.txt', '.git/config.json'])
      expect([name, (await remove(name, { 'if-match': '*' })).status]).toEqual([name, 403]);
    expect(fs.existsSync(path.join(base, 'secret.energy'))).toBe(true);
    expect((await remove('gone.energy', { 'if-match': '*' })).status).toBe(204);
    expect(fs.existsSync(inFolder('gone.energy'))).toBe(false);
    expect((await remove('gone.energy', { 'if-match': '*' })).status).toBe(404);
  });

  it('renames files, never over others, never out of the folder', async () => {
    const rename = (from: string, to: string, match = '*'): Promise<Reply> =>
      ask('POST', `/folder/rename?path=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`, {
        ...known(),
        ...(match === '' ? {} : { 'if-match': match }),
      });
    await put('old.energy', 'one');
    await put('taken.energy', 'other');
    expect((await rename('old.energy', 'fresh.energy', '')).status).toBe(428);
    expect((await rename('old.energy', 'fresh.energy', '"another"')).status).toBe(412);
    expect((await rename('old.energy', 'taken.energy')).status).toBe(412);
    for (const to of ['../out.energy', 'up/out.energy', 'old.csv', 'old.txt', '.old.energy'])
      expect([to, (await rename('old.energy', to)).status]).toEqual([to, 403]);
    expect((await rename('old.energy', 'deep/er/fresh.energy')).status).toBe(204);
    expect(fs.readFileSync(inFolder('deep/er/fresh.energy'), 'utf8')).toBe('one');
    expect(fs.existsSync(inFolder('old.energy'))).toBe(false);
    expect(fs.readFileSync(inFolder('taken.energy'), 'utf8')).toBe('other');
    expect(fs.existsSync(path.join(base, 'out.energy'))).toBe(false);
    expect((await ask('GET', '/folder/rename?path=taken.energy&to=x.energy', known())).status).toBe(405);
  });

  it('refuses what is too large', async () => {
    const length = String(300 * 2 ** 20);
    expect((await ask('PUT', file('large.csv'), { ...known(), 'content-length': length })).status).toBe(413);
    expect((await put('large.energy', 'x'.repeat(16 * 2 ** 20 + 1))).status).toBe(413);
    expect(fs.existsSync(inFolder('large.energy'))).toBe(false);
  });
});

describe('energy playground', () => {
  it('refuses a folder or a port that cannot be', async () => {
    const { energy } = place({ 'a.energy': '' });
    for (const [args, why] of [
      [['nowhere'], 'is not there; expected a folder'],
      [['a.energy'], 'is a file; expected a folder: `.`'],
      [['--port', '70000'], '--port is a number from 0'],
    ] as const) {
      const { code, err } = await energy('playground', ...args, '--no-open');
      expect(code).toBe(2);
      expect(err).toContain(why);
    }
  });

  it.runIf(process.platform === 'linux')('opens no browser where there is no display', () => {
    expect(openBrowser('http://127.0.0.1:1/', {})).toBe(false);
  });
});
