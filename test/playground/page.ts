/** The built playground on a free port, and a browser that looks at it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';

export const chromiumPath = '/usr/bin/chromium';

export interface Site {
  readonly url: string;
  /** Where the built files lie. */
  readonly dir: string;
  /** Sizes of the built files in bytes, by name without the hash. */
  readonly sizes: ReadonlyMap<string, number>;
  /** A page in a context of its own; what went wrong in it is collected in `faults`. */
  open(hash?: string, options?: OpenOptions): Promise<OpenPage>;
  /** Closes every page that is open: what moves in them takes time from the next. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly dark?: boolean;
  /** Whether the page may keep itself for times without a network; that takes a while. */
  readonly offline?: boolean;
  /** Another address than the site's. */
  readonly url?: string;
}

export interface OpenPage {
  readonly page: Page;
  readonly faults: readonly string[];
}

export async function serveSite(): Promise<Site> {
  const root = fileURLToPath(new URL('../../playground', import.meta.url));
  const configFile = path.join(root, 'vite.config.ts');
  const outDir = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-playground-'));
  const common = { root, configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } } as const;
  await build(common);
  const server: PreviewServer = await preview({ ...common, preview: { host: '127.0.0.1', port: 0 } });
  const url = server.resolvedUrls!.local[0];
  const browser: Browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--enable-unsafe-swiftshader',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
    ],
  });
  const assets = path.join(outDir, 'assets');
  const sizes = new Map(
    fs
      .readdirSync(assets)
      .map((f) => [f.replace(/-[\w-]{8}(\.\w+)$/, '$1'), fs.statSync(path.join(assets, f)).size] as const),
  );
  return {
    url,
    dir: outDir,
    sizes,
    async open(hash = '', { dark = false, offline = false, url: other } = {}) {
      const address = other ?? url + hash;
      const { origin } = new URL(address);
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: dark ? 'dark' : 'light',
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      if (!offline)
        await context.addInitScript(() => {
          if ('serviceWorker' in navigator)
            navigator.serviceWorker.register = () => Promise.reject(new Error('not in this test'));
        });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const faults: string[] = [];
      page.on('pageerror', (e) => faults.push(`error: ${e.message}`));
      page.on('console', (m) => {
        if (m.type() === 'error' || m.type() === 'warning') faults.push(`${m.type()}: ${m.text()}`);
      });
      page.on('request', (r) => {
        if (!r.url().startsWith(origin) && !/^(data|blob):/.test(r.url())) faults.push(`foreign: ${r.url()}`);
      });
      await page.goto(address, { waitUntil: 'commit' });
      await page.waitForSelector('html[data-editor="ready"]');
      await page.waitForSelector('.job');
      return { page, faults };
    },
    async closePages() {
      for (const context of browser.contexts()) await context.close();
    },
    async close() {
      await browser.close();
      await server.close();
      fs.rmSync(outDir, { recursive: true, force: true });
    },
  };
}
