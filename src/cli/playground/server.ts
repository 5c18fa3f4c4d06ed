/**
 * `energy playground`'s server: the built page and, below `/folder/`, the user's folder.
 *
 * Everybody on this machine, and every page that its browser shows, can call a port of 127.0.0.1. Hence: requests
 * must name this server as their host (no DNS rebinding), must come from its own page if they say where from, and
 * the folder wants a token besides, which only whoever has seen the printed address has.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as path from 'node:path';
import { type Folder, MOST_BYTES, openFolder, Refusal } from './folder.ts';
import { pageHeaders } from './policy.ts';
import { typeOf } from './site.ts';

const ADDRESS = '127.0.0.1';
/** Also accepted in this header, by what is no browser. */
const TOKEN_HEADER = 'x-energy-token';

export interface PlaygroundServer {
  /** To be opened: sets the cookie with the token and goes on to the page. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Serves until it is closed.
 * @param page folder of the built page
 * @param dir the user's folder
 * @param port 0: any that is free
 * @throws Error with a code of the system where the port cannot be had
 */
export async function servePlayground(page: string, dir: string, port: number): Promise<PlaygroundServer> {
  const folder = await openFolder(dir);
  const site = await fs.realpath(page);
  const token = randomBytes(32).toString('base64url');
  const server = createServer((request, response) => {
    respond({ site, folder, token, port: portOf() }, request, response).catch((e: unknown) =>
      fail(response, e),
    );
  });
  const portOf = (): number => {
    const bound = server.address();
    return typeof bound === 'object' && bound ? bound.port : port;
  };
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ADDRESS, resolve);
  });
  return {
    port: portOf(),
    token,
    url: `http://${ADDRESS}:${portOf()}/folder/open?token=${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Served {
  readonly site: string;
  readonly folder: Folder;
  readonly token: string;
  readonly port: number;
}

async function respond(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkCaller(served.port, request);
  const url = new URL(request.url ?? '/', `http://${ADDRESS}`);
  if (url.pathname.startsWith('/folder/')) return folderRequest(served, url, request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new Refusal(405, 'only GET');
  await sendPage(served.site, url.pathname, request, response);
}

/** @throws Refusal */
function checkCaller(port: number, { headers }: IncomingMessage): void {
  const hosts = [`${ADDRESS}:${port}`, `localhost:${port}`];
  const host = headers.host ?? '';
  if (!hosts.includes(host)) throw new Refusal(403, `this server is ${hosts.join(' or ')}`);
  if (headers.origin !== undefined && headers.origin !== `http://${host}`)
    throw new Refusal(403, 'other pages may not call this server');
}

async function folderRequest(
  { folder, token, port }: Served,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, method } = request;
  const cookie = `energy-${port}`;
  if (url.pathname === '/folder/open') {
    if (method !== 'GET') throw new Refusal(405, 'only GET');
    if (!isToken(url.searchParams.get('token') ?? '', token)) throw wrongToken();
    response.writeHead(303, {
      ...pageHeaders,
      'Cache-Control': 'no-store',
      'Set-Cookie': `${cookie}=${token}; Path=/folder/; HttpOnly; SameSite=Strict`,
      Location: '/',
    });
    response.end();
    return;
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin')
    throw new Refusal(403, 'other pages may not read the folder');
  const shown = headers[TOKEN_HEADER] ?? cookieOf(headers.cookie ?? '', cookie);
  if (typeof shown !== 'string' || !isToken(shown, token)) throw wrongToken();
  const own = { ...pageHeaders, 'Cache-Control': 'no-store' };
  switch (url.pathname) {
    case '/folder/list': {
      if (method !== 'GET') throw new Refusal(405, 'only GET');
      response.writeHead(200, { ...own, 'Content-Type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(await folder.list()));
      return;
    }
    case '/folder/file': {
      const file = url.searchParams.get('path') ?? '';
      if (method === 'GET') {
        const { bytes, tag } = await folder.read(file);
        response.writeHead(200, {
          ...own,
          'Content-Type': 'application/octet-stream',
          'Content-Length': bytes.length,
          ETag: tag,
        });
        response.end(bytes);
        return;
      }
      const condition = { match: headers['if-match'], noneMatch: headers['if-none-match'] };
      if (method === 'DELETE') {
        await folder.remove(file, condition);
        response.writeHead(204, own).end();
        return;
      }
      if (method !== 'PUT') throw new Refusal(405, 'only GET, PUT and DELETE');
      const { tag, created } = await folder.write(file, await bodyOf(request), condition);
      response.writeHead(created ? 201 : 204, { ...own, ETag: tag });
      response.end();
      return;
    }
    case '/folder/rename': {
      if (method !== 'POST') throw new Refusal(405, 'only POST');
      const named = (key: string): string => url.searchParams.get(key) ?? '';
      await folder.rename(named('path'), named('to'), { match: headers['if-match'] });
      response.writeHead(204, own).end();
      return;
    }
    default:
      throw new Refusal(404, 'there is /folder/list, /folder/file and /folder/rename');
  }
}

const wrongToken = (): Refusal => new Refusal(401, 'open the address that `energy playground` has printed');

function isToken(shown: string, token: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const cookieOf = (header: string, name: string): string | undefined =>
  header
    .split(';')
    .map((c) => c.trim())
    .find((c) => c.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** @throws Refusal for a body that is larger than the limit */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = new Refusal(413, `a file may have ${MOST_BYTES} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) throw tooLarge;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > MOST_BYTES) throw tooLarge;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

async function sendPage(
  site: string,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = namesOf(pathname);
  const file = await fs
    .realpath(path.join(site, ...(name.length === 0 ? ['index.html'] : name)))
    .catch(() => null);
  const stat = file?.startsWith(site + path.sep) ? await fs.stat(file).catch(() => null) : null;
  if (!file || !stat?.isFile()) throw new Refusal(404, 'the page has no such file');
  const tag = `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs * 1000).toString(36)}"`;
  const headers = { ...pageHeaders, 'Content-Type': typeOf(file), ETag: tag };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const bytes = request.method === 'HEAD' ? undefined : await fs.readFile(file);
  response.writeHead(200, { ...headers, 'Content-Length': stat.size }).end(bytes);
}

/** @throws Refusal */
function namesOf(pathname: string): readonly string[] {
  let text: string;
  try {
    text = decodeURIComponent(pathname);
  } catch {
    throw new Refusal(400, 'the address is malformed');
  }
  const names = text.split('/').filter((n) => n !== '');
  if (names.some((n) => n === '..' || n.startsWith('.') || /[\\\0]/.test(n)))
    throw new Refusal(404, 'the page has no such file');
  return names;
}

function fail(response: ServerResponse, e: unknown): void {
  const [status, text] =
    e instanceof Refusal ? [e.status, e.message] : [500, 'the request could not be served'];
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body is not waited for.
  response.writeHead(status, {
    ...pageHeaders,
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    Connection: 'close',
  });
  response.end(`${text}\n`);
}
