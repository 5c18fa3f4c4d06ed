/** A folder behind a small server, and a page of a browser that has tfjs out of its package and nothing of ours. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { root } from '../docs/kit.ts';

export const chromiumPath = '/usr/bin/chromium';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** What the page's own scripts are, in their order. */
const bundles = ['core', 'backend-cpu', 'converter'];

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.bin': 'application/octet-stream',
};

/** Serves the folder, the page at `/` and what it is made of. */
export async function serve(folder: string): Promise<Served> {
  const page = `<!doctype html><link rel="icon" href="data:,"><title>tfjs</title>${bundles
    .map((b) => `<script src="/tfjs/${b}.js"></script>`)
    .join('')}`;
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '/').slice(1));
    if (name === '') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      return;
    }
    const bundle = bundles.find((b) => name === `tfjs/${b}.js`);
    const file = bundle
      ? path.join(root, 'node_modules/@tensorflow', `tfjs-${bundle}`, `dist/tf-${bundle}.min.js`)
      : path.join(folder, path.basename(name));
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'text/plain' });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of the page, and requests for anything that is not served here. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export async function openPage(url: string): Promise<OpenPage> {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', (e) => faults.push(`error: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error') faults.push(`error: ${m.text()}`);
  });
  page.on('request', (r) => {
    if (!r.url().startsWith(url) && !r.url().startsWith('data:')) faults.push(`foreign: ${r.url()}`);
  });
  await page.goto(url);
  return { page, faults, close: () => browser.close() };
}
